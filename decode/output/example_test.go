package output_test

import (
	"fmt"
	"os"

	"github.com/ebtrace/ebtrace/decode"
	"github.com/ebtrace/ebtrace/decode/output"
	"github.com/ebtrace/ebtrace/events"
)

// A call as text and as JSON. In a tracer the event comes from a decode.Decoder.
func Example() {
	e := &decode.Event{Kind: events.Whole, TID: 7, PID: 7, Start: 1, Time: 1_000_000_000, Comm: "cat", Call: &decode.Call{
		Kind: events.Whole, Name: "read", Begin: 1_000_000_000, End: 1_000_015_000,
		Args: []decode.Value{
			{Kind: decode.FD, Name: "fd", Num: 3, Span: 1},
			{Kind: decode.Str, Name: "buf", Bytes: []byte("caf\xc3\xa9\n"), Span: 1},
			{Kind: decode.Uint, Name: "count", Num: 4096, Span: 1},
		},
		Ret: decode.Value{Kind: decode.Int, Num: 6, Span: 1},
	}}
	o := output.Defaults()
	o.Spent = true
	w := output.Tee(output.NewText(os.Stdout, o), output.NewCounts(os.Stdout, output.CountOptions{}))
	if err := w.Event(e); err != nil {
		fmt.Println(err)
	}
	if err := w.Close(nil); err != nil {
		fmt.Println(err)
	}
	// Output:
	// read(3, "caf\303\251\n", 4096)          = 6 <0.000015>
	// % time     seconds  usecs/call     calls    errors syscall
	// ------ ----------- ----------- --------- --------- ----------------
	// 100.00    0.000015          15         1           read
	// ------ ----------- ----------- --------- --------- ----------------
	// 100.00    0.000015          15         1           total
}
