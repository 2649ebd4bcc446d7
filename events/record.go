package events

import (
	"errors"
	"fmt"
	"unsafe"

	"github.com/ebtrace/ebtrace/bpf"
)

// ErrMalformed is wrapped by every error about bytes that are no record.
var ErrMalformed = errors.New("malformed record")

// Record is one record as the kernel wrote it. Its byte slices point into the
// bytes it was parsed from.
type Record struct {
	bpf.TraceEbRec
	Call bpf.TraceEbCall // of EB_ENTER and EB_CALL
	Body []byte          // of the other kinds: the structure that the kind names
	secs []byte
}

const (
	recSize  = int(unsafe.Sizeof(bpf.TraceEbRec{}))
	callSize = int(unsafe.Sizeof(bpf.TraceEbCall{}))
	secSize  = int(unsafe.Sizeof(bpf.TraceEbSec{}))
)

var bodySize = [...]int{
	bpf.TraceEbKindEB_ENTER:  callSize,
	bpf.TraceEbKindEB_CALL:   callSize,
	bpf.TraceEbKindEB_FORK:   int(unsafe.Sizeof(bpf.TraceEbFork{})),
	bpf.TraceEbKindEB_CHILD:  int(unsafe.Sizeof(bpf.TraceEbFork{})),
	bpf.TraceEbKindEB_EXEC:   int(unsafe.Sizeof(bpf.TraceEbExec{})),
	bpf.TraceEbKindEB_END:    int(unsafe.Sizeof(bpf.TraceEbEnd{})),
	bpf.TraceEbKindEB_SIGNAL: int(unsafe.Sizeof(bpf.TraceEbSignal{})),
	bpf.TraceEbKindEB_WORK:   int(unsafe.Sizeof(bpf.VfsEbWork{})),
}

// Parse reads the record at the start of b into r.
func Parse(b []byte, r *Record) error {
	if len(b) < recSize {
		return fmt.Errorf("%w: %d bytes, a header has %d", ErrMalformed, len(b), recSize)
	}
	r.TraceEbRec = load[bpf.TraceEbRec](b)
	size := int(r.Size)
	if size < recSize || size > len(b) || size%8 != 0 {
		return fmt.Errorf("%w: size %d in %d bytes", ErrMalformed, size, len(b))
	}
	if int(r.Kind) >= len(bodySize) || bodySize[r.Kind] == 0 {
		return fmt.Errorf("%w: kind %d", ErrMalformed, r.Kind)
	}
	n := bodySize[r.Kind]
	if size < recSize+n {
		return fmt.Errorf("%w: size %d too small for kind %d", ErrMalformed, size, r.Kind)
	}
	r.Body = b[recSize : recSize+n]
	r.secs = b[recSize+n : size]
	if n == callSize && r.Kind <= uint8(bpf.TraceEbKindEB_CALL) {
		r.Call = load[bpf.TraceEbCall](r.Body)
	}
	return nil
}

// TimeOf is the time of the record at the start of b, 0 if there is none.
func TimeOf(b []byte) uint64 {
	if len(b) < recSize {
		return 0
	}
	return load[bpf.TraceEbRec](b).Time
}

// Used is the part of b that the record at its start fills: what the kernel half
// has reserved for one may be more.
func Used(b []byte) []byte {
	if len(b) < recSize {
		return b
	}
	return b[:min(max(int(load[bpf.TraceEbRec](b).Size), recSize), len(b))]
}

// load copies a wire structure out of b, which must hold it. The wire is
// little-endian, as every architecture that ebtrace runs on.
func load[T any](b []byte) T {
	var v T
	_ = b[unsafe.Sizeof(v)-1]
	return *(*T)(unsafe.Pointer(unsafe.SliceData(b)))
}

// Fork, Exec, End and Signal are the bodies of those kinds (EB_CHILD: Fork).
func (r *Record) Fork() bpf.TraceEbFork { return load[bpf.TraceEbFork](r.Body) }

// Exec is the body of an EB_EXEC record.
func (r *Record) Exec() bpf.TraceEbExec { return load[bpf.TraceEbExec](r.Body) }

// End is the body of an EB_END record.
func (r *Record) End() bpf.TraceEbEnd { return load[bpf.TraceEbEnd](r.Body) }

// Signal is the body of an EB_SIGNAL record.
func (r *Record) Signal() bpf.TraceEbSignal { return load[bpf.TraceEbSignal](r.Body) }

// Work is the body of an EB_WORK record.
func (r *Record) Work() bpf.VfsEbWork { return load[bpf.VfsEbWork](r.Body) }

// Section is one piece of memory or kernel data that a record carries.
type Section struct {
	bpf.TraceEbSec
	Data []byte // Len bytes
}

// FD is the body of an EB_SEC_FD section and the path after it.
func (s *Section) FD() (bpf.TraceEbFdinfo, []byte, bool) {
	n := int(unsafe.Sizeof(bpf.TraceEbFdinfo{}))
	if len(s.Data) < n {
		return bpf.TraceEbFdinfo{}, nil, false
	}
	f := load[bpf.TraceEbFdinfo](s.Data)
	path := s.Data[n:]
	if int(f.Pathlen) < len(path) {
		path = path[:f.Pathlen]
	}
	return f, path, true
}

// Away is the body of an EB_SEC_AWAY section, in ns.
func (s *Section) Away() (uint64, bool) {
	if len(s.Data) < 8 {
		return 0, false
	}
	return load[uint64](s.Data), true
}

// Peer is the body of an EB_SEC_PEER section.
func (s *Section) Peer() (bpf.VfsEbPeer, bool) {
	if len(s.Data) < int(unsafe.Sizeof(bpf.VfsEbPeer{})) {
		return bpf.VfsEbPeer{}, false
	}
	return load[bpf.VfsEbPeer](s.Data), true
}

// Next returns the section at *off, which starts at 0, and moves *off past it.
// It ends, with false, at the end of the record or at a malformed section.
func (r *Record) Next(off *int) (s Section, ok bool) {
	b := r.secs[min(*off, len(r.secs)):]
	if len(b) < secSize {
		return s, false
	}
	s.TraceEbSec = load[bpf.TraceEbSec](b)
	n := int(s.Len)
	if n > len(b)-secSize {
		return s, false
	}
	s.Data = b[secSize : secSize+n]
	*off += secSize + (n+7)&^7
	return s, true
}
