package policy

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ebtrace/ebtrace/decode/table"
	"github.com/ebtrace/ebtrace/internal/suggest"
)

// fields are the readers of the values of a mapping, by key.
type fields map[string]func(*yaml.Node) error

// mapping reads a mapping whose keys are all known and stand once.
func (p *parser) mapping(n *yaml.Node, f fields) error {
	if n.Kind != yaml.MappingNode {
		return p.errf(n, "here must be keys with values, of %s", words(f))
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		read, ok := f[key.Value]
		switch {
		case key.Kind != yaml.ScalarNode || !ok:
			near := suggest.Near(key.Value, maps.Keys(f))
			if near != "" {
				return p.errf(key, "unknown key '%s' (did you mean '%s'?)", key.Value, near)
			}
			return p.errf(key, "unknown key '%s': it is one of %s", key.Value, words(f))
		case seen[key.Value]:
			return p.errf(key, "'%s' is given twice", key.Value)
		case value.Kind == yaml.AliasNode || value.Anchor != "" || key.Anchor != "":
			return p.errf(value, "anchors and aliases are not allowed in a policy")
		}
		seen[key.Value] = true
		if err := p.at(value, read(value)); err != nil {
			return err
		}
	}
	return nil
}

func words(f fields) string { return strings.Join(slices.Sorted(maps.Keys(f)), ", ") }

// sequence returns the items of a list.
func (p *parser) sequence(n *yaml.Node) ([]*yaml.Node, error) {
	if n.Kind != yaml.SequenceNode {
		return nil, p.errf(n, "here must be a list")
	}
	if err := p.count(n, &p.items, len(n.Content), MaxItems, "items of lists"); err != nil {
		return nil, err
	}
	for _, item := range n.Content {
		if item.Kind == yaml.AliasNode || item.Anchor != "" {
			return nil, p.errf(item, "anchors and aliases are not allowed in a policy")
		}
	}
	return n.Content, nil
}

// texts reads a list of words, or one word.
func (p *parser) texts(n *yaml.Node) ([]string, error) {
	if n.Kind == yaml.ScalarNode {
		return []string{n.Value}, nil
	}
	items, err := p.sequence(n)
	if err != nil {
		return nil, err
	}
	var all []string
	for _, item := range items {
		s, err := p.text(item)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	if len(all) == 0 {
		return nil, p.errf(n, "the list is empty")
	}
	return all, nil
}

func (p *parser) text(n *yaml.Node) (string, error) {
	if n.Kind != yaml.ScalarNode || n.Value == "" {
		return "", p.errf(n, "here must be a word")
	}
	return n.Value, nil
}

func (p *parser) boolean(n *yaml.Node, to *bool) error {
	*to = n.Value == "true"
	return p.choice(n, "true", "false")
}

func (p *parser) choice(n *yaml.Node, of ...string) error {
	if n.Kind == yaml.ScalarNode && slices.Contains(of, n.Value) {
		return nil
	}
	return p.errf(n, "'%s' is not %s", n.Value, strings.Join(of, " or "))
}

// integer reads a number in C's notation; negative ones as 64 bits.
func (p *parser) integer(n *yaml.Node) (uint64, error) {
	if v, err := strconv.ParseInt(n.Value, 0, 64); err == nil && n.Kind == yaml.ScalarNode {
		return uint64(v), nil
	}
	v, err := strconv.ParseUint(n.Value, 0, 64)
	if err != nil || n.Kind != yaml.ScalarNode {
		return 0, p.errf(n, "'%s' is not an integer", n.Value)
	}
	return v, nil
}

// calls reads a list of calls and classes.
func (p *parser) calls(n *yaml.Node) (*table.CallSet, error) {
	set := new(table.CallSet)
	items := []*yaml.Node{n}
	if n.Kind != yaml.ScalarNode {
		var err error
		if items, err = p.sequence(n); err != nil {
			return nil, err
		}
	}
	for _, item := range items {
		s, err := p.text(item)
		if err != nil {
			return nil, err
		}
		if strings.ContainsAny(s, ",!") {
			return nil, p.errf(item, "'%s': one call or class in each item", s)
		}
		if strings.Contains(s, "/") {
			if err := p.count(item, &p.regexps, 1, MaxRegexps, "regular expressions"); err != nil {
				return nil, err
			}
		}
		one, err := table.ParseCalls(s)
		if err != nil {
			return nil, p.at(item, err)
		}
		set.Add(one)
	}
	return set, nil
}
