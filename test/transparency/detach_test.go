package transparency

import (
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/ebtrace/ebtrace/test/testenv"
)

// TestDetachLosesNothing detaches from a process in the middle of its calls:
// what it does after the end of the trace does not count as lost.
func TestDetachLosesNothing(t *testing.T) {
	tracer := testenv.Tracer(t)
	needTransparent(t)
	testenv.NeedTools(t, "perl")
	busy := exec.Command("perl", "-e", "while (1) { getppid; select undef, undef, undef, 0.00001 }")
	if err := busy.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { busy.Process.Kill(); busy.Wait() }()
	for range 5 {
		x := attach(t, tracer, strconv.Itoa(busy.Process.Pid))
		testenv.Eventually(t, "its calls are shown", func() bool { return strings.Count(testenv.ReadFile(t, x.out), "getppid") > 100 })
		x.end(t)
		if got := testenv.ReadFile(t, x.out); strings.Contains(got, "lost") {
			t.Errorf("the trace ends %s", got[max(0, len(got)-300):])
		}
	}
}
