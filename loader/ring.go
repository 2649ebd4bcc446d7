package loader

import (
	"fmt"
	"os"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// ring reads a BPF ring buffer in place. (The reader of cilium/ebpf copies each
// record and takes a lock for it: twice the cost of all the rest here.)
type ring struct {
	consumer []byte // one page, written by us: the position we have read to
	producer []byte // one page, then the data twice
	data     []byte
	mask     uint64
}

const (
	ringHeader  = 8
	ringBusy    = 1 << 31 // kernel/bpf/ringbuf.c, Linux 5.8: BPF_RINGBUF_BUSY_BIT
	ringDiscard = 1 << 30
)

func openRing(fd int, size int) (*ring, error) {
	page := os.Getpagesize()
	cons, err := unix.Mmap(fd, 0, page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("map the ring's position: %w", err)
	}
	prod, err := unix.Mmap(fd, int64(page), page+2*size, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		unix.Munmap(cons)
		return nil, fmt.Errorf("map the ring's data: %w", err)
	}
	return &ring{cons, prod, prod[page:], uint64(size - 1)}, nil
}

// close may be called again: by then others may be mapped there.
func (r *ring) close() {
	unix.Munmap(r.consumer)
	unix.Munmap(r.producer)
	r.consumer, r.producer, r.data = nil, nil, nil
}

func position(page []byte) *uint64 { return (*uint64)(unsafe.Pointer(unsafe.SliceData(page))) }

// drain calls f for each record that is complete, in order, up to what the
// ring holds at the call, until f says no, and returns the bytes read. stuck
// says that it left something: f's no, or a record that is still being written.
// What f gets is valid during the call only.
func (r *ring) drain(f func(rec []byte) bool) (n int, stuck bool) {
	pos := atomic.LoadUint64(position(r.consumer))
	end := atomic.LoadUint64(position(r.producer))
	from, told := pos, pos
	for pos < end {
		at := pos & r.mask
		head := atomic.LoadUint32((*uint32)(unsafe.Pointer(&r.data[at])))
		if head&ringBusy != 0 {
			stuck = true
			break
		}
		n := uint64(head &^ (ringBusy | ringDiscard))
		if head&ringDiscard == 0 && !f(r.data[at+ringHeader:at+ringHeader+n]) {
			stuck = true
			break
		}
		pos += (n + ringHeader + 7) &^ 7
		if pos-told > r.mask/16 { // give the kernel room while we go on
			atomic.StoreUint64(position(r.consumer), pos)
			told = pos
		}
	}
	atomic.StoreUint64(position(r.consumer), pos)
	return int(pos - from), stuck
}
