package workload

import (
	"strconv"
	"syscall"
)

// CostReads is how many reads the workload "reads" makes.
const CostReads = 4000

// reads reads one byte of the file arg CostReads times and writes to descriptor
// 3 how many nanoseconds of this thread's time they took, in decimal.
func reads(arg string) {
	fd := must("openat", syscall.SYS_OPENAT, atFDCWD, str(arg), syscall.O_RDONLY)
	buf := make([]byte, 1)
	for range 100 {
		raw(syscall.SYS_PREAD64, fd, bytes(buf), 1, 0)
	}
	began := spent()
	for range CostReads {
		raw(syscall.SYS_PREAD64, fd, bytes(buf), 1, 0)
	}
	out := strconv.AppendInt(nil, spent()-began, 10)
	if n, err := syscall.Write(3, out); n != len(out) {
		fatal("write", err.(syscall.Errno))
	}
}
