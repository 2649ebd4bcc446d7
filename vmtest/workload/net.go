package workload

import (
	"runtime"
	"slices"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Sizes of messages that the workload "net" moves, each once.
const (
	NetWrite, NetSend, NetDatagram, NetConnected = 1000, 500, 300, 200
)

// DNSName is what the workload "net" asks for.
const DNSName = "www.example.org"

// ownNetwork moves the thread to a network of its own, whose loopback is up.
func ownNetwork() {
	must("unshare", syscall.SYS_UNSHARE, syscall.CLONE_NEWNET)
	fd := must("socket", syscall.SYS_SOCKET, syscall.AF_INET, syscall.SOCK_DGRAM, 0)
	var req struct {
		name  [16]byte
		flags uint16
		_     [22]byte
	}
	copy(req.name[:], "lo")
	req.flags = syscall.IFF_UP
	must("ioctl", syscall.SYS_IOCTL, fd, syscall.SIOCSIFFLAGS, uintptr(unsafe.Pointer(&req)))
	must("close", syscall.SYS_CLOSE, fd)
}

// sockets makes every operation of sockets, over the loopback of a network of its
// own, with unix sockets in the directory arg and with netlink.
func sockets(dir string) {
	ownNetwork()
	stream(syscall.AF_INET, inet4)
	stream(syscall.AF_INET6, inet6)
	refused(inet4)
	datagrams(syscall.AF_INET, inet4)
	datagrams(syscall.AF_INET6, inet6)
	names(inet4)
	local(dir)
	netlink()
}

// address makes a socket address of this host: pointer and length.
type address = func(port uint16) (uintptr, uintptr)

func inet4(port uint16) (uintptr, uintptr) {
	a := &syscall.RawSockaddrInet4{Family: syscall.AF_INET, Port: port<<8 | port>>8, Addr: [4]byte{127, 0, 0, 1}}
	return hold(unsafe.Pointer(a)), 16
}

func inet6(port uint16) (uintptr, uintptr) {
	a := &syscall.RawSockaddrInet6{Family: syscall.AF_INET6, Port: port<<8 | port>>8, Addr: [16]byte{15: 1}}
	return hold(unsafe.Pointer(a)), 28
}

func unixAt(name string) (uintptr, uintptr) {
	a := &syscall.RawSockaddrUnix{Family: syscall.AF_UNIX}
	for i := range len(name) {
		a.Path[i] = int8(name[i])
	}
	return hold(unsafe.Pointer(a)), uintptr(2 + len(name) + 1)
}

var held []unsafe.Pointer

func hold(p unsafe.Pointer) uintptr {
	held = append(held, p)
	return uintptr(p)
}

func socketOf(family, kind uintptr) uintptr {
	return must("socket", syscall.SYS_SOCKET, family, kind|syscall.SOCK_CLOEXEC, 0)
}

func closeAll(fds ...uintptr) {
	for _, fd := range fds {
		must("close", syscall.SYS_CLOSE, fd)
	}
}

func send(fd, n uintptr) {
	data := make([]byte, n)
	must("sendto", syscall.SYS_SENDTO, fd, bytes(data), n, 0, 0, 0)
	runtime.KeepAlive(data)
}

func receive(fd, n uintptr) {
	buf := make([]byte, 4096)
	if got := must("recvfrom", syscall.SYS_RECVFROM, fd, bytes(buf), 4096, 0, 0, 0); got != n {
		fatal("received another number of bytes", syscall.Errno(0))
	}
}

// listener is a socket that listens on a port.
func listener(family uintptr, at address, port uint16, backlog uintptr) uintptr {
	fd := socketOf(family, syscall.SOCK_STREAM)
	p, n := at(port)
	must("bind", syscall.SYS_BIND, fd, p, n)
	must("listen", syscall.SYS_LISTEN, fd, backlog)
	return fd
}

func connectTo(family, kind uintptr, at address, port uint16) uintptr {
	fd := socketOf(family, kind)
	p, n := at(port)
	must("connect", syscall.SYS_CONNECT, fd, p, n)
	return fd
}

// stream is one connection from begin to end, over port 8080.
func stream(family uintptr, at address) {
	l := listener(family, at, 8080, 5)
	c := connectTo(family, syscall.SOCK_STREAM, at, 8080)
	a := must("accept4", syscall.SYS_ACCEPT4, l, 0, 0, syscall.SOCK_CLOEXEC)
	data := make([]byte, NetWrite)
	must("write", syscall.SYS_WRITE, c, bytes(data), NetWrite)
	receive(a, NetWrite)
	send(c, NetSend)
	receive(a, NetSend)
	vec := []syscall.Iovec{{Base: &data[0], Len: 5}, {Base: &data[7], Len: 7}}
	must("writev", syscall.SYS_WRITEV, a, uintptr(unsafe.Pointer(&vec[0])), 2)
	must("read", syscall.SYS_READ, c, bytes(data), 100)
	must("shutdown", syscall.SYS_SHUTDOWN, c, syscall.SHUT_WR)
	must("read", syscall.SYS_READ, a, bytes(data), 100)
	closeAll(a, c, l)
}

// refused connects to port 8081, where nobody is: once waiting, once not. Then
// to port 8082, where somebody is, without waiting.
func refused(at address) {
	fd := socketOf(syscall.AF_INET, syscall.SOCK_STREAM)
	p, n := at(8081)
	if _, e := raw(syscall.SYS_CONNECT, fd, p, n); e != syscall.ECONNREFUSED {
		fatal("connect to nobody", e)
	}
	l := listener(syscall.AF_INET, at, 8082, 5)
	for _, port := range []uint16{8081, 8082} {
		later := socketOf(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK)
		p, n = at(port)
		if _, e := raw(syscall.SYS_CONNECT, later, p, n); e != syscall.EINPROGRESS {
			fatal("connect without waiting", e)
		}
		poll(later)
		closeAll(later)
	}
	closeAll(fd, l)
}

// poll waits until a socket can be written to, or has failed.
func poll(fd uintptr) {
	fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}
	for {
		_, e := raw(syscall.SYS_PPOLL, uintptr(unsafe.Pointer(&fds[0])), 1, 0, 0)
		if e == 0 {
			return
		}
		if e != syscall.EINTR {
			fatal("ppoll", e)
		}
	}
}

