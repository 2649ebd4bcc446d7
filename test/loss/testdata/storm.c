/*
 * storm THREADS CALLS: each thread makes that many getppid calls as fast as it
 * can; then a child exits with 37. Prints "thread id, calls made" for each thread.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static long calls;

static void *run(void *tid)
{
	*(long *)tid = syscall(SYS_gettid);
	for (long i = 0; i < calls; i++)
		syscall(SYS_getppid);
	return NULL;
}

int main(int argc, char **argv)
{
	int n = argc > 2 ? atoi(argv[1]) : 0;
	pthread_t *th = calloc(n, sizeof *th);
	long *tid = calloc(n, sizeof *tid);

	if (n <= 0)
		return 2;
	calls = atol(argv[2]);
	for (int i = 0; i < n; i++)
		pthread_create(&th[i], NULL, run, &tid[i]);
	for (int i = 0; i < n; i++)
		pthread_join(th[i], NULL);
	if (fork() == 0)
		_exit(37);
	wait(NULL);
	for (int i = 0; i < n; i++)
		printf("%ld %ld\n", tid[i], calls);
	return 0;
}
