package main

import (
	"fmt"
	"os"
	"slices"

	"golang.org/x/sys/unix"
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
