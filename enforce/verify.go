package enforce

import (
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/ebtrace/ebtrace/decode/table"
)

// opened is a call judged by the file that the kernel really used.
type opened struct {
	*subject
	names []string
}

// Paths implements Subject.
func (o *opened) Paths(n int) ([]string, bool) {
	if n == 0 {
		return o.names, true
	}
	return o.subject.Paths(n)
}

// opens says whether a path decided about a call that opens a file: what was
// opened is then looked at before the thread gets it.
func (s *subject) opens() bool {
	return s.tried[0] && s.row != nil && (slices.Contains(openCalls, s.row.Name) || slices.Contains(execCalls, s.row.Name))
}

func (c *call) isExec() bool {
	name := table.Name(c.abi, c.nr)
	return slices.Contains(execCalls, name)
}

// escaped looks at the file that a call has opened although its path was let
// through: a symbolic link or the path itself may have changed in between. The
// process is killed before it can use a file that a rule keeps from it.
func (tr *tracer) escaped(t *task) bool {
	if t.now.call.isExec() {
		return false // it failed; else it is looked at in the stop of the execve
	}
	var si stopInfo
	if err := si.get(t.tid); err != nil || si.Op != opExit || int64(si.NR) < 0 {
		return false
	}
	name, err := t.link("fd/" + strconv.FormatUint(si.NR, 10))
	if err != nil || !strings.HasPrefix(name, "/") {
		return false
	}
	return tr.kept(t, &t.now.call, name)
}

// verifyExec does the same for the program that an execve has put in place.
func (tr *tracer) verifyExec(t *task) bool {
	if t.now == nil || !t.now.call.isExec() || tr.cfg.Monitor {
		return false
	}
	name, err := t.link("exe")
	return err == nil && tr.kept(t, &t.now.call, name)
}

// kept kills the process if a rule keeps a file from a call, and says whether.
func (tr *tracer) kept(t *task, c *call, name string) bool {
	name = strings.TrimSuffix(name, " (deleted)")
	p := t.now
	if p.subject != nil && slices.Contains(p.subject.expected, name) {
		return false // where its rule has led it, or what somebody has allowed
	}
	s := &opened{tr.subject(t, c), []string{name}}
	for _, i := range tr.index[c.abi][c.nr] {
		r := &tr.cfg.Rules[i]
		if !r.When.Always() || r.Match.Path == nil && c.isExec() || !r.matches(s) {
			continue // of a script the program is its interpreter, which no path named
		}
		was := p.verdict.Outcome != 0 && i == p.rule // it has decided already, for this file or for all
		if r.Action.allows() || was && (r.Match.Path == nil || len(r.Action.Rewrite) > 0) {
			return false
		}
		t.now.verdict = Verdict{Outcome: Killed, Decision: Kill, Rule: uint16(i), Begin: monotonic(),
			TID: uint32(t.tid), PID: uint32(t.pid), NR: c.nr}
		tr.tell(t, false)
		_ = unix.Kill(t.pid, unix.SIGKILL)
		return true
	}
	return false
}
