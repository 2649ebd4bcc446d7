package output

import (
	"github.com/ebtrace/ebtrace/decode"
	"github.com/ebtrace/ebtrace/decode/table"
	"github.com/ebtrace/ebtrace/events"
)

// scene is a trace that every format writes: testdata/NAME.txt, NAME.json.
// The lines of the text are those of strace 6.1 for the same calls, but for
// what only ebtrace says (loss, changes, unreadable memory).
type scene struct {
	name string
	opts func(*Options)
	sum  *Summary
	es   []*decode.Event
}

func none(*Options) {}

func sockaddr(port uint64, ip string) tree {
	return node(decode.Struct, of(decode.Enum, families, 2).named("sa_family"), num(decode.Port, port).named("sin_port"), data(decode.IPv4, ip).named("sin_addr"))
}

func sockaddr6(ip string) tree {
	return node(decode.Struct, of(decode.Enum, families, 10).named("sa_family"), num(decode.Port, 80).named("sin6_port"),
		node(decode.Func, integer(0)).text("htonl").named("sin6_flowinfo"), data(decode.IPv6, ip).named("sin6_addr").flag(decode.FlagQuiet), integer(0).named("sin6_scope_id"))
}

func stat(mode, size uint64) tree {
	return node(decode.Struct, num(decode.Dev, 0xfe00).named("st_dev").flag(decode.FlagVerbose), num(decode.Mode, mode).named("st_mode"),
		num(decode.Uint, size).named("st_size"), num(decode.Int, 1795446259).text("2026-11-23T15:04:19+0000").named("st_atime").flag(decode.FlagVerbose))
}

// files are calls whose arguments are files, strings and structures.
func files() []*decode.Event {
	d := cwd(file("/tmp/dout")).named("dirfd")
	return []*decode.Event{
		call(10, 0, "openat", 257, fd(3, file("/etc/passwd")), d, path("/etc/passwd").named("pathname"), of(decode.Flags, openFlags, 0x80000).named("flags")),
		call(10, 1, "openat", 257, fd(4, file("/nx")), d, path("/nx").named("pathname"), of(decode.Flags, openFlags, 0x80000042).named("flags"), num(decode.Octal, 0o1644).named("mode")),
		failed(call(10, 2, "mkdir", 83, integer(0), path("/nx/y").named("pathname"), num(decode.Octal, 0).named("mode")), 20),
		failed(call(10, 3, "newfstatat", 262, integer(0), d, path("/etc/\x01\x02\x033\x80\xff\n\t\"\\x").named("pathname"), addr(0x7ffceed06160).named("statbuf").flag(decode.FlagUnread), integer(0).named("flags")), 2),
		call(10, 4, "newfstatat", 262, integer(0), d, path("/etc/passwd").named("pathname"), stat(0o100644, 1271).named("statbuf"), integer(0).named("flags")),
		failed(call(10, 5, "write", 1, integer(0), fd(-1, nil).named("fd"), str("0123456789012345678901234567890123456789").named("buf").want(40), num(decode.Uint, 40).named("count")), 9),
		failed(call(10, 6, "write", 1, integer(0), fd(-1, nil).named("fd"), addr(8).named("buf").flag(decode.FlagFault), num(decode.Uint, 3).named("count")), 9),
		failed(call(10, 7, "write", 1, integer(0), fd(-1, nil).named("fd"), str("\x001\x00a").named("buf"), num(decode.Uint, 4).named("count")), 9),
		failed(call(10, 8, "write", 1, integer(0), fd(-1, nil).named("fd"), str("a\177\200").named("buf"), num(decode.Uint, 3).named("count")), 9),
		call(10, 9, "read", 0, integer(2), fd(0, pseudo("pipe:[18253]")).named("fd"), str("a\n").named("buf"), num(decode.Uint, 10).named("count")),
		call(10, 10, "mmap", 9, addr(0x7fc1102f3000), addr(0).named("addr"), num(decode.Uint, 4096).named("length"), of(decode.Flags, protFlags, 1).named("prot"), of(decode.Flags, protFlags, 0).named("flags"), fd(-1, nil).named("fd"), num(decode.Hex, 0).named("offset")),
		failed(call(10, 11, "mprotect", 10, integer(0), addr(0).named("addr"), num(decode.Uint, 0).named("len"), of(decode.Flags, protFlags, 0x100).named("prot")), 12),
		call(10, 12, "umask", 95, num(decode.Octal, 0o22), num(decode.Octal, 7).named("mask")),
		failed(call(10, 13, "unlink", 87, integer(0), path("/etc/x").named("pathname").flag(decode.FlagChanged)), 2),
		call(10, 14, "getrandom", 318, integer(8), data(decode.Bytes, "\x35\x30\x27\x40\xde\x62\r\x71").named("buf"), num(decode.Uint, 8).named("buflen"), integer(0).named("flags")),
		call(10, 15, "execve", 59, integer(0), path("/usr/bin/sh").named("pathname"), node(decode.Array, str("sh"), str("-c"), str("...")).named("argv"), addr(0x7ffd00001000).text("35 vars").named("envp")),
		call(10, 16, "fcntl", 72, num(decode.Hex, 0x8000), fd(0, nil).named("fd"), word("F_GETFL").named("cmd")),
		exit(10, 10, 17, decode.ExitInfo{GroupDead: true}),
	}
}

