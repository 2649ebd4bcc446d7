package output

import (
	"encoding/binary"
	"strconv"
	"unsafe"
)

// Classes of bytes in strings.
const (
	plain   = iota
	special // printable, but ends the string: escaped with a backslash
	space   // white space with an escape of its own
	other   // a number
)

// class is the class of each byte in a quoted string.
var class = func() (t [256]byte) {
	for c := range t {
		if c < ' ' || c > '~' {
			t[c] = other
		}
	}
	t['"'], t['\\'] = special, special
	t['\n'], t['\t'], t['\v'], t['\f'], t['\r'] = space, space, space, space, space
	return t
}()

// letter is the escape of a byte of class space.
var letter = [...]byte{'\t': 't', '\n': 'n', '\v': 'v', '\f': 'f', '\r': 'r'}

const hexDigits = "0123456789abcdef"

// allHex says whether s is written as \x.. throughout.
func (f *format) allHex(s []byte) bool {
	if f.o.Hex == HexAll {
		return true
	}
	if f.o.Hex != HexNonASCII {
		return false
	}
	for _, c := range s {
		if class[c] == other {
			return true
		}
	}
	return false
}

// quote appends s in quotes.
func (f *format) quote(b, s []byte) []byte {
	b = append(b, '"')
	b = f.escape(b, s, false)
	return append(b, '"')
}

// escape appends s without quotes; in angle brackets these are escaped too.
func (f *format) escape(b, s []byte, angle bool) []byte {
	if f.allHex(s) {
		return appendHex(b, s)
	}
	done := 0
	for i, c := range s {
		k := class[c]
		if k == plain && !(angle && (c == '<' || c == '>')) {
			continue
		}
		b = append(b, s[done:i]...)
		done = i + 1
		switch k {
		case special:
			b = append(b, '\\', c)
		case space:
			b = append(b, '\\', letter[c])
		default:
			b = f.number(b, c, i+1 < len(s) && s[i+1] >= '0' && s[i+1] <= '7')
		}
	}
	return append(b, s[done:]...)
}

// number appends byte c as a number: octal, as short as it can be unless an octal
// digit follows.
func (f *format) number(b []byte, c byte, digit bool) []byte {
	if f.o.Hex == HexChars {
		return append(b, '\\', 'x', hexDigits[c>>4], hexDigits[c&15])
	}
	b = append(b, '\\')
	if digit || c >= 0o100 {
		b = append(b, '0'+c>>6)
	}
	if digit || c >= 0o10 {
		b = append(b, '0'+c>>3&7)
	}
	return append(b, '0'+c&7)
}

// appendHex appends s as \x...
func appendHex(b, s []byte) []byte {
	for _, c := range s {
		b = append(b, '\\', 'x', hexDigits[c>>4], hexDigits[c&15])
	}
	return b
}

// hexTail makes b from start on \x.. if all strings are written so.
func (f *format) hexTail(b []byte, start int) []byte {
	if f.o.Hex != HexAll {
		return b
	}
	return appendHex(b[:start], append([]byte(nil), b[start:]...))
}

// appendAddr appends n in hexadecimal, 0 as 0.
func appendAddr(b []byte, n uint64) []byte {
	if n == 0 {
		return append(b, '0')
	}
	return strconv.AppendUint(append(b, "0x"...), n, 16)
}

// appendOctal appends n in octal, with at least three digits: 000, 007, 0644.
func appendOctal(b []byte, n uint64) []byte {
	switch {
	case n < 0o10:
		b = append(b, "00"...)
	default:
		b = append(b, '0')
	}
	return strconv.AppendUint(b, n, 8)
}

// sanitize replaces what is not printable ASCII in b from start on. All that
// comes from a traced program is escaped where it is written; this is the last
// guard, for symbols and comments that should need none.
func sanitize(b []byte, start int) []byte {
	const ones = 0x0101010101010101
	i := start
	for ; len(b)-i >= 8; i += 8 {
		// The top bit of a byte is set if the byte is below 0x20 or above 0x7e.
		x := binary.LittleEndian.Uint64(b[i:])
		if ((x-0x20*ones)&^x|(x+ones)|x)&(0x80*ones) != 0 {
			return sanitizeFrom(b, i)
		}
	}
	for ; i < len(b); i++ {
		if b[i] < ' ' || b[i] > '~' {
			return sanitizeFrom(b, i)
		}
	}
	return b
}

func sanitizeFrom(b []byte, start int) []byte {
	tail := string(b[start:])
	b = b[:start]
	for i := range len(tail) {
		if c := tail[i]; c < ' ' || c > '~' {
			b = append(b, '\\', '0'+c>>6, '0'+c>>3&7, '0'+c&7)
		} else {
			b = append(b, c)
		}
	}
	return b
}

// bytesOf is s as bytes that must not be changed.
func bytesOf(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }
