package decode

import (
	"bytes"
	"math"

	"github.com/ebtrace/ebtrace/bpf"
	"github.com/ebtrace/ebtrace/decode/table"
)

// maxLen bounds the memory that one value is looked for in.
const maxLen = math.MaxInt32

// decodeArg appends argument a, whose value is v.
func (d *Decoder) decodeArg(a *table.Arg, v uint64) {
	if !a.Kind.Pointer() {
		d.scalar(a.Name, a.Kind, a.Set, v, d.kindSize(a.Kind))
		return
	}
	if v == 0 || a.Kind == table.KindOpaque {
		d.addPtr(a.Name, v, 0)
		return
	}
	if !d.choose(a) {
		d.addPtr(a.Name, v, FlagUnread)
		return
	}
	switch a.Kind {
	case table.KindPath, table.KindStr:
		d.addString(a.Name, a.Kind, v, a.Dir&table.Out == 0)
	case table.KindBuf:
		d.addBuf(Str, a.Name, v, d.length(a))
	case table.KindStruct:
		d.structArg(a, v)
	case table.KindArray:
		d.array(a.Name, elemOf(a), v, d.length(a))
	case table.KindPtr:
		d.ptr(a, v)
	case table.KindIovec:
		d.iovecArg(a, v)
	case table.KindArgv:
		d.argv(a.Name, v)
	case table.KindEnvp:
		d.envp(a.Name, v)
	default:
		d.special(a, v)
	}
}

// choose sets the time at which the memory of argument a is read; false if
// there is nothing to read: an output of a call that failed.
func (d *Decoder) choose(a *table.Arg) bool {
	left := d.ended && (d.errno == 0 || a.Dir&table.Always != 0) // the call left something
	switch {
	case a.Dir&table.Out == 0:
		d.exit = false
	case a.Dir&table.In != 0:
		d.exit = left && showsExit(a)
	default:
		d.exit = true
		// A vector is an input even where what it points to is not.
		return left || d.ended && a.Kind == table.KindIovec
	}
	return true
}

// length is the value of a's len= or count=; -1 if the row gives none or it
// could not be read.
func (d *Decoder) length(a *table.Arg) int64 {
	n := int64(-1)
	switch a.Len.Src {
	case table.LenConst:
		n = int64(a.Len.N)
	case table.LenArg, table.LenBits:
		if int(a.Len.Arg) < maxArgs {
			n = int64(d.args[a.Len.Arg])
			if n < 0 {
				n = 0
				if !signed(d.row.Args[a.Len.Arg].Kind) {
					n = math.MaxInt64
				}
			}
		}
	case table.LenPtr32:
		return d.pointedLength(a, 4)
	case table.LenPtr64:
		return d.pointedLength(a, d.word)
	case table.LenRet:
		n = min(max(d.ret, 0), d.room(a))
	}
	return n
}

// room is the size argument that follows a, or else no bound: with MSG_TRUNC a
// result is more than fits (recv(2)).
func (d *Decoder) room(a *table.Arg) int64 {
	args := d.row.Args
	for i := range min(len(args), maxArgs) - 1 {
		if &args[i] == a && args[i+1].Kind == table.KindSize {
			return int64(min(d.args[i+1], math.MaxInt64))
		}
	}
	return math.MaxInt64
}

// pointedLength is the length in memory: what the call left there, but not
// more than it was given.
func (d *Decoder) pointedLength(a *table.Arg, size int) int64 {
	if int(a.Len.Arg) >= maxArgs {
		return -1
	}
	p := d.args[a.Len.Arg]
	n := int64(-1)
	if m := d.readAt(p, size, false); m.whole() {
		n = int64(min(m.uint(0, size), math.MaxInt64))
	}
	if d.exit {
		if m := d.readAt(p, size, true); m.whole() {
			e := int64(min(m.uint(0, size), math.MaxInt64))
			if n < 0 || e < n {
				n = e
			}
		}
	}
	return n
}

// addBuf appends size bytes of data at addr, as many as -s lets through.
func (d *Decoder) addBuf(k Kind, name string, addr uint64, size int64) {
	if size < 0 {
		d.addPtr(name, addr, FlagUnread)
		return
	}
	want := min(size, int64(d.opts.StrSize))
	m := d.read(addr, int(want))
	if len(m.b) == 0 && want > 0 || m.fault && !m.whole() {
		d.addMem(name, m)
		return
	}
	d.addBytes(k, name, m.b, uint64(size))
}

