package enforce

import (
	"bufio"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// space is memory that a target can read and never change: what rules have
// looked at is copied there, and the kernel reads the copy. It is a sealed
// file, mapped into each program right after its execve, while it has one
// thread, or at an attach, while all are stopped; children by fork share it.
// The mapping is sealed too, or calls that could change it are refused (guard).
type space struct {
	addr   uint64 // in the target
	mem    []byte // the same here
	inode  uint64 // of the file
	sealed bool   // by mseal(2)
	used   [slots]bool
	refs   int
}

// A slot holds what one call needs: two paths, or a path and a structure, and
// what rules write instead of arguments.
const (
	slotSize  = 3 * maxString
	textsAt   = 2 * maxString
	slots     = 256
	spaceSize = slots * slotSize
)

var errNoSlot = errors.New("too many calls at once")

func (s *space) take() (int, error) {
	for i := range s.used {
		if !s.used[i] {
			s.used[i] = true
			return i, nil
		}
	}
	return 0, errNoSlot
}

// share gives t the space of another task.
func (t *task) share(tr *tracer, s *space) {
	s.refs++
	t.leave(tr)
	t.space = s
}

// leave gives the space of t up.
func (t *task) leave(tr *tracer) {
	s := t.space
	t.space = nil
	if s == nil {
		return
	}
	if s.refs--; s.refs == 0 {
		delete(tr.spaces, s.inode)
		_ = unix.Munmap(s.mem)
	}
}

// canSeal says whether this kernel has mseal(2): Linux 6.10.
func canSeal() bool {
	_, _, e := unix.Syscall(sysMseal, 0, 0, 0)
	return e != unix.ENOSYS
}

// Place chooses where the copies of a command are to be on a kernel that cannot
// seal them: somewhere between what programs and libraries use, all by itself
// in its 4 GiB.
func (c *Config) Place() {
	if inspects(c.Rules) && !c.Monitor && !canSeal() {
		c.SpaceAt = uint64(0x2000+rand.IntN(0x2000)) << 32
	}
}

// errNoVDSO is of programs of another ABI: their calls are closed.
var errNoVDSO = errors.New("the program has no vDSO of the native ABI")

// sysMseal is mseal(2), the same number on every 64-bit architecture.
const sysMseal = 462

// copied is what a call gets instead of its own memory, until its exit.
type copied struct {
	slot int
	regs [6]uint64 // as they were
	set  [6]bool   // changed
}

// seal copies what s looked at into the space and lets the call point there.
func (tr *tracer) seal(t *task, s *subject) (*copied, error) {
	if !s.looked() {
		if len(s.rewrites) == 0 {
			return nil, nil
		}
		c := &copied{slot: -1, regs: s.c.args}
		return c, s.rewrite(c)
	}
	if t.space == nil && !tr.findSpace(t) {
		return nil, unix.EPERM
	}
	slot, err := t.space.take()
	if err != nil {
		return nil, err
	}
	c := &copied{slot: slot, regs: s.c.args}
	at := slot * slotSize
	put := func(reg int, b []byte, off int) {
		n := copy(t.space.mem[at+off:at+slotSize], b)
		clear(t.space.mem[at+off+n : min(at+off+n+1, at+slotSize)])
		addr := t.space.addr + uint64(at+off)
		if reg >= 0 && err == nil {
			err = setArg(t.tid, s.c.abi, reg, addr)
			c.set[reg] = true
		}
	}
	for i := range s.texts {
		if s.texts[i] != nil {
			put(s.regs[i], s.texts[i], i*maxString)
		}
	}
	if s.how != nil {
		put(2, s.how, maxString)
	}
	if s.addr != nil {
		put(s.addrReg, s.addr, maxString)
	}
	if s.msg != nil { // a msghdr begins with the pointer to the name
		if s.addr != nil {
			binary.LittleEndian.PutUint64(s.msg, t.space.addr+uint64(at+maxString))
		}
		put(1, s.msg, 0)
	}
	off := textsAt
	for _, w := range s.rewrites {
		if w.Text != nil {
			put(w.Arg, w.Text, off)
			off += len(w.Text) + 1
		}
	}
	if err == nil {
		err = s.rewrite(c)
	}
	return c, err
}

// rewrite gives the registers that are rewritten their values.
func (s *subject) rewrite(c *copied) error {
	for _, w := range s.rewrites {
		if w.Text != nil {
			continue
		}
		if err := setArg(s.t.tid, s.c.abi, w.Arg, w.Value); err != nil {
			return err
		}
		c.set[w.Arg] = true
	}
	return nil
}

// unseal gives the registers back that seal changed.
func (tr *tracer) unseal(t *task, restore bool) {
	c := t.copied
	if c == nil {
		return
	}
	t.copied = nil
	if t.space != nil && c.slot >= 0 {
		t.space.used[c.slot] = false
	}
	for i := range c.set {
		if restore && c.set[i] {
			_ = restoreArg(t.tid, t.copiedABI, i, c.regs[i])
		}
	}
}

// inspects says whether some rule looks at memory, or has the kernel read other memory.
func inspects(rules []Rule) bool {
	for i := range rules {
		if rules[i].Match.Inspects() || rules[i].Action.copies() {
			return true
		}
	}
	return false
}

// Inspects says whether some rule looks at memory of the target.
func Inspects(rules []Rule) bool { return inspects(rules) }

// makeSpace makes the space of a program that an execve has just put in place,
// or, with event, of one that is in an event stop with all its threads. The
// observer is told of the calls that t makes for it.
func (tr *tracer) makeSpace(t *task, event bool) error {
	begin := monotonic()
	r, err := newRemote(tr, t, event)
	if err != nil {
		if r != nil {
			r.restore()
		}
		return err
	}
	s, err := r.build(tr.cfg.SpaceAt, tr.cfg.Launch != 0 && canSeal())
	r.restore()
	tr.hide(t, begin)
	if err == nil {
		tr.spaces[s.inode] = s
		t.share(tr, s)
	}
	return err
}

// build runs the calls that make a space in the target, at an address if that
// is not 0.
func (r *remote) build(at uint64, sealed bool) (*space, error) {
	// until it is sealed nobody of the same user may come by the file, as by /proc/PID/fd
	if d, err := r.call(unix.SYS_PRCTL, unix.PR_GET_DUMPABLE); err == nil && d == 1 {
		if _, err := r.call(unix.SYS_PRCTL, unix.PR_SET_DUMPABLE, 0); err != nil {
			return nil, err
		}
		defer r.call(unix.SYS_PRCTL, unix.PR_SET_DUMPABLE, 1)
	}
	fd, err := r.call(unix.SYS_MEMFD_CREATE, r.empty, unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return nil, err
	}
	defer r.call(unix.SYS_CLOSE, fd)
	f, err := os.OpenFile("/proc/"+strconv.Itoa(r.t.tid)+"/fd/"+strconv.FormatUint(fd, 10), os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if err := f.Truncate(spaceSize); err != nil {
		return nil, err
	}
	s := &space{sealed: sealed}
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		return nil, err
	}
	s.inode = st.Ino
	if s.mem, err = unix.Mmap(int(f.Fd()), 0, spaceSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED); err != nil {
		return nil, err
	}
	seals := unix.F_SEAL_FUTURE_WRITE | unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_SEAL
	flags := uint64(unix.MAP_SHARED)
	if at != 0 {
		flags |= unix.MAP_FIXED_NOREPLACE
	}
	if _, err = unix.FcntlInt(f.Fd(), unix.F_ADD_SEALS, seals); err == nil {
		s.addr, err = r.call(unix.SYS_MMAP, at, spaceSize, unix.PROT_READ, flags, fd, 0)
	}
	if err == nil && sealed {
		_, err = r.call(sysMseal, s.addr, spaceSize, 0)
	}
	if err != nil {
		_ = unix.Munmap(s.mem)
		return nil, err
	}
	return s, nil
}

// findSpace gives t the space that its memory has already: it shares the
// memory with a task that had it made.
func (tr *tracer) findSpace(t *task) bool {
	f, err := os.Open("/proc/" + strconv.Itoa(t.tid) + "/maps")
	if err != nil {
		return false
	}
	defer f.Close()
	for in := bufio.NewScanner(f); in.Scan(); {
		part := strings.Fields(in.Text()) // range, rights, offset, device, inode, name
		if len(part) < 6 || !strings.HasPrefix(part[5], "/memfd:") {
			continue
		}
		inode, _ := strconv.ParseUint(part[4], 10, 64)
		from, _, _ := strings.Cut(part[0], "-")
		addr, _ := strconv.ParseUint(from, 16, 64)
		if s := tr.spaces[inode]; s != nil && s.addr == addr && part[1] == "r--s" && part[2] == "00000000" {
			t.share(tr, s)
			return true
		}
	}
	return false
}
