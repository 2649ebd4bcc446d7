package output

import (
	"io"
	"maps"
	"slices"

	"github.com/ebtrace/ebtrace/decode"
	"github.com/ebtrace/ebtrace/decode/table"
	"github.com/ebtrace/ebtrace/events"
)

// SchemaID is the identity of docs/schema.json.
const SchemaID = "https://github.com/ebtrace/ebtrace/docs/schema.json"

// JSONFormat is the version of the form: it changes when a reader of the one
// before would misread a line. Members may be added without.
const JSONFormat = 1

// JSON writes one object per line: a header, the events, a summary. The form
// is docs/schema.json; in short:
//
// Times are nanoseconds in strings, of CLOCK_MONOTONIC; the header has what to
// add for the wall clock. Other integers are numbers up to 2^53-1, strings of
// decimal digits beyond. Pointers are strings in hexadecimal, null for NULL.
// Strings of a traced program are JSON strings if they are UTF-8, else
// {"base64": "..."}: no byte is lost. Lines are ASCII.
//
// With Options.Nested the work of a call is a member of it, and what an
// operation did is one of that; else each is on a line, linked by its cause.
type JSON struct {
	o    Options
	s    stream
	nest nest
}

// Header says what a trace is of.
type Header struct {
	Version   string   // of the program
	Arguments []string // the program's own options
	Command   []string // what it traces, if it started it
	Targets   []uint32 // what it attached to
	Release   string   // of the kernel, as uname(2) has it
	Machine   string
}

// NewJSON returns a writer of JSON to w. Of the options, Program, Realtime,
// StrSize, SpentIn and Nested are used.
func NewJSON(w io.Writer, o Options, h Header) *JSON {
	j := &JSON{o: o, s: stream{w: w}, nest: nest{threads: map[uint32]*nested{}}}
	j.header(h)
	return j
}

// header writes the first line.
func (j *JSON) header(h Header) {
	b := append(j.s.buf, `{"type":"header","schema":"`+SchemaID+`","format":`...)
	b = appendJSONUint(b, JSONFormat)
	b = appendJSONName(append(b, `,"program":`...), j.o.Program)
	b = appendJSONName(append(b, `,"version":`...), h.Version)
	b = appendJSONTexts(append(b, `,"arguments":`...), h.Arguments)
	b = appendJSONTexts(append(b, `,"command":`...), h.Command)
	b = append(b, `,"targets":[`...)
	for i, pid := range h.Targets {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendJSONUint(b, uint64(pid))
	}
	b = append(b, `],"clock":{"id":"CLOCK_MONOTONIC","realtime_offset":"`...)
	b = appendJSONTime(b, j.o.Realtime)
	b = appendJSONName(append(b, `"},"kernel":{"release":`...), h.Release)
	b = appendJSONName(append(b, `,"machine":`...), h.Machine)
	b = appendJSONInt(append(b, `},"string_size":`...), int64(j.o.StrSize))
	if j.o.Nested {
		b = append(b, `,"nested":true`...)
	}
	j.s.end(append(b, '}'))
}

// Event implements Writer.
func (j *JSON) Event(e *decode.Event) error {
	if j.o.Nested {
		j.nested(e)
	} else {
		j.s.end(append(j.object(j.s.buf, e), '}'))
	}
	return j.s.spill()
}

// object appends the object of an event, not closed.
func (j *JSON) object(b []byte, e *decode.Event) []byte {
	b = append(b, `{"type":"`...)
	b = append(b, typeOf(e)...)
	b = appendJSONTime(append(b, `","time":"`...), int64(e.Time))
	b = appendIdentity(append(b, `",`...), e.TID, e.PID, e.Start)
	if e.Comm != "" {
		b = appendJSONText(append(b, `,"comm":`...), e.Comm)
	}
	switch {
	case e.Call != nil:
		b = j.call(b, e)
	case e.Fork != nil:
		f := e.Fork
		b = appendIdentity(append(b, `,"parent":{`...), f.ParentTID, f.ParentPID, f.ParentStart)
		b = appendIdentity(append(b, `},"child":{`...), f.ChildTID, f.ChildPID, f.ChildStart)
		b = append(b, '}')
	case e.Exec != nil:
		b = appendJSONBytes(append(b, `,"path":`...), e.Exec.Path)
		b = appendJSONUint(append(b, `,"old_tid":`...), uint64(e.Exec.OldTID))
		b = appendJSONUint(append(b, `,"uid":`...), uint64(e.Exec.UID))
	case e.Exit != nil:
		b = appendJSONExit(b, e.Exit)
	case e.Sig != nil:
		b = j.signal(b, e.Sig)
	case e.Work != nil:
		b = j.work(b, e.Work)
	case e.Kind == events.Gap:
		b = appendJSONUint(append(b, `,"lost":`...), e.Lost)
	}
	return b
}

// typeOf is the type of an event's line.
func typeOf(e *decode.Event) string {
	switch e.Kind {
	case events.Whole, events.End:
		return "call"
	case events.Begin:
		return "enter"
	case events.Fork:
		return "fork"
	case events.Child:
		return "child"
	case events.Exec:
		return "exec"
	case events.Exit:
		return "exit"
	case events.Signal:
		return "signal"
	case events.Gap:
		return "gap"
	case events.Attach:
		return "attach"
	case events.Detach:
		return "detach"
	case events.Work:
		if e.Work != nil {
			return e.Work.Layer
		}
	}
	return "unknown"
}

