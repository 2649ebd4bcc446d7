package decode

import (
	"math/bits"

	"github.com/ebtrace/ebtrace/decode/table"
	"github.com/ebtrace/ebtrace/decode/xlat"
)

// Arguments that pack two values, or show a number with its name.

// swapFlagsArg decodes swapon's flags, which hold a priority in their low bits
// (SWAP_FLAG_PRIO_MASK in include/linux/swap.h).
func swapFlagsArg(d *Decoder, a *table.Arg, i int) bool {
	const (
		prefer   = 0x8000
		prioMask = 0x7fff
	)
	v := uint64(uint32(d.arg(i)))
	flags, prio := v&^prioMask, v&prioMask
	switch {
	case flags == 0:
		d.add(Uint, a.Name, prio)
	case prio == 0 && flags&prefer == 0:
		d.addSet(Flags, a.Name, a.Set, flags)
	default:
		o := d.open(Or, a.Name)
		d.nodes[o].Num = v
		d.addSet(Flags, "", a.Set, flags)
		d.add(Uint, "", prio)
		d.close(o)
	}
	return true
}

// quotaCmdArg decodes quotactl's command: an operation and, in the low byte,
// whose quotas are meant (QCMD of linux/quota.h).
func quotaCmdArg(d *Decoder, a *table.Arg, i int) bool {
	v := uint64(uint32(d.arg(i)))
	f := d.openText(Func, a.Name, "QCMD")
	d.addSet(Enum, "", setQuotaOps, v>>8)
	d.addSet(Enum, "", setQuotaTypes, v&0xff)
	d.close(f)
	d.nodes[f].Num = v
	return true
}

// namedNumberArg decodes a number that is shown as such, with its name as a
// comment.
func namedNumberArg(d *Decoder, a *table.Arg, i int) bool {
	v := int64(int32(d.arg(i)))
	d.addInt(a.Name, v)
	d.last().Text = a.Set.Find(uint8(d.abi), uint64(uint32(v)))
	if d.last().Text == "" {
		d.last().Text = a.Set.Prefix
	}
	return true
}

// keyArg decodes a key: the name of a special one, or its serial number.
func keyArg(d *Decoder, a *table.Arg, i int) bool {
	v := uint64(uint32(d.arg(i)))
	if a.Set == nil || a.Set != setKeySpec || a.Set.Find(uint8(d.abi), v) != "" {
		return false
	}
	d.addInt(a.Name, int64(int32(v)))
	return true
}

// protocolArg decodes the protocol of a packet socket, a type of Ethernet
// frames in network order (packet(7)).
func protocolArg(d *Decoder, a *table.Arg, i int) bool {
	const afPacket = 17
	if d.arg(0) != afPacket {
		return false
	}
	v := d.arg(i)
	f := d.openText(Func, a.Name, "htons")
	d.addSet(Enum, "", setEthProtos, uint64(bits.ReverseBytes16(uint16(v))))
	d.close(f)
	d.nodes[f].Num = v
	return true
}

var (
	setQuotaOps   = xlat.Lookup("quota_ops")
	setQuotaTypes = xlat.Lookup("quota_types")
	setKeySpec    = xlat.Lookup("key_spec")
)
