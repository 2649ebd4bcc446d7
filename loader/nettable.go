package loader

import "github.com/ebtrace/ebtrace/bpf"

// Roles of arguments.
const (
	netSock    = uint32(bpf.NetEbNetRoleEB_N_SOCK)
	netFD      = uint32(bpf.NetEbNetRoleEB_N_FD)
	netFile    = uint32(bpf.NetEbNetRoleEB_N_FILE)
	netSK      = uint32(bpf.NetEbNetRoleEB_N_SK)
	netMsg     = uint32(bpf.NetEbNetRoleEB_N_MSG)
	netBytes   = uint32(bpf.NetEbNetRoleEB_N_BYTES)
	netFlags   = uint32(bpf.NetEbNetRoleEB_N_FLAGS)
	netAddr    = uint32(bpf.NetEbNetRoleEB_N_ADDR)
	netAddrLen = uint32(bpf.NetEbNetRoleEB_N_ADDRLEN)
	netSock2   = uint32(bpf.NetEbNetRoleEB_N_SOCK2)
)

// Functions for messages, by family: those that struct proto_ops points to, so
// that the compiler can take none of them apart. What stands before them is
// inlined on some kernels.
var (
	sendArgs = argNames{netSock: "sock", netMsg: "msg", netBytes: "size"}
	sendLen  = argNames{netSock: "sock", netMsg: "msg", netBytes: "len"}
	recvArgs = argNames{netSock: "sock", netMsg: "msg", netBytes: "size", netFlags: "flags"}
	recvLen  = argNames{netSock: "sock", netMsg: "msg", netBytes: "len", netFlags: "flags"}

	sendProto    = []string{"sock", "msg", "len"}
	recvProto    = []string{"sock", "msg", "size", "flags"}
	recvLenProto = []string{"sock", "msg", "len", "flags"}
)

// happens are the operations that no call makes: they are told of the sockets
// that are known to be a traced thread's.
var happens = []string{"connected", "state", "retransmit", "reset", "drop"}

