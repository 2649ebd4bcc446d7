package main

import (
	"fmt"
	"os/exec"
	"strconv"
	"strings"
)

// getppid compares the added cost of one call with strace's and perf trace's.
func (b *bench) getppid() error {
	type tracer struct {
		name  string
		n     int
		args  []string
		added []float64
	}
	tracers := []*tracer{
		{name: "ebtrace", n: 1000000, args: []string{b.ebtrace, "-o", "trace", "--"}},
		{name: "ebtrace -T", n: 1000000, args: []string{b.ebtrace, "-T", "-o", "trace", "--"}},
		{name: "ebtrace -e trace=getppid", n: 1000000, args: []string{b.ebtrace, "-e", "trace=getppid", "-o", "trace", "--"}},
		{name: "strace", n: 20000, args: []string{"strace", "-f", "-o", "trace"}},
		{name: "perf trace", n: 100000, args: []string{"perf", "trace", "-o", "trace"}},
	}
	var floor []float64
	for range b.rounds {
		base, err := b.looped("getppid", 2000000)
		if err != nil {
			return err
		}
		floor = append(floor, base.ns)
		for _, t := range tracers {
			if have(t.args[0]) != nil && t.args[0] != b.ebtrace {
				continue
			}
			c, err := b.looped("getppid", t.n, t.args...)
			if err != nil {
				return err
			}
			t.added = append(t.added, c.ns-base.ns)
		}
	}
	b.add("getppid, untraced, ns per call", "", fmt.Sprintf("%.0f", median(floor)), true)
	for _, t := range tracers {
		if len(t.added) == 0 {
			b.add("getppid under "+t.name, "", "not measured: not installed", true)
			continue
		}
		b.add("getppid under "+t.name+", added ns per call", "", fmt.Sprintf("%.0f", median(t.added)), true)
	}
	b.compare("strace", tracers[3].added, tracers[0].added, 60)
	b.compare("perf trace", tracers[4].added, tracers[0].added, 15)
	return nil
}

// compare records how many times more another tracer adds, round by round.
func (b *bench) compare(name string, other, own []float64, target float64) {
	if len(other) == 0 {
		return
	}
	var ratios []float64
	for i := range other {
		ratios = append(ratios, other[i]/own[i])
	}
	b.least("getppid: "+name+" adds so many times as much as ebtrace", median(ratios), target, "%.0f")
}

// untracedAim is how many instructions an untraced getppid took where the
// limits below were set: they are about what is above it.
const untracedAim = 301

// perCall are the limits of instructions per getppid, and what the same is
// called in a guest that counts them (vmtest/guest).
var perCall = []struct {
	name   string
	opts   []string
	victim bool // the traced task itself, not a bystander
	guest  string
	limit  float64
}{
	{"traced, all calls, -T", []string{"-T", "-o", "trace"}, true, "getppid, traced, all calls, durations", 1150},
	{"traced, -e trace=getppid", []string{"-e", "trace=getppid", "-o", "trace"}, true, "getppid, traced, -e trace=getppid", 900},
	{"bystander, both points (-T)", []string{"-T", "-o", "trace"}, false, "getppid, bystander, both points", 740},
	{"bystander, one point (-e trace=getppid)", []string{"-e", "trace=getppid", "-o", "trace"}, false, "getppid, bystander, one point (-e trace=getppid)", 580},
}

// instructions counts instructions per call of a traced task and of a
// bystander: by the machine's counters, or else in a guest.
func (b *bench) instructions() error {
	base, err := b.counted(true)
	if err != nil {
		return err
	}
	if base.instructions == 0 {
		return b.instructionsInGuest()
	}
	b.add("instructions per getppid, untraced", "", fmt.Sprintf("%.0f", base.instructions), true)
	for _, c := range perCall {
		v, err := b.counted(c.victim, c.opts...)
		if err != nil {
			return err
		}
		b.most("instructions per getppid, "+c.name, v.instructions, c.limit+base.instructions-untracedAim, "%.0f")
	}
	return nil
}

