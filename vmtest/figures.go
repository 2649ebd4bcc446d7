package main

import (
	"bufio"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// The verifier's budget. A kernel gives up at a million instructions
// (BPF_COMPLEXITY_LIMIT_INSNS); a program that nears it on one kernel fails on
// another, so that half of it is the most that is accepted.
const (
	mostInstructions = 500_000
	tolerance        = 25  // percent of growth over the recorded figure
	slack            = 500 // instructions of growth that never matter
)

// figureFile holds the recorded figures: lines of kernel, program and
// instructions verified.
func (o *options) figureFile() string { return filepath.Join(o.root, "vmtest", "verifier.txt") }

const figureHead = `# Instructions that each kernel's verifier processed for each program, most of all
# settings tried (loader/verifier_test.go). Written by 'make vmtest-record'; a program
# that grows by more than a quarter, or beyond half of the limit, fails 'make vmtest'.
`

// checkFigures compares what the guests' verifiers said with the file, or
// with -update writes it: the kernels that ran are replaced, others kept.
func checkFigures(o *options, results []*result) {
	old, err := readFigures(o.figureFile())
	if err != nil && !os.IsNotExist(err) {
		fmt.Fprintf(os.Stderr, "vmtest: %v\n", err)
	}
	changed := false
	for _, r := range results {
		if r.console == nil || len(r.console.figures) == 0 {
			continue
		}
		name := r.kernel.Name()
		if o.update {
			maps.DeleteFunc(old, func(k string, _ int) bool { return strings.HasPrefix(k, name+" ") })
		}
		for what, figure := range r.console.figures {
			n, err := strconv.Atoi(figure)
			key := name + " " + what
			if err != nil {
				continue
			}
			if n > mostInstructions {
				r.bad = append(r.bad, fmt.Sprintf("%s: %d instructions verified: more than %d", what, n, mostInstructions))
			}
			if o.update {
				old[key], changed = n, true
				continue
			}
			if was, ok := old[key]; !ok {
				fmt.Printf("vmtest: %s: %s: %d instructions verified, no figure recorded: make vmtest-record\n", name, what, n)
			} else if n > was+was*tolerance/100+slack {
				r.bad = append(r.bad, fmt.Sprintf("%s: %d instructions verified, were %d: look why, then make vmtest-record", what, n, was))
			}
		}
		slices.Sort(r.bad)
	}
	if changed {
		if err := writeFigures(o.figureFile(), old); err != nil {
			fmt.Fprintf(os.Stderr, "vmtest: %v\n", err)
		}
	}
}

func readFigures(name string) (map[string]int, error) {
	figures := map[string]int{}
	f, err := os.Open(name)
	if err != nil {
		return figures, err
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	for s.Scan() {
		fields := strings.Fields(s.Text())
		if len(fields) != 3 || fields[0] == "#" {
			continue
		}
		n, err := strconv.Atoi(fields[2])
		if err != nil {
			return figures, fmt.Errorf("%s: '%s' is no figure", name, fields[2])
		}
		figures[fields[0]+" "+fields[1]] = n
	}
	return figures, s.Err()
}

func writeFigures(name string, figures map[string]int) error {
	var b strings.Builder
	b.WriteString(figureHead)
	for _, key := range slices.Sorted(maps.Keys(figures)) {
		kernel, program, _ := strings.Cut(key, " ")
		fmt.Fprintf(&b, "%-11s %-18s %7d\n", kernel, program, figures[key])
	}
	return os.WriteFile(name, []byte(b.String()), 0o644)
}
