package output

import (
	"strconv"

	"github.com/ebtrace/ebtrace/decode"
)

// workIndent is how far work stands below its call.
const workIndent = "    "

// work writes an operation below the calls, on a line of its own under that of
// its call: vfs_read(/etc/hostname, ext4 254:0/1234, offset=0, bytes=7) = 7 <0.000004>
func (t *Text) work(th *thread, e *decode.Event) {
	w := e.Work
	if w == nil {
		return
	}
	b := t.begin(th, e.Time, e.Comm, true)
	start := len(b)
	if w.Cause != 0 && w.Cause == th.began {
		b = append(b, workIndent...)
	}
	for range w.Depth {
		b = append(b, workIndent...)
	}
	b = append(b, w.Layer...)
	if w.Layer == decode.LayerURing {
		th.s.end(sanitize(t.request(b, w), start))
		return
	}
	b = append(append(b, '_'), w.Name...)
	b = append(t.workArgs(append(b, '('), w), ')')
	if !w.Moment {
		b = t.workResult(append(b, " = "...), w)
	}
	th.s.end(sanitize(b, start))
}

// workResult appends what an operation returned and how long it took.
func (t *Text) workResult(b []byte, w *decode.Work) []byte {
	switch {
	case w.Errno > 0:
		b = appendError(b, w.Errno)
	case w.Hex:
		b = strconv.AppendUint(append(b, "0x"...), uint64(w.Ret), 16)
	default:
		b = strconv.AppendInt(b, w.Ret, 10)
	}
	if w.End >= w.Begin && !w.Untimed {
		b = append(appendSeconds(append(b, " <"...), w.End-w.Begin, max(t.o.SpentDig, Micro)), '>')
	}
	return b
}

// workArgs appends what the operation was about.
func (t *Text) workArgs(b []byte, w *decode.Work) []byte {
	from := len(b)
	next := func(name string) {
		if len(b) > from {
			b = append(b, ", "...)
		}
		b = append(b, name...)
	}
	if w.File != nil {
		b = t.workFile(b, w.File)
		if len(w.FS) > 0 {
			b = t.f.escape(append(b, ", "...), w.FS, false)
			b = appendPlace(append(b, ' '), w.File)
		}
	}
	if w.File2 != nil {
		next("to=")
		if w.File2.Sock != nil {
			b = append(b[:len(b)-len("to=")], "new="...)
		}
		b = t.workFile(b, w.File2)
	}
	if w.Text != nil {
		next(`name="`)
		b = append(t.f.escape(b, w.Text, false), '"')
	}
	if w.Offset >= 0 {
		next("offset=")
		b = strconv.AppendInt(b, w.Offset, 10)
	}
	if len(w.Address) > 0 {
		next("addr=")
		b = t.address(b, w.Address)
	}
	if w.Bytes > 0 {
		next("bytes=")
		b = strconv.AppendUint(b, w.Bytes, 10)
	}
	if w.NewState != "" {
		next(w.OldState)
		b = append(append(b, "->"...), w.NewState...)
	}
	if len(w.Args) > 0 {
		next("")
		t.f.mark = -1
		b = t.f.args(b, w.Args)
	}
	if w.DNS != nil {
		next("dns=")
		t.line = appendDNS(t.line[:0], w.DNS)
		b = t.f.quote(b, t.line)
	}
	if w.Peer != nil {
		next("peer=")
		b = t.peer(b, w.Peer)
	}
	if w.Created {
		next("created")
	}
	return b
}

// workFile appends the path of a file, or what a socket is.
func (t *Text) workFile(b []byte, x *decode.File) []byte {
	if x.Sock != nil {
		if r := t.f.socket(b, x); r != nil {
			return r
		}
		return append(strconv.AppendUint(append(b, "socket:["...), x.Ino, 10), ']')
	}
	if x.Cut {
		b = append(b, "..."...)
	}
	b = t.f.escape(b, x.Path, false)
	if x.Deleted {
		b = append(b, " (deleted)"...)
	}
	return b
}

// appendPlace appends device and inode: 254:0/1234.
func appendPlace(b []byte, x *decode.File) []byte {
	b = strconv.AppendUint(b, uint64(x.Dev>>20), 10)
	b = strconv.AppendUint(append(b, ':'), uint64(x.Dev&(1<<20-1)), 10)
	return strconv.AppendUint(append(b, '/'), x.Ino, 10)
}
