package enforce

import (
	"encoding/binary"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/ebtrace/ebtrace/bpf"
	"github.com/ebtrace/ebtrace/decode/table"
)

// Limits of what is kept of a call that does not run.
const (
	maxString  = 4096  // PATH_MAX
	maxBytes   = 32768 // of one structure or array
	maxVector  = 64    // elements of a vector that are followed
	maxRecord  = 1 << 20
	wordsInMsg = 7 // of a struct msghdr
)

// recorder builds a record of a call in user space, as the kernel half does
// for calls that run, by the same plan.
type recorder struct {
	tr   *tracer
	t    *task
	c    *call
	word int
	b    []byte

	flags uint8 // of the sections that are being appended
}

// record builds the EB_CALL record of the call that t is stopped in.
func (tr *tracer) record(t *task, v *Verdict, memory bool) []byte {
	c := &t.now.call
	flags := bpf.TraceEbFlag(0)
	if v.Outcome == Killed || v.Outcome == Asks {
		flags |= bpf.TraceEbFlagEB_F_NORETURN
	}
	r := recorder{tr: tr, t: t, c: c, word: 8}
	if c.abi == table.I386 {
		r.word = 4
	}
	head := bpf.TraceEbRec{Kind: uint8(bpf.TraceEbKindEB_CALL), Abi: uint8(c.abi), Flags: uint16(flags), Tid: v.TID, Pid: v.PID, Nr: c.nr, Time: v.End}
	r.b = append(tr.record1[:0], bytesOf(&head)...)
	r.b = append(r.b, bytesOf(&bpf.TraceEbCall{Begin: v.Begin, Ret: v.Result, Ip: c.ip, Args: c.args})...)
	if memory {
		r.sections(v.Outcome == Skipped && v.Result >= 0)
	}
	binary.LittleEndian.PutUint32(r.b, uint32(len(r.b)))
	tr.record1 = r.b
	return r.b
}

func bytesOf[T any](v *T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(v)), unsafe.Sizeof(*v))
}

// sections appends what the plan of the call reads at entry, and with done what
// it reads after success: the program believes that the call has written that.
func (r *recorder) sections(done bool) {
	if int(r.c.abi) >= table.NumABI || r.c.nr < 0 || r.c.nr >= table.MaxNR {
		return
	}
	set := r.tr.plans
	i := uint32(set.Dispatch[r.c.abi][r.c.nr])
	for set.Plans[i].Flags&uint8(bpf.TraceEbPlanFlagEB_P_VARIANT) != 0 {
		p := &set.Plans[i]
		next, ok := set.Variants[bpf.TraceEbVariantKey{Plan: i, Value: uint32(r.c.args[p.VariantArg]) & p.VariantMask}]
		if !ok || next == i {
			break
		}
		i = next
	}
	p := &set.Plans[i]
	for arg := range uint8(6) {
		if r.tr.cfg.FDs && p.Fds>>arg&1 == 1 {
			r.fd(arg)
		}
	}
	for _, op := range p.Ops[:p.Nops] {
		entry := uint32(op.When)&uint32(bpf.TraceEbWhenEB_AT_ENTRY) != 0
		if op.Arg < 6 && (entry || done) {
			r.flags = 0
			if !entry {
				r.flags = uint8(bpf.TraceEbSecFlagEB_S_EXIT)
			}
			r.op(&op)
		}
	}
}

