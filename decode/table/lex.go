package table

import "fmt"

// Error is a mistake in one of the tables.
type Error struct {
	File      string
	Line, Col int // from 1; Col counts bytes
	Msg       string
}

func (e *Error) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Col, e.Msg)
}

// scanner reads words and punctuation from a table. Blanks separate and are
// skipped, so are comments; ends of lines count, but not inside parentheses.
type scanner struct {
	file, src string
	pos       int // of the next byte
	depth     int // of parentheses
	errs      []error
}

// wordBytes are the bytes of words: names, numbers, member paths.
var wordBytes = func() (in [256]bool) {
	for c := range in {
		in[c] = c == '_' || c == '.' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
	}
	return in
}()

// skip passes over blanks and comments.
func (s *scanner) skip() {
	for s.pos < len(s.src) {
		switch c := s.src[s.pos]; {
		case c == ' ' || c == '\t' || c == '\r' || c == '\n' && s.depth > 0:
			s.pos++
		case c == '#':
			for s.pos < len(s.src) && s.src[s.pos] != '\n' {
				s.pos++
			}
		default:
			return
		}
	}
}

// here returns the place of the next word.
func (s *scanner) here() int {
	s.skip()
	return s.pos
}

// peek returns the next byte that is not blank: '\n' at the end of a line, 0
// at the end of the table.
func (s *scanner) peek() byte {
	s.skip()
	if s.pos < len(s.src) {
		return s.src[s.pos]
	}
	return 0
}

// accept passes over c if it is next.
func (s *scanner) accept(c byte) bool {
	if s.peek() != c || s.pos >= len(s.src) {
		return false
	}
	switch c {
	case '(':
		s.depth++
	case ')':
		s.depth--
	}
	s.pos++
	return true
}

// word returns the next word, "" if there is none.
func (s *scanner) word() string {
	s.skip()
	start, end := s.pos, s.pos
	for end < len(s.src) && wordBytes[s.src[end]] {
		end++
	}
	s.pos = end
	return s.src[start:end]
}

// fail notes a mistake at byte offset at and returns false.
func (s *scanner) fail(at int, format string, args ...any) bool {
	line, col := 1, 1
	for i := 0; i < at && i < len(s.src); i++ {
		if col++; s.src[i] == '\n' {
			line, col = line+1, 1
		}
	}
	s.errs = append(s.errs, &Error{s.file, line, col, fmt.Sprintf(format, args...)})
	return false
}

// expect passes over c, or fails.
func (s *scanner) expect(c byte) bool {
	if s.accept(c) {
		return true
	}
	return s.fail(s.pos, "expected %q", string(c))
}

// name returns the next word, or fails.
func (s *scanner) name(what string) (string, bool) {
	if w := s.word(); w != "" {
		return w, true
	}
	return "", s.fail(s.pos, "expected %s", what)
}

// endLine passes over the end of a line, or fails if something is before it.
func (s *scanner) endLine() bool {
	switch s.peek() {
	case '\n':
		s.pos++
		return true
	case 0:
		return true
	}
	return s.fail(s.pos, "unexpected %q", string(s.src[s.pos]))
}

// recover goes to the next line that begins with a word, after a mistake.
func (s *scanner) recover() {
	s.depth = 0
	for s.pos < len(s.src) {
		if s.src[s.pos] == '\n' && s.pos+1 < len(s.src) && wordBytes[s.src[s.pos+1]] {
			s.pos++
			return
		}
		s.pos++
	}
}

// number reads a number in Go's syntax without sign.
func number(w string) (uint64, bool) {
	base, i := uint64(10), 0
	if len(w) > 1 && w[0] == '0' {
		base, i = 8, 1
		if w[1]|0x20 == 'x' {
			base, i = 16, 2
		}
	}
	var v uint64
	for ; i < len(w); i++ {
		d := uint64(w[i])
		switch {
		case d >= '0' && d <= '9':
			d -= '0'
		case d|0x20 >= 'a' && d|0x20 <= 'f':
			d = d | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		if d >= base || v > (1<<64-1-d)/base {
			return 0, false
		}
		v = v*base + d
	}
	return v, w != "" && w != "0x" && w != "0X"
}
