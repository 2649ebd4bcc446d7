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
	b = append(append(append(b, w.Layer...), '_'), w.Name...)
	b = t.workArgs(append(b, '('), w)
	b = append(b, ") = "...)
	switch {
	case w.Errno > 0:
		b = appendError(b, w.Errno)
	case w.Hex:
		b = strconv.AppendUint(append(b, "0x"...), uint64(w.Ret), 16)
	default:
		b = strconv.AppendInt(b, w.Ret, 10)
	}
	if w.End >= w.Begin {
		b = append(appendSeconds(append(b, " <"...), w.End-w.Begin, max(t.o.SpentDig, Micro)), '>')
	}
	th.s.end(sanitize(b, start))
}

// workArgs appends what the operation was about.
func (t *Text) workArgs(b []byte, w *decode.Work) []byte {
	from := len(b)
	sep := func() {
		if len(b) > from {
			b = append(b, ", "...)
		}
	}
	if w.File != nil {
		b = t.workFile(b, w.File)
		if len(w.FS) > 0 {
			b = t.f.escape(append(b, ", "...), w.FS, false)
			b = appendPlace(append(b, ' '), w.File)
		}
	}
	if w.File2 != nil {
		sep()
		b = t.workFile(append(b, "to="...), w.File2)
	}
	if w.Text != nil {
		sep()
		b = append(t.f.escape(append(b, `name="`...), w.Text, false), '"')
	}
	if w.Offset >= 0 {
		sep()
		b = strconv.AppendInt(append(b, "offset="...), w.Offset, 10)
	}
	if w.Bytes > 0 {
		sep()
		b = strconv.AppendUint(append(b, "bytes="...), w.Bytes, 10)
	}
	if len(w.Args) > 0 {
		sep()
		t.f.mark = -1
		b = t.f.args(b, w.Args)
	}
	if w.Created {
		sep()
		b = append(b, "created"...)
	}
	return b
}

// workFile appends the path of a file.
func (t *Text) workFile(b []byte, x *decode.File) []byte {
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

// work appends the members of an operation below the calls.
func (j *JSON) work(b []byte, w *decode.Work) []byte {
	v := jsonValues{limit: j.o.StrSize}
	b = appendJSONName(append(b, `,"operation":`...), w.Name)
	b = append(appendJSONTime(append(b, `,"begin":"`...), int64(w.Begin)), '"')
	b = append(appendJSONTime(append(b, `,"end":"`...), int64(w.End)), '"')
	if w.End >= w.Begin {
		b = appendJSONUint(append(b, `,"duration":`...), w.End-w.Begin)
	}
	b = appendJSONName(append(b, `,"cause":{"context":`...), w.Context)
	if w.Cause != 0 {
		b = append(appendJSONTime(append(b, `,"begin":"`...), int64(w.Cause)), '"')
		b = appendJSONName(append(b, `,"name":`...), w.Call)
	}
	b = appendJSONInt(append(b, `},"depth":`...), int64(w.Depth))
	if len(w.FS) > 0 {
		b = appendJSONBytes(append(b, `,"filesystem":`...), w.FS)
	}
	if w.File != nil {
		b = appendJSONFile(append(b, `,"file":`...), w.File)
	}
	if w.File2 != nil {
		b = appendJSONFile(append(b, `,"file2":`...), w.File2)
	}
	if w.Text != nil {
		b = appendJSONBytes(append(b, `,"text":`...), w.Text)
	}
	if w.Offset >= 0 {
		b = appendJSONInt(append(b, `,"offset":`...), w.Offset)
	}
	if w.Bytes > 0 {
		b = appendJSONUint(append(b, `,"bytes":`...), w.Bytes)
	}
	if len(w.Args) > 0 {
		b = v.list(append(b, `,"args":`...), w.Args, true)
	}
	if w.Created {
		b = append(b, `,"created":true`...)
	}
	return appendWorkResult(b, w)
}

func appendWorkResult(b []byte, w *decode.Work) []byte {
	if w.Errno == 0 {
		if w.Hex {
			return append(appendAddr(append(b, `,"result":"`...), uint64(w.Ret)), '"')
		}
		return appendJSONInt(append(b, `,"result":`...), w.Ret)
	}
	b = appendJSONInt(append(b, `,"result":null,"error":{"number":`...), int64(w.Errno))
	if name := errnoName(uint64(w.Errno)); name != "" {
		b = append(append(append(b, `,"name":"`...), name...), '"')
	}
	return append(b, '}')
}
