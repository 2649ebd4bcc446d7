/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * plan.h - the capture plan: which memory of a call to copy, and when.
 * User space derives one plan per syscall and ABI from the table and writes
 * it into the maps once, when tracing opens. The Go view is generated.
 */
#ifndef EB_PLAN_H
#define EB_PLAN_H

#define EB_MAX_NR 512	/* numbers from here on share one slot: unknown */
#define EB_MAX_OPS 8
#define EB_ARG_RET 6
#define EB_PATH_MAX 4096

enum eb_op_kind {
	EB_OP_STR = 1,		/* NUL-terminated string, whole up to EB_PATH_MAX */
	EB_OP_MEM = 2,		/* count * elem bytes, whole up to EB_CHUNK (maps.h) */
	EB_OP_DATA = 3,		/* count * elem bytes, limited by the string size (-s) */
	EB_OP_DSTR = 4,		/* NUL-terminated string, limited by the string size (-s) */
	EB_OP_IOVEC = 5,	/* count iovecs, then the data of each, limited by -s */
	EB_OP_MSGHDR = 6,	/* a msghdr, its name, iovec with data, control */
	EB_OP_MMSGHDR = 7,	/* count mmsghdrs, each as MSGHDR */
	EB_OP_ARGV = 8,		/* NULL-terminated array of string pointers and the strings, limited by -s */
	EB_OP_ENVP = 9,		/* as ARGV; only the pointers unless the strings are asked for (-v) */
	EB_OP_FD = 10,		/* what the descriptor in the argument is (-y) */
	EB_OP_DEREF = 11,	/* a pointer at offset `elem` of the structure in the argument: `max` bytes there */
	EB_OP_FDVEC = 12,	/* count structs whose first 4 bytes are a descriptor, elem bytes apart (pollfd) (-y) */
};

enum eb_when {
	EB_AT_ENTRY = 1,
	EB_AT_EXIT = 2,		/* if the call did not fail */
	EB_AT_EXIT_ALWAYS = 4,	/* also if it failed */
};

/* Where a count comes from. */
enum eb_len {
	EB_LEN_CONST = 0,	/* max */
	EB_LEN_ARG = 1,		/* value of argument len_arg */
	EB_LEN_PTR32 = 2,	/* the 32-bit integer that argument len_arg points to, at the time of reading */
	EB_LEN_RET = 3,		/* the return value; nothing if negative */
	EB_LEN_BITS = 4,	/* argument len_arg is a number of bits; rounded up to whole longs */
	EB_LEN_PTR64 = 5,	/* as PTR32, 64-bit (size_t) */
};

struct eb_op {
	__u8 kind;	/* enum eb_op_kind */
	__u8 arg;	/* 0..5, or EB_ARG_RET */
	__u8 when;	/* enum eb_when, or-ed */
	__u8 len;	/* enum eb_len */
	__u8 len_arg;
	__u8 word;	/* 8 or 4: size of a user long and pointer */
	__u16 elem;	/* bytes of one element, at least 1 */
	__u32 max;	/* EB_LEN_CONST: the count; else the largest count (0: no bound but the limits) */
	__u32 pad;
};

enum eb_plan_flag {
	EB_P_VARIANT = 1,	/* the argument variant_arg (and variant_mask) selects another plan, in map variants */
	EB_P_NORETURN = 2,	/* exit, exit_group: never returns */
	EB_P_EXEC = 4,		/* memory is gone at a successful exit */
};

struct eb_plan {
	__u8 flags;
	__u8 nops;
	__u8 fds;		/* bit n: argument n is a descriptor; bit 6: the result is */
	__u8 variant_arg;
	__u32 variant_mask;
	struct eb_op ops[EB_MAX_OPS];
};

struct eb_variant_key {
	__u32 plan;		/* index of the plan that asks */
	__u32 value;		/* argument & variant_mask */
};

#endif
