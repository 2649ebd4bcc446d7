package events

import (
	"fmt"
	"math"

	"github.com/ebtrace/ebtrace/bpf"
)

// Chunk is a piece of memory with whole records, one after the other. Lanes
// refer to it until its last record is given out.
type Chunk struct {
	Buf  []byte
	refs int // spans
}

// span is a run of records of one lane in a chunk.
type span struct {
	c        *Chunk
	off, end uint32
}

// lane is a queue of records of one thread, in time order.
type lane struct {
	t     *thread
	kind  int
	at    int    // index in the heap; -1: not in it
	spans []span // from head on; off of the first moves on
	head  int
	rec   Record // the first record, parsed
	next  uint64 // time of its next half-event
	half  bool   // of an EB_CALL: its begin is still to be given out
	some  bool   // there is a first
}

func (l *lane) empty() bool { return !l.some }

// bytes are those of the first record.
func (l *lane) bytes() []byte {
	sp := &l.spans[l.head]
	return sp.c.Buf[sp.off : sp.off+l.rec.Size]
}

// add appends the record at c.Buf[off:end].
func (l *lane) add(c *Chunk, off, end uint32) {
	if n := len(l.spans); n > l.head && l.spans[n-1].c == c && l.spans[n-1].end == off {
		l.spans[n-1].end = end
		return
	}
	l.spans = append(l.spans, span{c, off, end})
	c.refs++
}

// load parses the first record. AddChunk has checked that it is one.
func (l *lane) load() {
	l.some = false
	if l.head == len(l.spans) {
		l.spans, l.head = l.spans[:0], 0
		return
	}
	sp := &l.spans[l.head]
	r := &l.rec
	if Parse(sp.c.Buf[sp.off:sp.end], r) != nil {
		return
	}
	l.some = true
	l.next = r.Time
	l.half = r.Kind == uint8(bpf.TraceEbKindEB_CALL) && r.Call.Begin != 0 && r.Call.Begin < r.Time &&
		r.Flags&uint16(bpf.TraceEbFlagEB_F_ENTERED) == 0
	if l.half && l.t.open != r.Call.Begin {
		l.next = r.Call.Begin
	}
	if r.Kind == uint8(bpf.TraceEbKindEB_WORK) {
		if cause := r.Work().Cause; cause != 0 && cause != l.t.open && cause != l.t.alone && cause < r.Time {
			l.half, l.next = true, cause
		}
	}
}

// manySpans is how many spent spans a lane carries before it moves the rest down.
const manySpans = 4096

// pop drops the first record; a chunk that it was the last of goes to free.
func (l *lane) pop(free func(*Chunk)) {
	sp := &l.spans[l.head]
	sp.off += l.rec.Size
	if sp.off == sp.end {
		if sp.c.refs--; sp.c.refs == 0 {
			free(sp.c)
		}
		sp.c = nil
		l.head++
		if l.head > manySpans && l.head > len(l.spans)/2 {
			n := copy(l.spans, l.spans[l.head:])
			clear(l.spans[n:])
			l.spans, l.head = l.spans[:n], 0
		}
	}
	l.load()
}

// reset empties a lane that holds no records (laneInFlight).
func (l *lane) reset() { l.some = false }

// begin makes an EB_ENTER of the call that a slot shows in flight.
func (l *lane) begin(in *bpf.TraceEbSlot) {
	l.rec = Record{}
	l.rec.TraceEbRec = bpf.TraceEbRec{Kind: uint8(bpf.TraceEbKindEB_ENTER), Abi: in.Abi, Nr: in.Nr, Flags: in.Flags,
		Tid: in.Tid, Pid: in.Pid, Start: in.Start, Slot: l.t.slot, Time: in.Begin,
		Seq: math.MaxUint32} // a record of the same call comes first
	l.rec.Call = bpf.TraceEbCall{Begin: in.Begin, Ip: in.Ip, Args: in.Args}
	l.next, l.half, l.some = in.Begin, false, true
}

// laneHeap is a binary heap of lanes by the time of their next half-event;
// at the same time, by the number of the record.
type laneHeap []*lane

func (h laneHeap) less(i, j int) bool {
	a, b := h[i], h[j]
	return a.next < b.next || a.next == b.next && a.rec.Seq < b.rec.Seq
}

// second is the time of the first event that is neither in the first lane nor
// aside: what happens to a socket during a call does not split that.
func (h laneHeap) second() uint64 {
	t := uint64(Forever)
	for i := 1; i <= 2 && i < len(h); i++ {
		if h[i].kind != laneAside {
			t = min(t, h[i].next)
			continue
		}
		for c := 2*i + 1; c <= 2*i+2 && c < len(h); c++ {
			t = min(t, h[c].next)
		}
	}
	return t
}

func (h laneHeap) swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].at, h[j].at = i, j
}

func (h laneHeap) up(i int) {
	for i > 0 && h.less(i, (i-1)/2) {
		h.swap(i, (i-1)/2)
		i = (i - 1) / 2
	}
}

func (h laneHeap) down(i int) {
	for {
		c := 2*i + 1
		if c >= len(h) {
			return
		}
		if c+1 < len(h) && h.less(c+1, c) {
			c++
		}
		if !h.less(c, i) {
			return
		}
		h.swap(i, c)
		i = c
	}
}

func (h *laneHeap) push(l *lane) {
	l.at = len(*h)
	*h = append(*h, l)
	h.up(l.at)
}

func (h *laneHeap) remove(l *lane) {
	i, last := l.at, len(*h)-1
	if i < 0 {
		return
	}
	h.swap(i, last)
	(*h)[last] = nil
	*h = (*h)[:last]
	l.at = -1
	if i < last {
		h.up(i)
		h.down(i)
	}
}

func (h laneHeap) fix(l *lane) {
	h.up(l.at)
	h.down(l.at)
}

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrMalformed}, args...)...)
}
