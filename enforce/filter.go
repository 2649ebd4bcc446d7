package enforce

import (
	"fmt"
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

// maxFilter is how many instructions a filter may have (BPF_MAXINSNS,
// linux/bpf_common.h).
const maxFilter = 4096

// Filter is the seccomp program for a command: calls that a rule is about stop
// the thread, or fail or run at once where registers alone decide; the others
// run. With Harden, calls that are not of the native ABI fail with ENOSYS, as
// do ways around the filter (see Hardening). Where registers make the program
// too long, only the numbers of calls are looked at.
func (c *Config) Filter() []unix.SockFilter {
	if code := c.filter(true); len(code) <= maxFilter {
		return code
	}
	return c.filter(false)
}

func (c *Config) filter(registers bool) []unix.SockFilter {
	f := &filter{cfg: c, registers: registers}
	f.load(dataArch)
	f.block(auditNative, func() { f.calls(nativeABI, c.Harden) })
	f.block(auditCompat, func() {
		if c.Harden {
			f.ret(errnoAction(enosys))
		} else {
			f.calls(compatABI, false)
		}
	})
	if c.Harden {
		f.ret(errnoAction(enosys))
	} else {
		f.ret(unix.SECCOMP_RET_ALLOW)
	}
	return f.code
}

// filter collects instructions.
type filter struct {
	cfg       *Config
	registers bool // look at them
	code      []unix.SockFilter
}

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
func (f *filter) calls(abi table.ABI, harden bool) {
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
		f.hardened(f.cfg.Rules)
	}
	if abi == nativeABI && f.cfg.SpaceAt != 0 {
		f.guards()
	}
	for _, g := range f.groups(abi) {
		f.group(g)
	}
	f.ret(unix.SECCOMP_RET_ALLOW)
}

// group is calls for which the same is done.
type group struct {
	nrs   []int32
	steps []step // none: the thread stops
}

// step is what is done with a call if the registers pass all tests.
type step struct {
	tests  []regTest
	action uint32
}

// groups are the calls that rules name, those of the same steps together.
func (f *filter) groups(abi table.ABI) (all []group) {
	at := map[string]int{}
	for _, nr := range named(f.cfg.Rules, abi) {
		var steps []step
		if f.registers {
			steps = f.cfg.steps(abi, nr)
		}
		key := fmt.Sprint(steps)
		i, ok := at[key]
		if !ok {
			i = len(all)
			at[key], all = i, append(all, group{steps: steps})
		}
		all[i].nrs = append(all[i].nrs, nr)
	}
	return all
}

// group appends the tests of the numbers of g, and what is done with them.
func (f *filter) group(g group) {
	if len(g.steps) == 0 {
		for _, r := range ranges(g.nrs) {
			f.inRange(r[0], r[1])
			f.ret(unix.SECCOMP_RET_TRACE)
		}
		return
	}
	var to []int
	for _, r := range ranges(g.nrs) {
		f.inRange(r[0], r[1])
		to = append(to, f.far())
	}
	over := f.far()
	f.land(to...)
	for i := range g.steps {
		var fails []int
		for _, t := range g.steps[i].tests {
			fails = append(fails, f.test(&t)...)
		}
		f.ret(g.steps[i].action)
		f.land(fails...)
		if len(fails) == 0 {
			break // nothing comes after it
		}
	}
	f.ret(unix.SECCOMP_RET_ALLOW)
	f.land(over)
}

// inRange skips the next instruction unless the number is from lo to hi.
func (f *filter) inRange(lo, hi uint32) {
	if lo == hi {
		f.jump(unix.BPF_JEQ, lo)
		return
	}
	f.add(unix.BPF_JMP|unix.BPF_JGE|unix.BPF_K, lo, 0, 2)
	f.add(unix.BPF_JMP|unix.BPF_JGT|unix.BPF_K, hi, 1, 0)
}

// far appends a jump to where land is called with what it returns.
func (f *filter) far() int {
	f.add(unix.BPF_JMP|unix.BPF_JA, 0, 0, 0)
	return len(f.code) - 1
}

// land makes jumps lead to the next instruction.
func (f *filter) land(from ...int) {
	for _, at := range from {
		f.code[at].K = uint32(len(f.code) - at - 1)
	}
}

// test appends a test of an argument register and returns the jumps that are
// taken if it fails. The accumulator is lost.
func (f *filter) test(t *regTest) (fails []int) {
	fail := func(op uint16, k uint32, onTrue bool) {
		jt, jf := uint8(1), uint8(0)
		if onTrue {
			jt, jf = 0, 1
		}
		f.add(unix.BPF_JMP|op|unix.BPF_K, k, jt, jf)
		fails = append(fails, f.far())
	}
	low, high := uint32(dataArg+8*t.arg), uint32(dataArg+8*t.arg+4)
	word := func(off uint32, mask uint32) {
		f.load(off)
		if mask != ^uint32(0) {
			f.add(unix.BPF_ALU|unix.BPF_AND|unix.BPF_K, mask, 0, 0)
		}
	}
	minH, maxH, maskH := uint32(t.min>>32), uint32(t.max>>32), uint32(t.mask>>32)
	var least, most []int // where the high word decides that the bound holds
	if t.min > 0 {
		word(high, maskH)
		fail(unix.BPF_JGE, minH, false)
		f.jump(unix.BPF_JGT, minH)
		least = append(least, f.far())
		word(low, uint32(t.mask))
		fail(unix.BPF_JGE, uint32(t.min), false)
	}
	f.land(least...)
	if t.max < t.mask {
		word(high, maskH)
		fail(unix.BPF_JGT, maxH, true)
		f.jump(unix.BPF_JGE, maxH)
		f.add(unix.BPF_JMP|unix.BPF_JA, 1, 0, 0)
		most = append(most, f.far())
		word(low, uint32(t.mask))
		fail(unix.BPF_JGT, uint32(t.max), true)
	}
	f.land(most...)
	return fails
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
