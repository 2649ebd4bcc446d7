package decode

import (
	"strconv"
	"strings"

	"github.com/ebtrace/ebtrace/bpf"
	"github.com/ebtrace/ebtrace/decode/table"
	"github.com/ebtrace/ebtrace/events"
)

// maxErrno is MAX_ERRNO of include/linux/err.h: results from -4095 are errors.
const maxErrno = 4095

// regRet stands for the result where registers of arguments are numbered
// (EB_ARG_RET of bpf/plan.h).
const regRet = 6

// decodeCall decodes a Whole, Begin or End.
func (d *Decoder) decodeCall(ev *events.Event) {
	rec := ev.Rec
	flags := bpf.TraceEbFlag(rec.Flags)
	c := &d.call
	*c = Call{
		Kind: ev.Kind, NR: rec.Nr, ABI: table.ABI(rec.Abi), Begin: rec.Call.Begin, IP: rec.Call.Ip,
		NoReturn: flags&bpf.TraceEbFlagEB_F_NORETURN != 0,
		NoEntry:  flags&bpf.TraceEbFlagEB_F_NOENTRY != 0 || ev.Resumed,
	}
	d.out.Call = c
	d.setABI(c.ABI)
	if ev.Kind != events.Begin {
		c.End = rec.Time
		d.ended = !c.NoReturn
		d.setResult(rec.Call.Ret)
		d.collect(ev.Enter)
	}
	d.collect(rec)
	d.splitTime(c, ev)
	d.regs = rec.Call.Args
	if ev.Enter != nil { // after an exec the registers are those of the new program
		d.regs = ev.Enter.Call.Args
	}
	c.Row = d.rowOf(c.ABI, c.NR)
	if c.Row == nil {
		c.Name = d.callName(c.ABI, c.NR)
		d.rawArgs(c)
		return
	}
	c.Row = d.unpack(c.Row.Variant(c.ABI, d.regs))
	c.Name = c.Row.Name
	d.row = c.Row
	d.decodeArgs(c)
	d.decodeResult(c)
	d.follow(c)
}

// splitTime says what the time of a call went to, where the record tells.
func (d *Decoder) splitTime(c *Call, ev *events.Event) {
	if !d.hasAway || c.Begin == 0 || c.End < c.Begin {
		return
	}
	whole := c.End - c.Begin
	away := min(d.away, whole)
	d.split = Split{Blocked: away, Running: whole - away,
		VFS: ev.Spent[bpf.VfsEbLayerEB_LAYER_VFS], Net: ev.Spent[bpf.VfsEbLayerEB_LAYER_NET]}
	c.Split = &d.split
}

// follow keeps track of calls that a signal interrupted and that
// restart_syscall(2) goes on with.
func (d *Decoder) follow(c *Call) {
	tid := d.out.TID
	if c.Name == "restart_syscall" {
		c.Resumes = d.rests[tid]
	} else if c.Errno == restartBlock {
		d.rests[tid] = c.Name
	}
}

// setABI sets what depends on the calling convention.
func (d *Decoder) setABI(abi table.ABI) {
	d.abi, d.word = abi, 8
	if abi == table.I386 {
		d.word = 4
	}
	if abi >= table.NumABI {
		d.abi = table.AMD64 // for the sets; nothing else of an unknown ABI is decoded
	}
}

// setResult takes the raw result apart.
func (d *Decoder) setResult(ret int64) {
	d.ret = ret
	if d.word == 4 {
		d.ret = int64(int32(ret))
	}
	if d.ended && d.ret < 0 && d.ret >= -maxErrno {
		d.errno = int(-d.ret)
	}
}

// callName is the name of a call without a row.
func (d *Decoder) callName(abi table.ABI, nr int32) string {
	if n := d.nameOf(abi, nr); n != "" {
		return n
	}
	n := len(d.chars)
	d.chars = append(d.chars, "syscall_0x"...)
	d.chars = strconv.AppendUint(d.chars, uint64(uint32(nr)), 16)
	return d.textFrom(n)
}

// argNames are those of arguments that the table does not name.
var argNames = [6]string{"arg0", "arg1", "arg2", "arg3", "arg4", "arg5"}

