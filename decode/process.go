package decode

import (
	"bytes"

	"github.com/ebtrace/ebtrace/bpf"
	"github.com/ebtrace/ebtrace/decode/table"
	"github.com/ebtrace/ebtrace/events"
)

// decodeFork decodes a Fork or a Child.
func (d *Decoder) decodeFork(ev *events.Event) {
	f := ev.Rec.Fork()
	d.fork = ForkInfo{
		ParentTID: f.ParentTid, ParentPID: f.ParentPid, ChildTID: f.ChildTid, ChildPID: f.ChildPid,
		ParentStart: f.ParentStart, ChildStart: f.ChildStart,
	}
	d.out.Fork = &d.fork
	comm := d.commOf(f.Comm)
	d.comms[f.ChildTid] = comm
	if ev.Kind == events.Fork {
		d.comms[f.ParentTid] = comm
	}
}

// decodeExec decodes an Exec.
func (d *Decoder) decodeExec(ev *events.Event) {
	x := ev.Rec.Exec()
	d.exec = ExecInfo{OldTID: x.OldTid, UID: x.Uid}
	for off := 0; ; {
		s, ok := ev.Rec.Next(&off)
		if !ok {
			break
		}
		if bpf.TraceEbSecKind(s.Kind) == bpf.TraceEbSecKindEB_SEC_STR {
			d.exec.Path = s.Data
			break
		}
	}
	d.out.Exec = &d.exec
	if x.OldTid != ev.TID {
		delete(d.comms, x.OldTid)
	}
	d.comms[ev.TID] = d.commOf(x.Comm)
}

// decodeExit decodes an Exit. The status is that of wait(2).
func (d *Decoder) decodeExit(ev *events.Event) {
	e := ev.Rec.End()
	d.end = ExitInfo{
		Code: int(e.Status >> 8 & 0xff), Signal: int(e.Status & 0x7f), Core: e.Status&0x80 != 0,
		GroupDead: e.GroupDead != 0, Made: e.Made,
	}
	d.out.Exit = &d.end
}

// decodeSignal decodes a Signal.
func (d *Decoder) decodeSignal(ev *events.Event) {
	s := ev.Rec.Signal()
	flags := bpf.TraceEbFlag(ev.Rec.Flags)
	d.sig = SignalInfo{
		Signo:   int(s.Signo),
		Ignored: flags&bpf.TraceEbFlagEB_F_IGNORED != 0,
		Sent:    flags&bpf.TraceEbFlagEB_F_SENT != 0,
		Stopped: stops(s.Signo, s.Handler),
	}
	d.out.Sig = &d.sig
	d.setABI(table.AMD64) // the kernel holds a siginfo in its native layout: that of any 64-bit ABI
	d.collect(ev.Rec)
	if len(d.secs) == 0 || len(d.secs[0].Data) == 0 || d.signal == nil {
		return
	}
	b := d.secs[0].Data
	d.signal(d, mem{addr: d.secs[0].Addr, size: len(b), b: b})
	d.sig.Info = d.nodes
}

// Job control signals, the same on every ABI (asm-generic/signal.h).
const (
	sigStop = 19
	sigTstp = 20
	sigTtin = 21
	sigTtou = 22
)

// stops says whether a signal stops the thread: SIGSTOP always does, the
// others of job control do where they have no handler (signal(7)).
func stops(signo uint32, handler uint64) bool {
	return signo == sigStop || handler == 0 && signo >= sigTstp && signo <= sigTtou
}

// SetComm tells the name of a thread that existed before it was traced.
func (d *Decoder) SetComm(tid uint32, comm string) { d.comms[tid] = d.intern([]byte(comm)) }

// maxNames bounds the names that are kept; a tree that has more starts anew.
const maxNames = 4096

// intern is the name of a thread as a string that is made once. The kernel
// cuts names at 15 bytes (TASK_COMM_LEN of linux/sched.h).
func (d *Decoder) intern(name []byte) string {
	var key [16]byte
	copy(key[:15], name)
	s, ok := d.names[key]
	if !ok {
		if len(d.names) >= maxNames {
			clear(d.names)
		}
		n := bytes.IndexByte(key[:], 0)
		s = string(key[:n])
		d.names[key] = s
	}
	return s
}

// commOf is a name off the wire.
func (d *Decoder) commOf(c [16]int8) string {
	var b [16]byte
	for i, x := range c {
		b[i] = byte(x)
	}
	return d.intern(b[:])
}
