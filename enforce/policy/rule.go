package policy

import (
	"errors"
	"fmt"
	"net/netip"
	"os/user"
	"strconv"
	"strings"
	"time"
	"unicode"

	"go.yaml.in/yaml/v3"
	"golang.org/x/sys/unix"

	"github.com/ebtrace/ebtrace/decode/table"
	"github.com/ebtrace/ebtrace/enforce"
)

// rule reads one rule.
func (p *parser) rule(n *yaml.Node) (*enforce.Rule, error) {
	r := &enforce.Rule{}
	m, a := &r.Match, &r.Action
	calls := new(table.CallSet)
	var actions []string
	action := func(name string, read func(*yaml.Node) error) func(*yaml.Node) error {
		return func(n *yaml.Node) error {
			actions = append(actions, name)
			return read(n)
		}
	}
	var flags, rewrites *yaml.Node
	err := p.mapping(n, fields{
		"name":     func(n *yaml.Node) (err error) { r.Name, err = p.name(n); return err },
		"syscalls": func(n *yaml.Node) (err error) { calls, err = p.calls(n); return err },
		"path":     func(n *yaml.Node) (err error) { m.Path, err = p.pattern(n, true); return err },
		"path2":    func(n *yaml.Node) (err error) { m.Path2, err = p.pattern(n, true); return err },
		"exe":      func(n *yaml.Node) (err error) { m.Exe, err = p.pattern(n, true); return err },
		"comm":     func(n *yaml.Node) (err error) { m.Comm, err = p.pattern(n, false); return err },
		"addr":     func(n *yaml.Node) (err error) { m.Addr, err = p.addresses(n); return err },
		"uid":      func(n *yaml.Node) (err error) { m.UIDs, err = p.ids(n, userID); return err },
		"gid":      func(n *yaml.Node) (err error) { m.GIDs, err = p.ids(n, groupID); return err },
		"flags":    func(n *yaml.Node) error { flags = n; return nil },
		"args":     func(n *yaml.Node) (err error) { m.Args, err = p.args(n); return err },
		"when":     func(n *yaml.Node) (err error) { r.When, err = enforce.ParseWhen(n.Value); return err },
		"deny":     action("deny", func(n *yaml.Node) (err error) { a.Decision = enforce.Deny; a.Errno, err = errno(n); return err }),
		"return": action("return", func(n *yaml.Node) error {
			v, err := p.integer(n)
			a.Decision, a.Value = enforce.Return, int64(v)
			return err
		}),
		"kill":       action("kill", func(n *yaml.Node) error { a.Decision = enforce.Kill; return p.choice(n, "true") }),
		"allow":      action("allow", func(n *yaml.Node) error { return p.choice(n, "true") }),
		"redirect":   action("redirect", func(n *yaml.Node) (err error) { a.Redirect, err = p.target(n); return err }),
		"rewrite":    action("rewrite", func(n *yaml.Node) error { rewrites = n; return nil }),
		"ask":        action("ask", func(n *yaml.Node) error { return p.ask(n, a) }),
		"poke":       func(n *yaml.Node) error { return p.poke(n, a) },
		"signal":     func(n *yaml.Node) error { return signal(a, n.Value) },
		"delay":      func(n *yaml.Node) error { return p.delay(n, a) },
		"privileged": func(n *yaml.Node) error { return p.boolean(n, &a.Privileged) },
	})
	switch {
	case err != nil:
		return nil, err
	case r.Name == "":
		return nil, p.errf(n, "the rule has no name")
	case calls.Empty():
		return nil, p.errf(n, "the rule '%s' has no syscalls", r.Name)
	case len(actions) > 1:
		return nil, p.errf(n, "the rule '%s' has more than one action: %s", r.Name, strings.Join(actions, ", "))
	case len(actions) == 0 && a.Signal == 0 && a.DelayEnter == 0 && a.DelayExit == 0 && len(a.PokeEnter)+len(a.PokeExit) == 0:
		return nil, p.errf(n, "the rule '%s' has no action: one of deny, return, kill, rewrite, redirect, ask, allow, poke, signal, delay", r.Name)
	}
	if rewrites == nil && len(a.PokeEnter)+len(a.PokeExit) == 0 { // those have their arguments in other places
		enforce.Siblings(calls, m)
	}
	r.SetCalls(calls)
	if flags != nil {
		if m.Flags, err = p.flags(flags, calls); err != nil {
			return nil, err
		}
	}
	if rewrites != nil {
		if err := p.rewrite(rewrites, calls, a); err != nil {
			return nil, err
		}
	}
	return r, p.at(n, r.Check())
}

// name reads the name of a rule, which stands in the trace.
func (p *parser) name(n *yaml.Node) (string, error) {
	s, err := p.text(n)
	if err == nil && (len(s) > 64 || strings.ContainsFunc(s, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_.", r) || r > unicode.MaxASCII
	})) {
		err = p.errf(n, "a name has letters, digits and - _ . only, at most 64")
	}
	return s, err
}

func (p *parser) pattern(n *yaml.Node, isPath bool) (*enforce.Pattern, error) {
	list, err := p.texts(n)
	if err != nil {
		return nil, err
	}
	for _, s := range list {
		if enforce.Regexp(s) {
			if err := p.count(n, &p.regexps, 1, MaxRegexps, "regular expressions"); err != nil {
				return nil, err
			}
		}
	}
	pat := &enforce.Pattern{Text: list[0]}
	for _, s := range list[1:] {
		pat.Or = append(pat.Or, &enforce.Pattern{Text: s})
	}
	if list[0] == "" {
		return nil, p.errf(n, "here must be a word")
	}
	return pat, pat.Compile(isPath)
}

