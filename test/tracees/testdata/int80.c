/* 32-bit calls made with int 0x80 by a 64-bit program. */
#include "tracee.h"

static long int80(long nr, long a, long b, long c)
{
	long r;

	__asm__ volatile("int $0x80" : "=a"(r) : "a"(nr), "b"(a), "c"(b), "d"(c) : "r8", "r9", "r10", "r11", "memory");
	return r;
}

int main(void)
{
	/* Static data of a program that is not position independent lies below 4 GB. */
	static char path[] = "tracee-file", data[] = "from int 0x80\n";

	start();
	ret = int80(20, 0, 0, 0);
	expect("getpid()", result());
	CALL(getppid);
	expect("getppid()", result());
	ret = int80(5, (long)path, O_RDWR | O_CREAT, 0600);
	expect("open(\"tracee-file\", O_RDWR|O_CREAT, 0600)", "3");
	ret = int80(4, 3, (long)data, 14);
	expect("write(3, \"from int 0x80\\n\", 14)", "14");
	ret = int80(6, 3, 0, 0);
	expect("close(3)", "0");
	ret = int80(10, (long)path, 0, 0);
	expect("unlink(\"tracee-file\")", "0");
	ret = int80(6, -1, 0, 0);
	expect("close(-1)", "-1 EBADF (Bad file descriptor)");
	CALL(getuid);
	expect("getuid()", result());
	return finish();
}