// work is an operation of the virtual file system that took 4 us.
func work(tid uint32, ms float64, name, p string, w decode.Work) *decode.Event {
	e := plainEvent(events.Work, tid, ms)
	w.Layer, w.Name, w.Begin, w.End = "vfs", name, e.Time-4000, e.Time
	if w.Context == "" {
		w.Context, w.Cause, w.Call = "syscall", plainEvent(events.Whole, tid, 0).Time, "openat"
	}
	w.File, w.FS = &decode.File{Path: []byte(p), Mode: 0o100644, Ino: 1234, Dev: 254<<20 | 1}, []byte("ext4")
	e.Work = &w
	return e
}

// filework is what calls do in the virtual file system.
func filework() []*decode.Event {
	flags := of(decode.Flags, openFlags, 0x80042).named("flags").flag(decode.FlagNamed)
	deleted := work(10, 4, "read", "/tmp/gone", decode.Work{Offset: 0, Bytes: 10, Ret: 7, Depth: 1})
	deleted.Work.File.Deleted = true
	cut := work(10, 5, "setattr", "/deep/file\n", decode.Work{Offset: -1, Errno: 1, Ret: -1, Context: "io_uring"})
	cut.Work.File.Cut = true
	return []*decode.Event{
		call(10, 0, "openat", 257, fd(3, file("/tmp/new")), path("/tmp/new").named("pathname")),
		work(10, 1, "open", "/tmp/new", decode.Work{Offset: -1, Args: flat(flags), Created: true}),
		work(10, 2, "rename", "/tmp/<a>", decode.Work{Offset: -1, File2: file("/tmp/b")}),
		work(10, 3, "symlink", "/tmp/s", decode.Work{Offset: -1, Text: []byte("to\xff\"here")}),
		deleted, cut,
		work(10, 5.5, "read", "/of/a/call/not/shown", decode.Work{Offset: 0, Bytes: 10, Ret: 7, Context: "syscall", Cause: 5, Call: "read"}),
		work(10, 6, "fault", "/lib/libc.so.6", decode.Work{Offset: 8192, Ret: 0x200, Hex: true, Context: "page fault"}),
		exit(10, 10, 17, decode.ExitInfo{GroupDead: true}),
	}
}

// tcp is a socket of a connection.
func tcp(local, remote uint16) *decode.File {
	return &decode.File{Ino: 777, Mode: 0o140777, Sock: &decode.Socket{Family: 2, Type: 1, Protocol: 6, State: 1,
		LAddr: []byte{127, 0, 0, 1}, RAddr: []byte{127, 0, 0, 1}, LPort: local, RPort: remote}}
}

