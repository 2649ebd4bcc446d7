package enforce

import (
	"encoding/binary"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/ebtrace/ebtrace/decode/table"
)

// traceOptions of every task: its children are traced too. To them come, of a
// command, PTRACE_O_TRACESECCOMP, and PTRACE_O_EXITKILL, with which all are
// killed if the enforcer dies.
const traceOptions = unix.PTRACE_O_TRACESYSGOOD | unix.PTRACE_O_TRACEFORK | unix.PTRACE_O_TRACEVFORK |
	unix.PTRACE_O_TRACECLONE | unix.PTRACE_O_TRACEEXEC

func ptrace(request, tid int, addr, data uintptr) error {
	_, _, e := unix.RawSyscall6(unix.SYS_PTRACE, uintptr(request), uintptr(tid), addr, data, 0, 0)
	if e != 0 {
		return e
	}
	return nil
}

// seize makes the calling thread the tracer of tid, with the options in the
// same call: no child can escape between.
func seize(tid int, options uintptr) error { return ptrace(unix.PTRACE_SEIZE, tid, 0, options) }

// stopInfo is struct ptrace_syscall_info (linux/ptrace.h, since Linux 5.3).
type stopInfo struct {
	Op   uint8
	_    [3]uint8
	Arch uint32
	IP   uint64
	_    uint64 // stack pointer
	// NR and Args for entry and seccomp stops; for exit stops NR is the result.
	NR   uint64
	Args [6]uint64
	_    uint64
}

// Values of stopInfo.Op.
const (
	opNone    = 0
	opEntry   = 1
	opExit    = 2
	opSeccomp = 3
)

func (s *stopInfo) get(tid int) error {
	return ptrace(unix.PTRACE_GET_SYSCALL_INFO, tid, unsafe.Sizeof(*s), uintptr(unsafe.Pointer(s)))
}

func eventMessage(tid int) (uint64, error) {
	var v uint64
	err := ptrace(unix.PTRACE_GETEVENTMSG, tid, 0, uintptr(unsafe.Pointer(&v)))
	return v, err
}

// siginfo is siginfo_t; its first words are signo, errno, code, then pid, uid.
type siginfo [128]byte

// kernelMade makes a signal that the enforcer sent look like one of the
// kernel: si_code SI_KERNEL, and no sender.
func kernelMade(tid, self int) error {
	var si siginfo
	p := uintptr(unsafe.Pointer(&si))
	if err := ptrace(unix.PTRACE_GETSIGINFO, tid, 0, p); err != nil {
		return err
	}
	const siTkill, siKernel = -6, 0x80 // asm-generic/siginfo.h
	if int32(binary.LittleEndian.Uint32(si[8:])) != siTkill || int(binary.LittleEndian.Uint32(si[16:])) != self {
		return nil
	}
	clear(si[4:])
	binary.LittleEndian.PutUint32(si[8:], siKernel)
	return ptrace(unix.PTRACE_SETSIGINFO, tid, 0, p)
}

// waitAny waits for a task that this thread traces. Children of other threads
// are left alone. tid is 0 if a signal came first, or with now if none has stopped.
func waitAny(now bool) (tid int, ws unix.WaitStatus, err error) {
	options := unix.WALL | unix.WNOTHREAD
	if now {
		options |= unix.WNOHANG
	}
	// raw: the runtime would give this thread's place to another one each
	// time, which costs more than the stop itself
	var status int32
	n, _, e := unix.RawSyscall6(unix.SYS_WAIT4, ^uintptr(0), uintptr(unsafe.Pointer(&status)), uintptr(options), 0, 0, 0)
	switch e {
	case 0:
		return int(n), unix.WaitStatus(status), nil
	case unix.EINTR:
		return 0, 0, nil
	}
	return 0, 0, e
}

// numbers is the set of native calls of these names.
func numbers(names ...string) map[int32]bool {
	m := map[int32]bool{}
	for _, n := range names {
		if nr, ok := table.Number(nativeABI, n); ok {
			m[nr] = true
		}
	}
	return m
}
