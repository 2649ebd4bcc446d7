package main

import (
	"sync"
	"time"

	"github.com/ebtrace/ebtrace/decode"
	"github.com/ebtrace/ebtrace/decode/table"
	"github.com/ebtrace/ebtrace/enforce"
	"github.com/ebtrace/ebtrace/events"
	"github.com/ebtrace/ebtrace/loader"
)

// verdicts brings what the enforcer decided into the stream of events: calls
// that did not run become events, those that ran get the verdict beside them.
// A verdict is there before its call goes on, so before any event after it.
type verdicts struct {
	rules []enforce.Rule

	fresh bool // drained since the last flush

	mu      sync.Mutex
	client  *enforce.Client
	more    bool
	skipped []*enforce.Verdict            // to be shown, in order of time
	ran     map[uint32][]*enforce.Verdict // by thread: to be joined to calls

	hidden map[uint32][]*enforce.Verdict // spans in which a thread called for the enforcer

	starts map[uint32]uint64 // of threads, by id
	info   decode.Verdict
	record events.Record
}

func newVerdicts(cfg *enforce.Config, c *enforce.Client) *verdicts {
	v := &verdicts{rules: cfg.Rules, client: c, more: true, ran: map[uint32][]*enforce.Verdict{}, hidden: map[uint32][]*enforce.Verdict{}, starts: map[uint32]uint64{}}
	go func() { // so that the enforcer never waits for the output
		for v.drain() {
			c.Wait()
			time.Sleep(verdictPause) // so that not each verdict wakes ebtrace
		}
	}()
	return v
}

// drain takes over what the enforcer has said; false when it says no more.
func (v *verdicts) drain() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.more = v.more && v.client.Drain(v.add)
	return v.more
}

func (v *verdicts) add(d *enforce.Verdict) {
	switch {
	case int(d.Rule) >= len(v.rules):
		v.more = false
	case d.Outcome == enforce.Skipped || d.Outcome == enforce.Killed:
		v.skipped = append(v.skipped, d)
	case d.Outcome == enforce.Hidden:
		v.hidden[d.TID] = append(v.hidden[d.TID], d)
	default:
		v.ran[d.TID] = append(v.ran[d.TID], d)
	}
}

// before takes out the next call that did not run and stopped before time.
func (v *verdicts) before(time uint64) *enforce.Verdict {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.skipped) == 0 || v.skipped[0].Begin > time {
		return nil
	}
	d := v.skipped[0]
	v.skipped = v.skipped[1:]
	return d
}

// of takes out the verdict on a call that ran: the last of its thread that was
// given before the call began. Older ones are of calls that are not shown.
func (v *verdicts) of(tid uint32, nr int32, begin uint64) *enforce.Verdict {
	v.mu.Lock()
	defer v.mu.Unlock()
	all := v.ran[tid]
	n := 0
	for n < len(all) && all[n].Begin <= begin {
		n++
	}
	if n == 0 {
		return nil
	}
	d := all[n-1]
	if n == len(all) {
		delete(v.ran, tid)
	} else {
		v.ran[tid] = all[n:]
	}
	if d.NR != nr {
		return nil
	}
	return d
}

// describe is a verdict as it is shown.
func (v *verdicts) describe(d *enforce.Verdict) *decode.Verdict {
	r := &v.rules[d.Rule]
	v.info = decode.Verdict{Rule: r.Name, Delayed: d.Delayed, Monitor: d.Outcome == enforce.Would}
	switch d.Decision {
	case enforce.Deny:
		v.info.Action = decode.Denied
	case enforce.Return:
		v.info.Action = decode.Returned
	case enforce.Kill:
		v.info.Action = decode.Killed
	default:
		if d.Changed {
			v.info.Action = decode.Changed
		}
	}
	return &v.info
}

// hides says whether a call that began then was the enforcer's doing.
func (v *verdicts) hides(tid uint32, begin uint64) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	for len(v.hidden[tid]) > 0 {
		d := v.hidden[tid][0]
		if begin <= d.End {
			return begin >= d.Begin
		}
		if v.hidden[tid] = v.hidden[tid][1:]; len(v.hidden[tid]) == 0 {
			delete(v.hidden, tid)
		}
	}
	return false
}

// event is a call that did not run as an event.
func (v *verdicts) event(d *enforce.Verdict) (*events.Event, error) {
	if err := events.Parse(d.Record, &v.record); err != nil {
		return nil, err
	}
	v.record.Start = v.starts[d.TID]
	return &events.Event{Kind: events.Whole, TID: d.TID, PID: d.PID, Start: v.record.Start, Time: d.Begin, Rec: &v.record}, nil
}

// emitVerdicts writes the calls that did not run and stopped before until.
func (t *trace) emitVerdicts(until uint64) error {
	if !t.verdicts.fresh {
		t.verdicts.drain()
		t.verdicts.fresh = true
	}
	for d := t.verdicts.before(until); d != nil; d = t.verdicts.before(until) {
		ev, err := t.verdicts.event(d)
		if err != nil {
			return err
		}
		if !t.o.wantsVerdict(table.ABI(ev.Rec.Abi), d.NR) {
			continue
		}
		e, err := t.dec.Decode(ev)
		if err != nil {
			return err
		}
		e.Call.Verdict = t.verdicts.describe(d)
		if err := t.out.Event(e); err != nil {
			return err
		}
	}
	return nil
}

// join brings verdicts to where they belong in the stream, before and in ev.
func (t *trace) join(ev *events.Event, e *decode.Event) {
	v := t.verdicts
	if ev.Kind == events.Exit {
		delete(v.starts, ev.TID)
	} else {
		v.starts[ev.TID] = ev.Start
	}
	if e.Call == nil || ev.Kind == events.Begin {
		return
	}
	if d := v.of(ev.TID, e.Call.NR, e.Call.Begin); d != nil {
		e.Call.Verdict = v.describe(d)
		if d.Delayed && d.Begin < e.Call.Begin {
			e.Call.Begin = d.Begin // the delay is a part of the call, as its thread sees it
		}
	}
}

// flush ends a round of events. Calls that did not run and are older than any
// event that can still come are written first: a tree that makes no other call
// has no events.
func (t *trace) flush() error {
	if t.verdicts != nil {
		t.verdicts.fresh = false
		if now := loader.Now(); now > uint64(settled) {
			if err := t.emitVerdicts(now - uint64(settled)); err != nil {
				return err
			}
		}
		t.verdicts.fresh = false
	}
	return t.out.Flush()
}

// verdictPause is how long verdicts gather; who needs them before drains them.
const verdictPause = 5 * time.Millisecond

// settled is how old a call that did not run must be to be written without an
// event after it; events are held back for less.
const settled = 200 * time.Millisecond
