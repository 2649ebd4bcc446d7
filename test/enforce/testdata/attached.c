/*
 * attached.c SECRET OUT - opens SECRET over and over, in every way that a tree
 * of processes can, and writes a letter for each to the file OUT: small if the
 * file was kept from it, great if it was opened. Calls that must not notice a
 * tracer write '!' if they do.
 *   a/A main thread   b/B thread   c/C child   d/D child of vfork
 *   e/E new child each time
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *secret;
static int out;

static int opened(void)
{
	int fd = open(secret, O_RDONLY);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static void put(char c)
{
	if (write(out, &c, 1) != 1)
		_exit(3);
}

static void loop(char small)
{
	for (;;) {
		put(opened() ? small - 'a' + 'A' : small);
		usleep(3000);
	}
}

static void *thread(void *arg)
{
	loop(*(char *)arg);
	return NULL;
}

static void *waits(void *arg)
{
	struct epoll_event ev;
	epoll_wait(epoll_create1(0), &ev, 1, -1);
	put('!');
	return arg;
}

static void *reads(void *arg)
{
	int p[2];
	char c;
	if (pipe(p) == 0 && read(p[0], &c, 1) <= 0)
		put('!');
	return arg;
}

static void *vforks(void *arg)
{
	if (vfork() == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		loop('d');
	}
	return arg;
}

int main(int argc, char **argv)
{
	pthread_t t;
	char b = 'b';
	secret = argv[1];
	out = open(argv[2], O_WRONLY | O_APPEND | O_CREAT, 0644);
	if (argc < 3 || out < 0)
		return 2;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (fork() == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		loop('c');
	}
	pthread_create(&t, NULL, thread, &b);
	pthread_create(&t, NULL, waits, NULL);
	pthread_create(&t, NULL, reads, NULL);
	pthread_create(&t, NULL, vforks, NULL);
	for (;;) {
		put(opened() ? 'A' : 'a');
		int st = 0, pid = fork();
		if (pid == 0)
			_exit(opened());
		if (pid < 0 || waitpid(pid, &st, 0) != pid || !WIFEXITED(st))
			put('!');
		put(WEXITSTATUS(st) ? 'E' : 'e');
		usleep(3000);
	}
}