// netwrk is an operation of a socket that took 4 us.
func netwrk(tid uint32, ms float64, name string, s *decode.File, w decode.Work) *decode.Event {
	e := work(tid, ms, name, "", w)
	e.Work.Layer, e.Work.File, e.Work.FS, e.Work.Offset = decode.LayerNet, s, nil, -1
	if e.Work.Call != "" {
		e.Work.Call = "connect"
	}
	return e
}

// network is what calls do with sockets, and what happens to these.
func network() []*decode.Event {
	udp := tcp(40000, 0)
	udp.Sock.Type, udp.Sock.Protocol = 2, 17
	unix := &decode.File{Ino: 5, Sock: &decode.Socket{Family: afUnix, Type: 1, Peer: 6, Path: []byte("/run/x\n")}}
	query := &decode.DNS{ID: 7, Questions: []decode.DNSRecord{{Name: `ex\.ample\"\007.org`, Type: "A"}}}
	answer := &decode.DNS{ID: 7, Answer: true, Code: "NOERROR", Truncated: true, Questions: query.Questions,
		Answers: []decode.DNSRecord{{Name: "example.org", Type: "CNAME", TTL: 60, Data: "www.example.net"}, {Name: "www.example.net", Type: "A", TTL: 4294967295, Data: "192.0.2.1"}}}
	none := &decode.DNS{ID: 8, Answer: true, Code: "NXDOMAIN", Cut: true, Malformed: true, Questions: query.Questions}
	kernel := decode.Work{Context: "kernel", Moment: true}
	happens := func(ms float64, name string, add func(*decode.Work)) *decode.Event {
		e := netwrk(10, ms, name, tcp(51000, 80), kernel)
		add(e.Work)
		return e
	}
	return []*decode.Event{
		failed(call(10, 0, "connect", 42, integer(0), fd(5, nil).named("sockfd"), sockaddr(80, "\x7f\x00\x00\x01").named("addr"), integer(16).named("addrlen")), 115),
		netwrk(10, 1, "connect", tcp(51000, 80), decode.Work{Address: flat(sockaddr(80, "\x7f\x00\x00\x01")), Ret: -115, Errno: 115, Peer: &decode.Peer{PID: 1234, UID: 33, Comm: []byte("ng\x1b<x>")},
			Args: flat(of(decode.Flags, openFlags, 0x80000).named("flags").flag(decode.FlagNamed))}),
		netwrk(10, 2, "connected", tcp(51000, 80), decode.Work{Ret: -111, Errno: 111}),
		netwrk(10, 2.5, "connect", unix, decode.Work{Address: flat(node(decode.Struct, of(decode.Enum, families, 1).named("sa_family"), data(decode.Path, "a\x1bb").named("sun_path").flag(decode.FlagAbstract)))}),
		netwrk(10, 3, "accept", tcp(80, 0), decode.Work{File2: tcp(80, 51000), Peer: &decode.Peer{PID: 99, Later: true}}),
		netwrk(10, 4, "send", udp, decode.Work{Address: flat(sockaddr(53, "\x08\x08\x08\x08")), Bytes: 33, Ret: 33, DNS: query, Depth: 1}),
		netwrk(10, 4.1, "recv", udp, decode.Work{Bytes: 512, Ret: 60, DNS: answer}),
		netwrk(10, 4.2, "recv", udp, decode.Work{Bytes: 512, Ret: 60, DNS: none}),
		netwrk(10, 4.3, "bind", udp, decode.Work{Address: flat(sockaddr6(string(make([]byte, 16))))}),
		netwrk(10, 4.4, "bind", &decode.File{Ino: 4, Sock: &decode.Socket{Family: 17}}, decode.Work{Address: flat(node(decode.Struct, of(decode.Enum, families, 77).named("sa_family"), data(decode.Path, "\x1b").named("sa_data")))}),
		happens(5, "state", func(w *decode.Work) { w.OldState, w.NewState = "SYN_SENT", "ESTABLISHED" }),
		happens(6, "retransmit", func(w *decode.Work) { w.Args = flat(word("ESTABLISHED").named("state")) }),
		happens(7, "reset", func(w *decode.Work) { w.Args = flat(word("received").named("direction")) }),
		happens(8, "drop", func(w *decode.Work) {
			w.Args = flat(word("TCP_CSUM\x1b").number(5).named("reason").flag(decode.FlagNamed))
		}),
		exit(10, 10, 17, decode.ExitInfo{GroupDead: true}),
	}
}

