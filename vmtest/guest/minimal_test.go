package guest

import (
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/link"
)

// minimal attaches the least that tells of each vfs_read with its duration, as
// one would write it: one program notes the time by thread, the other makes a
// record of 96 bytes with thread, times and registers, without a path. It
// returns what takes them off.
func minimal(t *testing.T, means string) func() {
	t.Helper()
	begins, err := ebpf.NewMap(&ebpf.MapSpec{Type: ebpf.Hash, KeySize: 8, ValueSize: 8, MaxEntries: 10240})
	if err != nil {
		t.Fatal(err)
	}
	ring, err := ebpf.NewMap(&ebpf.MapSpec{Type: ebpf.RingBuf, MaxEntries: 1 << 22})
	if err != nil {
		t.Fatal(err)
	}
	begin, end := &ebpf.ProgramSpec{Type: ebpf.Kprobe}, &ebpf.ProgramSpec{Type: ebpf.Kprobe}
	if means == "fentry" {
		begin = &ebpf.ProgramSpec{Type: ebpf.Tracing, AttachType: ebpf.AttachTraceFEntry, AttachTo: "vfs_read"}
		end = &ebpf.ProgramSpec{Type: ebpf.Tracing, AttachType: ebpf.AttachTraceFExit, AttachTo: "vfs_read"}
	}
	begin.Instructions, end.Instructions = minimalBegin(begins), minimalEnd(begins, ring, means == "fentry")
	var undo []func() error
	for _, spec := range []*ebpf.ProgramSpec{end, begin} {
		spec.License = "GPL"
		p, err := ebpf.NewProgram(spec)
		if err != nil {
			t.Fatal(err)
		}
		var l link.Link
		switch {
		case means == "fentry":
			l, err = link.AttachTracing(link.TracingOptions{Program: p})
		case spec == end:
			l, err = link.Kretprobe("vfs_read", p, nil)
		default:
			l, err = link.Kprobe("vfs_read", p, nil)
		}
		if err != nil {
			t.Fatal(err)
		}
		undo = append(undo, l.Close, p.Close)
	}
	undo = append(undo, begins.Close, ring.Close)
	return func() {
		for _, f := range undo {
			_ = f()
		}
	}
}

// minimalBegin: begins[thread] = now.
func minimalBegin(begins *ebpf.Map) asm.Instructions {
	return asm.Instructions{
		asm.FnGetCurrentPidTgid.Call(),
		asm.StoreMem(asm.RFP, -8, asm.R0, asm.DWord),
		asm.FnKtimeGetNs.Call(),
		asm.StoreMem(asm.RFP, -16, asm.R0, asm.DWord),
		asm.LoadMapPtr(asm.R1, begins.FD()),
		asm.Mov.Reg(asm.R2, asm.RFP), asm.Add.Imm(asm.R2, -8),
		asm.Mov.Reg(asm.R3, asm.RFP), asm.Add.Imm(asm.R3, -16),
		asm.Mov.Imm(asm.R4, 0),
		asm.FnMapUpdateElem.Call(),
		asm.Mov.Imm(asm.R0, 0),
		asm.Return(),
	}
}

// minimalEnd: a record of thread, begin, now and eight words of the context.
func minimalEnd(begins, ring *ebpf.Map, typed bool) asm.Instructions {
	words := 8
	if typed {
		words = 5 // four arguments and the result
	}
	prog := asm.Instructions{
		asm.Mov.Reg(asm.R6, asm.R1),
		asm.FnGetCurrentPidTgid.Call(),
		asm.StoreMem(asm.RFP, -8, asm.R0, asm.DWord),
		asm.LoadMapPtr(asm.R1, begins.FD()),
		asm.Mov.Reg(asm.R2, asm.RFP), asm.Add.Imm(asm.R2, -8),
		asm.FnMapLookupElem.Call(),
		asm.JEq.Imm(asm.R0, 0, "out"),
		asm.LoadMem(asm.R7, asm.R0, 0, asm.DWord),
		asm.LoadMapPtr(asm.R1, ring.FD()),
		asm.Mov.Imm(asm.R2, 96),
		asm.Mov.Imm(asm.R3, 0),
		asm.FnRingbufReserve.Call(),
		asm.JEq.Imm(asm.R0, 0, "out"),
		asm.Mov.Reg(asm.R8, asm.R0),
		asm.LoadMem(asm.R1, asm.RFP, -8, asm.DWord),
		asm.StoreMem(asm.R8, 0, asm.R1, asm.DWord),
		asm.StoreMem(asm.R8, 8, asm.R7, asm.DWord),
		asm.FnKtimeGetNs.Call(),
		asm.StoreMem(asm.R8, 16, asm.R0, asm.DWord),
	}
	for i := range words {
		prog = append(prog,
			asm.LoadMem(asm.R1, asm.R6, int16(8*i), asm.DWord),
			asm.StoreMem(asm.R8, int16(24+8*i), asm.R1, asm.DWord))
	}
	const noWakeup = 1 // BPF_RB_NO_WAKEUP
	return append(prog,
		asm.Mov.Reg(asm.R1, asm.R8),
		asm.Mov.Imm(asm.R2, noWakeup),
		asm.FnRingbufSubmit.Call(),
		asm.Mov.Imm(asm.R0, 0).WithSymbol("out"),
		asm.Return(),
	)
}
