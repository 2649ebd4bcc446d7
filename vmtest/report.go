package main

import (
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/ebtrace/ebtrace/vmtest/kernels"
)

// Statuses of a kernel.
const (
	pass   = "PASS"
	failed = "FAIL"   // a test failed, or a binary ended badly
	crash  = "CRASH"  // init ran, but not to its end
	noBoot = "NOBOOT" // init never ran
	skip   = "SKIP"   // nothing was run
)

// result is what came of one kernel.
type result struct {
	kernel  *kernels.Kernel
	status  string
	reason  string
	release string
	accel   string
	console *console
	took    time.Duration
	bad     []string // figures out of bounds
}

func (r *result) skip(why string) *result {
	r.status, r.reason = skip, why
	return r
}

func (r *result) fail(err error) *result {
	r.status, r.reason = failed, err.Error()
	return r
}

// judge settles the status when the guest has ended; why says how it was
// ended, "" if it ended by itself. QEMU's own status says nothing: it is 0
// after a panic.
func (r *result) judge(why string) {
	c := r.console
	r.took = time.Since(c.began)
	if c.release != "" {
		r.release = c.release
	}
	switch {
	case !c.started:
		r.status, r.reason = noBoot, why
	case !c.exited:
		r.status, r.reason = crash, why
		if c.inside != "" {
			r.reason = strings.TrimSpace("in " + c.inside + " " + why)
		}
	case len(c.failed)+len(c.broken) > 0:
		r.status = failed
	case c.passed == 0:
		r.status, r.reason = skip, "no test ran"
	default:
		r.status = pass
	}
	if r.reason == "" && (r.status == crash || r.status == noBoot) {
		r.reason = "the guest ended by itself"
	}
}

// lacking is how the reason begins of a test that skips because its kernel has
// not what it tests.
const lacking = "this kernel"

// strict makes bad what else was not tested.
func (r *result) strict() {
	if r.status == skip {
		r.status = failed
	}
	if r.console == nil {
		return
	}
	for _, s := range r.console.skipped {
		if why := where.ReplaceAllString(s.reason, ""); !strings.HasPrefix(why, lacking) {
			r.bad = append(r.bad, fmt.Sprintf("%s was skipped: %s", s.test, why))
		}
	}
}

func (r *result) isBad() bool { return r.status != pass && r.status != skip || len(r.bad) > 0 }

const columns = "%-6s  %-6s  %-5s  %-28s  %-5s  %7s  %7s  %6s  %6s  %7s"

// print writes the row of the table, then what went wrong.
func (r *result) print(w io.Writer) {
	fmt.Fprintln(w, r.row())
	c := r.console
	if c == nil || !r.isBad() {
		return
	}
	for _, line := range append(slices.Clone(c.broken), r.bad...) {
		fmt.Fprintln(w, "    "+line)
	}
	lines := c.detail
	if r.status == crash || r.status == noBoot || len(lines)+len(r.bad) == 0 {
		fmt.Fprintln(w, "    console's end:")
		lines = c.tail
	}
	for _, line := range lines {
		fmt.Fprintln(w, "    | "+line)
	}
}

func (r *result) row() string {
	none, boot, took := "-", "-", "-"
	p, f, s := none, none, none
	if c := r.console; c != nil {
		boot, took = seconds(c.bootTime), seconds(r.took)
		p, f, s = fmt.Sprint(c.passed), fmt.Sprint(len(c.failed)+len(c.broken)), fmt.Sprint(len(c.skipped))
	}
	line := fmt.Sprintf(columns, r.status, r.kernel.Series, r.kernel.Arch, or(r.release), or(r.accel), boot, took, p, f, s)
	if r.reason != "" {
		line += "  " + r.reason
	}
	return line
}

func or(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1fs", d.Seconds()) }

// report prints the table once more, whole, with the reasons of what was
// skipped, and returns the exit status.
func report(w io.Writer, results []*result, took time.Duration) int {
	fmt.Fprintf(w, "\n"+columns+"\n", "status", "kernel", "arch", "release", "accel", "boot", "total", "passed", "failed", "skipped")
	ran, bad := 0, 0
	for _, r := range results {
		fmt.Fprintln(w, r.row())
		for _, b := range r.bad {
			fmt.Fprintln(w, "    "+b)
		}
		if r.status != skip {
			ran++
		}
		if r.isBad() {
			bad++
		}
	}
	costs(w, results)
	skips(w, results)
	fmt.Fprintf(w, "vmtest: %d kernels: %d ran, %d bad, %d skipped in %s\n", len(results), ran, bad, len(results)-ran, seconds(took))
	switch {
	case bad > 0:
		return exitBad
	case ran == 0:
		fmt.Fprintln(w, "NOTHING WAS TESTED")
		return exitNothing
	}
	return 0
}

// where is the place of a test's message: file and line.
var where = regexp.MustCompile(`^\S+\.go:\d+: `)

// skips prints why tests were skipped: one line for each reason.
func skips(w io.Writer, results []*result) {
	type skips struct{ tests, kernels []string }
	reasons := map[string]*skips{}
	for _, r := range results {
		if r.console == nil {
			continue
		}
		for _, s := range r.console.skipped {
			why := where.ReplaceAllString(s.reason, "")
			if reasons[why] == nil {
				reasons[why] = &skips{}
			}
			of := reasons[why]
			if test, _, _ := strings.Cut(s.test, "/"); !slices.Contains(of.tests, test) {
				of.tests = append(of.tests, test)
			}
			if name := r.kernel.Name(); !slices.Contains(of.kernels, name) {
				of.kernels = append(of.kernels, name)
			}
		}
	}
	for _, why := range slices.Sorted(maps.Keys(reasons)) {
		of := reasons[why]
		fmt.Fprintf(w, "skipped: %s: %s (%s)\n", why, strings.Join(of.tests, ", "), strings.Join(of.kernels, ", "))
	}
}

// costs prints what tests have measured.
func costs(w io.Writer, results []*result) {
	for _, r := range results {
		if r.console == nil {
			continue
		}
		for _, l := range r.console.costs {
			fmt.Fprintf(w, "cost  %-12s  %-60s  %s\n", r.kernel.Name(), l.Text, l.Status)
		}
	}
}
