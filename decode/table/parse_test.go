package table

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ebtrace/ebtrace/decode/xlat"
)

var loadSets = xlat.Lookup

// consts makes a set with the same values for every ABI.
func consts(name string, c ...xlat.Const) *xlat.Set {
	g := []xlat.Group{{Consts: c}}
	return &xlat.Set{Name: name, ABI: [3][]xlat.Group{g, g, g}}
}

// testSets are the sets of the fixtures. X86ONLY is unknown to arm64.
func testSets(name string) *xlat.Set {
	switch name {
	case "open":
		return consts(name, xlat.Const{Name: "O_CREAT", Val: 0x40}, xlat.Const{Name: "O_EXCL", Val: 0x80})
	case "cmd":
		s := consts(name, xlat.Const{Name: "F_DUPFD", Val: 0}, xlat.Const{Name: "F_GETLK", Val: 5}, xlat.Const{Name: "X86ONLY", Val: 9})
		s.ABI[ARM64] = consts(name, xlat.Const{Name: "F_DUPFD", Val: 0}, xlat.Const{Name: "F_GETLK", Val: 6}).ABI[ARM64]
		return s
	}
	return nil
}

func same(n uint32) [NumABI]uint32 { return [NumABI]uint32{n, n, n} }

// testLayouts are the layouts of the fixtures.
func testLayouts(name string) *layout {
	one := same(1)
	switch name {
	case "timespec":
		return &layout{name: name, size: [NumABI]uint32{16, 16, 8}, members: []member{
			{name: "tv_sec", size: [NumABI]uint32{8, 8, 4}, n: one},
			{name: "tv_nsec", off: [NumABI]uint32{8, 8, 4}, size: [NumABI]uint32{8, 8, 4}, n: one},
		}}
	case "pollfd":
		return &layout{name: name, size: same(8), members: []member{
			{name: "fd", size: same(4), n: one},
			{name: "u.events", off: same(4), size: same(2), n: one},
		}}
	case "argpack":
		return &layout{name: name, size: [NumABI]uint32{16, 16, 8}, members: []member{
			{name: "ss", size: [NumABI]uint32{8, 8, 4}, n: one, ptr: true},
			{name: "len", off: [NumABI]uint32{8, 8, 4}, size: [NumABI]uint32{8, 8, 4}, n: one},
		}}
	}
	return nil
}

const testStructs = `
struct timespec <linux/time.h> {
	tv_sec long
	-tv_nsec long as ns   # hidden
}
struct pollfd = struct pollfd <linux/poll.h> { fd fd
	u.events flags16[open] as events
}
struct argpack <abi.h> {
	ss sigset
	len size
}
struct own {}
`

func loadTest(calls string) *tables { return load(calls, testStructs, testSets, testLayouts) }

// mustLoad reads rows that have no mistakes.
func mustLoad(t *testing.T, calls string) *tables {
	t.Helper()
	tb := loadTest(calls)
	for _, err := range tb.errs {
		t.Error(err)
	}
	return tb
}

func (t *tables) call(abi ABI, name string) *Row {
	nr, ok := Number(abi, name)
	if !ok {
		return nil
	}
	return t.rows[abi][nr]
}

func TestRow(t *testing.T) {
	tb := mustLoad(t, `# comment
openat(dirfd dirfd, path path @dirfd, flags flags[open],
	mode mode if=flags&O_CREAT|0x200) fd+aux %file %desc never # more
`)
	r := tb.call(ARM64, "openat")
	if r == nil {
		t.Fatal("no row")
	}
	if r.Ret != KindFD || !r.RetAux || !slices.Equal(r.Classes, []string{"file", "desc", "never"}) || r.Blocks() {
		t.Errorf("got %+v", r)
	}
	if a := r.Args[1]; a.Kind != KindPath || a.DirFD != 0 || a.Dir != In || a.Reg != [NumABI]int8{1, 1, 1} {
		t.Errorf("path: %+v", a)
	}
	if a := r.Args[2]; a.Set == nil || a.Set.Name != "open" || a.Dir != 0 || a.DirFD != -1 || a.Len.Src != LenNone {
		t.Errorf("flags: %+v", a)
	}
	if c := r.Args[3].If; c == nil || c.Arg != 2 || c.Mask != [NumABI]uint64{0x240, 0x240, 0x240} {
		t.Errorf("mode: %+v", c)
	}
	if tb.call(AMD64, "openat") != r || tb.call(I386, "openat") != r || tb.call(AMD64, "read") != nil {
		t.Error("the row is not where it belongs")
	}
}

