package decode

import (
	"strconv"

	"github.com/ebtrace/ebtrace/decode/table"
)

// ioctlRequest decodes a request: one without a name is taken apart as
// asm-generic/ioctl.h composes it.
func ioctlRequest(d *Decoder, a *table.Arg, i int) bool {
	v := uint64(uint32(d.arg(i)))
	if setIoctls.Find(uint8(d.abi), v) != "" {
		return false
	}
	f := d.openText(Func, a.Name, "_IOC")
	d.addSet(Flags, "", setIOCDir, v>>30)
	d.add(Hex, "", v>>8&0xff)
	d.add(Hex, "", v&0xff)
	d.add(Hex, "", v>>16&0x3fff)
	d.close(f)
	d.nodes[f].Num = v
	return true
}

// Requests on interfaces, of linux/sockios.h.
const (
	siocGIFName    = 0x8910
	siocGIFFlags   = 0x8913
	siocSIFFlags   = 0x8914
	siocGIFAddr    = 0x8915
	siocSIFAddr    = 0x8916
	siocGIFDst     = 0x8917
	siocSIFDst     = 0x8918
	siocGIFBrd     = 0x8919
	siocSIFBrd     = 0x891a
	siocGIFMask    = 0x891b
	siocSIFMask    = 0x891c
	siocGIFMetric  = 0x891d
	siocSIFMetric  = 0x891e
	siocGIFMTU     = 0x8921
	siocSIFMTU     = 0x8922
	siocSIFName    = 0x8923
	siocSIFHWAddr  = 0x8924
	siocGIFHWAddr  = 0x8927
	siocGIFSlave   = 0x8929
	siocGIFIndex   = 0x8933
	siocGIFTxqlen  = 0x8942
	siocSIFTxqlen  = 0x8943
	siocGIFMap     = 0x8970
	ifNameSize     = 16 // IFNAMSIZ of linux/if.h
	ifreqData      = 16 // offset of the union after the name
	ifreqUnionSize = 16
)

// ifreqStruct decodes a struct ifreq by the request that it is for: the name
// of the interface and, of what was set or got, the member in question.
func ifreqStruct(d *Decoder, name string, _ *table.Struct, m mem) {
	if !m.has(0, ifreqData+ifreqUnionSize) {
		d.addMem(name, m)
		return
	}
	req := uint64(uint32(d.arg(1)))
	failed := d.errno != 0
	i := d.open(Struct, name)
	switch {
	case req == siocGIFName:
		d.addInt("ifr_ifindex", m.int(ifreqData, 4))
		if !failed {
			d.fixedString("ifr_name", m.b[:ifNameSize])
		}
	default:
		d.fixedString("ifr_name", m.b[:ifNameSize])
		if !failed || ifreqSets(req) {
			d.ifreqMember(req, m.sub(ifreqData, len(m.b)-ifreqData))
		}
	}
	d.close(i)
}

// ifreqSets says whether a request sets what it is about.
func ifreqSets(req uint64) bool {
	switch req {
	case siocSIFFlags, siocSIFAddr, siocSIFDst, siocSIFBrd, siocSIFMask, siocSIFMetric, siocSIFMTU, siocSIFName,
		siocSIFHWAddr, siocSIFTxqlen:
		return true
	}
	return false
}