func errno(n *yaml.Node) (int, error) {
	e, ok := table.ErrnoNumber(n.Value)
	if !ok {
		return 0, fmt.Errorf("no error is called '%s'", n.Value)
	}
	return e, nil
}

func signal(a *enforce.Action, s string) error {
	n, ok := table.SignalNumber(s)
	if !ok {
		return fmt.Errorf("no signal is called '%s'", s)
	}
	a.Signal = n
	return nil
}

func (p *parser) delay(n *yaml.Node, a *enforce.Action) error {
	to := func(d *time.Duration) func(*yaml.Node) error {
		return func(n *yaml.Node) (err error) {
			*d, err = table.ParseDuration(n.Value)
			if err == nil && *d <= 0 {
				err = errors.New("a delay is longer than 0")
			}
			return err
		}
	}
	return p.mapping(n, fields{"enter": to(&a.DelayEnter), "exit": to(&a.DelayExit)})
}

// addresses reads CIDR:port, [IPv6]:port, unix:PATH and unix:@NAME.
func (p *parser) addresses(n *yaml.Node) ([]enforce.AddrMatch, error) {
	list, err := p.texts(n)
	if err != nil {
		return nil, err
	}
	var all []enforce.AddrMatch
	for _, s := range list {
		m, err := address(s)
		if err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return all, nil
}

// families are words for all addresses of a family; none: without an address.
var families = map[string]uint16{"none": 0, "netlink": unix.AF_NETLINK, "packet": unix.AF_PACKET, "vsock": unix.AF_VSOCK, "unspec": enforce.FamilyUnspec}

func address(s string) (enforce.AddrMatch, error) {
	m := enforce.AddrMatch{Port: -1}
	if name, ok := strings.CutPrefix(s, "unix:"); ok {
		m.Unix = &enforce.Pattern{Text: name}
		return m, m.Unix.Compile(false)
	}
	if family, ok := families[s]; ok {
		m.Family, m.None = family, family == 0
		return m, nil
	}
	bad := fmt.Errorf("invalid address '%s': it is PREFIX:PORT, as 10.0.0.0/8:* or [::1]:80, unix:NAME, netlink, packet, vsock, unspec or none", s)
	i := strings.LastIndexByte(s, ':')
	if i < 0 {
		return m, bad
	}
	host, port := s[:i], s[i+1:]
	if in, rest, ok := strings.Cut(strings.TrimPrefix(host, "["), "]"); ok && strings.HasPrefix(host, "[") {
		host = in + rest // [::1], or [2001:db8::]/32
	}
	if port != "*" {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil {
			return m, bad
		}
		m.Port = int(n)
	}
	var err error
	if m.Prefix, err = netip.ParsePrefix(host); err == nil {
		m.Prefix = m.Prefix.Masked()
		return m, nil
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return m, bad
	}
	m.Prefix = netip.PrefixFrom(ip, ip.BitLen())
	return m, nil
}

func (p *parser) ids(n *yaml.Node, look func(string) (string, error)) ([]uint32, error) {
	list, err := p.texts(n)
	if err != nil {
		return nil, err
	}
	var all []uint32
	for _, s := range list {
		id, err := strconv.ParseUint(s, 10, 32)
		if err != nil {
			if err := p.count(n, &p.names, 1, MaxNames, "names of users and groups"); err != nil {
				return nil, err
			}
			text, err := look(s)
			if err != nil {
				return nil, err
			}
			if id, err = strconv.ParseUint(text, 10, 32); err != nil {
				return nil, err
			}
		}
		all = append(all, uint32(id))
	}
	return all, nil
}

func userID(name string) (string, error) {
	u, err := user.Lookup(name)
	if err != nil {
		return "", fmt.Errorf("no user is called '%s'", name)
	}
	return u.Uid, nil
}

func groupID(name string) (string, error) {
	g, err := user.LookupGroup(name)
	if err != nil {
		return "", fmt.Errorf("no group is called '%s'", name)
	}
	return g.Gid, nil
}

// flags reads {any: [...], all: [...], none: [...]}.
func (p *parser) flags(n *yaml.Node, calls *table.CallSet) (*enforce.FlagMatch, error) {
	m := &enforce.FlagMatch{}
	to := func(v *uint64) func(*yaml.Node) error {
		return func(n *yaml.Node) error {
			names, err := p.texts(n)
			for _, name := range names {
				bits, e := enforce.FlagValue(calls, name)
				if e != nil {
					return e
				}
				*v |= bits
				m.Names = append(m.Names, name)
			}
			return err
		}
	}
	return m, p.mapping(n, fields{"any": to(&m.Any), "all": to(&m.All), "none": to(&m.None)})
}

// args reads {0: {eq: N}, 2: {mask: M, min: N, max: N}}.
func (p *parser) args(n *yaml.Node) (all []enforce.ArgMatch, err error) {
	f := fields{}
	for i := range 6 {
		f[strconv.Itoa(i)] = func(n *yaml.Node) error {
			m := enforce.ArgMatch{Arg: i, Mask: ^uint64(0), Max: ^uint64(0)}
			set := func(to ...*uint64) func(*yaml.Node) error {
				return func(n *yaml.Node) error {
					v, err := p.integer(n)
					for _, p := range to {
						*p = v
					}
					return err
				}
			}
			err := p.mapping(n, fields{"eq": set(&m.Min, &m.Max), "min": set(&m.Min), "max": set(&m.Max), "mask": set(&m.Mask)})
			if err == nil && m.Min > m.Max {
				err = p.errf(n, "no value is from %d to %d", m.Min, m.Max)
			}
			all = append(all, m)
			return err
		}
	}
	return all, p.mapping(n, f)
}
