package main

import (
	"sync"
	"time"

	"github.com/ebtrace/ebtrace/bpf"
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
	rules  []enforce.Rule
	cfg    *enforce.Config
	inside map[callKey]bool // of calls: whether the filter may decide about them

	fresh bool // drained since the last flush

	mu      sync.Mutex
	client  *enforce.Client
	more    bool
	skipped []*enforce.Verdict            // to be shown, in order of time
	ran     map[uint32][]*enforce.Verdict // by thread: to be joined to calls

	hidden map[uint32][]*enforce.Verdict // spans in which a thread called for the enforcer
	poked  map[uint32][]*enforce.Verdict // by thread: of calls whose ends were poked into
	asker  *asker                        // nil: nobody is asked
	over   chan struct{}                 // closed when the enforcer says no more

	empty map[uint32]bool // threads whose next call is what is left of one that did not run

	shown  *table.CallSet    // calls that are to be shown
	starts map[uint32]uint64 // of threads, by id
	info   decode.Verdict
	record events.Record
	asked  *decode.Decoder // of calls as they were asked for
	final  []decode.Value
	args   []decode.Value
}

func newVerdicts(cfg *enforce.Config, c *enforce.Client, o *options, a *asker) *verdicts {
	v := &verdicts{rules: cfg.Rules, cfg: cfg, inside: map[callKey]bool{}, client: c, more: true, ran: map[uint32][]*enforce.Verdict{}, hidden: map[uint32][]*enforce.Verdict{},
		over: make(chan struct{}), empty: map[uint32]bool{},
		starts: map[uint32]uint64{}, poked: map[uint32][]*enforce.Verdict{}, asked: o.newDecoder(), asker: a}
	v.shown, _ = o.sel.halves()
	go func() { // so that the enforcer never waits for the output
		defer close(v.over)
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
	case int(d.Rule) >= len(v.rules) && d.Rule != enforce.Closing:
		v.more = false
	case d.Outcome == enforce.Skipped || d.Outcome == enforce.Killed:
		v.skipped = append(v.skipped, d)
	case d.Outcome == enforce.Hidden:
		v.hidden[d.TID] = append(v.hidden[d.TID], d)
	case d.Outcome == enforce.Poked:
		v.poked[d.TID] = append(bounded(v.poked[d.TID]), d)
	case d.Outcome == enforce.Asks:
		v.asker.ask(d)
	case d.Outcome == enforce.Settled:
		v.asker.settled(d)
	default:
		v.ran[d.TID] = append(bounded(v.ran[d.TID]), d)
	}
}

// mostWaiting bounds the verdicts of a thread that wait for their calls. Those
// of calls that are not recorded, as by -P, wait in vain.
const mostWaiting = 1 << 16

