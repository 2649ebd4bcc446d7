package loader

import (
	"time"

	"github.com/ebtrace/ebtrace/decode/table"
)

// Options is what a session traces. The zero value of a field asks for nothing
// but where it says otherwise.
type Options struct {
	Enter, Exit *table.CallSet // calls whose entry, whose exit is recorded; nil: all

	Times    bool // begins of calls are wanted (durations, -t); without, the entry may stay unattached
	NoFollow bool // leave children alone
	StrSize  int  // most bytes of data copied per argument (-s)
	OffCPU   bool // say how long calls were off the CPU, asleep or waiting for it; implies Times
	FDs      bool // say what descriptors are (-y)
	Env      bool // copy the strings of envp, not only the pointers (-v)
	Counts   bool // count calls in the kernel and make no records of them (-c)

	Status      *table.Status   // nil: any
	Errnos      *table.ErrnoSet // nil: any
	MinDuration time.Duration   // 0: any
	FDSet       *table.FDSet    // nil: any
	Paths       []string        // empty: any; at most 64, each shorter than 256 bytes
	Comms       []string        // empty: any; at most 16
	UIDs        []uint32        // empty: any; at most 16
	Signals     table.SignalSet // which are recorded; 0: none

	VFS   *VFS   // nil: nothing of the file system below the calls is looked at
	Net   *Net   // nil: nor of the network
	URing *URing // nil: requests of io_uring are not, nor what is done for them elsewhere than in the calls

	Buffer  int // bytes of the ring, rounded up to a power of two; 0: by the number of CPUs
	Threads int // most threads traced at once; 0: DefaultThreads
}

// Defaults. The buffer holds what the CPUs can write between two looks at it,
// 4 MiB for each (32,000 calls without data); what the output cannot keep up
// with waits in user space. A larger one takes longer to make than a short
// command takes to run.
const (
	bufferPerCPU   = 4 << 20
	minBuffer      = 8 << 20
	maxBuffer      = 64 << 20
	DefaultThreads = 16384
	MaxThreads     = 65535
	MaxStrSize     = 32768 // EB_CHUNK in bpf/maps.h
	rareBuffer     = 1 << 20
)
