package loader

import (
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"strings"
	"sync/atomic"
	"unsafe"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"

	"github.com/ebtrace/ebtrace/bpf"
)

// HasEntry says whether the entries of calls are traced: without, records
// have no begin.
func (s *Session) HasEntry() bool { return s.hasEntry }

// Launch calls start, which must make one child and return its process id once
// the child's execve has succeeded. The child is traced from that execve on,
// nothing before it is seen.
func (s *Session) Launch(start func() (pid int, err error)) (int, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := s.vars.LauncherTid.Set(uint32(unix.Gettid())); err != nil {
		return 0, fmt.Errorf("name the launching thread: %w", err)
	}
	pid, err := start()
	if err != nil {
		s.vars.LauncherTid.Set(uint32(0))
		return 0, err
	}
	var adopted uint32
	if err := s.vars.LaunchedTid.Get(&adopted); err != nil {
		return pid, err
	}
	if adopted != uint32(pid) {
		return pid, fmt.Errorf("the kernel half did not adopt process %d (it saw %d): is ebtrace in a pid namespace of its own?", pid, adopted)
	}
	return pid, nil
}

// Attached is a thread that Attach has found.
type Attached struct {
	TID, PID uint32
	Slot     uint32
	Start    uint64 // ns since boot
	Comm     string
}

// ErrNoProcess says that a target of Attach does not exist.
var ErrNoProcess = errors.New("no such process")

// Attach traces existing processes from now on: the threads named, with
// threads all threads of their processes, with descendants all processes below
// them. Children made from now on are traced as Options.NoFollow says.
func (s *Session) Attach(pids []int, threads, descendants bool) ([]Attached, error) {
	for _, pid := range pids {
		if unix.Kill(pid, 0) == unix.ESRCH {
			return nil, fmt.Errorf("process %d: %w", pid, ErrNoProcess)
		}
		if err := s.maps["targets"].Put(uint32(pid), uint8(1)); err != nil {
			return nil, fmt.Errorf("target %d: %w", pid, err)
		}
	}
	if err := s.vars.AttachThreads.Set(flag(threads)); err != nil {
		return nil, err
	}
	if err := s.vars.AttachDescendants.Set(flag(descendants)); err != nil {
		return nil, err
	}
	prog, err := s.iterator()
	if err != nil {
		return nil, err
	}
	it, err := link.AttachIter(link.IterOptions{Program: prog})
	if err != nil {
		return nil, explain(err)
	}
	defer it.Close()
	var all []Attached
	for { // until a pass finds no new thread: some are born while it looks
		found, err := scan(it)
		if err != nil {
			return all, err
		}
		if len(found) == 0 {
			return all, nil
		}
		all = append(all, found...)
	}
}

func scan(it *link.Iter) ([]Attached, error) {
	r, err := it.Open()
	if err != nil {
		return nil, fmt.Errorf("go through the tasks: %w", err)
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("go through the tasks: %w", err)
	}
	var all []Attached
	const size = int(unsafe.Sizeof(bpf.TraceEbAttached{}))
	for ; len(b) >= size; b = b[size:] {
		a := *(*bpf.TraceEbAttached)(unsafe.Pointer(unsafe.SliceData(b)))
		all = append(all, Attached{a.Tid, a.Pid, a.Slot, a.Start, text(a.Comm[:])})
	}
	return all, nil
}

func text(c []int8) string {
	b := make([]byte, 0, len(c))
	for _, v := range c {
		if v == 0 {
			break
		}
		b = append(b, byte(v))
	}
	return string(b)
}

// StillInCall says whether the thread in slot n has not left the call that it
// was in when it was attached to.
func (s *Session) StillInCall(n uint32) bool {
	if int(n) >= len(s.slots.all) {
		return false
	}
	p := &s.slots.all[n]
	return p.State&uint8(bpf.TraceEbStateEB_SLOT_ATTACHED) != 0 && atomic.LoadUint64(&p.Begin) == 0
}