// nesting is calls with operations within operations, whole and in two halves.
func nesting() []*decode.Event {
	const vfs, net = decode.LayerVFS, decode.LayerNet
	of := func(tid uint32, layer, name string, cause, begin, end float64, depth int) *decode.Event {
		e := work(tid, end, name, "/f", decode.Work{Offset: -1, Context: "syscall", Cause: at(cause), Call: "x", Depth: depth})
		e.Work.Begin, e.Work.Layer = at(begin), layer
		if layer == net {
			e.Work.File, e.Work.FS = tcp(1, 2), nil
		}
		return e
	}
	splice := call(10, 0, "sendfile", 40, integer(1))
	slow := call(10, 10, "write", 1, integer(1))
	lost := call(11, 11, "read", 0, integer(1))
	return []*decode.Event{
		splice,
		of(10, vfs, "read", 0, 1, 2, 1), of(10, net, "send", 0, 3, 4, 2), of(10, vfs, "write", 0, 2.5, 4.5, 1),
		of(10, vfs, "splice", 0, 0.5, 5, 0), of(10, vfs, "getattr", 0, 6, 7, 0),
		of(10, vfs, "fault", 3, 7, 8, 0), // of a call that is not shown
		call(10, 9, "getppid", 110, integer(1)),
		begin(slow, 0), begin(lost, 0),
		of(10, vfs, "write", 10, 11, 12, 0), of(11, vfs, "read", 11, 11.5, 12.5, 1), of(11, vfs, "readdir", 11, 12.6, 12.7, 1),
		netwrk(10, 12.8, "state", tcp(1, 2), decode.Work{Context: "kernel", Moment: true, OldState: "LISTEN", NewState: "CLOSE"}),
		end(slow, 0, 5),
		call(10, 15.5, "getppid", 110, integer(1)),
		of(10, vfs, "fault", 10, 15, 15.1, 0), // too late
		exit(11, 11, 16, decode.ExitInfo{GroupDead: true}),
		call(10, 16.2, "io_uring_enter", 426, integer(1)),
		requested(of(10, vfs, "getattr", 16.2, 16.3, 16.4, 0), 0), requested(of(10, vfs, "open", 16.2, 16.5, 16.6, 0), 16.4),
		requested(requestOf(10, "openat", 16.2, 16.4, 16.7), 0), requested(requestOf(10, "nop", 16.2, 16.65, 16.8), 0),
		begin(call(10, 17, "read", 0, integer(1)), 0), of(10, vfs, "read", 17, 17, 18, 0),
	}
}

// requested makes work that of the request of io_uring submitted then.
func requested(e *decode.Event, ms float64) *decode.Event {
	if e.Work.Context = "io_uring"; ms != 0 {
		e.Work.Request = at(ms)
	}
	return e
}

// requestOf is a request of io_uring.
func requestOf(tid uint32, name string, cause, begin, end float64) *decode.Event {
	e := plainEvent(events.Work, tid, end)
	e.Work = &decode.Work{Layer: decode.LayerURing, Name: name, Begin: at(begin), End: at(end), Cause: at(cause), Call: "io_uring_enter", Offset: -1,
		Result: flat(integer(3))[0]}
	return e
}

// split is calls that tell what their time went to.
func split() []*decode.Event {
	with := func(e *decode.Event, whole uint64, x decode.Split) *decode.Event {
		e.Call.End = e.Call.Begin + whole
		e.Call.Split = &x
		return e
	}
	return []*decode.Event{
		with(call(10, 0, "fsync", 74, integer(0), fd(3, nil).named("fd")), 123_999, decode.Split{Blocked: 80_500, Running: 43_499, VFS: 100_400}),
		with(call(10, 1, "sendto", 44, integer(1), fd(3, nil).named("fd")), 2_000_000_000, decode.Split{Blocked: 1_999_999_999, Running: 1, Net: 7_000}),
		call(10, 2, "getppid", 110, integer(1)),
	}
}

