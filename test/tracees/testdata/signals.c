/* Signals: actions, masks, deliveries with siginfo, stacks, waits. */
#include "tracee.h"
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

/* The kernel's own struct sigaction on amd64. */
struct kernel_action {
	void *handler;
	unsigned long flags;
	void *restorer;
	unsigned long mask;
};

static void handler(int sig) { (void)sig; }

#define BIT(sig) (1UL << ((sig) - 1))

static void actions(void)
{
	struct kernel_action sa = { handler, SA_RESTART | SA_NODEFER, NULL, BIT(SIGUSR1) | BIT(SIGRTMIN) }, old;

	CALL(rt_sigaction, SIGHUP, for_strace() ? &sa : tail(&sa, sizeof sa), NULL, 8);
	expect(text("rt_sigaction(SIGHUP, {sa_handler=%p, sa_mask=[USR1 RT_2], sa_flags=SA_RESTART|SA_NODEFER}, NULL, 8)", handler), result());
	CALL(rt_sigaction, SIGHUP, NULL, &old, 8);
	expect(text("rt_sigaction(SIGHUP, NULL, {sa_handler=%p, sa_mask=[USR1 RT_2], sa_flags=SA_RESTART|SA_NODEFER}, 8)", handler), result());
	sa = (struct kernel_action){ SIG_IGN, 0x10000, NULL, 0 };
	CALL(rt_sigaction, 33, &sa, &old, 8);
	expect("rt_sigaction(SIGRT_1, {sa_handler=SIG_IGN, sa_mask=[], sa_flags=0x10000 /* SA_??? */}, "
		"{sa_handler=SIG_DFL, sa_mask=[], sa_flags=0}, 8)", result());
	CALL(rt_sigaction, 99, bad(), NULL, 8);
	expect(text("rt_sigaction(99, %p, NULL, 8)", bad()), result());
	CALL(rt_sigaction, SIGKILL, NULL, NULL, 16);
	expect("rt_sigaction(SIGKILL, NULL, NULL, 16)", result());
}

static void masks(void)
{
	unsigned long set = ~(BIT(SIGKILL) | BIT(SIGSTOP)), old;

	CALL(rt_sigprocmask, SIG_BLOCK, &set, NULL, 8);
	expect("rt_sigprocmask(SIG_BLOCK, ~[KILL STOP], NULL, 8)", result());
	CALL(rt_sigprocmask, SIG_SETMASK, (unsigned long[]){ 0 }, &old, 8);
	expect("rt_sigprocmask(SIG_SETMASK, [], ~[KILL STOP], 8)", result());
	CALL(rt_sigprocmask, 99, NULL, bad(), 8);
	expect(text("rt_sigprocmask(0x63 /* SIG_??? */, NULL, %p, 8)", bad()), result());
	CALL(rt_sigpending, &old, 8);
	expect("rt_sigpending([], 8)", result());
	set = BIT(SIGUSR1) | BIT(SIGCHLD);
	CALL(rt_sigtimedwait, &set, NULL, (struct timespec[]){ { 0, 1 } }, 8);
	expect("rt_sigtimedwait([USR1 CHLD], NULL, {tv_sec=0, tv_nsec=1}, 8)", result());
	CALL(signalfd4, -1, &set, 8, SFD_NONBLOCK);
	expect("signalfd4(-1, [USR1 CHLD], 8, SFD_NONBLOCK)", result());
	CALL(sigaltstack, (stack_t[]){ { (void *)0x1000, SS_DISABLE, 0 } }, NULL);
	expect("sigaltstack({ss_sp=0x1000, ss_flags=SS_DISABLE, ss_size=0}, NULL)", result());
}

static pid_t pid;

static void deliveries(void)
{
	/* The signal frame is on the stack, where no argument points: ebtrace does not copy it. */
	const char *sigreturn = for_strace() ? "rt_sigreturn({mask=[]})" : "rt_sigreturn()";
	pid_t child;
	int status;

	CALL(kill, pid, 0);
	expect(text("kill(%d, 0)", pid), result());
	CALL(kill, pid, SIGUSR1);
	expect(text("kill(%d, SIGUSR1)", pid), result());
	expect_line(text("--- SIGUSR1 {si_signo=SIGUSR1, si_code=SI_USER, si_pid=%d, si_uid=0} ---", pid));
	expect(sigreturn, "0");
	CALL(tgkill, pid, pid, SIGUSR1);
	expect(text("tgkill(%d, %d, SIGUSR1)", pid, pid), result());
	expect_line(text("--- SIGUSR1 {si_signo=SIGUSR1, si_code=SI_TKILL, si_pid=%d, si_uid=0} ---", pid));
	expect(sigreturn, "0");
	CALL(kill, -2147483647, 99);
	expect("kill(-2147483647, 99)", result());
	CALL(tkill, -1, -1);
	expect("tkill(-1, -1)", result());
	quiet();
	if ((child = fork()) == 0)
		_exit(3);
	waitid(P_PID, child, NULL, WEXITED | WNOWAIT);
	loud();
	CALL(wait4, child, &status, WNOHANG, NULL);
	expect(text("wait4(%d, [{WIFEXITED(s) && WEXITSTATUS(s) == 3}], WNOHANG, NULL)", child), result());
	CALL(wait4, -1, &status, WNOHANG | 0x80000000, NULL);
	expect(text("wait4(-1, %p, WNOHANG|__WCLONE, NULL)", &status), result());
	CALL(waitid, P_ALL, 0, NULL, WEXITED, NULL);
	expect("waitid(P_ALL, 0, NULL, WEXITED, NULL)", result());
}

int main(void)
{
	signal(SIGUSR1, handler);
	pid = getpid();
	start();
	actions();
	masks();
	quiet();
	signal(SIGUSR1, handler);
	loud();
	deliveries();
	return finish();
}
