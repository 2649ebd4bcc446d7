package enforce

import (
	"net/netip"
	"slices"
	"time"

	"github.com/ebtrace/ebtrace/decode/table"
)

// Decision is what a rule does with a call.
type Decision uint8

// Decisions.
const (
	Run    Decision = iota // the kernel runs the call
	Deny                   // it fails with Action.Errno; the kernel does not run it
	Return                 // it returns Action.Value; the kernel does not run it
	Kill                   // the process is killed before the call has an effect
)

// Action is what happens to a call that a rule matches.
type Action struct {
	Decision   Decision
	Errno      int           `json:",omitempty"` // Deny: 1..4095
	Value      int64         `json:",omitempty"` // Return
	Signal     int           `json:",omitempty"` // sent on entry; 0: none
	DelayEnter time.Duration `json:",omitempty"`
	DelayExit  time.Duration `json:",omitempty"`
	PokeEnter  []Poke        `json:",omitempty"`
	PokeExit   []Poke        `json:",omitempty"`
	Instead    string        `json:",omitempty"` // Deny, Return: a call without effects that the kernel runs in its place
	Rewrite    []Rewrite     `json:",omitempty"`
	Redirect   *Target       `json:",omitempty"`
	Ask        *Ask          `json:",omitempty"` // somebody decides between Run and Deny
	// Privileged: Return and changes are for programs too that have gained
	// rights at their execve, which a false result could keep from giving up others.
	Privileged bool `json:",omitempty"`
}

// Rewrite gives the kernel another value of an argument.
type Rewrite struct {
	Arg   int // 0..5
	Value uint64
	Text  []byte `json:",omitempty"` // not nil: the address of a sealed copy of it, with a NUL after it, is the value
}

// Target is where a call goes instead: a path, or an address.
type Target struct {
	Path string   `json:",omitempty"`
	Addr *Address `json:",omitempty"`
}

// String is t as a policy has it.
func (t *Target) String() string {
	switch {
	case t.Addr == nil:
		return t.Path
	case t.Addr.Family == afUnix:
		return "unix:" + t.Addr.Unix
	}
	return netip.AddrPortFrom(t.Addr.IP, uint16(t.Addr.Port)).String()
}

// Ask lets somebody choose whether a call runs.
type Ask struct {
	Timeout time.Duration
	Allow   bool // what counts if nobody answers in time
}

// Changes says whether the kernel gets other arguments than the program gave.
func (a *Action) Changes() bool { return a.Redirect != nil || len(a.Rewrite) > 0 }

// copies says whether the action needs memory that the target cannot change.
func (a *Action) copies() bool {
	return a.Redirect != nil || a.Ask != nil || slices.ContainsFunc(a.Rewrite, func(w Rewrite) bool { return w.Text != nil })
}

// fakes says whether the program is made to believe something.
func (a *Action) fakes() bool {
	return a.Decision == Return || a.Changes() || len(a.PokeEnter) > 0 || len(a.PokeExit) > 0
}

// Poke overwrites the memory that an argument points to.
type Poke struct {
	Arg  int // 0..5
	Data []byte
}

// Rule is one line of a policy: which calls, under which conditions, what.
type Rule struct {
	Name string // "" for -e inject and -e fault: the trace says INJECTED
	// Calls are the numbers of calls that the rule names, by ABI.
	Calls [table.NumABI][]int32
	Match Match
	When  When
	// PerCall counts for When each call number by itself, as strace does;
	// else all calls that match the rule.
	PerCall bool
	Action  Action
}

// SetCalls makes set the calls of the rule. Numbers that no table has cannot
// be stopped by name.
func (r *Rule) SetCalls(set *table.CallSet) {
	for abi := range table.ABI(table.NumABI) {
		r.Calls[abi] = nil
		for nr := range int32(table.MaxNR) {
			if set.Has(abi, nr) && table.Name(abi, nr) != "" {
				r.Calls[abi] = append(r.Calls[abi], nr)
			}
		}
	}
}

// needsExit says whether the thread must be stopped at the end of the call too.
func (a *Action) needsExit() bool {
	return a.Decision == Run && (a.DelayExit > 0 || len(a.PokeExit) > 0) || a.Instead != ""
}
