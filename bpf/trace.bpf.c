//go:build ignore

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* trace.bpf.c - raw sys_enter and sys_exit: the calls of traced threads. */
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
#include "exec.h"
#include "emit.h"
#include "away.h"
#include "filter.h"
#include "tree.h"
#include "signals.h"
#include "helpers.h"
#include "attach.h"
#include "keep.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

static __always_inline int failed(__s64 ret)
{
	return ret < 0 && ret >= -4095;
}

/* -c: adds one call to the table of this CPU. */
static __always_inline void count(struct eb_slot *s, __s64 ret, __u64 took)
{
	__u32 i = EB_NR_SPACE;
	if (s->abi < EB_ABI_COUNT && (__u32)s->nr < EB_MAX_NR)
		i = s->abi * EB_MAX_NR + s->nr;
	struct eb_count *c = bpf_map_lookup_elem(&counts, &i);
	if (!c)
		return;
	c->calls++;
	if (failed(ret))
		c->errors++;
	c->total += took;
	if (took > c->max)
		c->max = took;
	if (took < c->min || c->calls == 1)
		c->min = took;
}

/* Notes the call that s is in, without its begin. Returns what it needs. */
static __always_inline __u8 note_in(struct eb_slot *s, struct task_struct *task, struct pt_regs *regs, int at_exit,
				    long nr, const int typed)
{
	if (at_exit) {
		nr = arch_nr(regs, typed);
		if (nr < 0)	/* the exit of rt_sigreturn: the registers are those of before the signal */
			return 0;
	}
	__u8 abi = arch_abi(task, nr, typed), w = want_of(abi, nr);
	if (s->state & EB_SLOT_ARMED) {
		if (!arch_is_exec(abi, nr))
			return 0;
		s->state &= ~EB_SLOT_ARMED;
	}
	if (!w)
		return 0;
	s->nr = nr;
	s->abi = abi;
	s->want = w;
	s->flags = 0;
	s->retry = 0;
	s->ip = arch_ip(regs, typed);
	arch_args(regs, abi, s->args, typed);
	return w;
}

/*
 * As note_in, for the arguments of sys_enter or sys_exit. The registers are
 * read through pointers that the verifier knows the type of: plain loads.
 * Those in a raw tracepoint's arguments cost helper calls; Linux before 5.15
 * has nothing else (bpf_task_pt_regs, bpf_get_current_task_btf: 5.11).
 */
static __always_inline __u8 note_call(struct eb_slot *s, __u64 *ctx, int at_exit)
{
	struct task_struct *task;
	if (!bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_task_pt_regs)) {
		task = (void *)bpf_get_current_task();
		return note_in(s, task, (void *)ctx[0], at_exit, ctx[1], 0);
	}
	task = bpf_get_current_task_btf();
	return note_in(s, task, (void *)bpf_task_pt_regs(task), at_exit, ctx[1], 1);
}

/* The kernel did not run sys_exit for the call in s. */
static __always_inline void lose_call(struct eb_slot *s)
{
	if (!count_only && !(filters & EB_FILTER_AT_EXIT)) {
		s->seq++;
		s->lost++;
	}
	s->begin = 0;
}

