package policy

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/ebtrace/ebtrace/decode/table"
)

// Learned is what the calls of a trace have in common with those that a policy
// made of it allows.
type Learned struct {
	abi     table.ABI
	calls   map[string]bool
	without map[string]bool            // calls that came without what rules of their kind look at
	paths   map[string]map[string]bool // by kind of access; see access
	kinds   map[string]map[string]bool // calls of a kind
	addrs   map[string]map[string]bool // by call
	cwd     map[int]string             // by process
	made    map[string]bool            // names with a random part that were made
	files   bool                       // it says what descriptors are
	vague   int                        // a line that would have needed that
	lines   int
}

// NewLearned returns an empty one; dir is where the command began.
func NewLearned(abi table.ABI, dir string) *Learned {
	sets := func() map[string]map[string]bool { return map[string]map[string]bool{} }
	return &Learned{abi: abi, calls: map[string]bool{}, without: map[string]bool{}, paths: sets(), kinds: sets(), addrs: sets(),
		cwd: map[int]string{0: dir}, made: map[string]bool{}}
}

// line is what matters of a line of a trace in JSON; see docs/schema.json.
type line struct {
	Type, Name, ABI string
	PID             int
	Child           struct{ PID int }
	NR              int32
	Args            []argument
	Result          *argument
	Lost            uint64
	Verdict         *struct{ Action string }
}

// argument is one of a line.
type argument struct {
	Name, Type string
	Value      json.RawMessage
	Names      []string
	File       *struct {
		Path any
		CWD  bool
	}
}

// maxLine bounds a line of a trace, in bytes.
const maxLine = 64 << 20

// Read adds a trace, as ebtrace --json writes it. A trace with losses is
// refused: what is missing would be denied.
func (l *Learned) Read(r io.Reader) error {
	in := bufio.NewScanner(r)
	in.Buffer(make([]byte, 1<<16), maxLine)
	for in.Scan() {
		l.lines++
		var e line
		if err := json.Unmarshal(in.Bytes(), &e); err != nil {
			return fmt.Errorf("line %d is not a line of a trace in JSON: %w", l.lines, err)
		}
		if err := l.add(&e); err != nil {
			return fmt.Errorf("line %d: %w", l.lines, err)
		}
	}
	if err := in.Err(); err != nil {
		return fmt.Errorf("line %d: %w", l.lines+1, err)
	}
	if l.vague > 0 && !l.files {
		return fmt.Errorf("line %d: the trace does not say of which directory: trace with -y", l.vague)
	}
	if len(l.calls) == 0 {
		return errors.New("there are no calls in it: a trace is made with ebtrace --json -o FILE COMMAND")
	}
	return nil
}

func (l *Learned) add(e *line) error {
	switch {
	case e.Type == "summary" && e.Lost > 0, e.Type == "gap":
		return errors.New("events were lost: trace again with a larger --buffer")
	case e.Type == "fork" && e.Child.PID != 0:
		l.cwd[e.Child.PID] = l.dir(e.PID)
	}
	if e.Type != "call" || e.Verdict != nil && (e.Verdict.Action == "deny" || e.Verdict.Action == "kill") {
		return nil
	}
	if e.ABI != l.abi.String() {
		return fmt.Errorf("%s is a call of %s, and a policy is about %s only", e.Name, e.ABI, l.abi)
	}
	row := table.Lookup(l.abi, e.NR)
	if row == nil {
		if table.Name(l.abi, e.NR) == "" {
			return fmt.Errorf("%s has no name that a policy could have", e.Name)
		}
		l.calls[e.Name] = true
		return nil
	}
	l.calls[row.Name] = true
	l.note(e)
	if err := l.addPaths(e, row); err != nil {
		return err
	}
	l.addAddress(e, row)
	return nil
}

// dir is the working directory of a process.
func (l *Learned) dir(pid int) string {
	if d, ok := l.cwd[pid]; ok {
		return d
	}
	return l.cwd[0]
}

// note learns of working directories.
func (l *Learned) note(e *line) {
	for i := range e.Args {
		if f := e.Args[i].File; f != nil && f.CWD {
			if p, ok := f.Path.(string); ok {
				l.cwd[e.PID] = p
			}
		}
	}
	switch {
	case e.Result == nil:
	case e.Name == "chdir":
		if p, ok := e.arg("path").text(); ok {
			l.cwd[e.PID] = absolute(l.dir(e.PID), p)
		}
	case e.Name == "fchdir":
		if f := e.arg("fd").File; f != nil {
			if p, ok := f.Path.(string); ok {
				l.cwd[e.PID] = p
			}
		}
	}
}

func (e *line) arg(name string) *argument {
	for i := range e.Args {
		if e.Args[i].Name == name {
			return &e.Args[i]
		}
	}
	return &argument{}
}

// text is the value as a string, if it is one.
func (a *argument) text() (s string, ok bool) {
	return s, json.Unmarshal(a.Value, &s) == nil && len(a.Value) > 0 && a.Value[0] == '"'
}

// access is the kind of what a call does with its paths: calls of one kind
// share a rule.
func access(e *line, row *table.Row) string {
	var flags []string
	for i := range e.Args {
		if strings.Contains(e.Args[i].Name, "flags") {
			flags = append(flags, e.Args[i].Names...)
		}
	}
	switch row.Name {
	case "open", "openat":
		if slices.ContainsFunc(flags, func(f string) bool { return slices.Contains(writing, f) }) {
			return "write"
		}
		return "read"
	case "creat", "openat2":
		return "write"
	case "execve", "execveat":
		return "run"
	case "access", "faccessat", "faccessat2", "readlink", "readlinkat", "chdir", "getxattr", "lgetxattr", "listxattr", "llistxattr":
		return "look"
	}
	for _, c := range row.Classes {
		if strings.Contains(c, "stat") {
			return "look"
		}
	}
	return row.Name
}

