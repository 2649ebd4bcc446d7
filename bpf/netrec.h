/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* netrec.h - what a record of a socket's operation tells: sockets, addresses, data, who is at the other end. */
#ifndef EB_NETREC_H
#define EB_NETREC_H

/* A section that says which socket sk is; sk 0: the one that the thread of `slot` closes. */
__noinline int cap_sk(__u64 sk, __s32 fd, __u32 tag, __u32 slot)
{
	struct eb_scratch *sc = scratch_get();
	struct eb_works *w = works_at(slot);
	if (!sc || !w)
		return 0;
	struct eb_sec *sec = sec_begin(sc, EB_SEC_FD, tag);
	if (!sec)
		return 0;
	struct eb_fdinfo *f = (void *)(sec + 1);
	char *name = (char *)(f + 1);
	__u64 n = 0;
	__builtin_memset(f, 0, sizeof(*f));
	if (sk) {
		f->mode = 0140777;	/* S_IFSOCK, net/socket.c, sock_alloc() */
		f->magic = SOCKFS_MAGIC;
		f->flags = EB_FD_NAME;
		f->ino = sock_ino((struct sock *)sk);
		fill_sk(f, (struct sock *)sk);
		if (f->family == AF_UNIX)
			n = unix_name(name, (struct sock *)sk);
	} else {
		*f = w->own.gone;
		n = w->own.namelen;
		__builtin_memcpy(name, w->own.name, EB_MAX_ADDR);
	}
	if (ends_wanted(f))
		sc->args[6] = 1;
	sec->addr = (__s64)fd;
	f->fd = fd;
	n &= 127;
	opaque(n);
	n &= 127;
	f->pathlen = n;
	__u64 tail = n & 7, *last = (__u64 *)(name + (n & ~7ULL));
	*last = tail ? *last & ((1ULL << (tail * 8)) - 1) : 0;	/* padding */
	sec->len = sizeof(*f) + n;
	sec->want = sec->len;
	sec->flags |= EB_S_KERNEL;
	sec_end(sc, sizeof(*f) + n);
	return 0;
}

/* A section with the address that was given. */
__noinline int cap_addr(__u32 slot)
{
	struct eb_scratch *sc = scratch_get();
	struct eb_works *w = works_at(slot);
	if (!sc || !w)
		return 0;
	if (naddrs && sockaddr_wanted(&w->own))
		sc->args[6] = 1;
	struct eb_sec *sec = sec_begin(sc, EB_SEC_MEM, EB_TAG(3, EB_S_KERNEL));
	if (!sec)
		return 0;
	__u64 n = w->own.addrlen;
	if (n > EB_MAX_ADDR)
		n = EB_MAX_ADDR;
	char *data = (char *)(sec + 1);
	__builtin_memcpy(data, w->own.addr, EB_MAX_ADDR);
	opaque(n);
	n &= 255;
	__u64 tail = n & 7, *last = (__u64 *)(data + (n & ~7ULL));
	*last = tail ? *last & ((1ULL << (tail * 8)) - 1) : 0;
	sec->addr = 0;
	sec->len = n;
	sec->want = n;
	sec_end(sc, n);
	return 0;
}

/* The process that the kernel has noted for the other end of a unix socket: who connected, or who listened. */
static __always_inline int noted_peer(struct sock *sk, struct eb_peer *p)
{
	struct pid *pid = BPF_CORE_READ(sk, sk_peer_pid);
	if (!pid)
		return 0;
	p->pid = BPF_CORE_READ(pid, numbers[0].nr);
	if (p->pid == bpf_get_current_pid_tgid() >> 32)
		return 0;	/* of a pair, say, that has been passed on since */
	p->uid = BPF_CORE_READ(sk, sk_peer_cred, euid.val);
	struct hlist_node *node = BPF_CORE_READ(pid, tasks[PIDTYPE_TGID].first);
	if (node) {
		struct task_struct *task = (void *)node - bpf_core_field_offset(struct task_struct, pid_links) -
					   PIDTYPE_TGID * bpf_core_type_size(struct hlist_node);
		bpf_probe_read_kernel(p->comm, sizeof(p->comm), &task->comm);
	}
	return 1;
}

/* A section that says who is at the other end of a connection within this host, if that is known. */
__noinline int cap_peer(__u64 addr)
{
	struct eb_scratch *sc = scratch_get();
	struct sock *sk = (void *)addr;
	struct eb_peer p = {};
	struct eb_owner *o = NULL;
	if (!sc)
		return 0;
	if (BPF_CORE_READ(sk, __sk_common.skc_family) == AF_UNIX) {
		__u64 peer = (__u64)BPF_CORE_READ((struct unix_sock *)sk, peer);
		o = peer ? owner_of(peer) : NULL;
		if (!o && !noted_peer(sk, &p))
			return 0;
	} else {
		struct eb_end_key k, other;
		if (!end_of(sk, &k))
			return 0;
		other = k;
		__builtin_memcpy(other.laddr, k.raddr, 16);
		__builtin_memcpy(other.raddr, k.laddr, 16);
		other.lport = k.rport;
		other.rport = k.lport;
		__u64 *peer = bpf_map_lookup_elem(&ends, &other);
		o = peer ? owner_of(*peer) : NULL;
		if (!o)
			return 0;
	}
	struct eb_sec *sec = sec_begin(sc, EB_SEC_PEER, EB_TAG(0, EB_S_KERNEL));
	if (!sec)
		return 0;
	*(struct eb_peer *)(sec + 1) = o ? o->who : p;
	sec->addr = 0;
	sec->len = sizeof(p);
	sec->want = sizeof(p);
	sec_end(sc, sizeof(p));
	return 0;
}

