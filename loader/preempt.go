package loader

import (
	"maps"
	"regexp"
	"slices"
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

const (
	callSecond = 0x7eb02 // bpf/preempt.h
	again      = "_again"
)

// twice are the programs that have a second copy where they can be preempted,
// with those of the layers below that end in one of twiceEnds.
var (
	twice     = []string{"sys_enter", "sys_exit", "task_fork", "task_exec", "task_exit"}
	twiceEnds = regexp.MustCompile("_(fentry|fexit)$")
)

// setPreempt puts the kernel's functions, known by their ids in its types, in
// place of the calls that stand for them, and adds the second copies; where
// funcs lacks them it puts nothing in their place.
func setPreempt(spec *ebpf.CollectionSpec, funcs map[string]uint32) {
	if len(funcs) > 0 {
		for name, p := range maps.Clone(spec.Programs) {
			if slices.Contains(twice, name) || twiceEnds.MatchString(name) {
				spec.Programs[name+again] = p.Copy()
				spec.Programs[name+again].Name = name + again
			}
		}
	}
	for name, p := range spec.Programs {
		second := int64(0)
		if strings.HasSuffix(name, again) {
			second = 1
		}
		for i := range p.Instructions {
			if ins := &p.Instructions[i]; ins.IsBuiltinCall() {
				setCall(ins, funcs, second)
			}
		}
	}
}

func setCall(ins *asm.Instruction, funcs map[string]uint32, second int64) {
	name, ok := preemptCalls[ins.Constant]
	switch {
	case ins.Constant == callSecond:
		ins.OpCode, ins.Dst, ins.Src, ins.Constant = asm.Mov.Op(asm.ImmSource), asm.R0, asm.R0, second
	case !ok:
	case funcs[name] != 0:
		ins.Src, ins.Constant = asm.PseudoKfuncCall, int64(funcs[name])
	default:
		ins.OpCode, ins.Constant = asm.Ja.Op(asm.ImmSource), 0 // to the next one
	}
}
