/* Calls that a seccomp filter answers: the kernel never enters them. */
#include "tracee.h"
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>

/* A path in memory that has a page: the kernel does not read it, so it would
 * not bring one in. */
static char path[64];

int main(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mkdir, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = {sizeof code / sizeof code[0], code};

	strcpy(path, "/tmp/denied");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) != 0)
		abort();
	start();
	CALL(mkdir, path, 0700);
	expect("mkdir(\"/tmp/denied\", 0700)", result());
	CALL(getppid);
	expect("getppid()", result());
	CALL(mkdir, path, 01755);
	expect("mkdir(\"/tmp/denied\", 01755)", result());
	CALL(rmdir, path);
	expect("rmdir(\"/tmp/denied\")", result());
	return finish();
}
