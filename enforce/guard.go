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
		if end < from || from < s.addr+spaceSize && end > s.addr {
			return true
		}
	}
	return false
}

var pageMask = uint64(os.Getpagesize() - 1)