// processes are calls about processes, signals, sockets and times.
func processes() []*decode.Event {
	wstatus := node(decode.Array, node(decode.Struct, node(decode.Or, word("WIFEXITED(s)"), word("WEXITSTATUS(s) == 3")).text(" && ")))
	ts := node(decode.Struct, integer(0).named("tv_sec"), integer(5).named("tv_nsec"))
	pollfd := func(name string) tree {
		return node(decode.Array, node(decode.Struct, fd(0, nil).named("fd"), of(decode.Flags, pollFlags, 1).named(name)))
	}
	return []*decode.Event{
		call(11, 0, "clone", 56, num(decode.PID, 10700), addr(0).named("child_stack").flag(decode.FlagNamed),
			node(decode.Or, of(decode.Flags, openFlags, 0x80040), num(decode.Signal, 17)).named("flags").flag(decode.FlagNamed), addr(0x7fc110102a10).named("child_tidptr").flag(decode.FlagNamed)),
		sig(11, 1, 17, false, num(decode.Signal, 17).named("si_signo"), word("CLD_EXITED").named("si_code"), num(decode.PID, 10700).text("sh").named("si_pid"), integer(0).named("si_uid"), integer(3).named("si_status")),
		call(11, 2, "wait4", 61, num(decode.PID, 10700), integer(-1).named("pid"), wstatus.named("wstatus"), integer(0).named("options"), addr(0).named("rusage")),
		failed(call(11, 3, "wait4", 61, integer(0), integer(-1).named("pid"), addr(0x7ffceed05f84).named("wstatus").flag(decode.FlagUnread), word("WNOHANG").named("options"), addr(0).named("rusage")), 10),
		call(11, 4, "rt_sigprocmask", 14, integer(0), word("SIG_SETMASK").named("how"), node(decode.Set, num(decode.Signal, 10), num(decode.Signal, 32), num(decode.Signal, 33)).flag(decode.FlagNot).named("set"), addr(0).named("oldset"), num(decode.Uint, 8).named("sigsetsize")),
		call(11, 5, "rt_sigprocmask", 14, integer(0), word("SIG_SETMASK").named("how"), node(decode.Set).named("set"), addr(0).named("oldset"), num(decode.Uint, 8).named("sigsetsize")),
		failed(call(11, 6, "kill", 62, integer(0), num(decode.PID, 2147483632).named("pid"), num(decode.Signal, 35).named("sig")), 3),
		failed(call(11, 7, "pause", 34, integer(0)), 514),
		sig(11, 8, 14, false, num(decode.Signal, 14).named("si_signo"), of(decode.Enum, siCodes, 0x80).named("si_code")),
		call(11, 9, "socket", 41, fd(5, nil), of(decode.Enum, families, 2).named("domain"), node(decode.Or, of(decode.Enum, sockTypes, 1), of(decode.Flags, sockFlags, 0x80000)).named("type"), word("IPPROTO_IP").named("protocol")),
		failed(call(11, 10, "connect", 42, integer(0), fd(5, nil).named("sockfd"), sockaddr(9, "\x7f\x00\x00\x01").named("addr"), integer(16).named("addrlen")), 111),
		failed(call(11, 11, "connect", 42, integer(0), fd(5, nil).named("sockfd"), sockaddr6("\xfe\x80\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x01").named("addr"), integer(28).named("addrlen")), 111),
		failed(call(11, 12, "socket", 41, integer(0), of(decode.Enum, families, 77).named("domain"), of(decode.Enum, sockTypes, 88).named("type"), integer(99).named("protocol")), 22),
		call(11, 13, "getsockname", 51, integer(0), fd(5, nil).named("sockfd"), sockaddr(46654, "\x00\x00\x00\x00").named("addr"), node(decode.Array, node(decode.Pair, integer(110), integer(16))).named("addrlen")),
		aux(call(11, 14, "poll", 7, integer(1), pollfd("events").named("fds"), integer(1).named("nfds"), integer(0).named("timeout")), pollfd("revents")),
		aux(call(11, 15, "poll", 7, integer(0), pollfd("events").named("fds"), integer(1).named("nfds"), integer(0).named("timeout")), word("Timeout")),
		aux(call(11, 16, "pselect6", 270, integer(1), integer(2).named("nfds"), addr(0).named("readfds"), node(decode.Set, fd(1, nil)).named("writefds"), ts.named("timeout")), node(decode.Set, fd(1, nil)).named("out"), ts.named("left")),
		failed(call(11, 17, "syscall_0x3e7", 999, integer(0), num(decode.Hex, 1), num(decode.Hex, 2), num(decode.Hex, 0xffffffffffffffff)), 38),
		call(11, 17.5, "prlimit64", 302, integer(0), integer(0).named("pid"), node(decode.Struct, word("8192*1024").number(8388608).named("rlim_cur"), word("RLIM64_INFINITY").number(1<<64-1).named("rlim_max")).named("new_limit")),
		failed(call(11, 18, "mknodat", 259, integer(0), cwd(nil).named("dirfd"), path("/nx").named("pathname"), num(decode.Mode, 0o20600).named("mode"), num(decode.Dev, 0x103).named("dev")), 17),
		failed(call(11, 19, "ioctl", 16, integer(0), fd(0, nil).named("fd"), node(decode.Func, word("_IOC_NONE"), num(decode.Hex, 0x56), num(decode.Hex, 0x78), num(decode.Hex, 0x1234)).text("_IOC").number(0x12345678).named("request"), num(decode.Hex, 0).named("arg")), 600),
		call(11, 20, "preadv", 295, integer(5), fd(3, nil).named("fd"), node(decode.Array, node(decode.Struct, str("ab").named("iov_base"), num(decode.Uint, 2).named("iov_len"))).want(9).named("iov"), integer(9).named("iovcnt")),
		resumed(call(11, 20.2, "restart_syscall", 219, integer(0)), "nanosleep"),
		failed(call(11, 20.4, "restart_syscall", 219, integer(0)), 516),
		sig(11, 21, 19, true, num(decode.Signal, 19).named("si_signo"), of(decode.Enum, siCodes, 0).named("si_code")),
		sig(11, 22, 9, false),
		exit(11, 11, 23, decode.ExitInfo{Signal: 6, Core: true, GroupDead: true}),
	}
}