// datagrams sends one without and one with a connection, to port 9090.
func datagrams(family uintptr, at address) {
	server := socketOf(family, syscall.SOCK_DGRAM)
	p, n := at(9090)
	must("bind", syscall.SYS_BIND, server, p, n)
	client := socketOf(family, syscall.SOCK_DGRAM)
	data := make([]byte, NetDatagram)
	must("sendto", syscall.SYS_SENDTO, client, bytes(data), NetDatagram, 0, p, n)
	from, size := make([]byte, 28), uint32(28)
	must("recvfrom", syscall.SYS_RECVFROM, server, bytes(data), NetDatagram, 0, bytes(from), uintptr(unsafe.Pointer(&size)))
	must("connect", syscall.SYS_CONNECT, client, p, n)
	send(client, NetConnected)
	receive(server, NetConnected)
	if _, e := raw(syscall.SYS_RECVFROM, server, bytes(data), 1, syscall.MSG_DONTWAIT, 0, 0); e != syscall.EAGAIN {
		fatal("recvfrom of nothing", e)
	}
	closeAll(client, server)
}

// names asks a server of names, which is this program too.
func names(at address) {
	query := append([]byte{0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0}, "\x03www\x07example\x03org\x00\x00\x01\x00\x01"...)
	answer := append(append([]byte{}, query...), 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1)
	answer[2], answer[3], answer[7] = 0x81, 0x80, 1
	server := socketOf(syscall.AF_INET, syscall.SOCK_DGRAM)
	p, n := at(53)
	must("bind", syscall.SYS_BIND, server, p, n)
	client := socketOf(syscall.AF_INET, syscall.SOCK_DGRAM)
	must("sendto", syscall.SYS_SENDTO, client, bytes(query), uintptr(len(query)), 0, p, n)
	buf := make([]byte, 600)
	from, size := make([]byte, 16), uint32(16)
	must("recvfrom", syscall.SYS_RECVFROM, server, bytes(buf), 600, 0, bytes(from), uintptr(unsafe.Pointer(&size)))
	must("sendto", syscall.SYS_SENDTO, server, bytes(answer), uintptr(len(answer)), 0, bytes(from), uintptr(size))
	must("recvfrom", syscall.SYS_RECVFROM, client, bytes(buf), 600, 0, bytes(from), uintptr(unsafe.Pointer(&size)))
	closeAll(client, server)
}

