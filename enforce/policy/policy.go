package policy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"go.yaml.in/yaml/v3"
	"golang.org/x/sys/unix"

	"github.com/ebtrace/ebtrace/enforce"
)

// Limits of a policy. They bound the time and memory that it takes to read one.
const (
	MaxSize    = 1 << 20 // bytes
	MaxRules   = 4096
	MaxItems   = 32768 // items of all lists
	MaxRegexps = 256
	MaxNames   = 256 // of users and groups, which are looked up
)

// OnExit says what becomes of the tree if the enforcer dies.
type OnExit string

// Values of on_exit.
const (
	OnExitKill    OnExit = "kill"    // its processes are killed
	OnExitRelease OnExit = "release" // they go on without rules; not for a command
)

// Policy is a policy that was found right.
type Policy struct {
	Monitor bool
	OnExit  OnExit
	Harden  bool
	Rules   []enforce.Rule
	Lines   []int // of the rules
}

// Error is what is wrong at a place of a policy.
type Error struct {
	File         string
	Line, Column int
	Text         string
}

func (e *Error) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %s", e.File, e.Text)
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Text)
}

// Load reads the policy in a file. Who can write to the file rules the tree: it
// must belong to root or to ebtrace's user, and nobody else may write to it.
func Load(file string) (*Policy, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	switch {
	case st.Mode&unix.S_IFMT != unix.S_IFREG:
		return nil, &Error{File: file, Text: "it is not a regular file"}
	case st.Uid != 0 && int(st.Uid) != os.Geteuid():
		return nil, &Error{File: file, Text: fmt.Sprintf("it belongs to user %d, who is neither root nor you", st.Uid)}
	case st.Mode&0o022 != 0:
		return nil, &Error{File: file, Text: fmt.Sprintf("others may write to it (mode %04o): chmod go-w it", st.Mode&0o7777)}
	}
	text, err := io.ReadAll(io.LimitReader(f, MaxSize+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return Parse(file, text)
}

// Parse reads a policy; file is its name in errors.
func Parse(file string, text []byte) (*Policy, error) {
	if len(text) > MaxSize {
		return nil, &Error{File: file, Text: fmt.Sprintf("it is larger than %d bytes", MaxSize)}
	}
	var doc yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(text))
	if err := dec.Decode(&doc); err != nil && !errors.Is(err, io.EOF) {
		return nil, &Error{File: file, Text: err.Error()}
	}
	if err := dec.Decode(new(yaml.Node)); doc.Kind != 0 && !errors.Is(err, io.EOF) {
		return nil, &Error{File: file, Text: "there is more than one document in it"}
	}
	p := &parser{file: file}
	pol, err := p.policy(&doc)
	if err != nil {
		return nil, err
	}
	return pol, nil
}

// parser turns nodes into a policy. Its methods return *Error.
type parser struct {
	file                  string
	items, regexps, names int // so far; see the limits
}

// count adds n to a number of things and fails if there are more than most.
func (p *parser) count(at *yaml.Node, so *int, n, most int, what string) error {
	if *so += n; *so > most {
		return p.errf(at, "more than %d %s", most, what)
	}
	return nil
}

func (p *parser) errf(n *yaml.Node, format string, args ...any) error {
	return &Error{p.file, n.Line, n.Column, fmt.Sprintf(format, args...)}
}

// at gives an error that has no place one.
func (p *parser) at(n *yaml.Node, err error) error {
	var e *Error
	if err == nil || errors.As(err, &e) {
		return err
	}
	return p.errf(n, "%v", err)
}

func (p *parser) policy(doc *yaml.Node) (*Policy, error) {
	if doc.Kind != yaml.DocumentNode || len(doc.Content) != 1 {
		return nil, &Error{File: p.file, Text: "it is empty"}
	}
	pol := &Policy{OnExit: OnExitKill, Harden: true}
	version := false
	err := p.mapping(doc.Content[0], fields{
		"version": func(n *yaml.Node) error {
			version = true
			return p.choice(n, "1")
		},
		"mode": func(n *yaml.Node) error {
			pol.Monitor = n.Value == "monitor"
			return p.choice(n, "enforce", "monitor")
		},
		"on_exit": func(n *yaml.Node) error {
			pol.OnExit = OnExit(n.Value)
			return p.onExit(n)
		},
		"harden": func(n *yaml.Node) error { return p.boolean(n, &pol.Harden) },
		"rules":  func(n *yaml.Node) error { return p.rules(n, pol) },
	})
	switch {
	case err != nil:
		return nil, err
	case !version:
		return nil, p.errf(doc.Content[0], "'version: 1' is missing")
	case len(pol.Rules) == 0:
		return nil, p.errf(doc.Content[0], "there are no rules")
	}
	return pol, nil
}

// onExit takes what can be kept. A call that is stopped in the moment that the
// enforcer dies runs, unchecked, unless its process is killed: nothing weaker
// than kill keeps the rules. Who wants the tree to outlive them spells it out.
func (p *parser) onExit(n *yaml.Node) error {
	if n.Value == "enosys" {
		return p.errf(n, "on_exit: enosys is not available: a call that is stopped in the moment that the enforcer dies would run unchecked; use kill")
	}
	return p.choice(n, string(OnExitKill), string(OnExitRelease))
}

func (p *parser) rules(n *yaml.Node, pol *Policy) error {
	items, err := p.sequence(n)
	if err != nil {
		return err
	}
	if len(items) > MaxRules {
		return p.errf(n, "%d rules are more than %d", len(items), MaxRules)
	}
	names := map[string]int{}
	for _, item := range items {
		r, err := p.rule(item)
		if err != nil {
			return err
		}
		if line, ok := names[r.Name]; ok {
			return p.errf(item, "a rule of line %d is called '%s' too", line, r.Name)
		}
		names[r.Name] = item.Line
		pol.Rules = append(pol.Rules, *r)
		pol.Lines = append(pol.Lines, item.Line)
	}
	return nil
}
