package tracees

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ebtrace/ebtrace/docs"
	"github.com/ebtrace/ebtrace/internal/schema"
	"github.com/ebtrace/ebtrace/test/testenv"
)

// TestNetJSON: of the network, tracepoints show something on every kernel;
// each line is as the schema has it, plain and nested.
func TestNetJSON(t *testing.T) {
	if testenv.Standin() {
		testenv.Skip(t, "the tracer is not ebtrace")
	}
	tracer := testenv.Tracer(t)
	testenv.NeedTools(t, "gcc")
	prog := testenv.CompileC(t, filepath.Join(testenv.Root(), "test", "tracees", "testdata", "messages.c"), "-static")
	sch, err := schema.Parse(docs.Schema)
	if err != nil {
		t.Fatal(err)
	}
	for _, form := range []string{"--json", "--json=nested"} {
		out := filepath.Join(t.TempDir(), "trace")
		cmd := testenv.Command(t, tracer, form, "--net=best", "-o", out, "--", prog)
		cmd.Dir = t.TempDir()
		if b, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, b)
		}
		alone, within := 0, 0
		for line := range strings.Lines(testenv.ReadFile(t, out)) {
			if err := sch.Validate([]byte(line)); err != nil {
				t.Errorf("%v in %s", err, line)
			}
			var o struct {
				Type string
				Work []struct{ Type, Operation string }
			}
			if err := json.Unmarshal([]byte(line), &o); err != nil {
				t.Fatal(err)
			}
			if o.Type == "net" {
				alone++
			}
			for _, w := range o.Work {
				if w.Type == "net" && w.Operation == "send" {
					within++
				}
			}
		}
		if form == "--json" && (alone == 0 || within > 0) || form != "--json" && within == 0 {
			t.Errorf("%s: %d lines of the network, %d messages within calls", form, alone, within)
		}
	}
}
