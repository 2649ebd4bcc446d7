package output

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/ebtrace/ebtrace/decode"
)

// child tells that a new thread is traced.
func (t *Text) child(th *thread, e *decode.Event) {
	if e.Fork != nil {
		if p := t.threads[e.Fork.ParentTID]; p != nil {
			th.abi = p.abi
		}
	}
	if t.o.Quiet&QuietAttach == 0 {
		t.Message(fmt.Sprintf("Process %d attached", th.tid))
	}
}

// attach counts the threads of a process that is being attached.
func (t *Text) attach(e *decode.Event) {
	if t.attached != 0 && t.attached != e.PID {
		t.tellAttached()
	}
	t.attached = e.PID
	t.attachedThreads++
}

// tellAttached tells that a process is traced, with its threads.
func (t *Text) tellAttached() {
	text := fmt.Sprintf("Process %d attached", t.attached)
	if t.attachedThreads > 1 {
		text += fmt.Sprintf(" with %d threads", t.attachedThreads)
	}
	t.attached, t.attachedThreads = 0, 0
	if t.o.Quiet&QuietAttach == 0 {
		t.Message(text)
	}
}

// detach ends the open line of a thread that is no longer traced.
func (t *Text) detach(th *thread) {
	if s := th.s; s.open == th {
		s.end(append(s.buf, " <detached ...>"...))
	}
	if t.o.Quiet&QuietAttach == 0 {
		t.Message(fmt.Sprintf("Process %d detached", th.tid))
	}
	t.drop(th)
}

// exec tells that another thread than the leader has replaced the program and
// goes on as the leader.
func (t *Text) exec(th *thread, e *decode.Event) {
	if e.Exec == nil || e.Exec.OldTID == 0 || e.Exec.OldTID == th.tid {
		return
	}
	th.held = nil
	if old := t.threads[e.Exec.OldTID]; old != nil {
		th.abi, th.nr, th.ip = old.abi, old.nr, old.ip
		t.drop(old)
	}
	if t.o.Quiet&QuietSuperseded != 0 {
		return
	}
	b := t.begin(th, e.Time, e.Comm, false)
	b = strconv.AppendUint(append(b, "+++ superseded by execve in pid "...), uint64(e.Exec.OldTID), 10)
	th.s.end(append(b, " +++"...))
}

// exit tells how a thread ended. That of a leader waits for its other threads.
func (t *Text) exit(th *thread, e *decode.Event) {
	x := e.Exit
	if x == nil {
		return
	}
	if th.tid == th.pid && !x.GroupDead {
		th.held = &held{*x, e.Time, strings.Clone(e.Comm)}
		return
	}
	t.showExit(th, e.Time, e.Comm, x)
	t.drop(th)
	if !x.GroupDead {
		return
	}
	if leader := t.threads[th.pid]; leader != nil && leader.held != nil {
		if x.Signal != 0 {
			leader.held.info = *x
		}
		leader.held.time = e.Time
		t.showHeld(leader)
	}
}

// showHeld shows the end of a leader and forgets it.
func (t *Text) showHeld(th *thread) {
	h := th.held
	th.held = nil
	t.showExit(th, h.time, h.comm, &h.info)
	t.drop(th)
}

func (t *Text) showExit(th *thread, ns uint64, comm string, x *decode.ExitInfo) {
	if t.o.Quiet&QuietExit != 0 {
		return
	}
	b := t.begin(th, ns, comm, true)
	if x.Signal == 0 {
		b = strconv.AppendInt(append(b, "+++ exited with "...), int64(x.Code), 10)
	} else {
		b = appendSignal(append(b, "+++ killed by "...), uint64(x.Signal), false)
		if x.Core {
			b = append(b, " (core dumped)"...)
		}
	}
	th.s.end(append(b, " +++"...))
}

// signal writes a signal. SIGKILL is seen in the exit only. One that the
// thread ignores is not delivered, so its time is that of its sending; strace
// sees it at the end of the call that the thread is in, and so does the reader
// of this, unless the call lasts until the next Flush.
func (t *Text) signal(th *thread, e *decode.Event) {
	x := e.Sig
	if x == nil || x.Signo == sigKill {
		return
	}
	if (x.Ignored || x.Sent) && th.inCall {
		t.hold(th, e)
		return
	}
	if len(th.ignored.text) > 0 {
		t.showIgnored(th)
	}
	b := t.begin(th, e.Time, e.Comm, false)
	start := len(b)
	th.s.end(sanitize(t.signalText(b, th, x), start))
	if x.Stopped {
		b = t.begin(th, e.Time, e.Comm, false)
		b = t.signalName(append(b, "--- stopped by "...), x.Signo)
		th.s.end(append(b, " ---"...))
	}
}

// hold keeps an ignored signal until the end of the call that th is in.
func (t *Text) hold(th *thread, e *decode.Event) {
	g := &th.ignored
	if len(g.text) == 0 {
		t.waiting = append(t.waiting, th)
	}
	start := len(g.text)
	g.text = append(sanitize(t.signalText(g.text, th, e.Sig), start), '\n')
	g.time = e.Time
	if t.o.Comm {
		g.comm = strings.Clone(e.Comm)
	}
}

// showIgnored writes the signals that hold kept.
func (t *Text) showIgnored(th *thread) {
	for line := range bytes.Lines(th.ignored.text) {
		b := t.begin(th, th.ignored.time, th.ignored.comm, false)
		th.s.end(append(b, line[:len(line)-1]...))
	}
	th.ignored.text = th.ignored.text[:0]
}

// showWaiting writes the signals that hold kept, of all threads.
func (t *Text) showWaiting() {
	for _, th := range t.waiting {
		if len(th.ignored.text) > 0 {
			t.showIgnored(th)
		}
	}
	t.waiting = t.waiting[:0]
}

// signalText appends --- SIGCHLD {...} ---.
func (t *Text) signalText(b []byte, th *thread, x *decode.SignalInfo) []byte {
	t.f.abi = uint8(th.abi)
	b = t.signalName(append(b, "--- "...), x.Signo)
	if len(x.Info) > 0 {
		t.f.mark = -1
		b = t.f.value(append(b, ' '), x.Info, 0, false)
	}
	return append(b, " ---"...)
}

func (t *Text) signalName(b []byte, n int) []byte { return appendSignal(b, uint64(n), false) }

// gap marks the place where records of a thread are missing.
func (t *Text) gap(th *thread, e *decode.Event) {
	b := t.begin(th, e.Time, e.Comm, false)
	b = strconv.AppendUint(append(b, "!!! "...), e.Lost, 10)
	if e.Lost == 1 {
		b = append(b, " event lost !!!"...)
	} else {
		b = append(b, " events lost !!!"...)
	}
	th.s.end(b)
}
