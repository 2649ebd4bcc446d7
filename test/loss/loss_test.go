// Package loss saturates the tracer's buffer and checks that what is lost is
// counted: for each thread, received and lost add up to what the program made.
package loss

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ebtrace/ebtrace/test/testenv"
)

// event is what the tests need of a line of JSON.
type event struct {
	Type    string
	TID     int
	Name    string
	Lost    int
	Records int
	Code    *int
	Threads []struct{ TID, Lost int }
}

// tally is what a trace says of one thread.
type tally struct{ calls, lost, exits int }

// storm traces the storm program with the options and returns the tallies by
// thread, the summary, and what the program says it has made.
func storm(t *testing.T, threads, calls int, opts ...string) (map[int]*tally, *event, map[int]int, error) {
	t.Helper()
	tracer := testenv.Tracer(t)
	if testenv.Standin() {
		t.Skip("only ebtrace counts what it loses")
	}
	prog := testenv.CompileC(t, filepath.Join(testenv.Root(), "test", "loss", "testdata", "storm.c"), "-pthread")
	out := filepath.Join(t.TempDir(), "trace")
	args := append([]string{"--json", "-o", out, "-e", "trace=getppid"}, opts...)
	args = append(args, "--", prog, fmt.Sprint(threads), fmt.Sprint(calls))
	cmd := testenv.Command(t, tracer, args...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	said, err := cmd.Output()
	if _, ok := err.(*exec.ExitError); err != nil && !ok {
		t.Fatal(err)
	}
	made := map[int]int{}
	for _, line := range strings.Split(strings.TrimSpace(string(said)), "\n") {
		var tid, n int
		if _, err := fmt.Sscan(line, &tid, &n); err != nil {
			t.Fatalf("the program said %q: %v\n%s", said, err, stderr.String())
		}
		made[tid] = n
	}
	tallies, summary := read(t, out)
	return tallies, summary, made, err
}

func read(t *testing.T, path string) (map[int]*tally, *event) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	tallies := map[int]*tally{}
	var summary *event
	s := bufio.NewScanner(f)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		var e event
		if err := json.Unmarshal(s.Bytes(), &e); err != nil {
			t.Fatalf("%v: %s", err, s.Text())
		}
		if e.Type == "summary" {
			summary = &e
			continue
		}
		th := tallies[e.TID]
		if th == nil {
			th = &tally{}
			tallies[e.TID] = th
		}
		switch {
		case e.Type == "call" && e.Name == "getppid":
			th.calls++
		case e.Type == "gap":
			th.lost += e.Lost
		case e.Type == "exit":
			th.exits++
		}
	}
	if summary == nil {
		t.Fatal("the trace has no summary")
	}
	return tallies, summary
}

// TestSaturated makes far more events than a small buffer takes.
func TestSaturated(t *testing.T) {
	const threads, calls = 4, 300000
	tallies, summary, made, err := storm(t, threads, calls, "--buffer", "64K")
	if err != nil {
		t.Errorf("loss alone is no failure: %v", err)
	}
	if len(made) != threads {
		t.Fatalf("the program made %v", made)
	}
	total := 0
	for tid, n := range made {
		th := tallies[tid]
		if th == nil {
			t.Errorf("thread %d is not in the trace", tid)
			continue
		}
		if th.calls+th.lost != n {
			t.Errorf("thread %d: %d received and %d lost are not %d", tid, th.calls, th.lost, n)
		}
		if th.calls == 0 {
			t.Errorf("thread %d: nothing received", tid)
		}
		total += th.lost
	}
	if total == 0 {
		t.Error("nothing was lost: the buffer was not saturated")
	}
	if summary.Lost != total {
		t.Errorf("the summary says that %d were lost, the gaps add up to %d", summary.Lost, total)
	}
	for _, th := range summary.Threads {
		if tallies[th.TID] == nil || tallies[th.TID].lost != th.Lost {
			t.Errorf("the summary says that thread %d lost %d", th.TID, th.Lost)
		}
	}
	// Forks and exits do not share the fate of the flood.
	exits := 0
	for _, th := range tallies {
		exits += th.exits
	}
	if exits != threads+2 { // the threads, the program and its child
		t.Errorf("%d exits in the trace, want %d", exits, threads+2)
	}
}

// TestNothingLost makes a burst that the default buffer takes whole.
func TestNothingLost(t *testing.T) {
	tallies, summary, made, err := storm(t, 2, 100000, "--fail-on-loss")
	if err != nil {
		t.Errorf("nothing was lost, and yet: %v", err)
	}
	if summary.Lost != 0 {
		t.Errorf("%d lost", summary.Lost)
	}
	for tid, n := range made {
		if tallies[tid] == nil || tallies[tid].calls != n {
			t.Errorf("thread %d: %+v of %d", tid, tallies[tid], n)
		}
	}
}

// TestFailOnLoss asks for an exit status that tells of loss.
func TestFailOnLoss(t *testing.T) {
	_, summary, _, err := storm(t, 4, 300000, "--buffer", "64K", "--fail-on-loss")
	if summary.Lost == 0 {
		t.Fatal("nothing was lost: the buffer was not saturated")
	}
	e, ok := err.(*exec.ExitError)
	if !ok || e.ExitCode() != 125 {
		t.Errorf("%v, want exit status 125", err)
	}
}

// TestTextShowsLoss looks for the gaps in the text, at their place, and for the
// total.
func TestTextShowsLoss(t *testing.T) {
	tracer := testenv.Tracer(t)
	if testenv.Standin() {
		t.Skip("only ebtrace counts what it loses")
	}
	prog := testenv.CompileC(t, filepath.Join(testenv.Root(), "test", "loss", "testdata", "storm.c"), "-pthread")
	out := filepath.Join(t.TempDir(), "trace")
	cmd := testenv.Command(t, tracer, "-f", "-o", out, "-e", "trace=getppid", "--buffer", "64K", "--", prog, "1", "1000000")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if _, err := cmd.Output(); err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	received, lost, gaps := 0, 0, 0
	for _, line := range strings.Split(testenv.ReadFile(t, out), "\n") {
		if strings.Contains(line, "getppid()") {
			received++
		}
		var tid, n int
		if _, err := fmt.Sscanf(line, "%d !!! %d events lost !!!", &tid, &n); err == nil {
			lost += n
			gaps++
		}
	}
	if gaps == 0 || received+lost != 1000000 {
		t.Errorf("%d received and %d lost in %d gaps are not 1000000", received, lost, gaps)
	}
	if !strings.Contains(stderr.String(), fmt.Sprint(lost)) {
		t.Errorf("the messages do not tell that %d were lost: %q", lost, stderr.String())
	}
}
