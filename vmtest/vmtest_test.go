package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ebtrace/ebtrace/vmtest/kernels"
	"github.com/ebtrace/ebtrace/vmtest/protocol"
)

func line(event, text, status string) string {
	return protocol.Line{Event: event, Text: text, Status: status}.Encode()
}

var (
	started = line(protocol.Start, "6.12.1-test\n", "")
	begin   = line(protocol.Begin, "guest", "")
	ended   = line(protocol.End, "guest", "0")
	exit    = line(protocol.Exit, "", "")
)

// TestJudge: what a guest's console makes of a kernel's row.
func TestJudge(t *testing.T) {
	for _, c := range []struct {
		name, why, status, reason string
		lines                     []string
		passed, failed, skipped   int
	}{
		{"passes", "", pass, "", []string{started, begin, "=== RUN   TestA", "--- PASS: TestA (0.00s)", ended, exit}, 1, 0, 0},
		{"kernel's words before a mark", "", pass, "",
			[]string{"[    1.0] noise " + started, begin, "--- PASS: TestA (0.00s)", ended, exit}, 1, 0, 0},
		{"fails", "", failed, "", []string{started, begin, "=== RUN   TestA", "    a_test.go:1: why", "--- FAIL: TestA (0.00s)",
			line(protocol.End, "guest", "1"), exit}, 0, 1, 0},
		{"dies without a failed test", "", failed, "", []string{started, begin, "--- PASS: TestA (0.00s)", "panic: oh",
			line(protocol.End, "guest", "2"), exit}, 1, 1, 0},
		{"skips all", "", skip, "no test ran", []string{started, begin, "=== RUN   TestA", "    a_test.go:1: no reason",
			"--- SKIP: TestA (0.00s)", ended, exit}, 0, 0, 1},
		{"panics", "", crash, "in guest", []string{started, begin, "=== RUN   TestA", "Kernel panic - not syncing"}, 0, 0, 0},
		{"hangs", "its console was silent for 2m0s", crash, "in guest its console was silent for 2m0s", []string{started, begin}, 0, 0, 0},
		{"ends after the tests, before the end", "", crash, "the guest ended by itself",
			[]string{started, begin, "--- PASS: TestA (0.00s)", ended}, 1, 0, 0},
		{"says nothing", "", noBoot, "the guest ended by itself", nil, 0, 0, 0},
		{"cannot mount", "", failed, "", []string{started, line(protocol.Trouble, "mount /sys: no", ""), begin, "--- PASS: TestA (0.00s)", ended, exit}, 1, 1, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := &result{kernel: &kernels.Matrix[0], console: newConsole(false)}
			for _, l := range c.lines {
				r.console.add(l)
			}
			r.judge(c.why)
			if r.status != c.status || r.reason != c.reason {
				t.Errorf("%s '%s', want %s '%s'", r.status, r.reason, c.status, c.reason)
			}
			if got := []int{r.console.passed, len(r.console.failed) + len(r.console.broken), len(r.console.skipped)}; got[0] != c.passed || got[1] != c.failed || got[2] != c.skipped {
				t.Errorf("%v passed, failed, skipped", got)
			}
			if bad := c.status != pass && c.status != skip; r.isBad() != bad {
				t.Errorf("bad: %v", r.isBad())
			}
		})
	}
}

// TestReport: the exit status, and that a matrix of skips is no success.
func TestReport(t *testing.T) {
	k := &kernels.Matrix[0]
	row := func(status string) *result { return &result{kernel: k, status: status, reason: "because"} }
	for _, c := range []struct {
		rows   []*result
		status int
		says   string
	}{
		{[]*result{row(pass), row(skip)}, 0, "2 kernels: 1 ran, 0 bad, 1 skipped"},
		{[]*result{row(pass), row(crash)}, exitBad, "1 bad"},
		{[]*result{row(noBoot)}, exitBad, "1 bad"},
		{[]*result{row(skip)}, exitNothing, "NOTHING WAS TESTED"},
	} {
		var out bytes.Buffer
		if status := report(&out, c.rows, time.Second); status != c.status || !strings.Contains(out.String(), c.says) {
			t.Errorf("status %d, want %d and '%s':\n%s", status, c.status, c.says, &out)
		}
	}
}

// TestWatch: a silent guest is given up, a talking one is not.
func TestWatch(t *testing.T) {
	never := func() bool { return false }
	silent := make(chan string)
	if why := watch(newConsole(false), silent, time.Millisecond, time.Hour, never); !strings.Contains(why, "silent") {
		t.Errorf("a silent guest: '%s'", why)
	}
	if why := watch(newConsole(false), silent, time.Hour, time.Millisecond, never); !strings.Contains(why, "ran for more") {
		t.Errorf("an endless guest: '%s'", why)
	}
	talking := make(chan string, 1)
	talking <- started
	close(talking)
	c := newConsole(false)
	if why := watch(c, talking, time.Hour, time.Hour, never); why != "" || !c.started {
		t.Errorf("a guest that ends: '%s'", why)
	}
}

// TestArchive reads back what archive writes.
func TestArchive(t *testing.T) {
	var b bytes.Buffer
	a := newArchive(&b)
	a.dir("tests")
	a.device("dev/console", 5, 1)
	a.file("init", 0o755, []byte("hello"))
	if err := a.close(); err != nil {
		t.Fatal(err)
	}
	var got []string
	for raw := b.Bytes(); ; {
		field := func(i int) int {
			n, err := strconv.ParseUint(string(raw[6+8*i:14+8*i]), 16, 32)
			if err != nil {
				t.Fatal(err)
			}
			return int(n)
		}
		if string(raw[:6]) != "070701" {
			t.Fatalf("magic %q", raw[:6])
		}
		size, nameLen := field(6), field(11)
		name := string(raw[110 : 110+nameLen-1])
		if name == "TRAILER!!!" {
			break
		}
		at := (110 + nameLen + 3) &^ 3
		got = append(got, fmt.Sprintf("%s %o %d,%d %q", name, field(1), field(9), field(10), raw[at:at+size]))
		raw = raw[(at+size+3)&^3:]
	}
	want := `[tests 40755 0,0 "" dev/console 20600 5,1 "" init 100755 0,0 "hello"]`
	if fmt.Sprint(got) != want {
		t.Errorf("got  %v\nwant %s", got, want)
	}
}

// TestFigures: growth beyond the tolerance and the limit is bad, and what was
// recorded is read again.
func TestFigures(t *testing.T) {
	o := &options{root: t.TempDir(), update: true}
	if err := os.Mkdir(filepath.Join(o.root, "vmtest"), 0o755); err != nil {
		t.Fatal(err)
	}
	run := func(figures map[string]string) *result {
		r := &result{kernel: &kernels.Matrix[0], status: pass, console: newConsole(false)}
		r.console.figures = figures
		checkFigures(o, []*result{r})
		return r
	}
	run(map[string]string{"sys_enter": "10000", "copy": "90000"})
	o.update = false
	for _, c := range []struct {
		name, figure string
		bad          bool
	}{
		{"sys_enter", "10000", false}, {"sys_enter", "12900", false}, {"sys_enter", "13100", true}, {"sys_enter", "9", false},
		{"copy", "600000", true}, {"new", "5", false}, {"new", "600000", true},
	} {
		if r := run(map[string]string{c.name: c.figure}); r.isBad() != c.bad {
			t.Errorf("%s %s: %v", c.name, c.figure, r.bad)
		}
	}
}
