package enforce

import (
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
	Redirect   string        `json:",omitempty"` // another path for the rule's path argument
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
	return a.Decision == Run && (a.DelayExit > 0 || len(a.PokeExit) > 0)
}
