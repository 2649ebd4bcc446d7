package table

import "github.com/ebtrace/ebtrace/decode/xlat"

// variantDef is what stands in the braces of a variant.
type variantDef struct {
	arg, mask string
	consts    []string
	pos       int
}

// variant reads "arg [& mask] = const {, const} }".
func (r *reader) variant(v *variantDef) (ok bool) {
	v.pos = r.here()
	if v.arg, ok = r.name("an argument"); !ok {
		return false
	}
	if r.accept('&') {
		if v.mask, ok = r.name("a mask"); !ok {
			return false
		}
	}
	if !r.expect('=') {
		return false
	}
	for {
		w, ok := r.name("a constant")
		if !ok {
			return false
		}
		v.consts = append(v.consts, w)
		if !r.accept(',') {
			return r.expect('}')
		}
	}
}

// values gives a variant's row the argument and the values that select it.
func (r *reader) values(row *Row, v *variantDef) bool {
	i := findArg(row.Args, v.arg)
	if i < 0 {
		return r.fail(v.pos, "no argument %s", v.arg)
	}
	row.VariantArg, row.VariantMask = uint8(i), 1<<32-1
	if v.mask != "" {
		m, ok := r.constant(&row.Args[i], v.mask, v.pos)
		if !ok {
			return false
		}
		row.VariantMask = m[AMD64]
		if m[ARM64] != m[AMD64] || m[I386] != m[AMD64] || m[AMD64] >= 1<<32 {
			return r.fail(v.pos, "the mask %s is not one 32-bit value", v.mask)
		}
	}
	for abi := range row.Values {
		row.Values[abi] = r.newValues(len(v.consts))
	}
	for _, c := range v.consts {
		if !r.value(row, i, c, v.pos) {
			return false
		}
	}
	return true
}

// newValues takes room for n values from a slab.
func (r *reader) newValues(n int) []uint64 {
	if len(r.valSlab) < n {
		r.valSlab = make([]uint64, max(n, 512))
	}
	v := r.valSlab[:0:n]
	r.valSlab = r.valSlab[n:]
	return v
}

// value adds one constant to the values of a variant.
func (r *reader) value(row *Row, i int, c string, pos int) bool {
	vals, ok := r.constant(&row.Args[i], c, pos)
	if !ok {
		return false
	}
	for abi := range vals {
		if vals[abi] == absent {
			continue
		}
		if vals[abi]&^row.VariantMask != 0 {
			return r.fail(pos, "%s has bits outside of the mask", c)
		}
		row.Values[abi] = append(row.Values[abi], vals[abi])
	}
	return true
}

// absent stands for a constant that an ABI lacks.
const absent = 1<<64 - 1

// constant returns the value of a number or of a constant of the argument's
// set, by ABI; where an ABI lacks it, absent.
func (r *reader) constant(a *Arg, w string, pos int) (vals [NumABI]uint64, ok bool) {
	if n, ok := number(w); ok {
		return [NumABI]uint64{n, n, n}, true
	}
	for abi := range vals {
		if abi > 0 && a.Set != nil && sameGroups(a.Set.ABI[abi], a.Set.ABI[abi-1]) {
			vals[abi] = vals[abi-1]
			continue
		}
		v, has := a.Set.Value(uint8(abi), w)
		if !has {
			v = absent
		}
		vals[abi], ok = v, ok || has
	}
	if !ok && a.Set == nil {
		return vals, r.fail(pos, "%s has no set of constants, so %s means nothing", a.Name, w)
	}
	if !ok {
		return vals, r.fail(pos, "set %s has no %s", a.Set.Name, w)
	}
	return vals, true
}

// sameGroups says whether two ABIs share their constants.
func sameGroups(a, b []xlat.Group) bool {
	return len(a) == len(b) && len(a) > 0 && &a[0] == &b[0]
}

// resolve fills in an argument's mention of another.
func (r *reader) resolve(row *Row, f *ref) bool {
	i := findArg(row.Args, f.name)
	if i < 0 {
		return r.fail(f.pos, "no argument %s", f.name)
	}
	a, other := &row.Args[f.arg], &row.Args[i]
	switch f.what {
	case refAt:
		if other.Kind != KindDirFD && other.Kind != KindFD {
			return r.fail(f.pos, "%s is no descriptor", f.name)
		}
		a.DirFD = int8(i)
	case refIf:
		return r.resolveIf(a, other, uint8(i), f)
	case refLen:
		a.Len.Arg = uint8(i)
		if f.deref {
			return r.resolvePtrLen(a, other, f)
		}
		if other.Kind.Pointer() {
			return r.fail(f.pos, "%s is a pointer: *%s?", f.name, f.name)
		}
	}
	return true
}

// resolvePtrLen fills in a length that another argument points to.
func (r *reader) resolvePtrLen(a, other *Arg, f *ref) bool {
	if other.Kind != KindPtr || a.Len.Src == LenBits {
		return r.fail(f.pos, "%s is no pointer to a length", f.name)
	}
	switch elemSize(other.Elem, other.Struct, AMD64) {
	case 4:
		a.Len.Src = LenPtr32
	case 8:
		a.Len.Src = LenPtr64
	default:
		return r.fail(f.pos, "%s does not point to an int or a long", f.name)
	}
	return true
}

// resolveIf fills in a condition on another argument.
func (r *reader) resolveIf(a, other *Arg, i uint8, f *ref) bool {
	c := &Cond{Arg: i}
	a.If = c
	for abi := range c.Mask {
		if f.bits != nil {
			break
		}
		c.Mask[abi] = 1<<64 - 1
		if !other.Kind.long() {
			c.Mask[abi] = 1<<32 - 1
		}
	}
	for _, w := range f.bits {
		vals, ok := r.constant(other, w, f.pos)
		if !ok {
			return false
		}
		for abi, v := range vals {
			if v != absent {
				c.Mask[abi] |= v
			}
		}
	}
	return true
}

// long says whether an argument of kind k fills its register on 64-bit ABIs.
func (k Kind) long() bool {
	switch k {
	case KindLong, KindUlong, KindHex, KindSize, KindOff, KindOff64, KindU64, KindAddr,
		KindEnum64, KindFlags64:
		return true
	}
	return k.Pointer()
}
