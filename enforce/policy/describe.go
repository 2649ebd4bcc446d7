package policy

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/ebtrace/ebtrace/decode/table"
	"github.com/ebtrace/ebtrace/enforce"
)

// Described is a call that was described in words: NAME(ARG, ...). Arguments
// in quotes are paths, names of flags are joined by "|", an address is
// IP:PORT or unix:NAME, and the others are numbers.
type Described struct {
	NR    int32
	paths []string
	flags uint64
	args  [6]uint64
	addr  *enforce.Address
	// Of the caller.
	User, Group     uint32
	Program, Thread string
}

// ParseCall reads a description of a call of an ABI.
func ParseCall(abi table.ABI, s string) (*Described, error) {
	name, rest, ok := strings.Cut(strings.TrimSpace(s), "(")
	args, found := strings.CutSuffix(rest, ")")
	nr, known := table.Number(abi, name)
	switch {
	case !ok || !found:
		return nil, fmt.Errorf("'%s' is not a call: write NAME(ARG, ...)", s)
	case !known:
		return nil, fmt.Errorf("invalid system call '%s'", name)
	}
	d := &Described{NR: nr}
	set := new(table.CallSet)
	set.NR[abi][nr] = true
	for i, a := range split(args) {
		if i >= len(d.args) {
			return nil, fmt.Errorf("'%s' has more than %d arguments", s, len(d.args))
		}
		if err := d.arg(i, a, set); err != nil {
			return nil, err
		}
	}
	return d, nil
}

func (d *Described) arg(i int, a string, set *table.CallSet) error {
	if len(a) >= 2 && a[0] == '"' {
		p, err := strconv.Unquote(a)
		if err != nil {
			return fmt.Errorf("invalid string %s", a)
		}
		if !strings.HasPrefix(p, "/") {
			return fmt.Errorf("path %s: only absolute paths, without symbolic links, can be tested", a)
		}
		d.paths = append(d.paths, p)
		return nil
	}
	if v, err := strconv.ParseInt(a, 0, 64); err == nil {
		d.args[i] = uint64(v)
		return nil
	}
	if a == "AT_FDCWD" || a == "NULL" {
		return nil
	}
	if name, ok := strings.CutPrefix(a, "unix:"); ok {
		d.addr = &enforce.Address{Family: 1, Unix: name}
		return nil
	}
	if ap, err := netip.ParseAddrPort(a); err == nil {
		d.addr = &enforce.Address{Family: 2, IP: ap.Addr().Unmap(), Port: int(ap.Port())}
		return nil
	}
	for name := range strings.SplitSeq(a, "|") {
		v, err := enforce.FlagValue(set, name)
		if err != nil {
			return err
		}
		d.args[i] |= v
		d.flags |= v
	}
	return nil
}

// split cuts at commas outside of quotes.
func split(s string) (all []string) {
	quoted, from := false, 0
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && quoted:
			i++
		case s[i] == '"':
			quoted = !quoted
		case s[i] == ',' && !quoted:
			all = append(all, strings.TrimSpace(s[from:i]))
			from = i + 1
		}
	}
	if last := strings.TrimSpace(s[from:]); last != "" {
		all = append(all, last)
	}
	return all
}

// Arg implements enforce.Subject.
func (d *Described) Arg(i int) uint64 { return d.args[i] }

// ArgMask implements enforce.Subject.
func (d *Described) ArgMask(i int) uint64 { return enforce.ArgMask(table.AMD64, d.NR, i) }

// Flags implements enforce.Subject: flags that are not named are 0.
func (d *Described) Flags() (uint64, bool) { return d.flags, true }

// Paths implements enforce.Subject.
func (d *Described) Paths(n int) ([]string, bool) {
	if n >= len(d.paths) {
		return nil, n > 0
	}
	return d.paths[n : n+1], true
}

// Address implements enforce.Subject.
func (d *Described) Address() (*enforce.Address, bool) { return d.addr, true }

// UID implements enforce.Subject.
func (d *Described) UID() uint32 { return d.User }

// GID implements enforce.Subject.
func (d *Described) GID() uint32 { return d.Group }

// Exe implements enforce.Subject.
func (d *Described) Exe() string { return d.Program }

// Comm implements enforce.Subject.
func (d *Described) Comm() string { return d.Thread }
