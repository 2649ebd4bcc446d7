package tracees

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ebtrace/ebtrace/test/testenv"
)

// TestSplit: a call that sleeps is blocked, one that computes runs, and both
// together are the whole of each call.
func TestSplit(t *testing.T) {
	if testenv.Standin() {
		testenv.Skip(t, "the tracer is not ebtrace")
	}
	tracer := testenv.Tracer(t)
	out := filepath.Join(t.TempDir(), "trace")
	cmd := testenv.Command(t, tracer, "--json", "--syscall-times=ns,split", "-o", out, "--",
		"sh", "-c", "sleep 0.05; exec dd if=/dev/urandom of=/dev/null bs=16M count=1")
	if b, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, b)
	}
	var slept, read, calls bool
	for line := range strings.Lines(testenv.ReadFile(t, out)) {
		var c struct {
			Type, Name, Comm string
			Duration         uint64
			Result           struct{ Value any }
			Split            *struct{ Blocked, Running uint64 }
			Begin            string
			NoReturn         bool `json:"no_return"`
		}
		if err := json.Unmarshal([]byte(line), &c); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		if c.Type != "call" || c.NoReturn || c.Begin == "" {
			continue
		}
		calls = true
		switch {
		case c.Split == nil:
			t.Errorf("no split in %s", line)
			continue
		case c.Split.Blocked+c.Split.Running != c.Duration:
			t.Errorf("%d blocked and %d running are not the duration in %s", c.Split.Blocked, c.Split.Running, line)
		}
		switch {
		case strings.Contains(c.Name, "nanosleep"):
			slept = true
			if c.Split.Blocked < 45e6 { // of 50 ms, whatever else happens
				t.Errorf("%d ns blocked in %s", c.Split.Blocked, line)
			}
		case c.Name == "read" && c.Result.Value == float64(16<<20):
			read = true
			if c.Split.Running < 1e6 { // no machine makes 16 MiB of random numbers in 1 ms
				t.Errorf("%d ns running in %s", c.Split.Running, line)
			}
		}
	}
	if !slept || !read || !calls {
		t.Errorf("slept %v, read %v", slept, read)
	}
}
