package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ebtrace/ebtrace/decode/output"
	"github.com/ebtrace/ebtrace/decode/table"
	"github.com/ebtrace/ebtrace/internal/suggest"
	"github.com/ebtrace/ebtrace/loader"
)

// below is the number of a layer below the calls.
type below int

const (
	belowVFS below = iota
	belowNet
	belowURing
	numBelow
)

// layer is what is known of a layer here.
type layer struct {
	name    string // also of its option, and what the names of the others begin with
	ops     func() []string
	missing func(*loader.Session) []loader.Missing
	means   func(*loader.Session) map[string]string
	best    loader.Options // asks for all that the kernel shows of it
}

var layers = [numBelow]layer{
	belowVFS: {"vfs", loader.VFSOperations, (*loader.Session).VFSMissing, (*loader.Session).VFSMeans,
		loader.Options{VFS: &loader.VFS{Best: true}}},
	belowNet: {"net", loader.NetOperations, (*loader.Session).NetMissing, (*loader.Session).NetMeans,
		loader.Options{Net: &loader.Net{Best: true}}},
	belowURing: {"uring", table.RequestNames, uringMissing, uringMeans, loader.Options{URing: &loader.URing{Best: true}}},
}

// layerAsked is what the command line asks of a layer.
type layerAsked struct {
	asked    bool
	best     bool
	ops      []string // nil: all
	none     bool     // not even with other layers
	narrowed []string // options given that say which of it is shown
	minTime  time.Duration
	minBytes uint64
	errnos   *table.ErrnoSet // nil: any
	// of the file system
	paths, fs []string
	devices   []uint32
	// of the network
	addrs []loader.NetAddr
}

// askLayer makes the setter of --vfs, --vfs=best, --vfs=open,read, and of the
// same of other layers.
func askLayer(b below) func(*options, string) error {
	return func(o *options, v string) error {
		a, l := &o.below[b], &layers[b]
		a.asked = true
		if v == bare {
			return nil
		}
		known := l.ops()
		for w := range strings.SplitSeq(v, ",") {
			switch {
			case w == "best":
				a.best = true
			case w == "all":
				a.ops = nil
			case w == "none" && b == belowURing:
				a.none = true
			case slices.Contains(known, w):
				a.ops = append(a.ops, w)
			default:
				hint := ""
				if near := suggest.Near(w, slices.Values(known)); near != "" {
					hint = fmt.Sprintf(" (did you mean '%s'?)", near)
				}
				return fmt.Errorf("invalid --%s '%s'%s: it is best, all or some of %s", l.name, w, hint, strings.Join(known, ","))
			}
		}
		return nil
	}
}

// narrow makes the setter of an option that says which work of a layer is
// shown; its name is the layer's with the suffix.
func narrow(b below, suffix string, set func(a *layerAsked, v string) error) func(*options, string) error {
	return func(o *options, v string) error {
		name := "--" + layers[b].name + suffix
		a := &o.below[b]
		if !slices.Contains(a.narrowed, name) {
			a.narrowed = append(a.narrowed, name)
		}
		if err := set(a, v); err != nil {
			return fmt.Errorf("invalid %s argument: %w", name, err)
		}
		return nil
	}
}

// checkLayers finds options for the work of a layer that is not asked for.
func (o *options) checkLayers() error {
	for b := range o.below {
		a := &o.below[b]
		if !a.asked && len(a.narrowed) > 0 {
			verb := "is"
			if len(a.narrowed) > 1 {
				verb = "are"
			}
			return fmt.Errorf("%s %s of use with --%s only", strings.Join(a.narrowed, ", "), verb, layers[b].name)
		}
	}
	return nil
}

// anyBelow says whether work below the calls is asked for.
func (o *options) anyBelow() bool {
	return slices.ContainsFunc(o.below[:], func(a layerAsked) bool { return a.asked })
}

// vfsOptions is what the kernel half is asked for of the file system, nil: nothing.
func (o *options) vfsOptions() *loader.VFS {
	a := &o.below[belowVFS]
	if !a.asked {
		return nil
	}
	return &loader.VFS{Ops: a.ops, Best: a.best, MinTime: a.minTime, MinBytes: a.minBytes,
		Paths: a.paths, FS: a.fs, Devices: a.devices, Errnos: a.errnos}
}