/* The entry of a call. Returns whether the program `copy` is to go on. */
static __always_inline int enter(__u64 *ctx, struct eb_slot *s, __u32 slot)
{
	s->entered = 1;
	if (EB_DONE(s->turn & EB_TURN_CALL))
		return 0;
	if (preemptible) {
		s->turn |= EB_TURN_CALL;
		if (s->begin)
			lose_call(s);
	}
	__u8 w = note_call(s, ctx, 0);
	if (!w)
		return 0;
	if ((!count_only && w & (EB_W_ENTRY_OPS | EB_W_EXIT_OPS | EB_W_VARIANT)) || filters & (EB_FILTER_FD | EB_FILTER_PATH))
		s->plan = find_plan(s, w);
	if (filters && !wanted_at_entry(s))
		return 0;
	__u64 now = bpf_ktime_get_ns();
	if (!count_only) {
		if (w & EB_W_NORETURN) {
			s->begin = now;
			s->flags |= EB_F_NORETURN;
			if (wanted_unfinished(now, now))
				emit_call(s, slot, EB_CALL, now, 0, 0);
			s->begin = 0;
			return 0;
		}
	} else if (w & EB_W_NORETURN) {
		count(s, 0, 0);
		return 0;
	}
	away_begin(s);
	s->begin = now;
	if (count_only)
		return 0;
	if (w & EB_W_ENTRY_OPS && (!(filters & EB_FILTER_AT_EXIT) || w & EB_W_EXEC))
		return 1;
	if (w & EB_W_ENTER_HALF) {
		emit_call(s, slot, EB_ENTER, now, 0, 0);
		s->flags |= EB_F_ENTERED;
	}
	return 0;
}

/* A program for one half of a call; copying, in its tail, is not done with preemption off. */
#define EB_HALF(name, half)                                            \
	SEC("raw_tp/" #name) int name(__u64 *ctx)                      \
	{                                                              \
		__u32 slot = slot_num(bpf_get_current_pid_tgid());     \
		struct eb_slot *s = slot ? slot_at(slot) : NULL;       \
		if (!s)                                                \
			return 0;                                      \
		preempt_off();                                         \
		int more = half(ctx, s, slot);                         \
		preempt_on();                                          \
		if (more)                                              \
			bpf_tail_call(ctx, &tails, 0);                 \
		return 0;                                              \
	}

EB_HALF(sys_enter, enter)

/* Is the memory of the entry to be read at the exit, once more or for the first time? */
static __always_inline int entry_again(struct eb_slot *s, __u8 w, __s64 ret)
{
	if (w & EB_W_EXEC && !failed(ret))
		return 0;	/* the old memory is gone */
	return s->retry || s->flags & EB_F_THREADS || (filters & EB_FILTER_AT_EXIT && w & EB_W_ENTRY_OPS);
}

/*
 * The exit of a call whose entry was not seen: attached meanwhile, only exits
 * are traced, or a seccomp filter answered before sys_enter (kernel/entry, 5.10).
 */
static __always_inline __u8 note_exit(struct eb_slot *s, __u64 *ctx, int entered)
{
	if (s->state & EB_SLOT_FRESH) {
		s->state &= ~EB_SLOT_FRESH;
		return 0;
	}
	if (s->state & EB_SLOT_ATTACHED)
		s->state &= ~EB_SLOT_ATTACHED;
	else if (entered)	/* and it was not wanted */
		return 0;
	__u8 w = note_call(s, ctx, 1);
	if (!w)
		return 0;
	s->flags = has_entry ? EB_F_NOENTRY : EB_F_EXITONLY;
	if (w & (EB_W_ENTRY_OPS | EB_W_EXIT_OPS | EB_W_VARIANT))
		s->plan = find_plan(s, w);
	if (w & EB_W_ENTRY_OPS)
		s->retry = ~0U;	/* all of them: nothing was read at entry */
	if (filters && !wanted_at_entry(s))
		return 0;
	return w;
}

/* Whether the call that ends is the one that s noted when it began. */
static __always_inline int same_call(struct eb_slot *s, __u64 *ctx)
{
	if (!bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_task_pt_regs))
		return 1;
	struct pt_regs *regs = (void *)bpf_task_pt_regs(bpf_get_current_task_btf());
	long nr = arch_nr(regs, 1);
	return nr < 0 || arch_is_exec(s->abi, s->nr) || (nr == s->nr && arch_ip(regs, 1) == s->ip);
}

/* Whether the first copy has seen this exit. Without entries nothing but its mark tells. */
static __always_inline int exit_done(struct eb_slot *s)
{
	__u8 turn = s->turn;
	s->turn = 0;
	if (!second()) {
		if (!has_entry)
			s->turn = EB_TURN_EXIT;
		return 0;
	}
	return has_entry ? !(turn & EB_TURN_CALL) : turn & EB_TURN_EXIT;
}

