package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/ebtrace/ebtrace/test/testenv"
)

// ebtrace is a command that runs this binary as ebtrace.
func ebtrace(args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), "EBTRACE_TEST_RUN=1")
	return cmd
}

// outcome is what a finished command left: its exit status, or -signal.
func outcome(cmd *exec.Cmd) (stdout, stderr string, status int) {
	var out, err bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &err
	_ = cmd.Run()
	return out.String(), err.String(), statusIn(cmd)
}

func statusIn(cmd *exec.Cmd) int {
	ws := cmd.ProcessState.Sys().(syscall.WaitStatus)
	if ws.Signaled() {
		return -int(ws.Signal())
	}
	return ws.ExitStatus()
}

// needRoot skips a test that traces.
func needRoot(t *testing.T) {
	t.Helper()
	if err := checkPrivilege(true); err != nil {
		testenv.Skip(t, "cannot trace: "+err.Error())
	}
}

// TestWithoutTracing: what ends before anything is traced.
func TestWithoutTracing(t *testing.T) {
	for _, c := range []struct {
		args           []string
		stdout, stderr string // prefixes
		status         int
	}{
		{nil, "", "ebtrace: must have PROG [ARGS] or -p PID; see 'ebtrace --help'\n", 1},
		{[]string{"-e", "nosuch", "true"}, "", "ebtrace: invalid system call 'nosuch'\n", 1},
		{[]string{"--jsn", "true"}, "", "ebtrace: unrecognized option '--jsn' (did you mean '--json'?)\n", 1},
		{[]string{"-h"}, "Usage: ebtrace ", "", 0},
		{[]string{"--version"}, "ebtrace -- version ", "", 0},
		{[]string{"/nonexistent/prog"}, "", "ebtrace: Can't run '/nonexistent/prog': No such file or directory\n", 127},
		{[]string{"no\nsuch\x1b"}, "", `ebtrace: Can't find 'no\012such\033' in PATH` + "\n", 127},
		{[]string{"/etc/passwd"}, "", "ebtrace: Can't run '/etc/passwd': Permission denied\n", 126},
		{[]string{"-p", "2147483647"}, "", "ebtrace: Can't attach to process 2147483647: No such process\n", 1},
	} {
		out, err, status := outcome(ebtrace(c.args...))
		if status != c.status || !strings.HasPrefix(out, c.stdout) || !strings.HasPrefix(err, c.stderr) ||
			(out == "") != (c.stdout == "") || (err == "") != (c.stderr == "") || strings.Count(err, "\n") > 1 {
			t.Errorf("%q: status %d\nstdout %.200q\nstderr %q", c.args, status, out, err)
		}
	}
}

// TestNoPrivilege: a user without capabilities is told which are missing.
func TestNoPrivilege(t *testing.T) {
	testenv.NeedRoot(t)
	exe := reachableCopy(t)
	for _, c := range []struct {
		args   []string
		status int
	}{{[]string{"true"}, 125}, {[]string{"-p", strconv.Itoa(os.Getppid())}, 1}} {
		cmd := ebtrace(c.args...)
		cmd.Path = exe
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		_, stderr, status := outcome(cmd)
		if status != c.status || !strings.HasPrefix(stderr, "ebtrace: Operation not permitted: missing CAP_BPF, CAP_PERFMON") ||
			!strings.Contains(stderr, "sudo") || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%q: status %d, %q", c.args, status, stderr)
		}
	}
}

