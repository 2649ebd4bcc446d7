package enforce

import (
	"bytes"
	"encoding/binary"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// fits says whether the changes can be made to the call, and readies it for
// them: the error that it fails with otherwise.
func (s *subject) fits(a *Action) unix.Errno {
	if a.Redirect == nil {
		return 0
	}
	if a.Redirect.Addr == nil {
		if names, ok := s.Paths(0); s.texts[0] == nil || !ok || names == nil {
			return unix.EFAULT
		}
		return 0
	}
	from, ok := s.Address()
	if !ok || from == nil {
		return unix.EFAULT
	}
	if from.sockaddr(a.Redirect.Addr) == nil {
		return unix.EAFNOSUPPORT
	}
	return 0
}

// change makes the changes in what the kernel will get, and returns a bit for
// each argument that they are in.
func (s *subject) change(a *Action) (args uint8) {
	s.rewrites = append(s.rewrites, a.Rewrite...)
	for _, w := range a.Rewrite {
		args |= 1 << w.Arg
	}
	switch r := a.Redirect; {
	case r == nil:
	case r.Addr != nil:
		from, _ := s.Address()
		s.addr = from.sockaddr(r.Addr)
		args |= s.setLength()
		if s.addrReg >= 0 {
			args |= 1 << s.addrReg
		}
	default:
		s.texts[0] = []byte(r.Path)
		args |= 1 << s.regs[0]
		if s.how != nil { // the path is one of the whole file system
			const at = 16 // resolve in struct open_how, linux/openat2.h
			resolve := binary.LittleEndian.Uint64(s.how[at:]) &^ (unix.RESOLVE_IN_ROOT | unix.RESOLVE_BENEATH)
			binary.LittleEndian.PutUint64(s.how[at:], resolve)
		}
		s.expected = s.resolve("cwd", r.Path)
	}
	return args
}

// setLength makes the size of the address that of the new one.
func (s *subject) setLength() uint8 {
	n := uint64(len(s.addr))
	if s.msg != nil {
		binary.LittleEndian.PutUint32(s.msg[8:], uint32(n))
		return 1 << 1
	}
	s.rewrites = append(s.rewrites, Rewrite{Arg: s.addrReg + 1, Value: n})
	return 1 << (s.addrReg + 1)
}

// sockaddr is address to as a struct sockaddr of the family of a; nil if that
// family cannot hold it.
func (a *Address) sockaddr(to *Address) []byte {
	b := binary.LittleEndian.AppendUint16(nil, a.Family)
	switch {
	case a.Family == afUnix && to.Unix != "":
		if name, abstract := strings.CutPrefix(to.Unix, "@"); abstract {
			return append(append(b, 0), name...)
		}
		return append(append(b, to.Unix...), 0)
	case a.Family == afInet && to.IP.Unmap().Is4():
		ip := to.IP.Unmap().As4()
		return append(append(binary.BigEndian.AppendUint16(b, uint16(to.Port)), ip[:]...), make([]byte, 8)...)
	case a.Family == afInet6 && to.IP.IsValid():
		ip := to.IP.As16()
		b = append(binary.BigEndian.AppendUint16(b, uint16(to.Port)), make([]byte, 4)...)
		return append(append(b, ip[:]...), make([]byte, 4)...)
	}
	return nil
}

// poked puts what was poked into the copies too that the kernel gets.
func (s *subject) poked(pokes []Poke, done uint8) {
	for _, p := range pokes {
		for i := range s.texts {
			if s.texts[i] == nil || s.regs[i] != p.Arg || done>>p.Arg&1 == 0 {
				continue
			}
			n := copy(s.texts[i], p.Data)
			text, _, _ := bytes.Cut(append(s.texts[i], p.Data[n:]...), []byte{0})
			s.texts[i] = text[:min(len(text), maxString-1)]
		}
	}
}

// gained says whether t's program has gained rights at its execve, as a
// set-user-id program does, or acts for another user than its own.
func (t *task) gained() bool {
	if t.rights == 0 {
		t.rights = rightsPlain
		ids := strings.Fields(statusField(t.tid, "Uid"))
		if secureExec(t.tid) || len(ids) < 2 || ids[0] != ids[1] {
			t.rights = rightsGained
		}
	}
	return t.rights == rightsGained
}

// Values of task.rights; 0: not yet known.
const (
	rightsPlain = iota + 1
	rightsGained
)

// secureExec reads AT_SECURE; what cannot be read counts as set.
func secureExec(tid int) bool {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(tid) + "/auxv")
	if err != nil {
		return true
	}
	const atSecure = 23 // linux/auxvec.h
	for ; len(b) >= 16; b = b[16:] {
		if binary.LittleEndian.Uint64(b) == atSecure {
			return binary.LittleEndian.Uint64(b[8:]) != 0
		}
	}
	return true
}
