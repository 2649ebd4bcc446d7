package loader

import (
	"time"

	"golang.org/x/sys/unix"

	"github.com/ebtrace/ebtrace/bpf"
	"github.com/ebtrace/ebtrace/decode/table"
	"github.com/ebtrace/ebtrace/events"
)

// Pace of reading. Events are held back so long that records of all CPUs have
// arrived and a call that takes longer is shown as begun: a hung call is seen
// after holdBack and one pause.
const (
	holdBack  = 50 * time.Millisecond
	pauseBusy = 5 * time.Millisecond
	pauseIdle = 20 * time.Millisecond
	busyBytes = 64 << 10 // a drain of so much means that the traced tree is busy
)

// Now is the clock of all times of events: ns, CLOCK_MONOTONIC.
func Now() uint64 {
	var ts unix.Timespec
	unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts)
	return uint64(ts.Nano())
}

// Pump moves events from the kernel to emit, in time order, until stop is
// closed; then it gives out what is left. After each round that may have given
// out events it calls flush. An error of either ends it. Between rounds it
// calls done, and ends as if stopped when that is true.
//
// The rings are drained beside emit, so that a slow output does not fill them.
func (s *Session) Pump(seq *events.Sequencer, emit func(*events.Event) error, flush func() error,
	stop <-chan struct{}, done func() bool) error {
	q := newQueue()
	seq.Free = q.free
	quit := make(chan struct{})
	drained := make(chan struct{})
	go func() { s.drainer(q, stop, quit); close(drained) }()
	defer func() { q.abandon(); <-drained }()
	var ended bool
	for {
		b, last := q.take()
		until := b.until
		if last {
			until = events.Forever
		}
		err := b.feed(seq)
		if err == nil {
			err = seq.Emit(until, emit)
		}
		if err == nil {
			err = flush()
		}
		if err != nil || last {
			return err
		}
		if !ended && done() {
			ended = true
			close(quit)
		}
	}
}

// drainer fills q until stop or quit is closed, then once more with all there is.
func (s *Session) drainer(q *queue, stop, quit <-chan struct{}) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-stop:
			s.drainAll(q)
			return
		case <-quit:
			s.drainAll(q)
			return
		case <-timer.C:
		}
		n, ok := s.round(q)
		if !ok {
			return
		}
		pause := pauseIdle
		if n > busyBytes {
			pause = pauseBusy
		}
		timer.Reset(pause)
	}
}

// round looks at the calls in flight, then drains the rings: what ends between
// is found by the drain.
func (s *Session) round(q *queue) (n int, ok bool) {
	now := Now()
	until := now - min(now, uint64(holdBack))
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.abandoned {
		return 0, false
	}
	if s.hasEntry {
		s.lookInFlight(q, until)
	}
	n, stuck, full := s.drain(q)
	switch {
	case full != 0: // what is here must go on, or memory is never free again
		q.fill.until = max(q.fill.until, min(until, full))
	case !stuck: // else something older may still come
		q.fill.until = until
	}
	q.ready.Signal()
	return n, true
}

// lookInFlight notes the calls that hang, each once.
func (s *Session) lookInFlight(q *queue, until uint64) {
	var in bpf.TraceEbSlot
	for slot := range s.usedSlots() {
		if !s.InFlight(slot, until, &in) {
			continue
		}
		for int(slot) >= len(q.seen) {
			q.seen = append(q.seen, 0)
		}
		if q.seen[slot] != in.Begin {
			q.seen[slot] = in.Begin
			q.fill.inFlight = append(q.fill.inFlight, inFlight{slot, in})
		}
	}
}

// drain moves what the rings hold to q. stuck says that something was left: a
// record that is still being written, or what found no memory; full is then
// the time of the first of those.
func (s *Session) drain(q *queue) (n int, stuck bool, full uint64) {
	move := func(to *[]*events.Chunk) func([]byte) bool {
		return func(rec []byte) bool {
			if q.put(to, events.Used(rec)) {
				return true
			}
			if at := events.TimeOf(rec); full == 0 || at < full {
				full = at
			}
			return false
		}
	}
	m, late := s.rare.drain(move(&q.fill.rare))
	n, stuck = s.ring.drain(move(&q.fill.calls))
	return n + m, stuck || late, full
}

// drainAll moves all that is left, waiting for the output where it must.
func (s *Session) drainAll(q *queue) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for !q.abandoned {
		n, stuck, full := s.drain(q)
		if n == 0 && !stuck {
			break
		}
		q.fill.until = max(q.fill.until, full)
		q.ready.Signal()
		q.mu.Unlock()
		if stuck {
			time.Sleep(time.Millisecond)
		}
		q.mu.Lock()
	}
	q.last = true
	q.ready.Signal()
}

// Finish ends a sequencer's trace: the last losses are counted, living
// threads get their Detach.
func (s *Session) Finish(seq *events.Sequencer) error {
	return seq.Finish(Now(), func(slot uint32) (tid, n uint32) {
		p := s.Slot(slot)
		return p.Tid, p.Seq
	})
}

// Follow attaches to running processes as Attach does and tells seq of each
// thread, with the call that it is in right now, read from /proc.
func (s *Session) Follow(seq *events.Sequencer, emit func(*events.Event) error, pids []int, threads, descendants bool) ([]Attached, error) {
	found, err := s.Attach(pids, threads, descendants)
	seq.SetEmit(emit)
	for _, a := range found {
		if err := seq.Attach(a.Slot, a.TID, a.PID, a.Start, Now()); err != nil {
			return found, err
		}
	}
	for _, a := range found {
		in := s.currentCall(a)
		if in == nil || s.enter != nil && !s.enter.Has(table.ABI(in.Abi), in.Nr) {
			continue
		}
		if err := seq.Resume(a.Slot, Now(), in); err != nil {
			return found, err
		}
	}
	return found, err
}
