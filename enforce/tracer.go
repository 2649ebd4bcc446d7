package enforce

import (
	"errors"
	"io"
	"runtime"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ebtrace/ebtrace/decode/table"
)

// task is a thread that the enforcer traces.
type task struct {
	tid, pid  int
	mem       handle
	proc      handle           // of /proc/TID
	known     bool             // its parent has told of it
	seized    bool             // it ran before the rules
	admitted  bool             // at an attach: it has stopped once
	stop      unix.WaitStatus  // its last event stop
	counts    map[countKey]int // of When: invocations so far
	last      call             // that was judged
	subject   subject          // of it
	pending   pending          // what now points to
	now       *pending         // the call that it is stopped in or that is to stop at its exit
	sent      int              // signals of rules that it has not taken yet
	space     *space
	copied    *copied // of the call that it is in
	copiedABI table.ABI
	rights    uint8 // see gained
}

// countKey is what When counts for: a rule, and a call if it counts per call.
type countKey struct {
	rule int
	call callKey
}

// pending is a call that is decided but not over.
type pending struct {
	rule    int
	action  *Action
	call    call
	verdict Verdict
	step    func(*tracer, *task) // what to do when the delay is over
	due     time.Time            // of the delay; zero: none
	exit    bool                 // stop at the exit
	subject *subject
	asking  bool // somebody is asked whether it may run
	verify  bool // then look at the file that was opened
}

// call is a call as it was asked for.
type call struct {
	abi  table.ABI
	nr   int32
	ip   uint64
	args [6]uint64
}

// tracer is the only ptracer of a tree. One thread runs all of it.
type tracer struct {
	cfg      *Config
	out      io.Writer // verdicts; a failure to write does not end enforcement
	sock     uintptr   // of the same, once it is a socket
	index    [table.NumABI]map[int32][]int
	tasks    map[int]*task
	inspects bool // some rule looks at memory: it is copied where it cannot change
	armed    bool // the command is in place: rules hold
	every    bool // attached: tasks stop at every call
	closing  []closedCall
	self     int
	stops    int
	spaces   map[uint64]*space // by inode
	mem      memory
	plans    *table.PlanSet
	buf      []byte // of send
	record1  []byte // of record: what it returned last
	delays   map[*task]bool
	held     map[*task]bool // stopped before their parents told of them
	waits    waiter
	answers  chan reply

	parked  map[*task]bool // stopped until all are
	parking bool
	gone    map[int]bool // found, but ended before they could be seized
	release atomic.Bool  // the observer wants the tree to be given back
	heard   atomic.Bool
	leaving bool
	leaveBy time.Time
}

func newTracer(cfg *Config, out io.Writer) *tracer {
	tr := &tracer{cfg: cfg, out: out, tasks: map[int]*task{}, self: unix.Getpid(), delays: map[*task]bool{}, held: map[*task]bool{},
		answers: make(chan reply, 16), waits: newWaiter(),
		parked: map[*task]bool{}, gone: map[int]bool{}, spaces: map[uint64]*space{}, plans: table.Plans(table.PlanOptions{FDs: cfg.FDs})}
	tr.every = len(cfg.Targets) > 0
	tr.armed = tr.every
	tr.closing = closedCalls(cfg.Rules)
	tr.inspects = inspects(cfg.Rules) && !cfg.Monitor
	for abi := range tr.index {
		tr.index[abi] = map[int32][]int{}
		for i := range cfg.Rules {
			_ = cfg.Rules[i].Match.compile() // the observer has found it right
			for _, nr := range cfg.Rules[i].Calls[abi] {
				tr.index[abi][nr] = append(tr.index[abi][nr], i)
			}
		}
	}
	return tr
}

// run serves stops until nothing is traced.
func (tr *tracer) run() error {
	go tr.mem.watch()
	go tr.waits.run()
	for {
		switch err := tr.step(false); {
		case errors.Is(err, unix.ECHILD):
			return nil
		case err != nil:
			return err
		}
	}
}

