package enforce

import (
	"net/netip"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/ebtrace/ebtrace/decode/table"
)

// Match is what a rule asks of a call besides its number. All that is set must
// hold.
type Match struct {
	Path  *Pattern    `json:",omitempty"` // of the first path argument
	Path2 *Pattern    `json:",omitempty"` // of the second
	Addr  []AddrMatch `json:",omitempty"` // one of them
	Flags *FlagMatch  `json:",omitempty"`
	Args  []ArgMatch  `json:",omitempty"`
	UIDs  []uint32    `json:",omitempty"` // effective user, one of them
	GIDs  []uint32    `json:",omitempty"`
	Exe   *Pattern    `json:",omitempty"` // program file of the process
	Comm  *Pattern    `json:",omitempty"` // name of the thread, which it can choose
}

// AddrMatch is a network prefix with a port, a unix socket, or all addresses of
// another family.
type AddrMatch struct {
	Prefix netip.Prefix
	Port   int      // -1: any
	Unix   *Pattern `json:",omitempty"` // name; abstract ones begin with @
	Family uint16   `json:",omitempty"` // AF_*: any address of it; 0: see above
	None   bool     `json:",omitempty"` // the call gives no address
}

// Address is where a call wants to go.
type Address struct {
	Family uint16
	IP     netip.Addr
	Port   int
	Unix   string // abstract: begins with @
}

// FamilyUnspec is AF_UNSPEC, whose number is 0, in an AddrMatch.
const FamilyUnspec = 0xffff

func (m *AddrMatch) matches(a *Address) bool {
	switch {
	case a == nil || m.None:
		return a == nil && m.None
	case m.Family == FamilyUnspec:
		return a.Family == unix.AF_UNSPEC
	case m.Family != 0:
		return a.Family == m.Family
	}
	if m.Unix != nil {
		return a.Family == afUnix && m.Unix.Matches(a.Unix)
	}
	return a.IP.IsValid() && m.Prefix.Contains(a.IP) && (m.Port < 0 || m.Port == a.Port)
}

// FlagMatch is about the flags argument of each call: the values of the names.
type FlagMatch struct {
	Any, All, None uint64   `json:",omitempty"`
	Names          []string `json:",omitempty"` // for explain
}

func (m *FlagMatch) matches(v uint64) bool {
	return (m.Any == 0 || v&m.Any != 0) && v&m.All == m.All && v&m.None == 0
}

// ArgMatch is about the value of an argument register.
type ArgMatch struct {
	Arg      int // 0..5
	Mask     uint64
	Min, Max uint64 // of the value & Mask
}

// compile readies the patterns.
func (m *Match) compile() error {
	for _, p := range []*Pattern{m.Path, m.Path2, m.Exe} {
		if p != nil {
			if err := p.Compile(true); err != nil {
				return err
			}
		}
	}
	if m.Comm != nil {
		if err := m.Comm.Compile(false); err != nil {
			return err
		}
	}
	for i := range m.Addr {
		if u := m.Addr[i].Unix; u != nil {
			if err := u.Compile(false); err != nil {
				return err
			}
		}
	}
	return nil
}

// Inspects says whether memory of the target decides.
func (m *Match) Inspects() bool { return m.Path != nil || m.Path2 != nil || len(m.Addr) > 0 }

// Subject is a call as rules look at it. What is costly is found when asked for.
type Subject interface {
	Arg(i int) uint64
	// ArgMask is the bits of it that count; see ArgMask.
	ArgMask(i int) uint64
	// Flags is the value of the flags argument.
	Flags() (v uint64, ok bool)
	// Paths are the names of the file of path argument n, 0 or 1: resolved with
	// and without the last symbolic link; none if there is no such argument. ok
	// is false if they cannot be read.
	Paths(n int) (names []string, ok bool)
	Address() (a *Address, ok bool)
	UID() uint32
	GID() uint32
	Exe() string
	Comm() string
}

// matches says whether the rule applies. A rule that allows needs all names of
// a file to match; every other one is content with one. What cannot be read
// matches every rule that does not allow.
func (r *Rule) matches(s Subject) bool {
	m := &r.Match
	for i := range m.Args {
		t := m.Args[i].test(s.ArgMask(m.Args[i].Arg))
		if v := s.Arg(t.arg) & t.mask; v < t.min || v > t.max {
			return false
		}
	}
	if m.Flags != nil {
		if v, ok := s.Flags(); ok && !m.Flags.matches(v) || !ok && r.Action.allows() {
			return false
		}
	}
	if len(m.UIDs) > 0 && !slices.Contains(m.UIDs, s.UID()) || len(m.GIDs) > 0 && !slices.Contains(m.GIDs, s.GID()) {
		return false
	}
	if m.Exe != nil && !m.Exe.Matches(s.Exe()) || m.Comm != nil && !m.Comm.Matches(s.Comm()) {
		return false
	}
	if m.Path2 != nil && !r.matchesPath(m.Path2, s, 1) {
		return false
	}
	if m.Path != nil && !r.matchesFirst(s) {
		return false
	}
	return len(m.Addr) == 0 || r.matchesAddr(s)
}

// matchesFirst is about the first path of a call; without path2 it is about
// the second too, as of rename and link: one is enough, to allow it takes both.
func (r *Rule) matchesFirst(s Subject) bool {
	p := r.Match.Path
	first := r.matchesPath(p, s, 0)
	second, ok := s.Paths(1)
	if r.Match.Path2 != nil || ok && len(second) == 0 || first != r.Action.allows() {
		return first
	}
	return r.matchesPath(p, s, 1)
}

func (r *Rule) matchesPath(p *Pattern, s Subject, n int) bool {
	names, ok := s.Paths(n)
	if !ok {
		return !r.Action.allows()
	}
	if r.Action.allows() {
		return !slices.ContainsFunc(names, func(s string) bool { return !p.Matches(s) })
	}
	return slices.ContainsFunc(names, p.Matches)
}

func (r *Rule) matchesAddr(s Subject) bool {
	a, ok := s.Address()
	if !ok {
		return !r.Action.allows()
	}
	return slices.ContainsFunc(r.Match.Addr, func(m AddrMatch) bool { return m.matches(a) })
}

// allows says whether the action lets the call run with the arguments that it has.
func (a *Action) allows() bool { return a.Decision == Run && !a.Changes() && a.Ask == nil }

// pathArgs are the indexes of the path arguments of a row.
func pathArgs(row *table.Row) (at []int) {
	for i := range row.Args {
		if row.Args[i].Kind == table.KindPath && row.Args[i].Dir != table.Out {
			at = append(at, i)
		}
	}
	return at
}

// Judge returns the rule for a call, -1 if there is none. It leaves When out
// of account: that depends on the calls before.
func Judge(rules []Rule, abi table.ABI, nr int32, s Subject) int {
	for i := range rules {
		if rules[i].Match.compile() == nil && slices.Contains(rules[i].Calls[abi], nr) && rules[i].matches(s) {
			return i
		}
	}
	return -1
}
