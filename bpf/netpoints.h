/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* netpoints.h - the programs of net.bpf.c: functions, and tracepoints for what no call makes. */
#ifndef EB_NETPOINTS_H
#define EB_NETPOINTS_H

/* Set before loading: how many arguments these tracepoints have on this kernel. */
const volatile __u32 kfree_args, retransmit_args;

/* The socket that the thread is about to bind or connect, and the address as the kernel has it. */
static __always_inline void note_addr(struct eb_works *w, __u32 point, __u16 op)
{
	__u32 depth = w->depth;
	if (!depth || depth > EB_FRAMES)
		return;
	struct eb_frame *f = frame_at(w, depth - 1);
	__u64 so = arg_of(w, point, EB_N_SOCK);
	if (f->op != op || f->skip || f->sk != (__u64)BPF_CORE_READ((struct socket *)so, sk))
		return;
	keep_addr(&w->own, arg_of(w, point, EB_N_ADDR), arg_of(w, point, EB_N_ADDRLEN));
}

/* Both ends that socketpair(2) is about to return. */
static __always_inline void note_pair(struct eb_works *w)
{
	__u32 depth = w->depth;
	if (!depth || depth > EB_FRAMES)
		return;
	struct eb_frame *f = frame_at(w, depth - 1);
	if (f->op != EB_NET_SOCKETPAIR)
		return;
	f->sk = (__u64)BPF_CORE_READ((struct socket *)arg_of(w, EB_P_pair_hook, EB_N_SOCK), sk);
	f->sk2 = (__u64)BPF_CORE_READ((struct socket *)arg_of(w, EB_P_pair_hook, EB_N_SOCK2), sk);
}

#define POINT(name, op) EB_TWINS(name, op, net_begin, net_end)

EB_POINTS(POINT)
EB_ENTRY_TWINS(pair_hook, note_pair(w))
EB_ENTRY_TWINS(bind_hook, note_addr(w, EB_P_bind_hook, EB_NET_BIND))
EB_ENTRY_TWINS(connect_hook, note_addr(w, EB_P_connect_hook, EB_NET_CONNECT))
EB_ENTRY_TWINS(graft_hook, learn(arg_of(w, EB_P_graft_hook, EB_N_SK), slot))

_Static_assert(EB_P_COUNT <= EB_MAX_POINTS, "the tables by point are too small");

/* A thread that exits is no longer traced when its sockets are closed: that is told of them. */
static __always_inline int close_at_exit(struct file *file)
{
	__u64 sk = sk_of(file);
	struct eb_owner *o = owner_of(sk);
	if (!o || o->closed)
		return 0;
	o->closed = 1;
	if (net_wants(EB_NET_CLOSE))
		net_event(sk, EB_NET_CLOSE, 0, 0, 0);
	if (BPF_CORE_READ((struct sock *)sk, sk_protocol) != IPPROTO_TCP)
		bpf_map_delete_elem(&socks, &sk);
	return 0;
}

EB_ENTRY_TWINS_FOR(close, net_begin(slot, EB_P_close, EB_NET_CLOSE), close_at_exit((struct file *)a[1]))
EB_EXIT_TWINS(close, net_end)

/*
 * Changes that a call makes; all others come with a packet or a timer: RFC 9293,
 * 3.3.2, net/ipv4/tcp.c, tcp_close_state().
 */
static __always_inline int made_by_call(int old, int new)
{
	switch (new) {
	case TCP_SYN_SENT:
	case TCP_LISTEN:
		return 1;
	case TCP_FIN_WAIT1:
	case TCP_LAST_ACK:
		return old != TCP_FIN_WAIT1;
	case TCP_CLOSE:
		return old == TCP_LISTEN;
	}
	return 0;
}

/* Is the connect that made o wait still going on? */
static __always_inline int connecting(struct eb_owner *o, __u64 sk)
{
	struct eb_slot *s = slot_at(o->slot);
	if (!s || s->start != o->start)
		return 0;
	if (o->cause)
		return s->begin == o->cause;
	struct eb_works *w = works_at(o->slot);
	return w && w->start == o->start && w->depth && frame_at(w, 0)->op == EB_NET_CONNECT && frame_at(w, 0)->sk == sk;
}

/* A connection has been asked for: by which call. */
static __always_inline void connect_begins(struct eb_owner *o, __u64 sk, __u32 slot)
{
	struct eb_slot *s = slot_at(slot);
	struct eb_works *w = works_at(slot);
	if (!s || !w)
		return;
	struct eb_frame *f = frame_at(w, 0);
	int probed = w->depth && w->start == s->start && f->op == EB_NET_CONNECT && f->sk == sk;
	o->begin = probed ? f->begin : bpf_ktime_get_ns();
	o->cause = s->begin;
	o->nr = s->nr;
	o->abi = s->abi;
}

