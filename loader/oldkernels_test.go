package loader

import (
	"errors"
	"maps"
	"slices"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"golang.org/x/sys/unix"

	"github.com/ebtrace/ebtrace/bpf"
)

func loadSpec(t *testing.T) *ebpf.CollectionSpec {
	t.Helper()
	spec, err := bpf.LoadTrace()
	if err != nil {
		t.Fatal(err)
	}
	return spec
}

// TestPreempt: what stands for a call is replaced everywhere, by the kernel's
// function or by nothing; second copies know that they are.
func TestPreempt(t *testing.T) {
	for release, want := range map[string]bool{"7.0.1": true, "7.3.4+deb13-amd64": true, "10.1": true, "6.18.44": false, "5.10.0": false, "": false} {
		if needNoPreempt(release) != want {
			t.Errorf("release %q: %v", release, !want)
		}
	}
	funcs := map[string]uint32{"bpf_preempt_disable": 111, "bpf_preempt_enable": 222}
	for _, f := range []map[string]uint32{nil, funcs} {
		spec := loadSpec(t)
		setPreempt(spec, f)
		for _, name := range twice {
			if (spec.Programs[name+again] != nil) != (f != nil) {
				t.Errorf("%v: second copy of %s: %v", f, name, f == nil)
			}
		}
		for name, p := range spec.Programs {
			kernel := map[int64]int{}
			for _, ins := range p.Instructions {
				if _, left := preemptCalls[ins.Constant]; ins.IsBuiltinCall() && (left || ins.Constant == callSecond) {
					t.Errorf("%s still has %v", name, ins)
				}
				if ins.IsKfuncCall() {
					kernel[ins.Constant]++
				}
			}
			// task_switch runs inside of the scheduler, where nothing preempts it
			if works := name != "attach_tasks" && name != "task_switch"; (kernel[111] > 0 && kernel[222] > 0) != (f != nil && works) {
				t.Errorf("%s calls %v", name, kernel)
			}
		}
		if f == nil {
			continue
		}
		first, second := spec.Programs["sys_enter"].Instructions, spec.Programs["sys_enter"+again].Instructions
		differ := 0
		for i := range first {
			if first[i].Constant != second[i].Constant {
				differ++
			}
		}
		if differ == 0 {
			t.Error("the second copy of sys_enter is as the first")
		}
	}
}

// TestPathTests: without paths the programs for calls have no functions.
func TestPathTests(t *testing.T) {
	spec := loadSpec(t)
	named := func(p asm.Instructions) (names []string) {
		for _, ins := range p {
			if ins.Symbol() != "" {
				names = append(names, ins.Symbol())
			}
		}
		return names
	}
	before := named(spec.Programs["sys_enter"].Instructions)
	if !slices.Contains(before, "str_path_wanted") {
		t.Fatalf("sys_enter has the functions %v", before)
	}
	dropPathTests(spec)
	for _, name := range []string{"sys_enter", "sys_exit"} {
		if after := named(spec.Programs[name].Instructions); len(after) != 1 {
			t.Errorf("%s has the functions %v", name, after)
		}
	}
	if n := len(named(spec.Programs["copy"].Instructions)); n < 2 {
		t.Errorf("copy has %d functions", n)
	}
	for _, c := range []struct {
		arch, release string
		can           bool
	}{{"amd64", "5.10.0", true}, {"arm64", "5.10.0", false}, {"arm64", "6.1.0-arm64", true}, {"arm64", "", true}} {
		if canTestPaths(c.arch, c.release) != c.can {
			t.Errorf("%s %s: %v", c.arch, c.release, !c.can)
		}
	}
}

// TestReached keeps what is called by way of others, and only that.
func TestReached(t *testing.T) {
	f := func(name string, calls ...string) (p asm.Instructions) {
		p = append(p, asm.Mov.Imm(asm.R0, 0).WithSymbol(name))
		for _, c := range calls {
			call := asm.Instruction{OpCode: asm.Call.Op(asm.ImmSource), Src: asm.PseudoCall, Constant: -1}
			p = append(p, call.WithReference(c))
		}
		return append(p, asm.Return())
	}
	all := slices.Concat(f("main", "a"), f("x", "b"), f("a", "b"), f("b", "a"))
	names := map[string]bool{}
	for _, ins := range reached(all) {
		if ins.Symbol() != "" {
			names[ins.Symbol()] = true
		}
	}
	if got := slices.Sorted(maps.Keys(names)); !slices.Equal(got, []string{"a", "b", "main"}) {
		t.Errorf("left %v", got)
	}
}

// TestUnlocked: only what is refused is tried again, and the limit is put back.
func TestUnlocked(t *testing.T) {
	var before, within, after unix.Rlimit
	limit := func(l *unix.Rlimit) {
		if err := unix.Prlimit(0, unix.RLIMIT_MEMLOCK, nil, l); err != nil {
			t.Fatal(err)
		}
	}
	other := errors.New("other")
	for _, err := range []error{nil, other} {
		n := 0
		if got := unlocked(func() error { n++; return err }); got != err || n != 1 {
			t.Errorf("%v after %d times", got, n)
		}
	}
	limit(&before)
	n := 0
	err := unlocked(func() error {
		n++
		limit(&within)
		if n == 1 {
			return unix.EPERM
		}
		return nil
	})
	limit(&after)
	if before != after {
		t.Errorf("the limit was %v and is %v", before, after)
	}
	switch {
	case n == 1 && err != unix.EPERM:
		t.Errorf("%v without a second attempt", err)
	case n == 2 && (err != nil || within.Cur != unix.RLIM_INFINITY):
		t.Errorf("%v with the limit %v", err, within)
	}
}
