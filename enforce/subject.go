package enforce

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/ebtrace/ebtrace/decode/table"
)

var errNotAbsolute = errors.New("a path must begin with /")

const (
	afUnix  = unix.AF_UNIX
	afInet  = unix.AF_INET
	afInet6 = unix.AF_INET6
)

// subject is a stopped call as rules look at it.
type subject struct {
	tr  *tracer
	t   *task
	c   *call
	row *table.Row

	names  [2][]string
	tried  [2]bool
	status map[string]string

	// What was read of the target, once: the kernel gets these bytes.
	failed  bool      // something could not be read
	texts   [2][]byte // of the paths
	regs    [2]int
	how     []byte // struct open_how of openat2
	addr    []byte // of a socket address
	addrReg int    // -1: it hangs on msg
	msg     []byte // struct msghdr of sendmsg

	rewrites []Rewrite // what rules write instead of arguments
	expected []string  // names of the file that a redirection leads to
}

// looked says whether memory of the target was looked at.
func (s *subject) looked() bool {
	return s.texts[0] != nil || s.texts[1] != nil || s.how != nil || s.addr != nil || s.msg != nil ||
		slices.ContainsFunc(s.rewrites, func(w Rewrite) bool { return w.Text != nil })
}

func (tr *tracer) subject(t *task, c *call) *subject {
	s := &subject{tr: tr, t: t, c: c, row: table.Lookup(c.abi, c.nr)}
	return s
}

// Arg implements Subject.
func (s *subject) Arg(i int) uint64 {
	if s.c.abi == table.I386 {
		return uint64(uint32(s.c.args[i]))
	}
	return s.c.args[i]
}

// ArgMask implements Subject.
func (s *subject) ArgMask(i int) uint64 { return ArgMask(s.c.abi, s.c.nr, i) }

// Flags implements Subject.
func (s *subject) Flags() (uint64, bool) {
	if s.row == nil {
		return 0, false
	}
	switch s.row.Name {
	case "creat":
		return unix.O_CREAT | unix.O_WRONLY | unix.O_TRUNC, true
	case "openat2": // struct open_how begins with the flags
		if !s.readHow() {
			return 0, false
		}
		return binary.LittleEndian.Uint64(s.how), true
	}
	if i := flagsArg(s.row); i >= 0 && s.row.Args[i].Reg[s.c.abi] >= 0 {
		return s.Arg(int(s.row.Args[i].Reg[s.c.abi])), true
	}
	return 0, false
}

// readHow reads the struct open_how of openat2, whose flags and resolution
// belong to what a path means.
func (s *subject) readHow() bool {
	const least, most = 24, 256 // OPEN_HOW_SIZE_VER0, linux/openat2.h; room for more
	n := s.Arg(3)
	if s.how == nil && n >= least && n <= most {
		b := make([]byte, n)
		if s.tr.mem.read(s.t, s.Arg(2), b) == len(b) {
			s.how = b
		}
	}
	s.failed = s.failed || s.how == nil
	return s.how != nil
}

// flagsArg is the index of the first argument that is a set of flags, -1 if there is none.
func flagsArg(row *table.Row) int {
	for i := range row.Args {
		if k := row.Args[i].Kind; k >= table.KindFlags && k <= table.KindFlags16 && row.Args[i].Set != nil && !row.Args[i].Set.Enum {
			return i
		}
	}
	return -1
}

// Paths implements Subject.
func (s *subject) Paths(n int) ([]string, bool) {
	if s.row == nil {
		return nil, false
	}
	at := pathArgs(s.row)
	if n >= len(at) {
		return nil, true
	}
	if s.tried[n] {
		return s.names[n], s.names[n] != nil
	}
	s.tried[n] = true
	a := &s.row.Args[at[n]]
	reg := a.Reg[s.c.abi]
	if reg < 0 {
		return nil, false
	}
	addr := s.Arg(int(reg))
	dir := "cwd"
	if a.DirFD >= 0 {
		if fd := int32(s.Arg(int(s.row.Args[a.DirFD].Reg[s.c.abi]))); fd != unix.AT_FDCWD {
			dir = "fd/" + strconv.Itoa(int(fd))
		}
	}
	if addr == 0 { // utimensat and statx name the descriptor itself
		s.names[n] = s.resolve(dir, "")
		return s.names[n], s.names[n] != nil
	}
	text, whole := s.tr.mem.str(s.t, addr, maxString)
	if !whole || s.row.Name == "openat2" && !s.readHow() {
		s.failed = true
		return nil, false
	}
	if text == nil {
		text = []byte{}
	}
	s.texts[n], s.regs[n] = text, int(reg)
	s.names[n] = s.resolve(dir, string(text))
	return s.names[n], s.names[n] != nil
}

