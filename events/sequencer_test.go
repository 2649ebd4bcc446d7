package events

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/ebtrace/ebtrace/bpf"
)

// made builds the bytes of one record for a test.
type made struct {
	kind             bpf.TraceEbKind
	slot, tid, seq   uint32
	time, begin      uint64
	flags            bpf.TraceEbFlag
	nr               int32
	status, total    uint32
	childTID, oldTID uint32
	pid              uint32 // 0: as tid
}

func bytesOf[T any](v T) []byte {
	return slices.Clone(unsafe.Slice((*byte)(unsafe.Pointer(&v)), unsafe.Sizeof(v)))
}

func (m made) bytes() []byte {
	var body []byte
	switch m.kind {
	case bpf.TraceEbKindEB_ENTER, bpf.TraceEbKindEB_CALL:
		body = bytesOf(bpf.TraceEbCall{Begin: m.begin})
	case bpf.TraceEbKindEB_FORK, bpf.TraceEbKindEB_CHILD:
		body = bytesOf(bpf.TraceEbFork{ChildTid: m.childTID})
	case bpf.TraceEbKindEB_EXEC:
		body = bytesOf(bpf.TraceEbExec{OldTid: m.oldTID})
	case bpf.TraceEbKindEB_END:
		body = bytesOf(bpf.TraceEbEnd{Status: m.status, Made: m.total})
	case bpf.TraceEbKindEB_SIGNAL:
		body = bytesOf(bpf.TraceEbSignal{Signo: 17})
	case work:
		body = bytesOf(bpf.VfsEbWork{Begin: m.time - 1, Cause: m.begin})
	}
	head := bpf.TraceEbRec{Size: uint32(recSize + len(body)), Kind: uint8(m.kind), Flags: uint16(m.flags), Tid: m.tid,
		Pid: cmp.Or(m.pid, m.tid), Seq: m.seq, Nr: m.nr, Slot: m.slot, Time: m.time, Start: uint64(m.tid)}
	return append(bytesOf(head), body...)
}

const (
	enter = bpf.TraceEbKindEB_ENTER
	call  = bpf.TraceEbKindEB_CALL
	work  = bpf.TraceEbKind(bpf.VfsEbKindEB_WORK)
)

// told collects events as words: kind, thread, time.
type told []string

var kindNames = map[Kind]string{Whole: "whole", Begin: "begin", End: "end", Fork: "fork", Child: "child", Exec: "exec",
	Exit: "exit", Signal: "signal", Gap: "gap", Attach: "attach", Detach: "detach", Work: "work"}

func (t *told) emit(e *Event) error {
	s := fmt.Sprintf("%s %d@%d", kindNames[e.Kind], e.TID, e.Time)
	if e.Kind == Gap {
		s += fmt.Sprintf(" lost %d", e.Lost)
	}
	if e.Enter != nil {
		s += " +enter"
	}
	*t = append(*t, s)
	return nil
}

func run(t *testing.T, until uint64, recs ...made) (*Sequencer, told) {
	t.Helper()
	s := NewSequencer()
	for _, m := range recs {
		rare := m.kind != enter && m.kind != call && m.kind != work
		if err := s.Add(m.bytes(), rare); err != nil {
			t.Fatal(err)
		}
	}
	var got told
	if err := s.Emit(until, got.emit); err != nil {
		t.Fatal(err)
	}
	return s, got
}

