package output

import (
	"encoding/base64"
	"strconv"
	"unicode/utf8"
)

// maxExact is the largest integer up to which every integer is exact in a
// double: 2^53-1 (RFC 8259, 6).
const maxExact = 1<<53 - 1

// appendJSONUint appends n as a number, or as a string beyond maxExact.
func appendJSONUint(b []byte, n uint64) []byte {
	if n <= maxExact {
		return strconv.AppendUint(b, n, 10)
	}
	return append(strconv.AppendUint(append(b, '"'), n, 10), '"')
}

// appendJSONInt appends n as a number, or as a string beyond maxExact.
func appendJSONInt(b []byte, n int64) []byte {
	if -maxExact <= n && n <= maxExact {
		return strconv.AppendInt(b, n, 10)
	}
	return append(strconv.AppendInt(append(b, '"'), n, 10), '"')
}

// appendJSONTime appends ns without the quotes, which are in the text around it.
func appendJSONTime(b []byte, ns int64) []byte { return strconv.AppendInt(b, ns, 10) }

func appendJSONBool(b []byte, v bool) []byte { return strconv.AppendBool(b, v) }

// appendIdentity appends who a thread is.
func appendIdentity(b []byte, tid, pid uint32, start uint64) []byte {
	b = strconv.AppendUint(append(b, `"pid":`...), uint64(pid), 10)
	b = strconv.AppendUint(append(b, `,"tid":`...), uint64(tid), 10)
	return append(strconv.AppendUint(append(b, `,"start":"`...), start, 10), '"')
}

// appendJSONSignal appends the number and the name of a signal.
func appendJSONSignal(b []byte, n uint64) []byte {
	b = appendJSONInt(append(b, `{"value":`...), int64(n))
	if n > 0 && n <= sigMax {
		b = append(appendSignal(append(b, `,"symbol":"`...), n, false), '"')
	}
	return append(b, '}')
}

// appendJSONTexts appends an array of strings.
func appendJSONTexts(b []byte, ss []string) []byte {
	b = append(b, '[')
	for i, s := range ss {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendJSONText(b, s)
	}
	return append(b, ']')
}

// appendJSONText is appendJSONBytes of a string.
func appendJSONText(b []byte, s string) []byte { return appendJSONBytes(b, bytesOf(s)) }

// appendJSONName appends a name that is the program's own, always as a string.
func appendJSONName(b []byte, s string) []byte {
	for i := range len(s) {
		if class[s[i]] != plain {
			return appendJSONEscaped(b, bytesOf(s))
		}
	}
	return append(append(append(b, '"'), s...), '"')
}

// appendJSONBytes appends s as a string if it is UTF-8, else as {"base64":...}.
func appendJSONBytes(b, s []byte) []byte {
	ascii := true
	for _, c := range s {
		if class[c] != plain {
			ascii = false
			break
		}
	}
	switch {
	case ascii:
		b = append(b, '"')
		b = append(b, s...)
		return append(b, '"')
	case utf8.Valid(s):
		return appendJSONEscaped(b, s)
	}
	b = append(b, `{"base64":"`...)
	b = base64.StdEncoding.AppendEncode(b, s)
	return append(b, `"}`...)
}

// appendJSONEscaped appends UTF-8 with all that is not printable ASCII as \u,
// so that no terminal acts on it.
func appendJSONEscaped(b, s []byte) []byte {
	b = append(b, '"')
	for len(s) > 0 {
		r, n := utf8.DecodeRune(s)
		s = s[n:]
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r == '\n':
			b = append(b, '\\', 'n')
		case r == '\t':
			b = append(b, '\\', 't')
		case r >= ' ' && r <= '~':
			b = append(b, byte(r))
		case r >= 0x10000:
			r -= 0x10000
			b = appendU(appendU(b, 0xd800|r>>10), 0xdc00|r&0x3ff)
		default:
			b = appendU(b, r)
		}
	}
	return append(b, '"')
}

// appendU appends \u and the four digits of r.
func appendU(b []byte, r rune) []byte {
	return append(b, '\\', 'u', hexDigits[r>>12&15], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
}
