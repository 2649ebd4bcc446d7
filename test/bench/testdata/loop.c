/*
 * loop KIND CALLS [wait]: makes that many rounds and prints nanoseconds and
 * instructions (user and kernel, of this thread) per round. KIND is getppid,
 * getpgid, access of a file, open and close of one, or files: open, fstat,
 * read of 32 bytes, close. With "wait" it first says
 * "ready" and waits for a line.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static int counter(void)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_HARDWARE, .size = sizeof attr, .config = PERF_COUNT_HW_INSTRUCTIONS };

	return syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

static int64_t instructions(int fd)
{
	int64_t n = 0;

	return fd >= 0 && read(fd, &n, sizeof n) == sizeof n ? n : 0;
}

static void files(long n)
{
	char buf[32];
	struct stat st;

	for (long i = 0; i < n; i++) {
		int fd = open("/etc/passwd", O_RDONLY);

		fstat(fd, &st);
		if (read(fd, buf, sizeof buf) < 0)
			exit(3);
		close(fd);
	}
}

int main(int argc, char **argv)
{
	long n = argc > 2 ? atol(argv[2]) : 0;
	int fd = counter();
	int64_t t, c;
	char line[8];

	if (n <= 0)
		return 2;
	if (argc > 3) {
		puts("ready");
		fflush(stdout);
		if (!fgets(line, sizeof line, stdin))
			return 1;
	}
	t = now();
	c = instructions(fd);
	if (strcmp(argv[1], "files") == 0)
		files(n);
	else if (strcmp(argv[1], "getpgid") == 0)
		for (long i = 0; i < n; i++)
			syscall(SYS_getpgid, 0);
	else if (strcmp(argv[1], "access") == 0)
		for (long i = 0; i < n; i++)
			syscall(SYS_access, "/etc/passwd", R_OK);
	else if (strcmp(argv[1], "open") == 0)
		for (long i = 0; i < n; i++)
			close(syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY));
	else
		for (long i = 0; i < n; i++)
			syscall(SYS_getppid);
	c = instructions(fd) - c;
	t = now() - t;
	printf("%.1f %.1f\n", (double)t / n, (double)c / n);
	return 0;
}
