/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* tree.h - which threads are traced: fork, exec, exit, attach; and their signals. */
#ifndef EB_TREE_H
#define EB_TREE_H

#define CLONE_THREAD 0x10000
#define SIGKILL 9
#define SIGNAL_GROUP_EXIT 4	/* include/linux/sched/signal.h */
#define TRACE_SIGNAL_DELIVERED 0	/* include/trace/events/signal.h */
#define TRACE_SIGNAL_IGNORED 1

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
			fill_head(&r->head, s, slot, EB_END, now);
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

#define SIGINFO_SIZE 48	/* sizeof(struct kernel_siginfo) without its tail of padding */

/* include/linux/sched/signal.h: what the sender gives where the kernel makes the siginfo up */
#define SEND_SIG_NOINFO 0
#define SEND_SIG_PRIV 1
#define SI_KERNEL 0x80	/* include/uapi/asm-generic/siginfo.h; SI_USER is 0 */

/* struct siginfo as far as kill(2) fills it, of 64-bit ABIs */
struct eb_siginfo {
	int signo, errno, code, pad;
	__u32 pid, uid;
};

/* made_up fills in the siginfo that kernel/signal.c, __send_signal_locked(), will make after this. */
static __always_inline void made_up(char *info, int sig, __u64 from)
{
	struct eb_siginfo *i = (void *)info;
	i->signo = sig;
	if (from == SEND_SIG_PRIV) {
		i->code = SI_KERNEL;
		return;
	}
	i->pid = bpf_get_current_pid_tgid() >> 32;
	i->uid = (__u32)bpf_get_current_uid_gid();
}

struct eb_signal_rec {
	struct eb_rec head;
	struct eb_signal body;
	struct eb_sec sec;
	char info[SIGINFO_SIZE];
};

static __always_inline void signal_record(struct eb_slot *s, __u32 slot, int sig, __u64 info, __u64 handler,
					  __u16 flags)
{
	struct eb_signal_rec *r = bpf_ringbuf_reserve(&rare, sizeof(*r), 0);
	if (!r) {
		if (flags & (EB_F_IGNORED | EB_F_SENT)) {
			__sync_fetch_and_add(&lost_unnumbered, 1);
			return;
		}
		s->seq++;
		s->lost++;
		return;
	}
	/* another task may make it: the thread's numbers are not its to give */
	__u32 seq = flags & (EB_F_IGNORED | EB_F_SENT) ? 0 : ++s->seq;
	fill_unnumbered(&r->head, s, slot, EB_SIGNAL, bpf_ktime_get_ns());
	r->head.seq = seq;
	r->head.size = sizeof(*r);
	r->head.flags = flags;
	r->body.signo = sig;
	r->body.pad = 0;
	r->body.handler = handler;
	__builtin_memset(&r->sec, 0, sizeof(r->sec));
	r->sec.kind = EB_SEC_MEM;
	r->sec.flags = EB_S_KERNEL;
	r->sec.arg = 255;
	r->sec.want = SIGINFO_SIZE;
	r->sec.len = SIGINFO_SIZE;
	if (info <= SEND_SIG_PRIV) {
		__builtin_memset(r->info, 0, SIGINFO_SIZE);
		made_up(r->info, sig, info);
	} else if (bpf_probe_read_kernel(r->info, SIGINFO_SIZE, (void *)info)) {
		__builtin_memset(r->info, 0, SIGINFO_SIZE);
		r->sec.err = -EFAULT;
	}
	bpf_ringbuf_submit(r, EB_QUIET);
}

static __always_inline int signal_wanted(int sig)
{
	return sig >= 1 && sig <= 64 && signal_set >> (sig - 1) & 1;
}

/* kernel/signal.c, get_signal(): the thread takes the signal. */
EB_PROGRAM("raw_tp/signal_deliver", signal_taken)
{
	int sig = ctx[0];
	__u32 slot = slot_num(bpf_get_current_pid_tgid());
	struct eb_slot *s = slot ? slot_at(slot) : NULL;
	struct k_sigaction *ka = (void *)ctx[2];
	if (!s || s->state & EB_SLOT_ARMED || !signal_wanted(sig) || sig == SIGKILL)
		return;
	signal_record(s, slot, sig, ctx[1], (__u64)BPF_CORE_READ(ka, sa.sa_handler), 0);
}

/*
 * kernel/signal.c, complete_signal(): a fatal signal without a core dump makes
 * the whole process exit at once; no thread takes it.
 */
static __always_inline int ends_process(struct task_struct *task, int sig)
{
	struct signal_struct *signal = BPF_CORE_READ(task, signal);
	return BPF_CORE_READ(signal, flags) & SIGNAL_GROUP_EXIT && BPF_CORE_READ(signal, group_exit_code) == sig;
}

/* kernel/signal.c, __send_signal_locked(): signals that no thread will take. */
EB_PROGRAM("raw_tp/signal_generate", signal_untaken)
{
	int sig = ctx[0], result = ctx[4];
	struct task_struct *task = (void *)ctx[2];
	if (result != TRACE_SIGNAL_IGNORED && result != TRACE_SIGNAL_DELIVERED)
		return;
	__u32 slot = slot_num(BPF_CORE_READ(task, pid));
	struct eb_slot *s = slot ? slot_at(slot) : NULL;
	if (!s || s->state & (EB_SLOT_ARMED | EB_SLOT_KILLED) || sig == SIGKILL)
		return;
	__u16 flag = EB_F_IGNORED;
	if (result == TRACE_SIGNAL_DELIVERED) {
		if (!ends_process(task, sig))
			return;
		s->state |= EB_SLOT_KILLED;
		flag = EB_F_SENT;
	}
	if (signal_wanted(sig))
		signal_record(s, slot, sig, ctx[1], 0, flag);
}

/* Attach: what to look for, and what the iterator says of each thread that it marks. */
#define EB_MAX_TARGETS 256
#define EB_TREE_DEPTH 64
struct eb_attached {
	__u32 tid, pid;
	__u32 slot;
	__u32 pad;
	__u64 start;
	char comm[16];
};
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, EB_MAX_TARGETS);
	__type(key, __u32);
	__type(value, __u8);
} targets SEC(".maps");
__u8 attach_threads;	/* all threads of the targets, not only the one named */
__u8 attach_descendants;

static __always_inline int is_target(__u32 pid)
{
	return bpf_map_lookup_elem(&targets, &pid) != NULL;
}

SEC("iter/task")
int attach_tasks(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	if (!task)
		return 0;
	int hit = is_target(task->pid) || (attach_threads && is_target(task->tgid));
	/* read by helper: following pointers by type costs the verifier a search through all of BTF each time */
	struct task_struct *up = BPF_CORE_READ(task, group_leader);
	for (int i = 0; attach_descendants && !hit && i < EB_TREE_DEPTH; i++) {
		up = BPF_CORE_READ(up, real_parent);
		__u32 pid = BPF_CORE_READ(up, tgid);
		if (pid <= 1)
			break;
		hit = is_target(pid);
	}
	if (!hit || task->exit_state)
		return 0;
	struct eb_attached a = {.tid = task->pid, .pid = task->tgid, .start = task->start_time};
	int threads = BPF_CORE_READ(task, signal, nr_threads) > 1;
	a.slot = mark(task, EB_SLOT_ATTACHED | (threads ? EB_SLOT_THREADS : 0));
	if (!a.slot)
		return 0;
	bpf_probe_read_kernel(a.comm, 16, &task->comm);
	bpf_seq_write(ctx->meta->seq, &a, sizeof(a));
	return 0;
}

#endif
