package enforce

import (
	"slices"

	"golang.org/x/sys/unix"

	"github.com/ebtrace/ebtrace/decode/table"
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

// closedCall is a call of the native ABI that fails, always or with a bit in
// the low word of an argument.
type closedCall struct {
	nr, errno uint32
	arg       int
	bit       uint32 // 0: always
}

// closedCalls are those that Hardening names, for these rules.
func closedCalls(rules []Rule) (list []closedCall) {
	add := func(name string, errno uint32, arg int, bit uint32) {
		nr, ok := table.Number(nativeABI, name)
		c := closedCall{uint32(nr), errno, arg, bit}
		if ok && !slices.Contains(list, c) {
			list = append(list, c)
		}
	}
	add("io_uring_setup", enosys, 0, 0)
	add("clone3", enosys, 0, 0)
	add("userfaultfd", uint32(unix.EPERM), 0, 0)
	add("bpf", uint32(unix.EPERM), 0, 0)
	add("seccomp", uint32(unix.EPERM), 1, seccompNewListener)
	add("clone", uint32(unix.EPERM), 0, cloneUntraced)
	for i := range rules {
		if m := &rules[i].Match; m.Path != nil || m.Path2 != nil {
			add("open_by_handle_at", uint32(unix.EPERM), 0, 0)
		}
		if len(rules[i].Match.Addr) > 0 {
			add("sendmmsg", enosys, 0, 0)
		}
	}
	return list
}

// hardened appends closedCalls; the number is in the accumulator and is there
// afterwards.
func (f *filter) hardened(rules []Rule) {
	for _, c := range closedCalls(rules) {
		if c.bit == 0 {
			f.jump(unix.BPF_JEQ, c.nr)
			f.ret(errnoAction(c.errno))
			continue
		}
		f.add(unix.BPF_JMP|unix.BPF_JEQ|unix.BPF_K, c.nr, 0, 4)
		f.load(uint32(dataArg + 8*c.arg))
		f.add(unix.BPF_JMP|unix.BPF_JSET|unix.BPF_K, c.bit, 0, 1)
		f.ret(errnoAction(c.errno))
		f.load(dataNR)
	}
}

// closed is the error with which a call fails that is closed, 0 if it is not.
func (tr *tracer) closed(c *call) uint32 {
	if !tr.cfg.Harden {
		return 0
	}
	if c.abi != nativeABI {
		return enosys
	}
	for _, k := range tr.closing {
		if k.nr == uint32(c.nr) && (k.bit == 0 || uint32(c.args[k.arg])&k.bit != 0) {
			return k.errno
		}
	}
	return 0
}
