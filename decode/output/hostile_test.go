package output

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/ebtrace/ebtrace/decode"
	"github.com/ebtrace/ebtrace/decode/table"
	"github.com/ebtrace/ebtrace/events"
)

// source makes values out of any bytes.
type source struct {
	b []byte
}

func (s *source) byte() byte {
	if len(s.b) == 0 {
		return 0
	}
	c := s.b[0]
	s.b = s.b[1:]
	return c
}

func (s *source) num() (n uint64) {
	for range s.byte() % 9 {
		n = n<<8 | uint64(s.byte())
	}
	return n
}

func (s *source) bytes() []byte {
	n := min(int(s.byte()), len(s.b))
	b := s.b[:n]
	s.b = s.b[n:]
	return b
}

func (s *source) values() []decode.Value {
	var vs []decode.Value
	for range s.byte() % 12 {
		v := decode.Value{Kind: decode.Kind(s.byte() % 32), Flags: decode.Flag(s.num()), Span: int32(int8(s.byte())), Num: s.num(), Want: s.num()}
		v.Name, v.Text, v.Bytes = string(s.bytes()), string(s.bytes()), s.bytes()
		switch s.byte() % 4 {
		case 0:
			v.Set = openFlags
		case 1:
			v.Set = families
		}
		if s.byte()%2 == 0 {
			v.File = &decode.File{Path: s.bytes(), Mode: uint32(s.num()), Deleted: s.byte()%2 == 0, Rdev: uint32(s.num())}
			if s.byte()%2 == 0 {
				v.File.Sock = &decode.Socket{Family: uint16(s.byte()), Type: uint16(s.byte()), LAddr: s.bytes(), RAddr: s.bytes(), LPort: uint16(s.num()), Path: s.bytes()}
			}
		}
		vs = append(vs, v)
	}
	return vs
}

func (s *source) event() *decode.Event {
	e := &decode.Event{Kind: events.Kind(s.byte() % 14), TID: uint32(s.byte() % 4), PID: uint32(s.byte() % 4), Start: uint64(s.byte() % 2), Time: s.num(), Comm: string(s.bytes()), Lost: s.num()}
	switch e.Kind {
	case events.Whole, events.Begin, events.End:
		e.Call = &decode.Call{Kind: e.Kind, Name: string(s.bytes()), NR: int32(s.num()), ABI: table.ABI(s.byte()), Args: s.values(), EntryArgs: int(int8(s.byte())), More: s.byte()%2 == 0, Errno: int(int16(s.num())), Aux: s.values(), Begin: s.num(), End: s.num(), IP: s.num(), NoReturn: s.byte()%2 == 0}
		if vs := s.values(); len(vs) > 0 {
			e.Call.Ret = vs[0]
		}
	case events.Fork, events.Child:
		e.Fork = &decode.ForkInfo{ParentTID: uint32(s.byte() % 4)}
	case events.Exec:
		e.Exec = &decode.ExecInfo{Path: s.bytes(), OldTID: uint32(s.byte() % 4)}
	case events.Exit:
		e.Exit = &decode.ExitInfo{Code: int(s.num()), Signal: int(int8(s.byte())), GroupDead: s.byte()%2 == 0}
	case events.Signal:
		e.Sig = &decode.SignalInfo{Signo: int(s.num()), Info: s.values(), Stopped: s.byte()%2 == 0}
	case events.Work:
		e.Work = &decode.Work{Layer: "vfs", Name: "read", Begin: s.num(), End: s.num(), Context: "syscall", Cause: s.num(), Call: string(s.bytes()), Depth: int(s.byte() % 8),
			FS: s.bytes(), File: &decode.File{Path: s.bytes(), Deleted: s.byte()%2 == 0, Cut: s.byte()%2 == 0, Ino: s.num()}, Text: s.bytes(), Offset: int64(s.num()), Bytes: s.num(),
			Args: s.values(), Created: s.byte()%2 == 0, Ret: int64(s.num()), Errno: int(uint16(s.num())), Hex: s.byte()%2 == 0}
		if s.byte()%2 == 0 {
			s.network(e.Work)
		}
	}
	return e
}

