package events

// Kind is what an Event tells.
type Kind uint8

// Kinds of events.
const (
	Whole  Kind = iota + 1 // a call, begun and ended with nothing else shown between
	Begin                  // a call has begun and others follow before its end, or it hangs
	End                    // the end of a call that a Begin showed
	Fork                   // in the parent
	Child                  // in the child, its first event
	Exec                   // a new program is in place
	Exit                   // the thread ended
	Signal                 // delivered
	Gap                    // Lost records of this thread are missing here
	Attach                 // an existing thread is traced from here on
	Detach                 // tracing of a living thread ends
	Work                   // an operation below the calls has ended: after the Whole or Begin of the call that it was for
)

// Event is one thing that happened to one thread. It and what it points to
// are valid until the next call that produced it.
type Event struct {
	Kind  Kind
	TID   uint32
	PID   uint32
	Start uint64 // with TID, the identity of the thread
	Time  uint64 // ns, CLOCK_MONOTONIC: the begin of a call for Whole and Begin; the end of Work
	Lost  uint64 // Gap
	// Rec is the record: for Whole and End the EB_CALL; for Begin the EB_ENTER
	// or one made of the call in flight (no sections). nil for Gap, Attach, Detach.
	Rec *Record
	// Enter is the EB_ENTER record of Whole and End, with what was read at
	// entry; nil if there was none or it was lost.
	Enter *Record
	// Resumed is set in a Begin whose entry was before the attach: the
	// arguments are those of the thread's registers.
	Resumed bool
	// Spent is, of Whole and End, how long the operations of each layer below
	// the call took, in ns, where Sequencer.Spent asks for it.
	Spent [Layers]uint64
}
