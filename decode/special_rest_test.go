package decode_test

import (
	"strings"
	"testing"
)

func TestSockopt(t *testing.T) {
	set := func(level, opt uint64, val string, n uint64) *trace {
		c := amd(t, "setsockopt", 0, 6, level, opt, m1, n)
		return c.in(m1, val)
	}
	set(1, 2, le(1), 4).is(t, `setsockopt(6, SOL_SOCKET, SO_REUSEADDR, [1], 4) = 0`)
	set(1, 2, le(1, 0), 8).is(t, `setsockopt(6, SOL_SOCKET, SO_REUSEADDR, [1], 8) = 0`)
	set(1, 2, "\x01\x00", 2).is(t, `setsockopt(6, SOL_SOCKET, SO_REUSEADDR, 0x7fff0000, 2) = 0`)
	set(1, 13, le(1, 5), 8).is(t, `setsockopt(6, SOL_SOCKET, SO_LINGER, {l_onoff=1, l_linger=5}, 8) = 0`)
	set(1, 13, le(1), 4).is(t, `setsockopt(6, SOL_SOCKET, SO_LINGER, 0x7fff0000, 4) = 0`)
	set(1, 25, "lo\x00", 3).is(t, `setsockopt(6, SOL_SOCKET, SO_BINDTODEVICE, "lo\0", 3) = 0`)
	set(1, 26, le(uint64(2), uint64(m2)), 16).is(t, `setsockopt(6, SOL_SOCKET, SO_ATTACH_FILTER, {len=2, filter=0x7fff1000}, 16) = 0`)
	set(6, 13, "cubic", 5).is(t, `setsockopt(6, SOL_TCP, TCP_CONGESTION, "cubic", 5) = 0`)
	set(0, 2, "\x01", 1).is(t, `setsockopt(6, SOL_IP, IP_TTL, "\1", 1) = 0`)
	set(0, 35, "\xe0\x00\x00\x01\x7f\x00\x00\x01", 8).is(t, `setsockopt(6, SOL_IP, IP_ADD_MEMBERSHIP, {imr_multiaddr=inet_addr("224.0.0.1"), imr_interface=inet_addr("127.0.0.1")}, 8) = 0`)
	set(1, 2, "", ^uint64(0)).is(t, `setsockopt(6, SOL_SOCKET, SO_REUSEADDR, 0x7fff0000, -1) = 0`)

	get := func(level, opt uint64, val string, room, n int) *trace {
		return amd(t, "getsockopt", 0, 6, level, opt, m1, m2).in(m2, le(room)).out(m2, le(n)).out(m1, val)
	}
	get(1, 3, le(1), 100, 4).is(t, `getsockopt(6, SOL_SOCKET, SO_TYPE, [1], [100 => 4]) = 0`)
	get(1, 4, le(111), 4, 4).is(t, `getsockopt(6, SOL_SOCKET, SO_ERROR, [ECONNREFUSED], [4]) = 0`)
	get(1, 7, "\x00\x40", 2, 2).is(t, `getsockopt(6, SOL_SOCKET, SO_SNDBUF, "\x00\x40", [2]) = 0`)
	get(1, 13, le(1), 4, 4).is(t, `getsockopt(6, SOL_SOCKET, SO_LINGER, {l_onoff=1}, [4]) = 0`)
	get(1, 17, le(9, 0, 0), 12, 12).is(t, `getsockopt(6, SOL_SOCKET, SO_PEERCRED, {pid=9, uid=0, gid=0}, [12]) = 0`)
	get(1, 17, le(9, uint16(0)), 6, 6).is(t, `getsockopt(6, SOL_SOCKET, SO_PEERCRED, {pid=9, uid="\x00\x00"}, [6]) = 0`)
	get(6, 11, strings.Repeat("\x07", 32), 256, 256).is(t, `getsockopt(6, SOL_TCP, TCP_INFO, "`+strings.Repeat(`\7`, 32)+`"..., [256]) = 0`)
	get(1, 3, "", 0, 0).is(t, `getsockopt(6, SOL_SOCKET, SO_TYPE, 0x7fff0000, [0]) = 0`)
}

