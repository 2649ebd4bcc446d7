/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* attach.h - the iterator that finds the threads to attach to. */
#ifndef EB_ATTACH_H
#define EB_ATTACH_H

/* What to look for, and what the iterator says of each thread that it marks. */
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
	if (task->flags & PF_IO_WORKER) {	/* no thread of the program's; the leader, which is met first, stands for all */
		__u32 leader = helpers ? slot_num(task->tgid) : 0;
		struct eb_slot *owner = leader ? slot_at(leader) : NULL;
		if (owner)
			mark_helper(task, owner);
		return 0;
	}
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