// cstr is a NUL-terminated string in user memory.
type cstr struct {
	b     []byte // without the NUL
	cut   bool   // it goes on
	found bool
	fault bool // not found because the kernel could not read it
}

// cstring is the string at addr, at the time being decoded.
func (d *Decoder) cstring(addr uint64) cstr {
	c := d.cstringAt(addr, d.exit)
	if !c.found && !d.exit {
		if e := d.cstringAt(addr, true); e.found || e.fault {
			return e
		}
	}
	return c
}

// cstringAt is the string at addr at entry or at exit.
func (d *Decoder) cstringAt(addr uint64, exit bool) (c cstr) {
	n := len(d.secs)
	for k, i := 0, d.hint; k < n; k, i = k+1, i+1 {
		if i >= n {
			i = 0
		}
		s := &d.secs[i]
		if s.exit != exit || addr < s.Addr || addr-s.Addr > uint64(len(s.Data)) {
			continue
		}
		b := s.Data[addr-s.Addr:]
		whole := bpf.TraceEbSecKind(s.Kind) == bpf.TraceEbSecKindEB_SEC_STR
		cut := !whole || bpf.TraceEbSecFlag(s.Flags)&bpf.TraceEbSecFlagEB_S_CUT != 0
		if z := bytes.IndexByte(b, 0); z >= 0 {
			b, whole, cut = b[:z], true, false
		} else if s.Err != 0 {
			c.fault = true // whatever lies before the absent page, it is no string
			continue
		} else if !whole && len(b) == 0 {
			continue
		}
		if !c.found || len(b) > len(c.b) {
			c = cstr{b: b, cut: cut, found: true}
		}
		if whole {
			d.hint = i
			return c
		}
	}
	return c
}

// addString appends the string at addr: a Path, whole, or a Str, as much of
// it as -s lets through. input: the call only reads it, so that a copy from
// its end must be the same.
func (d *Decoder) addString(name string, k table.Kind, addr uint64, input bool) {
	c := d.cstring(addr)
	if !c.found {
		d.addMem(name, mem{addr: addr, fault: c.fault})
		return
	}
	d.addText(name, k, c)
	if input && d.changed(addr, c) {
		d.last().Flags |= FlagChanged
	}
}

// addText appends a string that was found.
func (d *Decoder) addText(name string, k table.Kind, c cstr) {
	form, want := Path, uint64(0)
	if k != table.KindPath {
		form = Str
		if len(c.b) > d.opts.StrSize {
			if !c.cut {
				want = uint64(len(c.b))
			}
			c.b, c.cut = c.b[:max(d.opts.StrSize, 0)], true
		}
	}
	d.addBytes(form, name, c.b, want)
	if c.cut {
		d.last().Flags |= FlagCut
	}
}

// changed says whether the string at addr, c at entry, is another at exit.
func (d *Decoder) changed(addr uint64, c cstr) bool {
	if d.exit || !d.twice {
		return false
	}
	e, x := d.cstringAt(addr, false), d.cstringAt(addr, true)
	return e.found && x.found && !bytes.Equal(e.b[:min(len(e.b), len(x.b))], x.b[:min(len(e.b), len(x.b))]) ||
		e.found && x.found && !e.cut && !x.cut && len(e.b) != len(x.b)
}

// special appends what a pointer of a kind with a decoder of its own points to.
func (d *Decoder) special(a *table.Arg, addr uint64) {
	f := d.kinds[a.Kind]
	if f == nil {
		d.addPtr(a.Name, addr, FlagUnread)
		return
	}
	n, size := d.length(a), d.specialSize(a.Kind)
	if n >= 0 {
		size = int(min(n, maxLen))
		if a.Kind == table.KindFdset {
			words := (size + 8*d.word - 1) / (8 * d.word)
			size = words * d.word
		} else if a.Count {
			size *= d.specialSize(a.Kind)
		}
	}
	m := d.read(addr, size)
	if len(m.b) == 0 {
		d.addMem(a.Name, m)
		return
	}
	f(d, a, a.Name, m, n)
}

// specialSize is the size of what a pointer of kind k points to where the row
// gives no length; for mmsghdr that of one element.
func (d *Decoder) specialSize(k table.Kind) int {
	switch k {
	case table.KindMsghdr: // struct user_msghdr: two pointers with an int, two with a long, two longs
		return 7 * d.word
	case table.KindMmsghdr: // struct mmsghdr: a msghdr and an unsigned int, padded
		return 8 * d.word
	case table.KindSiginfo:
		return 128
	case table.KindWstatus:
		return 4
	case table.KindSigset:
		return 8
	}
	return 0
}
