package main

import (
	"time"

	"github.com/ebtrace/ebtrace/bpf"
	"github.com/ebtrace/ebtrace/decode"
	"github.com/ebtrace/ebtrace/enforce"
	"github.com/ebtrace/ebtrace/events"
)

// overwrite puts data where a record has what was read at addr at the end of its call.
func overwrite(r *events.Record, addr uint64, data []byte) {
	off := 0
	for s, ok := r.Next(&off); ok; s, ok = r.Next(&off) {
		if s.Addr == addr && s.Flags&uint8(bpf.TraceEbSecFlagEB_S_EXIT) != 0 {
			copy(s.Data, data)
		}
	}
}

// pokedOf waits for what was done at the end of d's call: its thread is
// stopped there until it is told. nil: it did not come to that.
func (v *verdicts) pokedOf(d *enforce.Verdict) *enforce.Verdict {
	for end := time.Now().Add(pokeWait); ; {
		more := v.drain()
		if p, found := v.takePoked(d); found || !more || time.Now().After(end) {
			return p
		}
		time.Sleep(pokePause)
	}
}

// takePoked takes out what is known of the end of d's call and of older ones.
func (v *verdicts) takePoked(d *enforce.Verdict) (p *enforce.Verdict, found bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for all := v.poked[d.TID]; len(all) > 0 && all[0].Begin <= d.Begin; all = v.poked[d.TID] {
		p, v.poked[d.TID] = all[0], all[1:]
	}
	if p != nil && p.Begin == d.Begin {
		return p, true
	}
	return nil, len(v.poked[d.TID]) > 0
}

// original puts the arguments that were asked for where others ran; those are
// in the verdict then.
func (v *verdicts) original(d *enforce.Verdict, c *decode.Call) {
	if v.asked == nil || c.Row == nil {
		return
	}
	ev, err := v.event(d)
	if err != nil {
		return
	}
	was, err := v.asked.Decode(ev)
	if err != nil || was.Call.Row == nil || was.Call.Row.Name != c.Row.Name {
		return
	}
	v.final = append(v.final[:0], c.Args...)
	v.args = v.args[:0]
	arg, old, entry := c.Args, was.Call.Args, 0
	for i := 0; len(arg) > 0 && len(old) > 0; i++ {
		if len(c.Args)-len(arg) < c.EntryArgs {
			entry = -1 // this one belongs to the beginning
		}
		n, m := int(max(arg[0].Span, 1)), int(max(old[0].Span, 1))
		if r := c.Row.Args[min(i, len(c.Row.Args)-1)].Reg[c.ABI]; r >= 0 && d.Args>>r&1 == 1 {
			v.args = append(v.args, old[:m]...)
		} else {
			v.args = append(v.args, arg[:n]...)
		}
		arg, old = arg[n:], old[m:]
		if entry < 0 {
			entry = len(v.args)
		}
	}
	v.args = append(v.args, old...) // of open: a mode, if only the flags that were asked for have one
	c.Args, c.EntryArgs, v.info.Final = v.args, entry, v.final
}
