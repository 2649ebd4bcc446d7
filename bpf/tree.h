/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* tree.h - which threads are traced: fork, exec, exit. */
#ifndef EB_TREE_H
#define EB_TREE_H

#define CLONE_THREAD 0x10000

struct eb_fork_rec {
	struct eb_rec head;
	struct eb_fork body;
};
struct eb_end_rec {
	struct eb_rec head;
	struct eb_end body;
};

/* A record of fixed size into the ring of rare events; NULL and counted if it is full. */
#define RARE_BEGIN(type, name, s)                                      \
	type *name = bpf_ringbuf_reserve(&rare, sizeof(type), 0);      \
	if (!name) {                                                   \
		(s)->seq++;                                            \
		(s)->lost++;                                           \
	}

/* Gives task a slot. Returns its number, 0 if none is free. */
static __always_inline __u32 mark(struct task_struct *task, __u8 state)
{
	__u32 pid = BPF_CORE_READ(task, pid);
	if (slot_num(pid))
		return 0;
	__u32 n = slot_new();
	struct eb_slot *s = n ? slot_at(n) : NULL;
	if (!s) {
		__sync_fetch_and_add(&lost_slots, 1);
		return 0;
	}
	s->begin = 0;
	s->end = 0;
	s->turn = 0;
	s->tid = pid;
	s->pid = BPF_CORE_READ(task, tgid);
	s->start = BPF_CORE_READ(task, start_time);
	s->seq = 0;
	s->lost = 0;
	s->flags = 0;
	s->retry = 0;
	s->entered = 0;
	s->depth = 0;
	s->request = 0;
	s->plan = 0;
	s->state = EB_SLOT_LIVE | state;
	if (slot_set(pid, n))
		return n;
	__sync_fetch_and_add(&lost_slots, 1);
	slot_free(n);
	return 0;
}

static __always_inline void fork_record(struct eb_slot *s, __u32 slot, __u8 kind, const struct eb_fork *who,
					struct task_struct *child, __u64 now)
{
	RARE_BEGIN(struct eb_fork_rec, r, s)
	if (!r)
		return;
	fill_head(&r->head, s, slot, kind, now);
	r->head.size = sizeof(*r);
	r->body = *who;
	bpf_probe_read_kernel(r->body.comm, 16, &child->comm);
	bpf_ringbuf_submit(r, EB_QUIET);
}

/* The next child of the launching thread is the launched program. */
static __always_inline void adopt(struct task_struct *child, __u32 parent)
{
	if (!launcher_tid || launcher_tid != parent)
		return;
	launcher_tid = 0;
	if (mark(child, EB_SLOT_ARMED | EB_SLOT_FRESH))
		launched_tid = BPF_CORE_READ(child, pid);
}

/* kernel/fork.c, kernel_clone(): the child is complete but has not run yet. */
EB_PROGRAM("raw_tp/sched_process_fork", task_fork)
{
	struct task_struct *child = (void *)ctx[1];
	__u64 id = bpf_get_current_pid_tgid();
	__u32 up = slot_num(id);
	if (!up) {
		adopt(child, id);
		return;
	}
	struct eb_slot *p = slot_at(up);
	if (!p || !follow || EB_DONE(slot_num(BPF_CORE_READ(child, pid))))
		return;
	struct eb_fork who = {
		.parent_tid = p->tid,
		.parent_pid = p->pid,
		.parent_start = p->start,
		.child_tid = BPF_CORE_READ(child, pid),
		.child_pid = BPF_CORE_READ(child, tgid),
		.child_start = BPF_CORE_READ(child, start_time),
	};
	__u64 now = bpf_ktime_get_ns();
	__u8 threads = who.child_pid == who.parent_pid ? EB_SLOT_THREADS : 0;
	p->state |= threads;
	__u32 n = mark(child, EB_SLOT_FRESH | (p->state & EB_SLOT_ARMED) | threads);
	if (p->state & EB_SLOT_ARMED)
		return;
	fork_record(p, up, EB_FORK, &who, child, now);
	struct eb_slot *c = slot_at(n);
	if (n && c)
		fork_record(c, n, EB_CHILD, &who, child, now);
}

