package loader

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"

	"github.com/ebtrace/ebtrace/bpf"
	"github.com/ebtrace/ebtrace/decode/table"
)

// VFS asks for the operations of the virtual file system below the calls.
type VFS struct {
	Ops      []string      // of VFSOperations; nil: all
	Best     bool          // go on without those that this kernel does not let be seen
	Kprobes  bool          // not by fentry, even where that is to be had
	MinTime  time.Duration // operations that took at least so long
	MinBytes uint64        // operations that moved at least so many bytes

	// Selection by the file, by any of the files of an operation on two. A path
	// selects itself and what is below it: /etc is not the beginning of /etcetera.
	Paths   []string        // empty: any; at most 64, absolute, each shorter than 255 bytes
	FS      []string        // types of file systems, as in /proc/filesystems; empty: any; at most 16
	Devices []uint32        // of the file system, major<<20 | minor; empty: any; at most 16
	Errnos  *table.ErrnoSet // nil: any result
}

// Missing is an operation that was asked for and cannot be seen.
type Missing struct {
	Op  string
	Err error
}

// vfs is the second object of a session.
type vfs struct {
	spec    *ebpf.CollectionSpec
	opts    *VFS
	kernel  *btf.Spec
	types   *btf.Spec
	maps    map[string]*ebpf.Map
	kprobes bool // fentry has been refused
	means   map[string]string
	missing []Missing
	progs   []*ebpf.Program
	close   []func() error
}

// VFSMissing is what was asked for and is not to be had; with VFS.Best only.
func (s *Session) VFSMissing() []Missing {
	if s.vfs == nil {
		return nil
	}
	return s.vfs.missing
}

// VFSMeans says by what each operation is seen: fentry or kprobe.
func (s *Session) VFSMeans() map[string]string {
	if s.vfs == nil {
		return nil
	}
	return s.vfs.means
}

func (o *VFS) wants(p *vfsPoint) bool {
	if p.op != "" {
		return o.Ops == nil || slices.Contains(o.Ops, p.op)
	}
	return o.Ops == nil || slices.ContainsFunc(o.Ops, func(op string) bool { return needMount[op] })
}

// openVFS attaches what the options ask for. It fails if an operation cannot
// be seen, but for VFS.Best.
func (s *Session) openVFS(o *Options) error {
	if s.vfs != nil { // the second attempt
		s.vfs.end()
	}
	v := &vfs{opts: o.VFS, kprobes: o.VFS.Kprobes, means: map[string]string{}}
	s.vfs = v
	if err := v.load(s, o); err != nil {
		return err
	}
	for i := range vfsPoints {
		p := &vfsPoints[i]
		if !o.VFS.wants(p) || v.isMissing(p.op) {
			continue
		}
		err := v.attach(p)
		switch {
		case err == nil || p.extra || p.op == "":
		case !o.VFS.Best:
			return fmt.Errorf("vfs: %s cannot be seen on this kernel: %w (--vfs=best goes on without)", p.op, err)
		default:
			v.missing = append(v.missing, Missing{p.op, err})
			delete(v.means, p.op)
		}
	}
	if len(v.means) == 0 && len(v.missing) > 0 {
		return fmt.Errorf("vfs: nothing of it can be seen on this kernel: %w", v.missing[0].Err)
	}
	return nil
}

func (v *vfs) isMissing(op string) bool {
	return slices.ContainsFunc(v.missing, func(m Missing) bool { return m.Op == op })
}

// shared are the maps that both objects use.
var shared = []string{"ring", "slots", ".data.slot_of"}

// own are the maps that the second object has for itself.
var own = []string{"scratch", "works", "old_names", "vfs_paths", ".rodata"}

