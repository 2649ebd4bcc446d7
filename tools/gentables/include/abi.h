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

/* kernel/signal.c: struct sigaction as rt_sigaction takes it (include/linux/signal_types.h). */
struct kernel_sigaction {
	void *sa_handler;
	unsigned long sa_flags;
	void *sa_restorer;
	__u64 sa_mask;
};

/* include/linux/signal_types.h: sigaction of 32-bit x86. */
struct old_sigaction {
	void *sa_handler;
	unsigned long sa_mask;
	unsigned long sa_flags;
	void *sa_restorer;
};

/* fs/readdir.c */
struct old_linux_dirent {
	unsigned long d_ino;
	unsigned long d_offset;
	unsigned short d_namlen;
	char d_name[1];
};
struct linux_dirent {
	unsigned long d_ino;
	unsigned long d_off;
	unsigned short d_reclen;
	char d_name[1];
};
struct linux_dirent64 {
	__u64 d_ino;
	__s64 d_off;
	unsigned short d_reclen;
	unsigned char d_type;
	char d_name[1];
};

/* The last argument of io_pgetevents (fs/aio.c, __aio_sigset). */
struct aio_sigset {
	unsigned long *sigmask;
	unsigned long sigsetsize;
};

/* epoll_ctl(2): the data member of struct epoll_event, as user space sees it. */
union epoll_data {
	__u32 u32;
	__u64 u64;
};

/* include/linux/socket.h */
struct linger {
	int l_onoff;
	int l_linger;
};
struct ucred {
	__u32 pid;
	__u32 uid;
	__u32 gid;
};

/* kernel/capability.c: the two words of each set, from version 2 on. */
struct cap_data2 {
	__u32 effective, permitted, inheritable;
	__u32 effective1, permitted1, inheritable1;
};

/* msgop(2): the beginning of a message. */
struct msgbuf_head {
	long mtype;
	char mtext[1016];
};

/* include/linux/fs.h, struct file_handle with the largest handle (MAX_HANDLE_SZ). */
struct file_handle_max {
	__u32 handle_bytes;
	int handle_type;
	unsigned char f_handle[128];
};

/* getsockopt(2), setsockopt(2): as much of a value as is worth copying (struct tcp_info is the longest). */
struct sockopt_value {
	unsigned char value[256];
};

/*
 * net/socket.c, sys_socketcall: the arguments of calls of 32-bit x86 that stand
 * behind the second argument. Structures name what to copy behind a pointer.
 */
struct sockcall_addr {	/* bind, connect */
	long fd;
	void *addr;
	long len;
};
struct sockcall_name {	/* accept, accept4, getsockname, getpeername */
	long fd;
	void *addr;
	void *len;
	long flags;
};
struct sockcall_pair {
	long family, type, protocol;
	void *sv;
};
struct sockcall_send {	/* send, sendto */
	long fd;
	void *buf;
	long len, flags;
	void *addr;
	long addrlen;
};
struct sockcall_recv {	/* recv, recvfrom */
	long fd;
	void *buf;
	long len, flags;
	void *addr;
	void *addrlen;
};
struct sockcall_msg {	/* sendmsg, recvmsg */
	long fd;
	void *msg;
	long flags;
};
struct sockcall_setopt {
	long fd, level, name;
	void *value;
	long len;
};
struct sockcall_getopt {
	long fd, level, name;
	void *value;
	void *len;
};
struct sockaddr_bytes {
	unsigned char data[128];
};
struct data_bytes {
	unsigned char data[1024];
};

/* ipc/syscall.c, sys_ipc: what MSGRCV and SEMCTL of 32-bit x86 point to. */
struct ipc_kludge {
	void *msgp;
	long msgtyp;
};
struct ipc_semun {
	void *buf;
};

#endif
