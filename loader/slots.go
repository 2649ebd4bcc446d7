package loader

import (
	"fmt"
	"iter"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/ebtrace/ebtrace/bpf"
)

// slots is the kernel half's table of traced threads, mapped: looking into it
// needs no system call and no privilege.
type slots struct {
	mem []byte
	all []bpf.TraceEbSlot
}

func openSlots(fd, n int) (*slots, error) {
	size := n * int(unsafe.Sizeof(bpf.TraceEbSlot{}))
	mem, err := unix.Mmap(fd, 0, size, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("map the table of threads: %w", err)
	}
	return &slots{mem, unsafe.Slice((*bpf.TraceEbSlot)(unsafe.Pointer(unsafe.SliceData(mem))), n)}, nil
}

func (s *slots) close() {
	unix.Munmap(s.mem)
	s.mem, s.all = nil, nil
}

const maxRace = 64 // EB_MAX_RACE in bpf/maps.h

// usedSlots goes through the numbers of all slots that a thread has or had.
func (s *Session) usedSlots() iter.Seq[uint32] {
	var used uint32
	if err := s.vars.UsedSlots.Get(&used); err != nil {
		used = 0
	}
	return func(yield func(uint32) bool) {
		// CPUs that take slots in the same moment may leave the count a little low
		last := min(used+uint32(maxRace), uint32(len(s.slots.all)-1))
		for n := uint32(1); n <= last; n++ {
			if s.slots.all[n].Tid != 0 && !yield(n) {
				return
			}
		}
	}
}

// InFlight copies slot n to out and says whether its thread is in a call that
// is traced and that it began before `before` (ns, CLOCK_MONOTONIC).
func (s *Session) InFlight(n uint32, before uint64, out *bpf.TraceEbSlot) bool {
	if int(n) >= len(s.slots.all) {
		return false
	}
	p := &s.slots.all[n]
	begin := atomic.LoadUint64(&p.Begin)
	if begin == 0 || begin >= before {
		return false
	}
	*out = *p
	// the kernel writes begin first at exit and last at entry: equal means one call
	return atomic.LoadUint64(&p.Begin) == begin
}

// Slot is a copy of slot n, for its counters.
func (s *Session) Slot(n uint32) bpf.TraceEbSlot {
	if int(n) >= len(s.slots.all) {
		return bpf.TraceEbSlot{}
	}
	return s.slots.all[n]
}
