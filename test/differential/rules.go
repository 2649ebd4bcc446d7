package differential

import (
	"bufio"
	"fmt"
	"os"
	"regexp"
	"strings"
)

// rule is one kind of difference that is right, from expected.txt.
type rule struct {
	call     *regexp.Regexp
	strace   *regexp.Regexp // nil: strace has no such line
	ebtrace  *regexp.Regexp // nil: ebtrace has no such line
	either   *regexp.Regexp // of whichever lines there are; nil if strace or ebtrace is set
	programs *regexp.Regexp // nil: all
	why      string
	line     int
	used     int
}

// readRules reads expected.txt: stanzas of "key: value" lines separated by
// blank lines; "#" begins a comment line. Keys: call (regular expression of
// the call's or signal's name), strace and ebtrace (of the normalised line;
// if one is absent, that tracer has no such line), or both (the same for both), or
// either (for whichever has such a line), programs (of the program's name) and
// why. A rule needs call, why, and one of strace, ebtrace, both and either.
func readRules(path string) ([]*rule, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var rules []*rule
	var r *rule
	s := bufio.NewScanner(f)
	for no := 1; s.Scan(); no++ {
		text := strings.TrimSpace(s.Text())
		if text == "" {
			r = nil
			continue
		}
		if strings.HasPrefix(text, "#") {
			continue
		}
		if r == nil {
			r = &rule{line: no}
			rules = append(rules, r)
		}
		if err := r.set(text); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, no, err)
		}
	}
	for _, r := range rules {
		if r.call == nil || r.why == "" || (r.strace == nil && r.ebtrace == nil && r.either == nil) {
			return nil, fmt.Errorf("%s:%d: a rule needs call, why, and one of strace, ebtrace, both, either", path, r.line)
		}
	}
	return rules, s.Err()
}

func (r *rule) set(text string) error {
	key, value, _ := strings.Cut(text, ":")
	value = strings.TrimSpace(value)
	if key == "why" {
		r.why = strings.TrimSpace(r.why + " " + value)
		return nil
	}
	re, err := regexp.Compile("^(?:" + value + ")$")
	if err != nil {
		return err
	}
	switch key {
	case "call":
		r.call = re
	case "strace":
		r.strace = re
	case "ebtrace":
		r.ebtrace = re
	case "both":
		r.strace, r.ebtrace = re, re
	case "either":
		r.either = re
	case "programs":
		r.programs = re
	default:
		return fmt.Errorf("unknown key %q", key)
	}
	return nil
}

// covers tells whether the rule is about this difference.
func (r *rule) covers(d *difference) bool {
	if (r.programs != nil && !r.programs.MatchString(d.program)) || !r.call.MatchString(d.name) {
		return false
	}
	if r.either != nil {
		return (d.strace == "" || r.either.MatchString(d.strace)) && (d.ebtrace == "" || r.either.MatchString(d.ebtrace))
	}
	return matchSide(r.strace, d.strace) && matchSide(r.ebtrace, d.ebtrace)
}

func matchSide(re *regexp.Regexp, line string) bool {
	if re == nil {
		return line == ""
	}
	return line != "" && re.MatchString(line)
}