// resolve returns the absolute names, as ebtrace's own root has them, of a
// path of the task: with its last symbolic link not followed, and followed.
func (s *subject) resolve(dir, name string) []string {
	root, err := s.t.link("root")
	if err != nil {
		root = "/"
	}
	inRoot := s.how != nil && binary.LittleEndian.Uint64(s.how[16:])&unix.RESOLVE_IN_ROOT != 0
	absolute, base := strings.HasPrefix(name, "/"), ""
	if !absolute || inRoot {
		if base, err = s.t.link(dir); err != nil {
			base = ""
		}
	}
	if base == "" && !absolute {
		return []string{path.Join("/", name)} // the kernel will refuse a bad descriptor
	}
	if inRoot {
		root = base
	}
	if absolute {
		base = root
	}
	w := walker{root: root, tid: s.t.tid, pid: s.t.pid}
	plain := w.walk(base, name, false)
	if _, err := readlink(plain); err != nil && !strings.HasSuffix(name, "/") {
		return []string{plain} // no link, or nothing: to follow it makes no difference
	}
	w.links = 0
	followed := w.walk(base, name, true)
	if plain == followed {
		return []string{plain}
	}
	return []string{plain, followed}
}

// Address implements Subject.
func (s *subject) Address() (*Address, bool) {
	if s.row == nil {
		return nil, false
	}
	sends := s.row.Name != "connect" && s.row.Name != "bind"
	if s.addr != nil {
		return parseAddress(s.addr, sends)
	}
	var addr, size uint64
	reg := 1
	switch s.row.Name {
	case "connect", "bind":
		addr, size = s.Arg(1), s.Arg(2)
	case "sendto":
		addr, size, reg = s.Arg(4), s.Arg(5), 4
	case "sendmsg":
		const msghdrSize = 56
		b := make([]byte, msghdrSize)
		if s.tr.mem.read(s.t, s.Arg(1), b) < len(b) {
			s.failed = true
			return nil, false
		}
		s.msg, reg = b, -1
		addr, size = binary.LittleEndian.Uint64(b), uint64(binary.LittleEndian.Uint32(b[8:]))
	default:
		return nil, false
	}
	if addr == 0 || size == 0 {
		return nil, true
	}
	b := make([]byte, min(uint32(size), 128))
	if uint32(size) > 128 || s.tr.mem.read(s.t, addr, b) < len(b) {
		s.failed = true
		return nil, false
	}
	s.addr, s.addrReg = b, reg
	return parseAddress(b, sends)
}

// parseAddress reads a struct sockaddr (sys/socket.h). To send to, AF_UNSPEC
// is AF_INET (net/ipv4/udp.c, udp_sendmsg).
func parseAddress(b []byte, sends bool) (*Address, bool) {
	if len(b) < 2 {
		return nil, true
	}
	a := &Address{Family: binary.LittleEndian.Uint16(b)}
	switch {
	case (a.Family == afInet || a.Family == unix.AF_UNSPEC && sends) && len(b) >= 8:
		a.Port, a.IP = int(binary.BigEndian.Uint16(b[2:])), netip.AddrFrom4([4]byte(b[4:8]))
	case a.Family == afInet6 && len(b) >= 24:
		a.Port, a.IP = int(binary.BigEndian.Uint16(b[2:])), netip.AddrFrom16([16]byte(b[8:24])).Unmap()
	case a.Family == afUnix && len(b) > 2 && b[2] == 0:
		a.Unix = "@" + string(b[3:])
	case a.Family == afUnix:
		a.Unix = unix.ByteSliceToString(b[2:])
	}
	return a, true
}

// field is a line of /proc/TID/status.
func (s *subject) field(name string) string {
	if s.status == nil {
		s.status = map[string]string{}
		b, _ := os.ReadFile("/proc/" + strconv.Itoa(s.t.tid) + "/status")
		for line := range strings.SplitSeq(string(b), "\n") {
			k, v, _ := strings.Cut(line, ":")
			s.status[k] = strings.TrimSpace(v)
		}
	}
	return s.status[name]
}

func (s *subject) effective(name string) uint32 {
	ids := strings.Fields(s.field(name)) // real, effective, saved, file system
	if len(ids) < 2 {
		return ^uint32(0)
	}
	n, _ := strconv.ParseUint(ids[1], 10, 32)
	return uint32(n)
}

// UID implements Subject.
func (s *subject) UID() uint32 { return s.effective("Uid") }

// GID implements Subject.
func (s *subject) GID() uint32 { return s.effective("Gid") }

// Exe implements Subject.
func (s *subject) Exe() string {
	p, _ := s.t.link("exe")
	return strings.TrimSuffix(p, " (deleted)")
}

// Comm implements Subject.
func (s *subject) Comm() string {
	b, _ := os.ReadFile("/proc/" + strconv.Itoa(s.t.tid) + "/comm")
	return strings.TrimSuffix(string(b), "\n")
}