func TestIoctl(t *testing.T) {
	amd(t, "ioctl", badf, 3, 0xc04dee09, m1).is(t, `ioctl(3, _IOC(_IOC_READ|_IOC_WRITE, 0xee, 0x9, 0x4d), 0x7fff0000) = -1 EBADF (Bad file descriptor)`)
	amd(t, "ioctl", badf, 3, 0x1234, 5).is(t, `ioctl(3, _IOC(_IOC_NONE, 0x12, 0x34, 0), 0x5) = -1 EBADF (Bad file descriptor)`)
	ifreq := func(req uint64, ret int64, name string, union string) *trace {
		s := name + zeros(16-len(name)) + union
		s += zeros(40 - len(s))
		return amd(t, "ioctl", ret, 3, req, m1).in(m1, s).out(m1, s)
	}
	ifreq(0x8933, 0, "lo", le(1)).is(t, `ioctl(3, SIOCGIFINDEX, {ifr_name="lo", ifr_ifindex=1}) = 0`)
	ifreq(0x8910, 0, "lo", le(1)).is(t, `ioctl(3, SIOCGIFNAME, {ifr_ifindex=1, ifr_name="lo"}) = 0`)
	ifreq(0x8913, 0, "lo", le(uint16(0x49))).is(t, `ioctl(3, SIOCGIFFLAGS, {ifr_name="lo", ifr_flags=IFF_UP|IFF_LOOPBACK|IFF_RUNNING}) = 0`)
	ifreq(0x8915, 0, "lo", inet).is(t, `ioctl(3, SIOCGIFADDR, {ifr_name="lo", ifr_addr={sa_family=AF_INET, sin_port=htons(9), sin_addr=inet_addr("0.0.0.0")}}) = 0`)
	ifreq(0x8927, 0, "lo", le(uint16(772))).is(t, `ioctl(3, SIOCGIFHWADDR, {ifr_name="lo", ifr_hwaddr={sa_family=ARPHRD_LOOPBACK, sa_data=00:00:00:00:00:00}}) = 0`)
	ifreq(0x8915, -19, "nope", inet).is(t, `ioctl(3, SIOCGIFADDR, {ifr_name="nope"}) = -1 ENODEV (No such device)`)
	ifreq(0x8922, -1, "lo", le(5)).is(t, `ioctl(3, SIOCSIFMTU, {ifr_name="lo", ifr_mtu=5}) = -1 EPERM (Operation not permitted)`)
	amd(t, "ioctl", 0, 3, 0x8912, m1).in(m1, le(uint64(200), uint64(m2))).out(m1, le(uint64(80), uint64(m2))).
		is(t, `ioctl(3, SIOCGIFCONF, {ifc_len=200 /* 5 * sizeof(struct ifreq) */ => 80 /* 2 * sizeof(struct ifreq) */, ifc_buf=0x7fff1000}) = 0`)
}

func TestDents(t *testing.T) {
	ent := le(uint64(5), uint64(6), uint16(24), "\x04.", zeros(4)) + le(uint64(7), ^uint64(0), uint16(24), "\x08name", zeros(1))
	amd(t, "getdents64", 48, 3, m1, 4096).out(m1, ent).is(t, `getdents64(3, 0x7fff0000 /* 2 entries */, 4096) = 48`)
	amd(t, "getdents64", 0, 3, m1, 4096).is(t, `getdents64(3, 0x7fff0000 /* 0 entries */, 4096) = 0`)
	amd(t, "getdents64", 9000, 3, m1, 9000).out(m1, ent).is(t, `getdents64(3, 0x7fff0000 /* 2 or more entries */, 9000) = 9000`)
	amd(t, "getdents64", -22, 3, m1, 5).is(t, `getdents64(3, 0x7fff0000, 5) = -1 EINVAL (Invalid argument)`)
	c := amd(t, "getdents64", 48, 3, m1, 4096).out(m1, ent)
	c.verbose = true
	c.is(t, `getdents64(3, [{d_ino=5, d_off=6, d_reclen=24, d_type=DT_DIR, d_name="."}, {d_ino=7, d_off=-1, d_reclen=24, d_type=DT_REG, d_name="name"}], 4096) = 48`)
	c = i386(t, "getdents", 16, 3, m1, 4096).out(m1, le(5, 6, uint16(16), "a", zeros(4), "\x08"))
	c.verbose = true
	c.is(t, `getdents(3, [{d_ino=5, d_off=6, d_reclen=16, d_name="a", d_type=DT_REG}], 4096) = 16`)
	// A length of 0 would never end.
	amd(t, "getdents64", 48, 3, m1, 4096).out(m1, zeros(48)).is(t, `getdents64(3, 0x7fff0000 /* 0 or more entries */, 4096) = 48`)
}

// statImage is a struct stat of x86-64 with those members.
func statImage(mode int, rdev uint64) string {
	return le(uint64(6), uint64(3), uint64(1), mode, 0, 0, 0, rdev, uint64(5), uint64(4096), uint64(8)) +
		le(uint64(1), uint64(5), uint64(2), uint64(0), uint64(3), uint64(0)) + zeros(24)
}

