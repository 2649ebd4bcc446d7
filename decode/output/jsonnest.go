package output

import (
	"github.com/ebtrace/ebtrace/decode"
	"github.com/ebtrace/ebtrace/events"
)

// maxNested is how many operations wait for the end of their call; what more
// it does stands on lines of its own, as without nesting.
const maxNested = 4096

// nest keeps the work of the calls that threads are in until their lines.
type nest struct {
	threads map[uint32]*nested
	held    *nested // whose call is whole, and is written when its work is complete
	tmp     []byte
}

// nested is the call that a thread is in.
type nested struct {
	tid   uint32
	start uint64
	begin uint64 // of the call; 0: none
	call  []byte // its object, not closed, while it is held
	parts []part
	buf   []byte // objects, each with a comma after it
}

// part is an operation that waits: what it is in, if anything, ends later.
type part struct {
	depth   int
	begin   uint64
	request uint64 // begin of the request of io_uring that it was done for
	off     int    // of its object in buf
}

// in says whether p was done within w.
func (p *part) in(w *decode.Work) bool {
	of := w.Layer == decode.LayerURing && w.Begin != 0 && p.request == w.Begin
	return (of || p.depth > w.Depth) && p.begin >= w.Begin
}

// nested writes an event. What is not said at once is a call that is whole,
// which waits for its work, and the work.
func (j *JSON) nested(e *decode.Event) {
	n := &j.nest
	th := n.threads[e.TID]
	if w := e.Work; w != nil && th != nil && th.takes(e) {
		j.part(th, e)
		return
	}
	j.release()
	if th != nil && endsCall(e.Kind) && (e.Kind != events.End || th.start != e.Start || e.Call.Begin != th.begin) {
		j.leave(th)
	}
	switch {
	case e.Kind == events.Begin || e.Kind == events.Whole:
		th = n.enter(th, e)
		if e.Kind == events.Whole {
			th.call = j.object(th.call[:0], e)
			n.held = th
			return
		}
	case e.Kind == events.Exit || e.Kind == events.Detach:
		delete(n.threads, e.TID)
	case e.Kind == events.End && th != nil:
		j.s.end(append(th.work(j.object(j.s.buf, e)), '}'))
		th.begin = 0
		return
	}
	j.s.end(append(j.object(j.s.buf, e), '}'))
}

// endsCall says whether a thread is in no call any more, or in another one.
func endsCall(k events.Kind) bool {
	switch k {
	case events.Begin, events.Whole, events.End, events.Exit, events.Detach:
		return true
	}
	return false
}

// enter notes the call that a thread is in.
func (n *nest) enter(th *nested, e *decode.Event) *nested {
	if th == nil {
		th = &nested{tid: e.TID}
		n.threads[e.TID] = th
	}
	th.start, th.begin = e.Start, e.Call.Begin
	return th
}

// takes says whether an operation belongs to the call that its thread is in.
func (th *nested) takes(e *decode.Event) bool {
	w := e.Work
	return w.Cause != 0 && w.Cause == th.begin && th.start == e.Start && w.Context != "kernel" && len(th.parts) < maxNested
}

// part takes an operation, with those that it was around.
func (j *JSON) part(th *nested, e *decode.Event) {
	w, n := e.Work, len(th.parts)
	for n > 0 && th.parts[n-1].in(w) {
		n--
	}
	off := len(th.buf)
	if n < len(th.parts) {
		off = th.parts[n].off
	}
	inner := append(j.nest.tmp[:0], th.buf[off:]...)
	j.nest.tmp = inner
	th.buf = j.object(th.buf[:off], e)
	if len(inner) > 0 {
		th.buf = append(append(append(th.buf, `,"work":[`...), inner[:len(inner)-1]...), ']')
	}
	th.buf = append(th.buf, "},"...)
	th.parts = append(th.parts[:n], part{w.Depth, w.Begin, w.Request, off})
}

// work appends what waits as a member of the call, and forgets it.
func (th *nested) work(b []byte) []byte {
	if len(th.buf) > 0 {
		b = append(append(append(b, `,"work":[`...), th.buf[:len(th.buf)-1]...), ']')
	}
	th.parts, th.buf = th.parts[:0], th.buf[:0]
	return b
}

// release writes the call that waits for its work.
func (j *JSON) release() {
	th := j.nest.held
	if th == nil {
		return
	}
	j.nest.held = nil
	j.s.end(append(th.work(append(j.s.buf, th.call...)), '}'))
	th.begin = 0
}

// leave writes the work of a call whose end was lost, each on a line.
func (j *JSON) leave(th *nested) {
	for i, p := range th.parts {
		end := len(th.buf)
		if i+1 < len(th.parts) {
			end = th.parts[i+1].off
		}
		j.s.end(append(j.s.buf, th.buf[p.off:end-1]...))
	}
	th.parts, th.buf, th.begin = th.parts[:0], th.buf[:0], 0
}
