/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* net.h - operations of sockets in flight, by slot; and which sockets are whose. */
#ifndef EB_NET_H
#define EB_NET_H

#define EB_FRAMES 2
#define EB_NO_POINT 0xffff	/* of a frame: a tracepoint showed it */
#define EB_MAX_ADDR 128		/* struct sockaddr_storage */
#define EB_MAX_SOCKS 16384
#define EB_DNS_PORT 53
#define EB_MAX_DNS 512		/* RFC 1035, 4.2.1 */
#define AF_INET_FIRST_OCTET 127	/* 127.0.0.0/8 is this host */
#define IPPROTO_TCP 6
#define IPPROTO_UDP 17
#define TCP_SYN_SENT 2		/* include/net/tcp_states.h */
#define TCP_FIN_WAIT1 4
#define TCP_CLOSE 7
#define TCP_LAST_ACK 9
#define TCP_LISTEN 10
#define O_NONBLOCK 0x800	/* asm-generic/fcntl.h; of amd64 and arm64 */
#define SOCK_TYPE_MASK 0xf	/* include/linux/net.h; flags are above */
#define PIDTYPE_TGID 1		/* include/linux/pid_types.h */

/* What an argument is. */
enum eb_net_role {
	EB_N_SOCK = 0,		/* struct socket * */
	EB_N_FD = 1,
	EB_N_FILE = 2,		/* struct file * */
	EB_N_SK = 3,		/* struct sock * */
	EB_N_MSG = 4,		/* struct msghdr * */
	EB_N_BYTES = 5,
	EB_N_FLAGS = 6,		/* for args[0] */
	EB_N_ADDR = 7,		/* struct sockaddr *, of the kernel */
	EB_N_ADDRLEN = 8,
	EB_N_SOCK2 = 9,
};

struct eb_frame {
	__u64 begin;
	__u64 sk, sk2;	/* struct sock * */
	__u64 msg;	/* struct msghdr * */
	__u64 buf;	/* user memory: the beginning of a datagram */
	__s64 offset;
	__u64 bytes;
	__u64 args[2];
	__s32 fd;
	__u16 point, op;
	__u8 flags, context, depth;
	__u8 skip;	/* it is not wanted, but its end must find it */
	__u32 buflen;
};
struct eb_own {
	__u32 addrlen;	/* of the address that was asked for; 0: none */
	__u32 namelen;
	__u8 addr[EB_MAX_ADDR];
	struct eb_fdinfo gone;	/* the socket that is being closed, as it was */
	char name[EB_MAX_ADDR];	/* of that, if it is a unix socket */
};

#include "probe.h"

/* Set before loading. */
const volatile __u32 net_ops;	/* bit n: operation n is wanted */

/* Members that only this layer reads. */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct iovec {
	void *iov_base;
	unsigned long iov_len;
};
struct iov_iter {
	unsigned long count;
};
struct iov_iter___old {	/* before Linux 5.14 */
	unsigned int type;
	const struct iovec *iov;
};
struct iov_iter___mid {	/* before Linux 6.4 */
	__u8 iter_type;
	const struct iovec *iov;
	void *ubuf;
};
struct iov_iter___new {
	__u8 iter_type;
	const struct iovec *__iov;
	void *ubuf;
};
struct msghdr {
	void *msg_name;
	int msg_namelen;
	struct iov_iter msg_iter;
	unsigned int msg_flags;
};
struct sk_buff {
	struct sock *sk;
	unsigned int len;
};
struct file___net {
	unsigned int f_flags;
};
#pragma clang attribute pop
enum iter_type___x {
	ITER_IOVEC___x,
	ITER_UBUF___x,
};

/* Whose a socket is: the traced thread that used it last. */
struct eb_owner {
	__u32 tid, pid;
	__u64 start;
	__u64 ino;	/* of the socket: an address is used again */
	__u64 begin;	/* of the connect that is not over; 0: there is none */
	__u64 cause;	/* the call that it was done in */
	__s32 nr;
	__u8 abi;
	__u8 known;	/* its addresses are in `ends` */
	__u16 slot;	/* of the thread */
	__u32 closed;	/* its last descriptor is */
	__u32 pad;
	struct eb_peer who;
};
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, EB_MAX_SOCKS);
	__type(key, __u64);	/* struct sock * */
	__type(value, struct eb_owner);
} socks SEC(".maps");

