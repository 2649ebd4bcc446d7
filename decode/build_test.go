package decode

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"unsafe"

	"github.com/ebtrace/ebtrace/bpf"
	"github.com/ebtrace/ebtrace/decode/table"
	"github.com/ebtrace/ebtrace/events"
)

// rec builds a record as the kernel half writes it.
type rec struct {
	head bpf.TraceEbRec
	call bpf.TraceEbCall
	body []byte
	secs []byte
}

const (
	atExit  = uint8(bpf.TraceEbSecFlagEB_S_EXIT)
	cut     = uint8(bpf.TraceEbSecFlagEB_S_CUT)
	retried = uint8(bpf.TraceEbSecFlagEB_S_RETRY)
	memory  = uint8(bpf.TraceEbSecKindEB_SEC_MEM)
	str     = uint8(bpf.TraceEbSecKindEB_SEC_STR)
	fdInfo  = uint8(bpf.TraceEbSecKindEB_SEC_FD)
)

func bytesOf[T any](v T) []byte {
	return append([]byte(nil), unsafe.Slice((*byte)(unsafe.Pointer(&v)), unsafe.Sizeof(v))...)
}

// sec appends a section; want is that of the data unless more is given.
func (r *rec) sec(kind, arg, flags uint8, addr uint64, data string, want ...int) *rec {
	s := bpf.TraceEbSec{Addr: addr, Len: uint32(len(data)), Kind: kind, Arg: arg, Flags: flags}
	if kind == memory {
		s.Want = uint32(len(data))
	}
	if len(want) > 0 {
		s.Want = uint32(want[0])
	}
	return r.raw(s, data)
}

// fault appends a section that could not be read, but for data.
func (r *rec) fault(kind, arg, flags uint8, addr uint64, data string, want int) *rec {
	return r.raw(bpf.TraceEbSec{Addr: addr, Len: uint32(len(data)), Want: uint32(want), Err: -14, Kind: kind, Arg: arg, Flags: flags}, data)
}

func (r *rec) fd(arg, flags uint8, f bpf.TraceEbFdinfo, path string) *rec {
	f.Pathlen = uint32(len(path))
	s := bpf.TraceEbSec{Addr: uint64(int64(f.Fd)), Kind: fdInfo, Arg: arg, Flags: flags}
	data := string(bytesOf(f)) + path
	s.Len = uint32(len(data))
	return r.raw(s, data)
}

func (r *rec) raw(s bpf.TraceEbSec, data string) *rec {
	r.secs = append(r.secs, bytesOf(s)...)
	r.secs = append(r.secs, data...)
	r.secs = append(r.secs, make([]byte, (8-len(data)%8)%8)...)
	return r
}

func (r *rec) bytes() []byte {
	body := r.body
	if body == nil {
		body = bytesOf(r.call)
	}
	r.head.Size = uint32(int(unsafe.Sizeof(r.head)) + len(body) + len(r.secs))
	return append(append(bytesOf(r.head), body...), r.secs...)
}

func (r *rec) parse(t testing.TB) *events.Record {
	t.Helper()
	if r == nil {
		return nil
	}
	var p events.Record
	if err := events.Parse(r.bytes(), &p); err != nil {
		t.Fatal(err)
	}
	return &p
}

// newCall returns the two records of a call.
func newCall(t testing.TB, abi table.ABI, name string, ret int64, args ...uint64) (enter, exit *rec) {
	t.Helper()
	nr, ok := table.Number(abi, name)
	if !ok {
		t.Fatalf("no call %s on %s", name, abi)
	}
	head := bpf.TraceEbRec{Kind: uint8(bpf.TraceEbKindEB_CALL), Abi: uint8(abi), Nr: nr, Tid: 7, Pid: 7, Time: 2000}
	call := bpf.TraceEbCall{Begin: 1000, Ret: ret}
	copy(call.Args[:], args)
	exit = &rec{head: head, call: call}
	head.Kind, head.Time = uint8(bpf.TraceEbKindEB_ENTER), 1000
	enter = &rec{head: head, call: call}
	return enter, exit
}

// words is a little-endian image of values of n bytes.
func words(n int, vs ...uint64) string {
	var b []byte
	for _, v := range vs {
		b = binary.LittleEndian.AppendUint64(b, v)[:len(b)+n]
	}
	return string(b)
}