// abiName is the name of an ABI.
func abiName(a table.ABI) string {
	switch a {
	case table.AMD64:
		return "amd64"
	case table.ARM64:
		return "arm64"
	case table.I386:
		return "i386"
	}
	return "unknown"
}

// call appends the members of a call or of its beginning.
func (j *JSON) call(b []byte, e *decode.Event) []byte {
	c := e.Call
	v := jsonValues{abi: uint8(c.ABI), limit: j.o.StrSize}
	b = appendJSONName(append(b, `,"name":`...), c.Name)
	b = appendJSONInt(append(b, `,"nr":`...), int64(c.NR))
	b = append(append(append(b, `,"abi":"`...), abiName(c.ABI)...), '"')
	if c.IP != 0 {
		b = append(appendAddr(append(b, `,"ip":"`...), c.IP), '"')
	}
	b = v.list(append(b, `,"args":`...), c.Args, true)
	if c.Resumes != "" {
		b = appendJSONName(append(b, `,"resumes":`...), c.Resumes)
	}
	if c.Begin != 0 {
		b = append(appendJSONTime(append(b, `,"begin":"`...), int64(c.Begin)), '"')
	}
	if e.Kind == events.Begin {
		return b
	}
	if c.End != 0 {
		b = append(appendJSONTime(append(b, `,"end":"`...), int64(c.End)), '"')
		if c.Begin != 0 && c.End >= c.Begin {
			b = appendJSONUint(append(b, `,"duration":`...), c.End-c.Begin)
		}
		if c.Split != nil {
			b = j.split(b, c.Split)
		}
	}
	return v.result(b, c)
}

// split appends what the time of a call went to.
func (j *JSON) split(b []byte, x *decode.Split) []byte {
	b = appendJSONUint(append(b, `,"split":{"blocked":`...), x.Blocked)
	b = appendJSONUint(append(b, `,"running":`...), x.Running)
	if j.o.SpentIn&InVFS != 0 {
		b = appendJSONUint(append(b, `,"vfs":`...), x.VFS)
	}
	if j.o.SpentIn&InNet != 0 {
		b = appendJSONUint(append(b, `,"net":`...), x.Net)
	}
	return append(b, '}')
}

// result appends what a call returned.
func (v *jsonValues) result(b []byte, c *decode.Call) []byte {
	switch {
	case c.NoReturn:
		b = append(b, `,"result":null,"no_return":true`...)
	case c.Errno > 0:
		b = appendJSONInt(append(b, `,"result":null,"error":{"number":`...), int64(c.Errno))
		if name := errnoName(uint64(c.Errno)); name != "" {
			b = append(append(append(b, `,"name":"`...), name...), '"')
		}
		b = append(b, '}')
	case c.Ret.Kind == 0:
		b = append(b, `,"result":null`...)
	default:
		ret := [1]decode.Value{c.Ret}
		b = v.node(append(b, `,"result":`...), ret[:], 0, false)
	}
	if len(c.Aux) > 0 {
		b = v.list(append(b, `,"note":`...), c.Aux, false)
	}
	if c.NoEntry {
		b = append(b, `,"no_entry":true`...)
	}
	if c.Verdict != nil {
		b = v.verdict(b, c.Verdict)
	}
	return b
}

// signal appends the members of a signal.
func (j *JSON) signal(b []byte, x *decode.SignalInfo) []byte {
	v := jsonValues{limit: j.o.StrSize}
	b = appendJSONSignal(append(b, `,"signal":`...), uint64(x.Signo))
	if len(x.Info) > 0 {
		b = v.node(append(b, `,"info":`...), x.Info, 0, false)
	}
	if x.Ignored {
		b = append(b, `,"ignored":true`...)
	}
	if x.Sent {
		b = append(b, `,"fatal":true`...)
	}
	if x.Stopped {
		b = append(b, `,"stops":true`...)
	}
	return b
}

// appendJSONExit appends how a thread ended.
func appendJSONExit(b []byte, x *decode.ExitInfo) []byte {
	if x.Signal != 0 {
		b = appendJSONSignal(append(b, `,"signal":`...), uint64(x.Signal))
		b = appendJSONBool(append(b, `,"core":`...), x.Core)
	} else {
		b = appendJSONInt(append(b, `,"code":`...), int64(x.Code))
	}
	b = appendJSONBool(append(b, `,"process_ended":`...), x.GroupDead)
	return appendJSONUint(append(b, `,"records":`...), uint64(x.Made))
}

// Flush implements Writer.
func (j *JSON) Flush() error {
	j.release()
	return j.s.flush()
}

// Close implements Writer: it writes the summary.
func (j *JSON) Close(s *Summary) error {
	j.release()
	for _, tid := range slices.Sorted(maps.Keys(j.nest.threads)) {
		j.leave(j.nest.threads[tid])
	}
	if s == nil {
		return j.Flush()
	}
	b := appendJSONUint(append(j.s.buf, `{"type":"summary","received":`...), s.Received)
	b = appendJSONUint(append(b, `,"lost":`...), s.Lost)
	b = append(b, `,"threads":[`...)
	for i, t := range s.Threads {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendIdentity(append(b, '{'), t.TID, t.PID, t.Start)
		b = append(appendJSONUint(append(b, `,"lost":`...), t.Lost), '}')
	}
	b = appendJSONTime(append(b, `],"begin":"`...), int64(s.Begin))
	b = appendJSONTime(append(b, `","end":"`...), int64(s.End))
	b = appendJSONUint(append(b, `","unreadable":`...), s.Unreadable)
	j.s.end(append(b, '}'))
	return j.Flush()
}