// local is what unix sockets do: a connection over which a descriptor is
// passed, a datagram, a pair.
func local(dir string) {
	l := socketOf(syscall.AF_UNIX, syscall.SOCK_STREAM)
	p, n := unixAt(dir + "/stream")
	must("bind", syscall.SYS_BIND, l, p, n)
	must("listen", syscall.SYS_LISTEN, l, 1)
	c := socketOf(syscall.AF_UNIX, syscall.SOCK_STREAM)
	must("connect", syscall.SYS_CONNECT, c, p, n)
	a := must("accept4", syscall.SYS_ACCEPT4, l, 0, 0, syscall.SOCK_CLOEXEC)
	pass(c, a)
	d, e := socketOf(syscall.AF_UNIX, syscall.SOCK_DGRAM), socketOf(syscall.AF_UNIX, syscall.SOCK_DGRAM)
	p, n = unixAt(dir + "/datagram")
	must("bind", syscall.SYS_BIND, d, p, n)
	data := make([]byte, 77)
	must("sendto", syscall.SYS_SENDTO, e, bytes(data), 77, 0, p, n)
	receive(d, 77)
	var pair [2]int32
	must("socketpair", syscall.SYS_SOCKETPAIR, syscall.AF_UNIX, syscall.SOCK_SEQPACKET|syscall.SOCK_CLOEXEC, 0, hold(unsafe.Pointer(&pair)))
	must("write", syscall.SYS_WRITE, uintptr(pair[0]), bytes(data), 33)
	must("read", syscall.SYS_READ, uintptr(pair[1]), bytes(data), 77)
	closeAll(uintptr(pair[0]), uintptr(pair[1]), d, e, a, c, l)
}

// pass sends 11 bytes and standard error from one socket to the other.
func pass(from, to uintptr) {
	data, rights := []byte("descriptor!"), unix.UnixRights(2)
	iov := &syscall.Iovec{Base: &data[0], Len: 11}
	msg := &syscall.Msghdr{Iov: iov, Iovlen: 1, Control: &rights[0], Controllen: uint64(len(rights))}
	must("sendmsg", syscall.SYS_SENDMSG, from, hold(unsafe.Pointer(msg)), 0)
	must("recvmsg", syscall.SYS_RECVMSG, to, uintptr(unsafe.Pointer(msg)), 0)
	got := *(*int32)(unsafe.Pointer(&rights[16]))
	closeAll(uintptr(got))
}

// netlink asks for the network's links.
func netlink() {
	fd := must("socket", syscall.SYS_SOCKET, syscall.AF_NETLINK, syscall.SOCK_RAW|syscall.SOCK_CLOEXEC, syscall.NETLINK_ROUTE)
	req := make([]byte, 32)
	req[0], req[4], req[6], req[7] = 32, unix.RTM_GETLINK, unix.NLM_F_REQUEST, unix.NLM_F_DUMP>>8
	send32 := func() { must("write", syscall.SYS_WRITE, fd, bytes(req), 32) }
	send32()
	buf := make([]byte, 8192)
	must("recvfrom", syscall.SYS_RECVFROM, fd, bytes(buf), 8192, 0, 0, 0)
	closeAll(fd)
}

// late connects to a listener whose queue is full: the packets of the second
// connection are dropped and sent again until it times out.
func late(string) {
	ownNetwork()
	at := inet4
	l := listener(syscall.AF_INET, at, 8080, 0)
	c := connectTo(syscall.AF_INET, syscall.SOCK_STREAM, at, 8080)
	fd := socketOf(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK)
	one := int32(1)
	must("setsockopt", syscall.SYS_SETSOCKOPT, fd, syscall.IPPROTO_TCP, syscall.TCP_SYNCNT, uintptr(unsafe.Pointer(&one)), 4)
	p, n := at(8080)
	if _, e := raw(syscall.SYS_CONNECT, fd, p, n); e != syscall.EINPROGRESS {
		fatal("connect without waiting", e)
	}
	poll(fd)
	closeAll(fd, c, l)
	said := []byte("sent again: " + counter("Tcp:", "RetransSegs") + "\n")
	raw(syscall.SYS_WRITE, 1, bytes(said), uintptr(len(said)))
}

