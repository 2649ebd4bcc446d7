package table

import (
	_ "embed"
	"errors"
	"strings"
	"sync"

	"github.com/ebtrace/ebtrace/bpf"
	"github.com/ebtrace/ebtrace/decode/xlat"
)

// Grammar of requests.tbl:
//
//	request = what "<" {member | "-"} ["if" member ("=" | "&") number]
//	what    = operation "=" system call | row, as in syscalls.tbl
//
// An operation shown as a system call has that one's arguments and result;
// the members of struct io_uring_sqe are where they come from, in their order,
// "-" for one that requests do not have. Of several lines of one operation the
// first counts whose condition holds: the member is the number, or has one of
// its bits. The last has none.
//
//go:embed requests.tbl
var requestsTbl string

// SQESize is the size of struct io_uring_sqe without what a ring of
// IORING_SETUP_SQE128 has behind it.
const SQESize = 64

// Member is a member of struct io_uring_sqe.
type Member struct {
	Off, Size uint8 // Size 0: none
	Signed    bool
}

// Get reads the member, extended to 64 bits; 0 if there is none.
func (m Member) Get(sqe *[SQESize]byte) (v uint64) {
	for i := range m.Size {
		v |= uint64(sqe[m.Off+i]) << (8 * i)
	}
	if m.Signed && m.Size > 0 && m.Size < 8 {
		shift := 64 - 8*m.Size
		v = uint64(int64(v<<shift) >> shift)
	}
	return v
}

// Request is how requests of one operation are shown.
type Request struct {
	Name string // of the operation: "openat"
	Args [6]Member
	rows [NumABI]*Row
	when condition
}

// condition is on a member of the request.
type condition struct {
	Member
	bits bool
	val  uint64
}

func (c *condition) holds(sqe *[SQESize]byte) bool {
	v := c.Get(sqe)
	if c.bits {
		return v&c.val != 0
	}
	return c.Size == 0 || v == c.val
}

// Row is the arguments and the result for an ABI, which is a 64-bit one.
func (r *Request) Row(abi ABI) *Row { return r.rows[abi] }

// Regs are the arguments of a request as registers of a system call.
func (r *Request) Regs(sqe *[SQESize]byte) (regs [6]uint64) {
	for i, m := range r.Args {
		regs[i] = m.Get(sqe)
	}
	return regs
}

type requests struct {
	byOp [256][]*Request
	errs []error
}

var loadedRequests = sync.OnceValue(func() *requests { return readRequests(requestsTbl, loaded()) })

// CheckRequests returns what is wrong in the embedded table of requests.
func CheckRequests() error { return errors.Join(loadedRequests().errs...) }

// LookupRequest returns how a request is shown, nil if the table has nothing
// for its operation.
func LookupRequest(sqe *[SQESize]byte) *Request {
	for _, r := range loadedRequests().byOp[sqe[0]] {
		if r.when.holds(sqe) {
			return r
		}
	}
	return nil
}

// requestPrefix is what the names of all operations begin with.
const requestPrefix = "IORING_OP_"

// RequestName is the name of an operation, "" if it has none.
func RequestName(op uint8) string {
	name := xlat.Lookup("io_uring_op").Find(uint8(AMD64), uint64(op))
	return strings.ToLower(strings.TrimPrefix(name, requestPrefix))
}

// RequestOp is the number of an operation.
func RequestOp(name string) (op uint8, ok bool) {
	v, ok := xlat.Lookup("io_uring_op").Value(uint8(AMD64), requestPrefix+strings.ToUpper(name))
	return uint8(v), ok
}

// RequestNames are the names of all operations, by number.
func RequestNames() (names []string) {
	for op := range 256 {
		if name := RequestName(uint8(op)); name != "" {
			names = append(names, name)
		}
	}
	return names
}

func readRequests(src string, t *tables) *requests {
	q := &requests{}
	r := &reader{sets: xlat.Lookup, layouts: findLayout, structs: t.structs, lists: map[string][]string{}}
	r.scanner = scanner{file: "requests.tbl", src: src}
	for r.peek() != 0 || r.pos < len(r.src) {
		if r.accept('\n') {
			continue
		}
		if !r.request(q) || !r.endLine() {
			r.recover()
		}
	}
	q.errs = r.errs
	return q
}