// load reads the object, finds the arguments of the functions and makes the maps.
func (v *vfs) load(s *Session, o *Options) (err error) {
	if v.spec, err = bpf.LoadVfs(); err != nil {
		return fmt.Errorf("read the programs of the file system: %w", err)
	}
	for _, m := range v.spec.Maps {
		m.Key, m.Value = nil, nil
	}
	if v.kernel, err = btf.LoadKernelSpec(); err != nil {
		return fmt.Errorf("%w: %w", ErrNoBTF, err)
	}
	if v.types, _, err = kernelTypes(typeNames(v.spec.Types.All())); err != nil {
		return err
	}
	for name, m := range v.spec.Maps {
		if !slices.Contains(own, name) && !slices.Contains(shared, name) {
			delete(v.spec.Maps, name)
			continue
		}
		if have := s.maps[name]; have != nil && slices.Contains(shared, name) {
			m.MaxEntries, m.ValueSize, m.Flags = have.MaxEntries(), have.ValueSize(), have.Flags()
			m.Contents = nil
		}
	}
	v.spec.Maps["works"].MaxEntries = uint32(o.Threads + 1)
	v.spec.Maps["scratch"].MaxEntries = s.maps["scratch"].MaxEntries()
	if err := v.configure(s); err != nil {
		return err
	}
	return v.loadMaps(s)
}

// configure sets the constants of the programs.
func (v *vfs) configure(s *Session) error {
	var limit uint32
	if err := s.spec.Variables["pid_limit"].Get(&limit); err != nil {
		return err
	}
	const points, kinds = 64, 16 // EB_MAX_POINTS, EB_ROLE_COUNT in bpf/vfs.h
	var roles [points * kinds]uint8
	var nargs, retInt [points]uint8
	for i := range roles {
		roles[i] = noArg
	}
	for i := range vfsPoints {
		p := &vfsPoints[i]
		_, f := v.find(p)
		if f == nil {
			continue
		}
		proto := f.Type.(*btf.FuncProto)
		nargs[p.point] = uint8(min(len(proto.Params), 255))
		if size, err := btf.Sizeof(proto.Return); err == nil && size <= 4 {
			retInt[p.point] = 1
		}
		for role, name := range p.args {
			for n, a := range proto.Params {
				if a.Name == name {
					roles[int(p.point)*kinds+int(role)] = uint8(n)
				}
			}
		}
	}
	set := v.opts.selection()
	maps.Copy(set, map[string]any{"pid_limit": limit, "roles": roles, "nargs": nargs, "ret_int": retInt})
	for name, value := range set {
		if err := v.spec.Variables[name].Set(value); err != nil {
			return fmt.Errorf("set %s: %w", name, err)
		}
	}
	maps.DeleteFunc(v.spec.Variables, func(_ string, x *ebpf.VariableSpec) bool { return x.SectionName != ".rodata" })
	return nil
}

const noArg = 0xff // EB_NO_ARG in bpf/vfs.h

// loadMaps makes the object's own maps, once for all its programs.
func (v *vfs) loadMaps(s *Session) error {
	v.maps = map[string]*ebpf.Map{}
	for _, name := range shared {
		v.maps[name] = s.maps[name]
	}
	rest := *v.spec
	rest.Programs = nil
	coll, err := ebpf.NewCollectionWithOptions(rest.Copy(), ebpf.CollectionOptions{MapReplacements: v.maps})
	if err != nil {
		return fmt.Errorf("make the maps of the file system: %w", err)
	}
	defer coll.Close()
	for _, name := range own {
		m := coll.DetachMap(name)
		v.maps[name] = m
		v.close = append(v.close, m.Close)
	}
	return v.opts.putPaths(v.maps["vfs_paths"])
}

// find is the first of a point's functions that this kernel has, with all the
// arguments that are wanted of it.
func (v *vfs) find(p *vfsPoint) (string, *btf.Func) {
next:
	for _, name := range p.funcs {
		var f *btf.Func
		if v.kernel.TypeByName(name, &f) != nil {
			continue
		}
		proto, ok := f.Type.(*btf.FuncProto)
		if !ok {
			continue
		}
		for _, want := range p.args {
			if !slices.ContainsFunc(proto.Params, func(a btf.FuncParam) bool { return a.Name == want }) {
				continue next
			}
		}
		return name, f
	}
	return "", nil
}

// attach probes a function by the best means there is.
func (v *vfs) attach(p *vfsPoint) error {
	name, f := v.find(p)
	if f == nil {
		return fmt.Errorf("it has no function %s with the arguments that it is known by", strings.Join(p.funcs, " or "))
	}
	var ferr error
	if !v.kprobes {
		if ferr = v.fentry(p, name); ferr == nil {
			v.has(p, "fentry")
			return nil
		}
	}
	kerr := v.kprobe(p, name)
	if kerr == nil {
		v.kprobes = true // what is refused once is refused for all
		v.has(p, "kprobe")
		return nil
	}
	if ferr == nil {
		return fmt.Errorf("kprobe on %s: %w", name, kerr)
	}
	return fmt.Errorf("fentry on %s: %w; kprobe: %w", name, reason(ferr), kerr)
}

