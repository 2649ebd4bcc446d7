//go:build ignore

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * uring.bpf.c - the requests of io_uring, by its tracepoints: what is submitted,
 * what completes; and by a probe which of them a thread works on.
 */
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
#include "vectors.h"
#include "capture.h"
#include "emit.h"
#include "uring.h"
#include "probe.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Where the request stands in the record of its submission. */
#define EB_REQUEST_AT (sizeof(struct eb_work_rec) + sizeof(struct eb_sec))
#define EB_SQE_AT (EB_REQUEST_AT + sizeof(struct eb_request))

static __always_inline struct eb_uring_lost *lost_at(void)
{
	__u32 zero = 0;
	return bpf_map_lookup_elem(&uring_lost, &zero);
}

/* The descriptor of a ring; of one that was there before the trace, that of the call in s. */
static __always_inline __s32 ring_of(__u64 ring, struct eb_slot *s)
{
	__s32 *known = bpf_map_lookup_elem(&rings, &ring), fd = -1;
	if (known)
		return *known;
	if (s->begin && s->nr == EB_NR_URING_ENTER && !(s->args[3] & IORING_ENTER_REGISTERED_RING)) {
		fd = s->args[0];
		bpf_map_update_elem(&rings, &ring, &fd, BPF_ANY);
	}
	return fd;
}

/* io_uring/io_uring.c, io_uring_create(): the ring has its descriptor. */
EB_PROGRAM("raw_tp/io_uring_create", ring_made)
{
	__u64 ring = ctx[1];
	__s32 fd = ctx[0];
	if (slot_num(bpf_get_current_pid_tgid()))
		bpf_map_update_elem(&rings, &ring, &fd, BPF_ANY);
}

/*
 * The entry that the kernel took from the submission queue last, `back` before
 * it (io_uring/io_uring.c, io_get_sqe()): it is in memory that the program can
 * write to, so it is not said to be what the kernel read.
 */
static __always_inline __u64 sqe_taken(struct io_ring_ctx *ring, __u32 back)
{
	__u32 entries = BPF_CORE_READ(ring, sq_entries), flags = BPF_CORE_READ(ring, flags);
	__u32 at = (BPF_CORE_READ(ring, cached_sq_head) - 1 - back) & (entries - 1);
	__u32 *array = BPF_CORE_READ(ring, sq_array);
	if (array && !(flags & IORING_SETUP_NO_SQARRAY)) {
		if (bpf_probe_read_kernel(&at, 4, array + at) || at >= entries)
			return 0;
	}
	__u64 size = flags & IORING_SETUP_SQE128 ? 2 * EB_SQE_SIZE : EB_SQE_SIZE;
	return (__u64)BPF_CORE_READ(ring, sq_sqes) + at * size;
}

/* Reads a submission queue entry to its place in the record. Is it that of the request? */
static __always_inline int read_sqe(struct eb_scratch *sc, __u64 from, __u8 op, __u64 user_data)
{
	struct eb_sqe *q = (void *)(sc->buf + EB_SQE_AT);
	return from && !bpf_probe_read_kernel(q, EB_SQE_SIZE, (void *)from) && q->opcode == op && q->user_data == user_data;
}

/* A member of the entry, extended to 64 bits. */
static __always_inline __u64 member_of(struct eb_scratch *sc, const struct eb_member *m)
{
	__u64 off = m->off & (EB_SQE_SIZE - 1);
	opaque(off);
	off &= EB_SQE_SIZE - 1;
	const char *p = sc->buf + EB_SQE_AT + off;
	switch (m->size) {
	case 8:
		return *(const __u64 *)p;
	case 4:
		return m->sign ? (__u64)(__s64)*(const __s32 *)p : *(const __u32 *)p;
	case 2:
		return *(const __u16 *)p;
	case 1:
		return *(const __u8 *)p;
	}
	return 0;
}

#define EB_AT_FD 4	/* offset of fd in struct io_uring_sqe */

/* Puts the request's arguments where those of a call are. */
static __always_inline void take_args(struct eb_scratch *sc, struct eb_inflight *f, struct eb_request_op *op)
{
	struct eb_sqe *q = (void *)(sc->buf + EB_SQE_AT);
	for (int i = 0; i < 6; i++) {
		__u64 v = member_of(sc, &op->args[i]);
		if (q->flags & IOSQE_FIXED_FILE && op->args[i].off == EB_AT_FD)
			v = -1;	/* no descriptor */
		sc->args[i] = f->args[i] = v;
	}
	sc->args[EB_ARG_RET] = 0;
	sc->at_exit = 0;
	f->plan = op->plan;
	f->direct = op->flags & EB_Q_MAKES_FD && q->file_index;
}

