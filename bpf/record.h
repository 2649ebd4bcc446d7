/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * record.h - the wire: what the kernel half writes into the rings.
 *
 * This header is the only definition of the wire. The Go view of it
 * (events/zz_wire.go) is generated from its DWARF. Little-endian; every
 * structure is 8-byte aligned and has no implicit padding.
 *
 * A record is one struct eb_rec, then the body of its kind, then sections:
 * struct eb_sec followed by `len` bytes of data padded with zeros to 8.
 */
#ifndef EB_RECORD_H
#define EB_RECORD_H

#ifndef EB_NO_TYPES
typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef signed int __s32;
typedef signed long long __s64;
#endif

enum eb_kind {
	EB_ENTER = 1,	/* eb_call: a call has begun; its EB_CALL follows later */
	EB_CALL = 2,	/* eb_call: a call has ended */
	EB_FORK = 3,	/* eb_fork: in the parent: it made a task */
	EB_CHILD = 4,	/* eb_fork: in the child: it was made, before its first instruction */
	EB_EXEC = 5,	/* eb_exec: the new program is in place */
	EB_END = 6,	/* eb_end: the thread exits */
	EB_SIGNAL = 7,	/* eb_signal: a signal is delivered (or was ignored) */
	EB_WORK = 8,	/* eb_work: an operation below the calls has ended */
};

/* ABI of a call: the table to look its number up in. */
enum eb_abi {
	EB_ABI_AMD64 = 0,
	EB_ABI_ARM64 = 1,
	EB_ABI_I386 = 2,
	EB_ABI_COUNT = 3,
	EB_ABI_UNKNOWN = 255,	/* x32, 32-bit ARM: numbers only */
};

enum eb_flag {
	EB_F_ENTERED = 1,	/* EB_CALL: an EB_ENTER of this call was written before (or was lost) */
	EB_F_NORETURN = 2,	/* EB_CALL: the thread ended inside the call: there is no result */
	EB_F_NOENTRY = 4,	/* EB_CALL: the entry was not seen: begin is unknown, arguments are the registers at exit */
	EB_F_SHORT = 8,		/* sections were left out: the record was full */
	EB_F_THREADS = 16,	/* the process has other threads: memory may change during a call */
	EB_F_IGNORED = 32,	/* EB_SIGNAL: the task ignores it, so it was not delivered */
	EB_F_HELPER = 256,	/* made by a thread that io_uring runs for the one it names: numbered by its own slot */
	EB_F_SENT = 128,	/* EB_SIGNAL: seen when it was sent; it ends the process before a thread can take it */
	EB_F_EXITONLY = 64,	/* EB_CALL: only the exit is traced: begin is not known because it was not asked */
};

struct eb_rec {
	__u32 size;	/* of the whole record, a multiple of 8; what the ring holds behind it is nothing */
	__u8 kind;	/* enum eb_kind */
	__u8 abi;	/* enum eb_abi, for EB_ENTER and EB_CALL */
	__u16 flags;	/* enum eb_flag */
	__u32 tid;	/* thread id, in the initial pid namespace */
	__u32 pid;	/* process id (thread group), in the initial pid namespace */
	__u32 seq;	/* 1, 2, 3... for each record of this thread, lost ones included; 0: not counted */
	__s32 nr;	/* syscall number, for EB_ENTER and EB_CALL */
	__u32 slot;	/* the thread's place in map slots; its next owner begins with EB_CHILD */
	__u32 pad;
	__u64 time;	/* ns, CLOCK_MONOTONIC: EB_ENTER entry; EB_CALL exit; else the event */
	__u64 start;	/* ns since boot: when the thread began; with tid its identity */
};

struct eb_call {
	__u64 begin;	/* ns, CLOCK_MONOTONIC: entry; 0 if unknown */
	__s64 ret;	/* raw: -4095..-1 are errors; EB_CALL only */
	__u64 ip;	/* user instruction pointer at the call */
	__u64 args[6];	/* the argument registers, as passed */
};

struct eb_fork {
	__u32 parent_tid, parent_pid;
	__u32 child_tid, child_pid;
	__u64 parent_start, child_start;
	char comm[16];
};

struct eb_exec {	/* section EB_SEC_STR: path of the program file */
	__u32 old_tid;	/* the thread that called execve; differs from tid if it was not the leader */
	__u32 uid;	/* effective, after the exec */
	char comm[16];	/* new name */
};

struct eb_end {
	__u32 status;	/* as wait(2) gives it: exit code << 8, or signal, 0x80 with core */
	__u32 group_dead;	/* 1: it was the last thread of the process */
	__u32 made;	/* how many records this thread made, this one included */
	__u32 pad;
};

