package loader

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"

	"github.com/ebtrace/ebtrace/bpf"
)

// currentCall is the call that a thread just attached to is in, nil if it is
// in none or that cannot be known. The kernel tells in /proc/PID/task/TID/syscall
// (proc_pid_syscall(5)): "running", or the number, six arguments, stack pointer
// and program counter; the number is -1 outside of a call.
func (s *Session) currentCall(a Attached) *bpf.TraceEbSlot {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/syscall", a.PID, a.TID))
	if err != nil || !s.StillInCall(a.Slot) {
		return nil
	}
	f := strings.Fields(string(b))
	if len(f) != 9 {
		return nil
	}
	nr, err := strconv.ParseInt(f[0], 10, 32)
	if err != nil || nr < 0 {
		return nil
	}
	in := &bpf.TraceEbSlot{Nr: int32(nr), Abi: nativeABI(a)}
	for i := range in.Args {
		if in.Args[i], err = strconv.ParseUint(f[i+1], 0, 64); err != nil {
			return nil
		}
	}
	in.Ip, _ = strconv.ParseUint(f[8], 0, 64)
	return in
}

// nativeABI is the ABI of a process by the class of its program file. A 64-bit
// program inside int 0x80 is mistaken for its own kind: /proc does not say.
func nativeABI(a Attached) uint8 {
	native, narrow := uint8(bpf.TraceEbAbiEB_ABI_AMD64), uint8(bpf.TraceEbAbiEB_ABI_I386)
	if runtime.GOARCH == "arm64" {
		native, narrow = uint8(bpf.TraceEbAbiEB_ABI_ARM64), uint8(bpf.TraceEbAbiEB_ABI_UNKNOWN)
	}
	f, err := os.Open(fmt.Sprintf("/proc/%d/exe", a.PID))
	if err != nil {
		return native
	}
	defer f.Close()
	var head [5]byte
	if _, err := f.Read(head[:]); err == nil && string(head[:4]) == "\x7fELF" && head[4] == 1 {
		return narrow
	}
	return native
}
