package main

import (
	"errors"
	"os"
	"runtime/debug"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ebtrace/ebtrace/decode"
	"github.com/ebtrace/ebtrace/decode/output"
	"github.com/ebtrace/ebtrace/enforce"
	"github.com/ebtrace/ebtrace/events"
	"github.com/ebtrace/ebtrace/loader"
)

// trace is one run: a session in the kernel, the chain from its records to
// the output, and the command, if there is one.
type trace struct {
	o    *options
	cmd  *command // nil: attach only
	sink *sink
	sess *loader.Session
	seq  *events.Sequencer
	dec  *decode.Decoder
	out  output.Writer

	verdicts *verdicts // nil: no call is stopped
	peers    *peers    // nil: the other ends of connections are not looked for

	counts     *output.Counts     // -c: of the kernel; else nil
	unreadable uint64             // arguments that could not be read
	child      int                // process id of the command; 0: none
	reaped     chan struct{}      // closed when the command has ended
	status     syscall.WaitStatus // then: how

	stop        chan struct{} // closed to end the trace early
	interrupted atomic.Int32  // the signal that did
	began       uint64        // ns, CLOCK_MONOTONIC
	looked      time.Time     // when the living were last looked for
}

// start runs a trace and returns ebtrace's exit status.
func start(o *options) int {
	t := &trace{o: o, reaped: make(chan struct{}), stop: make(chan struct{})}
	if err := t.open(); err != nil {
		say("%v", err)
		t.closeAll()
		return t.failed(err)
	}
	signals := catch()
	if err := t.begin(); err != nil {
		say("%v", err)
		t.giveBack()
		t.closeAll()
		if t.child == 0 {
			return t.failed(err)
		}
		t.await()
		return exitFailed
	}
	go t.mind(signals, t.sess)
	return t.end(t.pump())
}

func (t *trace) failed(err error) int { return statusOf(err, len(t.o.command) > 0) }

// open does all that can fail before anything is traced, what costs least
// first.
func (t *trace) open() (err error) {
	if err := t.findTargets(); err != nil {
		return err
	}
	if len(t.o.command) > 0 {
		if t.cmd, err = prepare(t.o); err != nil {
			return err
		}
	}
	if err := checkPrivilege(t.othersProcesses()); err != nil {
		return err
	}
	if f := pidNamespace(); f.state == "no" {
		return failf("Can't trace from within a pid namespace: %s", f.reason)
	}
	if t.sink, err = openSink(t.o.out); err != nil {
		return err
	}
	if t.sess, err = loader.Open(t.o.loaderOptions()); err != nil {
		return err
	}
	sayMissing(t.sess)
	t.began = loader.Now()
	t.seq = events.NewSequencer()
	t.seq.Filtered = t.o.sel.filtered()
	t.seq.Spent = t.o.splits() && t.o.anyBelow()
	t.dec = t.o.newDecoder()
	t.out, t.counts = t.o.newWriter(t.sink, t.o.spentIn(t.sess))
	if t.o.below[belowNet].asked && !t.o.counts.only {
		t.peers = &peers{}
	}
	return nil
}

// shortTrace is how long a trace goes on without collecting garbage: a short
// command has ended before it is worth it.
const shortTrace = 50 * time.Millisecond

// begin attaches, starts the command, and gives up what is no longer needed.
func (t *trace) begin() error {
	if len(t.o.pids) > 0 {
		threads := !t.o.noFollow
		found, err := t.sess.Follow(t.seq, t.emit, t.o.pids, threads, threads && !t.o.noDescendants)
		if err != nil {
			return failf("Can't attach: %w", err)
		}
		if len(found) == 0 && t.cmd == nil {
			return failf("Can't attach to process %d: the kernel does not show it; it may have ended", t.o.pids[0])
		}
		t.tellAttached(found)
		if t.o.enforcing() {
			if err := t.attachEnforced(found); err != nil {
				return err
			}
		}
	}
	if t.cmd != nil {
		pid, err := t.launch()
		if pid > 0 {
			t.child = pid
			go t.reap()
		}
		if err != nil {
			return err
		}
	}
	time.AfterFunc(shortTrace, func() { debug.SetGCPercent(100) })
	// a failure leaves ebtrace as privileged as it was; 'ebtrace doctor' tells
	_ = dropPrivilege(t.keep()...)
	return nil
}

// launch starts the command.
func (t *trace) launch() (pid int, err error) {
	if t.o.enforcing() {
		return t.launchEnforced()
	}
	return t.sess.Launch(t.cmd.start)
}

