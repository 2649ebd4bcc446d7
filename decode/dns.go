package decode

import (
	"encoding/binary"
	"net/netip"
	"strconv"
)

// DNS is a message of the domain name system: RFC 1035, 4.1. Queries and the
// answers to them; not zone transfers, updates and notifications.
type DNS struct {
	ID        uint16
	Answer    bool
	Code      string // of an answer: NOERROR, NXDOMAIN
	Truncated bool   // the server left something out
	Cut       bool   // more was in the message than was copied
	Malformed bool   // it does not go on as it should
	Questions []DNSRecord
	Answers   []DNSRecord
}

// DNSRecord is a question, or a resource record. Names and data are in the
// form of RFC 1035, 5.1: bytes that are not plain as \DDD.
type DNSRecord struct {
	Name string
	Type string // A, AAAA, TYPE65400
	TTL  uint32 // s
	Data string // "" for a type without a form here
}

// Bounds of what is decoded of a message.
const (
	maxQuestions = 4
	maxAnswers   = 32
	maxName      = 255 // bytes of a name in a message: RFC 1035, 2.3.4
	dnsHeader    = 12
)

// dnsTypes and dnsCodes are of the registry "Domain Name System (DNS)
// Parameters" of IANA.
var dnsTypes = map[uint16]string{
	1: "A", 2: "NS", 5: "CNAME", 6: "SOA", 12: "PTR", 13: "HINFO", 15: "MX", 16: "TXT", 28: "AAAA", 29: "LOC", 33: "SRV",
	35: "NAPTR", 39: "DNAME", 41: "OPT", 43: "DS", 44: "SSHFP", 46: "RRSIG", 47: "NSEC", 48: "DNSKEY", 50: "NSEC3",
	52: "TLSA", 64: "SVCB", 65: "HTTPS", 99: "SPF", 252: "AXFR", 255: "ANY", 256: "URI", 257: "CAA",
}

var dnsCodes = [...]string{
	"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET", "NOTAUTH", "NOTZONE",
}

// dnsReader reads a message, whose bytes are anybody's.
type dnsReader struct {
	d   *Decoder
	b   []byte
	off int
}

// decodeDNS decodes a message to d.dns; false if it is none. cut: b is not all of it.
func (d *Decoder) decodeDNS(b []byte, cut bool) bool {
	if len(b) < dnsHeader {
		return false
	}
	flags := binary.BigEndian.Uint16(b[2:])
	if flags>>11&15 != 0 { // not a standard query
		return false
	}
	m := &d.dns
	*m = DNS{ID: binary.BigEndian.Uint16(b), Answer: flags>>15 != 0, Truncated: flags>>9&1 != 0,
		Questions: m.Questions[:0], Answers: m.Answers[:0]}
	if m.Answer {
		m.Code = d.numbered(dnsCodes[:], "RCODE", uint64(flags&15))
	}
	r := dnsReader{d, b, dnsHeader}
	questions, answers := int(binary.BigEndian.Uint16(b[4:])), int(binary.BigEndian.Uint16(b[6:]))
	for range min(questions, maxQuestions) {
		q, ok := r.question()
		if !ok {
			m.Cut, m.Malformed = cut, !cut
			return len(m.Questions) > 0
		}
		m.Questions = append(m.Questions, q)
	}
	if questions > maxQuestions { // no server answers such; where the answers begin is not known
		m.Cut = true
		return true
	}
	for range min(answers, maxAnswers) {
		a, ok := r.record()
		if !ok {
			m.Cut, m.Malformed = cut, !cut
			return true
		}
		m.Answers = append(m.Answers, a)
	}
	m.Cut = answers > maxAnswers
	return questions > 0 || answers > 0
}

// numbered is name n of a list, or a name with the number.
func (d *Decoder) numbered(names []string, prefix string, n uint64) string {
	if n < uint64(len(names)) {
		return names[n]
	}
	at := len(d.chars)
	d.chars = strconv.AppendUint(append(d.chars, prefix...), n, 10)
	return d.textFrom(at)
}

func (r *dnsReader) u16() (v uint16, ok bool) {
	if r.off+2 > len(r.b) {
		return 0, false
	}
	v = binary.BigEndian.Uint16(r.b[r.off:])
	r.off += 2
	return v, true
}

