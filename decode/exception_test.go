package decode

import (
	"strings"
	"testing"

	"github.com/ebtrace/ebtrace/decode/table"
	"github.com/ebtrace/ebtrace/events"
)

// TestRegistry fails if a decoder is registered for a name that the table
// does not have: it would never be called.
func TestRegistry(t *testing.T) {
	args, notes := map[string]bool{}, map[string]bool{}
	for abi := table.ABI(0); abi < table.NumABI; abi++ {
		for nr, name := range table.Names(abi) {
			row := table.Lookup(abi, nr)
			if row == nil {
				t.Logf("%s: no row for %s", abi, name)
				continue
			}
			for _, r := range append([]*table.Row{row}, row.Variants...) {
				notes[r.Name] = notes[r.Name] || r.RetAux
				for _, a := range r.Args {
					args[r.Name+"."+a.Name] = true
				}
			}
		}
	}
	for n := range argDecoders {
		if !args[n] {
			t.Errorf("no argument %s", n)
		}
	}
	for n := range noteDecoders {
		if !notes[n] {
			t.Errorf("no call %s with a note", n)
		}
	}
	for n := range notes {
		if notes[n] && noteDecoders[n] == nil {
			t.Errorf("no decoder for the note of %s", n)
		}
	}
	for n := range structDecoders {
		if table.LookupStruct(n) == nil {
			t.Errorf("no struct %s", n)
		}
	}
	for k := table.KindMsghdr; k < table.KindOpaque; k++ {
		if k != table.KindArgv && k != table.KindEnvp && kindDecoders[k] == nil {
			t.Errorf("no decoder for kind %s", k)
		}
	}
}

func TestExceptions(t *testing.T) {
	enter, exit := newCall(t, table.AMD64, "nanosleep", 0, p1, p2)
	exit.sec(memory, 1, atExit, p2, words(8, 0, 5))
	if got := decodeWhole(t, enter, exit); !strings.Contains(got, "rem=0x7fff1000) = 0") {
		t.Error(got)
	}
	exit.call.Ret = -516
	if got := decodeWhole(t, enter, exit); !strings.Contains(got, "rem={tv_sec=0, tv_nsec=5})") {
		t.Error(got)
	}
	_, exit = newCall(t, table.AMD64, "wait4", 0, ^uint64(0), p1, 1, 0)
	expect(t, decodeWhole(t, nil, exit), `wait4(pid=-1, wstatus=0x7fff0000, options=WNOHANG, rusage=0x0) = 0`)
	enter, exit = newCall(t, table.AMD64, "mknod", 0, p1, 0o10644, 0)
	enter.sec(str, 0, 0, p1, "/x")
	expect(t, decodeWhole(t, enter, exit), `mknod(path="/x", mode=010644) = 0`)
	enter.call.Args[1], enter.call.Args[2] = 0o20644, 0x103
	expect(t, decodeWhole(t, enter, exit), `mknod(path="/x", mode=020644, dev=dev 0x103) = 0`)
	_, exit = newCall(t, table.AMD64, "accept", 5, 4, 0, p1)
	expect(t, decodeWhole(t, nil, exit), `accept(sockfd=4, addr=0x0, addrlen=0x7fff0000) = 5`)
	_, exit = newCall(t, table.AMD64, "getrandom", 3, p1, 3, 0)
	exit.sec(memory, 0, atExit, p1, "\x01\x02\x03")
	ev := events.Event{Kind: events.Whole, Rec: exit.parse(t)}
	got, err := New(Options{StrSize: 32}).Decode(&ev)
	if err != nil || got.Call.Args[0].Kind != Bytes {
		t.Errorf("%v %v", got, err)
	}
}

func TestNames(t *testing.T) {
	d := New(Options{StrSize: 32, PIDNames: true})
	enter, exit := newCall(t, table.AMD64, "prctl", 0, prSetName, p1)
	enter.sec(str, 1, 0, p1, "worker")
	ev := events.Event{Kind: events.Whole, TID: 7, Rec: exit.parse(t), Enter: enter.parse(t)}
	got, err := d.Decode(&ev)
	if err != nil || got.Comm != "worker" {
		t.Fatalf("%+v %v", got, err)
	}
	_, exit = newCall(t, table.AMD64, "kill", 0, 7, 2)
	ev = events.Event{Kind: events.Whole, TID: 8, Rec: exit.parse(t)}
	if got, err = d.Decode(&ev); err != nil {
		t.Fatal(err)
	}
	expect(t, show(got.Call), `kill(pid=7<worker>, sig=SIGINT) = 0`)
}