struct eb_signal {	/* section EB_SEC_MEM: struct siginfo as the kernel holds it (native layout) */
	__u32 signo;
	__u32 pad;
	__u64 handler;	/* 0 SIG_DFL, 1 SIG_IGN, else address */
};

/*
 * Work below the calls, written when it ends. abi and nr of the record are
 * those of the call in `cause`. Sections: EB_SEC_FD the file (arg 0), a second
 * one (arg 1); EB_SEC_STR a name (arg 2).
 */
struct eb_work {
	__u64 begin;	/* ns, CLOCK_MONOTONIC; its end is the record's time; 0: only its end was seen */
	__u64 cause;	/* begin of the call that the thread was in; 0: of none that is traced */
	__u64 request;	/* begin of the request of io_uring that it was done for; 0: of none that is known */
	__s64 ret;	/* -4095..-1 are errors */
	__s64 offset;	/* in the file, at the begin; -1: it has none */
	__u64 bytes;	/* asked for */
	__u64 args[2];	/* the operation's numbers: at its name below */
	__u16 op;	/* enum eb_vfs_op, enum eb_net_op, IORING_OP_*: by layer */
	__u8 layer;	/* enum eb_layer */
	__u8 context;	/* enum eb_context */
	__u8 depth;	/* operations that it was done within */
	__u8 flags;	/* enum eb_work_flag */
	__u16 pad;
	char fs[16];	/* type of file system */
};

enum eb_layer {
	EB_LAYER_VFS = 1,
	EB_LAYER_NET = 2,
	EB_LAYER_URING = 3,
};

/* What work is done for. */
enum eb_context {
	EB_BY_CALL = 1,
	EB_BY_FAULT = 2,	/* a page fault */
	EB_BY_URING = 3,	/* a request of io_uring */
	EB_BY_KERNEL = 4,	/* none of the thread's own doing: a packet that came in, a timer, a thread of the kernel */
};

enum eb_work_flag {
	EB_WORK_CREATED = 1,	/* EB_VFS_OPEN: it made the file */
	EB_WORK_SUBMITTED = 2,	/* EB_LAYER_URING: the request is submitted; what becomes of it follows */
};

enum eb_vfs_op {
	EB_VFS_OPEN = 1,	/* args: open flags; name, and no file: as asked, where it failed */
	EB_VFS_READ = 2,
	EB_VFS_WRITE = 3,
	EB_VFS_FSYNC = 4,	/* offset, bytes: the range; args: 1 data only */
	EB_VFS_UNLINK = 5,
	EB_VFS_RENAME = 6,	/* second file: the new path; args: flags of renameat2 */
	EB_VFS_MKDIR = 7,	/* args: mode */
	EB_VFS_RMDIR = 8,
	EB_VFS_LINK = 9,	/* second file: the new path */
	EB_VFS_SYMLINK = 10,	/* name: what it points to */
	EB_VFS_MKNOD = 11,	/* args: mode, device */
	EB_VFS_READDIR = 12,
	EB_VFS_GETATTR = 13,
	EB_VFS_SETATTR = 14,	/* args: what (ATTR_* of linux/fs.h), mode or size or owner */
	EB_VFS_SETXATTR = 15,	/* name; bytes; args: flags */
	EB_VFS_REMOVEXATTR = 16, /* name */
	EB_VFS_READLINK = 17,
	EB_VFS_FALLOCATE = 18,	/* offset, bytes; args: mode */
	EB_VFS_MMAP = 19,	/* offset, bytes; args: protection, flags */
	EB_VFS_FAULT = 20,	/* offset; a page of a mapped file is brought in; args: address */
	EB_VFS_SPLICE = 21,	/* offset, bytes: a file is read into a pipe */
	EB_VFS_COPY = 22,	/* second file: copied to; offset, bytes */
	EB_VFS_MOUNT = 23,	/* name: the device; args: flags */
	EB_VFS_UMOUNT = 24,	/* args: flags */
	EB_VFS_LOOKUP = 25,	/* name: as asked; args: LOOKUP_* flags */
	EB_VFS_LOCK = 26,	/* offset, bytes: the range; args: F_* of fcntl(2), type F_*LCK; or of flock(2): 0, LOCK_* */
	EB_VFS_GETXATTR = 27,	/* name; bytes: room for the value */
	EB_VFS_LISTXATTR = 28,	/* bytes: room for the names */
	EB_VFS_CLOSE = 29,
	EB_VFS_OPS = 30,
};

