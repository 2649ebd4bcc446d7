package loader

import (
	"errors"
	"fmt"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/ebtrace/ebtrace/test/testenv"
)

// TestReason: what a library adds to an errno is not passed on.
func TestReason(t *testing.T) {
	err := fmt.Errorf("program x: MEMLOCK may be too low: %w", unix.EPERM)
	if got := reason(err).Error(); got != "the kernel refuses it: operation not permitted (EPERM)" {
		t.Error(got)
	}
	if !errors.Is(reason(err), unix.EPERM) {
		t.Error("errno lost")
	}
	other := errors.New("other")
	if reason(other) != other || reason(nil) != nil {
		t.Error("an error without errno is changed")
	}
}

// TestProbes needs what a trace needs; then what is required must be there.
func TestProbes(t *testing.T) {
	testenv.NeedRoot(t)
	for _, p := range Probes() {
		t.Logf("%-20s %v", p.Name, p.Err)
		if p.Required && p.Err != nil {
			t.Errorf("%s: %v", p.Name, p.Err)
		}
	}
}