func TestModifiers(t *testing.T) {
	tb := mustLoad(t, `
read(fd fd, buf buf out len=ret, count size) size
write(fd fd, buf buf len=count, count size) size
accept(fd fd, addr sockaddr out len=*addrlen, addrlen ptr[int] inout) fd
getsockopt(fd fd, v buf out len=*n, n ptr[size] inout) err
poll(fds array[struct pollfd] inout count=nfds, nfds uint, timeout int if=nfds) int
pipe(fds array[fd] out always count=2) err
select@amd64(n int, in fdset inout count=n) int
wait4(pid pid, wstatus wstatus) pid
readv(fd fd, iov iovec out count=n len=ret, n ulong) size
process_vm_readv(iov iovec count=n len=0, n ulong, s struct[own] len=n) size
`)
	for _, c := range []struct {
		call string
		arg  int
		dir  Dir
		len  Len
		cnt  bool
	}{
		{"read", 1, Out, Len{Src: LenRet}, false},
		{"write", 1, In, Len{Src: LenArg, Arg: 2}, false},
		{"accept", 1, Out, Len{Src: LenPtr32, Arg: 2}, false},
		{"accept", 2, InOut, Len{Src: LenNone}, false},
		{"getsockopt", 1, Out, Len{Src: LenPtr64, Arg: 2}, false},
		{"poll", 0, InOut, Len{Src: LenArg, Arg: 1}, true},
		{"pipe", 0, Out | Always, Len{Src: LenConst, N: 2}, true},
		{"select", 1, InOut, Len{Src: LenBits, Arg: 0}, true},
		{"wait4", 1, Out, Len{Src: LenNone}, false},
		{"readv", 1, Out, Len{Src: LenArg, Arg: 2}, true},
		{"process_vm_readv", 2, In, Len{Src: LenArg, Arg: 1}, false},
	} {
		a := tb.call(AMD64, c.call).Args[c.arg]
		if a.Dir != c.dir || a.Len != c.len || a.Count != c.cnt {
			t.Errorf("%s: %s: got %d %+v %v, want %d %+v %v", c.call, a.Name, a.Dir, a.Len, a.Count, c.dir, c.len, c.cnt)
		}
	}
	if a := tb.call(AMD64, "process_vm_readv").Args[0]; !a.NoData {
		t.Error("len=0 of an iovec is lost")
	}
	if c := tb.call(AMD64, "poll").Args[2].If; c.Mask[AMD64] != 1<<32-1 {
		t.Errorf("condition on an int looks at %#x", c.Mask[AMD64])
	}
}

// TestRegisters: on i386 wide arguments take two registers, without padding.
func TestRegisters(t *testing.T) {
	tb := mustLoad(t, `
pread64(fd fd, buf buf out len=ret, count size, offset off64) size
fallocate(fd fd, mode int, offset off64, len off64) err
sync_file_range(fd fd, a off64, b off64, c int) err
`)
	r := tb.call(I386, "fallocate")
	var got []int8
	for _, a := range r.Args {
		got = append(got, a.Reg[AMD64], a.Reg[I386])
	}
	if want := []int8{0, 0, 1, 1, 2, 2, 3, 4}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	args := [6]uint64{3, 0xffffffff_80000000, 0xffffffff_11111111, 0x22222222, 0x33333333, 0x44444444}
	for i, want := range []uint64{3, 0x80000000, 0x22222222_11111111, 0x44444444_33333333} {
		if v := r.Args[i].Raw(I386, &args); v != want {
			t.Errorf("argument %d: %#x, want %#x", i, v, want)
		}
	}
	if v := r.Args[2].Raw(AMD64, &args); v != args[2] {
		t.Errorf("amd64: %#x", v)
	}
	if a := tb.call(I386, "sync_file_range").Args[3]; a.Reg[I386] != 5 {
		t.Errorf("the last argument is in register %d", a.Reg[I386])
	}
	if a := (&Arg{Reg: [NumABI]int8{-1, -1, -1}}); a.Raw(AMD64, &args) != 0 || a.Raw(Unknown, &args) != 0 {
		t.Error("a value without a register")
	}
}

