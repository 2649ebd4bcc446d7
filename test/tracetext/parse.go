// Package tracetext reads the text that strace and ebtrace write with
// `-f -o FILE`: lines that begin with a thread id. It joins the two halves of
// calls that others interrupted, sorts the lines by thread, names the threads
// by who made them, and brings lines to a form in which two runs of one
// program can be compared.
package tracetext

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Kind is what a line tells.
type Kind int

// Kinds of lines.
const (
	Call   Kind = iota + 1
	Signal      // --- SIGCHLD {...} ---
	End         // +++ exited with 0 +++
	Note        // anything else that the tracer says about the thread
)

// Line is one call, signal or end of a thread.
type Line struct {
	TID    int
	Kind   Kind
	Name   string // of the call or signal
	Args   string // of a call: between the parentheses
	Result string // of a call: after "= "; empty if it was never seen
	Text   string // whole, without thread id and padding, halves joined
	Halves bool   // it was written in two halves
	No     int    // line number of its beginning, from 1
}

// Thread is the lines of one thread in their order.
type Thread struct {
	TID   int
	Role  string // "0" for the first, "0.2" for the second that it made
	Lines []Line
}

// Trace is a whole file.
type Trace struct {
	Threads []*Thread // in the order of their first line
	Roles   map[int]string
}

// ByRole is the threads by their role.
func (t *Trace) ByRole() map[string]*Thread {
	m := make(map[string]*Thread, len(t.Threads))
	for _, th := range t.Threads {
		m[th.Role] = th
	}
	return m
}

// Calls returns the text of every call of all threads, in file order of
// threads.
func (t *Trace) Calls() []string {
	var all []string
	for _, th := range t.Threads {
		for _, l := range th.Lines {
			if l.Kind == Call {
				all = append(all, l.Text)
			}
		}
	}
	return all
}

type parser struct {
	trace *Trace
	byTID map[int]*Thread
	open  map[int]int // thread -> index of its unfinished line
	moved map[int]int // leader -> thread whose execve replaced it
}

// Parse reads a trace. It fails on a line that is no line of a trace.
func Parse(r io.Reader) (*Trace, error) {
	p := &parser{
		trace: &Trace{Roles: map[int]string{}}, byTID: map[int]*Thread{},
		open: map[int]int{}, moved: map[int]int{},
	}
	s := bufio.NewScanner(r)
	s.Buffer(nil, 64<<20)
	for no := 1; s.Scan(); no++ {
		if err := p.line(s.Text(), no); err != nil {
			return nil, fmt.Errorf("line %d: %w: %.200q", no, err, s.Text())
		}
	}
	p.nameThreads()
	return p.trace, s.Err()
}

func (p *parser) thread(tid int) *Thread {
	th := p.byTID[tid]
	if th == nil {
		th = &Thread{TID: tid}
		p.byTID[tid] = th
		p.trace.Threads = append(p.trace.Threads, th)
	}
	return th
}

const unfinished = " <unfinished ...>"

func (p *parser) line(text string, no int) error {
	head, rest, ok := strings.Cut(text, " ")
	tid, err := strconv.Atoi(head)
	if !ok || err != nil {
		return fmt.Errorf("no thread id")
	}
	rest = strings.TrimLeft(rest, " ")
	th := p.thread(tid)
	l := Line{TID: tid, Text: rest, No: no}
	switch {
	case strings.HasPrefix(rest, "--- "):
		l.Kind, l.Name = Signal, firstWord(rest[4:])
	case strings.HasPrefix(rest, "+++ "):
		l.Kind = End
		if who, ok := strings.CutPrefix(rest, "+++ superseded by execve in pid "); ok {
			p.moved[tid], _ = strconv.Atoi(strings.TrimSuffix(who, " +++"))
			delete(p.open, tid) // the leader's own call never ends
		}
	case strings.HasPrefix(rest, "<... "):
		return p.resume(th, rest)
	case strings.HasSuffix(rest, unfinished):
		l.Kind, l.Halves = Call, true
		l.Text = strings.TrimSuffix(rest, unfinished)
		l.Name, l.Args, _ = strings.Cut(l.Text, "(")
		p.open[tid] = len(th.Lines)
	default:
		if !l.splitCall() {
			l.Kind = Note
		}
	}
	th.Lines = append(th.Lines, l)
	return nil
}

// resume joins the second half of a call to its first.
func (p *parser) resume(th *Thread, rest string) error {
	i, ok := p.open[th.TID]
	from := th
	if !ok { // the leader resumes the execve of another thread
		from = p.byTID[p.moved[th.TID]]
		if from == nil {
			return fmt.Errorf("resumed, but was not unfinished")
		}
		if i, ok = p.open[from.TID]; !ok {
			return fmt.Errorf("resumed, but was not unfinished")
		}
	}
	delete(p.open, from.TID)
	_, tail, ok := strings.Cut(rest, " resumed>")
	if !ok {
		return fmt.Errorf("neither a call nor resumed")
	}
	l := &from.Lines[i]
	l.Text += tail
	if !l.splitCall() {
		return fmt.Errorf("joined, it is no call: %.200q", l.Text)
	}
	return nil
}

// splitCall sets the parts of a call from its text.
func (l *Line) splitCall() bool {
	open := strings.IndexByte(l.Text, '(')
	if open < 0 {
		return false
	}
	end := closing(l.Text, open)
	if end < 0 {
		return false
	}
	tail := strings.TrimLeft(l.Text[end+1:], " ")
	args := strings.TrimSuffix(l.Text[open+1:end], unfinished) // the thread ended inside the call
	result, ok := strings.CutPrefix(tail, "= ")
	if !ok {
		return false
	}
	l.Kind, l.Name, l.Args, l.Result = Call, l.Text[:open], args, result
	l.Text = l.Name + "(" + l.Args + ") = " + result
	return true
}

// closing is the index of the parenthesis that closes the one at open, or -1.
// Quoted strings are skipped.
func closing(s string, open int) int {
	depth := 0
	for i := open; i < len(s); i++ {
		switch s[i] {
		case '"':
			for i++; i < len(s) && s[i] != '"'; i++ {
				if s[i] == '\\' {
					i++
				}
			}
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

func firstWord(s string) string {
	w, _, _ := strings.Cut(s, " ")
	return w
}

// makes tells whether a call makes a task whose id is its result.
func makes(name string) bool {
	switch name {
	case "fork", "vfork", "clone", "clone3":
		return true
	}
	return false
}

// nameThreads gives each thread its role: the role of its maker and a count.
func (p *parser) nameThreads() {
	if len(p.trace.Threads) == 0 {
		return
	}
	queue := []*Thread{p.trace.Threads[0]}
	queue[0].Role = "0"
	for len(queue) > 0 {
		th := queue[0]
		queue = queue[1:]
		p.trace.Roles[th.TID] = th.Role
		n := 0
		for _, l := range th.Lines {
			if l.Kind != Call || !makes(l.Name) {
				continue
			}
			pid, err := strconv.Atoi(firstWord(l.Result))
			if err != nil || pid <= 0 {
				continue
			}
			n++
			if child := p.byTID[pid]; child != nil && child.Role == "" {
				child.Role = th.Role + "." + strconv.Itoa(n)
				queue = append(queue, child)
			}
		}
	}
	for i, th := range p.trace.Threads {
		if th.Role == "" {
			th.Role = fmt.Sprintf("orphan%d", i)
			p.trace.Roles[th.TID] = th.Role
		}
	}
}