/* Counts requests in flight of the same ring and user_data. */
static __always_inline void data_more(struct eb_data_key *key, __u64 req)
{
	struct eb_same_data *d = bpf_map_lookup_elem(&same_data, key);
	if (d) {
		d->req = req;
		__sync_fetch_and_add(&d->n, 1);
		return;
	}
	struct eb_same_data one = {.req = req, .n = 1};
	bpf_map_update_elem(&same_data, key, &one, BPF_ANY);
}

static __always_inline void data_less(struct eb_data_key *key)
{
	struct eb_same_data *d = bpf_map_lookup_elem(&same_data, key);
	if (!d)
		return;
	if (d->n <= 1)
		bpf_map_delete_elem(&same_data, key);
	else
		__sync_fetch_and_add(&d->n, -1);
}

/* Keeps f until the request is complete. What has that address still has ended unseen. */
static __always_inline void keep_request(__u64 req, struct eb_inflight *f)
{
	struct eb_data_key key = {.ring = f->ring, .user_data = f->who.user_data};
	struct eb_inflight *old = bpf_map_lookup_elem(&requests, &req);
	if (old) {
		struct eb_data_key before = {.ring = old->ring, .user_data = old->who.user_data};
		data_less(&before);
	}
	if (!bpf_map_update_elem(&requests, &req, f, BPF_ANY)) {
		data_more(&key, req);
		return;
	}
	struct eb_uring_lost *lost = lost_at();
	if (lost)
		__sync_fetch_and_add(&lost->untracked, 1);
}

/* The numbers of a record of a request. */
static __always_inline void fill_request(struct eb_scratch *sc, struct eb_slot *s, __u64 begin, __u16 op, __s64 ret,
					 __u8 flags)
{
	struct eb_work *k = (void *)(sc->buf + sizeof(struct eb_rec));
	__builtin_memset(k, 0, sizeof(*k));
	k->begin = k->request = begin;
	k->cause = s ? s->begin : 0;
	k->ret = ret;
	k->offset = -1;
	k->op = op;
	k->layer = EB_LAYER_URING;
	k->context = EB_BY_URING;
	k->flags = flags;
}

/* Not a function of its own: with those that copy its memory they would be too many deep.
 * A request is submitted by the thread of slot; sqe: its entry, 0: the one that was taken last. */
static __always_inline int submitted(__u32 slot, __u64 req, __u64 ring, __u64 sqe)
{
	struct eb_scratch *sc = scratch_get();
	struct eb_slot *s = slot_at(slot);
	struct io_kiocb *r = (void *)req;
	if (!sc || !s || s->state & EB_SLOT_ARMED)
		return 0;
	__u64 user_data;
	if (bpf_core_field_exists(((struct io_kiocb___new *)r)->cqe))
		user_data = BPF_CORE_READ((struct io_kiocb___new *)r, cqe.user_data);
	else
		user_data = BPF_CORE_READ((struct io_kiocb___old *)r, user_data);
	__u8 op = BPF_CORE_READ(r, opcode);
	__u32 nr = op;
	struct eb_request_op *plan = bpf_map_lookup_elem(&request_plans, &nr);
	if (!plan || !op_wanted(op))
		return 0;
	__u64 me = work_start(sc);
	struct eb_sec *sec = sec_begin(sc, EB_SEC_REQUEST, EB_TAG(255, EB_S_KERNEL));
	if (!sec)
		return 0;
	struct eb_request *q = (void *)(sc->buf + EB_REQUEST_AT);
	struct eb_inflight *f = (void *)sc->path;
	__builtin_memset(q, 0, sizeof(*q));
	__builtin_memset(f, 0, sizeof(*f));
	if (!sqe)
		sqe = sqe_taken((void *)ring, 0);
	if (!read_sqe(sc, sqe, op, user_data) && !read_sqe(sc, sqe_taken((void *)ring, 1), op, user_data)) {
		__builtin_memset(sc->buf + EB_SQE_AT, 0, EB_SQE_SIZE);
		q->flags = EB_Q_UNREAD;
	}
	sec->addr = 0;
	sec->len = sec->want = sizeof(*q) + EB_SQE_SIZE;
	sec_end(sc, sizeof(*q) + EB_SQE_SIZE);
	f->begin = bpf_ktime_get_ns();
	q->cause = s->begin;
	q->user_data = user_data;
	q->start = s->start;
	q->tid = s->tid;
	q->pid = s->pid;
	q->ring = ring_of(ring, s);
	if (s->state & EB_SLOT_HELPER)
		q->ran = EB_RAN_SQPOLL;
	else if (arch_abi((void *)bpf_get_current_task(), 0, 0) != EB_ABI_NATIVE)
		q->flags |= EB_Q_COMPAT;
	f->who = *q;
	f->ring = ring;
	f->op = op;
	take_args(sc, f, plan);
	keep_request(req, f);
	if (!show_requests)
		return 0;
	__u64 begin = f->begin;
	__u32 p = f->plan, retry = 0;
	if (!(q->flags & (EB_Q_UNREAD | EB_Q_COMPAT)))
		retry = capture(p, EB_AT_ENTRY, 0, 0);	/* from here on sc->path is in use */
	if (retry) {
		f = bpf_map_lookup_elem(&requests, &req);
		if (f)
			f->retry = retry;
	}
	fill_request(sc, s, begin, op, 0, EB_WORK_SUBMITTED);
	work_send(sc, s, slot, me, begin);
	return 0;
}

