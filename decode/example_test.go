package decode_test

import (
	"encoding/binary"
	"fmt"
	"os"
	"strings"

	"github.com/ebtrace/ebtrace/decode"
	"github.com/ebtrace/ebtrace/events"
)

// The files that a recorded program opened, by the meaning of the arguments
// and not by their text. In a tracer the events come from an events.Sequencer.
func Example() {
	recording, err := os.ReadFile("testdata/mix.rec")
	if err != nil {
		fmt.Println(err)
		return
	}
	decoder := decode.New(decode.Options{StrSize: 32})
	for len(recording) >= 16 {
		var event events.Event
		event, recording = first(recording)
		e, err := decoder.Decode(&event)
		if err != nil {
			fmt.Println(err)
			return
		}
		if e.Call == nil || !strings.HasPrefix(e.Call.Name, "open") {
			continue
		}
		for _, v := range e.Call.Args {
			if v.Kind == decode.Path {
				fmt.Printf("%s %s=%q: %s\n", e.Call.Name, v.Name, v.Bytes, outcome(e.Call))
			}
		}
	}
	// Output:
	// openat path="/dev/null": descriptor 3
	// openat path="/etc/passwd": descriptor 4
	// openat path="/tmp/demo/x": descriptor 5
	// openat path="a\tb\x01\x012": ENOENT
}

func outcome(c *decode.Call) string {
	if c.Errno != 0 {
		return decode.ErrnoName(c.Errno)
	}
	return fmt.Sprint("descriptor ", int64(c.Ret.Num))
}

// first takes the first event off a recording: four numbers (kind, length of
// the record of the entry, length of the other, thread), then the records.
func first(b []byte) (events.Event, []byte) {
	n := func(i int) int { return int(binary.LittleEndian.Uint32(b[4*i:])) }
	e, enter, end := events.Event{Kind: events.Kind(n(0)), TID: uint32(n(3))}, 16+n(1), 16+n(1)+n(2)
	if enter > 16 {
		e.Enter = new(events.Record)
		_ = events.Parse(b[16:enter], e.Enter)
	}
	if end > enter {
		e.Rec = new(events.Record)
		_ = events.Parse(b[enter:end], e.Rec)
	}
	return e, b[end:]
}
