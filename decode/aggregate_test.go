package decode

import (
	"testing"

	"github.com/ebtrace/ebtrace/bpf"
	"github.com/ebtrace/ebtrace/decode/table"
	"github.com/ebtrace/ebtrace/events"
)

func same(v uint32) [table.NumABI]uint32 { return [table.NumABI]uint32{v, v, v} }

func field(name string, k table.Kind, off, size, n uint32) table.Field {
	return table.Field{Name: name, Kind: k, Off: same(off), Size: same(size), N: same(n)}
}

var (
	inner = &table.Struct{Name: "inner", Size: same(8), Fields: []table.Field{
		field("a", table.KindInt, 0, 4, 1),
		field("b", table.KindHex, 4, 2, 1),
	}}
	outer = &table.Struct{Name: "outer", Size: same(64), Fields: []table.Field{
		field("uid", table.KindUID, 0, 4, 1),
		field("name", table.KindStr, 4, 1, 8),
		{Name: "in", Kind: table.KindStruct, Struct: inner, Off: same(12), Size: same(8), N: same(1)},
		{Name: "ins", Kind: table.KindStruct, Struct: inner, Off: same(20), Size: same(8), N: same(2)},
		{Name: "list", Kind: table.KindUint, Hidden: true, Off: same(36), Size: same(2), N: same(2)},
		{Name: "path", Kind: table.KindPath, Ptr: true, Off: same(40), Size: same(8), N: same(1)},
		{Name: "next", Kind: table.KindStruct, Ptr: true, Off: same(48), Size: same(8), N: same(1)},
		field("mode", table.KindMode, 56, 2, 1),
		field("data", table.KindBuf, 58, 1, 4),
		field("pad", table.KindUnused, 62, 2, 1),
	}}
)

func init() { outer.Fields[6].Struct = outer }

// decodeStruct decodes the outer structure at p1 from the sections of r.
func decodeStruct(t *testing.T, r *rec, size int) string {
	t.Helper()
	d := New(Options{StrSize: 32})
	d.setABI(table.AMD64)
	d.collect(r.parse(t))
	d.structArg(&table.Arg{Name: "s", Kind: table.KindStruct, Struct: outer, Dir: table.In,
		Len: table.Len{Src: table.LenConst, N: uint32(size)}}, p1)
	checkSpans(t, d.nodes)
	return list(d.nodes, table.AMD64, ", ")
}

func outerBytes(next uint64) string {
	return words(4, 0xffffffff) + "a\"\x00xxxxx" + words(4, ^uint64(0), 0xbbbb) + words(4, 1, 2, 3, 4) +
		words(2, 5, 65535) + words(8, p2, next) + words(2, 0o100644) + "\x00\x01\x02\x03" + words(2, 9)
}

func TestStructure(t *testing.T) {
	newRec := func() *rec { r, _ := newCall(t, table.AMD64, "getpid", 0); return r }
	const head = `s={uid=-1, name="a\"", in={a=-1, b=0xbbbb}, ins=[{a=1, b=0x2}, {a=3, b=0x4}], list=[5, 65535]!verbose, `
	const tail = `, mode=0100644, data="\x00\x01\x02\x03"}`
	r := newRec().sec(memory, 0, 0, p1, outerBytes(0)).sec(str, 0, 0, p2, "/p")
	expect(t, decodeStruct(t, r, 64), head+`path="/p", next=0x0`+tail)
	r = newRec().sec(memory, 0, 0, p1, outerBytes(p3)).fault(str, 0, 0, p2, "", 0)
	expect(t, decodeStruct(t, r, 64), head+`path=0x7fff1000!fault, next=0x7fff2000!unread`+tail)
	// The program knows a shorter version of the structure.
	expect(t, decodeStruct(t, newRec().sec(memory, 0, 0, p1, outerBytes(0)[:40]), 40), head[:len(head)-2]+"}")
	// Less was captured than there is.
	r = newRec().sec(memory, 0, 0, p1, outerBytes(0)[:40], 64)
	expect(t, decodeStruct(t, r, 64), head[:len(head)-2]+"}!cut")
	r = newRec().fault(memory, 0, 0, p1, outerBytes(0)[:40], 64)
	expect(t, decodeStruct(t, r, 64), `s=0x7fff0000!fault`)
	expect(t, decodeStruct(t, newRec(), 64), `s=0x7fff0000!unread`)
	expect(t, decodeStruct(t, newRec(), 0), `s=0x7fff0000!unread`)
	// A structure that points to itself ends.
	if got := decodeStruct(t, newRec().sec(memory, 0, 0, p1, outerBytes(p1)), 64); len(got) > 2000 {
		t.Error(got)
	}
}

// TestMemory reads from sections that overlap, fail and differ in time.
func TestMemory(t *testing.T) {
	enter, exit := newCall(t, table.AMD64, "getpid", 0)
	enter.sec(memory, 0, 0, 0x1000, "entry").fault(memory, 0, 0, 0x2000, "par", 8).fault(memory, 1, 0, 0x3000, "", 8).
		sec(memory, 1, 0, ^uint64(1), "zz")
	exit.sec(memory, 0, atExit, 0x1000, "leave").sec(memory, 0, atExit, 0x1000, "leaves").sec(memory, 1, atExit|retried, 0x3000, "retried!")
	d := New(Options{})
	d.setABI(table.AMD64)
	d.collect(enter.parse(t))
	d.collect(exit.parse(t))
	for _, c := range []struct {
		addr  uint64
		size  int
		exit  bool
		want  string
		fault bool
	}{
		{0x1000, 5, false, "entry", false},
		{0x1001, 2, false, "nt", false},
		{0x1000, 9, true, "leaves", false},
		{0x1000, 5, true, "leave", false},
		{0x2000, 8, false, "par", true},
		{0x2000, 3, false, "par", false},
		{0x2000, 8, true, "", false},
		{0x3000, 8, false, "retried!", false},
		{0x1005, 1, false, "s", false}, // nothing there at entry
		{0x0fff, 2, false, "", false},
		{^uint64(0), 2, false, "z", false},
		{0, 4, false, "", false},
		{0x1000, -1, false, "", false},
	} {
		for range 2 { // wherever the last search ended
			m := d.readAt(c.addr, c.size, c.exit)
			if string(m.b) != c.want || m.fault != c.fault {
				t.Errorf("%+v: %q %v", c, m.b, m.fault)
			}
		}
	}
}

// TestShortRecord decodes a call whose record has garbage for sections.
func TestShortRecord(t *testing.T) {
	enter, exit := newCall(t, table.AMD64, "open", 3, p1, 0)
	enter.raw(bpf.TraceEbSec{Addr: p1, Len: 1 << 31, Kind: str}, "/x")
	exit.raw(bpf.TraceEbSec{Addr: p1, Len: 3, Kind: 77}, "abc")
	exit.raw(bpf.TraceEbSec{Addr: 3, Len: 3, Kind: fdInfo}, "abc")
	ev := events.Event{Kind: events.Whole, Rec: exit.parse(t), Enter: enter.parse(t)}
	got, err := New(Options{}).Decode(&ev)
	if err != nil {
		t.Fatal(err)
	}
	checkSpans(t, got.Call.Args)
}
