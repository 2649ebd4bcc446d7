package events

import (
	"fmt"
	"math"

	"github.com/ebtrace/ebtrace/bpf"
)

// lane is a queue of records of one thread, in time order.
type lane struct {
	t    *thread
	kind int
	at   int    // index in the heap; -1: not in it
	buf  []byte // records not yet given out, from head on
	head int
	rec  Record // the first of them, parsed
	next uint64 // time of its next half-event
	half bool   // of an EB_CALL: its begin is still to be given out
	some bool   // there is a first
}

func (l *lane) empty() bool   { return !l.some }
func (l *lane) bytes() []byte { return l.buf[l.head : l.head+int(l.rec.Size)] }

// load parses the record at head. Add has checked that it is one.
func (l *lane) load() {
	l.some = l.head < len(l.buf) && Parse(l.buf[l.head:], &l.rec) == nil
	if !l.some {
		l.buf, l.head = l.buf[:0], 0
		return
	}
	r := &l.rec
	l.next = r.Time
	l.half = r.Kind == uint8(bpf.TraceEbKindEB_CALL) && r.Call.Begin != 0 && r.Call.Begin < r.Time &&
		r.Flags&uint16(bpf.TraceEbFlagEB_F_ENTERED) == 0
	if l.half && l.t.open != r.Call.Begin {
		l.next = r.Call.Begin
	}
}

// keepAtMost is how much spent buffer a lane carries before it moves the rest down.
const keepAtMost = 1 << 20

func (l *lane) pop() {
	l.head += int(l.rec.Size)
	if l.head > keepAtMost && l.head > len(l.buf)/2 {
		n := copy(l.buf, l.buf[l.head:])
		l.buf, l.head = l.buf[:n], 0
	}
	l.load()
}

func (l *lane) reset() { l.some, l.buf, l.head = false, l.buf[:0], 0 }

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

// second is the time of the first event that is not in the first lane.
func (h laneHeap) second() uint64 {
	t := uint64(Forever)
	if len(h) > 1 {
		t = h[1].next
	}
	if len(h) > 2 {
		t = min(t, h[2].next)
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
