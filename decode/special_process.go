package decode

import (
	"strconv"

	"github.com/ebtrace/ebtrace/decode/table"
)

// wstatusArg decodes a status as wait(2) tells it:
// [{WIFEXITED(s) && WEXITSTATUS(s) == 3}].
func wstatusArg(d *Decoder, _ *table.Arg, name string, m mem, _ int64) {
	if !m.has(0, 4) {
		d.addMem(name, m)
		return
	}
	s := m.uint(0, 4)
	i := d.open(Array, name)
	if extra := waitExtra(s); extra != 0 {
		j := d.open(Or, "")
		d.waitStatus(s)
		d.waitEvent(s, extra)
		d.close(j)
	} else {
		d.waitStatus(s)
	}
	d.close(i)
}

// waitContinued is the status of a child that continues (kernel/exit.c).
const waitContinued = 0xffff

// waitExtra is the upper bits of status s beside those that wait(2) explains.
func waitExtra(s uint64) uint64 {
	if s == waitContinued {
		return 0
	}
	return s >> 16
}

// waitStatus appends what wait(2)'s macros say of status s.
func (d *Decoder) waitStatus(s uint64) {
	st := d.open(Struct, "")
	i := d.openText(Or, "", " && ")
	d.nodes[i].Num = s
	low, sig := s&0x7f, s>>8&0xff
	switch {
	case s == waitContinued:
		d.addWord("", "WIFCONTINUED(s)")
	case s&0xff == 0x7f:
		d.addWord("", "WIFSTOPPED(s)")
		if d.equal("WSTOPSIG(s) == ", sig&0x7f, true); sig&0x80 != 0 {
			n := len(d.chars)
			d.chars = append(append(d.chars, d.last().Text...), " | 0x80"...)
			d.last().Text = d.textFrom(n)
		}
	case low == 0:
		d.addWord("", "WIFEXITED(s)")
		d.equal("WEXITSTATUS(s) == ", sig, false)
	default:
		d.addWord("", "WIFSIGNALED(s)")
		d.equal("WTERMSIG(s) == ", low, true)
		if s&0x80 != 0 {
			d.addWord("", "WCOREDUMP(s)")
		}
	}
	d.close(i)
	d.close(st)
}

// ptraceEvents are by number, of linux/ptrace.h.
var ptraceEvents = [...]string{
	1: "PTRACE_EVENT_FORK<<16", 2: "PTRACE_EVENT_VFORK<<16", 3: "PTRACE_EVENT_CLONE<<16", 4: "PTRACE_EVENT_EXEC<<16",
	5: "PTRACE_EVENT_VFORK_DONE<<16", 6: "PTRACE_EVENT_EXIT<<16", 7: "PTRACE_EVENT_SECCOMP<<16", 128: "PTRACE_EVENT_STOP<<16",
}

// waitEvent appends the upper bits of status s: of a stop, a ptrace event.
func (d *Decoder) waitEvent(s, extra uint64) {
	if s&0xff == 0x7f && extra < uint64(len(ptraceEvents)) && ptraceEvents[extra] != "" {
		d.addWord("", ptraceEvents[extra])
		d.last().Num = extra << 16
		return
	}
	d.add(Hex, "", extra<<16)
}

// equal appends "text value", the value a number or a signal.
func (d *Decoder) equal(text string, v uint64, signal bool) {
	n := len(d.chars)
	d.chars = append(d.chars, text...)
	if name := SignalName(v); signal && name != "" {
		d.chars = append(d.chars, name...)
	} else {
		d.chars = strconv.AppendUint(d.chars, v, 10)
	}
	d.addWord("", d.textFrom(n))
	d.last().Num = v
}

// Flags of clone(2) that say which of its arguments mean something.
const (
	csignal            = 0xff
	clonePidfd         = 0x1000
	cloneSettls        = 0x80000
	cloneParentSettid  = 0x100000
	cloneChildCleartid = 0x200000
	cloneChildSettid   = 0x1000000
	cloneIntoCgroup    = 0x200000000
)

// Arguments of the rows of clone: all ABIs begin alike; x86-64 has the tls last.
const (
	cloneFlagsArg = 0
	cloneTLS      = 4 // of x86-64
)

// clone's arguments are shown by name and out of their order: the stack is
// the first. So the flags are left to the stack, and on x86-64 the tls to the
// child_tidptr before it, if that is shown.

func cloneFlags(*Decoder, *table.Arg, int) bool { return true }

func cloneStack(d *Decoder, a *table.Arg, i int) bool {
	d.addPtr(a.Name, d.arg(i), 0)
	d.last().Flags |= FlagNamed
	f := d.arg(cloneFlagsArg)
	d.cloneFlagsValue("flags", f)
	return true
}

