/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What UAPI headers want from libc: nothing of it is used. */
