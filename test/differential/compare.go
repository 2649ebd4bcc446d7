package differential

import (
	"fmt"
	"regexp"
	"sort"

	"github.com/ebtrace/ebtrace/test/tracetext"
)

// side is one tracer's trace with every line in its normal form.
type side struct {
	trace *tracetext.Trace
	ids   map[int]string
}

// difference is one place where the two traces say different things: a line
// that both have with other text, or that only one has (the other is empty).
type difference struct {
	program, role string
	name          string // of the call or signal; "thread" for a whole thread
	strace        string // normalised
	ebtrace       string
	at            string // where, for a reader: line numbers in the two files
}

func (d *difference) String() string {
	return fmt.Sprintf("%s thread %s %s\n    strace  %s\n    ebtrace %s", d.program, d.role, d.at, d.strace, d.ebtrace)
}

// item is one line made ready to compare.
type item struct {
	name   string
	normal string
	plain  string // with thread ids left as they are
	no     int
}

func (a *item) equals(b *item) bool { return a.normal == b.normal || a.plain == b.plain }

// compare lists the differences of two traces of a program. Calls are compared
// with calls and signals with signals, each in their order within a thread:
// where between two calls an asynchronous signal arrives is chance.
func compare(p *program, s, e side) []difference {
	if p.loose {
		return compareLines(p.name, "all", s.sorted(), e.sorted())
	}
	program := p.name
	var all []difference
	st, et := s.trace.ByRole(), e.trace.ByRole()
	for _, role := range rolesOf(st, et) {
		a, b := st[role], et[role]
		if a == nil || b == nil {
			d := difference{program: program, role: role, name: "thread"}
			if a != nil {
				d.strace = fmt.Sprintf("a thread with %d lines", len(a.Lines))
			} else {
				d.ebtrace = fmt.Sprintf("a thread with %d lines", len(b.Lines))
			}
			all = append(all, d)
			continue
		}
		for _, signals := range []bool{false, true} {
			all = append(all, compareLines(program, role, s.items(a, signals), e.items(b, signals))...)
		}
	}
	return all
}

var role = regexp.MustCompile(`<(thread [0-9.]+|orphan\d+)>`)

// sorted is the calls of all threads in the order of their text.
func (s *side) sorted() []item {
	var all []item
	for _, th := range s.trace.Threads {
		all = append(all, s.items(th, false)...)
	}
	for i := range all {
		all[i].normal = role.ReplaceAllString(all[i].normal, "<thread>")
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].normal < all[j].normal })
	return all
}

func rolesOf(a, b map[string]*tracetext.Thread) []string {
	var roles []string
	for r := range a {
		roles = append(roles, r)
	}
	for r := range b {
		if a[r] == nil {
			roles = append(roles, r)
		}
	}
	sort.Strings(roles)
	return roles
}

func (s *side) items(th *tracetext.Thread, signals bool) []item {
	var items []item
	for i := range th.Lines {
		l := &th.Lines[i]
		if (l.Kind == tracetext.Signal) != signals {
			continue
		}
		name := l.Name
		if l.Kind == tracetext.End || l.Kind == tracetext.Note {
			name = "end"
		}
		items = append(items, item{name, s.trace.Normal(l, s.ids), tracetext.Plain(l), l.No})
	}
	return items
}

// compareLines aligns by equal text first; between two equal lines, lines of
// one call are paired.
func compareLines(program, role string, a, b []item) []difference {
	var all []difference
	pairs := tracetext.Align(len(a), len(b), func(i, j int) bool { return a[i].equals(&b[j]) })
	var ga, gb []item
	flush := func() {
		all = append(all, compareGap(program, role, ga, gb)...)
		ga, gb = nil, nil
	}
	for _, p := range pairs {
		switch {
		case p.B < 0:
			ga = append(ga, a[p.A])
		case p.A < 0:
			gb = append(gb, b[p.B])
		default:
			flush()
		}
	}
	flush()
	return all
}

func compareGap(program, role string, a, b []item) []difference {
	var all []difference
	for _, p := range tracetext.Align(len(a), len(b), func(i, j int) bool { return a[i].name == b[j].name }) {
		d := difference{program: program, role: role}
		if p.A >= 0 {
			d.name, d.strace, d.at = a[p.A].name, a[p.A].normal, fmt.Sprintf("strace:%d", a[p.A].no)
		}
		if p.B >= 0 {
			d.name, d.ebtrace = b[p.B].name, b[p.B].normal
			d.at += fmt.Sprintf(" ebtrace:%d", b[p.B].no)
		}
		all = append(all, d)
	}
	return all
}
