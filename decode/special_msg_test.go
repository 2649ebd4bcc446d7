package decode_test

import (
	"strings"
	"testing"
)

// hdr64 and hdr32 are images of struct msghdr.
func hdr64(name uint64, namelen int, iov, iovlen, control, controllen uint64, flags int) string {
	return le(name, namelen, 0, iov, iovlen, control, controllen, flags, 0)
}

func hdr32(name, namelen, iov, iovlen, control, controllen, flags int) string {
	return le(name, namelen, iov, iovlen, control, controllen, flags)
}

var inet = le(uint16(2), "\x00\x09", zeros(12))

func TestSendmsg(t *testing.T) {
	const data = "0123456789012345678901234567890123456789"
	c := amd(t, "sendmsg", badf, ^uint64(0), m1, 0x4040)
	c.in(m1, hdr64(m2, 16, m3, 3, 0, 0, 0x20)).in(m2, inet)
	c.in(m3, le(uint64(m4), uint64(2), uint64(m4+16), uint64(40), uint64(0), uint64(5))).in(m4, "ab").in(m4+16, data[:32])
	c.is(t, `sendmsg(-1, {msg_name={sa_family=AF_INET, sin_port=htons(9), sin_addr=inet_addr("0.0.0.0")}, msg_namelen=16, msg_iov=[{iov_base="ab", iov_len=2}, {iov_base="01234567890123456789012345678901"..., iov_len=40}, {iov_base=NULL, iov_len=5}], msg_iovlen=3, msg_controllen=0, msg_flags=MSG_TRUNC}, MSG_DONTWAIT|MSG_NOSIGNAL) = -1 EBADF (Bad file descriptor)`)

	c = i386(t, "sendmsg", 2, 3, m1, 0).in(m1, hdr32(0, 5, m3, 1, 0, 0, 0)).in(m3, le(m4, 2)).in(m4, "ab")
	c.is(t, `sendmsg(3, {msg_name=NULL, msg_namelen=5, msg_iov=[{iov_base="ab", iov_len=2}], msg_iovlen=1, msg_controllen=0, msg_flags=0}, 0) = 2`)
	amd(t, "sendmsg", badf, ^uint64(0), m1, 0).in(m1, hdr64(m2, 0, 8, 2, 8, 56, 0)).
		is(t, `sendmsg(-1, {msg_name=0x7fff1000, msg_namelen=0, msg_iov=0x8, msg_iovlen=2, msg_control=0x8, msg_controllen=56, msg_flags=0}, 0) = -1 EBADF (Bad file descriptor)`)
	amd(t, "sendmsg", badf, ^uint64(0), m1, 0).in(m1, hdr64(0, 0, 0, 0, 0, 0, 0)[:40]).
		is(t, `sendmsg(-1, 0x7fff0000, 0) = -1 EBADF (Bad file descriptor)`)
}

func TestRecvmsg(t *testing.T) {
	before, after := hdr64(m2, 110, m3, 2, m4, 100, 0), hdr64(m2, 16, m3, 2, m4, 24, 0x20)
	vec := le(uint64(m1+256), uint64(3), uint64(m1+512), uint64(10))
	c := amd(t, "recvmsg", 5, 7, m1, 0).in(m1, before).out(m1, after).out(m2, inet).out(m3, vec)
	c.out(m1+256, "hel").out(m1+512, "lo").out(m4, le(uint64(24), 1, 1, 5, 6))
	c.is(t, `recvmsg(7, {msg_name={sa_family=AF_INET, sin_port=htons(9), sin_addr=inet_addr("0.0.0.0")}, msg_namelen=110 => 16, msg_iov=[{iov_base="hel", iov_len=3}, {iov_base="lo", iov_len=10}], msg_iovlen=2, msg_control=[{cmsg_len=24, cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS, cmsg_data=[5, 6]}], msg_controllen=24, msg_flags=MSG_TRUNC}, 0) = 5`)
	amd(t, "recvmsg", -11, 7, m1, 0x40).in(m1, before).
		is(t, `recvmsg(7, {msg_namelen=110}, MSG_DONTWAIT) = -1 EAGAIN (Resource temporarily unavailable)`)
	amd(t, "recvmsg", badf, 7, 0, 0).is(t, `recvmsg(7, NULL, 0) = -1 EBADF (Bad file descriptor)`)
}

