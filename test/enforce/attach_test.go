package enforce

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/ebtrace/ebtrace/test/testenv"
)

// attached is a tree that opens a secret file all the time.
type attached struct {
	scene
	t   *testing.T
	pid int
	out string
}

// letters are what attached.c writes, by what opened the file.
const letters = "abcde"

func newAttached(t *testing.T, head string) *attached {
	prog := testenv.CompileC(t, "testdata/attached.c", "-pthread")
	a := &attached{scene: newScene(t, head), t: t}
	a.out = filepath.Join(a.dir, "out")
	cmd := testenv.Command(t, prog, a.secret, a.out)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	a.pid = cmd.Process.Pid
	a.await("")
	return a
}

// mark is how much the tree has written.
func (a *attached) mark() int {
	st, err := os.Stat(a.out)
	if err != nil {
		return 0
	}
	return int(st.Size())
}

// await waits until every part of the tree has opened the file, or tried, since
// now, and returns what was written from there. The first of each may have
// been done before and written late: they are left out.
func (a *attached) await(what string) string {
	a.t.Helper()
	all := func(s string, n int) bool {
		return !strings.ContainsFunc(letters, func(l rune) bool { return strings.Count(strings.ToLower(s), string(l)) < n })
	}
	from, got := a.mark(), ""
	testenv.Eventually(a.t, "every thread opens a file "+what, func() bool {
		b, _ := os.ReadFile(a.out)
		got = string(b[min(from, len(b)):])
		return all(got, 5)
	})
	late := 0
	for !all(got[:late], 1) {
		late++
	}
	return got[late:]
}

// trace starts ebtrace on the tree and waits until its rules are in force.
func (a *attached) trace(args ...string) (cmd *exec.Cmd, log string) {
	a.t.Helper()
	log = filepath.Join(a.t.TempDir(), "log")
	cmd = testenv.Command(a.t, testenv.Tracer(a.t), append(args, "-p", fmt.Sprint(a.pid))...)
	f, err := os.Create(log)
	if err != nil {
		a.t.Fatal(err)
	}
	defer f.Close()
	cmd.Stderr = f
	if err := cmd.Start(); err != nil {
		a.t.Fatal(err)
	}
	testenv.Eventually(a.t, "the rules are in force", func() bool {
		text := testenv.ReadFile(a.t, log)
		if strings.Contains(text, "Can't") {
			a.t.Fatal(text)
		}
		return strings.Contains(text, "in force")
	})
	return cmd, log
}

func (a *attached) kept(text, when string) {
	a.t.Helper()
	if i := strings.IndexAny(text, strings.ToUpper(letters)+"!"); i >= 0 {
		a.t.Errorf("%s: ESCAPED: %q", when, text[max(0, i-20):min(len(text), i+20)])
	}
}

func (a *attached) free(text, when string) {
	a.t.Helper()
	if i := strings.IndexAny(text, letters+"!"); i >= 0 {
		a.t.Errorf("%s: %q", when, text[max(0, i-20):min(len(text), i+20)])
	}
}

var statusLines = regexp.MustCompile(`(?m)^(TracerPid|Threads|NoNewPrivs|Seccomp|Sig(Pnd|Blk|Ign|Cgt)|ShdPnd|Cap\w+):.*`)

// looks is what of the tree's processes must be as before.
func (a *attached) looks() string {
	var s strings.Builder
	for _, file := range []string{"maps", "status"} {
		b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/%s", a.pid, file))
		if file == "status" {
			b = []byte(strings.Join(statusLines.FindAllString(string(b), -1), "\n"))
		}
		s.Write(b)
	}
	return s.String()
}

func end(t *testing.T, cmd *exec.Cmd, sig syscall.Signal) {
	t.Helper()
	if err := cmd.Process.Signal(sig); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if got := cmd.ProcessState.ExitCode(); got != 128+int(sig) {
		t.Errorf("it exits with %d", got)
	}
}

// TestAttach: rules hold for all threads and processes of a running tree, and
// for those that it makes; ended by a signal ebtrace leaves all as it was.
func TestAttach(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(sig.String(), func(t *testing.T) {
			a := newAttached(t, "")
			before := a.looks()
			cmd, log := a.trace("-f", "-e", "trace=openat", "--enforce", a.policy)
			a.kept(a.await("under rules"), "while the rules are in force")
			end(t, cmd, sig)
			a.free(a.await("when they are gone"), "after ebtrace")
			if after := a.looks(); after != before {
				t.Errorf("before:\n%s\nafter:\n%s", before, after)
			}
			text := testenv.ReadFile(t, log)
			want := fmt.Sprintf("%q, O_RDONLY) = -1 EACCES (Permission denied) (DENIED by keep)", a.secret)
			if strings.Count(text, want) < 10 || strings.Contains(text, "syscall_0xffffffff") {
				t.Errorf("%d denials are shown\n%.2000s", strings.Count(text, want), text)
			}
		})
	}
}

// TestAttachInject: -e inject= with -p.
func TestAttachInject(t *testing.T) {
	a := newAttached(t, "")
	cmd, log := a.trace("-e", "trace=openat", "-e", "inject=openat:error=ENOSPC")
	testenv.Eventually(t, "a call is shown as injected", func() bool {
		return strings.Contains(testenv.ReadFile(t, log), "= -1 ENOSPC (No space left on device) (INJECTED)")
	})
	a.kept(a.await("under rules"), "while calls are injected")
	end(t, cmd, syscall.SIGINT)
	a.free(a.await("when they are gone"), "after ebtrace")
}

// TestAttachStopped: a process that is stopped stays so, under rules and after.
func TestAttachStopped(t *testing.T) {
	a := newAttached(t, "")
	state := func() string {
		b := testenv.ReadFile(t, fmt.Sprintf("/proc/%d/stat", a.pid))
		return b[strings.LastIndexByte(b, ')')+2:][:1]
	}
	if err := syscall.Kill(a.pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	testenv.Eventually(t, "the process stops", func() bool { return state() == "T" })
	cmd, _ := a.trace("-e", "trace=none", "--enforce", a.policy)
	if got := state(); got != "T" && got != "t" {
		t.Errorf("attached: state %s", got)
	}
	end(t, cmd, syscall.SIGINT)
	testenv.Eventually(t, "the process is stopped as before", func() bool { return state() == "T" })
	if err := syscall.Kill(a.pid, syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	a.free(a.await("when continued"), "after ebtrace")
}