// threads is what happens between the lines when threads interleave.
func threads() []*decode.Event {
	ts := node(decode.Struct, integer(100).named("tv_sec"), integer(0).named("tv_nsec"))
	clone3 := call(20, 0, "clone3", 435, num(decode.PID, 21), node(decode.Pair, node(decode.Struct, word("CLONE_VM").named("flags")), node(decode.Struct, node(decode.Array, num(decode.PID, 21)).named("parent_tid"))).named("cl_args"), num(decode.Uint, 88).named("size"))
	clone := call(20, 50, "clone", 56, num(decode.PID, 24), addr(0).named("child_stack").flag(decode.FlagNamed), num(decode.Signal, 17).named("flags").flag(decode.FlagNamed), addr(0x7f00).named("child_tidptr").flag(decode.FlagNamed))
	sleep := call(21, 3, "clock_nanosleep", 230, integer(0), word("CLOCK_REALTIME").named("clockid"), integer(0).named("flags"), ts.named("request"), addr(0).named("remain"))
	wait := call(20, 4, "wait4", 61, num(decode.PID, 21), integer(-1).named("pid"), addr(0).named("wstatus"), integer(0).named("options"), addr(0).named("rusage"))
	pipe := call(20, 7, "pipe", 22, integer(0), node(decode.Array, fd(3, nil), fd(4, nil)).named("pipefd"))
	hung := call(22, 8, "pause", 34, integer(0))
	set := call(20, 9, "set_robust_list", 273, integer(0), addr(0x7fbee36899a0).named("head"), num(decode.Uint, 24).named("len"))
	killed := noReturn(end(sleep, 5, 30), true)
	killed.Call.Args = killed.Call.Args[:5]
	x32 := call(20, 12, "getppid", 64, num(decode.PID, 1))
	x32.Call.ABI = table.I386
	x32.Call.IP = 0xf7ed15e9
	return []*decode.Event{
		call(20, 0, "getppid", 110, num(decode.PID, 1)),
		begin(clone3, 3), child(20, 21, 20, 0.2), end(clone3, 3, 0.5),
		call(21, 1, "rseq", 334, integer(0), addr(0x7fbfc14eafe0).named("rseq")),
		begin(sleep, 5), begin(wait, 1), child(20, 22, 22, 5),
		begin(hung, 0), end(wait, 1, 2),
		begin(pipe, 0), end(pipe, 0, 0.1),
		begin(set, 2), gap(22, 9.5, 17), end(set, 2, 1),
		gap(21, 10, 1),
		begin(pipe, 0), call(22, 11, "getuid", 102, integer(0)), end(pipe, 0, 0.1),
		x32, call(20, 13, "getppid", 110, num(decode.PID, 1)),
		begin(clone, 2), call(22, 51, "getuid", 102, integer(0)), end(clone, 2, 3),
		noReturn(call(20, 60, "exit_group", 231, tree{}, integer(5).named("status")), false),
		killed, noReturn(end(hung, 0, 50), false),
		exit(20, 20, 61, decode.ExitInfo{Code: 5}),
		exit(21, 20, 62, decode.ExitInfo{Code: 5, GroupDead: true}),
		exit(22, 22, 63, decode.ExitInfo{Signal: 9, GroupDead: true}),
	}
}

