/* Socket addresses of every family, options, lengths that lie. */
#include "tracee.h"
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/vm_sockets.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

static void address(const char *shown, const void *addr, int len)
{
	CALL(bind, -1, addr, len);
	expect(text("bind(-1, %s, %d)", shown, len), result());
	CALL(connect, -1, tail(addr, len), len);
	expect(text("connect(-1, %s, %d)", shown, len), result());
}

static void addresses(void)
{
	struct sockaddr_in in = { AF_INET, htons(80), { htonl(0x7f000001) } };
	struct sockaddr_in6 in6 = { AF_INET6, htons(443), htonl(5), IN6ADDR_LOOPBACK_INIT, 2 };
	struct sockaddr_un un = { AF_UNIX, "/run/x\n" };
	struct sockaddr_un full = { AF_UNIX, "" };
	struct sockaddr_un abs = { AF_UNIX, "\0abs" };
	struct sockaddr_nl nl = { .nl_family = AF_NETLINK, .nl_pid = 5, .nl_groups = 0x11 };
	struct sockaddr_ll ll = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP), .sll_ifindex = 0, .sll_hatype = 1,
		.sll_pkttype = PACKET_BROADCAST, .sll_halen = 6, .sll_addr = { 1, 2, 3, 4, 5, 6 } };
	struct sockaddr other = { 99, "abcdefghijklmn" };

	address("{sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr(\"127.0.0.1\")}", &in, sizeof in);
	address("{sa_family=AF_INET6, sin6_port=htons(443), sin6_flowinfo=htonl(5), "
		"inet_pton(AF_INET6, \"::1\", &sin6_addr), sin6_scope_id=2}", &in6, sizeof in6);
	address("{sa_family=AF_UNIX, sun_path=\"/run/x\\n\"}", &un, sizeof un);
	address("{sa_family=AF_UNIX, sun_path=\"/run\"}", &un, 6);
	address("{sa_family=AF_UNIX, sun_path=@\"abs\"}", &abs, 6);
	address("{sa_family=AF_UNIX}", &un, 2);
	memset(full.sun_path, 'f', sizeof full.sun_path);
	address(text("{sa_family=AF_UNIX, sun_path=\"%.108s\"}", full.sun_path), &full, sizeof full);
	address("{sa_family=AF_NETLINK, nl_pid=5, nl_groups=0x000011}", &nl, sizeof nl);
	address("{sa_family=AF_PACKET, sll_protocol=htons(ETH_P_IP), sll_ifindex=0, sll_hatype=ARPHRD_ETHER, "
		"sll_pkttype=PACKET_BROADCAST, sll_halen=6, sll_addr=[0x1, 0x2, 0x3, 0x4, 0x5, 0x6]}", &ll, sizeof ll);
	address("{sa_family=0x63 /* AF_??? */, sa_data=\"abcdefghijklmn\"}", &other, sizeof other);
	CALL(bind, -1, NULL, 16);
	expect("bind(-1, NULL, 16)", result());
	CALL(bind, -1, bad(), 16);
	expect(text("bind(-1, %p, 16)", bad()), result());
	CALL(bind, -1, &in, -1);
	expect(text("bind(-1, %p, -1)", &in), result());
	CALL(bind, -1, &in, 0);
	expect(text("bind(-1, %p, 0)", &in), result());
	CALL(bind, -1, &in, 1);
	expect(text("bind(-1, %p, 1)", &in), result());
}

