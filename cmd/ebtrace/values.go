package main

import (
	"fmt"
	"math"
	"math/bits"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/ebtrace/ebtrace/decode/output"
	"github.com/ebtrace/ebtrace/decode/table"
)

// badValue is the error for the value of an option, in strace's words.
func badValue(opt, v string) error { return fmt.Errorf("invalid %s argument: '%s'", opt, v) }

func setString(p func(o *options) *string) func(*options, string) error {
	return func(o *options, v string) error {
		*p(o) = v
		return nil
	}
}

// setPIDs reads the ids of processes, apart by commas or white space, as
// pgrep(1) and pidof(1) print them.
func setPIDs(o *options, v string) error {
	fields := strings.FieldsFunc(v, func(r rune) bool { return strings.ContainsRune(", \t\n", r) })
	if len(fields) == 0 {
		return failf("Invalid process id: '%s'", v)
	}
	for _, f := range fields {
		pid, err := strconv.ParseInt(f, 10, 32)
		if err != nil || pid <= 0 {
			return failf("Invalid process id: '%s'", f)
		}
		if int(pid) == os.Getpid() {
			return failf("Can't trace ebtrace by itself: process %s", f)
		}
		if !slices.Contains(o.pids, int(pid)) {
			o.pids = append(o.pids, int(pid))
		}
	}
	return nil
}

// setFollow counts -f: the second one asks for a file per thread.
func setFollow(o *options, _ string) error {
	o.out.separately = o.out.separately || o.followSeen
	o.followSeen = true
	return nil
}

func setEnv(o *options, v string) error {
	name, value, ok := strings.Cut(v, "=")
	if name == "" {
		return badValue("-E", v)
	}
	o.env = append(o.env, envChange{name, value, !ok})
	return nil
}

// setPath takes PATH as it is written, absolute, and with its links followed:
// a program may use any of these.
func setPath(o *options, v string) error {
	if v == "" {
		return badValue("-P", v)
	}
	add := func(p string) {
		if !slices.Contains(o.sel.paths, p) {
			o.sel.paths = append(o.sel.paths, p)
		}
	}
	add(v)
	if abs, err := filepath.Abs(v); err == nil {
		add(abs)
		if real, err := filepath.EvalSymlinks(abs); err == nil {
			add(real)
		}
	}
	return nil
}

func setDuration(o *options, v string) (err error) {
	o.sel.minDuration, err = table.ParseDuration(v)
	return err
}

// commMax is the longest name that a thread has: TASK_COMM_LEN less its NUL
// (include/linux/sched.h).
const commMax = 15

func setComms(o *options, v string) error {
	for name := range strings.SplitSeq(v, ",") {
		if name == "" {
			return badValue("--comm", v)
		}
		o.sel.comms = append(o.sel.comms, name[:min(len(name), commMax)])
	}
	return nil
}

func setUIDs(o *options, v string) error {
	for name := range strings.SplitSeq(v, ",") {
		uid, err := strconv.ParseUint(name, 10, 32)
		if err != nil {
			u, err := user.Lookup(name)
			if err != nil {
				return failf("Cannot find user '%s'", name)
			}
			if uid, err = strconv.ParseUint(u.Uid, 10, 32); err != nil {
				return failf("Cannot find user '%s'", name)
			}
		}
		o.sel.uids = append(o.sel.uids, uint32(uid))
	}
	return nil
}

func setOutput(o *options, v string) error {
	o.out.file = v
	if cmd, ok := o.out.piped(); v == "" || ok && strings.TrimSpace(cmd) == "" {
		return badValue("-o", v)
	}
	return nil
}

// Bounds of --buffer in bytes: a page, and what a ring can be
// (kernel/bpf/ringbuf.c: its pages are counted in 32 bits of bytes).
const (
	bufferMin = 4096
	bufferMax = 1 << 30
)

// setBuffer reads a size with K, M or G; a ring's is a power of two, the next
// one up is taken.
func setBuffer(o *options, v string) error {
	num, shift := v, 0
	for i, unit := range []string{"K", "M", "G"} {
		for _, suffix := range []string{unit, strings.ToLower(unit), unit + "iB"} {
			if rest, ok := strings.CutSuffix(v, suffix); ok {
				num, shift = rest, 10*(i+1)
			}
		}
	}
	n, err := strconv.ParseUint(num, 10, 32)
	if err != nil || n == 0 || n<<shift > bufferMax {
		return fmt.Errorf("invalid --buffer argument: '%s': a size such as 512K or 16M, at most 1G", v)
	}
	n = max(n<<shift, bufferMin)
	o.buffer = 1 << bits.Len64(n-1)
	return nil
}

func setStrLimit(o *options, v string) error {
	n, err := strconv.ParseUint(v, 10, 31)
	if err != nil {
		return badValue("-s", v)
	}
	o.text.StrSize = int(n)
	return nil
}

func setAlign(o *options, v string) error {
	n, err := strconv.ParseUint(v, 10, 31)
	if err != nil || n > math.MaxUint16 {
		return badValue("-a", v)
	}
	o.text.Column = int(n)
	return nil
}

func setSort(o *options, v string) (err error) {
	o.counts.order, err = output.ParseOrder(v)
	return err
}

func setColumns(o *options, v string) (err error) {
	o.counts.columns, err = output.ParseColumns(v)
	return err
}
