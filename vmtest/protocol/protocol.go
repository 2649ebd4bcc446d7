// Package protocol is what host and guest say to each other: a plan in the
// initramfs, and marked lines on the guest's console. The console is the only
// channel that every kernel of the matrix has built in.
package protocol

import (
	"encoding/json"
	"strings"
)

// PlanFile is where the guest finds the Plan.
const PlanFile = "/plan.json"

// Plan is what a guest is to run.
type Plan struct {
	Tests []Test
	Env   []string // NAME=value, for every test
}

// Test is one binary.
type Test struct {
	Name     string
	Path     string
	Args     []string
	Programs bool // it runs where Debian's programs are
}

// The file system with Debian's programs: where it is, and where the tests and
// the command are in it.
const (
	ProgramsRoot = "/programs"
	TestsDir     = "/tests"
	CommandDir   = "/opt"
)

// EnvKernel and EnvHas tell tests in a guest which kernel they are on, as
// "6.12-amd64", and which features it must have, with commas between.
const (
	EnvKernel = "EBTRACE_VMTEST_KERNEL"
	EnvHas    = "EBTRACE_VMTEST_HAS"
)

// EnvCount is set in a guest whose clock goes on by one nanosecond with each
// instruction: its times are counts.
const EnvCount = "EBTRACE_VMTEST_COUNT"

// Events of a Line.
const (
	Start   = "start"   // init runs; Text: uname -r
	Begin   = "begin"   // a test binary starts; Text: its name
	End     = "end"     // it has ended; Status: exit status, or how it died
	Trouble = "trouble" // something went wrong; Text: what
	Exit    = "exit"    // all was run
	Figure  = "figure"  // instructions verified; Text: the program; Status: how many
	Cost    = "cost"    // a test measured something; Text: what; Status: how much
)

// Line is one marked line.
type Line struct {
	Event  string `json:"event"`
	Text   string `json:"text,omitempty"`
	Status string `json:"status,omitempty"`
}

const mark = "@@vmtest "

// Encode returns the line without its end.
func (l Line) Encode() string {
	l.Text = strings.TrimSpace(l.Text)
	b, _ := json.Marshal(l) // strings only: cannot fail
	return mark + string(b)
}

// Decode returns the marked line that s is, if it is one.
func Decode(s string) (l Line, ok bool) {
	at := strings.Index(s, mark)
	if at < 0 {
		return l, false
	}
	return l, json.Unmarshal([]byte(strings.TrimSpace(s[at+len(mark):])), &l) == nil
}
