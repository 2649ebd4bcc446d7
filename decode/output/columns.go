package output

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Column is a column of the table of counts, and an order of its rows.
type Column uint8

// Columns. Times are wall time from a call's begin to its end, not CPU time:
// a call that waits counts its waiting, whether -w is given or not.
const (
	ColPercent Column = iota + 1 // share of the time of all calls
	ColTotal                     // time in the call
	ColAvg                       // time per call
	ColMin                       // shortest call
	ColMax                       // longest call
	ColCalls
	ColErrors
	ColBytes // that operations below the calls moved; blank for calls
	ColName
	ColNone // of orders only: by number
)

// columns are the names, heads and widths.
var columns = [...]struct {
	names []string
	head  string
	width int
}{
	ColPercent: {[]string{"time-percent", "time"}, "% time", 6},
	ColTotal:   {[]string{"total-time", "time-total"}, "seconds", 11},
	ColAvg:     {[]string{"avg-time", "time-avg"}, "usecs/call", 11},
	ColMin:     {[]string{"min-time", "shortest", "time-min"}, "shortest", 8},
	ColMax:     {[]string{"max-time", "longest", "time-max"}, "longest", 8},
	ColCalls:   {[]string{"calls", "count"}, "calls", 9},
	ColErrors:  {[]string{"errors", "error"}, "errors", 9},
	ColBytes:   {[]string{"bytes"}, "bytes", 11},
	ColName:    {[]string{"name", "syscall", "syscall-name"}, "syscall", 16},
	ColNone:    {[]string{"nothing", "none"}, "", 0},
}

// DefaultColumns are those of -c without -U.
var DefaultColumns = []Column{ColPercent, ColTotal, ColAvg, ColCalls, ColErrors, ColName}

// DefaultWorkColumns are those of the layers below the calls.
var DefaultWorkColumns = []Column{ColPercent, ColTotal, ColAvg, ColCalls, ColErrors, ColBytes, ColName}

// columnOf is the column with a name.
func columnOf(name string) Column {
	for c := range columns {
		if slices.Contains(columns[c].names, name) {
			return Column(c)
		}
	}
	return 0
}

// ParseOrder is the argument of -S.
func ParseOrder(s string) (Column, error) {
	c := columnOf(s)
	if c == 0 {
		return 0, fmt.Errorf("invalid sortby: '%s'", s)
	}
	return c, nil
}

// ParseColumns is the argument of -U. The name is added if it is not there.
func ParseColumns(s string) ([]Column, error) {
	var cols []Column
	for _, name := range strings.Split(s, ",") {
		c := columnOf(name)
		switch {
		case c == 0 || c == ColNone:
			return nil, fmt.Errorf("unknown column name: '%s'", name)
		case slices.Contains(cols, c):
			return nil, fmt.Errorf("call summary column has been provided more than once: '%s'", name)
		}
		cols = append(cols, c)
	}
	if !slices.Contains(cols, ColName) {
		cols = append(cols, ColName)
	}
	return cols, nil
}

// cell is what stands in column col for c; total is the time of all calls.
func (c *Count) cell(col Column, total uint64) string {
	if c.Layer != "" && c.Timed == 0 && col <= ColMax {
		return "" // not known
	}
	switch col {
	case ColPercent:
		share := 0.0
		if total > 0 {
			share = 100 * float64(c.Total) / float64(total)
		}
		return strconv.FormatFloat(share, 'f', 2, 64)
	case ColTotal:
		return seconds(c.Total)
	case ColAvg:
		return strconv.FormatUint(c.avg()/1000, 10)
	case ColMin:
		return seconds(c.Min)
	case ColMax:
		return seconds(c.Max)
	case ColCalls:
		return strconv.FormatUint(c.Calls, 10)
	case ColErrors:
		if c.Errors == 0 {
			return ""
		}
		return strconv.FormatUint(c.Errors, 10)
	case ColBytes:
		if c.Bytes == 0 {
			return ""
		}
		return strconv.FormatUint(c.Bytes, 10)
	}
	return string(sanitize([]byte(c.Name), 0))
}

func seconds(ns uint64) string { return string(appendSeconds(nil, ns, Micro)) }

// avg is the time per call in ns.
func (c *Count) avg() uint64 {
	n := c.Calls
	if c.Layer != "" {
		n = c.Timed
	}
	return c.Total / max(n, 1)
}

// appendTable appends the table of counts, if there are any. name: what they
// are counts of.
func appendTable(b []byte, counts []Count, cols []Column, name string) []byte {
	if len(counts) == 0 {
		return b
	}
	sum := Count{Layer: counts[0].Layer, Name: "total", Min: math.MaxUint64}
	for i := range counts {
		c := &counts[i]
		sum.Calls += c.Calls
		sum.Errors += c.Errors
		sum.Total += c.Total
		sum.Bytes += c.Bytes
		sum.Timed += c.Timed
		if c.Layer == "" || c.Timed > 0 {
			sum.Min = min(sum.Min, c.Min)
		}
		sum.Max = max(sum.Max, c.Max)
	}
	rows := make([][]string, 0, len(counts)+1)
	for i := range counts {
		rows = append(rows, row(&counts[i], cols, sum.Total))
	}
	last := row(&sum, cols, sum.Total)
	if i := slices.Index(cols, ColPercent); i >= 0 && last[i] != "" {
		last[i] = "100.00" // also of no time at all, as strace has it
	}
	widths, heads, rules := make([]int, len(cols)), make([]string, len(cols)), make([]string, len(cols))
	for i, c := range cols {
		widths[i], heads[i] = columns[c].width, columns[c].head
		if c == ColName {
			heads[i] = name
		}
		for _, r := range append(rows, last) {
			widths[i] = max(widths[i], len(r[i]))
		}
		rules[i] = strings.Repeat("-", widths[i])
	}
	b = appendRow(b, cols, widths, heads)
	b = appendRow(b, cols, widths, rules)
	for _, r := range rows {
		b = appendRow(b, cols, widths, r)
	}
	b = appendRow(b, cols, widths, rules)
	return appendRow(b, cols, widths, last)
}

func row(c *Count, cols []Column, total uint64) []string {
	r := make([]string, len(cols))
	for i, col := range cols {
		r[i] = c.cell(col, total)
	}
	return r
}

// appendRow appends a line: names to the left, numbers to the right.
func appendRow(b []byte, cols []Column, widths []int, cells []string) []byte {
	for i, s := range cells {
		if i > 0 {
			b = append(b, ' ')
		}
		blanks := strings.Repeat(" ", widths[i]-len(s))
		switch {
		case cols[i] != ColName:
			b = append(append(b, blanks...), s...)
		case i == len(cells)-1:
			b = append(b, s...)
		default:
			b = append(append(b, s...), blanks...)
		}
	}
	return append(b, '\n')
}
