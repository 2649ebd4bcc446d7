/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* twins.h - the programs of one probed function: fentry and fexit, kprobe and kretprobe. */
#ifndef EB_TWINS_H
#define EB_TWINS_H

/*
 * Word i of a typed context. The compiler must not compute its address, as it
 * would for a switch: the verifier wants it constant.
 */
#define EB_CTX(ctx, i) ({                                                \
	__u64 word;                                                      \
	asm volatile("%0 = *(u64 *)(%1 + %2)" : "=r"(word) : "r"(ctx), "i"(8 * (i))); \
	word;                                                            \
})

/* Argument i of a function: pruned to one load, for nargs is a constant to the verifier. */
#define EB_RAW(w, ctx, p, i)                     \
	if (nargs[p] > i)                        \
		(w)->raw[i] = EB_CTX(ctx, i);
#define EB_RAW_ALL(w, ctx, p)                                            \
	EB_RAW(w, ctx, p, 0) EB_RAW(w, ctx, p, 1) EB_RAW(w, ctx, p, 2)   \
	EB_RAW(w, ctx, p, 3) EB_RAW(w, ctx, p, 4) EB_RAW(w, ctx, p, 5)

/* The thread's place, or leave: all that a bystander pays. */
#define EB_TRACED(slot, w)                                               \
	__u32 slot = slot_num(bpf_get_current_pid_tgid());               \
	struct eb_works *w = slot ? works_at(slot) : NULL;               \
	if (!w)                                                          \
		return 0;

/*
 * A load from the context at a constant offset. The compiler would make one
 * load of several, at an offset that it computes: the verifier refuses that.
 */
#define EB_RESULT_AT(i)                                                  \
	case i:                                                          \
		asm volatile("%0 = *(u64 *)(%1 + " #i " * 8)" : "=r"(ret) : "r"(ctx)); \
		break;

/*
 * The result of a function, which stands behind its arguments. By way of memory:
 * else the verifier takes a pointer for one, which end() does not accept.
 */
static __always_inline __s64 typed_result(struct eb_works *w, __u64 *ctx, __u32 n)
{
	__s64 ret = 0;
	switch (n) {
	EB_RESULT_AT(1)
	EB_RESULT_AT(2)
	EB_RESULT_AT(3)
	EB_RESULT_AT(4)
	EB_RESULT_AT(5)
	EB_RESULT_AT(6)
	}
	volatile __u64 *kept = &w->raw[7];
	*kept = ret;
	return *kept;
}

/*
 * Has the other copy of this program (preempt.h) done the work for this run of
 * the function? Both find its arguments at one address. A mark that was left
 * because the other copy was missed costs an event at most where this one is
 * missed in turn, so that of both copies' misses the lesser bounds the loss.
 */
static __always_inline int turn_taken(struct eb_works *w, __u64 *ctx, __u32 what)
{
	if (!preemptible)
		return 0;
	__u32 mine = what << 2 | (second() ? 2 : 1), others = mine ^ 3;
	int done = w->turn == others && w->turn_ctx == (__u64)ctx;
	w->turn = done ? 0 : mine;
	w->turn_ctx = (__u64)ctx;
	return done;
}

/*
 * Twins for the begin of one function: fentry, kprobe. The function in SEC is
 * the loader's to change. `other` is for threads that are not traced; it finds
 * the arguments in `a`.
 */
#define EB_ENTRY_TWINS_FOR(name, body, other)                            \
	SEC("fentry/vfs_read") int name##_fentry(__u64 *ctx)             \
	{                                                                \
		__u32 slot = slot_num(bpf_get_current_pid_tgid());       \
		struct eb_works *w = slot ? works_at(slot) : NULL;       \
		if (!w) {                                                \
			__u64 *a __attribute__((unused)) = ctx;          \
			other;                                           \
			return 0;                                        \
		}                                                        \
		preempt_off();                                           \
		if (!turn_taken(w, ctx, EB_P_##name)) {                  \
			EB_RAW_ALL(w, ctx, EB_P_##name)                  \
			body;                                            \
		}                                                        \
		preempt_on();                                            \
		return 0;                                                \
	}                                                                \
	SEC("kprobe") int name##_kprobe(struct pt_regs *regs)            \
	{                                                                \
		__u32 slot = slot_num(bpf_get_current_pid_tgid());       \
		struct eb_works *w = slot ? works_at(slot) : NULL;       \
		if (!w) {                                                \
			__u64 a[EB_RAW_ARGS] __attribute__((unused));    \
			arch_fn_args(regs, a);                           \
			other;                                           \
			return 0;                                        \
		}                                                        \
		arch_fn_args(regs, w->raw);                              \
		body;                                                    \
		return 0;                                                \
	}
#define EB_ENTRY_TWINS(name, body) EB_ENTRY_TWINS_FOR(name, body, )

/* Twins for its end, which is of interest to a thread with frames only. */
#define EB_EXIT_TWINS(name, end)                                         \
	SEC("fexit/vfs_read") int name##_fexit(__u64 *ctx)               \
	{                                                                \
		EB_TRACED(slot, w)                                       \
		if (!w->depth && !preemptible)                           \
			return 0;                                        \
		preempt_off();                                           \
		if (!turn_taken(w, ctx, EB_P_##name | EB_MAX_POINTS) && w->depth) \
			end(slot, EB_P_##name, typed_result(w, ctx, nargs[EB_P_##name])); \
		preempt_on();                                            \
		return 0;                                                \
	}                                                                \
	SEC("kretprobe") int name##_kretprobe(struct pt_regs *regs)      \
	{                                                                \
		EB_TRACED(slot, w)                                       \
		if (w->depth)                                            \
			end(slot, EB_P_##name, arch_fn_ret(regs));       \
		return 0;                                                \
	}

#define EB_TWINS(name, op, begin, end)                                   \
	EB_ENTRY_TWINS(name, begin(slot, EB_P_##name, op))               \
	EB_EXIT_TWINS(name, end)

#endif
