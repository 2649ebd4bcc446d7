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
	o.Prefix, o.Stamp, o.StampDig, o.Files, o.Comm = PrefixColumn, ClockTime, Micro, FileAll, true
	es := append(append(files()[:17], processes()[:23]...), descriptors()...)
	w := NewText(io.Discard, o)
	run := func() {
		for _, e := range es {
			if err := w.Event(e); err != nil {
				t.Fatal(err)
			}
		}
	}
	run()
	if n := testing.AllocsPerRun(100, run); n != 0 {
		t.Errorf("%v allocations for %d events", n, len(es))
	}
}
