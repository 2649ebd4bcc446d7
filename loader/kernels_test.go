package loader

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"

	"github.com/ebtrace/ebtrace/test/testenv"
	"github.com/ebtrace/ebtrace/vmtest/kernels"
)

// objects are the compiled kernel halves, by GOARCH.
var objects = map[string]string{"amd64": "../bpf/trace_x86_bpfel.o", "arm64": "../bpf/trace_arm64_bpfel.o"}

// tracepointArgs are the leading arguments that the programs take from each
// tracepoint: a raw tracepoint's are untyped, so that nothing else would
// notice a change.
var tracepointArgs = map[string][]string{
	"sys_enter":          {"pt_regs *", "long"},
	"sys_exit":           {"pt_regs *", "long"},
	"sched_switch":       {"bool", "task_struct *", "task_struct *"}, // kernel commit 9c2136be0878: what 5.18-rc1 put before them went behind
	"sched_process_fork": {"task_struct *", "task_struct *"},
	"sched_process_exec": {"task_struct *", "pid_t", "linux_binprm *"},
	"sched_process_exit": {"task_struct *"},
	"task_newtask":       {"task_struct *"},
	"signal_deliver":     {"int", "kernel_siginfo *", "k_sigaction *"},
	"signal_generate":    {"int", "kernel_siginfo *", "task_struct *", "int", "int"},

	"inet_sock_set_state":    {"sock *", "int", "int"},
	"tcp_retransmit_skb":     {"sock *", "sk_buff *"},
	"tcp_send_reset":         {"sock *"},
	"tcp_receive_reset":      {"sock *"},
	"kfree_skb":              {"sk_buff *", "void *"},
	"udp_fail_queue_rcv_skb": {"int", "sock *"},
	"tcp_destroy_sock":       {"sock *"},
	"sock_send_length":       {"sock *", "int", "int"},
	"sock_recv_length":       {"sock *", "int", "int"},
}

// TestSavedKernels checks every relocation and attach point of the compiled
// programs against the types of every kernel of the matrix that is in the
// cache. It boots nothing and needs no privilege: a field or function that a
// kernel names otherwise shows in a second.
func TestSavedKernels(t *testing.T) {
	onSavedKernels(t, func(t *testing.T, arch string, raw []byte) { checkKernel(t, objects[arch], raw) })
}

// onSavedKernels runs a test for each kernel of the matrix whose types are in
// the cache.
func onSavedKernels(t *testing.T, test func(t *testing.T, arch string, raw []byte)) {
	found := false
	for i := range kernels.Matrix {
		k := &kernels.Matrix[i]
		files, ok := k.Cached()
		if !ok {
			continue
		}
		raw, err := os.ReadFile(files.BTF)
		if err != nil {
			continue
		}
		found = true
		t.Run(k.Name(), func(t *testing.T) { test(t, k.Arch, raw) })
	}
	if !found {
		testenv.SkipKernels(t, "no kernel's types are saved: 'make vmtest-btf' does it")
	}
}

// savedTypes reads a kernel's types: all, and what a program needs of them.
func savedTypes(t *testing.T, spec *ebpf.CollectionSpec, raw []byte) (whole, part *btf.Spec) {
	t.Helper()
	whole, err := btf.LoadSpecFromReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	small, _, err := reduceBTF(raw, typeNames(spec.Types.All()))
	if err != nil {
		t.Fatal(err)
	}
	part, err = btf.LoadSpecFromReader(bytes.NewReader(small))
	if err != nil {
		t.Fatal(err)
	}
	return whole, part
}

func checkKernel(t *testing.T, object string, raw []byte) {
	spec, err := ebpf.LoadCollectionSpec(object)
	if err != nil {
		t.Fatal(err)
	}
	setPreempt(spec, nil)
	whole, part := savedTypes(t, spec, raw)
	for _, name := range slices.Sorted(maps.Keys(spec.Programs)) {
		p := spec.Programs[name]
		if err := checkTarget(p, whole); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		checkRelocations(t, p, whole, part)
		checkHelpers(t, p, whole)
	}
}

// optional are the helpers that programs call only after a test for them.
var optional = map[asm.BuiltinFunc]bool{asm.FnTaskPtRegs: true, asm.FnGetCurrentTaskBtf: true}

