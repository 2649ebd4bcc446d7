package output

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ebtrace/ebtrace/decode"
	"github.com/ebtrace/ebtrace/decode/table"
)

var update = flag.Bool("update", false, "write the golden files")

// golden compares got with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	p := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(p, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(p)
	if err != nil {
		t.Fatal(err)
	}
	g, w := strings.SplitAfter(got, "\n"), strings.SplitAfter(string(want), "\n")
	for i := range max(len(g), len(w)) {
		if i >= len(g) || i >= len(w) || g[i] != w[i] {
			t.Errorf("%s differs from line %d on:\n%s\nwant\n%s", p, i+1, strings.Join(g[min(i, len(g)):min(i+3, len(g))], ""), strings.Join(w[min(i, len(w)):min(i+3, len(w))], ""))
			return
		}
	}
}

// testOptions are Defaults at a fixed place and time.
func testOptions() Options {
	o := Defaults()
	o.Location = time.UTC
	o.Realtime = 1795446259607571123 - t0
	return o
}

func TestText(t *testing.T) {
	for _, s := range scenes {
		t.Run(s.name, func(t *testing.T) {
			o := testOptions()
			s.opts(&o)
			golden(t, s.name+".txt", render(t, o, s.sum, s.es...))
		})
	}
}

// TestStamps: the forms of -t, -r and their precisions, as strace 6.1 has them.
func TestStamps(t *testing.T) {
	es := []*decode.Event{call(1, 0, "getpid", 39, integer(1)), call(1, 279.220, "getpid", 39, integer(1))}
	for _, c := range []struct {
		set  func(*Options)
		want string
	}{
		{func(o *Options) { o.Stamp = ClockTime }, "15:04:19 getpid()                       = 1"},
		{func(o *Options) { o.Stamp, o.StampDig = ClockTime, Micro }, "15:04:19.886791 getpid()                = 1"},
		{func(o *Options) { o.Stamp, o.StampDig = UnixTime, Micro }, "1795446259.886791 getpid()              = 1"},
		{func(o *Options) { o.Stamp, o.StampDig = UnixTime, Sec }, "1795446259 getpid()                     = 1"},
		{func(o *Options) { o.Rel = true }, "     0.279220 getpid()                  = 1"},
		{func(o *Options) { o.Rel, o.RelDig = true, Sec }, "     0 getpid()                         = 1"},
		{func(o *Options) { o.Rel, o.RelDig, o.Stamp, o.StampDig = true, Nano, ClockTime, Nano }, "15:04:19.886791123 (+     0.279220000) getpid() = 1"},
		{func(o *Options) { o.Spent = true }, "getpid()                                = 1 <0.000015>"},
		{func(o *Options) { o.Spent, o.SpentDig = true, Nano }, "getpid()                                = 1 <0.000015000>"},
		{func(o *Options) { o.Spent, o.SpentDig = true, Sec }, "getpid()                                = 1 <0>"},
		{func(o *Options) { o.Number = true }, "[  39] getpid()                         = 1"},
		{func(o *Options) { o.IP = true }, "[00007f3d37ab5b1d] getpid()             = 1"},
		{func(o *Options) { o.Prefix = PrefixAlways }, "[pid     1] getpid()                    = 1"},
		{func(o *Options) { o.Prefix = PrefixColumn }, "1     getpid()                          = 1"},
		{func(o *Options) { o.Prefix, o.Comm = PrefixColumn, true }, "1    <cat> getpid()                     = 1"},
		{func(o *Options) { o.Column = 10 }, "getpid()  = 1"},
		{func(o *Options) { o.Column = 0 }, "getpid() = 1"},
		{func(o *Options) { o.Column = 100 }, "getpid()" + strings.Repeat(" ", 92) + "= 1"},
	} {
		o := testOptions()
		c.set(&o)
		lines := strings.Split(render(t, o, nil, es...), "\n")
		if lines[1] != c.want {
			t.Errorf("%q\nwant %q", lines[1], c.want)
		}
	}
}

