/* Calls with arguments of every kind, many of them bad: page ends, absent pages, unknown bits, huge lengths. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

static void *const bad = (void *)8;
static char *page; /* the page after it is absent */

static void files(int in, int out)
{
	off_t o = 0;
	sendfile(out, in, &o, 4);
	int tmp = open("/tmp/demo/x", O_RDWR | O_CREAT, 0644);
	loff_t l = 1, m = 2;
	copy_file_range(in, &l, tmp, &m, 5, 0);
	lseek(in, -1, SEEK_SET);
	struct stat st;
	stat("/dev/null", &st);
	stat("/etc/passwd", &st);
	stat("/nonex", &st);
	fstat(1, bad);
	uname(bad);
	mkdir("/tmp/demo/d", 0x1ffff);
	umask(022);
	fchmod(-1, 0xfffff000 | 0644);
	chown("/nonex", -1, 5);
	mknod("/nonex/f", S_IFCHR | 0644, 0x103);
	openat(AT_FDCWD, "a\tb\1\0012", O_RDONLY | O_CLOEXEC | 0x40000000);
	access("", 7 | 0x80);
	char buf[8];
	read(in, buf, 0);
	read(in, 0, 0);
	write(out, 0, 5);
	write(out, "a string with more than thirty-two bytes", 40);
	write(out, "a string with more than thirty-two bytes", 0x7ffffffff000);
}

static void sockets(void)
{
	struct sockaddr_storage s;
	socklen_t n = sizeof s;
	int k = socket(AF_INET, SOCK_STREAM, 0);
	getsockname(k, (void *)&s, &n);
	getsockname(k, (void *)&s, &n);
	getsockname(99, (void *)&s, &n);
	accept(99, 0, &n);
}

static void vectors(void)
{
	char x[4], y[8] = "", z[3] = "";
	struct iovec v[3] = {{x, 4}, {y, 8}, {z, 3}};
	int p[2];
	pipe(p);
	write(p[1], "abcdef", 6);
	readv(p[0], v, 3);
	readv(99, v, 3);
	writev(p[1], v, 3);
	readv(p[0], bad, 3);
	pipe(bad);
	write(p[1], page + 4090, 20);
	open(page + 4096, 0);
	page[4094] = '/';
	page[4095] = 'a';
	open(page + 4094, 0);
	fd_set r, w;
	FD_ZERO(&r);
	FD_ZERO(&w);
	FD_SET(p[0], &r);
	FD_SET(p[1], &w);
	struct timeval tv = {0, 1000};
	select(p[1] + 1, &r, &w, 0, &tv);
}

static void arrays(void)
{
	gid_t g[3] = {1, 2, 3};
	getgroups(0, 0);
	setgroups(3, g);
	setgroups(0, 0);
	setgroups(3, bad);
	*(gid_t *)(page + 4092) = 7;
	setgroups(3, (void *)(page + 4092));
	char *av[] = {"a", bad, "c", 0}, *ev[] = {"A=1", "B=2", 0};
	execve("/nonexist", av, ev);
	execve("/nonexist", 0, 0);
	execve("/nonexist", bad, bad);
	char **pv = (char **)(page + 4088);
	pv[0] = "zz";
	execve("/nonexist", pv, pv);
	struct pollfd p[5];
	for (int i = 0; i < 5; i++)
		p[i] = (struct pollfd){-1 - i, POLLIN, 0};
	poll(p, 5, 0);
}

int main(void)
{
	page = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	munmap(page + 4096, 4096);
	files(open("/etc/passwd", O_RDONLY), open("/dev/null", O_WRONLY));
	sockets();
	vectors();
	arrays();
	syscall(999, 1, 2, 3, 4, 5, 6);
	kill(0, 0);
	kill(-5, 64);
	kill(-5, 77);
	close(-100);
	struct timespec ts = {0, -1};
	nanosleep(&ts, &ts);
	nanosleep(bad, 0);
	ts.tv_nsec = 1;
	nanosleep(&ts, &ts);
	return 3;
}
