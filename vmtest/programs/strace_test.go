package programs

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// use is what was done with one file.
type use struct {
	opens, reads, writes, syncs int
	in, out                     int64 // bytes
}

// script works in directory $1: shell, copies, a database with a journal.
const script = `set -e
cd "$1"
i=0
while [ $i -lt 20 ]; do echo "line $i" >>log; i=$((i+1)); done
cat log log >twice
sort -r twice >sorted
dd if=sorted of=blocks bs=7 status=none
head -c 100 blocks >part
sqlite3 db 'create table t(a integer primary key, b text)'
i=0
while [ $i -lt 10 ]; do sqlite3 db "insert into t(b) values('row $i')"; i=$((i+1)); done
sqlite3 db 'select count(*) from t'
mv log log2
wc -c log2 twice
rm log2
`

// TestStrace: of each file, the opens, reads, writes, syncs and bytes that
// strace counts of the calls are those that are seen below them.
func TestStrace(t *testing.T) {
	needPrograms(t)
	lines, _ := traced(t, []string{"--vfs=open,read,write,fsync", "-e", "trace=none"}, "sh", "-c", script, "sh", workDir(t))
	got := map[string]*use{}
	for i := range lines {
		l := &lines[i]
		if l.Type != "vfs" || !strings.HasPrefix(l.File.Path, work) || l.failed() {
			continue
		}
		u := of(got, l.File.Path)
		switch l.Operation {
		case "open":
			u.opens++
		case "read":
			u.reads, u.in = u.reads+1, u.in+l.result()
		case "write":
			u.writes, u.out = u.writes+1, u.out+l.result()
		case "fsync":
			u.syncs++
		}
	}
	want := straced(t, "sh", "-c", script, "sh", workDir(t))
	if len(want) < 6 {
		t.Fatalf("strace shows %d files", len(want))
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if g := of(got, name); *g != *want[name] {
			t.Errorf("%s: %+v, strace counts %+v", name, *g, *want[name])
		}
		delete(got, name)
		t.Logf("%s: %+v", name, *want[name])
	}
	for name, u := range got {
		t.Errorf("%s: %+v, of which strace knows nothing", name, *u)
	}
}

// work is the same directory each time, new.
const work = "/tmp/work"

func workDir(t *testing.T) string {
	t.Helper()
	if err := os.RemoveAll(work); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(work, 0o700); err != nil {
		t.Fatal(err)
	}
	return work
}

func of(all map[string]*use, name string) *use {
	name = strings.TrimSuffix(name, " (deleted)")
	if all[name] == nil {
		all[name] = &use{}
	}
	return all[name]
}

var (
	opened = regexp.MustCompile(`^\d+ +openat\(.*\) += \d+<([^>]*)>`)
	moved  = regexp.MustCompile(`^\d+ +(p?read(?:64|v|v2)?|p?write(?:64|v|v2)?|fsync|fdatasync)\(\d+<([^>]*)>.*\) += (\d+)$`)
)

// straced counts what strace shows. Calls are whole lines: the script waits for
// each of its programs.
func straced(t *testing.T, argv ...string) map[string]*use {
	t.Helper()
	out := filepath.Join(t.TempDir(), "strace")
	cmd := exec.Command("strace", append([]string{"-f", "-y", "-s", "0", "-o", out,
		"-e", "trace=openat,read,pread64,readv,preadv,write,pwrite64,writev,pwritev,fsync,fdatasync"}, argv...)...)
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("strace: %v\n%s", err, said)
	}
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]*use{}
	for _, text := range strings.Split(string(b), "\n") {
		if m := opened.FindStringSubmatch(text); m != nil && strings.HasPrefix(m[1], work) {
			of(all, m[1]).opens++
		}
		m := moved.FindStringSubmatch(text)
		if m == nil || !strings.HasPrefix(m[2], work) {
			continue
		}
		u := of(all, strings.TrimSuffix(m[2], "(deleted)"))
		n, _ := strconv.ParseInt(m[3], 10, 64)
		switch {
		case strings.Contains(m[1], "read"):
			u.reads, u.in = u.reads+1, u.in+n
		case strings.Contains(m[1], "write"):
			u.writes, u.out = u.writes+1, u.out+n
		default:
			u.syncs++
		}
	}
	if strings.Contains(string(b), "<unfinished") {
		t.Fatalf("strace cut %d calls in two", strings.Count(string(b), "<unfinished"))
	}
	return all
}
