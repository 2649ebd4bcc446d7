/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * preempt.h - one thread at a time on a CPU.
 *
 * From Linux 7.0 on (commits f7d327654b88, a46023d5616e) a program at a
 * tracepoint can be preempted. The thread that runs then would find the scratch
 * buffer of its CPU in use; and the kernel would not run a program for it that
 * is not finished on that CPU, but only count the miss. So programs forbid
 * preemption while they work on a traced thread.
 *
 * The loader puts bpf_preempt_disable and bpf_preempt_enable in place of these
 * calls on such kernels, on all others nothing (loader/preempt.go). There it
 * also attaches a second copy of the programs that must not be missed: it does
 * the work if the first one was not run.
 */
#ifndef EB_PREEMPT_H
#define EB_PREEMPT_H

static void (*const preempt_off)(void) = (void *)0x7eb00;
static void (*const preempt_on)(void) = (void *)0x7eb01;
static int (*const second)(void) = (void *)0x7eb02;	/* 1 in the second copy, else 0 */

/* What the first copy leaves in a slot (`turn`), for the second to see. */
enum eb_turn {
	EB_TURN_CALL = 1,	/* the entry was seen, not the exit */
	EB_TURN_EXEC = 2,	/* the exec was seen */
	EB_TURN_EXIT = 4,	/* the exit was seen, where entries are not traced */
};

/* Whether the first copy has done the work, by what it leaves behind. */
#define EB_DONE(trace) (preemptible && second() && (trace))

/* A program that is never preempted. It must make no tail call. */
#define EB_PROGRAM(section, name)                                      \
	static __always_inline void name##_body(__u64 *ctx);           \
	SEC(section) int name(__u64 *ctx)                              \
	{                                                              \
		preempt_off();                                         \
		name##_body(ctx);                                      \
		preempt_on();                                          \
		return 0;                                              \
	}                                                              \
	static __always_inline void name##_body(__u64 *ctx)

#endif
