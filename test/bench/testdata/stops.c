/*
 * stops STOPS NR COMMAND...: runs a command under a seccomp filter that stops
 * it at call NR, and lets it go on at once: the least that any tracer does.
 * With 2 for STOPS it stops at the end of the call too.
 */
#define _GNU_SOURCE
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int stops = argc > 3 ? atoi(argv[1]) : 0, status, inside = 0;
	long options = PTRACE_O_TRACESECCOMP | PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL;
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, argc > 3 ? atoi(argv[2]) : 0, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = {sizeof(code) / sizeof(*code), code};
	int go[2];

	if (stops < 1 || pipe(go))
		return 2;
	pid_t pid = fork();
	if (pid == 0) {
		char c;
		close(go[1]);
		if (read(go[0], &c, 1) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog))
			_exit(3);
		execvp(argv[3], argv + 3);
		_exit(127);
	}
	if (ptrace(PTRACE_SEIZE, pid, 0, options))
		return 4;
	close(go[0]);
	close(go[1]);
	while (waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status)) {
		int sig = WSTOPSIG(status), event = status >> 16;

		if (event == PTRACE_EVENT_SECCOMP && stops == 2)
			inside = 1;
		else
			inside = 0;
		if (event || sig == (SIGTRAP | 0x80))
			sig = 0;
		ptrace(inside ? PTRACE_SYSCALL : PTRACE_CONT, pid, 0, sig);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
