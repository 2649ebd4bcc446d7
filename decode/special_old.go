package decode

import (
	"encoding/binary"
	"strconv"

	"github.com/ebtrace/ebtrace/decode/table"
)

// Calls of 32-bit x86 that newer ABIs have not: signal(2), sgetmask(2),
// set_thread_area(2).

func handlerArg(d *Decoder, a *table.Arg, i int) bool {
	d.sigHandler(a.Name, d.arg(i))
	return true
}

// handlerNote: signal returns the handler before.
func handlerNote(d *Decoder) {
	if d.errno == 0 {
		d.sigHandler("", uint64(uint32(d.ret)))
	}
}

// oldMask appends a set of signals that a call passes by value.
func (d *Decoder) oldMask(name string, v uint64) {
	var b [4]byte
	binary.LittleEndian.PutUint32(b[:], uint32(v))
	d.sigset(name, b[:])
}

func oldMaskArg(d *Decoder, a *table.Arg, i int) bool {
	d.oldMask(a.Name, d.arg(i))
	return true
}

func sgetmaskNote(d *Decoder) {
	if d.errno == 0 {
		d.oldMask("mask", uint64(d.ret))
	}
}

func ssetmaskNote(d *Decoder) {
	if d.errno == 0 {
		d.oldMask("old mask", uint64(d.ret))
	}
}

// userDescSize is sizeof(struct user_desc) of asm/ldt.h: three words and bits.
const userDescSize = 16

// userDescBits are the bit fields of struct user_desc, with their widths.
var userDescBits = [...]struct {
	name  string
	width uint
}{
	{"seg_32bit", 1}, {"contents", 2}, {"read_exec_only", 1}, {"limit_in_pages", 1}, {"seg_not_present", 1}, {"useable", 1},
}

// userDescStruct decodes a segment of an LDT.
func userDescStruct(d *Decoder, name string, _ *table.Struct, m mem) {
	if !m.has(0, userDescSize) {
		d.addMem(name, m)
		return
	}
	i := d.open(Struct, name)
	d.addInt("entry_number", m.int(0, 4))
	d.addHexPadded("base_addr", m.uint(4, 4))
	d.addHexPadded("limit", m.uint(8, 4))
	bits := m.uint(12, 4)
	for _, f := range &userDescBits {
		d.add(Uint, f.name, bits&(1<<f.width-1))
		bits >>= f.width
	}
	d.close(i)
}

// threadAreaArg shows what set_thread_area was asked for; which entry it took
// is in its note.
func threadAreaArg(d *Decoder, a *table.Arg, i int) bool {
	m := d.readAt(d.arg(i), userDescSize, false)
	if d.arg(i) == 0 || !m.whole() {
		return false
	}
	userDescStruct(d, a.Name, nil, m)
	return true
}

func threadAreaNote(d *Decoder) {
	if m := d.readAt(d.arg(0), 4, true); d.errno == 0 && m.whole() {
		n := len(d.chars)
		d.chars = append(d.chars, "entry_number="...)
		d.chars = strconv.AppendInt(d.chars, m.int(0, 4), 10)
		d.addWord("", d.textFrom(n))
	}
}
