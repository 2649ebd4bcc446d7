/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * capture.h - one interpreter of the capture plan, used at entry and at exit.
 */
#ifndef EB_CAPTURE_H
#define EB_CAPTURE_H

/* How many elements operation op is about; op->max limits what is copied of them. */
static __always_inline __u64 op_count(struct eb_scratch *sc, const struct eb_op *op)
{
	__u64 v = sc->args[op->len_arg & 7], n = 0;
	switch (op->len) {
	case EB_LEN_CONST:
		return op->max;
	case EB_LEN_ARG:
		n = v;
		break;
	case EB_LEN_PTR32: {
		__u32 m = 0;
		bpf_probe_read_user(&m, 4, (void *)v);
		n = m;
		break;
	}
	case EB_LEN_PTR64:
		bpf_probe_read_user(&n, op->word == 4 ? 4 : 8, (void *)v);
		break;
	case EB_LEN_RET:
		n = (__s64)sc->args[EB_ARG_RET] > 0 ? sc->args[EB_ARG_RET] : 0;
		break;
	case EB_LEN_BITS: {
		__u64 bits = op->word == 4 ? 32 : 64;
		if (v > 65536)
			v = 65536;
		n = (v + bits - 1) / bits * op->word;
		break;
	}
	}
	return n;
}

static __always_inline __u32 u32_cap(__u64 n)
{
	return n > ~0U ? ~0U : n;
}

/*
 * Operation i of plan p, if it is due or its bit in `retry` is set. Returns
 * -EFAULT if something could not be read.
 */
__noinline int cap_op(__u32 p, __u32 i, __u8 due, __u32 retry, __u8 flags)
{
	struct eb_scratch *sc = scratch_get();
	struct eb_plan *plan = bpf_map_lookup_elem(&plans, &p);
	if (!sc || !plan)
		return 0;
	opaque(i);
	if (i >= EB_MAX_OPS)
		return 0;
	struct eb_op *op = &plan->ops[i];
	if (retry >> i & 1)
		flags |= EB_S_RETRY;
	else if (!(op->when & due))
		return 0;
	__u64 v = sc->args[op->arg & 7];
	__u32 tag = EB_TAG(op->arg, flags);
	sc->word = op->word;
	if (want_fds && op->kind == EB_OP_FD)
		return cap_fd((__s32)v, tag);
	if (!v)
		return 0;
	if (op->kind == EB_OP_STR)
		return cap_str(v, EB_PATH_MAX - 1, tag);
	if (op->kind == EB_OP_DSTR)
		return cap_str(v, str_size, tag);
	if (op->kind == EB_OP_ARGV)
		return cap_argv(sc, v, EB_MAX_ARGV, 1, tag);
	if (op->kind == EB_OP_ENVP)
		return cap_argv(sc, v, EB_MAX_ENVP, op->max, tag);
	__u64 all = op_count(sc, op), n = op->max && all > op->max ? op->max : all;
	__u64 size = n * op->elem, asked = all * op->elem;
	__u64 left = sc->at_exit ? sc->args[EB_ARG_RET] : ~0ULL;
	switch (op->kind) {
	case EB_OP_MEM:
		return cap_mem(v, size > EB_CHUNK ? EB_CHUNK : size, u32_cap(asked), tag);
	case EB_OP_DATA:
		return cap_mem(v, size > str_size ? str_size : size, u32_cap(asked), tag);
	case EB_OP_IOVEC:
		return cap_iovec(v, n, left, tag);
	case EB_OP_MSGHDR:
		return cap_msgs(v, 1, left, tag);
	case EB_OP_MMSGHDR:
		return cap_msgs(v, n, EB_LEFT_IN_HDR, tag);
	case EB_OP_DEREF: {
		__u64 q = 0;
		bpf_probe_read_user(&q, op->word == 4 ? 4 : 8, (void *)(v + op->elem));
		return q ? cap_mem(q, op->max, op->max, tag) : 0;
	}
	case EB_OP_FDVEC:
		return !want_fds ? 0 : cap_fdvec(v, n, op->elem, tag);
	}
	return 0;
}

/*
 * Runs the operations of plan p that are due. At exit, `retry` has a bit for
 * each entry operation that failed then. Returns such bits at entry.
 */
__noinline int capture(__u32 p, __u8 due, __u32 retry, __u8 exit_flag)
{
	struct eb_plan *plan = bpf_map_lookup_elem(&plans, &p);
	__u32 failed = 0;
	if (!plan)
		return 0;
	__u32 n = plan->nops;
	for (__u32 i = 0; i < EB_MAX_OPS; i++) {
		if (i >= n)
			break;
		failed |= (cap_op(p, i, due, retry, exit_flag) != 0) << i;
	}
	return failed;
}

/*
 * Reads the paths of plan p once more, at exit: in a process with other threads
 * they may have changed during the call, and user space then says so.
 */
__noinline int recheck(__u32 p)
{
	struct eb_plan *plan = bpf_map_lookup_elem(&plans, &p);
	if (!plan)
		return 0;
	for (__u32 i = 0; i < EB_MAX_OPS; i++) {
		if (i >= plan->nops)
			break;
		if (plan->ops[i].kind == EB_OP_STR && plan->ops[i].when == EB_AT_ENTRY)
			cap_op(p, i, EB_AT_ENTRY, 0, EB_S_EXIT);
	}
	return 0;
}

#endif