// op does one operation of a plan.
func (r *recorder) op(op *bpf.TraceEbOp) {
	addr := r.arg(op.Arg)
	if addr == 0 {
		return
	}
	n := r.count(op)
	switch bpf.TraceEbOpKind(op.Kind) {
	case bpf.TraceEbOpKindEB_OP_STR:
		r.str(op.Arg, addr, maxString)
	case bpf.TraceEbOpKindEB_OP_DSTR:
		r.str(op.Arg, addr, r.tr.cfg.StrSize)
	case bpf.TraceEbOpKindEB_OP_MEM:
		r.mem(op.Arg, addr, n*uint64(max(op.Elem, 1)), maxBytes)
	case bpf.TraceEbOpKindEB_OP_DATA:
		r.mem(op.Arg, addr, n*uint64(max(op.Elem, 1)), r.tr.cfg.StrSize)
	case bpf.TraceEbOpKindEB_OP_IOVEC:
		r.iovec(op.Arg, addr, n)
	case bpf.TraceEbOpKindEB_OP_MSGHDR:
		r.msghdr(op.Arg, addr)
	case bpf.TraceEbOpKindEB_OP_MMSGHDR:
		step := uint64(r.word) * (wordsInMsg + 1)
		r.mem(op.Arg, addr, min(n, maxVector)*step, maxBytes)
		for i := range min(n, maxVector) {
			r.msghdr(op.Arg, addr+i*step)
		}
	case bpf.TraceEbOpKindEB_OP_ARGV, bpf.TraceEbOpKindEB_OP_ENVP:
		r.strings(op.Arg, addr, bpf.TraceEbOpKind(op.Kind) == bpf.TraceEbOpKindEB_OP_ARGV)
	case bpf.TraceEbOpKindEB_OP_DEREF:
		if b := r.peek(addr+uint64(op.Elem), r.word); b != nil {
			if p := r.uint(b, 0); p != 0 {
				r.mem(op.Arg, p, uint64(op.Max), maxBytes)
			}
		}
	}
}

func (r *recorder) arg(i uint8) uint64 {
	if r.word == 4 {
		return uint64(uint32(r.c.args[i]))
	}
	return r.c.args[i]
}

// count is the number of elements of op.
func (r *recorder) count(op *bpf.TraceEbOp) uint64 {
	n := uint64(op.Max)
	switch bpf.TraceEbLen(op.Len) {
	case bpf.TraceEbLenEB_LEN_CONST:
		return n
	case bpf.TraceEbLenEB_LEN_ARG:
		n = r.arg(op.LenArg)
	case bpf.TraceEbLenEB_LEN_BITS:
		bits := uint64(r.word) * 8
		n = (min(r.arg(op.LenArg), maxBytes*8) + bits - 1) / bits * uint64(r.word)
	case bpf.TraceEbLenEB_LEN_PTR32:
		if b := r.peek(r.arg(op.LenArg), 4); b != nil {
			n = uint64(binary.LittleEndian.Uint32(b))
		}
	case bpf.TraceEbLenEB_LEN_PTR64:
		if b := r.peek(r.arg(op.LenArg), r.word); b != nil {
			n = r.uint(b, 0)
		}
	case bpf.TraceEbLenEB_LEN_RET:
		n = uint64(max(r.t.now.verdict.Result, 0))
	default:
		return 0
	}
	n = min(n, maxBytes)
	if op.Max != 0 {
		n = min(n, uint64(op.Max))
	}
	return n
}

// peek reads n bytes, nil if they are not all there.
func (r *recorder) peek(addr uint64, n int) []byte {
	b := make([]byte, n)
	if r.tr.mem.read(r.t, addr, b) < n {
		return nil
	}
	return b
}

func (r *recorder) uint(b []byte, word int) uint64 {
	if r.word == 4 {
		return uint64(binary.LittleEndian.Uint32(b[word*4:]))
	}
	return binary.LittleEndian.Uint64(b[word*8:])
}

// section appends a section.
func (r *recorder) section(s bpf.TraceEbSec, data []byte) {
	if len(r.b)+len(data) > maxRecord {
		return
	}
	s.Len = uint32(len(data))
	s.Flags |= r.flags
	r.b = append(append(r.b, bytesOf(&s)...), data...)
	for len(r.b)%8 != 0 {
		r.b = append(r.b, 0)
	}
}

// mem appends n bytes at addr, at most limit of them, and returns what it got.
func (r *recorder) mem(arg uint8, addr, n uint64, limit int) []byte {
	b := make([]byte, min(n, uint64(max(limit, 0))))
	got := copy(b, r.t.now.subject.known(addr))
	if got < len(b) {
		got = r.tr.mem.read(r.t, addr, b)
	}
	s := bpf.TraceEbSec{Addr: addr, Want: uint32(min(n, 1<<31)), Kind: uint8(bpf.TraceEbSecKindEB_SEC_MEM), Arg: arg}
	if got < len(b) {
		s.Err = -int32(unix.EFAULT)
	} else if n > uint64(limit) {
		s.Flags = uint8(bpf.TraceEbSecFlagEB_S_CUT)
	}
	r.section(s, b[:got])
	return b[:got]
}

