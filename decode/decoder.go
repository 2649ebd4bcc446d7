package decode

import (
	"github.com/ebtrace/ebtrace/decode/table"
	"github.com/ebtrace/ebtrace/events"
)

// Options say how much of what was captured becomes values.
type Options struct {
	// StrSize is -s: the bytes of data and the elements of arrays that are
	// shown, unless Verbose lifts the latter.
	StrSize int
	// Verbose is -v: arrays are whole and environments are strings. Hidden
	// members of structures are decoded always, marked FlagVerbose.
	Verbose bool
}

// Decoder turns events into meaning. It keeps what it needs from one event to
// the next, so that decoding allocates nothing in the long run; what it
// returns is valid until its next call. It is not safe for concurrent use.
type Decoder struct {
	opts Options

	// The call being decoded.
	abi   table.ABI
	word  int // bytes of a long and a pointer: 8 or 4
	row   *table.Row
	args  [16]uint64 // by index in row.Args, extended to 64 bits
	ret   int64      // raw
	errno int        // positive if the call failed
	ended bool       // there is a result
	exit  bool       // memory is read as of the exit of the call
	fds   []events.Section
	secs  []sec
	hint  int // where find starts

	// Arenas.
	nodes []Value
	chars []byte
	files []File
	socks []Socket
}
