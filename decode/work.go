package decode

import (
	"github.com/ebtrace/ebtrace/bpf"
	"github.com/ebtrace/ebtrace/decode/table"
	"github.com/ebtrace/ebtrace/decode/xlat"
	"github.com/ebtrace/ebtrace/events"
)

// Layers of work.
const (
	LayerVFS   = "vfs"
	LayerNet   = "net"
	LayerURing = "io_uring"
)

// Work is an operation below the calls.
type Work struct {
	Layer   string // of the above; "unknown"
	Name    string // "read"; of LayerURing that of the call which does the same
	Begin   uint64 // ns, CLOCK_MONOTONIC; its end, where Untimed
	End     uint64
	Context string // what it was for: "syscall", "page fault", "io_uring", "kernel"
	Cause   uint64 // begin of that call; 0: it is not traced, or there is none
	Call    string // name of that call, "" if Cause is 0
	Depth   int    // operations that it was done within
	FS      []byte // type of the file system
	File    *File  // nil: not known
	File2   *File  // the other one: a new name, the target of a copy, the socket that was accepted
	Text    []byte // a name, see bpf/record.h; nil: none
	Offset  int64  // -1: none
	Bytes   uint64 // asked for; 0: none
	Moved   uint64 // that were read, written, sent or received
	Args    []Value
	Created bool // open: the file was made
	Ret     int64
	Errno   int  // positive if it failed
	Hex     bool // the result is an address or a set of bits
	Untimed bool // only its end was seen
	// Request is the begin of the request of io_uring that it was done for; 0:
	// none, or it is not known. A request itself has its own.
	Request uint64
	// Moment: it is something that happened, and has neither duration nor result.
	Moment bool

	// Of LayerNet.
	Address  []Value // as it was asked for: one Struct; empty: none
	OldState string  // state: of the socket, before and after; "" else
	NewState string
	DNS      *DNS  // what a message from or to port 53 says; nil: none
	Peer     *Peer // who is at the other end; nil: not known

	// Of LayerURing: Begin is the submission, 0 if that was not seen; Cause is
	// the call that submitted it.
	ABI      table.ABI // whose constants Args are of
	About    []Value   // ring, user_data and so on: one Struct
	Result   Value     // the result as it is meant, if it did not fail
	NoResult bool      // none is known: it was not complete when its thread or the trace ended, or tells failures only
}

// Peer is the process at the other end of a connection.
type Peer struct {
	PID   uint32
	UID   uint32
	Comm  []byte
	Later bool // it was looked up after the event: who has that end then
}

// contexts by enum eb_context.
var contexts = [...]string{
	bpf.VfsEbContextEB_BY_CALL:   "syscall",
	bpf.VfsEbContextEB_BY_FAULT:  "page fault",
	bpf.VfsEbContextEB_BY_URING:  "io_uring",
	bpf.VfsEbContextEB_BY_KERNEL: "kernel",
}

// workArg is one of the numbers of an operation; no name: it has none.
type workArg struct {
	name string
	kind Kind
	set  *xlat.Set
}

func flagsOf(name, set string) workArg { return workArg{name, Flags, xlat.Lookup(set)} }

func (d *Decoder) workArg(a workArg, v uint64) {
	d.nodes = append(d.nodes, Value{Kind: a.kind, Flags: FlagNamed, Name: a.name, Num: v, Set: a.set, Span: 1})
}

// decodeWork decodes an operation below the calls.
func (d *Decoder) decodeWork(ev *events.Event) {
	r := ev.Rec
	k := r.Work()
	d.setABI(table.AMD64) // kernel values do not depend on it
	w := &d.work
	*w = Work{
		Layer: "unknown", Name: "unknown", Begin: k.Begin, End: r.Time, Cause: k.Cause, Depth: int(k.Depth),
		Offset: k.Offset, Bytes: k.Bytes, Ret: k.Ret,
		Created: bpf.VfsEbWorkFlag(k.Flags)&bpf.VfsEbWorkFlagEB_WORK_CREATED != 0,
	}
	d.out.Work = w
	if int(k.Context) < len(contexts) {
		w.Context = contexts[k.Context]
	}
	w.Request = k.Request
	if k.Cause != 0 {
		w.Call = d.nameOf(table.ABI(r.Abi), r.Nr)
	}
	if k.Ret < 0 && k.Ret >= -maxErrno {
		w.Errno = int(-k.Ret)
	}
	if bpf.VfsEbLayer(k.Layer) == bpf.VfsEbLayerEB_LAYER_URING {
		d.decodeRequest(w, ev, &k)
		return
	}
	if k.Begin == 0 {
		w.Begin, w.Untimed = w.End, true
	}
	w.FS = d.kernelText(k.Fs[:])
	d.workParts(w, r)
	switch bpf.VfsEbLayer(k.Layer) {
	case bpf.VfsEbLayerEB_LAYER_VFS:
		w.Layer = LayerVFS
		d.decodeVFS(w, &k)
	case bpf.VfsEbLayerEB_LAYER_NET:
		w.Layer = LayerNet
		d.decodeNet(w, &k)
	}
}

// moved takes the result for a number of bytes.
func (w *Work) moved() {
	if w.Ret > 0 {
		w.Moved = uint64(w.Ret)
	}
}

// kernelText is a text of the kernel's, which ends at the first NUL.
func (d *Decoder) kernelText(text []int8) []byte {
	n := len(d.chars)
	for _, c := range text {
		if c == 0 {
			break
		}
		d.chars = append(d.chars, byte(c))
	}
	return d.chars[n:len(d.chars):len(d.chars)]
}

// Arguments that the sections of work serve: bpf/record.h.
const (
	workFile = iota
	workFile2
	workText
	workAddress
	workData
)

// workParts takes over the sections: two files and a name. Memory is left in
// d.secs.
func (d *Decoder) workParts(w *Work, r *events.Record) {
	d.collect(r)
	for i := range d.secs {
		if s := &d.secs[i]; bpf.TraceEbSecKind(s.Kind) == bpf.TraceEbSecKindEB_SEC_STR && s.Arg == workText {
			w.Text = s.Data
		}
	}
	for i := range d.fds {
		switch f := &d.fds[i]; f.arg {
		case workFile:
			w.File = &f.file
		case workFile2:
			w.File2 = &f.file
		}
	}
}

// workMem is the memory that serves argument arg, as far as it was copied.
func (d *Decoder) workMem(arg uint8) (m mem, ok bool) {
	for i := range d.secs {
		if s := &d.secs[i]; bpf.TraceEbSecKind(s.Kind) == bpf.TraceEbSecKindEB_SEC_MEM && s.Arg == arg {
			return mem{addr: s.Addr, size: max(int(s.Want), len(s.Data)), b: s.Data, fault: s.Err != 0}, true
		}
	}
	return m, false
}
