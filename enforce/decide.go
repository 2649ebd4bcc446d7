package enforce

import (
	"os"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/ebtrace/ebtrace/decode/table"
)

// entered handles a call that the filter has stopped.
func (tr *tracer) entered(t *task) {
	var si stopInfo
	if err := si.get(t.tid); err != nil || si.Op != opSeccomp {
		tr.deny(t) // killed meanwhile, or a stop that is not understood
		return
	}
	tr.enter(t, &si)
}

// enter handles a call that is stopped at its entry.
func (tr *tracer) enter(t *task, si *stopInfo) {
	c := call{abi: abiOf(si.Arch, si.NR), nr: int32(si.NR), ip: si.IP, args: si.Args}
	if !tr.armed {
		tr.resume(t, 0)
		return
	}
	t.now = nil
	errno := uint32(0)
	if tr.every && !tr.cfg.Monitor {
		errno = tr.closed(&c)
	}
	switch {
	case errno != 0:
		tr.close(t, &c, errno)
	case !tr.cfg.Monitor && t.space != nil && t.space.guarded(&c):
		tr.close(t, &c, uint32(unix.EPERM))
	case !tr.every && tr.foreign(&c):
		_ = skipCall(t.tid, -enosys)
		tr.resume(t, 0)
	case int(c.abi) >= table.NumABI || tr.every && len(tr.index[c.abi][c.nr]) == 0:
		tr.resume(t, 0)
	default:
		tr.judge(t, &c)
	}
}

// foreign says whether a filter of the program's own has stopped a call. It
// expects ENOSYS if nobody traces it (seccomp(2), SECCOMP_RET_TRACE).
func (tr *tracer) foreign(c *call) bool {
	if int(c.abi) < table.NumABI && len(tr.index[c.abi][c.nr]) > 0 {
		return false
	}
	prctl, _ := table.Number(nativeABI, "prctl")
	return tr.cfg.SpaceAt == 0 || c.abi != nativeABI || len(guards[c.nr]) == 0 && c.nr != prctl
}

// close lets a call fail that no rule names but that is closed.
func (tr *tracer) close(t *task, c *call, errno uint32) {
	now := monotonic()
	t.now = &pending{action: &Action{}, call: *c, verdict: Verdict{Outcome: Skipped, Decision: Deny, Rule: Closing, Begin: now,
		TID: uint32(t.tid), PID: uint32(t.pid), NR: c.nr, Result: -int64(errno)}}
	_ = skipCall(t.tid, -int64(errno))
	tr.tell(t, true)
	t.now = nil
	tr.resume(t, 0)
}

// noAction is that of calls that no rule is about.
var noAction Action

// judge finds the rule for a call and begins to carry it out.
func (tr *tracer) judge(t *task, c *call) {
	s := &t.subject
	t.last = *c
	*s = subject{tr: tr, t: t, c: &t.last, row: table.Lookup(c.abi, c.nr)}
	i := tr.match(t, c, s)
	if i < 0 {
		t.now = nil
		if !tr.cfg.Monitor {
			t.pending = pending{action: &noAction, call: *c, subject: s, verify: s.opens()}
			t.now = &t.pending
			tr.run1(t)
			return
		}
		tr.resume(t, 0)
		return
	}
	r := &tr.cfg.Rules[i]
	t.pending = pending{rule: i, action: &r.Action, call: *c, subject: s, verify: s.opens()}
	t.now = &t.pending
	t.now.verdict = Verdict{Decision: r.Action.Decision, Rule: uint16(i), Begin: monotonic(), TID: uint32(t.tid), PID: uint32(t.pid), NR: c.nr}
	tr.delay(t, r.Action.DelayEnter, (*tracer).decide)
}

// deny lets the call fail that cannot be looked at.
func (tr *tracer) deny(t *task) {
	_ = skipCall(t.tid, -int64(unix.EPERM))
	tr.resume(t, 0)
}

// match returns the rule for a call, -1 if there is none. It counts.
func (tr *tracer) match(t *task, c *call, s Subject) int {
	if int(c.abi) >= table.NumABI {
		return -1
	}
	for _, i := range tr.index[c.abi][c.nr] {
		r := &tr.cfg.Rules[i]
		if !r.matches(s) {
			continue
		}
		if tr.counted(t, i, r, c) {
			return i
		}
		if r.PerCall {
			return -1 // strace: the last expression that names a call is the only one
		}
	}
	return -1
}

