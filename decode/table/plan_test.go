package table

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/ebtrace/ebtrace/bpf"
)

var update = flag.Bool("update", false, "write the golden files")

// checkPlans tests what every set of plans must keep.
func checkPlans(t *testing.T, s *PlanSet) {
	t.Helper()
	if s.Plans[0] != (bpf.TraceEbPlan{}) {
		t.Error("plan 0 copies something")
	}
	for abi := range s.Dispatch {
		for nr, i := range s.Dispatch[abi] {
			if int(i) >= len(s.Plans) {
				t.Errorf("%s %d: no plan %d", ABI(abi), nr, i)
			}
		}
	}
	variant := uint8(bpf.TraceEbPlanFlagEB_P_VARIANT)
	for k, i := range s.Variants {
		switch {
		case int(k.Plan) >= len(s.Plans) || int(i) >= len(s.Plans):
			t.Errorf("variant %+v: no plan %d", k, i)
		case s.Plans[k.Plan].Flags&variant == 0 || s.Plans[i].Flags&variant != 0:
			t.Errorf("variant %+v: flags", k)
		case k.Value&^s.Plans[k.Plan].VariantMask != 0:
			t.Errorf("variant %+v can not be", k)
		}
	}
	for i, p := range s.Plans {
		if p.VariantArg > 5 || int(p.Nops) > len(p.Ops) {
			t.Errorf("plan %d: %+v", i, p)
		}
		for _, o := range p.Ops[:p.Nops] {
			if o.Kind == 0 || o.Arg > regResult || o.LenArg > 5 || o.Elem == 0 && o.Kind != uint8(bpf.TraceEbOpKindEB_OP_DEREF) || o.Word != 4 && o.Word != 8 {
				t.Errorf("plan %d: %+v", i, o)
			}
		}
	}
}

func TestPlans(t *testing.T) {
	for _, opts := range []PlanOptions{{}, {FDs: true}, {Env: true}, {FDs: true, Env: true}} {
		s := Plans(opts)
		checkPlans(t, s)
		if len(s.Plans) > 1024 || len(s.Variants) > 4096 {
			t.Errorf("%d plans, %d variants: more than the maps hold", len(s.Plans), len(s.Variants))
		}
		seen := map[string]int{}
		for i, p := range s.Plans {
			if p.Flags&uint8(bpf.TraceEbPlanFlagEB_P_VARIANT) != 0 {
				continue
			}
			key := fmt.Sprint(p)
			if j, ok := seen[key]; ok {
				t.Errorf("plans %d and %d are equal", i, j)
			}
			seen[key] = i
		}
	}
}

// The names in the golden file, by value.
var (
	opNames = []string{"?", "str", "mem", "data", "dstr", "iovec", "msghdr", "mmsghdr", "argv", "envp", "fd", "deref", "fdvec"}
	atNames = []string{"?", "entry", "exit", "entry,exit", "always", "entry,always"}
	lenText = []string{"", "%d", "*%d (32 bits)", "", "%d (bits)", "*%d (64 bits)"}
)

func opText(o bpf.TraceEbOp) string {
	s := fmt.Sprintf("%s(%d) at %s", opNames[o.Kind], o.Arg, atNames[o.When])
	if o.Elem > 1 {
		s += fmt.Sprintf(" elem %d", o.Elem)
	}
	switch o.Len {
	case uint8(LenConst):
	case uint8(LenRet):
		s += " len ret"
	default:
		s += " len " + fmt.Sprintf(lenText[o.Len], o.LenArg)
	}
	if o.Max > 0 {
		s += fmt.Sprintf(" max %d", o.Max)
	}
	return s
}

func planText(b *strings.Builder, s *PlanSet, i uint32, indent string) {
	p := s.Plans[i]
	if p.Flags != 0 || p.Fds != 0 {
		fmt.Fprintf(b, "%sflags %#x fds %#x\n", indent, p.Flags, p.Fds)
	}
	for _, o := range p.Ops[:p.Nops] {
		fmt.Fprintf(b, "%s%s\n", indent, opText(o))
	}
	if p.Flags&uint8(bpf.TraceEbPlanFlagEB_P_VARIANT) == 0 {
		return
	}
	keys := slices.SortedFunc(maps.Keys(s.Variants), func(a, c bpf.TraceEbVariantKey) int { return int(int64(a.Value) - int64(c.Value)) })
	for _, k := range keys {
		if k.Plan == i {
			fmt.Fprintf(b, "%sif argument %d & %#x = %#x\n", indent, p.VariantArg, p.VariantMask, k.Value)
			planText(b, s, s.Variants[k], indent+"\t")
		}
	}
}

