package loader

import (
	"errors"
	"slices"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"

	"github.com/ebtrace/ebtrace/test/testenv"
)

// checkLayer checks every program of a layer's object against the types of a
// kernel, and looks for every probed function and its arguments, or tracepoint.
func checkLayer(t *testing.T, spec *ebpf.CollectionSpec, points []point, raw []byte) {
	t.Helper()
	setPreempt(spec, nil)
	whole, part := savedTypes(t, spec, raw)
	l := &layer{kernel: whole}
	done := map[string]bool{}
	for i := range points {
		p := &points[i]
		if err := l.there(p); err != nil && !p.extra && !p.only && p.op != "" {
			t.Error(err)
		}
		for _, name := range programsOf(p) {
			prog := spec.Programs[name]
			if prog == nil {
				t.Errorf("no program %s", name)
				continue
			}
			// those of operations call the same functions, which take all the time
			if same := p.trace == "" && !p.note && i > 0; same || done[name] {
				continue
			}
			done[name] = true
			checkRelocations(t, prog, whole, part)
			checkHelpers(t, prog, whole)
			if p.trace != "" {
				if err := checkTarget(prog, whole); err != nil && !p.extra && !p.only {
					t.Errorf("%s: %v", name, err)
				}
			}
		}
	}
}

// there says what of a point the kernel does not have.
func (l *layer) there(p *point) error {
	if p.trace != "" {
		var def *btf.Typedef
		return l.kernel.TypeByName("btf_trace_"+p.trace, &def)
	}
	if l.find(p) == nil {
		return errors.New("not there with the arguments that it is known by: " + p.funcs[0])
	}
	return nil
}

// programsOf are the names of a point's programs.
func programsOf(p *point) []string {
	if p.trace != "" {
		return []string{p.prog}
	}
	names := []string{p.prog + "_fentry", p.prog + "_kprobe"}
	if !p.note {
		names = append(names, p.prog+"_fexit", p.prog+"_kretprobe")
	}
	return names
}

// TestLayerTables: an operation's rows stand together, its name is not that of
// a word of the option that asks for it, and each row of a function has its point.
func TestLayerTables(t *testing.T) {
	for _, points := range [][]point{vfsPoints, netPoints} {
		var ops []string
		numbers := map[uint32]string{}
		for _, p := range points {
			if p.op == "best" || p.op == "all" {
				t.Errorf("operation %s is a word", p.op)
			}
			if p.op != "" && slices.Contains(ops, p.op) && ops[len(ops)-1] != p.op {
				t.Errorf("the rows of %s do not stand together", p.op)
			}
			ops = append(ops, p.op)
			if p.trace != "" {
				continue
			}
			if other := numbers[p.point]; other != "" {
				t.Errorf("%s and %s both have point %d", other, p.prog, p.point)
			}
			numbers[p.point] = p.prog
		}
	}
}

// TestFexitLoads: the verifier takes the programs for the ends of functions.
// Where fexit itself is refused they are loaded as programs of a tracepoint
// whose arguments have the same kinds of places.
func TestFexitLoads(t *testing.T) {
	testenv.NeedRoot(t)
	s, err := Open(Options{Net: &Net{Best: true}, Buffer: 1 << 16, Threads: 64})
	if err != nil {
		t.Fatal(whole(err))
	}
	defer s.Close()
	loaded := 0
	for i := range netPoints {
		p := &netPoints[i]
		f := s.net.find(p)
		if p.trace != "" || p.note || f == nil || len(f.params) > 3 {
			continue
		}
		name := p.prog + "_fexit"
		prog := s.net.spec.Programs[name].Copy()
		prog.AttachType, prog.AttachTo = ebpf.AttachTraceRawTp, "sched_switch" // four arguments
		some := *s.net.spec
		some.Programs = map[string]*ebpf.ProgramSpec{name: prog}
		coll, err := ebpf.NewCollectionWithOptions(&some, ebpf.CollectionOptions{
			MapReplacements: s.net.maps, Programs: ebpf.ProgramOptions{KernelTypes: s.net.types}})
		if err != nil {
			t.Errorf("%s: %s", name, whole(err))
			continue
		}
		coll.Close()
		loaded++
	}
	if loaded == 0 {
		t.Error("none")
	}
}