func TestFiles(t *testing.T) {
	amd(t, "fstat", 0, 3, m1).out(m1, statImage(0o100644, 0)).is(t, `fstat(3, {st_mode=S_IFREG|0644, st_size=5, ...}) = 0`)
	amd(t, "fstat", 0, 3, m1).out(m1, statImage(0o020666, 0x103)).is(t, `fstat(3, {st_mode=S_IFCHR|0666, st_rdev=makedev(0x1, 0x3), ...}) = 0`)
	// A decoder for text without -v leaves out what is not shown.
	c := amd(t, "fstat", 0, 3, m1).out(m1, statImage(0o100644, 0))
	whole := len(c.decode(t).Call.Args)
	c.brief = true
	c.is(t, `fstat(3, {st_mode=S_IFREG|0644, st_size=5, ...}) = 0`)
	if got := len(c.decode(t).Call.Args); got != 4 || whole < 14 {
		t.Errorf("%d nodes instead of %d", got, whole)
	}
	amd(t, "prlimit64", 0, 0, 3, m1, m2).in(m1, le(uint64(8192*1024), ^uint64(0))).out(m2, le(uint64(1024), uint64(1025))).
		is(t, `prlimit64(0, RLIMIT_STACK, {rlim_cur=8192*1024, rlim_max=RLIM64_INFINITY}, {rlim_cur=1024, rlim_max=1025}) = 0`)
	i386(t, "ugetrlimit", 0, 3, m1).out(m1, le(8192*1024, -1)).is(t, `ugetrlimit(RLIMIT_STACK, {rlim_cur=8192*1024, rlim_max=RLIM_INFINITY}) = 0`)
	amd(t, "utimensat", 0, ^uint64(99), 0, m1, 0).in(m1, le(uint64(0), uint64(0x3fffffff), uint64(0), uint64(0x3ffffffe))).
		is(t, `utimensat(AT_FDCWD, NULL, [UTIME_NOW, UTIME_OMIT], 0) = 0`)
}

func TestNotes(t *testing.T) {
	amd(t, "fcntl", 1, 3, 1).is(t, `fcntl(3, F_GETFD) = 0x1 (flags FD_CLOEXEC)`)
	amd(t, "fcntl", 0, 3, 1).is(t, `fcntl(3, F_GETFD) = 0`)
	amd(t, "fcntl", 0xc01, 3, 3).is(t, `fcntl(3, F_GETFL) = 0xc01 (flags O_WRONLY|O_APPEND|O_NONBLOCK)`)
	amd(t, "fcntl", 0, 3, 3).is(t, `fcntl(3, F_GETFL) = 0 (flags O_RDONLY)`)
	amd(t, "fcntl", 29, 3, 11).is(t, `fcntl(3, F_GETSIG) = 29 (SIGIO)`)
	amd(t, "fcntl", 7, 3, 1034).is(t, `fcntl(3, F_GET_SEALS) = 0x7 (seals F_SEAL_SEAL|F_SEAL_SHRINK|F_SEAL_GROW)`)
	amd(t, "fcntl", 2, 3, 1025).is(t, `fcntl(3, F_GETLEASE) = 0x2 (F_UNLCK)`)
	amd(t, "personality", 0x400000, 0xffffffff).is(t, `personality(0xffffffff) = 0x400000 (PER_LINUX|READ_IMPLIES_EXEC)`)
	amd(t, "ioprio_get", 16387, 1, 0).is(t, `ioprio_get(IOPRIO_WHO_PROCESS, 0) = 16387 (IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 3))`)
	amd(t, "ioprio_set", 0, 1, 0, 0x4003).is(t, `ioprio_set(IOPRIO_WHO_PROCESS, 0, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 3)) = 0`)
	amd(t, "sched_getscheduler", 0, 0).is(t, `sched_getscheduler(0) = 0 (SCHED_OTHER)`)
	amd(t, "prctl", 1, 3).is(t, `prctl(PR_GET_DUMPABLE) = 1 (SUID_DUMP_USER)`)
	amd(t, "prctl", 2, 52, 0).is(t, `prctl(PR_GET_SPECULATION_CTRL, PR_SPEC_STORE_BYPASS) = 0x2 (PR_SPEC_ENABLE)`)
	amd(t, "prctl", 0, 15, m1).in(m1, "longer than sixteen chars\x00").is(t, `prctl(PR_SET_NAME, "longer than six"...) = 0`)
	amd(t, "prctl", 0, 22, 2, m1).in(m1, le(uint64(4), uint64(m2))).is(t, `prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, {len=4, filter=0x7fff1000}) = 0`)
	amd(t, "rt_sigtimedwait", 10, m1, 0, 0, 8).in(m1, le(uint64(1<<9))).is(t, `rt_sigtimedwait([USR1], NULL, NULL, 8) = 10 (SIGUSR1)`)
	amd(t, "capset", 0, m1, m2).in(m1, le(0x20080522, 0)).in(m2, le(1, 3, 0, 0x100, 0, 0)).
		is(t, `capset({version=_LINUX_CAPABILITY_VERSION_3, pid=0}, {effective=1<<CAP_CHOWN|1<<CAP_CHECKPOINT_RESTORE, permitted=1<<CAP_CHOWN|1<<CAP_DAC_OVERRIDE, inheritable=0}) = 0`)
	amd(t, "capget", 0, m1, m2).in(m1, le(0x19980330, 0)).out(m2, le(1, 3, 0)).
		is(t, `capget({version=_LINUX_CAPABILITY_VERSION_1, pid=0}, {effective=1<<CAP_CHOWN, permitted=1<<CAP_CHOWN|1<<CAP_DAC_OVERRIDE, inheritable=0}) = 0`)
	i386(t, "set_thread_area", 0, m1).in(m1, le(-1, 0x1000, 0xfffff, 0x51)).out(m1, le(12, 0x1000, 0xfffff, 0x51)).
		is(t, `set_thread_area({entry_number=-1, base_addr=0x001000, limit=0x0fffff, seg_32bit=1, contents=0, read_exec_only=0, limit_in_pages=1, seg_not_present=0, useable=1}) = 0 (entry_number=12)`)
	i386(t, "mmap2", 0x1000, 0, 4096, 1, 2, 3, 0x22).is(t, `mmap2(NULL, 4096, PROT_READ, MAP_PRIVATE, 3, 0x22000) = 0x1000`)
}

