package loader

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ebtrace/ebtrace/bpf"
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
// closed; then it gives out what is left. After each round that gave out
// events it calls flush. An error of either ends it. Between rounds it calls
// done, and ends as if stopped when that is true.
func (s *Session) Pump(seq *events.Sequencer, emit func(*events.Event) error, flush func() error,
	stop <-chan struct{}, done func() bool) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-stop:
			return s.rest(seq, emit, flush)
		case <-timer.C:
		}
		n, err := s.round(seq, emit)
		if err == nil {
			err = flush()
		}
		if err != nil {
			return err
		}
		if done() {
			return s.rest(seq, emit, flush)
		}
		pause := pauseIdle
		if n > busyBytes {
			pause = pauseBusy
		}
		if n > len(s.ring.data)/16 {
			pause = 0
		}
		timer.Reset(pause)
	}
}

// round looks at the calls in flight, drains the rings, and gives out what is
// old enough. What ends between the look and the drain is found by the drain.
func (s *Session) round(seq *events.Sequencer, emit func(*events.Event) error) (int, error) {
	now := Now()
	until := now - min(now, uint64(holdBack))
	if s.hasEntry {
		var in bpf.TraceEbSlot
		seq.Slots(func(slot uint32) {
			if s.InFlight(slot, until, &in) {
				seq.InFlight(slot, &in)
			}
		})
	}
	n, stuck, err := s.drain(seq)
	if err != nil || stuck {
		return n, err
	}
	return n, seq.Emit(until, emit)
}

func (s *Session) drain(seq *events.Sequencer) (int, bool, error) {
	n, stuck, err := s.ring.drain(func(b []byte) error { return seq.Add(b, false) })
	if err == nil {
		var m int
		var late bool
		m, late, err = s.rare.drain(func(b []byte) error { return seq.Add(b, true) })
		n, stuck = n+m, stuck || late
	}
	if err != nil {
		return n, false, fmt.Errorf("read the ring: %w", err)
	}
	return n, stuck, nil
}

// rest gives out everything that the rings hold.
func (s *Session) rest(seq *events.Sequencer, emit func(*events.Event) error, flush func() error) error {
	for {
		n, stuck, err := s.drain(seq)
		if err != nil {
			return err
		}
		if n == 0 && !stuck {
			break
		}
	}
	if err := seq.Emit(events.Forever, emit); err != nil {
		return err
	}
	return flush()
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
		in := s.currentCall(a)
		if err := seq.Attach(a.Slot, a.TID, a.PID, a.Start, Now(), in); err != nil {
			return found, err
		}
	}
	return found, err
}
