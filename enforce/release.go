package enforce

import (
	"os"
	"os/signal"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// wakeSignal interrupts the tracer's wait.
const wakeSignal = unix.SIGUSR2

// waker returns a function that wakes the calling thread, the tracer's, until
// it has heard that the tree is to be given back.
func (tr *tracer) waker() func() {
	signal.Notify(make(chan os.Signal, 1), wakeSignal)
	interrupting(wakeSignal)
	tid := unix.Gettid()
	return func() {
		for !tr.heard.Load() { // it may be about to wait
			_ = unix.Tgkill(tr.self, tid, wakeSignal)
			time.Sleep(10 * time.Millisecond)
		}
	}
}

// interrupting lets a signal with a handler of Go's interrupt system calls.
func interrupting(sig syscall.Signal) {
	var action struct { // struct sigaction of rt_sigaction(2)
		handler, flags, restorer, mask uint64
	}
	p := uintptr(unsafe.Pointer(&action))
	if _, _, e := unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig), 0, p, 8, 0, 0); e != 0 {
		return
	}
	const saRestart = 0x10000000 // SA_RESTART
	action.flags &^= saRestart
	_, _, _ = unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig), p, 0, 8, 0, 0)
}

// leave begins to give the tree back: all tasks are stopped, what was changed
// is restored, and they go on without a tracer.
func (tr *tracer) leave() {
	tr.leaving, tr.leaveBy = true, time.Now().Add(parkLimit)
	// who reads what ebtrace says is not to wait for tasks that come out late
	if null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0); err == nil {
		_ = unix.Dup3(int(null.Fd()), 2, 0)
		null.Close()
	}
	for t := range tr.delays {
		t.now.due = time.Now()
	}
	for t := range tr.held {
		delete(tr.held, t)
		tr.parked[t] = true
	}
	tr.interrupt()
}

// letGo gives back what has stopped, once all has, or has had its time.
func (tr *tracer) letGo() {
	if len(tr.parked) < len(tr.tasks) && time.Now().Before(tr.leaveBy) {
		return
	}
	for t := range tr.parked {
		if t.space != nil {
			tr.unmap(t)
		}
	}
	for t := range tr.parked {
		delete(tr.parked, t)
		if tr.tasks[t.tid] != t {
			continue
		}
		var regs registers
		if regs.get(t.tid) == nil {
			tr.smooth(t, &regs)
		}
		_ = ptrace(unix.PTRACE_DETACH, t.tid, 0, 0)
		tr.forget(t.tid)
	}
}

// unmap takes t's space out of its memory, unless a call still uses it.
func (tr *tracer) unmap(t *task) {
	s := t.space
	for _, other := range tr.tasks {
		if other.space == s && other.copied != nil {
			return
		}
	}
	begin := monotonic()
	r, err := newRemote(tr, t, true)
	if err == nil && !s.sealed {
		_, _ = r.call(unix.SYS_MUNMAP, s.addr, spaceSize)
	}
	if r != nil {
		r.restore()
	}
	tr.hide(t, begin)
	for _, other := range tr.tasks {
		if other.space == s && other.pid == t.pid {
			other.leave(tr)
		}
	}
}