func TestIPC(t *testing.T) {
	amd(t, "semget", 8, 0, 2, 0o1600).is(t, `semget(IPC_PRIVATE, 2, IPC_CREAT|0600) = 8`)
	amd(t, "msgget", 8, 0x123, 0o600).is(t, `msgget(0x123, 0600) = 8`)
	amd(t, "msgsnd", 0, 8, m1, 5, 0o4000).in(m1, le(uint64(3), "hello", zeros(51))).
		is(t, `msgsnd(8, {mtype=3, mtext="hello"}, 5, IPC_NOWAIT) = 0`)
	amd(t, "msgrcv", 5, 8, m1, 10, 0, 0).out(m1, le(uint64(3), "hello", zeros(51))).
		is(t, `msgrcv(8, {mtype=3, mtext="hello"}, 10, 0, 0) = 5`)
	amd(t, "getxattr", 5, 0, 0, m1, 100).out(m1, "value"[:4]+"\x00").is(t, `getxattr(NULL, NULL, "valu", 100) = 5`)
}

func TestBPF(t *testing.T) {
	attr := le(1, 4, 8, 5, 0, 0, 0, "nm", zeros(14)) + zeros(28)
	amd(t, "bpf", -1, 0, m1, 72).in(m1, attr).
		is(t, `bpf(BPF_MAP_CREATE, {map_type=BPF_MAP_TYPE_HASH, key_size=4, value_size=8, max_entries=5, map_flags=0, inner_map_fd=0, map_name="nm", map_ifindex=0, btf_fd=0, btf_key_type_id=0, btf_value_type_id=0, btf_vmlinux_value_type_id=0, map_extra=0}, 72) = -1 EPERM (Operation not permitted)`)
	amd(t, "bpf", -1, 0, m1, 16).in(m1, attr[:16]).
		is(t, `bpf(BPF_MAP_CREATE, {map_type=BPF_MAP_TYPE_HASH, key_size=4, value_size=8, max_entries=5}, 16) = -1 EPERM (Operation not permitted)`)
	amd(t, "bpf", badf, 2, m1, 32).in(m1, le(-1, 0, uint64(m2), uint64(m2), uint64(0))).
		is(t, `bpf(BPF_MAP_UPDATE_ELEM, {map_fd=-1, key=0x7fff1000, value=0x7fff1000, flags=BPF_ANY}, 32) = -1 EBADF (Bad file descriptor)`)
	amd(t, "bpf", -22, 99, m1, 16).in(m1, zeros(16)).is(t, `bpf(0x63 /* BPF_??? */, 0x7fff0000, 16) = -1 EINVAL (Invalid argument)`)
}
