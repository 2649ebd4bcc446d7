package decode

import (
	"strconv"

	"github.com/ebtrace/ebtrace/bpf"
	"github.com/ebtrace/ebtrace/decode/table"
	"github.com/ebtrace/ebtrace/decode/xlat"
	"github.com/ebtrace/ebtrace/events"
)

// Of linux/io_uring.h: members of struct io_uring_sqe that are shown beside the
// arguments, and flags that say what others mean.
const (
	sqeFlags     = 1
	sqeIOPrio    = 2
	sqeBufGroup  = 40
	sqePerson    = 42
	sqeFileIndex = 44

	sqeFixedFile    = 1 << 0 // IOSQE_FIXED_FILE
	sqeBufferSelect = 1 << 5 // IOSQE_BUFFER_SELECT
	cqeBuffer       = 1 << 0 // IORING_CQE_F_BUFFER
	cqeBufferShift  = 16     // IORING_CQE_BUFFER_SHIFT
	fileIndexAlloc  = 1<<32 - 1
	splicedFixed    = 1 << 31 // SPLICE_F_FD_IN_FIXED
)

// ranBy is who ran a request, by the bits of enum eb_ran.
var ranBy = [...]string{"", "sqpoll", "worker", "sqpoll+worker", "poll", "sqpoll+poll", "poll+worker", "sqpoll+poll+worker"}

var (
	sqeFlagSet  = xlat.Lookup("io_uring_sqe_flags")
	cqeFlagSet  = xlat.Lookup("io_uring_cqe_flags")
	sendrecvSet = xlat.Lookup("io_uring_sendrecv")
	acceptSet   = xlat.Lookup("io_uring_accept")
	noBytes     [table.SQESize]byte
)

// ioPrioSets are the operations whose ioprio holds flags.
var ioPrioSets = map[string]*xlat.Set{
	"accept": acceptSet, "send": sendrecvSet, "sendmsg": sendrecvSet, "recv": sendrecvSet, "recvmsg": sendrecvSet,
	"send_zc": sendrecvSet, "sendmsg_zc": sendrecvSet, "recv_zc": sendrecvSet,
}

// directOps are the operations that can put a file among the registered ones.
var directOps = map[string]bool{"openat": true, "openat2": true, "accept": true, "socket": true, "close": true, "pipe": true}

// decodeRequest decodes a request of io_uring: ev.Enter is its submission,
// ev.Rec a completion; or ev.Rec is the submission of one that has none.
func (d *Decoder) decodeRequest(w *Work, ev *events.Event, k *bpf.VfsEbWork) {
	q, ok := ev.Rec.Request()
	w.Layer = LayerURing
	w.Name = table.RequestName(uint8(k.Op))
	if k.Op > 255 || w.Name == "" {
		w.Name = d.opName(k.Op)
	}
	if !ok {
		return
	}
	sub := ev.Enter
	if bpf.VfsEbWorkFlag(k.Flags)&bpf.VfsEbWorkFlagEB_WORK_SUBMITTED != 0 {
		sub = ev.Rec
		w.NoResult = true
	}
	sqe := &noBytes
	if sub != nil {
		s, _ := sub.Request()
		if len(s.SQE) == table.SQESize {
			sqe = (*[table.SQESize]byte)(s.SQE)
		}
		w.Begin = sub.Work().Begin
		q.Cause, q.Flags, q.Ring = s.Cause, q.Flags|s.Flags, s.Ring
		q.Start, q.Tid, q.Pid = s.Start, s.Tid, s.Pid
	}
	d.out.TID, d.out.PID, d.out.Start = q.Tid, q.Pid, q.Start
	w.Cause, w.Call = q.Cause, ""
	if q.Cause != 0 {
		w.Call = "io_uring_enter"
	}
	if sub != nil && q.Flags&uint8(bpf.UringEbRequestFlagEB_Q_UNREAD) == 0 {
		d.requestArgs(w, ev, sub, sqe, &q)
	} else {
		d.requestResult(w, k.Ret)
	}
	d.about(w, &q, sqe, sub != nil)
}

// opName is the name of an operation that the table does not know.
func (d *Decoder) opName(op uint16) string {
	if op > 255 {
		return "unknown"
	}
	n := len(d.chars)
	d.chars = strconv.AppendUint(append(d.chars, "op_"...), uint64(op), 10)
	return d.textFrom(n)
}

// requestArgs decodes arguments and result as those of a system call.
func (d *Decoder) requestArgs(w *Work, ev *events.Event, sub *events.Record, sqe *[table.SQESize]byte, q *events.Request) {
	c := &d.call
	*c = Call{Kind: events.Whole, ABI: table.ABI(sub.Abi)}
	if c.ABI >= table.NumABI {
		c.ABI = table.AMD64
	}
	w.ABI = c.ABI
	d.setABI(c.ABI)
	d.collect(sub)
	if w.NoResult {
		c.Kind = events.Begin
	} else {
		d.collect(ev.Rec)
		d.ended = true
		d.setResult(w.Ret)
	}
	req := table.LookupRequest(sqe)
	if req == nil || q.Flags&uint8(bpf.UringEbRequestFlagEB_Q_COMPAT) != 0 {
		d.rawRequest(sqe)
		w.Args = d.nodes
		d.requestResult(w, w.Ret)
		return
	}
	d.regs = req.Regs(sqe)
	d.row = req.Row(c.ABI).Variant(c.ABI, d.regs)
	c.Row = d.row
	d.decodeArgs(c)
	d.fixedFiles(c.Args, req, sqe)
	d.decodeResult(c)
	w.Args, w.Errno, w.Result = c.Args, c.Errno, c.Ret
	if d.row.Ret == table.KindFD && uint32(table.Member{Off: sqeFileIndex, Size: 4}.Get(sqe)) != 0 {
		w.Result.Kind, w.Result.File = Int, nil // a place among the registered files
	}
	if d.row.Ret == table.KindSize {
		w.moved()
	}
}

