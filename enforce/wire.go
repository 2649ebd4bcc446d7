package enforce

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/ebtrace/ebtrace/decode/table"
)

// Config is what the enforcer is told when it starts.
type Config struct {
	Rules   []Rule
	Monitor bool // decide and tell, but change nothing
	Harden  bool // close ways around the rules
	Kill    bool // the tree is killed if the enforcer dies
	Launch  int  // process that will execve the command, or
	// Targets are what is attached to, with all threads of their processes,
	// and with Descend all children.
	Targets []Thread
	Descend bool
	SpaceAt uint64 // where the copies are to be in a command; 0: anywhere
	StrSize int    // bytes of data to keep with a call that does not run
	FDs     bool   // with what its descriptors are
	// Shown are the calls whose verdicts are told even if they run; nil: all.
	Shown *table.CallSet `json:",omitempty"`
}

// Outcome is what became of a call.
type Outcome uint8

// Outcomes.
const (
	Skipped Outcome = iota + 1 // the kernel did not run it: the record is all there is
	Ran                        // the kernel ran it: the observer has it too
	Killed                     // the process was killed instead
	Would                      // monitor: nothing was done
	// Hidden: what its thread called from Begin to End was the enforcer's
	// doing; without an End, its next call NR after Begin.
	Hidden
	Poked   // of a call that Ran: at its end memory was overwritten
	Asks    // somebody is to answer; see Client.Reply
	Settled // that question needs no answer any more
	// Unchecked: it had begun before the rules were in force, and rules name
	// it; no Record.
	Unchecked
)

// Answer is what became of a question.
type Answer uint8

// Answers.
const (
	Unasked Answer = iota
	Yes            // run it
	No             // deny it
	Silent         // nobody answered in time
)

// Closing is the Verdict.Rule of a call that is closed besides the rules.
const Closing = 0xffff

// Verdict is one decision.
type Verdict struct {
	Outcome  Outcome
	Decision Decision
	Delayed  bool
	Refused  bool   // denied since what the rule has cannot be done to this program or with this call
	Poked    uint8  // arguments whose memory was overwritten, a bit for each
	Args     uint8  // arguments that the kernel got changed, a bit for each
	Answer   Answer // of who was asked
	Rule     uint16 // index in Config.Rules, or Closing
	// Begin is when the call stopped, End when its thread went on; ns, CLOCK_MONOTONIC.
	Begin, End uint64
	TID, PID   uint32
	NR         int32
	Result     int64 // Skipped: what it returned; errors are negative
	// Record is an EB_CALL record of the call as it was asked for. Of Ran and
	// Would it has no memory, unless Args were changed.
	Record []byte
}

// verdictHead is the size of what is before the record.
const verdictHead = 4 + 9 + 8 + 8 + 4 + 4 + 4 + 8

// maxMessage bounds a message in bytes.
const maxMessage = 16 << 20

// append appends the message of v: its size, then its fields.
func (v *Verdict) append(b []byte) []byte {
	le := binary.LittleEndian
	b = le.AppendUint32(b, uint32(verdictHead+len(v.Record)))
	b = append(b, byte(v.Outcome), byte(v.Decision), flag(v.Delayed), flag(v.Refused), v.Poked, v.Args, byte(v.Answer))
	b = le.AppendUint16(b, v.Rule)
	b = le.AppendUint64(b, v.Begin)
	b = le.AppendUint64(b, v.End)
	b = le.AppendUint32(b, v.TID)
	b = le.AppendUint32(b, v.PID)
	b = le.AppendUint32(b, uint32(v.NR))
	b = le.AppendUint64(b, uint64(v.Result))
	return append(b, v.Record...)
}

func flag(on bool) byte {
	if on {
		return 1
	}
	return 0
}

var errMessage = errors.New("malformed message between ebtrace's processes")

// parse reads a message without its size. The record is a part of b.
func (v *Verdict) parse(b []byte) error {
	if len(b) < verdictHead-4 {
		return errMessage
	}
	le := binary.LittleEndian
	*v = Verdict{
		Outcome: Outcome(b[0]), Decision: Decision(b[1]), Delayed: b[2] != 0, Refused: b[3] != 0,
		Poked: b[4], Args: b[5], Answer: Answer(b[6]), Rule: le.Uint16(b[7:]),
		Begin: le.Uint64(b[9:]), End: le.Uint64(b[17:]), TID: le.Uint32(b[25:]), PID: le.Uint32(b[29:]),
		NR: int32(le.Uint32(b[33:])), Result: int64(le.Uint64(b[37:])), Record: b[45:],
	}
	return nil
}

// readMessage reads one message, without its size.
func readMessage(r io.Reader) ([]byte, error) {
	var size [4]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		return nil, err
	}
	n := binary.LittleEndian.Uint32(size[:])
	if n < 4 || n > maxMessage {
		return nil, errMessage
	}
	b := make([]byte, n-4)
	_, err := io.ReadFull(r, b)
	return b, err
}

// writeJSON and readJSON carry what is told once.
func writeJSON(w io.Writer, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if len(b)+4 > maxMessage {
		return fmt.Errorf("%d bytes of rules are too many", len(b))
	}
	_, err = w.Write(append(binary.LittleEndian.AppendUint32(nil, uint32(len(b)+4)), b...))
	return err
}

func readJSON(r io.Reader, v any) error {
	b, err := readMessage(r)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, v)
}