// guestKernel is where instructions are counted if the machine cannot.
const guestKernel = "6.18"

func (b *bench) instructionsInGuest() error {
	out, err := exec.Command("go", "run", "./vmtest", "-count", "-kernels", guestKernel, "-run", "^TestCost$").CombinedOutput()
	if err != nil {
		return fmt.Errorf("this machine has no counters, and the guest that has did not run: %v\n%s", err, out)
	}
	costs := guestCosts(string(out))
	base := costs["getppid, untraced"]
	b.add("instructions per getppid in a guest ("+guestKernel+"), untraced", "", fmt.Sprintf("%.0f", base), true)
	for _, c := range perCall {
		if v, ok := costs[c.guest]; ok {
			b.most("instructions per getppid in a guest, "+c.name, v, c.limit+base-untracedAim, "%.0f")
		}
	}
	return nil
}

// guestCosts are the figures in what vmtest prints: cost, kernel, what, how much.
func guestCosts(out string) map[string]float64 {
	costs := map[string]float64{}
	for line := range strings.Lines(out) {
		f := strings.Fields(line)
		if len(f) < 4 || f[0] != "cost" {
			continue
		}
		if v, err := strconv.ParseFloat(f[len(f)-1], 64); err == nil {
			costs[strings.Join(f[2:len(f)-1], " ")] = v
		}
	}
	return costs
}

// counted is the median of the cost per call: of a task that is traced with
// opts, or beside one that is. Without opts nothing is traced. Where the
// machine has no hardware counters the instructions are 0.
func (b *bench) counted(victim bool, opts ...string) (cost, error) {
	const n = 500000
	var ns, instructions []float64
	for range b.rounds {
		c, err := b.countedOnce(n, victim, opts)
		if err != nil {
			return cost{}, err
		}
		ns = append(ns, c.ns)
		instructions = append(instructions, c.instructions)
	}
	return cost{median(ns), median(instructions)}, nil
}

func (b *bench) countedOnce(n int, victim bool, opts []string) (cost, error) {
	w, err := b.waiting("getppid", n)
	if err != nil || len(opts) == 0 {
		return w.finishUnless(err)
	}
	pid := w.cmd.Process.Pid
	if !victim {
		sleep := exec.Command("sleep", "1000")
		if err := sleep.Start(); err != nil {
			return cost{}, err
		}
		pid = sleep.Process.Pid
		defer sleep.Wait()
		defer sleep.Process.Kill()
	}
	stop, err := b.attached(pid, opts...)
	if err != nil {
		return cost{}, err
	}
	defer stop()
	return w.finish()
}

// noLoss makes ten million calls as fast as they go.
func (b *bench) noLoss() error {
	const n = 10000000
	_, err := b.looped("getppid", n, b.ebtrace, "--fail-on-loss", "-o", "trace", "--")
	value := "0"
	if err != nil {
		value = "lost"
	}
	b.add("loss over 10 million getppid, text to a file", "0", value, err == nil)
	return nil
}

// files is the loop of open, fstat, read and close.
func (b *bench) files() error {
	const n = 200000
	var ratios []float64
	lost := false
	for range b.rounds {
		base, err := b.looped("files", n)
		if err != nil {
			return err
		}
		c, err := b.looped("files", n, b.ebtrace, "-o", "/dev/null", "--fail-on-loss", "--")
		if err != nil {
			lost = true
			if c, err = b.looped("files", n, b.ebtrace, "-o", "/dev/null", "--"); err != nil {
				return err
			}
		}
		ratios = append(ratios, c.ns/base.ns)
	}
	b.most("open+fstat+read+close, text to /dev/null, times untraced", median(ratios), 4, "%.2f")
	value := "0"
	if lost {
		value = "lost"
	}
	b.add("loss in it", "0", value, !lost)
	return nil
}
