package enforce

import (
	"fmt"
	"strconv"
	"strings"
)

// When chooses invocations of a call by their number, which begins at 1: from
// First to Last, each Step. The zero value is every invocation.
type When struct {
	First, Last, Step int `json:",omitempty"`
}

// Limits of the numbers in a When (strace(1), "when=expr").
const (
	maxWhen     = 65535
	maxWhenLast = 65534
)

// ParseWhen reads first[..last][+[step]]: "3" is the third invocation only,
// "3+" it and all after it, "3..5" from the third to the fifth.
func ParseWhen(s string) (When, error) {
	bad := fmt.Errorf("invalid '%s': it is FIRST[..LAST][+[STEP]], numbers from 1 to %d", s, maxWhen)
	rest, step, stepped := strings.Cut(s, "+")
	first, last, ranged := strings.Cut(rest, "..")
	var w When
	var ok bool
	if w.First, ok = whenNumber(first, maxWhen); !ok {
		return w, bad
	}
	w.Last, w.Step = w.First, 1
	if stepped {
		w.Last = 0
		if step != "" {
			if w.Step, ok = whenNumber(step, maxWhen); !ok {
				return w, bad
			}
		}
	}
	if ranged {
		if w.Last, ok = whenNumber(last, maxWhenLast); !ok || w.Last < w.First {
			return w, bad
		}
	}
	return w, nil
}

func whenNumber(s string, most int) (int, bool) {
	if s == "" || s[0] < '0' || s[0] > '9' {
		return 0, false
	}
	n, err := strconv.Atoi(s)
	return n, err == nil && n >= 1 && n <= most
}

// Has says whether invocation n, from 1, is chosen.
func (w When) Has(n int) bool {
	return w.First == 0 || n >= w.First && (w.Last == 0 || n <= w.Last) && (n-w.First)%w.Step == 0
}

// Always says whether every invocation is chosen.
func (w When) Always() bool { return w.First == 0 || w.First == 1 && w.Last == 0 && w.Step == 1 }
