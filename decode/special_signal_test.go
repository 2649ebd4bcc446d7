package decode_test

import (
	"strings"
	"testing"
)

func TestSiginfo(t *testing.T) {
	// si64 is a siginfo of 64-bit ABIs: its first members and the union.
	si64 := func(signo, code, errno int, union ...any) string {
		s := le(signo, errno, code, 0) + le(union...)
		return s + zeros(128-len(s))
	}
	rt := []any{1, -1, 66, 5, 6, 7, 8}
	addr := uint64(0xffffffff00000001)
	for _, x := range []struct{ mem, want string }{
		{si64(10, -1, 0, rt...), `{si_signo=SIGUSR1, si_code=SI_QUEUE, si_pid=1, si_uid=-1, si_int=66, si_ptr=0x500000042}`},
		{si64(10, 0, 0, rt...), `{si_signo=SIGUSR1, si_code=SI_USER, si_pid=1, si_uid=-1}`},
		{si64(10, -6, 200, 0, 0), `{si_signo=SIGUSR1, si_code=SI_TKILL, si_errno=200, si_pid=0, si_uid=0}`},
		{si64(10, -2, 0, rt...), `{si_signo=SIGUSR1, si_code=SI_TIMER, si_timerid=0x1, si_overrun=-1, si_int=66, si_ptr=0x500000042}`},
		{si64(10, -5, 0, rt...), `{si_signo=SIGUSR1, si_code=SI_SIGIO, si_band=-4294967295, si_fd=66}`},
		{si64(10, -99, 0, rt...), `{si_signo=SIGUSR1, si_code=0xffffff9d, si_pid=1, si_uid=-1, si_int=66, si_ptr=0x500000042}`},
		{si64(14, 0x80, 0), `{si_signo=SIGALRM, si_code=SI_KERNEL}`},
		{si64(14, 0x80, 0, rt...), `{si_signo=SIGALRM, si_code=SI_KERNEL, si_pid=1, si_uid=-1, si_int=66, si_ptr=0x500000042}`},
		{si64(17, 1, 0, 9, 0, 3, 0, uint64(96), uint64(0)), `{si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=9, si_uid=0, si_status=3, si_utime=96 /* 0.96 s */, si_stime=0}`},
		{si64(17, 2, 0, 9, 0, 15, 0, uint64(0), uint64(108)), `{si_signo=SIGCHLD, si_code=CLD_KILLED, si_pid=9, si_uid=0, si_status=SIGTERM, si_utime=0, si_stime=108 /* 1.08 s */}`},
		{si64(11, 1, 0, addr), `{si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=0xffffffff00000001}`},
		{si64(11, 3, 0, addr, uint64(0), uint64(6), uint64(8)), `{si_signo=SIGSEGV, si_code=SEGV_BNDERR, si_addr=0xffffffff00000001, si_lower=0x6, si_upper=0x8}`},
		{si64(11, 4, 0, addr, uint64(0), 6), `{si_signo=SIGSEGV, si_code=SEGV_PKUERR, si_addr=0xffffffff00000001, si_pkey=6}`},
		{si64(7, 4, 0, addr, uint16(0x42)), `{si_signo=SIGBUS, si_code=BUS_MCEERR_AR, si_addr=0xffffffff00000001, si_addr_lsb=0x42}`},
		{si64(5, 0x80, 0), `{si_signo=SIGTRAP, si_code=SI_KERNEL, si_addr=NULL}`},
		{si64(29, 1, 0, uint64(65), 3), `{si_signo=SIGIO, si_code=POLL_IN, si_band=65, si_fd=3}`},
		{si64(29, 77, 0, uint64(65), 3), `{si_signo=SIGIO, si_code=0x4d}`},
		{si64(31, 1, 0, uint64(0x1000), 110, 0xc000003e), `{si_signo=SIGSYS, si_code=SYS_SECCOMP, si_call_addr=0x1000, si_syscall=__NR_getppid, si_arch=AUDIT_ARCH_X86_64}`},
		{si64(31, 9, 0, uint64(0x1000), 66, 5), `{si_signo=SIGSYS, si_code=0x9, si_call_addr=0x1000, si_syscall=66, si_arch=0x5 /* AUDIT_ARCH_??? */}`},
		{si64(99, 1, 0, rt...), `{si_signo=99, si_code=0x1, si_pid=1, si_uid=-1, si_int=66, si_ptr=0x500000042}`},
		{si64(40, -1, 0, 0, 0), `{si_signo=SIGRT_8, si_code=SI_QUEUE, si_pid=0, si_uid=0}`},
		{si64(0, 5, 5, 1), `{}`},
	} {
		got := amd(t, "rt_sigqueueinfo", -3, 1, 10, m1).in(m1, x.mem).text(t)
		if want := "rt_sigqueueinfo(1, SIGUSR1, " + x.want + ") = -1 ESRCH"; !strings.HasPrefix(got, want) {
			t.Errorf("\ngot  %s\nwant %s", got, want)
		}
	}
	i386(t, "waitid", 0, 0, 0, m1, 4, 0).out(m1, le(17, 0, 1, 9, 0, 3, 5, 0)+zeros(96)).
		is(t, `waitid(P_ALL, 0, {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=9, si_uid=0, si_status=3, si_utime=5 /* 0.05 s */, si_stime=0}, WEXITED, NULL) = 0`)
	i386(t, "rt_sigqueueinfo", -3, 1, 10, m1).in(m1, le(11, 0, 3, 0x1000, 0, 6, 8)+zeros(100)).
		is(t, `rt_sigqueueinfo(1, SIGUSR1, {si_signo=SIGSEGV, si_code=SEGV_BNDERR, si_addr=0x1000, si_lower=0x6, si_upper=0x8}) = -1 ESRCH (No such process)`)
}

