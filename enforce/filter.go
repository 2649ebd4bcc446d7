package enforce

import (
	"slices"

	"golang.org/x/sys/unix"

	"github.com/ebtrace/ebtrace/decode/table"
)

// Offsets in struct seccomp_data (linux/seccomp.h), little-endian.
const (
	dataNR   = 0
	dataArch = 4
	dataArg  = 16 // of argument 0, 8 bytes each
)

// x32Bit marks the numbers of x32 calls, which share AUDIT_ARCH_X86_64.
const x32Bit = 0x40000000

// errnoAction is the filter's answer that lets a call fail.
func errnoAction(errno uint32) uint32 { return unix.SECCOMP_RET_ERRNO | errno }

// Filter is the seccomp program for the rules: calls that one names stop the
// thread, the others run. With harden, calls that are not of the native ABI
// fail with ENOSYS, as do ways around the filter (see hardened).
func Filter(rules []Rule, harden bool) []unix.SockFilter {
	f := &filter{}
	f.load(dataArch)
	f.block(auditNative, func() { f.calls(rules, nativeABI, harden) })
	f.block(auditCompat, func() {
		if harden {
			f.ret(errnoAction(enosys))
		} else {
			f.calls(rules, compatABI, false)
		}
	})
	if harden {
		f.ret(errnoAction(enosys))
	} else {
		f.ret(unix.SECCOMP_RET_ALLOW)
	}
	return f.code
}

// filter collects instructions.
type filter struct{ code []unix.SockFilter }

func (f *filter) add(code uint16, k uint32, jt, jf uint8) {
	f.code = append(f.code, unix.SockFilter{Code: code, Jt: jt, Jf: jf, K: k})
}

func (f *filter) load(off uint32) { f.add(unix.BPF_LD|unix.BPF_W|unix.BPF_ABS, off, 0, 0) }
func (f *filter) ret(action uint32) {
	f.add(unix.BPF_RET|unix.BPF_K, action, 0, 0)
}

// jump appends a conditional jump: if not true, over the next instruction.
func (f *filter) jump(op uint16, k uint32) {
	f.add(unix.BPF_JMP|op|unix.BPF_K, k, 0, 1)
}

// block runs body, which must end in a return, if the accumulator is k; the
// accumulator is as before after it otherwise.
func (f *filter) block(k uint32, body func()) {
	f.add(unix.BPF_JMP|unix.BPF_JEQ|unix.BPF_K, k, 1, 0)
	at := len(f.code)
	f.add(unix.BPF_JMP|unix.BPF_JA, 0, 0, 0)
	body()
	f.code[at].K = uint32(len(f.code) - at - 1)
}

// calls appends the test of the number of a call of one ABI.
func (f *filter) calls(rules []Rule, abi table.ABI, harden bool) {
	f.load(dataNR)
	if abi == table.AMD64 && nativeABI == table.AMD64 {
		x32 := uint32(unix.SECCOMP_RET_ALLOW)
		if harden {
			x32 = errnoAction(enosys)
		}
		f.jump(unix.BPF_JGE, x32Bit)
		f.ret(x32)
	}
	if harden {
		f.hardened(rules)
	}
	for _, r := range ranges(named(rules, abi)) {
		f.traceRange(r[0], r[1])
	}
	f.ret(unix.SECCOMP_RET_ALLOW)
}

// traceRange stops the thread if the number is from lo to hi.
func (f *filter) traceRange(lo, hi uint32) {
	if lo == hi {
		f.jump(unix.BPF_JEQ, lo)
	} else {
		f.add(unix.BPF_JMP|unix.BPF_JGE|unix.BPF_K, lo, 0, 2)
		f.add(unix.BPF_JMP|unix.BPF_JGT|unix.BPF_K, hi, 1, 0)
	}
	f.ret(unix.SECCOMP_RET_TRACE)
}

// named returns the numbers of an ABI that rules name, sorted.
func named(rules []Rule, abi table.ABI) []int32 {
	var all []int32
	if int(abi) >= table.NumABI {
		return nil
	}
	for i := range rules {
		all = append(all, rules[i].Calls[abi]...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// ranges joins neighbours.
func ranges(nrs []int32) (all [][2]uint32) {
	for _, n := range nrs {
		if k := len(all); k > 0 && all[k-1][1]+1 == uint32(n) {
			all[k-1][1]++
			continue
		}
		all = append(all, [2]uint32{uint32(n), uint32(n)})
	}
	return all
}
