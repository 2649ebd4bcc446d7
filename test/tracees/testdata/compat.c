/* A 32-bit program: its own numbers, layouts and register pairs. */
#include "tracee.h"
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>

int main(void)
{
	struct iovec iov[2] = { { "ab", 2 }, { "cd", 2 } };
	struct pollfd pf = { 1, POLLOUT, 0 };
	long long pos;
	unsigned long args[3];
	char name[] = "tracee-XXXXXX", buf[16];
	int fd = mkstemp(name), u[2];

	unlink(name);
	start();
	CALL(writev, fd, tail(iov, sizeof iov), 2);
	expect("writev(3, [{iov_base=\"ab\", iov_len=2}, {iov_base=\"cd\", iov_len=2}], 2)", result());
	CALL(_llseek, fd, 1, 0, &pos, SEEK_SET);
	expect("_llseek(3, 4294967296, [4294967296], SEEK_SET)", result());
	CALL(pread64, fd, buf, 3, 1, 0);
	expect("pread64(3, \"bcd\", 3, 1)", result());
	CALL(pwrite64, fd, "z", 1, 0, 1);
	expect("pwrite64(3, \"z\", 1, 4294967296)", result());
	CALL(ftruncate64, fd, 5, 1);
	expect("ftruncate64(3, 4294967301)", result());
	CALL(mmap2, NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 1);
	expect("mmap2(NULL, 4096, PROT_READ, MAP_PRIVATE, 3, 0x1000)", hex());
	CALL(poll, &pf, 1, 0);
	expect("poll([{fd=1, events=POLLOUT}], 1, 0)", "1 ([{fd=1, revents=POLLOUT}])");
	CALL(socketpair, AF_UNIX, SOCK_STREAM, 0, u);
	expect(text("socketpair(AF_UNIX, SOCK_STREAM, 0, [%d, %d])", u[0], u[1]), result());
	args[0] = AF_INET;
	args[1] = SOCK_STREAM;
	args[2] = 99;
	CALL(socketcall, 1, args);
	expect("socket(AF_INET, SOCK_STREAM, 0x63 /* IPPROTO_??? */)", result());
	CALL(nanosleep, (long[]){ 0, 1 }, NULL);
	expect("nanosleep({tv_sec=0, tv_nsec=1}, NULL)", result());
	CALL(clock_gettime64, 99, bad());
	expect(text("clock_gettime64(0x63 /* CLOCK_??? */, %p)", bad()), result());
	CALL(getuid32);
	expect("getuid32()", result());
	CALL(fcntl64, fd, F_GETFL);
	expect("fcntl64(3, F_GETFL)", "0x2 (flags O_RDWR)");
	CALL(fadvise64_64, fd, 0, 1, 2, 1, 3);
	expect("fadvise64_64(3, 4294967296, 4294967298, POSIX_FADV_WILLNEED)", result());
	CALL(waitpid, -1, NULL, 1);
	expect("waitpid(-1, NULL, WNOHANG)", result());
	return finish();
}
