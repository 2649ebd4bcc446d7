package decode

import (
	"strings"
	"testing"

	"github.com/ebtrace/ebtrace/bpf"
	"github.com/ebtrace/ebtrace/decode/table"
	"github.com/ebtrace/ebtrace/events"
)

// decodeCalls returns what New(Options{StrSize: 32}) makes of a whole call.
func decodeWhole(t *testing.T, enter, exit *rec) string {
	t.Helper()
	return decodeAs(t, Options{StrSize: 32}, events.Whole, enter, exit)
}

func decodeAs(t *testing.T, o Options, kind events.Kind, enter, exit *rec) string {
	t.Helper()
	ev := events.Event{Kind: kind, TID: 7, PID: 7, Rec: exit.parse(t), Enter: enter.parse(t)}
	if kind == events.Begin {
		ev.Rec, ev.Enter = ev.Enter, nil
	}
	got, err := New(o).Decode(&ev)
	if err != nil {
		t.Fatal(err)
	}
	checkSpans(t, got.Call.Args)
	checkSpans(t, got.Call.Aux)
	return show(got.Call)
}

func expect(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

const (
	p1 = 0x7fff0000
	p2 = 0x7fff1000
	p3 = 0x7fff2000
)

var at = ^uint64(99) // AT_FDCWD as a 64-bit program passes it

func TestOpenat(t *testing.T) {
	enter, exit := newCall(t, table.AMD64, "openat", 3, at, p1, 0x80000)
	enter.sec(str, 1, 0, p1, "/etc/passwd")
	expect(t, decodeWhole(t, enter, exit),
		`openat(dirfd=-100<AT_FDCWD>, path="/etc/passwd", flags=O_RDONLY|O_CLOEXEC) = 3`)
	// The register's upper half is not part of an int.
	enter.call.Args[0], exit.call.Args[0] = 0xffffff9c, 0xffffff9c
	enter.call.Args[2] = 0xdead_0000_0241
	enter.call.Args[3] = 0xdead_0000_01a4
	expect(t, decodeWhole(t, enter, exit),
		`openat(dirfd=-100<AT_FDCWD>, path="/etc/passwd", flags=O_WRONLY|O_CREAT|O_TRUNC, mode=0644) = 3`)
	exit.call.Ret = -2
	expect(t, decodeWhole(t, enter, exit),
		`openat(dirfd=-100<AT_FDCWD>, path="/etc/passwd", flags=O_WRONLY|O_CREAT|O_TRUNC, mode=0644) = ENOENT`)
	expect(t, decodeAs(t, Options{}, events.Begin, enter, exit),
		`openat(dirfd=-100<AT_FDCWD>, path="/etc/passwd", flags=O_WRONLY|O_CREAT|O_TRUNC, mode=0644)`)
}

func TestStrings(t *testing.T) {
	open := func() (*rec, *rec) { return newCall(t, table.AMD64, "open", -14, p1, 0) }
	enter, exit := open()
	expect(t, decodeWhole(t, enter, exit), `open(path=0x7fff0000!unread, flags=O_RDONLY) = EFAULT`)
	enter.fault(str, 0, 0, p1, "", 0)
	expect(t, decodeWhole(t, enter, exit), `open(path=0x7fff0000!fault, flags=O_RDONLY) = EFAULT`)
	exit.sec(str, 0, atExit|retried, p1, "/late")
	expect(t, decodeWhole(t, enter, exit), `open(path="/late", flags=O_RDONLY) = EFAULT`)

	enter, exit = open()
	enter.sec(str, 0, 0, p1, "/a")
	exit.sec(str, 0, atExit, p1, "/b")
	expect(t, decodeWhole(t, enter, exit), `open(path="/a"!changed, flags=O_RDONLY) = EFAULT`)
	enter, exit = open()
	enter.sec(str, 0, 0, p1, "/a")
	exit.sec(str, 0, atExit, p1, "/a")
	expect(t, decodeWhole(t, enter, exit), `open(path="/a", flags=O_RDONLY) = EFAULT`)
	enter, exit = open()
	enter.sec(str, 0, 0, p1, "/a")
	exit.sec(str, 0, atExit, p1, "/ab")
	expect(t, decodeWhole(t, enter, exit), `open(path="/a"!changed, flags=O_RDONLY) = EFAULT`)

	enter, exit = open()
	enter.sec(str, 0, cut, p1, strings.Repeat("x", 40))
	expect(t, decodeWhole(t, enter, exit), `open(path="`+strings.Repeat("x", 40)+`"!cut, flags=O_RDONLY) = EFAULT`)

	enter, exit = newCall(t, table.AMD64, "memfd_create", 3, p1, 0)
	enter.sec(str, 0, 0, p1, strings.Repeat("x", 40))
	expect(t, decodeWhole(t, enter, exit), `memfd_create(name="`+strings.Repeat("x", 32)+`"!cut/40, flags=) = 3`)
}

func TestBuffers(t *testing.T) {
	_, exit := newCall(t, table.AMD64, "read", 5, 3, p1, 100)
	expect(t, decodeWhole(t, nil, exit), `read(fd=3, buf=0x7fff0000!unread, count=100) = 5`)
	exit.sec(memory, 1, atExit, p1, "hello")
	expect(t, decodeWhole(t, nil, exit), `read(fd=3, buf="hello", count=100) = 5`)
	_, exit = newCall(t, table.AMD64, "read", 50, 3, p1, 100)
	exit.sec(memory, 1, atExit|cut, p1, strings.Repeat("y", 32), 50)
	expect(t, decodeWhole(t, nil, exit), `read(fd=3, buf="`+strings.Repeat("y", 32)+`"!cut/50, count=100) = 50`)
	_, exit = newCall(t, table.AMD64, "read", 0, 3, p1, 100)
	expect(t, decodeWhole(t, nil, exit), `read(fd=3, buf="", count=100) = 0`)
	_, exit = newCall(t, table.AMD64, "read", 0, 3, 0, 0)
	expect(t, decodeWhole(t, nil, exit), `read(fd=3, buf=0x0, count=0) = 0`)
	_, exit = newCall(t, table.AMD64, "read", -512, 3, p1, 100)
	expect(t, decodeWhole(t, nil, exit), `read(fd=3, buf=0x7fff0000!unread, count=100) = ERESTARTSYS`)
	exit.head.Flags = uint16(bpf.TraceEbFlagEB_F_NORETURN)
	expect(t, decodeWhole(t, nil, exit), `read(fd=3) more`)

	_, exit = newCall(t, table.AMD64, "recvfrom", 8, 3, p1, 3, 0x20, 0, 0)
	exit.sec(memory, 1, atExit, p1, "datagram")
	expect(t, decodeWhole(t, nil, exit),
		`recvfrom(sockfd=3, buf="dat", len=3, flags=MSG_TRUNC, src_addr=0x0, addrlen=0x0) = 8`)

	enter, exit := newCall(t, table.AMD64, "write", 2, 1, p1, 2)
	enter.sec(memory, 1, 0, p1, "ab")
	expect(t, decodeWhole(t, enter, exit), `write(fd=1, buf="ab", count=2) = 2`)
	enter, exit = newCall(t, table.AMD64, "write", -14, 1, p1, 20)
	enter.fault(memory, 1, 0, p1, "abcdef", 20)
	expect(t, decodeWhole(t, enter, exit), `write(fd=1, buf=0x7fff0000!fault, count=20) = EFAULT`)
	enter, exit = newCall(t, table.AMD64, "write", -14, 1, p1, 1<<63)
	enter.sec(memory, 1, cut, p1, strings.Repeat("y", 32), 1<<31)
	expect(t, decodeWhole(t, enter, exit),
		`write(fd=1, buf="`+strings.Repeat("y", 32)+`"!cut/9223372036854775807, count=9223372036854775808) = EFAULT`)
}

func TestBegin(t *testing.T) {
	enter, exit := newCall(t, table.AMD64, "wait4", 5, ^uint64(0), p1, 0, 0)
	expect(t, decodeAs(t, Options{StrSize: 32}, events.Begin, enter, exit), `wait4(pid=-1) more`)
	enter, exit = newCall(t, table.AMD64, "accept", 5, 3, p1, p2)
	expect(t, decodeAs(t, Options{StrSize: 32}, events.Begin, enter, exit), `accept(sockfd=3) more`)
}

// TestAbsent: what was not there at entry may be there at exit, so a Begin ends
// before it and the End says the rest.
func TestAbsent(t *testing.T) {
	enter, exit := newCall(t, table.AMD64, "openat", 3, at, p1, 0)
	enter.fault(str, 1, 0, p1, "", 0)
	exit.sec(str, 1, atExit|retried, p1, "/late")
	expect(t, decodeAs(t, Options{}, events.Begin, enter, exit), `openat(dirfd=-100<AT_FDCWD>) more`)
	ev := events.Event{Kind: events.End, Rec: exit.parse(t), Enter: enter.parse(t)}
	got, err := New(Options{}).Decode(&ev)
	if err != nil {
		t.Fatal(err)
	}
	if got.Call.EntryArgs != 1 {
		t.Errorf("%d nodes at entry, want 1", got.Call.EntryArgs)
	}
	expect(t, show(got.Call), `openat(dirfd=-100<AT_FDCWD>, path="/late", flags=O_RDONLY) = 3`)
}

func TestEntryArgs(t *testing.T) {
	_, exit := newCall(t, table.AMD64, "pipe2", 0, p1, 0)
	exit.sec(memory, 0, atExit, p1, words(4, 3, 4))
	ev := events.Event{Kind: events.End, Rec: exit.parse(t)}
	got, err := New(Options{StrSize: 32}).Decode(&ev)
	if err != nil {
		t.Fatal(err)
	}
	if got.Call.EntryArgs != 0 || len(got.Call.Args) != 4 {
		t.Errorf("%d of %d nodes at entry: %s", got.Call.EntryArgs, len(got.Call.Args), show(got.Call))
	}
}

func TestInOut(t *testing.T) {
	enter, exit := newCall(t, table.AMD64, "sendfile", 4, 4, 3, p1, 4)
	enter.sec(memory, 2, 0, p1, words(8, 0))
	exit.sec(memory, 2, atExit, p1, words(8, 4))
	expect(t, decodeWhole(t, enter, exit), `sendfile(out_fd=4, in_fd=3, offset=([0] => [4]), count=4) = 4`)
	exit.call.Ret = -9
	expect(t, decodeWhole(t, enter, exit), `sendfile(out_fd=4, in_fd=3, offset=[0], count=4) = EBADF`)
	enter, exit = newCall(t, table.AMD64, "getsockopt", 0, 4, 1, 3, p1, p2)
	enter.sec(memory, 4, 0, p2, words(4, 128))
	exit.sec(memory, 4, atExit, p2, words(4, 4)).sec(memory, 3, atExit, p1, words(4, 1))
	if got := decodeWhole(t, enter, exit); !strings.Contains(got, "optlen=[(128 => 4)]) = 0") {
		t.Error(got)
	}
	// The kernel says how much there is, the program how much it has room for.
	enter.secs, exit.secs = nil, nil
	enter.sec(memory, 4, 0, p2, words(4, 4))
	exit.sec(memory, 4, atExit, p2, words(4, 128)).sec(memory, 3, atExit, p1, "abcdefgh")
	if got := decodeWhole(t, enter, exit); !strings.Contains(got, `optval=[1684234849], optlen=[(4 => 128)]) = 0`) {
		t.Error(got)
	}
	exit.secs = nil
	exit.sec(memory, 4, atExit, p2, words(4, 4)).sec(memory, 3, atExit, p1, words(4, 1))
	if got := decodeWhole(t, enter, exit); !strings.Contains(got, "optlen=[4]) = 0") {
		t.Error(got)
	}
}

func TestUnknown(t *testing.T) {
	_, exit := newCall(t, table.AMD64, "read", -38, 1, 0, 3, 4, 5, 6)
	exit.head.Nr = 999
	expect(t, decodeWhole(t, nil, exit),
		`syscall_0x3e7(arg0=0x1, arg1=0x0, arg2=0x3, arg3=0x4, arg4=0x5, arg5=0x6) = ENOSYS`)
	exit.head.Nr, exit.head.Abi, exit.call.Ret = -1, 255, 7
	expect(t, decodeWhole(t, nil, exit),
		`syscall_0xffffffff(arg0=0x1, arg1=0x0, arg2=0x3, arg3=0x4, arg4=0x5, arg5=0x6) = 7`)
}

func TestArrays(t *testing.T) {
	_, exit := newCall(t, table.AMD64, "pipe2", 0, p1, 0x80000)
	exit.sec(memory, 0, atExit, p1, words(4, 3, 4))
	expect(t, decodeWhole(t, nil, exit), `pipe2(fds=[3, 4], flags=O_CLOEXEC) = 0`)
	enter, exit := newCall(t, table.AMD64, "setgroups", 0, 3, p1)
	enter.sec(memory, 1, 0, p1, words(4, 1, 2, 0xffffffff))
	expect(t, decodeWhole(t, enter, exit), `setgroups(size=3, list=[1, 2, -1]) = 0`)
	expect(t, decodeAs(t, Options{StrSize: 2}, events.Whole, enter, exit), `setgroups(size=3, list=[1, 2]!cut/3) = 0`)
	expect(t, decodeAs(t, Options{StrSize: 2, Verbose: true}, events.Whole, enter, exit), `setgroups(size=3, list=[1, 2, -1]) = 0`)
	enter, exit = newCall(t, table.AMD64, "setgroups", -14, 3, p1)
	enter.fault(memory, 1, 0, p1, words(4, 7), 12)
	got := decodeWhole(t, enter, exit)
	expect(t, got, `setgroups(size=3, list=[7]!cut!fault/3) = EFAULT`)
	enter, exit = newCall(t, table.AMD64, "setgroups", 0, 0, p1)
	expect(t, decodeWhole(t, enter, exit), `setgroups(size=0, list=[]) = 0`)
}

func TestIovec(t *testing.T) {
	vec := words(8, p2, 4, p3, 8, 0, 0)
	_, exit := newCall(t, table.AMD64, "readv", 6, 7, p1, 3)
	exit.sec(memory, 1, atExit, p1, vec).sec(memory, 1, atExit, p2, "abcd").sec(memory, 1, atExit, p3, "ef")
	expect(t, decodeWhole(t, nil, exit),
		`readv(fd=7, iov=[{iov_base="abcd", iov_len=4}, {iov_base="ef", iov_len=8}, {iov_base=0x0, iov_len=0}], iovcnt=3) = 6`)
	exit.call.Ret = -9
	expect(t, decodeWhole(t, nil, exit),
		`readv(fd=7, iov=[{iov_base=0x7fff1000, iov_len=4}, {iov_base=0x7fff2000, iov_len=8}, {iov_base=0x0, iov_len=0}], iovcnt=3) = EBADF`)
	enter, exit := newCall(t, table.I386, "writev", -9, 7, p1, 2)
	enter.sec(memory, 1, 0, p1, words(4, p2, 4, p3, 2)).sec(memory, 1, 0, p2, "abcd").fault(memory, 1, 0, p3, "", 2)
	expect(t, decodeWhole(t, enter, exit),
		`writev(fd=7, iov=[{iov_base="abcd", iov_len=4}, {iov_base=0x7fff2000!fault, iov_len=2}], iovcnt=2) = EBADF`)
}

func TestExec(t *testing.T) {
	enter, exit := newCall(t, table.AMD64, "execve", 0, p1, p2, p3)
	enter.sec(str, 0, 0, p1, "/bin/sh").sec(memory, 1, 0, p2, words(8, 0x100, 0x200, 0x300, 0)).
		sec(str, 1, 0, 0x100, "sh").fault(str, 1, 0, 0x200, "", 0).sec(str, 1, cut, 0x300, strings.Repeat("c", 32)).
		sec(memory, 2, 0, p3, words(8, 0x400, 0x500, 0))
	exit.call.Args = [6]uint64{} // the registers of the new program
	c32 := strings.Repeat("c", 32)
	expect(t, decodeWhole(t, enter, exit),
		`execve(path="/bin/sh", argv=["sh", 0x200!fault, "`+c32+`"!cut], envp=0x7fff2000<2 vars>) = 0`)
	enter.sec(str, 2, 0, 0x400, "A=1").sec(str, 2, 0, 0x500, "B=2")
	expect(t, decodeAs(t, Options{StrSize: 32, Verbose: true}, events.Whole, enter, exit),
		`execve(path="/bin/sh", argv=["sh", 0x200!fault, "`+c32+`"!cut], envp=["A=1", "B=2"]) = 0`)
	expect(t, decodeAs(t, Options{StrSize: 1}, events.Whole, enter, exit),
		`execve(path="/bin/sh", argv=["s"!cut/2]!cut/3, envp=0x7fff2000<2 vars>) = 0`)
	enter, exit = newCall(t, table.AMD64, "execve", -14, p1, p2, p3)
	enter.sec(str, 0, 0, p1, "").fault(memory, 1, cut, p2, words(8, 0x100), 16).sec(str, 1, 0, 0x100, "zz").
		fault(memory, 2, cut, p3, words(8, 1), 16)
	expect(t, decodeWhole(t, enter, exit),
		`execve(path="", argv=["zz"]!cut!fault, envp=0x7fff2000<1 var, unterminated>) = EFAULT`)
}

func TestI386(t *testing.T) {
	// Longs and pointers have 32 bits; a 64-bit offset takes two registers.
	enter, exit := newCall(t, table.I386, "pwrite64", 2, 1, p1, 2, 0xfffffffe, 0xffffffff)
	enter.sec(memory, 1, 0, p1, "ab")
	expect(t, decodeWhole(t, enter, exit), `pwrite64(fd=1, buf="ab", count=2, offset=-2) = 2`)
	_, exit = newCall(t, table.I386, "lseek", 0xffffffff_fffffff2&0xffffffff, 1, 0xffffffff, 2)
	expect(t, decodeWhole(t, nil, exit), `lseek(fd=1, offset=-1, whence=SEEK_END) = EFAULT`)
	enter, exit = newCall(t, table.I386, "_llseek", 0, 0, 0xffffffff, 0xfffffffb, p1, 1)
	exit.sec(memory, 3, atExit, p1, words(8, 77))
	expect(t, decodeWhole(t, enter, exit), `_llseek(fd=0, offset=-5, result=[77], whence=SEEK_CUR) = 0`)
	_, exit = newCall(t, table.I386, "brk", int64(0xf7f00000), 0xf7f00000)
	expect(t, decodeWhole(t, nil, exit), `brk(addr=0xf7f00000) = 0xf7f00000`)
}

func TestUnpack(t *testing.T) {
	enter, exit := newCall(t, table.I386, "socketcall", 3, 1, p1)
	expect(t, decodeWhole(t, enter, exit), `socketcall(call=SYS_SOCKET, args=0x7fff0000!unread) = 3`)
	enter.sec(memory, 1, 0, p1, words(4, 2, 1, 6, 9, 9, 9))
	expect(t, decodeWhole(t, enter, exit), `socket(domain=AF_INET, type=SOCK_STREAM, protocol=IPPROTO_TCP) = 3`)
	enter.call.Args[0] = 5
	expect(t, decodeWhole(t, enter, exit), `accept(sockfd=2, addr=0x1!unread, addrlen=0x6!unread) = 3`)
	enter.call.Args[0] = 99
	if got := decodeWhole(t, enter, exit); !strings.HasPrefix(got, "socketcall(") {
		t.Error(got)
	}
	enter, exit = newCall(t, table.I386, "mmap", 0xf7f00000, p1)
	enter.sec(memory, 0, 0, p1, words(4, 0, 4096, 3, 0x22, 0xffffffff, 0))
	expect(t, decodeWhole(t, enter, exit),
		`mmap(addr=0x0, length=4096, prot=PROT_READ|PROT_WRITE, flags=MAP_PRIVATE|MAP_ANONYMOUS, fd=-1, offset=0x0) = 0xf7f00000`)
	enter, exit = newCall(t, table.AMD64, "mmap", p2, p1)
	if got := decodeWhole(t, enter, exit); !strings.HasPrefix(got, "mmap(addr=0x7fff0000, ") {
		t.Error(got)
	}
	for i, name := range socketCalls {
		if name != "" && rowNamed(name) == nil {
			t.Errorf("no row for call %d, %s", i, name)
		}
	}
}

func TestFDs(t *testing.T) {
	enter, exit := newCall(t, table.AMD64, "dup2", 4, 3, 4)
	enter.fd(0, 0, bpf.TraceEbFdinfo{Fd: 3}, "/old").fd(1, 0, bpf.TraceEbFdinfo{Fd: 4}, "/closed")
	exit.fd(6, atExit, bpf.TraceEbFdinfo{Fd: 4}, "/old")
	expect(t, decodeWhole(t, nil, exit), `dup2(oldfd=3, newfd=4) = 4{/old}`)
	expect(t, decodeWhole(t, enter, exit), `dup2(oldfd=3{/old}, newfd=4{/closed}) = 4{/old}`)
	_, exit = newCall(t, table.AMD64, "pipe2", 0, p1, 0)
	name := uint32(bpf.TraceEbFdFlagEB_FD_NAME)
	exit.sec(memory, 0, atExit, p1, words(4, 3, 4)).
		fd(0, atExit, bpf.TraceEbFdinfo{Fd: 3, Flags: name, Magic: magicPipe, Ino: 18}, "").
		fd(0, atExit, bpf.TraceEbFdinfo{Fd: 4, Flags: name, Magic: magicAnon, Ino: 18}, "[eventpoll]")
	expect(t, decodeWhole(t, nil, exit), `pipe2(fds=[3{pipe:[18]}, 4{anon_inode:[eventpoll]}], flags=) = 0`)
	_, exit = newCall(t, table.AMD64, "close", -9, 3)
	exit.fd(0, 0, bpf.TraceEbFdinfo{Fd: 3, Flags: uint32(bpf.TraceEbFdFlagEB_FD_BAD)}, "")
	expect(t, decodeWhole(t, nil, exit), `close(fd=3) = EBADF`)
}

func TestSockets(t *testing.T) {
	flags := uint32(bpf.TraceEbFdFlagEB_FD_SOCK | bpf.TraceEbFdFlagEB_FD_NAME)
	_, exit := newCall(t, table.AMD64, "close", 0, 3)
	f := bpf.TraceEbFdinfo{Fd: 3, Flags: flags, Magic: magicSock, Ino: 5, Family: afInet, Type: 1, Lport: 80, Rport: 90}
	copy(f.Laddr[:], "\x7f\x00\x00\x01")
	exit.fd(0, 0, f, "")
	file := decodedFile(t, exit)
	s := file.Sock
	if string(file.Path) != "socket:[5]" || s == nil || string(s.LAddr) != "\x7f\x00\x00\x01" || s.LPort != 80 || s.RPort != 90 {
		t.Errorf("%+v %+v", file, s)
	}
	for _, c := range []struct{ wire, want string }{{"/run/x\x00", "/run/x"}, {"\x00ab\x00", "\x00ab\x00"}, {"", ""}} {
		exit.secs = nil
		exit.fd(0, 0, bpf.TraceEbFdinfo{Fd: 3, Flags: flags, Magic: magicSock, Family: afUnix}, c.wire)
		if got := decodedFile(t, exit).Sock.Path; string(got) != c.want {
			t.Errorf("%q is %q", c.wire, got)
		}
	}
}

// decodedFile is the file of the first argument.
func decodedFile(t *testing.T, exit *rec) *File {
	t.Helper()
	ev := events.Event{Kind: events.Whole, Rec: exit.parse(t)}
	got, err := New(Options{}).Decode(&ev)
	if err != nil {
		t.Fatal(err)
	}
	return got.Call.Args[0].File
}
