package output

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden files")

// golden compares got with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	p := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(p, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(p)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs:\n--- got\n%s--- want\n%s", p, got, want)
	}
}

// testOptions are Defaults at a fixed place and time.
func testOptions() Options {
	o := Defaults()
	o.Location = time.UTC
	o.Realtime = 1795446259607571123 - t0
	return o
}

func TestText(t *testing.T) {
	for _, s := range scenes {
		t.Run(s.name, func(t *testing.T) {
			o := testOptions()
			s.opts(&o)
			golden(t, s.name+".txt", render(t, o, s.sum, s.es...))
		})
	}
}
