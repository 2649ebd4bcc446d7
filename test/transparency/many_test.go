package transparency

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ebtrace/ebtrace/test/testenv"
	"github.com/ebtrace/ebtrace/test/tracetext"
)

// TestManyTracers puts three tracers with different selections on one target,
// with strace and with gdb as well: each sees what it asked for, all of it,
// and nothing else.
func TestManyTracers(t *testing.T) {
	tracer := testenv.Tracer(t)
	needTransparent(t)
	testenv.NeedTools(t, "strace", "gdb")
	for _, other := range []string{"none", "strace", "gdb"} {
		t.Run("with-"+other, func(t *testing.T) {
			target := startTarget(t, program(t, "rounds"))
			pid := target.pid()
			selections := []struct {
				expr string
				want map[string]int
			}{
				{"trace=getppid", map[string]int{"getppid": 1000}},
				{"trace=%file", map[string]int{"openat": 1000}},
				{"trace=getppid,getpriority", map[string]int{"getppid": 1000, "getpriority": 1000}},
			}
			var tracers []*tracing
			for _, s := range selections {
				tracers = append(tracers, attach(t, tracer, pid, "-e", s.expr))
			}
			switch other {
			case "strace":
				s := attach(t, "strace", pid, "-e", "trace=getppid")
				defer func() {
					s.end(t)
					if n := count(s.trace(t)); n["getppid"] != 1000 {
						t.Errorf("strace saw %d getppid", n["getppid"])
					}
				}()
			case "gdb":
				debugger := startTarget(t, "gdb", "-q", "-nx", "-p", pid)
				debugger.in.Write([]byte("continue\n"))
				for !strings.Contains(debugger.line(t), "Continuing") {
				}
			}
			target.round(t)
			for i, s := range selections {
				tracers[i].end(t)
				n := count(tracers[i].trace(t))
				for name, want := range s.want {
					if n[name] != want {
						t.Errorf("-e %s: %d %s, want %d", s.expr, n[name], name, want)
					}
				}
				if len(n) != len(s.want) {
					t.Errorf("-e %s: saw %v", s.expr, n)
				}
			}
		})
	}
}

// TestTracesItself traces a tracer that traces a program: both see the
// program's calls.
func TestTracesItself(t *testing.T) {
	tracer := testenv.Tracer(t)
	needTransparent(t)
	inner := filepath.Join(t.TempDir(), "inner")
	x := start(t, tracer, "--", tracer, "-f", "-o", inner, "--", program(t, "forks"), "fork")
	if err := <-x.done; err != nil {
		t.Fatalf("%v\n%s", err, x.stderr.String())
	}
	outer := count(x.trace(t))
	if outer["getpriority"] != 1 || outer["bpf"] == 0 {
		t.Errorf("the outer tracer saw %d getpriority and %d bpf", outer["getpriority"], outer["bpf"])
	}
	f, err := os.Open(inner)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	tr, err := tracetext.Parse(f)
	if err != nil {
		t.Fatal(err)
	}
	if n := count(tr); n["getpriority"] != 1 || n["bpf"] != 0 {
		t.Errorf("the inner tracer saw %d getpriority and %d bpf", n["getpriority"], n["bpf"])
	}
}
