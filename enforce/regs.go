package enforce

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// Register sets of PTRACE_GETREGSET (include/uapi/linux/elf.h).
const ntPRStatus = 1

// regset reads (PTRACE_GETREGSET) or writes (PTRACE_SETREGSET) size bytes of a
// register set of a stopped task.
func regset(request, tid int, set uintptr, p unsafe.Pointer, size uintptr) error {
	iov := unix.Iovec{Base: (*byte)(p), Len: uint64(size)}
	return ptrace(request, tid, set, uintptr(unsafe.Pointer(&iov)))
}

func (r *registers) get(tid int) error {
	return regset(unix.PTRACE_GETREGSET, tid, ntPRStatus, unsafe.Pointer(r), unsafe.Sizeof(*r))
}

func (r *registers) set(tid int) error {
	return regset(unix.PTRACE_SETREGSET, tid, ntPRStatus, unsafe.Pointer(r), unsafe.Sizeof(*r))
}

// Results that only the kernel sees: a call that a signal or a tracer has
// interrupted and that is made again (include/linux/errno.h).
const (
	restartSys   = -512 // ERESTARTSYS
	restartNoInt = -513 // ERESTARTNOINTR
	restartHand  = -514 // ERESTARTNOHAND
	restartBlock = -516 // ERESTART_RESTARTBLOCK: goes on as restart_syscall(2)
)

// restarts says whether a call with this result is made again from its begin.
func restarts(ret int64) bool { return ret == restartSys || ret == restartNoInt || ret == restartHand }