func TestMmsg(t *testing.T) {
	vec := hdr64(0, 0, m3, 1, 0, 0, 0) + le(0, 0) + hdr64(m2, 16, m3, 1, 0, 0, 0) + le(0, 0)
	sent := vec[:56] + le(2) + vec[60:]
	one := `msg_iov=[{iov_base="ab", iov_len=2}], msg_iovlen=1, msg_controllen=0, msg_flags=0}`
	c := amd(t, "sendmmsg", 1, 4, m1, 2, 0).in(m1, vec).in(m2, inet).in(m3, le(uint64(m4), uint64(2))).in(m4, "ab").out(m1, sent)
	c.is(t, `sendmmsg(4, [{msg_hdr={msg_name=NULL, msg_namelen=0, `+one+`, msg_len=2}, {msg_hdr={msg_name={sa_family=AF_INET, sin_port=htons(9), sin_addr=inet_addr("0.0.0.0")}, msg_namelen=16, `+one+`}], 2, 0) = 1`)
	amd(t, "sendmmsg", badf, 4, m1, 0, 0).is(t, `sendmmsg(4, [], 0, 0) = -1 EBADF (Bad file descriptor)`)

	got := hdr64(0, 0, m3, 1, 0, 0, 0) + le(1, 0)
	c = amd(t, "recvmmsg", 1, 4, m1, 2, 0x40, m2).in(m2, le(uint64(1), uint64(0))).out(m2, le(uint64(0), uint64(9)))
	c.out(m1, got).out(m3, le(uint64(m4), uint64(9))).out(m4, "a")
	c.is(t, `recvmmsg(4, [{msg_hdr={msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base="a", iov_len=9}], msg_iovlen=1, msg_controllen=0, msg_flags=0}, msg_len=1}], 2, MSG_DONTWAIT, {tv_sec=1, tv_nsec=0}) = 1 (left {tv_sec=0, tv_nsec=9})`)
	amd(t, "recvmmsg", -11, 4, m1, 2, 0x40, 0).
		is(t, `recvmmsg(4, 0x7fff0000, 2, MSG_DONTWAIT, NULL) = -1 EAGAIN (Resource temporarily unavailable)`)
}