// execs is an execve of a thread that is not the leader.
func execs() []*decode.Event {
	futex := call(30, 1, "futex", 202, integer(0), addr(0x7fcf0).named("uaddr"), word("FUTEX_WAIT").named("op"), integer(31).named("val"), addr(0).named("timeout"))
	exe := call(31, 2, "execve", 59, integer(0), path("/bin/true").named("pathname"), node(decode.Array, str("true")).named("argv"), addr(0).named("envp"))
	done := end(exe, 4, 2)
	done.TID, done.PID, done.Start = 30, 30, 30
	x := plainEvent(events.Exec, 30, 3)
	x.Exec = &decode.ExecInfo{Path: []byte("/usr/bin/true"), OldTID: 31}
	exe.PID = 30
	return []*decode.Event{
		begin(futex, 4), child(30, 31, 30, 1.5), begin(exe, 4), noReturn(end(futex, 4, 1), false),
		exit(30, 30, 2.5, decode.ExitInfo{}), x, done, call(30, 5, "brk", 12, addr(0x5647aa7d7000), addr(0).named("addr")),
		exit(30, 30, 6, decode.ExitInfo{GroupDead: true}),
	}
}

// attached is a trace of processes that were there before.
func attached() []*decode.Event {
	a := func(tid, pid uint32) *decode.Event {
		e := plainEvent(events.Attach, tid, 0)
		e.PID = pid
		return e
	}
	read := call(40, 1, "read", 0, integer(0), fd(0, nil).named("fd"), str("").named("buf"), num(decode.Uint, 1).named("count"))
	d := func(tid, pid uint32) *decode.Event { e := a(tid, pid); e.Kind, e.Time = events.Detach, at(9); return e }
	return []*decode.Event{a(40, 40), a(41, 40), a(42, 40), a(43, 43), call(43, 0.5, "getpid", 39, num(decode.PID, 43)), begin(read, 1), d(40, 40), d(41, 40), d(42, 40), d(43, 43)}
}

