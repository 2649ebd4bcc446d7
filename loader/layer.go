package loader

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
	"github.com/cilium/ebpf/link"
)

// Missing is an operation that was asked for and cannot be seen.
type Missing struct {
	Op  string
	Err error
}

// point is one function of the kernel that is probed, and what its arguments
// are. Arguments are known by their names, which the kernel's types tell: their
// places differ between versions (5.12 and 6.3 put one before many others),
// their names do not.
type point struct {
	op    string   // operation that it is part of
	helps []string // in place of op: the operations that are told more by it
	point uint32   // its number in the object: enum eb_*_point
	prog  string   // what its programs' names begin with; the name of a tracepoint's
	funcs []string // the first that there is
	args  argNames // by role
	proto []string // names of all arguments, for a kernel that does not tell the types of the first function; it returns an int
	wide  bool     // no, it returns a long
	extra bool     // the operation is had without it
	note  bool     // only its begin is of interest
	trace string   // in place of funcs: a tracepoint
	only  bool     // where functions can be probed it is not needed
}

// argNames are names of arguments by their role: enum eb_role of the object.
type argNames = map[uint32]string

// layer is an object of a session beside that of the calls: programs for the
// functions below them, each attached by the best means there is.
type layer struct {
	name     string // also of the option of the command that asks for it
	what     string
	points   []point
	ops      []string             // nil: all
	best     bool                 // go on without what cannot be seen
	settings map[string]any       // constants
	adapt    func(l *layer) error // adds constants that follow from the kernel's types; may be nil
	fill     func(l *layer) error // puts into its maps what the programs look up; may be nil
	untimed  error                // why what a tracepoint shows in place of functions will not do; nil: it does
	own      []string             // maps that the object has for itself

	spec    *ebpf.CollectionSpec
	kernel  *btf.Spec // all types
	types   *btf.Spec // those that the programs name
	maps    map[string]*ebpf.Map
	kprobes bool  // not by fentry: it has been refused, or is not wanted
	refused error // why functions cannot be probed by any means
	means   map[string]string
	missing []Missing
	progs   []*ebpf.Program
	seconds map[*ebpf.Program]*ebpf.Program // second copies (preempt.go), by the first
	links   []link.Link
	traces  []string // programs at tracepoints: several operations have one in common
}

// open attaches what is asked for. It fails if an operation cannot be seen,
// but for best.
func (l *layer) open(s *Session, o *Options, read func() (*ebpf.CollectionSpec, error)) (err error) {
	l.means, l.seconds = map[string]string{}, map[*ebpf.Program]*ebpf.Program{}
	if l.spec, err = read(); err != nil {
		return fmt.Errorf("read the programs of %s: %w", l.what, err)
	}
	if err := l.load(s, o); err != nil {
		return err
	}
	for _, op := range operations(l.points) {
		if !l.wants(op) {
			continue
		}
		err := l.operation(op)
		switch {
		case err == nil:
		case !l.best:
			return fmt.Errorf("%s: %s cannot be seen on this kernel: %w (--%s=best goes on without)", l.name, op, err, l.name)
		default:
			l.missing = append(l.missing, Missing{op, err})
		}
	}
	if len(l.means) == 0 && len(l.missing) > 0 {
		return fmt.Errorf("%s: nothing of it can be seen on this kernel: %w", l.name, l.missing[0].Err)
	}
	for i := range l.points {
		p := &l.points[i]
		helps := slices.ContainsFunc(p.helps, func(op string) bool { return l.means[op] != "" })
		if helps && (!p.only || l.refused != nil) {
			_, _ = l.attach(p)
		}
	}
	return nil
}

func (l *layer) wants(op string) bool { return l.ops == nil || slices.Contains(l.ops, op) }

// operations are the names of all operations of a table.
func operations(points []point) (names []string) {
	for _, p := range points {
		if p.op != "" && !slices.Contains(names, p.op) {
			names = append(names, p.op)
		}
	}
	return names
}

// operation attaches all points of an operation; if its functions cannot be
// probed, the tracepoint that shows some of it instead.
func (l *layer) operation(op string) error {
	links, progs, traces := len(l.links), len(l.progs), len(l.traces)
	err := l.all(op, false)
	if err == nil && l.means[op] != "" {
		return nil
	}
	undo(l.links[links:], l.progs[progs:])
	l.links, l.progs, l.traces = l.links[:links], l.progs[:progs], l.traces[:traces]
	delete(l.means, op)
	if l.untimed != nil && slices.ContainsFunc(l.points, func(p point) bool { return p.op == op && p.only }) {
		return fmt.Errorf("%w; %w", err, l.untimed)
	}
	instead := l.all(op, true)
	if l.means[op] != "" {
		return instead
	}
	if err == nil {
		err = instead
	}
	return err
}

// all attaches the points of an operation, those that are there instead of
// functions or the others.
func (l *layer) all(op string, instead bool) error {
	for i := range l.points {
		p := &l.points[i]
		if p.op != op || p.only != instead {
			continue
		}
		means, err := l.attach(p)
		switch {
		case err == nil:
			l.means[op] = means
		case !p.extra:
			return err
		}
	}
	return nil
}

