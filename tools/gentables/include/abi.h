/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * abi.h - facts of the kernel's user interface that the UAPI headers do not
 * hold in a usable form. Each says where it is from.
 */
#ifndef EB_ABI_H
#define EB_ABI_H

#include <linux/types.h>

/* The last argument of pselect6 (fs/select.c, sigset_argpack). */
struct sigset_argpack {
	unsigned long *ss;
	unsigned long ss_len;
};

#endif
