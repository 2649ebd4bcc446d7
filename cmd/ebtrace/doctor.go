package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/ebtrace/ebtrace/loader"
)

// finding is one line of the doctor's.
type finding struct {
	name   string
	state  string // "ok", "no", "note"
	reason string
	vital  bool // nothing can be traced if this is "no"
}

// doctor prints what this kernel and this user can do, and returns 0 if that
// is enough to trace.
func doctor(w io.Writer) int {
	found := append(kernelFindings(), userFindings()...)
	lack := checkPrivilege(false)
	able := true
	for _, p := range loader.Probes() {
		f := probeFinding(p, lack != nil)
		found = append(found, f)
	}
	for _, f := range found {
		fmt.Fprintf(w, "%-22s %-5s %s\n", f.name, f.state, oneLine(f.reason))
		able = able && (f.state != "no" || !f.vital)
	}
	if lack == nil && able {
		doctorLayers(w)
	}
	switch {
	case lack != nil:
		fmt.Fprintf(w, "\nebtrace cannot trace: %v\n", lack)
		return exitAttach
	case !able:
		fmt.Fprintln(w, "\nebtrace cannot trace on this kernel: see the lines with \"no\" above")
		return exitAttach
	}
	fmt.Fprintln(w, "\nebtrace can trace here.")
	return 0
}

// probeFinding puts the answer to a probe into words. Where capabilities lack,
// that permission was denied says nothing of the kernel.
func probeFinding(p loader.Probe, lack bool) finding {
	switch {
	case p.Err == nil:
		return finding{p.Name, "ok", p.Use, true}
	case lack && errors.Is(p.Err, unix.EPERM):
		return finding{p.Name, "note", "unknown without the capabilities; wanted " + p.Use, false}
	}
	return finding{p.Name, "no", fmt.Sprintf("%v; wanted %s", p.Err, p.Use), p.Required}
}

// kernelFindings are the facts about the kernel that need no BPF.
func kernelFindings() []finding {
	var u unix.Utsname
	_ = unix.Uname(&u)
	release, machine := unix.ByteSliceToString(u.Release[:]), unix.ByteSliceToString(u.Machine[:])
	found := []finding{
		{name: "kernel", state: "ok", reason: release},
		{name: "architecture", state: "ok", reason: machine},
	}
	if machine != "x86_64" && machine != "aarch64" {
		found[1] = finding{"architecture", "no", machine + ": ebtrace knows x86_64 and aarch64", true}
	}
	return append(found, lockdown(), pidNamespace())
}

// lockdown reads the kernel's lockdown level. From "confidentiality" on BPF
// programs may not read memory (kernel_lockdown(7)).
func lockdown() finding {
	const file = "/sys/kernel/security/lockdown"
	b, err := os.ReadFile(file)
	if err != nil {
		return finding{"lockdown", "note", "unknown: " + file + " cannot be read (" + plain(err).Error() + ")", false}
	}
	_, level, _ := strings.Cut(string(b), "[")
	level, _, _ = strings.Cut(level, "]")
	if level == "confidentiality" {
		return finding{"lockdown", "no", level + ": BPF programs may not read memory; boot without it", true}
	}
	return finding{"lockdown", "ok", level, false}
}

// initialPIDNamespace is the inode of the first pid namespace
// (PROC_PID_INIT_INO in include/linux/proc_ns.h).
const initialPIDNamespace = "pid:[4026531836]"

func pidNamespace() finding {
	ns, err := os.Readlink("/proc/self/ns/pid")
	switch {
	case err != nil:
		return finding{"pid namespace", "note", "unknown: " + plain(err).Error(), false}
	case ns != initialPIDNamespace:
		return finding{"pid namespace", "no", ns + " is not the initial one: ids would not match; run ebtrace on the host", true}
	}
	return finding{"pid namespace", "ok", "the initial one", false}
}

// userFindings are the capabilities, and what the kernel allows without.
func userFindings() []finding {
	var found []finding
	caps, err := effective()
	for _, n := range needs {
		switch {
		case err != nil:
			found = append(found, finding{n.name, "no", plain(err).Error(), false})
		case has(caps, n):
			found = append(found, finding{n.name, "ok", "to " + n.use, false})
		default:
			found = append(found, finding{n.name, "no", "missing: to " + n.use, false})
		}
	}
	return append(found, unprivileged(), canDrop())
}

func unprivileged() finding {
	b, err := os.ReadFile("/proc/sys/kernel/unprivileged_bpf_disabled")
	if err != nil {
		return finding{"unprivileged BPF", "note", "unknown: " + plain(err).Error(), false}
	}
	state := map[string]string{"0": "allowed", "1": "forbidden until the next boot", "2": "forbidden"}[strings.TrimSpace(string(b))]
	return finding{"unprivileged BPF", "note", state + "; ebtrace needs the capabilities above in any case", false}
}

// canDrop says whether capabilities can be given up after attaching, which
// takes a call in every thread at once.
func canDrop() finding {
	if err := allThreads(); err != nil {
		return finding{"dropping capabilities", "no", "this binary links C code; build it with CGO_ENABLED=0", false}
	}
	return finding{"dropping capabilities", "ok", "given up once a trace has begun", false}
}