func TestSequencer(t *testing.T) {
	for _, tt := range []struct {
		name string
		recs []made
		want string
	}{
		{"calls alone are whole", []made{
			{kind: call, slot: 1, tid: 1, seq: 1, begin: 10, time: 20},
			{kind: call, slot: 1, tid: 1, seq: 2, begin: 30, time: 40},
		}, "whole 1@10; whole 1@30"},
		{"a call of another thread splits", []made{
			{kind: call, slot: 2, tid: 2, seq: 1, begin: 12, time: 14},
			{kind: call, slot: 1, tid: 1, seq: 1, begin: 10, time: 20},
		}, "begin 1@10; whole 2@12; end 1@20"},
		{"crossing calls", []made{
			{kind: call, slot: 1, tid: 1, seq: 1, begin: 10, time: 20},
			{kind: call, slot: 2, tid: 2, seq: 1, begin: 15, time: 25},
		}, "begin 1@10; begin 2@15; end 1@20; end 2@25"},
		{"an entry record joins its end", []made{
			{kind: enter, slot: 1, tid: 1, seq: 1, time: 10},
			{kind: call, slot: 1, tid: 1, seq: 2, begin: 10, time: 20, flags: bpf.TraceEbFlagEB_F_ENTERED},
		}, "whole 1@10 +enter"},
		{"an entry record, split", []made{
			{kind: enter, slot: 1, tid: 1, seq: 1, time: 10},
			{kind: call, slot: 2, tid: 2, seq: 1, begin: 12, time: 13},
			{kind: call, slot: 1, tid: 1, seq: 2, begin: 10, time: 20, flags: bpf.TraceEbFlagEB_F_ENTERED},
		}, "begin 1@10; whole 2@12; end 1@20 +enter"},
		{"a lost entry record", []made{
			{kind: call, slot: 1, tid: 1, seq: 2, begin: 10, time: 20, flags: bpf.TraceEbFlagEB_F_ENTERED},
		}, "gap 1@20 lost 1; whole 1@10"},
		{"work is below its call", []made{
			{kind: work, slot: 1, tid: 1, seq: 1, begin: 10, time: 12},
			{kind: work, slot: 1, tid: 1, seq: 2, begin: 10, time: 14},
			{kind: call, slot: 1, tid: 1, seq: 3, begin: 10, time: 20},
			{kind: work, slot: 1, tid: 1, seq: 4, begin: 30, time: 31},
			{kind: call, slot: 1, tid: 1, seq: 5, begin: 30, time: 40},
		}, "whole 1@10; work 1@12; work 1@14; whole 1@30; work 1@31"},
		{"work, and an entry record", []made{
			{kind: enter, slot: 1, tid: 1, seq: 1, time: 10},
			{kind: work, slot: 1, tid: 1, seq: 2, begin: 10, time: 12},
			{kind: call, slot: 1, tid: 1, seq: 3, begin: 10, time: 20, flags: bpf.TraceEbFlagEB_F_ENTERED},
		}, "whole 1@10 +enter; work 1@12"},
		{"work of a call that another thread splits", []made{
			{kind: work, slot: 1, tid: 1, seq: 1, begin: 10, time: 12},
			{kind: call, slot: 2, tid: 2, seq: 1, begin: 13, time: 14},
			{kind: work, slot: 1, tid: 1, seq: 2, begin: 10, time: 15},
			{kind: call, slot: 1, tid: 1, seq: 3, begin: 10, time: 20},
		}, "begin 1@10; work 1@12; whole 2@13; work 1@15; end 1@20"},
		{"work of a split call with an entry record", []made{
			{kind: enter, slot: 1, tid: 1, seq: 1, time: 10},
			{kind: call, slot: 2, tid: 2, seq: 1, begin: 11, time: 12},
			{kind: work, slot: 1, tid: 1, seq: 2, begin: 10, time: 15},
			{kind: call, slot: 1, tid: 1, seq: 3, begin: 10, time: 20, flags: bpf.TraceEbFlagEB_F_ENTERED},
		}, "begin 1@10; whole 2@11; work 1@15; end 1@20 +enter"},
		{"work of calls that are not traced", []made{
			{kind: work, slot: 1, tid: 1, seq: 1, time: 12},
			{kind: work, slot: 1, tid: 1, seq: 2, begin: 20, time: 22},
			{kind: work, slot: 1, tid: 1, seq: 3, begin: 20, time: 23},
			{kind: call, slot: 1, tid: 1, seq: 4, begin: 30, time: 40},
		}, "work 1@12; work 1@22; work 1@23; whole 1@30"},
		{"lost between work", []made{
			{kind: work, slot: 1, tid: 1, seq: 1, begin: 10, time: 12},
			{kind: work, slot: 1, tid: 1, seq: 3, begin: 10, time: 14},
			{kind: call, slot: 1, tid: 1, seq: 4, begin: 10, time: 20},
		}, "gap 1@14 lost 1; whole 1@10; work 1@12; work 1@14"},
		{"what is aside does not split a call", []made{
			{kind: call, slot: 1, tid: 1, seq: 1, begin: 10, time: 20},
			{kind: work, tid: 1, time: 15},
			{kind: call, slot: 1, tid: 1, seq: 2, begin: 30, time: 40},
			{kind: work, tid: 7, time: 25},
			{kind: work, tid: 7, time: 24},
			{kind: work, tid: 7, time: 50},
		}, "whole 1@10; work 1@15; work 7@24; work 7@25; whole 1@30; work 7@50"},
		{"what is aside stands among the work of a call", []made{
			{kind: work, slot: 1, tid: 1, seq: 1, begin: 10, time: 12},
			{kind: work, tid: 1, time: 13},
			{kind: work, tid: 1, time: 19},
			{kind: work, slot: 1, tid: 1, seq: 2, begin: 10, time: 18},
			{kind: call, slot: 1, tid: 1, seq: 3, begin: 10, time: 20},
			{kind: call, slot: 2, tid: 2, seq: 1, begin: 21, time: 22},
		}, "whole 1@10; work 1@12; work 1@13; work 1@18; work 1@19; whole 2@21"},
		{"what is aside, and another thread", []made{
			{kind: call, slot: 1, tid: 1, seq: 1, begin: 10, time: 30},
			{kind: work, tid: 1, time: 11},
			{kind: call, slot: 2, tid: 2, seq: 1, begin: 12, time: 13},
			{kind: work, tid: 1, time: 14},
		}, "begin 1@10; work 1@11; whole 2@12; work 1@14; end 1@30"},
		{"a gap in one of two threads", []made{
			{kind: call, slot: 1, tid: 1, seq: 1, begin: 10, time: 11},
			{kind: call, slot: 2, tid: 2, seq: 1, begin: 12, time: 13},
			{kind: call, slot: 1, tid: 1, seq: 7, begin: 20, time: 21},
		}, "whole 1@10; whole 2@12; gap 1@21 lost 5; whole 1@20"},
		{"rare events between", []made{
			{kind: call, slot: 1, tid: 1, seq: 2, begin: 10, time: 20},
			{kind: bpf.TraceEbKindEB_FORK, slot: 1, tid: 1, seq: 1, time: 15, childTID: 5},
			{kind: bpf.TraceEbKindEB_CHILD, slot: 2, tid: 5, seq: 1, time: 15, childTID: 5},
		}, "begin 1@10; fork 1@15; child 5@15; end 1@20"},
		{"a slot used again", []made{
			{kind: call, slot: 1, tid: 1, seq: 1, begin: 10, time: 11},
			{kind: bpf.TraceEbKindEB_END, slot: 1, tid: 1, seq: 2, time: 12},
			{kind: bpf.TraceEbKindEB_CHILD, slot: 1, tid: 9, seq: 1, time: 20, childTID: 9},
			{kind: call, slot: 1, tid: 9, seq: 2, begin: 21, time: 22},
		}, "whole 1@10; exit 1@12; child 9@20; whole 9@21"},
		{"exec by a thread takes the leader's id", []made{
			{kind: enter, slot: 3, tid: 7, pid: 6, seq: 1, time: 10},
			{kind: bpf.TraceEbKindEB_EXEC, slot: 3, tid: 6, seq: 2, time: 15, oldTID: 7},
			{kind: call, slot: 3, tid: 6, seq: 3, begin: 10, time: 20, flags: bpf.TraceEbFlagEB_F_ENTERED},
		}, "begin 7@10; exec 6@15; end 6@20 +enter"},
		{"an unnumbered signal makes no gap", []made{
			{kind: call, slot: 1, tid: 1, seq: 1, begin: 10, time: 11},
			{kind: bpf.TraceEbKindEB_SIGNAL, slot: 1, tid: 1, time: 12, flags: bpf.TraceEbFlagEB_F_IGNORED},
			{kind: call, slot: 1, tid: 1, seq: 2, begin: 13, time: 14},
		}, "whole 1@10; signal 1@12; whole 1@13"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, got := run(t, Forever, tt.recs...)
			if s := strings.Join(got, "; "); s != tt.want {
				t.Errorf("got  %s\nwant %s", s, tt.want)
			}
		})
	}
}

