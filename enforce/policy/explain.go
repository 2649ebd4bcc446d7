package policy

import (
	"fmt"
	"io"
	"strings"

	"github.com/ebtrace/ebtrace/decode"
	"github.com/ebtrace/ebtrace/decode/table"
	"github.com/ebtrace/ebtrace/enforce"
)

// Explain writes what each rule does, by which mechanism and at which cost,
// and what is closed besides.
func Explain(w io.Writer, p *Policy) error {
	var b strings.Builder
	mode := "enforce"
	if p.Monitor {
		mode = "monitor: nothing is changed, the trace says what would be"
	}
	fmt.Fprintf(&b, "mode: %s\non_exit: %s\n", mode, p.OnExit)
	cfg := &enforce.Config{Rules: p.Rules, Monitor: p.Monitor, Harden: p.Harden}
	for i := range p.Rules {
		r := &p.Rules[i]
		fmt.Fprintf(&b, "\nrule %s (line %d): %s\n  calls: %s\n", r.Name, p.Lines[i], Describe(&r.Action), calls(r))
		stops, why := "one stop", "a seccomp filter stops these calls and no others"
		switch {
		case p.Monitor:
		case cfg.InFilter(r):
			fmt.Fprintf(&b, "  mechanism: the seccomp filter of a command decides by the registers alone; with --pid one stop\n"+
				"  cost per call: none but the filter's, about 0.1 us; with --pid that of the stop\n")
			continue
		case r.Action.Ask != nil:
			stops, why = "as long as the answer takes, of this thread", why+"; what is shown of paths and addresses is copied to sealed memory"
		case r.Action.Changes():
			stops = "two stops"
			why += "; the kernel gets other registers, which are given back at the end, and new texts in sealed memory"
		case r.Match.Inspects():
			stops = "one stop; a second, at the end, for calls that run"
			why += "; what the rule looks at is copied to sealed memory, and what was opened or executed is looked at again"
		case r.Action.DelayExit > 0 || len(r.Action.PokeExit) > 0:
			stops = "two stops"
		}
		fmt.Fprintf(&b, "  mechanism: %s\n  cost per call: %s, about 10 to 20 us each\n", why, stops)
	}
	switch {
	case p.Monitor:
	case !p.Harden:
		b.WriteString("\nharden: false: a program that wants to can get around the rules\n")
	default:
		b.WriteString("\nclosed besides:\n")
		for _, c := range enforce.Hardening {
			fmt.Fprintf(&b, "  %s: %s (%s)\n", c.Call, c.Answer, c.Reason)
		}
	}
	b.WriteString("\nThe tree can see that it is traced (TracerPid, Seccomp in /proc/PID/status); debuggers in it do not work.\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// calls is the list of the calls of a rule.
func calls(r *enforce.Rule) string {
	abi := enforce.Native()
	var names []string
	for _, nr := range r.Calls[abi] {
		names = append(names, table.Name(abi, nr))
	}
	const most = 12
	if len(names) > most {
		return strings.Join(names[:most], " ") + fmt.Sprintf(" and %d more", len(names)-most)
	}
	return strings.Join(names, " ")
}

// Describe is an action in words.
func Describe(a *enforce.Action) string {
	var s []string
	switch a.Decision {
	case enforce.Deny:
		s = append(s, "deny "+decode.ErrnoName(a.Errno))
	case enforce.Return:
		s = append(s, fmt.Sprintf("return %d", a.Value))
	case enforce.Kill:
		s = append(s, "kill")
	case enforce.Run:
		s = append(s, describeRun(a))
	}
	if a.Signal != 0 {
		s = append(s, fmt.Sprintf("signal %d", a.Signal))
	}
	if len(a.PokeEnter) > 0 {
		s = append(s, "poke into memory at the entry")
	}
	if len(a.PokeExit) > 0 {
		s = append(s, "poke into memory at the exit")
	}
	if a.DelayEnter > 0 {
		s = append(s, fmt.Sprintf("delay the entry by %v", a.DelayEnter))
	}
	if a.DelayExit > 0 {
		s = append(s, fmt.Sprintf("delay the exit by %v", a.DelayExit))
	}
	return strings.Join(s, ", ")
}

// describeRun is an action on a call that runs.
func describeRun(a *enforce.Action) string {
	switch {
	case a.Ask != nil:
		other := "deny"
		if a.Ask.Allow {
			other = "allow"
		}
		return fmt.Sprintf("ask: allow or deny %s, after %v %s", decode.ErrnoName(a.Errno), a.Ask.Timeout, other)
	case a.Redirect != nil:
		return "redirect to " + a.Redirect.String()
	case len(a.Rewrite) > 0:
		var args []string
		for _, w := range a.Rewrite {
			if w.Text != nil {
				args = append(args, fmt.Sprintf("argument %d to %q", w.Arg, w.Text))
			} else {
				args = append(args, fmt.Sprintf("argument %d to %#x", w.Arg, w.Value))
			}
		}
		return "rewrite " + strings.Join(args, ", ")
	}
	return "allow"
}
