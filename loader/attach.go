package loader

import (
	"errors"
	"slices"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"
)

// programs loads programs of the object, attached to function fn where that is
// chosen when they are loaded.
func (l *layer) programs(fn string, names ...string) ([]*ebpf.Program, error) {
	some := *l.spec
	some.Programs = map[string]*ebpf.ProgramSpec{}
	for _, name := range names {
		p := l.spec.Programs[name].Copy()
		if p.Type == ebpf.Tracing {
			p.AttachTo = fn
		}
		some.Programs[name] = p
	}
	coll, err := ebpf.NewCollectionWithOptions(&some, ebpf.CollectionOptions{
		MapReplacements: l.maps, Programs: ebpf.ProgramOptions{KernelTypes: l.types}})
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

// undo takes off what was attached of what cannot be had whole, links first.
func undo(links []link.Link, progs []*ebpf.Program) {
	for _, l := range slices.Backward(links) {
		_ = l.Close()
	}
	for _, p := range progs {
		_ = p.Close()
	}
}

func (l *layer) tracepoint(p *point) error {
	if slices.Contains(l.traces, p.prog) {
		return nil
	}
	progs, err := l.programs("", p.prog)
	if err != nil {
		return err
	}
	at, err := link.AttachRawTracepoint(link.RawTracepointOptions{Name: p.trace, Program: progs[0]})
	if errors.Is(err, unix.ENOENT) {
		err = errors.New("it has no tracepoint " + p.trace)
	}
	if err != nil {
		undo(nil, progs)
		return reason(err)
	}
	l.keep([]link.Link{at}, progs)
	l.traces = append(l.traces, p.prog)
	return nil
}

func (l *layer) fentry(p *point, fn string) error {
	names := []string{p.prog + "_fentry"}
	if !p.note {
		names = append([]string{p.prog + "_fexit"}, names...)
	}
	n := len(names)
	for _, name := range names[:n] {
		if l.spec.Programs[name+again] != nil {
			names = append(names, name+again)
		}
	}
	progs, err := l.programs(fn, names...)
	if err != nil {
		return err
	}
	var links []link.Link
	for _, prog := range progs {
		at, err := link.AttachTracing(link.TracingOptions{Program: prog})
		if err != nil {
			undo(links, progs)
			return reason(err)
		}
		links = append(links, at)
	}
	for i, second := range progs[n:] {
		l.seconds[progs[i]] = second
	}
	l.keep(links, progs)
	return nil
}

// maxActive is how many returns of one function are watched at once: calls
// that sleep hold one each, and the default is about as many as CPUs.
const maxActive = 4096

func (l *layer) kprobe(p *point, fn string) error {
	names := []string{p.prog + "_kprobe"}
	if !p.note {
		names = append(names, p.prog+"_kretprobe")
	}
	progs, err := l.programs(fn, names...)
	if err != nil {
		return err
	}
	var links []link.Link
	if !p.note {
		at, err := link.Kretprobe(fn, progs[1], &link.KprobeOptions{RetprobeMaxActive: maxActive})
		if err != nil { // no tracefs: the default must do
			at, err = link.Kretprobe(fn, progs[1], nil)
		}
		if err != nil {
			undo(nil, progs)
			return reason(err)
		}
		links = append(links, at)
	}
	at, err := link.Kprobe(fn, progs[0], nil)
	if err != nil {
		undo(links, progs)
		return reason(err)
	}
	l.keep(append(links, at), progs)
	return nil
}

func (l *layer) keep(links []link.Link, progs []*ebpf.Program) {
	l.links = append(l.links, links...)
	l.progs = append(l.progs, progs...)
}

// skipped is how often the kernel did not run a program because it was not
// finished on that CPU: at most so many operations are missing, of any thread.
func (l *layer) skipped() (n uint64) {
	counted := map[*ebpf.Program]bool{}
	for p, second := range l.seconds {
		n += missed(p, second)
		counted[p], counted[second] = true, true
	}
	for _, p := range l.progs {
		if !counted[p] {
			n += missed(p, nil)
		}
	}
	return n
}

// detach takes the programs off; what they counted can still be read.
func (l *layer) detach() {
	undo(l.links, nil)
	l.links, l.traces = nil, nil
}

// end detaches and unloads everything.
func (l *layer) end() {
	l.detach()
	undo(nil, l.progs)
	for _, name := range l.own {
		if m := l.maps[name]; m != nil {
			_ = m.Close()
		}
	}
	l.progs, l.maps = nil, nil
}

// haveKprobes says why the kernel has no kprobes.
func haveKprobes() error {
	var st unix.Stat_t
	if unix.Stat("/sys/bus/event_source/devices/kprobe", &st) != nil {
		return errors.New("the kernel has none (CONFIG_KPROBES is not set)")
	}
	return nil
}