// step serves one stop, or with now none if there is none.
func (tr *tracer) step(now bool) error {
	if tr.release.Load() && !tr.leaving {
		tr.heard.Store(true)
		tr.leave()
	}
	if tr.leaving {
		tr.letGo()
	}
	tid, ws, err := tr.next(now)
	switch {
	case err != nil:
		return err
	case tid == 0:
	case ws.Exited() || ws.Signaled():
		tr.forget(tid)
	case ws.Stopped():
		tr.stopped(tr.task(tid), ws)
		if tr.stops++; tr.stops%collectEvery == 0 {
			runtime.GC()
		}
	}
	return nil
}

// pollDelay is how often stops are looked for while tasks are parked.
const pollDelay = 500 * time.Microsecond

// next returns a stop, or tid 0 after a delay is over or a question answered,
// or with poll.
func (tr *tracer) next(poll bool) (tid int, ws unix.WaitStatus, err error) {
	if len(tr.delays) == 0 && !poll && !tr.leaving {
		return waitAny(false)
	}
	tid, ws, err = waitAny(true)
	if tid != 0 || err != nil {
		return tid, ws, err
	}
	now, first := time.Now(), time.Duration(1<<62)
	if poll || tr.leaving {
		first = pollDelay
	}
	for t := range tr.delays {
		left := t.now.due.Sub(now)
		if left <= 0 {
			delete(tr.delays, t)
			t.now.due = time.Time{}
			t.now.step(tr, t)
			return 0, 0, nil
		}
		first = min(first, left)
	}
	if r, ok := tr.waits.wait(first, tr.answers); ok {
		tr.answered(r)
	}
	return 0, 0, nil
}

// delay calls step on t after d.
func (tr *tracer) delay(t *task, d time.Duration, step func(*tracer, *task)) {
	if d <= 0 || tr.cfg.Monitor || tr.leaving {
		step(tr, t)
		return
	}
	t.now.due, t.now.step = time.Now().Add(d), step
	tr.delays[t] = true
}

func (tr *tracer) task(tid int) *task {
	t := tr.tasks[tid]
	if t == nil {
		t = &task{tid: tid, pid: tgidOf(tid), known: tr.every}
		tr.tasks[tid] = t
	}
	return t
}

func (tr *tracer) forget(tid int) {
	if t := tr.tasks[tid]; t != nil {
		tr.withdraw(t)
		t.mem.close()
		t.proc.close()
		tr.unseal(t, false)
		t.leave(tr)
		delete(tr.delays, t)
		delete(tr.held, t)
		delete(tr.parked, t)
		delete(tr.tasks, tid)
	}
	for child := range tr.held {
		if tr.parentLives(child) {
			continue
		}
		delete(tr.held, child)
		child.known = true
		tr.resume(child, 0)
	}
}

// parentLives says whether somebody may still tell of a held child. A parent
// that is killed in between does not; what its child asks for is then denied
// where memory decides.
func (tr *tracer) parentLives(child *task) bool {
	if child.pid != child.tid {
		for _, t := range tr.tasks {
			if t.pid == child.pid && t != child {
				return true
			}
		}
		return false
	}
	ppid, _ := strconv.Atoi(statusField(child.tid, "PPid"))
	return tr.tasks[ppid] != nil
}

// groupStops are the signals that stop a process.
var groupStops = map[unix.Signal]bool{unix.SIGSTOP: true, unix.SIGTSTP: true, unix.SIGTTIN: true, unix.SIGTTOU: true}

// eventStop is PTRACE_EVENT_STOP.
const eventStop = 128

