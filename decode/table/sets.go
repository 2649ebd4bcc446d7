package table

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ebtrace/ebtrace/internal/suggest"
	"golang.org/x/sys/unix"
)

// Status is a set of ways in which a call can end.
type Status uint8

// The ways.
const (
	Successful  Status = 1 << iota // it returned no error
	Failed                         // it returned an error
	Unfinished                     // it did not return: the thread ended in it
	Unavailable                    // it returned, but the result was not seen
	Detached                       // tracing ended before it returned

	AllStatus = Successful | Failed | Unfinished | Unavailable | Detached
)

var statuses = map[string]Status{
	"successful": Successful, "failed": Failed, "unfinished": Unfinished,
	"unavailable": Unavailable, "detached": Detached,
}

// splitSet takes strace's "[!]all", "[!]none" or "[!]a,b,c" apart: the words,
// or all, and whether the complement is meant. what names the kind of word in
// the error for an empty set.
func splitSet(expr, what string) (words []string, all, not bool, err error) {
	body := strings.TrimLeft(expr, "!")
	not = (len(expr)-len(body))%2 == 1
	switch body {
	case "all":
		return nil, true, not, nil
	case "none":
		return nil, true, !not, nil
	}
	for w := range strings.SplitSeq(body, ",") {
		if w != "" {
			words = append(words, w)
		}
	}
	if len(words) == 0 {
		return nil, false, false, fmt.Errorf("invalid %s '%s'", what, expr)
	}
	return words, false, not, nil
}

// ParseStatus reads a set for -e status=.
func ParseStatus(expr string) (Status, error) {
	words, all, not, err := splitSet(expr, "status")
	if err != nil {
		return 0, err
	}
	var s Status
	if all {
		s = AllStatus
	}
	for _, w := range words {
		bit, ok := statuses[w]
		if !ok {
			return 0, unknownWord("status", w, maps.Keys(statuses))
		}
		s |= bit
	}
	if not {
		s = AllStatus &^ s
	}
	return s, nil
}

// MaxErrno is the largest error number that a call can return (MAX_ERRNO in
// include/linux/err.h).
const MaxErrno = 4095

// ErrnoSet is a set of results by error number; 0 stands for every result that
// is no error.
type ErrnoSet [(MaxErrno + 1) / 64]uint64

// Has says whether error e is in the set.
func (s *ErrnoSet) Has(e int) bool {
	return e >= 0 && e <= MaxErrno && s[e/64]>>(e%64)&1 == 1
}

// ParseErrnos reads a set for -e errno=. "ENOENT" selects calls that failed
// with it; "!EAGAIN" every other call, those that succeeded included; "all"
// every call that failed, "none" those that did not.
func ParseErrnos(expr string) (*ErrnoSet, error) {
	words, all, not, err := splitSet(expr, "errno")
	if err != nil {
		return nil, err
	}
	s := new(ErrnoSet)
	if all {
		for i := range s {
			s[i] = ^uint64(0)
		}
		s[0] &^= 1
	}
	for _, w := range words {
		e, ok := errnoOf(w)
		if !ok {
			return nil, unknownWord("errno", w, maps.Keys(errnos))
		}
		s[e/64] |= 1 << (e % 64)
	}
	if not {
		for i := range s {
			s[i] = ^s[i]
		}
	}
	return s, nil
}

func errnoOf(w string) (int, bool) {
	if n, err := strconv.Atoi(w); err == nil {
		return n, n > 0 && n <= MaxErrno
	}
	e, ok := errnos[strings.ToUpper(w)]
	return e, ok
}

// errnos by name: of the architecture's user interface, and the restart codes
// that the kernel uses within (include/linux/errno.h).
var errnos = func() map[string]int {
	m := map[string]int{
		"EWOULDBLOCK": 11, "EDEADLOCK": 35, "ENOTSUP": 95,
		"ERESTARTSYS": 512, "ERESTARTNOINTR": 513, "ERESTARTNOHAND": 514, "ENOIOCTLCMD": 515,
		"ERESTART_RESTARTBLOCK": 516,
	}
	for e := 1; e < 512; e++ {
		if n := unix.ErrnoName(unix.Errno(e)); n != "" {
			m[n] = e
		}
	}
	return m
}()

// SignalSet is a set of signals; bit n-1 stands for signal n, 1 to 64.
type SignalSet uint64

// Has says whether signal n is in the set.
func (s SignalSet) Has(n int) bool { return n >= 1 && n <= 64 && s>>(n-1)&1 == 1 }

// AllSignals is every signal.
const AllSignals = ^SignalSet(0)

