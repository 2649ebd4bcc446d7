/* iovecs: whole, at page ends, with bad members, with counts that lie. */
#include "tracee.h"
#include <sys/uio.h>

int main(void)
{
	char name[] = "tracee-XXXXXX", a[8], b[8];
	int fd = mkstemp(name);
	struct iovec iov[3] = { { "ab", 2 }, { "cde\n", 4 }, { NULL, 0 } }, in[2] = { { a, 4 }, { b, 8 } };

	unlink(name);
	start();
	CALL(writev, fd, iov, 3);
	expect("writev(3, [{iov_base=\"ab\", iov_len=2}, {iov_base=\"cde\\n\", iov_len=4}, {iov_base=NULL, iov_len=0}], 3)", result());
	CALL(writev, fd, tail(iov, 2 * sizeof *iov), 2);
	expect("writev(3, [{iov_base=\"ab\", iov_len=2}, {iov_base=\"cde\\n\", iov_len=4}], 2)", result());
	CALL(pwritev, fd, iov, 1, 100L, 0L);
	expect("pwritev(3, [{iov_base=\"ab\", iov_len=2}], 1, 100)", result());
	CALL(pwritev2, fd, iov, 1, 0L, 0L, RWF_DSYNC | 0x1000);
	expect("pwritev2(3, [{iov_base=\"ab\", iov_len=2}], 1, 0, RWF_DSYNC|0x1000)", result());
	CALL(lseek, fd, 0L, SEEK_SET);
	expect("lseek(3, 0, SEEK_SET)", result());
	CALL(readv, fd, in, 2);
	expect("readv(3, [{iov_base=\"abcd\", iov_len=4}, {iov_base=\"e\\nabcde\\n\", iov_len=8}], 2)", result());
	CALL(preadv, fd, in, 2, 97L, 0L);
	expect("preadv(3, [{iov_base=\"\\0\\0\\0a\", iov_len=4}, {iov_base=\"b\", iov_len=8}], 2, 97)", result());
	CALL(preadv2, fd, in, 2, 5L, 0L, 0);
	expect("preadv2(3, [{iov_base=\"\\nabc\", iov_len=4}, {iov_base=\"de\\n\\0\\0\\0\\0\\0\", iov_len=8}], 2, 5, 0)", result());
	CALL(readv, fd, NULL, 0);
	expect("readv(3, NULL, 0)", result());
	CALL(readv, -1, in, 1);
	expect(text("readv(-1, [{iov_base=%p, iov_len=4}], 1)", a), result());
	CALL(writev, fd, bad(), 2);
	expect(text("writev(3, %p, 2)", bad()), result());
	iov[0].iov_base = bad();
	CALL(writev, fd, iov, 1);
	expect(text("writev(3, [{iov_base=%p, iov_len=2}], 1)", bad()), result());
	iov[0] = (struct iovec){ "x", -1L };
	CALL(writev, -1, iov, 0);
	expect("writev(-1, [], 0)", result());
	CALL(vmsplice, -1, in, 0, 4);
	expect("vmsplice(-1, [], 0, SPLICE_F_MORE)", result());
	CALL(process_vm_readv, -1, in, 0, iov, 0, 1L);
	expect("process_vm_readv(-1, [], 0, [], 0, 1)", result());
	return finish();
}
