package workload

import (
	"fmt"
	"os"
	"strconv"
	"syscall"
	"unsafe"
)

const threadCPU = 3 // linux/time.h: CLOCK_THREAD_CPUTIME_ID

// cost waits for a byte, makes n calls of getppid, and says what CPU time each
// took, in nanoseconds.
func cost(arg string) {
	n, err := strconv.Atoi(arg)
	if err != nil {
		fatal("cost "+arg, syscall.EINVAL)
	}
	var b [1]byte
	os.Stdin.Read(b[:])
	loop := func() {
		for range n {
			syscall.RawSyscall(syscall.SYS_GETPPID, 0, 0, 0)
		}
	}
	loop() // what the first calls fetch
	began := spent()
	loop()
	fmt.Println(float64(spent()-began) / float64(n))
}

// spent is the CPU time of this thread, in nanoseconds.
func spent() int64 {
	var ts syscall.Timespec
	must("clock_gettime", syscall.SYS_CLOCK_GETTIME, threadCPU, uintptr(unsafe.Pointer(&ts)))
	return ts.Nano()
}
