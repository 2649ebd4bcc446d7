/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* signals.h - signals that traced threads take, and those that end or miss them. */
#ifndef EB_SIGNALS_H
#define EB_SIGNALS_H

#define SIGKILL 9
#define SIGNAL_GROUP_EXIT 4	/* include/linux/sched/signal.h */
#define TRACE_SIGNAL_DELIVERED 0	/* include/trace/events/signal.h */
#define TRACE_SIGNAL_IGNORED 1
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

#endif
