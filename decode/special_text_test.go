package decode_test

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
	"unsafe"

	"github.com/ebtrace/ebtrace/bpf"
	"github.com/ebtrace/ebtrace/decode"
	"github.com/ebtrace/ebtrace/decode/output"
	"github.com/ebtrace/ebtrace/decode/table"
	"github.com/ebtrace/ebtrace/events"
)

// The tests of this package decode records made by hand and compare their
// text with what strace 6.1 printed for the same memory.

// record is one record of a call.
type record struct {
	head bpf.TraceEbRec
	call bpf.TraceEbCall
	secs []byte
}

func image[T any](v T) []byte {
	return append([]byte(nil), unsafe.Slice((*byte)(unsafe.Pointer(&v)), unsafe.Sizeof(v))...)
}

func (r *record) bytes() []byte {
	r.head.Size = uint32(int(unsafe.Sizeof(r.head)+unsafe.Sizeof(r.call)) + len(r.secs))
	return append(append(image(r.head), image(r.call)...), r.secs...)
}

// trace is one call: what was read at its entry and at its exit.
type trace struct {
	enter, exit    record
	verbose, brief bool
}

// call starts a call of an ABI with its result and arguments.
func call(t testing.TB, abi table.ABI, name string, ret int64, args ...uint64) *trace {
	t.Helper()
	nr, ok := table.Number(abi, name)
	if !ok {
		t.Fatalf("no call %s", name)
	}
	c := &trace{}
	c.exit.head = bpf.TraceEbRec{Kind: uint8(bpf.TraceEbKindEB_CALL), Abi: uint8(abi), Nr: nr, Tid: 7, Pid: 7, Time: 2}
	c.exit.call = bpf.TraceEbCall{Begin: 1, Ret: ret}
	copy(c.exit.call.Args[:], args)
	c.enter.head, c.enter.call = c.exit.head, c.exit.call
	c.enter.head.Kind = uint8(bpf.TraceEbKindEB_ENTER)
	return c
}

// amd and i386 are call for those ABIs.
func amd(t testing.TB, name string, ret int64, args ...uint64) *trace {
	t.Helper()
	return call(t, table.AMD64, name, ret, args...)
}

func i386(t testing.TB, name string, ret int64, args ...uint64) *trace {
	t.Helper()
	return call(t, table.I386, name, ret, args...)
}

func (r *record) section(addr uint64, data string, flags uint8) {
	s := bpf.TraceEbSec{Addr: addr, Len: uint32(len(data)), Want: uint32(len(data)), Arg: 255,
		Kind: uint8(bpf.TraceEbSecKindEB_SEC_MEM), Flags: flags}
	r.secs = append(append(r.secs, image(s)...), data...)
	r.secs = append(r.secs, make([]byte, -len(data)&7)...)
}

// in and out add memory at entry and at exit.
func (c *trace) in(addr uint64, data string) *trace {
	c.enter.section(addr, data, 0)
	return c
}

func (c *trace) out(addr uint64, data string) *trace {
	c.exit.section(addr, data, uint8(bpf.TraceEbSecFlagEB_S_EXIT))
	return c
}

// decode is the event of the call.
func (c *trace) decode(t testing.TB) *decode.Event {
	t.Helper()
	var in, out events.Record
	if err := events.Parse(c.enter.bytes(), &in); err != nil {
		t.Fatal(err)
	}
	if err := events.Parse(c.exit.bytes(), &out); err != nil {
		t.Fatal(err)
	}
	ev := events.Event{Kind: events.Whole, TID: 7, PID: 7, Rec: &out, Enter: &in}
	d := decode.New(decode.Options{StrSize: 32, Verbose: c.verbose, Brief: c.brief, IfName: func(i uint32) string {
		if i == 1 {
			return "lo"
		}
		return ""
	}})
	got, err := d.Decode(&ev)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// text is the line for the call.
func (c *trace) text(t testing.TB) string {
	t.Helper()
	got := c.decode(t)
	var b bytes.Buffer
	o := output.Defaults()
	o.Column, o.Verbose, o.Native = 0, c.verbose, got.Call.ABI
	w := output.NewText(&b, o)
	if err := w.Event(got); err != nil {
		t.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(b.String(), "\n")
	return line
}

// is fails if the line of the call is not want.
func (c *trace) is(t *testing.T, want string) {
	t.Helper()
	if got := c.text(t); got != want {
		t.Errorf("\ngot  %s\nwant %s", got, want)
	}
}

// le is a little-endian image: of int the low 4 bytes, of the sized types
// their bytes, of string the string.
func le(vs ...any) string {
	var b []byte
	for _, v := range vs {
		switch v := v.(type) {
		case string:
			b = append(b, v...)
		case uint8:
			b = append(b, v)
		case uint16:
			b = binary.LittleEndian.AppendUint16(b, v)
		case int:
			b = binary.LittleEndian.AppendUint32(b, uint32(v))
		case uint64:
			b = binary.LittleEndian.AppendUint64(b, v)
		}
	}
	return string(b)
}

const (
	m1 = 0x7fff0000
	m2 = 0x7fff1000
	m3 = 0x7fff2000
	m4 = 0x7fff3000
)

const badf = -9

// zeros is n zero bytes.
func zeros(n int) string { return strings.Repeat("\x00", n) }