// netPoints is every probed function and tracepoint. That it fires, and not
// only attaches, is what TestNet in vmtest/guest proves on each kernel.
var netPoints = []point{
	{op: "socket", prog: "socket", point: uint32(bpf.NetEbNetPointEB_P_socket), funcs: []string{"__sys_socket"},
		args: argNames{netFlags: "type"}},
	{op: "socketpair", prog: "pair_hook", point: uint32(bpf.NetEbNetPointEB_P_pairHook), note: true,
		funcs: []string{"security_socket_socketpair"}, args: argNames{netSock: "socka", netSock2: "sockb"}},
	{op: "socketpair", prog: "socketpair", point: uint32(bpf.NetEbNetPointEB_P_socketpair), funcs: []string{"__sys_socketpair"},
		args: argNames{netFlags: "type"}},
	{op: "bind", prog: "bind_hook", point: uint32(bpf.NetEbNetPointEB_P_bindHook), note: true,
		funcs: []string{"security_socket_bind"}, args: argNames{netSock: "sock", netAddr: "address", netAddrLen: "addrlen"}},
	{op: "bind", prog: "bind", point: uint32(bpf.NetEbNetPointEB_P_bind), funcs: []string{"__sys_bind"}, args: argNames{netFD: "fd"}},
	{op: "listen", prog: "listen", point: uint32(bpf.NetEbNetPointEB_P_listen), funcs: []string{"__sys_listen"},
		args: argNames{netFD: "fd", netFlags: "backlog"}},
	{op: "connect", prog: "connect_hook", point: uint32(bpf.NetEbNetPointEB_P_connectHook), note: true,
		funcs: []string{"security_socket_connect"}, args: argNames{netSock: "sock", netAddr: "address", netAddrLen: "addrlen"}},
	{op: "connect", prog: "connect", point: uint32(bpf.NetEbNetPointEB_P_connect), funcs: []string{"__sys_connect"},
		args: argNames{netFD: "fd"}},
	// of io_uring
	{op: "connect", prog: "connect_file", point: uint32(bpf.NetEbNetPointEB_P_connectFile), funcs: []string{"__sys_connect_file"}, extra: true,
		args: argNames{netFile: "file", netAddr: "address", netAddrLen: "addrlen"}},
	{op: "connected", prog: "state", trace: "inet_sock_set_state"},
	{op: "accept", prog: "accept", point: uint32(bpf.NetEbNetPointEB_P_accept), funcs: []string{"__sys_accept4"}, args: argNames{netFD: "fd"}},
	{op: "send", prog: "send_inet", point: uint32(bpf.NetEbNetPointEB_P_sendInet), funcs: []string{"inet_sendmsg"}, args: sendArgs},
	{op: "send", prog: "send_inet6", point: uint32(bpf.NetEbNetPointEB_P_sendInet6), funcs: []string{"inet6_sendmsg"}, extra: true, args: sendArgs},
	{op: "send", prog: "send_stream", point: uint32(bpf.NetEbNetPointEB_P_sendStream), funcs: []string{"unix_stream_sendmsg"}, proto: sendProto, extra: true, args: sendLen},
	{op: "send", prog: "send_dgram", point: uint32(bpf.NetEbNetPointEB_P_sendDgram), funcs: []string{"unix_dgram_sendmsg"}, proto: sendProto, extra: true, args: sendLen},
	{op: "send", prog: "send_seqpacket", point: uint32(bpf.NetEbNetPointEB_P_sendSeqpacket), funcs: []string{"unix_seqpacket_sendmsg"}, proto: sendProto, extra: true, args: sendLen},
	{op: "send", prog: "send_netlink", point: uint32(bpf.NetEbNetPointEB_P_sendNetlink), funcs: []string{"netlink_sendmsg"}, proto: sendProto, extra: true, args: sendLen},
	{op: "send", prog: "send_packet", point: uint32(bpf.NetEbNetPointEB_P_sendPacket), funcs: []string{"packet_sendmsg"}, proto: sendProto, extra: true, args: sendLen},
	// sendfile to a socket, before Linux 6.5
	{op: "send", prog: "send_page", point: uint32(bpf.NetEbNetPointEB_P_sendPage), funcs: []string{"inet_sendpage"}, extra: true,
		args: argNames{netSock: "sock", netBytes: "size", netFlags: "flags"}},
	{op: "send", prog: "send_page_unix", point: uint32(bpf.NetEbNetPointEB_P_sendPageUnix), funcs: []string{"unix_stream_sendpage"}, extra: true,
		args: argNames{netSock: "socket", netBytes: "size", netFlags: "flags"}},
	{op: "send", prog: "sent", trace: "sock_send_length", only: true},
	{op: "recv", prog: "recv_inet", point: uint32(bpf.NetEbNetPointEB_P_recvInet), funcs: []string{"inet_recvmsg"}, args: recvArgs},
	{op: "recv", prog: "recv_inet6", point: uint32(bpf.NetEbNetPointEB_P_recvInet6), funcs: []string{"inet6_recvmsg"}, extra: true, args: recvArgs},
	{op: "recv", prog: "recv_stream", point: uint32(bpf.NetEbNetPointEB_P_recvStream), funcs: []string{"unix_stream_recvmsg"}, proto: recvProto, extra: true, args: recvArgs},
	{op: "recv", prog: "recv_dgram", point: uint32(bpf.NetEbNetPointEB_P_recvDgram), funcs: []string{"unix_dgram_recvmsg"}, proto: recvProto, extra: true, args: recvArgs},
	{op: "recv", prog: "recv_seqpacket", point: uint32(bpf.NetEbNetPointEB_P_recvSeqpacket), funcs: []string{"unix_seqpacket_recvmsg"}, proto: recvProto, extra: true, args: recvArgs},
	{op: "recv", prog: "recv_netlink", point: uint32(bpf.NetEbNetPointEB_P_recvNetlink), funcs: []string{"netlink_recvmsg"}, proto: recvLenProto, extra: true, args: recvLen},
	{op: "recv", prog: "recv_packet", point: uint32(bpf.NetEbNetPointEB_P_recvPacket), funcs: []string{"packet_recvmsg"}, proto: recvLenProto, extra: true, args: recvLen},
	{op: "recv", prog: "recv_splice", point: uint32(bpf.NetEbNetPointEB_P_recvSplice), funcs: []string{"tcp_splice_read"}, extra: true,
		args: argNames{netSock: "sock", netBytes: "len", netFlags: "flags"}},
	{op: "recv", prog: "recv_splice_unix", point: uint32(bpf.NetEbNetPointEB_P_recvSpliceUnix), funcs: []string{"unix_stream_splice_read"}, extra: true,
		args: argNames{netSock: "sock", netBytes: "size", netFlags: "flags"}},
	{op: "recv", prog: "received", trace: "sock_recv_length", only: true},
	{op: "shutdown", prog: "shutdown", point: uint32(bpf.NetEbNetPointEB_P_shutdown), funcs: []string{"__sys_shutdown"},
		args: argNames{netFD: "fd", netFlags: "how"}},
	{op: "close", prog: "close", point: uint32(bpf.NetEbNetPointEB_P_close), funcs: []string{"sock_close"}, proto: []string{"inode", "filp"}, args: argNames{netFile: "filp"}},
	{op: "state", prog: "state", trace: "inet_sock_set_state"},
	{op: "retransmit", prog: "retransmit", trace: "tcp_retransmit_skb"},
	{op: "reset", prog: "reset_sent", trace: "tcp_send_reset"},
	{op: "reset", prog: "reset_received", trace: "tcp_receive_reset"},
	{op: "drop", prog: "drop", trace: "kfree_skb"},
	{op: "drop", prog: "drop_udp", trace: "udp_fail_queue_rcv_skb", extra: true},
	// whose a socket is: connect and listen change its state, accept shows here,
	// one that was open before the attach at its first message
	{helps: happens, prog: "state", trace: "inet_sock_set_state"},
	{helps: happens, prog: "graft_hook", point: uint32(bpf.NetEbNetPointEB_P_graftHook), note: true,
		funcs: []string{"security_sock_graft"}, args: argNames{netSK: "sk"}},
	{helps: happens, prog: "sent", trace: "sock_send_length", only: true},
	{helps: happens, prog: "received", trace: "sock_recv_length", only: true},
	{helps: append([]string{"socket", "bind", "listen", "connect", "accept", "send", "recv", "close"}, happens...),
		prog: "destroy", trace: "tcp_destroy_sock"},
}

