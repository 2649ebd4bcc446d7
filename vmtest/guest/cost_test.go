package guest

import (
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/ebtrace/ebtrace/loader"
	"github.com/ebtrace/ebtrace/vmtest/protocol"
)

// TestCost tells what a call costs the task that makes it, in instructions:
// CPU time in a guest whose clock counts them.
func TestCost(t *testing.T) {
	if os.Getenv(protocol.EnvCount) == "" {
		t.Skip("this kernel's clock counts no instructions (vmtest -count)")
	}
	base := cost(t, nil, false)
	tell("getppid, untraced", base)
	only := calls(t, "getppid")
	for _, c := range []struct {
		name   string
		o      loader.Options
		beside bool // another task is traced
	}{
		{"getppid, traced, all calls", loader.Options{}, false},
		{"getppid, traced, all calls, durations", loader.Options{Times: true}, false},
		{"getppid, traced, -e trace=getppid", loader.Options{Enter: only, Exit: only}, false},
		{"getppid, bystander, both points", loader.Options{Times: true}, true},
		{"getppid, bystander, one point (-e trace=getppid)", loader.Options{Enter: only, Exit: only}, true},
	} {
		got := cost(t, &c.o, c.beside)
		tell(c.name, got)
		if got < base {
			t.Errorf("%s: %.0f instructions, untraced %.0f: the clock counts something else", c.name, got, base)
		}
	}
}

func tell(what string, instructions float64) {
	fmt.Printf("\n%s\n", protocol.Line{Event: protocol.Cost, Text: what, Status: fmt.Sprintf("%.0f", instructions)}.Encode())
}

// cost is the least of some runs of the workload, which says itself what a
// call took.
func cost(t *testing.T, o *loader.Options, beside bool) float64 {
	t.Helper()
	least := math.Inf(1)
	for range 3 {
		least = min(least, costOnce(t, o, beside))
	}
	return least
}

func costOnce(t *testing.T, o *loader.Options, beside bool) float64 {
	t.Helper()
	cmd := program("cost", strconv.Itoa(20000))
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer in.Close()
	if o != nil {
		defer traced(t, *o, cmd, beside)()
	}
	in.Write([]byte{'\n'}) // go
	said, err := io.ReadAll(out)
	if err != nil {
		t.Fatal(err)
	}
	v, err := strconv.ParseFloat(strings.TrimSpace(string(said)), 64)
	if err != nil {
		t.Fatalf("the workload said %q: %v", said, err)
	}
	return v
}

// traced traces the command, or another beside it, until the function returned
// is called.
func traced(t *testing.T, o loader.Options, cmd *exec.Cmd, beside bool) func() {
	t.Helper()
	r := newTracer(t, o)
	target := cmd
	if beside {
		target = program("wait", "")
		if err := target.Start(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := r.sess.Follow(r.seq, r.emit, []int{target.Process.Pid}, true, false); err != nil {
		t.Fatal(err)
	}
	end, ended := make(chan struct{}), make(chan error)
	go func() {
		ended <- r.sess.Pump(r.seq, r.emit, r.out.Flush, end, func() bool { return false })
	}()
	return func() {
		close(end)
		if err := <-ended; err != nil {
			t.Error(err)
		}
		r.sess.Close()
		if beside {
			target.Process.Kill()
			target.Wait()
		}
	}
}
