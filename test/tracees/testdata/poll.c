/* poll, select, epoll and their timeouts. */
#include "tracee.h"
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <signal.h>

static int p[2];

static void polls(void)
{
	struct pollfd pf[3] = { { 3, POLLIN | POLLPRI, 0 }, { 4, POLLOUT, 0 }, { -1, 0x7000, 0 } };
	unsigned long mask = 1UL << (SIGUSR1 - 1);
	struct timespec ts = { 0, 5000 };
	struct { const void *set; unsigned long size; } sig = { &mask, 8 };

	CALL(poll, pf, 3, -1);
	expect("poll([{fd=3, events=POLLIN|POLLPRI}, {fd=4, events=POLLOUT}, {fd=-1}], 3, -1)", "1 ([{fd=4, revents=POLLOUT}])");
	CALL(poll, tail(pf, 8), 1, 0);
	expect("poll([{fd=3, events=POLLIN|POLLPRI}], 1, 0)", "0 (Timeout)");
	CALL(poll, NULL, 0, 1);
	expect("poll(NULL, 0, 1)", "0 (Timeout)");
	CALL(poll, bad(), 2, 5);
	expect(text("poll(%p, 2, 5)", bad()), result());
	CALL(poll, bad(), -1L, 5);
	expect(text("poll(%p, 4294967295, 5)", bad()), result());
	CALL(ppoll, pf, 1, &ts, &mask, 8);
	expect("ppoll([{fd=3, events=POLLIN|POLLPRI}], 1, {tv_sec=0, tv_nsec=5000}, [USR1], 8)", "0 (Timeout)");
	CALL(pselect6, 5, (unsigned long[]){ 0x18 }, (unsigned long[]){ 0x10 }, NULL, NULL, &sig);
	expect("pselect6(5, [3 4], [4], NULL, NULL, {sigmask=[USR1], sigsetsize=8})", "1 (out [4])");
}

static void selects(void)
{
	unsigned long r[16] = { 1UL << 3 }, w[16] = { 1UL << 4 };

	CALL(select, 5, r, w, NULL, NULL);
	expect("select(5, [3], [4], NULL, NULL)", "1 (out [4])");
	memset(r, 0, sizeof r);
	CALL(select, 0, NULL, NULL, NULL, (struct timeval[]){ { 0, 10 } });
	expect("select(0, NULL, NULL, NULL, {tv_sec=0, tv_usec=10})", "0 (Timeout)");
	CALL(select, -1, r, NULL, NULL, NULL);
	expect(text("select(-1, %p, NULL, NULL, NULL)", r), result());
	CALL(select, 5, bad(), NULL, NULL, NULL);
	expect(text("select(5, %p, NULL, NULL, NULL)", bad()), result());
}

static void epolls(void)
{
	struct epoll_event ev = { EPOLLIN | EPOLLONESHOT | EPOLLEXCLUSIVE, { .u64 = 0x123456789abc } }, out[2];
	int ep;

	CALL(epoll_create1, 0);
	ep = ret;
	expect("epoll_create1(0)", result());
	CALL(epoll_create1, 0x1);
	expect("epoll_create1(0x1 /* EPOLL_??? */)", result());
	CALL(epoll_ctl, ep, EPOLL_CTL_ADD, p[1], &ev);
	expect("epoll_ctl(5, EPOLL_CTL_ADD, 4, {events=EPOLLIN|EPOLLEXCLUSIVE|EPOLLONESHOT, data={u32=1450744508, u64=20015998343868}})", result());
	ev.events = EPOLLOUT;
	CALL(epoll_ctl, ep, EPOLL_CTL_ADD, p[1], tail(&ev, sizeof ev));
	expect("epoll_ctl(5, EPOLL_CTL_ADD, 4, {events=EPOLLOUT, data={u32=1450744508, u64=20015998343868}})", result());
	CALL(epoll_ctl, ep, 77, -1, bad());
	expect(text("epoll_ctl(5, 0x4d /* EPOLL_CTL_??? */, -1, %p)", bad()), result());
	CALL(epoll_wait, ep, out, 2, 0);
	expect("epoll_wait(5, [{events=EPOLLOUT, data={u32=1450744508, u64=20015998343868}}], 2, 0)", result());
	CALL(epoll_ctl, ep, EPOLL_CTL_DEL, p[1], NULL);
	expect("epoll_ctl(5, EPOLL_CTL_DEL, 4, NULL)", result());
	CALL(epoll_wait, ep, out, 2, 1);
	expect("epoll_wait(5, [], 2, 1)", result());
	CALL(epoll_wait, ep, out, -1, 1);
	expect(text("epoll_wait(5, %p, -1, 1)", out), result());
	CALL(epoll_pwait, ep, out, 1, 0, (unsigned long[]){ 0 }, 8L);
	expect("epoll_pwait(5, [], 1, 0, [], 8)", result());
}

int main(void)
{
	if (pipe(p) != 0)
		return 1;
	start();
	polls();
	selects();
	epolls();
	return finish();
}