/*
 * Work of sockets. Sections: EB_SEC_FD the socket (arg 0), a second one (arg
 * 1); EB_SEC_MEM an address as it was given, struct sockaddr (arg 3), the
 * beginning of the data (arg 4); EB_SEC_PEER who is at the other end (arg 0).
 * What comes from outside of the thread (EB_BY_KERNEL) is not numbered and has
 * slot 0, for the thread may be gone: tid, pid and start say whose socket it is.
 */
enum eb_net_op {
	EB_NET_SOCKET = 1,	/* args: flags of socket(2) */
	EB_NET_BIND = 2,	/* address: as asked */
	EB_NET_LISTEN = 3,	/* args: backlog */
	EB_NET_CONNECT = 4,	/* address: as asked; args: file flags */
	EB_NET_CONNECTED = 5,	/* how an EB_NET_CONNECT ended that had returned EINPROGRESS; begin and cause are that one's */
	EB_NET_ACCEPT = 6,	/* second socket: the new one */
	EB_NET_SEND = 7,	/* bytes; address: as asked; args: MSG_* */
	EB_NET_RECV = 8,	/* bytes; address: of the sender, where it is asked for; args: MSG_* */
	EB_NET_SHUTDOWN = 9,	/* args: how */
	EB_NET_CLOSE = 10,
	EB_NET_STATE = 11,	/* args: old, new (include/net/tcp_states.h) */
	EB_NET_RETRANSMIT = 12,	/* bytes of the packet; args: state; ret: error of the attempt */
	EB_NET_RESET = 13,	/* args: 1 sent, 0 received */
	EB_NET_DROP = 14,	/* bytes of the packet; args: enum skb_drop_reason of the running kernel; name: that reason's */
	EB_NET_SOCKETPAIR = 15,	/* second socket: the other end */
	EB_NET_OPS = 16,
};

struct eb_peer {	/* of EB_SEC_PEER */
	__u32 pid;	/* in the initial pid namespace */
	__u32 uid;
	char comm[16];
};

/*
 * A request of io_uring. Two records of EB_LAYER_URING: one when it is
 * submitted, one for each completion that is posted for it. op: IORING_OP_* of
 * linux/io_uring.h, EB_NO_OP if it is not known; begin and request: the time
 * of the submission, 0 if that was not seen, and with the thread that
 * submitted it the request's identity; cause: the call during which this was;
 * ret: the result that is posted. Sections: EB_SEC_REQUEST; what its plan
 * copies (arg: the argument in decode/table/requests.tbl).
 */
#define EB_NO_OP 0xffff
struct eb_request {	/* of EB_SEC_REQUEST; at the submission struct io_uring_sqe (64 bytes) follows */
	__u64 cause;	/* begin of the call that submitted it; 0: of none that is traced */
	__u64 user_data;
	__u64 start;	/* of the thread that submitted it, or that the polling thread did it for */
	__u32 tid, pid;
	__s32 ring;	/* its descriptor when it was made, or was first used; -1: not known */
	__u32 cqe_flags;	/* IORING_CQE_F_* */
	__u8 ran;	/* enum eb_ran */
	__u8 flags;	/* enum eb_request_flag */
	__u8 pad[6];
};

enum eb_ran {
	EB_RAN_SQPOLL = 1,	/* the thread that polls the submission queue has submitted it */
	EB_RAN_WORKER = 2,	/* it was given to a worker thread */
	EB_RAN_POLLED = 4,	/* it waited for its file to be ready */
};

enum eb_request_flag {
	EB_Q_OVERFLOW = 1,	/* the completion found no room in its queue: it is kept until there is some */
	EB_Q_DROPPED = 2,	/* and there was no memory to keep it: the program never sees it */
	EB_Q_ONE_OF = 4,	/* several requests in flight have this user_data: which one is complete is not known */
	EB_Q_COMPAT = 16,	/* a 32-bit call submitted it: pointers and structures are narrower */
	EB_Q_UNREAD = 8,	/* what was submitted could not be read: only op and user_data are known */
};

/*
 * A traced thread's place in map slots, which user space maps and reads: how
 * many records it made, and the call that it is in. Written by the thread only.
 */
