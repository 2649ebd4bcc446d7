// Package testenv is what the tests that trace real programs share: where the
// tracer is, what a test needs and how it is skipped, how a C program is
// compiled, and how a command is run to its end.
//
// Environment: EBTRACE_TRACER names another tracer to run the tests with
// (strace, to try the tests themselves); EBTRACE_STRICT=1 makes a skipped
// test fail.
package testenv

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// Deadline is how long one traced command may take before it is taken to hang.
const Deadline = 2 * time.Minute

// Root is the root of the module.
func Root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Dir(filepath.Dir(filepath.Dir(file)))
}

// Strict tells whether a skip is a failure.
func Strict() bool { return os.Getenv("EBTRACE_STRICT") != "" }

// Skip ends the test as skipped, with the reason; in strict mode as failed.
func Skip(t testing.TB, reason string) {
	t.Helper()
	if Strict() {
		t.Fatalf("would be skipped, and EBTRACE_STRICT is set: %s", reason)
	}
	t.Skip(reason)
}

// SkipKernels is Skip for want of a kernel of vmtest's. With EBTRACE_NO_KERNELS
// set, as .ci/run does where none could be fetched, it is no failure.
func SkipKernels(t testing.TB, reason string) {
	t.Helper()
	if os.Getenv("EBTRACE_NO_KERNELS") != "" {
		t.Skip("no kernel could be fetched")
	}
	Skip(t, reason)
}

// NeedRoot skips the test if it does not run as root.
func NeedRoot(t testing.TB) {
	t.Helper()
	if os.Geteuid() != 0 {
		Skip(t, "needs root")
	}
}

// NeedTools skips the test if one of the programs is not installed.
func NeedTools(t testing.TB, names ...string) {
	t.Helper()
	for _, name := range names {
		if _, err := exec.LookPath(name); err != nil {
			Skip(t, "needs the program "+name)
		}
	}
}

// Standin tells whether the tracer is not ebtrace (EBTRACE_TRACER).
func Standin() bool { return os.Getenv("EBTRACE_TRACER") != "" }

var build = sync.OnceValues(func() (string, error) {
	if other := os.Getenv("EBTRACE_TRACER"); other != "" {
		return exec.LookPath(other)
	}
	path := filepath.Join(Root(), "bin", "ebtrace")
	cmd := exec.Command("go", "build", "-trimpath", "-o", path, "./cmd/ebtrace")
	cmd.Dir = Root()
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", errors.New("go build ./cmd/ebtrace: " + strings.TrimSpace(string(out)))
	}
	return path, nil
})

// Tracer is the path of the tracer under test, built if it is ebtrace. The
// test needs root from here on.
func Tracer(t testing.TB) string {
	t.Helper()
	NeedRoot(t)
	path, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// CompileC compiles one C file with gcc into a temporary directory and returns
// the program's path.
func CompileC(t testing.TB, source string, flags ...string) string {
	t.Helper()
	NeedTools(t, "gcc")
	out := filepath.Join(t.TempDir(), strings.TrimSuffix(filepath.Base(source), ".c"))
	args := append([]string{"-O1", "-Wall", "-o", out, source}, flags...)
	if text, err := exec.Command("gcc", args...).CombinedOutput(); err != nil {
		t.Fatalf("gcc %s: %v\n%s", strings.Join(args, " "), err, text)
	}
	if err := os.Chmod(filepath.Dir(out), 0o755); err != nil {
		t.Fatal(err)
	}
	return out
}

// Command is exec.Command, in a temporary directory, that is killed at the end
// of the test or after Deadline.
func Command(t testing.TB, name string, args ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), Deadline)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.WaitDelay = 5 * time.Second
	cmd.Dir = t.TempDir()
	return cmd
}

// Run runs a command to its end and returns its standard output; it fails the
// test if the command does.
func Run(t testing.TB, name string, args ...string) string {
	t.Helper()
	cmd := Command(t, name, args...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s%s", name, strings.Join(args, " "), err, out, stderr.String())
	}
	return string(out)
}

// ReadFile reads a file or fails the test.
func ReadFile(t testing.TB, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Eventually waits until cond holds; it fails the test, naming what, if that
// takes longer than Deadline.
func Eventually(t testing.TB, what string, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(Deadline / 4); ; time.Sleep(5 * time.Millisecond) {
		if cond() {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("never happened: %s", what)
		}
	}
}
