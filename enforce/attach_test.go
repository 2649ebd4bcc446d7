package enforce

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"github.com/ebtrace/ebtrace/test/testenv"
)

// TestUsedAgain: a thread that began at another time than the one that was
// found is another one, and is left alone.
func TestUsedAgain(t *testing.T) {
	testenv.NeedRoot(t)
	runtime.LockOSThread() // for good: the thread is a tracer
	cmd := exec.Command("sleep", "60")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	start := startOf(cmd.Process.Pid) * nsPerTick
	if start == 0 {
		t.Fatal("the start of a process is not known")
	}
	tr := newTracer(&Config{Targets: []Thread{{TID: cmd.Process.Pid, Start: start + nsPerTick}}}, os.Stderr)
	if err := tr.attach(); err == nil || !strings.Contains(err.Error(), "used again") {
		t.Errorf("%v", err)
	}
	if len(tr.tasks) != 0 {
		t.Errorf("%d tasks", len(tr.tasks))
	}
}
