package enforce

import (
	"golang.org/x/sys/unix"

	"github.com/ebtrace/ebtrace/decode/table"
)

// Values of AUDIT_ARCH_* (linux/audit.h): of the native ABI and of 32-bit programs.
const (
	auditNative = unix.AUDIT_ARCH_X86_64
	auditCompat = unix.AUDIT_ARCH_I386
)

// nativeABI is the ABI of this architecture's own programs.
const nativeABI = table.AMD64

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

// Supported says why this build cannot enforce, nil if it can.
func Supported() error { return nil }
