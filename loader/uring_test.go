package loader

import (
	"testing"

	"github.com/cilium/ebpf"
)

var uringObjects = map[string]string{"amd64": "../bpf/uring_x86_bpfel.o", "arm64": "../bpf/uring_arm64_bpfel.o"}

// TestURingSavedKernels checks the object of io_uring as TestSavedKernels does
// the first one.
func TestURingSavedKernels(t *testing.T) {
	onSavedKernels(t, func(t *testing.T, arch string, raw []byte) { checkURing(t, arch, raw) })
}

func checkURing(t *testing.T, arch string, raw []byte) {
	spec, err := ebpf.LoadCollectionSpec(uringObjects[arch])
	if err != nil {
		t.Fatal(err)
	}
	setPreempt(spec, nil)
	whole, part := savedTypes(t, spec, raw)
	shapes, err := readShapes(whole)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", shapes)
	l := &layer{kernel: whole}
	if f := l.find(&uringPoint); f == nil || f.params[0] != uringPoint.args[0] {
		t.Errorf("%v is not there with the arguments %v", uringPoint.funcs, uringPoint.args)
	}
	for _, p := range spec.Programs {
		checkRelocations(t, p, whole, part)
		checkHelpers(t, p, whole)
	}
}
