package enforce

import (
	"reflect"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/ebtrace/ebtrace/decode/table"
)

// regTest asks of an argument register that its value & mask be from min to max.
type regTest struct {
	arg            int
	mask, min, max uint64
}

func (t *regTest) passes(args *[6]uint64) bool {
	v := args[t.arg] & t.mask
	return v >= t.min && v <= t.max
}

// ArgMask is the bits of an argument register that the kernel looks at: the
// upper ones of an int are the program's to choose.
func ArgMask(abi table.ABI, nr int32, reg int) uint64 {
	if abi == table.I386 {
		return 1<<32 - 1
	}
	row := table.Lookup(abi, nr)
	if row == nil {
		return ^uint64(0)
	}
	for i := range row.Args {
		if int(row.Args[i].Reg[abi]) == reg {
			return kindMask(row.Args[i].Kind)
		}
	}
	return ^uint64(0)
}

func kindMask(k table.Kind) uint64 {
	switch k {
	case table.KindInt, table.KindUint, table.KindFD, table.KindDirFD, table.KindPID, table.KindTID, table.KindPGID,
		table.KindUID, table.KindGID, table.KindDev, table.KindSigno, table.KindEnum, table.KindFlags:
		return 1<<32 - 1
	case table.KindMode, table.KindEnum16, table.KindFlags16:
		return 1<<16 - 1
	case table.KindEnum8, table.KindFlags8:
		return 1<<8 - 1
	}
	return ^uint64(0)
}

// test is m for a register of which the bits in mask count. Bounds below 0 are
// those of the shorter type.
func (m *ArgMatch) test(mask uint64) regTest {
	short := func(v uint64) uint64 {
		if v > mask && v|mask == ^uint64(0) {
			return v & mask
		}
		return v
	}
	return regTest{arg: m.Arg, mask: m.Mask & mask, min: short(m.Min), max: short(m.Max)}
}

// tests are the tests of registers that a rule makes of a call. all says that
// nothing else decides whether it matches.
func (r *Rule) tests(abi table.ABI, nr int32) (list []regTest, all bool) {
	m := &r.Match
	for i := range m.Args {
		list = append(list, m.Args[i].test(ArgMask(abi, nr, m.Args[i].Arg)))
	}
	rest := *m
	rest.Args = nil
	if row := table.Lookup(abi, nr); m.Flags != nil && row != nil && row.Name != "openat2" && row.Name != "creat" {
		i := flagsArg(row)
		if i < 0 || row.Args[i].Reg[abi] < 0 {
			return list, false
		}
		rest.Flags = nil
		arg := int(row.Args[i].Reg[abi])
		mask := ArgMask(abi, nr, arg)
		if m.Flags.Any != 0 {
			list = append(list, regTest{arg, m.Flags.Any & mask, 1, ^uint64(0)})
		}
		if m.Flags.All != 0 {
			list = append(list, regTest{arg, m.Flags.All & mask, m.Flags.All, m.Flags.All})
		}
		if m.Flags.None != 0 {
			list = append(list, regTest{arg, m.Flags.None & mask, 0, 0})
		}
	}
	return list, reflect.DeepEqual(rest, Match{})
}

// InFilter says whether a rule is carried out by the filter alone, without a
// stop, of all its calls: it denies or allows, and registers decide.
func (c *Config) InFilter(r *Rule) bool {
	for abi := range r.Calls {
		for _, nr := range r.Calls[abi] {
			if _, all := r.tests(table.ABI(abi), nr); !all || c.action(r, table.ABI(abi), nr) == unix.SECCOMP_RET_TRACE {
				return false
			}
		}
	}
	return true
}

// ownCalls are those that the enforcer lets a program make for a space.
var ownCalls = numbers("memfd_create", "mmap", "mseal", "munmap", "prctl", "close")

// action is the filter's answer to a call that r matches. To kill, it stops
// the thread: the kernel would leave no record of the call.
func (c *Config) action(r *Rule, abi table.ABI, nr int32) uint32 {
	a := Action{Decision: r.Action.Decision, Errno: r.Action.Errno}
	own := abi == nativeABI && ownCalls[nr] && inspects(c.Rules)
	switch {
	case c.Monitor || r.PerCall || own || !r.When.Always() || !reflect.DeepEqual(a, r.Action):
	case a.Decision == Run:
		return unix.SECCOMP_RET_ALLOW
	case a.Decision == Deny:
		return errnoAction(uint32(a.Errno))
	}
	return unix.SECCOMP_RET_TRACE
}

// steps are what the filter does with a call that rules name, in their order:
// up to the first that needs a stop and has no tests. None: it always stops.
func (c *Config) steps(abi table.ABI, nr int32) (list []step) {
	for i := range c.Rules {
		r := &c.Rules[i]
		if _, ok := slices.BinarySearch(r.Calls[abi], nr); !ok {
			continue
		}
		s := step{action: unix.SECCOMP_RET_TRACE}
		tests, all := r.tests(abi, nr)
		s.tests = tests
		if all {
			s.action = c.action(r, abi, nr)
		}
		list = append(list, s)
		if len(tests) == 0 {
			break
		}
	}
	if len(list) == 1 && len(list[0].tests) == 0 && list[0].action == unix.SECCOMP_RET_TRACE {
		return nil
	}
	return list
}

// Decides says whether the filter may decide about a call without a stop.
func (c *Config) Decides(abi table.ABI, nr int32) bool {
	if abi != nativeABI && c.Harden {
		return true
	}
	if int(abi) >= table.NumABI {
		return false
	}
	if slices.ContainsFunc(c.steps(abi, nr), func(s step) bool { return s.action != unix.SECCOMP_RET_TRACE }) {
		return true
	}
	return c.Harden && slices.ContainsFunc(closedCalls(c.Rules), func(k closedCall) bool { return k.nr == uint32(nr) })
}

// Filtered is what a filter of c has done with a call without a stop: the rule,
// or Closing. ok is false if it was no rule's doing. begun says that the kernel
// began the call: it does not if a filter has denied it.
func (c *Config) Filtered(abi table.ABI, nr int32, args *[6]uint64, begun bool, ret int64) (rule uint16, d Decision, ok bool) {
	if int(abi) >= table.NumABI {
		return Closing, Deny, c.Harden && !begun && ret == -enosys
	}
	if !begun && c.Harden {
		for _, k := range closedCalls(c.Rules) {
			if abi == nativeABI && k.nr == uint32(nr) && ret == -int64(k.errno) && (k.bit == 0 || uint32(args[k.arg])&k.bit != 0) {
				return Closing, Deny, true
			}
		}
		if abi != nativeABI {
			return Closing, Deny, ret == -enosys
		}
	}
	for i := range c.Rules {
		r := &c.Rules[i]
		if _, ok := slices.BinarySearch(r.Calls[abi], nr); !ok {
			continue
		}
		tests, all := r.tests(abi, nr)
		if slices.ContainsFunc(tests, func(t regTest) bool { return !t.passes(args) }) {
			continue
		}
		action := c.action(r, abi, nr)
		return uint16(i), r.Action.Decision, all && action != unix.SECCOMP_RET_TRACE &&
			(r.Action.Decision == Run) == begun && (begun || ret == -int64(r.Action.Errno))
	}
	return 0, 0, false
}
