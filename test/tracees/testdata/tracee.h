/*
 * What the tracees share. A tracee makes calls and says, for each, the line
 * that a tracer must print: expect("name(args)", "result"). Only what lies
 * between start() and finish() is compared; the expected lines are printed at
 * the end, so that printing them is not traced as part of the test.
 */
#ifndef TRACEE_H
#define TRACEE_H

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static char expected[1 << 20];
static size_t expected_len;

/* The result and errno of the last call made with CALL. */
static long ret;
static int ret_errno;

#define CALL(nr, ...) \
	do { errno = 0; ret = syscall(SYS_##nr, ##__VA_ARGS__); ret_errno = errno; } while (0)

__attribute__((format(printf, 1, 2))) static const char *text(const char *fmt, ...)
{
	static char ring[16][16384];
	static int next;
	char *b = ring[next++ % 16];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(b, sizeof ring[0], fmt, ap);
	va_end(ap);
	return b;
}

static void add(const char *line)
{
	size_t n = strlen(line);

	if (expected_len + n + 2 > sizeof expected)
		abort();
	memcpy(expected + expected_len, line, n);
	expected_len += n;
	expected[expected_len++] = '\n';
}

/* expect says the line of a call: its text up to ")" and what follows "= ". */
static void expect(const char *call, const char *result) { add(text("%s\t%s", call, result)); }

/* expect_line says a line that is no call. */
static void expect_line(const char *line) { add(line); }

/* result is how the result of the last CALL prints: a decimal or an error. */
static const char *result(void)
{
	if (ret == -1)
		return text("-1 %s (%s)", strerrorname_np(ret_errno), strerror(ret_errno));
	return text("%ld", ret);
}

/* hex is result for calls that return an address or bits. */
static const char *hex(void) { return ret == -1 ? result() : text("%#lx", ret); }

/* ptr is how an address prints. */
static const char *ptr(const void *p) { return p ? text("%p", p) : "NULL"; }

/* for_strace tells whether the tracer is strace: where ebtrace deliberately
 * differs, a tracee says both lines. */
static int for_strace(void) { return getenv("TRACEE_FOR_STRACE") != NULL; }

/* Calls between pause and resume are not compared. */
static void quiet(void) { syscall(SYS_chdir, "tracee: pause"); }
static void loud(void) { syscall(SYS_chdir, "tracee: resume"); }

static void *map(size_t n, int prot)
{
	void *p = mmap(NULL, n, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		abort();
	return p;
}

/* page_end is n bytes of memory that end where readable memory ends. */
static void *page_end(size_t n)
{
	size_t size = (n + 4095) / 4096 * 4096;
	char *p;

	quiet();
	p = map(size + 4096, PROT_READ | PROT_WRITE);
	if (mprotect(p + size, 4096, PROT_NONE) != 0)
		abort();
	loud();
	return p + size - n;
}

/* tail is a copy of n bytes that end where readable memory ends. */
static void *tail(const void *from, size_t n) { return memcpy(page_end(n), from, n); }

/* cold is a copy of n bytes in a page of a file that this process has not
 * touched: reading it faults. */
static void *cold(const void *from, size_t n)
{
	char name[] = "/tmp/tracee-XXXXXX";
	int fd;
	void *p;

	quiet();
	fd = mkstemp(name);
	if (fd < 0 || write(fd, from, n) != (ssize_t)n)
		abort();
	unlink(name);
	p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	close(fd);
	if (p == MAP_FAILED || madvise(p, n, MADV_RANDOM) != 0)
		abort();
	loud();
	return p;
}

/* untouched is n bytes of anonymous memory that has no page yet. */
static void *untouched(size_t n)
{
	void *p;

	quiet();
	p = map(n, PROT_READ | PROT_WRITE);
	loud();
	return p;
}

/* bad is an address that can not be read or written. */
static void *bad(void)
{
	static void *p;

	if (!p) {
		quiet();
		p = map(4096, PROT_NONE);
		loud();
	}
	return p;
}

static void start(void) { syscall(SYS_chdir, "tracee: start"); }

static int finish(void)
{
	syscall(SYS_chdir, "tracee: finish");
	return write(1, expected, expected_len) != (ssize_t)expected_len;
}

/* Not every tracee uses every helper. */
static inline void tracee_unused(void)
{
	(void)expect_line, (void)hex, (void)ptr, (void)for_strace, (void)tail, (void)cold, (void)untouched, (void)bad;
	(void)expect, (void)result, (void)start, (void)finish;
}

#endif