// reachableCopy copies this binary to where every user can run it.
func reachableCopy(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "ebtrace-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	b, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	exe := filepath.Join(dir, "ebtrace")
	for _, err := range []error{os.Chmod(dir, 0o755), os.WriteFile(exe, b, 0o755)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return exe
}

func TestLacking(t *testing.T) {
	const all = 1<<unix.CAP_BPF | 1<<unix.CAP_PERFMON | 1<<unix.CAP_SYS_PTRACE
	for _, c := range []struct {
		caps   uint64
		others bool
		want   string // names missing
	}{
		{all, true, ""},
		{all &^ (1 << unix.CAP_SYS_PTRACE), false, ""},
		{all &^ (1 << unix.CAP_SYS_PTRACE), true, "CAP_SYS_PTRACE"},
		{1 << unix.CAP_SYS_ADMIN, false, ""},
		{1 << unix.CAP_SYS_ADMIN, true, "CAP_SYS_PTRACE"},
		{1 << unix.CAP_PERFMON, false, "CAP_BPF"},
		{0, true, "CAP_BPF, CAP_PERFMON, CAP_SYS_PTRACE"},
	} {
		err := lacking(c.caps, c.others)
		if c.want == "" && err == nil {
			continue
		}
		if err == nil || !strings.HasPrefix(err.Error(), "Operation not permitted: missing "+c.want+"; run it with sudo") {
			t.Errorf("%#x %v: %v", c.caps, c.others, err)
		}
	}
}

// TestStatus: ebtrace ends as its command does.
func TestStatus(t *testing.T) {
	needRoot(t)
	dir := t.TempDir()
	after := filepath.Join(dir, "after")
	for _, c := range []struct {
		args   []string
		status int
		stderr string // contains
	}{
		{[]string{"sh", "-c", "exit 7"}, 7, "+++ exited with 7 +++"},
		{[]string{"true"}, 0, `execve("/`},
		{[]string{"sh", "-c", "kill -TERM $$"}, -15, "+++ killed by SIGTERM +++"},
		{[]string{"sh", "-c", "kill -SEGV $$"}, -11, "+++ killed by SIGSEGV"},
		{[]string{"sh", "-c", "kill -KILL $$"}, -9, "+++ killed by SIGKILL +++"},
		{[]string{"sh", "-c", "(sleep 0.2; exit 3) & exit 5"}, 5, "+++ exited with 3 +++"},
		{[]string{"-o", "/dev/full", "sh", "-c", "sleep 0.2; echo > " + after}, 125,
			"ebtrace: Can't write to '/dev/full': No space left on device\n"},
		{[]string{"-o", "|head -1 >/dev/null", "sh", "-c", "sleep 0.2; ls / /usr /etc >/dev/null; exit 4"}, 4, ""},
		{[]string{"-o", dir, "true"}, 125, "ebtrace: Can't open '" + dir + "': Is a directory\n"},
		{[]string{"-E", "X=y", "sh", "-c", `test "$X" = y`}, 0, ""},
		{[]string{"-E", "HOME", "sh", "-c", `test -z "$HOME"`}, 0, ""},
		{[]string{"-u", "nobody", "sh", "-c", `test "$(id -un)" = nobody`}, 0, ""},
		{[]string{"sh", "-c", `test "$(grep TracerPid /proc/$$/status)" = "TracerPid:	0"`}, 0, ""},
	} {
		_, stderr, status := outcome(ebtrace(c.args...))
		if status != c.status || !strings.Contains(stderr, c.stderr) {
			t.Errorf("%q: status %d, want %d\n%s", c.args, status, c.status, tail(stderr))
		}
	}
	if _, err := os.Stat(after); err != nil {
		t.Error("the program did not go on after the disk was full:", err)
	}
}

func tail(s string) string { return s[max(0, len(s)-1000):] }

// TestFiles: -o and -ff.
func TestFiles(t *testing.T) {
	needRoot(t)
	out := filepath.Join(t.TempDir(), "out")
	if _, stderr, status := outcome(ebtrace("-o", out, "true")); status != 0 || stderr != "" {
		t.Errorf("status %d, %q", status, stderr)
	}
	if s := content(t, out); !strings.Contains(s, ` execve("/`) || !strings.HasSuffix(s, " +++ exited with 0 +++\n") {
		t.Errorf("%s", s)
	}
	if _, stderr, status := outcome(ebtrace("-ff", "-o", out, "sh", "-c", "(exit 3) & wait $!")); status != 3 || stderr != "" {
		t.Errorf("status %d, %q", status, stderr)
	}
	files, _ := filepath.Glob(out + ".*")
	if len(files) != 2 {
		t.Errorf("%q", files)
	}
	for _, f := range files {
		if s := content(t, f); !strings.HasSuffix(s, "+++ exited with 3 +++\n") {
			t.Errorf("%s: %s", f, s)
		}
	}
}

// told starts ebtrace, its standard error read line by line into a channel.
func told(t *testing.T, args ...string) (*exec.Cmd, <-chan string) {
	t.Helper()
	cmd := ebtrace(args...)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	lines := make(chan string, 10000)
	go func() {
		defer close(lines)
		for sc := bufio.NewScanner(r); sc.Scan(); {
			lines <- sc.Text()
		}
	}()
	return cmd, lines
}

// until reads lines up to one that contains s.
func until(t *testing.T, lines <-chan string, s string) {
	t.Helper()
	for line := range lines {
		if strings.Contains(line, s) {
			return
		}
	}
	t.Fatalf("no line with %q", s)
}

// TestInterruptAttached: an interrupt detaches, and leaves no trace on the target.
func TestInterruptAttached(t *testing.T) {
	needRoot(t)
	target := exec.Command("sleep", "60")
	if err := target.Start(); err != nil {
		t.Fatal(err)
	}
	defer target.Wait()
	defer target.Process.Kill()
	pid := strconv.Itoa(target.Process.Pid)
	cmd, lines := told(t, "-p", pid)
	until(t, lines, "ebtrace: Process "+pid+" attached")
	cmd.Process.Signal(os.Interrupt)
	until(t, lines, "ebtrace: Process "+pid+" detached")
	for range lines {
	}
	cmd.Wait()
	if s := statusIn(cmd); s != 130 {
		t.Errorf("status %d", s)
	}
	if err := target.Process.Signal(syscall.Signal(0)); err != nil {
		t.Error("the target is gone:", err)
	}
}

// TestTargetEnds: without a command, ebtrace ends with its targets.
func TestTargetEnds(t *testing.T) {
	needRoot(t)
	target := exec.Command("cat")
	in, err := target.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := target.Start(); err != nil {
		t.Fatal(err)
	}
	defer target.Wait()
	pid := strconv.Itoa(target.Process.Pid)
	cmd, lines := told(t, "-p", pid+",2147483647")
	until(t, lines, "ebtrace: Can't attach to process 2147483647: No such process")
	until(t, lines, "ebtrace: Process "+pid+" attached")
	in.Close()
	until(t, lines, "+++ exited with 0 +++")
	for range lines {
	}
	cmd.Wait()
	if s := statusIn(cmd); s != 0 {
		t.Errorf("status %d", s)
	}
}

// TestSignalsPassed: a signal for ebtrace alone goes to the command; a second
// one ends the trace and leaves the command running.
func TestSignalsPassed(t *testing.T) {
	needRoot(t)
	cmd, lines := told(t, "-e", "trace=none", "sh", "-c", `trap "exit 9" TERM; echo ready >&2; while :; do sleep 0.05; done`)
	until(t, lines, "ready")
	cmd.Process.Signal(syscall.SIGTERM)
	for range lines {
	}
	cmd.Wait()
	if s := statusIn(cmd); s != 9 {
		t.Errorf("trapped: status %d", s)
	}

	cmd, lines = told(t, "-e", "trace=none", "sh", "-c", `trap "echo caught >&2" TERM; echo pid $$ >&2; while :; do sleep 0.05; done`)
	var pid int
	for line := range lines {
		if _, err := fmt.Sscanf(line, "pid %d", &pid); err == nil {
			break
		}
	}
	defer syscall.Kill(pid, syscall.SIGKILL)
	cmd.Process.Signal(syscall.SIGTERM)
	until(t, lines, "caught")
	cmd.Process.Signal(syscall.SIGTERM)
	until(t, lines, "ebtrace: Process "+strconv.Itoa(pid)+" detached")
	cmd.Wait()
	if s := statusIn(cmd); s != 128+15 {
		t.Errorf("second signal: status %d", s)
	}
	if err := syscall.Kill(pid, 0); err != nil {
		t.Error("the command is gone:", err)
	}
}

// TestStdin: the command has ebtrace's standard input.
func TestStdin(t *testing.T) {
	needRoot(t)
	cmd := ebtrace("-o", "/dev/null", "cat")
	cmd.Stdin = io.LimitReader(strings.NewReader("through\n"), 8)
	if out, stderr, status := outcome(cmd); out != "through\n" || stderr != "" || status != 0 {
		t.Errorf("%q %q %d", out, stderr, status)
	}
}

// TestComm: neither calls nor signals of threads of other names.
func TestComm(t *testing.T) {
	needRoot(t)
	_, stderr, status := outcome(ebtrace("--comm", "sleep", "sh", "-c", "sleep 0; kill -CHLD $$; exit 2"))
	if status != 2 || !strings.Contains(stderr, "clock_nanosleep(") {
		t.Errorf("status %d\n%s", status, tail(stderr))
	}
	for _, not := range []string{"SIGCHLD", "wait4(", "kill("} {
		if strings.Contains(stderr, not) {
			t.Errorf("%s in\n%s", not, tail(stderr))
		}
	}
}

// TestJSON: a header, events, a summary.
func TestJSON(t *testing.T) {
	needRoot(t)
	_, stderr, status := outcome(ebtrace("--json", "sh", "-c", "exit 3"))
	lines := strings.Split(strings.TrimSpace(stderr), "\n")
	if status != 3 || len(lines) < 10 {
		t.Fatalf("status %d\n%s", status, tail(stderr))
	}
	for i, line := range lines {
		var o struct {
			Type      string
			Arguments []string
			Command   []string
		}
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		switch {
		case i == 0 && (o.Type != "header" || !slices.Equal(o.Arguments, []string{"--json"}) || !slices.Equal(o.Command, []string{"sh", "-c", "exit 3"})),
			i == len(lines)-1 && o.Type != "summary":
			t.Errorf("line %d: %s", i, line)
		}
	}
}

func TestDoctor(t *testing.T) {
	out, stderr, status := outcome(ebtrace("doctor"))
	for _, want := range []string{"kernel ", "architecture ", "CAP_BPF ", "raw tracepoints ", "pid namespace "} {
		if !strings.Contains(out, "\n"+want) && !strings.HasPrefix(out, want) {
			t.Errorf("no line of %s", want)
		}
	}
	if stderr != "" {
		t.Errorf("%q", stderr)
	}
	if needRoot(t); status != 0 || !strings.HasSuffix(out, "\nebtrace can trace here.\n") {
		t.Errorf("status %d\n%s", status, out)
	}
}
