/* Times: timespec, timeval, itimers, timers, invalid values. */
#include "tracee.h"
#include <signal.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/times.h>
#include <time.h>


static void sleeps(void)
{
	struct timespec bad_ns = { 5, 1000000000 }, negative = { -1, -1 };

	CALL(nanosleep, (struct timespec[]){ { 0, 1000 } }, NULL);
	expect("nanosleep({tv_sec=0, tv_nsec=1000}, NULL)", result());
	CALL(nanosleep, &bad_ns, NULL);
	expect("nanosleep({tv_sec=5, tv_nsec=1000000000}, NULL)", result());
	CALL(nanosleep, tail(&negative, sizeof negative), bad());
	expect(text("nanosleep({tv_sec=-1, tv_nsec=%lu}, %p)", -1UL, bad()), result());
	CALL(nanosleep, NULL, NULL);
	expect("nanosleep(NULL, NULL)", result());
	CALL(clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, (struct timespec[]){ { 1, 2 } }, NULL);
	expect("clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, {tv_sec=1, tv_nsec=2}, NULL)", result());
	CALL(clock_nanosleep, 99, 0x100, bad(), NULL);
	expect(text("clock_nanosleep(0x63 /* CLOCK_??? */, 0x100 /* TIMER_??? */, %p, NULL)", bad()), result());
}

static void clocks(void)
{
	struct timespec ts;
	struct timeval tv;

	CALL(clock_gettime, CLOCK_REALTIME, &ts);
	expect(text("clock_gettime(CLOCK_REALTIME, {tv_sec=%ld, tv_nsec=%ld})", (long)ts.tv_sec, (long)ts.tv_nsec), result());
	CALL(clock_gettime, CLOCK_BOOTTIME, bad());
	expect(text("clock_gettime(CLOCK_BOOTTIME, %p)", bad()), result());
	CALL(clock_getres, CLOCK_MONOTONIC_COARSE, NULL);
	expect("clock_getres(CLOCK_MONOTONIC_COARSE, NULL)", result());
	CALL(gettimeofday, &tv, NULL);
	expect(text("gettimeofday({tv_sec=%ld, tv_usec=%ld}, NULL)", (long)tv.tv_sec, (long)tv.tv_usec), result());
	CALL(setitimer, ITIMER_REAL, (struct itimerval[]){ { { 0, 0 }, { 1000, 5 } } }, NULL);
	expect("setitimer(ITIMER_REAL, {it_interval={tv_sec=0, tv_usec=0}, it_value={tv_sec=1000, tv_usec=5}}, NULL)", result());
	CALL(setitimer, ITIMER_REAL, NULL, NULL);
	expect("setitimer(ITIMER_REAL, NULL, NULL)", result());
	CALL(getitimer, ITIMER_PROF, (struct itimerval[]){ { { 9, 9 }, { 9, 9 } } });
	expect("getitimer(ITIMER_PROF, {it_interval={tv_sec=0, tv_usec=0}, it_value={tv_sec=0, tv_usec=0}})", result());
	CALL(alarm, 0);
	expect("alarm(0)", result());
}

static void timers(void)
{
	struct itimerspec its = { { 0, 0 }, { 100, 200 } }, old;
	int fd, id = -1;

	CALL(timerfd_create, CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	fd = ret;
	expect("timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC|TFD_NONBLOCK)", result());
	CALL(timerfd_settime, fd, TFD_TIMER_ABSTIME, &its, &old);
	expect(text("timerfd_settime(%d, TFD_TIMER_ABSTIME, {it_interval={tv_sec=0, tv_nsec=0}, it_value={tv_sec=100, tv_nsec=200}}, "
		"{it_interval={tv_sec=0, tv_nsec=0}, it_value={tv_sec=0, tv_nsec=0}})", fd), result());
	CALL(timerfd_settime, -1, 0, bad(), NULL);
	expect(text("timerfd_settime(-1, 0, %p, NULL)", bad()), result());
	CALL(timer_create, CLOCK_REALTIME, NULL, &id);
	expect(text("timer_create(CLOCK_REALTIME, NULL, [%d])", id), result());
	CALL(timer_getoverrun, id);
	expect(text("timer_getoverrun(%d)", id), result());
	CALL(timer_delete, id);
	expect(text("timer_delete(%d)", id), result());
	CALL(utimensat, AT_FDCWD, "/nowhere", ((struct timespec[]){ { 0, UTIME_NOW }, { 0, UTIME_OMIT } }), 0);
	expect("utimensat(AT_FDCWD, \"/nowhere\", [UTIME_NOW, UTIME_OMIT], 0)", result());
	CALL(utimensat, AT_FDCWD, "/nowhere", NULL, AT_SYMLINK_NOFOLLOW);
	expect("utimensat(AT_FDCWD, \"/nowhere\", NULL, AT_SYMLINK_NOFOLLOW)", result());
}

int main(void)
{
	start();
	sleeps();
	clocks();
	timers();
	return finish();
}