func TestSigset(t *testing.T) {
	bitsUpTo := func(n uint) uint64 { return 1<<n - 1 }
	for _, x := range []struct {
		set  uint64
		want string
	}{
		{0, "[]"}, {1<<16 | 1<<21, "[CHLD TTOU]"}, {1 << 31, "[RTMIN]"}, {1<<32 | 1<<63, "[RT_1 RT_32]"},
		{^uint64(0), "~[]"}, {^uint64(1 << 8), "~[KILL]"}, {bitsUpTo(63), "~[RT_32]"},
	} {
		amd(t, "rt_sigprocmask", 0, 2, m1, 0, 8).in(m1, le(x.set)).is(t, "rt_sigprocmask(SIG_SETMASK, "+x.want+", NULL, 8) = 0")
	}
	for n, negated := range map[uint]bool{41: false, 42: true} {
		got := amd(t, "rt_sigprocmask", 0, 2, m1, 0, 8).in(m1, le(bitsUpTo(n))).text(t)
		if strings.Contains(got, "~") != negated {
			t.Errorf("%d signals: %s", n, got)
		}
	}
	for n, negated := range map[uint]bool{20: false, 21: true} {
		got := i386(t, "sigprocmask", 0, 2, m1, 0).in(m1, le(int(bitsUpTo(n)))).text(t)
		if strings.Contains(got, "~") != negated {
			t.Errorf("%d of 32 signals: %s", n, got)
		}
	}
	for _, n := range []uint64{0, 1, 4, 16} {
		got := amd(t, "rt_sigprocmask", -22, 0, m1, 0, n).in(m1, zeros(16)[:n]).text(t)
		if !strings.HasPrefix(got, "rt_sigprocmask(SIG_BLOCK, 0x7fff0000, NULL, ") {
			t.Error(got)
		}
	}
	i386(t, "rt_sigprocmask", -22, 0, m1, 0, 4).in(m1, le(2)).is(t, "rt_sigprocmask(SIG_BLOCK, [INT], NULL, 4) = -1 EINVAL (Invalid argument)")
	amd(t, "rt_sigpending", 0, m1, 4).out(m1, le(2)).is(t, "rt_sigpending([INT], 4) = 0")
	i386(t, "ssetmask", 0x4002, 0x4000).is(t, "ssetmask([TERM]) = 0x4002 (old mask [INT TERM])")
	i386(t, "sgetmask", 0).is(t, "sgetmask() = 0 (mask [])")
}

