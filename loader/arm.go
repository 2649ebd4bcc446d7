package loader

import (
	"fmt"

	"github.com/ebtrace/ebtrace/bpf"
)

// Arm traces process pid, which must be blocked in a call and have nothing of
// itself to show, from its next execve on: as Launch, for a process that
// somebody else has made.
func (s *Session) Arm(pid int) error {
	found, err := s.Attach([]int{pid}, false, false)
	if err != nil {
		return err
	}
	for _, a := range found {
		if a.TID != uint32(pid) {
			continue
		}
		slot := s.Slot(a.Slot)
		slot.State = uint8(bpf.TraceEbStateEB_SLOT_LIVE | bpf.TraceEbStateEB_SLOT_ARMED | bpf.TraceEbStateEB_SLOT_FRESH)
		return s.maps["slots"].Put(a.Slot, &slot)
	}
	return fmt.Errorf("the kernel half did not find process %d: is ebtrace in a pid namespace of its own?", pid)
}
