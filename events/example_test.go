package events_test

import (
	"encoding/binary"
	"fmt"
	"os"

	"github.com/ebtrace/ebtrace/bpf"
	"github.com/ebtrace/ebtrace/decode/table"
	"github.com/ebtrace/ebtrace/events"
)

// A recording becomes events: records of all threads, calls paired, in order.
// In a tracer the records come from a loader.Session.
func Example() {
	file, err := os.ReadFile("../decode/testdata/tree.rec")
	if err != nil {
		fmt.Println(err)
		return
	}
	sequence := events.NewSequencer()
	for _, b := range records(file) {
		var r events.Record
		if err := events.Parse(b, &r); err != nil {
			fmt.Println(err)
			continue
		}
		if err := sequence.Add(b, r.Kind > uint8(bpf.TraceEbKindEB_CALL)); err != nil {
			fmt.Println(err)
		}
	}
	calls, ends := map[string]int{}, 0
	err = sequence.Emit(events.Forever, func(e *events.Event) error {
		switch e.Kind {
		case events.Whole, events.End:
			calls[table.Name(table.ABI(e.Rec.Abi), e.Rec.Nr)]++
		case events.Exit:
			ends++
		}
		return nil
	})
	fmt.Println(calls["clone3"], calls["execve"], ends, err)
	// Output: 1 2 4 <nil>
}

// records takes a recording of decode/testdata apart: before each one or two
// records stand four numbers, the second and third of them their lengths.
func records(b []byte) (all [][]byte) {
	for len(b) >= 16 {
		enter, call := int(binary.LittleEndian.Uint32(b[4:])), int(binary.LittleEndian.Uint32(b[8:]))
		if enter > 0 {
			all = append(all, b[16:16+enter])
		}
		if call > 0 {
			all = append(all, b[16+enter:16+enter+call])
		}
		b = b[16+enter+call:]
	}
	return all
}
