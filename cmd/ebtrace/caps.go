package main

import (
	"os"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// need is a capability that tracing wants, and what for.
type need struct {
	bit  int
	name string
	use  string
}

// needs is what opening a session takes (capabilities(7)); once it is open and
// attached, its descriptors are enough.
var needs = []need{
	{unix.CAP_BPF, "CAP_BPF", "load BPF programs"},
	{unix.CAP_PERFMON, "CAP_PERFMON", "attach them to tracepoints"},
	{unix.CAP_SYS_PTRACE, "CAP_SYS_PTRACE", "look into other users' processes in /proc"},
}

// effective reads the effective capabilities of this thread.
func effective() (uint64, error) {
	hdr := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&hdr, &data[0]); err != nil {
		return 0, err
	}
	return uint64(data[1].Effective)<<32 | uint64(data[0].Effective), nil
}

// has says whether a capability set satisfies a need. CAP_SYS_ADMIN includes
// CAP_BPF and CAP_PERFMON (include/linux/capability.h: bpf_capable).
func has(caps uint64, n need) bool {
	admin := n.bit == unix.CAP_BPF || n.bit == unix.CAP_PERFMON
	return caps>>n.bit&1 == 1 || admin && caps>>unix.CAP_SYS_ADMIN&1 == 1
}

// checkPrivilege refuses to go on without the capabilities that this run
// needs, and says what helps. others: processes of other users are attached to.
func checkPrivilege(others bool) error {
	caps, err := effective()
	if err != nil {
		return failf("Can't read capabilities: %w", plain(err))
	}
	return lacking(caps, others)
}

func lacking(caps uint64, others bool) error {
	var names []string
	for _, n := range needs {
		if !has(caps, n) && (n.bit != unix.CAP_SYS_PTRACE || others) {
			names = append(names, n.name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	exe, err := os.Executable()
	if err != nil {
		exe = "ebtrace"
	}
	return failf("Operation not permitted: missing %s; run it with sudo, or do once: sudo setcap %s %s",
		strings.Join(names, ", "), setcapArg(), exe)
}

// setcapArg is what setcap(8) is to be given.
func setcapArg() string {
	names := make([]string, len(needs))
	for i, n := range needs {
		names[i] = strings.ToLower(n.name)
	}
	return strings.Join(names, ",") + "=ep"
}

// dropPrivilege gives up every capability but those in keep, in all threads,
// for good. What is open stays usable. It fails in a build with C code, where
// Go cannot reach all threads (syscall.AllThreadsSyscall).
func dropPrivilege(keep ...int) error {
	have, err := effective()
	if err != nil {
		return err
	}
	var mask uint64
	for _, bit := range keep {
		mask |= have & (1 << bit)
	}
	hdr := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	data := [2]unix.CapUserData{
		{Effective: uint32(mask), Permitted: uint32(mask)},
		{Effective: uint32(mask >> 32), Permitted: uint32(mask >> 32)},
	}
	_, _, e := syscall.AllThreadsSyscall(unix.SYS_CAPSET,
		uintptr(unsafe.Pointer(&hdr)), uintptr(unsafe.Pointer(&data[0])), 0)
	if e != 0 {
		return e
	}
	return nil
}

// allThreads says why no system call can be made in all threads.
func allThreads() error {
	_, _, e := syscall.AllThreadsSyscall(unix.SYS_GETUID, 0, 0, 0)
	if e != 0 {
		return e
	}
	return nil
}
