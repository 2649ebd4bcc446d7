package guest

import (
	"os"
	"testing"

	"github.com/ebtrace/ebtrace/test/testenv"
	"github.com/ebtrace/ebtrace/vmtest/kernels"
	"github.com/ebtrace/ebtrace/vmtest/protocol"
)

// TestFeatures: what the matrix says of this kernel, ebtrace's own probes find.
func TestFeatures(t *testing.T) {
	testenv.NeedRoot(t)
	if os.Getenv(protocol.EnvKernel) == "" {
		t.Skip("this kernel is not of the matrix")
	}
	works := map[string]error{}
	for _, p := range probes() {
		works[p.Name] = p.Err
		t.Logf("%-20s %v", p.Name, p.Err)
	}
	for f, probe := range map[kernels.Feature]string{
		kernels.Fentry: "fentry programs", kernels.Kprobe: "kprobes", kernels.LSM: "LSM programs",
	} {
		err, known := works[probe]
		if !known {
			t.Errorf("there is no probe '%s'", probe)
		}
		if must(f) && err != nil {
			t.Errorf("this kernel must have %s: %v", f, err)
		}
	}
}
