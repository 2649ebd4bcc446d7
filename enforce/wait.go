package enforce

import (
	"time"

	"golang.org/x/sys/unix"
)

// waiter waits for a stop with a deadline, which wait4(2) has not: another
// thread waits for one without taking it and says so. It is needed while calls
// are delayed or asked about only.
type waiter struct {
	look  chan struct{} // look for the next stop
	found chan struct{} // there is one, or there was
	busy  bool          // it looks
}

func newWaiter() waiter {
	return waiter{look: make(chan struct{}, 1), found: make(chan struct{}, 1)}
}

// run is the other thread. It never returns.
func (w *waiter) run() {
	for range w.look {
		for {
			// all threads of this process are asked for what they trace: no WNOTHREAD
			_, _, e := unix.Syscall6(unix.SYS_WAITID, unix.P_ALL, 0, 0, unix.WEXITED|unix.WSTOPPED|unix.WNOWAIT|unix.WALL, 0, 0)
			if e != unix.EINTR {
				break
			}
		}
		w.found <- struct{}{}
	}
}

// wait returns when a task may have stopped, after d, or with an answer.
func (w *waiter) wait(d time.Duration, answers <-chan reply) (r reply, ok bool) {
	if !w.busy {
		w.busy = true
		w.look <- struct{}{}
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-w.found:
		w.busy = false
	case <-timer.C:
	case r = <-answers:
		return r, true
	}
	return r, false
}