/* Memory of the first segment of a message. */
static __always_inline void frame_buffer(struct eb_frame *f)
{
	struct msghdr *m = (void *)f->msg;
	void *it = __builtin_preserve_access_index(&m->msg_iter);
	const struct iovec *v = NULL;
	struct iov_iter___old *old = it;
	struct iov_iter___mid *mid = it;
	struct iov_iter___new *new = it;
	__u32 type, user = bpf_core_enum_value(enum iter_type___x, ITER_IOVEC___x);
	if (bpf_core_field_exists(old->type)) {
		type = BPF_CORE_READ(old, type) & ~1;	/* bit 0: the direction */
		v = BPF_CORE_READ(old, iov);
	} else {
		type = BPF_CORE_READ(new, iter_type);
		if (bpf_core_enum_value_exists(enum iter_type___x, ITER_UBUF___x) &&
		    type == bpf_core_enum_value(enum iter_type___x, ITER_UBUF___x)) {
			f->buf = (__u64)BPF_CORE_READ(new, ubuf);
			f->buflen = EB_MAX_DNS;
			return;
		}
		if (bpf_core_field_exists(new->__iov))
			v = BPF_CORE_READ(new, __iov);
		else if (bpf_core_field_exists(mid->iov))
			v = BPF_CORE_READ(mid, iov);
	}
	if (type != user || !v)
		return;
	f->buf = (__u64)BPF_CORE_READ(v, iov_base);
	unsigned long len = BPF_CORE_READ(v, iov_len);
	f->buflen = len > EB_MAX_DNS ? EB_MAX_DNS : len;
}

/* Is a datagram one to or from a server of names? */
static __always_inline int is_dns(struct eb_own *own, struct sock *sk)
{
	__u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);
	if ((family != AF_INET && family != AF_INET6) || BPF_CORE_READ(sk, sk_protocol) != IPPROTO_UDP)
		return 0;
	__u16 server = __builtin_bswap16(EB_DNS_PORT);
	return BPF_CORE_READ(sk, __sk_common.skc_dport) == server || BPF_CORE_READ(sk, __sk_common.skc_num) == EB_DNS_PORT ||
	       (own->addrlen >= 8 && *(__u16 *)(own->addr + 2) == server);
}

/* The beginning of a message to or from a server of names. */
static __always_inline void put_data(struct eb_works *w, struct eb_frame *f, __s64 ret)
{
	if (!f->buf || ret <= 0 || !is_dns(&w->own, (struct sock *)f->sk))
		return;
	__u64 n = ret < f->buflen ? ret : f->buflen;
	cap_mem(f->buf, n, ret, EB_TAG(4, EB_S_EXIT));
}

/* A datagram of which a tracepoint does not show where it goes to or comes from: that may be anywhere. */
static __always_inline int far_unseen(struct eb_frame *f)
{
	struct sock *sk = (void *)f->sk;
	if (f->point != EB_NO_POINT || BPF_CORE_READ(sk, __sk_common.skc_dport))
		return 0;
	__u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);
	return (family == AF_INET || family == AF_INET6) && BPF_CORE_READ(sk, sk_protocol) != IPPROTO_TCP;
}

/* Keeps the address that stands in the kernel's memory. */
static __always_inline void keep_addr(struct eb_own *own, __u64 addr, __u32 len)
{
	own->addrlen = 0;
	if (!addr || !len)
		return;
	if (len > EB_MAX_ADDR)
		len = EB_MAX_ADDR;
	__u64 n = len;
	opaque(n);
	if (n <= EB_MAX_ADDR && !bpf_probe_read_kernel(own->addr, n, (void *)addr))
		own->addrlen = n;
}

/* A socket is gone when its close is over: what it was is kept. */
static __always_inline void frame_close(struct eb_works *w, struct eb_frame *f)
{
	struct eb_own *own = &w->own;
	struct sock *sk = (void *)f->sk;
	__builtin_memset(&own->gone, 0, sizeof(own->gone));
	own->gone.mode = 0140777;
	own->gone.magic = SOCKFS_MAGIC;
	own->gone.flags = EB_FD_NAME;
	own->gone.ino = sock_ino(sk);
	fill_sk(&own->gone, sk);
	own->namelen = own->gone.family == AF_UNIX ? unix_name(own->name, sk) : 0;
}

#endif