/* io_uring/io_uring.c, io_submit_sqe(): the request is prepared. */
static __always_inline void at_submit(__u64 req, __u64 sqe)
{
	__u32 slot = slot_num(bpf_get_current_pid_tgid());
	if (slot)
		submitted(slot, req, (__u64)BPF_CORE_READ((struct io_kiocb *)req, ctx), sqe);
}

EB_PROGRAM("raw_tp/io_uring_submit_req", request_submitted)
{
	at_submit(submit_late ? ctx[1] : ctx[0], 0);
}

/* What cannot be prepared fails, and is then complete as any other. */
EB_PROGRAM("raw_tp/io_uring_req_failed", request_refused)
{
	at_submit(ctx[1], ctx[0]);
}

/* io_queue_iowq() gives it to a worker; io_arm_poll_handler() makes it wait. */
static __always_inline void mark_ran(__u64 req, __u8 ran)
{
	struct eb_inflight *f = bpf_map_lookup_elem(&requests, &req);
	if (f)
		f->who.ran |= ran;
}
EB_PROGRAM("raw_tp/io_uring_queue_async_work", request_async)
{
	mark_ran(submit_late ? ctx[2] : ctx[0], EB_RAN_WORKER);
}
EB_PROGRAM("raw_tp/io_uring_poll_arm", request_polled)
{
	mark_ran(submit_late ? ctx[1] : ctx[0], EB_RAN_POLLED);
}

struct eb_completion {
	__u64 ring, req, user_data;
	__s32 res;
	__u32 flags;	/* IORING_CQE_F_* */
	__u32 how;	/* enum eb_request_flag */
};

/* Finds the request that a completion is of; NULL: not known, or not which of several. */
static __always_inline struct eb_inflight *find_request(struct eb_completion *c, struct eb_data_key *key)
{
	struct eb_inflight *f = c->req ? bpf_map_lookup_elem(&requests, &c->req) : NULL;
	if (f && f->ring == c->ring)
		return f;
	struct eb_same_data *d = bpf_map_lookup_elem(&same_data, key);
	if (!d)
		return NULL;
	if (d->n > 1) {
		c->how |= EB_Q_ONE_OF;
		return NULL;
	}
	c->req = d->req;
	f = bpf_map_lookup_elem(&requests, &c->req);
	return f && f->ring == c->ring ? f : NULL;
}

/* Copies what the request has filled in, if this is a thread of its process. */
static __always_inline void capture_done(struct eb_scratch *sc, struct eb_inflight *f, __s32 res)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32;
	if (pid != f->who.pid || f->who.flags & (EB_Q_UNREAD | EB_Q_COMPAT))
		return;
	for (int i = 0; i < 6; i++)
		sc->args[i] = f->args[i];
	sc->args[EB_ARG_RET] = f->direct ? -1 : (__s64)res;
	sc->at_exit = 1;
	capture(f->plan, res < 0 ? EB_AT_EXIT_ALWAYS : EB_AT_EXIT | EB_AT_EXIT_ALWAYS, f->retry, EB_S_EXIT);
}

/* Writes a completion where no traced thread posts it: without a number. */
static __always_inline void send_unnumbered(struct eb_scratch *sc, struct eb_request *q, __u64 now)
{
	struct eb_rec *head = (void *)sc->buf;
	__u64 size = sc->pos;
	__builtin_memset(head, 0, sizeof(*head));
	head->size = size;
	head->kind = EB_WORK;
	head->abi = EB_ABI_NATIVE;
	head->flags = sc->flags;
	head->tid = q->tid;
	head->pid = q->pid;
	head->start = q->start;
	head->time = now;
	opaque(size);
	if (size > sizeof(sc->buf))
		return;
	struct eb_uring_lost *lost = lost_at();
	if (bpf_ringbuf_output(&ring, sc->buf, size, EB_QUIET) && lost)
		__sync_fetch_and_add(&lost->unnumbered, 1);
}

