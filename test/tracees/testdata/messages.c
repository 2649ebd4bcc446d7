/* msghdr, control messages, mmsghdr: ordinary, empty, bad, truncated. */
#include "tracee.h"
#include <netinet/in.h>
#include <sys/socket.h>

static void whole(int *u)
{
	struct iovec iov[2] = { { "one", 3 }, { "two!", 4 } };
	char control[CMSG_SPACE(2 * sizeof(int))] = "";
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = 2 };
	struct cmsghdr *c;
	char buf[64], more[64] = "";
	int fds[2] = { 1, 2 }, *got;

	CALL(sendmsg, u[0], &m, 0);
	expect("sendmsg(3, {msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base=\"one\", iov_len=3}, {iov_base=\"two!\", iov_len=4}], "
		"msg_iovlen=2, msg_controllen=0, msg_flags=0}, 0)", result());
	m.msg_control = control;
	m.msg_controllen = sizeof control;
	c = CMSG_FIRSTHDR(&m);
	*c = (struct cmsghdr){ .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof fds) };
	memcpy(CMSG_DATA(c), fds, sizeof fds);
	CALL(sendmsg, u[0], tail(&m, sizeof m), MSG_DONTWAIT);
	expect("sendmsg(3, {msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base=\"one\", iov_len=3}, {iov_base=\"two!\", iov_len=4}], "
		"msg_iovlen=2, msg_control=[{cmsg_len=24, cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS, cmsg_data=[1, 2]}], "
		"msg_controllen=24, msg_flags=0}, MSG_DONTWAIT)", result());
	iov[0] = (struct iovec){ buf, 4 };
	iov[1] = (struct iovec){ more, sizeof more };
	m = (struct msghdr){ .msg_iov = iov, .msg_iovlen = 2, .msg_name = buf + 32, .msg_namelen = 32 };
	CALL(recvmsg, u[1], &m, 0);
	expect(text("recvmsg(4, {msg_name=%p, msg_namelen=32 => 0, msg_iov=[{iov_base=\"onet\", iov_len=4}, {iov_base=\"wo!\", iov_len=64}], "
		"msg_iovlen=2, msg_controllen=0, msg_flags=0}, 0)", buf + 32), result());
	m.msg_control = control;
	m.msg_controllen = sizeof control;
	m.msg_name = NULL;
	m.msg_namelen = 0;
	CALL(recvmsg, u[1], &m, MSG_CMSG_CLOEXEC);
	got = (int *)CMSG_DATA(CMSG_FIRSTHDR(&m));
	expect(text("recvmsg(4, {msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base=\"onet\", iov_len=4}, {iov_base=\"wo!\", iov_len=64}], "
		"msg_iovlen=2, msg_control=[{cmsg_len=24, cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS, cmsg_data=[%d, %d]}], "
		"msg_controllen=24, msg_flags=MSG_CMSG_CLOEXEC}, MSG_CMSG_CLOEXEC)", got[0], got[1]), result());
	CALL(recvmsg, u[1], &m, MSG_DONTWAIT);
	expect("recvmsg(4, {msg_namelen=0}, MSG_DONTWAIT)", result());
}

static void hostile(void)
{
	struct iovec iov = { "x", -1L };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };

	CALL(sendmsg, -1, NULL, 0);
	expect("sendmsg(-1, NULL, 0)", result());
	CALL(sendmsg, -1, bad(), 0);
	expect(text("sendmsg(-1, %p, 0)", bad()), result());
	m.msg_iov = NULL;
	m.msg_iovlen = 3;
	CALL(sendmsg, -1, &m, 0);
	expect("sendmsg(-1, {msg_name=NULL, msg_namelen=0, msg_iov=NULL, msg_iovlen=3, msg_controllen=0, msg_flags=0}, 0)", result());
	m.msg_iov = bad();
	CALL(sendmsg, -1, &m, 0);
	expect(text("sendmsg(-1, {msg_name=NULL, msg_namelen=0, msg_iov=%p, msg_iovlen=3, msg_controllen=0, msg_flags=0}, 0)",
		bad()), result());
	m.msg_iovlen = 0;
	m.msg_control = bad();
	m.msg_controllen = 32;
	m.msg_name = bad();
	m.msg_namelen = 16;
	CALL(sendmsg, -1, &m, 0);
	expect(text("sendmsg(-1, {msg_name=%p, msg_namelen=16, msg_iov=[], msg_iovlen=0, msg_control=%p, msg_controllen=32, "
		"msg_flags=0}, 0)", bad(), bad()), result());
}

static void many(int *u)
{
	struct iovec a = { "first", 5 }, b = { "second", 6 };
	struct mmsghdr mm[2] = { { { .msg_iov = &a, .msg_iovlen = 1 }, 0 }, { { .msg_iov = &b, .msg_iovlen = 1 }, 0 } };

	CALL(sendmmsg, u[0], mm, 2, 0);
	expect("sendmmsg(3, [{msg_hdr={msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base=\"first\", iov_len=5}], msg_iovlen=1, "
		"msg_controllen=0, msg_flags=0}, msg_len=5}, {msg_hdr={msg_name=NULL, msg_namelen=0, "
		"msg_iov=[{iov_base=\"second\", iov_len=6}], msg_iovlen=1, msg_controllen=0, msg_flags=0}, msg_len=6}], 2, 0)", result());
	CALL(sendmmsg, -1, bad(), 1000000, 0);
	expect(text("sendmmsg(-1, %p, 1000000, 0)", bad()), result());
}

int main(void)
{
	int u[2];

	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, u) != 0)
		return 1;
	start();
	whole(u);
	hostile();
	many(u);
	return finish();
}
