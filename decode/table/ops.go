package table

import "github.com/ebtrace/ebtrace/bpf"

// opBuilder derives the operations of one plan.
type opBuilder struct {
	row     *Row
	abi     ABI
	opts    PlanOptions
	plan    bpf.TraceEbPlan
	dropped int // operations that found no room
}

// op is an operation before it has its place.
type op struct {
	kind bpf.TraceEbOpKind
	len  Len
	elem uint32
	max  uint32
}

// emit adds an operation for register reg.
func (b *opBuilder) emit(reg, when uint8, o op) {
	if int(b.plan.Nops) == len(b.plan.Ops) {
		b.dropped++
		return
	}
	to := &b.plan.Ops[b.plan.Nops]
	b.plan.Nops++
	*to = bpf.TraceEbOp{
		Kind: uint8(o.kind), Arg: reg, When: when,
		Word: uint8(b.abi.Word()), Elem: uint16(o.elem), Max: o.max,
	}
	switch o.len.Src {
	case LenNone:
	case LenConst:
		to.Max = o.len.N
	default:
		to.Len = uint8(o.len.Src)
		if o.len.Src != LenRet {
			to.LenArg = uint8(max(b.row.Args[o.len.Arg].Reg[b.abi], 0))
		}
	}
}

// when are the times at which the memory of an argument is read.
func when(a *Arg) uint8 {
	var w bpf.TraceEbWhen
	if a.Dir&In != 0 && a.Len.Src != LenRet {
		w |= bpf.TraceEbWhenEB_AT_ENTRY
	}
	if a.Dir&Always != 0 {
		w |= bpf.TraceEbWhenEB_AT_EXIT_ALWAYS
	} else if a.Dir&Out != 0 {
		w |= bpf.TraceEbWhenEB_AT_EXIT
	}
	return uint8(w)
}

// fds adds the descriptors: in arguments, made by the call, in arrays.
func (b *opBuilder) fds() {
	for i := range b.row.Args {
		a := &b.row.Args[i]
		if reg := a.Reg[b.abi]; reg >= 0 && (a.Kind == KindFD || a.Kind == KindDirFD) {
			b.fd(uint8(reg), bpf.TraceEbWhenEB_AT_ENTRY)
		}
	}
	if b.row.Ret == KindFD {
		b.fd(regResult, bpf.TraceEbWhenEB_AT_EXIT)
	}
}

// regResult is EB_ARG_RET of bpf/plan.h.
const regResult = 6

func (b *opBuilder) fd(reg uint8, when bpf.TraceEbWhen) {
	b.plan.Fds |= 1 << reg
	if b.opts.FDs {
		b.emit(reg, uint8(when), op{kind: bpf.TraceEbOpKindEB_OP_FD, len: Len{Src: LenNone}, elem: 1})
	}
}

// arg adds what is copied for an argument.
func (b *opBuilder) arg(a *Arg) {
	if !a.Kind.Pointer() || a.Kind == KindOpaque {
		return
	}
	o, ok := b.op(a)
	if !ok {
		return
	}
	reg := uint8(a.Reg[b.abi])
	b.emit(reg, when(a), o)
	if a.Kind == KindStruct {
		b.deref(a, reg)
	}
	if b.opts.FDs && (a.Kind == KindArray || a.Kind == KindPtr) && holdsFD(a, b.abi) {
		o.kind = bpf.TraceEbOpKindEB_OP_FDVEC
		w := when(a)
		if w&uint8(bpf.TraceEbWhenEB_AT_ENTRY) != 0 {
			w = uint8(bpf.TraceEbWhenEB_AT_ENTRY)
		}
		b.emit(reg, w, o)
	}
}

// holdsFD says whether each element of an array begins with a descriptor.
func holdsFD(a *Arg, abi ABI) bool {
	if a.Elem != KindStruct {
		return a.Elem == KindFD
	}
	f := a.Struct.Fields
	return len(f) > 0 && f[0].Kind == KindFD && f[0].Off[abi] == 0
}

// op returns the operation for an argument's own memory; false if its size is
// not known for the ABI.
func (b *opBuilder) op(a *Arg) (o op, ok bool) {
	word := b.abi.Word()
	o = op{len: a.Len, elem: 1}
	switch a.Kind {
	case KindPath:
		o.kind = bpf.TraceEbOpKindEB_OP_STR
	case KindStr:
		o.kind = bpf.TraceEbOpKindEB_OP_DSTR
	case KindArgv:
		o.kind = bpf.TraceEbOpKindEB_OP_ARGV
	case KindEnvp:
		o.kind = bpf.TraceEbOpKindEB_OP_ENVP
		if b.opts.Env {
			o.max = 1
		}
	case KindBuf:
		o.kind = bpf.TraceEbOpKindEB_OP_DATA
	case KindIovec:
		o.kind, o.elem = bpf.TraceEbOpKindEB_OP_IOVEC, 2*word
		if a.NoData {
			o.kind, o.max = bpf.TraceEbOpKindEB_OP_MEM, maxMem/(2*word)
		}
	case KindMsghdr:
		o.kind = bpf.TraceEbOpKindEB_OP_MSGHDR
	case KindMmsghdr:
		o.kind = bpf.TraceEbOpKindEB_OP_MMSGHDR
	default:
		return b.mem(a)
	}
	return o, true
}

// mem returns the operation for memory that is copied whole.
func (b *opBuilder) mem(a *Arg) (o op, ok bool) {
	o = op{kind: bpf.TraceEbOpKindEB_OP_MEM, len: a.Len, elem: 1, max: maxMem}
	switch a.Kind {
	case KindStruct:
		if a.Len.Src == LenNone {
			o.max = min(a.Struct.Size[b.abi], maxMem)
		}
	case KindArray:
		o.elem = elemSize(a.Elem, a.Struct, b.abi)
		o.max = maxMem / max(o.elem, 1)
	case KindPtr:
		o.max = elemSize(a.Elem, a.Struct, b.abi)
	case KindSockaddr:
		o.max = maxSockaddr
	case KindSigset:
		o.max = maxSigset
		if a.Len.Src == LenNone {
			o.max = 8
		}
	case KindFdset:
		if a.Len.Src == LenConst { // bits
			o.len.N = (a.Len.N + 63) / 64 * 8
		}
	case KindSiginfo:
		o.max = siginfoSize
	case KindWstatus:
		o.max = 4
	}
	if o.len.Src == LenConst {
		o.len.N = min(o.len.N, o.max)
	}
	return o, o.max > 0 && o.elem > 0
}

// deref adds what the pointers in a structure point to.
func (b *opBuilder) deref(a *Arg, reg uint8) {
	for i := range a.Struct.Fields {
		f := &a.Struct.Fields[i]
		if !f.Ptr || f.Size[b.abi] == 0 {
			continue
		}
		var size uint32
		switch f.Kind {
		case KindSigset:
			size = 8
		case KindStruct:
			size = f.Struct.Size[b.abi]
		case KindPtr:
			size = elemSize(f.Elem, f.Struct, b.abi)
		}
		if size > 0 {
			b.emit(reg, when(a), op{
				kind: bpf.TraceEbOpKindEB_OP_DEREF, len: Len{Src: LenNone},
				elem: f.Off[b.abi], max: min(size, maxMem),
			})
		}
	}
}
