/*
 * A tree in which each thread hangs in a known call: the first in read of its
 * input, a second in a futex, a third in ppoll; a child in pause, and its
 * child in nanosleep. Says "ready" and the ids, and ends when its input does.
 */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int word = 7;
static volatile long tids[2];

static void *futex_thread(void *arg)
{
	(void)arg;
	tids[0] = syscall(SYS_gettid);
	syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 7, NULL);
	return NULL;
}

static void *poll_thread(void *arg)
{
	(void)arg;
	tids[1] = syscall(SYS_gettid);
	poll(NULL, 0, 1000000);
	return NULL;
}

int main(void)
{
	pthread_t a, b;
	int p[2];
	pid_t child, grandchild;
	char c;

	if (pipe(p) != 0)
		return 1;
	if ((child = fork()) == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if ((grandchild = fork()) == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			nanosleep(&(struct timespec){ 1234, 5 }, NULL);
			_exit(0);
		}
		if (write(p[1], &grandchild, sizeof grandchild) != sizeof grandchild)
			_exit(1);
		pause();
		_exit(0);
	}
	if (read(p[0], &grandchild, sizeof grandchild) != sizeof grandchild)
		return 1;
	pthread_create(&a, NULL, futex_thread, NULL);
	pthread_create(&b, NULL, poll_thread, NULL);
	while (!tids[0] || !tids[1])
		usleep(1000);
	usleep(50000);
	printf("ready %d %ld %ld %d %d\n", getpid(), tids[0], tids[1], child, grandchild);
	fflush(stdout);
	while (read(0, &c, 1) == 1)
		;
	return 0;
}
