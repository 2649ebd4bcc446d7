package tracetext

import (
	"regexp"
	"strconv"
	"strings"
)

// rewrite is one thing that varies between two runs of a program, and the word
// that stands for it.
type rewrite struct {
	re   *regexp.Regexp
	with string
}

// varying is what differs between two runs of one program even under one
// tracer: times of day and of use, inode numbers, random bytes and names,
// addresses that depend on the order of threads, ephemeral ports.
var varying = []rewrite{
	{regexp.MustCompile(`tv_sec=\d{9,}, tv_(nsec|usec)=\d+`), "NOW"},
	{regexp.MustCompile(`tv_sec=\d{9,}`), "tv_sec=NOW"},
	{regexp.MustCompile(`([a-z]time)=\d{9,}( /\* [^*]* \*/)?`), "$1=NOW"},
	{regexp.MustCompile(`([acm]time_nsec)=\d+( /\* [^*]* \*/)?`), "$1=NOW"},
	{regexp.MustCompile(`( /\* [-0-9]+T[0-9:.]+[-+]\d{4} \*/)`), ""},
	{regexp.MustCompile(`(ru_[us]time)=\{tv_sec=\d+, tv_usec=\d+\}`), "$1=USED"},
	{regexp.MustCompile(`\b(si_[us]time|tms_c?[us]time|ru_(?:maxrss|minflt|majflt|nvcsw|nivcsw|inblock|oublock))=\d+`), "$1=USED"},
	{regexp.MustCompile(`(left|remaining) \{tv_sec=\d+, tv_(nsec|usec)=\d+\}`), "$1 TIME"},
	{regexp.MustCompile(`\b(st_ino|d_ino|stx_ino|d_off)=\d+`), "$1=NUMBER"},
	{regexp.MustCompile(`( /\* [0-9.]+ s \*/)`), ""},
	{regexp.MustCompile(`\b(f_(?:bfree|bavail|ffree)|uptime|freeram|sharedram|bufferram|procs)=\d+`), "$1=NUMBER"},
	{regexp.MustCompile(`\bloads=\[[^]]*\]`), "loads=NUMBERS"},
	{regexp.MustCompile(`:\[\d+(->\d+)?([\],])`), ":[NUMBER$2"},
	{regexp.MustCompile(`([0-9\]]:)(3[2-9]|4\d|5\d|60)\d{3}\b`), "${1}EPHEMERAL"},
	{regexp.MustCompile(`(sin6?_port)=htons\((3[2-9]|4\d|5\d|60)\d{3}\)`), "$1=EPHEMERAL"},
	{regexp.MustCompile(`^getrandom\("[^"]*"(\.\.\.)?`), "getrandom(RANDOM"},
	{regexp.MustCompile(`(\bcc|\btmp\.|\btmp_obj_|\bsh-thd[.-]|/Cu|/sed|\.git/t)[A-Za-z0-9]{6,8}\b`), "${1}TMPNAME"},
	{regexp.MustCompile(`\b0x[0-9a-f]{5,16}\b`), "ADDR"},
}

var number = regexp.MustCompile(`-?\b[1-9][0-9]{1,9}\b`)

// Normal is a line's text with what varies between two runs replaced: thread
// ids by their roles, and what the table varying lists. extra are ids that are
// no thread of the trace but are known (the tracer's), with their names.
func (t *Trace) Normal(l *Line, extra map[int]string) string {
	return t.ids(Plain(l), extra)
}

// Plain is as Normal with all numbers left as they are: a number that is by
// chance some thread's id is replaced by Normal.
func Plain(l *Line) string {
	s := l.Text
	for _, r := range varying {
		s = r.re.ReplaceAllString(s, r.with)
	}
	if (l.Name == "time" || l.Name == "times") && l.Kind == Call {
		s = strings.TrimSuffix(s, l.Result) + "NOW"
	}
	return s
}

// ids replaces thread ids outside of strings by their roles; inside strings
// too if they stand alone, as in "/proc/123/fd".
func (t *Trace) ids(s string, extra map[int]string) string {
	return number.ReplaceAllStringFunc(s, func(w string) string {
		n, err := strconv.Atoi(w)
		if err != nil {
			return w
		}
		if n < 0 {
			if role := t.role(-n, extra); role != "" {
				return "-<" + role + ">"
			}
			return w
		}
		if role := t.role(n, extra); role != "" {
			return "<" + role + ">"
		}
		return w
	})
}

func (t *Trace) role(n int, extra map[int]string) string {
	if name := extra[n]; name != "" {
		return name
	}
	if r := t.Roles[n]; r != "" {
		return "thread " + r
	}
	return ""
}
