/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* netevent.h - what happens to the sockets of traced threads, whoever makes it happen. */
#ifndef EB_NETEVENT_H
#define EB_NETEVENT_H

#define EB_OWN 0x100	/* beside an operation: the current thread makes it happen */
#define EB_REASON 40	/* longest name of a reason, with NUL */
#define EB_MAX_REASONS 256

/* Names of enum skb_drop_reason, put there by the loader. */
struct eb_reason {
	char name[EB_REASON];
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, EB_MAX_REASONS);
	__type(key, __u32);
	__type(value, struct eb_reason);
} reasons SEC(".maps");

struct eb_event_rec {
	struct eb_rec head;
	struct eb_work work;
	struct eb_sec sec;
	struct eb_fdinfo fd;
	struct eb_sec name_sec;
	char name[EB_REASON];
};

static __always_inline int net_wants(__u32 op) { return net_ops >> op & 1; }

static __always_inline void event_head(struct eb_event_rec *r, struct eb_owner *o, __u32 own)
{
	__u32 slot = own ? slot_num(bpf_get_current_pid_tgid()) : 0;
	struct eb_slot *s = slot ? slot_at(slot) : NULL;
	r->work.context = EB_BY_KERNEL;
	if (s) {
		fill_head(&r->head, s, slot, EB_WORK, r->work.begin);
		r->work.cause = s->begin;
		r->work.request = s->request;
		r->work.context = context_of(s);
		r->work.depth = s->work_of == (__u32)cause_of(s) ? s->depth : 0;
		if (s->begin) {
			r->head.abi = s->abi;
			r->head.nr = s->nr;
		}
		return;
	}
	r->head.kind = EB_WORK;	/* of no slot: its thread may have left it */
	r->head.tid = o->tid;
	r->head.pid = o->pid;
	r->head.start = o->start;
	r->head.time = r->work.begin;
	if (o->begin) {	/* a connect is not over: what happens is its doing */
		r->work.cause = o->cause;
		r->head.nr = o->nr;
		r->head.abi = o->abi;
	}
}

static __always_inline void event_send(struct eb_event_rec *r, __u64 size)
{
	r->head.size = size;
	opaque(size);
	if (size > sizeof(*r))
		return;
	if (!bpf_ringbuf_output(&ring, r, size, EB_QUIET))
		return;
	struct eb_slot *s = r->head.slot ? slot_at(r->head.slot) : NULL;
	if (s)
		s->lost++;
	else
		lose(0);
}

static __always_inline void event_name(struct eb_event_rec *r, __u32 reason)
{
	struct eb_reason *name = bpf_map_lookup_elem(&reasons, &reason);
	if (!name || !name->name[0])
		return;
	r->name_sec.kind = EB_SEC_STR;
	r->name_sec.arg = 2;
	r->name_sec.flags = EB_S_KERNEL;
	__u32 len = 0;
	for (int i = 0; i < EB_REASON; i++) {
		if (!name->name[i])
			break;
		r->name[i] = name->name[i];
		len++;
	}
	r->name_sec.len = len;
}

/* A record of operation `op` (with EB_OWN) of socket sk, if its addresses are wanted. */
__noinline int net_event(__u64 sk, __u32 op, __u64 a0, __u64 a1, __s32 ret)
{
	struct eb_owner *o = owner_of(sk);
	if (!o)
		return 0;
	struct eb_event_rec r;
	__builtin_memset(&r, 0, sizeof(r));
	fill_sk(&r.fd, (struct sock *)sk);
	__u32 own = op & EB_OWN;
	op &= EB_OWN - 1;
	if (!ends_wanted(&r.fd) || !result_wanted(ret, ~0ULL) || min_work_bytes)
		return 0;
	r.work.begin = bpf_ktime_get_ns();
	event_head(&r, o, own);
	if (op == EB_NET_CONNECTED) {
		__u64 begin = o->begin;
		if (!result_wanted(ret, r.work.begin - begin))
			return 0;
		r.work.begin = begin;
	} else if (min_work_time) {
		return 0;	/* a moment takes no time */
	}
	r.work.ret = ret;
	r.work.offset = -1;
	r.work.args[0] = a0;
	if (op == EB_NET_STATE)
		r.work.args[1] = a1;
	else
		r.work.bytes = a1;
	r.work.op = op;
	r.work.layer = EB_LAYER_NET;
	r.sec.addr = -1;
	r.sec.kind = EB_SEC_FD;
	r.sec.len = sizeof(r.fd);
	r.sec.want = sizeof(r.fd);
	r.sec.flags = EB_S_KERNEL;
	r.fd.fd = -1;
	r.fd.mode = 0140777;
	r.fd.magic = SOCKFS_MAGIC;
	r.fd.flags |= EB_FD_NAME;
	r.fd.ino = sock_ino((struct sock *)sk);
	if (!r.fd.ino)
		r.fd.ino = o->ino;
	if (op == EB_NET_DROP)
		event_name(&r, a0);
	__u64 size = __builtin_offsetof(struct eb_event_rec, name_sec);
	if (r.name_sec.len)
		size = __builtin_offsetof(struct eb_event_rec, name) + ((r.name_sec.len + 7) & 0x38);
	event_send(&r, size);
	return 0;
}

#endif
