package enforce

import (
	"encoding/binary"
	"io"
)

// reply is what the observer may say after the start: an answer to a question,
// with the thread and the begin of the call that it was about, or that the
// tree is to be given back.
type reply struct {
	TID     uint32
	Begin   uint64
	Answer  Answer
	Release bool
}

// listen takes what the observer says, until it is gone: then questions end by
// their timeouts, and the rules go on.
func (tr *tracer) listen(r io.Reader, wake func()) {
	for {
		var a reply
		switch {
		case readJSON(r, &a) != nil:
			return
		case a.Release:
			tr.release.Store(true)
			wake()
		default:
			tr.answers <- a
		}
	}
}

// ask holds t's call until somebody has answered or the time is over. What is
// shown of paths and addresses is what the kernel will get.
func (tr *tracer) ask(t *task) {
	p := t.now
	p.subject.Paths(0)
	p.subject.Paths(1)
	p.subject.Address()
	p.verify = p.subject.opens()
	p.asking = true
	q := p.verdict
	q.Outcome, q.End = Asks, monotonic()
	q.Record = tr.record(t, &q, true)
	tr.send(&q)
	tr.delay(t, p.action.Ask.Timeout, func(tr *tracer, t *task) { tr.settle(t, Silent, t.now.action.Ask.Allow) })
}

// answered takes an answer; one that comes too late is not heard.
func (tr *tracer) answered(r reply) {
	t := tr.tasks[int(r.TID)]
	if t == nil || t.now == nil || !t.now.asking || t.now.verdict.Begin != r.Begin {
		return
	}
	delete(tr.delays, t)
	switch r.Answer {
	case Yes:
		tr.settle(t, Yes, true)
	case No:
		tr.settle(t, No, false)
	default:
		tr.settle(t, Silent, t.now.action.Ask.Allow)
	}
}

// settle goes on with a call that was asked about.
func (tr *tracer) settle(t *task, answer Answer, allow bool) {
	p := t.now
	tr.withdraw(t)
	a := *p.action
	a.Ask, a.Decision = nil, Run
	if allow {
		if p.subject.tried[0] {
			p.subject.expected = p.subject.names[0]
		}
	} else {
		a.Decision = Deny
	}
	p.action, p.verdict.Answer, p.verdict.Decision = &a, answer, a.Decision
	tr.decide(t)
}

// withdraw tells the observer that no answer to t's question is needed any more.
func (tr *tracer) withdraw(t *task) {
	if t.now == nil || !t.now.asking {
		return
	}
	t.now.asking = false
	v := t.now.verdict
	v.Outcome, v.Record = Settled, nil
	tr.send(&v)
}

// known is what was read at addr to be looked at; nil if nothing was. The
// kernel gets these bytes, and what is told of the call must be the same.
func (s *subject) known(addr uint64) []byte {
	for i := range s.texts {
		if s.texts[i] != nil && s.Arg(s.regs[i]) == addr {
			return s.texts[i]
		}
	}
	switch {
	case s.msg != nil && s.Arg(1) == addr:
		return s.msg
	case s.addr == nil:
	case s.msg != nil && binary.LittleEndian.Uint64(s.msg) == addr, s.addrReg >= 0 && s.Arg(s.addrReg) == addr:
		return s.addr
	}
	return nil
}
