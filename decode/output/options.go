package output

import (
	"io"
	"time"

	"github.com/ebtrace/ebtrace/decode/table"
)

// Options say how a trace is written. Start from Defaults: the zero value has
// a result column and a string size of 0.
type Options struct {
	Stamp    Stamp  // -t
	StampDig Digits // of the fraction of Stamp
	Rel      bool   // -r: time since the line before
	RelDig   Digits
	Spent    bool // -T: time in the call
	SpentDig Digits
	// SpentIn are the layers whose share of a call's time is shown with Spent.
	SpentIn Layers
	Number  bool // -n: syscall number
	IP      bool // -i: instruction pointer
	Hex     Hex  // -x, -xx
	Style   Style
	Verbose bool // -v: structures whole
	Column  int  // -a: of the result
	StrSize int  // -s: bytes of data shown
	Quiet   Quiet
	Files   Files // -y, -yy
	Comm    bool  // -Y: names of processes
	Prefix  Prefix

	// Nested makes JSON put the work of a call into it.
	Nested bool

	// Realtime is CLOCK_REALTIME minus CLOCK_MONOTONIC in ns.
	Realtime int64
	// Location of wall clock times; nil is the local one.
	Location *time.Location
	// Native is the ABI that programs are expected to have: another one is announced.
	Native table.ABI

	// Open, if set, makes text go to a stream for each thread (-ff); it is
	// called once for each. A stream that is an io.Closer is closed.
	Open func(tid uint32) (io.Writer, error)
	// Messages gets what is said about the trace, in whole lines; nil: the
	// stream of the trace itself, between its lines (-ff: nobody).
	Messages io.Writer
	// Program is the name that messages begin with.
	Program string
}

// Defaults are the options of strace without any.
func Defaults() Options {
	return Options{Column: 40, StrSize: 32, StampDig: 0, RelDig: Micro, SpentDig: Micro, Program: "ebtrace"}
}

// Stamp is the form of absolute times.
type Stamp uint8

// Forms of absolute times.
const (
	NoStamp   Stamp = iota
	ClockTime       // -t, -tt: 12:34:56
	UnixTime        // -ttt: seconds since 1970
)

// Digits is the number of digits of a fraction of a second: 0, 3, 6 or 9.
type Digits uint8

// Precisions.
const (
	Sec   Digits = 0
	Milli Digits = 3
	Micro Digits = 6
	Nano  Digits = 9
)

// Hex is which strings are written in hexadecimal.
type Hex uint8

// Choices of Hex.
const (
	HexNone     Hex = iota // other bytes in octal
	HexNonASCII            // -x: strings with bytes that are neither printable nor white space
	HexAll                 // -xx: all
	HexChars               // only the bytes that need an escape
)

// Style is how constants are written (-X).
type Style uint8

// Styles of constants.
const (
	Abbrev  Style = iota // O_RDONLY
	Raw                  // 0
	Verbose              // 0 /* O_RDONLY */
)

// Quiet is a set of things not to say (-q).
type Quiet uint8

// Things that can be left unsaid; -q is the first two, -qq also exits, -qqq all.
const (
	QuietAttach Quiet = 1 << iota
	QuietPersonality
	QuietExit
	QuietSuperseded
)

// Layers is a set of layers below the calls.
type Layers uint8

// Members of Layers.
const (
	InVFS Layers = 1 << iota
	InNet
)

// Files is a set of what is said about descriptors (--decode-fds).
type Files uint8

// What can be said of a descriptor; -y is the path, -yy all.
const (
	FilePath Files = 1 << iota
	FileSocket
	FileDev
	FilePID
	FileAll = FilePath | FileSocket | FileDev | FilePID
)

// Prefix says when lines begin with the thread.
type Prefix uint8

// Choices of Prefix.
const (
	PrefixNone   Prefix = iota
	PrefixAuto          // "[pid 12] " while there are two threads or more (-f on a terminal)
	PrefixAlways        // "[pid 12] " (--always-show-pid)
	PrefixColumn        // "12    " (-f -o FILE)
)
