package enforce

import (
	"golang.org/x/sys/unix"

	"github.com/ebtrace/ebtrace/decode/table"
)

// The native ABI, that of 32-bit programs, and values of AUDIT_ARCH_*
// (linux/audit.h) of both.
const (
	nativeABI   = table.AMD64
	compatABI   = table.I386
	auditNative = unix.AUDIT_ARCH_X86_64
	auditCompat = unix.AUDIT_ARCH_I386
)

// abiOf is the ABI of a stopped call.
func abiOf(arch uint32, nr uint64) table.ABI {
	switch {
	case arch == auditCompat:
		return table.I386
	case arch == auditNative && nr < x32Bit:
		return table.AMD64
	}
	return table.Unknown
}

// registers is struct user_regs_struct (sys/user.h).
type registers struct{ unix.PtraceRegs }

// userCS is the code segment of 64-bit programs (arch/x86/include/asm/segment.h).
const userCS = 0x33

func (r *registers) native() bool  { return r.Cs == userCS }
func (r *registers) stack() uint64 { return r.Rsp }
func (r *registers) result() int64 { return int64(r.Rax) }

// inCall is the call that a task in an event stop is in; -1: none.
func (r *registers) inCall(int) int32 { return int32(r.Orig_rax) }

// noRestart: no call is to be made again when the task goes on.
func (r *registers) noRestart() { r.Orig_rax = ^uint64(0) }

// again lets the task make the call that it was in once more.
func (r *registers) again() { r.Rip, r.Rax = r.Rip-2, r.Orig_rax }

// toCall readies a call at an instruction "syscall".
func (r *registers) toCall(at uint64, nr int, args []uint64) {
	r.Rip, r.Rax, r.Orig_rax = at, uint64(nr), ^uint64(0)
	for i, to := range []*uint64{&r.Rdi, &r.Rsi, &r.Rdx, &r.R10, &r.R8, &r.R9} {
		*to = 0
		if i < len(args) {
			*to = args[i]
		}
	}
}

// callInstruction is "syscall".
var callInstruction = []byte{0x0f, 0x05}

// Offsets in struct user (sys/user.h) of the registers that a decision changes.
const (
	userRAX     = 10 * 8
	userOrigRAX = 15 * 8
)

// argOffsets of the six arguments in struct user, by ABI.
var argOffsets = [table.NumABI][6]uintptr{
	table.AMD64: {14 * 8, 13 * 8, 12 * 8, 7 * 8, 9 * 8, 8 * 8},  // rdi rsi rdx r10 r8 r9
	table.I386:  {5 * 8, 11 * 8, 12 * 8, 13 * 8, 14 * 8, 4 * 8}, // ebx ecx edx esi edi ebp
}

// skipCall makes the call in which tid is stopped not run, and return ret.
func skipCall(tid int, ret int64) error {
	if err := ptrace(unix.PTRACE_POKEUSR, tid, userOrigRAX, ^uintptr(0)); err != nil {
		return err
	}
	return ptrace(unix.PTRACE_POKEUSR, tid, userRAX, uintptr(ret))
}

// setCall makes the kernel run another call than the one in which tid is stopped.
func setCall(tid int, nr int32) error {
	return ptrace(unix.PTRACE_POKEUSR, tid, userOrigRAX, uintptr(nr))
}

// setResult changes what the call returns at whose exit tid is stopped.
func setResult(tid int, ret int64) error {
	return ptrace(unix.PTRACE_POKEUSR, tid, userRAX, uintptr(ret))
}

// setArg changes an argument register of the call in which tid is stopped.
func setArg(tid int, abi table.ABI, arg int, v uint64) error {
	return ptrace(unix.PTRACE_POKEUSR, tid, argOffsets[abi][arg], uintptr(v))
}

// restoreArg gives an argument register back at the end of the call.
func restoreArg(tid int, abi table.ABI, arg int, v uint64) error { return setArg(tid, abi, arg, v) }