func TestVariants(t *testing.T) {
	tb := mustLoad(t, `
fcntl(fd fd, cmd enum[cmd], arg hex) int
fcntl{cmd=F_DUPFD,X86ONLY}(fd fd, cmd enum[cmd], arg fd) fd
fcntl{cmd=F_GETLK}(fd fd, cmd enum[cmd], arg struct[timespec] inout) int
fcntl@i386{cmd=5}(fd fd, cmd enum[cmd], arg struct[own] len=4) int
futex(addr addr, op int, val uint) int
futex{op&0x7f=0,9}(addr addr, op int) int
futex@arm64(addr addr, op int, val hex) int
`)
	at := func(abi ABI, name string, arg uint64) *Row {
		return tb.call(abi, name).Variant(abi, [6]uint64{3, arg})
	}
	for _, c := range []struct {
		abi  ABI
		cmd  uint64
		kind Kind
	}{
		{AMD64, 0, KindFD}, {AMD64, 0xffffffff_00000000, KindFD}, {AMD64, 9, KindFD}, {ARM64, 9, KindHex},
		{AMD64, 5, KindStruct}, {AMD64, 6, KindHex}, {ARM64, 6, KindStruct}, {AMD64, 77, KindHex},
	} {
		if got := at(c.abi, "fcntl", c.cmd).Args[2].Kind; got != c.kind {
			t.Errorf("%s cmd %#x: %s, want %s", c.abi, c.cmd, got, c.kind)
		}
	}
	if s := at(I386, "fcntl", 5).Args[2].Struct; s.Name != "own" {
		t.Errorf("the row for i386 does not come first: %s", s.Name)
	}
	if len(at(AMD64, "futex", 128|9).Args) != 2 || len(at(AMD64, "futex", 1).Args) != 3 {
		t.Error("mask")
	}
	if k := at(ARM64, "futex", 1).Args[2].Kind; k != KindHex {
		t.Errorf("arm64 has the general row: %s", k)
	}
	if len(at(ARM64, "futex", 128).Args) != 2 {
		t.Error("a general variant does not serve a row for one ABI")
	}
}

func TestStructs(t *testing.T) {
	tb := mustLoad(t, "nanosleep(req struct[timespec]) err\n")
	s := tb.call(AMD64, "nanosleep").Args[0].Struct
	if s.Size != [NumABI]uint32{16, 16, 8} || len(s.Fields) != 2 {
		t.Fatalf("got %+v", s)
	}
	if f := s.Fields[1]; f.Name != "ns" || !f.Hidden || f.Off != [NumABI]uint32{8, 8, 4} || f.Kind != KindLong {
		t.Errorf("got %+v", f)
	}
	if f := tb.structs["pollfd"].Fields[1]; f.Name != "events" || f.Kind != KindFlags16 || f.Off[0] != 4 {
		t.Errorf("got %+v", f)
	}
	if d := tb.structs["own"]; !d.declared || len(d.Fields) != 0 {
		t.Errorf("got %+v", d)
	}
}

func TestMistakes(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		{"read", "1:5: expected \"(\""},
		{"read(fd", "1:8: unknown kind"},
		{"\n read(fd wrong) int", "2:10: unknown kind \"wrong\""},
		{"read(fd fd) int int", "1:17: unexpected \"i\""},
		{"read(fd fd, fd int) int", "1:13: two arguments are named fd"},
		{"read(fd fd) path", "a result can not be path"},
		{"read(fd fd) int+x", "expected +aux"},
		{"read(fd fd) int %filee", "unknown class \"%filee\""},
		{"read(fd fd x) int", "unknown modifier \"x\""},
		{"read(fd fd in) int", "fd is not read from memory"},
		{"read(b buf) int", "buf needs len="},
		{"read(b buf count=2) int", "buf needs len="},
		{"read(b array[int] len=2) int", "array needs count="},
		{"read(b path len=2) int", "path takes no length"},
		{"read(b buf len=ret) int", "the result is not known at entry"},
		{"read(b buf len=n) int", "1:16: no argument n"},
		{"read(b buf len=n, n ptr[int]) int", "n is a pointer"},
		{"read(b buf len=*n, n int) int", "n is no pointer to a length"},
		{"read(b buf len=1 len=2) int", "a second length"},
		{"read(b buf len=0) int", "a length of 0"},
		{"read(b iovec count=2 len=3) int", "expected len=ret or len=0"},
		{"read(b array[array[int]] count=2) int", "no elements of kind array"},
		{"read(b enum[nope]) int", "1:13: no set nope"},
		{"read(b struct[nope]) int", "syscalls.tbl:1:15: no struct nope"},
		{"read(p path @n, n int) int", "n is no descriptor"},
		{"read(p int if=q) int", "no argument q"},
		{"read(f flags[open], p int if=f&X) int", "set open has no X"},
		{"read(f int, p int if=f&X) int", "f has no set of constants"},
		{"read{f=1}(f int) int", "has variants but no row without braces"},
		{"read(f int) int\nread{g=1}(f int) int", "2:6: no argument g"},
		{"read(f int) int\nread{f&1=2}(f int) int", "2 has bits outside of the mask"},
		{"read(f int, g int) int\nread{f=1}(f int) int\nread{g=1}(f int, g int) int", "3:1: read has variants by another argument"},
		{"read(f int) int\nread(f int) int", "2:1: read has two rows for"},
		{"read(f int) int\nread@mips(f int) int", "2:6: expected an ABI"},
		{"open@arm64(p path) fd", "arm64 has no call open"},
		{"raed(f int) int", "1:1: no ABI has a call raed"},
		{"read(a int, b int, c int, d int, e int, f int, g int) int", "more than 6"},
		{"!", "1:1: expected the name of a system call"},
	} {
		tb := loadTest(c.src)
		if len(tb.errs) == 0 || !strings.Contains(tb.errs[0].Error(), c.want) {
			t.Errorf("%q: got %v, want %q", c.src, tb.errs, c.want)
		}
	}
}

