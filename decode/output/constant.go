package output

import (
	"encoding/binary"
	"net/netip"
	"strconv"

	"github.com/ebtrace/ebtrace/decode"
)

// constant appends a value that has a symbol, in the style of -X.
func (f *format) constant(b []byte, v *decode.Value, inSet bool) []byte {
	if f.o.Style == Abbrev {
		return f.symbol(b, v, inSet)
	}
	b = f.raw(b, v)
	if f.o.Style == Raw || !f.hasSymbol(v) {
		return b
	}
	b = append(b, " /* "...)
	if v.Kind == decode.IPv6 {
		b = append(f.address(append(b, `inet_pton(AF_INET6, "`...), v), `")`...)
	} else if name := v.Set.Find(f.abi, v.Num); v.Kind == decode.Enum && name == "" {
		b = append(b, v.Set.Prefix...)
	} else {
		b = f.symbol(b, v, inSet)
	}
	return append(b, " */"...)
}

// hasSymbol says whether -X verbose has anything to add to the number.
func (f *format) hasSymbol(v *decode.Value) bool {
	switch v.Kind {
	case decode.Enum:
		return v.Set != nil && (v.Set.Prefix != "" || v.Set.Find(f.abi, v.Num) != "")
	case decode.Flags:
		known := v.Set != nil && v.Num == 0 && v.Set.Zero != ""
		rest := v.Set.Flags(f.abi, v.Num, func(string) { known = true })
		return known || rest != 0 && v.Set != nil && v.Set.Prefix != ""
	case decode.Signal:
		return v.Num > 0 && v.Num <= sigMax
	case decode.Errno:
		return errnoName(v.Num) != ""
	case decode.Mode:
		return v.Num == 0 || modeType(v.Num) != "" || v.Num&sIFMT == 0
	}
	return true
}

// raw appends the number, or for parts of addresses the bytes.
func (f *format) raw(b []byte, v *decode.Value) []byte {
	switch v.Kind {
	case decode.Signal, decode.Errno:
		return strconv.AppendInt(b, int64(v.Num), 10)
	case decode.Mode:
		return appendOctal(b, v.Num)
	case decode.Port:
		var p [2]byte
		binary.BigEndian.PutUint16(p[:], uint16(v.Num))
		return append(appendHex(append(b, '"'), p[:]), '"')
	case decode.IPv4, decode.IPv6:
		return append(appendHex(append(b, '"'), v.Bytes), '"')
	}
	return appendAddr(b, v.Num)
}

// symbol appends a constant by name.
func (f *format) symbol(b []byte, v *decode.Value, inSet bool) []byte {
	switch v.Kind {
	case decode.Enum:
		if name := v.Set.Find(f.abi, v.Num); name != "" {
			return append(b, name...)
		}
		return f.unknown(appendAddr(b, v.Num), v)
	case decode.Flags:
		return f.flags(b, v)
	case decode.Signal:
		return appendSignal(b, v.Num, inSet)
	case decode.Errno:
		if name := errnoName(v.Num); name != "" {
			return append(b, name...)
		}
		return strconv.AppendInt(b, int64(v.Num), 10)
	case decode.Mode:
		return appendMode(b, v.Num)
	case decode.Dev:
		major, minor := devParts(v.Num)
		b = appendAddr(append(b, "makedev("...), major)
		return append(appendAddr(append(b, ", "...), minor), ')')
	case decode.Port:
		return append(strconv.AppendUint(append(b, "htons("...), v.Num, 10), ')')
	case decode.IPv4:
		return append(f.address(append(b, `inet_addr("`...), v), `")`...)
	case decode.IPv6:
		b = f.address(append(b, `inet_pton(AF_INET6, "`...), v)
		return append(append(append(b, `", &`...), v.Name...), ')')
	}
	return appendAddr(b, v.Num)
}

// address appends the text of an address, which -xx takes for a string too.
func (f *format) address(b []byte, v *decode.Value) []byte {
	start := len(b)
	if v.Kind == decode.IPv4 {
		b = appendIPv4(b, v.Bytes)
	} else {
		b = appendIPv6(b, v.Bytes)
	}
	return f.hexTail(b, start)
}

// unknown appends the remark that a number has no name.
func (f *format) unknown(b []byte, v *decode.Value) []byte {
	if v.Set == nil || v.Set.Prefix == "" || f.o.Style == Verbose {
		return b
	}
	return appendComment(b, v.Set.Prefix)
}

// flags appends A|B|0x10.
func (f *format) flags(b []byte, v *decode.Value) []byte {
	if v.Num == 0 && v.Set != nil && v.Set.Zero != "" {
		return append(b, v.Set.Zero...)
	}
	start := len(b)
	rest := v.Set.Flags(f.abi, v.Num, func(name string) {
		if len(b) > start {
			b = append(b, '|')
		}
		b = append(b, name...)
	})
	switch {
	case len(b) > start && rest == 0:
		return b
	case len(b) > start:
		return appendAddr(append(b, '|'), rest)
	case rest == 0:
		return append(b, '0')
	case f.o.Style == Verbose: // the number stands before the comment already
		return append(b, v.Set.Prefix...)
	}
	return f.unknown(appendAddr(b, rest), v)
}

const sIFMT = 0o170000

// modeType is the name of the file type in mode n.
func modeType(n uint64) string {
	switch n & sIFMT {
	case 0o010000:
		return "S_IFIFO"
	case 0o020000:
		return "S_IFCHR"
	case 0o040000:
		return "S_IFDIR"
	case 0o060000:
		return "S_IFBLK"
	case 0o100000:
		return "S_IFREG"
	case 0o120000:
		return "S_IFLNK"
	case 0o140000:
		return "S_IFSOCK"
	}
	return ""
}

// appendMode appends S_IFREG|S_ISUID|0755.
func appendMode(b []byte, n uint64) []byte {
	t := modeType(n)
	if t == "" && n&sIFMT != 0 {
		return appendOctal(b, n)
	}
	if t != "" {
		b = append(append(b, t...), '|')
	}
	if n&0o4000 != 0 {
		b = append(b, "S_ISUID|"...)
	}
	if n&0o2000 != 0 {
		b = append(b, "S_ISGID|"...)
	}
	if n&0o1000 != 0 {
		b = append(b, "S_ISVTX|"...)
	}
	return appendOctal(b, n&^(sIFMT|0o7000))
}

// devParts splits a dev_t of user space, as gnu_dev_major(3) does.
func devParts(n uint64) (major, minor uint64) {
	return n>>8&0xfff | n>>32&^0xfff, n&0xff | n>>12&^0xff&0xffffffff
}

// appendIPv4 appends 1.2.3.4; other lengths than 4 in hexadecimal.
func appendIPv4(b, a []byte) []byte {
	if len(a) != 4 {
		return appendHex(b, a)
	}
	for i, c := range a {
		if i > 0 {
			b = append(b, '.')
		}
		b = strconv.AppendUint(b, uint64(c), 10)
	}
	return b
}

// appendIPv6 appends an address as inet_ntop(3) does, which writes ::1.2.3.4
// where only the last 32 bits are set (RFC 4291, 2.5.5.1).
func appendIPv6(b, a []byte) []byte {
	if len(a) != 16 {
		return appendHex(b, a)
	}
	if binary.BigEndian.Uint64(a) == 0 && binary.BigEndian.Uint32(a[8:]) == 0 && binary.BigEndian.Uint16(a[12:]) != 0 {
		return appendIPv4(append(b, "::"...), a[12:])
	}
	return netip.AddrFrom16([16]byte(a)).AppendTo(b)
}
