package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/ebtrace/ebtrace/test/testenv"
)

// TestMain lets tests run this binary as a process that ends by a signal, or
// as ebtrace itself.
func TestMain(m *testing.M) {
	if s := os.Getenv("EBTRACE_TEST_DIE"); s != "" {
		n, _ := strconv.Atoi(s)
		dieBy(syscall.Signal(n))
	}
	if os.Getenv("EBTRACE_TEST_RUN") != "" {
		os.Unsetenv("EBTRACE_TEST_RUN")
		os.Exit(run(os.Args[1:]))
	}
	os.Exit(m.Run())
}

// TestDieBy: the parent sees the signal and no core.
func TestDieBy(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGKILL,
		syscall.SIGSEGV, syscall.SIGABRT, syscall.SIGPIPE, syscall.SIGUSR1, syscall.SIGTRAP, syscall.SIGSYS, 40} {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "EBTRACE_TEST_DIE="+strconv.Itoa(int(sig)))
		out, _ := cmd.CombinedOutput()
		ws := cmd.ProcessState.Sys().(syscall.WaitStatus)
		if !ws.Signaled() || ws.Signal() != sig || ws.CoreDump() || len(out) > 0 {
			t.Errorf("signal %d: status %#x, output %q", sig, ws, out)
		}
	}
}

func TestLookUp(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	plainFile, prog := write("a/data", 0o644), write("b/prog", 0o755)
	write("a/prog", 0o644)
	t.Setenv("PATH", filepath.Join(dir, "a")+":"+filepath.Join(dir, "b"))
	for _, c := range []struct {
		name, want, err string
		status          int
	}{
		{"prog", prog, "", 0}, // the one before it in PATH is not executable
		{prog, prog, "", 0},
		{"data", "", "Can't run '" + plainFile + "': Permission denied", 126},
		{"nosuch", "", "Can't find 'nosuch' in PATH", 127},
		{dir + "/nosuch", "", "Can't run '" + dir + "/nosuch': No such file or directory", 127},
		{dir, "", "Can't run '" + dir + "': Is a directory", 126},
		{"", "", "Can't run '': No such file or directory", 127},
	} {
		got, err := lookUp(c.name)
		if c.err == "" {
			if err != nil || got != c.want {
				t.Errorf("%q: %q, %v", c.name, got, err)
			}
			continue
		}
		if err == nil || err.Error() != c.err || statusOf(err, true) != c.status {
			t.Errorf("%q: %v, status %d", c.name, err, statusOf(err, true))
		}
	}
}

// TestStart: the command has the arguments, the environment and the files that
// it was given, and what cannot be run says why.
func TestStart(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "out")
	o := newOptions()
	o.command = []string{"sh", "-c", `echo "$0 $X" > "$OUT"`}
	o.argv0, o.env = "ignored", []envChange{{name: "X", value: "y"}, {name: "OUT", value: out}}
	o.command = append(o.command, "zero")
	c, err := prepare(o)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := c.start()
	if err != nil {
		t.Fatal(err)
	}
	var ws syscall.WaitStatus
	if _, err := syscall.Wait4(pid, &ws, 0, nil); err != nil || ws.ExitStatus() != 0 {
		t.Fatal(err, ws)
	}
	if b, _ := os.ReadFile(out); string(b) != "zero y\n" {
		t.Errorf("%q", b)
	}

	script := filepath.Join(dir, "script")
	if err := os.WriteFile(script, []byte("no magic"), 0o755); err != nil {
		t.Fatal(err)
	}
	_, err = (&command{path: script, argv: []string{"script"}}).start()
	if err == nil || err.Error() != "Can't run '"+script+"': Exec format error" || statusOf(err, true) != exitCannotRun {
		t.Error(err)
	}
}

func TestCredential(t *testing.T) {
	if _, err := credential("nosuchuser"); err == nil || err.Error() != "Cannot find user 'nosuchuser'" {
		t.Error(err)
	}
	testenv.NeedRoot(t)
	o := newOptions()
	o.command, o.user = []string{"sh", "-c", `test "$(id -un)" = nobody && test "$(id -G)" = "$(id -G nobody)"`}, "nobody"
	c, err := prepare(o)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := c.start()
	if err != nil {
		t.Fatal(err)
	}
	var ws syscall.WaitStatus
	if _, err := syscall.Wait4(pid, &ws, 0, nil); err != nil || ws.ExitStatus() != 0 {
		t.Error(err, ws)
	}
}

func TestStatusOf(t *testing.T) {
	err := errors.New("x")
	for _, c := range []struct {
		err    error
		launch bool
		want   int
	}{
		{err, true, 125}, {err, false, 1}, {&failure{126, err}, true, 126},
		{cannotRun("x", syscall.ENOENT), true, 127}, {cannotRun("x", syscall.EACCES), true, 126},
	} {
		if got := statusOf(c.err, c.launch); got != c.want {
			t.Errorf("%v: %d, want %d", c.err, got, c.want)
		}
	}
}

func TestOneLine(t *testing.T) {
	for in, want := range map[string]string{
		"plain 'ä'":    "plain 'ä'",
		"a\nb":         `a\012b`,
		"\x1b[31m":     `\033[31m`,
		"\u202e":       `\342\200\256`,
		"\u009b":       `\302\233`,
		"\xff\xfe":     `\377\376`,
		"ok \uFFFD ok": "ok \uFFFD ok",
	} {
		if got := oneLine(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
	if s := oneLine(strings.Repeat("x", 10)); len(s) != 10 {
		t.Error(s)
	}
}
