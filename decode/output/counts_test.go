package output

import (
	"bytes"
	"slices"
	"testing"

	"github.com/ebtrace/ebtrace/decode"
	"github.com/ebtrace/ebtrace/decode/table"
)

// tables writes the table of fixed counts.
func tables(t *testing.T, o CountOptions, more ...Count) string {
	t.Helper()
	var b bytes.Buffer
	w := NewCounts(&b, o)
	w.Add(Count{NR: 0, Name: "read", Calls: 15, Total: 451_000, Min: 1_000, Max: 90_000},
		Count{NR: 61, Name: "wait4", Calls: 4, Errors: 2, Total: 18_451_000, Min: 2_000, Max: 10_015_000},
		Count{NR: 257, Name: "openat", Calls: 70, Errors: 26, Total: 2_146_000, Max: 239_000},
		Count{NR: 59, Name: "execve", Calls: 3}, Count{NR: 1, Name: "write"})
	w.Add(more...)
	if err := w.Close(nil); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestCounts(t *testing.T) {
	golden(t, "counts.txt", tables(t, CountOptions{}))
	cols, err := ParseColumns("calls,name,error,longest,shortest,time-total")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "counts-columns.txt", tables(t, CountOptions{Columns: cols, Order: ColErrors},
		Count{NR: 450, Name: "set_mempolicy_home_node", Calls: 1_000_000_000_000, Errors: 1}, Count{ABI: table.I386, NR: 64, Name: "getppid", Calls: 1}))
	if got := tables(t, CountOptions{Columns: []Column{ColName}, Order: ColNone}); got != "syscall\n----------------\nread\nexecve\nwait4\nopenat\n----------------\ntotal\n" {
		t.Error(got)
	}
}

// TestCountsOrder: the first column of the rows, for each order.
func TestCountsOrder(t *testing.T) {
	for order, want := range map[string]string{"time": "wait4 openat read execve", "calls": "openat read wait4 execve", "errors": "openat wait4 read execve", "name": "execve openat read wait4", "none": "read execve wait4 openat", "max-time": "wait4 openat read execve", "min-time": "wait4 read execve openat", "avg-time": "wait4 openat read execve"} {
		c, err := ParseOrder(order)
		if err != nil {
			t.Fatal(err)
		}
		lines := bytes.Fields([]byte(tables(t, CountOptions{Columns: []Column{ColName}, Order: c})))
		if got := string(bytes.Join(lines[2:6], []byte(" "))); got != want {
			t.Errorf("%s: %s, want %s", order, got, want)
		}
	}
}

// TestCountsStream: calls counted one by one; those without an end are not.
func TestCountsStream(t *testing.T) {
	var b bytes.Buffer
	w := Tee(NewCounts(&b, CountOptions{}))
	es := append(files()[:4], noReturn(call(1, 0, "exit_group", 231, tree{}), false), begin(files()[0], 1), exit(1, 1, 2, decode.ExitInfo{}))
	for _, e := range es {
		if err := w.Event(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(nil); err != nil {
		t.Fatal(err)
	}
	golden(t, "counts-stream.txt", b.String())
	b.Reset()
	if err := NewCounts(&b, CountOptions{}).Close(nil); err != nil || b.Len() != 0 {
		t.Errorf("no calls: %v %q", err, b.String())
	}
}

func TestParseColumns(t *testing.T) {
	if c, err := ParseColumns("time,calls"); err != nil || !slices.Equal(c, []Column{ColPercent, ColCalls, ColName}) {
		t.Error(c, err)
	}
	for s, want := range map[string]string{"all": "unknown column name: 'all'", "": "unknown column name: ''", "none": "unknown column name: 'none'", "calls,name,count": "call summary column has been provided more than once: 'count'"} {
		if _, err := ParseColumns(s); err == nil || err.Error() != want {
			t.Errorf("%q: %v", s, err)
		}
	}
	if _, err := ParseOrder("avg"); err == nil || err.Error() != "invalid sortby: 'avg'" {
		t.Error(err)
	}
}

// TestCountsLayers: a table for each layer, with the bytes that were moved.
func TestCountsLayers(t *testing.T) {
	counts := func(o CountOptions) string {
		var b bytes.Buffer
		w := NewCounts(&b, o)
		for _, e := range slices.Concat(filework(), network()) {
			if e.Work != nil && (e.Work.Name == "read" || e.Work.Name == "send") {
				e.Work.Moved = uint64(e.Work.Ret)
			}
			if err := w.Event(e); err != nil {
				t.Fatal(err)
			}
		}
		w.Add(Count{Layer: decode.LayerURing, Name: "openat", Calls: 1, Timed: 1, Total: 1000, Min: 1000, Max: 1000})
		if err := w.Close(nil); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	golden(t, "counts-layers.txt", counts(CountOptions{}))
	cols, err := ParseColumns("bytes,name,calls")
	if err != nil {
		t.Fatal(err)
	}
	order, err := ParseOrder("bytes")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "counts-layers-columns.txt", counts(CountOptions{Columns: cols, Order: order}))
}

// TestCountsMin: the shortest of several, added in any order, those whose time
// is not known left out.
func TestCountsMin(t *testing.T) {
	for _, layer := range []string{"", decode.LayerNet} {
		c := NewCounts(nil, CountOptions{})
		for _, ns := range []uint64{30, 10, 20} {
			c.add(Count{Layer: layer, Name: "x", Calls: 1, Timed: 1, Total: ns, Min: ns, Max: ns})
		}
		if layer != "" {
			c.add(Count{Layer: layer, Name: "x", Calls: 1})
		}
		if got := c.of(layer, 0)[0]; got.Min != 10 || got.Max != 30 || got.avg() != 20 {
			t.Errorf("%q: %+v", layer, got)
		}
	}
}
