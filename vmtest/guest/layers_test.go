package guest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/ebtrace/ebtrace/docs"
	"github.com/ebtrace/ebtrace/internal/schema"
)

// layered runs the command, as a user does, on a workload, and returns its
// trace.
func layered(t *testing.T, load, dir string, args ...string) string {
	t.Helper()
	needVFS(t)
	const command = "/bin/ebtrace" // vmtest/build.go
	if _, err := os.Stat(command); err != nil {
		t.Skip("the guest's own ebtrace is not here")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "out")
	cmd := program(load, dir)
	cmd.Env = append(cmd.Env, "GODEBUG=asyncpreemptoff=1") // no signals of its own within calls
	cmd.Path = command
	cmd.Args = append(append([]string{command, "-f", "-o", out}, args...), "--", self)
	if err := cmd.Run(); cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != 7 {
		t.Fatalf("%v: %v", cmd.Args, err)
	}
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// matches fails unless some line of the trace matches.
func matches(t *testing.T, trace string, exprs ...string) {
	t.Helper()
	for _, expr := range exprs {
		if !regexp.MustCompile(`(?m)` + expr).MatchString(trace) {
			t.Errorf("nothing matches %s in\n%s", expr, trace)
		}
	}
}

// TestLayerTables: -c and -C have a table for each layer.
func TestLayerTables(t *testing.T) {
	trace := layered(t, "rewrite", filepath.Join(t.TempDir(), "file"), "-c", "--vfs=read,write", "-e", "trace=pread64,pwrite64,read,write")
	matches(t, trace, `^ *[\d.]+ +[\d.]+ +\d+ +\d+ +\w+$`,
		`^Usage summary of the virtual file system:\n% time     seconds  usecs/call     calls    errors       bytes operation$`,
		`^ *[\d.]+ +[\d.]+ +\d+ +20\d +199\d\d\d write$`) // 200 of 199000 bytes, and what the runtime does
	trace = layered(t, "files", t.TempDir(), "-C", "--vfs=open", "-e", "trace=none", "-S", "calls")
	matches(t, trace, `^\d+ +vfs_open\(`, `^Usage summary of the virtual file system:$`, `^ *[\d.]+ +[\d.]+ +\d+ +\d+( +\d+)? +open$`)
	if strings.Contains(trace, "syscall") {
		t.Errorf("a table of calls:\n%s", trace)
	}
}

// node is a line of JSON with what it is made of.
type node struct {
	Type, Name, Operation, Begin, End, Time string
	Depth                                   int
	Cause                                   struct{ Begin string }
	Work                                    []node
	Error                                   *struct{ Number int }
}

// TestNestedJSON: the work of a call is in it, and each line is as the schema
// has it.
func TestNestedJSON(t *testing.T) {
	sch, err := schema.Parse(docs.Schema)
	if err != nil {
		t.Fatal(err)
	}
	work := 0
	for line := range strings.Lines(layered(t, "vfs", t.TempDir(), "--json=nested", "--vfs", "-T")) {
		if err := sch.Validate([]byte(line)); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		var n node
		if err := json.Unmarshal([]byte(line), &n); err != nil {
			t.Fatal(err)
		}
		if n.Type == "vfs" && n.Cause.Begin != "" {
			t.Errorf("work of a traced call stands alone: %s", line)
		}
		if n.Type == "call" && n.Name == "openat" && n.Error == nil && len(n.Work) == 0 {
			t.Errorf("nothing in %s", line)
		}
		work += checkNested(t, &n, n.Begin)
	}
	if work < 20 {
		t.Errorf("%d operations", work)
	}
}

// checkNested returns how many operations there are in n, each of which is for
// the call that began so and within n.
func checkNested(t *testing.T, n *node, begin string) int {
	count := len(n.Work)
	for i := range n.Work {
		w := &n.Work[i]
		if w.Cause.Begin != begin || nanoseconds(w.Begin) < nanoseconds(n.Begin) || nanoseconds(w.End) > nanoseconds(n.End) ||
			n.Type != "call" && w.Depth <= n.Depth {
			t.Errorf("%+v is in %+v", w, n)
		}
		count += checkNested(t, w, begin)
	}
	return count
}

func nanoseconds(s string) uint64 {
	n, _ := strconv.ParseUint(s, 10, 64)
	return n
}

// TestSplitTimes: what a call did in the file system is a part of its time.
func TestSplitTimes(t *testing.T) {
	trace := layered(t, "files", t.TempDir(), "--syscall-times=ns", "--vfs", "-e", "trace=openat,write,read")
	re := regexp.MustCompile(`<(\d+)\.(\d{9}) vfs (\d+)\.(\d{9}) blocked (\d+)\.(\d{9}) running (\d+)\.(\d{9})>`)
	found, some := 0, 0
	for _, m := range re.FindAllStringSubmatch(trace, -1) {
		whole, vfs, blocked, running := nanoseconds(m[1]+m[2]), nanoseconds(m[3]+m[4]), nanoseconds(m[5]+m[6]), nanoseconds(m[7]+m[8])
		found++
		if vfs > 0 {
			some++
		}
		if vfs > whole || blocked+running != whole {
			t.Error(m[0])
		}
	}
	if found < 4 || some < 3 {
		t.Errorf("%d calls, %d with work:\n%s", found, some, trace)
	}
}