/* A completion is posted. */
static __always_inline void completed(struct eb_completion *c)
{
	struct eb_data_key key = {.ring = c->ring, .user_data = c->user_data};
	struct eb_inflight *f = find_request(c, &key);
	__u32 slot = slot_num(bpf_get_current_pid_tgid());
	struct eb_slot *s = slot ? slot_at(slot) : NULL;
	struct eb_scratch *sc = scratch_get();
	if (!sc || (s && s->state & EB_SLOT_ARMED) || (!s && !f && !(c->how & EB_Q_ONE_OF)))
		return;
	if (show_requests) {
		struct io_kiocb *r = (void *)c->req;
		__u16 op = EB_NO_OP;
		if (f)
			op = f->op;
		else if (r)
			op = BPF_CORE_READ(r, opcode);
		if (op != EB_NO_OP && !op_wanted(op))
			return;
		__u64 me = work_start(sc), now = bpf_ktime_get_ns();
		struct eb_sec *sec = sec_begin(sc, EB_SEC_REQUEST, EB_TAG(255, EB_S_KERNEL));
		if (!sec)
			return;
		struct eb_request *q = (void *)(sc->buf + EB_REQUEST_AT);
		__builtin_memset(q, 0, sizeof(*q));
		if (f) {
			*q = f->who;
		} else if (s) {
			q->start = s->start;
			q->tid = s->tid;
			q->pid = s->pid;
			q->ring = ring_of(c->ring, s);
		}
		q->user_data = c->user_data;
		q->cqe_flags = c->flags;
		q->flags |= c->how;
		sec->addr = 0;
		sec->len = sec->want = sizeof(*q);
		sec_end(sc, sizeof(*q));
		if (f)
			capture_done(sc, f, c->res);
		fill_request(sc, s, f ? f->begin : 0, op, c->res, 0);
		if (s)
			work_send(sc, s, slot, me, now);
		else
			send_unnumbered(sc, q, now);
	}
	if (c->flags & IORING_CQE_F_MORE)
		return;
	if (f)
		bpf_map_delete_elem(&requests, &c->req);
	if (f || c->how & EB_Q_ONE_OF)
		data_less(&key);
}

EB_PROGRAM("raw_tp/io_uring_complete", request_complete)
{
	struct eb_completion c = {.ring = ctx[0]};
	if (complete_shape == EB_COMPLETE_DATA) {
		c.user_data = ctx[1];
		c.res = ctx[2];
		c.flags = ctx[3];
	} else if (complete_shape == EB_COMPLETE_REQ) {
		c.req = ctx[1];
		c.user_data = ctx[2];
		c.res = ctx[3];
		c.flags = ctx[4];
	} else {
		struct io_uring_cqe *cqe = (void *)ctx[2];
		c.req = ctx[1];
		c.user_data = BPF_CORE_READ(cqe, user_data);
		c.res = BPF_CORE_READ(cqe, res);
		c.flags = BPF_CORE_READ(cqe, flags);
	}
	completed(&c);
}

/* io_cqring_event_overflow(): io_uring_complete does not tell of these. */
EB_PROGRAM("raw_tp/io_uring_cqe_overflow", request_overflow)
{
	struct eb_completion c = {.ring = ctx[0], .user_data = ctx[1], .res = ctx[2], .flags = ctx[3]};
	c.how = ctx[4] ? EB_Q_OVERFLOW : EB_Q_OVERFLOW | EB_Q_DROPPED;
	completed(&c);
}

/* io_issue_sqe() runs a request: what is done below it is done for it. */
__noinline int issue_begin(__u32 slot, __u32 point, __u32 op)
{
	struct eb_works *w = works_at(slot);
	struct eb_slot *s = slot_at(slot);
	if (!w || !s)
		return 0;
	__u64 req = arg_of(w, point, 0);
	struct eb_inflight *f = bpf_map_lookup_elem(&requests, &req);
	if (!f)
		return 0;
	w->depth = 1;
	s->request = f->begin;
	s->work_of = f->begin;
	s->depth = show_requests;
	return 0;
}

__noinline int issue_end(__u32 slot, __u32 point, __s64 ret)
{
	struct eb_works *w = works_at(slot);
	struct eb_slot *s = slot_at(slot);
	if (!w || !s)
		return 0;
	w->depth = 0;
	s->request = 0;
	return 0;
}

EB_TWINS(issue, 0, issue_begin, issue_end)

const struct eb_request *keep_request_type __attribute__((unused));
const struct eb_request_op *keep_request_op __attribute__((unused));
const struct eb_uring_lost *keep_lost __attribute__((unused));
const enum eb_ran *keep_ran __attribute__((unused));
const enum eb_request_flag *keep_request_flag __attribute__((unused));
const enum eb_request_op_flag *keep_request_op_flag __attribute__((unused));
const enum eb_complete_shape *keep_complete_shape __attribute__((unused));
const enum eb_uring_point *keep_uring_point __attribute__((unused));
