/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * uring.h - requests of io_uring in flight, and the threads that the kernel
 * runs them on.
 */
#ifndef EB_URING_H
#define EB_URING_H

#define EB_MAX_REQUESTS 16384	/* in flight at once */
#define EB_MAX_RINGS 1024
#define EB_SQE_SIZE 64		/* sizeof(struct io_uring_sqe), include/uapi/linux/io_uring.h */
#define IORING_ENTER_REGISTERED_RING 16	/* include/uapi/linux/io_uring.h */
#define IORING_SETUP_SQE128 (1 << 10)
#define IORING_SETUP_NO_SQARRAY (1 << 16)
#define IORING_SETUP_SQE_MIXED (1 << 19)
#define IOSQE_FIXED_FILE 1
#define IORING_CQE_F_MORE 2

/* What the arguments of a tracepoint are: they differ between versions. */
enum eb_complete_shape {
	EB_COMPLETE_DATA = 1,	/* ring, user_data, result, flags: 5.10.162 */
	EB_COMPLETE_REQ = 2,	/* ring, request, user_data, result, flags: 6.1 */
	EB_COMPLETE_CQE = 3,	/* ring, request, cqe: 6.16 */
};
const volatile __u8 complete_shape;
const volatile __u8 submit_late;	/* io_uring_submit_sqe and its like have the ring before the request: 5.10.162 */
const volatile __u8 show_requests;	/* make records; else only what other layers need */
const volatile __u64 request_ops[4];	/* bit n: requests of operation n are wanted */

enum eb_request_op_flag {
	EB_Q_MAKES_FD = 1,	/* the result is a descriptor, unless file_index asks for a registered one */
};

/* Where the arguments of an operation are in a request, and what memory is copied. */
struct eb_member {
	__u8 off, size, sign, pad;
};
struct eb_request_op {
	__u16 plan;	/* index in map plans */
	__u8 flags;	/* enum eb_request_op_flag */
	__u8 pad;
	struct eb_member args[6];
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 256);
	__type(key, __u32);
	__type(value, struct eb_request_op);
} request_plans SEC(".maps");

/* A request in flight, by its address. */
struct eb_inflight {
	__u64 begin;
	__u64 ring;	/* its address */
	__u64 args[6];
	struct eb_request who;
	__u32 retry;	/* bit n: operation n of the plan could not read at the submission */
	__u16 plan;
	__u8 op;
	__u8 direct;	/* the result is a place among the ring's registered files, not a descriptor */
};
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, EB_MAX_REQUESTS);
	__type(key, __u64);
	__type(value, struct eb_inflight);
} requests SEC(".maps");

/* Requests by what a completion that does not name its request says. */
struct eb_data_key {
	__u64 ring, user_data;
};
struct eb_same_data {
	__u64 req;	/* the last one */
	__u32 n, pad;	/* in flight */
};
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, EB_MAX_REQUESTS);
	__type(key, struct eb_data_key);
	__type(value, struct eb_same_data);
} same_data SEC(".maps");

/* The descriptor of each ring, as it was when the ring was made or first used. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, EB_MAX_RINGS);
	__type(key, __u64);
	__type(value, __s32);
} rings SEC(".maps");

/* What could not be recorded, beside what threads count. */
struct eb_uring_lost {
	__u64 untracked;	/* requests whose end is not recognized: map requests was full */
	__u64 unnumbered;	/* completions in threads that are not traced */
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct eb_uring_lost);
} uring_lost SEC(".maps");

/* The only function that is probed is what runs a request; probe.h needs all these members. */
#define EB_FRAMES 2
struct eb_frame {
	__u64 begin;
	__s64 offset;
	__u64 bytes;
	__u64 args[2];
	__u16 point, op;
	__u8 flags, context, depth, pad;
};
struct eb_own {
	__u64 unused;
};
enum eb_uring_point {
	EB_P_issue,
};

/* Members that only this layer reads. */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct io_sq_data {
	struct task_struct *thread;
};
struct io_ring_ctx {
	unsigned int flags;
	__u32 *sq_array;
	void *sq_sqes;
	unsigned int cached_sq_head, sq_entries;
	struct io_sq_data *sq_data;
};
struct io_cqe {
	__u64 user_data;
};
struct io_kiocb {
	__u8 opcode;
	struct file *file;
	struct io_ring_ctx *ctx;
};
struct io_kiocb___new {
	struct io_cqe cqe;	/* from 5.19 on */
};
struct io_kiocb___old {
	__u64 user_data;
};
struct io_uring_cqe {
	__u64 user_data;
	__s32 res;
	__u32 flags;
};
#pragma clang attribute pop

/* The parts of struct io_uring_sqe that are looked at by themselves; the UAPI fixes their places. */
struct eb_sqe {
	__u8 opcode, flags;
	__u16 ioprio;
	__s32 fd;
	__u64 off, addr;
	__u32 len, rw_flags;
	__u64 user_data;
	__u16 buf_index, personality;
	__u32 file_index;
	__u64 addr3, pad2;
};
_Static_assert(sizeof(struct eb_sqe) == EB_SQE_SIZE, "a request has 64 bytes");

static __always_inline int op_wanted(__u8 op)
{
	return request_ops[op >> 6 & 3] >> (op & 63) & 1;
}

#endif
