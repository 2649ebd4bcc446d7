package decode

import (
	"path/filepath"
	"testing"

	"github.com/ebtrace/ebtrace/decode/table"
	"github.com/ebtrace/ebtrace/events"
)

// frequent are calls as busy programs make them.
func frequent(t testing.TB) map[string]*events.Event {
	ev := func(enter, exit *rec) *events.Event {
		return &events.Event{Kind: events.Whole, TID: 7, PID: 7, Rec: exit.parse(t), Enter: enter.parse(t)}
	}
	evs := map[string]*events.Event{}
	_, exit := newCall(t, table.AMD64, "getppid", 5)
	evs["getppid"] = ev(nil, exit)
	enter, exit := newCall(t, table.AMD64, "openat", 3, at, p1, 0x80000)
	evs["openat"] = ev(enter.sec(str, 1, 0, p1, "/etc/passwd"), exit)
	_, exit = newCall(t, table.AMD64, "read", 50, 3, p1, 100)
	evs["read"] = ev(nil, exit.sec(memory, 1, atExit|cut, p1, "0123456789abcdef0123456789abcdef", 50))
	return evs
}

func BenchmarkDecode(b *testing.B) {
	for name, ev := range frequent(b) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			d := New(Options{StrSize: 32})
			for b.Loop() {
				if _, err := d.Decode(ev); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestNoAllocation decodes every call twice: the second time must allocate
// nothing.
func TestNoAllocation(t *testing.T) {
	d := New(Options{StrSize: 32})
	check := func(name string, ev *events.Event) {
		if n := testing.AllocsPerRun(3, func() {
			if _, err := d.Decode(ev); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
	for name, ev := range frequent(t) {
		check(name, ev)
	}
	for _, s := range samples(t) {
		ev := events.Event{Kind: events.Whole, TID: 7, PID: 7, Rec: s.exit.parse(t), Enter: s.enter.parse(t)}
		name := table.Name(table.ABI(ev.Rec.Abi), ev.Rec.Nr)
		check(name, &ev)
	}
}

// TestNoAllocationRecorded is TestNoAllocation for what real programs do, with
// -v and all names.
func TestNoAllocationRecorded(t *testing.T) {
	files, _ := filepath.Glob("testdata/*.rec")
	for _, file := range files {
		d := New(Options{StrSize: 32, Verbose: true, PIDNames: true})
		all := recording(t, file)
		if n := testing.AllocsPerRun(3, func() {
			for _, r := range all {
				if _, err := d.Decode(&r.ev); err != nil {
					t.Fatal(err)
				}
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations in %d events", file, n, len(all))
		}
	}
}