func TestHangingCallIsShownOnce(t *testing.T) {
	s := NewSequencer()
	var got told
	s.Add(made{kind: bpf.TraceEbKindEB_CHILD, slot: 1, tid: 4, seq: 1, time: 5, childTID: 4}.bytes(), true)
	s.Emit(10, got.emit)
	in := bpf.TraceEbSlot{Begin: 12, Tid: 4, Pid: 4, Nr: 7, Start: 4}
	for range 3 {
		s.InFlight(1, &in)
		s.Emit(100, got.emit)
	}
	s.Add(made{kind: call, slot: 1, tid: 4, seq: 2, begin: 12, time: 150}.bytes(), false)
	s.Emit(Forever, got.emit)
	if s := strings.Join(got, "; "); s != "child 4@5; begin 4@12; end 4@150" {
		t.Error(s)
	}
}

func TestInFlightAndEndInOneRound(t *testing.T) {
	s := NewSequencer()
	var got told
	s.Add(made{kind: bpf.TraceEbKindEB_CHILD, slot: 1, tid: 4, seq: 1, time: 5, childTID: 4}.bytes(), true)
	s.Emit(10, got.emit)
	s.InFlight(1, &bpf.TraceEbSlot{Begin: 12, Tid: 4, Pid: 4, Start: 4})
	s.Add(made{kind: call, slot: 1, tid: 4, seq: 2, begin: 12, time: 20}.bytes(), false)
	s.Emit(Forever, got.emit)
	if s := strings.Join(got, "; "); s != "child 4@5; begin 4@12; end 4@20" && s != "child 4@5; whole 4@12" {
		t.Error(s)
	}
}

