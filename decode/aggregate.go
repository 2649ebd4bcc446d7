package decode

import (
	"github.com/ebtrace/ebtrace/decode/table"
	"github.com/ebtrace/ebtrace/decode/xlat"
)

// maxDepth bounds structures that point to structures.
const maxDepth = 8

// elem is what an array or a pointer holds.
type elem struct {
	kind table.Kind
	set  *xlat.Set
	st   *table.Struct
}

func elemOf(a *table.Arg) elem { return elem{a.Elem, a.Set, a.Struct} }

// elemSize is the size of e on the call's ABI, in bytes; 0 if it has none.
func (d *Decoder) elemSize(e elem) int {
	if e.kind == table.KindStruct {
		if e.st == nil {
			return 0
		}
		return int(e.st.Size[d.abi])
	}
	switch e.kind {
	case table.KindMode, table.KindWstatus:
		return 4
	case table.KindSiginfo:
		return d.specialSize(e.kind)
	}
	return d.kindSize(e.kind)
}

// addElem appends one element that m holds.
func (d *Decoder) addElem(name string, e elem, m mem) {
	switch {
	case e.kind == table.KindStruct:
		d.structure(name, e.st, m)
	case d.kinds[e.kind] != nil:
		d.kinds[e.kind](d, nil, name, m, -1)
	case e.kind.Pointer() && e.kind != table.KindOpaque:
		d.pointerTo(name, e, m.uint(0, d.word))
	default:
		d.scalar(name, e.kind, e.set, m.uint(0, m.size), m.size)
	}
}

// pointerTo appends what a pointer in memory points to: a string or a
// structure, else the pointer.
func (d *Decoder) pointerTo(name string, e elem, addr uint64) {
	switch {
	case addr == 0:
		d.addPtr(name, 0, 0)
	case e.kind == table.KindPath, e.kind == table.KindStr:
		d.addString(name, e.kind, addr, false)
	case e.kind == table.KindStruct && e.st != nil:
		if m := d.read(addr, int(e.st.Size[d.abi])); len(m.b) > 0 {
			d.structure(name, e.st, m)
			return
		}
		d.addPtr(name, addr, FlagUnread)
	default:
		d.addPtr(name, addr, 0)
	}
}

// array appends the n elements at addr: as many as -s lets through, all of
// them with -v, as far as they were captured.
func (d *Decoder) array(name string, e elem, addr uint64, n int64) {
	size := d.elemSize(e)
	if n < 0 || size <= 0 {
		d.addPtr(name, addr, FlagUnread)
		return
	}
	show := min(n, d.elements())
	d.arrayIn(name, e, d.read(addr, int(min(show*int64(size), maxLen))), n)
}

// elements is how many elements of an array are shown at most.
func (d *Decoder) elements() int64 {
	if d.opts.Verbose {
		return maxLen / 4096
	}
	return int64(max(d.opts.StrSize, 0))
}

// arrayIn appends the elements that m holds; n is how many there are.
func (d *Decoder) arrayIn(name string, e elem, m mem, n int64) {
	size := d.elemSize(e)
	have := len(m.b) / size
	if have == 0 && m.size > 0 {
		d.addMem(name, m)
		return
	}
	i := d.open(Array, name)
	for k := range have {
		d.addElem("", e, m.sub(k*size, size))
	}
	d.close(i)
	d.cutArray(i, have, n, m)
}

// cutArray marks the array at node i if it has fewer than n elements.
func (d *Decoder) cutArray(i, have int, n int64, m mem) {
	if int64(have) >= n {
		return
	}
	v := &d.nodes[i]
	v.Flags |= FlagCut
	v.Want = uint64(n)
	if m.fault && !m.whole() {
		v.Flags |= FlagFault
		v.Num = m.addr + uint64(len(m.b))
	}
}

// ptr appends [value], or for an inout argument that the call changed
// [before => after], and [before] => [after] for file offsets.
func (d *Decoder) ptr(a *table.Arg, addr uint64) {
	e := elemOf(a)
	size := d.elemSize(e)
	if size <= 0 {
		d.addPtr(a.Name, addr, FlagUnread)
		return
	}
	m := d.read(addr, size)
	before := m
	if d.exit && a.Dir&table.In != 0 {
		before = d.readAt(addr, size, false)
	}
	switch {
	case !m.whole():
		d.addMem(a.Name, m)
	case e.kind == table.KindStruct:
		d.structure(a.Name, e.st, m)
	case !before.whole() || before.uint(0, size) == m.uint(0, size):
		d.boxed(a.Name, e, m)
	case e.kind == table.KindOff || e.kind == table.KindOff64:
		i := d.open(Pair, a.Name)
		d.boxed("", e, before)
		d.boxed("", e, m)
		d.close(i)
	default:
		i := d.open(Array, a.Name)
		j := d.open(Pair, "")
		d.addElem("", e, before)
		d.addElem("", e, m)
		d.close(j)
		d.close(i)
	}
}

// boxed appends an Array of the one element in m.
func (d *Decoder) boxed(name string, e elem, m mem) {
	i := d.open(Array, name)
	d.addElem("", e, m)
	d.close(i)
}

// maxOpen bounds structures whose size neither the table nor the call gives.
const maxOpen = 4096

