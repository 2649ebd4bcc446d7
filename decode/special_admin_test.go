package decode_test

import "testing"

func TestPartial(t *testing.T) {
	how := func(flags, mode, resolve uint64) *trace {
		return amd(t, "openat2", 3, 5, m1, m2, 24).in(m1, "/x\x00").in(m2, le(flags, mode, resolve))
	}
	how(0o2000000, 0, 0x10).is(t, `openat2(5, "/x", {flags=O_RDONLY|O_CLOEXEC, resolve=RESOLVE_IN_ROOT}, 24) = 3`)
	how(0o100, 0, 0).is(t, `openat2(5, "/x", {flags=O_RDONLY|O_CREAT, mode=000, resolve=0}, 24) = 3`)
	how(0, 0o644, 0).is(t, `openat2(5, "/x", {flags=O_RDONLY, mode=0644, resolve=0}, 24) = 3`)

	attr := func(call string, size int, flags uint64) *trace {
		s := le(size, 0, flags, 0, 0, uint64(1), uint64(2), uint64(3), 4, 5)
		if call == "sched_setattr" {
			return amd(t, call, 0, 7, m1, 0).in(m1, s)
		}
		return amd(t, call, 0, 7, m1, 56, 0).out(m1, s)
	}
	const head = `{size=48, sched_policy=SCHED_OTHER, sched_flags=0, sched_nice=0, sched_priority=0, sched_runtime=1, sched_deadline=2, sched_period=3}`
	attr("sched_setattr", 48, 0).is(t, `sched_setattr(7, `+head+`, 0) = 0`)
	attr("sched_getattr", 48, 0).is(t, `sched_getattr(7, `+head+`, 56, 0) = 0`)
	attr("sched_setattr", 56, 0x20).is(t, `sched_setattr(7, {size=56, sched_policy=SCHED_OTHER, sched_flags=SCHED_FLAG_UTIL_CLAMP_MIN, sched_nice=0, `+
		`sched_priority=0, sched_runtime=1, sched_deadline=2, sched_period=3, sched_util_min=4, sched_util_max=5}, 0) = 0`)

	ring := le(0, 0, 0x20, 1, 2, 0, 7) + zeros(120-28)
	amd(t, "io_uring_setup", -22, 4, m1).in(m1, ring).
		is(t, `io_uring_setup(4, {flags=IORING_SETUP_ATTACH_WQ, sq_thread_cpu=0x1, sq_thread_idle=2, wq_fd=7}) = -1 EINVAL (Invalid argument)`)
}

func TestHandle(t *testing.T) {
	handle := func(ret int64, before, after string) *trace {
		return amd(t, "name_to_handle_at", ret, 5, m1, m2, m2+512, 0).in(m1, "/x\x00").in(m2, before+zeros(128)).
			out(m2, after+zeros(128)).out(m2+512, le(27))
	}
	handle(0, le(128, 0), le(2, 1, "\xab\xcd")).
		is(t, `name_to_handle_at(5, "/x", {handle_bytes=128 => 2, handle_type=1, f_handle="\xab\xcd"}, [27], 0) = 0`)
	handle(-75, le(0, 0), le(8, 1)).
		is(t, `name_to_handle_at(5, "/x", {handle_bytes=0 => 8}, 0x7fff1200, 0) = -1 EOVERFLOW (Value too large for defined data type)`)
	amd(t, "open_by_handle_at", badf, 3, m1, 0).in(m1, le(1, 9, "\x01")+zeros(127)).
		is(t, `open_by_handle_at(3, {handle_bytes=1, handle_type=9, f_handle="\x01"}, O_RDONLY) = -1 EBADF (Bad file descriptor)`)
}

