package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"github.com/ebtrace/ebtrace/decode/table"
)

// ruled is a case of calls that rules stop: which call, under which rules, and
// how many times the bare stops that it takes it may cost.
type ruled struct {
	name  string
	loop  string
	rules string
	stops int     // of those that it is compared with; 0: none
	limit float64 // times those; 0: no aim
	added []float64
	times []float64
}

// enforce compares the cost of calls that rules stop with the cost of the bare
// stops, made by a program that does nothing else, and with strace's inject.
func (b *bench) enforce() error {
	stops := filepath.Join(b.dir, "stops")
	if out, err := exec.Command("gcc", "-O2", "-o", stops, "test/bench/testdata/stops.c").CombinedOutput(); err != nil {
		return fmt.Errorf("gcc: %v\n%s", err, out)
	}
	cases := []*ruled{
		{name: "no rule names it", loop: "getppid", rules: `{name: r, syscalls: [swapon], deny: EPERM}`},
		{name: "deny by its number", loop: "getppid", rules: `{name: r, syscalls: [getppid], deny: EPERM}`},
		{name: "deny by what a stop must find out", loop: "getppid", rules: `{name: r, syscalls: [getppid], when: 2+, deny: EPERM}`, stops: 1, limit: 1.3},
		{name: "rewrite", loop: "getpgid", rules: `{name: r, syscalls: [getpgid], rewrite: {0: 0}}`, stops: 2, limit: 1.3},
		{name: "allow after a look at the path", loop: "access", rules: `{name: r, syscalls: [access], path: /none, deny: EPERM}`, stops: 2, limit: 1.3},
		{name: "allow, and a look at what was opened", loop: "open", rules: `{name: r, syscalls: [open], path: /none, deny: EPERM}`, stops: 2},
	}
	nr, ok := table.Number(map[string]table.ABI{"amd64": table.AMD64, "arm64": table.ARM64}[runtime.GOARCH], "getppid")
	if !ok {
		return fmt.Errorf("no table for %s", runtime.GOARCH)
	}
	var bare [3][]float64
	var inject []float64
	for range b.rounds {
		base, err := b.bases()
		if err != nil {
			return err
		}
		for n := 1; n <= 2; n++ {
			c, err := b.looped("getppid", ruledCalls, stops, fmt.Sprint(n), fmt.Sprint(nr))
			if err != nil {
				return err
			}
			bare[n] = append(bare[n], c.ns-base["getppid"])
		}
		for _, c := range cases {
			if err := b.ruled(c, base, &bare); err != nil {
				return err
			}
		}
		if have("strace") == nil {
			c, err := b.looped("getppid", ruledCalls, "strace", "-f", "--seccomp-bpf", "-o", "/dev/null", "-e", "trace=getppid", "-e", "inject=getppid:retval=1")
			if err != nil {
				return err
			}
			inject = append(inject, c.ns-base["getppid"])
		}
	}
	for n := 1; n <= 2; n++ {
		b.add(fmt.Sprintf("a filter and %d bare stop(s), added ns per call", n), "", fmt.Sprintf("%.0f", median(bare[n])), true)
	}
	for _, c := range cases {
		b.add("rules: "+c.name+", added ns per call", "", fmt.Sprintf("%.0f", median(c.added)), true)
		if c.limit > 0 {
			b.most(fmt.Sprintf("the same in times of %d bare stop(s)", c.stops), median(c.times), c.limit, "%.2f")
		}
	}
	if len(inject) > 0 {
		b.add("strace --seccomp-bpf -e inject=...:retval=, added ns per call", "", fmt.Sprintf("%.0f", median(inject)), true)
	}
	return nil
}

// ruledCalls is how many calls are made that stop.
const ruledCalls = 30000

// bases are the costs of the calls when nobody looks.
func (b *bench) bases() (map[string]float64, error) {
	base := map[string]float64{}
	for _, kind := range []string{"getppid", "getpgid", "access", "open"} {
		c, err := b.looped(kind, 200000)
		if err != nil {
			return nil, err
		}
		base[kind] = c.ns
	}
	return base, nil
}

// ruled measures one case once.
func (b *bench) ruled(c *ruled, base map[string]float64, bare *[3][]float64) error {
	policy := filepath.Join(b.dir, "policy.yaml")
	if err := os.WriteFile(policy, []byte("version: 1\nrules: ["+c.rules+"]\n"), 0o600); err != nil {
		return err
	}
	n := ruledCalls
	if c.stops == 0 {
		n *= 10
	}
	got, err := b.looped(c.loop, n, b.ebtrace, "-e", "trace=none", "-e", "signal=none", "-o", "/dev/null", "--enforce", policy, "--")
	if err != nil {
		return err
	}
	added := got.ns - base[c.loop]
	c.added = append(c.added, added)
	if c.stops > 0 {
		all := bare[c.stops]
		c.times = append(c.times, added/all[len(all)-1])
	}
	return nil
}
