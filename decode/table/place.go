package table

import (
	"cmp"
	"math/bits"
	"slices"
)

// variantAt is a variant's row for one value of the argument that selects it.
type variantAt struct {
	val uint64
	row *Row
}

// Variant returns the row that serves a call with these argument registers: r
// or one of its variants.
func (r *Row) Variant(abi ABI, args [6]uint64) *Row {
	if len(r.Variants) == 0 || abi >= NumABI {
		return r
	}
	reg := r.Args[r.VariantArg].Reg[abi]
	if reg < 0 {
		return r
	}
	v, index := args[reg]&r.VariantMask, r.index[abi]
	if i, found := slices.BinarySearchFunc(index, v, func(x variantAt, v uint64) int { return cmp.Compare(x.val, v) }); found {
		return index[i].row
	}
	return r
}

// Blocks says whether the call can wait for something: its class is not
// "never".
func (r *Row) Blocks() bool { return !slices.Contains(r.Classes, "never") }

// Raw returns an argument's value from the registers: those of a 32-bit ABI
// are cut to 32 bits, and two of them joined where the argument is wide. It is
// 0 if the ABI has no register for the argument.
func (a *Arg) Raw(abi ABI, args *[6]uint64) uint64 {
	if abi >= NumABI || a.Reg[abi] < 0 {
		return 0
	}
	reg := a.Reg[abi]
	v := args[reg]
	if abi.Word() == 4 {
		v = uint64(uint32(v))
		if a.Kind.Wide() && reg < 5 {
			v |= args[reg+1] << 32
		}
	}
	return v
}

// placeAll puts the rows where their numbers are. A row for named ABIs comes
// before a general one; a variant's row serves the base row of its name.
func (t *tables) placeAll(r *reader, defs []rowDef) {
	first := make(map[string]*rowDef, len(defs)) // of its name; the others follow by next
	for i := len(defs) - 1; i >= 0; i-- {
		d := &defs[i]
		d.next = first[d.row.Name]
		first[d.row.Name] = d
	}
	last := make(map[string]*Row)
	for abi := range ABI(NumABI) {
		for nr, name := range callNames[abi] {
			if d := first[name]; d != nil {
				t.place(r, abi, nr, d, last)
			}
		}
	}
	for i := range defs {
		d := &defs[i]
		switch missing := d.abis &^ d.served; {
		case d.served == 0 && d.abis == 0:
			r.fail(d.pos, "no ABI has a call %s", d.row.Name)
		case missing != 0:
			r.fail(d.pos, "%s has no call %s", ABI(bits.TrailingZeros8(missing)), d.row.Name)
		}
	}
}

// place puts the rows of one name, from d on, where an ABI's number is. last
// holds the joined rows of the ABIs before.
func (t *tables) place(r *reader, abi ABI, nr int, d *rowDef, last map[string]*Row) {
	base, variants := r.choose(abi, d)
	switch {
	case base == nil && len(variants) > 0:
		r.fail(variants[0].pos, "%s has variants but no row without braces for %s", d.row.Name, abi)
	case base == nil:
	case len(variants) == 0:
		t.rows[abi][nr] = base.row
	default:
		row := join(r, last[d.row.Name], abi, base.row, variants)
		last[d.row.Name] = row
		t.rows[abi][nr] = row
	}
}

// choose returns the rows of one name, from d on, that serve an ABI. The
// variants are valid until the next call.
func (r *reader) choose(abi ABI, d *rowDef) (base *rowDef, variants []*rowDef) {
	variants = r.chosen[:0]
	for _, named := range []bool{true, false} {
		var mine *rowDef
		for d := d; d != nil; d = d.next {
			if (d.abis != 0) != named || named && d.abis&(1<<abi) == 0 {
				continue
			}
			d.served |= 1 << abi
			switch {
			case d.variant:
				variants = append(variants, d)
			case mine != nil:
				r.fail(d.pos, "%s has two rows for %s", d.row.Name, abi)
			default:
				mine = d
			}
		}
		if base == nil {
			base = mine
		}
	}
	r.chosen = variants
	return base, variants
}

// join makes the row of a base with variants for an ABI. If it would equal
// last, the row of another ABI, that one serves both.
func join(r *reader, last *Row, abi ABI, base *Row, variants []*rowDef) *Row {
	first := variants[0].row
	rows := make([]*Row, len(variants))
	for i, v := range variants {
		rows[i] = v.row
		if v.row.VariantMask != first.VariantMask || v.row.reg(abi) != first.reg(abi) {
			r.fail(v.pos, "%s has variants by another argument or mask", base.Name)
			return base
		}
	}
	row := last
	if last == nil || !slices.Equal(last.Variants, rows) || !sameArgs(last.Args, base.Args) {
		row = r.newRow()
		*row = *base
		row.Variants, row.VariantMask = rows, first.VariantMask
		i := slices.IndexFunc(base.Args, func(a Arg) bool { return a.Reg[abi] == first.reg(abi) })
		if i < 0 {
			r.fail(variants[0].pos, "the row of %s without braces has no argument in that place", base.Name)
			return base
		}
		row.VariantArg = uint8(i)
	}
	row.index[abi] = index(rows, abi)
	return row
}

// index sorts variants by their values; of equal ones the first counts.
func index(rows []*Row, abi ABI) []variantAt {
	n := 0
	for _, v := range rows {
		n += len(v.Values[abi])
	}
	x := make([]variantAt, 0, n)
	for _, v := range rows {
		for _, val := range v.Values[abi] {
			x = append(x, variantAt{val, v})
		}
	}
	slices.SortStableFunc(x, func(a, b variantAt) int { return cmp.Compare(a.val, b.val) })
	return slices.CompactFunc(x, func(a, b variantAt) bool { return a.val == b.val })
}

// reg is the register that selects a variant.
func (r *Row) reg(abi ABI) int8 { return r.Args[r.VariantArg].Reg[abi] }

// sameArgs says whether two rows are the same row of the table.
func sameArgs(a, b []Arg) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}
