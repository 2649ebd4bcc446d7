package decode

import (
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
	d.addEthProto(a.Name, be16(d.arg(i)))
	return true
}

var (
	setQuotaOps   = xlat.Lookup("quota_ops")
	setQuotaTypes = xlat.Lookup("quota_types")
	setKeySpec    = xlat.Lookup("key_spec")
)

// nodeMaskArg decodes a set of memory nodes, longs of bits. The count of bits
// that goes with it is one more than there are (get_nodes in mm/mempolicy.c).
func nodeMaskArg(d *Decoder, a *table.Arg, i int) bool {
	addr := d.arg(i)
	n := d.length(a)
	if addr == 0 || n < 0 || !d.choose(a) {
		return false
	}
	word := int64(d.word)
	words := int64(0)
	switch {
	case n == 1:
		d.addPtr(a.Name, addr, FlagUnread)
		return true
	case n > 1:
		words = (n - 1 + 8*word - 1) / (8 * word)
	}
	m := d.read(addr, int(min(words, d.elements(), maxLen/word)*word))
	have := int64(len(m.b)) / word
	if have == 0 && m.size > 0 {
		d.addMem(a.Name, m)
		return true
	}
	arr := d.open(Array, a.Name)
	for k := range int(have) {
		at := len(d.chars)
		v := m.uint(k*d.word, d.word)
		d.chars = appendHexPadded(d.chars, v, 2*d.word)
		d.addWord("", d.textFrom(at))
		d.last().Num = v
	}
	d.close(arr)
	d.cutArray(arr, int(have), words, m)
	return true
}

// timesStruct decodes struct tms, whose times are in ticks of 10 ms on every
// architecture (USER_HZ).
func timesStruct(d *Decoder, name string, st *table.Struct, m mem) {
	i := len(d.nodes)
	d.layout(name, st, m)
	for k := i + 1; k < len(d.nodes); k++ {
		if v := &d.nodes[k]; v.Num != 0 {
			v.Text = d.seconds(v.Num)
		}
	}
}

// utimbufStruct decodes struct utimbuf, whose times are dates.
func utimbufStruct(d *Decoder, name string, st *table.Struct, m mem) {
	i := len(d.nodes)
	d.layout(name, st, m)
	for k := i + 1; k < len(d.nodes); k++ {
		d.nodes[k].Text = d.date(int64(d.nodes[k].Num), 0)
	}
}
