package output

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"

	"github.com/ebtrace/ebtrace/decode"
	"github.com/ebtrace/ebtrace/docs"
	"github.com/ebtrace/ebtrace/internal/schema"
)

// readSchema is docs/schema.json.
func readSchema(t testing.TB) *schema.Schema {
	t.Helper()
	s, err := schema.Parse(docs.Schema)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// checkSchema checks every line of text.
func checkSchema(t *testing.T, s *schema.Schema, text string) {
	t.Helper()
	checkASCII(t, text)
	for line := range strings.Lines(text) {
		if err := s.Validate([]byte(line)); err != nil {
			t.Errorf("%v in %s", err, line)
		}
	}
}

var testHeader = Header{Version: "0.1", Arguments: []string{"--json"}, Command: []string{"cat", "\xff"}, Targets: []uint32{1, 4194304}, Release: "6.18.0", Machine: "x86_64"}

// renderJSON writes events as JSON.
func renderJSON(t *testing.T, o Options, s *Summary, es ...*decode.Event) string {
	t.Helper()
	var b bytes.Buffer
	w := NewJSON(&b, o, testHeader)
	for _, e := range es {
		if err := w.Event(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(s); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestJSON(t *testing.T) {
	sch := readSchema(t)
	for _, s := range scenes {
		o := testOptions()
		s.opts(&o)
		if o.StrSize == 32 && (o.Style != Abbrev || o.Hex == HexAll || o.Comm || o.Prefix == PrefixColumn) {
			continue // JSON is the same as that of the plain scene
		}
		t.Run(s.name, func(t *testing.T) {
			got := renderJSON(t, o, s.sum, s.es...)
			checkSchema(t, sch, got)
			golden(t, s.name+".json", got)
		})
	}
}

// TestJSONExact: what other formats would bend survives.
func TestJSONExact(t *testing.T) {
	const bad = "\xff\xfe\x00\n"
	e := call(1, 0, "x", 1, integer(-1<<63), num(decode.Uint, 1<<53), num(decode.Uint, 1<<53-1), integer(-1<<53), str("caf\u00e9 \u202e\U0001f600\"\\\x9d"), str("\u00e9\u202e\U0001f600"), str(bad), num(decode.Hex, 1<<64-1))
	var line struct {
		Args []struct {
			Value json.RawMessage
		}
		Result struct{ Value json.RawMessage }
	}
	lines := strings.SplitAfter(renderJSON(t, testOptions(), nil, e), "\n")
	if err := json.Unmarshal([]byte(lines[1]), &line); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{`"9007199254740992"`, `9007199254740991`, `"-9007199254740992"`, `{"base64":"Y2Fmw6kg4oCu8J+YgCJcnQ=="}`, `"\u00e9\u202e\ud83d\ude00"`, `{"base64":"//4ACg=="}`, `"18446744073709551615"`} {
		if got := string(line.Args[i].Value); got != want {
			t.Errorf("argument %d is %s, want %s", i, got, want)
		}
	}
	if got := string(line.Result.Value); got != `"-9223372036854775808"` {
		t.Errorf("the result is %s", got)
	}
}

func FuzzJSON(f *testing.F) {
	f.Add([]byte("\x01\x00\x01\x02\x03"))
	f.Add(bytes.Repeat([]byte("\x01\x02\x1b\x9b\n\xe2\x80\xae\x05\x0d"), 90))
	sch := readSchema(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		s := &source{b[:min(len(b), 4096)]}
		var es []*decode.Event
		for len(s.b) > 0 {
			if e := s.event(); e.Kind != 0 && typeOf(e) != "unknown" {
				es = append(es, e)
			}
		}
		o := testOptions()
		checkSchema(t, sch, renderJSON(t, o, &Summary{Lost: 1}, es...))
		o.Nested = true
		checkSchema(t, sch, renderJSON(t, o, &Summary{Lost: 1}, es...))
	})
}

func BenchmarkJSONOpenat(b *testing.B) {
	w := NewJSON(io.Discard, testOptions(), Header{})
	e := files()[0]
	b.ReportAllocs()
	for b.Loop() {
		if err := w.Event(e); err != nil {
			b.Fatal(err)
		}
	}
}
