package decode

import (
	"testing"

	"github.com/ebtrace/ebtrace/bpf"
	"github.com/ebtrace/ebtrace/decode/table"
	"github.com/ebtrace/ebtrace/events"
)

// TestSplit: what a call's time went to, where the record has it.
func TestSplit(t *testing.T) {
	const away = uint8(bpf.TraceEbSecKindEB_SEC_AWAY)
	d := New(Options{StrSize: 32})
	split := func(change func(r *rec)) *Split {
		_, exit := newCall(t, table.AMD64, "getppid", 1) // from 1000 to 2000
		exit.sec(away, 255, atExit, 0, words(8, 600))
		change(exit)
		ev := events.Event{Kind: events.Whole, TID: 7, PID: 7, Rec: exit.parse(t)}
		ev.Spent[bpf.VfsEbLayerEB_LAYER_VFS], ev.Spent[bpf.VfsEbLayerEB_LAYER_NET] = 500, 20
		got, err := d.Decode(&ev)
		if err != nil {
			t.Fatal(err)
		}
		return got.Call.Split
	}
	if s := split(func(*rec) {}); s == nil || *s != (Split{Blocked: 600, Running: 400, VFS: 500, Net: 20}) {
		t.Errorf("%+v", s)
	}
	if s := split(func(r *rec) { r.secs = nil; r.sec(away, 255, atExit, 0, words(8, 1<<60)) }); s.Blocked != 1000 || s.Running != 0 {
		t.Errorf("more than the whole: %+v", s)
	}
	for name, change := range map[string]func(*rec){
		"no section":    func(r *rec) { r.secs = nil },
		"no begin":      func(r *rec) { r.call.Begin = 0 },
		"short section": func(r *rec) { r.secs = nil; r.sec(away, 255, atExit, 0, "1234") },
	} {
		if s := split(change); s != nil {
			t.Errorf("%s: %+v", name, s)
		}
	}
}
