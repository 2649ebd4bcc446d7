package table

import (
	"slices"

	"github.com/ebtrace/ebtrace/decode/xlat"
)

// rowDef is a row as it stands in the table.
type rowDef struct {
	row     *Row
	abis    uint8 // bit n: ABI n is named after "@"; 0: none is
	variant bool
	served  uint8   // ABIs that have the call
	next    *rowDef // of the same name
	pos     int
}

// reader reads syscalls.tbl and structs.tbl.
type reader struct {
	scanner
	sets    func(string) *xlat.Set
	layouts func(string) *layout
	structs map[string]*structDef
	refs    []ref               // arguments named in the row being read
	lists   map[string][]string // classes by their text, for rows to share
	rowSlab []Row
	argSlab []Arg
	valSlab []uint64
	chosen  []*rowDef
}

// ref is the mention of an argument, to be resolved at the end of the row.
type ref struct {
	what  refKind
	arg   int // the argument that mentions, -1: the row
	name  string
	pos   int
	bits  []string // constants of a condition
	deref bool
}

type refKind uint8

const (
	refLen refKind = iota
	refAt
	refIf
)

// kindWords maps the words of the grammar to kinds.
var kindWords = func() map[string]Kind {
	m := make(map[string]Kind, numKinds)
	for k, w := range kindNames {
		m[w] = Kind(k)
	}
	return m
}()

// classWords are the classes as the grammar writes them, classNames as
// Row.Classes holds them.
var (
	classWords = []string{"%file", "%process", "%network", "%signal", "%ipc", "%desc", "%memory", "%creds",
		"%stat", "%lstat", "%fstat", "%statfs", "%fstatfs", "%clock", "%pure", "%%stat", "%%statfs", "never"}
	classNames = []string{"file", "process", "network", "signal", "ipc", "desc", "memory", "creds",
		"stat", "lstat", "fstat", "statfs", "fstatfs", "clock", "pure", "%stat", "%statfs", "never"}
)

// readRows reads all rows of a table; mistakes are in r.errs.
func (r *reader) readRows() []rowDef {
	defs := make([]rowDef, 0, len(r.src)/64)
	for {
		switch c := r.peek(); {
		case c == 0 && r.pos >= len(r.src):
			return defs
		case c == '\n':
			r.pos++
			continue
		}
		def := rowDef{pos: r.pos}
		if r.row(&def) && r.endLine() {
			defs = append(defs, def)
		} else {
			r.recover()
		}
	}
}

// newRow takes a Row from a slab, so that reading the table allocates little.
func (r *reader) newRow() *Row {
	if len(r.rowSlab) == 0 {
		r.rowSlab = make([]Row, 128)
	}
	row := &r.rowSlab[0]
	r.rowSlab = r.rowSlab[1:]
	return row
}

// row reads one row.
func (r *reader) row(def *rowDef) (ok bool) {
	row := r.newRow()
	def.row, r.refs = row, r.refs[:0]
	if row.Name, ok = r.name("the name of a system call"); !ok {
		return false
	}
	if r.accept('@') && !r.abis(&def.abis) {
		return false
	}
	var v variantDef
	if r.accept('{') {
		def.variant = true
		if !r.variant(&v) {
			return false
		}
	}
	if !r.expect('(') || !r.args(row) || !r.result(row) || !r.classes(row) {
		return false
	}
	for i := range r.refs {
		if !r.resolve(row, &r.refs[i]) {
			return false
		}
	}
	return !def.variant || r.values(row, &v)
}

// abis reads the list after "@".
func (r *reader) abis(set *uint8) bool {
	for {
		at := r.here()
		i := slices.Index(abiNames[:], r.word())
		if i < 0 {
			return r.fail(at, "expected an ABI: amd64, arm64 or i386")
		}
		*set |= 1 << i
		if !r.accept(',') {
			return true
		}
	}
}

// args reads the arguments up to the closing parenthesis and gives them
// registers.
func (r *reader) args(row *Row) bool {
	if r.accept(')') {
		return true
	}
	if cap(r.argSlab)-len(r.argSlab) < 8 {
		r.argSlab = make([]Arg, 0, 512)
	}
	start := len(r.argSlab)
	var reg [NumABI]int8
	for {
		at := r.here()
		r.argSlab = append(r.argSlab, Arg{DirFD: -1, Len: Len{Src: LenNone}})
		row.Args = r.argSlab[start:len(r.argSlab):len(r.argSlab)]
		if !r.arg(row, len(row.Args)-1) {
			return false
		}
		if len(row.Args) > 6 {
			return r.fail(at, "more than 6 arguments")
		}
		row.Args[len(row.Args)-1].assign(&reg)
		if r.accept(')') {
			return true
		}
		if !r.expect(',') {
			return false
		}
	}
}

// assign gives the argument its registers and moves on: on a 32-bit ABI a
// wide argument takes two, without a gap before it (i386 pads nothing).
func (a *Arg) assign(reg *[NumABI]int8) {
	for abi := range reg {
		n := int8(1)
		if a.Kind.Wide() && ABI(abi).Word() == 4 {
			n = 2
		}
		a.Reg[abi] = reg[abi]
		if reg[abi] += n; reg[abi] > 6 {
			a.Reg[abi] = -1
		}
	}
}