struct eb_slot {
	__u64 begin;	/* ns, CLOCK_MONOTONIC, of the call in flight; 0: none that is traced. Written last at entry, first at exit */
	__u32 tid, pid;
	__u64 start;
	__u32 seq;	/* records made */
	__u32 lost;	/* of them not delivered: the ring was full */
	__s32 nr;
	__u8 abi;
	__u8 state;	/* enum eb_state */
	__u16 flags;	/* enum eb_flag for the coming EB_CALL */
	__u16 plan;
	__u8 want;	/* enum eb_want, of the call in flight */
	__u8 turn;	/* enum eb_turn, preempt.h */
	__u32 retry;	/* bit n: operation n of the plan could not read at entry */
	__u64 ip;
	__u64 args[6];
	__u64 end;	/* ns: the exit that program `copy` works on; 0: it works on an entry */
	__s64 ret;	/* at that exit */
	__u64 away;	/* ns off the CPU within the call in flight, up to `left`: where want_away is set */
	__u64 left;	/* ns: when it was taken off the CPU that it is not back on; else 0 */
	__u8 entered;	/* sys_enter has run for the call that the thread is in */
	__u8 depth;	/* operations below the calls in flight, of all layers */
	__u16 pad;
	__u32 work_of;	/* lower half of what they are done for: the begin of a request or of a call */
	__u64 request;	/* begin of the request of io_uring that the thread works on; 0: of none that is known */
};

enum eb_state {
	EB_SLOT_LIVE = 1,
	EB_SLOT_ARMED = 2,	/* launched, but not yet at its own execve: nothing is shown */
	EB_SLOT_FRESH = 4,	/* made by fork: its first sys_exit is the return of the parent's call in the child */
	EB_SLOT_ATTACHED = 8,	/* traced since the attach: the exit of the call that it was in is its first event */
	EB_SLOT_THREADS = 16,	/* the process has, or has had, other threads */
	EB_SLOT_HELPER = 64,	/* a thread that io_uring runs: tid, pid and start are of the one it works for */
	EB_SLOT_KILLED = 32,	/* an EB_F_SENT signal ends it: what is sent after that does not count */
};

enum eb_sec_kind {
	EB_SEC_MEM = 1,	/* user memory [addr, addr+len); want: bytes asked for */
	EB_SEC_STR = 2,	/* a NUL-terminated user string at addr; len without NUL; EB_S_CUT if longer */
	EB_SEC_ARGS = 4,	/* after an execve: the new program's arguments, each with its NUL; at entry not all could be read */
	EB_SEC_PEER = 5,	/* struct eb_peer */
	EB_SEC_AWAY = 6, /* __u64: ns that the thread was off the CPU within the call */
	EB_SEC_REQUEST = 7,	/* struct eb_request */
	EB_SEC_FD = 3,	/* struct eb_fdinfo, then its path: what a descriptor is. addr: the descriptor, sign-extended */
};

enum eb_sec_flag {
	EB_S_EXIT = 1,	/* read at exit (else at entry) */
	EB_S_CUT = 2,	/* more was there than the limit lets through: want > len, or the string goes on */
	EB_S_RETRY = 4,	/* could not be read at entry; this is the second attempt, at exit */
	EB_S_KERNEL = 8,	/* from the kernel's own objects, not from user memory */
};

struct eb_sec {
	__u64 addr;
	__u32 len;	/* bytes that follow */
	__u32 want;	/* bytes asked for before limits; 0 for strings */
	__s32 err;	/* 0, or -EFAULT: nothing could be read (len is 0) */
	__u8 kind;	/* enum eb_sec_kind */
	__u8 arg;	/* argument 0..5 it serves; 6: the return value; 255: none */
	__u8 flags;	/* enum eb_sec_flag */
	__u8 pad;
};

enum eb_fd_flag {
	EB_FD_DELETED = 1,	/* the file has no name any more */
	EB_FD_CUT = 2,		/* the path was too deep or too long; its beginning is missing */
	EB_FD_SOCK = 4,		/* the socket fields are filled */
	EB_FD_CWD = 8,		/* not a descriptor: the working directory (AT_FDCWD) */
	EB_FD_NAME = 16,	/* not a path but a pseudo file's name: pipe, anon_inode, socket */
	EB_FD_BAD = 32,		/* no such descriptor */
};

struct eb_fdinfo {
	__s32 fd;
	__u32 flags;	/* enum eb_fd_flag */
	__u32 mode;	/* st_mode */
	__u32 rdev;	/* major<<20 | minor, for devices */
	__u32 dev;	/* of the file system: major<<20 | minor */
	__u32 pathlen;	/* bytes of path that follow this structure */
	__u64 ino;
	__u64 magic;	/* file system magic, statfs(2) */
	__u16 family, type, protocol, state;	/* of a socket; state as in include/net/tcp_states.h */
	__u16 lport, rport;	/* host order */
	__u32 ifpid;	/* netlink: port id */
	__u8 laddr[16], raddr[16];
	__u64 peer;	/* unix: inode of the peer, 0 if none */
};

#endif
