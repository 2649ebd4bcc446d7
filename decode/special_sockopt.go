package decode

import "github.com/ebtrace/ebtrace/decode/table"

// Options of sockets whose value is not an int, of asm-generic/socket.h,
// linux/in.h, linux/in6.h and linux/netfilter/x_tables.h.
const (
	soError        = 4
	soLinger       = 13
	soPeercred     = 17
	soRcvtimeoOld  = 20
	soSndtimeoOld  = 21
	soBindtodevice = 25
	soAttachFilter = 26
	soPeername     = 28
	soPeersec      = 31
	soMeminfo      = 55
	soCookie       = 57
	soPeergroups   = 59
	soRcvtimeoNew  = 66
	soSndtimeoNew  = 67
	soReuseCBPF    = 51 // SO_ATTACH_REUSEPORT_CBPF

	ipAddMembership  = 35
	ipDropMembership = 36
	ipv6AddGroup     = 20 // IPV6_ADD_MEMBERSHIP, IPV6_JOIN_GROUP
	ipv6DropGroup    = 21
)

// sockoptArg decodes the value of setsockopt and getsockopt. What has no form
// of its own is an int if it is as long as one, else data.
func sockoptArg(d *Decoder, a *table.Arg, i int) bool {
	addr := d.arg(i)
	if addr == 0 || !d.choose(a) {
		return false
	}
	n := d.length(a)
	if n <= 0 {
		d.addPtr(a.Name, addr, FlagUnread)
		return true
	}
	level, opt := int32(d.arg(1)), int32(d.arg(2))
	set := a.Dir&table.Out == 0
	m := d.read(addr, int(min(n, 64)))
	if len(m.b) == 0 {
		d.addMem(a.Name, m)
		return true
	}
	switch {
	case level == solSocket && opt == soLinger:
		d.linger(a.Name, m, set)
	case level == solSocket && (opt == soAttachFilter || opt == soReuseCBPF) && set && m.has(0, 2*d.word):
		fprogStruct(d, a.Name, nil, m)
	case level == solSocket && opt == soPeercred && !set:
		d.ucred(a.Name, m)
	case level == solSocket && opt == soError && m.has(0, 4):
		j := d.open(Array, a.Name)
		d.add(Errno, "", m.uint(0, 4))
		d.close(j)
	case level == solIP && (opt == ipAddMembership || opt == ipDropMembership) && m.has(0, 8):
		j := d.open(Struct, a.Name)
		d.addBytes(IPv4, "imr_multiaddr", m.b[:4], 0)
		d.addBytes(IPv4, "imr_interface", m.b[4:8], 0)
		d.close(j)
	case level == solIPv6 && (opt == ipv6AddGroup || opt == ipv6DropGroup) && m.has(0, 20):
		j := d.open(Struct, a.Name)
		d.addBytes(IPv6, "ipv6mr_multiaddr", m.b[:16], 0)
		d.addIfindex("ipv6mr_interface", m.uint(16, 4))
		d.close(j)
	default:
		d.otherOption(a.Name, m, n, set, level == solSocket && isIntOption(opt))
	}
	return true
}

// otherOption appends the value, of n bytes, of an option without a form of
// its own: an int if it is as long as one or known for one, else data.
func (d *Decoder) otherOption(name string, m mem, n int64, set, known bool) {
	switch {
	case m.has(0, 4) && (n == 4 || known):
		i := d.open(Array, name)
		d.addInt("", m.int(0, 4))
		d.close(i)
	case known && n < 4 && set:
		d.addPtr(name, m.addr, FlagUnread)
	case known && n < 4:
		d.addBytes(Bytes, name, m.b, uint64(n))
	default:
		d.addBuf(Str, name, m.addr, n)
	}
}

// isIntOption says whether an option of SOL_SOCKET is an int.
func isIntOption(opt int32) bool {
	switch opt {
	case soRcvtimeoOld, soSndtimeoOld, soRcvtimeoNew, soSndtimeoNew, soBindtodevice, soPeername, soPeersec,
		soMeminfo, soCookie, soPeergroups, soAttachFilter, soReuseCBPF:
		return false
	}
	return opt > 0 && opt <= 82 // SO_INQ, the last of them
}

// linger appends struct linger; getsockopt leaves a part of it where there is
// no room for all.
func (d *Decoder) linger(name string, m mem, set bool) {
	if !m.has(0, 8) && (set || !m.has(0, 4)) {
		d.addPtr(name, m.addr, FlagUnread)
		return
	}
	i := d.open(Struct, name)
	d.addInt("l_onoff", m.int(0, 4))
	if m.has(4, 4) {
		d.addInt("l_linger", m.int(4, 4))
	}
	d.close(i)
}