func TestFilteredEntryAloneIsNoEvent(t *testing.T) {
	s := NewSequencer()
	s.Filtered = true
	var got told
	for i, m := range []made{
		{kind: enter, slot: 1, tid: 1, seq: 1, time: 10},
		{kind: enter, slot: 1, tid: 1, seq: 2, time: 20},
		{kind: call, slot: 1, tid: 1, seq: 3, begin: 20, time: 30, flags: bpf.TraceEbFlagEB_F_ENTERED},
	} {
		if err := s.Add(m.bytes(), false); err != nil {
			t.Fatal(i, err)
		}
	}
	s.Emit(Forever, got.emit)
	if s := strings.Join(got, "; "); s != "whole 1@20 +enter" {
		t.Error(s)
	}
}

func TestLossAtTheEndIsCounted(t *testing.T) {
	s, got := run(t, Forever, made{kind: call, slot: 1, tid: 1, seq: 1, begin: 1, time: 2})
	s.SetEmit(got.emit)
	s.Finish(50, func(uint32) (uint32, uint32) { return 1, 10 })
	if s := strings.Join(got, "; "); s != "whole 1@1; gap 1@50 lost 9; detach 1@50" {
		t.Error(s)
	}
	if tot := s.Totals(); tot.Received != 1 || tot.Lost != 9 || tot.Threads[Thread{1, 1, 1}] != 9 {
		t.Errorf("%+v", tot)
	}
}