/* The exit of a call. Returns whether the program `copy` is to go on. */
static __always_inline int leave(__u64 *ctx, struct eb_slot *s, __u32 slot)
{
	if (preemptible) {
		if (exit_done(s))
			return 0;
		if (s->begin && !same_call(s, ctx)) {
			lose_call(s);
			s->entered = 0;	/* nor was the entry of this one seen */
		}
	}
	__u8 w, entered = s->entered;
	__u64 begin = s->begin;
	s->entered = 0;
	if (begin)
		w = s->want;
	else
		w = note_exit(s, ctx, entered);
	if (!w)
		return 0;
	if (s->state & (EB_SLOT_FRESH | EB_SLOT_ATTACHED))
		s->state &= ~(EB_SLOT_FRESH | EB_SLOT_ATTACHED);
	__s64 ret = ctx[1];
	__u64 now = bpf_ktime_get_ns();
	if (filters & EB_FILTER_AT_EXIT && !wanted_at_exit(ret, begin, now)) {
		s->begin = 0;
		return 0;
	}
	if (count_only)
		count(s, ret, begin ? now - begin : 0);
	else if (!(w & EB_W_NO_EXIT_HALF)) {
		if (w & EB_W_EXIT_OPS || (w & EB_W_ENTRY_OPS && (entry_again(s, w, ret) || exec_again(s, w, !failed(ret))))) {
			s->end = now;
			s->ret = ret;
			return 1;
		}
		if (want_away && begin)
			emit_call_away(s, slot, now, ret);
		else
			emit_call(s, slot, EB_CALL, now, ret, 0);
	}
	s->begin = 0;
	return 0;
}

EB_HALF(sys_exit, leave)

static __always_inline void copy_at_entry(struct eb_slot *s, __u32 slot, __u8 w)
{
	struct eb_scratch *sc = scratch_begin(s, 0, 0);
	if (!sc)
		return;
	if (s->state & EB_SLOT_THREADS)
		s->flags |= EB_F_THREADS;
	s->retry = capture(s->plan, EB_AT_ENTRY, 0, 0);
	if (sc->pos == sizeof(struct eb_call_rec) && !(w & EB_W_ENTER_HALF))
		return;
	scratch_emit(sc, s, slot, EB_ENTER, s->begin, 0);
	s->flags |= EB_F_ENTERED;
}

static __always_inline void copy_at_exit(struct eb_slot *s, __u32 slot, __u8 w)
{
	__s64 ret = s->ret;
	struct eb_scratch *sc = scratch_begin(s, ret, 1);
	if (!sc)
		return;
	__u8 due = failed(ret) ? EB_AT_EXIT_ALWAYS : EB_AT_EXIT | EB_AT_EXIT_ALWAYS;
	if (filters & EB_FILTER_AT_EXIT && !(w & EB_W_EXEC))
		due |= EB_AT_ENTRY;
	int again = entry_again(s, w, ret);
	capture(s->plan, due, again ? s->retry : 0, EB_S_EXIT);
	if (again && s->flags & EB_F_THREADS)
		recheck(s->plan);
	if (exec_again(s, w, !failed(ret)))
		capture_exec(s);
	if (s->begin)
		cap_away(sc, s);
	scratch_emit(sc, s, slot, EB_CALL, s->end, ret);
	s->end = 0;
	s->begin = 0;
}

/*
 * The tail of sys_enter and sys_exit for calls with memory to copy. It is a
 * program of its own because the verifier takes longest for it: so it does once.
 */
EB_PROGRAM("raw_tp", copy)
{
	__u32 slot = slot_num(bpf_get_current_pid_tgid());
	struct eb_slot *s = slot ? slot_at(slot) : NULL;
	if (!s)
		return;
	__u8 w = s->want;
	if (s->end)
		copy_at_exit(s, slot, w);
	else
		copy_at_entry(s, slot, w);
}
