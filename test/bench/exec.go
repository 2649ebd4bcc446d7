package main

import (
	"bytes"
	"fmt"
	"io"
	"os/exec"
	"sort"
	"strings"
	"syscall"
	"time"
)

// median of at least one value.
func median(v []float64) float64 {
	s := append([]float64(nil), v...)
	sort.Float64s(s)
	if n := len(s); n%2 == 0 {
		return (s[n/2-1] + s[n/2]) / 2
	}
	return s[len(s)/2]
}

// cost is what one round of the loop program costs.
type cost struct{ ns, instructions float64 }

// looped runs the loop program under a tracer (or none, if the tracer is
// empty) and returns the cost of one round.
func (b *bench) looped(kind string, n int, tracer ...string) (cost, error) {
	args := append(append([]string(nil), tracer...), b.loop, kind, fmt.Sprint(n))
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = b.dir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return cost{}, fmt.Errorf("%s: %w: %.300s", strings.Join(args, " "), err, stderr.String())
	}
	return parseCost(string(out))
}

func parseCost(s string) (cost, error) {
	var c cost
	_, err := fmt.Sscan(s, &c.ns, &c.instructions)
	return c, err
}

// waiting is the loop program, ready to run when told.
type waiting struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bytes.Buffer
}

func (b *bench) waiting(kind string, n int) (*waiting, error) {
	w := &waiting{cmd: exec.Command(b.loop, kind, fmt.Sprint(n), "wait"), out: &bytes.Buffer{}}
	var err error
	if w.in, err = w.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	w.cmd.Stdout = w.out
	return w, w.cmd.Start()
}

// finish lets the loop run and returns its cost.
func (w *waiting) finish() (cost, error) {
	if _, err := io.WriteString(w.in, "\n"); err != nil {
		return cost{}, err
	}
	w.in.Close()
	if err := w.cmd.Wait(); err != nil {
		return cost{}, err
	}
	return parseCost(strings.TrimPrefix(w.out.String(), "ready\n"))
}

// finishUnless is finish if err is nil.
func (w *waiting) finishUnless(err error) (cost, error) {
	if err != nil {
		return cost{}, err
	}
	return w.finish()
}

// attached starts ebtrace on a process and waits until it traces. stop ends it
// as Ctrl-C does and returns what it has used.
func (b *bench) attached(pid int, opts ...string) (stop func() *syscall.Rusage, err error) {
	args := append([]string{"-p", fmt.Sprint(pid)}, opts...)
	cmd := exec.Command(b.ebtrace, args...)
	cmd.Dir = b.dir
	messages, err := cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	var seen []byte
	buf := make([]byte, 4096)
	for !bytes.Contains(seen, []byte("attached")) {
		n, err := messages.Read(buf)
		if err != nil {
			cmd.Wait()
			return nil, fmt.Errorf("ebtrace %v: %s", args, seen)
		}
		seen = append(seen, buf[:n]...)
	}
	go io.Copy(io.Discard, messages)
	return func() *syscall.Rusage {
		cmd.Process.Signal(syscall.SIGINT)
		cmd.Wait()
		return cmd.ProcessState.SysUsage().(*syscall.Rusage)
	}, nil
}

// wall runs a command and returns how long it took, in seconds.
func (b *bench) wall(dir string, args ...string) (float64, error) {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = dir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	begin := time.Now()
	if err := cmd.Run(); err != nil {
		return 0, fmt.Errorf("%s: %w: %.300s", strings.Join(args, " "), err, stderr.String())
	}
	return time.Since(begin).Seconds(), nil
}

// ratio is the median over the rounds of what a command takes under a tracer
// by what it takes without.
func (b *bench) ratio(dir string, before func() error, tracer []string, command ...string) (float64, error) {
	var ratios []float64
	for range b.rounds {
		var times [2]float64
		for i, args := range [][]string{command, append(append([]string(nil), tracer...), command...)} {
			if before != nil {
				if err := before(); err != nil {
					return 0, err
				}
			}
			t, err := b.wall(dir, args...)
			if err != nil {
				return 0, err
			}
			times[i] = t
		}
		ratios = append(ratios, times[1]/times[0])
	}
	return median(ratios), nil
}

func have(names ...string) error {
	for _, n := range names {
		if _, err := exec.LookPath(n); err != nil {
			return fmt.Errorf("no %s", n)
		}
	}
	return nil
}
