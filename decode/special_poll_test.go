package decode_test

import (
	"strings"
	"testing"
)

func pollfd(fd int, events, revents uint16) string { return le(fd, events, revents) }

func TestPoll(t *testing.T) {
	amd(t, "poll", 2, m1, 3, ^uint64(0)).in(m1, pollfd(3, 1, 0)+pollfd(6, 4, 0)+pollfd(-1, 1, 0)).
		out(m1, pollfd(3, 1, 1)+pollfd(6, 4, 4)+pollfd(-1, 1, 0)).
		is(t, `poll([{fd=3, events=POLLIN}, {fd=6, events=POLLOUT}, {fd=-1}], 3, -1) = 2 ([{fd=3, revents=POLLIN}, {fd=6, revents=POLLOUT}])`)
	amd(t, "poll", 0, m1, 1, 10).in(m1, pollfd(5, 3, 0)).out(m1, pollfd(5, 3, 0)).
		is(t, `poll([{fd=5, events=POLLIN|POLLPRI}], 1, 10) = 0 (Timeout)`)
	amd(t, "poll", -14, m1, 2, 0).is(t, `poll(0x7fff0000, 2, 0) = -1 EFAULT (Bad address)`)
	got := amd(t, "poll", 40, m1, 40, 0).in(m1, strings.Repeat(pollfd(3, 1, 0), 40)).out(m1, strings.Repeat(pollfd(3, 1, 1), 40)).text(t)
	if strings.Count(got, "revents") != 32 || !strings.HasSuffix(got, ", ...])") {
		t.Error(got)
	}
	c := amd(t, "ppoll", 1, m1, 1, m2, m3, 8).in(m1, pollfd(3, 1, 0)).in(m2, le(uint64(1), uint64(500))).in(m3, le(uint64(1<<16)))
	c.out(m1, pollfd(3, 1, 1)).out(m2, le(uint64(0), uint64(999998877))).
		is(t, `ppoll([{fd=3, events=POLLIN}], 1, {tv_sec=1, tv_nsec=500}, [CHLD], 8) = 1 ([{fd=3, revents=POLLIN}], left {tv_sec=0, tv_nsec=999998877})`)
	i386(t, "ppoll", 1, m1, 1, m2, 0, 8).in(m1, pollfd(3, 1, 0)).in(m2, le(1, 500)).out(m1, pollfd(3, 1, 1)).out(m2, le(0, 7)).
		is(t, `ppoll([{fd=3, events=POLLIN}], 1, {tv_sec=1, tv_nsec=500}, NULL, 8) = 1 ([{fd=3, revents=POLLIN}], left {tv_sec=0, tv_nsec=7})`)
}

func TestSelect(t *testing.T) {
	pack := le(uint64(m4), uint64(8))
	c := amd(t, "pselect6", 2, 7, m1, m2, 0, m3, m4+64).in(m1, le(uint64(1<<3|1<<5|1<<60))).in(m2, le(uint64(1<<6)))
	c.in(m3, le(uint64(1), uint64(7))).in(m4+64, pack).in(m4, le(uint64(1<<16)))
	c.out(m1, le(uint64(1<<3))).out(m2, le(uint64(1<<6))).out(m3, le(uint64(0), uint64(9))).
		is(t, `pselect6(7, [3 5], [6], NULL, {tv_sec=1, tv_nsec=7}, {sigmask=[CHLD], sigsetsize=8}) = 2 (in [3], out [6], left {tv_sec=0, tv_nsec=9})`)
	amd(t, "select", 0, 71, m1, 0, 0, m2).in(m1, le(uint64(8), uint64(1<<6))).in(m2, le(uint64(0), uint64(5))).
		out(m1, zeros(16)).out(m2, zeros(16)).
		is(t, `select(71, [3 70], NULL, NULL, {tv_sec=0, tv_usec=5}) = 0 (Timeout)`)
	amd(t, "select", -22, ^uint64(0), m1, 0, 0, 0).is(t, `select(-1, 0x7fff0000, NULL, NULL, NULL) = -1 EINVAL (Invalid argument)`)
	amd(t, "pselect6", 1, 7, m1, 0, 0, 0, m4).in(m1, le(uint64(1<<3))).in(m4, le(uint64(m1), uint64(4))).out(m1, le(uint64(1<<3))).
		is(t, `pselect6(7, [3], NULL, NULL, NULL, {sigmask=0x7fff0000, sigsetsize=4}) = 1 (in [3])`)
	i386(t, "_newselect", 1, 34, m1, 0, 0, m2).in(m1, le(8, 2)).in(m2, le(1, 5)).out(m1, le(0, 2)).out(m2, le(0, 6)).
		is(t, `_newselect(34, [3 33], NULL, NULL, {tv_sec=1, tv_usec=5}) = 1 (in [33], left {tv_sec=0, tv_usec=6})`)
}