/* Connections within this host: from one end to the socket that has it. */
struct eb_end_key {
	__u64 ns;	/* struct net * */
	__u8 laddr[16], raddr[16];
	__u16 lport, rport, protocol, family;
};
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, EB_MAX_SOCKS);
	__type(key, struct eb_end_key);
	__type(value, __u64);
} ends SEC(".maps");

/* What could not be recorded: 0 records without a number, 1 sockets that no place was left for. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
} net_lost SEC(".maps");

static __always_inline void lose(__u32 what)
{
	__u64 *n = bpf_map_lookup_elem(&net_lost, &what);
	if (n)
		__sync_fetch_and_add(n, 1);
}

/* The owner of a socket, NULL if it is not one of a traced thread. */
static __always_inline struct eb_owner *owner_of(__u64 sk)
{
	struct eb_owner *o = bpf_map_lookup_elem(&socks, &sk);
	if (!o)
		return NULL;
	__u64 ino = sock_ino((struct sock *)sk);
	return !ino || !o->ino || ino == o->ino ? o : NULL;	/* else another socket lies there now */
}

/* Is the socket connected to one of this host? Fills k with its end. */
static __always_inline int end_of(struct sock *sk, struct eb_end_key *k)
{
	__builtin_memset(k, 0, sizeof(*k));
	k->family = BPF_CORE_READ(sk, __sk_common.skc_family);
	k->rport = __builtin_bswap16(BPF_CORE_READ(sk, __sk_common.skc_dport));
	k->lport = BPF_CORE_READ(sk, __sk_common.skc_num);
	if ((k->family != AF_INET && k->family != AF_INET6) || !k->rport || !k->lport)
		return 0;
	k->protocol = BPF_CORE_READ(sk, sk_protocol);
	k->ns = (__u64)BPF_CORE_READ(sk, __sk_common.skc_net.net);
	bpf_core_read(k->laddr, 16, &sk->__sk_common.skc_v6_rcv_saddr);
	bpf_core_read(k->raddr, 16, &sk->__sk_common.skc_v6_daddr);
	if (k->family == AF_INET) {
		__builtin_memset(k->laddr, 0, 16);
		__builtin_memset(k->raddr, 0, 16);
		*(__u32 *)k->laddr = BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr);
		*(__u32 *)k->raddr = BPF_CORE_READ(sk, __sk_common.skc_daddr);
		if (k->raddr[0] == AF_INET_FIRST_OCTET)
			return 1;
	}
	return *(__u64 *)k->laddr == *(__u64 *)k->raddr && *(__u64 *)(k->laddr + 8) == *(__u64 *)(k->raddr + 8);
}

/* The socket is the current thread's, which is traced. */
__noinline int learn(__u64 sk, __u32 slot)
{
	struct eb_slot *s = slot_at(slot);
	if (!s || !sk)
		return 0;
	struct eb_owner *o = owner_of(sk);
	if (!o) {
		struct eb_owner new = {.ino = sock_ino((struct sock *)sk)};
		if (bpf_map_update_elem(&socks, &sk, &new, BPF_ANY)) {
			lose(1);
			return 0;
		}
		o = bpf_map_lookup_elem(&socks, &sk);
		if (!o)
			return 0;
	}
	if (o->start != s->start || o->tid != s->tid) {
		o->tid = s->tid;
		o->pid = s->pid;
		o->start = s->start;
		o->slot = slot;
		o->who.pid = s->pid;
		o->who.uid = bpf_get_current_uid_gid();
		bpf_get_current_comm(o->who.comm, sizeof(o->who.comm));
	}
	if (!o->ino)
		o->ino = sock_ino((struct sock *)sk);
	struct eb_end_key k;
	if (!o->known && end_of((struct sock *)sk, &k)) {
		o->known = 1;
		bpf_map_update_elem(&ends, &k, &sk, BPF_ANY);
	}
	return 0;
}

#endif