// Lost is what was not recorded and has no place in any thread's numbering.
type Lost struct {
	Threads uint64 // not traced: all slots were taken
	Signals uint64 // ignored signals that found the ring full
	Events  uint64 // what happened to sockets and found the ring full
	Sockets uint64 // whose events are not told: too many were open at once
	// Requests of io_uring: completions in threads that are not traced which
	// found the ring full, and requests whose end is not recognized.
	Requests uint64
	Skipped  uint64 // at most so many events the kernel did not show, of any thread: a program was not finished on that CPU (Linux 7.0)
}

// Lost returns the totals so far.
func (s *Session) Lost() (l Lost) {
	s.vars.LostSlots.Get(&l.Threads)
	s.vars.LostUnnumbered.Get(&l.Signals)
	for name, p := range s.progs {
		if !strings.HasSuffix(name, again) {
			l.Skipped += missed(p, s.progs[name+again])
		}
	}
	for _, below := range s.layers() {
		l.Skipped += below.skipped()
	}
	l.Events, l.Sockets = s.netLost()
	if s.uring != nil {
		lost := s.uring.lost()
		l.Requests = lost.Untracked + lost.Unnumbered
	}
	return l
}

// missed is how often, at most, the kernel ran neither a program nor its second
// copy, if it has one.
func missed(first, second *ebpf.Program) uint64 {
	n := uint64(math.MaxUint64)
	for _, p := range []*ebpf.Program{first, second} {
		if p == nil {
			continue
		}
		if st, err := p.Stats(); err == nil {
			n = min(n, st.RecursionMisses)
		}
	}
	if n == math.MaxUint64 {
		return 0 // the kernel does not count them
	}
	return n
}

// Count is the row of one call number in the table of -c.
type Count struct {
	ABI                                uint8  // bpf.TraceEbAbi; 255 where NR is -1
	NR                                 int32  // -1: numbers without a name
	Calls, Errors, Total, Min, MaxTime uint64 // times in ns
}

// Counts adds up what the kernel half has counted, without rows of zeros.
func (s *Session) Counts() ([]Count, error) {
	var all []Count
	var perCPU []bpf.TraceEbCount
	for i := range s.maps["counts"].MaxEntries() {
		if err := s.maps["counts"].Lookup(i, &perCPU); err != nil {
			return nil, fmt.Errorf("read the counts: %w", err)
		}
		c := Count{ABI: uint8(i / 512), NR: int32(i % 512)}
		if i == s.maps["counts"].MaxEntries()-1 {
			c.ABI, c.NR = 255, -1
		}
		for _, p := range perCPU {
			if p.Calls == 0 {
				continue
			}
			if c.Calls == 0 || p.Min < c.Min {
				c.Min = p.Min
			}
			c.Calls += p.Calls
			c.Errors += p.Errors
			c.Total += p.Total
			c.MaxTime = max(c.MaxTime, p.Max)
		}
		if c.Calls > 0 {
			all = append(all, c)
		}
	}
	return all, nil
}

// plain is an error told in a sentence of our own.
type plain struct {
	text string
	err  error
}

func (p *plain) Error() string { return p.text }
func (p *plain) Unwrap() error { return p.err }

// explain turns the kernel's and the library's errors into a sentence that
// names cause and remedy.
func explain(err error) error {
	var ve *ebpf.VerifierError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &ve):
		return fmt.Errorf("this kernel's verifier refuses a program of ebtrace: %w", err)
	case errors.Is(err, unix.EPERM):
		return &plain{"the kernel refuses to load or attach BPF programs (Operation not permitted); 'ebtrace doctor' says what is missing", err}
	case errors.Is(err, ebpf.ErrNotSupported):
		return fmt.Errorf("this kernel lacks a feature that ebtrace needs: %w; 'ebtrace doctor' lists them", err)
	}
	return err
}
