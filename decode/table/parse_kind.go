package table

import "github.com/ebtrace/ebtrace/decode/xlat"

// typeDef is a kind with what stands in its brackets.
type typeDef struct {
	kind, elem Kind
	set        *xlat.Set
	def        *structDef
}

func (t *typeDef) structure() *Struct {
	if t.def == nil {
		return nil
	}
	return &t.def.Struct
}

// kind reads a kind: word ["[" set | struct | kind "]"].
func (r *reader) kind() (t typeDef, ok bool) {
	at := r.here()
	t.kind, ok = kindWords[r.word()]
	if !ok {
		return t, r.fail(at, "unknown kind %q", r.src[at:r.pos])
	}
	switch {
	case t.kind.HasSet():
		t.set, ok = r.set()
	case t.kind == KindStruct:
		if ok = r.expect('['); ok {
			t.def, ok = r.structName()
			ok = ok && r.expect(']')
		}
	case t.kind == KindArray || t.kind == KindPtr:
		ok = r.expect('[') && r.elem(&t) && r.expect(']')
	}
	return t, ok
}

// set reads "[NAME]", a set of constants.
func (r *reader) set() (*xlat.Set, bool) {
	if !r.expect('[') {
		return nil, false
	}
	at := r.here()
	name, ok := r.name("a set of constants")
	if !ok {
		return nil, false
	}
	s := r.sets(name)
	if s == nil {
		return nil, r.fail(at, "no set %s", name)
	}
	return s, r.expect(']')
}

// structName reads the name of a structure. It may be declared later.
func (r *reader) structName() (*structDef, bool) {
	at := r.here()
	name, ok := r.name("the name of a structure")
	if !ok {
		return nil, false
	}
	d := r.structs[name]
	if d == nil {
		d = &structDef{Struct: Struct{Name: name}, pos: at, file: r.file}
		r.structs[name] = d
	}
	return d, true
}

// elem reads the kind of an element: "struct S" or a kind by value or a
// pointer to a string.
func (r *reader) elem(t *typeDef) bool {
	at := r.here()
	if r.word() == "struct" {
		d, ok := r.structName()
		t.elem, t.def = KindStruct, d
		return ok
	}
	r.pos = at
	e, ok := r.kind()
	if !ok {
		return false
	}
	t.elem, t.set, t.def = e.kind, e.set, e.def
	switch e.kind {
	case KindNone, KindErr, KindUnused, KindArray, KindPtr, KindStruct, KindIovec, KindMsghdr, KindMmsghdr:
		return r.fail(at, "no elements of kind %s", e.kind)
	}
	return true
}

// elemSize is the size in bytes of one element of kind k behind a pointer.
func elemSize(k Kind, s *Struct, abi ABI) uint32 {
	switch k {
	case KindEnum8, KindFlags8:
		return 1
	case KindEnum16, KindFlags16:
		return 2
	case KindInt, KindUint, KindFD, KindDirFD, KindPID, KindTID, KindPGID, KindUID, KindGID,
		KindMode, KindSigno, KindEnum, KindFlags, KindWstatus:
		return 4
	case KindOff64, KindU64:
		return 8
	case KindSiginfo:
		return 128
	case KindStruct:
		return s.Size[abi]
	}
	return abi.Word() // long, ulong, hex, size, off, addr, dev, enum64, flags64, pointers
}

// complete checks an argument and fills in what follows from its kind.
func (r *reader) complete(a *Arg, at int) bool {
	if a.Kind == KindNone || a.Kind == KindErr {
		return r.fail(at, "an argument can not be %s", a.Kind)
	}
	if !a.Kind.Pointer() || a.Kind == KindOpaque {
		if a.Dir != 0 || a.Len.Src != LenNone {
			return r.fail(at, "%s is not read from memory", a.Kind)
		}
		return true
	}
	if a.Dir == 0 {
		a.Dir = In
		if a.Kind == KindWstatus {
			a.Dir = Out // the kernel never reads one
		}
	}
	if a.Len.Src == LenRet && a.Dir&Out == 0 {
		return r.fail(at, "the result is not known at entry")
	}
	return r.lengthFits(a, at)
}

// lengthFits says whether the argument has the length that its kind needs.
func (r *reader) lengthFits(a *Arg, at int) bool {
	has := a.Len.Src != LenNone
	switch a.Kind {
	case KindBuf, KindSockaddr, KindCPUset:
		if !has || a.Count {
			return r.fail(at, "%s needs len=", a.Kind)
		}
	case KindArray, KindIovec, KindMmsghdr, KindFdset:
		if !has || !a.Count {
			return r.fail(at, "%s needs count=", a.Kind)
		}
	case KindStruct, KindSigset:
		if has && a.Count {
			return r.fail(at, "%s takes len=", a.Kind)
		}
	default:
		if has {
			return r.fail(at, "%s takes no length", a.Kind)
		}
	}
	if a.Kind == KindFdset && a.Len.Src == LenArg {
		a.Len.Src = LenBits
	}
	return true
}