// cloneFlagsValue appends clone's flags with the signal in their low byte.
func (d *Decoder) cloneFlagsValue(name string, f uint64) {
	signal, flags := f&csignal, f&^uint64(csignal)
	switch {
	case signal == 0 || flags == 0 && SignalName(signal) == "":
		d.addSet(Flags, name, setCloneFlags, f)
		d.last().Flags |= FlagNamed
	case flags == 0:
		d.add(Signal, name, signal)
		d.last().Flags |= FlagNamed
	default:
		i := d.open(Or, name)
		d.nodes[i].Num = f
		d.flag(i, FlagNamed)
		d.addSet(Flags, "", setCloneFlags, flags)
		d.add(Signal, "", signal)
		d.close(i)
	}
}

func cloneParentTID(d *Decoder, a *table.Arg, i int) bool {
	n := len(d.nodes)
	d.decodeArg(a, d.arg(i))
	d.flag(n, FlagNamed)
	return true
}

func cloneChildTID(d *Decoder, a *table.Arg, i int) bool {
	if i < cloneTLS && d.arg(cloneFlagsArg)&cloneSettls != 0 { // x86-64
		d.add(Hex, "tls", d.arg(cloneTLS))
		d.last().Flags |= FlagNamed
	}
	d.addPtr(a.Name, d.arg(i), 0)
	d.last().Flags |= FlagNamed
	return true
}

func cloneTLSArg(d *Decoder, a *table.Arg, i int) bool {
	if i == cloneTLS && d.arg(cloneFlagsArg)&(cloneChildSettid|cloneChildCleartid) != 0 {
		return true // shown before child_tidptr
	}
	d.add(Hex, a.Name, d.arg(i))
	d.last().Flags |= FlagNamed
	return true
}

// Offsets of struct clone_args (linux/sched.h); all members have 64 bits.
const (
	caFlags      = 0
	caPidfd      = 8
	caChildTID   = 16
	caParentTID  = 24
	caExitSignal = 32
	caStack      = 40
	caStackSize  = 48
	caTLS        = 56
	caSetTID     = 64
	caSetTIDSize = 72
	caCgroup     = 80
	caMin        = 64 // CLONE_ARGS_SIZE_VER0
)

// cloneArgsStruct decodes the argument of clone3: what it was given and, if
// it wrote any, what it left.
func cloneArgsStruct(d *Decoder, name string, _ *table.Struct, m mem) {
	if m.size < caMin || !m.has(0, caMin) {
		d.addMem(name, m)
		return
	}
	flags := m.uint(caFlags, 8)
	wrote := d.ended && d.errno == 0 && d.ret > 0 && flags&(clonePidfd|cloneParentSettid) != 0
	p := len(d.nodes)
	if wrote {
		d.open(Pair, name)
		d.cloneArgs("", flags, m)
		d.cloneLeft(flags, m)
		d.close(p)
		return
	}
	d.cloneArgs(name, flags, m)
}

func (d *Decoder) cloneArgs(name string, flags uint64, m mem) {
	i := d.open(Struct, name)
	d.addSet(Flags, "flags", setClone3Flags, flags)
	if flags&clonePidfd != 0 {
		d.addPtr("pidfd", m.uint(caPidfd, 8), 0)
	}
	if flags&(cloneChildSettid|cloneChildCleartid) != 0 {
		d.addPtr("child_tid", m.uint(caChildTID, 8), 0)
	}
	if flags&cloneParentSettid != 0 {
		d.addPtr("parent_tid", m.uint(caParentTID, 8), 0)
	}
	if sig := m.uint(caExitSignal, 8); SignalName(sig) != "" {
		d.add(Signal, "exit_signal", sig)
	} else {
		d.add(Uint, "exit_signal", sig)
	}
	d.addPtr("stack", m.uint(caStack, 8), 0)
	d.add(Hex, "stack_size", m.uint(caStackSize, 8))
	if flags&cloneSettls != 0 {
		d.add(Hex, "tls", m.uint(caTLS, 8))
	}
	if n := m.uint(caSetTIDSize, 8); n != 0 || m.uint(caSetTID, 8) != 0 {
		d.addPtr("set_tid", m.uint(caSetTID, 8), 0)
		d.add(Uint, "set_tid_size", n)
	}
	if flags&cloneIntoCgroup != 0 && m.has(caCgroup, 8) {
		d.add(FD, "cgroup", m.uint(caCgroup, 8))
	}
	d.close(i)
}

// cloneLeft appends what clone3 wrote. The thread id that it leaves at
// parent_tid is its result (kernel_clone in kernel/fork.c).
func (d *Decoder) cloneLeft(flags uint64, m mem) {
	i := d.open(Struct, "")
	if flags&clonePidfd != 0 {
		addr := m.uint(caPidfd, 8)
		if p := d.readAt(addr, 4, true); p.whole() {
			j := d.open(Array, "pidfd")
			d.add(FD, "", uint64(p.int(0, 4)))
			d.close(j)
		} else {
			d.addPtr("pidfd", addr, FlagUnread)
		}
	}
	if flags&cloneParentSettid != 0 {
		j := d.open(Array, "parent_tid")
		d.add(PID, "", uint64(d.ret))
		d.close(j)
	}
	d.close(i)
}
