package decode

import (
	"unsafe"

	"github.com/ebtrace/ebtrace/decode/xlat"
)

// The functions of this file append values to the decoder, in pre-order.

// open appends a container; its parts follow, then close with what it
// returned. An index, not a pointer: the nodes move when they grow.
func (d *Decoder) open(k Kind, name string) int {
	d.nodes = append(d.nodes, Value{Kind: k, Name: name, Span: 1})
	return len(d.nodes) - 1
}

// openText is open of a Func or Or with its text.
func (d *Decoder) openText(k Kind, name, text string) int {
	i := d.open(k, name)
	d.nodes[i].Text = text
	return i
}

// close ends the container that open returned.
func (d *Decoder) close(i int) { d.nodes[i].Span = int32(len(d.nodes) - i) }

// flag adds flags to node i.
func (d *Decoder) flag(i int, f Flag) { d.nodes[i].Flags |= f }

// last is the node appended last; valid until the next is appended.
func (d *Decoder) last() *Value { return &d.nodes[len(d.nodes)-1] }

// add appends a leaf.
func (d *Decoder) add(k Kind, name string, num uint64) {
	d.nodes = append(d.nodes, Value{Kind: k, Name: name, Num: num, Span: 1})
}

// addInt appends a signed decimal number.
func (d *Decoder) addInt(name string, v int64) { d.add(Int, name, uint64(v)) }

// addPtr appends a pointer, with FlagFault, FlagUnread or no flag.
func (d *Decoder) addPtr(name string, addr uint64, f Flag) {
	d.nodes = append(d.nodes, Value{Kind: Addr, Name: name, Num: addr, Flags: f, Span: 1})
}

// addMem appends the pointer to memory that could not be read or was not.
func (d *Decoder) addMem(name string, m mem) {
	f := FlagUnread
	if m.fault {
		f = FlagFault
	}
	d.addPtr(name, m.addr, f)
}

// addSet appends an Enum or Flags value of set.
func (d *Decoder) addSet(k Kind, name string, set *xlat.Set, v uint64) {
	d.nodes = append(d.nodes, Value{Kind: k, Name: name, Num: v, Set: set, Span: 1})
}

// addWord appends a symbol; text must live as long as the call: a constant,
// or from Decoder.textFrom.
func (d *Decoder) addWord(name, text string) {
	d.nodes = append(d.nodes, Value{Kind: Word, Name: name, Text: text, Span: 1})
}

// addBytes appends a Str, Path, Bytes, IPv4 or IPv6 value. want is the whole
// length if more was there than b holds (then it is marked as cut), else 0.
func (d *Decoder) addBytes(k Kind, name string, b []byte, want uint64) {
	v := Value{Kind: k, Name: name, Bytes: b, Span: 1}
	if want > uint64(len(b)) {
		v.Flags, v.Want = FlagCut, want
	}
	d.nodes = append(d.nodes, v)
}

// textFrom is the text in d.chars from offset n on, as a string that lives as
// long as the call.
func (d *Decoder) textFrom(n int) string {
	if n >= len(d.chars) {
		return ""
	}
	return unsafe.String(&d.chars[n], len(d.chars)-n)
}

// arg is the value of argument i of the row, of the width that its kind has
// on the call's ABI, sign-extended where the kind is signed.
func (d *Decoder) arg(i int) uint64 { return d.args[i] }
