package events

import (
	"math"
	"slices"

	"github.com/ebtrace/ebtrace/bpf"
)

// Forever is later than every event.
const Forever = math.MaxUint64

// Sequencer makes one stream in time order of the records of all threads. Add
// takes records as they come out of a ring: those of one thread in order,
// those of different threads and rings in any order within some milliseconds.
// Emit gives out what is older than a time before which nothing can still come.
//
// It is not safe for concurrent use.
type Sequencer struct {
	// Filtered is set where calls may have an EB_ENTER and, because their
	// result is not wanted, no EB_CALL: an entry alone is then no event.
	Filtered bool
	// Spent asks for the sums of the same name in events.
	Spent bool
	// Free, if set, gets each chunk of AddChunk that is no longer in use.
	Free func(*Chunk)

	threads  []*thread // by slot
	heap     laneHeap
	live     int
	aside    aside
	requests requests
	totals   Totals
	ev       Event
	emit     func(*Event) error
}

// Totals counts records. Received + Lost is what the kernel half made.
type Totals struct {
	Received uint64
	Lost     uint64
	Threads  map[Thread]uint64 // lost; threads without loss are not in it
}

// Thread is the identity of a thread: ids are reused, its start (ns since boot) is not.
type Thread struct {
	TID, PID uint32
	Start    uint64
}

// The queues of a thread: one for each ring, and one for the call that it is
// in when nothing was recorded of it yet.
const (
	laneCalls = iota
	laneRare
	laneInFlight
	numLanes
	laneAside // of no thread
)

type thread struct {
	lanes    [numLanes]lane
	slot     uint32
	tid, pid uint32
	start    uint64
	seq      uint32 // of the last record given out
	alive    bool
	helper   bool   // its records are another thread's, which it works for
	open     uint64 // begin of the call that a Begin has shown; 0: none
	alone    uint64 // begin of a call that is not shown, but work done for it is
	enter    Record // of the call that has begun, if hasEnter; its bytes are in keep
	hasEnter bool
	keep     []byte
	spent    spent
}

// NewSequencer returns an empty sequencer.
func NewSequencer() *Sequencer {
	return &Sequencer{totals: Totals{Threads: map[Thread]uint64{}}, aside: aside{lane: lane{at: -1, kind: laneAside}}}
}

// Live is how many threads are known to run.
func (s *Sequencer) Live() int { return s.live }

// Totals returns the counts so far; its map must not be changed.
func (s *Sequencer) Totals() Totals { return s.totals }

// maxSlot bounds what a record can make us allocate (EB_MAX_SLOTS).
const maxSlot = 1 << 16

func (s *Sequencer) thread(slot uint32) *thread {
	for int(slot) >= len(s.threads) {
		s.threads = append(s.threads, nil)
	}
	t := s.threads[slot]
	if t == nil {
		t = &thread{slot: slot}
		for i := range t.lanes {
			t.lanes[i].t, t.lanes[i].at, t.lanes[i].kind = t, -1, i
		}
		s.threads[slot] = t
	}
	return t
}

// Add takes one record; rare says that it comes from the ring of rare events.
// The bytes are copied.
func (s *Sequencer) Add(b []byte, rare bool) error {
	return s.AddChunk(&Chunk{Buf: slices.Clone(b)}, rare)
}

// AddChunk takes records that stand one after the other in a chunk. The chunk
// must not change until Free gives it back.
func (s *Sequencer) AddChunk(c *Chunk, rare bool) error {
	kind := laneCalls
	if rare {
		kind = laneRare
	}
	c.refs++ // ours, so that it is not freed meanwhile
	defer s.release(c)
	for off := 0; off < len(c.Buf); {
		size, slot, err := check(c.Buf[off:])
		if err != nil {
			return err
		}
		s.totals.Received++
		if isAside(c.Buf[off:]) {
			s.hold(c, uint32(off), uint32(off+size))
			off += size
			continue
		}
		l := &s.thread(slot).lanes[kind]
		l.add(c, uint32(off), uint32(off+size))
		if l.at < 0 {
			l.load()
			s.heap.push(l)
		}
		off += size
	}
	return nil
}

func (s *Sequencer) release(c *Chunk) {
	if c.refs--; c.refs == 0 {
		s.free(c)
	}
}

func (s *Sequencer) free(c *Chunk) {
	if s.Free != nil {
		s.Free(c)
	}
}

