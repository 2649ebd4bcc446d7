package loader

import (
	"testing"

	"github.com/cilium/ebpf"
)

var vfsObjects = map[string]string{"amd64": "../bpf/vfs_x86_bpfel.o", "arm64": "../bpf/vfs_arm64_bpfel.o"}

// TestVFSSavedKernels checks the second object as TestSavedKernels does the
// first, and looks for every probed function and its arguments.
func TestVFSSavedKernels(t *testing.T) {
	onSavedKernels(t, func(t *testing.T, arch string, raw []byte) {
		spec, err := ebpf.LoadCollectionSpec(vfsObjects[arch])
		if err != nil {
			t.Fatal(err)
		}
		checkLayer(t, spec, vfsPoints, raw)
	})
}
