package decode

import (
	"bytes"
	"strconv"

	"github.com/ebtrace/ebtrace/decode/xlat"
)

// fixedString appends text from a field of a fixed size, of which b holds what
// is there. It must end with a NUL; else its last byte is taken for one and
// what was before it is marked as cut.
func (d *Decoder) fixedString(name string, b []byte) {
	if z := bytes.IndexByte(b, 0); z >= 0 {
		d.addBytes(Path, name, b[:z], 0)
		return
	}
	d.addBytes(Path, name, b[:max(len(b)-1, 0)], 0)
	d.last().Flags |= FlagCut
}

// sockaddrALG: linux/if_alg.h; the name may be longer than the field.
func (d *Decoder) sockaddrALG(m *mem) bool {
	if m.size < 25 {
		return false
	}
	d.fixedString("salg_type", m.b[2:16])
	d.addSet(Flags, "salg_feat", setAlgFlags, m.uint(16, 4))
	d.addSet(Flags, "salg_mask", setAlgFlags, m.uint(20, 4))
	d.fixedString("salg_name", m.b[24:min(m.size, 88)])
	return true
}

// sockaddrVsock: linux/vm_sockets.h.
func (d *Decoder) sockaddrVsock(m *mem) bool {
	if m.size < 16 {
		return false
	}
	if v := m.uint(2, 2); v != 0 {
		d.add(Hex, "svm_reserved1", v)
	}
	d.nameOrHex("svm_cid", setVsockCIDs, m.uint(8, 4))
	d.nameOrHex("svm_port", setVsockPorts, m.uint(4, 4))
	d.addSet(Flags, "svm_flags", setVsockFlags, m.uint(12, 1))
	if zero := m.b[13:16]; zero[0]|zero[1]|zero[2] != 0 {
		d.addBytes(Bytes, "svm_zero", zero, 0)
	}
	return true
}

// nameOrHex appends a number that has a name only for special values.
func (d *Decoder) nameOrHex(name string, set *xlat.Set, v uint64) {
	if set.Find(uint8(d.abi), v) == "" {
		d.add(Hex, name, v)
		return
	}
	d.addSet(Enum, name, set, v)
}

// sockaddrBluetooth tells the four kinds of addresses by their sizes
// (include/net/bluetooth/*.h); l2cap's type of address came later.
func (d *Decoder) sockaddrBluetooth(m *mem) bool {
	switch m.size {
	case 4, 6:
		d.addHtob("hci_dev", Uint, m.uint(2, 2))
		if m.size == 6 {
			d.addSet(Enum, "hci_channel", setHCIChannel, m.uint(4, 2))
		}
	case 8:
		d.bdaddr("sco_bdaddr", m.b[2:8])
	case 10:
		d.bdaddr("rc_bdaddr", m.b[2:8])
		d.add(Uint, "rc_channel", m.uint(8, 1))
	case 12, 14:
		d.l2Number("l2_psm", "L2CAP_PSM_DYN_START", m.uint(2, 2), 0x1001)
		d.bdaddr("l2_bdaddr", m.b[4:10])
		d.l2Number("l2_cid", "L2CAP_CID_DYN_START", m.uint(10, 2), 0x40)
		if m.size == 14 {
			d.addSet(Enum, "l2_bdaddr_type", setBDAddr, m.uint(12, 1))
		}
	default:
		return false
	}
	return true
}

// addHtob appends htobs(v).
func (d *Decoder) addHtob(name string, k Kind, v uint64) {
	i := d.openText(Func, name, "htobs")
	d.add(k, "", v)
	d.close(i)
}

// l2Number appends a PSM or a CID: by name, or as a distance from the first
// dynamic one.
func (d *Decoder) l2Number(name, first string, v, start uint64) {
	i := d.openText(Func, name, "htobs")
	if v > start {
		n := len(d.chars)
		d.chars = append(append(d.chars, first...), '+')
		d.chars = strconv.AppendUint(d.chars, v-start, 10)
		d.addWord("", d.textFrom(n))
		d.last().Num = v
	} else if name == "l2_psm" {
		d.addSet(Enum, "", setL2PSM, v)
	} else {
		d.addSet(Enum, "", setL2CID, v)
	}
	d.close(i)
}

// bdaddr appends a hardware address: 01:02:03:04:05:06.
func (d *Decoder) bdaddr(name string, b []byte) {
	const digits = "0123456789abcdef"
	n := len(d.chars)
	for i, c := range b {
		if i > 0 {
			d.chars = append(d.chars, ':')
		}
		d.chars = append(d.chars, digits[c>>4], digits[c&15])
	}
	d.addWord(name, d.textFrom(n))
}

// sockaddrX25: linux/x25.h.
func (d *Decoder) sockaddrX25(m *mem) bool {
	if m.size < 18 {
		return false
	}
	i := d.open(Struct, "sx25_addr")
	d.fixedString("x25_addr", m.b[2:18])
	d.close(i)
	return true
}

// sockaddrIPX: linux/ipx.h.
func (d *Decoder) sockaddrIPX(m *mem) bool {
	if m.size < 16 {
		return false
	}
	d.addPort("sipx_port", m, 2)
	d.addHton("sipx_network", Hex, be32(m.uint(4, 4)))
	d.byteArray("sipx_node", m.b[8:14])
	d.add(Hex, "sipx_type", m.uint(14, 1))
	return true
}

// sockaddrXDP: linux/if_xdp.h.
func (d *Decoder) sockaddrXDP(m *mem) bool {
	if m.size < 16 {
		return false
	}
	d.addSet(Flags, "sxdp_flags", setXDPFlags, m.uint(2, 2))
	d.addIfindex("sxdp_ifindex", m.uint(4, 4))
	d.add(Uint, "sxdp_queue_id", m.uint(8, 4))
	d.add(FD, "sxdp_shared_umem_fd", uint64(m.int(12, 4)))
	return true
}

// sockaddrRare: linux/{nfc,qrtr,mctp}.h.
func (d *Decoder) sockaddrRare(family uint64, m *mem) bool {
	switch {
	case family == afNFC && m.size >= 16:
		d.add(Uint, "dev_idx", m.uint(4, 4))
		d.add(Uint, "target_idx", m.uint(8, 4))
		d.addSet(Enum, "nfc_protocol", setNFCProtos, m.uint(12, 4))
	case family == afQipcrtr && m.size >= 12:
		d.add(Hex, "sq_node", m.uint(4, 4))
		d.add(Uint, "sq_port", m.uint(8, 4))
	case family == afMCTP && m.size >= 12:
		if v := m.uint(2, 2); v != 0 {
			d.add(Hex, "__smctp_pad0", v)
		}
		d.add(Hex, "smctp_network", m.uint(4, 4))
		i := d.open(Struct, "smctp_addr")
		d.addSet(Enum, "s_addr", setMCTPAddr, m.uint(8, 1))
		d.close(i)
		d.add(Uint, "smctp_type", m.uint(9, 1))
		d.add(Uint, "smctp_tag", m.uint(10, 1))
	default:
		return false
	}
	return true
}
