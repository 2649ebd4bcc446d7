package decode

import (
	"strconv"
	"time"

	"github.com/ebtrace/ebtrace/decode/table"
)

// File types of a mode, of linux/stat.h.
const (
	modeType = 0o170000
	modeChar = 0o020000
	modeBlk  = 0o060000
)

// statStruct decodes the stat structures: devices have a device number, other
// files a size. With -v the times are told in words.
func statStruct(d *Decoder, name string, st *table.Struct, m mem) {
	i := len(d.nodes)
	d.layout(name, st, m)
	if d.nodes[i].Kind != Struct {
		return
	}
	drop := "st_rdev"
	if k := d.member(i, "st_mode"); k >= 0 {
		if t := d.nodes[k].Num & modeType; t == modeChar || t == modeBlk {
			drop = "st_size"
		}
	}
	if k := d.member(i, drop); k >= 0 {
		d.drop(i, k)
	}
	if !d.opts.Verbose {
		return
	}
	for k := i + 1; k+1 < len(d.nodes); k++ {
		switch d.nodes[k].Name {
		case "st_atime", "st_mtime", "st_ctime":
			nsec := uint64(0)
			if n := &d.nodes[k+1]; len(n.Name) > len("st_atime") {
				nsec = n.Num
			}
			d.nodes[k].Text = d.date(int64(d.nodes[k].Num), nsec)
		}
	}
}

// member is the index of the part with that name of the container at i, all
// of whose parts before it are leaves; -1 if there is none.
func (d *Decoder) member(i int, name string) int {
	for k := i + 1; k < len(d.nodes); k += max(int(d.nodes[k].Span), 1) {
		if d.nodes[k].Name == name {
			return k
		}
	}
	return -1
}

// drop removes part k from the container at i, the last one so far.
func (d *Decoder) drop(i, k int) {
	n := max(int(d.nodes[k].Span), 1)
	d.nodes = append(d.nodes[:k], d.nodes[k+n:]...)
	d.nodes[i].Span -= int32(n)
}

// date is a time in words, 2026-11-23T12:14:06.015745077+0000; the fraction
// only where it is not 0.
func (d *Decoder) date(sec int64, nsec uint64) string {
	if sec == 0 && nsec == 0 {
		return "" // no time at all
	}
	n := len(d.chars)
	layout := "2006-01-02T15:04:05.000000000-0700"
	if nsec == 0 {
		layout = "2006-01-02T15:04:05-0700"
	}
	d.chars = time.Unix(sec, int64(nsec)).AppendFormat(d.chars, layout)
	return d.textFrom(n)
}

// statxMask says which members of struct statx the kernel filled only if it
// says so in stx_mask (statx(2)); the rest is always there.
var statxMask = [...]struct {
	name string
	bit  uint64
}{
	{"stx_btime", 0x800}, {"stx_mnt_id", 0x1000},
	{"stx_dio_mem_align", 0x2000}, {"stx_dio_offset_align", 0x2000},
	{"stx_subvol", 0x8000},
	{"stx_atomic_write_unit_min", 0x10000}, {"stx_atomic_write_unit_max", 0x10000},
	{"stx_atomic_write_segments_max", 0x10000}, {"stx_atomic_write_unit_max_opt", 0x10000},
	{"stx_dio_read_offset_align", 0x20000},
}

// statxStruct decodes struct statx.
func statxStruct(d *Decoder, name string, st *table.Struct, m mem) {
	i := len(d.nodes)
	d.layout(name, st, m)
	if d.nodes[i].Kind != Struct {
		return
	}
	mask := m.uint(0, 4)
	for _, x := range &statxMask {
		if mask&x.bit == 0 {
			if k := d.member(i, x.name); k >= 0 {
				d.drop(i, k)
			}
		}
	}
	if !d.opts.Verbose {
		return
	}
	for k := i + 1; k < len(d.nodes); k += max(int(d.nodes[k].Span), 1) {
		if d.nodes[k].Kind == Struct && k+2 < len(d.nodes) {
			d.nodes[k].Text = d.date(int64(d.nodes[k+1].Num), d.nodes[k+2].Num)
		}
	}
}

// rlimitStruct decodes a pair of limits: N*1024 or RLIM_INFINITY.
func rlimitStruct(d *Decoder, name string, st *table.Struct, m mem) {
	size := int(st.Size[d.abi]) / 2
	if !m.has(0, 2*size) || size == 0 {
		d.addMem(name, m)
		return
	}
	i := d.open(Struct, name)
	d.rlimit("rlim_cur", m.uint(0, size), size)
	d.rlimit("rlim_max", m.uint(size, size), size)
	d.close(i)
}

func (d *Decoder) rlimit(name string, v uint64, size int) {
	switch {
	case extend(v, size) == -1 && size == 8:
		d.addWord(name, "RLIM64_INFINITY")
	case extend(v, size) == -1:
		d.addWord(name, "RLIM_INFINITY")
	case v > 1024 && v%1024 == 0:
		n := len(d.chars)
		d.chars = append(strconv.AppendUint(d.chars, v/1024, 10), "*1024"...)
		d.addWord(name, d.textFrom(n))
	default:
		d.add(Uint, name, v)
		return
	}
	d.last().Num = v
}

// Nanoseconds of utimensat(2) that are no time.
const (
	utimeNow  = 0x3fffffff
	utimeOmit = 0x3ffffffe
)

// fileTimesArg decodes the two times that utimensat, utimes and futimesat set.
func fileTimesArg(d *Decoder, a *table.Arg, i int) bool {
	if a.Struct == nil || a.Kind != table.KindArray || d.arg(i) == 0 {
		return false
	}
	size := int(a.Struct.Size[d.abi]) / 2
	m := d.read(d.arg(i), 4*size)
	if size == 0 || !m.whole() {
		return false
	}
	nano := d.row.Name != "utimes" && d.row.Name != "futimesat"
	arr := d.open(Array, a.Name)
	for k := range 2 {
		t := m.sub(2*k*size, 2*size)
		sec, frac := t.int(0, size), uint64(t.int(size, size))
		switch {
		case nano && frac == utimeNow:
			d.addWord("", "UTIME_NOW")
		case nano && frac == utimeOmit:
			d.addWord("", "UTIME_OMIT")
		case nano:
			d.timeComment(t, size, "tv_nsec", sec, frac)
		default:
			d.timeComment(t, size, "tv_usec", sec, frac*1000)
		}
	}
	d.close(arr)
	return true
}

// timeComment appends a time with its date, if it has one.
func (d *Decoder) timeComment(t mem, size int, frac string, sec int64, nsec uint64) {
	k := len(d.nodes)
	d.timePair("", t, size, frac)
	if nsec < 1e9 {
		d.nodes[k].Text = d.date(sec, nsec)
	}
}
