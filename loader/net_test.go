package loader

import (
	"testing"

	"github.com/cilium/ebpf"
)

var netObjects = map[string]string{"amd64": "../bpf/net_x86_bpfel.o", "arm64": "../bpf/net_arm64_bpfel.o"}

// TestNetSavedKernels checks the object of the network as TestVFSSavedKernels
// does that of the file system.
func TestNetSavedKernels(t *testing.T) {
	onSavedKernels(t, func(t *testing.T, arch string, raw []byte) {
		spec, err := ebpf.LoadCollectionSpec(netObjects[arch])
		if err != nil {
			t.Fatal(err)
		}
		checkLayer(t, spec, netPoints, raw)
	})
}