// bounded drops the older half of too many verdicts.
func bounded(all []*enforce.Verdict) []*enforce.Verdict {
	if len(all) < mostWaiting {
		return all
	}
	return append([]*enforce.Verdict(nil), all[mostWaiting/2:]...)
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
// Without take it stays.
func (v *verdicts) of(tid uint32, nr int32, begin uint64, take bool) *enforce.Verdict {
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
	if !take {
		n--
	}
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
	var r enforce.Rule
	if d.Rule == enforce.Closing {
		r.Name = closingName
	} else {
		r = v.rules[d.Rule]
	}
	v.info = decode.Verdict{Rule: r.Name, Delayed: d.Delayed, Monitor: d.Outcome == enforce.Would, Poked: d.Poked != 0,
		Refused: d.Refused, Answer: decode.Answer(d.Answer)}
	v.info.Action = action(&r.Action, d)
	return &v.info
}

// action is what was done, or what monitoring says that would have been.
func action(a *enforce.Action, d *enforce.Verdict) decode.Action {
	would := d.Outcome == enforce.Would
	switch {
	case d.Outcome == enforce.Unchecked:
		return decode.Unchecked
	case would && a.Ask != nil:
		return decode.Asked
	case d.Decision == enforce.Deny:
		return decode.Denied
	case d.Decision == enforce.Return:
		return decode.Returned
	case d.Decision == enforce.Kill:
		return decode.Killed
	case a.Redirect != nil && (would || d.Args != 0):
		return decode.Redirected
	case len(a.Rewrite) > 0 && (would || d.Args != 0):
		return decode.Rewritten
	case d.Poked != 0 || would && len(a.PokeEnter)+len(a.PokeExit) > 0:
		return decode.Changed
	}
	return 0
}

// closingName stands for the rule of a call that a policy closes of itself.
const closingName = "harden"

// swallows says whether a call is what is left of one that did not run: of a
// tree that was attached to, the kernel shows it without its number.
func (v *verdicts) swallows(ev *events.Event) bool {
	was := v.empty[ev.TID]
	if ev.Kind != events.Begin {
		delete(v.empty, ev.TID)
	}
	return was && ev.Rec.Nr == -1
}

// callKey names a call.
type callKey struct {
	abi table.ABI
	nr  int32
}

// filtered is what the filter of a command made of a call without a stop, nil
// if nothing. The filter decides by registers, which the record has too.
func (v *verdicts) filtered(ev *events.Event) *decode.Verdict {
	rec := ev.Rec
	k := callKey{table.ABI(rec.Abi), rec.Nr}
	decides, known := v.inside[k]
	if !known {
		decides = v.cfg.Launch != 0 && v.cfg.Decides(k.abi, k.nr)
		if k.nr >= 0 && k.nr < table.MaxNR { // what else there is, the program chooses
			v.inside[k] = decides
		}
	}
	if !decides || ev.Kind == events.Begin {
		return nil
	}
	args := rec.Call.Args
	if ev.Enter != nil {
		args = ev.Enter.Call.Args
	}
	begun := bpf.TraceEbFlag(rec.Flags)&bpf.TraceEbFlagEB_F_NOENTRY == 0
	rule, decision, ok := v.cfg.Filtered(k.abi, k.nr, &args, begun, rec.Call.Ret)
	if !ok {
		return nil
	}
	return v.describe(&enforce.Verdict{Rule: rule, Decision: decision})
}

// hides says whether call nr that began then was the enforcer's doing.
func (v *verdicts) hides(tid uint32, nr int32, begin uint64) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	for len(v.hidden[tid]) > 0 {
		d := v.hidden[tid][0]
		switch {
		case d.End == 0 && begin < d.Begin:
			return false
		case d.End != 0 && begin <= d.End:
			return begin >= d.Begin
		}
		if v.hidden[tid] = v.hidden[tid][1:]; len(v.hidden[tid]) == 0 {
			delete(v.hidden, tid)
		}
		if d.End == 0 && d.NR == nr { // the one call that ran instead of another
			return true
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
		if d.Outcome == enforce.Skipped && t.cmd == nil {
			t.verdicts.empty[d.TID] = true
		}
		if !t.verdicts.shown.Has(table.ABI(ev.Rec.Abi), d.NR) {
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

// join brings a verdict to its call. d is nil if none was given.
func (t *trace) join(ev *events.Event, e *decode.Event, d *enforce.Verdict) {
	v := t.verdicts
	if ev.Kind == events.Exit {
		delete(v.starts, ev.TID)
		delete(v.poked, ev.TID)
		delete(v.empty, ev.TID)
	} else {
		v.starts[ev.TID] = ev.Start
	}
	if d == nil {
		if e.Call != nil {
			e.Call.Verdict = v.filtered(ev)
		}
		return
	}
	if ev.Kind == events.Begin {
		v.original(d, e.Call)
		return
	}
	e.Call.Verdict = v.describe(d)
	if d.Args != 0 {
		v.original(d, e.Call)
	}
	if d.Delayed && d.Begin < e.Call.Begin {
		e.Call.Begin = d.Begin // the delay is a part of the call, as its thread sees it
	}
}

// verdictOn takes out the verdict on the call that an event ends, nil if there
// is none. What was poked into its memory is then in the record: its thread
// finds that there.
func (v *verdicts) verdictOn(ev *events.Event) *enforce.Verdict {
	if ev.Kind == events.Begin && ev.Rec != nil { // it was asked for with other arguments
		if d := v.of(ev.TID, ev.Rec.Nr, ev.Rec.Call.Begin, false); d != nil && d.Args != 0 {
			return d
		}
	}
	if ev.Kind != events.Whole && ev.Kind != events.End {
		return nil
	}
	d := v.of(ev.TID, ev.Rec.Nr, ev.Rec.Call.Begin, true)
	if d == nil || d.Outcome != enforce.Ran || len(v.rules[d.Rule].Action.PokeExit) == 0 {
		return d
	}
	if p := v.pokedOf(d); p != nil {
		d.Poked |= p.Poked
		for _, poke := range v.rules[d.Rule].Action.PokeExit {
			if p.Poked>>poke.Arg&1 == 1 {
				overwrite(ev.Rec, ev.Rec.Call.Args[poke.Arg], poke.Data)
			}
		}
	}
	return d
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

// pokeWait bounds the wait for what is done at the end of a call, which is
// told within microseconds unless the enforcer is being killed.
const (
	pokeWait  = time.Second
	pokePause = 50 * time.Microsecond
)

// verdictPause is how long verdicts gather; who needs them before drains them.
const verdictPause = 5 * time.Millisecond

// settled is how old a call that did not run must be to be written without an
// event after it; events are held back for less.
const settled = 200 * time.Millisecond
