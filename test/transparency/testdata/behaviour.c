/*
 * Prints what a program can see of its surroundings and of its children, in
 * words that are the same in every run: traced or not, the output must not
 * differ.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t got;
static volatile int got_code, got_status;

static void handler(int sig, siginfo_t *info, void *context)
{
	(void)context;
	got = sig;
	got_code = info->si_code;
	got_status = info->si_status;
}

/* said prints what a call returned. */
static void said(const char *what, long r) { printf("%s: %ld %s\n", what, r < 0 ? -1 : r > 1 ? 2 : r, r < 0 ? strerror(errno) : ""); }

static void handle(int sig, int flags)
{
	struct sigaction sa = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags };

	sigaction(sig, &sa, NULL);
	got = 0;
}

/* What /proc says about this process, but for what depends on the run. */
static void status(void)
{
	static const char *keys[] = { "TracerPid", "NSpid", "Threads", "SigBlk", "SigIgn", "SigCgt", "SigPnd", "ShdPnd", "CapInh", "CapPrm",
		"CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp:", "Umask", "Groups", "Uid", "Gid", "CoreDumping", "THP_enabled",
		"Cpus_allowed:" };
	FILE *f = fopen("/proc/self/status", "r");
	char line[512];

	while (fgets(line, sizeof line, f))
		for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
			if (strncmp(line, keys[i], strlen(keys[i])) == 0 && strncmp(line, "NSpid", 5) != 0)
				fputs(line, stdout);
	fclose(f);
}

static void inherited(void)
{
	struct rlimit rl;
	DIR *d = opendir("/proc/self/fd");
	struct dirent *e;

	while ((e = readdir(d)))
		if (e->d_name[0] != '.' && atoi(e->d_name) != dirfd(d))
			printf("fd %s\n", e->d_name);
	closedir(d);
	for (int i = 0; i < RLIM_NLIMITS; i++)
		if (getrlimit(i, &rl) == 0)
			printf("limit %d: %lu %lu\n", i, rl.rlim_cur, rl.rlim_max);
	printf("nice %d policy %d persona dumpable %d pdeathsig ", getpriority(PRIO_PROCESS, 0), sched_getscheduler(0), prctl(PR_GET_DUMPABLE));
	int sig = -1;
	prctl(PR_GET_PDEATHSIG, &sig);
	printf("%d subreaper ", sig);
	prctl(PR_GET_CHILD_SUBREAPER, &sig);
	printf("%d slack %d\n", sig, prctl(PR_GET_TIMERSLACK));
	printf("leads its group: %d\n", getpgrp() == getpid());
	printf("child of a process of its session: %d\n", getsid(getppid()) == getsid(0));
}

static void children(void)
{
	int st;
	pid_t pid;

	handle(SIGCHLD, 0);
	if ((pid = fork()) == 0)
		_exit(getppid() > 1 ? 42 : 1);
	while (waitpid(pid, &st, 0) < 0)
		printf("wait: %s\n", errno == EINTR ? "interrupted" : "failed"), fflush(stdout);
	printf("exit: %#x SIGCHLD %d code %d status %d\n", st, got, got_code, got_status);
	got = 0;
	if ((pid = fork()) == 0)
		raise(SIGKILL);
	while (waitpid(pid, &st, 0) < 0)
		;
	printf("kill: %#x SIGCHLD %d code %d status %d\n", st, got, got_code, got_status);
	got = 0;
	if ((pid = fork()) == 0) {
		raise(SIGSTOP);
		_exit(getppid() > 1 ? 7 : 1);
	}
	while (waitpid(pid, &st, WUNTRACED) < 0)
		;
	printf("stop: %#x SIGCHLD %d code %d status %d\n", st, got, got_code, got_status);
	got = 0;
	kill(pid, SIGCONT);
	do
		while (waitpid(pid, &st, WCONTINUED) < 0)
			;
	while (0);
	printf("continue: %d or exit %#x\n", WIFCONTINUED(st) || WIFEXITED(st), WIFCONTINUED(st) ? 0x700 : st);
	if (WIFCONTINUED(st))
		while (waitpid(pid, &st, 0) < 0)
			;
	printf("then: %#x\n", st);
	while ((pid = wait(&st)) < 0 && errno == EINTR)
		;
	said("no more", pid);
	signal(SIGCHLD, SIG_IGN);
	if (fork() == 0)
		_exit(0);
	said("ignored", wait(&st));
	signal(SIGCHLD, SIG_DFL);
}

