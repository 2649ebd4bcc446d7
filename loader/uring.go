package loader

import (
	"errors"
	"fmt"
	"runtime"
	"slices"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
	"github.com/cilium/ebpf/link"

	"github.com/ebtrace/ebtrace/bpf"
	"github.com/ebtrace/ebtrace/decode/table"
)

// URing asks for the requests of io_uring, and for what the kernel's threads do
// for them.
type URing struct {
	Ops    []string // of table.RequestNames; nil: all
	Best   bool     // where requests cannot be seen, go on without
	Hidden bool     // no records of requests: only that other layers see what is done for them
}

// uringLayer is the object of a session for io_uring.
type uringLayer struct {
	layer
	hidden error // with URing.Best: why requests cannot be seen
}

// URingMissing is why requests are not shown although they were asked for; nil
// if they are. With URing.Best only.
func (s *Session) URingMissing() error {
	if s.uring == nil {
		return nil
	}
	return s.uring.hidden
}

// uringPoint is the one function that is probed, for the other layers: while it
// runs, what the thread does is done for its request.
var uringPoint = point{prog: "issue", point: uint32(bpf.UringEbUringPointEB_P_issue), funcs: []string{"io_issue_sqe"}, proto: []string{"req", "issue_flags"},
	args: argNames{0: "req"}}

// uringTraces are the tracepoints, by program: the first name that the kernel
// has. The optional ones came later, or tell more.
var uringTraces = []struct {
	prog     string
	names    []string
	optional bool
}{
	{prog: "ring_made", names: []string{"io_uring_create"}},
	{prog: "request_complete", names: []string{"io_uring_complete"}},
	{prog: "request_overflow", names: []string{"io_uring_cqe_overflow"}, optional: true},
	{prog: "request_async", names: []string{"io_uring_queue_async_work"}},
	{prog: "request_polled", names: []string{"io_uring_poll_arm"}},
	{prog: "request_refused", names: []string{"io_uring_req_failed"}, optional: true},
	{prog: "request_submitted", names: []string{"io_uring_submit_req", "io_uring_submit_sqe"}},
}

// errOldURing: the requests of the first versions are not those that are known.
var errOldURing = errors.New("its tracepoints of io_uring are not those of Linux 5.10.162 or later")

// uringShapes are the numbers of arguments of tracepoints, and what they mean:
// include/trace/events/io_uring.h.
type uringShapes struct {
	complete bpf.UringEbCompleteShape
	late     bool // the ring stands before the request
}

// readShapes finds how the kernel's tracepoints of io_uring look.
func readShapes(kernel *btf.Spec) (s uringShapes, err error) {
	switch args, err := traceArgs(kernel, "io_uring_complete"); {
	case err != nil:
		return s, err
	case args == 4:
		s.complete = bpf.UringEbCompleteShapeEB_COMPLETE_DATA
	case args == 7:
		s.complete = bpf.UringEbCompleteShapeEB_COMPLETE_REQ
	case args == 3:
		s.complete = bpf.UringEbCompleteShapeEB_COMPLETE_CQE
	default:
		return s, errOldURing
	}
	for _, name := range []string{"io_uring_submit_req", "io_uring_submit_sqe"} {
		switch args, err := traceArgs(kernel, name); {
		case err != nil:
			continue
		case args == 7:
			s.late = true
			return s, nil
		case args == 1 || args == 2:
			return s, nil
		}
	}
	return s, errOldURing
}

// traceArgs is how many arguments a tracepoint has.
func traceArgs(kernel *btf.Spec, name string) (int, error) {
	var def *btf.Typedef
	if err := kernel.TypeByName("btf_trace_"+name, &def); err != nil {
		return 0, fmt.Errorf("it has no tracepoint %s", name)
	}
	if p, ok := btf.UnderlyingType(def).(*btf.Pointer); ok {
		if f, ok := btf.UnderlyingType(p.Target).(*btf.FuncProto); ok {
			return len(f.Params) - 1, nil // the first is the tracepoint's own
		}
	}
	return 0, fmt.Errorf("its types do not describe tracepoint %s", name)
}

