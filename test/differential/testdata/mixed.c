// Calls of many kinds with plain arguments; built for 32 and for 64 bits.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

static void files(void)
{
	struct stat st;
	struct statfs sf;
	struct iovec iov[2] = { { "ab", 2 }, { "cd\n", 3 } };
	char buf[64];
	int fd = open("file", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);

	writev(fd, iov, 2);
	pwrite(fd, "xyz", 3, 1);
	lseek(fd, -2, SEEK_END);
	read(fd, buf, sizeof buf);
	preadv(fd, iov, 0, 0);
	ftruncate(fd, 4096);
	fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 8192);
	fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK);
	fcntl(fd, F_GETFL);
	fcntl(fd, F_SETLK, &(struct flock){ .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 10 });
	fstat(fd, &st);
	stat("/nowhere", &st);
	statfs("/", &sf);
	fsync(fd);
	symlink("file", "link");
	readlink("link", buf, sizeof buf);
	rename("file", "file2");
	link("file2", "file3");
	chmod("file3", 04711);
	chown("file3", -1, -1);
	mkdir("d", 0700);
	rmdir("d");
	unlink("file3");
	access("file2", R_OK | X_OK);
	utimensat(AT_FDCWD, "file2", (struct timespec[]){ { 1, 2 }, { 0, UTIME_OMIT } }, 0);
	setxattr("file2", "user.x", "v", 1, XATTR_CREATE);
	flock(fd, 2);
	umask(022);
	close(fd);
	close(fd);
}

static void waits(void)
{
	int p[2], ep, ev;
	struct pollfd pf[2];
	struct epoll_event e = { .events = EPOLLIN | EPOLLET, .data = { .u64 = 0x1234 } };
	struct timeval tv = { 0, 1000 };
	struct itimerspec its = { { 0, 0 }, { 0, 1000000 } };
	fd_set set;
	sigset_t sigs;

	pipe2(p, O_CLOEXEC);
	pf[0] = (struct pollfd){ p[0], POLLIN, 0 };
	pf[1] = (struct pollfd){ p[1], POLLOUT | POLLERR, 0 };
	poll(pf, 2, 100);
	poll(pf, 1, 0);
	FD_ZERO(&set);
	FD_SET(p[0], &set);
	select(p[0] + 1, &set, NULL, NULL, &tv);
	ep = epoll_create1(EPOLL_CLOEXEC);
	epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &e);
	write(p[1], "x", 1);
	epoll_wait(ep, &e, 1, 10);
	ev = eventfd(3, EFD_NONBLOCK);
	write(ev, "\1\0\0\0\0\0\0\0", 8);
	sigemptyset(&sigs);
	sigaddset(&sigs, SIGUSR1);
	sigaddset(&sigs, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &sigs, NULL);
	signalfd(-1, &sigs, SFD_CLOEXEC);
	sigtimedwait(&sigs, NULL, &(struct timespec){ 0, 1000 });
	int tfd = timerfd_create(CLOCK_MONOTONIC, 0);
	timerfd_settime(tfd, 0, &its, NULL);
	int in = inotify_init1(IN_NONBLOCK);
	inotify_add_watch(in, "/tmp", IN_CREATE | IN_DELETE);
}

static void sockets(void)
{
	int s[2], u = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un un = { AF_UNIX, "sock" };
	struct iovec iov = { "hello", 5 };
	char buf[32], control[CMSG_SPACE(sizeof(int))];
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	socklen_t len = sizeof un;
	int one = 1, tcp = socket(AF_INET, SOCK_STREAM, 0);

	bind(u, (struct sockaddr *)&un, sizeof un);
	getsockname(u, (struct sockaddr *)&un, &len);
	setsockopt(tcp, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	memset(control, 0, sizeof control);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &one, sizeof one);
	sendmsg(s[0], &m, MSG_NOSIGNAL);
	iov.iov_base = buf;
	iov.iov_len = sizeof buf;
	recvmsg(s[1], &m, MSG_DONTWAIT);
	send(s[0], "abc", 3, 0);
	recv(s[1], buf, sizeof buf, MSG_PEEK);
	shutdown(s[0], SHUT_WR);
	ioctl(tcp, FIONBIO, &one);
	ioctl(0, TCGETS, buf);
}

static void handler(int sig) { (void)sig; }

static void process(void)
{
	struct sigaction sa = { .sa_handler = handler, .sa_flags = SA_RESTART };
	struct rlimit rl;
	struct utsname un;
	cpu_set_t cpus;
	char name[16];

	sigaction(SIGUSR2, &sa, NULL);
	kill(getpid(), SIGUSR2);
	raise(SIGUSR2);
	getrlimit(RLIMIT_NOFILE, &rl);
	rl.rlim_cur = 512;
	setrlimit(RLIMIT_NOFILE, &rl);
	uname(&un);
	sched_getaffinity(0, sizeof cpus, &cpus);
	sched_yield();
	prctl(PR_SET_NAME, "mixed");
	prctl(PR_GET_NAME, name);
	getpriority(PRIO_PROCESS, 0);
	nanosleep(&(struct timespec){ 0, 1000 }, NULL);
	alarm(0);
	getppid();
	getuid();
	setsid();
	void *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	mprotect(p, 4096, PROT_READ);
	madvise(p, 4096, MADV_DONTNEED);
	munmap(p, 8192);
	if (fork() == 0)
		_exit(7);
	wait(NULL);
}

int main(void)
{
	files();
	waits();
	sockets();
	process();
	return 0;
}
