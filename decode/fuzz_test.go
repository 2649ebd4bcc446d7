package decode

import (
	"testing"

	"github.com/ebtrace/ebtrace/bpf"
	"github.com/ebtrace/ebtrace/decode/table"
	"github.com/ebtrace/ebtrace/events"
)

// FuzzDecode decodes records of any bytes: two of them, as an entry and an
// exit, or one by its kind.
func FuzzDecode(f *testing.F) {
	for i, s := range samples(f) { // TestEveryCall decodes them all
		if i%16 == 0 {
			f.Add(s.enter.bytes(), s.exit.bytes(), i%32 == 0)
		}
	}
	f.Add([]byte(nil), kindRec(bpf.TraceEbKindEB_SIGNAL, bpf.TraceEbSignal{Signo: 17}).
		sec(memory, 255, 0, 0, words(4, 17, 0, 1, 0, 5, 0, 3, 0, 1, 0, 2, 0)+string(make([]byte, 80))).bytes(), true)
	f.Add([]byte(nil), netRec(bpf.VfsEbNetOpEB_NET_CONNECT, bpf.VfsEbWork{Ret: -115}).fd(0, 0, inet(2, 1, 53), "").sec(memory, 3, 0, 0, "\x02\x00\x00\x50\x7f\x00\x00\x02\x00").bytes(), true)
	ds := []*Decoder{New(Options{StrSize: 32}), New(Options{StrSize: 4096, Verbose: true})}
	f.Fuzz(func(t *testing.T, enter, exit []byte, begin bool) {
		var in, out events.Record
		ev := events.Event{TID: 1, PID: 1}
		if events.Parse(enter, &in) == nil {
			ev.Enter = &in
		}
		if events.Parse(exit, &out) != nil {
			return
		}
		ev.Rec = &out
		kinds := []events.Kind{0, events.Begin, events.Whole, events.Fork, events.Child, events.Exec, events.Exit, events.Signal, events.Work}
		ev.Kind = kinds[out.Kind]
		if ev.Enter != nil && ev.Enter.Kind > uint8(bpf.TraceEbKindEB_CALL) {
			ev.Enter = nil
		}
		if begin && ev.Enter != nil {
			ev.Kind, ev.Rec, ev.Enter = events.Begin, ev.Enter, nil
		}
		for _, d := range ds {
			got, err := d.Decode(&ev)
			if err != nil {
				continue
			}
			checkEvent(t, got)
		}
	})
}

func checkEvent(t *testing.T, ev *Event) {
	if c := ev.Call; c != nil {
		checkSpans(t, c.Args)
		checkSpans(t, c.Aux)
		if c.EntryArgs < 0 || c.EntryArgs > len(c.Args) {
			t.Fatalf("%d of %d nodes at entry", c.EntryArgs, len(c.Args))
		}
		_ = show(c)
	}
	if w := ev.Work; w != nil {
		checkSpans(t, w.Args)
		checkSpans(t, w.Address)
	}
	if s := ev.Sig; s != nil {
		checkSpans(t, s.Info)
		_ = list(s.Info, table.AMD64, " ")
	}
}

type sample struct{ enter, exit *rec }

// samples are calls of every shape.
func samples(t testing.TB) (s []sample) {
	add := func(abi table.ABI, name string, ret int64, fill func(enter, exit *rec), args ...uint64) {
		enter, exit := newCall(t, abi, name, ret, args...)
		fill(enter, exit)
		s = append(s, sample{enter, exit})
	}
	page := string(make([]byte, 256))
	for _, abi := range []table.ABI{table.AMD64, table.ARM64, table.I386} {
		n := int(abi.Word())
		for nr, name := range table.Names(abi) {
			if nr%4 != int32(abi) && abi != table.AMD64 {
				continue
			}
			add(abi, name, 2, func(enter, exit *rec) {
				for i := range uint64(6) {
					p := uint64(p1) + i*0x1000
					enter.sec(memory, uint8(i), 0, p, words(n, p1, 2, p2, 1, 0)+page)
					exit.sec(memory, uint8(i), atExit, p, words(n, p2, 3, p1, 9, 1)+page)
				}
				exit.fd(0, atExit, bpf.TraceEbFdinfo{Fd: 3, Flags: uint32(bpf.TraceEbFdFlagEB_FD_SOCK)}, "x")
			}, p1, p1+0x1000, p1+0x2000, p1+0x3000, p1+0x4000, p1+0x5000)
		}
	}
	return s
}

// TestEveryCall decodes every call of every ABI with memory at every pointer.
func TestEveryCall(t *testing.T) {
	ds := []*Decoder{New(Options{StrSize: 32}), New(Options{StrSize: 4096, Verbose: true})}
	for _, s := range samples(t) {
		for _, ev := range []events.Event{
			{Kind: events.Whole, Rec: s.exit.parse(t), Enter: s.enter.parse(t)},
			{Kind: events.End, Rec: s.exit.parse(t)},
			{Kind: events.Begin, Rec: s.enter.parse(t)},
		} {
			for _, d := range ds {
				got, err := d.Decode(&ev)
				if err != nil {
					t.Fatal(err)
				}
				checkEvent(t, got)
			}
		}
	}
}
