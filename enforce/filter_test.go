package enforce

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/ebtrace/ebtrace/decode/table"
)

// runFilter is what the kernel does with a filter and a call.
func runFilter(t *testing.T, code []unix.SockFilter, arch uint32, nr int32, args [6]uint64) uint32 {
	data := binary.LittleEndian.AppendUint32(nil, uint32(nr))
	data = binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint32(data, arch), 0)
	for _, a := range args {
		data = binary.LittleEndian.AppendUint64(data, a)
	}
	var a uint32
	for pc := 0; pc < len(code); pc++ {
		in, yes := code[pc], false
		switch in.Code {
		case unix.BPF_LD | unix.BPF_W | unix.BPF_ABS:
			a = binary.LittleEndian.Uint32(data[in.K:])
			continue
		case unix.BPF_ALU | unix.BPF_AND | unix.BPF_K:
			a &= in.K
			continue
		case unix.BPF_RET | unix.BPF_K:
			return in.K
		case unix.BPF_JMP | unix.BPF_JA:
			pc += int(in.K)
			continue
		case unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K:
			yes = a == in.K
		case unix.BPF_JMP | unix.BPF_JGT | unix.BPF_K:
			yes = a > in.K
		case unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K:
			yes = a >= in.K
		case unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K:
			yes = a&in.K != 0
		default:
			t.Fatalf("instruction %#x", in.Code)
		}
		if yes {
			pc += int(in.Jt)
		} else {
			pc += int(in.Jf)
		}
	}
	t.Fatal("the filter has no end")
	return 0
}

// registersOnly is a call of which nothing but registers is known.
type registersOnly struct {
	Subject
	c *call
}

func (s registersOnly) Arg(i int) uint64     { return s.c.args[i] }
func (s registersOnly) ArgMask(i int) uint64 { return ArgMask(s.c.abi, s.c.nr, i) }
func (s registersOnly) Flags() (uint64, bool) {
	row := table.Lookup(s.c.abi, s.c.nr)
	return s.c.args[row.Args[flagsArg(row)].Reg[s.c.abi]], true
}

func nativeNumber(t *testing.T, name string) int32 {
	nr, ok := table.Number(nativeABI, name)
	if !ok {
		t.Fatal(name)
	}
	return nr
}

// TestFilterDecides: for random rules and random registers the filter decides
// as the rules do, and what is said of its decisions is what it did.
func TestFilterDecides(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	words := []uint64{0, 1, 2, 7, 0x541f, 1<<31 - 1, 1 << 31, 1<<32 - 1, 1 << 32, 1<<32 + 2, 1 << 40, 1<<63 + 1, ^uint64(0), ^uint64(1)}
	word := func() uint64 { return words[r.IntN(len(words))] }
	calls := []int32{nativeNumber(t, "ioctl"), nativeNumber(t, "lseek"), nativeNumber(t, "openat")}
	slices.Sort(calls)
	for round := range 3000 {
		cfg := &Config{Harden: round%2 == 0}
		for range 1 + r.IntN(4) {
			var rule Rule
			rule.Calls[nativeABI] = calls[:1+r.IntN(len(calls))]
			for range r.IntN(3) {
				lo, hi, mask, more := word(), word(), word(), word()
				rule.Match.Args = append(rule.Match.Args, ArgMatch{Arg: r.IntN(3), Mask: mask | more, Min: min(lo, hi), Max: max(lo, hi)})
			}
			if r.IntN(4) == 0 {
				rule.Calls[nativeABI] = []int32{nativeNumber(t, "openat")}
				rule.Match.Flags = &FlagMatch{Any: uint64(r.IntN(4)), None: uint64(r.IntN(4)) << 10}
			}
			if r.IntN(3) > 0 {
				rule.Action = Action{Decision: Deny, Errno: 1 + r.IntN(5)}
			}
			if r.IntN(4) == 0 {
				rule.Action = Action{Decision: Kill}
			}
			cfg.Rules = append(cfg.Rules, rule)
		}
		code := cfg.Filter()
		for range 50 {
			c := call{abi: nativeABI, nr: calls[r.IntN(len(calls))], args: [6]uint64{word(), word(), word(), word()}}
			want, rule := uint32(unix.SECCOMP_RET_ALLOW), -1
			for i := range cfg.Rules {
				for _, nr := range cfg.Rules[i].Calls[nativeABI] {
					if nr == c.nr && rule < 0 && cfg.Rules[i].matches(registersOnly{c: &c}) {
						rule, want = i, cfg.action(&cfg.Rules[i], nativeABI, nr)
					}
				}
			}
			if got := runFilter(t, code, auditNative, c.nr, c.args); got != want {
				t.Fatalf("rules %+v, call %+v: %#x, want %#x", cfg.Rules, c, got, want)
			}
			begun, ret := true, int64(0)
			if want>>16 == unix.SECCOMP_RET_ERRNO>>16 {
				begun, ret = false, -int64(want&0xffff)
			}
			i, d, ok := cfg.Filtered(nativeABI, c.nr, &c.args, begun, ret)
			if ok != (rule >= 0 && want != unix.SECCOMP_RET_TRACE) || ok && (int(i) != rule || d != cfg.Rules[rule].Action.Decision) {
				t.Fatalf("rules %+v, call %+v: rule %d, %d, %v, want %d", cfg.Rules, c, i, d, ok, rule)
			}
		}
	}
}

// TestGuards: the filter stops every call that the tracer would refuse because
// it reaches a space.
func TestGuards(t *testing.T) {
	cfg := &Config{SpaceAt: 0x2345 << 32}
	code := cfg.Filter()
	s := &space{addr: cfg.SpaceAt}
	at := []uint64{0, 4096, s.addr - 1<<33, s.addr - 1<<32, s.addr - 4096, s.addr, s.addr + 4096, s.addr + spaceSize, s.addr + 1<<32, ^uint64(4095)}
	sizes := []uint64{0, 1, 4096, 8192, spaceSize, 1 << 32, 1 << 33, ^uint64(0)}
	refused := 0
	for nr := range guards {
		for _, a := range at {
			for _, b := range sizes {
				for _, flags := range []uint64{0, 1, 2, unix.MAP_FIXED, shmRemap} {
					c := call{abi: nativeABI, nr: nr, args: [6]uint64{a, b, flags, flags, a}}
					if nr == nativeNumber(t, "shmat") {
						c.args[1] = a
					}
					if !s.guarded(&c) {
						continue
					}
					refused++
					if got := runFilter(t, code, auditNative, nr, c.args); got != unix.SECCOMP_RET_TRACE {
						t.Fatalf("%s%x: %#x", table.Name(nativeABI, nr), c.args, got)
					}
				}
			}
		}
	}
	if refused < 100 {
		t.Errorf("%d calls are refused: the test proves nothing", refused)
	}
	if got := runFilter(t, code, auditNative, nativeNumber(t, "munmap"), [6]uint64{0x7f0000000000, 1 << 20}); got != unix.SECCOMP_RET_ALLOW {
		t.Errorf("an ordinary munmap: %#x", got)
	}
}
