package events

import "github.com/ebtrace/ebtrace/bpf"

// Layers is how many layers there are below the calls, 0 not being one: the
// numbers of enum eb_layer.
const Layers = int(bpf.VfsEbLayerEB_LAYER_URING) + 1

// spent sums the time that operations of each layer took for one call. An
// operation within another of its layer counts with that one only.
type spent struct {
	cause  uint64
	layers [Layers]struct {
		total uint64
		inner []span64 // counted, and may yet turn out to be within another
	}
}

type span64 struct{ begin, took uint64 }

// add takes an operation, in the order of their ends.
func (s *spent) add(r *Record) {
	k := r.Work()
	if k.Cause == 0 || int(k.Layer) >= Layers || isURing(&k) || k.Context == uint8(bpf.VfsEbContextEB_BY_KERNEL) ||
		k.Begin == 0 || k.Begin > r.Time { // only its end was seen
		return
	}
	if k.Cause != s.cause {
		s.cause = k.Cause
		for i := range s.layers {
			s.layers[i].total, s.layers[i].inner = 0, s.layers[i].inner[:0]
		}
	}
	l, took := &s.layers[k.Layer], r.Time-k.Begin
	n := len(l.inner)
	for ; n > 0 && l.inner[n-1].begin >= k.Begin; n-- {
		l.total -= l.inner[n-1].took
	}
	l.inner = l.inner[:n]
	l.total += took
	if k.Depth > 0 {
		l.inner = append(l.inner, span64{k.Begin, took})
	}
}

// addAll takes the work at the head of a lane.
func (s *spent) addAll(l *lane) {
	var r Record
	for i := l.head; i < len(l.spans); i++ {
		sp := &l.spans[i]
		for off := sp.off; off < sp.end; off += r.Size {
			if Parse(sp.c.Buf[off:sp.end], &r) != nil || r.Kind != uint8(bpf.TraceEbKindEB_WORK) {
				return
			}
			s.add(&r)
		}
	}
}

// of is the sums for the call that began at a time.
func (s *spent) of(begin uint64) (sums [Layers]uint64) {
	if begin != 0 && s.cause == begin {
		for i := range sums {
			sums[i] = s.layers[i].total
		}
	}
	return sums
}
