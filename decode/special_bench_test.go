package decode_test

import (
	"testing"

	"github.com/ebtrace/ebtrace/decode"
	"github.com/ebtrace/ebtrace/events"
)

// BenchmarkSpecial decodes frequent calls whose memory has a decoder of its own.
func BenchmarkSpecial(b *testing.B) {
	header := func(namelen int) string { return hdr64(m2, namelen, m3, 1, 0, 0, 0) }
	for _, c := range []struct {
		name string
		*trace
	}{
		{"connect", amd(b, "connect", 0, 3, m1, 16).in(m1, inet)},
		{"fstat", amd(b, "fstat", 0, 3, m1).out(m1, statImage(0o100644, 0))},
		{"poll", amd(b, "poll", 1, m1, 1, 0).in(m1, pollfd(3, 1, 0)).out(m1, pollfd(3, 1, 1))},
		{"recvmsg", amd(b, "recvmsg", 5, 7, m1, 0).in(m1, header(110)).out(m1, header(16)).out(m2, inet).
			out(m3, le(uint64(m4), uint64(9))).out(m4, "hello")},
		{"rt_sigaction", amd(b, "rt_sigaction", 0, 2, m1, 0, 8).in(m1, zeros(32))},
	} {
		b.Run(c.name, func(b *testing.B) {
			var in, out events.Record
			if err := events.Parse(c.enter.bytes(), &in); err != nil {
				b.Fatal(err)
			}
			if err := events.Parse(c.exit.bytes(), &out); err != nil {
				b.Fatal(err)
			}
			ev := events.Event{Kind: events.Whole, TID: 7, PID: 7, Rec: &out, Enter: &in}
			d := decode.New(decode.Options{StrSize: 32, Brief: true})
			b.ReportAllocs()
			for b.Loop() {
				if _, err := d.Decode(&ev); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
