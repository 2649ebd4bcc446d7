package decode

import (
	"bytes"
	"strconv"

	"github.com/ebtrace/ebtrace/decode/table"
)

// maxSockaddr is sizeof(struct sockaddr_storage): the kernel takes no longer
// addresses (move_addr_to_kernel, net/socket.c).
const maxSockaddr = 128

// Address families with a decoder, of linux/socket.h; fd.go has the others.
const (
	afIPX       = 4
	afX25       = 9
	afNetlink   = 16
	afPacket    = 17
	afBluetooth = 31
	afALG       = 38
	afNFC       = 39
	afVsock     = 40
	afQipcrtr   = 42
	afXDP       = 44
	afMCTP      = 45
)

// sockaddrArg decodes a socket address argument.
func sockaddrArg(d *Decoder, _ *table.Arg, name string, m mem, _ int64) { d.sockaddr(name, m) }

// sockaddr appends the address of m.size bytes in m. Addresses shorter than
// their family's, and those of other families, are shown as their bytes.
func (d *Decoder) sockaddr(name string, m mem) {
	n := min(m.size, maxSockaddr)
	if n < 2 || len(m.b) < n {
		d.addMem(name, m)
		return
	}
	b := m.b[:n]
	family := m.uint(0, 2)
	i := d.open(Struct, name)
	d.addSet(Enum, "sa_family", setFamilies, family)
	if n > 2 && !d.familyAddr(family, b) {
		d.addBytes(Path, "sa_data", b[2:], 0)
	}
	d.close(i)
}

// familyAddr appends the members of an address after its family; false if the
// family has no form of its own or b is too short for it.
func (d *Decoder) familyAddr(family uint64, b []byte) bool {
	m := mem{size: len(b), b: b}
	switch family {
	case afUnix:
		d.sockaddrUnix(b[2:])
		return true
	case afInet:
		return d.sockaddrIn(&m)
	case afInet6:
		return d.sockaddrIn6(&m)
	case afNetlink:
		return d.sockaddrNetlink(&m)
	case afPacket:
		return d.sockaddrPacket(&m)
	case afALG:
		return d.sockaddrALG(&m)
	case afVsock:
		return d.sockaddrVsock(&m)
	case afBluetooth:
		return d.sockaddrBluetooth(&m)
	case afX25:
		return d.sockaddrX25(&m)
	case afIPX:
		return d.sockaddrIPX(&m)
	case afXDP:
		return d.sockaddrXDP(&m)
	case afNFC, afQipcrtr, afMCTP:
		return d.sockaddrRare(family, &m)
	}
	return false
}

// maxSunPath is sizeof(sun_path) of linux/un.h.
const maxSunPath = 108

// sockaddrUnix appends a path, which ends at the first NUL, or an abstract
// name, in which NULs count (unix(7)).
func (d *Decoder) sockaddrUnix(b []byte) {
	b = b[:min(len(b), maxSunPath)]
	if b[0] == 0 {
		d.addBytes(Path, "sun_path", b[1:], 0)
		d.last().Flags |= FlagAbstract
		return
	}
	if z := bytes.IndexByte(b, 0); z >= 0 {
		b = b[:z]
	}
	d.addBytes(Path, "sun_path", b, 0)
}

// addPort appends a port in network order.
func (d *Decoder) addPort(name string, m *mem, off int) {
	d.add(Port, name, be16(m.uint(off, 2)))
}

func (d *Decoder) sockaddrIn(m *mem) bool {
	if m.size < 16 {
		return false
	}
	d.addPort("sin_port", m, 2)
	d.addBytes(IPv4, "sin_addr", m.b[4:8], 0)
	return true
}