// NetOperations are the names of all operations that can be asked for.
func NetOperations() []string { return operations(netPoints) }

// netOps is the number of each operation: enum eb_net_op.
var netOps = map[string]uint32{
	"socket": uint32(bpf.NetEbNetOpEB_NET_SOCKET), "socketpair": uint32(bpf.NetEbNetOpEB_NET_SOCKETPAIR),
	"bind": uint32(bpf.NetEbNetOpEB_NET_BIND), "listen": uint32(bpf.NetEbNetOpEB_NET_LISTEN),
	"connect": uint32(bpf.NetEbNetOpEB_NET_CONNECT), "connected": uint32(bpf.NetEbNetOpEB_NET_CONNECTED),
	"accept": uint32(bpf.NetEbNetOpEB_NET_ACCEPT), "send": uint32(bpf.NetEbNetOpEB_NET_SEND),
	"recv": uint32(bpf.NetEbNetOpEB_NET_RECV), "shutdown": uint32(bpf.NetEbNetOpEB_NET_SHUTDOWN),
	"close": uint32(bpf.NetEbNetOpEB_NET_CLOSE), "state": uint32(bpf.NetEbNetOpEB_NET_STATE),
	"retransmit": uint32(bpf.NetEbNetOpEB_NET_RETRANSMIT), "reset": uint32(bpf.NetEbNetOpEB_NET_RESET),
	"drop": uint32(bpf.NetEbNetOpEB_NET_DROP),
}
