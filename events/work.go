package events

import "github.com/ebtrace/ebtrace/bpf"

// Records of work stand before that of the call that the work was done for. A
// call that nothing else happened in is given out first, whole, then its work;
// otherwise its Begin, then the rest at its time.

// callAfterWork looks for the EB_CALL of the call that began at a time, behind
// the records of its work at the head of the lane.
func (l *lane) callAfterWork(begin uint64) (call Record, ok bool) {
	for i := l.head; i < len(l.spans); i++ {
		sp := &l.spans[i]
		for off := sp.off; off < sp.end; off += call.Size {
			if Parse(sp.c.Buf[off:sp.end], &call) != nil {
				return call, false
			}
			switch bpf.TraceEbKind(call.Kind) {
			case bpf.TraceEbKindEB_WORK:
				if call.Work().Cause != begin {
					return call, false
				}
			case bpf.TraceEbKindEB_CALL:
				return call, call.Call.Begin == begin
			default:
				return call, false
			}
		}
	}
	return call, false
}

// callOfWork gives out the call that the lane's first record is work for, as
// far as it is known. Other lanes have nothing before limit.
func (s *Sequencer) callOfWork(l *lane, limit uint64) error {
	t, cause := l.t, l.rec.Work().Cause
	call, ended := l.callAfterWork(cause)
	if ended && call.Time <= limit {
		return s.withWork(l, &call)
	}
	l.half, l.next = false, l.rec.Time
	flight := &t.lanes[laneInFlight]
	hangs := flight.at >= 0 && flight.rec.Call.Begin == cause
	if s.Filtered || !ended && !hangs {
		t.alone = cause
		return nil
	}
	if !ended {
		call = flight.rec
	}
	s.dropInFlight(t, cause)
	s.identify(t, &l.rec)
	t.open = cause
	return s.send(Begin, &call, cause)
}

// withWork gives out a whole call and the records of its work, which are the
// first of the lane and followed by its own.
func (s *Sequencer) withWork(l *lane, call *Record) error {
	t, begin := l.t, call.Call.Begin
	s.dropInFlight(t, begin)
	if err := s.numberAll(l, call.Seq); err != nil {
		return err
	}
	s.fill(Whole, call, begin)
	if s.Spent {
		t.spent.addAll(l)
		s.ev.Spent = t.spent.of(begin)
	}
	if t.hasEnter && t.enter.Time == begin {
		s.ev.Enter = &t.enter
	}
	t.open, t.hasEnter, t.alone = 0, false, begin
	if err := s.emit(&s.ev); err != nil {
		return err
	}
	for l.rec.Kind == uint8(bpf.TraceEbKindEB_WORK) {
		if err := s.asideBefore(l.rec.Time); err != nil {
			return err
		}
		if err := s.sendWork(l); err != nil {
			return err
		}
		l.pop(s.free)
	}
	l.pop(s.free)
	return nil
}

// numberAll takes note of the numbers of the lane's records up to number last,
// so that what is missing among them is told before them.
func (s *Sequencer) numberAll(l *lane, last uint32) error {
	var r Record
	for i := l.head; i < len(l.spans); i++ {
		sp := &l.spans[i]
		for off := sp.off; off < sp.end; off += r.Size {
			if err := Parse(sp.c.Buf[off:sp.end], &r); err != nil {
				return err
			}
			if err := s.number(l.t, &r); err != nil {
				return err
			}
			if r.Seq == last {
				return nil
			}
		}
	}
	return nil
}

// work gives out the lane's first record at its own time.
func (s *Sequencer) work(l *lane) error {
	if err := s.number(l.t, &l.rec); err != nil {
		return err
	}
	if s.Spent {
		l.t.spent.add(&l.rec)
	}
	err := s.sendWork(l)
	l.pop(s.free)
	return err
}

// sendWork gives out the lane's first record, one of work.
func (s *Sequencer) sendWork(l *lane) error {
	if k := l.rec.Work(); isURing(&k) {
		return s.request(&l.rec, &k, l.bytes())
	}
	return s.send(Work, &l.rec, l.rec.Time)
}
