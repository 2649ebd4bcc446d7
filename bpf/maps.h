/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* maps.h - every map and every setting, once. */
#ifndef EB_MAPS_H
#define EB_MAPS_H

#define EB_MAX_SLOTS 65535	/* slot numbers are 16 bits; 0 is "not traced" */
#define EB_MAX_NAMES 16		/* of --comm and of --uid */
#define EB_NR_SPACE (EB_ABI_COUNT * EB_MAX_NR)

/* What a call number needs, by [abi][nr]; set before loading. */
enum eb_want {
	EB_W_SELECTED = 1,	/* make records of it */
	EB_W_ENTRY_OPS = 2,	/* its plan copies something at entry */
	EB_W_EXIT_OPS = 4,	/* its plan copies something at exit */
	EB_W_VARIANT = 8,	/* an argument chooses among plans */
	EB_W_NORETURN = 16,
	EB_W_EXEC = 32,
	EB_W_ENTER_HALF = 64,	/* always write an EB_ENTER */
	EB_W_NO_EXIT_HALF = 128, /* write no EB_CALL */
};

/* Which tests a session asks for beyond the number; a clear bit costs nothing. */
enum eb_filter {
	EB_FILTER_STATUS = 1,
	EB_FILTER_ERRNO = 2,
	EB_FILTER_DURATION = 4,
	EB_FILTER_FD = 8,
	EB_FILTER_PATH = 16,
	EB_FILTER_COMM = 32,
	EB_FILTER_UID = 64,
	/* any of these is only known at exit: nothing is copied before */
	EB_FILTER_AT_EXIT = 1 | 2 | 4,
};

/* Settings: constants to the verifier, so that what is off is removed. */
const volatile __u8 want[EB_NR_SPACE];
const volatile __u16 dispatch[EB_NR_SPACE];	/* number -> plan */
const volatile __u8 want_unknown;	/* for numbers from EB_MAX_NR on and unknown ABIs */
const volatile __u8 has_entry;		/* sys_enter is attached */
const volatile __u8 preemptible;	/* programs can be, see preempt.h: the kernel may not run one */
const volatile __u8 count_only;		/* count in the kernel, no records of calls */
const volatile __u8 follow;		/* trace children */
const volatile __u8 helpers;		/* and the threads that io_uring runs for them */
const volatile __u32 str_size = 32;	/* -s */
const volatile __u8 want_away;		/* say how long calls were off the CPU (-T) */
const volatile __u8 want_fds;		/* say what descriptors are (-y) */
const volatile __u32 filters;		/* enum eb_filter */
const volatile __u8 status_ok, status_failed, status_unfinished;	/* EB_FILTER_STATUS */
const volatile __u64 errno_set[64];	/* EB_FILTER_ERRNO: bit n: errors n is wanted; bit 0: success */
const volatile __u64 min_duration;	/* ns */
const volatile __u64 fd_set_bits[16];	/* EB_FILTER_FD: descriptors 0..1023 */
const volatile __u8 fd_set_rest;	/* descriptors from 1024 on are wanted */
const volatile __u32 ncomms, nuids;	/* EB_FILTER_COMM, EB_FILTER_UID: any of these */
const volatile char comms[EB_MAX_NAMES][16] __attribute__((aligned(8)));
const volatile __u32 uids[EB_MAX_NAMES];
const volatile __u64 signal_set = ~0ULL;	/* bit n-1: signal n is wanted */

/* Written by user space while tracing. */
__u32 launcher_tid;	/* the next child of this thread is the launched program */
__u32 launched_tid;	/* set by the kernel half when it has adopted it */

/* Totals of what could not be recorded. */
__u64 lost_slots;	/* threads that are not traced: no slot was free */
__u64 lost_unnumbered;	/* records outside of any thread's numbering (ignored signals) */

/*
 * pid -> slot, 0: not traced. A plain array in a section of its own, which is
 * made as large as pid_limit before loading: one load decides for a bystander.
 */
#define EB_SLOT_OF_DECLARED 4096
__u16 slot_of[EB_SLOT_OF_DECLARED] SEC(".data.slot_of");
const volatile __u32 pid_limit = EB_SLOT_OF_DECLARED;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);	/* set before loading */
	__type(key, __u32);
	__type(value, struct eb_slot);
} slots SEC(".maps");

/* Slots that are free again; those above `used_slots`, or some few before it, were never used. */
__u32 used_slots;
const volatile __u32 max_slots;
struct {
	__uint(type, BPF_MAP_TYPE_STACK);
	__uint(max_entries, 1);	/* as slots */
	__uint(key_size, 0);
	__uint(value_size, 4);
} free_slots SEC(".maps");
#define EB_MAX_RACE 64	/* CPUs that take their slots in the same moment */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);	/* as slots */
	__type(key, __u32);
	__type(value, __u8);
} claimed SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 24);
} ring SEC(".maps");

/* fork, exec, exit, signals: a flood of calls does not push them out. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} rare SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct eb_plan);
} plans SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct eb_variant_key);
	__type(value, __u32);
} variants SEC(".maps");

/* EB_FILTER_PATH: the paths that are wanted, each 256 bytes, zero padded. */
struct eb_path_key {
	char path[256];
};
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, struct eb_path_key);
	__type(value, __u8);
} paths SEC(".maps");

/* -c: per CPU and number; the last entry of an ABI is for unknown numbers. */
struct eb_count {
	__u64 calls, errors;
	__u64 total, min, max;	/* ns */
};
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, EB_NR_SPACE + 1);
	__type(key, __u32);
	__type(value, struct eb_count);
} counts SEC(".maps");

/* Where records with copied memory are put together, one per CPU. */
#define EB_BUF_SIZE 65536	/* largest record */
#define EB_BUF_SLACK 33024	/* largest single section beyond it */
#define EB_CHUNK 32768		/* most bytes of one section */
struct eb_scratch {
	__u32 pos;	/* bytes used */
	__u32 flags;	/* enum eb_flag found while copying */
	__u64 args[8];	/* arguments, result, spare */
	__u64 left;	/* bytes of data that may still be copied (capture.h) */
	__u64 mnt, root, dentry;	/* where the walk is (fd.h) */
	__u32 at;	/* start of the path in `path` (fd.h) */
	__u8 at_exit;
	__u8 word;	/* size of a user pointer */
	__u8 pad[2];
	char path[8192];	/* fd.h builds paths here, from the end */
	char buf[EB_BUF_SIZE + EB_BUF_SLACK];
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);	/* number of CPUs */
	__type(key, __u32);
	__type(value, struct eb_scratch);
} scratch SEC(".maps");

/* 0: program `copy` */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, 4);
	__uint(value_size, 4);
} tails SEC(".maps");

#endif
