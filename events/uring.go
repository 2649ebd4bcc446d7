package events

import (
	"cmp"
	"slices"
	"unsafe"

	"github.com/ebtrace/ebtrace/bpf"
)

// Request is the body of an EB_SEC_REQUEST section: whose request of io_uring a
// record is about.
type Request struct {
	bpf.UringEbRequest
	SQE []byte // struct io_uring_sqe as it was submitted; nil in a completion
}

const sqeSize = 64 // sizeof(struct io_uring_sqe), linux/io_uring.h

// Request finds the section that says which request r is about.
func (r *Record) Request() (q Request, ok bool) {
	const size = int(unsafe.Sizeof(q.UringEbRequest))
	for off := 0; ; {
		s, more := r.Next(&off)
		if !more {
			return q, false
		}
		if bpf.TraceEbSecKind(s.Kind) != bpf.TraceEbSecKindEB_SEC_REQUEST || len(s.Data) < size {
			continue
		}
		q.UringEbRequest = load[bpf.UringEbRequest](s.Data)
		if len(s.Data) >= size+sqeSize {
			q.SQE = s.Data[size : size+sqeSize]
		}
		return q, true
	}
}

// requestID is the identity of a request: the thread that submitted it, and when.
type requestID struct {
	tid          uint32
	start, begin uint64
}

// heldRequest is a request that was submitted and is not complete.
type heldRequest struct {
	rec  Record
	q    Request
	keep []byte
}

// maxRequests bounds what is held of requests whose completion was lost.
const maxRequests = 1 << 17

// requests are those in flight.
type requests struct {
	held map[requestID]*heldRequest
	free []*heldRequest
}

func isURing(k *bpf.VfsEbWork) bool { return k.Layer == uint8(bpf.VfsEbLayerEB_LAYER_URING) }

func isSubmission(k *bpf.VfsEbWork) bool {
	return k.Flags&uint8(bpf.VfsEbWorkFlagEB_WORK_SUBMITTED) != 0
}

// submit keeps the record of a submission until the request is complete.
func (q *requests) submit(b []byte, id requestID) error {
	if q.held == nil {
		q.held = map[requestID]*heldRequest{}
	}
	if len(q.held) >= maxRequests {
		return nil
	}
	h := &heldRequest{}
	if n := len(q.free); n > 0 {
		h, q.free = q.free[n-1], q.free[:n-1]
	}
	h.keep = append(h.keep[:0], b...)
	if err := Parse(h.keep, &h.rec); err != nil {
		return err
	}
	h.q, _ = h.rec.Request()
	q.held[id] = h
	return nil
}

func (q *requests) drop(id requestID) {
	if h := q.held[id]; h != nil {
		delete(q.held, id)
		q.free = append(q.free, h)
	}
}

// oldest is the first submitted of the requests of a ring that have the same
// user_data: where the kernel does not say which of them is complete.
func (q *requests) oldest(of *Request) (id requestID, ok bool) {
	for at, h := range q.held {
		if h.q.UserData == of.UserData && h.q.Pid == of.Pid && h.q.Ring == of.Ring && (!ok || at.begin < id.begin) {
			id, ok = at, true
		}
	}
	return id, ok
}

// Flags of linux/io_uring.h.
const (
	cqeMore = 1 << 1 // IORING_CQE_F_MORE: the request is not over
	sqeSkip = 1 << 6 // IOSQE_CQE_SKIP_SUCCESS: only failure is told
)

// request handles a record of a request, b being its bytes. A submission is
// kept for the completion, but is given out where there may be none.
func (s *Sequencer) request(r *Record, k *bpf.VfsEbWork, b []byte) error {
	q, ok := r.Request()
	if !ok {
		return s.send(Work, r, r.Time)
	}
	id := requestID{q.Tid, q.Start, k.Request}
	if isSubmission(k) {
		if err := s.requests.submit(b, id); err != nil {
			return err
		}
		if len(q.SQE) > 1 && q.SQE[1]&sqeSkip != 0 {
			return s.send(Work, r, r.Time)
		}
		return nil
	}
	if k.Request == 0 && q.Flags&uint8(bpf.UringEbRequestFlagEB_Q_ONE_OF) != 0 {
		id, _ = s.requests.oldest(&q)
	}
	h := s.requests.held[id]
	if h == nil && r.Slot == 0 && k.Request != 0 {
		return nil // cancelled after its thread has ended, where it was given out as unfinished
	}
	s.fill(Work, r, r.Time)
	if h != nil {
		s.ev.Enter = &h.rec
	}
	err := s.emit(&s.ev)
	if q.CqeFlags&cqeMore == 0 {
		s.requests.drop(id)
	}
	return err
}

// unfinished gives out the requests that are in flight when their thread ends,
// or when the trace does (t nil).
func (s *Sequencer) unfinished(t *thread, at uint64) error {
	var ids []requestID
	for id := range s.requests.held {
		if t == nil || id.tid == t.tid && id.start == t.start {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b requestID) int { return cmp.Compare(a.begin, b.begin) })
	for _, id := range ids {
		h := s.requests.held[id]
		if len(h.q.SQE) > 1 && h.q.SQE[1]&sqeSkip == 0 {
			if err := s.send(Work, &h.rec, at); err != nil {
				return err
			}
		}
		s.requests.drop(id)
	}
	return nil
}
