// Package pipeline measures the way of an event through user space.
package pipeline

import (
	"encoding/binary"
	"io"
	"testing"
	"unsafe"

	"github.com/ebtrace/ebtrace/bpf"
	"github.com/ebtrace/ebtrace/decode"
	"github.com/ebtrace/ebtrace/decode/output"
	"github.com/ebtrace/ebtrace/decode/table"
	"github.com/ebtrace/ebtrace/events"
)

func bytesOf[T any](v T) []byte {
	return append([]byte(nil), unsafe.Slice((*byte)(unsafe.Pointer(&v)), unsafe.Sizeof(v))...)
}

// record is an EB_CALL without sections.
func record(name string) []byte {
	nr, _ := table.Number(table.AMD64, name)
	call := bytesOf(bpf.TraceEbCall{Begin: 10, Ret: 1})
	head := bpf.TraceEbRec{Kind: uint8(bpf.TraceEbKindEB_CALL), Tid: 7, Pid: 7, Nr: nr, Slot: 1, Time: 20, Start: 1}
	head.Size = uint32(int(unsafe.Sizeof(head)) + len(call))
	return append(bytesOf(head), call...)
}

// BenchmarkEvent takes one getppid from its bytes to its line of text; it must
// not allocate.
func BenchmarkEvent(b *testing.B) {
	seq := events.NewSequencer()
	dec := decode.New(decode.Options{StrSize: 32})
	out := output.NewText(io.Discard, output.Defaults())
	rec := record("getppid")
	emit := func(e *events.Event) error {
		ev, err := dec.Decode(e)
		if err != nil {
			return err
		}
		return out.Event(ev)
	}
	b.ReportAllocs()
	for i := range b.N {
		binary.LittleEndian.PutUint32(rec[unsafe.Offsetof(bpf.TraceEbRec{}.Seq):], uint32(i+1))
		binary.LittleEndian.PutUint64(rec[unsafe.Offsetof(bpf.TraceEbRec{}.Time):], uint64(2*i+20))
		binary.LittleEndian.PutUint64(rec[unsafe.Sizeof(bpf.TraceEbRec{}):], uint64(2*i+19))
		if err := seq.Add(rec, false); err != nil {
			b.Fatal(err)
		}
		if i%256 == 255 {
			if err := seq.Emit(events.Forever, emit); err != nil {
				b.Fatal(err)
			}
		}
	}
}