func TestCPUset(t *testing.T) {
	amd(t, "sched_getaffinity", 8, 0, 128, m1).out(m1, le(uint64(1<<40|3))).is(t, `sched_getaffinity(0, 128, [0 1 40]) = 8`)
	amd(t, "sched_setaffinity", 0, 0, 2, m1).in(m1, "\x01\x80").is(t, `sched_setaffinity(0, 2, [0 15]) = 0`)
	amd(t, "sched_setaffinity", -22, 0, 0, m1).is(t, `sched_setaffinity(0, 0, []) = -1 EINVAL (Invalid argument)`)
}

func TestEpoll(t *testing.T) {
	amd(t, "epoll_ctl", 0, 7, 1, 3, m1).in(m1, le(-0x80000000|1, uint64(20014547599363))).
		is(t, `epoll_ctl(7, EPOLL_CTL_ADD, 3, {events=EPOLLIN|EPOLLET, data={u32=3, u64=20014547599363}}) = 0`)
	amd(t, "epoll_wait", 1, 7, m1, 40, 0).out(m1, le(1, uint64(3))).
		is(t, `epoll_wait(7, [{events=EPOLLIN, data={u32=3, u64=3}}], 40, 0) = 1`)
	amd(t, "epoll_wait", 0, 7, m1, 40, 0).is(t, `epoll_wait(7, [], 40, 0) = 0`)
}

func TestWait(t *testing.T) {
	for _, x := range []struct {
		status int
		want   string
	}{
		{0x300, "[{WIFEXITED(s) && WEXITSTATUS(s) == 3}]"},
		{15, "[{WIFSIGNALED(s) && WTERMSIG(s) == SIGTERM}]"},
		{0x86, "[{WIFSIGNALED(s) && WTERMSIG(s) == SIGABRT && WCOREDUMP(s)}]"},
		{0x137f, "[{WIFSTOPPED(s) && WSTOPSIG(s) == SIGSTOP}]"},
		{0x857f, "[{WIFSTOPPED(s) && WSTOPSIG(s) == SIGTRAP | 0x80}]"},
		{0x1057f, "[{WIFSTOPPED(s) && WSTOPSIG(s) == SIGTRAP}|PTRACE_EVENT_FORK<<16]"},
		{0xffff, "[{WIFCONTINUED(s)}]"},
	} {
		amd(t, "wait4", 9, ^uint64(0), m1, 0, 0).out(m1, le(x.status)).is(t, "wait4(-1, "+x.want+", 0, NULL) = 9")
	}
	amd(t, "wait4", 0, ^uint64(0), m1, 1, m2).is(t, "wait4(-1, 0x7fff0000, WNOHANG, 0x7fff1000) = 0")
}

func TestClone(t *testing.T) {
	amd(t, "clone", 9, 0x1200011, 0, 0, m1, 0).
		is(t, `clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID|SIGCHLD, child_tidptr=0x7fff0000) = 9`)
	amd(t, "clone", 9, 0x3d0f00, m2, m3, m1, 0x77).out(m3, le(9)).
		is(t, `clone(child_stack=0x7fff1000, flags=CLONE_VM|CLONE_FS|CLONE_FILES|CLONE_SIGHAND|CLONE_THREAD|CLONE_SYSVSEM|CLONE_SETTLS|CLONE_PARENT_SETTID|CLONE_CHILD_CLEARTID, parent_tid=[9], tls=0x77, child_tidptr=0x7fff0000) = 9`)
	amd(t, "clone", -22, 0x80000, 1, 2, 3, 4).is(t, `clone(child_stack=0x1, flags=CLONE_SETTLS, tls=0x4) = -1 EINVAL (Invalid argument)`)
	amd(t, "clone", 9, 17, 0).is(t, `clone(child_stack=NULL, flags=SIGCHLD) = 9`)
	amd(t, "clone", 9, 0x4100|99, 0).is(t, `clone(child_stack=NULL, flags=CLONE_VM|CLONE_VFORK|99) = 9`)
	i386(t, "clone", 9, 0x1280011, 0, 0, 0x77, m1).
		is(t, `clone(child_stack=NULL, flags=CLONE_SETTLS|CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID|SIGCHLD, tls=0x77, child_tidptr=0x7fff0000) = 9`)

	args := func(vs ...uint64) (s string) {
		for _, v := range vs {
			s += le(v)
		}
		return s
	}
	amd(t, "clone3", 9, m1, 88).in(m1, args(0, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0)).out(m1, args(0, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0)).
		is(t, `clone3({flags=0, exit_signal=SIGCHLD, stack=NULL, stack_size=0}, 88) = 9`)
	a := args(0x101000, m2, 0, m3, 17, 0, 0, 0)
	amd(t, "clone3", 9, m1, 64).in(m1, a).out(m1, a).out(m2, le(4)).
		is(t, `clone3({flags=CLONE_PIDFD|CLONE_PARENT_SETTID, pidfd=0x7fff1000, parent_tid=0x7fff2000, exit_signal=SIGCHLD, stack=NULL, stack_size=0} => {pidfd=[4], parent_tid=[9]}, 64) = 9`)
	amd(t, "clone3", -22, m1, 8).in(m1, args(0)).is(t, `clone3(0x7fff0000, 8) = -1 EINVAL (Invalid argument)`)
}
