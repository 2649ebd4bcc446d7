package table

import (
	"encoding/binary"
	"slices"

	"github.com/ebtrace/ebtrace/bpf"
)

// PlanOptions choose what else than the arguments' memory is copied.
type PlanOptions struct {
	FDs bool // what descriptors are: those in arguments at entry, those made at exit
	Env bool // the strings of environments, not only their pointers
}

// PlanSet is what the kernel half needs to know of the table: the content of
// the map of plans, which plan serves which number, and which other plan the
// value of an argument selects.
type PlanSet struct {
	Plans    []bpf.TraceEbPlan                // 0 copies nothing; it serves what the table does not know
	Dispatch [NumABI][MaxNR]uint16            // index in Plans
	Variants map[bpf.TraceEbVariantKey]uint32 // index in Plans
}

// Limits of what is copied at once, in bytes.
const (
	maxMem      = 32768 // structures and arrays; EB_CHUNK in bpf/maps.h
	maxSockaddr = 128   // sizeof(struct __kernel_sockaddr_storage), linux/socket.h
	maxSigset   = 128   // 1024 signals, as in the C library's sigset_t
	siginfoSize = 128   // SI_MAX_SIZE, asm-generic/siginfo.h
)

// planner collects distinct plans.
type planner struct {
	set  *PlanSet
	opts PlanOptions
	seen map[string]uint16 // by content
}

// Plans derives the capture plans from the embedded tables.
func Plans(opts PlanOptions) *PlanSet { return plans(loaded(), opts) }

func plans(t *tables, opts PlanOptions) *PlanSet {
	p := &planner{
		set: &PlanSet{
			Plans:    make([]bpf.TraceEbPlan, 0, 512),
			Variants: make(map[bpf.TraceEbVariantKey]uint32, 512),
		},
		opts: opts,
		seen: make(map[string]uint16, 512),
	}
	p.add(bpf.TraceEbPlan{}, nil)
	for abi := range ABI(NumABI) {
		for nr, row := range t.rows[abi] {
			if row != nil {
				p.set.Dispatch[abi][nr] = p.row(row, abi)
			}
		}
	}
	return p.set
}

// variantPlan is a plan for one value of an argument.
type variantPlan struct {
	value uint32
	plan  uint16
}

// row returns the index of the plan of a row that has, or has no, variants.
func (p *planner) row(row *Row, abi ABI) uint16 {
	plan := p.plan(row, abi)
	var variants []variantPlan
	if index := row.index[abi]; len(index) > 0 {
		plain := p.add(plan, nil)
		for _, v := range index {
			if i := p.row(v.row, abi); i != plain {
				variants = append(variants, variantPlan{uint32(v.val), i})
			}
		}
	}
	if len(variants) > 0 {
		plan.Flags |= uint8(bpf.TraceEbPlanFlagEB_P_VARIANT)
		plan.VariantArg = uint8(row.reg(abi))
		plan.VariantMask = uint32(row.VariantMask)
	}
	return p.add(plan, variants)
}

// add returns the index of a plan, which is new if there is no equal one. A
// plan with variants equals another only if these are the same too.
func (p *planner) add(plan bpf.TraceEbPlan, variants []variantPlan) uint16 {
	key := make([]byte, 0, 256)
	key = append(key, plan.Flags, plan.Nops, plan.Fds, plan.VariantArg)
	key = binary.LittleEndian.AppendUint32(key, plan.VariantMask)
	for _, o := range plan.Ops[:plan.Nops] {
		key = append(key, o.Kind, o.Arg, o.When, o.Len, o.LenArg, o.Word, byte(o.Elem), byte(o.Elem>>8))
		key = binary.LittleEndian.AppendUint32(key, o.Max)
	}
	for _, v := range variants {
		key = binary.LittleEndian.AppendUint32(key, v.value)
		key = binary.LittleEndian.AppendUint16(key, v.plan)
	}
	if i, ok := p.seen[string(key)]; ok {
		return i
	}
	i := uint16(len(p.set.Plans))
	p.seen[string(key)] = i
	p.set.Plans = append(p.set.Plans, plan)
	for _, v := range variants {
		p.set.Variants[bpf.TraceEbVariantKey{Plan: uint32(i), Value: v.value}] = uint32(v.plan)
	}
	return i
}

// plan derives the plan of one row for an ABI, without its variants.
func (p *planner) plan(row *Row, abi ABI) bpf.TraceEbPlan {
	b := opBuilder{row: row, abi: abi, opts: p.opts}
	if row.Ret == KindNone {
		b.plan.Flags |= uint8(bpf.TraceEbPlanFlagEB_P_NORETURN)
	}
	if slices.ContainsFunc(row.Args, func(a Arg) bool { return a.Kind == KindArgv }) {
		b.plan.Flags |= uint8(bpf.TraceEbPlanFlagEB_P_EXEC)
	}
	b.fds()
	for i := range row.Args {
		if a := &row.Args[i]; a.Reg[abi] >= 0 {
			b.arg(a)
		}
	}
	return b.plan
}