func TestCmsg(t *testing.T) {
	cred := le(uint64(28), 1, 2, 5, 0, -1)
	rights := le(uint64(20), 1, 1, 3, 0)
	head := func(level, typ int, data string) string { return le(uint64(16+len(data)), level, typ, data) }
	for _, x := range []struct {
		mem  string
		n    int
		want string
	}{
		{rights, 16, `[{cmsg_len=20, cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS}]`},
		{rights, 20, `[{cmsg_len=20, cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS, cmsg_data=[3]}]`},
		{rights, 24, `[{cmsg_len=20, cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS, cmsg_data=[3]}]`},
		{rights + cred, 28, `[{cmsg_len=20, cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS, cmsg_data=[3]}, ... /* 0x7fff3018 */]`},
		{rights + cred, 48, `[{cmsg_len=20, cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS, cmsg_data=[3]}, {cmsg_len=28, cmsg_level=SOL_SOCKET, cmsg_type=SCM_CREDENTIALS}]`},
		{rights + cred, 52, `[{cmsg_len=20, cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS, cmsg_data=[3]}, {cmsg_len=28, cmsg_level=SOL_SOCKET, cmsg_type=SCM_CREDENTIALS, cmsg_data={pid=5, uid=0, gid=-1}}]`},
		{rights, 4, `0x7fff3000`},
		{le(uint64(7), 1, 1, zeros(40)), 56, `[{cmsg_len=7, cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS}, ... /* 0x7fff3010 */]`},
		{le(uint64(1000), 1, 1, 1, 2), 24, `[{cmsg_len=1000, cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS, cmsg_data=[1, 2]}]`},
		{le(^uint64(0), 1, 1, 1, 2), 24, `[{cmsg_len=18446744073709551615, cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS, cmsg_data=[1, 2]}]`},
		{head(1, 3, "abc"), 19, `[{cmsg_len=19, cmsg_level=SOL_SOCKET, cmsg_type=SCM_SECURITY, cmsg_data="abc"}]`},
		{head(1, 29, le(uint64(1), uint64(2))), 32, `[{cmsg_len=32, cmsg_level=SOL_SOCKET, cmsg_type=SO_TIMESTAMP_OLD, cmsg_data={tv_sec=1, tv_usec=2}}]`},
		{head(1, 29, le(uint64(1))), 24, `[{cmsg_len=24, cmsg_level=SOL_SOCKET, cmsg_type=SO_TIMESTAMP_OLD, cmsg_data=???}]`},
		{head(1, 65, le(uint64(1), uint64(2), uint64(3), uint64(4), uint64(5), uint64(6))), 64, `[{cmsg_len=64, cmsg_level=SOL_SOCKET, cmsg_type=SO_TIMESTAMPING_NEW, cmsg_data=[{tv_sec=1, tv_nsec=2}, {tv_sec=3, tv_nsec=4}, {tv_sec=5, tv_nsec=6}]}]`},
		{head(0, 8, le(1, "\x01\x02\x03\x04\x05\x06\x07\x08")), 28, `[{cmsg_len=28, cmsg_level=SOL_IP, cmsg_type=IP_PKTINFO, cmsg_data={ipi_ifindex=if_nametoindex("lo"), ipi_spec_dst=inet_addr("1.2.3.4"), ipi_addr=inet_addr("5.6.7.8")}}]`},
		{head(0, 2, le(64)), 20, `[{cmsg_len=20, cmsg_level=SOL_IP, cmsg_type=IP_TTL, cmsg_data=[64]}]`},
		{head(0, 1, "\x10"), 17, `[{cmsg_len=17, cmsg_level=SOL_IP, cmsg_type=IP_TOS, cmsg_data=[0x10]}]`},
		{head(0, 11, le(11, "\x02\x03\x04\x00", 6, 7)+inet), 48, `[{cmsg_len=48, cmsg_level=SOL_IP, cmsg_type=IP_RECVERR, cmsg_data={ee_errno=11, ee_origin=2, ee_type=3, ee_code=4, ee_info=6, ee_data=7, offender={sa_family=AF_INET, sin_port=htons(9), sin_addr=inet_addr("0.0.0.0")}}}]`},
		{head(41, 50, zeros(15)+"\x01"+le(1)), 36, `[{cmsg_len=36, cmsg_level=SOL_IPV6, cmsg_type=IPV6_PKTINFO, cmsg_data={inet_pton(AF_INET6, "::1", &ipi6_addr), ipi6_ifindex=if_nametoindex("lo")}}]`},
		{head(6, 5, "\x10\x00"), 18, `[{cmsg_len=18, cmsg_level=SOL_TCP, cmsg_type=0x5, cmsg_data="\x10\x00"}]`},
	} {
		c := amd(t, "sendmsg", badf, ^uint64(0), m1, 0).in(m1, hdr64(0, 0, 0, 0, m4, uint64(x.n), 0)).in(m4, x.mem[:min(len(x.mem), x.n)])
		if got := c.text(t); !strings.Contains(got, "msg_control="+x.want+", msg_controllen=") {
			t.Errorf("%d bytes\ngot  %s\nwant %s", x.n, got, x.want)
		}
	}
	c := i386(t, "sendmsg", badf, ^uint64(0), m1, 0).in(m1, hdr32(0, 0, 0, 0, m4, 28, 0)).in(m4, le(16, 1, 1, 7, 16, 1, 1))
	if got := c.text(t); !strings.Contains(got, `msg_control=[{cmsg_len=16, cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS, cmsg_data=[7]}, {cmsg_len=16, cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS}]`) {
		t.Error(got)
	}
}
