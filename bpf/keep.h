/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* keep.h - makes the compiler keep the types that the Go side is generated from. */
#ifndef EB_KEEP_H
#define EB_KEEP_H

#define KEEP(kind, type) const kind type *keep_##type __attribute__((unused))
KEEP(struct, eb_rec);
KEEP(struct, eb_call);
KEEP(struct, eb_fork);
KEEP(struct, eb_exec);
KEEP(struct, eb_end);
KEEP(struct, eb_signal);
KEEP(struct, eb_slot);
KEEP(struct, eb_sec);
KEEP(struct, eb_fdinfo);
KEEP(struct, eb_op);
KEEP(struct, eb_plan);
KEEP(struct, eb_variant_key);
KEEP(struct, eb_path_key);
KEEP(struct, eb_count);
KEEP(struct, eb_attached);
KEEP(enum, eb_kind);
KEEP(enum, eb_abi);
KEEP(enum, eb_flag);
KEEP(enum, eb_state);
KEEP(enum, eb_sec_kind);
KEEP(enum, eb_sec_flag);
KEEP(enum, eb_fd_flag);
KEEP(enum, eb_op_kind);
KEEP(enum, eb_when);
KEEP(enum, eb_len);
KEEP(enum, eb_plan_flag);
KEEP(enum, eb_want);
KEEP(enum, eb_filter);

#endif
