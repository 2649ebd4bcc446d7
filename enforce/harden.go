package enforce

import (
	"slices"

	"golang.org/x/sys/unix"
)

// Closed is a way around a filter or its tracer, and how it is closed.
type Closed struct{ Call, Answer, Reason string }

// Hardening is what a policy closes besides its rules.
var Hardening = []Closed{
	{"calls of another ABI", "ENOSYS", "32-bit and x32 calls have other numbers than the rules name"},
	{"seccomp(SECCOMP_FILTER_FLAG_NEW_LISTENER)", "EPERM", "a listener of the program's own would answer before the rules do"},
	{"io_uring_setup", "ENOSYS", "its requests are no system calls: no rule sees them"},
	{"clone3", "ENOSYS", "its flags are in memory that can change after they were looked at; C libraries fall back to clone"},
	{"clone(CLONE_UNTRACED)", "EPERM", "the child would escape the tracer"},
	{"userfaultfd", "EPERM", "its memory stops whoever reads it"},
	{"bpf", "EPERM", "the programs could change or blind the observer"},
	{"open_by_handle_at", "EPERM", "with rules about paths: a handle has no path"},
	{"sendmmsg", "ENOSYS", "with rules about addresses: its messages are in memory that can change"},
}

const (
	cloneUntraced      = 0x00800000 // CLONE_UNTRACED, linux/sched.h
	seccompNewListener = 8          // SECCOMP_FILTER_FLAG_NEW_LISTENER, linux/seccomp.h
)

// hardened appends what Hardening lists, for the native ABI; the number is in
// the accumulator and is there afterwards.
func (f *filter) hardened(rules []Rule) {
	type closed struct{ nr, errno uint32 }
	list := []closed{
		{unix.SYS_IO_URING_SETUP, enosys}, {unix.SYS_CLONE3, enosys},
		{unix.SYS_USERFAULTFD, uint32(unix.EPERM)}, {unix.SYS_BPF, uint32(unix.EPERM)},
	}
	for i := range rules {
		if m := &rules[i].Match; m.Path != nil || m.Path2 != nil {
			list = append(list, closed{unix.SYS_OPEN_BY_HANDLE_AT, uint32(unix.EPERM)})
		}
		if len(rules[i].Match.Addr) > 0 {
			list = append(list, closed{unix.SYS_SENDMMSG, enosys})
		}
	}
	slices.SortFunc(list, func(a, b closed) int { return int(a.nr) - int(b.nr) })
	for _, c := range slices.Compact(list) {
		f.jump(unix.BPF_JEQ, c.nr)
		f.ret(errnoAction(c.errno))
	}
	f.flag(unix.SYS_SECCOMP, 1, seccompNewListener)
	f.flag(unix.SYS_CLONE, 0, cloneUntraced)
}

// flag lets call nr fail with EPERM if bit is set in the low word of an argument.
func (f *filter) flag(nr uint32, arg int, bit uint32) {
	f.add(unix.BPF_JMP|unix.BPF_JEQ|unix.BPF_K, nr, 0, 4)
	f.load(uint32(dataArg + 8*arg))
	f.add(unix.BPF_JMP|unix.BPF_JSET|unix.BPF_K, bit, 0, 1)
	f.ret(errnoAction(uint32(unix.EPERM)))
	f.load(dataNR)
}
