/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * exec.h - the path and the arguments of an execve whose page was absent at
 * entry, as the kernel copied them into the new program's memory. After a fork
 * that is the rule for constants: the child has no pages of the program file yet.
 *
 * fs/exec.c, copy_string_kernel() and copy_strings(), lay out the new stack:
 * arguments from arg_start to arg_end, environment up to env_end, and there the
 * path. A script's interpreter and its own path come before the arguments.
 */
#ifndef EB_EXEC_H
#define EB_EXEC_H

#define EB_EXEC_ARGS 4096	/* bytes of arguments that are copied */

/* Was the execve's memory incomplete at entry, and is its copy there? */
static __always_inline int exec_again(struct eb_slot *s, __u8 w, int done)
{
	return done && w & EB_W_EXEC && s->retry;
}

/* A section that stands for other memory than it was read from. */
static __always_inline void sec_retitle(struct eb_scratch *sc, __u32 pos, __u8 kind, __u64 addr)
{
	if (pos > EB_BUF_SIZE)
		return;
	struct eb_sec *sec = (void *)(sc->buf + pos);
	sec->kind = kind;
	sec->addr = addr;
}

/* path: the address that the caller gave for the path, 0 if that was read or is another argument's. */
__noinline int cap_exec(__u64 path)
{
	struct eb_scratch *sc = scratch_get();
	if (!sc)
		return 0;
	struct task_struct *task = (void *)bpf_get_current_task();
	struct mm_struct *mm = BPF_CORE_READ(task, mm);
	__u64 start = BPF_CORE_READ(mm, arg_start), size = BPF_CORE_READ(mm, arg_end) - start;
	__u32 pos = sc->pos;
	cap_mem(start, size > EB_EXEC_ARGS ? EB_EXEC_ARGS : size, size > ~0U ? ~0U : size,
		EB_TAG(255, EB_S_EXIT | EB_S_KERNEL));
	if (sc->pos != pos)
		sec_retitle(sc, pos, EB_SEC_ARGS, start);
	if (!path)
		return 0;
	pos = sc->pos;
	cap_str(BPF_CORE_READ(mm, env_end), 4095, EB_TAG(0, EB_S_EXIT | EB_S_RETRY | EB_S_KERNEL));
	if (sc->pos != pos)
		sec_retitle(sc, pos, EB_SEC_STR, path);
	return 0;
}

/* execve's path is argument 0 and its first operation; execveat's is relative to a descriptor. */
static __always_inline void capture_exec(struct eb_slot *s)
{
	__u32 p = s->plan;
	struct eb_plan *plan = bpf_map_lookup_elem(&plans, &p);
	if (!plan)
		return;
	int lacking = s->retry & 1 && plan->ops[0].kind == EB_OP_STR && plan->ops[0].arg == 0;
	cap_exec(lacking ? s->args[0] : 0);
}

#endif
