package output

import (
	"bytes"
	"testing"

	"github.com/ebtrace/ebtrace/decode"
	"github.com/ebtrace/ebtrace/decode/table"
	"github.com/ebtrace/ebtrace/decode/xlat"
	"github.com/ebtrace/ebtrace/events"
)

// tree is a value with its parts, for tests.
type tree struct {
	v    decode.Value
	kids []tree
}

// flat is trees in pre-order.
func flat(ts ...tree) []decode.Value {
	var out []decode.Value
	for _, t := range ts {
		i := len(out)
		out = append(out, t.v)
		out = append(out, flat(t.kids...)...)
		out[i].Span = int32(len(out) - i)
	}
	return out
}

func num(k decode.Kind, n uint64) tree { return tree{v: decode.Value{Kind: k, Num: n}} }
func integer(n int64) tree             { return num(decode.Int, uint64(n)) }
func addr(n uint64) tree               { return num(decode.Addr, n) }
func str(s string) tree                { return data(decode.Str, s) }
func path(s string) tree               { return data(decode.Path, s) }
func word(s string) tree               { return tree{v: decode.Value{Kind: decode.Word, Text: s}} }
func data(k decode.Kind, s string) tree {
	return tree{v: decode.Value{Kind: k, Bytes: []byte(s)}}
}
func node(k decode.Kind, kids ...tree) tree { return tree{decode.Value{Kind: k}, kids} }
func of(k decode.Kind, s *xlat.Set, n uint64) tree {
	return tree{v: decode.Value{Kind: k, Set: s, Num: n}}
}

func (t tree) named(s string) tree      { t.v.Name = s; return t }
func (t tree) text(s string) tree       { t.v.Text = s; return t }
func (t tree) flag(f decode.Flag) tree  { t.v.Flags |= f; return t }
func (t tree) file(f *decode.File) tree { t.v.File = f; return t }
func (t tree) want(n uint64) tree       { t.v.Want = n; return t.flag(decode.FlagCut) }
func (t tree) number(n uint64) tree     { t.v.Num = n; return t }
func fd(n int64, f *decode.File) tree   { return num(decode.FD, uint64(n)).file(f) }
func cwd(f *decode.File) tree           { return fd(-100, f).text("AT_FDCWD") }
func file(p string) *decode.File        { return &decode.File{Path: []byte(p), Mode: 0o100644, Ino: 7} }
func pseudo(p string) *decode.File      { return &decode.File{Path: []byte(p), Pseudo: true} }
func all[T any](v T) [table.NumABI]T    { return [table.NumABI]T{v, v, v} }
func bits(c ...xlat.Const) []xlat.Group { return []xlat.Group{{Consts: c}} }
func set(prefix string, g ...xlat.Group) *xlat.Set {
	return &xlat.Set{Prefix: prefix, ABI: all(g)}
}

var (
	openFlags = set("O_???", xlat.Group{Mask: 3, Consts: []xlat.Const{{Name: "O_RDONLY"}, {Name: "O_WRONLY", Val: 1}, {Name: "O_RDWR", Val: 2}}},
		xlat.Group{Consts: []xlat.Const{{Name: "O_CREAT", Val: 0o100}, {Name: "O_CLOEXEC", Val: 0x80000}}})
	protFlags = &xlat.Set{Prefix: "PROT_???", Zero: "PROT_NONE", ABI: all(bits(xlat.Const{Name: "PROT_READ", Val: 1}, xlat.Const{Name: "PROT_WRITE", Val: 2}))}
	pollFlags = set("POLL???", bits(xlat.Const{Name: "POLLIN", Val: 1})...)
	families  = set("AF_???", xlat.Group{Consts: []xlat.Const{{Name: "AF_UNIX", Val: 1}, {Name: "AF_INET", Val: 2}, {Name: "AF_INET6", Val: 10}}})
	sockTypes = set("SOCK_???", xlat.Group{Consts: []xlat.Const{{Name: "SOCK_STREAM", Val: 1}, {Name: "SOCK_DGRAM", Val: 2}}})
	sockFlags = set("SOCK_???", bits(xlat.Const{Name: "SOCK_CLOEXEC", Val: 0x80000})...)
	siCodes   = set("SI_???", xlat.Group{Consts: []xlat.Const{{Name: "SI_USER", Val: 0}, {Name: "SI_KERNEL", Val: 0x80}}})
)

