package differential

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/ebtrace/ebtrace/test/testenv"
)

// TestCounts compares the tables of -c: for each call, how often it was made
// and how often it failed. Times differ.
func TestCounts(t *testing.T) {
	tracer := testenv.Tracer(t)
	testenv.NeedTools(t, "strace", "setarch")
	for _, p := range []program{
		{name: "ls", setup: manyFiles, run: []string{"ls", "-la", "d", "nowhere"}},
		{name: "mixed", run: []string{"{mixed}"}},
		{name: "children", run: sh("/bin/true; /bin/false; seq 3 >out; exit 0")},
	} {
		t.Run(p.name, func(t *testing.T) {
			p.run = compile(t, p.run)
			work := t.TempDir()
			var tables [2]map[string]string
			for i, name := range []string{"strace", tracer} {
				s := &session{t: t, prog: &p, dir: filepath.Join(work, "w")}
				s.prepare()
				out := filepath.Join(work, "counts")
				args := append([]string{"-R", name, "-f", "-c", "-U", "calls,errors,name", "-o", out, "--"}, p.run...)
				cmd := testenv.Command(t, "setarch", args...)
				cmd.Dir, cmd.Env = s.dir, environment(s.dir)
				cmd.Run()
				tables[i] = readCounts(t, out)
			}
			for name, want := range tables[0] {
				if got := tables[1][name]; got != want && name != "wait4" && !strings.Contains(name, "sigreturn") {
					t.Errorf("%s: strace counts %s, ebtrace %s", name, want, got)
				}
			}
			for name, got := range tables[1] {
				if tables[0][name] == "" {
					t.Errorf("%s: ebtrace counts %s, strace none", name, got)
				}
			}
		})
	}
}

// readCounts reads a table of calls, errors and names: "calls/errors" by name.
func readCounts(t *testing.T, path string) map[string]string {
	t.Helper()
	table := map[string]string{}
	for i, line := range strings.Split(testenv.ReadFile(t, path), "\n") {
		f := strings.Fields(line)
		if i < 2 || strings.HasPrefix(line, "--") {
			continue
		}
		switch len(f) {
		case 2:
			table[f[1]] = f[0] + "/0"
		case 3:
			table[f[2]] = f[0] + "/" + f[1]
		}
	}
	if len(table) == 0 {
		t.Fatalf("%s has no table", path)
	}
	return table
}
