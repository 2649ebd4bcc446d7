package main

import (
	"fmt"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"
)

// say prints one line to standard error, ebtrace's name before it.
func say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "ebtrace: %s\n", oneLine(fmt.Sprintf(format, args...)))
}

// failf makes an error that say prints as it is: it may begin with a capital
// letter, as strace's do.
func failf(format string, args ...any) error { return fmt.Errorf(format, args...) }

// oneLine makes s safe for a terminal and a single line: what is not printable
// is shown as an escape.
func oneLine(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if unicode.IsPrint(r) && (r != utf8.RuneError || n > 1) {
			b.WriteString(s[i : i+n])
		} else {
			for _, c := range []byte(s[i : i+n]) {
				fmt.Fprintf(&b, `\%03o`, c)
			}
		}
		i += n
	}
	return b.String()
}
