package table

import "iter"

// Name returns the name of the ABI's system call nr, whether or not the table
// has a row for it, and "" if the number has none.
func Name(abi ABI, nr int32) string {
	if abi < NumABI && nr >= 0 && int(nr) < len(callNames[abi]) {
		return callNames[abi][nr]
	}
	return ""
}

// Number returns the ABI's number of the system call of that name.
func Number(abi ABI, name string) (nr int32, ok bool) {
	if abi >= NumABI {
		return 0, false
	}
	names, order := callNames[abi], callOrder[abi]
	lo, hi := 0, len(order)
	for lo < hi {
		m := (lo + hi) / 2
		if names[order[m]] < name {
			lo = m + 1
		} else {
			hi = m
		}
	}
	if lo < len(order) && names[order[lo]] == name {
		return int32(order[lo]), true
	}
	return 0, false
}

// Names yields the numbers and names of an ABI's system calls, by number.
func Names(abi ABI) iter.Seq2[int32, string] {
	return func(yield func(int32, string) bool) {
		if abi >= NumABI {
			return
		}
		for nr, name := range callNames[abi] {
			if name != "" && !yield(int32(nr), name) {
				return
			}
		}
	}
}