// TestQuiet: what -q, -qq and -qqq leave out.
func TestQuiet(t *testing.T) {
	all := render(t, testOptions(), nil, append(threads(), execs()...)...)
	for q, gone := range map[Quiet]string{QuietAttach: "attached", QuietPersonality: "bit mode", QuietExit: "+++ exited", QuietSuperseded: "superseded"} {
		o := testOptions()
		o.Quiet = q
		got := render(t, o, nil, append(threads(), execs()...)...)
		if !strings.Contains(all, gone) || strings.Contains(got, gone) {
			t.Errorf("%q: %v, with %d: %v", gone, strings.Contains(all, gone), q, strings.Contains(got, gone))
		}
	}
}

// TestHung: a call that hangs is written by Flush, and its line goes on after
// that; a message waits for its end.
func TestHung(t *testing.T) {
	var b strings.Builder
	w := NewText(&b, testOptions())
	step := func(want string, err error) {
		t.Helper()
		if err = errors.Join(err, w.Flush()); err != nil || b.String() != want {
			t.Fatalf("%v\n%q\nwant %q", err, b.String(), want)
		}
	}
	read := call(1, 1, "read", 0, integer(2), fd(0, nil), str("a\n"), integer(10))
	step("read(0, ", w.Event(begin(read, 1)))
	w.Message("hello\x1b")
	step("read(0, ", nil)
	step("read(0, \"a\\n\", 10)                      = 2\nebtrace: hello\\033\n", w.Event(end(read, 1, 1)))
	step("read(0, \"a\\n\", 10)                      = 2\nebtrace: hello\\033\nread(0,  <unfinished ...>\n", errors.Join(w.Event(begin(read, 1)), w.Close(nil)))
}

// file of a thread, for -ff.
type closer struct {
	strings.Builder
	closed int
}

func (c *closer) Close() error { c.closed++; return nil }

// TestFiles: -ff, each thread has a file without interruptions.
func TestFiles(t *testing.T) {
	o := testOptions()
	files := map[uint32]*closer{}
	o.Open = func(tid uint32) (io.Writer, error) {
		if files[tid] != nil {
			t.Errorf("thread %d is opened twice", tid)
		}
		files[tid] = &closer{}
		return files[tid], nil
	}
	var messages strings.Builder
	o.Messages = &messages
	if got := render(t, o, &Summary{Lost: 1}, threads()...); got != "" {
		t.Errorf("%q in the common stream", got)
	}
	var all strings.Builder
	for _, tid := range []uint32{20, 21, 22} {
		fmt.Fprintf(&all, "== %d, closed %d\n%s", tid, files[tid].closed, files[tid].String())
	}
	golden(t, "threads-ff.txt", all.String()+"== messages\n"+messages.String())
}

// failing fails from the second write on.
type failing struct{ n int }

var errFull = errors.New("disk full")

func (f *failing) Write(b []byte) (int, error) {
	if f.n++; f.n > 1 {
		return 0, errFull
	}
	return len(b), nil
}

// TestErrors: the error of the stream comes back from every call.
func TestErrors(t *testing.T) {
	for _, w := range []Writer{NewText(&failing{}, testOptions()), NewJSON(&failing{}, testOptions(), Header{})} {
		e := call(1, 0, "getpid", 39, integer(1))
		if err := errors.Join(w.Event(e), w.Flush(), w.Event(e)); err != nil {
			t.Error(err)
		}
		if err := w.Flush(); !errors.Is(err, errFull) {
			t.Error(err)
		}
		if err := w.Event(e); !errors.Is(err, errFull) {
			t.Error(err)
		}
		if err := w.Close(&Summary{}); !errors.Is(err, errFull) {
			t.Error(err)
		}
	}
	o := testOptions()
	o.Open = func(uint32) (io.Writer, error) { return nil, errFull }
	if err := NewText(nil, o).Event(files()[0]); !errors.Is(err, errFull) {
		t.Error(err)
	}
	if err := Tee(NewCounts(&failing{n: 1}, CountOptions{}), NewText(io.Discard, testOptions())).Close(nil); !errors.Is(err, errFull) {
		t.Error(err)
	}
}

