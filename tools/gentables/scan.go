package main

import (
	"errors"
	"fmt"
	"path"
	"strings"
)

// set is one set of sets.tbl. Its grammar:
//
//	set NAME enum|flags [PREFIX_???] [zero=NAME] [<header> ...]
//	    NAME ...            constants: macros or enumeration constants
//	    O_* !O_FOO*         globs take all that match but those after "!" and
//	                        those that the set lists by name
//	    NAME=EXPR           a constant that no header has; EXPR is C without blanks
//	    mask EXPR: A B C    the values that the bits of EXPR can take; goes on
//	                        in the next line if that has the same mask
//
// A blank line or the next "set" ends it; "#" starts a comment. The header
// <abi.h> is this program's own. A constant that some ABI lacks is left out
// there. With zero=NAME=0 the name need not be in a header.
type set struct {
	pos     string // file:line
	name    string
	enum    bool
	prefix  string
	zero    string
	zeroOK  [numABI]bool
	headers []string
	not     []string
	groups  []group
}

// group is a run of constants between mask lines, or one mask line.
type group struct {
	pos     string
	mask    string // expression, "" for none
	items   []item
	maskVal [numABI]uint64
	maskErr [numABI]string
	found   [numABI][]konst
}

// item is one word of a set.
type item struct {
	pos, name, expr string
	glob            bool
	used            [numABI]bool   // the ABI has it
	why             [numABI]string // what the compiler said otherwise
}

// konst is a constant of an ABI.
type konst struct {
	name, expr string
	item       int
	val        uint64
}

func (s *set) globs() bool {
	for _, g := range s.groups {
		for _, it := range g.items {
			if it.glob {
				return true
			}
		}
	}
	return false
}

// names says whether the set lists the constant by its name.
func (s *set) names(name string) bool {
	for _, g := range s.groups {
		for _, it := range g.items {
			if !it.glob && it.name == name {
				return true
			}
		}
	}
	return false
}

func (s *set) excluded(name string) bool {
	for _, g := range s.not {
		if match(g, name) {
			return true
		}
	}
	return false
}

func (s *set) zeroName() string {
	name, _, _ := strings.Cut(s.zero, "=")
	return name
}

func (s *set) zeroExpr() string {
	name, expr, ok := strings.Cut(s.zero, "=")
	if ok {
		return expr
	}
	return name
}

func match(glob, name string) bool {
	ok, _ := path.Match(glob, name)
	return ok
}

// scanSets reads sets.tbl.
func scanSets(file, src string) ([]*set, error) {
	var sets []*set
	var errs problems
	var cur *set
	seen := map[string]bool{}
	for n, line := range strings.Split(src, "\n") {
		pos := fmt.Sprintf("%s:%d", file, n+1)
		text, _, comment := strings.Cut(line, "#")
		text = strings.TrimSpace(text)
		head, isSet := strings.CutPrefix(text, "set ")
		switch {
		case text == "" && comment:
		case text == "":
			cur = nil
		case isSet:
			cur = setHead(pos, head, &errs)
			if seen[cur.name] {
				errs.add(pos, "set %s is there twice", cur.name)
			}
			seen[cur.name] = true
			sets = append(sets, cur)
		case cur == nil:
			errs.add(pos, "constants outside of a set")
		default:
			cur.line(pos, text, &errs)
		}
	}
	return sets, errs.err()
}

func setHead(pos, head string, errs *problems) *set {
	s := &set{pos: pos}
	head, s.headers = cutHeaders(head)
	words := strings.Fields(head)
	if len(words) < 2 || words[1] != "enum" && words[1] != "flags" {
		errs.add(pos, "expected: set NAME enum|flags [PREFIX_???] [zero=NAME] [<header> ...]")
		return s
	}
	s.name, s.enum = words[0], words[1] == "enum"
	for _, w := range words[2:] {
		zero, ok := strings.CutPrefix(w, "zero=")
		switch {
		case ok:
			s.zero = zero
		case strings.Contains(w, "??"), strings.HasPrefix(w, "?"):
			s.prefix = w
		default:
			errs.add(pos, "unexpected %q", w)
		}
	}
	return s
}

// line reads a line of constants.
func (s *set) line(pos, text string, errs *problems) {
	rest, masked := strings.CutPrefix(text, "mask ")
	if masked {
		mask, list, ok := strings.Cut(rest, ":")
		if !ok {
			errs.add(pos, "expected: mask NAME: A B C")
			return
		}
		text = list
		mask = strings.TrimSpace(mask)
		if n := len(s.groups); n == 0 || s.groups[n-1].mask != mask {
			s.groups = append(s.groups, group{pos: pos, mask: mask})
		}
	} else if n := len(s.groups); n == 0 || s.groups[n-1].mask != "" {
		s.groups = append(s.groups, group{pos: pos})
	}
	g := &s.groups[len(s.groups)-1]
	for _, w := range strings.Fields(text) {
		if not, ok := strings.CutPrefix(w, "!"); ok {
			s.not = append(s.not, not)
			continue
		}
		name, expr, lit := strings.Cut(w, "=")
		it := item{pos: pos, name: name, expr: name, glob: !lit && strings.ContainsAny(name, "*?[")}
		if lit {
			it.expr = expr
		}
		g.items = append(g.items, it)
	}
}

// problems collects errors with their place.
type problems []error

func (p *problems) add(pos, format string, args ...any) {
	*p = append(*p, fmt.Errorf("%s: %s", pos, fmt.Sprintf(format, args...)))
}

func (p *problems) err() error { return errors.Join(*p...) }

// checkHeaders tells which headers no ABI has.
func checkHeaders(c *clang, errs *problems, pos string, headers []string) {
	for _, h := range headers {
		if !c.has(0, h) && !c.has(1, h) && !c.has(2, h) {
			errs.add(pos, "no header <%s>", h)
		}
	}
}
