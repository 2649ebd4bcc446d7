package table

import (
	"fmt"
	"iter"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/ebtrace/ebtrace/internal/suggest"
)

// MaxNR is one more than the largest syscall number that can be selected by
// itself; EB_MAX_NR in bpf/plan.h.
const MaxNR = 512

// CallSet is a set of system calls, by ABI and number.
type CallSet struct {
	NR      [NumABI][MaxNR]bool
	Unknown bool // numbers from MaxNR on, and every call of an unknown ABI
}

// Has says whether call nr of an ABI is in the set.
func (s *CallSet) Has(abi ABI, nr int32) bool {
	if int(abi) >= NumABI || nr < 0 || nr >= MaxNR {
		return s.Unknown
	}
	return s.NR[abi][nr]
}

// Full says whether every call is in the set.
func (s *CallSet) Full() bool { return s.Unknown && s.count() == NumABI*MaxNR }

// Empty says whether no call is in the set.
func (s *CallSet) Empty() bool { return !s.Unknown && s.count() == 0 }

// Add puts the calls of t into s.
func (s *CallSet) Add(t *CallSet) {
	for a := range s.NR {
		for nr := range s.NR[a] {
			s.NR[a][nr] = s.NR[a][nr] || t.NR[a][nr]
		}
	}
	s.Unknown = s.Unknown || t.Unknown
}

// AllCalls is the set of every call, those without a name included.
func AllCalls() *CallSet {
	s := new(CallSet)
	s.invert()
	return s
}

func (s *CallSet) count() (n int) {
	for a := range s.NR {
		for nr := range s.NR[a] {
			if s.NR[a][nr] {
				n++
			}
		}
	}
	return n
}

func (s *CallSet) invert() {
	for a := range s.NR {
		for nr := range s.NR[a] {
			s.NR[a][nr] = !s.NR[a][nr]
		}
	}
	s.Unknown = !s.Unknown
}

// ParseCalls reads a set of calls in strace's syntax (strace(1), "-e trace="):
//
//	set  = "all" | "none" | {"!"} term {"," term}
//	term = {"?"} (name | number | class | "/" regex | "all") ["@64" | "@32"]
//
// "!" takes the complement of the whole set. A "?" before a term excuses it
// from naming any call. A class is "%file" and so on; file, process, network,
// signal, ipc, desc and memory go without "%" too. The regex is POSIX
// extended and not anchored. "@64" and "@32" keep the calls of 64-bit and of
// 32-bit programs.
func ParseCalls(expr string) (*CallSet, error) { return parseCalls(expr, known{}) }

// callIndex is what selection knows of calls.
type callIndex interface {
	name(abi ABI, nr int) string      // "" if the number has no call
	classes(abi ABI, nr int) []string // of the call
}

// known is the callIndex of the table.
type known struct{}

func (known) name(abi ABI, nr int) string { return Name(abi, int32(nr)) }

func (known) classes(abi ABI, nr int) []string {
	if r := Lookup(abi, int32(nr)); r != nil {
		return r.Classes
	}
	return nil
}

func parseCalls(expr string, ix callIndex) (*CallSet, error) {
	set := new(CallSet)
	body := strings.TrimLeft(expr, "!")
	not := (len(expr)-len(body))%2 == 1
	if body != "none" {
		if err := addTerms(set, body, expr, ix); err != nil {
			return nil, err
		}
	}
	if not {
		set.invert()
	}
	return set, nil
}

func addTerms(set *CallSet, body, expr string, ix callIndex) error {
	n := 0
	for term := range strings.SplitSeq(body, ",") {
		if term == "" {
			continue
		}
		n++
		if err := addTerm(set, term, ix); err != nil {
			return err
		}
	}
	if n == 0 {
		return fmt.Errorf("invalid system call '%s'", expr)
	}
	return nil
}

func addTerm(set *CallSet, term string, ix callIndex) error {
	name := strings.TrimLeft(term, "?")
	optional := name != term
	name, abis, err := cutABI(name)
	if err != nil {
		return err
	}
	match, err := matcher(name, ix)
	if err != nil {
		return err
	}
	found := false
	for _, abi := range abis {
		for nr := range MaxNR {
			if match(abi, nr) {
				set.NR[abi][nr], found = true, true
			}
		}
	}
	if name == "all" && len(abis) == NumABI {
		set.Unknown = true
	}
	if !found && !optional {
		return unknownCall(term, name, ix)
	}
	return nil
}

