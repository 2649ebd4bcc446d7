package decode

import (
	"github.com/ebtrace/ebtrace/decode/table"
	"github.com/ebtrace/ebtrace/events"
)

// Call is one system call, decoded. Its values point into the record and into
// the decoder; they are valid until the decoder's next call.
type Call struct {
	Kind      events.Kind // Whole, Begin or End
	Name      string      // "openat", "syscall_0x1d3"
	NR        int32
	ABI       table.ABI
	Row       *table.Row // nil: not in the table; arguments are raw
	Args      []Value    // pre-order; a Begin has only those that are complete at entry
	EntryArgs int        // so many leading nodes of Args are complete at entry (a Begin showed them)
	More      bool       // Begin, or NoReturn: arguments follow Args that are known only at the end
	Ret       Value      // Kind 0: none ("?")
	Errno     int        // positive if the call failed, 512.. for ERESTART*
	Aux       []Value    // note after the result, without the parentheses; values with a name print as "name value": (Timeout), (in [3], left {...})
	Begin     uint64     // ns, CLOCK_MONOTONIC; 0 unknown
	End       uint64     // ns; 0 for a Begin
	IP        uint64
	Resumes   string // restart_syscall: the call that goes on; "" if unknown
	NoReturn  bool   // the thread ended inside the call
	NoEntry   bool   // the entry was not seen
	// Verdict is what a rule made of the call; nil if none applied. The call
	// is shown as it was asked for, the result as its thread got it.
	Verdict *Verdict
	// Split is what its time went to; nil if that was not asked for.
	Split *Split
}

// Split says what the time of a call went to, in ns. Blocked and Running are
// the whole time; that of the layers is within both.
type Split struct {
	Blocked  uint64 // off the CPU: asleep, or waiting for its turn
	Running  uint64
	VFS, Net uint64 // in operations of the layer, as far as these are traced
}

// File is what a descriptor is.
type File struct {
	Path    []byte
	Deleted bool
	Cut     bool // the beginning of the path is missing
	Pseudo  bool // Path is a name such as pipe:[123]
	CWD     bool
	Mode    uint32 // st_mode
	Dev     uint32 // major<<20 | minor, of the file system
	Rdev    uint32 // of a device file
	Ino     uint64
	Sock    *Socket
}

// Socket is what a socket descriptor is connected to.
type Socket struct {
	Family, Type, Protocol, State uint16
	LAddr, RAddr                  []byte // 4 or 16 bytes
	LPort, RPort                  uint16
	NetlinkPID                    uint32
	Peer                          uint64 // unix: inode of the peer
	Path                          []byte // unix: name, with a leading NUL if abstract
}

// Event is one decoded event. Which pointer is set follows from Kind.
type Event struct {
	Kind  events.Kind
	TID   uint32
	PID   uint32
	Start uint64
	Time  uint64 // ns, CLOCK_MONOTONIC
	Comm  string // of the thread, as far as known
	Call  *Call
	Fork  *ForkInfo
	Exec  *ExecInfo
	Exit  *ExitInfo
	Sig   *SignalInfo
	Work  *Work
	Lost  uint64
}

// ForkInfo belongs to Fork and Child.
type ForkInfo struct {
	ParentTID, ParentPID, ChildTID, ChildPID uint32
	ParentStart, ChildStart                  uint64
}

// ExecInfo belongs to Exec.
type ExecInfo struct {
	Path   []byte
	OldTID uint32 // the thread that called execve, if it was not the leader; else the thread's own
	UID    uint32
}

// ExitInfo belongs to Exit.
type ExitInfo struct {
	Code      int  // exit code, if Signal is 0
	Signal    int  // that killed it
	Core      bool // dumped
	GroupDead bool // the process has ended
	Made      uint32
}

// SignalInfo belongs to Signal.
type SignalInfo struct {
	Signo   int
	Info    []Value // pre-order: one Struct
	Ignored bool
	// Sent: it ends the process without being taken, and was seen when it was sent.
	Sent    bool
	Stopped bool // the signal's default action stops the thread
}

// Action is what a rule did with a call.
type Action uint8

// Actions; 0 is none but a delay or a signal.
const (
	Denied     Action = iota + 1 // it was not run and failed
	Returned                     // it was not run and returned something
	Killed                       // it was not run, its process was killed
	Changed                      // memory that it points to was overwritten
	Rewritten                    // it ran with other arguments
	Redirected                   // it ran with another path or address
	Asked                        // monitoring: somebody would have been asked
	Unchecked                    // it had begun before the rules were in force
)

// Answer is what somebody said who was asked whether a call may run.
type Answer uint8

// Answers; 0: nobody was asked.
const (
	AnsweredYes Answer = iota + 1
	AnsweredNo
	Unanswered // in time: the default of the rule counted
)

// Verdict is the decision on a call.
type Verdict struct {
	Rule    string // "" if it has no name, as those of -e inject=
	Action  Action
	Delayed bool
	Monitor bool // it would have been so, but the call was left alone
	Poked   bool // memory that its arguments point to was overwritten
	Refused bool // denied since what the rule has cannot be done to this program or with this call
	Answer  Answer
	// Final are the arguments that the kernel got, if others than those that
	// were asked for.
	Final []Value
}
