package events

import (
	"testing"

	"github.com/ebtrace/ebtrace/bpf"
)

// workOf is a record of work for the call that began at 100.
func workOf(seq uint32, layer bpf.VfsEbLayer, depth uint8, begin, end uint64, context bpf.VfsEbContext) []byte {
	m := made{kind: work, slot: 1, tid: 7, seq: seq, time: end, begin: 100}
	return append(m.bytes()[:recSize], bytesOf(bpf.VfsEbWork{Begin: begin, Cause: 100, Layer: uint8(layer), Depth: depth, Context: uint8(context)})...)
}

// TestSpent: the time of operations within others counts once, by layer; that
// of what the call did not do itself does not.
func TestSpent(t *testing.T) {
	const vfs, net, by = bpf.VfsEbLayerEB_LAYER_VFS, bpf.VfsEbLayerEB_LAYER_NET, bpf.VfsEbContextEB_BY_CALL
	records := [][]byte{
		workOf(1, vfs, 1, 110, 120, by),
		workOf(2, net, 2, 121, 124, by),
		workOf(3, vfs, 2, 121, 125, by),
		workOf(4, vfs, 1, 121, 130, by), // around 2 and 3
		workOf(5, vfs, 0, 105, 140, by), // around all of them
		workOf(6, vfs, 0, 150, 157, by),
		workOf(7, net, 0, 150, 190, bpf.VfsEbContextEB_BY_KERNEL),
		workOf(8, net, 0, 0, 191, by), // its begin was not seen
	}
	last := made{kind: call, slot: 1, tid: 7, seq: 9, time: 200, begin: 100}.bytes()
	other := made{kind: enter, slot: 2, tid: 8, seq: 1, time: 135, begin: 135}.bytes()
	for name, between := range map[string][]byte{"whole": nil, "begin and end": other} {
		for _, ask := range []bool{true, false} {
			s := NewSequencer()
			s.Spent = ask
			all := append(append([][]byte{}, records...), last)
			if between != nil {
				all = append(all, between)
			}
			for _, r := range all {
				if err := s.Add(r, false); err != nil {
					t.Fatal(err)
				}
			}
			want, got := [Layers]uint64{vfs: 35 + 7, net: 3}, 0
			if !ask {
				want = [Layers]uint64{}
			}
			err := s.Emit(Forever, func(e *Event) error {
				if kind := map[bool]Kind{true: Whole, false: End}[between == nil]; e.Kind == kind && e.TID == 7 {
					got++
					if e.Spent != want {
						t.Errorf("%s: %v, want %v", name, e.Spent, want)
					}
				}
				return nil
			})
			if err != nil || got != 1 {
				t.Errorf("%s: %d calls, %v", name, got, err)
			}
		}
	}
}