// stopped handles one stop of t.
func (tr *tracer) stopped(t *task, ws unix.WaitStatus) {
	sig, event := ws.StopSignal(), int(ws)>>16
	if event == eventStop {
		t.stop = ws
	}
	switch {
	case event == eventStop && (tr.parking || tr.leaving):
		tr.parked[t] = true
	case event == eventStop && tr.every && !t.admitted:
		tr.admit(t)
	case event == unix.PTRACE_EVENT_SECCOMP:
		tr.entered(t)
	case event == eventStop && groupStops[sig]:
		_ = ptrace(unix.PTRACE_LISTEN, t.tid, 0, 0) // stays stopped, as its parent sees it
	case event == unix.PTRACE_EVENT_EXEC:
		tr.execed(t)
		if t.now != nil && t.now.call.isExec() {
			t.now = nil // its exit is that of a new program
		}
		tr.resume(t, 0)
	case event == unix.PTRACE_EVENT_FORK, event == unix.PTRACE_EVENT_VFORK, event == unix.PTRACE_EVENT_CLONE:
		tr.forked(t)
		tr.resume(t, 0)
	case event == eventStop && !t.known:
		tr.held[t] = true // until it is known whose memory it has
	case event != 0:
		tr.resume(t, 0)
	case sig == unix.SIGTRAP|0x80:
		tr.halted(t)
	default:
		if t.sent > 0 {
			t.sent--
			_ = kernelMade(t.tid, tr.self)
		}
		if idle(t.tid)>>(sig-1)&1 == 1 {
			var regs registers
			_ = regs.get(t.tid) == nil && tr.smooth(t, &regs)
		}
		tr.resume(t, sig)
	}
}

// halted handles a stop at the entry or the exit of a call.
func (tr *tracer) halted(t *task) {
	var si stopInfo
	switch {
	case !tr.every:
		tr.left(t)
	case si.get(t.tid) != nil:
		tr.resume(t, 0) // killed meanwhile
	case si.Op != opEntry:
		if int64(si.NR) == -int64(unix.EINTR) {
			var regs registers
			_ = regs.get(t.tid) == nil && tr.smooth(t, &regs)
		}
		tr.left(t)
	case tr.leaving:
		tr.resume(t, 0)
	default:
		tr.enter(t, &si)
	}
}

// forked: the child has a copy of the memory, or the same.
func (tr *tracer) forked(t *task) {
	tid, err := eventMessage(t.tid)
	if err != nil {
		return
	}
	child := tr.task(int(tid))
	if child.space == nil && t.space != nil {
		child.share(tr, t.space)
	}
	child.known = true
	if tr.held[child] {
		delete(tr.held, child)
		tr.resume(child, 0)
	}
}

// execed: the task has a new memory, and if another thread than the leader
// called execve, the leader's id.
func (tr *tracer) execed(t *task) {
	if !tr.armed && (t.tid == tr.cfg.Launch || tr.cfg.Launch == 0) {
		tr.armed = true
	}
	t.mem.close()
	t.rights = 0
	old, err := eventMessage(t.tid)
	if err != nil {
		old = uint64(t.tid)
	}
	if was := tr.tasks[int(old)]; was != nil && was != t {
		delete(tr.delays, t)
		t.counts, t.now, t.sent = was.counts, was.now, was.sent
		was.mem.close()
		tr.unseal(was, false)
		was.leave(tr)
		delete(tr.delays, was)
		delete(tr.tasks, int(old))
	}
	tr.unseal(t, false)
	t.leave(tr)
	if tr.verifyExec(t) {
		return
	}
	if tr.armed && tr.inspects {
		t.now = nil
		if err := tr.makeSpace(t, false); err != nil && tr.tasks[t.tid] == t && !errors.Is(err, errNoVDSO) {
			_ = unix.Kill(t.pid, unix.SIGKILL) // no rule could hold
		}
	}
}

// resume lets t go on, with a signal or without, to its next stop.
func (tr *tracer) resume(t *task, sig unix.Signal) {
	request := unix.PTRACE_CONT
	if t.now != nil && t.now.exit || tr.every && !tr.leaving {
		request = unix.PTRACE_SYSCALL
	}
	if tr.leaving || tr.parking { // any stop takes the place of the event stop that was asked for
		_ = ptrace(unix.PTRACE_INTERRUPT, t.tid, 0, 0)
	}
	_ = ptrace(request, t.tid, 0, uintptr(sig)) // it may have been killed meanwhile
}
