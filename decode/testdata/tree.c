/* A tree: a thread, children that exit and that are killed, signals, sockets, an exec; it dies of SIGSEGV. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <netinet/in.h>
#include <time.h>
#include <unistd.h>

static void handler(int s)
{
}

static void *thread(void *p)
{
	prctl(PR_SET_NAME, "worker");
	usleep(1000);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc > 1) {
		kill(getpid(), SIGTERM);
		return 0;
	}
	struct sigaction sa = {.sa_handler = handler, .sa_flags = SA_RESTART};
	sigaction(SIGUSR1, &sa, 0);
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, 40);
	sigprocmask(SIG_BLOCK, &set, 0);
	kill(getpid(), SIGUSR1);
	int s[2];
	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	struct iovec v[2] = {{"ab", 2}, {"cde", 3}};
	struct msghdr m = {.msg_iov = v, .msg_iovlen = 2};
	sendmsg(s[0], &m, 0);
	char b[8];
	struct iovec w = {b, 8};
	struct msghdr n = {.msg_iov = &w, .msg_iovlen = 1};
	recvmsg(s[1], &n, 0);
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	int t = socket(AF_INET, SOCK_STREAM, 0);
	bind(t, (void *)&in, sizeof in);
	listen(t, 5);
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	memcpy(un.sun_path, "\0demo", 5);
	int u = socket(AF_UNIX, SOCK_DGRAM, 0);
	bind(u, (void *)&un, 7);
	connect(u, (void *)&un, 7);
	int e = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event ev = {EPOLLIN, {.u64 = 7}}, out[2];
	epoll_ctl(e, EPOLL_CTL_ADD, s[0], &ev);
	epoll_wait(e, out, 2, 0);
	fd_set r;
	FD_ZERO(&r);
	FD_SET(s[1], &r);
	struct timeval tv = {0, 1000};
	select(s[1] + 1, &r, 0, 0, &tv);
	pthread_t th;
	pthread_create(&th, 0, thread, 0);
	pthread_join(th, 0);
	int k = fork(), st;
	if (!k) {
		execl(argv[0], argv[0], "child", NULL);
		_exit(1);
	}
	waitpid(k, &st, 0);
	k = fork();
	if (!k)
		_exit(3);
	waitpid(k, &st, 0);
	struct timespec ts = {0, 1000000};
	nanosleep(&ts, &ts);
	dup2(1, 20);
	close(20);
	*(volatile int *)8 = 1;
}
