package output

import (
	"strconv"
	"time"
)

// begin starts a line of th at time ns, after closing the line that is open,
// and returns the buffer to append to; stream.end ends the line. The
// instruction pointer is left out (shown as unknown) where it is gone.
func (t *Text) begin(th *thread, ns uint64, comm string, noIP bool) []byte {
	s := th.s
	if s.open != nil {
		s.end(append(s.buf, " <unfinished ...>"...))
	}
	s.line = len(s.buf)
	b := s.buf
	switch t.o.Prefix {
	case PrefixNone:
	case PrefixColumn:
		b = appendLeft(b, th.tid, 5)
		b = append(t.f.comm(b, comm), ' ')
	default:
		if t.o.Prefix == PrefixAlways || len(t.threads) > 1 {
			b = appendRight(append(b, "[pid "...), uint64(th.tid), 5)
			b = append(t.f.comm(b, comm), "] "...)
		}
	}
	if t.o.Stamp != NoStamp || t.o.Rel {
		b = t.stamps(b, ns)
	}
	if t.o.Number {
		b = appendRight(append(b, '['), uint64(max(th.nr, 0)), 4)
		b = append(b, "] "...)
	}
	if t.o.IP {
		b = t.pointer(b, th, noIP)
	}
	return b
}

// pointer appends [00007f3d37ab5b1d], as wide as the ABI's pointers.
func (t *Text) pointer(b []byte, th *thread, none bool) []byte {
	width := 16
	if th.abi == i386 {
		width = 8
	}
	b = append(b, '[')
	if none {
		return append(append(b, "????????????????"[:width]...), "] "...)
	}
	for n := width - 1; n > 0 && th.ip>>(4*n) == 0; n-- {
		b = append(b, '0')
	}
	b = strconv.AppendUint(b, th.ip, 16)
	return append(b, "] "...)
}

// stamps appends the absolute and the relative time.
func (t *Text) stamps(b []byte, ns uint64) []byte {
	wall := int64(ns) + t.o.Realtime
	switch t.o.Stamp {
	case ClockTime:
		if sec := wall / 1e9; sec != t.clock {
			t.setClock(sec)
		}
		b = append(b, t.hms[:]...)
		b = append(appendFraction(b, uint64(wall%1e9), t.o.StampDig), ' ')
	case UnixTime:
		b = strconv.AppendInt(b, wall/1e9, 10)
		b = append(appendFraction(b, uint64(wall%1e9), t.o.StampDig), ' ')
	}
	if !t.o.Rel {
		return b
	}
	var d uint64
	if t.prevSeen && ns > t.prev {
		d = ns - t.prev
	}
	if !t.prevSeen || ns > t.prev {
		t.prev, t.prevSeen = ns, true
	}
	if t.o.Stamp != NoStamp {
		b = append(b, "(+"...)
	}
	b = appendFraction(appendRight(b, d/1e9, 6), d%1e9, t.o.RelDig)
	if t.o.Stamp != NoStamp {
		b = append(b, ')')
	}
	return append(b, ' ')
}

// setClock makes hms show the second sec.
func (t *Text) setClock(sec int64) {
	loc := t.o.Location
	if loc == nil {
		loc = time.Local
	}
	h, m, s := time.Unix(sec, 0).In(loc).Clock()
	t.clock = sec
	t.hms = [8]byte{'0' + byte(h/10), '0' + byte(h%10), ':', '0' + byte(m/10), '0' + byte(m%10), ':', '0' + byte(s/10), '0' + byte(s%10)}
}

// appendFraction appends .123456 of ns nanoseconds below a second, cut to
// digits; nothing if there are none.
func appendFraction(b []byte, ns uint64, digits Digits) []byte {
	if digits == 0 {
		return b
	}
	var d [9]byte
	for i := len(d) - 1; i >= 0; i-- {
		d[i] = '0' + byte(ns%10)
		ns /= 10
	}
	return append(append(b, '.'), d[:min(int(digits), len(d))]...)
}

// appendSeconds appends ns as seconds with a fraction.
func appendSeconds(b []byte, ns uint64, digits Digits) []byte {
	return appendFraction(strconv.AppendUint(b, ns/1e9, 10), ns%1e9, digits)
}

// appendRight appends n in at least width columns, blanks before it.
func appendRight(b []byte, n uint64, width int) []byte {
	for p := uint64(10); width > 1; width, p = width-1, p*10 {
		if n < p {
			for ; width > 1; width-- {
				b = append(b, ' ')
			}
			break
		}
	}
	return strconv.AppendUint(b, n, 10)
}

// appendLeft appends n in at least width columns, blanks after it.
func appendLeft(b []byte, n uint32, width int) []byte {
	start := len(b)
	b = strconv.AppendUint(b, uint64(n), 10)
	for len(b)-start < width {
		b = append(b, ' ')
	}
	return b
}

// pad appends blanks up to the column of results, at least one.
func (t *Text) pad(b []byte, s *stream) []byte {
	const blanks = "                                                                "
	n := max(t.o.Column-(len(b)-s.line), 1)
	for ; n > len(blanks); n -= len(blanks) {
		b = append(b, blanks...)
	}
	return append(b, blanks[:n]...)
}
