// Command record writes a recording for TestGolden of package decode: the
// records that the kernel half makes of a command. It needs root.
//
//	gcc -static -O1 -w -pthread -o /tmp/demo/tree decode/testdata/tree.c
//	(cd /tmp/demo && record decode/testdata/tree.rec ./tree)
//
// A recording is a list of events: four 32-bit numbers (kind of the event,
// bytes of its EB_ENTER record, bytes of its other record, thread), then the
// two records.
package main

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"unsafe"

	"github.com/ebtrace/ebtrace/bpf"
	"github.com/ebtrace/ebtrace/decode/table"
	"github.com/ebtrace/ebtrace/events"
	"github.com/ebtrace/ebtrace/loader"
)

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: record FILE COMMAND [ARG...]")
		os.Exit(2)
	}
	if err := record(os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "record:", err)
		os.Exit(1)
	}
}

func record(file string, command []string) error {
	// The first child of a Go program may be one of its runtime's own.
	if err := exec.Command("/bin/true").Run(); err != nil {
		return err
	}
	s, err := loader.Open(loader.Options{Times: true, StrSize: 32, FDs: true, Signals: ^table.SignalSet(0)})
	if err != nil {
		return err
	}
	defer s.Close()
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	cmd := exec.Command(command[0], command[1:]...)
	if _, err := s.Launch(func() (int, error) {
		if err := cmd.Start(); err != nil {
			return 0, err
		}
		return cmd.Process.Pid, nil
	}); err != nil {
		return err
	}
	stop := make(chan struct{})
	go func() { cmd.Wait(); close(stop) }()
	emit := func(ev *events.Event) error { return write(w, ev) }
	never := func() bool { return false }
	if err := s.Pump(events.NewSequencer(), emit, w.Flush, stop, never); err != nil {
		return err
	}
	return f.Close()
}

// write appends one event.
func write(w *bufio.Writer, ev *events.Event) error {
	enter, rec := image(ev.Enter), image(ev.Rec)
	b := binary.LittleEndian.AppendUint32(nil, uint32(ev.Kind))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(enter)))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(rec)))
	b = binary.LittleEndian.AppendUint32(b, ev.TID)
	_, err := w.Write(append(append(b, enter...), rec...))
	return err
}

// image is a record as it was in the ring.
func image(r *events.Record) []byte {
	if r == nil {
		return nil
	}
	body := r.Body
	if r.Kind <= uint8(bpf.TraceEbKindEB_CALL) {
		body = bytesOf(&r.Call)
	}
	b := append([]byte(nil), body...)
	for off := 0; ; {
		s, ok := r.Next(&off)
		if !ok {
			break
		}
		b = append(append(b, bytesOf(&s.TraceEbSec)...), s.Data...)
		b = append(b, make([]byte, (8-len(s.Data)%8)%8)...)
	}
	head := r.TraceEbRec
	head.Size = uint32(unsafe.Sizeof(head)) + uint32(len(b))
	return append(append([]byte(nil), bytesOf(&head)...), b...)
}

func bytesOf[T any](v *T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(v)), unsafe.Sizeof(*v))
}