func TestStructMistakes(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		{"strukt x {}", "structs.tbl:1:1: expected struct"},
		{"struct own {}\nstruct own {}", "2:8: struct own is there twice"},
		{"struct own {", "struct own does not end"},
		{"struct own = struct x", "expected {"},
		{"struct own {\n a int\n}", "2:2: no layout of struct own"},
		{"struct pollfd {\n a int\n}", "2:2: no layout of member a"},
		{"struct pollfd {\n fd none\n}", "a field can not be none"},
		{"struct pollfd {\n fd int at x\n}", "expected as"},
		{"struct pollfd {\n fd int wrong\n}", "unexpected \"w\""},
	} {
		tb := load("", c.src, testSets, testLayouts)
		if len(tb.errs) == 0 || !strings.Contains(tb.errs[0].Error(), c.want) {
			t.Errorf("%q: got %v, want %q", c.src, tb.errs, c.want)
		}
	}
}

// TestMistakeLosesOneRow: reading goes on after a mistake.
func TestMistakeLosesOneRow(t *testing.T) {
	tb := loadTest("read(x y\n, z) int\nwrite(fd fd) int\nclose(\nopen(fd fd) fd\n")
	if tb.call(AMD64, "write") == nil || tb.call(AMD64, "read") != nil {
		t.Error("lost the wrong row")
	}
	if len(tb.errs) != 2 {
		t.Errorf("got %v", tb.errs)
	}
}

func TestNumberWords(t *testing.T) {
	for _, c := range []struct {
		in string
		n  uint64
		ok bool
	}{
		{"0", 0, true}, {"12", 12, true}, {"0x7F", 127, true}, {"017", 15, true}, {"18446744073709551615", 1<<64 - 1, true},
		{"18446744073709551616", 0, false}, {"0x", 0, false}, {"", 0, false}, {"08", 0, false}, {"12z", 0, false}, {"0x1ffffffffffffffff", 0, false},
	} {
		if n, ok := number(c.in); ok != c.ok || ok && n != c.n {
			t.Errorf("%q: %d, %v", c.in, n, ok)
		}
	}
}

func FuzzTables(f *testing.F) {
	f.Add("read(fd fd, buf buf out len=ret, count size) size %desc\n", testStructs)
	f.Add("fcntl(fd fd, cmd enum[cmd]) int\nfcntl@i386{cmd&7=F_GETLK}(fd fd, cmd enum[cmd], p ptr[struct timespec] inout) int+aux never", "struct own {}")
	f.Add("poll(fds array[struct pollfd] count=*n, n ptr[int], p path @f, m mode if=f&O_CREAT|3, f dirfd) none", "struct pollfd {fd fd\n}")
	f.Fuzz(func(t *testing.T, calls, structs string) {
		tb := load(calls, structs, testSets, testLayouts)
		for _, opts := range []PlanOptions{{}, {FDs: true, Env: true}} {
			checkPlans(t, plans(tb, opts))
		}
		for _, err := range tb.errs {
			if !strings.Contains(err.Error(), ".tbl:") {
				t.Errorf("an error without a place: %v", err)
			}
		}
		for abi := range ABI(NumABI) {
			for _, r := range tb.rows[abi] {
				if r == nil {
					continue
				}
				v := r.Variant(abi, [6]uint64{5, 5, 5, 5, 5, 5})
				for i := range v.Args {
					v.Args[i].Raw(abi, new([6]uint64))
					_ = fmt.Sprint(v.Args[i].Kind)
				}
			}
		}
	})
}