// structArg appends the structure at addr: the smaller of its layout and the
// length that the call gives; that length alone where the structure has a
// decoder of its own, which may be for a list of them.
func (d *Decoder) structArg(a *table.Arg, addr uint64) {
	size := 0
	if a.Struct != nil {
		size = int(a.Struct.Size[d.abi])
	}
	own := a.Struct != nil && d.structs[a.Struct.Name] != nil
	if n := d.length(a); n >= 0 && (size == 0 || own || n < int64(size)) {
		size = int(min(n, maxLen))
	} else if own && size == 0 {
		size = maxOpen
	}
	m := d.read(addr, size)
	if size == maxOpen && !m.fault {
		m.size = len(m.b)
	}
	if len(m.b) == 0 || m.fault && !m.whole() {
		d.addMem(a.Name, m)
		return
	}
	d.structure(a.Name, a.Struct, m)
}

// structure appends the structure that m holds, by its layout or by a decoder
// of its own.
func (d *Decoder) structure(name string, st *table.Struct, m mem) {
	if st == nil || len(m.b) == 0 || d.depth >= maxDepth {
		d.addMem(name, m)
		return
	}
	d.depth++
	defer func() { d.depth-- }()
	if f := d.structFn(st); f != nil {
		f(d, name, st, m)
		return
	}
	d.layout(name, st, m)
}

// layout appends the structure that m holds by its layout.
func (d *Decoder) layout(name string, st *table.Struct, m mem) {
	if len(st.Fields) == 0 {
		d.addMem(name, m)
		return
	}
	i := d.open(Struct, name)
	for k := range st.Fields {
		f := &st.Fields[k]
		off, size := int(f.Off[d.abi]), d.fieldSize(f)
		if size == 0 || off >= m.size || f.Kind == table.KindUnused {
			continue // not in this ABI, or in a version of the structure that the program does not know
		}
		if f.Hidden && d.opts.Brief {
			d.flag(i, FlagCut)
			continue
		}
		if !m.has(off, size) {
			d.flag(i, FlagCut)
			continue
		}
		at := len(d.nodes)
		d.field(f, m.sub(off, size))
		if f.Hidden {
			d.flag(at, FlagVerbose)
		}
	}
	d.close(i)
}

// fieldSize is the bytes of a member, all of its elements.
func (d *Decoder) fieldSize(f *table.Field) int {
	return int(f.Size[d.abi]) * int(max(f.N[d.abi], 1))
}

// field appends the member that m holds.
func (d *Decoder) field(f *table.Field, m mem) {
	n := int64(max(f.N[d.abi], 1))
	if f.Ptr && n == 1 {
		d.pointerField(f, m.uint(0, d.word))
		return
	}
	switch f.Kind {
	case table.KindPath, table.KindStr, table.KindBuf:
		d.textField(f, m)
	case table.KindArray:
		d.arrayIn(f.Name, elem{f.Elem, f.Set, f.Struct}, m, n)
	case table.KindStruct:
		if n > 1 {
			d.arrayIn(f.Name, elem{f.Kind, nil, f.Struct}, m, n)
			return
		}
		d.structure(f.Name, f.Struct, m)
	case table.KindMode:
		d.add(Mode, f.Name, m.uint(0, m.size))
	default:
		d.valueField(f, m, n)
	}
}

// valueField appends a member of a kind by value, or of a kind of its own
// that lies in the structure.
func (d *Decoder) valueField(f *table.Field, m mem, n int64) {
	if fn := d.kinds[f.Kind]; fn != nil {
		fn(d, nil, f.Name, m, -1)
		return
	}
	size := int(f.Size[d.abi])
	if n <= 1 {
		d.scalar(f.Name, f.Kind, f.Set, m.uint(0, size), size)
		return
	}
	i := d.open(Array, f.Name)
	for k := range int(n) {
		d.scalar("", f.Kind, f.Set, m.uint(k*size, size), size)
	}
	d.close(i)
}

// pointerField appends what a member that is a pointer points to.
func (d *Decoder) pointerField(f *table.Field, addr uint64) {
	switch {
	case f.Kind == table.KindPtr && addr != 0:
		e := elem{f.Elem, f.Set, f.Struct}
		if m := d.read(addr, d.elemSize(e)); m.size > 0 && m.whole() {
			d.boxed(f.Name, e, m)
		} else {
			d.addMem(f.Name, m)
		}
	case d.kinds[f.Kind] != nil && addr != 0:
		if m := d.read(addr, d.specialSize(f.Kind)); len(m.b) > 0 {
			d.kinds[f.Kind](d, nil, f.Name, m, -1)
		} else {
			d.addMem(f.Name, m)
		}
	default:
		d.pointerTo(f.Name, elem{f.Kind, f.Set, f.Struct}, addr)
	}
}

// textField appends a member that is an array of characters: a string, or
// n bytes (kind buf).
func (d *Decoder) textField(f *table.Field, m mem) {
	if f.Kind == table.KindBuf {
		d.addBytes(Str, f.Name, m.b[:min(len(m.b), max(d.opts.StrSize, 0))], uint64(m.size))
		return
	}
	b := m.b
	for k, c := range b {
		if c == 0 {
			b = b[:k]
			break
		}
	}
	form := Str
	if f.Kind == table.KindPath {
		form = Path
	} else if len(b) > d.opts.StrSize {
		d.addBytes(form, f.Name, b[:max(d.opts.StrSize, 0)], uint64(len(b)))
		return
	}
	d.addBytes(form, f.Name, b, 0)
}