// request reads one line.
func (r *reader) request(q *requests) bool {
	at := r.here()
	req := &Request{}
	op := r.word()
	nr, known := RequestOp(op)
	if !known {
		return r.fail(at, "no operation %q", op)
	}
	req.Name = op
	if r.accept('=') {
		at = r.here()
		twin := r.word()
		for abi := range req.rows {
			n, ok := Number(ABI(abi), twin)
			if !ok && ABI(abi).Word() == 8 {
				return r.fail(at, "no system call %q", twin)
			}
			req.rows[abi] = Lookup(ABI(abi), n)
		}
	} else {
		r.pos = at
		var def rowDef
		if !r.row(&def) {
			return false
		}
		req.rows = [NumABI]*Row{def.row, def.row, def.row}
	}
	if !r.expect('<') || !r.members(req) {
		return false
	}
	q.byOp[nr] = append(q.byOp[nr], req)
	return true
}

// members reads where the arguments come from, and the condition.
func (r *reader) members(req *Request) (ok bool) {
	n := 0
	for r.peek() != '\n' && r.peek() != 0 {
		at := r.here()
		switch {
		case n < len(req.Args) && r.accept('-'):
			n++
			continue
		case strings.HasPrefix(r.src[at:], "if "):
			r.word()
			return r.when(&req.when)
		case n == len(req.Args):
			return r.fail(at, "more than %d arguments", n)
		}
		if req.Args[n], ok = r.member(); !ok {
			return false
		}
		n++
	}
	if want := len(req.rows[AMD64].Args); n != want {
		return r.fail(r.here(), "%s has %d arguments, not %d", req.Name, want, n)
	}
	return true
}

// member reads the name of a member of the request.
func (r *reader) member() (m Member, ok bool) {
	at := r.here()
	st := r.structs["io_uring_sqe"]
	name, ok := r.name("a member of struct io_uring_sqe")
	if !ok || st == nil {
		return m, false
	}
	for i := range st.Fields {
		if f := &st.Fields[i]; f.Name == name {
			return Member{Off: uint8(f.Off[AMD64]), Size: uint8(f.Size[AMD64]), Signed: f.Kind == KindFD}, true
		}
	}
	return m, r.fail(at, "struct io_uring_sqe has no member %s", name)
}

// when reads a condition.
func (r *reader) when(c *condition) (ok bool) {
	if c.Member, ok = r.member(); !ok {
		return false
	}
	if c.bits = r.accept('&'); !c.bits && !r.expect('=') {
		return false
	}
	minus := r.accept('-')
	at := r.here()
	if c.val, ok = number(r.word()); !ok {
		return r.fail(at, "expected a number")
	}
	if minus {
		c.val = -c.val
	}
	return true
}

// RequestSet is what the kernel half needs to know of requests.
type RequestSet struct {
	Plans []bpf.TraceEbPlan         // 0 copies nothing
	Ops   [256]bpf.UringEbRequestOp // by operation
}

// RequestPlans derives which memory of requests is copied. Conditions do not
// count: what a line without condition says to be a pointer is followed.
func RequestPlans(opts PlanOptions, abi ABI) *RequestSet {
	p := &planner{set: &PlanSet{}, opts: opts, seen: map[string]uint16{}}
	p.add(bpf.TraceEbPlan{}, nil)
	s := &RequestSet{}
	for op, list := range loadedRequests().byOp {
		if len(list) == 0 {
			continue
		}
		r := list[len(list)-1]
		s.Ops[op].Plan = p.add(p.plan(r.rows[abi], abi), nil)
		if r.rows[abi].Ret == KindFD {
			s.Ops[op].Flags |= uint8(bpf.UringEbRequestOpFlagEB_Q_MAKES_FD)
		}
		for i, m := range r.Args {
			to := &s.Ops[op].Args[i]
			to.Off, to.Size = m.Off, m.Size
			if m.Signed {
				to.Sign = 1
			}
		}
	}
	s.Plans = p.set.Plans
	return s
}
