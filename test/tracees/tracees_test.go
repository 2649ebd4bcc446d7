// Package tracees runs C programs that say themselves which lines a tracer
// must print for their calls, and compares, to the byte.
package tracees

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ebtrace/ebtrace/test/testenv"
)

// tracee is a program in testdata, and how it is built and traced.
type tracee struct {
	name  string
	flags []string // of gcc
	opts  []string // of the tracer
	args  []string // of the program
	as    string   // name of the test; name if empty
}

var tracees = []tracee{
	{name: "files"},
	{name: "fds"},
	{name: "memory"},
	{name: "sockets"},
	{name: "messages"},
	{name: "signals"},
	{name: "clocks"},
	{name: "poll"},
	{name: "iovec"},
	{name: "ioctl"},
	{name: "prctl"},
	{name: "execve"},
	{name: "process"},
	{name: "unknown"},
	{name: "seccomp"},
	{name: "strings"},
	{name: "strings", as: "strings-size-3", opts: []string{"-s", "3"}, args: []string{"3"}},
	{name: "strings", as: "strings-size-4096", opts: []string{"-s", "4096"}, args: []string{"4096"}},
	{name: "int80", flags: []string{"-no-pie"}},
	{name: "compat", flags: []string{"-m32"}},
	{name: "files", as: "files-32", flags: []string{"-m32"}},
	{name: "clocks", as: "clocks-32", flags: []string{"-m32"}},
	{name: "iovec", as: "iovec-32", flags: []string{"-m32"}},
}

func TestTracees(t *testing.T) {
	tracer := testenv.Tracer(t)
	testenv.NeedTools(t, "gcc")
	for _, c := range tracees {
		if c.as == "" {
			c.as = c.name
		}
		t.Run(c.as, func(t *testing.T) { c.run(t, tracer) })
	}
}

func (c *tracee) run(t *testing.T, tracer string) {
	source := filepath.Join(testenv.Root(), "test", "tracees", "testdata", c.name+".c")
	prog := testenv.CompileC(t, source, append([]string{"-static", "-Wno-nonnull", "-Wno-stringop-overflow", "-Wno-stringop-overread"}, c.flags...)...)
	dir := t.TempDir()
	out := filepath.Join(dir, "trace")
	args := append([]string{"-f", "-o", out}, c.opts...)
	args = append(append(args, "--", prog), c.args...)
	cmd := testenv.Command(t, tracer, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "TZ=UTC0")
	if testenv.Standin() {
		cmd.Env = append(cmd.Env, "TRACEE_FOR_STRACE=1")
	}
	var stderr strings.Builder
	cmd.Stderr = &stderr
	expected, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s", cmd, err, stderr.String())
	}
	got := between(t, testenv.ReadFile(t, out))
	want := strings.Split(strings.TrimSuffix(string(expected), "\n"), "\n")
	compare(t, got, want)
}

// between is the lines of the trace between the marks.
func between(t *testing.T, trace string) []string {
	t.Helper()
	_, rest, ok := strings.Cut(trace, `chdir("tracee: start")`)
	_, rest, _ = strings.Cut(rest, "\n")
	mid, _, ok2 := strings.Cut(rest, `chdir("tracee: finish")`)
	if !ok || !ok2 {
		t.Fatalf("the marks are not in the trace:\n%.4000s", trace)
	}
	var lines []string
	paused := false
	for _, l := range strings.SplitAfter(mid, "\n") {
		switch {
		case strings.Contains(l, `chdir("tracee: pause")`):
			paused = true
		case strings.Contains(l, `chdir("tracee: resume")`):
			paused = false
		case !paused && strings.HasSuffix(l, "\n"): // the last is the beginning of the finish
			lines = append(lines, strings.TrimSuffix(l, "\n"))
		}
	}
	return lines
}

// compare compares line by line; want has no thread ids and no padding.
func compare(t *testing.T, got, want []string) {
	t.Helper()
	errors := 0
	for i := range max(len(got), len(want)) {
		g, w := "(no line)", "(no line)"
		if i < len(got) {
			g = got[i]
		}
		if i < len(want) {
			w = layout(g, want[i])
		}
		if g != w {
			t.Errorf("line %d\n got  %s\n want %s", i+1, g, w)
			if errors++; errors == 15 {
				t.Fatal("and so on")
			}
		}
	}
}

// layout writes an expected line as the tracer must: after the thread id,
// which is taken from the line got, and with the result from column 40 on.
func layout(got, want string) string {
	tid, _, _ := strings.Cut(got, " ")
	line := fmt.Sprintf("%-5s ", tid)
	call, result, isCall := strings.Cut(want, "\t")
	line += call
	if !isCall {
		return line
	}
	// The pad counts what stands after the thread id as well as the id.
	return fmt.Sprintf("%-39s = %s", line, result)
}
