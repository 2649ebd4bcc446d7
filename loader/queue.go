package loader

import (
	"sync"

	"github.com/ebtrace/ebtrace/bpf"
	"github.com/ebtrace/ebtrace/events"
)

// What user space holds when the output is slower than the tree; beyond that
// the rings fill, and then records are lost, and counted.
const (
	chunkSize  = 256 << 10 // holds the largest record, struct eb_scratch in bpf/maps.h
	maxBacklog = 80 << 20
	maxChunks  = maxBacklog / chunkSize
)

// batch is what was read in one or more rounds.
type batch struct {
	calls, rare []*events.Chunk
	inFlight    []inFlight
	until       uint64 // every event before this time is in this batch or an earlier one
}

type inFlight struct {
	slot uint32
	call bpf.TraceEbSlot
}

// feed gives everything in b to seq.
func (b *batch) feed(seq *events.Sequencer) error {
	for _, c := range b.calls {
		if err := seq.AddChunk(c, false); err != nil {
			return err
		}
	}
	for _, c := range b.rare {
		if err := seq.AddChunk(c, true); err != nil {
			return err
		}
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
	pool      []*events.Chunk // not in use
	made      int             // chunks, in use or not
	seen      []uint64        // by slot: begin of the call in flight that was noted last
	last      bool            // nothing comes after fill
	abandoned bool

	freed []*events.Chunk // on the output's side, until the next take
}

func newQueue() *queue {
	q := &queue{}
	q.ready.L = &q.mu
	return q
}

// put copies a record to the end of a list of chunks; false: no memory is left.
func (q *queue) put(to *[]*events.Chunk, rec []byte) bool {
	var c *events.Chunk
	if n := len(*to); n > 0 {
		c = (*to)[n-1]
	}
	if c == nil || cap(c.Buf)-len(c.Buf) < len(rec) {
		if c = q.chunk(); c == nil {
			return false
		}
		*to = append(*to, c)
	}
	c.Buf = append(c.Buf, rec...)
	return true
}

func (q *queue) chunk() *events.Chunk {
	if n := len(q.pool); n > 0 {
		c := q.pool[n-1]
		q.pool = q.pool[:n-1]
		c.Buf = c.Buf[:0]
		return c
	}
	if q.made == maxChunks {
		return nil
	}
	q.made++
	return &events.Chunk{Buf: make([]byte, 0, chunkSize)}
}

// free is for events.Sequencer.Free.
func (q *queue) free(c *events.Chunk) { q.freed = append(q.freed, c) }

// take waits for the next round and returns what has come; last says that it
// is the end. The batch is valid until the next call.
func (q *queue) take() (b *batch, last bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.pool = append(q.pool, q.freed...)
	q.freed = q.freed[:0]
	if !q.last {
		q.ready.Wait()
	}
	q.fill, q.out = q.out, q.fill
	f := &q.fill
	f.calls, f.rare, f.inFlight, f.until = f.calls[:0], f.rare[:0], f.inFlight[:0], q.out.until
	return &q.out, q.last
}

// abandon makes the drainer end: nobody takes any more.
func (q *queue) abandon() {
	q.mu.Lock()
	q.abandoned = true
	q.mu.Unlock()
}
