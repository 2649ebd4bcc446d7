/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * probe.h - functions of the kernel that are probed, for every layer below the
 * calls: their arguments, the operations in flight, and the record of one.
 *
 * A probed function pushes a frame when it begins and takes it off when it
 * ends. Where its arguments stand differs from kernel to kernel; the loader
 * finds them by name in the kernel's types and says it in `roles`.
 *
 * A layer defines before this: EB_FRAMES, a power of two; struct eb_frame with
 * at least the members that are used here; struct eb_own, what it keeps of a thread.
 */
#ifndef EB_PROBE_H
#define EB_PROBE_H

#define EB_RAW_ARGS 6
#define EB_NO_ARG 0xff
#define EB_ROLE_COUNT 16
#define EB_MAX_POINTS 64
#define EB_NR_URING_ENTER 426	/* asm-generic/unistd.h; the same on every architecture */

/* Set before loading: [point][role], the index of the argument or EB_NO_ARG. */
const volatile __u8 roles[EB_MAX_POINTS * EB_ROLE_COUNT];
const volatile __u8 nargs[EB_MAX_POINTS];
const volatile __u8 ret_int[EB_MAX_POINTS];	/* it returns an int: the upper half is undefined */
const volatile __u64 min_work_time;	/* ns */
const volatile __u64 min_work_bytes;
const volatile __u8 by_errno;		/* errno_set of maps.h */

struct eb_work_rec {
	struct eb_rec head;
	struct eb_work work;
};

struct eb_works {
	__u64 cause;	/* begin of the call that the frames belong to */
	__u64 start;	/* of the thread that they belong to: slots are used again */
	struct eb_own own;
	__u64 raw[8];	/* arguments of the function that begins */
	__u32 depth;
	__u32 turn;	/* the copy of a program that ran last, and for what: turn_taken */
	__u64 turn_ctx;
	struct eb_frame f[EB_FRAMES];
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);	/* as slots */
	__type(key, __u32);
	__type(value, struct eb_works);
} works SEC(".maps");

static __always_inline struct eb_works *works_at(__u32 slot)
{
	return bpf_map_lookup_elem(&works, &slot);
}

static __always_inline struct eb_frame *frame_at(struct eb_works *w, __u64 at)
{
	opaque(at);	/* the mask stays, for the verifier of old kernels */
	return &w->f[at & (EB_FRAMES - 1)];
}

/* Argument of a role, 0 if the point has none. */
static __always_inline __u64 arg_of(struct eb_works *w, __u32 point, __u32 role)
{
	__u32 i = roles[(point & (EB_MAX_POINTS - 1)) * EB_ROLE_COUNT + role];
	return i < EB_RAW_ARGS ? w->raw[i & 7] : 0;
}

static __always_inline int has_arg(__u32 point, __u32 role)
{
	return roles[(point & (EB_MAX_POINTS - 1)) * EB_ROLE_COUNT + role] != EB_NO_ARG;
}

/* What the thread does its work for now: begin of the request or of the call that it is in. */
static __always_inline __u64 cause_of(struct eb_slot *s) { return s->request ? s->request : s->begin; }

static __always_inline __u8 context_of(struct eb_slot *s)
{
	if (s->request || s->state & EB_SLOT_HELPER)
		return EB_BY_URING;
	return s->begin && s->nr == EB_NR_URING_ENTER ? EB_BY_URING : EB_BY_CALL;
}

/* Forgets frames of another call or thread: their ends were not seen. Returns where the next one goes. */
static __always_inline __u32 frames_renew(struct eb_works *w, struct eb_slot *s)
{
	__u64 cause = cause_of(s);
	if (w->cause != cause || w->start != s->start || w->depth > EB_FRAMES) {
		w->cause = cause;
		w->start = s->start;
		w->depth = 0;
	}
	if (s->work_of != (__u32)cause) {
		s->work_of = cause;
		s->depth = 0;
	}
	return w->depth >= EB_FRAMES ? 0 : w->depth;
}

/* Frame f is in flight from now on. */
static __always_inline void frame_push(struct eb_works *w, struct eb_slot *s, struct eb_frame *f, __u32 at)
{
	w->depth = at + 1;
	f->depth = s->depth++;
}

/* Takes off the frame of a function that has ended, and those within it whose end was not seen. NULL: it has none. */
static __always_inline struct eb_frame *frame_pop(struct eb_works *w, struct eb_slot *s, __u32 point, __u32 *where)
{
	__u32 at = w->depth;
	for (int i = 0; i < EB_FRAMES; i++) {
		if (!at || at > EB_FRAMES)
			return NULL;
		at--;
		if (frame_at(w, at)->point == point)
			break;
	}
	struct eb_frame *f = frame_at(w, at);
	if (f->point != point)
		return NULL;
	w->depth = at;
	s->depth = f->depth;
	*where = at;
	return f;
}

/* The result of a function as it is meant. */
static __always_inline __s64 sized_result(__u32 point, __s64 ret)
{
	return ret_int[point & (EB_MAX_POINTS - 1)] ? (__s32)ret : ret;
}

static __always_inline int errno_wanted(__s64 ret)
{
	__u64 e = ret < 0 && ret >= -4095 ? -ret : 0;
	return errno_set[e / 64 & 63] >> (e % 64) & 1;
}

/* Is the result wanted? */
static __always_inline int result_wanted(__s64 ret, __u64 time)
{
	if (min_work_time && time < min_work_time)
		return 0;
	return !by_errno || errno_wanted(ret);
}

static __always_inline void fill_work(struct eb_work *k, struct eb_frame *f, struct eb_slot *s, __u8 layer, __s64 ret)
{
	k->begin = f->begin;
	k->cause = s->begin;
	k->request = s->request;
	k->ret = ret;
	k->offset = f->offset;
	k->bytes = f->bytes;
	k->args[0] = f->args[0];
	k->args[1] = f->args[1];
	k->op = f->op;
	k->layer = layer;
	k->context = f->context;
	k->depth = f->depth;
	k->flags = f->flags;
	k->pad = 0;
	__builtin_memset(k->fs, 0, sizeof(k->fs));
}

/* Starts a record of work in the scratch buffer, for sections to follow. Returns who writes it, for work_send. */
static __always_inline __u64 work_start(struct eb_scratch *sc)
{
	__u64 me = bpf_get_current_pid_tgid();
	sc->args[7] = me;	/* another thread may run on this CPU before we are done */
	sc->pos = sizeof(struct eb_work_rec);
	sc->flags = 0;
	return me;
}

/* Writes the record in the scratch buffer, whose work is filled in. */
static __always_inline void work_send(struct eb_scratch *sc, struct eb_slot *s, __u32 slot, __u64 me, __u64 now)
{
	struct eb_rec *head = (void *)sc->buf;
	fill_head(head, s, slot, EB_WORK, now);
	head->abi = EB_ABI_NATIVE;
	if (s->begin) {
		head->abi = s->abi;
		head->nr = s->nr;
	}
	head->flags |= sc->flags;
	__u64 size = sc->pos;
	head->size = size;
	opaque(size);
	if (size > sizeof(sc->buf))
		return;
	if (sc->args[7] != me) {
		sc->args[7] = 0;
		s->lost++;
	} else if (bpf_ringbuf_output(&ring, sc->buf, size, EB_QUIET)) {
		s->lost++;
	}
}

#include "twins.h"

#endif
