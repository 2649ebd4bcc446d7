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

// remote lets a stopped task make calls: its registers are set to the
// instruction of the vDSO that makes one, and given back in the end.
type remote struct {
	tr    *tracer
	t     *task
	saved registers
	mask  uint64
	empty uint64 // address of an empty string
	under [8]byte
	at    uint64 // of the instruction
	event bool   // it was in an event stop, and is to be in one again
	stops []unix.Signal
}

var errRemote = errors.New("the task does not answer")

// newRemote readies t, which is in the stop of an execve, or with event in an
// event stop anywhere.
func newRemote(tr *tracer, t *task, event bool) (*remote, error) {
	r := &remote{tr: tr, t: t, event: event}
	if err := ptrace(unix.PTRACE_GETSIGMASK, t.tid, 8, uintptr(unsafe.Pointer(&r.mask))); err != nil {
		return nil, err
	}
	all := ^uint64(0)
	if err := ptrace(unix.PTRACE_SETSIGMASK, t.tid, 8, uintptr(unsafe.Pointer(&all))); err != nil {
		return nil, err
	}
	if !event && !r.toExit() {
		return nil, errRemote
	}
	if err := r.saved.get(t.tid); err != nil {
		return nil, err
	}
	if !r.saved.native() {
		return r, errNoVDSO
	}
	if r.at = r.gadget(); r.at == 0 {
		return r, errNoVDSO
	}
	const below = 512 // under the stack pointer, beyond the red zone
	empty := (r.saved.stack() - below) &^ 7
	if tr.mem.read(t, empty, r.under[:]) < len(r.under) {
		return r, unix.EFAULT
	}
	r.empty = empty
	return r, tr.mem.write(t, r.empty, make([]byte, 8))
}

// wait waits for the next stop of t. It is false if t has ended.
func (r *remote) wait() (ws unix.WaitStatus, ok bool) {
	for {
		tid, err := unix.Wait4(r.t.tid, &ws, unix.WALL, nil)
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil || tid != r.t.tid:
			return ws, false
		case !ws.Stopped():
			r.tr.forget(r.t.tid)
			return ws, false
		default:
			if int(ws)>>16 == 0 && ws.StopSignal() != unix.SIGTRAP|0x80 { // SIGSTOP, which no mask holds back
				r.stops = append(r.stops, ws.StopSignal())
			}
			return ws, true
		}
	}
}

// toExit runs t to the exit of the call that it is in or makes next.
func (r *remote) toExit() bool {
	for ptrace(unix.PTRACE_SYSCALL, r.t.tid, 0, 0) == nil {
		ws, ok := r.wait()
		if !ok {
			return false
		}
		var si stopInfo
		if ws.StopSignal() == unix.SIGTRAP|0x80 && si.get(r.t.tid) == nil && si.Op == opExit {
			return true
		}
	}
	return false
}

// toEvent runs t to an event stop: there a call that was interrupted can be
// made again.
func (r *remote) toEvent() bool {
	if ptrace(unix.PTRACE_INTERRUPT, r.t.tid, 0, 0) != nil {
		return false
	}
	for ptrace(unix.PTRACE_CONT, r.t.tid, 0, 0) == nil {
		ws, ok := r.wait()
		if !ok {
			return false
		}
		if int(ws)>>16 == eventStop {
			r.t.stop = ws
			return true
		}
	}
	return false
}

// call lets the task make a call.
func (r *remote) call(nr int, args ...uint64) (uint64, error) {
	regs := r.saved
	regs.toCall(r.at, nr, args)
	if err := regs.set(r.t.tid); err != nil {
		return 0, err
	}
	if !r.toExit() {
		return 0, errRemote
	}
	if err := regs.get(r.t.tid); err != nil {
		return 0, err
	}
	if ret := regs.result(); ret < 0 && ret >= -4095 {
		return 0, unix.Errno(-ret)
	}
	return uint64(regs.result()), nil
}

// restore makes t as it was.
func (r *remote) restore() {
	if r.event && !r.toEvent() {
		return
	}
	if r.empty != 0 {
		_ = r.tr.mem.write(r.t, r.empty, r.under[:])
	}
	regs := r.saved
	if !r.event {
		regs.noRestart()
	}
	_ = regs.set(r.t.tid)
	_ = ptrace(unix.PTRACE_SETSIGMASK, r.t.tid, 8, uintptr(unsafe.Pointer(&r.mask)))
	for _, s := range r.stops {
		_ = unix.Tgkill(r.t.pid, r.t.tid, s)
	}
}

// gadget finds the instruction that makes a call in the vDSO.
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
		if i := bytes.Index(text[:n], callInstruction); i > 0 {
			return base + uint64(i)
		}
	}
	return 0
}
