package decode_test

import (
	"strings"
	"testing"
)

func TestSockaddr(t *testing.T) {
	un := func(path string) string { return le(uint16(1), path) }
	in6 := le(uint16(10), "\x00\x09\x00\x01\x23\x45", zeros(15), "\x01", 0)
	local := in6[:8] + "\xfe\x80" + zeros(13) + "\x01" + le(1)
	for _, x := range []struct {
		mem  string
		n    int
		want string
	}{
		{un("/run/x" + zeros(102)), 110, `{sa_family=AF_UNIX, sun_path="/run/x"}`},
		{un("/run/x"), 8, `{sa_family=AF_UNIX, sun_path="/run/x"}`},
		{un("/run/x"), 6, `{sa_family=AF_UNIX, sun_path="/run"}`},
		{un(""), 2, `{sa_family=AF_UNIX}`},
		{un("\x00abs"), 6, `{sa_family=AF_UNIX, sun_path=@"abs"}`},
		{un("\x00abs\x00"), 7, `{sa_family=AF_UNIX, sun_path=@"abs\0"}`},
		{un("\x00"), 3, `{sa_family=AF_UNIX, sun_path=@""}`},
		{un(strings.Repeat("a", 108) + zeros(2)), 112, `{sa_family=AF_UNIX, sun_path="` + strings.Repeat("a", 108) + `"}`},
		{un("/"), 1, "0x7fff0000"},
		{un("/"), 0, "0x7fff0000"},
		{un("/"), -1, "0x7fff0000"},
		{le(uint16(2), "\x00\x09\x7f\x00\x00\x01", zeros(8)), 16, `{sa_family=AF_INET, sin_port=htons(9), sin_addr=inet_addr("127.0.0.1")}`},
		{le(uint16(2), "\x00\x09\x7f\x00\x00\x01", zeros(8)), 15, `{sa_family=AF_INET, sa_data="\0\t\177\0\0\1\0\0\0\0\0\0\0"}`},
		{in6, 28, `{sa_family=AF_INET6, sin6_port=htons(9), sin6_flowinfo=htonl(74565), inet_pton(AF_INET6, "::1", &sin6_addr), sin6_scope_id=0}`},
		{in6, 24, `{sa_family=AF_INET6, sin6_port=htons(9), sin6_flowinfo=htonl(74565), inet_pton(AF_INET6, "::1", &sin6_addr)}`},
		{in6, 23, `{sa_family=AF_INET6, sa_data="\0\t\0\1#E\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"}`},
		{local, 28, `{sa_family=AF_INET6, sin6_port=htons(9), sin6_flowinfo=htonl(74565), inet_pton(AF_INET6, "fe80::1", &sin6_addr), sin6_scope_id=if_nametoindex("lo")}`},
		{le(uint16(16), zeros(2), 5, 0x111), 12, `{sa_family=AF_NETLINK, nl_pid=5, nl_groups=0x000111}`},
		{le(uint16(16), zeros(2), -5, 0), 12, `{sa_family=AF_NETLINK, nl_pid=-5, nl_groups=00000000}`},
		{le(uint16(16), zeros(2), 5, -1), 12, `{sa_family=AF_NETLINK, nl_pid=5, nl_groups=0xffffffff}`},
		{le(uint16(17), "\x00\x03", 1, uint16(1), "\x04\x06\x01\x02\x03\x04\x05\x06\x07\x08"), 20, `{sa_family=AF_PACKET, sll_protocol=htons(ETH_P_ALL), sll_ifindex=if_nametoindex("lo"), sll_hatype=ARPHRD_ETHER, sll_pkttype=PACKET_OUTGOING, sll_halen=6, sll_addr=[0x1, 0x2, 0x3, 0x4, 0x5, 0x6]}`},
		{le(uint16(17), "\x12\x34", 99, uint16(0x7777), "\x55\x14\x01\x02\x03\x04\x05\x06\x07\x08"), 20, `{sa_family=AF_PACKET, sll_protocol=htons(0x1234 /* ETH_P_??? */), sll_ifindex=99, sll_hatype=0x7777 /* ARPHRD_??? */, sll_pkttype=0x55 /* PACKET_??? */, sll_halen=20, sll_addr=[0x1, 0x2, 0x3, 0x4, 0x5, 0x6, 0x7, 0x8, ...]}`},
		{le(uint16(38), "hash", zeros(10), 8, 0x2008, "sha1", zeros(60)), 88, `{sa_family=AF_ALG, salg_type="hash", salg_feat=0x8 /* CRYPTO_ALG_??? */, salg_mask=0x2008 /* CRYPTO_ALG_??? */, salg_name="sha1"}`},
		{le(uint16(38), "hash", zeros(10), 8, 0x2008, "s"), 25, `{sa_family=AF_ALG, salg_type="hash", salg_feat=0x8 /* CRYPTO_ALG_??? */, salg_mask=0x2008 /* CRYPTO_ALG_??? */, salg_name=""...}`},
		{le(uint16(40), uint16(7), -1, 5, "\xff\x03\x00\x00"), 16, `{sa_family=AF_VSOCK, svm_reserved1=0x7, svm_cid=0x5, svm_port=VMADDR_PORT_ANY, svm_flags=VMADDR_FLAG_TO_HOST|0xfe, svm_zero="\x03\x00\x00"}`},
		{le(uint16(31), uint16(0x1001), "\x01\x02\x03\x04\x05\x06", uint16(0x40), uint16(1)), 14, `{sa_family=AF_BLUETOOTH, l2_psm=htobs(L2CAP_PSM_DYN_START), l2_bdaddr=01:02:03:04:05:06, l2_cid=htobs(L2CAP_CID_DYN_START), l2_bdaddr_type=BDADDR_LE_PUBLIC}`},
		{le(uint16(31), uint16(0x1003), "\x01\x02\x03\x04\x05\x06", uint16(0x8888), uint16(7)), 14, `{sa_family=AF_BLUETOOTH, l2_psm=htobs(L2CAP_PSM_DYN_START+2), l2_bdaddr=01:02:03:04:05:06, l2_cid=htobs(L2CAP_CID_DYN_START+34888), l2_bdaddr_type=0x7 /* BDADDR_??? */}`},
		{le(uint16(31), uint16(1), uint16(2)), 6, `{sa_family=AF_BLUETOOTH, hci_dev=htobs(1), hci_channel=HCI_CHANNEL_MONITOR}`},
		{le(uint16(31), "\x01\x02\x03\x04\x05\x06\x07\x00"), 10, `{sa_family=AF_BLUETOOTH, rc_bdaddr=01:02:03:04:05:06, rc_channel=7}`},
		{le(uint16(31), "\x01\x02\x03\x04\x05\x06"), 8, `{sa_family=AF_BLUETOOTH, sco_bdaddr=01:02:03:04:05:06}`},
		{le(uint16(9), "1234", zeros(12)), 18, `{sa_family=AF_X25, sx25_addr={x25_addr="1234"}}`},
		{le(uint16(4), "\x00\x03\x11\x22\x33\x44\x01\x02\x03\x04\x05\x06\x07\x00"), 16, `{sa_family=AF_IPX, sipx_port=htons(3), sipx_network=htonl(0x11223344), sipx_node=[0x1, 0x2, 0x3, 0x4, 0x5, 0x6], sipx_type=0x7}`},
		{le(uint16(44), uint16(3), 1, 2, 4), 16, `{sa_family=AF_XDP, sxdp_flags=XDP_SHARED_UMEM|XDP_COPY, sxdp_ifindex=if_nametoindex("lo"), sxdp_queue_id=2, sxdp_shared_umem_fd=4}`},
		{le(uint16(42), uint16(0x6261), 0x100, 0), 12, `{sa_family=AF_QIPCRTR, sq_node=0x100, sq_port=0}`},
		{le(uint16(39), uint16(0x6261), 256, 0, 0), 16, `{sa_family=AF_NFC, dev_idx=256, target_idx=0, nfc_protocol=0 /* NFC_PROTO_??? */}`},
		{le(uint16(45), uint16(0x6261), 0x100, 0), 12, `{sa_family=AF_MCTP, __smctp_pad0=0x6261, smctp_network=0x100, smctp_addr={s_addr=MCTP_ADDR_NULL}, smctp_type=0, smctp_tag=0}`},
		{le(uint16(0), "ab\x00\x01", zeros(10)), 16, `{sa_family=AF_UNSPEC, sa_data="ab\0\1\0\0\0\0\0\0\0\0\0\0"}`},
		{le(uint16(99), strings.Repeat("x", 198)), 200, `{sa_family=0x63 /* AF_??? */, sa_data="` + strings.Repeat("x", 126) + `"}`},
	} {
		c := amd(t, "connect", badf, ^uint64(0), m1, uint64(int64(x.n))).in(m1, x.mem)
		want := strings.NewReplacer("$", x.want).Replace("connect(-1, $, ")
		if got := c.text(t); !strings.HasPrefix(got, want) {
			t.Errorf("size %d\ngot  %s\nwant %s", x.n, got, want)
		}
	}
}

