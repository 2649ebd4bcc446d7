package loader

import (
	"errors"
	"fmt"
	"maps"
	"sync"
	"unsafe"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"

	"github.com/ebtrace/ebtrace/bpf"
	"github.com/ebtrace/ebtrace/decode/table"
)

// load puts maps and programs into the kernel. Start-up is most of the cost of
// a short trace, so what does not depend on each other runs side by side: the
// large maps, the plans and the kernel's types while the programs are read;
// then the program that the verifier takes longest for.
func (s *Session) load(o *Options) (plans *table.PlanSet, err error) {
	object, err := newObject(bpf.TraceObject())
	if err != nil {
		return nil, err
	}
	kernel := after(func() (*kernel, error) { return readKernel(object) })
	spec := after(object.spec)
	large, lerr := largeMaps(o)
	s.maps, s.progs = large, map[string]*ebpf.Program{}
	plans = table.Plans(table.PlanOptions{FDs: o.FDs, Env: o.Env})
	wants := makeWants(o, plans)
	s.hasEntry = wants.needEntry
	s.spec, err = spec()
	if err = errors.Join(err, lerr); err == nil {
		err = errors.Join(configure(s.spec, o, plans, wants), setPathTests(s.spec, o))
	}
	if err == nil {
		err = s.loadMaps()
	}
	known, kerr := kernel()
	if err = errors.Join(err, kerr); err == nil {
		s.types = known.types
		setPreempt(s.spec, known.funcs)
		err = s.loadPrograms(o, wants.needCopy)
	}
	return plans, explain(err)
}

// kernel is what the programs need to know of the running kernel.
type kernel struct {
	types *btf.Spec
	funcs map[string]uint32 // ids of the functions that programs may call
}

func readKernel(o *object) (*kernel, error) {
	names, err := o.typeNames()
	if err != nil {
		return nil, err
	}
	if needNoPreempt(kernelRelease()) {
		for _, name := range preemptCalls {
			names[name] = true
		}
	}
	k := new(kernel)
	k.types, k.funcs, err = kernelTypes(names)
	return k, err
}

// after runs f beside the caller; the function returned waits for its result.
func after[T any](f func() (T, error)) func() (T, error) {
	var v T
	var err error
	var wg sync.WaitGroup
	wg.Go(func() { v, err = f() })
	return func() (T, error) { wg.Wait(); return v, err }
}

// largeMaps makes the maps whose memory takes the kernel longest to clear.
func largeMaps(o *Options) (map[string]*ebpf.Map, error) {
	all := map[string]*ebpf.Map{}
	for _, m := range []ebpf.MapSpec{
		{Name: "ring", Type: ebpf.RingBuf, MaxEntries: uint32(o.Buffer)},
		{Name: "rare", Type: ebpf.RingBuf, MaxEntries: rareBuffer},
		{Name: "slots", Type: ebpf.Array, KeySize: 4, ValueSize: uint32(unsafe.Sizeof(bpf.TraceEbSlot{})),
			MaxEntries: uint32(o.Threads + 1), Flags: mmapable},
	} {
		made, err := ebpf.NewMap(&m)
		if err != nil {
			return all, fmt.Errorf("make map %s: %w", m.Name, err)
		}
		all[m.Name] = made
	}
	return all, nil
}

const mmapable = 1 << 10 // include/uapi/linux/bpf.h: BPF_F_MMAPABLE

// loadMaps makes the other maps.
func (s *Session) loadMaps() error {
	rest := *s.spec
	rest.Programs = nil
	coll, err := ebpf.NewCollectionWithOptions(&rest, ebpf.CollectionOptions{MapReplacements: s.maps})
	if err != nil {
		return err
	}
	defer coll.Close()
	for name := range s.spec.Maps {
		if s.maps[name] == nil {
			s.maps[name] = coll.DetachMap(name)
		}
		s.spec.Maps[name].Flags = s.maps[name].Flags() // the library adds some
	}
	return coll.Assign(&s.vars)
}

// loadPrograms loads what every trace needs, and, with copied, what copies the
// memory that calls refer to.
func (s *Session) loadPrograms(o *Options, copied bool) error {
	small := []string{"task_fork", "task_exec", "task_exit", "sys_exit"}
	if o.Signals != 0 {
		small = append(small, "signal_taken", "signal_untaken")
	}
	if o.OffCPU {
		small = append(small, "task_switch")
	}
	if o.URing != nil {
		small = append(small, "task_helper")
	}
	if s.hasEntry {
		small = append(small, "sys_enter")
	}
	for _, name := range small {
		if s.spec.Programs[name+again] != nil {
			small = append(small, name+again)
		}
	}
	large := after(func() (map[string]*ebpf.Program, error) {
		if !copied {
			return nil, nil
		}
		return s.programs("copy")
	})
	progs, err := s.programs(small...)
	more, lerr := large()
	maps.Copy(s.progs, progs)
	maps.Copy(s.progs, more)
	if err := errors.Join(err, lerr); err != nil {
		return err
	}
	if !copied {
		return nil
	}
	return s.maps["tails"].Put(uint32(0), s.progs["copy"])
}

// programs loads the programs named, with the session's maps.
func (s *Session) programs(names ...string) (map[string]*ebpf.Program, error) {
	some := *s.spec
	some.Programs = map[string]*ebpf.ProgramSpec{}
	for _, name := range names {
		some.Programs[name] = s.spec.Programs[name]
	}
	coll, err := ebpf.NewCollectionWithOptions(some.Copy(), ebpf.CollectionOptions{
		MapReplacements: s.maps, Programs: ebpf.ProgramOptions{KernelTypes: s.types}})
	if err != nil {
		return nil, err
	}
	defer coll.Close()
	progs := map[string]*ebpf.Program{}
	for _, name := range names {
		progs[name] = coll.DetachProgram(name)
	}
	return progs, nil
}

// iterator loads the program that finds the threads to attach to.
func (s *Session) iterator() (*ebpf.Program, error) {
	const name = "attach_tasks"
	if s.progs[name] == nil {
		var progs map[string]*ebpf.Program
		err := unlocked(func() (err error) { progs, err = s.programs(name); return err })
		if err != nil {
			return nil, explain(err)
		}
		s.progs[name] = progs[name]
	}
	return s.progs[name], nil
}
