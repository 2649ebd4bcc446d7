package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// storm runs 2,000 short commands from a shell.
func (b *bench) storm() error {
	script := "i=0; while [ $i -lt 2000 ]; do /bin/true; i=$((i+1)); done"
	r, err := b.ratio(b.dir, nil, []string{b.ebtrace, "-o", filepath.Join(b.dir, "trace"), "--"}, "/bin/sh", "-c", script)
	if err != nil {
		return err
	}
	b.most("2,000 short commands from a shell, times untraced", r, 1.15, "%.2f")
	return nil
}

// gcc builds a tree of twelve files with make -j2.
func (b *bench) gcc() error {
	if err := have("gcc", "make"); err != nil {
		return err
	}
	dir := filepath.Join(b.dir, "tree")
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	objects := ""
	for i := range 12 {
		text := "#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n"
		for j := range 100 {
			text += fmt.Sprintf("int f%d_%d(int a) { char s[64]; snprintf(s, sizeof s, \"%%d\", a); return strlen(s) + %d; }\n", i, j, j)
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("f%d.c", i)), []byte(text), 0o644); err != nil {
			return err
		}
		objects += fmt.Sprintf(" f%d.o", i)
	}
	makefile := "CFLAGS=-O2\nlib.a:" + objects + "\n\tar rcs $@ $^\nclean:\n\trm -f *.o lib.a\n"
	if err := os.WriteFile(filepath.Join(dir, "Makefile"), []byte(makefile), 0o644); err != nil {
		return err
	}
	clean := func() error { _, err := b.wall(dir, "make", "clean"); return err }
	r, err := b.ratio(dir, clean, []string{b.ebtrace, "-o", filepath.Join(b.dir, "trace"), "--"}, "make", "-j2")
	if err != nil {
		return err
	}
	b.most("gcc build of a small tree, times untraced", r, 1.15, "%.2f")
	return nil
}

// redis puts load on a server that is traced in several ways.
func (b *bench) redis() error {
	if err := have("redis-server", "redis-benchmark"); err != nil {
		return err
	}
	ways := []struct {
		name   string
		tracer []string
		target float64
		shares []float64
	}{
		{name: "all calls", tracer: []string{b.ebtrace, "-o", filepath.Join(b.dir, "trace"), "--"}, target: 0.6},
		{name: "-e trace=%file", tracer: []string{b.ebtrace, "-e", "trace=%file", "-o", filepath.Join(b.dir, "trace"), "--"}, target: 0.9},
		{name: "strace", tracer: []string{"strace", "-f", "-o", filepath.Join(b.dir, "trace")}},
	}
	for range b.rounds {
		base, err := b.throughput(nil, 100000)
		if err != nil {
			return err
		}
		for i := range ways {
			w := &ways[i]
			n := 100000
			if w.target == 0 {
				if have("strace") != nil {
					continue
				}
				n = 5000
			}
			v, err := b.throughput(w.tracer, n)
			if err != nil {
				return err
			}
			w.shares = append(w.shares, v/base)
		}
	}
	for _, w := range ways {
		if len(w.shares) == 0 {
			continue
		}
		v := median(w.shares)
		if w.target == 0 {
			b.add("redis-benchmark, share of throughput left by "+w.name, "", fmt.Sprintf("%.2f", v), true)
			continue
		}
		b.least("redis-benchmark, share of throughput left, "+w.name, v, w.target, "%.2f")
	}
	return nil
}

// throughput is the requests per second of a server under a tracer.
func (b *bench) throughput(tracer []string, n int) (float64, error) {
	const port = "18086"
	args := append(append([]string(nil), tracer...), "redis-server", "--port", port, "--save", "", "--appendonly", "no")
	server := exec.Command(args[0], args[1:]...)
	server.Dir = b.dir
	if err := server.Start(); err != nil {
		return 0, err
	}
	defer server.Wait()
	defer exec.Command("redis-cli", "-p", port, "shutdown", "nosave").Run()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		c, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err == nil {
			c.Close()
			break
		}
		if time.Now().After(end) {
			return 0, fmt.Errorf("redis-server does not answer")
		}
	}
	out, err := exec.Command("redis-benchmark", "-p", port, "-t", "set", "-n", strconv.Itoa(n), "-c", "20", "--csv").Output()
	if err != nil {
		return 0, err
	}
	for _, line := range bytes.Split(out, []byte("\n")) {
		f := strings.Split(string(line), ",")
		if len(f) > 1 && f[0] == `"SET"` {
			return strconv.ParseFloat(strings.Trim(f[1], `"`), 64)
		}
	}
	return 0, fmt.Errorf("redis-benchmark says %q", out)
}

// own is what ebtrace itself uses for five million events.
func (b *bench) own() error {
	const n = 5000000
	var cpu []float64
	var peak int64
	for range b.rounds {
		w, err := b.waiting("getppid", n)
		if err != nil {
			return err
		}
		idle, err := b.attached(w.cmd.Process.Pid, "-o", filepath.Join(b.dir, "trace"))
		if err != nil {
			return err
		}
		begin := idle()
		stop, err := b.attached(w.cmd.Process.Pid, "-o", filepath.Join(b.dir, "trace"))
		if err != nil {
			return err
		}
		if _, err := w.finish(); err != nil {
			return err
		}
		use := stop()
		seconds := func(sec, usec int64) float64 { return float64(sec) + float64(usec)/1e6 }
		used := seconds(use.Utime.Sec+use.Stime.Sec, use.Utime.Usec+use.Stime.Usec) -
			seconds(begin.Utime.Sec+begin.Stime.Sec, begin.Utime.Usec+begin.Stime.Usec)
		cpu = append(cpu, used/(n/1e6))
		peak = max(peak, use.Maxrss)
	}
	b.most("ebtrace's own CPU, s per million text events (start left out)", median(cpu), 0.6, "%.2f")
	b.most("ebtrace's peak memory, MB", float64(peak)/1024, 150, "%.0f")
	return nil
}

// start compares the time to trace a command that does nothing.
func (b *bench) start() error {
	var own, other, ratios []float64
	for range 2*b.rounds + 1 {
		o, err := b.wall(b.dir, b.ebtrace, "-o", "/dev/null", "--", "true")
		if err != nil {
			return err
		}
		own = append(own, o*1000)
		if have("strace") != nil {
			continue
		}
		s, err := b.wall(b.dir, "strace", "-f", "-o", "/dev/null", "true")
		if err != nil {
			return err
		}
		other = append(other, s*1000)
		ratios = append(ratios, o/s)
	}
	b.add("ebtrace -- true, ms", "", fmt.Sprintf("%.1f", median(own)), true)
	if len(other) > 0 {
		b.add("strace -f true, ms", "", fmt.Sprintf("%.1f", median(other)), true)
		b.most("ebtrace -- true, times strace -f true", median(ratios), 3, "%.2f")
	}
	return nil
}
