package decode

// Levels and types of control messages with a decoder: linux/socket.h,
// linux/in.h, linux/in6.h; the levels are those of sock_levels.
const (
	solIP     = 0
	solSocket = 1
	solIPv6   = 41

	scmRights      = 1
	scmCredentials = 2
	scmSecurity    = 3

	soTimestampOld    = 29 // SO_TIMESTAMP_OLD and so on, asm-generic/socket.h
	soTimestampNSOld  = 35
	soTimestampingOld = 37
	soTimestampNew    = 63
	soTimestampNSNew  = 64
	soTimestampingNew = 65

	ipTOS         = 1
	ipTTL         = 2
	ipRecvOpts    = 6
	ipRetOpts     = 7
	ipPktinfo     = 8
	ipRecverr     = 11
	ipOrigDstAddr = 20
	ipChecksum    = 23

	ipv6Recverr  = 25
	ipv6Pktinfo  = 50
	ipv6HopLimit = 52
	ipv6TClass   = 67
)

// cmsgs appends the control messages in the size bytes at addr. Where they
// end in the middle of one, or one says that it is shorter than its header,
// the rest is left out and its address told.
func (d *Decoder) cmsgs(name string, addr, size uint64) {
	header := d.word + 8
	m := d.read(addr, int(min(size, maxLen)))
	if addr == 0 || len(m.b) < header {
		d.addMem(name, m)
		return
	}
	i := d.open(Array, name)
	off := 0
	for {
		n := m.uint(off, d.word)
		d.cmsg(m, off, header, n)
		step := max(int(min(n, uint64(m.size))), header)
		off += (step + d.word - 1) &^ (d.word - 1)
		if off >= m.size {
			break
		}
		if n < uint64(header) || off+header > len(m.b) {
			d.flag(i, FlagCut|FlagFault)
			d.nodes[i].Num = addr + uint64(off)
			break
		}
	}
	d.close(i)
}

// cmsg appends the message at off, which says that it has n bytes.
func (d *Decoder) cmsg(m mem, off, header int, n uint64) {
	level, typ := m.uint(off+d.word, 4), m.uint(off+d.word+4, 4)
	i := d.open(Struct, "")
	d.add(Uint, "cmsg_len", n)
	d.addSet(Enum, "cmsg_level", setSockLevels, level)
	switch level {
	case solSocket:
		d.addSet(Enum, "cmsg_type", setSCM, typ)
	case solIP:
		d.addSet(Enum, "cmsg_type", setIPOptions, typ)
	case solIPv6:
		d.addSet(Enum, "cmsg_type", setIPv6Opts, typ)
	default:
		d.add(Hex, "cmsg_type", typ)
	}
	end := off + int(min(n, uint64(len(m.b)-off)))
	if off+header < end {
		data := mem{addr: m.addr + uint64(off+header), size: end - off - header, b: m.b[off+header : end]}
		d.cmsgData(level, typ, data)
	}
	d.close(i)
}

// cmsgData appends the data of a message of one byte at least; nothing where
// there is less than its type needs.
func (d *Decoder) cmsgData(level, typ uint64, m mem) {
	switch level {
	case solSocket:
		d.cmsgSocket(typ, m)
	case solIP:
		d.cmsgIP(typ, m)
	case solIPv6:
		d.cmsgIPv6(typ, m)
	default:
		d.cmsgBytes(m)
	}
}

// cmsgBytes appends data without a form.
func (d *Decoder) cmsgBytes(m mem) {
	d.addBytes(Bytes, "cmsg_data", m.b[:min(len(m.b), max(d.opts.StrSize, 0))], uint64(m.size))
}

func (d *Decoder) cmsgSocket(typ uint64, m mem) {
	switch typ {
	case scmRights:
		d.cmsgInts(FD, m)
	case scmCredentials:
		if m.size >= 12 {
			d.ucred("cmsg_data", m)
		}
	case scmSecurity:
		d.addBytes(Str, "cmsg_data", m.b[:min(len(m.b), max(d.opts.StrSize, 0))], uint64(m.size))
	case soTimestampOld:
		d.cmsgTimes(m, d.word, 1, "tv_usec")
	case soTimestampNSOld:
		d.cmsgTimes(m, d.word, 1, "tv_nsec")
	case soTimestampingOld:
		d.cmsgTimes(m, d.word, 3, "tv_nsec")
	case soTimestampNew:
		d.cmsgTimes(m, 8, 1, "tv_usec")
	case soTimestampNSNew:
		d.cmsgTimes(m, 8, 1, "tv_nsec")
	case soTimestampingNew:
		d.cmsgTimes(m, 8, 3, "tv_nsec")
	default:
		d.cmsgBytes(m)
	}
}

