package differential

import (
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/ebtrace/ebtrace/test/testenv"
)

// TestPrograms is the differential test. What differs and is not listed is
// printed, and the traces are kept in the directory failed.
func TestPrograms(t *testing.T) {
	tracer := testenv.Tracer(t)
	testenv.NeedTools(t, "strace", "setarch")
	rules, err := readRules("expected.txt")
	if err != nil {
		t.Fatal(err)
	}
	failed, err := filepath.Abs("failed")
	if err != nil {
		t.Fatal(err)
	}
	os.RemoveAll(failed)
	var unlisted []difference
	for i := range programs {
		p := programs[i]
		t.Run(p.name, func(t *testing.T) {
			testenv.NeedTools(t, p.needs...)
			p.run = compile(t, p.run)
			diffs := apply(rules, runBoth(t, &p, tracer, failed))
			unlisted = append(unlisted, diffs...)
			report(t, diffs)
		})
	}
	if len(unlisted) > 0 {
		t.Log("unlisted differences by call:\n" + summary(unlisted))
	}
	for _, r := range rules {
		if r.used == 0 {
			t.Logf("expected.txt:%d: this rule was not needed: %s", r.line, r.why)
		}
	}
}

// runBoth runs the program under strace and under the tracer and compares.
// The traces stay in keep if there are differences.
func runBoth(t *testing.T, p *program, tracer, keep string) []difference {
	t.Helper()
	work := t.TempDir()
	if err := os.Chmod(work, 0o755); err != nil {
		t.Fatal(err)
	}
	var sides [2]side
	for i, name := range []string{"strace", tracer} {
		s := &session{t: t, tracer: name, prog: p, dir: filepath.Join(work, "w"), out: filepath.Join(work, fmt.Sprintf("trace%d", i))}
		if i == 1 {
			s.out = filepath.Join(work, "trace1")
		}
		sides[i].trace, sides[i].ids = s.trace()
	}
	diffs := compare(p, sides[0], sides[1])
	if len(diffs) > 0 {
		if err := os.MkdirAll(keep, 0o755); err != nil {
			t.Fatal(err)
		}
		for i, name := range []string{"strace", "ebtrace"} {
			text := testenv.ReadFile(t, filepath.Join(work, fmt.Sprintf("trace%d", i)))
			if err := os.WriteFile(filepath.Join(keep, p.name+"."+name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	return diffs
}

// apply drops the differences that a rule covers.
func apply(rules []*rule, diffs []difference) []difference {
	var left []difference
next:
	for i := range diffs {
		for _, r := range rules {
			if r.covers(&diffs[i]) {
				r.used++
				continue next
			}
		}
		left = append(left, diffs[i])
	}
	return left
}

func report(t *testing.T, diffs []difference) {
	t.Helper()
	const most = 12
	for i := range diffs {
		if i == most {
			t.Errorf("and %d more", len(diffs)-most)
			break
		}
		t.Error(diffs[i].String())
	}
}

// summary counts by call, with one example each, for whoever mends them.
func summary(diffs []difference) string {
	count := map[string]int{}
	example := map[string]*difference{}
	for i := range diffs {
		d := &diffs[i]
		count[d.name]++
		if example[d.name] == nil {
			example[d.name] = d
		}
	}
	var names []string
	for n := range count {
		names = append(names, n)
	}
	sort.Slice(names, func(i, j int) bool { return count[names[i]] > count[names[j]] })
	var b strings.Builder
	for _, n := range names {
		fmt.Fprintf(&b, "%5d %s: %s\n", count[n], n, example[n])
	}
	return b.String()
}

// TestRules checks the reader of expected.txt and what a rule covers.
func TestRules(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rules")
	write := func(s string) ([]*rule, error) {
		if err := os.WriteFile(path, []byte(s), 0o600); err != nil {
			t.Fatal(err)
		}
		return readRules(path)
	}
	rules, err := write("# c\ncall: read\nstrace: read.*= 1\nwhy: because\n\ncall: a|b\nebtrace: .*\nprograms: x\nwhy: y\n")
	if err != nil || len(rules) != 2 {
		t.Fatal(rules, err)
	}
	for _, c := range []struct {
		d    difference
		rule int
	}{
		{difference{name: "read", strace: "read(0) = 1"}, 0},
		{difference{name: "read", strace: "read(0) = 12"}, -1},
		{difference{name: "read", strace: "read(0) = 1", ebtrace: "read() = 1"}, -1},
		{difference{name: "b", ebtrace: "b", program: "x"}, 1},
		{difference{name: "b", ebtrace: "b", program: "xy"}, -1},
	} {
		got := -1
		for i, r := range rules {
			if r.covers(&c.d) {
				got = i
			}
		}
		if got != c.rule {
			t.Errorf("%+v: rule %d, want %d", c.d, got, c.rule)
		}
	}
	for _, bad := range []string{"call: x\nstrace: y\n", "call: x\nwhy: z\n", "call: (\n", "foo: x\n"} {
		if _, err := write(bad); err == nil {
			t.Errorf("%q: no error", bad)
		}
	}
}
