/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * helpers.h - threads that io_uring runs for traced ones: workers, and those
 * that poll a submission queue (create_io_thread, Linux 5.12 and 5.10.162).
 * They make no calls and no fork tells of them. What one does is its owner's,
 * but it has a slot of its own, for it runs beside the owner.
 */
#ifndef EB_HELPERS_H
#define EB_HELPERS_H

#define PF_IO_WORKER 0x10	/* include/linux/sched.h */

static __always_inline __u32 mark_helper(struct task_struct *task, struct eb_slot *owner)
{
	__u32 n = mark(task, EB_SLOT_HELPER);
	struct eb_slot *s = n ? slot_at(n) : NULL;
	if (!s)
		return 0;
	s->tid = owner->tid;
	s->pid = owner->pid;
	s->start = owner->start;
	return n;
}

/* kernel/fork.c, copy_process(): the new thread has not run yet. */
EB_PROGRAM("raw_tp/task_newtask", task_helper)
{
	struct task_struct *task = (void *)ctx[0];
	if (!(BPF_CORE_READ(task, flags) & PF_IO_WORKER))
		return;
	__u32 up = slot_num(bpf_get_current_pid_tgid());	/* the owner, or another of its helpers */
	if (!up)	/* a thread of the kernel made it: of the whole process is known whose it is */
		up = slot_num(BPF_CORE_READ(task, tgid));
	struct eb_slot *owner = up ? slot_at(up) : NULL;
	if (owner && !(owner->state & EB_SLOT_ARMED))
		mark_helper(task, owner);
}

#endif