/* fs/exec.c: a thread that is not the leader takes over the leader's id. */
EB_PROGRAM("raw_tp/sched_process_exec", task_exec)
{
	struct task_struct *task = (void *)ctx[0];
	__u32 old = ctx[1], pid = bpf_get_current_pid_tgid();
	struct linux_binprm *bprm = (void *)ctx[2];
	__u32 slot = slot_num(old);
	struct eb_slot *s = slot ? slot_at(slot) : NULL;
	if (!s || EB_DONE(s->turn & EB_TURN_EXEC))
		return;
	if (preemptible)
		s->turn |= EB_TURN_EXEC;
	if (!has_entry)	/* the entry of the launched program's execve is not seen */
		s->state &= ~EB_SLOT_ARMED;
	if (s->state & EB_SLOT_ARMED)
		return;
	s->state &= ~EB_SLOT_THREADS;
	if (old != pid) {
		slot_set(old, 0);
		slot_set(pid, slot);
		s->tid = pid;
		s->start = BPF_CORE_READ(task, start_time);
	}
	struct eb_scratch *sc = scratch_get();
	if (!sc)
		return;
	struct eb_exec *e = (void *)(sc->buf + sizeof(struct eb_rec));
	sc->pos = sizeof(struct eb_rec) + sizeof(*e);
	e->old_tid = old;
	e->uid = BPF_CORE_READ(task, cred, euid.val);
	bpf_get_current_comm(e->comm, sizeof(e->comm));
	struct eb_sec *sec = sec_begin(sc, EB_SEC_STR, EB_TAG(0, EB_S_KERNEL));
	if (!sec)
		return;
	char *data = (char *)(sec + 1);
	sec->addr = 0;
	long n = bpf_probe_read_kernel_str(data, EB_PATH_MAX, BPF_CORE_READ(bprm, filename));
	__u64 len = n > 0 ? n - 1 : 0;
	opaque(len);
	if (len > EB_PATH_MAX)
		return;
	*(__u64 *)(data + len) = 0;
	sec->len = len;
	sec_end(sc, len);
	fill_head((struct eb_rec *)sc->buf, s, slot, EB_EXEC, bpf_ktime_get_ns());
	((struct eb_rec *)sc->buf)->size = sc->pos;
	if (bpf_ringbuf_output(&rare, sc->buf, sc->pos & 0x3fff, EB_QUIET))
		s->lost++;
}

/* kernel/exit.c, do_exit(): exit_code is set, the thread runs no more user code. */
EB_PROGRAM("raw_tp/sched_process_exit", task_exit)
{
	struct task_struct *task = (void *)ctx[0];
	__u32 pid = bpf_get_current_pid_tgid(), slot = slot_num(pid);
	struct eb_slot *s = slot ? slot_at(slot) : NULL;
	if (!s)
		return;
	int told = 1;
	__u64 now = bpf_ktime_get_ns();
	if (!(s->state & EB_SLOT_ARMED)) {
		if (s->begin && !count_only && wanted_unfinished(s->begin, now)) {
			s->flags |= EB_F_NORETURN;
			emit_call(s, slot, EB_CALL, now, 0, 1);
		}
		RARE_BEGIN(struct eb_end_rec, r, s)
		if (r) {
			fill_head(&r->head, s, slot, EB_END, now);	/* of a helper: only its numbers end */
			r->head.size = sizeof(*r);
			r->body.status = BPF_CORE_READ(task, exit_code);
			r->body.group_dead = BPF_CORE_READ(task, signal, live.counter) == 0;
			r->body.made = s->seq;
			r->body.pad = 0;
			bpf_ringbuf_submit(r, EB_QUIET);
		}
		told = r != NULL;
	}
	s->begin = 0;
	slot_set(pid, 0);
	s->state = 0;
	if (told)	/* else the slot keeps the count of records for the totals at the end */
		slot_free(slot);
}

#endif
