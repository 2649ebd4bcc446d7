/* prctl and arch_prctl, limits, ids and names. */
#include "tracee.h"
#include <asm/prctl.h>
#include <linux/prctl.h>
#include <linux/securebits.h>
#include <signal.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/utsname.h>

static void prctls(void)
{
	char name[16];
	int sig;

	CALL(prctl, PR_SET_NAME, "a name that is too long");
	expect("prctl(PR_SET_NAME, \"a name that is \"...)", result());
	CALL(prctl, PR_GET_NAME, name);
	expect("prctl(PR_GET_NAME, \"a name that is \")", result());
	CALL(prctl, PR_SET_PDEATHSIG, SIGTERM);
	expect("prctl(PR_SET_PDEATHSIG, SIGTERM)", result());
	CALL(prctl, PR_GET_PDEATHSIG, &sig);
	expect("prctl(PR_GET_PDEATHSIG, [SIGTERM])", result());
	CALL(prctl, PR_SET_PDEATHSIG, 0);
	expect("prctl(PR_SET_PDEATHSIG, 0)", result());
	CALL(prctl, PR_GET_DUMPABLE);
	expect("prctl(PR_GET_DUMPABLE)", "1 (SUID_DUMP_USER)");
	CALL(prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	expect("prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)", result());
	CALL(prctl, 0x7777, 1L, 2L, 3L, 4L);
	expect("prctl(0x7777 /* PR_??? */, 0x1, 0x2, 0x3, 0x4)", result());
	CALL(prctl, PR_CAPBSET_READ, 21);
	expect("prctl(PR_CAPBSET_READ, CAP_SYS_ADMIN)", result());
}

static void limits(void)
{
	struct rlimit rl = { 1024, RLIM_INFINITY }, old;
	struct utsname un;
	struct rusage ru;

	CALL(prlimit64, 0, RLIMIT_CORE, NULL, &old);
	CALL(prlimit64, 0, 99, &rl, bad());
	expect("prlimit64(0, RLIMIT_CORE, NULL, {rlim_cur=0, rlim_max=RLIM64_INFINITY})", "0");
	expect(text("prlimit64(0, 0x63 /* RLIMIT_??? */, {rlim_cur=1024, rlim_max=RLIM64_INFINITY}, %p)", bad()), result());
	CALL(getrlimit, RLIMIT_NOFILE, bad());
	expect(text("getrlimit(RLIMIT_NOFILE, %p)", bad()), result());
	CALL(setrlimit, RLIMIT_CORE, (struct rlimit[]){ { 0, RLIM_INFINITY } });
	expect("setrlimit(RLIMIT_CORE, {rlim_cur=0, rlim_max=RLIM64_INFINITY})", result());
	CALL(uname, &un);
	expect(text("uname({sysname=\"%s\", nodename=\"%s\", ...})", un.sysname, un.nodename), result());
	CALL(getrusage, 99, &ru);
	expect(text("getrusage(0x63 /* RUSAGE_??? */, %p)", &ru), result());
	CALL(getpriority, PRIO_PROCESS, 0);
	expect("getpriority(PRIO_PROCESS, 0)", result());
	CALL(sched_setaffinity, 0, 8, (long[]){ 0 });
	expect("sched_setaffinity(0, 8, [])", result());
	CALL(sched_getparam, 0, bad());
	expect(text("sched_getparam(0, %p)", bad()), result());
	CALL(sched_setscheduler, 0, 77, (struct sched_param[]){ { 5 } });
	expect("sched_setscheduler(0, 0x4d /* SCHED_??? */, [5])", result());
}

static void ids(void)
{
	gid_t groups[2] = { 1, 2 };

	CALL(setuid, -1);
	expect("setuid(-1)", result());
	CALL(setresuid, -1, -1, -1);
	expect("setresuid(-1, -1, -1)", result());
	CALL(setgroups, 2, bad());
	expect(text("setgroups(2, %p)", bad()), result());
	CALL(setgroups, 2, groups);
	expect("setgroups(2, [1, 2])", result());
	CALL(getgroups, 2, groups);
	expect("getgroups(2, [1, 2])", result());
	CALL(setpgid, -1, 0);
	expect("setpgid(-1, 0)", result());
}

int main(void)
{
	setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, RLIM_INFINITY });
	start();
	prctls();
	limits();
	ids();
	return finish();
}