// show renders a call in a form of its own, which shows what text does not:
// the flags of every value.
func show(c *Call) string {
	var b strings.Builder
	b.WriteString(c.Name + "(" + list(c.Args, c.ABI, ", ") + ")")
	if c.More {
		b.WriteString(" more")
	}
	switch {
	case c.Errno != 0:
		fmt.Fprintf(&b, " = %s", ErrnoName(c.Errno))
	case c.Ret.Kind != 0:
		fmt.Fprintf(&b, " = %s", node([]Value{c.Ret}, c.ABI))
	}
	if len(c.Aux) > 0 {
		b.WriteString(" (" + list(c.Aux, c.ABI, ", ") + ")")
	}
	return b.String()
}

func list(v []Value, abi table.ABI, sep string) string {
	var parts []string
	for i := 0; i < len(v); i += int(v[i].Span) {
		parts = append(parts, node(v[i:i+int(v[i].Span)], abi))
	}
	return strings.Join(parts, sep)
}

// node renders one value; v is its subtree.
func node(v []Value, abi table.ABI) string {
	s := form(v, abi)
	if v[0].Name != "" {
		s = v[0].Name + "=" + s
	}
	for i, n := range []string{"cut", "not", "verbose", "quiet", "changed", "fault", "unread", "abstract", "named"} {
		if v[0].Flags&(1<<i) != 0 {
			s += "!" + n
		}
	}
	if v[0].Want != 0 {
		s += fmt.Sprintf("/%d", v[0].Want)
	}
	if v[0].Text != "" && v[0].Kind != Word {
		s += fmt.Sprintf("<%s>", v[0].Text)
	}
	if f := v[0].File; f != nil {
		s += fmt.Sprintf("{%s", f.Path)
		if k := f.Sock; k != nil {
			s += fmt.Sprintf(" family %d %x:%d-%x:%d %q", k.Family, k.LAddr, k.LPort, k.RAddr, k.RPort, k.Path)
		}
		s += "}"
	}
	return s
}

func form(v []Value, abi table.ABI) string {
	x := v[0]
	switch x.Kind {
	case Int, FD, PID:
		return fmt.Sprint(int64(x.Num))
	case Uint:
		return fmt.Sprint(x.Num)
	case Hex, Addr:
		return fmt.Sprintf("%#x", x.Num)
	case Octal, Mode:
		return fmt.Sprintf("%#o", x.Num)
	case Str, Path, Bytes:
		return fmt.Sprintf("%q", x.Bytes)
	case Enum:
		if n := x.Set.Find(uint8(abi), x.Num); n != "" {
			return n
		}
	case Flags:
		var names []string
		rest := x.Set.Flags(uint8(abi), x.Num, func(n string) { names = append(names, n) })
		if rest != 0 {
			names = append(names, fmt.Sprintf("%#x", rest))
		}
		return strings.Join(names, "|")
	case Signal:
		return SignalName(x.Num)
	case Word:
		return x.Text
	case Struct:
		return "{" + list(v[1:], abi, ", ") + "}"
	case Array:
		return "[" + list(v[1:], abi, ", ") + "]"
	case Pair:
		return "(" + list(v[1:], abi, " => ") + ")"
	case Or:
		return list(v[1:], abi, "|")
	case Func:
		return x.Text + "(" + list(v[1:], abi, ", ") + ")"
	case Port:
		return fmt.Sprintf("port %d", x.Num)
	case IPv4, IPv6:
		return fmt.Sprintf("ip %x", x.Bytes)
	case Dev:
		return fmt.Sprintf("dev %#x", x.Num)
	case Set:
		return "set[" + list(v[1:], abi, " ") + "]"
	}
	return fmt.Sprintf("kind%d:%d", x.Kind, x.Num)
}

// checkSpans fails if the pre-order of v is not sound.
func checkSpans(t testing.TB, v []Value) {
	t.Helper()
	for i := 0; i < len(v); i++ {
		n := int(v[i].Span)
		if n < 1 || n > len(v)-i {
			t.Fatalf("node %d of %d spans %d", i, len(v), n)
		}
		if n > 1 {
			switch v[i].Kind {
			case Struct, Array, Set, Func, Pair, Or:
			default:
				t.Fatalf("node %d, a leaf of kind %d, spans %d", i, v[i].Kind, n)
			}
			sub := v[i+1 : i+n]
			for k := 0; k < len(sub); k += int(sub[k].Span) {
				if sub[k].Span < 1 || int(sub[k].Span) > len(sub)-k {
					t.Fatalf("part %d of node %d spans %d of %d", k, i, sub[k].Span, len(sub)-k)
				}
			}
		}
	}
}
