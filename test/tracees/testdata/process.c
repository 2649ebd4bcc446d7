/* clone, clone3, vfork, wait4 with rusage, futex, exit codes. */
#include "tracee.h"
#include <linux/futex.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>

int main(void)
{
	struct clone_args args = { .flags = CLONE_FS, .exit_signal = SIGCHLD };
	int word = 5;

	start();
	CALL(clone, CLONE_THREAD, 0L, NULL, NULL, 0L);
	expect("clone(child_stack=NULL, flags=CLONE_THREAD)", result());
	CALL(clone, CLONE_NEWNS | CLONE_FS | SIGCHLD, 0x1000L, NULL, NULL, 0L);
	expect("clone(child_stack=0x1000, flags=CLONE_FS|CLONE_NEWNS|SIGCHLD)", result());
	CALL(clone3, NULL, 64L);
	expect("clone3(NULL, 64)", result());
	CALL(clone3, &args, 1L);
	expect(text("clone3(%p, 1)", &args), result());
	args.flags = CLONE_THREAD;
	args.exit_signal = 0;
	CALL(clone3, &args, sizeof args);
	expect(text("clone3({flags=CLONE_THREAD, exit_signal=0, stack=NULL, stack_size=0}, %zu)", sizeof args), result());
	CALL(unshare, 0x1);
	expect("unshare(0x1 /* CLONE_??? */)", result());
	CALL(setns, -1, CLONE_NEWNET);
	expect("setns(-1, CLONE_NEWNET)", result());
	CALL(futex, &word, FUTEX_WAIT_PRIVATE, 4, NULL);
	expect(text("futex(%p, FUTEX_WAIT_PRIVATE, 4, NULL)", &word), result());
	CALL(futex, &word, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 5, (struct timespec[]){ { 0, 1000 } });
	expect(text("futex(%p, FUTEX_WAIT_PRIVATE, 5, {tv_sec=0, tv_nsec=1000})", &word), result());
	CALL(futex, &word, FUTEX_WAIT_BITSET_PRIVATE | FUTEX_CLOCK_REALTIME, 4, NULL, NULL, -1L);
	expect(text("futex(%p, FUTEX_WAIT_BITSET_PRIVATE|FUTEX_CLOCK_REALTIME, 4, NULL, FUTEX_BITSET_MATCH_ANY)", &word), result());
	CALL(futex, &word, FUTEX_WAKE, 1);
	expect(text("futex(%p, FUTEX_WAKE, 1)", &word), result());
	CALL(futex, &word, FUTEX_CMP_REQUEUE, 1, 2L, bad(), 4);
	expect(text("futex(%p, FUTEX_CMP_REQUEUE, 1, 2, %p, 4)", &word, bad()), result());
	CALL(futex, NULL, 0x70, 0, NULL, NULL, 0);
	expect("futex(NULL, 0x70 /* FUTEX_??? */, 0, NULL, NULL, 0)", result());
	CALL(pidfd_open, -1, 0);
	expect("pidfd_open(-1, 0)", result());
	CALL(pidfd_send_signal, -1, SIGTERM, NULL, 0);
	expect("pidfd_send_signal(-1, SIGTERM, NULL, 0)", result());
	CALL(getppid);
	expect("getppid()", result());
	CALL(sched_yield);
	expect("sched_yield()", result());
	return finish();
}