// str appends a string.
func (r *recorder) str(arg uint8, addr uint64, limit int) {
	b, whole := r.t.now.subject.known(addr), true
	if b == nil {
		b, whole = r.tr.mem.str(r.t, addr, limit)
	} else if len(b) > limit {
		b, whole = b[:limit], false
	}
	s := bpf.TraceEbSec{Addr: addr, Kind: uint8(bpf.TraceEbSecKindEB_SEC_STR), Arg: arg}
	switch {
	case whole:
	case len(b) >= limit:
		s.Flags = uint8(bpf.TraceEbSecFlagEB_S_CUT)
	default:
		s.Err = -int32(unix.EFAULT)
		b = nil
	}
	r.section(s, b)
}

// iovec appends n iovecs and their data.
func (r *recorder) iovec(arg uint8, addr, n uint64) {
	b := r.mem(arg, addr, n*2*uint64(r.word), maxBytes)
	for i := 0; i < min(len(b)/(2*r.word), maxVector); i++ {
		base, size := r.uint(b, 2*i), r.uint(b, 2*i+1)
		if base != 0 && size != 0 {
			r.mem(arg, base, size, r.tr.cfg.StrSize)
		}
	}
}

// msghdr appends a struct msghdr and what it points to.
func (r *recorder) msghdr(arg uint8, addr uint64) {
	b := r.mem(arg, addr, uint64(wordsInMsg*r.word), maxBytes)
	if len(b) < wordsInMsg*r.word {
		return
	}
	name, namelen := r.uint(b, 0), binary.LittleEndian.Uint32(b[r.word:])
	if name != 0 {
		r.mem(arg, name, uint64(min(namelen, 128)), 128)
	}
	if iov := r.uint(b, 2); iov != 0 {
		r.iovec(arg, iov, min(r.uint(b, 3), maxVector))
	}
	if control, n := r.uint(b, 4), r.uint(b, 5); control != 0 && n != 0 {
		r.mem(arg, control, n, 1024)
	}
}

// strings appends an array of pointers as far as its NULL, and with follow the
// strings.
func (r *recorder) strings(arg uint8, addr uint64, follow bool) {
	var all []byte
	s := bpf.TraceEbSec{Addr: addr, Kind: uint8(bpf.TraceEbSecKindEB_SEC_MEM), Arg: arg}
	for len(all) < maxBytes {
		b := r.peek(addr+uint64(len(all)), r.word)
		if b == nil {
			s.Err = -int32(unix.EFAULT)
			break
		}
		all = append(all, b...)
		if r.uint(b, 0) == 0 {
			break
		}
	}
	s.Want = uint32(len(all))
	r.section(s, all)
	for i := 0; follow && i < min(len(all)/r.word, maxVector); i++ {
		if p := r.uint(all, i); p != 0 {
			r.str(arg, p, r.tr.cfg.StrSize)
		}
	}
}

// fd appends what a descriptor is, as far as /proc tells.
func (r *recorder) fd(arg uint8) {
	fd := int32(r.c.args[arg])
	link, flags := "fd/"+strconv.Itoa(int(fd)), uint32(0)
	if fd == unix.AT_FDCWD {
		link, flags = "cwd", uint32(bpf.TraceEbFdFlagEB_FD_CWD)
	}
	path, err := r.t.link(link)
	switch {
	case err != nil:
		path, flags = "", flags|uint32(bpf.TraceEbFdFlagEB_FD_BAD)
	case !strings.HasPrefix(path, "/"):
		flags |= uint32(bpf.TraceEbFdFlagEB_FD_NAME)
	}
	info := bpf.TraceEbFdinfo{Fd: fd, Flags: flags, Pathlen: uint32(len(path))}
	s := bpf.TraceEbSec{Addr: uint64(int64(fd)), Kind: uint8(bpf.TraceEbSecKindEB_SEC_FD), Arg: arg}
	r.section(s, append(bytesOf(&info), path...))
}
