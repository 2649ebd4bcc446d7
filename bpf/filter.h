/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* filter.h - is this task, this call wanted? */
#ifndef EB_FILTER_H
#define EB_FILTER_H

/* Place of a number in [abi][nr], EB_NR_SPACE or more if it has none. */
static __always_inline __u64 nr_index(__u8 abi, __u32 nr)
{
	__u64 i = nr < EB_MAX_NR ? (__u64)abi * EB_MAX_NR + nr : EB_NR_SPACE;
	opaque(i);	/* the verifier then sees the caller's test of i itself */
	return i;
}

/* What call nr of an ABI needs (enum eb_want). */
static __always_inline __u8 want_of(__u8 abi, __u32 nr)
{
	__u64 i = nr_index(abi, nr);
	return i < EB_NR_SPACE ? want[i] : want_unknown;
}

static __always_inline __u32 plan_of(__u8 abi, __u32 nr)
{
	__u64 i = nr_index(abi, nr);
	return i < EB_NR_SPACE ? dispatch[i] : 0;
}

/* The plan of the call in s, after its argument has chosen among variants. */
static __always_inline __u32 find_plan(struct eb_slot *s, __u8 w)
{
	__u32 p = plan_of(s->abi, s->nr);
	if (!(w & EB_W_VARIANT))
		return p;
	struct eb_plan *plan = bpf_map_lookup_elem(&plans, &p);
	if (!plan)
		return 0;
	struct eb_variant_key key = {.plan = p};
	__u64 a = 0;
	switch (plan->variant_arg) {	/* no variable index: the verifier of old kernels */
	case 0: a = s->args[0]; break;
	case 1: a = s->args[1]; break;
	case 2: a = s->args[2]; break;
	case 3: a = s->args[3]; break;
	case 4: a = s->args[4]; break;
	case 5: a = s->args[5]; break;
	}
	key.value = a & plan->variant_mask;
	__u32 *v = bpf_map_lookup_elem(&variants, &key);
	return v ? *v : p;
}

static __always_inline int fd_wanted(__u64 fd)
{
	__u32 n = fd;
	if (n >= 1024)
		return (__s32)n >= 0 && fd_set_rest;
	return fd_set_bits[n / 64 & 15] >> (n % 64) & 1;
}

/* Is one of the descriptors of the call in s in the set of -e fd= ? */
static __always_inline int any_fd_wanted(struct eb_slot *s)
{
	__u32 p = s->plan;
	struct eb_plan *plan = bpf_map_lookup_elem(&plans, &p);
	if (!plan)
		return 0;
	for (int i = 0; i < 6; i++)
		if (plan->fds >> i & 1 && fd_wanted(s->args[i]))
			return 1;
	return 0;
}

static __always_inline int comm_wanted(void)
{
	__u64 comm[2] = {};
	bpf_get_current_comm(comm, sizeof(comm));
	for (int i = 0; i < EB_MAX_NAMES && i < ncomms; i++) {
		const volatile __u64 *c = (const volatile __u64 *)comms[i];
		if (comm[0] == c[0] && comm[1] == c[1])
			return 1;
	}
	return 0;
}

static __always_inline int uid_wanted(void)
{
	__u32 uid = bpf_get_current_uid_gid();
	for (int i = 0; i < EB_MAX_NAMES && i < nuids; i++)
		if (uid == uids[i])
			return 1;
	return 0;
}

/* Does path at sc->path[0] (zero padded, less than 256 bytes) stand in the set of -P ? */
static __always_inline int path_in_set(struct eb_scratch *sc)
{
	return bpf_map_lookup_elem(&paths, sc->path) != NULL;
}

/* Does argument value v, a path string, stand in the set of -P ? */
__noinline int str_path_wanted(__u64 v)
{
	struct eb_scratch *sc = scratch_get();
	if (!sc)
		return 0;
	__builtin_memset(sc->path, 0, 256);
	if (bpf_probe_read_user_str(sc->path, 256, (void *)v) < 0)
		return 0;
	return path_in_set(sc);
}

/* Does descriptor v refer to a path in the set of -P ? */
__noinline int fd_path_wanted(__s32 fd)
{
	struct eb_scratch *sc = scratch_get();
	struct file *file = fd < 0 ? NULL : file_of(fd);
	if (!sc || !file)
		return 0;
	int at = walk_path((__u64)BPF_CORE_READ(file, f_path.mnt), (__u64)BPF_CORE_READ(file, f_path.dentry));
	if (at <= 0 || at > EB_PATH_HALF)
		return 0;
	__u32 n = EB_PATH_HALF - at;
	if (n > 255)
		return 0;
	__u32 from = at;
	__builtin_memset(sc->path + 4352, 0, 256);
	bpf_probe_read_kernel(sc->path + 4352, n, sc->path + from);
	return bpf_map_lookup_elem(&paths, sc->path + 4352) != NULL;
}

/* Does an argument of the call in s name a path of -P, as a string or a descriptor? */
static __always_inline int any_path_wanted(struct eb_slot *s)
{
	__u32 p = s->plan;
	struct eb_plan *plan = bpf_map_lookup_elem(&plans, &p);
	if (!plan)
		return 0;
	for (int i = 0; i < EB_MAX_OPS && i < plan->nops; i++) {
		struct eb_op *op = &plan->ops[i];
		if (op->kind != EB_OP_STR || op->arg > 5)
			continue;
		__u32 a = op->arg;
		if (a < 6 && s->args[a] && str_path_wanted(s->args[a]))
			return 1;
	}
	for (int i = 0; i < 6; i++)
		if (plan->fds >> i & 1 && fd_path_wanted(s->args[i]))
			return 1;
	return 0;
}

/* The tests that can be made at entry, beyond the call number. */
static __always_inline int wanted_at_entry(struct eb_slot *s)
{
	if (filters & EB_FILTER_COMM && !comm_wanted())
		return 0;
	if (filters & EB_FILTER_UID && !uid_wanted())
		return 0;
	if (filters & EB_FILTER_FD && filters & EB_FILTER_PATH)
		return any_fd_wanted(s) || any_path_wanted(s);
	if (filters & EB_FILTER_FD && !any_fd_wanted(s))
		return 0;
	if (filters & EB_FILTER_PATH && !any_path_wanted(s))
		return 0;
	return 1;
}

/* The tests that need the result. */
static __always_inline int wanted_at_exit(__s64 ret, __u64 begin, __u64 now)
{
	int failed = ret < 0 && ret >= -4095;
	if (filters & EB_FILTER_STATUS && !(failed ? status_failed : status_ok))
		return 0;
	if (filters & EB_FILTER_ERRNO) {
		__u32 e = failed ? (__u32)-ret : 0;
		if (!(errno_set[e / 64 & 63] >> (e % 64) & 1))
			return 0;
	}
	if (filters & EB_FILTER_DURATION && now - begin < min_duration)
		return 0;
	return 1;
}

/* The same for a call that its thread ends in: it has no result, and no errno. */
static __always_inline int wanted_unfinished(__u64 begin, __u64 now)
{
	if (filters & EB_FILTER_STATUS && !status_unfinished)
		return 0;
	if (filters & EB_FILTER_ERRNO && !(errno_set[0] & 1))
		return 0;
	return !(filters & EB_FILTER_DURATION) || now - begin >= min_duration;
}

#endif
