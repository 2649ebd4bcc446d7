package enforce

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
)

// remote lets a stopped task make calls: its registers are set to an
// instruction "syscall" of the vDSO and given back in the end.
type remote struct {
	tr    *tracer
	t     *task
	saved unix.PtraceRegs
	mask  uint64
	empty uint64 // address of an empty string
	under [8]byte
	at    uint64 // of the instruction
	stops []unix.Signal
}

var errRemote = errors.New("the task does not answer")

// userCS is the code segment of 64-bit programs (arch/x86/include/asm/segment.h).
const userCS = 0x33

// newRemote readies t, which is in the stop of an execve.
func newRemote(tr *tracer, t *task) (*remote, error) {
	r := &remote{tr: tr, t: t}
	if err := ptrace(unix.PTRACE_GETSIGMASK, t.tid, 8, uintptr(unsafe.Pointer(&r.mask))); err != nil {
		return nil, err
	}
	all := ^uint64(0)
	if err := ptrace(unix.PTRACE_SETSIGMASK, t.tid, 8, uintptr(unsafe.Pointer(&all))); err != nil {
		return nil, err
	}
	if !r.toExit() {
		return nil, errRemote
	}
	if err := unix.PtraceGetRegs(t.tid, &r.saved); err != nil {
		return nil, err
	}
	if r.saved.Cs != userCS {
		return r, errNoVDSO
	}
	if r.at = r.gadget(); r.at == 0 {
		return r, errNoVDSO
	}
	const below = 512 // under the stack pointer, beyond the red zone
	r.empty = (r.saved.Rsp - below) &^ 7
	if tr.mem.read(t, r.empty, r.under[:]) < len(r.under) {
		return r, unix.EFAULT
	}
	return r, tr.mem.write(t, r.empty, make([]byte, 8))
}

// toExit runs t to the exit of the call that it is in or makes next.
func (r *remote) toExit() bool {
	for {
		if ptrace(unix.PTRACE_SYSCALL, r.t.tid, 0, 0) != nil {
			return false
		}
		var ws unix.WaitStatus
		tid, err := unix.Wait4(r.t.tid, &ws, unix.WALL, nil)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil || tid != r.t.tid {
			return false
		}
		if !ws.Stopped() {
			r.tr.forget(r.t.tid)
			return false
		}
		if ws.StopSignal() != unix.SIGTRAP|0x80 {
			if int(ws)>>16 == 0 { // SIGSTOP, which no mask holds back
				r.stops = append(r.stops, ws.StopSignal())
			}
			continue
		}
		var si stopInfo
		if si.get(r.t.tid) == nil && si.Op == opExit {
			return true
		}
	}
}

// call lets the task make a call.
func (r *remote) call(nr int, args ...uint64) (uint64, error) {
	regs := r.saved
	regs.Rip, regs.Rax, regs.Orig_rax = r.at, uint64(nr), ^uint64(0)
	for i, to := range []*uint64{&regs.Rdi, &regs.Rsi, &regs.Rdx, &regs.R10, &regs.R8, &regs.R9} {
		*to = 0
		if i < len(args) {
			*to = args[i]
		}
	}
	if err := unix.PtraceSetRegs(r.t.tid, &regs); err != nil {
		return 0, err
	}
	if !r.toExit() {
		return 0, errRemote
	}
	if err := unix.PtraceGetRegs(r.t.tid, &regs); err != nil {
		return 0, err
	}
	if ret := int64(regs.Rax); ret < 0 && ret >= -4095 {
		return 0, unix.Errno(-ret)
	}
	return regs.Rax, nil
}

// restore makes t as it was.
func (r *remote) restore() {
	if r.empty != 0 {
		_ = r.tr.mem.write(r.t, r.empty, r.under[:])
	}
	regs := r.saved
	regs.Orig_rax = ^uint64(0) // nothing is to be restarted
	_ = unix.PtraceSetRegs(r.t.tid, &regs)
	_ = ptrace(unix.PTRACE_SETSIGMASK, r.t.tid, 8, uintptr(unsafe.Pointer(&r.mask)))
	for _, s := range r.stops {
		_ = unix.Tgkill(r.t.pid, r.t.tid, s)
	}
}

// gadget finds an instruction "syscall" in the vDSO.
func (r *remote) gadget() uint64 {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(r.t.tid) + "/auxv")
	if err != nil {
		return 0
	}
	const atSysinfoEhdr, vdsoSize = 33, 8192 // AT_SYSINFO_EHDR, linux/auxvec.h
	for ; len(b) >= 16; b = b[16:] {
		if binary.LittleEndian.Uint64(b) != atSysinfoEhdr {
			continue
		}
		base := binary.LittleEndian.Uint64(b[8:])
		text := make([]byte, vdsoSize)
		n := r.tr.mem.read(r.t, base, text)
		if i := bytes.Index(text[:n], []byte{0x0f, 0x05}); i > 0 {
			return base + uint64(i)
		}
	}
	return 0
}