static void calls(void)
{
	struct sockaddr_in in = { AF_INET, 0, { htonl(0x7f000001) } };
	struct sockaddr_in got;
	socklen_t len = 100;
	int one = 1, s, u[2];
	char buf[64];

	CALL(socket, AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);
	s = ret;
	expect("socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC|SOCK_NONBLOCK, IPPROTO_TCP)", result());
	CALL(socket, 99, 77, 255);
	expect("socket(0x63 /* AF_??? */, 0x4d /* SOCK_??? */, 255)", result());
	CALL(socketpair, AF_UNIX, SOCK_DGRAM, 0, u);
	expect(text("socketpair(AF_UNIX, SOCK_DGRAM, 0, [%d, %d])", u[0], u[1]), result());
	CALL(bind, s, &in, sizeof in);
	expect(text("bind(%d, {sa_family=AF_INET, sin_port=htons(0), sin_addr=inet_addr(\"127.0.0.1\")}, 16)", s), result());
	CALL(getsockname, s, &got, &len);
	expect(text("getsockname(%d, {sa_family=AF_INET, sin_port=htons(%d), sin_addr=inet_addr(\"127.0.0.1\")}, [100 => 16])", s,
		ntohs(got.sin_port)), result());
	CALL(getpeername, s, &got, &len);
	expect(text("getpeername(%d, %p, [16])", s, &got), result());
	CALL(listen, s, -1);
	expect(text("listen(%d, -1)", s), result());
	CALL(accept4, s, &got, &len, SOCK_CLOEXEC);
	expect(text("accept4(%d, %p, [16], SOCK_CLOEXEC)", s, &got), result());
	CALL(accept, s, NULL, NULL);
	expect(text("accept(%d, NULL, NULL)", s), result());
	CALL(setsockopt, s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	expect(text("setsockopt(%d, SOL_SOCKET, SO_REUSEADDR, [1], 4)", s), result());
	CALL(setsockopt, s, IPPROTO_TCP, TCP_NODELAY, bad(), 4);
	expect(text("setsockopt(%d, SOL_TCP, TCP_NODELAY, %p, 4)", s, bad()), result());
	CALL(setsockopt, s, SOL_SOCKET, SO_LINGER, (struct linger[]){ { 1, 5 } }, 8);
	expect(text("setsockopt(%d, SOL_SOCKET, SO_LINGER, {l_onoff=1, l_linger=5}, 8)", s), result());
	len = 8;
	CALL(getsockopt, s, SOL_SOCKET, SO_ERROR, &one, &len);
	expect(text("getsockopt(%d, SOL_SOCKET, SO_ERROR, [0], [8 => 4])", s), result());
	CALL(sendto, u[0], "datagram", 8, MSG_DONTWAIT | MSG_NOSIGNAL, NULL, 0);
	expect(text("sendto(%d, \"datagram\", 8, MSG_DONTWAIT|MSG_NOSIGNAL, NULL, 0)", u[0]), result());
	CALL(recvfrom, u[1], buf, sizeof buf, MSG_PEEK, NULL, NULL);
	expect(text("recvfrom(%d, \"datagram\", 64, MSG_PEEK, NULL, NULL)", u[1]), result());
	CALL(recvfrom, u[1], buf, 3, MSG_TRUNC, NULL, NULL);
	expect(text("recvfrom(%d, \"dat\", 3, MSG_TRUNC, NULL, NULL)", u[1]), result());
	CALL(recvfrom, u[1], buf, sizeof buf, MSG_DONTWAIT, NULL, NULL);
	expect(text("recvfrom(%d, %p, 64, MSG_DONTWAIT, NULL, NULL)", u[1], buf), result());
	CALL(sendto, -1, NULL, -1L, 0x800000, &in, sizeof in);
	expect("sendto(-1, NULL, 18446744073709551615, 0x800000 /* MSG_??? */, {sa_family=AF_INET, sin_port=htons(0), "
		"sin_addr=inet_addr(\"127.0.0.1\")}, 16)", result());
	CALL(shutdown, s, SHUT_RDWR);
	expect(text("shutdown(%d, SHUT_RDWR)", s), result());
	CALL(shutdown, -1, 9);
	expect("shutdown(-1, 0x9 /* SHUT_??? */)", result());
}

int main(void)
{
	start();
	addresses();
	calls();
	return finish();
}
