package output

import (
	"io"
	"testing"

	"github.com/ebtrace/ebtrace/decode"
)

func benchText(b *testing.B, o Options, e *decode.Event) {
	w := NewText(io.Discard, o)
	b.ReportAllocs()
	for b.Loop() {
		e.Time += 1000
		if err := w.Event(e); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkTextGetppid(b *testing.B) {
	benchText(b, testOptions(), call(1, 0, "getppid", 110, num(decode.PID, 1)))
}

func BenchmarkTextOpenat(b *testing.B) {
	benchText(b, testOptions(), files()[0])
}

func BenchmarkTextStat(b *testing.B) {
	o := testOptions()
	o.Prefix, o.Stamp, o.StampDig, o.Spent = PrefixColumn, ClockTime, Micro, true
	benchText(b, o, files()[4])
}

// TestNoAllocation: writing an event allocates nothing once the buffers are there.
func TestNoAllocation(t *testing.T) {
	o := testOptions()
	o.Prefix, o.Stamp, o.StampDig, o.Files, o.Rel, o.Spent = PrefixColumn, ClockTime, Micro, FileAll, true, true
	es := append(append(files()[:17], processes()[:24]...), descriptors()...)
	wait := call(1, 1, "wait4", 61, num(decode.PID, 2), integer(-1).named("pid"), addr(0).named("wstatus"))
	ignored := sig(1, 2, 17, false, num(decode.Signal, 17).named("si_signo"))
	ignored.Sig.Ignored = true
	es = append(es, begin(wait, 1), ignored, end(wait, 1, 9), begin(wait, 1), es[0], end(wait, 1, 9), gap(1, 20, 3))
	for name, w := range map[string]Writer{"text": NewText(io.Discard, o), "json": NewJSON(io.Discard, o, Header{}), "counts": NewCounts(io.Discard, CountOptions{})} {
		run := func() {
			for _, e := range es {
				if err := w.Event(e); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Flush(); err != nil {
				t.Fatal(err)
			}
		}
		run()
		if n := testing.AllocsPerRun(100, run); n != 0 {
			t.Errorf("%s: %v allocations for %d events", name, n, len(es))
		}
	}
}
