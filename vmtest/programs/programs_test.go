package programs

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ebtrace/ebtrace/test/testenv"
	"github.com/ebtrace/ebtrace/vmtest/protocol"
)

// command is where the guest has ebtrace.
const command = protocol.CommandDir + "/ebtrace"

// needPrograms skips a test that does not run in a guest with the programs.
func needPrograms(t *testing.T) {
	t.Helper()
	if os.Getenv(protocol.EnvKernel) == "" {
		t.Skip("this kernel is not of the matrix: make vmtest runs it")
	}
	testenv.NeedRoot(t)
}

// line is what the tests want to know of a line of --json.
type line struct {
	Type      string `json:"type"`
	PID       int    `json:"pid"`
	TID       int    `json:"tid"`
	Operation string `json:"operation"`
	Name      string `json:"name"`
	Begin     uint64 `json:"begin,string"`
	End       uint64 `json:"end,string"`
	Cause     struct {
		Context string `json:"context"`
		Begin   uint64 `json:"begin,string"`
	} `json:"cause"`
	Socket struct {
		Protocol string `json:"name"`
	} `json:"socket"`
	File struct {
		Path string `json:"path"`
	} `json:"file"`
	Result json.RawMessage `json:"result"`
	Lost   uint64          `json:"lost"`
}

// result is an operation's, 0 if it failed.
func (l *line) result() (n int64) {
	_ = json.Unmarshal(l.Result, &n)
	return max(n, 0)
}

func (l *line) failed() bool { return string(l.Result) == "null" }

// traced runs a command under ebtrace and returns its lines and what the command
// said. Lost events, and a status other than 0, fail the test.
func traced(t *testing.T, options []string, argv ...string) (lines []line, said string) {
	t.Helper()
	out := filepath.Join(t.TempDir(), "trace.json")
	args := append([]string{"--json", "--buffer", "64M", "-o", out}, options...)
	cmd := exec.Command(command, append(append(args, "--"), argv...)...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, &stderr)
	}
	if stderr.Len() > 0 {
		t.Logf("%s", &stderr)
	}
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range strings.Split(strings.TrimSpace(string(b)), "\n") {
		var l line
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatalf("%v: %.300s", err, text)
		}
		// the test runs in a chroot, and the kernel's paths begin above it
		l.File.Path = strings.TrimPrefix(l.File.Path, protocol.ProgramsRoot)
		lines = append(lines, l)
	}
	last := lines[len(lines)-1]
	if last.Type != "summary" || last.Lost != 0 {
		t.Errorf("the trace ends with %+v", last)
	}
	return lines, stdout.String()
}

// ordered checks that the events of each thread stand in the order of their
// ends, and that each operation lies within the call that it names as its cause.
func ordered(t *testing.T, lines []line) (within int) {
	t.Helper()
	last := map[int]uint64{}
	calls := map[int]map[uint64]uint64{} // by thread: begin and end
	for i := range lines {
		l := &lines[i]
		if l.Type == "call" {
			if calls[l.TID] == nil {
				calls[l.TID] = map[uint64]uint64{}
			}
			calls[l.TID][l.Begin] = l.End
		}
	}
	for i := range lines {
		l := &lines[i]
		switch {
		case l.Type == "call":
			if l.Begin < last[l.TID] {
				t.Errorf("%s of thread %d begins at %d, after the last one at %d", l.Name, l.TID, l.Begin, last[l.TID])
			}
			last[l.TID] = l.Begin
		case l.Cause.Begin != 0 && calls[l.TID] != nil:
			end, known := calls[l.TID][l.Cause.Begin]
			if known && (l.Begin < l.Cause.Begin || l.End > end) {
				t.Errorf("%s of thread %d, %d to %d, is not within its call, %d to %d", l.Operation, l.TID, l.Begin, l.End, l.Cause.Begin, end)
			}
			within++
		}
		if t.Failed() {
			return within
		}
	}
	return within
}
