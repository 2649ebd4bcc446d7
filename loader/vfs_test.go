package loader

import (
	"slices"
	"testing"

	"github.com/cilium/ebpf"
)

var vfsObjects = map[string]string{"amd64": "../bpf/vfs_x86_bpfel.o", "arm64": "../bpf/vfs_arm64_bpfel.o"}

// TestVFSSavedKernels checks the second object as TestSavedKernels does the
// first, and looks for every probed function and its arguments.
func TestVFSSavedKernels(t *testing.T) {
	onSavedKernels(t, func(t *testing.T, arch string, raw []byte) { checkVFS(t, vfsObjects[arch], raw) })
}

func checkVFS(t *testing.T, object string, raw []byte) {
	spec, err := ebpf.LoadCollectionSpec(object)
	if err != nil {
		t.Fatal(err)
	}
	whole, part := savedTypes(t, spec, raw)
	v := &layer{kernel: whole}
	for i := range vfsPoints {
		p := &vfsPoints[i]
		if _, f := v.find(p); f == nil && !p.extra {
			t.Errorf("%v is not there with the arguments %v", p.funcs, p.args)
		}
		names := []string{p.prog + "_fentry", p.prog + "_kprobe"}
		if !p.note {
			names = append(names, p.prog+"_fexit", p.prog+"_kretprobe")
		}
		for _, name := range names {
			if prog := spec.Programs[name]; prog == nil {
				t.Errorf("no program %s", name)
			} else if i == 0 || p.note { // all have the same functions
				checkRelocations(t, prog, whole, part)
				checkHelpers(t, prog, whole)
			}
		}
	}
}

// TestVFSTable: an operation's rows stand together, its name is not that of
// a word of --vfs, and each row has its point.
func TestVFSTable(t *testing.T) {
	names := VFSOperations()
	for i, name := range names {
		if slices.Contains(names[:i], name) || name == "best" || name == "all" {
			t.Errorf("operation %s is there twice, or is a word", name)
		}
	}
	for i, p := range vfsPoints {
		if int(p.point) != i {
			t.Errorf("row %d, %s, has point %d", i, p.prog, p.point)
		}
	}
}
