package decode

import (
	"bytes"
	"strconv"

	"github.com/ebtrace/ebtrace/decode/table"
)

// dents64Arg and dentsArg decode the directory entries that the call left: how
// many, or with -v each of them.

func dents64Arg(d *Decoder, a *table.Arg, i int) bool { return d.dents(a, i, 16, d.dirent64) }

func dentsArg(d *Decoder, a *table.Arg, i int) bool { return d.dents(a, i, 2*d.word, d.dirent) }

// dents appends the entries of argument i, each of which has its length in 16
// bits at offset reclen.
func (d *Decoder) dents(a *table.Arg, i, reclen int, entry func(mem)) bool {
	addr := d.arg(i)
	if addr == 0 || !d.ended || d.errno != 0 {
		return false
	}
	d.exit = true
	m := d.read(addr, int(min(d.ret, maxLen)))
	if m.size > 0 && len(m.b) == 0 {
		return false
	}
	n, end := 0, 0
	arr := -1
	if d.opts.Verbose {
		arr = d.open(Array, a.Name)
	}
	for m.has(end, reclen+2) {
		size := int(m.uint(end+reclen, 2))
		if size < reclen+2 || end+size > m.size || arr >= 0 && !m.has(end, size) {
			break
		}
		if arr >= 0 {
			entry(m.sub(end, size))
		}
		end += size
		n++
	}
	if arr >= 0 {
		d.close(arr)
		if end < m.size {
			d.flag(arr, FlagCut)
		}
		return true
	}
	d.addPtr(a.Name, addr, 0)
	at := len(d.chars)
	d.chars = strconv.AppendInt(d.chars, int64(n), 10)
	if end < m.size {
		d.chars = append(d.chars, " or more"...)
	}
	d.chars = append(d.chars, " entries"...)
	d.last().Text = d.textFrom(at)
	return true
}

// dirent64 appends one struct linux_dirent64.
func (d *Decoder) dirent64(m mem) {
	if !m.has(0, 20) {
		return
	}
	i := d.open(Struct, "")
	d.add(Uint, "d_ino", m.uint(0, 8))
	d.addInt("d_off", m.int(8, 8))
	d.add(Uint, "d_reclen", m.uint(16, 2))
	d.addSet(Enum, "d_type", setDirentTypes, m.uint(18, 1))
	d.direntName(m.b[19:])
	d.close(i)
}

// dirent appends one struct linux_dirent, whose type is in its last byte.
func (d *Decoder) dirent(m mem) {
	w := d.word
	if !m.has(0, 2*w+4) {
		return
	}
	i := d.open(Struct, "")
	d.add(Uint, "d_ino", m.uint(0, w))
	d.add(Uint, "d_off", m.uint(w, w))
	d.add(Uint, "d_reclen", m.uint(2*w, 2))
	d.direntName(m.b[2*w+2 : len(m.b)-1])
	d.addSet(Enum, "d_type", setDirentTypes, m.uint(len(m.b)-1, 1))
	d.close(i)
}

// direntName appends a name, which ends at its first NUL.
func (d *Decoder) direntName(b []byte) {
	if z := bytes.IndexByte(b, 0); z >= 0 {
		b = b[:z]
	}
	d.addBytes(Path, "d_name", b, 0)
}