// counted counts an invocation and says whether the rule's When chooses it.
func (tr *tracer) counted(t *task, i int, r *Rule, c *call) bool {
	if r.When.Always() {
		return true
	}
	k := countKey{rule: i}
	if r.PerCall {
		k.call = callKey{c.abi, c.nr}
	}
	if t.counts == nil {
		t.counts = map[countKey]int{}
	}
	t.counts[k]++
	return r.When.Has(t.counts[k])
}

// decide carries out the action on a call that is still stopped at its entry.
func (tr *tracer) decide(t *task) {
	p := t.now
	a, v := p.action, &p.verdict
	v.Delayed = a.DelayEnter > 0 || a.DelayExit > 0
	if tr.cfg.Monitor {
		v.Outcome = Would
		tr.tell(t, false)
		t.now = nil
		tr.resume(t, 0)
		return
	}
	if a.Ask != nil && v.Answer == Unasked {
		tr.ask(t)
		return
	}
	if !a.Privileged && a.fakes() && t.gained() {
		v.Refused = true
		tr.refuse(t, unix.EPERM)
		return
	}
	v.Poked = tr.poke(t, a.PokeEnter)
	p.subject.poked(a.PokeEnter, v.Poked)
	if a.Signal != 0 {
		t.sent++
		_ = unix.Tgkill(t.pid, t.tid, unix.Signal(a.Signal))
	}
	switch a.Decision {
	case Deny:
		tr.skip(t, -int64(a.Errno))
	case Return:
		tr.skip(t, a.Value)
	case Kill:
		v.Outcome = Killed
		_ = skipCall(t.tid, -int64(unix.EPERM))
		tr.tell(t, true)
		_ = unix.Kill(t.pid, unix.SIGKILL)
		t.now = nil
	default:
		tr.change(t)
	}
}

// change lets the call run, with what the action changes of it.
func (tr *tracer) change(t *task) {
	p := t.now
	a, v := p.action, &p.verdict
	v.Outcome = Ran
	if !a.Changes() {
		tr.tell(t, false)
		tr.run1(t)
		return
	}
	if e := p.subject.fits(a); e != 0 {
		tr.refuse(t, e)
		return
	}
	if tr.shown(&p.call) {
		v.Record = tr.record(t, v, true) // before it is changed
	}
	v.Args = p.subject.change(a)
	tr.tell(t, false)
	tr.run1(t)
}

// refuse denies a call that cannot get what its rule has for it.
func (tr *tracer) refuse(t *task, e unix.Errno) {
	t.now.action = &Action{Decision: Deny, Errno: int(e)}
	t.now.verdict.Decision = Deny
	tr.skip(t, -int64(e))
}

// run1 lets the kernel run t's call, with copies of what was looked at.
func (tr *tracer) run1(t *task) {
	p := t.now
	if p.subject.failed { // what cannot be read now might be there in a moment
		_ = skipCall(t.tid, -int64(unix.EFAULT))
		t.now = nil
		tr.resume(t, 0)
		return
	}
	c, err := tr.seal(t, p.subject)
	t.copied, t.copiedABI = c, p.call.abi
	if err != nil {
		tr.unseal(t, true)
		_ = skipCall(t.tid, -int64(unix.EPERM))
		t.now = nil
		tr.resume(t, 0)
		return
	}
	p.exit = p.action.needsExit() || p.verify || c != nil
	tr.resume(t, 0)
	if !p.exit {
		t.now = nil
	}
}

// hide tells the observer that the calls of t since begin are not its own.
func (tr *tracer) hide(t *task, begin uint64) {
	v := Verdict{Outcome: Hidden, Begin: begin, End: monotonic(), TID: uint32(t.tid), PID: uint32(t.pid)}
	tr.send(&v)
}

// skip answers a call in the kernel's place.
func (tr *tracer) skip(t *task, ret int64) {
	p := t.now
	v := &p.verdict
	v.Outcome, v.Result = Skipped, ret
	v.Poked |= tr.poke(t, p.action.PokeExit)
	if nr, ok := table.Number(p.call.abi, p.action.Instead); ok && p.action.Instead != "" && setCall(t.tid, nr) == nil {
		tr.tell(t, true)
		tr.hideNext(t, nr)
		p.exit = true // there it gets its result
		tr.resume(t, 0)
		return
	}
	_ = skipCall(t.tid, ret)
	tr.delay(t, p.action.DelayExit, func(tr *tracer, t *task) {
		tr.tell(t, true)
		t.now = nil
		tr.resume(t, 0)
	})
}

