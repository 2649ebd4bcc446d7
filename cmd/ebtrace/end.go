package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"syscall"

	"github.com/ebtrace/ebtrace/decode/output"
	"github.com/ebtrace/ebtrace/decode/table"
	"github.com/ebtrace/ebtrace/events"
	"github.com/ebtrace/ebtrace/loader"
)

// end finishes the trace after the pump and returns the exit status. pumpErr
// is why the pump ended early, or nil.
func (t *trace) end(pumpErr error) int {
	lost, err := t.finish(pumpErr)
	t.closeAll()
	if err != nil {
		return t.broken(err)
	}
	if lost > 0 && t.o.failOnLoss {
		t.await()
		return t.failed(errLost)
	}
	sig := syscall.Signal(t.interrupted.Load())
	switch {
	case t.child != 0 && t.childGone():
		leaveAs(t.status)
	case sig != 0:
		return exitInterrupted + int(sig)
	}
	return 0
}

var errLost = errors.New("events were lost")

// finish ends the stream of events and writes what is known of the whole. It
// returns how many events were lost.
func (t *trace) finish(pumpErr error) (lost uint64, err error) {
	if pumpErr != nil {
		return 0, pumpErr
	}
	t.giveBack()
	if err := t.sess.Finish(t.seq); err != nil {
		return 0, err
	}
	if t.verdicts != nil {
		t.verdicts.asker.stop()
		if err := t.emitVerdicts(events.Forever); err != nil {
			return 0, err
		}
	}
	if err := t.addCounts(); err != nil {
		return 0, err
	}
	unplaced := t.sess.Lost()
	sum := t.summary(unplaced)
	if err := t.out.Close(sum); err != nil {
		return 0, err
	}
	if unplaced.Threads > 0 {
		say("%d threads were not traced: more than %d at once", unplaced.Threads, loader.DefaultThreads)
	}
	if unplaced.Sockets > 0 {
		say("what happened to %d sockets was not followed: too many were open at once", unplaced.Sockets)
	}
	if unplaced.Skipped > 0 {
		say("up to %d events were lost that the kernel did not show: its programs were interrupted", unplaced.Skipped)
	}
	err = t.sink.Close()
	t.sink = nil
	return sum.Lost + unplaced.Threads + unplaced.Skipped, err
}

// addCounts takes over what the kernel half has counted. Calls that never
// return are left out, as strace does.
func (t *trace) addCounts() error {
	if t.counts == nil {
		return nil
	}
	all, err := t.sess.Counts()
	for _, c := range all {
		abi := table.ABI(c.ABI)
		if row := table.Lookup(abi, c.NR); row != nil && row.Ret == table.KindNone {
			continue
		}
		t.counts.Add(output.Count{
			ABI: abi, NR: c.NR, Name: callName(abi, c.NR),
			Calls: c.Calls, Errors: c.Errors, Total: c.Total, Min: c.Min, Max: c.MaxTime,
		})
	}
	return err
}

// callName is how a call is shown that the kernel half has counted; those
// beyond its table share one row.
func callName(abi table.ABI, nr int32) string {
	switch name := table.Name(abi, nr); {
	case name != "":
		return name
	case nr < 0:
		return "(unknown)"
	}
	return fmt.Sprintf("syscall_0x%x", nr)
}

// summary is what is known of the trace as a whole.
func (t *trace) summary(unplaced loader.Lost) *output.Summary {
	totals := t.seq.Totals()
	s := &output.Summary{
		Received: totals.Received,
		Lost:     totals.Lost + unplaced.Signals + unplaced.Events + unplaced.Requests,
		Begin:    t.began, End: loader.Now(),
		Unreadable: t.unreadable,
	}
	for th, lost := range totals.Threads {
		s.Threads = append(s.Threads, output.LostThread{TID: th.TID, PID: th.PID, Start: th.Start, Lost: lost})
	}
	slices.SortFunc(s.Threads, func(a, b output.LostThread) int {
		return cmp.Or(cmp.Compare(a.TID, b.TID), cmp.Compare(a.Start, b.Start))
	})
	return s
}

// broken ends ebtrace after an error of the trace. The command is not harmed:
// it runs on, and ebtrace waits for it. A reader of the trace that has gone
// away is no failure of a launched command.
func (t *trace) broken(err error) int {
	gone := brokenPipe(err)
	if !gone {
		say("%v", err)
	}
	switch {
	case t.child == 0 && gone:
		dieBy(syscall.SIGPIPE)
	case t.child == 0:
		return exitAttach
	}
	t.await()
	if gone {
		leaveAs(t.status)
	}
	return exitFailed
}

// closeAll closes the session and the place of the trace.
func (t *trace) closeAll() {
	if t.sess != nil {
		_ = t.sess.Close()
		t.sess = nil
	}
	if t.sink != nil {
		_ = t.sink.Close()
		t.sink = nil
	}
}
