package decode

import (
	"github.com/ebtrace/ebtrace/decode/table"
	"github.com/ebtrace/ebtrace/decode/xlat"
)

// atFDCWD is AT_FDCWD of linux/fcntl.h.
const atFDCWD = -100

// kindSize is the width of a value of kind k on the call's ABI, in bytes: of
// an argument, a result or an element of an array.
func (d *Decoder) kindSize(k table.Kind) int {
	switch k {
	case table.KindMode:
		return 2 // umode_t
	case table.KindEnum8, table.KindFlags8:
		return 1
	case table.KindEnum16, table.KindFlags16:
		return 2
	case table.KindU64, table.KindOff64:
		return 8
	case table.KindLong, table.KindUlong, table.KindHex, table.KindSize, table.KindOff, table.KindAddr,
		table.KindEnum64, table.KindFlags64, table.KindOpaque:
		return d.word
	}
	if k.Pointer() {
		return d.word
	}
	return 4
}

// signed says whether values of kind k are signed.
func signed(k table.Kind) bool {
	switch k {
	case table.KindInt, table.KindLong, table.KindOff, table.KindOff64, table.KindFD, table.KindDirFD,
		table.KindPID, table.KindTID, table.KindPGID, table.KindSigno, table.KindErr:
		return true
	}
	return false
}

// trunc is v as an integer of size bytes of kind k: sign- or zero-extended.
func trunc(k table.Kind, v uint64, size int) uint64 {
	if size >= 8 {
		return v
	}
	if signed(k) {
		return uint64(extend(v, size))
	}
	return v & (1<<(8*uint(size)) - 1)
}

// argValue is the value of argument a: of its register, or of two of them.
func (d *Decoder) argValue(a *table.Arg) uint64 {
	r := int(a.Reg[d.abi])
	if r < 0 || r >= len(d.regs) {
		return 0
	}
	v := d.regs[r]
	if d.word == 4 && a.Kind.Wide() {
		v &= 1<<32 - 1
		if r+1 < len(d.regs) {
			v |= d.regs[r+1] << 32
		}
		return v
	}
	return trunc(a.Kind, v, d.kindSize(a.Kind))
}

// scalar appends v, an integer of size bytes, as kind k says. Kinds that are
// no scalars are shown as pointers.
func (d *Decoder) scalar(name string, k table.Kind, set *xlat.Set, v uint64, size int) {
	v = trunc(k, v, size)
	switch k {
	case table.KindInt, table.KindLong, table.KindOff, table.KindOff64, table.KindErr:
		d.add(Int, name, v)
	case table.KindPID, table.KindTID, table.KindPGID:
		d.add(PID, name, v)
		if d.opts.PIDNames && k != table.KindPGID {
			d.last().Text = d.comms[uint32(v)]
		}
	case table.KindUint, table.KindUlong, table.KindSize, table.KindU64:
		d.add(Uint, name, v)
	case table.KindHex:
		d.add(Hex, name, v)
	case table.KindUID, table.KindGID:
		if extend(v, size) == -1 {
			d.addInt(name, -1)
			return
		}
		d.add(Uint, name, v)
	case table.KindFD, table.KindDirFD:
		d.addFD(name, k, v)
	case table.KindMode:
		d.add(Octal, name, v)
	case table.KindDev:
		d.add(Dev, name, v)
	case table.KindSigno:
		d.add(Signal, name, v)
	case table.KindEnum, table.KindEnum64, table.KindEnum8, table.KindEnum16:
		d.addSet(Enum, name, set, v)
	case table.KindFlags, table.KindFlags64, table.KindFlags8, table.KindFlags16:
		d.addSet(Flags, name, set, v)
	default:
		d.addPtr(name, v, 0)
	}
}
