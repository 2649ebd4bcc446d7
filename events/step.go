package events

import "github.com/ebtrace/ebtrace/bpf"

// step gives out the next half-event of lane l. Other lanes have nothing
// before limit.
func (s *Sequencer) step(l *lane, limit uint64) error {
	t, r := l.t, &l.rec
	switch bpf.TraceEbKind(r.Kind) {
	case bpf.TraceEbKindEB_ENTER:
		return s.enter(l, limit)
	case bpf.TraceEbKindEB_CALL:
		if l.half && t.open != r.Call.Begin {
			if r.Time > limit { // something happens before its end
				s.dropInFlight(t, r.Call.Begin)
				l.half = false
				l.next = r.Time
				if s.Filtered {
					return nil
				}
				s.identify(t, r)
				t.open = r.Call.Begin
				return s.send(Begin, r, r.Call.Begin)
			}
			l.half = false
			s.dropInFlight(t, r.Call.Begin)
		}
		return s.end(l)
	case bpf.TraceEbKindEB_WORK:
		if l.half {
			return s.callOfWork(l, limit)
		}
		return s.work(l)
	}
	return s.other(l)
}

// dropInFlight forgets a call found in flight whose record has come since.
func (s *Sequencer) dropInFlight(t *thread, begin uint64) {
	if l := &t.lanes[laneInFlight]; l.at >= 0 && l.rec.Call.Begin == begin {
		l.reset()
		s.heap.remove(l)
	}
}

// enter handles an EB_ENTER: the call is whole if its end is next of all.
func (s *Sequencer) enter(l *lane, limit uint64) error {
	t := l.t
	if l.kind == laneInFlight {
		rec := l.rec
		l.reset()
		if rec.Start != t.start || rec.Tid != t.tid {
			return nil // the slot has another owner now
		}
		t.open = rec.Call.Begin
		return s.send(Begin, &rec, rec.Time)
	}
	if err := s.number(t, &l.rec); err != nil {
		return err
	}
	t.keep = append(t.keep[:0], l.bytes()...)
	if err := Parse(t.keep, &t.enter); err != nil {
		return err
	}
	t.hasEnter = true
	l.pop(s.free)
	next := &l.rec
	if !l.empty() && next.Kind == uint8(bpf.TraceEbKindEB_CALL) && next.Time <= limit &&
		next.Call.Begin == t.enter.Time {
		return s.end(l)
	}
	if s.Filtered {
		return nil
	}
	if call, ok := l.callAfterWork(t.enter.Time); ok && call.Time <= limit {
		return s.withWork(l, &call)
	}
	t.open = t.enter.Time
	l.load() // once more: what is work for a call that is shown has its own time
	return s.send(Begin, &t.enter, t.enter.Time)
}

// end handles the exit half of an EB_CALL.
func (s *Sequencer) end(l *lane) error {
	t, r := l.t, &l.rec
	if err := s.number(t, r); err != nil {
		return err
	}
	kind, at := Whole, r.Call.Begin
	if at == 0 {
		at = r.Time
	}
	noEntry := r.Flags&uint16(bpf.TraceEbFlagEB_F_NOENTRY) != 0
	if t.open != 0 && (t.open == r.Call.Begin || noEntry && t.open == openBefore) {
		kind, at = End, r.Time
	}
	s.fill(kind, r, at)
	if s.Spent {
		s.ev.Spent = t.spent.of(r.Call.Begin)
	}
	if t.hasEnter && t.enter.Time == r.Call.Begin {
		s.ev.Enter = &t.enter
	}
	t.open, t.hasEnter = 0, false
	err := s.emit(&s.ev)
	l.pop(s.free)
	return err
}

// other handles what is not a call.
func (s *Sequencer) other(l *lane) error {
	t, r := l.t, &l.rec
	kind := Signal
	switch bpf.TraceEbKind(r.Kind) {
	case bpf.TraceEbKindEB_CHILD:
		kind = Child
		t.seq, t.open, t.hasEnter = 0, 0, false
	case bpf.TraceEbKindEB_FORK:
		kind = Fork
	case bpf.TraceEbKindEB_EXEC:
		kind = Exec
	case bpf.TraceEbKindEB_END:
		kind = Exit
	}
	if err := s.number(t, r); err != nil {
		return err
	}
	var err error
	if kind == Exit && !t.helper {
		err = s.unfinished(t, r.Time)
	}
	if err == nil && !(kind == Exit && t.helper) {
		err = s.send(kind, r, r.Time)
	}
	if kind == Exit {
		s.setAlive(t, false)
		t.seq, t.open, t.hasEnter = 0, 0, false
	}
	l.pop(s.free)
	return err
}

// identify takes note of a record's thread: a slot gets a new owner, and a
// thread that was not the leader gets the leader's id by execve.
func (s *Sequencer) identify(t *thread, r *Record) {
	if r.Slot == 0 {
		return // of no thread that is traced
	}
	t.helper = r.Flags&uint16(bpf.TraceEbFlagEB_F_HELPER) != 0
	if t.start != r.Start && (t.pid != r.Pid || r.Seq != 0 && r.Seq <= t.seq) {
		t.seq, t.open, t.hasEnter = 0, 0, false
	}
	t.tid, t.pid, t.start = r.Tid, r.Pid, r.Start
	s.setAlive(t, true)
}

// number takes note of a record's thread and sequence number; what is missing
// before it becomes a Gap.
func (s *Sequencer) number(t *thread, r *Record) error {
	s.identify(t, r)
	if r.Seq == 0 {
		return nil
	}
	lost := uint64(0)
	if r.Seq > t.seq+1 {
		lost = uint64(r.Seq - t.seq - 1)
	}
	t.seq = max(t.seq, r.Seq)
	if lost == 0 {
		return nil
	}
	return s.gap(t, lost, r.Time)
}

func (s *Sequencer) gap(t *thread, lost, at uint64) error {
	s.totals.Lost += lost
	s.totals.Threads[Thread{t.tid, t.pid, t.start}] += lost
	s.ev = Event{Kind: Gap, TID: t.tid, PID: t.pid, Start: t.start, Time: at, Lost: lost}
	return s.emit(&s.ev)
}

func (s *Sequencer) fill(kind Kind, r *Record, at uint64) {
	s.ev = Event{Kind: kind, TID: r.Tid, PID: r.Pid, Start: r.Start, Time: at, Rec: r}
}

func (s *Sequencer) send(kind Kind, r *Record, at uint64) error {
	s.fill(kind, r, at)
	return s.emit(&s.ev)
}

// Finish ends the trace of what still runs: made tells how many records a
// thread has made in all, so that the last ones, if lost, are counted. Each
// living thread gets a Detach.
func (s *Sequencer) Finish(now uint64, made func(slot uint32) (tid, n uint32)) error {
	if err := s.unfinished(nil, now); err != nil {
		return err
	}
	for _, t := range s.threads {
		if t == nil {
			continue
		}
		tid, n := made(t.slot)
		if tid == t.tid && n > t.seq && (t.alive || t.seq > 0) {
			lost := uint64(n - t.seq)
			t.seq = n
			if err := s.gap(t, lost, now); err != nil {
				return err
			}
		}
		if !t.alive {
			continue
		}
		s.setAlive(t, false)
		if t.helper {
			continue
		}
		s.ev = Event{Kind: Detach, TID: t.tid, PID: t.pid, Start: t.start, Time: now}
		if err := s.emit(&s.ev); err != nil {
			return err
		}
	}
	return nil
}
