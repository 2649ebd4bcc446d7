package output

import (
	"unsafe"

	"github.com/ebtrace/ebtrace/decode"
)

// request appends a request of io_uring as a call, then what else is known of
// it: openat(AT_FDCWD, "/etc/hostname", O_RDONLY) = 5 {ring=4, user_data=0x1} <0.000123>
func (t *Text) request(b []byte, w *decode.Work) []byte {
	t.f.abi = uint8(w.ABI)
	t.f.mark, t.f.markPos = -1, -1
	b = append(append(append(b, ':'), w.Name...), '(')
	b = append(t.f.args(b, w.Args), ") = "...)
	switch {
	case w.NoResult:
		b = append(b, '?')
	case w.Errno > 0:
		b = appendError(b, w.Errno)
	case w.Result.Kind != 0:
		b = t.f.value(b, unsafe.Slice(&w.Result, 1), 0, false)
	}
	if len(w.About) > 0 {
		b = t.f.value(append(b, ' '), w.About, 0, false)
	}
	if !w.NoResult && w.Begin != 0 && w.End >= w.Begin {
		b = append(appendSeconds(append(b, " <"...), w.End-w.Begin, max(t.o.SpentDig, Micro)), '>')
	}
	return b
}

// request appends the members of a request of io_uring.
func (j *JSON) request(b []byte, w *decode.Work) []byte {
	v := jsonValues{abi: uint8(w.ABI), limit: j.o.StrSize}
	b = appendJSONName(append(b, `,"operation":`...), w.Name)
	if w.Begin != 0 {
		b = append(appendJSONTime(append(b, `,"begin":"`...), int64(w.Begin)), '"')
	}
	if !w.NoResult {
		b = append(appendJSONTime(append(b, `,"end":"`...), int64(w.End)), '"')
		if w.Begin != 0 && w.End >= w.Begin {
			b = appendJSONUint(append(b, `,"duration":`...), w.End-w.Begin)
		}
	}
	b = append(b, `,"cause":{"context":"io_uring"`...)
	b = appendJSONCause(b, w)
	b = v.list(append(b, `},"args":`...), w.Args, true)
	if len(w.About) > 0 {
		b = v.node(append(b, `,"request":`...), w.About, 0, false)
	}
	switch {
	case w.NoResult:
		return append(b, `,"result":null`...)
	case w.Errno > 0:
		return appendWorkResult(b, w)
	}
	ret := [1]decode.Value{w.Result}
	return v.node(append(b, `,"result":`...), ret[:], 0, false)
}

// appendJSONCause appends the call that work was done for.
func appendJSONCause(b []byte, w *decode.Work) []byte {
	if w.Cause != 0 {
		b = append(appendJSONTime(append(b, `,"begin":"`...), int64(w.Cause)), '"')
		b = appendJSONName(append(b, `,"name":`...), w.Call)
	}
	return b
}
