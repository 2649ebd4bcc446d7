package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ebtrace/ebtrace/decode/output"
	"github.com/ebtrace/ebtrace/internal/suggest"
)

// maybe is the end of an error about a word: the known word that is near it.
func maybe[V any](w string, known map[string]V) string {
	if near := suggest.Near(w, slices.Values(slices.Sorted(maps.Keys(known)))); near != "" {
		return fmt.Sprintf(" (did you mean '%s'?)", near)
	}
	return ""
}

func setHexShort(o *options, _ string) error {
	if o.text.Hex == output.HexNone {
		o.text.Hex = output.HexNonASCII
	} else {
		o.text.Hex = output.HexAll
	}
	return nil
}

func setHexLong(o *options, v string) error {
	how := map[string]output.Hex{
		bare: output.HexAll, "none": output.HexNone, "non-ascii-chars": output.HexChars,
		"non-ascii": output.HexNonASCII, "all": output.HexAll,
	}
	h, ok := how[v]
	if !ok {
		return badValue("--strings-in-hex", v)
	}
	o.text.Hex = h
	return nil
}

func setConstants(o *options, v string) error {
	how := map[string]output.Style{"raw": output.Raw, "abbrev": output.Abbrev, "verbose": output.Verbose}
	c, ok := how[v]
	if !ok {
		return badValue("-X", v)
	}
	o.text.Style = c
	return nil
}

// fileWords are the details of --decode-fds. Those that strace added after
// 6.1 for the kernel's own kinds of files come with the devices.
var fileWords = map[string]output.Files{
	"none": 0, "all": output.FileAll, "path": output.FilePath, "socket": output.FileSocket, "dev": output.FileDev,
	"pidfd": output.FilePID, "eventfd": output.FileDev, "signalfd": output.FileDev,
}

// setFDs counts -y, or reads --decode-fds=SET.
func setFDs(o *options, v string) error {
	if v == bare {
		if o.text.Files == 0 {
			o.text.Files = output.FilePath
		} else {
			o.text.Files = output.FileAll
		}
		return nil
	}
	o.text.Files = 0
	for w := range strings.SplitSeq(v, ",") {
		f, ok := fileWords[w]
		if !ok {
			return fmt.Errorf("invalid decode-fds '%s'%s", w, maybe(w, fileWords))
		}
		o.text.Files |= f
	}
	return nil
}

func setPIDNames(o *options, v string) error {
	switch v {
	case bare, "comm", "all":
		o.text.Comm = true
	case "none":
		o.text.Comm = false
	case "pidns":
		return fmt.Errorf("--decode-pids=pidns is not available: translation of process ids between namespaces is not supported yet")
	default:
		return fmt.Errorf("invalid decode-pids '%s'", v)
	}
	return nil
}

// setClockShort counts -t.
func setClockShort(o *options, _ string) error {
	switch {
	case o.text.Stamp == output.NoStamp:
		o.text.Stamp, o.text.StampDig = output.ClockTime, output.Sec
	case o.text.StampDig == output.Sec:
		o.text.StampDig = output.Micro
	default:
		o.text.Stamp = output.UnixTime
	}
	return nil
}

// units are the units down to which a time can be shown.
var units = map[string]output.Digits{"s": output.Sec, "ms": output.Milli, "us": output.Micro, "ns": output.Nano}

func setClockLong(o *options, v string) error {
	stamp, digits := output.ClockTime, output.Sec
	for w := range strings.SplitSeq(v, ",") {
		w = strings.TrimPrefix(strings.TrimPrefix(w, "format:"), "precision:")
		d, isUnit := units[w]
		switch {
		case w == bare || w == "time":
			stamp = output.ClockTime
		case w == "unix":
			stamp = output.UnixTime
		case w == "none":
			stamp = output.NoStamp
		case isUnit:
			digits = d
		default:
			return badValue("--absolute-timestamps", v)
		}
	}
	o.text.Stamp, o.text.StampDig = stamp, digits
	return nil
}

func setJSON(o *options, v string) error {
	if v != bare && v != "nested" {
		return fmt.Errorf("invalid --json argument: '%s': it is nested, or none", v)
	}
	o.json, o.text.Nested = true, v == "nested"
	return nil
}

// setSpent reads the argument of -T: a unit, split, or both.
func setSpent(o *options, v string) error {
	unit := ""
	for w := range strings.SplitSeq(v, ",") {
		switch {
		case w == "split":
			o.split = true
		case unit == "":
			unit = w
		default:
			return fmt.Errorf("invalid --syscall-times argument: '%s': one of s, ms, us, ns; split", v)
		}
	}
	if unit == "" {
		unit = bare
	}
	return setPrecision(func(o *options) (*bool, *output.Digits) { return &o.text.Spent, &o.text.SpentDig })(o, unit)
}

// setPrecision makes the setter of -r and -T; bare ones show microseconds.
func setPrecision(p func(o *options) (*bool, *output.Digits)) func(*options, string) error {
	return func(o *options, v string) error {
		d, ok := units[v]
		if v == bare {
			d, ok = output.Micro, true
		}
		if !ok {
			return fmt.Errorf("invalid precision: '%s': it is one of s, ms, us, ns", v)
		}
		show, digits := p(o)
		*show, *digits = true, d
		return nil
	}
}

// setQuiet counts -q, or reads --quiet=SET.
func setQuiet(o *options, v string) error {
	if v != bare {
		return qualify(o, "quiet", v)
	}
	switch q := o.text.Quiet; {
	case q&output.QuietAttach == 0:
		o.text.Quiet |= output.QuietAttach | output.QuietPersonality
	case q&output.QuietExit == 0:
		o.text.Quiet |= output.QuietExit
	default:
		o.text.Quiet = quietAll
	}
	return nil
}