// keep is the capabilities that this trace needs to its end.
func (t *trace) keep() (caps []int) {
	if t.cmd != nil {
		caps = append(caps, unix.CAP_KILL) // the command may change its user
	}
	if t.o.out.separately {
		caps = append(caps, unix.CAP_DAC_OVERRIDE) // files are still to be made
	}
	if t.peers != nil {
		caps = append(caps, unix.CAP_SYS_PTRACE, unix.CAP_DAC_READ_SEARCH) // who is at the other end is still to be found
	}
	if t.o.counts.only {
		caps = append(caps, unix.CAP_BPF) // the table is read at the end (before Linux 5.19)
	}
	return caps
}

// emit decodes one event and writes it.
func (t *trace) emit(ev *events.Event) error {
	if t.verdicts != nil {
		if err := t.emitVerdicts(ev.Time); err != nil {
			return err
		}
		if ev.Kind <= events.End && (t.verdicts.hides(ev.TID, ev.Rec.Nr, ev.Rec.Call.Begin) || t.verdicts.swallows(ev)) {
			return nil
		}
	}
	var d *enforce.Verdict
	if t.verdicts != nil {
		d = t.verdicts.verdictOn(ev)
	}
	e, err := t.dec.Decode(ev)
	if err != nil {
		return err
	}
	if t.verdicts != nil {
		t.join(ev, e, d)
	}
	if e.Sig != nil && !t.o.sel.named(e.Comm) {
		return nil
	}
	if t.o.json && e.Call != nil {
		t.unreadable += faults(e.Call.Args)
	}
	if t.peers != nil && e.Work != nil {
		t.peers.add(e.PID, e.Work)
	}
	return t.out.Event(e)
}

// faults counts the values whose memory could not be read.
func faults(args []decode.Value) (n uint64) {
	for i := range args {
		if args[i].Flags&decode.FlagFault != 0 {
			n++
		}
	}
	return n
}

// pump moves events until nothing that is traced lives, or the trace is
// stopped. When the command has ended, what it left is given out at once.
func (t *trace) pump() error {
	round := t.reaped
	if t.child == 0 {
		round = nil
	}
	for {
		end := make(chan struct{})
		go func() {
			select {
			case <-round:
			case <-t.stop:
			}
			close(end)
		}()
		if err := t.sess.Pump(t.seq, t.emit, t.flush, end, t.over); err != nil {
			return err
		}
		if t.stopped() || t.childGone() && t.seq.Live() == 0 || round == nil {
			return nil
		}
		round = nil // the command has ended, its descendants go on
	}
}

// lookEvery is how often the living are looked for when no event tells of
// their end: it may be among the lost.
const lookEvery = 500 * time.Millisecond

// over says whether nothing that is traced lives.
func (t *trace) over() bool {
	if !t.childGone() {
		return false
	}
	if t.seq.Live() == 0 {
		return true
	}
	if time.Since(t.looked) < lookEvery {
		return false
	}
	t.looked = time.Now()
	alive := false
	t.seq.Slots(func(slot uint32) {
		s := t.sess.Slot(slot)
		alive = alive || unix.Kill(int(s.Tid), 0) != unix.ESRCH
	})
	return !alive
}

// childGone says whether there is no command that still runs.
func (t *trace) childGone() bool {
	if t.child == 0 {
		return true
	}
	select {
	case <-t.reaped:
		return true
	default:
		return false
	}
}

func (t *trace) stopped() bool {
	select {
	case <-t.stop:
		return true
	default:
		return false
	}
}

// reap waits for the command.
func (t *trace) reap() {
	for {
		_, err := syscall.Wait4(t.child, &t.status, 0, nil)
		if !errors.Is(err, syscall.EINTR) {
			close(t.reaped)
			return
		}
	}
}

// await waits for the command outside of a trace.
func (t *trace) await() {
	if t.child != 0 {
		<-t.reaped
	}
}

// mind takes the signals that ask ebtrace to end. While the command runs the
// first goes to it; a second ends the trace, but not with -o FILE, as strace
// has it. Without a command, the first ends the trace.
func (t *trace) mind(signals <-chan os.Signal, sess *loader.Session) {
	passed := false
	for s := range signals {
		sig := s.(syscall.Signal)
		if !t.childGone() && (!passed || t.o.out.file != "") {
			passed = true
			pass(sig, t.child)
			continue
		}
		t.interrupted.Store(int32(sig))
		_ = sess.Stop() // ebtrace ends in any case, and the kernel then takes off what it left
		close(t.stop)
		return
	}
}
