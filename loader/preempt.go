package loader

import (
	"strconv"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"golang.org/x/sys/unix"
)

// What stands for a call in the compiled programs (bpf/preempt.h), and the
// kernel function that takes its place.
var preemptCalls = map[int64]string{0x7eb00: "bpf_preempt_disable", 0x7eb01: "bpf_preempt_enable"}

// needNoPreempt says whether programs at tracepoints can be preempted: from
// Linux 7.0 on. No type tells, so the version must.
func needNoPreempt(release string) bool {
	major, _, _ := strings.Cut(release, ".")
	n, err := strconv.Atoi(major)
	return err == nil && n >= 7
}

func kernelRelease() string {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return ""
	}
	return unix.ByteSliceToString(u.Release[:])
}

// setPreempt puts the kernel's functions, known by their ids in its types, in
// place of the calls that stand for them; nothing where funcs lacks them.
func setPreempt(spec *ebpf.CollectionSpec, funcs map[string]uint32) {
	for _, p := range spec.Programs {
		for i := range p.Instructions {
			ins := &p.Instructions[i]
			name, ok := preemptCalls[ins.Constant]
			if !ok || !ins.IsBuiltinCall() {
				continue
			}
			if id := funcs[name]; id != 0 {
				ins.Src, ins.Constant = asm.PseudoKfuncCall, int64(id)
				continue
			}
			ins.OpCode, ins.Constant = asm.Ja.Op(asm.ImmSource), 0 // to the next one
		}
	}
}
