/* Calls without a name, and calls that are not decoded further. */
#include "tracee.h"

int main(void)
{
	start();
	errno = 0;
	ret = syscall(0x3e7, 1, 2, 3, 4, 5, 6L);
	ret_errno = errno;
	expect("syscall_0x3e7(0x1, 0x2, 0x3, 0x4, 0x5, 0x6)", result());
	ret = syscall(511, -1L, 0L, 0xffffffffL, 0x123456789L, 5, 6L);
	ret_errno = errno;
	expect("syscall_0x1ff(0xffffffffffffffff, 0, 0xffffffff, 0x123456789, 0x5, 0x6)", result());
	ret = syscall(0x7fffffff, 0, 0, 0, 0, 0, 0L);
	ret_errno = errno;
	expect("syscall_0x7fffffff(0, 0, 0, 0, 0, 0)", result());
	return finish();
}
