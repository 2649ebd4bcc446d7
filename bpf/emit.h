/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* emit.h - the only writer of records; counts what it drops. */
#ifndef EB_EMIT_H
#define EB_EMIT_H

/* User space polls the rings by time: waking it for each record costs more than the record. */
#define EB_QUIET BPF_RB_NO_WAKEUP

struct eb_call_rec {
	struct eb_rec head;
	struct eb_call call;
};

static __always_inline void fill_unnumbered(struct eb_rec *r, struct eb_slot *s, __u32 slot, __u8 kind, __u64 now)
{
	r->size = sizeof(*r);
	r->kind = kind;
	r->abi = 0;
	r->flags = s->state & EB_SLOT_HELPER ? EB_F_HELPER : 0;
	r->tid = s->tid;
	r->pid = s->pid;
	r->seq = 0;
	r->nr = 0;
	r->slot = slot;
	r->pad = 0;
	r->time = now;
	r->start = s->start;
}

static __always_inline void fill_head(struct eb_rec *r, struct eb_slot *s, __u32 slot, __u8 kind, __u64 now)
{
	fill_unnumbered(r, s, slot, kind, now);
	r->seq = ++s->seq;
}

static __always_inline void fill_call(struct eb_call_rec *r, struct eb_slot *s, __u32 slot, __u8 kind,
				      __u64 now, __s64 ret)
{
	fill_head(&r->head, s, slot, kind, now);
	r->head.size = sizeof(*r);
	r->head.abi = s->abi;
	r->head.flags = s->flags;
	r->head.nr = s->nr;
	r->call.begin = s->begin;
	r->call.ret = ret;
	r->call.ip = s->ip;
	for (int i = 0; i < 6; i++)
		r->call.args[i] = s->args[i];
}

/* A call record with nothing copied. to_rare: the thread is about to end. */
static __always_inline void emit_call(struct eb_slot *s, __u32 slot, __u8 kind, __u64 now, __s64 ret, int to_rare)
{
	struct eb_call_rec *r;
	if (to_rare)
		r = bpf_ringbuf_reserve(&rare, sizeof(*r), 0);
	else
		r = bpf_ringbuf_reserve(&ring, sizeof(*r), 0);
	if (!r) {
		s->seq++;
		s->lost++;
		return;
	}
	fill_call(r, s, slot, kind, now, ret);
	bpf_ringbuf_submit(r, EB_QUIET);
}

/* Starts a call record in the scratch buffer, for sections to follow. */
static __always_inline struct eb_scratch *scratch_begin(struct eb_slot *s, __u64 ret, __u8 at_exit)
{
	struct eb_scratch *sc = scratch_get();
	if (!sc)
		return NULL;
	sc->pos = sizeof(struct eb_call_rec);
	sc->flags = 0;
	sc->at_exit = at_exit;
	for (int i = 0; i < 6; i++)
		sc->args[i] = s->args[i];
	sc->args[EB_ARG_RET] = ret;
	return sc;
}

static __always_inline void scratch_emit(struct eb_scratch *sc, struct eb_slot *s, __u32 slot, __u8 kind,
					 __u64 now, __s64 ret)
{
	struct eb_call_rec *r = (void *)sc->buf;
	fill_call(r, s, slot, kind, now, ret);
	__u64 size = sc->pos;
	r->head.size = size;
	r->head.flags |= sc->flags;
	opaque(size);
	if (size > sizeof(sc->buf))
		return;
	if (bpf_ringbuf_output(&ring, sc->buf, size, EB_QUIET))
		s->lost++;
}

#endif
