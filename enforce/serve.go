package enforce

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// serveSocket is the enforcer's descriptor to the observer.
const serveSocket = 3

// ready is what the enforcer says before the verdicts.
type ready struct{ Err string }

// Serve is the body of the enforcing process. It reads its Config from the
// socket, seizes the launching process, says so and then tells its verdicts,
// until nothing is left to trace. The caller must have locked the main
// goroutine to its thread: that thread is the tracer.
func Serve() int {
	unix.CloseOnExec(serveSocket)
	sock := os.NewFile(serveSocket, "observer")
	signal.Ignore(syscall.SIGINT, syscall.SIGQUIT, syscall.SIGHUP, syscall.SIGTERM, syscall.SIGPIPE, syscall.SIGTSTP)
	// a dump would hold what targets had in memory, and the tree would wait for it
	_ = unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
	_ = os.WriteFile("/proc/self/oom_score_adj", []byte("-900"), 0) // the tree dies with the enforcer
	var cfg Config
	if err := readJSON(sock, &cfg); err != nil {
		return 1
	}
	tr := newTracer(&cfg, sock)
	err := tr.begin()
	var r ready
	if err != nil {
		r.Err = err.Error()
	}
	if err := writeJSON(sock, r); err != nil || r.Err != "" {
		return 1
	}
	go tr.listen(sock)
	if err := tr.run(); err != nil && !errors.Is(err, unix.ECHILD) {
		return 1
	}
	return 0
}

// begin seizes what is to be traced.
func (tr *tracer) begin() error {
	if err := seize(tr.cfg.Launch); err != nil {
		return fmt.Errorf("ptrace(PTRACE_SEIZE, %d): %w", tr.cfg.Launch, err)
	}
	tr.task(tr.cfg.Launch).known = true
	return nil
}
