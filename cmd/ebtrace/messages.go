package main

import (
	"fmt"
	"os"
	"strings"
	"unicode"
)

// say prints one line to standard error, ebtrace's name before it.
func say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "ebtrace: %s\n", oneLine(fmt.Sprintf(format, args...)))
}

// oneLine makes s safe for a terminal and a single line: what is not printable
// is shown as an escape.
func oneLine(s string) string {
	bad := func(r rune) bool { return !unicode.IsPrint(r) }
	if strings.IndexFunc(s, bad) < 0 {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == unicode.ReplacementChar && s[i] != "\uFFFD"[0]:
			fmt.Fprintf(&b, `\%03o`, s[i])
		case bad(r):
			for _, c := range []byte(string(r)) {
				fmt.Fprintf(&b, `\%03o`, c)
			}
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
