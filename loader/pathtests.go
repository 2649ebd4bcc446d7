package loader

import (
	"errors"
	"runtime"
	"strconv"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
)

// pathTests are the functions of the programs for calls that test paths.
var pathTests = map[string]bool{"str_path_wanted": true, "fd_path_wanted": true}

// dropPathTests takes the calls of those functions out of the programs, and
// with them the functions: the verifier would go through them although nothing
// reaches them, and before Linux 6.0 arm64 has no tail calls in programs with
// functions (commit d4609a5d8c70).
func dropPathTests(spec *ebpf.CollectionSpec) {
	for _, name := range []string{"sys_enter", "sys_exit"} {
		p := spec.Programs[name]
		for i := range p.Instructions {
			if ins := &p.Instructions[i]; ins.IsFunctionReference() && pathTests[ins.Reference()] {
				*ins = asm.Mov.Imm(asm.R0, 0)
			}
		}
		p.Instructions = reached(p.Instructions)
	}
}

// reached is a program without the functions that nothing calls. Each function
// begins with an instruction that has its name; the first is the program itself.
func reached(p asm.Instructions) asm.Instructions {
	var order []string
	bodies := map[string]asm.Instructions{}
	for _, ins := range p {
		if name := ins.Symbol(); name != "" {
			order = append(order, name)
		}
		last := order[len(order)-1]
		bodies[last] = append(bodies[last], ins)
	}
	called := map[string]bool{order[0]: true}
	for work := order[:1]; len(work) > 0; work = work[1:] {
		for _, ins := range bodies[work[0]] {
			if ref := ins.Reference(); ins.IsFunctionReference() && !called[ref] {
				called[ref] = true
				work = append(work[:len(work):len(work)], ref)
			}
		}
	}
	var rest asm.Instructions
	for _, name := range order {
		if called[name] {
			rest = append(rest, bodies[name]...)
		}
	}
	return rest
}

// ErrNoPaths says that this kernel cannot select calls by path.
var ErrNoPaths = errors.New("this kernel cannot select calls by path: on arm64 that needs Linux 6.0")

// canTestPaths says whether programs can test paths.
func canTestPaths(arch, release string) bool {
	major, _, _ := strings.Cut(release, ".")
	n, err := strconv.Atoi(major)
	return arch != "arm64" || err != nil || n >= 6
}

// setPathTests makes the programs fit for the paths that are asked for.
func setPathTests(spec *ebpf.CollectionSpec, o *Options) error {
	if len(o.Paths) == 0 {
		dropPathTests(spec)
		return nil
	}
	if !canTestPaths(runtime.GOARCH, kernelRelease()) {
		return ErrNoPaths
	}
	return nil
}
