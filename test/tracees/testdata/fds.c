/* Descriptors, sizes and offsets: read, write, lseek, fcntl, dup, pipes. */
#include "tracee.h"
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

static void data(int fd)
{
	static char big[100];
	char buf[100], *p;

	CALL(write, fd, "abc\0def\n", 8);
	expect("write(3, \"abc\\0def\\n\", 8)", result());
	CALL(write, fd, tail("0123456789", 10), 10);
	expect("write(3, \"0123456789\", 10)", result());
	CALL(write, fd, cold("cold data", 9), 9);
	expect("write(3, \"cold data\", 9)", result());
	CALL(write, fd, "x", 0);
	expect("write(3, \"\", 0)", result());
	CALL(write, fd, NULL, 5);
	expect("write(3, NULL, 5)", result());
	CALL(write, fd, bad(), 5);
	expect(text("write(3, %p, 5)", bad()), result());
	CALL(write, -1, memset(big, 'b', sizeof big), -1L);
	expect(text("write(-1, \"%.32s\"..., %lu)", big, -1L), result());
	p = tail("0123456789", 10);
	CALL(write, fd, p, 100); /* 90 of the bytes are not there */
	expect(text("write(3, %p, 100)", p), result());
	CALL(lseek, fd, -10L, SEEK_CUR);
	expect("lseek(3, -10, SEEK_CUR)", result());
	CALL(ftruncate, fd, 27L);
	expect("ftruncate(3, 27)", result());
	CALL(pwrite64, fd, "PW", 2, 1L);
	expect("pwrite64(3, \"PW\", 2, 1)", result());
	CALL(lseek, fd, 0L, SEEK_SET);
	expect("lseek(3, 0, SEEK_SET)", result());
	CALL(read, fd, buf, 5);
	expect("read(3, \"aPW\\0d\", 5)", result());
	CALL(read, fd, p = untouched(4096), 4096);
	expect("read(3, \"ef\\n0123456789cold data\", 4096)", result());
	CALL(read, fd, buf, sizeof buf);
	expect("read(3, \"\", 100)", result());
	CALL(lseek, fd, -3L, SEEK_CUR);
	expect("lseek(3, -3, SEEK_CUR)", result());
	CALL(lseek, fd, 0L, 99);
	expect("lseek(3, 0, 0x63 /* SEEK_??? */)", result());
	CALL(read, fd, bad(), 3);
	expect(text("read(3, %p, 3)", bad()), result());
	CALL(read, fd, NULL, 0);
	expect("read(3, NULL, 0)", result());
	CALL(pread64, fd, buf, 3, 3L);
	expect("pread64(3, \"\\0de\", 3, 3)", result());
	CALL(pread64, fd, buf, 3, -1L);
	expect(text("pread64(3, %p, 3, -1)", buf), result());
	(void)p;
}

static void controls(int fd)
{
	struct flock fl = { .l_type = F_RDLCK, .l_whence = SEEK_END, .l_start = -5, .l_len = 2 };

	CALL(fcntl, fd, F_GETFD);
	expect("fcntl(3, F_GETFD)", "0");
	CALL(fcntl, fd, F_SETFD, FD_CLOEXEC);
	expect("fcntl(3, F_SETFD, FD_CLOEXEC)", result());
	CALL(fcntl, fd, F_GETFD);
	expect("fcntl(3, F_GETFD)", "0x1 (flags FD_CLOEXEC)");
	CALL(fcntl, fd, F_DUPFD_CLOEXEC, 50);
	expect("fcntl(3, F_DUPFD_CLOEXEC, 50)", result());
	CALL(fcntl, fd, F_OFD_SETLK, &fl);
	expect("fcntl(3, F_OFD_SETLK, {l_type=F_RDLCK, l_whence=SEEK_END, l_start=-5, l_len=2})", result());
	CALL(fcntl, fd, F_GETLK, bad());
	expect(text("fcntl(3, F_GETLK, %p)", bad()), result());
	CALL(fcntl, fd, 0x777, 5L);
	expect("fcntl(3, 0x777 /* F_??? */, 0x5)", result());
	CALL(flock, fd, LOCK_SH | LOCK_NB);
	expect("flock(3, LOCK_SH|LOCK_NB)", result());
	CALL(flock, fd, 0x100);
	expect("flock(3, 0x100 /* LOCK_??? */)", result());
	CALL(ftruncate, fd, 1L << 40);
	expect("ftruncate(3, 1099511627776)", result());
	CALL(fallocate, fd, 1 | 2 | 0x100, 0L, 10L);
	expect("fallocate(3, FALLOC_FL_KEEP_SIZE|FALLOC_FL_PUNCH_HOLE|0x100, 0, 10)", result());
	CALL(fadvise64, fd, 0L, 0L, 4);
	expect("fadvise64(3, 0, 0, POSIX_FADV_DONTNEED)", result());
	CALL(fsync, -5);
	expect("fsync(-5)", result());
}

static void others(void)
{
	int p[2], *q = (int *)tail((int[]){ 7, 7 }, 8);

	CALL(pipe, p);
	expect(text("pipe([%d, %d])", p[0], p[1]), result());
	CALL(pipe2, q, O_NONBLOCK | O_CLOEXEC);
	expect(text("pipe2([%d, %d], O_NONBLOCK|O_CLOEXEC)", q[0], q[1]), result());
	CALL(pipe2, bad(), 0x1);
	expect(text("pipe2(%p, 0x1 /* O_??? */)", bad()), result());
	CALL(dup3, p[0], 60, O_CLOEXEC);
	expect(text("dup3(%d, 60, O_CLOEXEC)", p[0]), result());
	CALL(dup2, -1, 2147483647);
	expect("dup2(-1, 2147483647)", result());
	CALL(close, 60);
	expect("close(60)", result());
	CALL(close, -100);
	expect("close(-100)", result());
	CALL(close_range, 1000, -1U, 4);
	expect("close_range(1000, 4294967295, CLOSE_RANGE_CLOEXEC)", result());
	CALL(getrandom, p, 0, 3);
	expect("getrandom(\"\", 0, GRND_NONBLOCK|GRND_RANDOM)", result());
	CALL(copy_file_range, -1, NULL, -1, (long[]){ 5 }, 10, 0);
	expect("copy_file_range(-1, NULL, -1, [5], 10, 0)", result());
	CALL(sendfile, -1, 3, (long[]){ 1234567890123 }, 10);
	expect("sendfile(-1, 3, [1234567890123], 10)", result());
}

int main(void)
{
	char name[] = "tracee-XXXXXX";
	int fd = mkstemp(name);

	unlink(name);
	start();
	data(fd);
	controls(fd);
	others();
	return finish();
}