/* A child that asked for a signal at its parent's death gets it. */
static void parent_death(void)
{
	int p[2], ready[2];
	char c;

	if (pipe(p) || pipe(ready))
		return;
	if (fork() == 0) {
		if (fork() == 0) {
			prctl(PR_SET_PDEATHSIG, SIGUSR2);
			handle(SIGUSR2, 0);
			if (write(ready[1], "r", 1) != 1)
				_exit(1);
			while (got != SIGUSR2)
				usleep(1000);
			c = 'd';
			_exit(write(p[1], &c, 1) != 1);
		}
		if (read(ready[0], &c, 1) != 1)
			_exit(1);
		_exit(0);
	}
	wait(NULL);
	c = '?';
	said("parent death", read(p[0], &c, 1));
	printf("%c\n", c);
}

static void interrupts(void)
{
	struct itimerval soon = { { 0, 0 }, { 0, 20000 } };
	int p[2], ep = epoll_create1(0);
	struct epoll_event ev = { .events = EPOLLIN };
	char c;

	if (pipe(p))
		return;
	handle(SIGALRM, 0);
	setitimer(ITIMER_REAL, &soon, NULL);
	said("read", read(p[0], &c, 1));
	epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &ev);
	setitimer(ITIMER_REAL, &soon, NULL);
	said("epoll", epoll_wait(ep, &ev, 1, -1));
	setitimer(ITIMER_REAL, &soon, NULL);
	said("pause", pause());
	handle(SIGALRM, SA_RESTART);
	if (fork() == 0) {
		usleep(60000);
		_exit(write(p[1], "x", 1) != 1);
	}
	setitimer(ITIMER_REAL, &soon, NULL);
	said("restarted read", read(p[0], &c, 1));
	printf("handler ran: %d\n", got == SIGALRM);
	wait(NULL);
	/* Stopping and continuing must not be seen as an interruption. */
	pid_t self = getpid();
	if (fork() == 0) {
		usleep(20000);
		kill(self, SIGSTOP);
		usleep(20000);
		kill(self, SIGCONT);
		usleep(20000);
		_exit(write(p[1], "y", 1) != 1);
	}
	said("stopped read", read(p[0], &c, 1));
	printf("%c\n", c);
	wait(NULL);
}

/* Nobody else may be this process's tracer; it may have one of its own. */
static void traceable(void)
{
	int st;
	pid_t pid = fork();

	if (pid == 0) {
		long r = ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		_exit(r == 0 ? 5 : 6);
	}
	waitpid(pid, &st, 0);
	printf("traceme: stopped %d\n", WIFSTOPPED(st));
	ptrace(PTRACE_CONT, pid, 0, 0);
	waitpid(pid, &st, 0);
	printf("traceme: %#x\n", st);
}

static void *in_thread(void *arg)
{
	(void)arg;
	char path[64], line[512];
	FILE *f;

	snprintf(path, sizeof path, "/proc/self/task/%ld/status", syscall(SYS_gettid));
	f = fopen(path, "r");
	while (fgets(line, sizeof line, f))
		if (strncmp(line, "TracerPid", 9) == 0)
			printf("thread: %s", line);
	fclose(f);
	return NULL;
}

int main(void)
{
	pthread_t th;

	setvbuf(stdout, NULL, _IOLBF, 0);
	status();
	inherited();
	children();
	parent_death();
	interrupts();
	traceable();
	pthread_create(&th, NULL, in_thread, NULL);
	pthread_join(th, NULL);
	return 9;
}
