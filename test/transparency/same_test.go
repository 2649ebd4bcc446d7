package transparency

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/ebtrace/ebtrace/test/testenv"
)

// TestSameBehaviour runs a program that prints all it can see, untraced and
// traced, and with what it wrote compared.
func TestSameBehaviour(t *testing.T) {
	tracer := testenv.Tracer(t)
	needTransparent(t)
	prog := program(t, "behaviour")
	direct, directErr := output(t, testenv.Command(t, prog))
	traced, tracedErr := output(t, testenv.Command(t, tracer, "-f", "-o", os.DevNull, "--", prog))
	if direct != traced {
		t.Errorf("untraced:\n%s\ntraced:\n%s", direct, traced)
	}
	if exitCode(directErr) != 9 || exitCode(tracedErr) != 9 {
		t.Errorf("exit status: untraced %v, traced %v, want 9", directErr, tracedErr)
	}
}

func output(t *testing.T, cmd *exec.Cmd) (string, error) {
	t.Helper()
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if stderr.Len() > 0 {
		t.Errorf("%v: stderr: %s", cmd.Args, stderr.String())
	}
	return string(out), err
}

func exitCode(err error) int {
	if err == nil {
		return 0
	}
	if e, ok := err.(*exec.ExitError); ok {
		return e.ExitCode()
	}
	return -1
}

// TestSetuid executes a setuid program as another user, untraced and traced:
// the set id takes effect in both.
func TestSetuid(t *testing.T) {
	tracer := testenv.Tracer(t)
	needTransparent(t)
	prog := program(t, "ids")
	// The directories up to the program must be open to others.
	for dir := filepath.Dir(prog); dir != os.TempDir() && dir != "/"; dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(prog, 0o755|os.ModeSetuid); err != nil {
		t.Fatal(err)
	}
	const want = "real 65534 effective 0 saved 0\n"
	direct := testenv.Command(t, prog)
	direct.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	if got, err := output(t, direct); got != want || err != nil {
		testenv.Skip(t, fmt.Sprintf("a set user id has no effect on the file system of %s: %q, %v", prog, got, err))
	}
	if got, err := output(t, testenv.Command(t, tracer, "-o", os.DevNull, "-u", "nobody", "--", prog)); got != want || err != nil {
		t.Errorf("with -u: %q, %v, want %q", got, err, want)
	}
	// The same under a shell that a tracer follows.
	script := "exec setpriv --reuid=65534 --regid=65534 --clear-groups " + prog
	if got, err := output(t, testenv.Command(t, tracer, "-o", os.DevNull, "--", "/bin/sh", "-c", script)); got != want || err != nil {
		t.Errorf("under a shell: %q, %v, want %q", got, err, want)
	}
}

// TestExit checks that the command's end is the tracer's: its status, or its
// signal.
func TestExit(t *testing.T) {
	tracer := testenv.Tracer(t)
	for script, want := range map[string]syscall.WaitStatus{
		"exit 0": 0, "exit 3": 3 << 8, "exit 255": 255 << 8, "kill -TERM $$": 15, "kill -KILL $$": 9, "(kill -SEGV $$)": 11,
		"sleep 0.05 & exit 4": 4 << 8,
	} {
		cmd := testenv.Command(t, tracer, "-f", "-o", os.DevNull, "--", "/bin/sh", "-c", script)
		cmd.Run()
		got := cmd.ProcessState.Sys().(syscall.WaitStatus)
		if got&^0x80 != want { // but for the flag of a core dump
			t.Errorf("%s: status %#x, want %#x", script, got, want)
		}
	}
}

// TestTracerPid checks that a process that is being attached to has no tracer,
// and that a debugger of its own still can attach.
func TestTracerPid(t *testing.T) {
	tracer := testenv.Tracer(t)
	needTransparent(t)
	target := startTarget(t, program(t, "rounds"))
	pid := target.pid()
	x := attach(t, tracer, pid)
	status := testenv.ReadFile(t, "/proc/"+pid+"/status")
	if !strings.Contains(status, "\nTracerPid:\t0\n") {
		t.Errorf("status says %q", status)
	}
	if err := syscall.PtraceAttach(target.cmd.Process.Pid); err != nil {
		t.Errorf("ptrace: %v", err)
	} else {
		syscall.Wait4(target.cmd.Process.Pid, nil, 0, nil)
		syscall.PtraceDetach(target.cmd.Process.Pid)
	}
	target.round(t)
	x.end(t)
	if n := count(x.trace(t)); n["getppid"] != 1000 {
		t.Errorf("%d getppid, want 1000", n["getppid"])
	}
	target.round(t)
}