// descriptors are all forms of a descriptor with -yy.
func descriptors() []*decode.Event {
	var es []*decode.Event
	sock := func(s decode.Socket) *decode.File {
		return &decode.File{Path: []byte("socket:[20275]"), Pseudo: true, Mode: 0o140777, Ino: 20275, Sock: &s}
	}
	lo, lo6 := []byte{127, 0, 0, 1}, []byte{15: 1}
	for i, f := range []*decode.File{
		file("/tmp/dout/we<i>rd\"\n\177\303\251\\x"),
		{Path: []byte("/tmp/z1"), Deleted: true, Mode: 0o100600},
		{Path: []byte("/dev/null"), Mode: 0o20666, Rdev: 1<<20 | 3},
		{Path: []byte("/dev/sda"), Mode: 0o60660, Rdev: 8 << 20},
		{Path: []byte("/very/deep"), Cut: true, Mode: 0o100600},
		pseudo("pipe:[18253]"), pseudo("anon_inode:[eventpoll]"),
		sock(decode.Socket{Family: 2, Type: 1}),
		sock(decode.Socket{Family: 2, Type: 1, LAddr: []byte{0, 0, 0, 0}, LPort: 56693}),
		sock(decode.Socket{Family: 2, Type: 1, LAddr: lo, LPort: 40533, RAddr: lo, RPort: 46816}),
		sock(decode.Socket{Family: 10, Type: 1, LAddr: lo6, LPort: 46988, RAddr: lo6, RPort: 34641}),
		sock(decode.Socket{Family: 10, Type: 2}), sock(decode.Socket{Family: 2, Type: 3, Protocol: 1, LAddr: []byte{0, 0, 0, 0}, LPort: 1}),
		sock(decode.Socket{Family: 1, Type: 1, Peer: 20284}), sock(decode.Socket{Family: 1, Type: 2, Path: []byte("\x00abs\x01\"x")}),
		sock(decode.Socket{Family: 1, Type: 1, Path: []byte("/run/x")}),
		sock(decode.Socket{Family: 16, Type: 3, NetlinkPID: 22363}), sock(decode.Socket{Family: 17, Type: 3}),
	} {
		es = append(es, call(50, float64(i), "read", 0, integer(0), fd(3, f).named("fd"), addr(0).named("buf"), num(decode.Uint, 0).named("count")))
	}
	return append(es, call(50, 100, "chdir", 80, integer(0), cwd(file("/tmp/dout")).named("path")))
}

var scenes = []scene{
	{"files", none, nil, files()},
	{"files-y-v", func(o *Options) { o.Files, o.Verbose, o.Hex, o.StrSize = FilePath, true, HexNonASCII, 8 }, nil, files()},
	{"vfs", func(o *Options) { o.Prefix = PrefixAuto }, nil, filework()},
	{"net", func(o *Options) { o.Prefix = PrefixAuto }, nil, network()},
	{"nested", func(o *Options) { o.Nested = true }, &Summary{}, nesting()},
	{"split", func(o *Options) { o.Spent, o.SpentIn = true, InVFS|InNet }, nil, split()},
	{"split-ms", func(o *Options) { o.Spent, o.SpentDig, o.StrSize = true, Milli, 31 }, nil, split()},
	{"processes", none, nil, processes()},
	{"processes-raw", func(o *Options) { o.Style = Raw }, nil, processes()},
	{"processes-xx", func(o *Options) { o.Hex = HexAll }, nil, processes()},
	{"processes-verbose", func(o *Options) { o.Style = Verbose }, nil, processes()},
	{"processes-comm", func(o *Options) { o.Comm, o.Prefix = true, PrefixAlways }, nil, processes()},
	{"threads", func(o *Options) { o.Prefix = PrefixAuto }, &Summary{Received: 982, Lost: 18, Threads: []LostThread{{TID: 22, PID: 22, Lost: 17}, {TID: 21, PID: 20, Lost: 1}}}, threads()},
	{"threads-o", func(o *Options) {
		o.Prefix, o.Stamp, o.StampDig, o.Rel, o.Spent, o.Number, o.IP = PrefixColumn, ClockTime, Micro, true, true, true, true
	}, &Summary{Received: 5}, threads()},
	{"execs", func(o *Options) { o.Prefix = PrefixAuto }, nil, execs()},
	{"attached", func(o *Options) { o.Prefix = PrefixAuto }, nil, attached()},
	{"descriptors", func(o *Options) { o.Files = FileAll }, nil, descriptors()},
}
