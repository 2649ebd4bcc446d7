package output

import (
	"strconv"

	"github.com/ebtrace/ebtrace/decode"
)

// jsonValues writes the values of one call.
type jsonValues struct {
	abi   uint8
	limit int // bytes of data
}

// kindNames are the types of nodes.
var kindNames = [...]string{
	decode.Int: "int", decode.Uint: "uint", decode.Hex: "hex", decode.Addr: "pointer", decode.Octal: "octal",
	decode.Mode: "mode", decode.Dev: "dev", decode.FD: "fd", decode.Str: "string", decode.Path: "path",
	decode.Bytes: "bytes", decode.Enum: "enum", decode.Flags: "flags", decode.Signal: "signal", decode.Errno: "errno",
	decode.Port: "port", decode.IPv4: "ipv4", decode.IPv6: "ipv6", decode.Word: "symbol", decode.Struct: "struct",
	decode.Array: "array", decode.Set: "set", decode.Func: "function", decode.Pair: "change", decode.Or: "union", decode.PID: "pid",
}

// comments says whether Text is a comment, where it is not a part of the value.
func comments(k decode.Kind) bool {
	switch k {
	case decode.Word, decode.FD, decode.Func, decode.Or, decode.PID:
		return false
	}
	return true
}

// list appends an array of the trees in vs. args: each tells its status.
func (f *jsonValues) list(b []byte, vs []decode.Value, args bool) []byte {
	b = append(b, '[')
	for i := 0; i < len(vs); i = next(vs, i) {
		if i > 0 {
			b = append(b, ',')
		}
		b = f.named(b, vs, i, args)
	}
	return append(b, ']')
}

// named appends the tree at i with its name, if it has one.
func (f *jsonValues) named(b []byte, vs []decode.Value, i int, arg bool) []byte {
	b = append(b, '{')
	if vs[i].Name != "" {
		b = append(appendJSONName(append(b, `"name":`...), vs[i].Name), ',')
	}
	return append(f.members(b, vs, i, arg), '}')
}

// node appends the tree at i without its name.
func (f *jsonValues) node(b []byte, vs []decode.Value, i int, arg bool) []byte {
	return append(f.members(append(b, '{'), vs, i, arg), '}')
}

// members appends type, value and status.
func (f *jsonValues) members(b []byte, vs []decode.Value, i int, arg bool) []byte {
	v := &vs[i]
	kind := "unknown"
	if int(v.Kind) < len(kindNames) && v.Kind != 0 {
		kind = kindNames[v.Kind]
	}
	b = append(append(append(b, `"type":"`...), kind...), '"')
	cut := v.Flags&decode.FlagCut != 0
	size := v.Want
	switch v.Kind {
	case decode.Struct, decode.Array, decode.Set, decode.Func, decode.Pair, decode.Or:
		b = f.container(b, vs, i)
	case decode.Str, decode.Path, decode.Bytes:
		s := v.Bytes
		if v.Kind != decode.Path && len(s) > f.limit {
			size = max(size, uint64(len(s)))
			s, cut = s[:max(f.limit, 0)], true
		}
		b = appendJSONBytes(append(b, `,"value":`...), s)
		if v.Flags&decode.FlagAbstract != 0 {
			b = append(b, `,"abstract":true`...)
		}
	case decode.FD:
		b = f.fd(b, v)
	case decode.Word:
		b = appendJSONName(append(b, `,"value":`...), v.Text)
		b = appendNumber(b, v)
	default:
		b = f.scalar(b, v)
	}
	if v.Text != "" && comments(v.Kind) {
		b = appendJSONText(append(b, `,"comment":`...), v.Text)
	}
	return appendStatus(b, v, cut, size, arg)
}

// appendStatus appends how the value was read: always for arguments, else if
// it is not whole.
func appendStatus(b []byte, v *decode.Value, cut bool, size uint64, arg bool) []byte {
	changed := false
	switch {
	case v.Flags&decode.FlagFault != 0:
		b = append(b, `,"status":"unreadable"`...)
		if v.Kind != decode.Addr && v.Num != 0 {
			b = append(appendAddr(append(b, `,"address":"`...), v.Num), '"')
		}
	case v.Flags&decode.FlagUnread != 0:
		b = append(b, `,"status":"unread"`...)
	case v.Flags&decode.FlagChanged != 0:
		changed = true
		b = append(b, `,"status":"changed"`...)
	case cut:
		b = append(b, `,"status":"cut"`...)
	case arg:
		b = append(b, `,"status":"ok"`...)
	}
	if cut && changed {
		b = append(b, `,"cut":true`...)
	}
	if cut && size != 0 {
		b = appendJSONUint(append(b, `,"size":`...), size)
	}
	return b
}

