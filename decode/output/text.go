package output

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/ebtrace/ebtrace/decode"
	"github.com/ebtrace/ebtrace/decode/table"
	"github.com/ebtrace/ebtrace/events"
)

// Text writes a trace as strace does.
type Text struct {
	o       Options
	f       format
	main    stream
	threads map[uint32]*thread
	last    *thread   // of the event before
	waiting []*thread // that have ignored signals to show
	err     error
	line    []byte // what is put together before it is quoted

	attached, attachedThreads uint32 // a process being attached, to be told with its threads

	clock    int64 // second that hms shows
	hms      [8]byte
	prev     uint64 // time of the line before
	prevSeen bool
}

// thread is what text remembers of a thread.
type thread struct {
	tid, pid uint32
	start    uint64
	nr       int32
	ip       uint64
	abi      table.ABI
	held     *held   // the leader has ended, its process has not
	began    uint64  // of the call shown last
	inCall   bool    // a Begin was shown, its End not yet
	ignored  ignored // signals that wait for the end of the call
	s        *stream
	own      io.Closer // its stream, if it is its own (-ff)
}

// ignored is signals that are shown later than they were sent.
type ignored struct {
	text []byte // lines
	time uint64
	comm string
}

// held is the end of a thread group's leader, which is shown with the end of
// its last thread, when wait(2) reports it.
type held struct {
	info decode.ExitInfo
	time uint64
	comm string
}

// NewText returns a writer of text to w, or with Options.Open to a stream for
// each thread, in which case w is not used.
func NewText(w io.Writer, o Options) *Text {
	t := &Text{o: o, threads: map[uint32]*thread{}, clock: -1}
	t.f.o = &t.o
	t.main.w = w
	return t
}

// Event implements Writer.
func (t *Text) Event(e *decode.Event) error {
	if t.attached != 0 && e.Kind != events.Attach {
		t.tellAttached()
	}
	th, err := t.thread(e)
	if err != nil {
		return err
	}
	if len(th.ignored.text) > 0 && e.Kind != events.End && e.Kind != events.Signal {
		t.showIgnored(th)
	}
	switch e.Kind {
	case events.Whole, events.Begin, events.End:
		t.call(th, e)
	case events.Child:
		t.child(th, e)
	case events.Attach:
		t.attach(e)
	case events.Detach:
		t.detach(th)
	case events.Exec:
		t.exec(th, e)
	case events.Exit:
		t.exit(th, e)
	case events.Signal:
		t.signal(th, e)
	case events.Gap:
		t.gap(th, e)
	case events.Work:
		t.work(th, e)
	}
	if err := th.s.spill(); err != nil {
		return err
	}
	return t.err
}

// thread finds the thread of e, or makes it.
func (t *Text) thread(e *decode.Event) (*thread, error) {
	if th := t.last; th != nil && th.tid == e.TID && th.start == e.Start {
		return th, nil
	}
	th := t.threads[e.TID]
	if th == nil || th.start != e.Start && e.Start != 0 && th.start != 0 {
		if th != nil {
			t.drop(th) // its end was lost
		}
		th = &thread{tid: e.TID, pid: e.PID, start: e.Start, abi: t.o.Native, s: &t.main}
		if err := t.openOwn(th); err != nil {
			return nil, err
		}
		t.threads[e.TID] = th
	}
	if th.start == 0 {
		th.start = e.Start
	}
	t.last = th
	return th, nil
}

// openOwn opens the stream of a thread.
func (t *Text) openOwn(th *thread) error {
	if t.o.Open == nil {
		return nil
	}
	w, err := t.o.Open(th.tid)
	if err != nil {
		t.err = errors.Join(t.err, err)
		return err
	}
	th.s = &stream{w: w}
	th.own, _ = w.(io.Closer)
	return nil
}

// drop forgets a thread.
func (t *Text) drop(th *thread) {
	if th.s.open == th {
		th.s.end(append(th.s.buf, " <unfinished ...>"...))
	}
	if th.s != &t.main {
		t.err = errors.Join(t.err, th.s.flush())
		if th.own != nil {
			t.err = errors.Join(t.err, th.own.Close())
		}
	}
	delete(t.threads, th.tid)
	if t.last == th {
		t.last = nil
	}
}

// Flush implements Writer.
func (t *Text) Flush() error {
	if t.attached != 0 {
		t.tellAttached()
	}
	t.showWaiting()
	if t.o.Open != nil {
		for _, th := range t.threads {
			t.err = errors.Join(t.err, th.s.flush())
		}
	}
	if err := t.main.flush(); err != nil {
		return err
	}
	return t.err
}

// Close implements Writer. It tells what was lost.
func (t *Text) Close(s *Summary) error {
	t.showWaiting()
	for _, tid := range slices.Sorted(maps.Keys(t.threads)) {
		th := t.threads[tid]
		if th.held != nil {
			t.showHeld(th)
		} else if th.s.open == th {
			th.s.end(append(th.s.buf, " <unfinished ...>"...))
		}
	}
	if s != nil && s.Lost > 0 {
		t.Message(lossText(s))
	}
	err := t.Flush()
	for _, th := range t.threads {
		if th.own != nil {
			err = errors.Join(err, th.own.Close())
		}
	}
	clear(t.threads)
	t.last = nil
	return err
}

// Message says something about the trace, in a line that begins with the
// program's name, where messages go. It never stands inside a line.
func (t *Text) Message(text string) {
	line := sanitize([]byte(t.o.Program+": "+text), 0)
	switch {
	case t.o.Messages != nil:
		_, err := t.o.Messages.Write(append(line, '\n'))
		t.err = errors.Join(t.err, err)
	case t.o.Open == nil:
		t.main.message(line)
	}
}

// maxLostThreads is how many threads the summary of loss names.
const maxLostThreads = 8

// lossText says how many records were lost and by whom.
func lossText(s *Summary) string {
	text := fmt.Sprintf("%d events lost (of %d)", s.Lost, s.Received+s.Lost)
	if s.Lost == 1 {
		text = fmt.Sprintf("1 event lost (of %d)", s.Received+1)
	}
	for i, l := range s.Threads {
		switch {
		case i == 0:
			text += ": "
		case i == maxLostThreads:
			return text + fmt.Sprintf(" and %d threads more", len(s.Threads)-i)
		default:
			text += ", "
		}
		text += fmt.Sprintf("thread %d: %d", l.TID, l.Lost)
	}
	return text
}