// openURing attaches what the options ask for.
func (s *Session) openURing(o *Options) error {
	err := unlocked(func() error { return s.newURing().open(s, o) })
	if err == nil {
		return nil
	}
	err = fmt.Errorf("uring: requests of io_uring cannot be seen on this kernel: %w", err)
	if !o.URing.Best {
		return err
	}
	s.uring.end()
	s.uring.hidden = err
	return nil
}

// newURing takes the place of one that could not be opened.
func (s *Session) newURing() *uringLayer {
	if s.uring != nil {
		s.uring.end()
	}
	s.uring = &uringLayer{layer: layer{name: "uring", what: "io_uring",
		own:   []string{"scratch", "works", "plans", "request_plans", "requests", "same_data", "rings", "uring_lost", ".rodata"},
		means: map[string]string{}, seconds: map[*ebpf.Program]*ebpf.Program{}}}
	return s.uring
}

func (u *uringLayer) open(s *Session, o *Options) (err error) {
	if u.spec, err = bpf.LoadUring(); err != nil {
		return fmt.Errorf("read its programs: %w", err)
	}
	kernel, err := btf.LoadKernelSpec()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNoBTF, err)
	}
	shapes, err := readShapes(kernel)
	if err != nil {
		return err
	}
	abi := table.AMD64
	if runtime.GOARCH == "arm64" {
		abi = table.ARM64
	}
	plans := table.RequestPlans(table.PlanOptions{FDs: o.FDs, Env: o.Env}, abi)
	u.points = []point{uringPoint}
	u.settings = map[string]any{
		"complete_shape": uint8(shapes.complete), "submit_late": flag(shapes.late), "show_requests": flag(!o.URing.Hidden),
		"request_ops": opSet(o.URing.Ops), "str_size": uint32(o.StrSize), "want_fds": flag(o.FDs),
	}
	u.spec.Maps["plans"].MaxEntries = uint32(len(plans.Plans))
	if err := u.load(s, o); err != nil {
		return err
	}
	if err := u.fillMaps(plans); err != nil {
		return fmt.Errorf("fill the maps: %w", err)
	}
	if err := u.attachTraces(kernel); err != nil {
		return err
	}
	if o.VFS != nil || o.Net != nil {
		_, _ = u.attach(&uringPoint) // without, what is done for requests is not told apart by request
	}
	return nil
}

// attachTraces loads the programs of all tracepoints at once, then attaches them.
func (u *uringLayer) attachTraces(kernel *btf.Spec) error {
	var progs, names []string
	for _, t := range uringTraces {
		i := slices.IndexFunc(t.names, func(name string) bool { _, err := traceArgs(kernel, name); return err == nil })
		switch {
		case i >= 0:
			progs, names = append(progs, t.prog), append(names, t.names[i])
		case !t.optional:
			return fmt.Errorf("it has no tracepoint %s", t.names[0])
		}
	}
	loaded, err := u.programs("", progs...)
	if err != nil {
		return err
	}
	u.keep(nil, loaded)
	for i, name := range names {
		at, err := link.AttachRawTracepoint(link.RawTracepointOptions{Name: name, Program: loaded[i]})
		if err != nil {
			return fmt.Errorf("tracepoint %s: %w", name, reason(err))
		}
		u.keep([]link.Link{at}, nil)
	}
	return nil
}

// opSet is a set of operations as a bitmap.
func opSet(names []string) (set [4]uint64) {
	if names == nil {
		return [4]uint64{^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0)}
	}
	for _, name := range names {
		if op, ok := table.RequestOp(name); ok {
			set[op/64] |= 1 << (op % 64)
		}
	}
	return set
}

func (u *uringLayer) fillMaps(plans *table.RequestSet) error {
	for i := range plans.Plans {
		if err := u.maps["plans"].Put(uint32(i), &plans.Plans[i]); err != nil {
			return err
		}
	}
	ops := make([]uint32, len(plans.Ops))
	for i := range ops {
		ops[i] = uint32(i)
	}
	_, err := u.maps["request_plans"].BatchUpdate(ops, plans.Ops[:], nil)
	return err
}

// lost is what of requests was not recorded and has no place in any thread's
// numbering.
func (u *uringLayer) lost() (l bpf.UringEbUringLost) {
	if m := u.maps["uring_lost"]; m != nil {
		_ = m.Lookup(uint32(0), &l)
	}
	return l
}
