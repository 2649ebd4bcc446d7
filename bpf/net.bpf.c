//go:build ignore

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* net.bpf.c - what traced threads do with sockets, and what happens to those. */
#include "vmlinux.h"
#include <bpf_helpers.h>
#include <bpf_core_read.h>
#include "record.h"
#include "plan.h"
#include "maps.h"
#include "preempt.h"
#include "arch.h"
#include "slots.h"
#include "secs.h"
#include "fd.h"
#include "emit.h"
#include "net.h"
#include "netsel.h"
#include "netrec.h"
#include "netevent.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Probed functions. Which of the kernel's, and which of its arguments is what, stands in loader/nettable.go. */
#define EB_POINTS(P)                         \
	P(socket, EB_NET_SOCKET)             \
	P(socketpair, EB_NET_SOCKETPAIR)     \
	P(bind, EB_NET_BIND)                 \
	P(listen, EB_NET_LISTEN)             \
	P(connect, EB_NET_CONNECT)           \
	P(connect_file, EB_NET_CONNECT)      \
	P(accept, EB_NET_ACCEPT)             \
	P(send_inet, EB_NET_SEND)            \
	P(send_inet6, EB_NET_SEND)           \
	P(send_stream, EB_NET_SEND)          \
	P(send_dgram, EB_NET_SEND)           \
	P(send_seqpacket, EB_NET_SEND)       \
	P(send_netlink, EB_NET_SEND)         \
	P(send_packet, EB_NET_SEND)          \
	P(send_page, EB_NET_SEND)            \
	P(send_page_unix, EB_NET_SEND)       \
	P(recv_inet, EB_NET_RECV)            \
	P(recv_inet6, EB_NET_RECV)           \
	P(recv_stream, EB_NET_RECV)          \
	P(recv_dgram, EB_NET_RECV)           \
	P(recv_seqpacket, EB_NET_RECV)       \
	P(recv_netlink, EB_NET_RECV)         \
	P(recv_packet, EB_NET_RECV)          \
	P(recv_splice, EB_NET_RECV)          \
	P(recv_splice_unix, EB_NET_RECV)     \
	P(shutdown, EB_NET_SHUTDOWN)

enum eb_net_point {
#define P(name, op) EB_P_##name,
	EB_POINTS(P)
#undef P
	EB_P_close,
	EB_P_pair_hook,
	EB_P_bind_hook,
	EB_P_connect_hook,
	EB_P_graft_hook,
	EB_P_COUNT,
};

/* The socket of a file, 0 if it is none. */
static __always_inline __u64 sk_of(struct file *file)
{
	struct inode *ino = file ? BPF_CORE_READ(file, f_inode) : NULL;
	if (!ino || BPF_CORE_READ(ino, i_sb, s_magic) != SOCKFS_MAGIC)
		return 0;
	struct socket *so = BPF_CORE_READ(file, private_data);
	return (__u64)BPF_CORE_READ(so, sk);
}

/* Which socket the function is about. */
static __always_inline void frame_sock(struct eb_works *w, struct eb_frame *f, __u32 point)
{
	__u64 v;
	f->sk = f->sk2 = 0;
	f->fd = -1;
	if ((v = arg_of(w, point, EB_N_SOCK))) {
		f->sk = (__u64)BPF_CORE_READ((struct socket *)v, sk);
	} else if ((v = arg_of(w, point, EB_N_FILE))) {
		f->sk = sk_of((struct file *)v);
	} else if (has_arg(point, EB_N_FD)) {
		f->fd = arg_of(w, point, EB_N_FD);
		f->sk = sk_of(file_of(f->fd));
	}
}

/* What a message says of itself. */
static __always_inline void frame_message(struct eb_works *w, struct eb_frame *f, __u32 point)
{
	f->msg = arg_of(w, point, EB_N_MSG);
	f->buf = 0;
	f->buflen = 0;
	if (!f->msg)
		return;
	struct msghdr *m = (void *)f->msg;
	if (f->op == EB_NET_SEND) {
		f->args[0] = BPF_CORE_READ(m, msg_flags);
		keep_addr(&w->own, (__u64)BPF_CORE_READ(m, msg_name), BPF_CORE_READ(m, msg_namelen));
	}
	if (f->op == EB_NET_RECV || is_dns(&w->own, (struct sock *)f->sk))
		frame_buffer(f);
}