// rawArgs shows the registers of a call without a row.
func (d *Decoder) rawArgs(c *Call) {
	for i, v := range d.regs {
		if d.word == 4 {
			v = uint64(uint32(v))
		}
		d.add(Hex, argNames[i], v)
	}
	c.Args, c.EntryArgs = d.nodes, len(d.nodes)
	if d.ended {
		c.Errno = d.errno
		c.Ret = Value{Kind: Int, Num: uint64(d.ret), Span: 1}
		if d.errno != 0 {
			c.Ret.Num = ^uint64(0)
		}
	}
}

// decodeArgs appends the arguments of the row: all of them, or for a Begin
// those before the first that needs the exit.
func (d *Decoder) decodeArgs(c *Call) {
	args := d.row.Args[:min(len(d.row.Args), maxArgs)]
	for i := range args {
		d.args[i] = d.argValue(&args[i])
	}
	fns := d.fns(d.row)
	entry := true
	for i := range args {
		a := &args[i]
		if a.Kind == table.KindUnused || !d.shown(a) {
			continue
		}
		if entry && (needsExit(a) || c.Kind != events.Whole && d.absent(a)) {
			entry = false
			c.EntryArgs = len(d.nodes)
		}
		if !entry && (c.Kind == events.Begin || c.NoReturn) {
			c.More = true
			break
		}
		d.reg = uint8(a.Reg[d.abi])
		d.exit = false
		if f := fns.args[i]; f == nil || !f(d, a, i) {
			d.decodeArg(a, d.args[i])
		}
	}
	if entry {
		c.EntryArgs = len(d.nodes)
	}
	n := len(d.nodes)
	if fns.note != nil && d.ended {
		d.exit = true
		fns.note(d)
	}
	c.Args, c.Aux = d.nodes[:n:n], d.nodes[n:]
	if fns.name && d.ended && d.errno == 0 {
		d.named(c.Args)
	}
}

// named takes note of the name that a thread gave itself.
func (d *Decoder) named(args []Value) {
	if d.args[0] == prSetName && len(args) > 1 && args[1].Kind == Str {
		d.comms[d.out.TID] = d.intern(args[1].Bytes)
	}
}

// shown says whether an argument with a condition is shown.
func (d *Decoder) shown(a *table.Arg) bool {
	return a.If == nil || int(a.If.Arg) >= maxArgs || d.args[a.If.Arg]&a.If.Mask[d.abi] != 0
}

// needsExit says whether an argument is complete only when the call has ended.
func needsExit(a *table.Arg) bool {
	if !a.Kind.Pointer() || a.Dir&table.Out == 0 {
		return false
	}
	return a.Dir&table.In == 0 || showsExit(a)
}

// absent says whether memory of an argument could not be read at entry. Its
// second copy, of the exit, is worth waiting for: a Begin does not show it.
func (d *Decoder) absent(a *table.Arg) bool {
	if !a.Kind.Pointer() {
		return false
	}
	for i := range d.secs {
		s := &d.secs[i]
		if !s.exit && s.Err != 0 && s.Arg == uint8(a.Reg[d.abi]) {
			return true
		}
	}
	return false
}

// showsExit says whether an inout argument shows what the call left. Arrays
// and sets of descriptors (poll, select) and timeouts show what the call got;
// a note after the result says the rest.
func showsExit(a *table.Arg) bool {
	switch a.Kind {
	case table.KindArray, table.KindFdset:
		return false
	case table.KindStruct:
		return a.Struct == nil ||
			!strings.HasPrefix(a.Struct.Name, "timespec") && !strings.HasPrefix(a.Struct.Name, "timeval")
	}
	return true
}

// decodeResult sets the result.
func (d *Decoder) decodeResult(c *Call) {
	if !d.ended || d.row.Ret == table.KindNone {
		return
	}
	c.Errno = d.errno
	if d.errno != 0 {
		c.Ret = Value{Kind: Int, Num: ^uint64(0), Span: 1}
		return
	}
	n := len(d.nodes)
	d.reg = regRet
	d.decodeRet()
	c.Ret = d.nodes[n]
	d.nodes = d.nodes[:n]
}

// decodeRet appends the result as a value; its width is that of its kind.
func (d *Decoder) decodeRet() {
	k := d.row.Ret
	if k == table.KindErr {
		k = table.KindInt
	}
	size := d.kindSize(k)
	if k == table.KindInt && int64(int32(d.ret)) != d.ret {
		size = 8 // a result wider than its kind is shown whole
	}
	d.scalar("", k, d.row.RetSet, uint64(d.ret), size)
}