// requestResult is the result of a request whose kind is not known.
func (d *Decoder) requestResult(w *Work, ret int64) {
	if !w.NoResult {
		w.Result = Value{Kind: Int, Num: uint64(ret), Span: 1}
	}
}

// rawRequest shows the members of a request that the table does not know.
func (d *Decoder) rawRequest(sqe *[table.SQESize]byte) {
	for _, m := range [...]struct {
		name      string
		off, size uint8
	}{{"fd", 4, 4}, {"off", 8, 8}, {"addr", 16, 8}, {"len", 24, 4}, {"op_flags", 28, 4}, {"buf_index", 40, 2}, {"file_index", 44, 4}, {"addr3", 48, 8}} {
		d.nodes = append(d.nodes, Value{Kind: Hex, Name: m.name, Flags: FlagNamed, Num: table.Member{Off: m.off, Size: m.size}.Get(sqe), Span: 1})
	}
}

// fixedFiles marks what are no descriptors but places among the ring's files.
func (d *Decoder) fixedFiles(args []Value, req *table.Request, sqe *[table.SQESize]byte) {
	const fd, splicedFD = 4, 44
	fixed := sqe[sqeFlags]&sqeFixedFile != 0
	spliced := uint32(table.Member{Off: 28, Size: 4}.Get(sqe))&splicedFixed != 0
	for i := range d.row.Args {
		m := req.Args[min(i, len(req.Args)-1)]
		if !(m.Off == fd && fixed) && !(m.Off == splicedFD && m.Signed && spliced) {
			continue
		}
		for j := 0; j < len(args); j += int(args[j].Span) {
			if v := &args[j]; v.Name == d.row.Args[i].Name && v.Kind == FD {
				n := len(d.chars)
				d.chars = append(strconv.AppendInt(append(d.chars, "fixed("...), int64(int32(v.Num)), 10), ')')
				v.Kind, v.Text, v.File = Word, d.textFrom(n), nil
			}
		}
	}
}

// about appends what else is known of a request: where it was submitted, how,
// and what its completion says beside the result.
func (d *Decoder) about(w *Work, q *events.Request, sqe *[table.SQESize]byte, seen bool) {
	start := len(d.nodes)
	i := d.open(Struct, "")
	if q.Ring >= 0 {
		d.addInt("ring", int64(q.Ring))
	}
	d.add(Hex, "user_data", q.UserData)
	d.submission(w, sqe)
	if f := q.CqeFlags; f != 0 {
		flags := f & (1<<cqeBufferShift - 1)
		d.addSet(Flags, "cqe_flags", cqeFlagSet, uint64(flags))
		if f&cqeBuffer != 0 {
			d.addInt("buffer", int64(f>>cqeBufferShift))
		}
	}
	if by := ranBy[int(q.Ran)%len(ranBy)]; by != "" {
		d.addWord("by", by)
	}
	has := func(f bpf.UringEbRequestFlag) bool { return bpf.UringEbRequestFlag(q.Flags)&f != 0 }
	switch {
	case has(bpf.UringEbRequestFlagEB_Q_DROPPED):
		d.addWord("completion", "dropped")
	case has(bpf.UringEbRequestFlagEB_Q_OVERFLOW):
		d.addWord("completion", "overflow")
	}
	switch {
	case !seen:
		d.addWord("submission", "unseen")
	case has(bpf.UringEbRequestFlagEB_Q_UNREAD):
		d.addWord("submission", "unreadable")
	case has(bpf.UringEbRequestFlagEB_Q_ONE_OF):
		d.addWord("submission", "oldest of several")
	}
	d.close(i)
	w.About = d.nodes[start:len(d.nodes):len(d.nodes)]
}

// submission appends what the request asks for beside its arguments.
func (d *Decoder) submission(w *Work, sqe *[table.SQESize]byte) {
	get := func(off, size uint8) uint64 { return table.Member{Off: off, Size: size}.Get(sqe) }
	flags := uint64(sqe[sqeFlags])
	if flags != 0 {
		d.addSet(Flags, "flags", sqeFlagSet, flags)
	}
	if p := get(sqeIOPrio, 2); p != 0 {
		if set := ioPrioSets[w.Name]; set != nil {
			d.addSet(Flags, "ioprio", set, p)
		} else {
			d.add(Hex, "ioprio", p)
		}
	}
	if flags&sqeBufferSelect != 0 {
		d.addInt("buf_group", int64(get(sqeBufGroup, 2)))
	}
	if n := get(sqeFileIndex, 4); n != 0 && directOps[w.Name] {
		if n == fileIndexAlloc {
			d.addWord("file_index", "IORING_FILE_INDEX_ALLOC")
		} else {
			d.addInt("file_index", int64(n))
		}
	}
	if p := get(sqePerson, 2); p != 0 {
		d.addInt("personality", int64(p))
	}
}
