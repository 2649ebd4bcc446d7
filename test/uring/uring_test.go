// Package uring runs a program that makes requests of io_uring and says itself
// which lines a tracer must print for them.
package uring

import (
	"encoding/json"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ebtrace/ebtrace/test/testenv"
)

// Of linux/io_uring.h.
const (
	setupSQPoll = "2"  // IORING_SETUP_SQPOLL
	sqeAsync    = "16" // IOSQE_ASYNC
	exitNoRing  = 2    // of the program: the kernel makes no ring
)

// run traces the program and returns the trace and what it expects.
func run(t *testing.T, opts []string, args ...string) (trace string, want []string) {
	t.Helper()
	tracer := testenv.Tracer(t)
	if testenv.Standin() {
		t.Skip("ebtrace's own")
	}
	testenv.NeedTools(t, "gcc")
	prog := testenv.CompileC(t, filepath.Join(testenv.Root(), "test/uring/testdata/requests.c"))
	out := filepath.Join(t.TempDir(), "trace")
	all := append([]string{"-o", out, "--uring", "-e", "trace=io_uring_enter"}, opts...)
	cmd := testenv.Command(t, tracer, append(append(all, "--", prog), args...)...)
	said, err := cmd.Output()
	if cmd.ProcessState != nil && cmd.ProcessState.ExitCode() == exitNoRing {
		testenv.Skip(t, "the kernel makes no ring of io_uring")
	}
	if err != nil {
		t.Fatal(err)
	}
	return testenv.ReadFile(t, out), strings.Split(strings.TrimSpace(string(said)), "\n")
}

var requestLine = regexp.MustCompile(`(?m)^(\d+) +io_uring:(.*?) \{(ring=\d+, user_data=0(?:x[0-9a-f]+)?[^{}]*)\} <\d+\.\d+>$`)

// TestRequests: each request is shown with its arguments and result, whatever
// runs it, by the thread that submitted it.
func TestRequests(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		by   string
	}{
		"submitter": {nil, ""},
		"workers":   {[]string{"0", sqeAsync}, "by=worker"},
		"polled":    {[]string{setupSQPoll, "0"}, "by=sqpoll"},
	} {
		t.Run(name, func(t *testing.T) {
			trace, want := run(t, nil, c.args...)
			var got []string
			by, tids := 0, map[string]bool{}
			for _, m := range requestLine.FindAllStringSubmatch(trace, -1) {
				got = append(got, m[2])
				tids[m[1]] = true
				if c.by != "" && strings.Contains(m[3], c.by) {
					by++
				}
			}
			slices.Sort(got) // those of one link complete in any order
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("got\n%s\nwant\n%s\nof\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"), trace)
			}
			if len(tids) != 1 {
				t.Errorf("requests of %d threads", len(tids))
			}
			if c.by != "" && by < 5 {
				t.Errorf("%d requests have %s in\n%s", by, c.by, trace)
			}
			if strings.Contains(trace, "lost") {
				t.Error(trace)
			}
		})
	}
}

// TestSelection: requests of the operations that were asked for.
func TestSelection(t *testing.T) {
	trace, _ := run(t, []string{"--uring=read,fsync"})
	for op, n := range map[string]int{"read": 2, "fsync": 1, "openat": 0, "nop": 0} {
		if got := strings.Count(trace, "io_uring:"+op+"("); got != n {
			t.Errorf("%d of %s, not %d", got, op, n)
		}
	}
}

// TestJSON: a request names the call that submitted it.
func TestJSON(t *testing.T) {
	trace, want := run(t, []string{"--json"})
	calls, requests := map[string]bool{}, 0
	var causes []string
	for line := range strings.Lines(trace) {
		var e struct {
			Type, Begin string
			Cause       struct{ Begin, Name string }
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatal(err)
		}
		switch e.Type {
		case "call", "enter":
			calls[e.Begin] = true
		case "io_uring":
			requests++
			causes = append(causes, e.Cause.Begin)
		}
	}
	if requests != len(want) {
		t.Errorf("%d requests, not %d", requests, len(want))
	}
	for _, c := range causes {
		if !calls[c] {
			t.Errorf("no call begins at %q", c)
		}
	}
}
