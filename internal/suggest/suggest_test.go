package suggest

import (
	"slices"
	"testing"
)

func TestNear(t *testing.T) {
	words := []string{"open", "openat", "close", "read", "readv", "write", "clock_gettime"}
	for _, c := range []struct{ in, want string }{
		{"opne", "open"},
		{"opeanat", "openat"},
		{"clock_getime", "clock_gettime"},
		{"raed", "read"},
		{"x", ""},
		{"nosuch", ""},
		{"", ""},
		{"verylongwordthatisnothing", ""},
	} {
		if got := Near(c.in, slices.Values(words)); got != c.want {
			t.Errorf("Near(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "abc", 3}, {"abc", "abc", 0}, {"ab", "ba", 1}, {"open", "opne", 1}, {"kitten", "sitting", 3}} {
		if got := Distance(c.a, c.b); got != c.want {
			t.Errorf("Distance(%q, %q) = %d, want %d", c.a, c.b, got, c.want)
		}
		if got := Distance(c.b, c.a); got != c.want {
			t.Errorf("Distance(%q, %q) = %d, want %d", c.b, c.a, got, c.want)
		}
	}
}
