package enforce

import (
	"fmt"
	"slices"

	"github.com/ebtrace/ebtrace/decode/table"
)

// siblings are calls that do the same: a rule with a path or an address that
// names one is about all of its group.
var (
	openCalls = []string{"open", "openat", "openat2", "creat"}
	execCalls = []string{"execve", "execveat"}
	addrCalls = []string{"connect", "sendto", "sendmsg"}
)

// Siblings adds to set the calls that would be a way around a rule with m.
func Siblings(set *table.CallSet, m *Match) {
	groups := [][]string{}
	if m.Path != nil || m.Path2 != nil {
		groups = append(groups, openCalls, execCalls)
	}
	if len(m.Addr) > 0 {
		groups = append(groups, addrCalls)
	}
	for abi := range table.ABI(table.NumABI) {
		for _, g := range groups {
			if slices.ContainsFunc(g, func(n string) bool { nr, ok := table.Number(abi, n); return ok && set.Has(abi, nr) }) {
				for _, n := range g {
					if nr, ok := table.Number(abi, n); ok && nr < table.MaxNR {
						set.NR[abi][nr] = true
					}
				}
			}
		}
	}
}

// Native is the ABI of this machine's own programs.
func Native() table.ABI { return nativeABI }

// Check takes out calls that a rule can say nothing about (those of a class
// without a path, for one with a path) and fails if none is left, or if the
// rule cannot be carried out exactly.
func (r *Rule) Check() error {
	m := &r.Match
	for abi := range r.Calls {
		r.Calls[abi] = slices.DeleteFunc(r.Calls[abi], func(nr int32) bool {
			row := table.Lookup(table.ABI(abi), nr)
			switch {
			case row == nil:
				return m.Inspects() || m.Flags != nil
			case m.Path != nil && len(pathArgs(row)) < 1, m.Path2 != nil && len(pathArgs(row)) < 2:
				return true
			case len(m.Addr) > 0 && !slices.Contains(addrCalls, row.Name) && row.Name != "bind":
				return true
			case m.Flags != nil && flagsArg(row) < 0 && row.Name != "openat2" && row.Name != "creat":
				return true
			}
			return false
		})
	}
	if len(r.Calls[table.AMD64])+len(r.Calls[table.ARM64])+len(r.Calls[table.I386]) == 0 {
		return fmt.Errorf("none of the syscalls of rule '%s' has what the rule looks at", r.Name)
	}
	if err := r.changeable(); err != nil {
		return err
	}
	if r.Action.Decision == Return && r.Action.Value < 0 && r.Action.Value >= -table.MaxErrno {
		return fmt.Errorf("rule '%s': a result from -%d to -1 is an error: use deny", r.Name, table.MaxErrno)
	}
	return nil
}

// changeable fails if what the rule changes is not in all of its calls.
func (r *Rule) changeable() error {
	a := &r.Action
	for abi := range r.Calls {
		for _, nr := range r.Calls[abi] {
			row := table.Lookup(table.ABI(abi), nr)
			switch {
			case row == nil && (a.Changes() || len(a.PokeEnter)+len(a.PokeExit) > 0):
				return fmt.Errorf("rule '%s': %s has unknown arguments, which cannot be changed", r.Name, table.Name(table.ABI(abi), nr))
			case row == nil || a.Redirect == nil:
			case a.Redirect.Addr != nil && !slices.Contains(addrCalls, row.Name) && row.Name != "bind":
				return fmt.Errorf("rule '%s': %s has no address to redirect", r.Name, row.Name)
			case a.Redirect.Addr == nil && len(pathArgs(row)) == 0:
				return fmt.Errorf("rule '%s': %s has no path to redirect", r.Name, row.Name)
			}
			for _, w := range a.Rewrite {
				if row := row; row != nil && !rewritable(row, w) {
					return fmt.Errorf("rule '%s': argument %d of %s cannot be rewritten to that", r.Name, w.Arg, row.Name)
				}
			}
		}
	}
	return r.pokable()
}

// rewritable says whether an argument is there, and for a text that the kernel
// only reads it: the text is where nobody can write.
func rewritable(row *table.Row, w Rewrite) bool {
	if w.Arg >= len(row.Args) {
		return false
	}
	return w.Text == nil || row.Args[w.Arg].Kind.Pointer() && row.Args[w.Arg].Dir == table.In
}

// FlagValue is the value of a flag's name in the flags arguments of the calls.
func FlagValue(calls *table.CallSet, name string) (uint64, error) {
	for _, abi := range []table.ABI{table.AMD64, table.ARM64} {
		for nr := range int32(table.MaxNR) {
			row := table.Lookup(abi, nr)
			if row == nil || !calls.Has(abi, nr) {
				continue
			}
			i := flagsArg(row)
			if i < 0 {
				continue
			}
			for _, g := range row.Args[i].Set.ABI[abi] {
				for _, c := range g.Consts {
					if c.Name == name {
						return c.Val, nil
					}
				}
			}
		}
	}
	return 0, fmt.Errorf("no flag of these syscalls is called '%s'", name)
}
