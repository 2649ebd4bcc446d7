package policy

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
	"golang.org/x/sys/unix"

	"github.com/ebtrace/ebtrace/decode/table"
	"github.com/ebtrace/ebtrace/enforce"
)

// target reads where a call goes instead: /PATH, IP:PORT or unix:NAME.
func (p *parser) target(n *yaml.Node) (*enforce.Target, error) {
	s, err := p.text(n)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(s, "/") {
		if len(s) >= maxPath {
			return nil, p.errf(n, "a path has at most %d bytes", maxPath-1)
		}
		return &enforce.Target{Path: s}, nil
	}
	a := &enforce.Address{}
	if name, ok := strings.CutPrefix(s, "unix:"); ok && name != "" && len(name) < maxUnix {
		a.Family, a.Unix = unix.AF_UNIX, name
		return &enforce.Target{Addr: a}, nil
	}
	to, err := netip.ParseAddrPort(s)
	if err != nil {
		return nil, p.errf(n, "'%s' is not /PATH, IP:PORT, [IPv6]:PORT or unix:NAME", s)
	}
	a.IP, a.Port, a.Family = to.Addr(), int(to.Port()), unix.AF_INET
	if a.IP.Is6() {
		a.Family = unix.AF_INET6
	}
	return &enforce.Target{Addr: a}, nil
}

// Limits of the kernel: PATH_MAX, and UNIX_PATH_MAX of sun_path (unix(7)).
const (
	maxPath = 4096
	maxUnix = 108
)

// ask reads {timeout: 30s, deny: EPERM, default: deny}.
func (p *parser) ask(n *yaml.Node, a *enforce.Action) error {
	a.Ask = &enforce.Ask{}
	a.Errno = int(unix.EPERM)
	err := p.mapping(n, fields{
		"timeout": func(n *yaml.Node) (err error) {
			a.Ask.Timeout, err = table.ParseDuration(n.Value)
			if err == nil && (a.Ask.Timeout <= 0 || a.Ask.Timeout > maxAsk) {
				err = fmt.Errorf("a timeout is longer than 0 and at most %v", maxAsk)
			}
			return err
		},
		"deny": func(n *yaml.Node) (err error) { a.Errno, err = errno(n); return err },
		"default": func(n *yaml.Node) error {
			a.Ask.Allow = n.Value == "allow"
			return p.choice(n, "allow", "deny")
		},
	})
	if err == nil && a.Ask.Timeout == 0 {
		return p.errf(n, "'timeout' is missing: how long to wait for an answer")
	}
	return err
}

// maxAsk bounds the wait for an answer.
const maxAsk = 24 * time.Hour

// args6 reads a mapping with arguments, from 0, as keys.
func (p *parser) args6(n *yaml.Node, read func(arg int, n *yaml.Node) error) error {
	f := fields{}
	for i := range 6 {
		f[strconv.Itoa(i)] = func(n *yaml.Node) error { return read(i, n) }
	}
	return p.mapping(n, f)
}

// poke reads {enter: {1: HEX}, exit: {1: HEX}}.
func (p *parser) poke(n *yaml.Node, a *enforce.Action) error {
	to := func(pokes *[]enforce.Poke) func(*yaml.Node) error {
		return func(n *yaml.Node) error {
			return p.args6(n, func(arg int, n *yaml.Node) error {
				b, err := hex.DecodeString(n.Value)
				if err != nil || len(b) == 0 || len(b) > maxPath {
					return p.errf(n, "'%s' is not 1 to %d bytes in hexadecimal", n.Value, maxPath)
				}
				*pokes = append(*pokes, enforce.Poke{Arg: arg, Data: b})
				return nil
			})
		}
	}
	return p.mapping(n, fields{"enter": to(&a.PokeEnter), "exit": to(&a.PokeExit)})
}

// rewrite reads {1: "TEXT", 2: NUMBER, 3: FLAG|FLAG}: what is in quotes is text.
func (p *parser) rewrite(n *yaml.Node, calls *table.CallSet, a *enforce.Action) error {
	size := 0
	err := p.args6(n, func(arg int, n *yaml.Node) error {
		w := enforce.Rewrite{Arg: arg}
		switch {
		case n.Kind != yaml.ScalarNode:
			return p.errf(n, "here must be a number, names of flags, or a text in quotes")
		case n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0:
			w.Text = []byte(n.Value)
			size += len(w.Text) + 1
		default:
			v, err := p.integer(n)
			if err != nil {
				if v, err = flagsValue(calls, n.Value); err != nil {
					return p.errf(n, "'%s' is neither a number nor a text in quotes, and %v", n.Value, err)
				}
			}
			w.Value = v
		}
		a.Rewrite = append(a.Rewrite, w)
		return nil
	})
	switch {
	case err != nil:
		return err
	case len(a.Rewrite) == 0:
		return p.errf(n, "no argument is rewritten")
	case size > maxPath:
		return p.errf(n, "the texts are longer than %d bytes", maxPath)
	}
	return nil
}

// flagsValue is the value of names of flags, joined by "|".
func flagsValue(calls *table.CallSet, names string) (v uint64, err error) {
	for name := range strings.SplitSeq(names, "|") {
		bits, err := enforce.FlagValue(calls, name)
		if err != nil {
			return 0, err
		}
		v |= bits
	}
	return v, nil
}