// netOptions is what the kernel half is asked for of the network, nil: nothing.
func (o *options) netOptions() *loader.Net {
	a := &o.below[belowNet]
	if !a.asked {
		return nil
	}
	return &loader.Net{Ops: a.ops, Best: a.best, MinTime: a.minTime, MinBytes: a.minBytes, Addrs: a.addrs, Errnos: a.errnos}
}

// splits says whether calls tell what their time went to.
func (o *options) splits() bool {
	return o.text.Spent && !o.counts.only && (o.split || o.anyBelow())
}

// spentIn are the layers whose share of that is told: those asked for whose
// operations have a begin. Of a tracepoint only the end is known.
func (o *options) spentIn(s *loader.Session) (in output.Layers) {
	for b, bit := range map[below]output.Layers{belowVFS: output.InVFS, belowNet: output.InNet} {
		if o.below[b].asked && timed(layers[b].means(s)) {
			in |= bit
		}
	}
	return in
}

// timed says whether the time of all operations is known that have one.
func timed(means map[string]string) bool {
	some := false
	for op, by := range means {
		if by != tracepoint {
			some = true
		} else if op == "send" || op == "recv" {
			return false
		}
	}
	return some
}

const tracepoint = "tracepoint" // of Session.NetMeans

// uringOptions is what the kernel half is asked for of io_uring, nil: nothing.
// What other layers do for requests is told with them, so these are shown too
// as far as they can be, unless --uring=none is given.
func (o *options) uringOptions() *loader.URing {
	a := &o.below[belowURing]
	with := o.below[belowVFS].asked || o.below[belowNet].asked
	switch {
	case a.asked && !a.none:
		return &loader.URing{Ops: a.ops, Best: a.best}
	case with:
		return &loader.URing{Best: true, Hidden: a.none}
	}
	return nil
}

const uringRequests = "requests"

func uringMissing(s *loader.Session) []loader.Missing {
	if err := s.URingMissing(); err != nil {
		return []loader.Missing{{Op: uringRequests, Err: err}}
	}
	return nil
}

func uringMeans(s *loader.Session) map[string]string {
	if s.URingMissing() != nil {
		return nil
	}
	return map[string]string{uringRequests: "tracepoint"}
}

// sayMissing tells what --vfs=best, --net=best go on without.
func sayMissing(s *loader.Session) {
	for i := range layers {
		for _, m := range byReason(layers[i].missing(s)) {
			say("%s: not shown: %s: %s", layers[i].name, m.ops, m.reason)
		}
	}
}

// missingGroup is operations that cannot be seen for the same reason.
type missingGroup struct{ ops, reason string }

// byReason groups what is missing, in the order of the operations' names.
func byReason(missing []loader.Missing) (groups []missingGroup) {
	ops := map[string][]string{}
	for _, m := range missing {
		ops[m.Err.Error()] = append(ops[m.Err.Error()], m.Op)
	}
	for reason, names := range ops {
		slices.Sort(names)
		groups = append(groups, missingGroup{strings.Join(names, ", "), reason})
	}
	slices.SortFunc(groups, func(a, b missingGroup) int { return strings.Compare(a.ops, b.ops) })
	return groups
}

// doctorLayers lists by what each operation of each layer can be seen.
func doctorLayers(w io.Writer) {
	for i := range layers {
		doctorLayer(w, &layers[i])
	}
}

func doctorLayer(w io.Writer, l *layer) {
	o := l.best
	o.Threads = 1
	s, err := loader.Open(o)
	if err != nil {
		fmt.Fprintf(w, "%-22s %-5s %s\n", l.name, "no", oneLine(err.Error()))
		return
	}
	defer s.Close()
	by := map[string][]string{}
	for op, means := range l.means(s) {
		by[means] = append(by[means], op)
	}
	for _, means := range slices.Sorted(maps.Keys(by)) {
		slices.Sort(by[means])
		fmt.Fprintf(w, "%-22s %-5s by %s: %s\n", l.name, "ok", means, strings.Join(by[means], ", "))
	}
	for _, m := range byReason(l.missing(s)) {
		fmt.Fprintf(w, "%-22s %-5s %s: %s\n", l.name, "no", m.ops, oneLine(m.reason))
	}
}