// TestErrno: names and texts agree with those of the libraries of Go.
func TestErrno(t *testing.T) {
	for n := range 133 {
		if n == 0 || decode.ErrnoName(n) == "" {
			continue
		}
		if got, want := decode.ErrnoText(n), syscall.Errno(n).Error(); !strings.EqualFold(got, want) {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
		if got, want := decode.ErrnoName(n), unix.ErrnoName(syscall.Errno(n)); got != want && n != 95 && n != 117 { // which have two names
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
	for n := range 31 {
		if got, want := string(appendSignal(nil, uint64(n+1), false)), unix.SignalName(syscall.Signal(n+1)); got != want {
			t.Errorf("signal %d: %s, want %s", n+1, got, want)
		}
	}
}

// TestIgnored: a signal that its thread ignores does not break the line of the
// call that it is sent in, unless the call lasts.
func TestIgnored(t *testing.T) {
	wait := call(1, 1, "wait4", 61, num(decode.PID, 2), integer(-1).named("pid"), addr(0).named("wstatus"))
	ignored := sig(1, 2, 17, false, num(decode.Signal, 17).named("si_signo"))
	ignored.Sig.Ignored = true
	const line, begun = "--- SIGCHLD {si_signo=SIGCHLD} ---\n", "wait4(-1,  <unfinished ...>\n"
	for name, c := range map[string]struct {
		es    []*decode.Event
		flush int
		want  string
	}{
		"end":    {[]*decode.Event{begin(wait, 1), ignored, ignored, end(wait, 1, 9)}, -1, "wait4(-1, NULL)                         = 2\n" + line + line},
		"flush":  {[]*decode.Event{begin(wait, 1), ignored, end(wait, 1, 9)}, 2, begun + line + "<... wait4 resumed>NULL)                = 2\n"},
		"exit":   {[]*decode.Event{begin(wait, 1), ignored, exit(1, 1, 3, decode.ExitInfo{GroupDead: true})}, -1, begun + line + "+++ exited with 0 +++\n"},
		"signal": {[]*decode.Event{begin(wait, 1), ignored, sig(1, 3, 2, false), end(wait, 1, 9)}, -1, begun + line + "--- SIGINT ---\n<... wait4 resumed>NULL)                = 2\n"},
		"close":  {[]*decode.Event{begin(wait, 1), ignored}, -1, begun + line},
		"alone":  {[]*decode.Event{ignored}, -1, line},
	} {
		t.Run(name, func(t *testing.T) {
			var b strings.Builder
			w := NewText(&b, testOptions())
			for i, e := range c.es {
				if i == c.flush {
					_ = w.Flush()
				}
				if err := w.Event(e); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Close(nil); err != nil || b.String() != c.want {
				t.Errorf("%v\n%s\nwant\n%s", err, b.String(), c.want)
			}
		})
	}
}

// TestReuse: a number that a new thread has is that of a new thread, also
// when the end of the old one was lost.
func TestReuse(t *testing.T) {
	old := call(1, 1, "pause", 34, integer(0))
	old.Call.ABI = table.I386
	again := call(1, 2, "getpid", 39, integer(1))
	again.Start = 99
	o := testOptions()
	o.Quiet = QuietAttach
	const want = "[ Process PID=1 runs in 32 bit mode. ]\npause( <unfinished ...>\ngetpid()                                = 1\n"
	if got := render(t, o, nil, begin(old, 0), again); got != want {
		t.Errorf("%q", got)
	}
	closed := 0
	o.Open = func(uint32) (io.Writer, error) { closed++; return io.Discard, nil }
	if render(t, o, nil, begin(old, 0), again); closed != 2 {
		t.Errorf("%d files for two threads", closed)
	}
}

// TestInside: a beginning may end inside a value.
func TestInside(t *testing.T) {
	es := call(1, 1, "x", 1, integer(0), node(decode.Array, node(decode.Struct, integer(1).named("a"), integer(2).named("b"))), integer(3))
	const want = "x([{a=1 <unfinished ...>\n--- SIGINT ---\n<... x resumed>, b=2}], 3)              = 0\n"
	if got := render(t, testOptions(), nil, begin(es, 3), sig(1, 2, 2, false), end(es, 3, 5)); got != want {
		t.Errorf("%q", got)
	}
}
