/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What UAPI headers want from libc: include/linux/socket.h of the kernel. */
#ifndef EB_SYS_SOCKET_H
#define EB_SYS_SOCKET_H

#include <linux/socket.h>

typedef __kernel_sa_family_t sa_family_t;

struct sockaddr {
	sa_family_t sa_family;
	char sa_data[14];
};

#endif
