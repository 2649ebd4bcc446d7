package events

import "testing"

// TestUsed: what is reserved behind a record is cut off; a size that cannot be
// is left to Parse, which refuses it.
func TestUsed(t *testing.T) {
	b := make([]byte, 256)
	for _, c := range []struct {
		size byte
		want int
	}{{128, 128}, {255, 255}, {8, recSize}} {
		b[0] = c.size
		if got := len(Used(b)); got != c.want {
			t.Errorf("a record of %d bytes: %d are kept", c.size, got)
		}
	}
	b[1] = 2
	if got := len(Used(b)); got != len(b) {
		t.Errorf("a record larger than what holds it: %d bytes are kept", got)
	}
	if got := len(Used(b[:4])); got != 4 {
		t.Errorf("no record at all: %d bytes are kept", got)
	}
}
