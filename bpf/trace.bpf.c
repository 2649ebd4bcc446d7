//go:build ignore

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "vmlinux.h"
#include "record.h"
#include "plan.h"
#include <bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";
#define KEEP(kind, type) const kind type *keep_##type __attribute__((unused))
KEEP(struct, eb_rec);
KEEP(struct, eb_call);
KEEP(struct, eb_fork);
KEEP(struct, eb_exec);
KEEP(struct, eb_end);
KEEP(struct, eb_signal);
KEEP(struct, eb_sec);
KEEP(struct, eb_fdinfo);
KEEP(struct, eb_op);
KEEP(struct, eb_plan);
KEEP(struct, eb_variant_key);
KEEP(enum, eb_kind);
KEEP(enum, eb_abi);
KEEP(enum, eb_flag);
KEEP(enum, eb_sec_kind);
KEEP(enum, eb_sec_flag);
KEEP(enum, eb_fd_flag);
KEEP(enum, eb_op_kind);
KEEP(enum, eb_when);
KEEP(enum, eb_len);
KEEP(enum, eb_plan_flag);