func TestSigaction(t *testing.T) {
	amd(t, "rt_sigaction", 0, 2, m1, m2, 8).in(m1, le(uint64(1), uint64(0x14000000), uint64(0x1234), uint64(5))).out(m2, zeros(32)).
		is(t, `rt_sigaction(SIGINT, {sa_handler=SIG_IGN, sa_mask=[HUP QUIT], sa_flags=SA_RESTORER|SA_RESTART, sa_restorer=0x1234}, {sa_handler=SIG_DFL, sa_mask=[], sa_flags=0}, 8) = 0`)
	amd(t, "rt_sigaction", -22, 9, m1, m2, 8).in(m1, le(^uint64(0), uint64(0x14), uint64(0), uint64(0))).
		is(t, `rt_sigaction(SIGKILL, {sa_handler=SIG_ERR, sa_mask=[], sa_flags=SA_SIGINFO|0x10}, 0x7fff1000, 8) = -1 EINVAL (Invalid argument)`)
	i386(t, "rt_sigaction", 0, 2, m1, 0, 8).in(m1, le(0x1000, 0x10000000, 0, 1, 1)).
		is(t, `rt_sigaction(SIGINT, {sa_handler=0x1000, sa_mask=[HUP RT_1], sa_flags=SA_RESTART}, NULL, 8) = 0`)
	i386(t, "sigaction", 0, 10, m1, 0).in(m1, le(0x1000, 0x10, 0x10000000, 0)).
		is(t, `sigaction(SIGUSR1, {sa_handler=0x1000, sa_mask=[TRAP], sa_flags=SA_RESTART}, NULL) = 0`)
	i386(t, "signal", 1, 12, 0x1000).is(t, "signal(SIGUSR2, 0x1000) = 0x1 (SIG_IGN)")
	amd(t, "rt_sigaction", 0, 2, m1, 0, 8).in(m1, zeros(31)).is(t, `rt_sigaction(SIGINT, 0x7fff0000, NULL, 8) = 0`)
}

func TestSigevent(t *testing.T) {
	amd(t, "timer_create", 0, 0, m1, m2).in(m1, le(uint64(9), 10, 0)+zeros(48)).out(m2, le(3)).
		is(t, `timer_create(CLOCK_REALTIME, {sigev_value={sival_int=9, sival_ptr=0x9}, sigev_signo=SIGUSR1, sigev_notify=SIGEV_SIGNAL}, [3]) = 0`)
	amd(t, "timer_create", 0, 0, m1, m2).in(m1, le(uint64(0), 10, 4, 77)+zeros(44)).out(m2, le(3)).
		is(t, `timer_create(CLOCK_REALTIME, {sigev_signo=SIGUSR1, sigev_notify=SIGEV_THREAD_ID, sigev_notify_thread_id=77}, [3]) = 0`)
	i386(t, "timer_create", -22, 0, m1, m2).in(m1, le(0, 4096, 2, 0x5eb5, 0)+zeros(44)).
		is(t, `timer_create(CLOCK_REALTIME, {sigev_signo=4096, sigev_notify=SIGEV_THREAD, sigev_notify_function=0x5eb5, sigev_notify_attributes=NULL}, 0x7fff1000) = -1 EINVAL (Invalid argument)`)
	amd(t, "timer_create", -22, 0, m1, m2).in(m1, le(uint64(0), 10, 77)+zeros(48)).
		is(t, `timer_create(CLOCK_REALTIME, {sigev_signo=10, sigev_notify=0x4d /* SIGEV_??? */}, 0x7fff1000) = -1 EINVAL (Invalid argument)`)
}
