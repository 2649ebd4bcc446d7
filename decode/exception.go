package decode

import "github.com/ebtrace/ebtrace/decode/table"

// Single arguments that are shown otherwise than their kinds say. What they
// show was observed with strace 6.1.

// restartBlock is ERESTART_RESTARTBLOCK of include/linux/errno.h.
const restartBlock = 516

// remainArg is the time that a sleep had left: the kernel writes it only when
// a signal ends a relative sleep (nanosleep_copyout in kernel/time/hrtimer.c).
func remainArg(d *Decoder, a *table.Arg, i int) bool {
	if d.errno == restartBlock {
		return false
	}
	d.addPtr(a.Name, d.arg(i), 0)
	return true
}

// waitedArg is what a wait tells of the child: nothing if it found none.
func waitedArg(d *Decoder, a *table.Arg, i int) bool {
	if !d.ended || d.ret != 0 {
		return false
	}
	d.addPtr(a.Name, d.arg(i), 0)
	return true
}

// fileModeArg is the mode of mknod, which says the type of the file too.
func fileModeArg(d *Decoder, a *table.Arg, i int) bool {
	d.add(Mode, a.Name, d.arg(i))
	return true
}

// randomArg is data that is no text.
func randomArg(d *Decoder, a *table.Arg, i int) bool {
	n := len(d.nodes)
	d.decodeArg(a, d.arg(i))
	if v := &d.nodes[n]; v.Kind == Str {
		v.Kind = Bytes
	}
	return true
}

// deviceArg is the device of mknod, for device files alone.
func deviceArg(d *Decoder, _ *table.Arg, i int) bool {
	const typeBits, char, block = 0o170000, 0o020000, 0o060000
	t := d.arg(i-1) & typeBits
	return t != char && t != block
}

// addrlenArg is the length of a socket address that the call leaves: a mere
// pointer where no address is asked for.
func addrlenArg(d *Decoder, a *table.Arg, i int) bool {
	if d.arg(i-1) != 0 {
		return false
	}
	d.addPtr(a.Name, d.arg(i), 0)
	return true
}

// seekArg is the offset of _llseek, which two arguments make up; the second is
// not shown.
func seekArg(d *Decoder, _ *table.Arg, i int) bool {
	d.addInt("offset", int64(d.arg(i)<<32|d.arg(i+1)))
	return true
}

// hiddenArg is shown as a part of another argument.
func hiddenArg(*Decoder, *table.Arg, int) bool { return true }