// scalar appends the value of a number or an address.
func (f *jsonValues) scalar(b []byte, v *decode.Value) []byte {
	switch v.Kind {
	case decode.Addr:
		if v.Num == 0 {
			return append(b, `,"value":null`...)
		}
		return append(appendAddr(append(b, `,"value":"`...), v.Num), '"')
	case decode.IPv4, decode.IPv6:
		return appendJSONIP(append(b, `,"value":`...), v.Bytes)
	case decode.Int:
		return appendJSONInt(append(b, `,"value":`...), int64(v.Num))
	case decode.PID:
		b = appendJSONInt(append(b, `,"value":`...), int64(v.Num))
		if v.Text != "" {
			b = appendJSONText(append(b, `,"comm":`...), v.Text)
		}
		return b
	}
	b = appendJSONUint(append(b, `,"value":`...), v.Num)
	return f.symbols(b, v)
}

// symbols appends the names of a constant.
func (f *jsonValues) symbols(b []byte, v *decode.Value) []byte {
	name := ""
	switch v.Kind {
	case decode.Flags:
		return f.flags(b, v)
	case decode.Dev:
		major, minor := devParts(v.Num)
		return appendMajorMinor(b, major, minor)
	case decode.Mode:
		name = modeType(v.Num)
	case decode.Enum:
		name = v.Set.Find(f.abi, v.Num)
	case decode.Signal:
		if v.Num > 0 && v.Num <= sigMax {
			return append(appendSignal(append(b, `,"symbol":"`...), v.Num, false), '"')
		}
	case decode.Errno:
		name = errnoName(v.Num)
	}
	if name == "" {
		return b
	}
	return append(append(append(b, `,"symbol":"`...), name...), '"')
}

func appendMajorMinor(b []byte, major, minor uint64) []byte {
	b = strconv.AppendUint(append(b, `,"major":`...), major, 10)
	return strconv.AppendUint(append(b, `,"minor":`...), minor, 10)
}

// flags appends the names of the bits that have one, and the others.
func (f *jsonValues) flags(b []byte, v *decode.Value) []byte {
	b = append(b, `,"names":[`...)
	start := len(b)
	if v.Num == 0 && v.Set != nil && v.Set.Zero != "" {
		return append(append(append(b, '"'), v.Set.Zero...), `"]`...)
	}
	rest := v.Set.Flags(f.abi, v.Num, func(name string) {
		if len(b) > start {
			b = append(b, ',')
		}
		b = append(append(append(b, '"'), name...), '"')
	})
	b = append(b, ']')
	if rest != 0 {
		b = appendJSONUint(append(b, `,"unknown":`...), rest)
	}
	return b
}

// container appends the parts of the tree at i.
func (f *jsonValues) container(b []byte, vs []decode.Value, i int) []byte {
	v := &vs[i]
	stop := min(i+max(1, int(v.Span)), len(vs))
	switch v.Kind {
	case decode.Struct:
		return f.object(b, vs, i+1, stop)
	case decode.Pair:
		return f.change(b, vs, i+1, stop)
	case decode.Func:
		b = appendNumber(appendJSONName(append(b, `,"function":`...), v.Text), v)
	case decode.Set:
		b = appendJSONBool(append(b, `,"complement":`...), v.Flags&decode.FlagNot != 0)
	case decode.Or:
		if v.Text != "" {
			b = appendJSONName(append(b, `,"joiner":`...), v.Text)
		}
		b = appendNumber(b, v)
	}
	b = append(b, `,"value":[`...)
	for j := i + 1; j < stop; j = next(vs, j) {
		if j > i+1 {
			b = append(b, ',')
		}
		b = f.node(b, vs, j, false)
	}
	return append(b, ']')
}

// appendNumber appends the number that a symbol, or what is made of parts,
// stands for, where it is known.
func appendNumber(b []byte, v *decode.Value) []byte {
	if v.Num == 0 {
		return b
	}
	return appendJSONUint(append(b, `,"number":`...), v.Num)
}

// object appends the members of a structure by name; one without a name by
// its position, as "_0".
func (f *jsonValues) object(b []byte, vs []decode.Value, i, stop int) []byte {
	b = append(b, `,"value":{`...)
	for n := 0; i < stop; i = next(vs, i) {
		if n > 0 {
			b = append(b, ',')
		}
		if name := vs[i].Name; name != "" {
			b = appendJSONName(b, name)
		} else {
			b = append(strconv.AppendInt(append(b, `"_`...), int64(n), 10), '"')
		}
		b = f.node(append(b, ':'), vs, i, false)
		n++
	}
	return append(b, '}')
}