// checkHelpers looks for helpers that the kernel does not have.
func checkHelpers(t *testing.T, p *ebpf.ProgramSpec, types *btf.Spec) {
	var ids *btf.Enum
	if err := types.TypeByName("bpf_func_id", &ids); err != nil {
		t.Fatal(err)
	}
	have := map[asm.BuiltinFunc]bool{}
	for _, v := range ids.Values {
		have[asm.BuiltinFunc(v.Value)] = true
	}
	for _, ins := range p.Instructions {
		if f := asm.BuiltinFunc(ins.Constant); ins.IsBuiltinCall() && !have[f] && !optional[f] {
			t.Errorf("%s calls %v, which this kernel does not have: %v", p.Name, f, ins.Source())
		}
	}
}

// checkTarget says why a program could not be attached.
func checkTarget(p *ebpf.ProgramSpec, types *btf.Spec) error {
	if p.Type == ebpf.Tracing && p.AttachType == ebpf.AttachTraceIter {
		var f *btf.Func
		return types.TypeByName("bpf_iter_"+p.AttachTo, &f)
	}
	if p.Type != ebpf.RawTracepoint && p.AttachType != ebpf.AttachTraceRawTp {
		return fmt.Errorf("attaches in a way that is not checked: %v %v", p.Type, p.AttachType)
	}
	if p.AttachTo == "" {
		return nil // reached by a tail call
	}
	want, ok := tracepointArgs[p.AttachTo]
	if !ok {
		return fmt.Errorf("tracepoint %s has no row in tracepointArgs", p.AttachTo)
	}
	var def *btf.Typedef
	if err := types.TypeByName("btf_trace_"+p.AttachTo, &def); err != nil {
		return err
	}
	proto := btf.UnderlyingType(btf.UnderlyingType(def).(*btf.Pointer).Target).(*btf.FuncProto)
	if len(proto.Params) <= len(want) { // the first is the tracepoint's own
		return fmt.Errorf("tracepoint %s has %d arguments, fewer than %d", p.AttachTo, len(proto.Params)-1, len(want))
	}
	for i, w := range want {
		if got := typeText(proto.Params[i+1].Type); got != w {
			return fmt.Errorf("argument %d of tracepoint %s is '%s', not '%s'", i, p.AttachTo, got, w)
		}
	}
	return nil
}

// typeText is a type's name, without qualifiers.
func typeText(t btf.Type) string {
	switch t := t.(type) {
	case *btf.Pointer:
		return typeText(t.Target) + " *"
	case *btf.Void:
		return "void"
	case *btf.Const:
		return typeText(t.Type)
	case *btf.Volatile:
		return typeText(t.Type)
	}
	return strings.TrimSuffix(t.TypeName(), " int") // "long int"
}

// checkRelocations applies every relocation of a program, once with all of the
// kernel's types and once with the part that the loader picks out.
func checkRelocations(t *testing.T, p *ebpf.ProgramSpec, whole, part *btf.Spec) {
	var relos []*btf.CORERelocation
	var at []asm.Instruction
	var lines []string
	line := ""
	for _, ins := range p.Instructions {
		if src := ins.Source(); src != nil {
			line = strings.TrimSpace(src.String())
		}
		if r := btf.CORERelocationMetadata(&ins); r != nil {
			relos, at, lines = append(relos, r), append(at, ins), append(lines, line)
		}
	}
	none := func(btf.Type) (btf.TypeID, error) { return 0, nil }
	fixups, err := btf.CORERelocate(relos, []*btf.Spec{whole}, binary.LittleEndian, none)
	if err != nil {
		t.Errorf("%s: %v", p.Name, err)
		return
	}
	same, err := btf.CORERelocate(relos, []*btf.Spec{part}, binary.LittleEndian, none)
	if err != nil {
		t.Errorf("%s: with the types picked out: %v", p.Name, err)
		return
	}
	for i, f := range fixups {
		if f.String() != same[i].String() {
			t.Errorf("%s: %v: %v with all types, %v with those picked out", p.Name, relos[i], &f, &same[i])
		}
		if strings.HasSuffix(f.String(), "=poison") && !guarded(relos[i]) {
			t.Errorf("%s: %v is not to be had: %s", p.Name, relos[i], lines[i])
		}
		if err := f.Apply(&at[i]); err != nil {
			t.Errorf("%s: %v: %v", p.Name, relos[i], err)
		}
	}
}

// guarded says whether a program tests for what a relocation names before it
// uses it: that is the case of types with a flavour, as in "inode___old".
func guarded(r *btf.CORERelocation) bool { return strings.Contains(r.String(), "___") }