// writing are the flags of open that change something.
var writing = []string{"O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC", "O_APPEND", "O_TMPFILE"}

// addPaths adds the paths of a call, by the names that rules know them by.
func (l *Learned) addPaths(e *line, row *table.Row) error {
	kind, any := access(e, row), false
	for i := range row.Args {
		a := &row.Args[i]
		if a.Kind != table.KindPath || a.Dir == table.Out {
			continue
		}
		name, ok := e.arg(a.Name).text()
		base := l.dir(e.PID)
		if a.DirFD >= 0 {
			if f := e.arg(row.Args[a.DirFD].Name).File; f != nil {
				base, _ = f.Path.(string)
				l.files = true
			} else if !strings.HasPrefix(name, "/") {
				l.vague = l.lines
			}
		}
		switch {
		case !ok && string(e.arg(a.Name).Value) != "null" && a.DirFD < 0, strings.Contains(name, "\x00"):
			l.without[row.Name] = true // not to be read, or no text
			continue
		case !strings.HasPrefix(name, "/") && !strings.HasPrefix(base, "/"):
			l.without[row.Name] = true // a pipe or a socket by its descriptor
			continue
		}
		any = true
		l.addNames(kind, row.Name, e, absolute(base, name))
	}
	if any && e.Result != nil && e.Result.File != nil && e.Result.Type == "fd" {
		if p, ok := e.Result.File.Path.(string); ok && strings.HasPrefix(p, "/") {
			l.addNames(kind, row.Name, e, p)
		}
	}
	return nil
}

func absolute(base, name string) string {
	if strings.HasPrefix(name, "/") {
		return name
	}
	return strings.TrimSuffix(base, "/") + "/" + name
}

// addNames adds a file by its name with the last link not followed, and followed.
func (l *Learned) addNames(kind, call string, e *line, name string) {
	plain := path.Clean(name)
	if at := strings.TrimRight(name, "/"); at != "" && path.Base(plain) == path.Base(at) {
		if dir, err := filepath.EvalSymlinks(path.Dir(at)); err == nil {
			plain = path.Join(dir, path.Base(at))
		}
	}
	names := []string{plain}
	if real, err := filepath.EvalSymlinks(name); err == nil && real != plain {
		names = append(names, real)
	}
	for _, n := range names {
		if call == "mkdir" || call == "mkdirat" || slices.Contains(e.arg("flags").Names, "O_EXCL") {
			if random.MatchString(path.Base(n)) {
				l.made[n] = true
			}
		}
		n = ownProc.ReplaceAllString(n, "/proc/*$2")
		add(l.paths, kind, n)
	}
	add(l.kinds, kind, call)
}

func add(m map[string]map[string]bool, key, value string) {
	if m[key] == nil {
		m[key] = map[string]bool{}
	}
	m[key][value] = true
}

// random matches names that mkstemp(3) and its like make: six letters and
// digits at the end, or before a suffix, or a number.
var random = regexp.MustCompile(`([A-Za-z0-9]{6}|[0-9]{3,})(\.[a-z0-9]{1,4})?$`)

// ownProc matches what a process finds of itself: its number is another one
// the next time.
var ownProc = regexp.MustCompile(`^/proc/(self|thread-self|[0-9]+)(/|$)`)

// addAddress adds the address that a call gives.
func (l *Learned) addAddress(e *line, row *table.Row) {
	var a *argument
	switch row.Name {
	case "connect", "bind":
		a = e.arg("addr")
	case "sendto":
		a = e.arg("dest_addr")
	case "sendmsg":
		var msg struct {
			MsgName struct{ Value json.RawMessage } `json:"msg_name"`
		}
		_ = json.Unmarshal(e.arg("msg").Value, &msg)
		a = &argument{Value: msg.MsgName.Value}
	default:
		return
	}
	if s := addressPattern(a.Value); s != "" {
		add(l.addrs, row.Name, s)
	} else {
		l.without[row.Name] = true
	}
}

// addressPattern is a socket address in JSON as a policy has it, "" if it cannot.
func addressPattern(v json.RawMessage) string {
	type member struct {
		Value  any
		Symbol string
	}
	var m map[string]member
	if err := json.Unmarshal(v, &m); err != nil || m == nil {
		return "none"
	}
	word := func(name string) string { s, _ := m[name].Value.(string); return s }
	num := func(name string) string {
		n, ok := m[name].Value.(float64)
		if !ok {
			return "*"
		}
		return strconv.Itoa(int(n))
	}
	switch m["sa_family"].Symbol {
	case "AF_INET":
		return net.JoinHostPort(word("sin_addr"), num("sin_port"))
	case "AF_INET6":
		return net.JoinHostPort(word("sin6_addr"), num("sin6_port"))
	case "AF_UNIX":
		if p := word("sun_path"); p != "" {
			return "unix:" + p
		}
	case "AF_NETLINK":
		return "netlink"
	case "AF_PACKET":
		return "packet"
	case "AF_VSOCK":
		return "vsock"
	case "AF_UNSPEC":
		return "unspec"
	}
	return ""
}
