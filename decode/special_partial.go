package decode

import "github.com/ebtrace/ebtrace/decode/table"

// Structures of which some members mean something only under a condition.
// What they show was observed with strace 6.1.

// dropMember removes the member of that name from the structure in node i, if
// the structure is there and has it.
func (d *Decoder) dropMember(i int, name string) {
	if d.nodes[i].Kind != Struct {
		return
	}
	if k := d.member(i, name); k >= 0 {
		d.drop(i, k)
	}
}

// openHowStruct decodes openat2's struct open_how: its mode is for files that
// the call may make.
func openHowStruct(d *Decoder, name string, st *table.Struct, m mem) {
	const mayMake = 0o100 | 0o20000000 // O_CREAT, __O_TMPFILE of asm-generic/fcntl.h
	i := len(d.nodes)
	d.layout(name, st, m)
	if m.uint(0, 8)&mayMake == 0 && m.uint(8, 8) == 0 {
		d.dropMember(i, "mode")
	}
}

// Bits of sched_flags (linux/sched.h).
const (
	schedUtilClampMin = 0x20
	schedUtilClampMax = 0x40
)

// schedAttrStruct decodes struct sched_attr as far as its own size says. The
// limits of utilisation are set only where a flag says so.
func schedAttrStruct(d *Decoder, name string, st *table.Struct, m mem) {
	const (
		verZero = 48 // SCHED_ATTR_SIZE_VER0 of linux/sched/types.h
		flagsAt = 8
	)
	if size := int(m.uint(0, 4)); m.has(0, 4) && size < m.size {
		m = m.sub(0, max(size, verZero))
	}
	i := len(d.nodes)
	d.layout(name, st, m)
	flags := m.uint(flagsAt, 8)
	if d.row.Name == "sched_setattr" && flags&(schedUtilClampMin|schedUtilClampMax) == 0 {
		d.dropMember(i, "sched_util_min")
		d.dropMember(i, "sched_util_max")
	}
}

// ringParamsStruct decodes io_uring_setup's parameters: the kernel fills in
// the second half if it makes a ring.
func ringParamsStruct(d *Decoder, name string, st *table.Struct, m mem) {
	const attachWQ = 1 << 5 // IORING_SETUP_ATTACH_WQ of linux/io_uring.h
	i := len(d.nodes)
	d.layout(name, st, m)
	if m.uint(8, 4)&attachWQ == 0 {
		d.dropMember(i, "wq_fd")
	}
	if !d.exit || d.errno != 0 {
		for _, n := range [...]string{"sq_entries", "cq_entries", "features", "sq_off", "cq_off"} {
			d.dropMember(i, n)
		}
	}
}

// maxHandle is the most bytes of a handle: MAX_HANDLE_SZ of linux/exportfs.h.
const maxHandle = 128

// handleStruct decodes struct file_handle: name_to_handle_at is told how much
// room there is and says how much it needs.
func handleStruct(d *Decoder, name string, _ *table.Struct, m mem) {
	const head = 8
	if !m.has(0, head) {
		d.addMem(name, m)
		return
	}
	room, need := d.readAt(m.addr, 4, false), m
	i := d.open(Struct, name)
	if after := d.readAt(m.addr, 4, true); d.row.Name == "name_to_handle_at" && d.ended && room.whole() && after.whole() {
		need = after
	} else {
		room = need
	}
	if was, is := room.uint(0, 4), need.uint(0, 4); was != is {
		p := d.open(Pair, "handle_bytes")
		d.add(Uint, "", was)
		d.add(Uint, "", is)
		d.close(p)
	} else {
		d.add(Uint, "handle_bytes", is)
	}
	if d.row.Name == "open_by_handle_at" || d.ended && d.errno == 0 {
		n := min(int(need.uint(0, 4)), maxHandle)
		d.addInt("handle_type", m.int(4, 4))
		if b := m.b[head:]; len(b) >= n {
			d.addBytes(Bytes, "f_handle", b[:n], uint64(n))
		} else {
			d.addBytes(Bytes, "f_handle", b, uint64(n))
		}
	}
	d.close(i)
}
