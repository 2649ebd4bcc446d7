package guest

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ebtrace/ebtrace/decode"
	"github.com/ebtrace/ebtrace/decode/output"
	"github.com/ebtrace/ebtrace/decode/table"
	"github.com/ebtrace/ebtrace/events"
	"github.com/ebtrace/ebtrace/loader"
	"github.com/ebtrace/ebtrace/test/testenv"
	"github.com/ebtrace/ebtrace/vmtest/kernels"
	"github.com/ebtrace/ebtrace/vmtest/protocol"
	"github.com/ebtrace/ebtrace/vmtest/workload"
)

func TestMain(m *testing.M) {
	workload.Main() // does not return in a workload
	// Before its first child, package os makes another to learn of pidfds.
	_ = program("nothing", "").Run()
	os.Exit(m.Run())
}

// must says whether a guest's kernel is listed with a feature.
func must(f kernels.Feature) bool {
	return slices.Contains(strings.Split(os.Getenv(protocol.EnvHas), ","), string(f))
}

// need skips a test on a kernel that lacks a feature, unless it must have it.
func need(t *testing.T, f kernels.Feature, have bool) {
	t.Helper()
	if !have && !must(f) {
		t.Skipf("this kernel has no %s", f)
	}
}

// seen is a finished trace.
type seen struct {
	t         *testing.T
	lines     []string // as text
	kinds     map[events.Kind]int
	calls     map[string]int
	lost      uint64
	skipped   uint64 // at most, by the kernel
	takeovers int    // execs by a thread that was not the leader
	status    syscall.WaitStatus
	counts    []loader.Count
	shown     bool // the lines of work have been
}

// self is the running test binary.
const self = "/proc/self/exe"

// program is the command that runs a workload.
func program(name, arg string) *exec.Cmd {
	cmd := exec.Command(self)
	// asynchronous preemption interrupts calls by signals
	cmd.Env = []string{workload.Env + "=" + name, workload.Env + "_ARG=" + arg, "GODEBUG=asyncpreemptoff=1"}
	cmd.Stderr = os.Stderr
	return cmd
}

// tracer is a trace that runs.
type tracer struct {
	*seen
	sess *loader.Session
	seq  *events.Sequencer
	dec  *decode.Decoder
	out  output.Writer
	text map[uint32]*bytes.Buffer // of each thread: no line is cut by another thread's
}

func newTracer(t *testing.T, o loader.Options) *tracer {
	t.Helper()
	testenv.NeedRoot(t)
	if o.StrSize == 0 {
		o.StrSize = 32
	}
	o.Signals = table.AllSignals
	sess, err := loader.Open(o)
	if errors.Is(err, loader.ErrNoPaths) && !must(kernels.Paths) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatalf("open a session: %+v", err)
	}
	r := &tracer{
		seen: &seen{t: t, kinds: map[events.Kind]int{}, calls: map[string]int{}},
		sess: sess, seq: events.NewSequencer(), dec: decode.New(decode.Options{StrSize: o.StrSize}),
		text: map[uint32]*bytes.Buffer{},
	}
	t.Cleanup(func() { sess.Close() })
	r.seq.Filtered = o.Status != nil || o.Errnos != nil || o.MinDuration > 0
	show := output.Defaults()
	show.StrSize, show.Column = o.StrSize, 0
	show.Open = func(tid uint32) (io.Writer, error) {
		if r.text[tid] == nil {
			r.text[tid] = &bytes.Buffer{}
		}
		return r.text[tid], nil
	}
	if o.FDs {
		show.Files = output.FileAll
	}
	r.out = output.NewText(io.Discard, show)
	return r
}

func (r *tracer) emit(ev *events.Event) error {
	e, err := r.dec.Decode(ev)
	if err != nil {
		return err
	}
	r.kinds[e.Kind]++
	if e.Call != nil && e.Kind != events.End {
		r.calls[e.Call.Name]++
	}
	if e.Exec != nil && e.Exec.OldTID != 0 && e.Exec.OldTID != e.TID {
		r.takeovers++
	}
	r.lost += ev.Lost
	return r.out.Event(e)
}

// finish ends the trace and returns what it saw.
func (r *tracer) finish() *seen {
	r.t.Helper()
	for _, err := range []error{r.sess.Finish(r.seq), r.out.Close(nil)} {
		if err != nil {
			r.t.Fatal(err)
		}
	}
	n := r.sess.Lost()
	r.skipped = n.Skipped
	if r.skipped > 0 { // an upper bound, other processes included
		r.t.Logf("the kernel skipped up to %d events", r.skipped)
	}
	if n.Threads+n.Signals+n.Events+n.Sockets > 0 || r.lost > 0 && r.skipped == 0 {
		r.t.Errorf("lost: %d records, %+v", r.lost, n)
	}
	for _, tid := range slices.Sorted(maps.Keys(r.text)) {
		r.lines = append(r.lines, strings.Split(strings.TrimSpace(r.text[tid].String()), "\n")...)
	}
	return r.seen
}

// limit is how long a traced workload may take: it is not a measurement, but a
// bound on how long a broken kernel half makes a test wait.
const limit = 50 * time.Second

// trace runs a workload under a trace of its own.
func trace(t *testing.T, o loader.Options, name, arg string) *seen {
	t.Helper()
	r := newTracer(t, o)
	cmd := program(name, arg)
	if _, err := r.sess.Launch(func() (int, error) {
		err := cmd.Start()
		if err != nil {
			return 0, err
		}
		return cmd.Process.Pid, nil
	}); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		r.status = cmd.ProcessState.Sys().(syscall.WaitStatus)
		close(ended)
	}()
	gaveUp := time.AfterFunc(limit, func() { _ = cmd.Process.Kill() })
	defer gaveUp.Stop()
	if err := r.sess.Pump(r.seq, r.emit, r.out.Flush, ended, func() bool { return false }); err != nil {
		t.Fatal(err)
	}
	if o.Counts {
		var err error
		if r.counts, err = r.sess.Counts(); err != nil {
			t.Fatal(err)
		}
	}
	return r.finish()
}

// want checks that exactly n lines match an expression.
func (s *seen) want(n int, expr string) {
	s.t.Helper()
	re := regexp.MustCompile(expr)
	got := 0
	for _, line := range s.lines {
		if re.MatchString(line) {
			got++
		}
	}
	if got != n {
		s.t.Errorf("%d lines match %s, not %d", got, expr, n)
		s.dump(word(expr))
	}
}

// word is the name that an expression begins with.
func word(expr string) string { return regexp.MustCompile(`^[a-z0-9_]*`).FindString(expr) }

// dump shows the lines with a word, or the last ones, when a test fails.
func (s *seen) dump(word string) {
	s.t.Helper()
	like := slices.DeleteFunc(slices.Clone(s.lines), func(line string) bool { return word == "" || !strings.Contains(line, word) })
	if len(like) == 0 {
		like = s.lines
	}
	for _, line := range like[max(0, len(like)-20):] {
		s.t.Log(line)
	}
}

func (s *seen) ended(code int) {
	s.t.Helper()
	if !s.status.Exited() || s.status.ExitStatus() != code {
		s.t.Errorf("the workload ended with %#x, not status %d: tracing changed it, or it failed", s.status, code)
	}
}

func calls(t *testing.T, expr string) *table.CallSet {
	t.Helper()
	set, err := table.ParseCalls(expr)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func proc(pid int, name string) string { return "/proc/" + strconv.Itoa(pid) + "/" + name }
