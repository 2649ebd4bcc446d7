package decode

import "github.com/ebtrace/ebtrace/decode/table"

// msghdrLayout is where struct user_msghdr (linux/socket.h) and its 32-bit
// form (net/compat.h) have their members.
type msghdrLayout struct {
	name, namelen, iov, iovlen, control, controllen, flags, size int
}

var (
	msghdr64 = msghdrLayout{0, 8, 16, 24, 32, 40, 48, 56}
	msghdr32 = msghdrLayout{0, 4, 8, 12, 16, 20, 24, 28}
)

func (d *Decoder) msghdrLayout() *msghdrLayout {
	if d.word == 4 {
		return &msghdr32
	}
	return &msghdr64
}

// msghdrArg decodes the argument of sendmsg and recvmsg. A recvmsg that failed
// left nothing but what it was given; of that only the room for the name is
// worth a look.
func msghdrArg(d *Decoder, a *table.Arg, name string, m mem, _ int64) {
	l := d.msghdrLayout()
	m = d.read(m.addr, l.size)
	if !m.whole() {
		d.addMem(name, m)
		return
	}
	recv := a != nil && a.Dir&table.Out != 0
	if recv && d.errno != 0 {
		i := d.open(Struct, name)
		d.addInt("msg_namelen", m.int(l.namelen, 4))
		d.close(i)
		return
	}
	total := int64(-1)
	if recv {
		total = max(d.ret, 0)
	}
	d.msghdr(name, m, total)
}

// msghdr appends the message header that m holds, at the time being decoded.
// total bounds the data; -1: none.
func (d *Decoder) msghdr(name string, m mem, total int64) {
	l := d.msghdrLayout()
	i := d.open(Struct, name)
	d.msgName(m, l)
	d.iovec("msg_iov", m.uint(l.iov, d.word), int64(min(m.uint(l.iovlen, d.word), maxLen)), total, false)
	d.add(Uint, "msg_iovlen", m.uint(l.iovlen, d.word))
	controllen := m.uint(l.controllen, d.word)
	if controllen != 0 {
		d.cmsgs("msg_control", m.uint(l.control, d.word), controllen)
	}
	d.add(Uint, "msg_controllen", controllen)
	d.addSet(Flags, "msg_flags", setMsgFlags, m.uint(l.flags, 4))
	d.close(i)
}

// msgName appends the address and its length; where the call changed the
// length, as much of the address as there was room for.
func (d *Decoder) msgName(m mem, l *msghdrLayout) {
	addr := m.uint(l.name, d.word)
	n := m.int(l.namelen, 4)
	before := n
	if d.exit {
		if e := d.readAt(m.addr, l.size, false); e.whole() {
			before = e.int(l.namelen, 4)
		}
	}
	if size := min(n, before); addr != 0 && size > 0 {
		d.sockaddr("msg_name", d.read(addr, int(size)))
	} else {
		d.addPtr("msg_name", addr, 0)
	}
	if before == n {
		d.addInt("msg_namelen", n)
		return
	}
	i := d.open(Pair, "msg_namelen")
	d.addInt("", before)
	d.addInt("", n)
	d.close(i)
}

// mmsghdrArg decodes the vector of sendmmsg, of which as many messages as it
// returned were sent, and of recvmmsg, of which as many are shown.
func mmsghdrArg(d *Decoder, a *table.Arg, name string, m mem, n int64) {
	l := d.msghdrLayout()
	size := d.specialSize(table.KindMmsghdr)
	recv := d.row != nil && a != nil && a.Len.Src == table.LenRet
	if recv && d.errno != 0 {
		d.addPtr(name, m.addr, FlagUnread)
		return
	}
	done := int64(0)
	if d.ended && d.errno == 0 {
		done = d.ret
	}
	after := m
	if !recv && d.exit { // what is sent was there before the call
		d.exit = false
		m = d.readAt(m.addr, m.size, false)
	}
	have := int64(min(len(m.b)/size, int(min(n, maxLen))))
	if have == 0 {
		d.addMem(name, m)
		return
	}
	show := min(have, d.elements())
	i := d.open(Array, name)
	for k := range show {
		off := int(k) * size
		e := d.open(Struct, "")
		total := int64(-1)
		if recv {
			total = int64(m.uint(off+l.size, 4))
		}
		d.msghdr("msg_hdr", m.sub(off, l.size), total)
		if k < done && after.has(off+l.size, 4) {
			d.add(Uint, "msg_len", after.uint(off+l.size, 4))
		}
		d.close(e)
	}
	d.close(i)
	d.cutArray(i, int(show), n, m)
}
