package enforce

import (
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/ebtrace/ebtrace/decode/table"
)

// The native ABI, that of 32-bit programs, and values of AUDIT_ARCH_*
// (linux/audit.h) of both.
const (
	nativeABI   = table.ARM64
	compatABI   = table.Unknown
	auditNative = unix.AUDIT_ARCH_AARCH64
	auditCompat = unix.AUDIT_ARCH_ARM
)

// abiOf is the ABI of a stopped call.
func abiOf(arch uint32, _ uint64) table.ABI {
	if arch == auditNative {
		return table.ARM64
	}
	return table.Unknown
}

// registers is struct user_pt_regs (asm/ptrace.h).
type registers struct {
	X              [31]uint64
	SP, PC, PState uint64
}

// mode32 is set in PState for 32-bit programs (PSR_MODE32_BIT, asm/ptrace.h).
const mode32 = 0x10

func (r *registers) native() bool  { return r.PState&mode32 == 0 }
func (r *registers) stack() uint64 { return r.SP }
func (r *registers) result() int64 { return int64(r.X[0]) }

// ntARMSyscall is the set that holds the number of the call (linux/elf.h).
const ntARMSyscall = 0x404

// inCall is the call that a task in an event stop is in; -1: none.
func (r *registers) inCall(tid int) int32 {
	nr := int32(-1)
	if regset(unix.PTRACE_GETREGSET, tid, ntARMSyscall, unsafe.Pointer(&nr), 4) != nil {
		return -1
	}
	return nr
}

// noRestart: the kernel has already set the registers to make the call again
// (arch/arm64/kernel/signal.c, do_signal).
func (r *registers) noRestart() {}

// again is not needed for what the kernel restarts, and what it does not keeps
// no copy of argument 0 here: those calls end with EINTR.
func (r *registers) again() {}

// toCall readies a call at an instruction "svc #0".
func (r *registers) toCall(at uint64, nr int, args []uint64) {
	r.PC, r.X[8] = at, uint64(nr)
	for i := range 6 {
		r.X[i] = 0
		if i < len(args) {
			r.X[i] = args[i]
		}
	}
}

// callInstruction is "svc #0".
var callInstruction = []byte{0x01, 0x00, 0x00, 0xd4}

// skipCall makes the call in which tid is stopped not run, and return ret.
func skipCall(tid int, ret int64) error {
	if err := setCall(tid, -1); err != nil {
		return err
	}
	return setArg(tid, table.ARM64, 0, uint64(ret)) // the result is in the same register
}

// setCall makes the kernel run another call than the one in which tid is stopped.
func setCall(tid int, nr int32) error {
	return regset(unix.PTRACE_SETREGSET, tid, ntARMSyscall, unsafe.Pointer(&nr), 4)
}

// setResult changes what the call returns at whose exit tid is stopped.
func setResult(tid int, ret int64) error { return setArg(tid, table.ARM64, 0, uint64(ret)) }

// setArg changes an argument register of the call in which tid is stopped.
func setArg(tid int, _ table.ABI, arg int, v uint64) error {
	var r registers
	if err := r.get(tid); err != nil {
		return err
	}
	r.X[arg] = v
	return r.set(tid)
}

// restoreArg gives an argument register back at the end of the call. The first
// then holds the result.
func restoreArg(tid int, abi table.ABI, arg int, v uint64) error {
	if arg == 0 {
		return nil
	}
	return setArg(tid, abi, arg, v)
}