// change appends what a value was at entry and what at exit.
func (f *jsonValues) change(b []byte, vs []decode.Value, i, stop int) []byte {
	for _, key := range [...]string{`,"entry":`, `,"exit":`} {
		if i < stop {
			b = f.node(append(b, key...), vs, i, false)
			i = next(vs, i)
		}
	}
	return b
}

// fd appends a descriptor and what is known of its file.
func (f *jsonValues) fd(b []byte, v *decode.Value) []byte {
	b = appendJSONInt(append(b, `,"value":`...), int64(v.Num))
	if v.Text != "" {
		b = appendJSONName(append(b, `,"symbol":`...), v.Text)
	}
	if v.File == nil {
		return b
	}
	return appendJSONFile(append(b, `,"file":`...), v.File)
}

// appendJSONFile appends what a file is.
func appendJSONFile(b []byte, x *decode.File) []byte {
	b = appendJSONBytes(append(b, `{"path":`...), x.Path)
	for _, m := range [...]struct {
		set  bool
		text string
	}{{x.Deleted, `,"deleted":true`}, {x.Cut, `,"cut":true`}, {x.Pseudo, `,"pseudo":true`}, {x.CWD, `,"cwd":true`}} {
		if m.set {
			b = append(b, m.text...)
		}
	}
	if x.Mode != 0 {
		b = appendJSONUint(append(b, `,"mode":`...), uint64(x.Mode))
	}
	if x.Ino != 0 {
		b = appendJSONUint(append(b, `,"inode":`...), x.Ino)
		b = appendJSONDev(append(b, `,"filesystem":`...), x.Dev)
	}
	if t := x.Mode & sIFMT; t == 0o020000 || t == 0o060000 {
		b = appendJSONDev(append(b, `,"device":`...), x.Rdev)
	}
	if x.Sock != nil {
		b = appendJSONSocket(append(b, `,"socket":`...), x.Sock)
	}
	return append(b, '}')
}

// appendJSONDev appends a device number of the form major<<20 | minor.
func appendJSONDev(b []byte, dev uint32) []byte {
	b = strconv.AppendUint(append(b, `{"major":`...), uint64(dev>>20), 10)
	b = strconv.AppendUint(append(b, `,"minor":`...), uint64(dev&(1<<20-1)), 10)
	return append(b, '}')
}

// appendJSONSocket appends what a socket is and what it is connected to.
func appendJSONSocket(b []byte, s *decode.Socket) []byte {
	b = strconv.AppendUint(append(b, `{"family":`...), uint64(s.Family), 10)
	b = strconv.AppendUint(append(b, `,"type":`...), uint64(s.Type), 10)
	b = strconv.AppendUint(append(b, `,"protocol":`...), uint64(s.Protocol), 10)
	b = strconv.AppendUint(append(b, `,"state":`...), uint64(s.State), 10)
	switch s.Family {
	case afInet, afInet6:
		b = appendJSONEndpoint(append(b, `,"local":`...), s.LAddr, s.LPort)
		b = appendJSONEndpoint(append(b, `,"remote":`...), s.RAddr, s.RPort)
	case afUnix:
		if s.Peer != 0 {
			b = appendJSONUint(append(b, `,"peer":`...), s.Peer)
		}
		if len(s.Path) > 0 {
			b = appendJSONBytes(append(b, `,"path":`...), s.Path)
		}
	case afNetlink:
		b = strconv.AppendUint(append(b, `,"port_id":`...), uint64(s.NetlinkPID), 10)
	}
	return append(b, '}')
}

// appendJSONEndpoint appends an address and a port; an address of another
// length than 4 or 16 is not set.
func appendJSONEndpoint(b []byte, addr []byte, port uint16) []byte {
	b = appendJSONIP(append(b, `{"address":`...), addr)
	return append(strconv.AppendUint(append(b, `,"port":`...), uint64(port), 10), '}')
}

// appendJSONIP appends an address in the usual form, null if it is none.
func appendJSONIP(b []byte, addr []byte) []byte {
	switch len(addr) {
	case 4:
		return append(appendIPv4(append(b, '"'), addr), '"')
	case 16:
		return append(appendIPv6(append(b, '"'), addr), '"')
	}
	return append(b, "null"...)
}
