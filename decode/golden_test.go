package decode

import (
	"bytes"
	"encoding/binary"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ebtrace/ebtrace/events"
)

var update = flag.Bool("update", false, "write the expected files of TestGolden anew")

// recorded is one event of a recording: a header of four 32-bit numbers (kind,
// bytes of the EB_ENTER record, bytes of the other, thread), then the records.
type recorded struct {
	ev         events.Event
	enter, rec events.Record
}

// recording reads testdata/*.rec, what the kernel half wrote for real programs.
func recording(t testing.TB, file string) []*recorded {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var all []*recorded
	for len(b) >= 16 {
		n := func(i int) int { return int(binary.LittleEndian.Uint32(b[4*i:])) }
		r := &recorded{ev: events.Event{Kind: events.Kind(n(0)), TID: uint32(n(3)), PID: uint32(n(3))}}
		enter, rec := n(1), n(2)
		if b = b[16:]; enter > len(b) || rec > len(b)-enter {
			t.Fatalf("%s is cut", file)
		}
		if enter > 0 {
			r.ev.Enter = parsed(t, b[:enter], &r.enter)
		}
		if rec > 0 {
			r.ev.Rec = parsed(t, b[enter:enter+rec], &r.rec)
		}
		b = b[enter+rec:]
		all = append(all, r)
	}
	return all
}

func parsed(t testing.TB, b []byte, r *events.Record) *events.Record {
	t.Helper()
	if err := events.Parse(b, r); err != nil {
		t.Fatal(err)
	}
	return r
}

func showEvent(e *Event) string {
	head := fmt.Sprintf("%d %s: ", e.TID, e.Comm)
	switch {
	case e.Call != nil:
		if k := e.Call.Kind; k != events.Whole {
			head += map[events.Kind]string{events.Begin: "begin ", events.End: "end "}[k]
		}
		return head + show(e.Call)
	case e.Fork != nil:
		return head + fmt.Sprintf("fork %d of %d by %d", e.Fork.ChildTID, e.Fork.ChildPID, e.Fork.ParentTID)
	case e.Exec != nil:
		return head + fmt.Sprintf("exec %q by %d as %d", e.Exec.Path, e.Exec.OldTID, e.Exec.UID)
	case e.Exit != nil:
		return head + fmt.Sprintf("exit %+v", *e.Exit)
	case e.Sig != nil:
		return head + fmt.Sprintf("signal %d %s", e.Sig.Signo, list(e.Sig.Info, 0, " "))
	}
	return head + fmt.Sprintf("kind %d lost %d", e.Kind, e.Lost)
}

// TestGolden decodes recordings of real programs.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.rec")
	if err != nil || len(files) == 0 {
		t.Fatalf("no recordings: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			d := New(Options{StrSize: 32})
			var out bytes.Buffer
			for _, r := range recording(t, file) {
				e, err := d.Decode(&r.ev)
				if err != nil {
					t.Fatal(err)
				}
				checkEvent(t, e)
				fmt.Fprintln(&out, showEvent(e))
			}
			golden := strings.TrimSuffix(file, ".rec") + ".golden"
			if *update {
				if err := os.WriteFile(golden, out.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			compareLines(t, golden, out.String(), string(want))
		})
	}
}

func compareLines(t *testing.T, name, got, want string) {
	t.Helper()
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range max(len(g), len(w)) {
		if i >= len(g) || i >= len(w) {
			t.Fatalf("%s has %d lines, got %d", name, len(w), len(g))
		}
		if g[i] != w[i] {
			t.Errorf("%s:%d (-update writes it)\ngot  %s\nwant %s", name, i+1, g[i], w[i])
		}
	}
}