// arg reads one argument.
func (r *reader) arg(row *Row, i int) (ok bool) {
	a := &row.Args[i]
	at := r.here()
	if a.Name, ok = r.name("the name of an argument"); !ok {
		return false
	}
	if a.Kind != KindUnused && findArg(row.Args[:i], a.Name) >= 0 {
		return r.fail(at, "two arguments are named %s", a.Name)
	}
	at = r.here()
	t, ok := r.kind()
	if !ok {
		return false
	}
	a.Kind, a.Elem, a.Set, a.Struct = t.kind, t.elem, t.set, t.structure()
	for c := r.peek(); c != ',' && c != ')'; c = r.peek() {
		if !r.modifier(a, i) {
			return false
		}
	}
	return r.complete(a, at)
}

// findArg returns the index of the argument of that name, or -1.
func findArg(args []Arg, name string) int {
	for i := range args {
		if args[i].Name == name {
			return i
		}
	}
	return -1
}

// modifier reads one modifier of argument i.
func (r *reader) modifier(a *Arg, i int) bool {
	if r.accept('@') {
		at := r.here()
		name, ok := r.name("the argument that holds the directory")
		r.refs = append(r.refs, ref{what: refAt, arg: i, name: name, pos: at})
		return ok
	}
	at := r.here()
	switch w := r.word(); w {
	case "in":
		a.Dir |= In
	case "out":
		a.Dir |= Out
	case "inout":
		a.Dir |= InOut
	case "always":
		a.Dir |= Out | Always
	case "len", "count":
		if w == "len" && a.Kind.vector() {
			return r.expect('=') && r.dataLength(a)
		}
		if a.Len.Src != LenNone {
			return r.fail(at, "a second length")
		}
		a.Count = w == "count"
		return r.expect('=') && r.length(a, i)
	case "if":
		return r.expect('=') && r.condition(i)
	default:
		return r.fail(at, "unknown modifier %q", w)
	}
	return true
}

// length reads what follows "len=" and "count=".
func (r *reader) length(a *Arg, i int) bool {
	deref := r.accept('*')
	at := r.here()
	w, ok := r.name("an argument, a number or ret")
	if !ok {
		return false
	}
	n, isNum := number(w)
	switch {
	case w == "ret" && !deref:
		a.Len.Src = LenRet
	case isNum && !deref && n > 0 && n <= 1<<20:
		a.Len = Len{Src: LenConst, N: uint32(n)}
	case isNum:
		return r.fail(at, "a length of %s", w)
	default:
		a.Len.Src = LenArg
		r.refs = append(r.refs, ref{what: refLen, arg: i, name: w, pos: at, deref: deref})
	}
	return true
}

// vector says whether kind k describes data in pieces: its len= tells how much
// of the data there is.
func (k Kind) vector() bool { return k == KindIovec || k == KindMsghdr || k == KindMmsghdr }

// dataLength reads what follows the "len=" of a vector: ret, as is always so
// for what the kernel fills in, or 0 for none.
func (r *reader) dataLength(a *Arg) bool {
	at := r.here()
	switch r.word() {
	case "0":
		a.NoData = true
	case "ret":
		if a.Dir&Out == 0 {
			return r.fail(at, "the result is not known at entry")
		}
	default:
		return r.fail(at, "expected len=ret or len=0")
	}
	return true
}

// condition reads what follows "if=".
func (r *reader) condition(i int) bool {
	at := r.here()
	name, ok := r.name("an argument")
	if !ok {
		return false
	}
	c := ref{what: refIf, arg: i, name: name, pos: at}
	if r.accept('&') {
		for {
			w, ok := r.name("a constant")
			if !ok {
				return false
			}
			c.bits = append(c.bits, w)
			if !r.accept('|') {
				break
			}
		}
	}
	r.refs = append(r.refs, c)
	return true
}

// result reads the kind of the result.
func (r *reader) result(row *Row) bool {
	at := r.here()
	t, ok := r.kind()
	if !ok {
		return false
	}
	if t.kind.Pointer() || t.kind == KindUnused || t.kind == KindDirFD {
		return r.fail(at, "a result can not be %s", t.kind)
	}
	row.Ret, row.RetSet = t.kind, t.set
	if r.accept('+') {
		at = r.here()
		if r.word() != "aux" {
			return r.fail(at, "expected +aux")
		}
		row.RetAux = true
	}
	return true
}

// classes reads the classes at the end of a row: "%" and a name, or the bare
// word never.
func (r *reader) classes(row *Row) bool {
	start := r.here()
	end := start
	for end < len(r.src) && r.src[end] != '\n' && r.src[end] != '#' {
		end++
	}
	text := r.src[start:end]
	if known, ok := r.lists[text]; ok {
		row.Classes, r.pos = known, end
		return true
	}
	for r.peek() == '%' || r.peek() == 'n' {
		at := r.here()
		for r.accept('%') {
		}
		r.word()
		i := slices.Index(classWords, r.src[at:r.pos])
		if i < 0 {
			return r.fail(at, "unknown class %q", r.src[at:r.pos])
		}
		row.Classes = append(row.Classes, classNames[i])
	}
	if r.here() >= end {
		r.lists[text] = row.Classes
	}
	return true
}
