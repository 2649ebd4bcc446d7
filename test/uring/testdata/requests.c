/*
 * Makes requests of io_uring by raw calls and says on standard output what a
 * tracer must show of each: "by" of the request's thread, then the line without
 * ring, user_data and time. Argument: flags of io_uring_setup, flags of requests.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/time_types.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct io_uring_params p;
static char *sq, *cq;
static struct io_uring_sqe *sqes;
static unsigned queued;
static int ring, each;

static unsigned *at(char *base, unsigned off) { return (unsigned *)(base + off); }

static void *map(size_t size, long off)
{
	void *m = mmap(0, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring, off);
	if (m == MAP_FAILED)
		exit(3);
	return m;
}

static struct io_uring_sqe *request(int op, int fd, const void *addr, unsigned len, unsigned long user_data)
{
	unsigned i = (*at(sq, p.sq_off.tail) + queued++) & (p.sq_entries - 1);
	struct io_uring_sqe *s = &sqes[i];
	memset(s, 0, sizeof(*s));
	s->opcode = op;
	s->flags = each;
	s->fd = fd;
	s->addr = (unsigned long)addr;
	s->len = len;
	s->user_data = user_data;
	at(sq, p.sq_off.array)[i] = i;
	return s;
}

/* Submits what is queued and waits for as many completions; returns the result of the last. */
static int submit(void)
{
	unsigned n = queued, got = 0;
	int res = 0;
	__atomic_store_n(at(sq, p.sq_off.tail), *at(sq, p.sq_off.tail) + n, __ATOMIC_RELEASE);
	queued = 0;
	unsigned flags = IORING_ENTER_GETEVENTS | (p.flags & IORING_SETUP_SQPOLL ? IORING_ENTER_SQ_WAKEUP : 0);
	if (syscall(__NR_io_uring_enter, ring, n, n, flags, 0, 8) < 0)
		exit(4);
	while (got < n) {
		unsigned head = *at(cq, p.cq_off.head);
		if (head == __atomic_load_n(at(cq, p.cq_off.tail), __ATOMIC_ACQUIRE))
			exit(5);
		res = ((struct io_uring_cqe *)(cq + p.cq_off.cqes))[head & (p.cq_entries - 1)].res;
		__atomic_store_n(at(cq, p.cq_off.head), head + 1, __ATOMIC_RELEASE);
		got++;
	}
	return res;
}

static char name[] = "file", gone[] = "gone", text[] = "hello, ring\n", buf[64];
static struct statx st;

int main(int argc, char **argv)
{
	p.flags = argc > 1 ? atoi(argv[1]) : 0;
	each = argc > 2 ? atoi(argv[2]) : 0;
	p.sq_thread_idle = 2000;
	ring = syscall(__NR_io_uring_setup, 8, &p);
	if (ring < 0)
		return 2;
	sq = map(p.sq_off.array + p.sq_entries * 4, IORING_OFF_SQ_RING);
	cq = map(p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe), IORING_OFF_CQ_RING);
	sqes = map(p.sq_entries * sizeof(*sqes), IORING_OFF_SQES);

	request(IORING_OP_OPENAT, AT_FDCWD, name, 0640, 0)->open_flags = O_RDWR | O_CREAT | O_EXCL;
	int fd = submit();
	printf("openat(AT_FDCWD, \"file\", O_RDWR|O_CREAT|O_EXCL, 0640) = %d\n", fd);
	request(IORING_OP_WRITE, fd, text, 12, 0x1234);
	submit();
	printf("write(%d, \"hello, ring\\n\", 12, 0) = 12\n", fd);
	request(IORING_OP_READ, fd, buf, 64, ~0UL)->off = 7;
	submit();
	printf("read(%d, \"ring\\n\", 64, 7) = 5\n", fd);
	request(IORING_OP_FSYNC, fd, 0, 0, 1)->fsync_flags = IORING_FSYNC_DATASYNC;
	submit();
	printf("fsync(%d, IORING_FSYNC_DATASYNC) = 0\n", fd);
	request(IORING_OP_STATX, AT_FDCWD, gone, STATX_SIZE, 1)->addr2 = (unsigned long)&st;
	submit();
	printf("statx(AT_FDCWD, \"gone\", AT_STATX_SYNC_AS_STAT, STATX_SIZE, %p) = -1 ENOENT (No such file or directory)\n", (void *)&st);
	request(IORING_OP_CLOSE, fd, 0, 0, 1);
	submit();
	printf("close(%d) = 0\n", fd);
	struct __kernel_timespec ts = {.tv_nsec = 1000000};
	request(IORING_OP_TIMEOUT, -1, &ts, 1, 1);
	submit();
	printf("timeout({tv_sec=0, tv_nsec=1000000}, 0, 0) = -1 ETIME (Timer expired)\n");
	request(IORING_OP_ASYNC_CANCEL, -1, (void *)0xbad, 0, 1);
	submit();
	printf("async_cancel(0xbad) = -1 ENOENT (No such file or directory)\n");
	request(IORING_OP_READ, -1, buf, 1, 1)->flags |= IOSQE_IO_LINK;
	request(IORING_OP_NOP, -1, 0, 0, 2);
	submit();
	printf("read(-1, %p, 1, 0) = -1 EBADF (Bad file descriptor)\n", (void *)buf);
	printf("nop() = -1 ECANCELED (Operation canceled)\n");
	fflush(stdout);
	return 0;
}