// check looks at the head of a record: is it one, and whose?
func check(b []byte) (size int, slot uint32, err error) {
	if len(b) < recSize {
		return 0, 0, malformed("%d bytes, a header has %d", len(b), recSize)
	}
	r := load[bpf.TraceEbRec](b)
	size = int(r.Size)
	switch {
	case size > len(b) || size%8 != 0:
		err = malformed("size %d in %d bytes", size, len(b))
	case int(r.Kind) >= len(bodySize) || bodySize[r.Kind] == 0:
		err = malformed("kind %d", r.Kind)
	case size < recSize+bodySize[r.Kind]:
		err = malformed("size %d too small for kind %d", size, r.Kind)
	case r.Slot >= maxSlot:
		err = malformed("slot %d", r.Slot)
	}
	return size, r.Slot, err
}

// Attach makes a thread known that was running before.
func (s *Sequencer) Attach(slot, tid, pid uint32, start, now uint64) error {
	if slot >= maxSlot {
		return malformed("slot %d", slot)
	}
	t := s.thread(slot)
	t.tid, t.pid, t.start = tid, pid, start
	s.setAlive(t, true)
	s.ev = Event{Kind: Attach, TID: tid, PID: pid, Start: start, Time: now}
	return s.emit(&s.ev)
}

// Resume tells of the call that a thread was in when it was attached to: its
// number and arguments.
func (s *Sequencer) Resume(slot uint32, now uint64, in *bpf.TraceEbSlot) error {
	if slot >= maxSlot {
		return malformed("slot %d", slot)
	}
	t := s.thread(slot)
	t.open = openBefore
	var r Record
	r.TraceEbRec = bpf.TraceEbRec{Kind: uint8(bpf.TraceEbKindEB_ENTER), Abi: in.Abi, Nr: in.Nr,
		Tid: t.tid, Pid: t.pid, Start: t.start, Slot: slot, Time: now}
	r.Call = bpf.TraceEbCall{Args: in.Args, Ip: in.Ip}
	s.ev = Event{Kind: Begin, TID: t.tid, PID: t.pid, Start: t.start, Time: now, Rec: &r, Resumed: true}
	return s.emit(&s.ev)
}

// openBefore stands for the begin of a call that began before the attach.
const openBefore = 1

func (s *Sequencer) setAlive(t *thread, alive bool) {
	if t.alive == alive {
		return
	}
	t.alive = alive
	if alive {
		s.live++
	} else {
		s.live--
	}
}

// Slots calls f with the slot of each thread that is known to run.
func (s *Sequencer) Slots(f func(slot uint32)) {
	for _, t := range s.threads {
		if t != nil && t.alive {
			f(t.slot)
		}
	}
}

// InFlight tells of the call that a thread is in, if no record of its entry
// was or will be written. It must have been looked up before the records that
// were added last were drained: what ended meanwhile is then among them.
func (s *Sequencer) InFlight(slot uint32, in *bpf.TraceEbSlot) {
	if slot >= maxSlot || s.Filtered || in.Flags&uint16(bpf.TraceEbFlagEB_F_ENTERED) != 0 {
		return
	}
	l := &s.thread(slot).lanes[laneInFlight]
	if l.at < 0 && l.t.open != in.Begin {
		l.begin(in)
		s.heap.push(l)
	}
}

// Emit calls f with each event before time until (ns, CLOCK_MONOTONIC), in
// order. The event is valid during the call only. An error of f ends it.
func (s *Sequencer) Emit(until uint64, f func(*Event) error) error {
	s.emit = f
	for len(s.heap) > 0 && s.heap[0].next <= until {
		l := s.heap[0]
		if l.kind == laneAside {
			err := s.giveAside()
			s.asideMoved()
			if err != nil {
				return err
			}
			continue
		}
		limit := min(s.heap.second(), until)
		for {
			if err := s.step(l, limit); err != nil {
				return err
			}
			if l.empty() || l.next >= limit || l.next >= s.asideTime() {
				break
			}
		}
		if l.empty() {
			s.heap.remove(l)
		} else {
			s.heap.fix(l)
		}
		s.asideMoved()
	}
	return nil
}

// SetEmit names the function for events that Attach makes.
func (s *Sequencer) SetEmit(f func(*Event) error) { s.emit = f }