// cutABI takes "@64" or "@32" off a term and returns the ABIs that it leaves.
func cutABI(term string) (string, []ABI, error) {
	i := strings.LastIndexByte(term, '@')
	if i < 0 {
		return term, []ABI{AMD64, ARM64, I386}, nil
	}
	switch p := term[i+1:]; p {
	case "64":
		return term[:i], []ABI{AMD64, ARM64}, nil
	case "32":
		return term[:i], []ABI{I386}, nil
	case "x32":
		return "", nil, fmt.Errorf("x32 calls cannot be selected by name in '%s': ebtrace knows their numbers only", term)
	default:
		return "", nil, fmt.Errorf("incorrect personality designator '%s' in qualification '%s': it is @64 or @32", p, term)
	}
}

// matcher returns the predicate that one term stands for.
func matcher(name string, ix callIndex) (func(ABI, int) bool, error) {
	if name == "all" {
		return func(ABI, int) bool { return true }, nil
	}
	if class := classOf(name); class != nil {
		return func(a ABI, nr int) bool {
			return slices.ContainsFunc(ix.classes(a, nr), class) || name == "%%statfs" && ix.name(a, nr) == "ustat"
		}, nil
	}
	if re, ok := strings.CutPrefix(name, "/"); ok {
		r, err := regexp.CompilePOSIX(re)
		if err != nil {
			return nil, fmt.Errorf("invalid regular expression '%s': %w", re, err)
		}
		return func(a ABI, nr int) bool {
			n := ix.name(a, nr)
			return n != "" && r.MatchString(n)
		}, nil
	}
	if n, err := strconv.ParseUint(name, 10, 31); err == nil {
		return func(_ ABI, nr int) bool { return nr == int(n) }, nil
	}
	return func(a ABI, nr int) bool { return name != "" && ix.name(a, nr) == name }, nil
}

// The classes by the names that strace gives them, and the table's classes
// that each holds. %%statfs holds ustat besides.
var classes = map[string][]string{
	"%file": {"file"}, "%process": {"process"}, "%net": {"network"}, "%network": {"network"},
	"%signal": {"signal"}, "%ipc": {"ipc"}, "%desc": {"desc"}, "%memory": {"memory"}, "%creds": {"creds"},
	"%stat": {"stat"}, "%lstat": {"lstat"}, "%fstat": {"fstat"}, "%%stat": {"stat", "lstat", "fstat"},
	"%statfs": {"statfs"}, "%fstatfs": {"fstatfs"}, "%%statfs": {"statfs", "fstatfs"},
	"%clock": {"clock"}, "%pure": {"pure"},
	"file": {"file"}, "process": {"process"}, "network": {"network"}, "signal": {"signal"}, "ipc": {"ipc"},
	"desc": {"desc"}, "memory": {"memory"},
}

// classOf returns the predicate over the table's classes for a class name, nil
// if there is none of that name.
func classOf(name string) func(string) bool {
	c := classes[name]
	if c == nil {
		return nil
	}
	return func(have string) bool { return slices.Contains(c, have) }
}

// unknownCall is the error for a term that names nothing. name is the term
// without what qualifies it.
func unknownCall(term, name string, ix callIndex) error {
	for n := range selectable(ix) {
		if n == name { // another ABI has it
			return fmt.Errorf("invalid system call '%s'", term)
		}
	}
	if near := suggest.Near(name, selectable(ix)); near != "" {
		return fmt.Errorf("invalid system call '%s' (did you mean '%s'?)", term, near)
	}
	return fmt.Errorf("invalid system call '%s'", term)
}

// selectable yields the names of all calls and classes.
func selectable(ix callIndex) iter.Seq[string] {
	return func(yield func(string) bool) {
		for a := range NumABI {
			for nr := range MaxNR {
				if n := ix.name(ABI(a), nr); n != "" && !yield(n) {
					return
				}
			}
		}
		names := make([]string, 0, len(classes))
		for c := range classes {
			names = append(names, c)
		}
		slices.Sort(names)
		for _, c := range names {
			if !yield(c) {
				return
			}
		}
	}
}
