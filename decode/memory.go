package decode

import (
	"encoding/binary"

	"github.com/ebtrace/ebtrace/bpf"
	"github.com/ebtrace/ebtrace/events"
)

// mem is a piece of user memory, as far as it was captured.
type mem struct {
	addr  uint64
	size  int    // bytes that there are: from a length argument or a layout
	b     []byte // what was captured of them, from the start; len(b) <= size
	fault bool   // b is short because the kernel could not read on
}

// whole says that all of it was captured.
func (m *mem) whole() bool { return len(m.b) >= m.size }

// has says that n bytes at off were captured.
func (m *mem) has(off, n int) bool {
	return off >= 0 && n >= 0 && off <= len(m.b) && n <= len(m.b)-off
}

// sub is the n bytes at off, less where fewer were captured.
func (m *mem) sub(off, n int) mem {
	s := mem{addr: m.addr + uint64(off), size: n, fault: m.fault}
	if off >= 0 && off < len(m.b) && n > 0 {
		s.b = m.b[off:min(off+n, len(m.b))]
	}
	return s
}

// uint is the unsigned little-endian integer of n bytes (1, 2, 4, 8) at off;
// 0 where it was not captured.
func (m *mem) uint(off, n int) uint64 {
	if !m.has(off, n) {
		return 0
	}
	switch b := m.b[off:]; n {
	case 1:
		return uint64(b[0])
	case 2:
		return uint64(binary.LittleEndian.Uint16(b))
	case 4:
		return uint64(binary.LittleEndian.Uint32(b))
	case 8:
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

// int is uint, sign-extended from n bytes.
func (m *mem) int(off, n int) int64 { return extend(m.uint(off, n), n) }

// extend sign-extends the low n bytes of v.
func extend(v uint64, n int) int64 {
	s := uint(64 - 8*n)
	return int64(v<<s) >> s
}

// sec is a section of the records of the call being decoded.
type sec struct {
	events.Section
	exit bool // read at exit
}

// collect takes over the sections of the call's records.
func (d *Decoder) collect(r *events.Record) {
	if r == nil {
		return
	}
	for off := 0; ; {
		s, ok := r.Next(&off)
		if !ok {
			return
		}
		if bpf.TraceEbSecKind(s.Kind) == bpf.TraceEbSecKindEB_SEC_FD {
			d.collectFD(&s)
			continue
		}
		if bpf.TraceEbSecKind(s.Kind) == bpf.TraceEbSecKindEB_SEC_ARGS {
			if bpf.TraceEbSecFlag(s.Flags)&bpf.TraceEbSecFlagEB_S_CUT == 0 {
				d.newArgs = s.Data
			}
			continue
		}
		if bpf.TraceEbSecKind(s.Kind) == bpf.TraceEbSecKindEB_SEC_AWAY {
			d.away, d.hasAway = s.Away()
			continue
		}
		if bpf.TraceEbSecKind(s.Kind) == bpf.TraceEbSecKindEB_SEC_REQUEST {
			continue
		}
		f := bpf.TraceEbSecFlag(s.Flags)
		exit := f&bpf.TraceEbSecFlagEB_S_EXIT != 0
		if exit && f&bpf.TraceEbSecFlagEB_S_RETRY == 0 && bpf.TraceEbSecKind(s.Kind) == bpf.TraceEbSecKindEB_SEC_STR {
			d.twice = true
		}
		d.secs = append(d.secs, sec{s, exit})
	}
}

// read is the memory [addr, addr+size) at the time being decoded.
func (d *Decoder) read(addr uint64, size int) mem { return d.readAt(addr, size, d.exit) }

// readAt is the memory [addr, addr+size) at exit or at entry. At entry, what
// could only be read at exit serves where the entry has nothing.
func (d *Decoder) readAt(addr uint64, size int, exit bool) mem {
	m := mem{addr: addr, size: max(size, 0)}
	if size <= 0 {
		return m
	}
	d.find(&m, exit)
	if !exit && (len(m.b) == 0 || m.fault && !m.whole()) {
		d.find(&m, true)
	}
	return m
}

// find looks for the section that has most of m, starting where the last
// search ended: what lies together in a record is read together.
func (d *Decoder) find(m *mem, exit bool) {
	n := len(d.secs)
	for k, i := 0, d.hint; k < n; k, i = k+1, i+1 {
		if i >= n {
			i = 0
		}
		s := &d.secs[i]
		if s.exit != exit || m.addr < s.Addr {
			continue
		}
		off := m.addr - s.Addr
		if s.Err != 0 && off < max(uint64(s.Want), 1) {
			m.fault = true
		}
		if off >= uint64(len(s.Data)) {
			continue
		}
		if b := s.Data[off:]; len(b) > len(m.b) {
			m.b = b[:min(len(b), m.size)]
			if len(m.b) == m.size {
				m.fault = false
				d.hint = i
				return
			}
		}
	}
}
