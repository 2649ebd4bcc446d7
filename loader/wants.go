package loader

import (
	"github.com/ebtrace/ebtrace/bpf"
	"github.com/ebtrace/ebtrace/decode/table"
)

// wants is what each call number needs (enum eb_want in bpf/maps.h).
type wants struct {
	byNumber  [table.NumABI * table.MaxNR]uint8
	unknown   uint8
	needEntry bool // sys_enter must be attached
	needCopy  bool // memory is copied for some call
}

func makeWants(o *Options, plans *table.PlanSet) *wants {
	enter, exit := o.Enter, o.Exit
	if enter == nil {
		enter = table.AllCalls()
	}
	if exit == nil {
		exit = table.AllCalls()
	}
	w := &wants{needEntry: o.Times || o.OffCPU || o.VFS != nil || o.Net != nil || o.Counts || o.MinDuration > 0}
	for abi := range table.ABI(table.NumABI) {
		for nr := range int32(table.MaxNR) {
			b := halves(enter.Has(abi, nr), exit.Has(abi, nr))
			if b == 0 {
				continue
			}
			b |= needs(plans, plans.Dispatch[abi][nr])
			row := table.Lookup(abi, nr)
			if b&^wantPassive != 0 || row == nil && table.Name(abi, nr) != "" || row != nil && row.Blocks() {
				w.needEntry = true
			}
			if b&wantCopy != 0 && !o.Counts {
				w.needCopy = true
			}
			w.byNumber[int(abi)*table.MaxNR+int(nr)] = b
		}
	}
	w.unknown = halves(enter.Unknown, exit.Unknown)
	return w
}

const (
	wantCopy     = uint8(bpf.TraceEbWantEB_W_ENTRY_OPS) | uint8(bpf.TraceEbWantEB_W_EXIT_OPS)
	wantSelected = uint8(bpf.TraceEbWantEB_W_SELECTED)
	// what can be had at the exit of a call alone
	wantPassive = wantSelected | uint8(bpf.TraceEbWantEB_W_EXIT_OPS) | uint8(bpf.TraceEbWantEB_W_VARIANT)
)

func halves(enter, exit bool) uint8 {
	switch {
	case enter && exit:
		return wantSelected
	case exit:
		return wantSelected
	case enter:
		return wantSelected | uint8(bpf.TraceEbWantEB_W_ENTER_HALF) | uint8(bpf.TraceEbWantEB_W_NO_EXIT_HALF)
	}
	return 0
}

// needs says what plan p and its variants do.
func needs(plans *table.PlanSet, p uint16) uint8 {
	plan := &plans.Plans[p]
	b := planNeeds(plan)
	if plan.Flags&uint8(bpf.TraceEbPlanFlagEB_P_VARIANT) == 0 {
		return b
	}
	b |= uint8(bpf.TraceEbWantEB_W_VARIANT)
	for key, to := range plans.Variants {
		if key.Plan == uint32(p) {
			b |= planNeeds(&plans.Plans[to])
		}
	}
	return b
}

func planNeeds(plan *bpf.TraceEbPlan) (b uint8) {
	if plan.Flags&uint8(bpf.TraceEbPlanFlagEB_P_NORETURN) != 0 {
		b |= uint8(bpf.TraceEbWantEB_W_NORETURN)
	}
	if plan.Flags&uint8(bpf.TraceEbPlanFlagEB_P_EXEC) != 0 {
		b |= uint8(bpf.TraceEbWantEB_W_EXEC)
	}
	for _, op := range plan.Ops[:plan.Nops] {
		if op.When&uint8(bpf.TraceEbWhenEB_AT_ENTRY) != 0 {
			b |= uint8(bpf.TraceEbWantEB_W_ENTRY_OPS)
		}
		if op.When&uint8(bpf.TraceEbWhenEB_AT_EXIT|bpf.TraceEbWhenEB_AT_EXIT_ALWAYS) != 0 {
			b |= uint8(bpf.TraceEbWantEB_W_EXIT_OPS)
		}
	}
	return b
}