// Times of test events: one millisecond apart, an hour after boot.
const t0 = 3600 * 1e9

func at(ms float64) uint64 { return uint64(t0 + ms*1e6) }

// call makes an event of a call of thread tid that took 15 microseconds.
func call(tid uint32, ms float64, name string, nr int32, ret tree, args ...tree) *decode.Event {
	c := &decode.Call{Kind: events.Whole, Name: name, NR: nr, Args: flat(args...), Ret: flat(ret)[0], Begin: at(ms), End: at(ms) + 15_000, IP: 0x7f3d37ab5b1d}
	return &decode.Event{Kind: events.Whole, TID: tid, PID: tid, Start: uint64(tid), Time: at(ms), Comm: "cat", Call: c}
}

// failed makes the call of e fail.
func failed(e *decode.Event, errno int) *decode.Event {
	e.Call.Errno = errno
	e.Call.Ret = decode.Value{}
	return e
}

func noReturn(e *decode.Event, more bool) *decode.Event {
	e.Call.NoReturn, e.Call.More, e.Call.Ret = true, more, decode.Value{}
	return e
}

func resumed(e *decode.Event, name string) *decode.Event {
	e.Call.Resumes = name
	return e
}

func aux(e *decode.Event, ts ...tree) *decode.Event {
	e.Call.Aux = flat(ts...)
	return e
}

// begin is the beginning of the call e, of which n nodes are known.
func begin(e *decode.Event, n int) *decode.Event {
	b, c := *e, *e.Call
	b.Kind, c.Kind = events.Begin, events.Begin
	c.More, c.Args, c.EntryArgs = n < len(c.Args), c.Args[:n], n
	c.Ret, c.End, c.Aux = decode.Value{}, 0, nil
	b.Call = &c
	return &b
}

// end is the end of the call e, ms later than its beginning.
func end(e *decode.Event, n int, ms float64) *decode.Event {
	b, c := *e, *e.Call
	b.Kind, c.Kind, c.EntryArgs = events.End, events.End, n
	c.End = c.Begin + uint64(ms*1e6)
	b.Time, b.Call = c.End, &c
	return &b
}

// plainEvent makes an event without a call.
func plainEvent(k events.Kind, tid uint32, ms float64) *decode.Event {
	return &decode.Event{Kind: k, TID: tid, PID: tid, Start: uint64(tid), Time: at(ms), Comm: "sh"}
}

func exit(tid, pid uint32, ms float64, x decode.ExitInfo) *decode.Event {
	e := plainEvent(events.Exit, tid, ms)
	e.PID, e.Exit = pid, &x
	return e
}

func child(parent, tid, pid uint32, ms float64) *decode.Event {
	e := plainEvent(events.Child, tid, ms)
	e.PID = pid
	e.Fork = &decode.ForkInfo{ParentTID: parent, ParentPID: parent, ParentStart: uint64(parent), ChildTID: tid, ChildPID: pid, ChildStart: uint64(tid)}
	return e
}

func sig(tid uint32, ms float64, n int, stopped bool, info ...tree) *decode.Event {
	e := plainEvent(events.Signal, tid, ms)
	e.Sig = &decode.SignalInfo{Signo: n, Stopped: stopped}
	if len(info) > 0 {
		e.Sig.Info = flat(node(decode.Struct, info...))
	}
	return e
}

func gap(tid uint32, ms float64, n uint64) *decode.Event {
	e := plainEvent(events.Gap, tid, ms)
	e.Lost = n
	return e
}

// render writes events as text.
func render(t *testing.T, o Options, s *Summary, es ...*decode.Event) string {
	t.Helper()
	var b bytes.Buffer
	w := NewText(&b, o)
	for _, e := range es {
		if err := w.Event(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(s); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
