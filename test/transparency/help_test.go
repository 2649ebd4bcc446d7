// Package transparency shows that tracing does not change what a traced
// program sees or does, that several tracers can watch one target, and that
// nothing stays behind.
package transparency

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/ebtrace/ebtrace/test/testenv"
	"github.com/ebtrace/ebtrace/test/tracetext"
)

// program compiles a program of testdata.
func program(t *testing.T, name string) string {
	t.Helper()
	return testenv.CompileC(t, filepath.Join(testenv.Root(), "test", "transparency", "testdata", name+".c"), "-pthread")
}

// text is what a process has written so far, safe to read while it writes.
type text struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (x *text) Write(p []byte) (int, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.b.Write(p)
}

func (x *text) String() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.b.String()
}

// tracing is a tracer at work.
type tracing struct {
	cmd    *exec.Cmd
	out    string // the file with the trace
	stderr text
	done   chan error
}

// start starts a tracer that writes to a file of its own.
func start(t *testing.T, tracer string, args ...string) *tracing {
	t.Helper()
	x := &tracing{out: filepath.Join(t.TempDir(), "trace"), done: make(chan error, 1)}
	x.cmd = testenv.Command(t, tracer, append([]string{"-f", "-o", x.out}, args...)...)
	x.cmd.Stderr = &x.stderr
	if err := x.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { x.done <- x.cmd.Wait() }()
	return x
}

// attach starts a tracer on a process and waits until it says that it has
// attached.
func attach(t *testing.T, tracer string, pid string, args ...string) *tracing {
	t.Helper()
	x := start(t, tracer, append([]string{"-p", pid}, args...)...)
	testenv.Eventually(t, tracer+" attaches", func() bool {
		select {
		case err := <-x.done:
			t.Fatalf("%v ended: %v\n%s", x.cmd.Args, err, x.stderr.String())
		default:
		}
		return strings.Contains(x.stderr.String(), "ttached")
	})
	return x
}

// end ends the tracer as Ctrl-C does and waits for it.
func (x *tracing) end(t *testing.T) {
	t.Helper()
	x.cmd.Process.Signal(syscall.SIGINT)
	<-x.done
}

// trace is what the tracer has written.
func (x *tracing) trace(t *testing.T) *tracetext.Trace {
	t.Helper()
	f, err := os.Open(x.out)
	if err != nil {
		t.Fatalf("%v\n%s", err, x.stderr.String())
	}
	defer f.Close()
	tr, err := tracetext.Parse(f)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// target is a program that does something for each line it is given.
type target struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

func startTarget(t *testing.T, name string, args ...string) *target {
	t.Helper()
	x := &target{cmd: testenv.Command(t, name, args...)}
	var err error
	if x.in, err = x.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := x.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	x.out = bufio.NewReader(out)
	if err := x.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		x.in.Close()
		x.cmd.Process.Kill()
		x.cmd.Wait()
	})
	return x
}

// round has the target do its work once.
func (x *target) round(t *testing.T) {
	t.Helper()
	if _, err := io.WriteString(x.in, "\n"); err != nil {
		t.Fatal(err)
	}
	if got := x.line(t); got != "done" {
		t.Fatalf("the target says %q", got)
	}
}

// line is the next line that the target prints.
func (x *target) line(t *testing.T) string {
	t.Helper()
	s, err := x.out.ReadString('\n')
	if err != nil {
		t.Fatalf("the target: %v", err)
	}
	return strings.TrimSuffix(s, "\n")
}

// count is how many calls of each name a trace has.
func count(tr *tracetext.Trace) map[string]int {
	n := map[string]int{}
	for _, th := range tr.Threads {
		for _, l := range th.Lines {
			if l.Kind == tracetext.Call {
				n[l.Name]++
			}
		}
	}
	return n
}

// needTransparent skips a test that a tracer built on ptrace cannot pass.
func needTransparent(t *testing.T) {
	t.Helper()
	if testenv.Standin() {
		t.Skip("a stand-in for ebtrace is not transparent")
	}
}
