package output

import (
	"strconv"

	"github.com/ebtrace/ebtrace/decode"
)

const (
	sigKill = 9
	sigMax  = 64
)

// appendSignal appends the name of signal n, with SIG unless bare (in sets:
// RTMIN, RT_1), or the number if it has none. Real-time signals are counted
// from the kernel's first, 32.
func appendSignal(b []byte, n uint64, bare bool) []byte {
	if n == 0 || n > sigMax {
		return strconv.AppendInt(b, int64(n), 10)
	}
	name := decode.SignalName(n)
	if bare {
		name = name[len("SIG"):]
	}
	return append(b, name...)
}
