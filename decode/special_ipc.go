package decode

import "github.com/ebtrace/ebtrace/decode/table"

// ipcFlagsArg decodes the flags of semget, msgget and shmget: names, and the
// mode in their low bits.
func ipcFlagsArg(d *Decoder, a *table.Arg, i int) bool {
	const modeBits = 0o777
	v := d.arg(i)
	mode, flags := v&modeBits, v&^uint64(modeBits)
	if flags == 0 {
		d.add(Octal, a.Name, mode)
		return true
	}
	o := d.open(Or, a.Name)
	d.nodes[o].Num = v
	d.addSet(Flags, "", a.Set, flags)
	d.add(Octal, "", mode)
	d.close(o)
	return true
}

// msgbufStruct decodes a System V message: its type, and the text that msgsnd
// was given or msgrcv left.
func msgbufStruct(d *Decoder, name string, _ *table.Struct, m mem) {
	if !m.has(0, d.word) {
		d.addMem(name, m)
		return
	}
	n := d.arg(2) // msgsz
	if d.exit {
		n = uint64(max(d.ret, 0))
	}
	text := m.b[d.word:]
	i := d.open(Struct, name)
	d.addInt("mtype", m.int(0, d.word))
	d.addBytes(Str, "mtext", text[:min(uint64(len(text)), uint64(max(d.opts.StrSize, 0)), n)], n)
	d.close(i)
}

// xattrArg decodes the value of an extended attribute: a NUL at its end is
// taken for that of a string.
func xattrArg(d *Decoder, a *table.Arg, i int) bool {
	n := len(d.nodes)
	d.decodeArg(a, d.arg(i))
	v := &d.nodes[n]
	if k := len(v.Bytes); v.Kind == Str && v.Flags&FlagCut == 0 && k > 0 && v.Bytes[k-1] == 0 {
		v.Bytes = v.Bytes[:k-1]
	}
	return true
}

// xattrListArg decodes names of extended attributes. With a size of 0 the call
// only asks how much there is (listxattr(2)) and writes nothing.
func xattrListArg(d *Decoder, a *table.Arg, i int) bool {
	if d.arg(i+1) != 0 {
		return false
	}
	d.addPtr(a.Name, d.arg(i), FlagUnread)
	return true
}

// pageOffsetArg decodes the offset of mmap2, which counts pages of 4 KiB on
// every architecture (mmap2(2)), as bytes.
func pageOffsetArg(d *Decoder, a *table.Arg, i int) bool {
	const pageShift = 12
	d.add(Hex, a.Name, d.arg(i)<<pageShift)
	return true
}

// dateArg decodes what time(2) wrote, with the date.
func dateArg(d *Decoder, a *table.Arg, i int) bool {
	n := len(d.nodes)
	d.decodeArg(a, d.arg(i))
	if v := &d.nodes[n]; v.Kind == Array && len(d.nodes) == n+2 {
		d.nodes[n+1].Text = d.date(int64(d.nodes[n+1].Num), 0)
	}
	return true
}

// dateNote is the date that time(2) returned.
func dateNote(d *Decoder) {
	if d.errno == 0 {
		d.addWord("", d.date(d.ret, 0))
	}
}

// emptyVector decodes a vector of which the call was told that it has no
// elements.
func emptyVector(k Kind, count int) argDecoder {
	return func(d *Decoder, a *table.Arg, i int) bool {
		if d.arg(i) == 0 || d.arg(count) != 0 {
			return false
		}
		d.close(d.open(k, a.Name))
		return true
	}
}
