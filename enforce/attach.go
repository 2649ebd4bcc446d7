package enforce

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Thread is a thread as the observer has found it.
type Thread struct {
	TID   int
	Start uint64 // ns since boot: ids are used again
}

// parkLimit is how long threads are waited for that do not stop because they
// wait in the kernel for something that no signal ends, as the parent of a
// vfork does. Those are dealt with when they come out.
const parkLimit = 500 * time.Millisecond

// attach makes a running tree stop at every call. What fails before the end
// leaves it as it was: what is seized and not killed with its tracer goes on
// when the enforcer ends.
func (tr *tracer) attach() error {
	if err := tr.seizeAll(); err != nil {
		return err
	}
	tr.parking = true
	tr.interrupt()
	for by := time.Now().Add(parkLimit); len(tr.parked) < len(tr.tasks) && time.Now().Before(by); {
		if err := tr.step(true); err != nil {
			return fmt.Errorf("wait4: %w", err)
		}
	}
	tr.parking = false
	if len(tr.tasks) == 0 {
		return errors.New("it has ended")
	}
	for t := range tr.parked {
		if err := tr.attachable(t); err != nil {
			return err
		}
	}
	if tr.inspects {
		for t := range tr.parked {
			if err := tr.attachSpace(t); err != nil {
				return fmt.Errorf("process %d: %w", t.pid, err)
			}
		}
	}
	for t := range tr.parked {
		delete(tr.parked, t)
		tr.admit(t)
	}
	return nil
}

// seizeAll seizes the targets, with cfg.Descend all that is below them too,
// until nothing new is found. What they fork meanwhile comes by itself.
func (tr *tracer) seizeAll() error {
	for _, g := range tr.cfg.Targets {
		if err := tr.seizeTarget(g); err != nil {
			return err
		}
	}
	for more := true; more; {
		more = false
		for tid := range tr.below() {
			switch err := tr.seizeTarget(Thread{TID: tid}); {
			case err != nil:
				return err
			case tr.tasks[tid] != nil:
				more = true
			}
		}
	}
	return nil
}

// below finds the threads, and with cfg.Descend the children, of all tasks
// that are not tasks themselves.
func (tr *tracer) below() map[int]bool {
	found := map[int]bool{}
	for _, t := range tr.tasks {
		dir := "/proc/" + strconv.Itoa(t.pid) + "/task/"
		entries, _ := os.ReadDir(dir)
		for _, e := range entries {
			ids := []string{e.Name()}
			if tr.cfg.Descend {
				b, _ := os.ReadFile(dir + e.Name() + "/children")
				ids = append(ids, strings.Fields(string(b))...)
			}
			for _, id := range ids {
				if tid, err := strconv.Atoi(id); err == nil && tr.tasks[tid] == nil && !tr.gone[tid] {
					found[tid] = true
				}
			}
		}
	}
	return found
}

// seizeTarget seizes one thread, or finds that it has ended or is a task already.
func (tr *tracer) seizeTarget(g Thread) error {
	if tr.tasks[g.TID] != nil {
		return nil
	}
	err := seize(g.TID, traceOptions)
	if err == nil && g.Start != 0 && startOf(g.TID) != g.Start/nsPerTick {
		_ = ptrace(unix.PTRACE_INTERRUPT, g.TID, 0, 0)
		return fmt.Errorf("thread %d is not the one that was found: its number was used again", g.TID)
	}
	by, _ := strconv.Atoi(statusField(g.TID, "TracerPid"))
	switch {
	case err == nil:
		tr.task(g.TID).seized = true
	case by == tr.self: // forked by a task
	case errors.Is(err, unix.ESRCH) || errors.Is(err, unix.EPERM) && dead(g.TID):
		tr.gone[g.TID] = true
	case by != 0:
		return fmt.Errorf("thread %d is traced by process %d already", g.TID, by)
	default:
		return fmt.Errorf("ptrace(PTRACE_SEIZE, %d): %w", g.TID, err)
	}
	return nil
}

// nsPerTick is the unit of times in /proc/PID/stat: USER_HZ is 100.
const nsPerTick = 10_000_000

// startOf is the start of a thread in ticks since boot, 0 if it is gone.
func startOf(tid int) uint64 {
	b, _ := os.ReadFile("/proc/" + strconv.Itoa(tid) + "/stat")
	fields := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
	const start = 22 - 3 // starttime is field 22, the first here is 3 (proc(5))
	if len(fields) <= start {
		return 0
	}
	n, _ := strconv.ParseUint(fields[start], 10, 64)
	return n
}

