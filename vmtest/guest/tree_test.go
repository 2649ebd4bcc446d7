package guest

import (
	"bufio"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ebtrace/ebtrace/events"
	"github.com/ebtrace/ebtrace/loader"
	"github.com/ebtrace/ebtrace/vmtest/workload"
)

// TestFork: each child is traced before its first instruction and to its end.
func TestFork(t *testing.T) {
	const n = 5
	s := trace(t, loader.Options{Times: true}, "fork", "5")
	s.ended(workload.Status)
	s.want(1+n, `execve\("/proc/self/exe", `)
	for _, status := range []string{"10", "11", "12", "13", "14"} {
		s.want(1, `exit_group\(`+status+`\) += \?$`)
	}
	if s.kinds[events.Fork] != s.kinds[events.Child] {
		t.Errorf("%d forks, %d children", s.kinds[events.Fork], s.kinds[events.Child])
	}
	if s.kinds[events.Exec] != 1+n {
		t.Errorf("%d execs, not %d", s.kinds[events.Exec], 1+n)
	}
	if s.kinds[events.Exit] != s.kinds[events.Child]+1 {
		t.Errorf("%d ends of %d threads", s.kinds[events.Exit], s.kinds[events.Child]+1)
	}
}

// TestNoFollow: children are left alone.
func TestNoFollow(t *testing.T) {
	s := trace(t, loader.Options{Times: true, NoFollow: true}, "fork", "2")
	s.ended(workload.Status)
	s.want(0, `exit_group\(10\)`)
	if n := s.kinds[events.Child]; n != 0 {
		t.Errorf("%d children traced", n)
	}
}

// TestExecOfThread: a thread that is not the leader execs and takes over.
func TestExecOfThread(t *testing.T) {
	s := trace(t, loader.Options{Times: true}, "exec", "")
	s.ended(workload.Status)
	s.want(1, `execve\("/proc/self/exe", \["second", "argument two"\], `)
	if s.takeovers != 1 {
		t.Errorf("%d execs by a thread that was not the leader, not 1", s.takeovers)
	}
	s.want(1, `exit_group\(7\) += \?$`)
}

// TestAttach: a process that runs, with all its threads, and the call that
// it hangs in.
func TestAttach(t *testing.T) {
	r := newTracer(t, loader.Options{Times: true})
	cmd := program("wait", "")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		t.Fatal(line, err)
	}
	waitFor(t, cmd.Process.Pid, readNumber())
	found, err := r.sess.Follow(r.seq, r.emit, []int{cmd.Process.Pid}, true, true)
	if err != nil {
		t.Fatal(err)
	}
	tasks, err := os.ReadDir(proc(cmd.Process.Pid, "task"))
	if err != nil || len(found) != len(tasks) {
		t.Errorf("attached to %d threads of %d: %v", len(found), len(tasks), err)
	}
	r.pumpUntil(func() bool { return r.calls["read"] > 0 }, func() { _ = cmd.Process.Kill() })
	s := r.finish()
	s.want(1, `read\(\d+, `)
	s.want(len(tasks), `\+\+\+ killed by SIGKILL \+\+\+$`)
}

// pumpUntil pumps until ready, calls then, and pumps until nothing lives.
func (r *tracer) pumpUntil(ready func() bool, then func()) {
	r.t.Helper()
	var done atomic.Bool
	gaveUp := time.AfterFunc(limit, func() { done.Store(true) })
	defer gaveUp.Stop()
	called := false
	err := r.sess.Pump(r.seq, r.emit, r.out.Flush, nil, func() bool {
		if !called && ready() {
			called = true
			then()
		}
		return called && r.seq.Live() == 0 || done.Load()
	})
	if err != nil || done.Load() {
		r.t.Errorf("gave up waiting: %v", err)
	}
}

// readNumber is the number of read(2).
func readNumber() string {
	if runtime.GOARCH == "arm64" {
		return "63"
	}
	return "0"
}

// waitFor waits until a thread of the process is in call nr.
func waitFor(t *testing.T, pid int, nr string) {
	t.Helper()
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		b, err := os.ReadFile(proc(pid, "syscall"))
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(string(b), nr+" ") {
			return
		}
	}
	t.Fatalf("process %d does not come to call %s", pid, nr)
}