// cmsgInts appends as many ints as there are.
func (d *Decoder) cmsgInts(k Kind, m mem) {
	if m.size < 4 {
		return
	}
	i := d.open(Array, "cmsg_data")
	for off := 0; off+4 <= m.size; off += 4 {
		if k == FD {
			d.nodes = append(d.nodes, Value{Kind: FD, Num: uint64(m.int(off, 4)), File: d.file(int32(m.int(off, 4))), Span: 1})
		} else {
			d.add(k, "", uint64(m.int(off, 4)))
		}
	}
	d.close(i)
}

// ucred appends struct ucred, as far as it was captured.
func (d *Decoder) ucred(name string, m mem) {
	i := d.open(Struct, name)
	d.add(PID, "pid", uint64(m.int(0, 4)))
	for k, id := range [2]string{"uid", "gid"} {
		off := 4 + 4*k
		if m.has(off, 4) {
			d.addID(id, m.uint(off, 4))
		} else if m.has(off, 1) {
			d.addBytes(Bytes, id, m.b[off:], 0)
		}
	}
	d.close(i)
}

// addID appends a user or group: -1 for the one that is none.
func (d *Decoder) addID(name string, v uint64) {
	if v == 1<<32-1 {
		d.addInt(name, -1)
		return
	}
	d.add(Uint, name, v)
}

// cmsgTimes appends n times whose members have size bytes: one as it is,
// several as an array.
func (d *Decoder) cmsgTimes(m mem, size, n int, frac string) {
	if m.size < 2*n*size {
		d.addWord("cmsg_data", "???")
		return
	}
	if n == 1 {
		d.timePair("cmsg_data", m, size, frac)
		return
	}
	i := d.open(Array, "cmsg_data")
	for k := range n {
		d.timePair("", m.sub(2*k*size, 2*size), size, frac)
	}
	d.close(i)
}

// timePair appends {tv_sec=1, tv_nsec=2}; both members have size bytes.
func (d *Decoder) timePair(name string, m mem, size int, frac string) {
	i := d.open(Struct, name)
	d.addInt("tv_sec", m.int(0, size))
	d.add(Uint, frac, uint64(m.int(size, size)))
	d.close(i)
}

func (d *Decoder) cmsgIP(typ uint64, m mem) {
	switch typ {
	case ipPktinfo:
		if m.size < 12 {
			return
		}
		i := d.open(Struct, "cmsg_data")
		d.addIfindex("ipi_ifindex", m.uint(0, 4))
		d.addBytes(IPv4, "ipi_spec_dst", m.b[4:8], 0)
		d.addBytes(IPv4, "ipi_addr", m.b[8:12], 0)
		d.close(i)
	case ipTTL, ipChecksum:
		if m.size >= 4 {
			m.size = 4
			d.cmsgInts(Int, m)
		}
	case ipTOS:
		d.byteArray("cmsg_data", m.b[:1])
	case ipRecvOpts, ipRetOpts:
		d.byteArray("cmsg_data", m.b)
	case ipOrigDstAddr:
		d.sockaddr("cmsg_data", m)
	case ipRecverr:
		d.cmsgRecverr(m)
	default:
		d.cmsgBytes(m)
	}
}

// cmsgRecverr appends struct sock_extended_err and the offender's address
// (linux/errqueue.h).
func (d *Decoder) cmsgRecverr(m mem) {
	if m.size < 16 {
		return
	}
	i := d.open(Struct, "cmsg_data")
	d.add(Uint, "ee_errno", m.uint(0, 4))
	d.add(Uint, "ee_origin", m.uint(4, 1))
	d.add(Uint, "ee_type", m.uint(5, 1))
	d.add(Uint, "ee_code", m.uint(6, 1))
	d.add(Uint, "ee_info", m.uint(8, 4))
	d.add(Uint, "ee_data", m.uint(12, 4))
	if m.size > 16 {
		d.sockaddr("offender", m.sub(16, m.size-16))
	}
	d.close(i)
}

func (d *Decoder) cmsgIPv6(typ uint64, m mem) {
	switch {
	case typ == ipv6Pktinfo && m.size >= 20:
		i := d.open(Struct, "cmsg_data")
		d.addBytes(IPv6, "ipi6_addr", m.b[:16], 0)
		d.addIfindex("ipi6_ifindex", m.uint(16, 4))
		d.close(i)
	case (typ == ipv6HopLimit || typ == ipv6TClass) && m.size >= 4:
		m.size = 4
		d.cmsgInts(Int, m)
	case typ == ipv6Recverr:
		d.cmsgRecverr(m)
	default:
		d.cmsgBytes(m)
	}
}
