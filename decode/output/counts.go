package output

import (
	"cmp"
	"io"
	"slices"
	"strings"

	"github.com/ebtrace/ebtrace/decode"
	"github.com/ebtrace/ebtrace/decode/table"
	"github.com/ebtrace/ebtrace/events"
)

// Count is how often a call was made, or an operation below the calls, and how
// long it took, in ns.
type Count struct {
	Layer           string // of an operation: decode.LayerVFS...; "": a call
	ABI             table.ABI
	NR              int32
	Name            string
	Calls, Errors   uint64
	Total, Min, Max uint64
	Timed           uint64 // operations whose duration is known; of calls all
	Bytes           uint64 // that an operation moved
}

// CountOptions say how counts are shown.
type CountOptions struct {
	Columns []Column // nil: DefaultColumns; ColBytes too for a layer below the calls
	Order   Column   // 0: by time
	Native  table.ABI
}

// Counts counts calls, and what was done below them, and writes a table of
// each layer at the end (-c, -C). Calls that never return are not counted, as
// with strace. The time of an operation within another is in both.
type Counts struct {
	w      io.Writer
	o      CountOptions
	counts map[countKey]*Count
}

type countKey struct {
	layer string
	name  string // of an operation; a call has a number
	abi   table.ABI
	nr    int32
}

// NewCounts returns a writer of a table to w.
func NewCounts(w io.Writer, o CountOptions) *Counts {
	if o.Order == 0 {
		o.Order = ColPercent
	}
	return &Counts{w: w, o: o, counts: map[countKey]*Count{}}
}

// Event implements Writer: it counts calls that have ended.
func (c *Counts) Event(e *decode.Event) error {
	if e.Work != nil {
		c.work(e.Work)
		return nil
	}
	x := e.Call
	if x == nil || e.Kind == events.Begin || x.NoReturn {
		return nil
	}
	var ns, failed uint64
	if x.Begin != 0 && x.End > x.Begin {
		ns = x.End - x.Begin
	}
	if x.Errno > 0 {
		failed = 1
	}
	c.add(Count{ABI: x.ABI, NR: x.NR, Name: x.Name, Calls: 1, Errors: failed, Total: ns, Min: ns, Max: ns})
	return nil
}

// work counts an operation below the calls.
func (c *Counts) work(w *decode.Work) {
	n := Count{Layer: w.Layer, Name: w.Name, Calls: 1, Bytes: w.Moved}
	if w.Begin != 0 && w.End >= w.Begin && !w.Moment && !w.Untimed {
		n.Total, n.Timed = w.End-w.Begin, 1
	}
	if w.Errno > 0 {
		n.Errors = 1
	}
	n.Min, n.Max = n.Total, n.Total
	c.add(n)
}

// Add adds what was counted elsewhere, as by the kernel half. Counts without
// calls are left out.
func (c *Counts) Add(counts ...Count) {
	for _, n := range counts {
		if n.Calls > 0 {
			c.add(n)
		}
	}
}

func (c *Counts) add(n Count) {
	k := countKey{n.Layer, n.Name, n.ABI, n.NR}
	if n.Layer == "" {
		k.name = ""
	}
	sum := c.counts[k]
	if sum == nil {
		sum = &Count{}
		*sum = n
		sum.Name = strings.Clone(n.Name) // it may live no longer than the event
		if n.Layer != "" {
			k.name = sum.Name
		}
		c.counts[k] = sum
		return
	}
	sum.Bytes += n.Bytes
	switch {
	case n.Layer == "":
	case sum.Timed == 0:
		sum.Min = n.Min
	case n.Timed == 0:
		n.Min = sum.Min
	}
	sum.Timed += n.Timed
	sum.Calls += n.Calls
	sum.Errors += n.Errors
	sum.Total += n.Total
	sum.Min, sum.Max = min(sum.Min, n.Min), max(sum.Max, n.Max)
}

// Flush implements Writer; the table is written at the end only.
func (c *Counts) Flush() error { return nil }

// Close implements Writer: it writes a table for each ABI that made calls, the
// native one first, then one for each layer below them.
func (c *Counts) Close(*Summary) error {
	var b []byte
	abis := []table.ABI{c.o.Native}
	for _, a := range []table.ABI{table.AMD64, table.ARM64, table.I386, table.Unknown} {
		if a != c.o.Native {
			abis = append(abis, a)
		}
	}
	for _, a := range abis {
		counts := c.of("", a)
		if len(counts) > 0 && a != c.o.Native {
			b = append(b, "System call usage summary for "+modeName(a)+" mode:\n"...)
		}
		b = appendTable(b, counts, c.columns(DefaultColumns), columns[ColName].head)
	}
	for _, l := range layerTables {
		counts := c.of(l.layer, 0)
		if len(counts) > 0 {
			b = append(b, l.title...)
		}
		b = appendTable(b, counts, c.columns(DefaultWorkColumns), l.head)
	}
	_, err := c.w.Write(b)
	return err
}

// layerTables are the layers below the calls, in the order of their tables.
var layerTables = [...]struct{ layer, title, head string }{
	{decode.LayerVFS, "Usage summary of the virtual file system:\n", "operation"},
	{decode.LayerNet, "Usage summary of the network:\n", "operation"},
	{decode.LayerURing, "Usage summary of io_uring:\n", "request"},
}

// columns are those that were asked for, or these.
func (c *Counts) columns(usual []Column) []Column {
	if c.o.Columns != nil {
		return c.o.Columns
	}
	return usual
}

// modeName names an ABI as strace does.
func modeName(a table.ABI) string {
	if a == table.I386 {
		return "32 bit"
	}
	return "64 bit"
}

// of is the counts of one ABI of the calls, or of a layer below them, in the
// order that was asked for; what is equal there is by number, or by name.
func (c *Counts) of(layer string, a table.ABI) []Count {
	var counts []Count
	for k, n := range c.counts {
		if k.layer == layer && k.abi == a {
			counts = append(counts, *n)
		}
	}
	slices.SortFunc(counts, func(x, y Count) int {
		return cmp.Or(c.o.Order.compare(&x, &y), cmp.Compare(x.NR, y.NR), cmp.Compare(x.Name, y.Name))
	})
	return counts
}

// compare orders rows: the greatest number first, names by the alphabet.
func (col Column) compare(x, y *Count) int {
	switch col {
	case ColPercent, ColTotal:
		return cmp.Compare(y.Total, x.Total)
	case ColAvg:
		return cmp.Compare(y.avg(), x.avg())
	case ColMin:
		return cmp.Compare(y.Min, x.Min)
	case ColMax:
		return cmp.Compare(y.Max, x.Max)
	case ColCalls:
		return cmp.Compare(y.Calls, x.Calls)
	case ColErrors:
		return cmp.Compare(y.Errors, x.Errors)
	case ColBytes:
		return cmp.Compare(y.Bytes, x.Bytes)
	case ColName:
		return cmp.Compare(x.Name, y.Name)
	}
	return 0
}
