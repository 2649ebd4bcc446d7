package decode

import (
	"errors"
	"testing"

	"github.com/ebtrace/ebtrace/bpf"
	"github.com/ebtrace/ebtrace/decode/table"
	"github.com/ebtrace/ebtrace/events"
)

func decodeOther(t *testing.T, d *Decoder, kind events.Kind, tid uint32, r *rec) *Event {
	t.Helper()
	got, err := d.Decode(&events.Event{Kind: kind, TID: tid, PID: tid, Rec: r.parse(t)})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func comm(s string) (c [16]int8) {
	for i := range s {
		c[i] = int8(s[i])
	}
	return c
}

func kindRec[T any](k bpf.TraceEbKind, body T) *rec {
	return &rec{head: bpf.TraceEbRec{Kind: uint8(k)}, body: bytesOf(body)}
}

func TestProcessEvents(t *testing.T) {
	d := New(Options{})
	fork := bpf.TraceEbFork{ParentTid: 7, ParentPid: 6, ChildTid: 9, ChildPid: 8, ParentStart: 1, ChildStart: 2, Comm: comm("sh")}
	ev := decodeOther(t, d, events.Fork, 7, kindRec(bpf.TraceEbKindEB_FORK, fork))
	if *ev.Fork != (ForkInfo{7, 6, 9, 8, 1, 2}) || ev.Comm != "sh" {
		t.Errorf("%+v %q", ev.Fork, ev.Comm)
	}
	ev = decodeOther(t, d, events.Child, 9, kindRec(bpf.TraceEbKindEB_CHILD, fork))
	if ev.Fork.ChildTID != 9 || ev.Comm != "sh" {
		t.Errorf("%+v %q", ev.Fork, ev.Comm)
	}
	x := kindRec(bpf.TraceEbKindEB_EXEC, bpf.TraceEbExec{OldTid: 9, Uid: 3, Comm: comm("fifteen-letters")})
	ev = decodeOther(t, d, events.Exec, 9, x.sec(str, 255, 0, 0, "/bin/true"))
	if string(ev.Exec.Path) != "/bin/true" || ev.Exec.OldTID != 9 || ev.Exec.UID != 3 || ev.Comm != "fifteen-letters" {
		t.Errorf("%+v %q", ev.Exec, ev.Comm)
	}
	for _, c := range []struct {
		status uint32
		want   ExitInfo
	}{
		{3 << 8, ExitInfo{Code: 3, GroupDead: true, Made: 5}},
		{0x8b, ExitInfo{Signal: 11, Core: true, GroupDead: true, Made: 5}},
		{15, ExitInfo{Signal: 15, GroupDead: true, Made: 5}},
	} {
		ev = decodeOther(t, d, events.Exit, 9, kindRec(bpf.TraceEbKindEB_END, bpf.TraceEbEnd{Status: c.status, GroupDead: 1, Made: 5}))
		if *ev.Exit != c.want {
			t.Errorf("status %#x: %+v", c.status, ev.Exit)
		}
	}
	if len(d.comms) != 1 {
		t.Errorf("names left: %v", d.comms)
	}
	d.SetComm(9, "a name that is much too long")
	if ev = decodeOther(t, d, events.Gap, 9, nil); ev.Comm != "a name that is " {
		t.Errorf("%q", ev.Comm)
	}
}

func TestSignalEvents(t *testing.T) {
	for _, c := range []struct {
		signo        uint32
		handler      uint64
		flags        bpf.TraceEbFlag
		stop, ignore bool
	}{
		{19, 0, 0, true, false},
		{20, 0, 0, true, false},
		{20, 0x400000, 0, false, false},
		{22, 1, bpf.TraceEbFlagEB_F_IGNORED, false, true},
		{15, 0, 0, false, false},
	} {
		r := kindRec(bpf.TraceEbKindEB_SIGNAL, bpf.TraceEbSignal{Signo: c.signo, Handler: c.handler})
		r.head.Flags = uint16(c.flags)
		ev := decodeOther(t, New(Options{}), events.Signal, 7, r)
		if ev.Sig.Signo != int(c.signo) || ev.Sig.Stopped != c.stop || ev.Sig.Ignored != c.ignore {
			t.Errorf("%+v: %+v", c, ev.Sig)
		}
	}
}

func TestNoRecord(t *testing.T) {
	exit := kindRec(bpf.TraceEbKindEB_END, bpf.TraceEbEnd{}).parse(t)
	for _, ev := range []events.Event{
		{Kind: events.Whole}, {Kind: events.Begin}, {Kind: events.Signal}, {Kind: 0}, {Kind: 99},
		{Kind: events.Whole, Rec: exit}, {Kind: events.Begin, Rec: exit}, {Kind: events.Fork, Rec: exit},
	} {
		if _, err := New(Options{}).Decode(&ev); !errors.Is(err, ErrNoRecord) {
			t.Errorf("%+v: %v", ev, err)
		}
	}
}

func TestErrnoNames(t *testing.T) {
	for _, c := range []struct {
		n          int
		name, text string
	}{
		{2, "ENOENT", "No such file or directory"}, {11, "EAGAIN", "Resource temporarily unavailable"},
		{95, "EOPNOTSUPP", "Operation not supported"}, {133, "EHWPOISON", "Memory page has hardware error"},
		{41, "", ""}, {134, "", ""}, {0, "", ""}, {-1, "", ""}, {511, "", ""}, {4095, "", ""},
		{512, "ERESTARTSYS", "To be restarted if SA_RESTART is set"}, {516, "ERESTART_RESTARTBLOCK", "Interrupted by signal"},
	} {
		if ErrnoName(c.n) != c.name || ErrnoText(c.n) != c.text {
			t.Errorf("%d: %s %s", c.n, ErrnoName(c.n), ErrnoText(c.n))
		}
	}
	for n, want := range map[uint64]string{0: "", 2: "SIGINT", 31: "SIGSYS", 32: "SIGRTMIN", 33: "SIGRT_1", 64: "SIGRT_32", 65: ""} {
		if got := SignalName(n); got != want {
			t.Errorf("signal %d: %q", n, got)
		}
	}
}

func TestRestart(t *testing.T) {
	d := New(Options{})
	sleep, interrupted := newCall(t, table.AMD64, "nanosleep", -restartBlock, p1, 0)
	resume := func(tid uint32) string {
		_, again := newCall(t, table.AMD64, "restart_syscall", 0)
		return decodeEvent(t, d, &events.Event{Kind: events.Whole, TID: tid, Rec: again.parse(t)}).Call.Resumes
	}
	decodeEvent(t, d, &events.Event{Kind: events.Whole, TID: 7, Enter: sleep.parse(t), Rec: interrupted.parse(t)})
	if got := resume(7); got != "nanosleep" {
		t.Errorf("%q goes on", got)
	}
	if got := resume(8); got != "" {
		t.Errorf("%q goes on in a thread that nothing interrupted", got)
	}
	decodeOther(t, d, events.Exit, 7, kindRec(bpf.TraceEbKindEB_END, bpf.TraceEbEnd{}))
	if got := resume(7); got != "" {
		t.Errorf("%q goes on after the end of its thread", got)
	}
}

func decodeEvent(t *testing.T, d *Decoder, ev *events.Event) *Event {
	t.Helper()
	got, err := d.Decode(ev)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestNewArgs(t *testing.T) {
	args := func(section string, short bool) string {
		enter, exit := newCall(t, table.AMD64, "execve", 0, p1, p2, 0)
		enter.fault(str, 0, 0, p1, "", 0)
		enter.sec(memory, 1, 0, p2, "\x10\x00\x00\x00\x00\x00\x00\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00")
		enter.fault(str, 1, 0, 0x10, "", 0)
		enter.fault(str, 1, 0, 0x20, "", 0)
		flags := atExit
		if short {
			flags |= cut
		}
		exit.sec(uint8(bpf.TraceEbSecKindEB_SEC_ARGS), 255, flags, p3, section)
		exit.sec(str, 0, atExit|retried, p1, "/bin/x")
		return decodeWhole(t, enter, exit)
	}
	expect(t, args("x\x00y z\x00", false), `execve(path="/bin/x", argv=["x", "y z"], envp=0x0) = 0`)
	expect(t, args("/bin/sh\x00-e\x00/bin/x\x00y z\x00", false), `execve(path="/bin/x", argv=[0x10!fault, "y z"], envp=0x0) = 0`)
	for _, bad := range []string{"", "\x00", "x\x00y", "no NUL"} {
		expect(t, args(bad, false), `execve(path="/bin/x", argv=[0x10!fault, 0x20!fault], envp=0x0) = 0`)
	}
	expect(t, args("x\x00y\x00", true), `execve(path="/bin/x", argv=[0x10!fault, 0x20!fault], envp=0x0) = 0`)
}
