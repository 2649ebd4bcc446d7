package enforce

import (
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ebtrace/ebtrace/decode/table"
)

// enosys is what -e fault= injects unless told otherwise.
const enosys = 38

// ParseInject reads the argument of -e inject= (or, with fault, of -e fault=)
// as strace(1) describes it:
//
//	SET[:error=E|:retval=V][:signal=S][:syscall=NAME][:delay_enter=T][:delay_exit=T]
//	   [:poke_enter=@argN=HEX,...][:poke_exit=@argN=HEX,...][:when=WHEN]
func ParseInject(expr string, fault bool) (*Rule, error) {
	kind := "inject"
	if fault {
		kind = "fault"
	}
	wrong := func(err error) (*Rule, error) {
		return nil, fmt.Errorf("invalid %s argument '%s': %w", kind, expr, err)
	}
	parts := strings.Split(expr, ":")
	set, err := table.ParseCalls(parts[0])
	if err != nil {
		return nil, err
	}
	r := &Rule{PerCall: true, Action: Action{Privileged: true}}
	r.SetCalls(set)
	seen := map[string]bool{}
	for _, p := range parts[1:] {
		if p == "" && fault {
			continue
		}
		name, value, _ := strings.Cut(p, "=")
		if fault && name != "error" && name != "when" {
			return wrong(fmt.Errorf("'%s' is not one of error=, when=", p))
		}
		if name != "when" && seen[name] {
			return wrong(fmt.Errorf("%s= is given twice", name))
		}
		seen[name] = true
		if err := r.inject(name, value); err != nil {
			return wrong(err)
		}
	}
	switch {
	case seen["error"] && seen["retval"]:
		return wrong(errors.New("error= and retval= exclude each other"))
	case fault && !seen["error"]:
		r.Action.Decision, r.Action.Errno = Deny, enosys
	case seen["syscall"] && !seen["error"] && !seen["retval"]:
		return wrong(errors.New("syscall= says what runs where error= or retval= is injected: one of them is needed"))
	case len(seen) == 0 || len(seen) == 1 && seen["when"]:
		return wrong(errors.New("nothing is injected: one of error=, retval=, signal=, delay_enter=, delay_exit=, poke_enter=, poke_exit= is needed"))
	}
	if err := r.pokable(); err != nil {
		return wrong(err)
	}
	return r, nil
}

// inject reads one NAME=VALUE into the rule.
func (r *Rule) inject(name, value string) (err error) {
	a := &r.Action
	switch name {
	case "error":
		a.Decision = Deny
		a.Errno, err = parseErrno(value)
	case "retval":
		a.Decision = Return
		a.Value, err = parseReturn(value)
	case "signal":
		var ok bool
		if a.Signal, ok = table.SignalNumber(value); !ok {
			err = fmt.Errorf("no signal is called '%s'", value)
		}
	case "delay_enter":
		a.DelayEnter, err = parseDelay(value)
	case "delay_exit":
		a.DelayExit, err = parseDelay(value)
	case "poke_enter":
		a.PokeEnter, err = parsePokes(value)
	case "poke_exit":
		a.PokeExit, err = parsePokes(value)
	case "when":
		r.When, err = ParseWhen(value)
	case "syscall":
		a.Instead, err = parsePure(value)
	default:
		err = fmt.Errorf("'%s' is not known", name)
	}
	return err
}

// parsePure reads the name of a call without effects and arguments.
func parsePure(name string) (string, error) {
	pure, err := table.ParseCalls("%pure")
	if err != nil {
		return "", err
	}
	if nr, ok := table.Number(nativeABI, name); !ok || !pure.Has(nativeABI, nr) {
		return "", fmt.Errorf("'%s' is not a call without effects, one of %%pure", name)
	}
	return name, nil
}

// pokable fails if a poke is into an argument that no call of the rule has.
func (r *Rule) pokable() error {
	for _, p := range slices.Concat(r.Action.PokeEnter, r.Action.PokeExit) {
		if !r.someCall(func(row *table.Row) bool { return p.Arg < len(row.Args) }) {
			return errors.New("none of these calls has as many arguments as are poked")
		}
	}
	return nil
}

// someCall says whether f holds for a call of the rule.
func (r *Rule) someCall(f func(*table.Row) bool) bool {
	for abi, nrs := range r.Calls {
		for _, nr := range nrs {
			if row := table.Lookup(table.ABI(abi), nr); row != nil && f(row) {
				return true
			}
		}
	}
	return false
}

// parseErrno reads an error by name or number, 1..4095.
func parseErrno(s string) (int, error) {
	e, ok := table.ErrnoNumber(s)
	if !ok {
		return 0, fmt.Errorf("no error is called '%s'", s)
	}
	return e, nil
}

// parseReturn reads an integer in C's notation; those of 64 bits without a
// sign become negative.
func parseReturn(s string) (int64, error) {
	if n, err := strconv.ParseInt(s, 0, 64); err == nil {
		return n, nil
	}
	n, err := strconv.ParseUint(s, 0, 64)
	if err != nil {
		return 0, fmt.Errorf("'%s' is not an integer", s)
	}
	return int64(n), nil
}

// parseDelay reads a time; without a unit it is in microseconds.
func parseDelay(s string) (time.Duration, error) {
	if n, err := strconv.ParseUint(s, 10, 32); err == nil {
		return time.Duration(n) * time.Microsecond, nil
	}
	if s == "" || s[0] < '0' || s[0] > '9' {
		return 0, fmt.Errorf("invalid delay '%s'", s)
	}
	return table.ParseDuration(s)
}

// parsePokes reads @argN=HEX[,@argM=HEX...], N from 1.
func parsePokes(s string) ([]Poke, error) {
	var all []Poke
	for p := range strings.SplitSeq(s, ",") {
		name, data, ok := strings.Cut(p, "=")
		n, err := strconv.Atoi(strings.TrimPrefix(name, "@arg"))
		if !ok || !strings.HasPrefix(name, "@arg") || err != nil || n < 1 || n > 6 {
			return nil, fmt.Errorf("invalid poke '%s': it is @argN=HEX, N from 1 to 6", p)
		}
		b, err := hex.DecodeString(data)
		if err != nil || len(b) == 0 {
			return nil, fmt.Errorf("invalid poke '%s': '%s' is not bytes in hexadecimal", p, data)
		}
		if slices.ContainsFunc(all, func(o Poke) bool { return o.Arg == n-1 }) {
			return nil, fmt.Errorf("argument %d is poked twice", n)
		}
		all = append(all, Poke{n - 1, b})
	}
	return all, nil
}

// Injections makes one list of rules of several -e inject= and -e fault=: of
// those that name the same call the last counts.
func Injections(given []*Rule) []Rule {
	var rules []Rule
	taken := map[callKey]bool{}
	for _, g := range slices.Backward(given) {
		r := *g
		for abi := range r.Calls {
			r.Calls[abi] = slices.DeleteFunc(slices.Clone(r.Calls[abi]), func(nr int32) bool {
				k := callKey{table.ABI(abi), nr}
				was := taken[k]
				taken[k] = true
				return was
			})
		}
		rules = append(rules, r)
	}
	return rules
}

// callKey names a call.
type callKey struct {
	abi table.ABI
	nr  int32
}