// dead says whether a thread has ended, waited for or not.
func dead(tid int) bool {
	s := statusField(tid, "State")
	return s == "" || s[0] == 'Z' || s[0] == 'X'
}

func (tr *tracer) interrupt() {
	for tid := range tr.tasks {
		_ = ptrace(unix.PTRACE_INTERRUPT, tid, 0, 0)
	}
}

// attachable says what keeps rules from holding for a thread that runs already.
func (tr *tracer) attachable(t *task) error {
	var regs registers
	if !tr.cfg.Harden || regs.get(t.tid) != nil {
		return nil
	}
	if !regs.native() {
		return fmt.Errorf("process %d is a 32-bit program: the policy closes its calls (harden: false allows them)", t.pid)
	}
	if t.tid != t.pid {
		return nil
	}
	dir := "/proc/" + strconv.Itoa(t.pid) + "/fd/"
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if name, _ := os.Readlink(dir + e.Name()); name == "anon_inode:[io_uring]" {
			return fmt.Errorf("process %d has an io_uring: its requests are no calls, no rule sees them (harden: false leaves it)", t.pid)
		}
	}
	return nil
}

// attachSpace makes the space of t's memory, if another task has not yet.
func (tr *tracer) attachSpace(t *task) error {
	if t.space != nil || tr.findSpace(t) {
		return nil
	}
	err := tr.makeSpace(t, true)
	if errors.Is(err, errNoVDSO) {
		return nil // what its rules look at is denied
	}
	return err
}

// admit lets a task go on under the rules, the first time that it stops. The
// call that it is in has begun without them; if the kernel makes it again,
// it stops for that.
func (tr *tracer) admit(t *task) {
	t.admitted = true
	if tr.cfg.Kill {
		_ = ptrace(unix.PTRACE_SETOPTIONS, t.tid, 0, traceOptions|unix.PTRACE_O_EXITKILL)
	}
	if t.seized {
		tr.inProgress(t)
	}
	tr.goOn(t)
}

// inProgress tells of the call that t is in and that goes on unchecked.
func (tr *tracer) inProgress(t *task) {
	var regs registers
	var si stopInfo
	if regs.get(t.tid) != nil || si.get(t.tid) != nil {
		return
	}
	nr := regs.inCall(t.tid)
	abi := abiOf(si.Arch, uint64(nr))
	if nr < 0 || int(abi) >= len(tr.index) || restarts(regs.result()) || tr.smooth(t, &regs) {
		return
	}
	if rules := tr.index[abi][nr]; len(rules) > 0 {
		v := Verdict{Outcome: Unchecked, Rule: uint16(rules[0]), End: monotonic(), TID: uint32(t.tid), PID: uint32(t.pid), NR: nr}
		tr.send(&v)
	}
}

// notRestarted are calls that end with EINTR when they are interrupted even if
// no signal is taken (signal(7)): a tracer would be noticed.
var notRestarted = numbers("epoll_wait", "epoll_pwait", "epoll_pwait2", "semop", "semtimedop", "rt_sigtimedwait", "io_getevents", "io_pgetevents")

// smooth lets t make such a call again that was interrupted for the tracer
// only, and says whether it does.
func (tr *tracer) smooth(t *task, regs *registers) bool {
	if regs.result() != -int64(unix.EINTR) || !regs.native() || !notRestarted[regs.inCall(t.tid)] || pendingSignal(t.tid) {
		return false
	}
	regs.again()
	return regs.set(t.tid) == nil
}

// signals is a set of signals of /proc/TID/status.
func signals(tid int, name string) uint64 {
	n, _ := strconv.ParseUint(statusField(tid, name), 16, 64)
	return n
}

// idle are the signals that do nothing: the kernel drops them when they are
// sent, but not to a task that is traced, which they wake.
func idle(tid int) uint64 {
	const byDefault = 1<<(unix.SIGCHLD-1) | 1<<(unix.SIGURG-1) | 1<<(unix.SIGWINCH-1) | 1<<(unix.SIGCONT-1)
	return signals(tid, "SigIgn") | byDefault&^signals(tid, "SigCgt")
}

// pendingSignal says whether t has a signal to take that does something.
func pendingSignal(tid int) bool {
	return (signals(tid, "SigPnd")|signals(tid, "ShdPnd"))&^signals(tid, "SigBlk")&^idle(tid) != 0
}

// goOn lets t go on from an event stop: to stay stopped if its process is.
func (tr *tracer) goOn(t *task) {
	if groupStops[t.stop.StopSignal()] {
		_ = ptrace(unix.PTRACE_LISTEN, t.tid, 0, 0)
		return
	}
	tr.resume(t, 0)
}
