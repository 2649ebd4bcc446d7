package decode

import (
	"errors"
	"fmt"

	"github.com/ebtrace/ebtrace/bpf"
	"github.com/ebtrace/ebtrace/decode/table"
	"github.com/ebtrace/ebtrace/events"
)

// ErrNoRecord is returned for an event that lacks the record of its kind.
var ErrNoRecord = errors.New("event without the record of its kind")

// Options say how much of what was captured becomes values.
type Options struct {
	// StrSize is -s: the bytes of data and the elements of arrays that are
	// shown; Verbose lifts the latter. 0 shows none.
	StrSize int
	// Verbose is -v: arrays are whole and environments are strings. Hidden
	// members of structures are decoded always, marked FlagVerbose.
	Verbose bool
	// PIDNames is -Y: process ids carry the names of the threads, as far as
	// they are known.
	PIDNames bool
	// Brief leaves out the members of structures that text shows only with -v:
	// such a structure is marked as cut. For text without -v alone.
	Brief bool
	// IfName, if not nil, names the network interface of an index, as the
	// traced machine has it; "" if there is none.
	IfName func(index uint32) string
}

// maxArgs bounds the arguments of a row: there are six registers.
const maxArgs = 6

// Decoder turns events into meaning. It keeps what it needs from one event to
// the next, so that decoding allocates nothing in the long run; what it
// returns is valid until its next call. It is not safe for concurrent use.
type Decoder struct {
	opts      Options
	structs   map[string]structDecoder
	structFns map[*table.Struct]structDecoder // structs, as far as asked for
	kinds     [table.KindOpaque + 1]kindDecoder
	argFns    map[string]argDecoder
	noteFns   map[string]noteDecoder
	rows      map[*table.Row]*rowFns
	lastRow   *table.Row
	lastFns   *rowFns
	signal    func(*Decoder, mem)
	rowOf     func(table.ABI, int32) *table.Row
	nameOf    func(table.ABI, int32) string

	// The call being decoded.
	abi     table.ABI
	word    int // bytes of a long and a pointer: 8 or 4
	row     *table.Row
	regs    [6]uint64       // argument registers
	args    [maxArgs]uint64 // by index in row.Args, extended to 64 bits
	ret     int64           // raw, of the ABI's width, sign-extended
	errno   int             // positive if the call failed
	ended   bool            // there is a result
	exit    bool            // memory is read as of the exit of the call
	reg     uint8           // register of the argument being decoded, 6 for the result
	depth   int             // of nested structures
	fds     []fdEntry
	secs    []sec
	hint    int    // where find starts
	newArgs []byte // of the program that an execve has started, each with its NUL; nil where not all of its arguments were copied, or none had to be
	away    uint64 // ns that the call was off the CPU, if hasAway
	hasAway bool
	twice   bool // some string was read at exit although it could be at entry

	// Arenas.
	nodes []Value
	chars []byte

	comms map[uint32]string   // names of threads
	names map[[16]byte]string // that have been met
	rests map[uint32]string   // by thread: the call that restart_syscall goes on with

	out   Event
	call  Call
	fork  ForkInfo
	exec  ExecInfo
	end   ExitInfo
	sig   SignalInfo
	work  Work
	peer  Peer
	split Split
	dns   DNS
}

// rowFns is what decodes a row besides its kinds.
type rowFns struct {
	args [maxArgs]argDecoder
	note noteDecoder
	name bool // it may name the thread: prctl
}

// New returns a decoder.
func New(opts Options) *Decoder {
	d := &Decoder{
		opts: opts, structs: structDecoders, argFns: argDecoders, noteFns: noteDecoders,
		rows: map[*table.Row]*rowFns{}, structFns: map[*table.Struct]structDecoder{}, comms: map[uint32]string{}, names: map[[16]byte]string{}, rests: map[uint32]string{},
		signal: signalInfo, rowOf: table.Lookup, nameOf: table.Name,
	}
	for k, f := range kindDecoders {
		d.kinds[k] = f
	}
	return d
}

