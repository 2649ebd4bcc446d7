package loader

import (
	"fmt"
	"maps"
	"math/bits"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
	"github.com/cilium/ebpf/link"

	"github.com/ebtrace/ebtrace/bpf"
	"github.com/ebtrace/ebtrace/decode/table"
)

// Session is a running trace: programs in the kernel, the rings that they
// fill and the table of the threads that they trace. Close ends it and leaves
// nothing behind; so does the death of the process.
type Session struct {
	spec     *ebpf.CollectionSpec
	types    *btf.Spec
	maps     map[string]*ebpf.Map
	vars     bpf.TraceVariables
	progs    map[string]*ebpf.Program
	linked   sync.Mutex // guards links and the detaching of vfs
	links    []link.Link
	ring     *ring
	rare     *ring
	slots    *slots
	enter    *table.CallSet // nil: all
	hasEntry bool
	vfs, net *layer // nil: not asked for
	uring    *uringLayer
}

// Open loads and attaches what the options need. Nothing is traced until
// Launch or Attach.
func Open(o Options) (*Session, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	var s *Session
	var plans *table.PlanSet
	err := unlocked(func() (err error) {
		s = &Session{enter: o.Enter}
		if plans, err = s.load(&o); err != nil {
			s.Close()
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := s.start(&o, plans); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (o *Options) check() error {
	if o.Threads == 0 {
		o.Threads = DefaultThreads
	}
	if o.Buffer == 0 {
		o.Buffer = min(max(runtime.NumCPU()*bufferPerCPU, minBuffer), maxBuffer)
	}
	o.Buffer = 1 << bits.Len(uint(max(o.Buffer, 4096)-1))
	switch {
	case o.Threads < 1 || o.Threads > MaxThreads:
		return fmt.Errorf("%d threads: must be 1 to %d", o.Threads, MaxThreads)
	case o.Buffer > 1<<30:
		return fmt.Errorf("a buffer of %d bytes: at most 1 GiB", o.Buffer)
	case o.StrSize < 0:
		return fmt.Errorf("a string size of %d: must not be negative", o.StrSize)
	case len(o.Paths) > 64:
		return fmt.Errorf("%d paths: at most 64", len(o.Paths))
	case len(o.Comms) > 16 || len(o.UIDs) > 16:
		return fmt.Errorf("%d names and %d users: at most 16 of each", len(o.Comms), len(o.UIDs))
	}
	for _, p := range o.Paths {
		if len(p) > 255 {
			return fmt.Errorf("path '%.40s...' has %d bytes: the kernel half compares at most 255", p, len(p))
		}
	}
	o.StrSize = min(o.StrSize, MaxStrSize)
	if o.VFS != nil {
		if err := o.VFS.check(); err != nil {
			return err
		}
	}
	if o.Net != nil {
		return o.Net.check()
	}
	return nil
}

// configure sizes the maps and sets the constants of the programs.
func configure(spec *ebpf.CollectionSpec, o *Options, plans *table.PlanSet, w *wants) error {
	spec.Maps["slots"].MaxEntries = uint32(o.Threads + 1)
	spec.Maps["free_slots"].MaxEntries = uint32(o.Threads)
	spec.Maps["claimed"].MaxEntries = uint32(o.Threads)
	spec.Maps["ring"].MaxEntries = uint32(o.Buffer)
	spec.Maps["rare"].MaxEntries = rareBuffer
	spec.Maps["plans"].MaxEntries = uint32(len(plans.Plans))
	if err := sizeSlotOf(spec); err != nil {
		return err
	}
	cpus, err := ebpf.PossibleCPU()
	if err != nil {
		return err
	}
	spec.Maps["scratch"].MaxEntries = uint32(cpus)
	for name, v := range constants(o, plans, w) {
		if err := spec.Variables[name].Set(v); err != nil {
			return fmt.Errorf("set %s: %w", name, err)
		}
	}
	return nil
}

// sizeSlotOf makes the array from process ids to slots as large as the
// highest process id.
func sizeSlotOf(spec *ebpf.CollectionSpec) error {
	limit := uint64(4 << 20) // include/linux/threads.h, PID_MAX_LIMIT on 64-bit
	if b, err := os.ReadFile("/proc/sys/kernel/pid_max"); err == nil {
		if n, err := strconv.ParseUint(strings.TrimSpace(string(b)), 10, 32); err == nil {
			limit = n
		}
	}
	if err := spec.Variables["pid_limit"].Set(uint32(limit)); err != nil {
		return err
	}
	m := spec.Maps[".data.slot_of"]
	m.ValueSize = uint32(2 * limit)
	m.Contents[0].Value = make([]byte, m.ValueSize)
	return nil
}

// constants are the settings of bpf/maps.h.
func constants(o *Options, plans *table.PlanSet, w *wants) map[string]any {
	c := map[string]any{
		"want":         w.byNumber,
		"dispatch":     flatten(plans.Dispatch),
		"want_unknown": w.unknown,
		"has_entry":    flag(w.needEntry),
		"preemptible":  flag(needNoPreempt(kernelRelease())),
		"count_only":   flag(o.Counts),
		"follow":       flag(!o.NoFollow),
		"helpers":      flag(o.URing != nil),
		"max_slots":    uint32(o.Threads),
		"str_size":     uint32(o.StrSize),
		"want_fds":     flag(o.FDs),
		"want_away":    flag(o.OffCPU),
		"signal_set":   uint64(o.Signals),
		"filters":      uint32(o.filters()),
		"min_duration": uint64(o.MinDuration),
	}
	if o.Status != nil {
		c["status_ok"] = flag(*o.Status&table.Successful != 0)
		c["status_failed"] = flag(*o.Status&table.Failed != 0)
		c["status_unfinished"] = flag(*o.Status&table.Unfinished != 0)
	}
	if o.Errnos != nil {
		c["errno_set"] = [64]uint64(*o.Errnos)
	}
	if o.FDSet != nil {
		var set [16]uint64
		for fd := range int32(1024) {
			if o.FDSet.Has(fd) {
				set[fd/64] |= 1 << (fd % 64)
			}
		}
		c["fd_set_bits"] = set
		c["fd_set_rest"] = flag(o.FDSet.Not)
	}
	if o.filters()&bpf.TraceEbFilterEB_FILTER_COMM != 0 {
		var set [16][16]int8
		for i, name := range o.Comms {
			for j := range min(len(name), 15) {
				set[i][j] = int8(name[j])
			}
		}
		c["comms"], c["ncomms"] = set, uint32(len(o.Comms))
	}
	if len(o.UIDs) > 0 {
		var set [16]uint32
		copy(set[:], o.UIDs)
		c["uids"], c["nuids"] = set, uint32(len(o.UIDs))
	}
	return c
}

func (o *Options) filters() (f bpf.TraceEbFilter) {
	for _, t := range []struct {
		asked bool
		bit   bpf.TraceEbFilter
	}{
		{o.Status != nil, bpf.TraceEbFilterEB_FILTER_STATUS},
		{o.Errnos != nil, bpf.TraceEbFilterEB_FILTER_ERRNO},
		{o.MinDuration > 0, bpf.TraceEbFilterEB_FILTER_DURATION},
		{o.FDSet != nil, bpf.TraceEbFilterEB_FILTER_FD},
		{len(o.Paths) > 0, bpf.TraceEbFilterEB_FILTER_PATH},
		{len(o.Comms) > 0, bpf.TraceEbFilterEB_FILTER_COMM},
		{len(o.UIDs) > 0, bpf.TraceEbFilterEB_FILTER_UID},
	} {
		if t.asked {
			f |= t.bit
		}
	}
	return f
}

func flag(b bool) uint8 {
	if b {
		return 1
	}
	return 0
}

func flatten(d [table.NumABI][table.MaxNR]uint16) (f [table.NumABI * table.MaxNR]uint16) {
	for i := range d {
		copy(f[i*table.MaxNR:], d[i][:])
	}
	return f
}

// start fills the maps, maps the rings and attaches the programs.
func (s *Session) start(o *Options, plans *table.PlanSet) (err error) {
	if err := s.fill(o, plans); err != nil {
		return fmt.Errorf("fill the maps: %w", err)
	}
	if s.slots, err = openSlots(s.maps["slots"].FD(), o.Threads+1); err != nil {
		return err
	}
	if s.ring, err = openRing(s.maps["ring"].FD(), o.Buffer); err != nil {
		return err
	}
	if s.rare, err = openRing(s.maps["rare"].FD(), rareBuffer); err != nil {
		return err
	}
	for _, point := range attachPoints {
		prog := s.progs[point.prog]
		if prog == nil {
			continue
		}
		l, err := link.AttachRawTracepoint(link.RawTracepointOptions{Name: point.name, Program: prog})
		if err != nil {
			return explain(err)
		}
		s.links = append(s.links, l)
	}
	if o.URing != nil {
		if err := s.openURing(o); err != nil {
			return err
		}
	}
	if o.VFS != nil {
		if err := unlocked(func() error { return s.openVFS(o) }); err != nil {
			return err
		}
	}
	if o.Net != nil {
		return unlocked(func() error { return s.openNet(o) })
	}
	return nil
}

// attachPoints are the raw tracepoints in the order of attaching: the tree is
// kept before the first call is seen.
var attachPoints = []struct{ prog, name string }{
	{"task_fork", "sched_process_fork"},
	{"task_exec", "sched_process_exec"},
	{"task_exit", "sched_process_exit"},
	{"task_fork" + again, "sched_process_fork"}, // after the first copies: they run in this order
	{"task_exec" + again, "sched_process_exec"},
	{"task_exit" + again, "sched_process_exit"},
	{"task_helper", "task_newtask"},
	{"signal_taken", "signal_deliver"},
	{"signal_untaken", "signal_generate"},
	{"task_switch", "sched_switch"},
	{"sys_exit", "sys_exit"},
	{"sys_exit" + again, "sys_exit"},
	{"sys_enter", "sys_enter"},
	{"sys_enter" + again, "sys_enter"},
}

func (s *Session) fill(o *Options, plans *table.PlanSet) error {
	keys := make([]uint32, len(plans.Plans))
	for i := range keys {
		keys[i] = uint32(i)
	}
	if _, err := s.maps["plans"].BatchUpdate(keys, plans.Plans, nil); err != nil {
		return err
	}
	variants := slices.Collect(maps.Keys(plans.Variants))
	chosen := make([]uint32, len(variants))
	for i, k := range variants {
		chosen[i] = plans.Variants[k]
	}
	if _, err := s.maps["variants"].BatchUpdate(variants, chosen, nil); err != nil {
		return err
	}
	for _, path := range o.Paths {
		var k bpf.TraceEbPathKey
		for i := range len(path) {
			k.Path[i] = int8(path[i])
		}
		if err := s.maps["paths"].Put(k, uint8(1)); err != nil {
			return err
		}
	}
	return nil
}

// lastRuns is how long programs that have been detached may still run: the
// kernel does not wait for those that were running on other CPUs.
const lastRuns = 2 * time.Millisecond

// Stop ends the recording of a tree that lives on, before the pump is stopped:
// what threads did up to here is in the rings, and nothing more will be, so
// that none of it counts as lost. Close does the rest.
func (s *Session) Stop() error {
	err := s.detach()
	time.Sleep(lastRuns)
	return err
}

func (s *Session) detach() (first error) {
	s.linked.Lock()
	defer s.linked.Unlock()
	for _, l := range slices.Backward(s.links) {
		if err := l.Close(); err != nil && first == nil {
			first = err
		}
	}
	s.links = nil
	for _, l := range s.layers() {
		l.detach()
	}
	return first
}

// layers are the objects beside that of the calls.
func (s *Session) layers() (all []*layer) {
	for _, l := range []*layer{s.vfs, s.net} {
		if l != nil {
			all = append(all, l)
		}
	}
	if s.uring != nil {
		all = append(all, &s.uring.layer)
	}
	return all
}

// Close detaches and unloads everything.
func (s *Session) Close() error {
	first := s.detach()
	for _, l := range s.layers() {
		l.end()
	}
	if s.ring != nil {
		s.ring.close()
	}
	if s.rare != nil {
		s.rare.close()
	}
	if s.slots != nil {
		s.slots.close()
	}
	for _, m := range s.maps {
		m.Close()
	}
	for _, p := range s.progs {
		p.Close()
	}
	return first
}
