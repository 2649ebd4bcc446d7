package decode

import (
	"strconv"
	"unsafe"

	"github.com/ebtrace/ebtrace/bpf"
	"github.com/ebtrace/ebtrace/decode/table"
	"github.com/ebtrace/ebtrace/events"
)

// Magic numbers of the file systems whose files have made-up names, of
// linux/magic.h. (The names are those that readlink shows in /proc/PID/fd.)
const (
	magicPipe = 0x50495045
	magicSock = 0x534f434b
	magicAnon = 0x09041934
	magicPID  = 0x50494446
	magicNS   = 0x6e736673
)

// Address families of which a socket's name is decoded.
const (
	afUnix  = 1
	afInet  = 2
	afInet6 = 10
)

// fdEntry is an EB_SEC_FD section, decoded.
type fdEntry struct {
	fd   int32
	arg  uint8 // the register that it serves
	bad  bool  // there is no such descriptor
	file File
	sock Socket
}

// addFD appends descriptor v, sign-extended, with its file if that is known.
func (d *Decoder) addFD(name string, k table.Kind, v uint64) {
	x := Value{Kind: FD, Name: name, Num: v, File: d.file(int32(v)), Span: 1}
	if k == table.KindDirFD && int64(v) == atFDCWD {
		x.Text = "AT_FDCWD"
	} else if int64(v) < 0 {
		x.File = nil
	}
	d.nodes = append(d.nodes, x)
}

// file is what descriptor fd is, as the argument being decoded has it: the
// same number may be two files in one call (dup2); nil if it is not known.
func (d *Decoder) file(fd int32) *File {
	for i := range d.fds {
		if f := &d.fds[i]; f.fd == fd && f.arg == d.reg && !f.bad {
			return &f.file
		}
	}
	if d.reg == regRet {
		return nil
	}
	for i := range d.fds {
		if f := &d.fds[i]; f.fd == fd && f.arg != regRet && !f.bad {
			return &f.file
		}
	}
	return nil
}

// collectFD takes over an EB_SEC_FD section.
func (d *Decoder) collectFD(s *events.Section) {
	info, path, ok := s.FD()
	if !ok {
		return
	}
	n := len(d.fds)
	if n < cap(d.fds) {
		d.fds = d.fds[:n+1]
	} else {
		d.fds = append(d.fds, fdEntry{})
	}
	e := &d.fds[n]
	flags := bpf.TraceEbFdFlag(info.Flags)
	*e = fdEntry{fd: info.Fd, arg: s.Arg, bad: flags&bpf.TraceEbFdFlagEB_FD_BAD != 0}
	e.file = File{
		Path:    path,
		Deleted: flags&bpf.TraceEbFdFlagEB_FD_DELETED != 0,
		Cut:     flags&bpf.TraceEbFdFlagEB_FD_CUT != 0,
		Pseudo:  flags&bpf.TraceEbFdFlagEB_FD_NAME != 0,
		CWD:     flags&bpf.TraceEbFdFlagEB_FD_CWD != 0,
		Mode:    info.Mode, Dev: info.Dev, Rdev: info.Rdev, Ino: info.Ino,
	}
	if flags&bpf.TraceEbFdFlagEB_FD_SOCK != 0 {
		e.sock = socketOf(&info, s.Data, path)
		e.file.Sock, e.file.Path = &e.sock, nil
	}
	if e.file.Pseudo {
		e.file.Path = d.pseudoName(&info, e.file.Path)
	}
}

// socketOf decodes a socket. Its slices point into data, the section.
func socketOf(info *bpf.TraceEbFdinfo, data, path []byte) Socket {
	s := Socket{
		Family: info.Family, Type: info.Type, Protocol: info.Protocol, State: info.State,
		LPort: info.Lport, RPort: info.Rport, NetlinkPID: info.Ifpid, Peer: info.Peer,
	}
	n := 0
	switch info.Family {
	case afInet:
		n = 4
	case afInet6:
		n = 16
	case afUnix:
		s.Path = unixName(path)
	}
	s.LAddr = data[unsafe.Offsetof(info.Laddr):][:n:n]
	s.RAddr = data[unsafe.Offsetof(info.Raddr):][:n:n]
	return s
}

// unixName is the name of a unix socket: abstract, with its leading NUL, or a
// path, which ends at the first NUL.
func unixName(b []byte) []byte {
	if len(b) > 0 && b[0] != 0 {
		for i, c := range b {
			if c == 0 {
				return b[:i]
			}
		}
	}
	return b
}

// pseudoName is the name of a file without a path, name being what the kernel
// half found of it: pipe:[1], socket:[1], anon_inode:[eventpoll].
func (d *Decoder) pseudoName(info *bpf.TraceEbFdinfo, name []byte) []byte {
	n := len(d.chars)
	switch info.Magic {
	case magicPipe:
		d.chars = append(d.chars, "pipe:["...)
	case magicSock:
		d.chars = append(d.chars, "socket:["...)
	case magicAnon:
		d.chars = append(append(d.chars, "anon_inode:"...), name...)
		return d.chars[n:len(d.chars):len(d.chars)]
	case magicPID:
		d.chars = append(d.chars, "anon_inode:[pidfd]"...)
		return d.chars[n:len(d.chars):len(d.chars)]
	case magicNS:
		d.chars = append(append(d.chars, name...), ":["...)
	default:
		return name
	}
	d.chars = strconv.AppendUint(d.chars, info.Ino, 10)
	d.chars = append(d.chars, ']')
	return d.chars[n:len(d.chars):len(d.chars)]
}
