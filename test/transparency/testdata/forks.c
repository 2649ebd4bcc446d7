/*
 * Makes a task in the way its argument names. The first call of the new task
 * is getpriority(77, 1), whatever the way.
 */
#define _GNU_SOURCE
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void first(void) { syscall(SYS_getpriority, 77, 1); }

static char stack[65536] __attribute__((aligned(16)));

static int function(void *arg)
{
	(void)arg;
	first();
	syscall(SYS_exit, 0);
	return 0;
}

static long raw_clone(unsigned long flags) { return syscall(SYS_clone, flags, 0L, NULL, NULL, 0L); }

static void *exec_in_thread(void *name)
{
	execl(name, name, "end", NULL);
	return NULL;
}

static void child_or_wait(long pid)
{
	if (pid == 0) {
		first();
		_exit(0);
	}
	if (pid < 0)
		_exit(99);
	while (waitpid(-1, NULL, __WALL) > 0)
		;
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "";
	struct clone_args args = { .exit_signal = SIGCHLD };
	pthread_t th;

	if (strcmp(how, "end") == 0) {
		first();
	} else if (strcmp(how, "fork") == 0) {
		child_or_wait(raw_clone(SIGCHLD));
	} else if (strcmp(how, "vfork") == 0) {
		child_or_wait(vfork());
	} else if (strcmp(how, "clone3") == 0) {
		child_or_wait(syscall(SYS_clone3, &args, sizeof args));
	} else if (strcmp(how, "untraced") == 0) {
		child_or_wait(raw_clone(CLONE_UNTRACED | SIGCHLD));
	} else if (strcmp(how, "silent") == 0) { /* no signal at its end */
		child_or_wait(raw_clone(0));
	} else if (strcmp(how, "vm") == 0) { /* shares memory, but is no thread */
		child_or_wait(clone(function, stack + sizeof stack, CLONE_VM | CLONE_FS | CLONE_FILES | SIGCHLD, NULL));
	} else if (strcmp(how, "namespace") == 0) {
		child_or_wait(raw_clone(CLONE_NEWPID | SIGCHLD));
	} else if (strcmp(how, "parent") == 0) { /* a sibling: the maker is not the parent */
		if (raw_clone(SIGCHLD) == 0) {
			first();
			if (raw_clone(CLONE_PARENT | SIGCHLD) == 0)
				first();
			_exit(0);
		}
		while (wait(NULL) > 0)
			;
	} else if (strcmp(how, "double") == 0) {
		if (raw_clone(SIGCHLD) == 0) {
			first();
			if (raw_clone(SIGCHLD) == 0) {
				first();
				while (getppid() != 1)
					usleep(1000);
				_exit(0);
			}
			_exit(0);
		}
		wait(NULL);
		usleep(50000);
	} else if (strcmp(how, "thread") == 0) {
		clone(function, stack + sizeof stack, CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM, NULL);
		usleep(50000);
	} else if (strcmp(how, "exec-thread") == 0) {
		pthread_create(&th, NULL, exec_in_thread, argv[0]);
		pthread_join(th, NULL);
	} else {
		return 98;
	}
	return 0;
}