// sockaddrIn6 appends an IPv6 address; the scope came later than the rest
// (RFC 2133, 2553), so that the kernel takes addresses without one.
func (d *Decoder) sockaddrIn6(m *mem) bool {
	if m.size < 24 {
		return false
	}
	d.addPort("sin6_port", m, 2)
	d.addHton("sin6_flowinfo", Uint, be32(m.uint(4, 4)))
	addr := m.b[8:24]
	d.addBytes(IPv6, "sin6_addr", addr, 0)
	if m.size == 24 {
		return true
	}
	var scope uint64
	for i := min(m.size, 28) - 1; i >= 24; i-- {
		scope = scope<<8 | uint64(m.b[i])
	}
	linkLocal := addr[0] == 0xfe && addr[1]&0xc0 == 0x80 || addr[0] == 0xff && addr[1]&0x0f == 0x02
	if linkLocal {
		d.addIfindex("sin6_scope_id", scope)
	} else {
		d.add(Uint, "sin6_scope_id", scope)
	}
	return true
}

// addHton appends htonl(v); v is in host order.
func (d *Decoder) addHton(name string, k Kind, v uint64) {
	i := d.openText(Func, name, "htonl")
	d.add(k, "", v)
	d.close(i)
}

// addIfindex appends the index of a network interface, by name if it is known.
func (d *Decoder) addIfindex(name string, v uint64) {
	if d.opts.IfName != nil {
		if s := d.opts.IfName(uint32(v)); s != "" {
			i := d.openText(Func, name, "if_nametoindex")
			n := len(d.chars)
			d.chars = append(d.chars, s...)
			d.addBytes(Str, "", d.chars[n:len(d.chars):len(d.chars)], 0)
			d.close(i)
			d.nodes[i].Num = v
			return
		}
	}
	d.add(Uint, name, v)
}

func (d *Decoder) sockaddrNetlink(m *mem) bool {
	if m.size < 12 {
		return false
	}
	d.addInt("nl_pid", m.int(4, 4))
	d.addHexPadded("nl_groups", m.uint(8, 4))
	return true
}

// addHexPadded appends a number in eight columns.
func (d *Decoder) addHexPadded(name string, v uint64) {
	n := len(d.chars)
	d.chars = appendHexPadded(d.chars, v, 8)
	d.addWord(name, d.textFrom(n))
	d.last().Num = v
}

// appendHexPadded appends v in width columns, zeros in front: 0x000111, and
// 00000000 for 0, as printf's %#08x does.
func appendHexPadded(b []byte, v uint64, width int) []byte {
	if v == 0 {
		for range width {
			b = append(b, '0')
		}
		return b
	}
	b = append(b, "0x"...)
	for digit := 4 * (width - 3); digit > 0 && v>>digit == 0; digit -= 4 {
		b = append(b, '0')
	}
	return strconv.AppendUint(b, v, 16)
}

func (d *Decoder) sockaddrPacket(m *mem) bool {
	if m.size < 20 {
		return false
	}
	d.addEthProto("sll_protocol", be16(m.uint(2, 2)))
	d.addIfindex("sll_ifindex", m.uint(4, 4))
	d.addSet(Enum, "sll_hatype", setARPHRD, m.uint(8, 2))
	d.addSet(Enum, "sll_pkttype", setPacketType, m.uint(10, 1))
	n := int(m.uint(11, 1))
	d.add(Uint, "sll_halen", uint64(n))
	if n > 0 {
		i := len(d.nodes)
		d.byteArray("sll_addr", m.b[12:12+min(n, 8)])
		if n > 8 {
			d.flag(i, FlagCut)
			d.nodes[i].Want = uint64(n)
		}
	}
	return true
}

// addEthProto appends htons(ETH_P_IP).
func (d *Decoder) addEthProto(name string, v uint64) {
	i := d.openText(Func, name, "htons")
	d.addSet(Enum, "", setEthProtos, v)
	d.close(i)
}

// byteArray appends [0x1, 0].
func (d *Decoder) byteArray(name string, b []byte) {
	i := d.open(Array, name)
	for _, c := range b {
		d.add(Hex, "", uint64(c))
	}
	d.close(i)
}

// be16 and be32 turn a number read as little-endian into network order.
func be16(v uint64) uint64 { return v&0xff<<8 | v>>8&0xff }

func be32(v uint64) uint64 { return be16(v)<<16 | be16(v>>16) }
