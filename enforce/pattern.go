package enforce

import (
	"errors"
	"path"
	"path/filepath"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
)

// Pattern matches a path or a name:
//
//	/etc/shadow    itself
//	/srv/**        /srv and all below
//	/tmp/*.log     path.Match: * and ? do not match a slash
//	~REGEX         a regular expression, anywhere unless anchored
//	!PATTERN       what PATTERN does not match
//
// The directories that a path of a pattern begins with may be symbolic links,
// as /bin often is: it is then about both names.
type Pattern struct {
	Text string
	Or   []*Pattern `json:",omitempty"` // other patterns that will do, of a list
	re   *regexp.Regexp
	real string // the pattern with its directories resolved; "" if that is the same
}

// Compile checks the pattern and readies it. A path must be absolute.
func (p *Pattern) Compile(isPath bool) error {
	for _, o := range p.Or {
		if err := o.Compile(isPath); err != nil {
			return err
		}
	}
	text := strings.TrimPrefix(p.Text, "!")
	if re, ok := strings.CutPrefix(text, "~"); ok {
		var err error
		p.re, err = compileRegexp(re)
		return err
	}
	if isPath {
		if !strings.HasPrefix(text, "/") {
			return errNotAbsolute
		}
		p.real = realPattern(text)
	}
	_, err := path.Match(text, "")
	return err
}

// realPattern resolves the links among the directories that a pattern begins
// with; "" if there are none.
func realPattern(text string) string {
	dir, below := strings.CutSuffix(text, "/**")
	if i := strings.IndexAny(dir, `*?[\`); i >= 0 || !below {
		if i < 0 {
			i = len(dir)
		}
		dir = text[:strings.LastIndexByte(text[:i], '/')]
	}
	real, err := filepath.EvalSymlinks(dir)
	if err != nil || real == dir {
		return ""
	}
	return strings.TrimSuffix(real, "/") + text[len(dir):]
}

// Matches says whether s is matched.
func (p *Pattern) Matches(s string) bool {
	return p.one(s) || slices.ContainsFunc(p.Or, func(o *Pattern) bool { return o.one(s) })
}

func (p *Pattern) one(s string) bool {
	text, not := strings.CutPrefix(p.Text, "!")
	if p.re != nil {
		return p.re.MatchString(s) != not
	}
	return (plain(text, s) || p.real != "" && plain(p.real, s)) != not
}

func plain(text, s string) bool {
	if dir, ok := strings.CutSuffix(text, "/**"); ok {
		return s == dir || strings.HasPrefix(s, dir+"/")
	}
	if text == s {
		return true
	}
	ok, _ := path.Match(text, s)
	return ok
}

// maxRegexp bounds a regular expression by its size with all repetitions
// written out: what it costs to compile.
const maxRegexp = 10000

// compileRegexp compiles a regular expression of bounded size.
func compileRegexp(text string) (*regexp.Regexp, error) {
	tree, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return nil, err
	}
	if regexpSize(tree) > maxRegexp {
		return nil, errors.New("the regular expression is too large")
	}
	return regexp.Compile(text)
}

// regexpSize counts the nodes of a tree, repeated ones as often as that.
func regexpSize(re *syntax.Regexp) int {
	n := 1 + len(re.Rune)
	for _, sub := range re.Sub {
		n = min(n+regexpSize(sub), maxRegexp+1)
	}
	if re.Op == syntax.OpRepeat {
		n *= max(re.Min, re.Max, 1)
	}
	return min(n, maxRegexp+1)
}

// Regexp says whether the pattern is a regular expression, whose cost is not
// in its length.
func Regexp(text string) bool { return strings.HasPrefix(strings.TrimPrefix(text, "!"), "~") }