// Decode returns the meaning of ev. It fails only if ev lacks its record or
// has one of another kind; strange contents become strange values.
func (d *Decoder) Decode(ev *events.Event) (*Event, error) {
	d.reset()
	d.out = Event{Kind: ev.Kind, TID: ev.TID, PID: ev.PID, Start: ev.Start, Time: ev.Time, Lost: ev.Lost}
	if !carries(ev) {
		return nil, fmt.Errorf("%w: kind %d", ErrNoRecord, ev.Kind)
	}
	switch ev.Kind {
	case events.Whole, events.Begin, events.End:
		d.decodeCall(ev)
	case events.Fork, events.Child:
		d.decodeFork(ev)
	case events.Exec:
		d.decodeExec(ev)
	case events.Exit:
		d.decodeExit(ev)
	case events.Signal:
		d.decodeSignal(ev)
	case events.Work:
		d.decodeWork(ev)
	}
	d.out.Comm = d.comms[d.out.TID] // a request is of the thread that submitted it
	if ev.Kind == events.Exit || ev.Kind == events.Detach {
		delete(d.comms, ev.TID)
		delete(d.rests, ev.TID)
	}
	return &d.out, nil
}

// carries says whether ev has the record that its kind needs.
func carries(ev *events.Event) bool {
	want, ok := recordKind(ev.Kind)
	switch {
	case !ok || want == 0:
		return ok
	case ev.Rec == nil:
		return false
	case ev.Kind == events.Work && ev.Enter != nil: // of a request: its submission
		return ev.Rec.Kind == want && ev.Enter.Kind == want
	case ev.Enter != nil && ev.Enter.Kind != uint8(bpf.TraceEbKindEB_ENTER):
		return false
	}
	// A call found in flight when tracing began may be told by either record.
	return ev.Rec.Kind == want || ev.Kind == events.Begin && ev.Rec.Kind == uint8(bpf.TraceEbKindEB_CALL)
}

// recordKind is the kind of record that an event of kind k carries; 0: none.
func recordKind(k events.Kind) (kind uint8, ok bool) {
	switch k {
	case events.Whole, events.End:
		return uint8(bpf.TraceEbKindEB_CALL), true
	case events.Begin:
		return uint8(bpf.TraceEbKindEB_ENTER), true
	case events.Fork:
		return uint8(bpf.TraceEbKindEB_FORK), true
	case events.Child:
		return uint8(bpf.TraceEbKindEB_CHILD), true
	case events.Exec:
		return uint8(bpf.TraceEbKindEB_EXEC), true
	case events.Exit:
		return uint8(bpf.TraceEbKindEB_END), true
	case events.Signal:
		return uint8(bpf.TraceEbKindEB_SIGNAL), true
	case events.Work:
		return uint8(bpf.VfsEbKindEB_WORK), true
	case events.Gap, events.Attach, events.Detach:
		return 0, true
	}
	return 0, false
}

// reset forgets the last event.
func (d *Decoder) reset() {
	d.nodes, d.chars = d.nodes[:0], d.chars[:0]
	d.fds, d.secs, d.hint, d.twice, d.newArgs = d.fds[:0], d.secs[:0], 0, false, nil
	d.row, d.ended, d.exit, d.ret, d.errno, d.depth = nil, false, false, 0, 0, 0
	d.away, d.hasAway = 0, false
}

// structFn is the decoder of its own that st has, or nil; looked up by name once.
func (d *Decoder) structFn(st *table.Struct) structDecoder {
	f, ok := d.structFns[st]
	if !ok {
		f = d.structs[st.Name]
		d.structFns[st] = f
	}
	return f
}

// fns is what decodes row besides its kinds; looked up by name once.
func (d *Decoder) fns(row *table.Row) *rowFns {
	if row == d.lastRow {
		return d.lastFns
	}
	f := d.rows[row]
	if f == nil {
		f = d.newFns(row)
		d.rows[row] = f
	}
	d.lastRow, d.lastFns = row, f
	return f
}

func (d *Decoder) newFns(row *table.Row) *rowFns {
	f := &rowFns{name: row.Name == "prctl"}
	for i := range row.Args[:min(len(row.Args), maxArgs)] {
		f.args[i] = d.argFns[row.Name+"."+row.Args[i].Name]
	}
	if row.RetAux {
		f.note = d.noteFns[row.Name]
	}
	return f
}
