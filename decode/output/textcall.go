package output

import (
	"strconv"
	"unsafe"

	"github.com/ebtrace/ebtrace/decode"
	"github.com/ebtrace/ebtrace/decode/table"
	"github.com/ebtrace/ebtrace/events"
)

const i386 = table.I386

// call writes a call, its beginning or its end.
func (t *Text) call(th *thread, e *decode.Event) {
	c := e.Call
	t.personality(th, e)
	th.nr, th.ip, th.began = c.NR, c.IP, c.Begin
	t.f.abi = uint8(c.ABI)
	t.f.mark, t.f.markPos = -1, -1
	s := th.s
	if e.Kind == events.End {
		t.endCall(th, e)
		return
	}
	b := t.begin(th, e.Time, e.Comm, false)
	start := len(b)
	b = append(append(b, c.Name...), '(')
	b = resumes(t.f.args(b, c.Args), c)
	if c.More && !t.f.short && len(c.Args) > 0 && !lastNamed(c.Args) {
		b = append(b, ", "...)
	}
	if e.Kind == events.Begin {
		s.buf = sanitize(b, start)
		s.open, th.inCall = th, true
		return
	}
	t.finish(th, b, start, c)
}

// resumes appends which call restart_syscall goes on with.
func resumes(b []byte, c *decode.Call) []byte {
	switch {
	case c.Resumes != "":
		return append(append(append(b, "<... resuming interrupted "...), c.Resumes...), " ...>"...)
	case c.Name == "restart_syscall":
		return append(b, "<... resuming interrupted system call ...>"...)
	}
	return b
}

// lastNamed says whether the last argument has its name printed: those of
// clone, which strace separates from what follows when that is known.
func lastNamed(vs []decode.Value) bool {
	named := false
	for i := 0; i < len(vs); i = next(vs, i) {
		named = vs[i].Flags&decode.FlagNamed != 0
	}
	return named
}

// endCall writes the rest of a call whose beginning is on an earlier line or
// on the open one.
func (t *Text) endCall(th *thread, e *decode.Event) {
	c, s := e.Call, th.s
	var b []byte
	start := len(s.buf)
	if s.open == th {
		b = s.buf
	} else {
		b = t.begin(th, max(c.End, e.Time), e.Comm, false)
		start = len(b)
		b = append(append(append(b, "<... "...), c.Name...), " resumed>"...)
	}
	if !c.NoReturn { // else the beginning showed all that is known
		from := len(b)
		t.f.mark = c.EntryArgs
		b = t.f.args(b, c.Args)
		switch {
		case c.EntryArgs <= 0:
		case t.f.markPos < 0:
			b = b[:from]
		default:
			b = append(b[:from], b[t.f.markPos:]...)
		}
	}
	t.finish(th, b, start, c)
	th.inCall = false
	if len(th.ignored.text) > 0 {
		th.ignored.time = max(c.End, e.Time)
		t.showIgnored(th)
	}
}

// finish writes the result of a call. start: from where on the text is new.
func (t *Text) finish(th *thread, b []byte, start int, c *decode.Call) {
	s := th.s
	if c.NoReturn && c.More {
		b = append(b, " <unfinished ...>"...)
	}
	b = append(b, ')')
	b = t.pad(b, s)
	b = t.result(append(b, "= "...), c)
	if len(c.Aux) > 0 {
		b = append(t.f.aux(append(b, " ("...), c.Aux), ')')
	}
	if c.Verdict != nil {
		t.f.mark = -1
		b = t.f.verdict(b, c)
	}
	if t.o.Spent && !c.NoReturn && c.Begin != 0 && c.End >= c.Begin {
		b = append(t.spent(append(b, " <"...), c), '>')
	}
	s.end(sanitize(b, start))
}

// nsOf is how many ns a unit of the last digit is.
var nsOf = map[Digits]uint64{Sec: 1e9, Milli: 1e6, Micro: 1e3, Nano: 1}

// spent appends how long a call took and what for: 0.000123 vfs 0.000100
// blocked 0.000080 running 0.000043. The last two are the first, as shown.
func (t *Text) spent(b []byte, c *decode.Call) []byte {
	whole := c.End - c.Begin
	b = appendSeconds(b, whole, t.o.SpentDig)
	x := c.Split
	if x == nil {
		return b
	}
	if t.o.SpentIn&InVFS != 0 {
		b = appendSeconds(append(b, " vfs "...), x.VFS, t.o.SpentDig)
	}
	if t.o.SpentIn&InNet != 0 {
		b = appendSeconds(append(b, " net "...), x.Net, t.o.SpentDig)
	}
	unit := max(nsOf[t.o.SpentDig], 1)
	blocked := min(x.Blocked, whole)
	b = appendSeconds(append(b, " blocked "...), blocked, t.o.SpentDig)
	return appendSeconds(append(b, " running "...), (whole/unit-blocked/unit)*unit, t.o.SpentDig)
}

// result appends what the call returned.
func (t *Text) result(b []byte, c *decode.Call) []byte {
	switch {
	case c.NoReturn:
		return append(b, '?')
	case c.Errno > 0:
		return appendError(b, c.Errno)
	case c.Ret.Kind == 0:
		return append(b, '?')
	}
	return t.f.value(b, unsafe.Slice(&c.Ret, 1), 0, false)
}

// appendError appends -1 ENOENT (No such file or directory).
func appendError(b []byte, errno int) []byte {
	name := errnoName(uint64(errno))
	if name == "" {
		return append(strconv.AppendInt(append(b, "-1 (errno "...), int64(errno), 10), ')')
	}
	if decode.Restarts(errno) {
		b = append(b, "? "...)
	} else {
		b = append(b, "-1 "...)
	}
	b = append(append(b, name...), " ("...)
	return append(append(b, decode.ErrnoText(errno)...), ')')
}

// personality announces that the thread's calls are of another ABI than before.
func (t *Text) personality(th *thread, e *decode.Event) {
	abi := e.Call.ABI
	if abi == th.abi || abi == table.Unknown {
		return
	}
	th.abi, th.ip = abi, e.Call.IP
	if t.o.Quiet&QuietPersonality != 0 {
		return
	}
	b := t.begin(th, e.Time, e.Comm, false)
	b = strconv.AppendUint(append(b, "[ Process PID="...), uint64(th.tid), 10)
	if abi == table.I386 {
		b = append(b, " runs in 32 bit mode. ]"...)
	} else {
		b = append(b, " runs in 64 bit mode. ]"...)
	}
	th.s.end(b)
}
