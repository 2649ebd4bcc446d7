package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"strings"
	"sync"

	"github.com/ebtrace/ebtrace/decode"
	"github.com/ebtrace/ebtrace/decode/output"
	"github.com/ebtrace/ebtrace/enforce"
	"github.com/ebtrace/ebtrace/events"
)

// asker has somebody answer the questions of rules with 'ask'. A nil one has
// nobody.
type asker struct {
	who    answerer
	rules  []enforce.Rule
	o      *options
	dec    *decode.Decoder
	client *enforce.Client
	slots  chan struct{} // one for each question that may be open at once

	asking sync.WaitGroup
	mu     sync.Mutex
	open   map[question]context.CancelFunc
}

// question names a call that is asked about.
type question struct {
	tid   uint32
	begin uint64
}

// asked is what an answerer is told.
type asked struct {
	tid  uint32
	rule string
	text string // the call as a line of text
	json []byte // the same as a line of JSON, without its newline
}

// answerer gets an answer from somebody. It returns soon after ctx is done.
type answerer interface {
	answer(ctx context.Context, q *asked) enforce.Answer
}

// newAsker returns who answers for the rules, nil if none asks. That the
// command shares the terminal, so that it could answer itself, is an error.
func (o *options) newAsker(rules []enforce.Rule, launch bool) (*asker, error) {
	rule := ""
	for i := range rules {
		if rules[i].Action.Ask != nil {
			rule = rules[i].Name
		}
	}
	if rule == "" || o.policy != nil && o.policy.Monitor {
		return nil, nil
	}
	a := &asker{rules: rules, o: o, dec: o.newDecoder(), open: map[question]context.CancelFunc{}, slots: make(chan struct{}, 1)}
	var err error
	switch to, isSocket := strings.CutPrefix(o.ask, "unix:"); {
	case isSocket:
		a.who, a.slots = &askSocket{to}, make(chan struct{}, askAtOnce)
	case (o.ask == "" || o.ask == "tty") && launch:
		err = failf("Rule '%s' asks, and the command has ebtrace's own terminal, where it could answer itself: say with --ask who answers", rule)
	case o.ask == "" || o.ask == "tty":
		a.who, err = openTerminal("/dev/tty")
	case isTerminal(o.ask):
		a.who, err = openTerminal(o.ask)
	default:
		a.who, a.slots = &askProgram{o.ask}, make(chan struct{}, askAtOnce)
	}
	return a, err
}

// askAtOnce bounds how many are asked at the same time by a program or socket.
const askAtOnce = 8

// listens says to whom the answers go.
func (a *asker) listens(c *enforce.Client) {
	if a != nil {
		a.client = c
	}
}

// ask begins to get an answer to q.
func (a *asker) ask(q *enforce.Verdict) {
	if a == nil || a.client == nil {
		return // its timeout counts
	}
	told, err := a.tell(q)
	if err != nil {
		_ = a.client.Reply(q, enforce.Silent)
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	key := question{q.TID, q.Begin}
	a.mu.Lock()
	a.open[key] = cancel
	a.mu.Unlock()
	a.asking.Go(func() {
		select {
		case a.slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		defer func() { <-a.slots }()
		if answer := a.who.answer(ctx, told); ctx.Err() == nil {
			_ = a.client.Reply(q, answer) // the enforcer may be gone
		}
	})
}

// stop ends all questions and waits until nobody is asked any more.
func (a *asker) stop() {
	if a == nil {
		return
	}
	a.mu.Lock()
	for key, cancel := range a.open {
		cancel()
		delete(a.open, key)
	}
	a.mu.Unlock()
	a.asking.Wait()
}

// settled ends a question.
func (a *asker) settled(q *enforce.Verdict) {
	if a == nil {
		return
	}
	key := question{q.TID, q.Begin}
	a.mu.Lock()
	defer a.mu.Unlock()
	if cancel := a.open[key]; cancel != nil {
		cancel()
		delete(a.open, key)
	}
}

// tell writes the call that q is about as a trace would.
func (a *asker) tell(q *enforce.Verdict) (*asked, error) {
	var rec events.Record
	if err := events.Parse(q.Record, &rec); err != nil {
		return nil, err
	}
	ev := &events.Event{Kind: events.Whole, TID: q.TID, PID: q.PID, Time: q.Begin, Rec: &rec}
	rule := &a.rules[q.Rule]
	var text, line bytes.Buffer
	for _, to := range []struct {
		w   io.Writer
		new func(io.Writer) output.Writer
	}{
		{&text, func(w io.Writer) output.Writer { return output.NewText(w, output.Options{StrSize: a.o.text.StrSize}) }},
		{&line, func(w io.Writer) output.Writer {
			return output.NewJSON(w, output.Options{StrSize: a.o.text.StrSize}, output.Header{})
		}},
	} {
		e, err := a.dec.Decode(ev)
		if err != nil {
			return nil, err
		}
		e.Call.Verdict = &decode.Verdict{Rule: rule.Name, Action: decode.Asked}
		out := to.new(to.w)
		if err := out.Event(e); err != nil {
			return nil, err
		}
		if err := out.Flush(); err != nil {
			return nil, err
		}
	}
	call := text.String()
	if i := strings.LastIndex(call, "= ?"); i >= 0 {
		call = strings.TrimRight(call[:i], " ")
	}
	lines := bytes.Split(bytes.TrimSpace(line.Bytes()), []byte("\n"))
	return &asked{tid: q.TID, rule: rule.Name, text: strings.ReplaceAll(call, "\n", " "), json: lines[len(lines)-1]}, nil
}

// isTerminal says whether path is a character device.
func isTerminal(path string) bool {
	fi, err := os.Stat(path)
	return err == nil && fi.Mode()&os.ModeCharDevice != 0
}