/* The outcome of a connect that has returned without it, or does not wait for it. */
static __always_inline void connect_ends(struct eb_owner *o, __u64 addr, int new)
{
	struct sock *sk = (void *)addr;
	struct file___net *file = (void *)BPF_CORE_READ(sk, sk_socket, file);
	int later = (file && BPF_CORE_READ(file, f_flags) & O_NONBLOCK) || !connecting(o, addr);
	int err = new == TCP_CLOSE ? BPF_CORE_READ(sk, sk_err) : 0;
	/* without an error it was closed by its owner, or refused before a packet went out */
	if (later && (new != TCP_CLOSE || err) && net_wants(EB_NET_CONNECTED))
		net_event(addr, EB_NET_CONNECTED, 0, 0, -err);
	o->begin = 0;
}

EB_PROGRAM("raw_tp/inet_sock_set_state", state)
{
	__u64 sk = ctx[0];
	int old = ctx[1], new = ctx[2];
	__u32 own = 0, slot = 0;
	if (made_by_call(old, new)) {
		slot = slot_num(bpf_get_current_pid_tgid());
		struct eb_slot *s = slot ? slot_at(slot) : NULL;
		if (s && !(s->state & EB_SLOT_ARMED)) {
			own = EB_OWN;
			if (new == TCP_SYN_SENT || new == TCP_LISTEN)
				learn(sk, slot);
		}
	}
	struct eb_owner *o = owner_of(sk);
	if (!o)
		return;
	if (own && new == TCP_SYN_SENT)
		connect_begins(o, sk, slot);
	if (net_wants(EB_NET_STATE))
		net_event(sk, EB_NET_STATE | own, old, new, 0);
	if (old == TCP_SYN_SENT && o->begin)
		connect_ends(o, sk, new);
}

EB_PROGRAM("raw_tp/tcp_retransmit_skb", retransmit)
{
	int err = 0;
	if (!owner_of(ctx[0]))
		return;
	if (retransmit_args > 2)
		err = ctx[2];
	net_event(ctx[0], EB_NET_RETRANSMIT, BPF_CORE_READ((struct sock *)ctx[0], __sk_common.skc_state),
		  BPF_CORE_READ((struct sk_buff *)ctx[1], len), err);
}

EB_PROGRAM("raw_tp/tcp_send_reset", reset_sent)
{
	if (ctx[0])
		net_event(ctx[0], EB_NET_RESET, 1, 0, 0);
}

EB_PROGRAM("raw_tp/tcp_receive_reset", reset_received)
{
	net_event(ctx[0], EB_NET_RESET, 0, 0, 0);
}

/* The kernel says from Linux 5.17 on why, and from 6.11 on which socket a packet was for. */
EB_PROGRAM("raw_tp/kfree_skb", drop)
{
	__u64 sk = 0;
	__u32 reason = 0;
	if (kfree_args > 2)
		reason = ctx[2];
	if (kfree_args > 3)
		sk = ctx[3];
	struct sk_buff *skb = (void *)ctx[0];
	if (!sk)
		sk = (__u64)BPF_CORE_READ(skb, sk);
	if (sk && owner_of(sk))
		net_event(sk, EB_NET_DROP, reason, BPF_CORE_READ(skb, len), 0);
}

/* A datagram for a socket whose buffer is full; its name is said by kfree_skb from Linux 6.11 on. */
EB_PROGRAM("raw_tp/udp_fail_queue_rcv_skb", drop_udp)
{
	if (kfree_args <= 3)
		net_event(ctx[1], EB_NET_DROP, 0, 0, (int)ctx[0]);
}

EB_PROGRAM("raw_tp/tcp_destroy_sock", destroy)
{
	__u64 sk = ctx[0];
	bpf_map_delete_elem(&socks, &sk);
}

/* A message has been sent or received: where functions cannot be probed. Its begin is not known. */
static __always_inline void moved(__u64 sk, __s64 ret, __u32 flags, __u32 op)
{
	__u32 slot = slot_num(bpf_get_current_pid_tgid());
	struct eb_slot *s = slot ? slot_at(slot) : NULL;
	struct eb_works *w = slot ? works_at(slot) : NULL;
	if (!s || !w || s->state & EB_SLOT_ARMED)
		return;
	learn(sk, slot);
	__u32 at = frames_renew(w, s);
	struct eb_frame *f = frame_at(w, at);
	__builtin_memset(f, 0, sizeof(*f));
	f->sk = sk;
	f->point = EB_NO_POINT;
	f->fd = -1;
	f->offset = -1;
	f->args[0] = flags;
	f->op = op;
	f->context = context_of(s);
	f->depth = s->depth;
	w->own.addrlen = 0;
	if (net_wanted(f, ret, 0))
		net_emit(slot, at, bpf_ktime_get_ns(), ret);
}

EB_PROGRAM("raw_tp/sock_send_length", sent) { moved(ctx[0], (int)ctx[1], ctx[2], EB_NET_SEND); }
EB_PROGRAM("raw_tp/sock_recv_length", received) { moved(ctx[0], (int)ctx[1], ctx[2], EB_NET_RECV); }

const enum eb_kind *keep_kind __attribute__((unused));
const enum eb_net_op *keep_net_op __attribute__((unused));
const enum eb_net_role *keep_role __attribute__((unused));
const enum eb_net_point *keep_net_point __attribute__((unused));

#endif
