package main

import (
	"fmt"
	"strings"

	"github.com/ebtrace/ebtrace/decode/output"
	"github.com/ebtrace/ebtrace/decode/table"
)

// qualifiers are the names before "=" in -e, with strace's short forms, and
// the one that each stands for.
var qualifiers = map[string]string{
	"trace": "trace", "t": "trace", "enter": "enter", "exit": "exit",
	"status": "status", "errno": "errno", "signal": "signal", "signals": "signal", "s": "signal",
	"fd": "fd", "fds": "fd", "trace-fd": "fd", "trace-fds": "fd",
	"quiet": "quiet", "silent": "quiet", "silence": "quiet", "q": "quiet",
	"abbrev": "abbrev", "a": "abbrev", "verbose": "verbose", "v": "verbose", "raw": "raw", "x": "raw",
	"inject": "inject", "fault": "fault",
	"decode-fds": "decode-fds", "decode-fd": "decode-fds", "decode-pids": "decode-pids", "decode-pid": "decode-pids",
}

// setQualifier reads the argument of -e: NAME=SET, or a set of calls.
func setQualifier(o *options, expr string) error {
	name, value, ok := strings.Cut(expr, "=")
	if !ok || strings.ContainsAny(name, "/,") { // "=" within a regular expression
		return qualify(o, "trace", expr)
	}
	if err := refuseQualifier(name); err != nil {
		return err
	}
	full, known := qualifiers[name]
	if !known {
		return fmt.Errorf("invalid qualifier '%s' in -e '%s'%s", name, expr, maybe(name, qualifiers))
	}
	return qualify(o, full, value)
}

// qualify applies one qualifier. Given again, the last set counts.
func qualify(o *options, name, value string) (err error) {
	switch name {
	case "trace":
		o.sel.trace, err = table.ParseCalls(value)
	case "enter":
		o.sel.enter, err = table.ParseCalls(value)
	case "exit":
		o.sel.exit, err = table.ParseCalls(value)
	case "status":
		o.sel.status, err = table.ParseStatus(value)
	case "errno":
		o.sel.errnos, err = table.ParseErrnos(value)
	case "signal":
		o.sel.signals, err = table.ParseSignals(value)
	case "fd":
		o.sel.fds, err = table.ParseFDs(value)
	case "inject", "fault":
		return setInject(o, value, name == "fault")
	case "quiet":
		o.text.Quiet, err = parseQuiet(value)
	case "decode-fds":
		return setFDs(o, value)
	case "decode-pids":
		return setPIDNames(o, value)
	default:
		return qualifyLooks(o, name, value)
	}
	return err
}

// qualifyLooks applies the qualifiers that strace takes per call and ebtrace
// for all calls or none.
func qualifyLooks(o *options, name, value string) error {
	all, known := map[string]bool{"all": true, "!none": true, "none": false, "!all": false}[value]
	if !known {
		return fmt.Errorf("-e %s=%s is not available: it is for all calls or none", name, value)
	}
	switch name {
	case "abbrev":
		o.text.Verbose = !all
	case "raw":
		if all {
			return fmt.Errorf("-e raw=all is not available yet: -X raw shows constants as numbers")
		}
	case "verbose":
		if !all {
			return fmt.Errorf("-e verbose=none is not available: structures are always decoded; -X raw shows numbers")
		}
	}
	return nil
}

// quietWords name what can be left unsaid. ebtrace says nothing of how a path
// of -P was resolved.
var quietWords = map[string]output.Quiet{
	"attach": output.QuietAttach, "exit": output.QuietExit, "path-resolution": 0,
	"personality": output.QuietPersonality, "thread-execve": output.QuietSuperseded, "superseded": output.QuietSuperseded,
	"all": quietAll, "none": 0,
}

const quietAll = output.QuietAttach | output.QuietExit | output.QuietPersonality | output.QuietSuperseded

// parseQuiet reads the set of -e quiet=.
func parseQuiet(expr string) (q output.Quiet, err error) {
	body := strings.TrimPrefix(expr, "!")
	for w := range strings.SplitSeq(body, ",") {
		bit, ok := quietWords[w]
		if !ok {
			return 0, fmt.Errorf("invalid quiet '%s'%s", w, maybe(w, quietWords))
		}
		q |= bit
	}
	if body != expr {
		q = quietAll &^ q
	}
	return q, nil
}
