package loader

import (
	"sync"

	"github.com/ebtrace/ebtrace/bpf"
	"github.com/ebtrace/ebtrace/events"
)

// batch is what was read in one or more rounds.
type batch struct {
	calls, rare []byte // records, one after the other
	inFlight    []inFlight
	until       uint64 // every event before this time is in this batch or an earlier one
}

type inFlight struct {
	slot uint32
	call bpf.TraceEbSlot
}

func (b *batch) size() int { return len(b.calls) + len(b.rare) }

// feed gives everything in b to seq.
func (b *batch) feed(seq *events.Sequencer) error {
	if err := seq.AddAll(b.calls, false); err != nil {
		return err
	}
	if err := seq.AddAll(b.rare, true); err != nil {
		return err
	}
	for i := range b.inFlight {
		seq.InFlight(b.inFlight[i].slot, &b.inFlight[i].call)
	}
	return nil
}

// queue is between the drainer and the output: the drainer adds to one batch
// while the other is given out.
type queue struct {
	mu        sync.Mutex
	ready     sync.Cond
	fill, out batch
	seen      []uint64 // by slot: begin of the call in flight that was noted last
	last      bool     // nothing comes after fill
	abandoned bool
}

func newQueue() *queue {
	q := &queue{}
	q.ready.L = &q.mu
	return q
}

// keepBuffer is how large an idle buffer may stay.
const keepBuffer = 8 << 20

// take waits for the next round and returns what has come; last says that it
// is the end. The batch is valid until the next call.
func (q *queue) take() (b *batch, last bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.last {
		q.ready.Wait()
	}
	q.fill, q.out = q.out, q.fill
	for _, buf := range []*[]byte{&q.fill.calls, &q.fill.rare} {
		*buf = (*buf)[:0]
		if cap(*buf) > keepBuffer {
			*buf = nil
		}
	}
	q.fill.inFlight, q.fill.until = q.fill.inFlight[:0], q.out.until
	return &q.out, q.last
}

// abandon makes the drainer end: nobody takes any more.
func (q *queue) abandon() {
	q.mu.Lock()
	q.abandoned = true
	q.mu.Unlock()
}