// question reads a name, a type and a class.
func (r *dnsReader) question() (q DNSRecord, ok bool) {
	if q.Name, ok = r.name(); !ok {
		return q, false
	}
	typ, ok := r.u16()
	if !ok {
		return q, false
	}
	q.Type = r.typeName(typ)
	_, ok = r.u16()
	return q, ok
}

func (r *dnsReader) typeName(typ uint16) string {
	if name := dnsTypes[typ]; name != "" {
		return name
	}
	return r.d.numbered(nil, "TYPE", uint64(typ))
}

// record reads a resource record.
func (r *dnsReader) record() (a DNSRecord, ok bool) {
	if a.Name, ok = r.name(); !ok || r.off+10 > len(r.b) {
		return a, false
	}
	head := r.b[r.off:]
	typ := binary.BigEndian.Uint16(head)
	a.Type, a.TTL = r.typeName(typ), binary.BigEndian.Uint32(head[4:])
	r.off += 10
	end := r.off + int(binary.BigEndian.Uint16(head[8:]))
	if end > len(r.b) {
		return a, false
	}
	data := dnsReader{r.d, r.b[:end], r.off}
	a.Data, ok = data.data(a.Type)
	r.off = end
	return a, ok
}

// data reads the data of a record of the types that have a form here.
func (r *dnsReader) data(typ string) (text string, ok bool) {
	rest := r.b[r.off:]
	n := len(r.d.chars)
	switch typ {
	case "A", "AAAA":
		addr, ok := netip.AddrFromSlice(rest)
		if !ok || addr.Is4() != (typ == "A") {
			return "", false
		}
		r.d.chars = addr.AppendTo(r.d.chars)
		return r.d.textFrom(n), true
	case "CNAME", "PTR", "NS", "DNAME":
		return r.name()
	case "MX":
		pref, ok := r.u16()
		if !ok {
			return "", false
		}
		r.d.chars = append(strconv.AppendUint(r.d.chars, uint64(pref), 10), ' ')
		_, ok = r.name()
		return r.d.textFrom(n), ok
	case "TXT", "SPF":
		return r.strings(rest)
	}
	return "", true
}

// strings reads strings, each with its length before it.
func (r *dnsReader) strings(b []byte) (string, bool) {
	n := len(r.d.chars)
	for len(b) > 0 {
		size := int(b[0])
		if size >= len(b) {
			return "", false
		}
		if len(r.d.chars) > n {
			r.d.chars = append(r.d.chars, ' ')
		}
		r.d.chars = append(r.d.chars, '"')
		r.escape(b[1:1+size], '"')
		r.d.chars = append(r.d.chars, '"')
		b = b[1+size:]
	}
	return r.d.textFrom(n), true
}

// name reads a name. A part that stands elsewhere must stand before where it
// is referred to, so that there is an end to it.
func (r *dnsReader) name() (string, bool) {
	start, off, limit, size := len(r.d.chars), r.off, r.off, 0
	jumped := false
	for {
		if off >= len(r.b) {
			return "", false
		}
		c := int(r.b[off])
		switch {
		case c == 0:
			if !jumped {
				r.off = off + 1
			}
			if len(r.d.chars) == start {
				r.d.chars = append(r.d.chars, '.')
			}
			return r.d.textFrom(start), true
		case c >= 0xc0:
			if off+1 >= len(r.b) {
				return "", false
			}
			to := (c&0x3f)<<8 | int(r.b[off+1])
			if !jumped {
				r.off, jumped = off+2, true
			}
			if to >= limit {
				return "", false
			}
			off, limit = to, to
		case c > 63 || off+1+c > len(r.b) || size+c+1 > maxName:
			return "", false
		default:
			if len(r.d.chars) > start {
				r.d.chars = append(r.d.chars, '.')
			}
			r.escape(r.b[off+1:off+1+c], '.')
			off, size = off+1+c, size+c+1
		}
	}
}

// escape appends b; what is not plain as \DDD, a backslash and mark after a backslash.
func (r *dnsReader) escape(b []byte, mark byte) {
	for _, c := range b {
		switch {
		case c == mark || c == '\\':
			r.d.chars = append(r.d.chars, '\\', c)
		case c < ' ' || c > '~':
			r.d.chars = append(r.d.chars, '\\', '0'+c/100, '0'+c/10%10, '0'+c%10)
		default:
			r.d.chars = append(r.d.chars, c)
		}
	}
}
