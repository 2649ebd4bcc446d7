package events

import "github.com/ebtrace/ebtrace/bpf"

// What comes from outside of a thread (enum eb_context: EB_BY_KERNEL) is not
// numbered, has no slot, and comes from any CPU: in order within some
// milliseconds only, as the records of different rings. It waits in a heap of
// its own until its time has come.

// held is a record that waits.
type held struct {
	c        *Chunk
	off, end uint32
	time     uint64
	arrival  uint64 // of two at the same time the first goes first
}

// aside is what waits, and the lane that stands for it among those of threads.
type aside struct {
	lane  lane
	heap  []held
	count uint64
	rec   Record // the one that is given out
}

// isAside says whether the record at the start of b, which is one, is not its thread's own.
func isAside(b []byte) bool {
	r := load[bpf.TraceEbRec](b)
	return r.Slot == 0 && r.Seq == 0 && r.Kind == uint8(bpf.VfsEbKindEB_WORK)
}

func (a *aside) less(i, j int) bool {
	x, y := &a.heap[i], &a.heap[j]
	return x.time < y.time || x.time == y.time && x.arrival < y.arrival
}

func (a *aside) push(h held) {
	a.count++
	h.arrival = a.count
	h.c.refs++
	a.heap = append(a.heap, h)
	for i := len(a.heap) - 1; i > 0 && a.less(i, (i-1)/2); i = (i - 1) / 2 {
		a.heap[i], a.heap[(i-1)/2] = a.heap[(i-1)/2], a.heap[i]
	}
}

func (a *aside) pop() held {
	first, last := a.heap[0], len(a.heap)-1
	a.heap[0] = a.heap[last]
	a.heap[last] = held{}
	a.heap = a.heap[:last]
	for i := 0; ; {
		c := 2*i + 1
		if c >= last {
			return first
		}
		if c+1 < last && a.less(c+1, c) {
			c++
		}
		if !a.less(c, i) {
			return first
		}
		a.heap[i], a.heap[c] = a.heap[c], a.heap[i]
		i = c
	}
}

// hold takes the record at c.Buf[off:end].
func (s *Sequencer) hold(c *Chunk, off, end uint32) {
	a := &s.aside
	a.push(held{c: c, off: off, end: end, time: TimeOf(c.Buf[off:end])})
	s.asideMoved()
}

// asideMoved puts the lane where the first record that waits belongs.
func (s *Sequencer) asideMoved() {
	l := &s.aside.lane
	switch {
	case len(s.aside.heap) == 0:
		s.heap.remove(l)
	case l.at < 0:
		l.next = s.aside.heap[0].time
		s.heap.push(l)
	default:
		l.next = s.aside.heap[0].time
		s.heap.fix(l)
	}
}

// giveAside gives out the first record that waits. The lane is moved after
// that, when no other lane is out of its place.
func (s *Sequencer) giveAside() error {
	h := s.aside.pop()
	defer s.release(h.c)
	r := &s.aside.rec
	if err := Parse(h.c.Buf[h.off:h.end], r); err != nil {
		return err
	}
	if k := r.Work(); isURing(&k) {
		return s.request(r, &k, h.c.Buf[h.off:h.end])
	}
	return s.send(Work, r, r.Time)
}

// asideBefore gives out what waits and happened before a time.
func (s *Sequencer) asideBefore(time uint64) error {
	for s.asideTime() < time {
		if err := s.giveAside(); err != nil {
			return err
		}
	}
	return nil
}

// asideTime is the time of the first record that waits.
func (s *Sequencer) asideTime() uint64 {
	if len(s.aside.heap) == 0 {
		return Forever
	}
	return s.aside.heap[0].time
}
