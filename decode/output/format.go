package output

import (
	"strconv"

	"github.com/ebtrace/ebtrace/decode"
)

// format writes values as text. Values are trees in pre-order that may be cut
// short: those of a call that has begun end where the entry's knowledge ends.
type format struct {
	o   *Options
	abi uint8 // of the call whose values are written
	// mark is the index of a node; markPos is set to the place in the text
	// where that node and what separates it from its predecessor begin, or -1.
	mark, markPos int
	short         bool // a container was cut short: its end is not written
}

// here notes that node i begins at the end of b, if it is the marked one.
func (f *format) here(b []byte, i int) {
	if i == f.mark {
		f.markPos, f.mark = len(b), -1
	}
}

// next is the index after the tree at i.
func next(vs []decode.Value, i int) int {
	return min(i+max(1, int(vs[i].Span)), len(vs))
}

// args appends the arguments of a call.
func (f *format) args(b []byte, vs []decode.Value) []byte {
	f.short = false
	for i := 0; i < len(vs); i = next(vs, i) {
		v := &vs[i]
		named := v.Flags&decode.FlagNamed != 0
		if named {
			f.here(b, i)
		}
		if i > 0 {
			b = append(b, ", "...)
		}
		if named {
			b = append(append(b, v.Name...), '=')
		}
		b = f.value(b, vs, i, false)
	}
	return b
}

// aux appends what stands in parentheses after a result: "name value", "value".
func (f *format) aux(b []byte, vs []decode.Value) []byte {
	for i := 0; i < len(vs); i = next(vs, i) {
		if i > 0 {
			b = append(b, ", "...)
		}
		if vs[i].Name != "" {
			b = append(append(b, vs[i].Name...), ' ')
		}
		b = f.value(b, vs, i, false)
	}
	return b
}

// value appends the tree at i, without its name. inSet: as an element of a Set.
func (f *format) value(b []byte, vs []decode.Value, i int, inSet bool) []byte {
	f.here(b, i)
	v := &vs[i]
	switch v.Kind {
	case decode.Int, decode.PID:
		b = strconv.AppendInt(b, int64(v.Num), 10)
		if v.Kind == decode.PID {
			return f.comm(b, v.Text)
		}
	case decode.Uint:
		b = strconv.AppendUint(b, v.Num, 10)
	case decode.Hex:
		b = appendAddr(b, v.Num)
	case decode.Addr:
		b = appendPointer(b, v.Num)
	case decode.Octal:
		b = appendOctal(b, v.Num)
	case decode.Str, decode.Path, decode.Bytes:
		b = f.str(b, v)
	case decode.FD:
		return f.fd(b, v)
	case decode.Word:
		return f.changed(append(b, v.Text...), v)
	case decode.Struct, decode.Array, decode.Set, decode.Func, decode.Pair, decode.Or:
		b = f.container(b, vs, i)
		if v.Kind == decode.Func || v.Kind == decode.Or {
			return f.changed(b, v)
		}
	default:
		b = f.constant(b, v, inSet)
	}
	if v.Text != "" {
		b = appendComment(b, v.Text)
	}
	return f.changed(b, v)
}

// changed appends the remark that the value is not the same as at entry.
func (f *format) changed(b []byte, v *decode.Value) []byte {
	if v.Flags&decode.FlagChanged != 0 {
		b = append(b, " /* changed during the call */"...)
	}
	return b
}

func appendComment(b []byte, s string) []byte {
	b = append(b, " /* "...)
	b = append(b, s...)
	return append(b, " */"...)
}

// appendPointer appends a pointer, 0 as NULL.
func appendPointer(b []byte, n uint64) []byte {
	if n == 0 {
		return append(b, "NULL"...)
	}
	return appendAddr(b, n)
}