// ifreqMember appends the member of the union that request req is about.
func (d *Decoder) ifreqMember(req uint64, u mem) {
	addr := mem{addr: u.addr, size: ifreqUnionSize, b: u.b[:ifreqUnionSize]}
	switch req {
	case siocGIFAddr, siocSIFAddr:
		d.sockaddr("ifr_addr", addr)
	case siocGIFDst, siocSIFDst:
		d.sockaddr("ifr_dstaddr", addr)
	case siocGIFBrd, siocSIFBrd:
		d.sockaddr("ifr_broadaddr", addr)
	case siocGIFMask, siocSIFMask:
		d.sockaddr("ifr_netmask", addr)
	case siocGIFHWAddr, siocSIFHWAddr:
		i := d.open(Struct, "ifr_hwaddr")
		d.addSet(Enum, "sa_family", setARPHRD, u.uint(0, 2))
		d.bdaddr("sa_data", u.b[2:8])
		d.close(i)
	case siocGIFFlags, siocSIFFlags:
		d.addSet(Flags, "ifr_flags", setIfFlags, u.uint(0, 2))
	case siocGIFIndex:
		d.addInt("ifr_ifindex", u.int(0, 4))
	case siocGIFMetric, siocSIFMetric:
		d.addInt("ifr_metric", u.int(0, 4))
	case siocGIFMTU, siocSIFMTU:
		d.addInt("ifr_mtu", u.int(0, 4))
	case siocGIFTxqlen, siocSIFTxqlen:
		d.addInt("ifr_qlen", u.int(0, 4))
	case siocGIFSlave:
		d.fixedString("ifr_slave", u.b[:ifNameSize])
	case siocSIFName:
		d.fixedString("ifr_newname", u.b[:ifNameSize])
	case siocGIFMap:
		d.ifreqMap(u)
	}
}

// ifreqMap appends struct ifmap: two longs, a short and three bytes.
func (d *Decoder) ifreqMap(u mem) {
	w := d.word
	if !u.has(0, 2*w+5) {
		return
	}
	i := d.open(Struct, "ifr_map")
	d.add(Hex, "mem_start", u.uint(0, w))
	d.add(Hex, "mem_end", u.uint(w, w))
	d.add(Hex, "base_addr", u.uint(2*w, 2))
	for k, name := range [3]string{"irq", "dma", "port"} {
		d.add(Hex, name, u.uint(2*w+2+k, 1))
	}
	d.close(i)
}

// ifconfStruct decodes a struct ifconf: the size of a buffer, before and after.
func ifconfStruct(d *Decoder, name string, _ *table.Struct, m mem) {
	if !m.has(0, 2*d.word) {
		d.addMem(name, m)
		return
	}
	i := d.open(Struct, name)
	before, after := m.int(0, 4), m.int(0, 4)
	if e := d.readAt(m.addr, 4, false); d.exit && e.whole() {
		before = e.int(0, 4)
	}
	if before == after {
		d.ifcLen("ifc_len", before)
	} else {
		p := d.open(Pair, "ifc_len")
		d.ifcLen("", before)
		d.ifcLen("", after)
		d.close(p)
	}
	d.ifcBuf(m.uint(d.word, d.word), after)
	d.close(i)
}

// ifcBuf appends what SIOCGIFCONF left of addresses, n bytes.
func (d *Decoder) ifcBuf(addr uint64, n int64) {
	size := ifreqData + 2*d.word + 8 // sizeof(struct ifreq): 40 or 32
	buf := d.read(addr, int(min(max(n, 0), maxLen)))
	if addr == 0 || !d.exit || d.errno != 0 || len(buf.b) < size {
		d.addPtr("ifc_buf", addr, 0)
		return
	}
	i := d.open(Array, "ifc_buf")
	have := len(buf.b) / size
	for k := range have {
		e := d.open(Struct, "")
		d.fixedString("ifr_name", buf.b[k*size:k*size+ifNameSize])
		d.ifreqMember(siocGIFAddr, buf.sub(k*size+ifreqData, ifreqUnionSize))
		d.close(e)
	}
	d.close(i)
	d.cutArray(i, have, n/int64(size), buf)
}

// ifcLen appends a length with the number of structures that it has room for.
func (d *Decoder) ifcLen(name string, v int64) {
	size := int64(40) // sizeof(struct ifreq)
	if d.word == 4 {
		size = 32
	}
	d.addInt(name, v)
	n := len(d.chars)
	d.chars = strconv.AppendInt(d.chars, v/size, 10)
	d.chars = append(d.chars, " * sizeof(struct ifreq)"...)
	d.last().Text = d.textFrom(n)
}
