package output

import (
	"strconv"

	"github.com/ebtrace/ebtrace/decode"
)

// address appends an address as it was asked for: 127.0.0.1:80, [::1]:80,
// "/run/x", @"name"; those of other families as calls show them.
func (t *Text) address(b []byte, vs []decode.Value) []byte {
	var ip, path *decode.Value
	var port uint16
	for i := range vs {
		switch v := &vs[i]; v.Kind {
		case decode.IPv4, decode.IPv6:
			ip = v
		case decode.Port:
			port = uint16(v.Num)
		case decode.Path:
			if v.Name == "sun_path" {
				path = v
			}
		}
	}
	switch {
	case ip != nil && ip.Kind == decode.IPv4 && len(ip.Bytes) == 4:
		return appendEndpoint(b, afInet, ip.Bytes, port)
	case ip != nil && ip.Kind == decode.IPv6 && len(ip.Bytes) == 16:
		return appendEndpoint(b, afInet6, ip.Bytes, port)
	case path != nil:
		return t.f.str(b, path)
	}
	t.f.mark = -1
	return t.f.value(b, vs, 0, false)
}

// peer appends the process at the other end: 1234<curl>.
func (t *Text) peer(b []byte, p *decode.Peer) []byte {
	b = strconv.AppendUint(b, uint64(p.PID), 10)
	if len(p.Comm) > 0 {
		b = append(t.f.escape(append(b, '<'), p.Comm, true), '>')
	}
	if p.Later {
		b = append(b, " /* looked up later */"...)
	}
	return b
}

// appendDNS appends "query A example.org", "answer A example.org: CNAME
// www.example.net, A 192.0.2.1" or "answer A example.com: NXDOMAIN".
func appendDNS(b []byte, m *decode.DNS) []byte {
	if m.Answer {
		b = append(b, "answer "...)
	} else {
		b = append(b, "query "...)
	}
	for i := range m.Questions {
		q := &m.Questions[i]
		if i > 0 {
			b = append(b, ", "...)
		}
		b = append(append(append(b, q.Type...), ' '), q.Name...)
	}
	for i := range m.Answers {
		a := &m.Answers[i]
		if i == 0 {
			b = append(b, ": "...)
		} else {
			b = append(b, ", "...)
		}
		b = append(append(append(b, a.Type...), ' '), a.Data...)
	}
	if m.Answer && (len(m.Answers) == 0 || m.Code != "NOERROR") {
		b = append(append(b, ": "...), m.Code...)
	}
	for _, x := range [...]struct {
		set  bool
		text string
	}{{m.Cut, " ..."}, {m.Malformed, " (malformed)"}, {m.Truncated, " (truncated by the server)"}} {
		if x.set {
			b = append(b, x.text...)
		}
	}
	return b
}