// However records of many threads arrive, each thread's come in order, times
// never go back, and received + lost is what was made.
func TestOrderAndLossProperty(t *testing.T) {
	for seed := range uint64(200) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		var queues [5][]made
		madeOf := map[uint32]uint32{}
		clock, outside := uint64(1), 0
		s, last, lost := NewSequencer(), uint64(0), uint64(0)
		for range 300 {
			i := rnd.IntN(len(queues))
			tid := uint32(i + 1)
			madeOf[tid]++
			begin := clock
			clock += 1 + rnd.Uint64N(5)
			if n := len(queues[i]); n > 0 {
				begin = max(begin, queues[i][n-1].time)
			}
			if rnd.IntN(8) == 0 { // in no order, and not counted
				if err := s.Add(made{kind: work, tid: tid, time: clock - rnd.Uint64N(min(clock, 9))}.bytes(), false); err != nil {
					t.Fatal(err)
				}
				outside++
			}
			if rnd.IntN(4) > 0 {
				queues[i] = append(queues[i], made{kind: call, slot: tid, tid: tid, seq: madeOf[tid], begin: begin, time: begin + rnd.Uint64N(40)})
			}
		}
		check := func(e *Event) error {
			if e.Time < last && e.Kind != Whole && e.Kind != Gap {
				t.Fatalf("seed %d: %s at %d after %d", seed, kindNames[e.Kind], e.Time, last)
			}
			if e.Kind != Gap { // its time is that of the record after it
				last = max(last, e.Time)
			}
			lost += e.Lost
			if e.Kind == Work {
				outside--
			}
			return nil
		}
		received := uint64(0)
		for more := true; more; {
			more = false
			for i := range queues {
				for range min(rnd.IntN(30), len(queues[i])) {
					s.Add(queues[i][0].bytes(), false)
					queues[i] = queues[i][1:]
					received++
				}
				more = more || len(queues[i]) > 0
			}
		}
		s.Emit(Forever, check)
		s.SetEmit(check)
		s.Finish(Forever, func(slot uint32) (uint32, uint32) { return slot, madeOf[slot] })
		total := uint64(0)
		for tid, n := range madeOf {
			if s.threads[tid] != nil {
				total += uint64(n)
			}
		}
		if received+lost != total || s.Totals().Lost != lost || outside != 0 {
			t.Fatalf("seed %d: %d received + %d lost != %d made", seed, received, lost, total)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(made{kind: call, slot: 1, tid: 1, seq: 1, begin: 1, time: 2}.bytes())
	sec := bytesOf(bpf.TraceEbSec{Len: 5, Kind: 1})
	b := append(made{kind: enter, slot: 1, tid: 1, seq: 1, time: 2}.bytes(), append(sec, "hello\x00\x00\x00"...)...)
	binary.LittleEndian.PutUint32(b, uint32(len(b)))
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		var r Record
		if Parse(b, &r) != nil {
			return
		}
		off, n := 0, 0
		for {
			s, ok := r.Next(&off)
			if !ok {
				break
			}
			if len(s.Data) != int(s.Len) {
				t.Fatal("section shorter than it says")
			}
			s.FD()
			if n++; n > len(b) {
				t.Fatal("sections without end")
			}
		}
		s := NewSequencer()
		if s.Add(b, false) == nil {
			s.Emit(Forever, func(*Event) error { return nil })
		}
	})
}

func BenchmarkSequencer(b *testing.B) {
	s := NewSequencer()
	rec := made{kind: call, slot: 1, tid: 1, seq: 1, begin: 10, time: 20}.bytes()
	emit := func(*Event) error { return nil }
	b.ReportAllocs()
	for i := range b.N {
		binary.LittleEndian.PutUint32(rec[unsafe.Offsetof(bpf.TraceEbRec{}.Seq):], uint32(i+1))
		s.Add(rec, false)
		if i%1024 == 0 {
			s.Emit(Forever, emit)
		}
	}
}
