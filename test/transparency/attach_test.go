package transparency

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/ebtrace/ebtrace/test/testenv"
)

func (x *target) pid() string { return fmt.Sprint(x.cmd.Process.Pid) }

// TestAttachTree attaches to a tree whose threads all hang: each thread and
// descendant is found, and the call that it is in is shown while it hangs.
func TestAttachTree(t *testing.T) {
	tracer := testenv.Tracer(t)
	target := startTarget(t, program(t, "hang"))
	ids := strings.Fields(target.line(t))[1:] // main, futex, poll, child, grandchild
	x := attach(t, tracer, ids[0])
	calls := []string{`read\(0, `, `futex\(0x[0-9a-f]+, FUTEX_WAIT_PRIVATE, 7, NULL`, `poll\(NULL, 0, 1000000`, `pause\(`,
		`(clock_)?nanosleep\(`}
	if testenv.Standin() {
		calls = calls[:3] // strace does not look for descendants
		for i := range calls {
			calls[i] = `restart_syscall|` + calls[i]
		}
	}
	for i, call := range calls {
		re := regexp.MustCompile(`(?m)^` + ids[i] + ` +(` + call + `)`)
		testenv.Eventually(t, "thread "+ids[i]+" is shown in "+call+"; the trace is "+testenv.ReadFile(t, x.out), func() bool {
			return re.MatchString(testenv.ReadFile(t, x.out))
		})
	}
	x.end(t)
	status := x.cmd.ProcessState.Sys().(syscall.WaitStatus)
	if status.ExitStatus() != 130 && status.Signal() != syscall.SIGINT { // a shell sees 130 in both
		t.Errorf("status %#x after Ctrl-C, want 130", status)
	}
}

// TestAttachOne leaves descendants out.
func TestAttachOne(t *testing.T) {
	tracer := testenv.Tracer(t)
	needTransparent(t)
	target := startTarget(t, program(t, "hang"))
	ids := strings.Fields(target.line(t))[1:]
	x := attach(t, tracer, ids[0], "--no-descendants")
	testenv.Eventually(t, "the first thread is shown", func() bool { return strings.Contains(testenv.ReadFile(t, x.out), "read(0, ") })
	x.end(t)
	for _, id := range ids[3:] {
		if regexp.MustCompile(`(?m)^` + id + ` `).MatchString(testenv.ReadFile(t, x.out)) {
			t.Errorf("the descendant %s is in the trace", id)
		}
	}
}

// TestHangIsShown starts a command that waits for its input: the call is in
// the trace while it waits, and ends properly after.
func TestHangIsShown(t *testing.T) {
	tracer := testenv.Tracer(t)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	out := t.TempDir() + "/trace"
	cmd := testenv.Command(t, tracer, "-f", "-o", out, "-e", "trace=read", "--", "cat")
	cmd.Stdin = r
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	testenv.Eventually(t, "the hanging read is shown", func() bool {
		b, _ := os.ReadFile(out)
		return strings.Contains(string(b), " read(0, ")
	})
	w.WriteString("x\n")
	w.Close()
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	text := testenv.ReadFile(t, out)
	if !strings.Contains(text, `"x\n", 131072)`) {
		t.Errorf("the result of the read is not in the trace:\n%s", text)
	}
}
