package loader

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"
)

// Probe is the answer to one question about this kernel and this user.
type Probe struct {
	Name     string // of what is asked for
	Use      string // what ebtrace has it for
	Required bool   // without it nothing can be traced
	Err      error  // nil: it works; else why not
}

// Probes asks the running kernel for each thing that ebtrace can use, by doing
// it once. It needs the privileges of a trace; without them most answers are
// that permission is missing.
func Probes() []Probe {
	return []Probe{
		{"BTF of the kernel", "to find the fields of its structures", true, probeBTF()},
		{"ring buffer", "to bring events to user space (Linux 5.8)", true, probeMap(ebpf.RingBuf)},
		{"raw tracepoints", "to see calls, forks, execs and signals (Linux 4.17)", true, probeRawTracepoint()},
		{"task iterator", "to find what runs at an attach (Linux 5.8)", false, probeIterator()},
		{"fentry programs", "to see the work of the file system and the network below calls", false, probeFentry()},
		{"kprobes", "the same, where fentry is refused", false, probeKprobe()},
		{"LSM programs", "to forbid calls by path or address", false, probeLSM()},
	}
}

// Refused is the error of a kernel that answered a probe with an errno. The
// rest of what libraries say about such a failure is guesswork and left out.
type Refused struct{ Errno unix.Errno }

func (r *Refused) Error() string {
	return fmt.Sprintf("the kernel refuses it: %s (%s)", r.Errno.Error(), unix.ErrnoName(r.Errno))
}

// Unwrap is the error number.
func (r *Refused) Unwrap() error { return r.Errno }

// reason reduces an error to the errno in it.
func reason(err error) error {
	var e unix.Errno
	if errors.As(err, &e) {
		return &Refused{e}
	}
	return err
}

func probeBTF() error {
	f, err := os.Open("/sys/kernel/btf/vmlinux")
	if err == nil {
		return f.Close()
	}
	if errors.Is(err, os.ErrNotExist) {
		return errors.New("there is no /sys/kernel/btf/vmlinux (CONFIG_DEBUG_INFO_BTF)")
	}
	return reason(err)
}

func probeMap(t ebpf.MapType) error {
	var m *ebpf.Map
	err := unlocked(func() (err error) {
		m, err = ebpf.NewMap(&ebpf.MapSpec{Type: t, MaxEntries: uint32(os.Getpagesize())})
		return err
	})
	if err != nil {
		return reason(err)
	}
	return m.Close()
}

// nothing is the smallest program: it returns 0.
func nothing(t ebpf.ProgramType, a ebpf.AttachType, to string) (p *ebpf.Program, err error) {
	err = unlocked(func() error {
		p, err = ebpf.NewProgram(&ebpf.ProgramSpec{
			Type: t, AttachType: a, AttachTo: to, License: "GPL",
			Instructions: asm.Instructions{asm.Mov.Imm(asm.R0, 0), asm.Return()},
		})
		return err
	})
	return p, err
}

func probeFentry() error {
	p, err := nothing(ebpf.Tracing, ebpf.AttachTraceFEntry, "vfs_unlink")
	if err != nil {
		return reason(err)
	}
	defer p.Close()
	l, err := link.AttachTracing(link.TracingOptions{Program: p})
	if err != nil {
		return reason(err)
	}
	return l.Close()
}

func probeRawTracepoint() error {
	p, err := nothing(ebpf.RawTracepoint, ebpf.AttachNone, "")
	if err != nil {
		return reason(err)
	}
	defer p.Close()
	l, err := link.AttachRawTracepoint(link.RawTracepointOptions{Name: "sched_process_exec", Program: p})
	if err != nil {
		return reason(err)
	}
	return l.Close()
}

func probeIterator() error {
	p, err := nothing(ebpf.Tracing, ebpf.AttachTraceIter, "task")
	if err != nil {
		return reason(err)
	}
	defer p.Close()
	l, err := link.AttachIter(link.IterOptions{Program: p})
	if err != nil {
		return reason(err)
	}
	return l.Close()
}

func probeKprobe() error {
	if err := haveKprobes(); err != nil {
		return err
	}
	p, err := nothing(ebpf.Kprobe, ebpf.AttachNone, "")
	if err != nil {
		return reason(err)
	}
	defer p.Close()
	l, err := link.Kprobe("vfs_unlink", p, nil)
	if err != nil {
		return reason(err)
	}
	return l.Close()
}

func probeLSM() error {
	list, err := os.ReadFile("/sys/kernel/security/lsm")
	if err == nil && !strings.Contains(","+strings.TrimSpace(string(list))+",", ",bpf,") {
		return fmt.Errorf("bpf is not among the security modules of this boot (%s)", strings.TrimSpace(string(list)))
	}
	p, err := nothing(ebpf.LSM, ebpf.AttachLSMMac, "file_open")
	if err != nil {
		return reason(err)
	}
	return p.Close()
}
