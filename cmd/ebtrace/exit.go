package main

import (
	"errors"
	"os"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Exit statuses of ebtrace's own: those of a command that runs another, as
// env(1) has them, and without a command strace's.
const (
	exitFailed      = 125
	exitCannotRun   = 126
	exitNotFound    = 127
	exitAttach      = 1 // usage errors too
	exitInterrupted = 128
)

// failure is an error with the exit status that belongs to it.
type failure struct {
	status int
	err    error
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// statusOf is the exit status for an error: its own, or that of ebtrace
// failing with or without a command.
func statusOf(err error, launch bool) int {
	var f *failure
	switch {
	case errors.As(err, &f):
		return f.status
	case launch:
		return exitFailed
	}
	return exitAttach
}

// leaveAs ends ebtrace as the command ended: with its status, or by its signal.
func leaveAs(ws syscall.WaitStatus) {
	if ws.Signaled() {
		dieBy(ws.Signal())
	}
	os.Exit(ws.ExitStatus())
}

// dieBy ends ebtrace by a signal without a core dump. The signal's action is
// set in the kernel directly: Go's runtime would answer SIGSEGV and its like
// with a traceback.
func dieBy(sig syscall.Signal) {
	_ = unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{})
	runtime.LockOSThread()
	var action [4]uint64 // struct sigaction of rt_sigaction(2): SIG_DFL, no flags, no mask
	_, _, _ = syscall.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig), uintptr(unsafe.Pointer(&action)), 0, 8, 0, 0)
	var mask unix.Sigset_t
	_ = unix.PthreadSigmask(unix.SIG_SETMASK, &mask, nil)
	_ = unix.Tgkill(os.Getpid(), unix.Gettid(), sig)
	os.Exit(exitInterrupted + int(sig))
}