// attach probes a point by the best means there is, which it names.
func (l *layer) attach(p *point) (means string, err error) {
	if p.trace != "" {
		return "tracepoint", l.tracepoint(p)
	}
	if l.refused != nil {
		return "", l.refused
	}
	f := l.find(p)
	if f == nil {
		return "", fmt.Errorf("it has no function %s with the arguments that it is known by", strings.Join(p.funcs, " or "))
	}
	none := haveKprobes()
	byKprobe := func() error {
		if none != nil {
			return none
		}
		return l.kprobe(p, f.name)
	}
	if l.kprobes {
		if err := byKprobe(); err != nil {
			return "", fmt.Errorf("kprobe on %s: %w", f.name, err)
		}
		return "kprobe", nil
	}
	ferr := l.fentry(p, f.name)
	if ferr == nil {
		return "fentry", nil
	}
	kerr := byKprobe()
	if kerr == nil {
		l.kprobes = true // what is refused once is refused for all
		return "kprobe", nil
	}
	if none != nil {
		l.refused = fmt.Errorf("fentry: %w; kprobe: %w", reason(ferr), none)
		return "", l.refused
	}
	return "", fmt.Errorf("fentry on %s: %w; kprobe: %w", f.name, reason(ferr), kerr)
}

// found is a function that a point is probed at.
type found struct {
	name   string
	params []string
	narrow bool // it returns an int
}

// find is the first of a point's functions that this kernel has, with all the
// arguments that are wanted of it; nil: none.
func (l *layer) find(p *point) *found {
	for _, name := range p.funcs {
		var f *btf.Func
		if l.kernel.TypeByName(name, &f) != nil {
			continue
		}
		proto, ok := f.Type.(*btf.FuncProto)
		if !ok {
			continue
		}
		is := &found{name: name}
		for _, a := range proto.Params {
			is.params = append(is.params, a.Name)
		}
		size, err := btf.Sizeof(proto.Return)
		is.narrow = err == nil && size <= 4
		if is.has(p.args) {
			return is
		}
	}
	if p.proto != nil { // a static function: Linux 5.10 on arm64 has no types of those
		return &found{p.funcs[0], p.proto, !p.wide}
	}
	return nil
}

func (f *found) has(args argNames) bool {
	for _, name := range args {
		if !slices.Contains(f.params, name) {
			return false
		}
	}
	return true
}

// shared are the maps of the session that every object uses.
var shared = []string{"ring", "slots", ".data.slot_of"}

// load finds the arguments of the functions and makes the maps.
func (l *layer) load(s *Session, o *Options) (err error) {
	for _, m := range l.spec.Maps {
		m.Key, m.Value = nil, nil
	}
	if l.kernel, err = btf.LoadKernelSpec(); err != nil {
		return fmt.Errorf("%w: %w", ErrNoBTF, err)
	}
	names := typeNames(l.spec.Types.All())
	if needNoPreempt(kernelRelease()) {
		for _, name := range preemptCalls {
			names[name] = true
		}
	}
	var funcs map[string]uint32
	if l.types, funcs, err = kernelTypes(names); err != nil {
		return err
	}
	setPreempt(l.spec, funcs)
	for name, m := range l.spec.Maps {
		if !slices.Contains(l.own, name) && !slices.Contains(shared, name) {
			delete(l.spec.Maps, name)
			continue
		}
		if have := s.maps[name]; have != nil && slices.Contains(shared, name) {
			m.MaxEntries, m.ValueSize, m.Flags = have.MaxEntries(), have.ValueSize(), have.Flags()
			m.Contents = nil
		}
	}
	l.spec.Maps["works"].MaxEntries = uint32(o.Threads + 1)
	cpus := s.maps["scratch"].MaxEntries()
	l.spec.Maps["scratch"].MaxEntries = cpus
	if m := l.spec.Maps["cached"]; m != nil {
		m.MaxEntries *= cpus
	}
	if l.adapt != nil {
		if err := l.adapt(l); err != nil {
			return err
		}
	}
	if err := l.configure(s); err != nil {
		return err
	}
	return l.loadMaps(s)
}

// configure sets the constants of the programs.
func (l *layer) configure(s *Session) error {
	var limit uint32
	if err := s.spec.Variables["pid_limit"].Get(&limit); err != nil {
		return err
	}
	var roles [maxPoints * maxRoles]uint8
	var nargs, retInt [maxPoints]uint8
	for i := range roles {
		roles[i] = noArg
	}
	for i := range l.points {
		p := &l.points[i]
		f := l.find(p)
		if f == nil {
			continue
		}
		nargs[p.point] = uint8(min(len(f.params), 255))
		if f.narrow {
			retInt[p.point] = 1
		}
		for role, name := range p.args {
			roles[int(p.point)*maxRoles+int(role)] = uint8(slices.Index(f.params, name))
		}
	}
	set := map[string]any{
		"pid_limit": limit, "roles": roles, "nargs": nargs, "ret_int": retInt,
		"preemptible": flag(needNoPreempt(kernelRelease())),
	}
	maps.Copy(set, l.settings)
	for name, value := range set {
		if err := l.spec.Variables[name].Set(value); err != nil {
			return fmt.Errorf("set %s: %w", name, err)
		}
	}
	maps.DeleteFunc(l.spec.Variables, func(_ string, x *ebpf.VariableSpec) bool { return x.SectionName != ".rodata" })
	return nil
}

// Of bpf/probe.h.
const (
	noArg     = 0xff // EB_NO_ARG
	maxPoints = 64   // EB_MAX_POINTS
	maxRoles  = 16   // EB_ROLE_COUNT
)

// loadMaps makes the object's own maps, once for all its programs.
func (l *layer) loadMaps(s *Session) error {
	l.maps = map[string]*ebpf.Map{}
	for _, name := range shared {
		l.maps[name] = s.maps[name]
	}
	rest := *l.spec
	rest.Programs = nil
	coll, err := ebpf.NewCollectionWithOptions(rest.Copy(), ebpf.CollectionOptions{MapReplacements: l.maps})
	if err != nil {
		return fmt.Errorf("make the maps of %s: %w", l.what, err)
	}
	defer coll.Close()
	for _, name := range l.own {
		l.maps[name] = coll.DetachMap(name)
	}
	if l.fill == nil {
		return nil
	}
	return l.fill(l)
}
