package transparency

import (
	"strings"
	"testing"

	"github.com/ebtrace/ebtrace/test/testenv"
	"github.com/ebtrace/ebtrace/test/tracetext"
)

// TestForks makes tasks in every way there is: the first line of each new one
// is its first call.
func TestForks(t *testing.T) {
	tracer := testenv.Tracer(t)
	prog := program(t, "forks")
	tasks := map[string]int{
		"fork": 2, "vfork": 2, "clone3": 2, "untraced": 2, "silent": 2, "vm": 2, "namespace": 2, "parent": 3, "double": 3, "thread": 2,
	}
	for how, want := range tasks {
		t.Run(how, func(t *testing.T) {
			if how == "untraced" {
				needTransparent(t) // CLONE_UNTRACED hides a child from ptrace
			}
			x := start(t, tracer, "--", prog, how)
			if err := <-x.done; err != nil {
				t.Fatalf("%v\n%s", err, x.stderr.String())
			}
			tr := x.trace(t)
			if len(tr.Threads) != want {
				t.Errorf("%d tasks, want %d", len(tr.Threads), want)
			}
			for _, th := range tr.Threads[1:] {
				checkFirst(t, th)
				if last := th.Lines[len(th.Lines)-1]; last.Text != "+++ exited with 0 +++" {
					t.Errorf("task %s ends with %q", th.Role, last.Text)
				}
			}
		})
	}
}

func checkFirst(t *testing.T, th *tracetext.Thread) {
	t.Helper()
	const first = "getpriority(0x4d /* PRIO_??? */, 1) = -1 EINVAL (Invalid argument)"
	if len(th.Lines) == 0 || th.Lines[0].Text != first {
		t.Errorf("task %s begins with %q, want %q", th.Role, th.Lines[0].Text, first)
	}
}

// TestExecOfThread has a thread that is not the leader execute a program: the
// thread takes the leader's id, and the trace says so.
func TestExecOfThread(t *testing.T) {
	tracer := testenv.Tracer(t)
	x := start(t, tracer, "--", program(t, "forks"), "exec-thread")
	if err := <-x.done; err != nil {
		t.Fatalf("%v\n%s", err, x.stderr.String())
	}
	text := testenv.ReadFile(t, x.out)
	for _, want := range []string{"+++ superseded by execve in pid ", "<... execve resumed>) = 0\n", "getpriority(0x4d /* PRIO_??? */, 1)"} {
		if !strings.Contains(strings.Join(strings.Fields(text), " ")+"\n", strings.TrimSuffix(want, "\n")) {
			t.Errorf("%q is not in the trace:\n%s", want, text)
		}
	}
	tr := x.trace(t)
	leader := tr.Threads[0]
	if n := len(leader.Lines); leader.Lines[n-1].Text != "+++ exited with 0 +++" {
		t.Errorf("the leader's id ends with %q", leader.Lines[n-1].Text)
	}
}

// TestNoFollow leaves children out.
func TestNoFollow(t *testing.T) {
	tracer := testenv.Tracer(t)
	needTransparent(t)
	x := start(t, tracer, "--no-follow", "--", program(t, "forks"), "fork")
	if err := <-x.done; err != nil {
		t.Fatalf("%v\n%s", err, x.stderr.String())
	}
	if text := testenv.ReadFile(t, x.out); strings.Contains(text, "getpriority") {
		t.Errorf("the child is in the trace:\n%s", text)
	}
}