func (v *vfs) has(p *vfsPoint, means string) {
	if p.op != "" {
		v.means[p.op] = means
	}
}

// programs loads programs of the object, attached to function fn where that is
// chosen when they are loaded.
func (v *vfs) programs(fn string, names ...string) ([]*ebpf.Program, error) {
	some := *v.spec
	some.Programs = map[string]*ebpf.ProgramSpec{}
	for _, name := range names {
		p := v.spec.Programs[name].Copy()
		if p.AttachTo != "" {
			p.AttachTo = fn
		}
		some.Programs[name] = p
	}
	coll, err := ebpf.NewCollectionWithOptions(&some, ebpf.CollectionOptions{
		MapReplacements: v.maps, Programs: ebpf.ProgramOptions{KernelTypes: v.types}})
	if err != nil {
		return nil, explain(err)
	}
	defer coll.Close()
	progs := make([]*ebpf.Program, len(names))
	for i, name := range names {
		progs[i] = coll.DetachProgram(name)
	}
	return progs, nil
}

// undo takes off what was attached of a point that cannot be had whole.
func undo(links []link.Link, progs []*ebpf.Program) {
	for _, l := range links {
		l.Close()
	}
	for _, p := range progs {
		p.Close()
	}
}

func (v *vfs) fentry(p *vfsPoint, fn string) error {
	names := []string{p.prog + "_fentry"}
	if !p.note {
		names = append([]string{p.prog + "_fexit"}, names...)
	}
	progs, err := v.programs(fn, names...)
	if err != nil {
		return err
	}
	var links []link.Link
	for _, prog := range progs {
		l, err := link.AttachTracing(link.TracingOptions{Program: prog})
		if err != nil {
			undo(links, progs)
			return reason(err)
		}
		links = append(links, l)
	}
	v.keep(links, progs)
	return nil
}

// maxActive is how many returns of one function are watched at once: calls
// that sleep hold one each, and the default is about as many as CPUs.
const maxActive = 4096

func (v *vfs) kprobe(p *vfsPoint, fn string) error {
	if err := haveKprobes(); err != nil {
		return err
	}
	names := []string{p.prog + "_kprobe"}
	if !p.note {
		names = append(names, p.prog+"_kretprobe")
	}
	progs, err := v.programs(fn, names...)
	if err != nil {
		return err
	}
	var links []link.Link
	if !p.note {
		l, err := link.Kretprobe(fn, progs[1], &link.KprobeOptions{RetprobeMaxActive: maxActive})
		if err != nil { // no tracefs: the default must do
			l, err = link.Kretprobe(fn, progs[1], nil)
		}
		if err != nil {
			undo(nil, progs)
			return reason(err)
		}
		links = append(links, l)
	}
	l, err := link.Kprobe(fn, progs[0], nil)
	if err != nil {
		undo(links, progs)
		return reason(err)
	}
	v.keep(append(links, l), progs)
	return nil
}

func (v *vfs) keep(links []link.Link, progs []*ebpf.Program) {
	for _, p := range progs {
		v.close = append(v.close, p.Close)
	}
	for _, l := range links {
		v.close = append(v.close, l.Close)
	}
	v.progs = append(v.progs, progs...)
}

// skipped is how often the kernel did not run a program because it was not
// finished on that CPU: at most so many operations are missing, of any thread.
func (v *vfs) skipped() (n uint64) {
	for _, p := range v.progs {
		if st, err := p.Stats(); err == nil {
			n += st.RecursionMisses
		}
	}
	return n
}

// end detaches and unloads everything, links first.
func (v *vfs) end() {
	for _, f := range slices.Backward(v.close) {
		_ = f()
	}
	v.close = nil
}

// haveKprobes says why the kernel has no kprobes.
func haveKprobes() error {
	var st unix.Stat_t
	if unix.Stat("/sys/bus/event_source/devices/kprobe", &st) != nil {
		return errors.New("the kernel has none (CONFIG_KPROBES is not set)")
	}
	return nil
}
