package table

// structDef is a Struct and where it is declared or, if it is not, mentioned.
type structDef struct {
	Struct
	declared bool
	file     string
	pos      int
}

// readStructs reads all structures of a table; mistakes are in r.errs.
func (r *reader) readStructs() {
	for {
		switch c := r.peek(); {
		case c == 0 && r.pos >= len(r.src):
			return
		case c == '\n':
			r.pos++
			continue
		}
		if !r.structure() || !r.endLine() {
			r.recover()
		}
	}
}

// structure reads one structure.
func (r *reader) structure() bool {
	at := r.here()
	if r.word() != "struct" {
		return r.fail(at, "expected struct")
	}
	at = r.here()
	d, ok := r.structName()
	if !ok {
		return false
	}
	if d.declared {
		return r.fail(at, "struct %s is there twice", d.Name)
	}
	d.declared = true
	l := r.layouts(d.Name)
	if l != nil {
		d.Size = l.size
	}
	if !r.ctype() || !r.expect('{') {
		return false
	}
	for !r.accept('}') {
		switch r.peek() {
		case '\n':
			r.pos++
			continue
		case 0:
			return r.fail(r.pos, "struct %s does not end", d.Name)
		}
		if !r.field(d, l) {
			return false
		}
	}
	return true
}

// ctype passes over "= C type" and "<header>"s, which the generator reads.
func (r *reader) ctype() bool {
	for {
		switch c := r.peek(); c {
		case '{':
			return true
		case 0, '\n':
			return r.fail(r.pos, "expected {")
		default:
			r.pos++
		}
	}
}

// field reads one field and its line's end.
func (r *reader) field(d *structDef, l *layout) bool {
	var f Field
	f.Hidden = r.accept('-')
	at := r.here()
	name, ok := r.name("a member")
	if !ok {
		return false
	}
	kindAt := r.here()
	t, ok := r.kind()
	if !ok {
		return false
	}
	if t.kind == KindNone || t.kind == KindErr {
		return r.fail(kindAt, "a field can not be %s", t.kind)
	}
	f.Name, f.Kind, f.Elem, f.Set, f.Struct = name, t.kind, t.elem, t.set, t.structure()
	if r.peek() == 'a' {
		if as := r.here(); r.word() != "as" {
			return r.fail(as, "expected as")
		}
		if f.Name, ok = r.name("the name to show"); !ok {
			return false
		}
	}
	if l == nil {
		return r.fail(at, "no layout of struct %s: go generate", d.Name)
	}
	m := l.find(name)
	if m == nil {
		return r.fail(at, "no layout of member %s: go generate", name)
	}
	f.Off, f.Size, f.N, f.Ptr = m.off, m.size, m.n, m.ptr || t.kind == KindPtr
	d.Fields = append(d.Fields, f)
	return r.peek() == '}' || r.endLine()
}
