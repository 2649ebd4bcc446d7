package transparency

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/ebtrace/ebtrace/test/testenv"
)

// TestKilledTracer kills the tracer without warning: the target goes on, and
// none of the tracer's programs, links and maps is left in the kernel.
func TestKilledTracer(t *testing.T) {
	tracer := testenv.Tracer(t)
	needTransparent(t)
	testenv.NeedTools(t, "bpftool")
	before := pins(t)
	target := startTarget(t, program(t, "rounds"))
	x := attach(t, tracer, target.pid())
	target.round(t)
	objects := bpfObjects(t, x.cmd.Process.Pid)
	if len(objects["prog"]) == 0 || len(objects["map"]) == 0 {
		t.Fatalf("the tracer holds %v", objects)
	}
	x.cmd.Process.Kill()
	<-x.done
	target.round(t)
	for kind, ids := range objects {
		for _, id := range ids {
			testenv.Eventually(t, "the tracer's "+kind+" "+id+" is gone", func() bool {
				return exec.Command("bpftool", kind, "show", "id", id).Run() != nil
			})
		}
	}
	if after := pins(t); after != before {
		t.Errorf("%d pinned objects before, %d after", before, after)
	}
	target.round(t)
}

var objectID = regexp.MustCompile(`(?m)^(prog|map|link)_id:\s*(\d+)$`)

// bpfObjects is the ids of the programs, maps and links of a process, by kind.
func bpfObjects(t *testing.T, pid int) map[string][]string {
	t.Helper()
	ids := map[string][]string{}
	files, err := filepath.Glob("/proc/" + strconv.Itoa(pid) + "/fdinfo/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, _ := os.ReadFile(f)
		for _, m := range objectID.FindAllStringSubmatch(string(b), -1) {
			ids[m[1]] = append(ids[m[1]], m[2])
		}
	}
	return ids
}

// pins is how many objects are pinned in the BPF file system.
func pins(t *testing.T) int {
	t.Helper()
	n := 0
	filepath.WalkDir("/sys/fs/bpf", func(_ string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			n++
		}
		return nil
	})
	return n
}