func TestPacked(t *testing.T) {
	amd(t, "swapon", -1, 0, 0x8003).is(t, `swapon(NULL, SWAP_FLAG_PREFER|3) = -1 EPERM (Operation not permitted)`)
	amd(t, "swapon", -1, 0, 0x18000).is(t, `swapon(NULL, SWAP_FLAG_PREFER|SWAP_FLAG_DISCARD|0) = -1 EPERM (Operation not permitted)`)
	amd(t, "swapon", -1, 0, 3).is(t, `swapon(NULL, 3) = -1 EPERM (Operation not permitted)`)
	amd(t, "swapon", -1, 0, 0x10000).is(t, `swapon(NULL, SWAP_FLAG_DISCARD) = -1 EPERM (Operation not permitted)`)
	amd(t, "quotactl", -1, 0x80000701, 0, 5, 0).is(t, `quotactl(QCMD(Q_GETQUOTA, GRPQUOTA), NULL, 5, NULL) = -1 EPERM (Operation not permitted)`)
	amd(t, "quotactl", -1, 0x80000103, 0, 5, 0).is(t, `quotactl(QCMD(Q_SYNC, 0x3 /* ???QUOTA */), NULL) = -1 EPERM (Operation not permitted)`)
	amd(t, "syslog", 9, 10, 0, 0).is(t, `syslog(10 /* SYSLOG_ACTION_SIZE_BUFFER */) = 9`)
	amd(t, "syslog", -22, 99, 0, 0).is(t, `syslog(99 /* SYSLOG_ACTION_??? */, NULL, 0) = -1 EINVAL (Invalid argument)`)
	amd(t, "keyctl", 0, 3, 77).is(t, `keyctl(KEYCTL_REVOKE, 77) = 0`)
	amd(t, "keyctl", 0, 3, 0xfffffffd).is(t, `keyctl(KEYCTL_REVOKE, KEY_SPEC_SESSION_KEYRING) = 0`)
	amd(t, "socket", 3, 17, 3, 0x0300).is(t, `socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)) = 3`)
	amd(t, "times", 5, m1).out(m1, le(uint64(9), uint64(0), uint64(123), uint64(0))).
		is(t, `times({tms_utime=9 /* 0.09 s */, tms_stime=0, tms_cutime=123 /* 1.23 s */, tms_cstime=0}) = 5`)
}

func TestNodeMask(t *testing.T) {
	mask := func(maxnode uint64, words string) *trace {
		return amd(t, "set_mempolicy", 0, 2, m1, maxnode).in(m1, words)
	}
	mask(0, "").is(t, `set_mempolicy(MPOL_BIND, [], 0) = 0`)
	mask(1, le(uint64(5))).is(t, `set_mempolicy(MPOL_BIND, 0x7fff0000, 1) = 0`)
	mask(65, le(uint64(5))).is(t, `set_mempolicy(MPOL_BIND, [0x00000000000005], 65) = 0`)
	mask(66, le(uint64(5), uint64(0))).is(t, `set_mempolicy(MPOL_BIND, [0x00000000000005, 0000000000000000], 66) = 0`)
	i386(t, "set_mempolicy", 0, 2, m1, 33).in(m1, le(5)).is(t, `set_mempolicy(MPOL_BIND, [0x000005], 33) = 0`)
	mask(1<<40, le(uint64(1))).is(t, `set_mempolicy(MPOL_BIND, [0x00000000000001, ...], 1099511627776) = 0`)
}

func TestUnpackIPC(t *testing.T) {
	i386(t, "ipc", 5, 23, 0, 4096, 0o1600).is(t, `shmget(IPC_PRIVATE, 4096, IPC_CREAT|0600) = 5`)
	i386(t, "ipc", 0, 22, 0, 0, 0, 0xf7000000).is(t, `shmdt(0xf7000000) = 0`)
	i386(t, "ipc", 0, 21, 5, 0o10000, m1, 0).out(m1, le(0xf7123000)).is(t, `shmat(5, NULL, SHM_RDONLY) = 0xf7123000`)
	i386(t, "ipc", 0, 11, 5, 3, 0, m1).in(m1, le(1, "hey")).is(t, `msgsnd(5, {mtype=1, mtext="hey"}, 3, 0) = 0`)
	i386(t, "ipc", 3, 12, 5, 10, 0o4000, m1).in(m1, le(m2, 0)).out(m2, le(1, "hey")).
		is(t, `msgrcv(5, {mtype=1, mtext="hey"}, 10, 0, IPC_NOWAIT) = 3`)
	i386(t, "ipc", 0, 3, 5, 0, 0x110, m1).in(m1, le(3)).is(t, `semctl(5, 0, IPC_64|SETVAL, 0x3) = 0`)
	i386(t, "ipc", 0, 1, 5, 1, 0, m1).in(m1, le(uint16(0), uint16(1), uint16(0x1000))).
		is(t, `semop(5, [{sem_num=0, sem_op=1, sem_flg=SEM_UNDO}], 1) = 0`)
	i386(t, "ipc", -38, 99, 1, 2, 3, 4, 5).is(t, `ipc(0x63 /* ??? */, 1, 2, 3, 0x4, 5) = -1 ENOSYS (Function not implemented)`)
}
