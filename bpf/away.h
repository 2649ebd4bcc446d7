/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * away.h - how long a call was off the CPU: asleep, or waiting for its turn.
 * Program `task_switch` is only loaded where that is asked for (want_away).
 */
#ifndef EB_AWAY_H
#define EB_AWAY_H

static __always_inline void away_begin(struct eb_slot *s)
{
	if (want_away)
		s->away = s->left = 0;
}

struct eb_away_rec {
	struct eb_call_rec call;
	struct eb_sec sec;
	__u64 away;
};

/* As emit_call of an EB_CALL, with the time off the CPU. */
static __always_inline void emit_call_away(struct eb_slot *s, __u32 slot, __u64 now, __s64 ret)
{
	struct eb_away_rec *r = bpf_ringbuf_reserve(&ring, sizeof(*r), 0);
	if (!r) {
		s->seq++;
		s->lost++;
		return;
	}
	fill_call(&r->call, s, slot, EB_CALL, now, ret);
	r->call.head.size = sizeof(*r);
	__builtin_memset(&r->sec, 0, sizeof(r->sec));
	r->sec.kind = EB_SEC_AWAY;
	r->sec.arg = 255;
	r->sec.flags = EB_S_EXIT | EB_S_KERNEL;
	r->sec.len = sizeof(r->away);
	r->away = s->away;
	bpf_ringbuf_submit(r, EB_QUIET);
}

/* The same as a section of a record that is put together. */
static __always_inline void cap_away(struct eb_scratch *sc, struct eb_slot *s)
{
	if (!want_away)
		return;
	struct eb_sec *sec = sec_begin(sc, EB_SEC_AWAY, EB_TAG(255, EB_S_EXIT | EB_S_KERNEL));
	if (!sec)
		return;
	sec->addr = 0;
	sec->len = sizeof(__u64);
	*(__u64 *)(sec + 1) = s->away;
	sec_end(sc, sizeof(__u64));
}

/*
 * current is still the thread that leaves the CPU, and nothing preempts the
 * scheduler (kernel/sched/core.c, __schedule).
 */
SEC("raw_tp/sched_switch")
int task_switch(__u64 *ctx)
{
	__u32 slot = slot_num(bpf_get_current_pid_tgid());
	struct eb_slot *s = slot ? slot_at(slot) : NULL;
	if (s && s->begin)
		s->left = bpf_ktime_get_ns();
	struct task_struct *next = (void *)ctx[2];
	slot = slot_num(BPF_CORE_READ(next, pid));
	s = slot ? slot_at(slot) : NULL;
	if (s && s->left) {
		s->away += bpf_ktime_get_ns() - s->left;
		s->left = 0;
	}
	return 0;
}

#endif