// str appends a string; data up to -s.
func (f *format) str(b []byte, v *decode.Value) []byte {
	s, cut := v.Bytes, v.Flags&decode.FlagCut != 0
	if v.Kind != decode.Path && len(s) > f.o.StrSize {
		s, cut = s[:max(f.o.StrSize, 0)], true
	}
	if v.Flags&decode.FlagAbstract != 0 {
		b = append(b, '@')
	}
	if v.Kind == decode.Bytes {
		b = append(appendHex(append(b, '"'), s), '"')
	} else {
		b = f.quote(b, s)
	}
	if cut {
		b = append(b, "..."...)
	}
	return b
}

// container appends the tree at i, which has parts.
func (f *format) container(b []byte, vs []decode.Value, i int) []byte {
	v := &vs[i]
	switch v.Kind {
	case decode.Struct:
		return f.parts(append(b, '{'), vs, i, ", ", "}")
	case decode.Array:
		return f.parts(append(b, '['), vs, i, ", ", "]")
	case decode.Set:
		if v.Flags&decode.FlagNot != 0 {
			b = append(b, '~')
		}
		return f.parts(append(b, '['), vs, i, " ", "]")
	case decode.Func:
		return f.numbered(b, vs, i)
	case decode.Pair:
		return f.pair(b, vs, i)
	}
	sep := v.Text
	if sep == "" {
		sep = "|"
	}
	return f.parts(b, vs, i, sep, "")
}

// parts appends the parts of the container at i and end, which closes it.
func (f *format) parts(b []byte, vs []decode.Value, i int, sep, end string) []byte {
	v, stop := &vs[i], i+max(1, int(vs[i].Span))
	dots, first := v.Flags&decode.FlagCut != 0, true
	j := i + 1
	for ; j < stop && j < len(vs); j = next(vs, j) {
		p := &vs[j]
		if p.Flags&decode.FlagVerbose != 0 && !f.o.Verbose {
			dots = true
			continue
		}
		f.here(b, j)
		if !first {
			b = append(b, sep...)
		}
		first = false
		if v.Kind == decode.Struct && p.Name != "" && !f.quiet(p) {
			b = append(append(b, p.Name...), '=')
		}
		b = f.value(b, vs, j, v.Kind == decode.Set)
	}
	if stop > len(vs) {
		f.short = true
		return b
	}
	if dots {
		b = f.dots(b, v, sep, first)
	}
	return append(b, end...)
}

// dots appends the remark that parts of v are left out.
func (f *format) dots(b []byte, v *decode.Value, sep string, first bool) []byte {
	if !first {
		b = append(b, sep...)
	}
	b = append(b, "..."...)
	if v.Flags&decode.FlagFault != 0 {
		b = append(appendPointer(append(b, " /* "...), v.Num), " */"...)
	}
	return b
}

// quiet says whether member p is written without its name, which the text of
// an address of IPv6 holds: inet_pton(AF_INET6, "::1", &name).
func (f *format) quiet(p *decode.Value) bool {
	if p.Kind == decode.IPv6 {
		return f.o.Style == Abbrev
	}
	return p.Flags&decode.FlagQuiet != 0
}

// numbered appends a Func: text(parts), or the number that it stands for.
func (f *format) numbered(b []byte, vs []decode.Value, i int) []byte {
	v := &vs[i]
	if v.Num != 0 && f.o.Style != Abbrev {
		b = appendAddr(b, v.Num)
		if f.o.Style == Raw {
			return b
		}
		b = append(b, " /* "...)
		b = f.parts(append(append(b, v.Text...), '('), vs, i, ", ", ")")
		return append(b, " */"...)
	}
	return f.parts(append(append(b, v.Text...), '('), vs, i, ", ", ")")
}

// pair appends "entry => exit".
func (f *format) pair(b []byte, vs []decode.Value, i int) []byte {
	stop := i + max(1, int(vs[i].Span))
	for j := i + 1; j < stop && j < len(vs); j = next(vs, j) {
		if j > i+1 {
			f.here(b, j)
			b = append(b, " => "...)
		}
		b = f.value(b, vs, j, false)
	}
	f.short = f.short || stop > len(vs)
	return b
}