/* A function has begun whose arguments are in works.raw. */
__noinline int net_begin(__u32 slot, __u32 point, __u32 op)
{
	struct eb_slot *s = slot_at(slot);
	struct eb_works *w = works_at(slot);
	if (!s || !w || s->state & EB_SLOT_ARMED)
		return 0;
	__u32 at = frames_renew(w, s);
	struct eb_frame *f = frame_at(w, at);
	f->point = point;
	f->op = op;
	frame_sock(w, f, point);
	if (!f->sk && op != EB_NET_SOCKET && op != EB_NET_SOCKETPAIR)
		return 0;	/* no such socket */
	if (at) {
		struct eb_frame *up = frame_at(w, at - 1);
		if (up->op == op && up->sk == f->sk)
			return 0;	/* one function of an operation within another */
	}
	f->flags = f->skip = 0;
	f->context = context_of(s);
	f->offset = -1;
	f->bytes = arg_of(w, point, EB_N_BYTES);
	f->args[0] = arg_of(w, point, EB_N_FLAGS);
	if (op == EB_NET_SOCKET || op == EB_NET_SOCKETPAIR)
		f->args[0] &= ~SOCK_TYPE_MASK;
	f->args[1] = 0;
	w->own.addrlen = 0;
	frame_push(w, s, f, at);
	struct sock *sk = (void *)f->sk;	/* not inside of the macro, which relocates what it sees */
	if (naddrs && sk) {
		__u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);
		int connected = (op == EB_NET_SEND || op == EB_NET_RECV) && BPF_CORE_READ(sk, __sk_common.skc_dport);
		if ((family != AF_INET && family != AF_INET6) || (connected && !sk_wanted(f->sk))) {
			f->skip = 1;
			return 0;
		}
	}
	if (op == EB_NET_SEND || op == EB_NET_RECV) {
		frame_message(w, f, point);
	} else if (op == EB_NET_CLOSE) {
		frame_close(w, f);
	} else if (op == EB_NET_CONNECT) {
		struct file___net *file = (void *)BPF_CORE_READ(sk, sk_socket, file);
		f->args[0] = BPF_CORE_READ(file, f_flags);
	}
	if (has_arg(point, EB_N_ADDR))
		keep_addr(&w->own, arg_of(w, point, EB_N_ADDR), arg_of(w, point, EB_N_ADDRLEN));
	if (f->sk && op != EB_NET_CLOSE)
		learn(f->sk, slot);
	f->begin = bpf_ktime_get_ns();
	return 0;
}

/* What only the end of the operation shows. */
static __always_inline void frame_end(struct eb_works *w, struct eb_frame *f, __u32 slot, __s64 ret)
{
	if (f->op == EB_NET_SOCKET && ret >= 0) {
		f->fd = ret;
		f->sk = sk_of(file_of(ret));
		learn(f->sk, slot);
	} else if (f->op == EB_NET_ACCEPT && ret >= 0) {
		f->sk2 = sk_of(file_of(ret));
		learn(f->sk2, slot);
	} else if (f->op == EB_NET_CONNECT) {
		learn(f->sk, slot);	/* its addresses are known now */
	} else if (f->op == EB_NET_CLOSE) {
		if (w->own.gone.protocol != IPPROTO_TCP)	/* that ends later */
			bpf_map_delete_elem(&socks, &f->sk);
		f->sk = 0;
	} else if (f->op == EB_NET_RECV && f->msg && ret >= 0) {
		struct msghdr *m = (void *)f->msg;
		keep_addr(&w->own, (__u64)BPF_CORE_READ(m, msg_name), BPF_CORE_READ(m, msg_namelen));
	}
}

/* Writes the record of frame `at`. */
__noinline int net_emit(__u32 slot, __u32 at, __u64 now, __s64 ret)
{
	struct eb_scratch *sc = scratch_get();
	struct eb_slot *s = slot_at(slot);
	struct eb_works *w = works_at(slot);
	if (!sc || !s || !w)
		return 0;
	struct eb_frame *f = frame_at(w, at);
	__u64 me = work_start(sc);
	sc->args[6] = !naddrs;
	if (f->sk || f->op == EB_NET_CLOSE)
		cap_sk(f->sk, f->fd, EB_TAG(0, EB_S_EXIT), slot);
	if (f->sk2)
		cap_sk(f->sk2, f->op == EB_NET_ACCEPT ? ret : -1, EB_TAG(1, EB_S_EXIT), slot);
	if (w->own.addrlen)
		cap_addr(slot);
	if (!sc->args[6] && !far_unseen(f))
		return 0;
	if (f->sk2 && f->op == EB_NET_ACCEPT)
		cap_peer(f->sk2);
	else if (f->op == EB_NET_CONNECT || f->op == EB_NET_SEND || f->op == EB_NET_RECV)
		cap_peer(f->sk);
	put_data(w, f, ret);
	fill_work(&((struct eb_work_rec *)sc->buf)->work, f, s, EB_LAYER_NET, ret);
	work_send(sc, s, slot, me, now);
	return 0;
}

static __always_inline int net_wanted(struct eb_frame *f, __s64 ret, __u64 took)
{
	if (f->skip || !net_wants(f->op) || !result_wanted(ret, took))
		return 0;
	return !min_work_bytes || ((f->op == EB_NET_SEND || f->op == EB_NET_RECV) && ret >= (__s64)min_work_bytes);
}

/* A function has ended. */
__noinline int net_end(__u32 slot, __u32 point, __s64 ret)
{
	struct eb_works *w = works_at(slot);
	struct eb_slot *s = slot_at(slot);
	if (!w || !s)
		return 0;
	__u64 now = bpf_ktime_get_ns();
	__u32 at = 0;
	struct eb_frame *f = frame_pop(w, s, point, &at);
	if (!f)
		return 0;
	ret = sized_result(point, ret);
	if (!f->skip)
		frame_end(w, f, slot, ret);
	if (net_wanted(f, ret, now - f->begin))
		net_emit(slot, at, now, ret);
	return 0;
}

#include "netpoints.h"
