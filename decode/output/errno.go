package output

import "github.com/ebtrace/ebtrace/decode"

// errnoName is the name of error n, or "".
func errnoName(n uint64) string {
	if n > 4095 {
		return ""
	}
	return decode.ErrnoName(int(n))
}