// network makes w an operation of a socket.
func (s *source) network(w *decode.Work) {
	socket := func() *decode.File {
		return &decode.File{Ino: s.num(), Sock: &decode.Socket{Family: uint16(s.byte()), Type: uint16(s.byte()), LAddr: s.bytes(), RAddr: s.bytes(), LPort: uint16(s.num()), Path: s.bytes()}}
	}
	w.Layer, w.Name, w.File, w.File2, w.Moment = decode.LayerNet, "accept", socket(), socket(), s.byte()%2 == 0
	w.OldState, w.NewState, w.Peer = string(s.bytes()), string(s.bytes()), &decode.Peer{PID: uint32(s.num()), Comm: s.bytes()}
	if vs := s.values(); len(vs) > 0 {
		w.Address = vs
	}
	rs := []decode.DNSRecord{{Name: string(s.bytes()), Type: string(s.bytes()), Data: string(s.bytes())}}
	w.DNS = &decode.DNS{Answer: s.byte()%2 == 0, Code: string(s.bytes()), Cut: s.byte()%2 == 0, Questions: rs, Answers: rs}
}

// anyOptions are options chosen by two bytes.
func anyOptions(a, b byte) Options {
	o := testOptions()
	o.Hex, o.Style, o.Prefix, o.Stamp = Hex(a&3), Style(a>>2%3), Prefix(a>>4&3), Stamp(a>>6%3)
	o.Files, o.Comm, o.Verbose, o.Rel, o.IP, o.Number, o.Spent = Files(b&15), b&16 != 0, b&32 != 0, b&64 != 0, b&128 != 0, a&1 != 0, b&1 != 0
	o.StrSize = int(a >> 3)
	return o
}

// FuzzText: whatever the values are, every line is printable ASCII.
func FuzzText(f *testing.F) {
	f.Add([]byte("\x01\x00\x01\x02\x03"), byte(0), byte(0))
	f.Add(bytes.Repeat([]byte("\x01\x02\x1b\x9b\n\xe2\x80\xae\x05\x0d"), 90), byte(0xff), byte(0xff))
	f.Fuzz(func(t *testing.T, b []byte, o1, o2 byte) {
		var out bytes.Buffer
		w := NewText(&out, anyOptions(o1, o2))
		s := &source{b}
		for len(s.b) > 0 {
			if err := w.Event(s.event()); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(&Summary{Lost: 1}); err != nil {
			t.Fatal(err)
		}
		checkASCII(t, out.String())
	})
}

func checkASCII(t *testing.T, s string) {
	t.Helper()
	if s != "" && !strings.HasSuffix(s, "\n") {
		t.Errorf("no newline at the end of %q", s)
	}
	for i := range len(s) {
		if c := s[i]; c != '\n' && (c < ' ' || c > '~') {
			t.Fatalf("byte %#x in %q", c, s)
		}
	}
}

// TestHostile puts what a terminal acts on into every place that a traced
// program can fill; each event stays on one line.
func TestHostile(t *testing.T) {
	const evil = "\x1b[2J\x9b31m\n\r\u202e\u2066\u200b<>\"\\\x00\x7f"
	x := &decode.File{Path: []byte(evil), Mode: 0o20666}
	e := call(1, 0, "read", 0, fd(3, x), fd(3, x).named("fd"), str(evil).named("buf"), path(evil).named("p"), num(decode.PID, 3).text(evil), word(evil), integer(1).text(evil).named(evil), node(decode.Struct, integer(1).named(evil)))
	e.Comm, e.Call.Name = evil, evil
	sock := &decode.File{Sock: &decode.Socket{Family: afUnix, Path: []byte(evil)}}
	e2 := sig(1, 1, 2, true, fd(4, sock).named("fd"))
	e2.Comm = evil
	o := testOptions()
	o.Files, o.Comm, o.Prefix = FileAll, true, PrefixAlways
	out := render(t, o, nil, e, e2)
	checkASCII(t, out)
	if n := strings.Count(out, "\n"); n != 3 { // the call, the signal, the stop
		t.Errorf("%d lines:\n%s", n, out)
	}
}

// TestWorkAllocates: to write work costs no memory in the long run.
func TestWorkAllocates(t *testing.T) {
	nested := testOptions()
	nested.Nested = true
	for name, w := range map[string]Writer{"text": NewText(io.Discard, testOptions()), "json": NewJSON(io.Discard, testOptions(), testHeader),
		"nested": NewJSON(io.Discard, nested, testHeader), "counts": NewCounts(io.Discard, CountOptions{})} {
		es := append(append(network(), filework()...), nesting()...)
		run := func() {
			for _, e := range es {
				if e.Kind == events.Exit || e.Kind == events.Begin && e.TID != 10 {
					continue // a thread that is new costs something
				}
				if err := w.Event(e); err != nil {
					t.Fatal(err)
				}
			}
		}
		run()
		if n := testing.AllocsPerRun(20, run); n > 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
