package output

import (
	"strconv"

	"github.com/ebtrace/ebtrace/decode"
)

// fd appends a descriptor and, as far as asked for, what it is.
func (f *format) fd(b []byte, v *decode.Value) []byte {
	switch {
	case v.Text != "" && f.o.Style == Abbrev:
		b = append(b, v.Text...)
	case v.Text != "" && f.o.Style == Verbose:
		b = appendComment(strconv.AppendInt(b, int64(v.Num), 10), v.Text)
	default:
		b = strconv.AppendInt(b, int64(v.Num), 10)
	}
	if v.File != nil && f.o.Files != 0 {
		b = f.file(b, v.File)
	}
	return f.changed(b, v)
}

// file appends <what>(deleted).
func (f *format) file(b []byte, x *decode.File) []byte {
	if x.Sock != nil {
		if f.o.Files&FileSocket != 0 {
			if r := f.socket(append(b, '<'), x); r != nil {
				return append(r, '>')
			}
		}
		b = append(b, '<')
		start := len(b)
		b = append(strconv.AppendUint(append(b, "socket:["...), x.Ino, 10), ']')
		return append(f.hexTail(b, start), '>')
	}
	b = append(b, '<')
	if x.Cut {
		b = append(b, "..."...)
	}
	b = f.escape(b, x.Path, true)
	if f.o.Files&FileDev != 0 && !x.Pseudo {
		b = appendDevice(b, x)
	}
	b = append(b, '>')
	if x.Deleted {
		b = append(b, "(deleted)"...)
	}
	return b
}

// appendDevice appends <char 1:3> where the file is a device.
func appendDevice(b []byte, x *decode.File) []byte {
	switch x.Mode & sIFMT {
	case 0o020000:
		b = append(b, "<char "...)
	case 0o060000:
		b = append(b, "<block "...)
	default:
		return b
	}
	b = strconv.AppendUint(b, uint64(x.Rdev>>20), 10)
	b = append(b, ':')
	return append(strconv.AppendUint(b, uint64(x.Rdev&(1<<20-1)), 10), '>')
}

// Address families of sockets that are described: include/linux/socket.h.
const (
	afUnix    = 1
	afInet    = 2
	afInet6   = 10
	afNetlink = 16
)

// Types of sockets: include/linux/net.h.
const (
	sockStream = 1
	sockDgram  = 2
	sockRaw    = 3
)

// socket appends TCP:[...], or is nil for a family without a form of its own.
func (f *format) socket(b []byte, x *decode.File) []byte {
	s := x.Sock
	switch s.Family {
	case afInet, afInet6:
		name := inetName(s)
		if name == "" {
			return nil
		}
		b = append(b, name...)
		if s.Family == afInet6 {
			b = append(b, "v6"...)
		}
		return append(appendInet(append(b, ":["...), x), ']')
	case afUnix:
		return f.unix(b, x)
	case afNetlink:
		return appendNetlink(b, x)
	}
	return nil
}

// inetName is the name of the protocol of an internet socket.
func inetName(s *decode.Socket) string {
	switch {
	case s.Type == sockRaw:
		return "RAW"
	case s.Protocol == 132:
		return "SCTP"
	case s.Protocol == 262:
		return "MPTCP"
	case s.Protocol == 136:
		return "UDPLITE"
	case s.Protocol == 33:
		return "DCCP"
	case s.Protocol == 1 || s.Protocol == 58:
		return "PING"
	case s.Type == sockStream:
		return "TCP"
	case s.Type == sockDgram:
		return "UDP"
	}
	return ""
}

// appendInet appends the addresses of a socket, or its inode if it has none yet.
func appendInet(b []byte, x *decode.File) []byte {
	s := x.Sock
	if s.Type == sockRaw || s.LPort == 0 { // the port of a raw socket is its protocol
		return strconv.AppendUint(b, x.Ino, 10)
	}
	b = appendEndpoint(b, s.Family, s.LAddr, s.LPort)
	if s.RPort == 0 {
		return b
	}
	return appendEndpoint(append(b, "->"...), s.Family, s.RAddr, s.RPort)
}

func appendEndpoint(b []byte, family uint16, addr []byte, port uint16) []byte {
	if family == afInet6 {
		b = append(appendIPv6(append(b, '['), addr), ']')
	} else {
		b = appendIPv4(b, addr)
	}
	return strconv.AppendUint(append(b, ':'), uint64(port), 10)
}

// unix appends UNIX-STREAM:[inode->peer,"name"]. Datagram and packet sockets
// are both UNIX, as the kernel names the protocol.
func (f *format) unix(b []byte, x *decode.File) []byte {
	s := x.Sock
	b = append(b, "UNIX"...)
	if s.Type == sockStream {
		b = append(b, "-STREAM"...)
	}
	b = strconv.AppendUint(append(b, ":["...), x.Ino, 10)
	if s.Peer != 0 {
		b = strconv.AppendUint(append(b, "->"...), s.Peer, 10)
	}
	if p := s.Path; len(p) > 0 {
		b = append(b, ',')
		if p[0] == 0 {
			b, p = append(b, '@'), p[1:]
		}
		b = append(f.escape(append(b, '"'), p, true), '"')
	}
	return append(b, ']')
}

// netlinks are the protocols of include/uapi/linux/netlink.h.
var netlinks = [...]string{
	0: "ROUTE", 1: "UNUSED", 2: "USERSOCK", 3: "FIREWALL", 4: "SOCK_DIAG", 5: "NFLOG", 6: "XFRM",
	7: "SELINUX", 8: "ISCSI", 9: "AUDIT", 10: "FIB_LOOKUP", 11: "CONNECTOR", 12: "NETFILTER",
	13: "IP6_FW", 14: "DNRTMSG", 15: "KOBJECT_UEVENT", 16: "GENERIC", 18: "SCSITRANSPORT",
	19: "ECRYPTFS", 20: "RDMA", 21: "CRYPTO", 22: "SMC",
}

// appendNetlink appends NETLINK:[ROUTE:port id], or the inode if it is not bound.
func appendNetlink(b []byte, x *decode.File) []byte {
	s := x.Sock
	b = append(b, "NETLINK:["...)
	if s.NetlinkPID == 0 {
		return append(strconv.AppendUint(b, x.Ino, 10), ']')
	}
	if int(s.Protocol) < len(netlinks) && netlinks[s.Protocol] != "" {
		b = append(b, netlinks[s.Protocol]...)
	} else {
		b = strconv.AppendUint(b, uint64(s.Protocol), 10)
	}
	b = strconv.AppendUint(append(b, ':'), uint64(s.NetlinkPID), 10)
	return append(b, ']')
}

// comm appends <name> of a process, where -Y asks for it.
func (f *format) comm(b []byte, name string) []byte {
	if !f.o.Comm || name == "" {
		return b
	}
	b = append(b, '<')
	b = f.escape(b, bytesOf(name), true)
	return append(b, '>')
}