// An address of which less was captured than there is stays a pointer.
func TestSockaddrCut(t *testing.T) {
	amd(t, "connect", badf, ^uint64(0), m1, 16).in(m1, le(uint16(2), "\x00\x09")).is(t, `connect(-1, 0x7fff0000, 16) = -1 EBADF (Bad file descriptor)`)
}

func TestSockaddrOut(t *testing.T) {
	in4 := le(uint16(2), zeros(14))
	amd(t, "getsockname", 0, 5, m1, m2).in(m2, le(100)).out(m2, le(16)).out(m1, in4).
		is(t, `getsockname(5, {sa_family=AF_INET, sin_port=htons(0), sin_addr=inet_addr("0.0.0.0")}, [100 => 16]) = 0`)
	amd(t, "getsockname", 0, 5, m1, m2).in(m2, le(8)).out(m2, le(16)).out(m1, in4).
		is(t, `getsockname(5, {sa_family=AF_INET, sa_data="\0\0\0\0\0\0"}, [8 => 16]) = 0`)
	amd(t, "getsockname", 0, 3, m1, m2).in(m2, le(0)).out(m2, le(2)).
		is(t, `getsockname(3, 0x7fff0000, [0 => 2]) = 0`)
	amd(t, "getsockname", badf, ^uint64(0), m1, m2).in(m2, le(16)).
		is(t, `getsockname(-1, 0x7fff0000, [16]) = -1 EBADF (Bad file descriptor)`)
}
