package enforce

import (
	"os"

	"golang.org/x/sys/unix"

	"github.com/ebtrace/ebtrace/decode/table"
)

// mapper is a call that changes mappings: the arguments that are an address
// and a length, and what makes it one that does.
type mapper struct {
	name string
	addr int
	size int // argument of the length; -1: the mapping as a whole, of unknown size
	arg  int // with bit, or 0
	bit  uint32
}

// mappers are the calls that could take a space away or change it; of brk(2)
// the kernel itself sees to that. With PR_SET_MM a process could move its
// break beyond the space.
var mappers = []mapper{
	{name: "munmap", addr: 0, size: 1},
	{name: "mprotect", addr: 0, size: 1},
	{name: "pkey_mprotect", addr: 0, size: 1},
	{name: "mmap", addr: 0, size: 1, arg: 3, bit: unix.MAP_FIXED},
	{name: "mremap", addr: 0, size: 1},
	{name: "mremap", addr: 4, size: 2, arg: 3, bit: unix.MREMAP_FIXED},
	{name: "remap_file_pages", addr: 0, size: 1},
	{name: "madvise", addr: 0, size: 1},
	{name: "shmat", addr: 1, size: -1, arg: 2, bit: shmRemap},
}

const (
	shmRemap = 040000 // SHM_REMAP, linux/shm.h
	prSetMM  = unix.PR_SET_MM
)

// guards are the mappers of a native call, by its number.
var guards = func() map[int32][]*mapper {
	m := map[int32][]*mapper{}
	for i := range mappers {
		if nr, ok := table.Number(nativeABI, mappers[i].name); ok {
			m[nr] = append(m[nr], &mappers[i])
		}
	}
	return m
}()

// guarded says whether a call would change the mapping of a space that is not
// sealed.
func (s *space) guarded(c *call) bool {
	if c.abi != nativeABI || s.sealed {
		return false
	}
	if nr, _ := table.Number(nativeABI, "prctl"); c.nr == nr {
		return uint32(c.args[0]) == prSetMM
	}
	for _, m := range guards[c.nr] {
		if m.bit != 0 && uint32(c.args[m.arg])&m.bit == 0 {
			continue
		}
		from, end := c.args[m.addr], ^uint64(0)
		if m.size >= 0 {
			end = from + (max(c.args[m.size], 1)+pageMask)&^pageMask // rounded up as the kernel does
		}
		if from < s.addr+spaceSize && end > s.addr { // the kernel refuses what goes around
			return true
		}
	}
	return false
}

var pageMask = uint64(os.Getpagesize() - 1)

// guards appends the test of the mappers: those that could reach the 4 GiB in
// which the space is stop the thread.
func (f *filter) guards() {
	at := uint32(f.cfg.SpaceAt >> 32)
	for _, m := range mappers {
		nr, ok := table.Number(nativeABI, m.name)
		if !ok {
			continue
		}
		f.jump(unix.BPF_JEQ, uint32(nr))
		body := f.far()
		over := f.far()
		f.land(body)
		var next []int
		if m.bit != 0 {
			f.load(uint32(dataArg + 8*m.arg))
			f.jump(unix.BPF_JSET, m.bit)
			f.add(unix.BPF_JMP|unix.BPF_JA, 1, 0, 0)
			next = append(next, f.far())
		}
		if m.size >= 0 { // 4 GiB and more
			f.load(uint32(dataArg + 8*m.size + 4))
			f.add(unix.BPF_JMP|unix.BPF_JEQ|unix.BPF_K, 0, 1, 0)
			f.ret(unix.SECCOMP_RET_TRACE)
		}
		f.load(uint32(dataArg + 8*m.addr + 4))
		if m.size >= 0 {
			f.inRange(at-1, at)
		} else {
			f.inRange(0, at)
		}
		f.ret(unix.SECCOMP_RET_TRACE)
		f.land(next...)
		f.load(dataNR)
		f.land(over)
	}
	nr, _ := table.Number(nativeABI, "prctl")
	f.jump(unix.BPF_JEQ, uint32(nr))
	body := f.far()
	over := f.far()
	f.land(body)
	f.load(dataArg)
	f.jump(unix.BPF_JEQ, prSetMM)
	f.ret(unix.SECCOMP_RET_TRACE)
	f.load(dataNR)
	f.land(over)
}
