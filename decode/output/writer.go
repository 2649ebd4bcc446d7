package output

import (
	"errors"

	"github.com/ebtrace/ebtrace/decode"
)

// Writer takes the events of one trace, in order.
type Writer interface {
	// Event adds an event. It keeps nothing that the event points to.
	// The first error of the stream below is returned by every later call.
	Event(*decode.Event) error
	// Flush writes out what is buffered, an unfinished line included, so that
	// a call that hangs is seen while it hangs.
	Flush() error
	// Close ends the trace with what is known of it as a whole (nil: nothing
	// is) and flushes. It closes no stream that it did not open.
	Close(*Summary) error
}

// Summary is what is known of a trace at its end.
type Summary struct {
	Received   uint64 // records that arrived
	Lost       uint64 // records that did not
	Threads    []LostThread
	Begin, End uint64 // ns, CLOCK_MONOTONIC
	Unreadable uint64 // arguments whose memory could not be read
}

// LostThread is a thread that lost records.
type LostThread struct {
	TID, PID uint32
	Start    uint64 // ns since boot; with TID the identity of the thread
	Lost     uint64
}

// tee is several writers as one.
type tee []Writer

// Tee returns a writer that gives every event to each of ws, as -C gives them
// to text and to a table.
func Tee(ws ...Writer) Writer { return tee(ws) }

func (t tee) Event(e *decode.Event) error {
	return t.each(func(w Writer) error { return w.Event(e) })
}

func (t tee) Flush() error { return t.each(Writer.Flush) }

func (t tee) Close(s *Summary) error {
	return t.each(func(w Writer) error { return w.Close(s) })
}

// each calls f for every writer, also after an error.
func (t tee) each(f func(Writer) error) error {
	var errs []error
	for _, w := range t {
		if err := f(w); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
