// Command bench measures ebtrace against its targets: what tracing costs the
// traced program and others, and what the tracer itself needs. Times are
// compared within rounds in which untraced and traced runs alternate; of the
// rounds' ratios the median counts. Instructions are counted by the traced
// program itself (perf_event_open).
//
// It needs root, gcc, and for comparison strace, perf and redis; what is
// missing is left out by name.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// figure is one line of the result.
type figure struct {
	name   string
	target string // in words; empty if there is none
	value  string
	met    bool
}

// bench holds what the measurements share.
type bench struct {
	ebtrace string
	dir     string // scratch
	loop    string // the compiled loop program
	rounds  int
	load    string // average of the last minute before the first measurement
	figures []figure
}

// measurement is one group of figures.
type measurement struct {
	name string
	run  func(b *bench) error
}

var measurements = []measurement{
	{"getppid", (*bench).getppid},
	{"instructions", (*bench).instructions},
	{"no-loss", (*bench).noLoss},
	{"files", (*bench).files},
	{"storm", (*bench).storm},
	{"gcc", (*bench).gcc},
	{"redis", (*bench).redis},
	{"own", (*bench).own},
	{"start", (*bench).start},
	{"enforce", (*bench).enforce},
}

func main() {
	rounds := flag.Int("rounds", 5, "rounds of each comparison")
	only := flag.String("only", "", "measure only groups whose name matches this regular expression")
	flag.Parse()
	if err := run(*rounds, *only); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(rounds int, only string) error {
	if os.Geteuid() != 0 {
		return fmt.Errorf("needs root")
	}
	sel, err := regexp.Compile(only)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "ebtrace-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b := &bench{dir: dir, loop: filepath.Join(dir, "loop"), rounds: rounds}
	if load, err := os.ReadFile("/proc/loadavg"); err == nil {
		b.load = firstWord(load)
	}
	if b.ebtrace, err = filepath.Abs("bin/ebtrace"); err != nil {
		return err
	}
	if out, err := exec.Command("gcc", "-O2", "-o", b.loop, "test/bench/testdata/loop.c").CombinedOutput(); err != nil {
		return fmt.Errorf("gcc: %v\n%s", err, out)
	}
	for _, m := range measurements {
		if !sel.MatchString(m.name) {
			continue
		}
		fmt.Fprintf(os.Stderr, "measuring %s\n", m.name)
		if err := m.run(b); err != nil {
			b.add(m.name, "", "not measured", true)
			fmt.Fprintf(os.Stderr, "%s: %v\n", m.name, err)
		}
	}
	b.print()
	return nil
}

func firstWord(b []byte) string {
	w, _, _ := strings.Cut(string(b), " ")
	return w
}

// add records a figure; met tells whether the target is reached.
func (b *bench) add(name, target, value string, met bool) {
	b.figures = append(b.figures, figure{name, target, value, met})
}

// most records a figure that must not be above a limit, least one that must
// not be below.
func (b *bench) most(name string, value, limit float64, format string) {
	b.add(name, "at most "+fmt.Sprintf(format, limit), fmt.Sprintf(format, value), value <= limit)
}

func (b *bench) least(name string, value, limit float64, format string) {
	b.add(name, "at least "+fmt.Sprintf(format, limit), fmt.Sprintf(format, value), value >= limit)
}

func (b *bench) print() {
	if load, err := os.ReadFile("/proc/loadavg"); err == nil {
		fmt.Printf("%d rounds; load average before: %s, after: %s; a busy machine makes every figure worse\n\n",
			b.rounds, b.load, firstWord(load))
	}
	fmt.Printf("%-66s %18s %18s\n%s\n", "", "target", "measured", strings.Repeat("-", 112))
	for _, f := range b.figures {
		verdict := ""
		switch {
		case strings.HasPrefix(f.value, "no"): // not measured
		case f.target != "" && f.met:
			verdict = "met"
		case f.target != "":
			verdict = "MISSED"
		}
		fmt.Printf("%-66s %18s %18s %s\n", f.name, f.target, f.value, verdict)
	}
}
