package main

import (
	"fmt"
	"maps"
	"os"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/ebtrace/ebtrace/decode/output"
	"github.com/ebtrace/ebtrace/loader"
)

// findTargets drops the processes of -p that do not exist, with a line for
// each, and fails if none is left to trace.
func (t *trace) findTargets() error {
	asked := len(t.o.pids)
	var last error
	t.o.pids = slices.DeleteFunc(t.o.pids, func(pid int) bool {
		if unix.Kill(pid, 0) != unix.ESRCH {
			return false
		}
		if last != nil {
			say("%v", last)
		}
		last = failf("Can't attach to process %d: No such process", pid)
		return true
	})
	switch {
	case last == nil:
		return nil
	case len(t.o.pids) == 0 && asked > 0 && len(t.o.command) == 0:
		return last
	}
	say("%v", last)
	return nil
}

// othersProcesses says whether one of the targets belongs to another user.
func (t *trace) othersProcesses() bool {
	return slices.ContainsFunc(t.o.pids, func(pid int) bool {
		var st unix.Stat_t
		err := unix.Stat(fmt.Sprintf("/proc/%d", pid), &st)
		return err == nil && int(st.Uid) != os.Geteuid()
	})
}

// tellAttached says what -c, which writes no events, has attached to.
func (t *trace) tellAttached(found []loader.Attached) {
	if !t.o.counts.only || t.o.text.Quiet&output.QuietAttach != 0 {
		return
	}
	threads := map[uint32]int{}
	for _, a := range found {
		threads[a.PID]++
	}
	for _, pid := range slices.Sorted(maps.Keys(threads)) {
		if n := threads[pid]; n > 1 {
			say("Process %d attached with %d threads", pid, n)
		} else {
			say("Process %d attached", pid)
		}
	}
}
