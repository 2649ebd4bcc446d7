package output

import "strconv"

// signals are the names of signals 1 to 31, without SIG, the same on amd64,
// arm64 and i386: include/uapi/asm-generic/signal.h.
var signals = [...]string{
	1: "HUP", 2: "INT", 3: "QUIT", 4: "ILL", 5: "TRAP", 6: "ABRT", 7: "BUS", 8: "FPE",
	9: "KILL", 10: "USR1", 11: "SEGV", 12: "USR2", 13: "PIPE", 14: "ALRM", 15: "TERM", 16: "STKFLT",
	17: "CHLD", 18: "CONT", 19: "STOP", 20: "TSTP", 21: "TTIN", 22: "TTOU", 23: "URG", 24: "XCPU",
	25: "XFSZ", 26: "VTALRM", 27: "PROF", 28: "WINCH", 29: "IO", 30: "PWR", 31: "SYS",
}

const (
	sigKill  = 9
	sigRTMin = 32
	sigMax   = 64
)

// appendSignal appends the name of signal n, with SIG unless bare (in sets:
// RTMIN, RT_1), or the number if it has none. Real-time signals are counted
// from the kernel's first, 32.
func appendSignal(b []byte, n uint64, bare bool) []byte {
	if n == 0 || n > sigMax {
		return strconv.AppendInt(b, int64(n), 10)
	}
	if !bare {
		b = append(b, "SIG"...)
	}
	switch {
	case n < uint64(len(signals)):
		return append(b, signals[n]...)
	case n == sigRTMin:
		return append(b, "RTMIN"...)
	}
	return strconv.AppendUint(append(b, "RT_"...), n-sigRTMin, 10)
}