// counter is one of the kernel's counters of this thread's network: snmp in
// proc_pid_net(5), two lines for each protocol, names and values.
func counter(protocol, name string) string {
	var names []string
	for line := range strings.SplitSeq(readAll("/proc/thread-self/net/snmp"), "\n") {
		f := strings.Fields(line)
		if len(f) == 0 || f[0] != protocol {
			continue
		}
		if i := slices.Index(names, name); i > 0 && i < len(f) {
			return f[i]
		}
		names = f
	}
	return "?"
}

// peers talks to a child over TCP and over a unix socket in the directory arg:
// three bytes there, four back.
func peers(dir string) {
	ownNetwork()
	l := listener(syscall.AF_INET, inet4, 8080, 5)
	u := socketOf(syscall.AF_UNIX, syscall.SOCK_STREAM)
	p, n := unixAt(dir + "/peers")
	must("bind", syscall.SYS_BIND, u, p, n)
	must("listen", syscall.SYS_LISTEN, u, 5)
	c := child("peer", dir)
	for _, fd := range []uintptr{l, u} {
		a := must("accept4", syscall.SYS_ACCEPT4, fd, 0, 0, syscall.SOCK_CLOEXEC)
		receive(a, 3)
		send(a, 4)
		receive(a, 0)
		closeAll(a)
	}
	if st, err := c.Wait(); err != nil || st.ExitCode() != Status {
		fatal("wait: "+st.String(), 0)
	}
}

// peer is the child of peers. Its exit closes its last socket.
func peer(dir string) {
	c := connectTo(syscall.AF_INET, syscall.SOCK_STREAM, inet4, 8080)
	send(c, 3)
	receive(c, 4)
	closeAll(c)
	u := socketOf(syscall.AF_UNIX, syscall.SOCK_STREAM)
	p, n := unixAt(dir + "/peers")
	must("connect", syscall.SYS_CONNECT, u, p, n)
	send(u, 3)
	receive(u, 4)
}

// older has sockets from before it is attached to. It says "ready", waits for
// a byte on standard input, sends over them and closes them.
func older(string) {
	ownNetwork()
	l := listener(syscall.AF_INET, inet4, 8080, 5)
	c := connectTo(syscall.AF_INET, syscall.SOCK_STREAM, inet4, 8080)
	a := must("accept4", syscall.SYS_ACCEPT4, l, 0, 0, syscall.SOCK_CLOEXEC)
	raw(syscall.SYS_WRITE, 1, bytes([]byte("ready\n")), 6)
	_, _ = syscall.Read(0, make([]byte, 1)) // the runtime does not interrupt this one
	send(c, 21)
	receive(a, 21)
	closeAll(c)
	receive(a, 0)
	closeAll(a, l)
}

// flood sends more datagrams than fit into the buffer of their receiver.
func flood(string) {
	ownNetwork()
	server := socketOf(syscall.AF_INET, syscall.SOCK_DGRAM)
	p, n := inet4(9090)
	must("bind", syscall.SYS_BIND, server, p, n)
	client := connectTo(syscall.AF_INET, syscall.SOCK_DGRAM, inet4, 9090)
	send(client, 1)
	receive(server, 1)
	small := int32(1)
	must("setsockopt", syscall.SYS_SETSOCKOPT, server, syscall.SOL_SOCKET, syscall.SO_RCVBUF, uintptr(unsafe.Pointer(&small)), 4)
	for range 30 {
		send(client, 1000)
	}
	said := []byte("dropped: " + counter("Udp:", "RcvbufErrors") + "\n")
	raw(syscall.SYS_WRITE, 1, bytes(said), uintptr(len(said)))
	closeAll(client, server)
}