// ParseSignals reads a set for -e signal=: names with or without "SIG", in
// any case, RT_n, RTMIN+n, RTMAX-n or numbers.
func ParseSignals(expr string) (SignalSet, error) {
	words, all, not, err := splitSet(expr, "signal")
	if err != nil {
		return 0, err
	}
	var s SignalSet
	if all {
		s = AllSignals
	}
	for _, w := range words {
		n, ok := SignalNumber(w)
		if !ok {
			return 0, unknownWord("signal", w, maps.Keys(signals))
		}
		s |= 1 << (n - 1)
	}
	if not {
		s = ^s
	}
	return s, nil
}

// First and last real-time signal of the kernel's numbering; a C library
// keeps the first two or three to itself and calls the next SIGRTMIN.
const (
	rtMin = 32
	rtMax = 64
)

// SignalNumber is the number of a signal by its name or number.
func SignalNumber(w string) (int, bool) {
	if n, err := strconv.Atoi(w); err == nil {
		return n, n >= 1 && n <= rtMax
	}
	w = strings.TrimPrefix(strings.ToUpper(w), "SIG")
	if n, ok := signals["SIG"+w]; ok {
		return n, true
	}
	for _, p := range []struct {
		prefix     string
		base, sign int
	}{{"RTMIN+", rtMin, 1}, {"RTMAX-", rtMax, -1}, {"RT_", rtMin, 1}} {
		rest, ok := strings.CutPrefix(w, p.prefix)
		if n, err := strconv.ParseUint(rest, 10, 8); ok && err == nil {
			sig := p.base + p.sign*int(n)
			return sig, sig >= rtMin && sig <= rtMax
		}
	}
	return 0, false
}

// signals by name; numbers as in asm-generic/signal.h and x86, which agree.
var signals = func() map[string]int {
	m := map[string]int{"SIGCLD": 17, "SIGPOLL": 29, "SIGIOT": 6, "SIGRTMIN": rtMin, "SIGRTMAX": rtMax}
	for n := 1; n < rtMin; n++ {
		if name := unix.SignalName(unix.Signal(n)); name != "" {
			m[name] = n
		}
	}
	return m
}()

// FDSet is a set of file descriptors: those in FDs, or with Not the others.
type FDSet struct {
	FDs []int32 // ascending, each once
	Not bool
}

// Has says whether descriptor fd is in the set.
func (s *FDSet) Has(fd int32) bool {
	_, ok := slices.BinarySearch(s.FDs, fd)
	return ok != s.Not
}

// ParseFDs reads a set for -e fd=.
func ParseFDs(expr string) (*FDSet, error) {
	words, all, not, err := splitSet(expr, "descriptor")
	if err != nil {
		return nil, err
	}
	s := &FDSet{Not: all != not}
	for _, w := range words {
		fd, err := strconv.ParseUint(w, 10, 31)
		if err != nil {
			return nil, fmt.Errorf("invalid descriptor '%s'", w)
		}
		s.FDs = append(s.FDs, int32(fd))
	}
	slices.Sort(s.FDs)
	s.FDs = slices.Compact(s.FDs)
	return s, nil
}

// ParseDuration reads a length of time: a number in seconds, or with a unit
// s, ms, us or ns after it. It is at least 0 and at most 290 years.
func ParseDuration(s string) (time.Duration, error) {
	num, unit := s, time.Second
	for _, u := range []struct {
		suffix string
		unit   time.Duration
	}{{"ns", time.Nanosecond}, {"us", time.Microsecond}, {"ms", time.Millisecond}, {"s", time.Second}} {
		if rest, ok := strings.CutSuffix(s, u.suffix); ok {
			num, unit = rest, u.unit
			break
		}
	}
	f, err := strconv.ParseFloat(num, 64)
	if d := f * float64(unit); err == nil && d >= 0 && d < 1<<63 {
		return time.Duration(d), nil
	}
	return 0, fmt.Errorf("invalid duration '%s': a number of seconds, or one with s, ms, us or ns", s)
}

// unknownWord is the error for a word that a set does not know.
func unknownWord(what, w string, words func(func(string) bool)) error {
	sorted := slices.Sorted(words)
	near := suggest.Near(w, slices.Values(sorted))
	if near == "" {
		near = suggest.Near(strings.ToUpper(w), slices.Values(sorted))
	}
	if near != "" {
		return fmt.Errorf("invalid %s '%s' (did you mean '%s'?)", what, w, near)
	}
	return fmt.Errorf("invalid %s '%s'", what, w)
}

// ErrnoNumber is the number, 1..4095, of an error by its name, in any case,
// or number.
func ErrnoNumber(w string) (int, bool) { return errnoOf(w) }