func TestGoldenPlans(t *testing.T) {
	var b strings.Builder
	s := Plans(PlanOptions{FDs: true})
	for _, name := range []string{"read", "openat", "close", "execve", "exit_group", "writev", "pread64", "recvmsg", "recvfrom",
		"accept4", "poll", "select", "_newselect", "pselect6", "fstat", "fstat64", "statx", "nanosleep", "wait4", "rt_sigaction",
		"rt_sigprocmask", "clone3", "pipe2", "futex", "getdents64", "process_vm_readv", "sendmmsg"} {
		for abi := range ABI(NumABI) {
			nr, ok := Number(abi, name)
			if !ok {
				continue
			}
			fmt.Fprintf(&b, "%s %s\n", abi, name)
			planText(&b, s, uint32(s.Dispatch[abi][nr]), "\t")
		}
	}
	const file = "testdata/plans.golden"
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("plans differ from %s (-update writes it):\n%s", file, b.String())
	}
}

// TestPlanOps derives plans from a table of its own.
func TestPlanOps(t *testing.T) {
	tb := mustLoad(t, `
openat(dirfd dirfd, path path @dirfd, mode mode) fd
poll(fds array[struct pollfd] inout count=nfds, nfds uint, timeout int) int
pselect6(n int, in fdset inout count=n, sig struct[argpack]) int
nanosleep(req struct[timespec] in, rem struct[timespec] out always) err
execve(path path, argv argv, envp envp) err
exit(status int) none
fcntl(fd fd, cmd enum[cmd], arg hex) int
fcntl{cmd=F_DUPFD}(fd fd, cmd enum[cmd], arg int) int
fcntl{cmd=F_GETLK}(fd fd, cmd enum[cmd], arg struct[timespec] inout) int
pwrite64(fd fd, buf buf len=n, off off64, n size) size
recvmmsg(fd fd, vec mmsghdr inout count=ret) int
process_vm_readv(a iovec out count=n len=ret, n ulong, b iovec count=m len=0, m ulong) size
`)
	for _, c := range []struct {
		abi  ABI
		call string
		opts PlanOptions
		want string
	}{
		{AMD64, "openat", PlanOptions{}, "\tflags 0x0 fds 0x41\n\tstr(1) at entry\n"},
		{AMD64, "openat", PlanOptions{FDs: true}, "\tflags 0x0 fds 0x41\n\tfd(0) at entry\n\tfd(6) at exit\n\tstr(1) at entry\n"},
		{AMD64, "poll", PlanOptions{}, "\tmem(0) at entry,exit elem 8 len 1 max 4096\n"},
		{AMD64, "poll", PlanOptions{FDs: true}, "\tmem(0) at entry,exit elem 8 len 1 max 4096\n\tfdvec(0) at entry elem 8 len 1 max 4096\n"},
		{AMD64, "pselect6", PlanOptions{}, "\tmem(1) at entry,exit len 0 (bits) max 32768\n\tmem(2) at entry max 16\n\tderef(2) at entry max 8\n"},
		{I386, "pselect6", PlanOptions{}, "\tmem(1) at entry,exit len 0 (bits) max 32768\n\tmem(2) at entry max 8\n\tderef(2) at entry max 8\n"},
		{I386, "nanosleep", PlanOptions{}, "\tmem(0) at entry max 8\n\tmem(1) at always max 8\n"},
		{ARM64, "execve", PlanOptions{}, "\tflags 0x4 fds 0x0\n\tstr(0) at entry\n\targv(1) at entry\n\tenvp(2) at entry\n"},
		{ARM64, "execve", PlanOptions{Env: true}, "\tflags 0x4 fds 0x0\n\tstr(0) at entry\n\targv(1) at entry\n\tenvp(2) at entry max 1\n"},
		{ARM64, "exit", PlanOptions{}, "\tflags 0x2 fds 0x0\n"},
		{ARM64, "fcntl", PlanOptions{}, "\tflags 0x1 fds 0x1\n\tif argument 1 & 0xffffffff = 0x6\n\t\tflags 0x0 fds 0x1\n\t\tmem(2) at entry,exit max 16\n"},
		{I386, "pwrite64", PlanOptions{}, "\tflags 0x0 fds 0x1\n\tdata(1) at entry len 4\n"},
		{AMD64, "recvmmsg", PlanOptions{}, "\tflags 0x0 fds 0x1\n\tmmsghdr(1) at exit len ret\n"},
		{I386, "process_vm_readv", PlanOptions{}, "\tiovec(0) at exit elem 8 len 1\n\tmem(2) at entry elem 8 len 3 max 4096\n"},
		{AMD64, "read", PlanOptions{}, ""},
	} {
		s := plans(tb, c.opts)
		checkPlans(t, s)
		nr, _ := Number(c.abi, c.call)
		var b strings.Builder
		planText(&b, s, uint32(s.Dispatch[c.abi][nr]), "\t")
		if b.String() != c.want {
			t.Errorf("%s %s: got\n%swant\n%s", c.abi, c.call, b.String(), c.want)
		}
	}
}
