package enforce

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// serveSocket is the enforcer's descriptor to the observer.
const serveSocket = 3

// places for goroutines: the tracer, what watches it and what listens.
const places = 3

// collectEvery is after how many stops garbage is collected.
const collectEvery = 2000

// ready is what the enforcer says before the verdicts.
type ready struct{ Err string }

// Serve is the body of the enforcing process. It reads its Config from the
// socket, seizes the launching process, says so and then tells its verdicts,
// until nothing is left to trace. The caller must have locked the main
// goroutine to its thread: that thread is the tracer.
func Serve() int {
	// The tracer's thread waits without telling Go's scheduler of it: others
	// must have a place to run, and collecting garbage must not wait for it.
	runtime.GOMAXPROCS(places)
	debug.SetGCPercent(-1)
	unix.CloseOnExec(serveSocket)
	sock := os.NewFile(serveSocket, "observer")
	signal.Ignore(syscall.SIGINT, syscall.SIGQUIT, syscall.SIGHUP, syscall.SIGTERM, syscall.SIGPIPE, syscall.SIGTSTP)
	signal.Ignore(syscall.SIGCHLD) // else each stop brings a signal besides; wait4 tells of it all the same
	// a dump would hold what targets had in memory, and the tree would wait for it
	_ = unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
	_ = os.WriteFile("/proc/self/oom_score_adj", []byte("-900"), 0) // the tree dies with the enforcer
	var cfg Config
	if err := readJSON(sock, &cfg); err != nil {
		return 1
	}
	var early bytes.Buffer // what is to be told comes after ready
	tr := newTracer(&cfg, &early)
	err := tr.begin()
	var r ready
	if err != nil {
		r.Err = err.Error()
	}
	told := writeJSON(sock, r)
	switch {
	case err != nil || told != nil && !tr.every:
		return 1
	case told != nil: // nobody to enforce for
		tr.release.Store(true)
	}
	_ = dropRights()
	_, _ = sock.Write(early.Bytes())
	tr.out, tr.sock = sock, sock.Fd()
	go tr.listen(sock, tr.waker())
	if err := tr.run(); err != nil && !errors.Is(err, unix.ECHILD) {
		return 1
	}
	return 0
}

// begin seizes what is to be traced.
func (tr *tracer) begin() error {
	if tr.every {
		return tr.attach()
	}
	options := uintptr(traceOptions | unix.PTRACE_O_TRACESECCOMP)
	if tr.cfg.Kill {
		options |= unix.PTRACE_O_EXITKILL
	}
	if err := seize(tr.cfg.Launch, options); err != nil {
		return fmt.Errorf("ptrace(PTRACE_SEIZE, %d): %w", tr.cfg.Launch, err)
	}
	tr.task(tr.cfg.Launch).known = true
	return nil
}

// rights are what the enforcer needs once it traces: to look into processes of
// other users, at their files and links, and to kill them.
const rights = 1<<unix.CAP_SYS_PTRACE | 1<<unix.CAP_KILL | 1<<unix.CAP_DAC_READ_SEARCH | 1<<unix.CAP_DAC_OVERRIDE

// dropRights gives up all other capabilities, for good. A failure leaves the
// enforcer as privileged as it was.
func dropRights() error {
	hdr := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&hdr, &data[0]); err != nil {
		return err
	}
	keep := uint64(rights)
	for i := range data {
		data[i].Effective &= uint32(keep >> (32 * i))
		data[i].Permitted &= uint32(keep >> (32 * i))
		data[i].Inheritable = 0
	}
	_, _, e := syscall.AllThreadsSyscall(unix.SYS_CAPSET, uintptr(unsafe.Pointer(&hdr)), uintptr(unsafe.Pointer(&data[0])), 0)
	if e != 0 {
		return e
	}
	return nil
}
