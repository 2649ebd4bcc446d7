package decode

import (
	"fmt"
	"strings"
	"testing"
)

// dnsMessage puts a message together: header, then parts. flags: its upper half of the first octet, its code.
func dnsMessage(flags, questions, answers byte, parts ...string) []byte {
	return []byte("\x12\x34" + string([]byte{flags & 0xf0, flags & 0xf, 0, questions, 0, answers, 0, 0, 0, 0}) + strings.Join(parts, ""))
}

const (
	inA   = "\x00\x01\x00\x01"
	exOrg = "\x07example\x03org\x00" // at 12, org at 20
	ttl   = "\x00\x00\x0e\x10"
)

func showDNS(m *DNS) string {
	s := fmt.Sprint(m.Code)
	for _, q := range m.Questions {
		s += fmt.Sprintf(" ?%s %s", q.Type, q.Name)
	}
	for _, a := range m.Answers {
		s += fmt.Sprintf(" %s %s %d %s;", a.Name, a.Type, a.TTL, a.Data)
	}
	if m.Cut {
		s += " cut"
	}
	if m.Malformed {
		s += " bad"
	}
	return strings.TrimSpace(s)
}

func TestDNS(t *testing.T) {
	label := strings.Repeat("x", 63)
	for _, c := range []struct {
		name string
		b    []byte
		cut  bool
		want string // "": no message
	}{
		{"query", dnsMessage(0, 1, 0, exOrg, inA), false, "?A example.org"},
		{"root", dnsMessage(0, 1, 0, "\x00\x00\x02\x00\x01"), false, "?NS ."},
		{"odd bytes", dnsMessage(0, 1, 0, "\x05a.\\\x00\xff\x00", "\xff\x01\x00\x01"), false, `?TYPE65281 a\.\\\000\255`},
		{"answers", dnsMessage(0x80, 1, 2, exOrg, inA, "\xc0\x0c\x00\x05\x00\x01", ttl, "\x00\x06\x03www\xc0\x0c", "\xc0\x29", inA, ttl, "\x00\x04\xc0\x00\x02\x01"), false,
			"NOERROR ?A example.org example.org CNAME 3600 www.example.org; www.example.org A 3600 192.0.2.1;"},
		{"ipv6, mx, txt", dnsMessage(0x80, 0, 3, "\xc0\x0c", "", "") /* a pointer to itself */, false, "NOERROR bad"},
		{"kinds", dnsMessage(0x80, 1, 4, exOrg, inA,
			"\xc0\x0c\x00\x1c\x00\x01", ttl, "\x00\x10\x20\x01\x0d\xb8", strings.Repeat("\x00", 11), "\x01",
			"\xc0\x0c\x00\x0f\x00\x01", ttl, "\x00\x07\x00\x0a\x02mx\xc0\x0c",
			"\xc0\x0c\x00\x10\x00\x01", ttl, "\x00\x08\x03v=\"\x03a\x07b",
			"\xc0\x0c\x00\x21\x00\x01", ttl, "\x00\x02ab"), false,
			`NOERROR ?A example.org example.org AAAA 3600 2001:db8::1; example.org MX 3600 10 mx.example.org; example.org TXT 3600 "v=\"" "a\007b"; example.org SRV 3600 ;`},
		{"no such name", dnsMessage(0x83, 1, 0, exOrg, inA), false, "NXDOMAIN ?A example.org"},
		{"code", dnsMessage(0x8f, 1, 0, exOrg, inA), false, "RCODE15 ?A example.org"},
		{"cut", dnsMessage(0x80, 1, 1, exOrg, inA, "\xc0\x0c\x00\x01"), true, "NOERROR ?A example.org cut"},
		{"malformed", dnsMessage(0x80, 1, 1, exOrg, inA, "\xc0\x0c\x00\x01\x00\x01", ttl, "\x00\x03abc"), false, "NOERROR ?A example.org bad"},
		{"loop", dnsMessage(0, 1, 0, "\x01a\xc0\x0c", inA), false, ""},
		{"forward", dnsMessage(0, 1, 0, "\xc0\x0e\x00", inA), false, ""},
		{"too long", dnsMessage(0, 1, 0, strings.Repeat("\x3f"+label, 5), "\x00", inA), false, ""},
		{"no type", dnsMessage(0, 1, 0, exOrg), false, ""},
		{"update", dnsMessage(0x20, 1, 0, exOrg, inA), false, ""},
		{"empty", dnsMessage(0, 0, 0), false, ""},
		{"short", []byte("GET / HTTP"), false, ""},
	} {
		d := New(Options{})
		got := ""
		if d.decodeDNS(c.b, c.cut) {
			got = showDNS(&d.dns)
		}
		if got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.name, got, c.want)
		}
	}
}

// FuzzDNS: whatever the bytes, it ends, and what it makes is bounded and plain.
func FuzzDNS(f *testing.F) {
	f.Add(dnsMessage(0x80, 1, 2, exOrg, inA, "\xc0\x0c\x00\x05\x00\x01", ttl, "\x00\x06\x03www\xc0\x0c"), true)
	f.Add(dnsMessage(0, 4, 255, strings.Repeat("\x01\xc0\x0c", 40)), false)
	d := New(Options{})
	f.Fuzz(func(t *testing.T, b []byte, cut bool) {
		d.reset()
		if !d.decodeDNS(b, cut) {
			return
		}
		if len(d.dns.Questions) > maxQuestions || len(d.dns.Answers) > maxAnswers {
			t.Fatalf("%d questions, %d answers", len(d.dns.Questions), len(d.dns.Answers))
		}
		for _, r := range append(d.dns.Questions[:len(d.dns.Questions):len(d.dns.Questions)], d.dns.Answers...) {
			for _, c := range r.Name + r.Type + r.Data {
				if c < ' ' || c > '~' {
					t.Fatalf("%+q", []string{r.Name, r.Type, r.Data})
				}
			}
			if len(r.Name) > 4*maxName {
				t.Fatalf("a name of %d bytes", len(r.Name))
			}
		}
	})
}