// hideNext tells the observer that t calls nr next, and that nobody asked for it.
func (tr *tracer) hideNext(t *task, nr int32) {
	v := Verdict{Outcome: Hidden, Begin: t.now.verdict.Begin, TID: uint32(t.tid), PID: uint32(t.pid), NR: nr}
	tr.send(&v)
}

// left handles the exit of a call that was to stop there.
func (tr *tracer) left(t *task) {
	p := t.now
	if p == nil || !p.exit {
		tr.resume(t, 0)
		return
	}
	p.exit = false
	tr.unseal(t, true)
	if p.verify && tr.escaped(t) {
		return
	}
	switch {
	case p.verdict.Outcome == Skipped: // another call ran instead
		_ = setResult(t.tid, p.verdict.Result)
	case len(p.action.PokeExit) > 0:
		v := p.verdict
		v.Outcome, v.End, v.Record = Poked, monotonic(), nil
		if v.Poked = tr.poke(t, p.action.PokeExit); tr.shown(&p.call) {
			tr.send(&v)
		}
	}
	tr.delay(t, p.action.DelayExit, func(tr *tracer, t *task) {
		t.now = nil
		tr.resume(t, 0)
	})
}

// poke overwrites memory of the task and returns a bit for each argument where it did.
func (tr *tracer) poke(t *task, pokes []Poke) (done uint8) {
	s := t.now.subject
	for _, p := range pokes {
		if s.row == nil || p.Arg >= len(s.row.Args) {
			continue
		}
		if addr := s.Arg(p.Arg); addr != 0 && tr.mem.write(t, addr, p.Data) == nil {
			done |= 1 << p.Arg
		}
	}
	return done
}

// shown says whether the observer wants to know of a call that runs.
func (tr *tracer) shown(c *call) bool { return tr.cfg.Shown == nil || tr.cfg.Shown.Has(c.abi, c.nr) }

// tell sends the verdict on t's call. With memory the observer gets what the
// arguments point to: it did not see the call. A record that there is already
// is of the call before it was changed.
func (tr *tracer) tell(t *task, memory bool) {
	v := &t.now.verdict
	v.End = monotonic()
	if (v.Outcome == Ran || v.Outcome == Would) && !tr.shown(&t.now.call) {
		return
	}
	if v.Record == nil {
		v.Record = tr.record(t, v, memory)
	}
	tr.send(v)
}

func (tr *tracer) send(v *Verdict) {
	tr.buf = v.append(tr.buf[:0])
	if tr.out == nil {
		return
	}
	if tr.sock == 0 {
		_, _ = tr.out.Write(tr.buf)
		return
	}
	// raw, as all that is done for each stop; what does not fit waits
	n, _, e := unix.RawSyscall6(unix.SYS_SENDTO, tr.sock, uintptr(unsafe.Pointer(&tr.buf[0])), uintptr(len(tr.buf)), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
	if e != 0 {
		n = 0
	}
	if int(n) == len(tr.buf) {
		return
	}
	if _, err := tr.out.Write(tr.buf[n:]); err != nil {
		tr.out = nil // nobody listens any more
	}
}

// monotonic is CLOCK_MONOTONIC, by way of Go's clock, which is the same and
// needs no system call.
func monotonic() uint64 { return uint64(int64(time.Since(processStart)) + startTime) }

// startTime is CLOCK_MONOTONIC at processStart, as nearly as both can be read.
var startTime = func() (start int64) {
	var ts unix.Timespec
	for best, i := time.Hour, 0; i < 20; i++ {
		before := time.Since(processStart)
		_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts)
		if took := time.Since(processStart) - before; took < best {
			best, start = took, ts.Nano()-int64(before+took/2)
		}
	}
	return start
}()

// tgidOf is the process of a thread.
func tgidOf(tid int) int {
	if n, err := strconv.Atoi(statusField(tid, "Tgid")); err == nil {
		return n
	}
	return tid
}

// statusField is a line of /proc/TID/status, "" if there is none.
func statusField(tid int, name string) string {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(tid) + "/status")
	if err != nil {
		return ""
	}
	_, rest, _ := strings.Cut(string(b), "\n"+name+":")
	line, _, _ := strings.Cut(rest, "\n")
	return strings.TrimSpace(line)
}
