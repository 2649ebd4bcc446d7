/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * fd.h - what a descriptor is, taken from the kernel's own objects at the
 * moment of the event, so that a closed or reused descriptor is never named
 * wrongly. bpf_d_path is not allowed here: dentries and mounts are walked.
 */
#ifndef EB_FD_H
#define EB_FD_H

#define EB_MAX_FDVEC 16	/* pollfds whose descriptors are named */
#define EB_DEPTH 48		/* path components that are walked in one turn */
#define EB_TURNS 43		/* 4095 bytes hold 2048 components of one letter */
#define EB_PATH_HALF 4096
#define EB_AT_FDCWD (-100)
#define PIPEFS_MAGIC 0x50495045	/* include/uapi/linux/magic.h */
#define SOCKFS_MAGIC 0x534F434B
#define ANON_INODE_FS_MAGIC 0x09041934
#define PID_FS_MAGIC 0x50494446
#define NSFS_MAGIC 0x6e736673
#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10
#define AF_NETLINK 16

#define container_of_mount(m) \
	((struct mount *)((char *)(m) - bpf_core_field_offset(struct mount, mnt)))

/* Puts name before sc->path[at]; returns the new start, or 0 if there is no room. */
static __always_inline __u32 prepend(struct eb_scratch *sc, __u32 at, const struct qstr *q, int slash)
{
	__u32 len = BPF_CORE_READ(q, len);
	if (len > 255)
		len = 255;
	if (at < len + 2 || at > EB_PATH_HALF)
		return 0;
	at -= len;
	if (at > EB_PATH_HALF)
		return 0;
	__u32 n = len & 0xff;
	bpf_probe_read_kernel(&sc->path[at], n, BPF_CORE_READ(q, name));
	if (slash) {
		at--;
		if (at > EB_PATH_HALF)
			return 0;
		sc->path[at] = '/';
	}
	return at;
}

/* One step of walk_path, up from sc->dentry. Returns 0 while there is more, 1 at the root, -1 when cut. */
__noinline int walk_step(void)
{
	struct eb_scratch *sc = scratch_get();
	if (!sc)
		return -1;
	struct mount *mnt = (void *)sc->mnt;
	struct dentry *d = (void *)sc->dentry, *parent = BPF_CORE_READ(d, d_parent);
	if ((__u64)d == sc->root || d == parent) {
		struct mount *up = BPF_CORE_READ(mnt, mnt_parent);
		if ((__u64)d != sc->root) {
			if (d == BPF_CORE_READ(d, d_sb, s_root))
				return -1;	/* not below this mount: what leads to it is not known */
			/* hangs on no tree: memfd, see fs/libfs.c, simple_dname() */
			__u32 at = prepend(sc, sc->at, &d->d_name, 1);
			sc->at = at ? at : sc->at;
			return 1;
		}
		if (up == mnt)
			return 1;
		sc->dentry = (__u64)BPF_CORE_READ(mnt, mnt_mountpoint);
		sc->mnt = (__u64)up;
		sc->root = (__u64)BPF_CORE_READ(up, mnt.mnt_root);
		return 0;
	}
	__u32 at = prepend(sc, sc->at, &d->d_name, 1);
	if (!at)
		return -1;
	sc->at = at;
	sc->dentry = (__u64)parent;
	return 0;
}

/* EB_DEPTH steps at most. A global function: verified once, however often it is called. */
__noinline int walk_turn(void)
{
	int done = 0;
	for (int i = 0; i < EB_DEPTH; i++) {
		done = walk_step();
		if (done)
			break;
	}
	return done;
}

/*
 * The path of (mnt, dentry) up to the root of its mount tree. It ends at
 * sc->path[4096]; returns where it begins, negative if the beginning is missing.
 * vfsmnt 0: up to the root of the file system.
 */
__noinline int walk_path(__u64 vfsmnt, __u64 dentry)
{
	struct eb_scratch *sc = scratch_get();
	int done = 0;
	if (!sc)
		return 0;
	sc->mnt = vfsmnt ? (__u64)container_of_mount(vfsmnt) : 0;
	sc->root = vfsmnt ? (__u64)BPF_CORE_READ((struct vfsmount *)vfsmnt, mnt_root) :
			    (__u64)BPF_CORE_READ((struct dentry *)dentry, d_sb, s_root);
	sc->dentry = dentry;
	sc->at = EB_PATH_HALF;
	for (int i = 0; i < EB_TURNS; i++) {
		done = walk_turn();
		if (done)
			break;
	}
	if (done != 1)
		return -(int)sc->at;
	if (sc->at == EB_PATH_HALF) {
		sc->path[EB_PATH_HALF - 1] = '/';
		sc->at = EB_PATH_HALF - 1;
	}
	return sc->at;
}

static __always_inline void fill_addr(struct eb_fdinfo *f, struct sock *sk)
{
	f->state = BPF_CORE_READ(sk, __sk_common.skc_state);
	/* Not skc_num: a socket that was shut down has none any more. */
	f->lport = __builtin_bswap16(BPF_CORE_READ((struct inet_sock *)sk, inet_sport));
	f->rport = __builtin_bswap16(BPF_CORE_READ(sk, __sk_common.skc_dport));
	if (f->family == AF_INET) {
		*(__u32 *)f->laddr = BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr);
		*(__u32 *)f->raddr = BPF_CORE_READ(sk, __sk_common.skc_daddr);
		return;
	}
	bpf_core_read(f->laddr, 16, &sk->__sk_common.skc_v6_rcv_saddr);
	bpf_core_read(f->raddr, 16, &sk->__sk_common.skc_v6_daddr);
}

/* Number of the inode of a socket, 0 if it has none any more. */
static __always_inline __u64 sock_ino(struct sock *sk)
{
	struct socket *so = BPF_CORE_READ(sk, sk_socket);
	return so ? BPF_CORE_READ((struct socket_alloc *)so, vfs_inode.i_ino) : 0;
}

/* Fills the socket fields of f, without names. */
static __always_inline void fill_sk(struct eb_fdinfo *f, struct sock *sk)
{
	f->flags |= EB_FD_SOCK;
	f->type = BPF_CORE_READ(sk, sk_type);
	f->family = BPF_CORE_READ(sk, __sk_common.skc_family);
	f->protocol = BPF_CORE_READ(sk, sk_protocol);
	if (f->family == AF_INET || f->family == AF_INET6) {
		fill_addr(f, sk);
	} else if (f->family == AF_NETLINK) {
		f->ifpid = BPF_CORE_READ((struct netlink_sock *)sk, portid);
	} else if (f->family == AF_UNIX) {
		struct sock *peer = BPF_CORE_READ((struct unix_sock *)sk, peer);
		f->state = BPF_CORE_READ(sk, __sk_common.skc_state);
		if (peer)
			f->peer = sock_ino(peer);
	}
}

/* Puts the name of a unix socket into `name`, which has room for 128 bytes. Returns its length. */
static __always_inline __u32 unix_name(char *name, struct sock *sk)
{
	struct unix_address *a = BPF_CORE_READ((struct unix_sock *)sk, addr);
	int len = a ? BPF_CORE_READ(a, len) - 2 : 0;	/* without sun_family */
	if (len <= 0 || len > 108)
		return 0;
	__u32 n = len & 127;
	bpf_probe_read_kernel(name, n, (char *)a + bpf_core_field_offset(struct unix_address, name) + 2);
	return n;
}

/* Fills the socket fields of f; a unix socket's name goes to sc->path. Returns its length. */
static __always_inline __u32 fill_sock(struct eb_scratch *sc, struct eb_fdinfo *f, struct file *file)
{
	struct socket *so = BPF_CORE_READ(file, private_data);
	struct sock *sk = BPF_CORE_READ(so, sk);
	if (!sk)
		return 0;
	fill_sk(f, sk);
	return f->family == AF_UNIX ? unix_name(sc->path, sk) : 0;
}

/* Fills f for a file; returns where in sc->path its path begins, and its length in f. */
static __always_inline __u32 fill_file(struct eb_scratch *sc, struct eb_fdinfo *f, __u64 mnt, struct dentry *d)
{
	struct inode *ino = BPF_CORE_READ(d, d_inode);
	struct super_block *sb = BPF_CORE_READ(d, d_sb);
	f->mode = BPF_CORE_READ(ino, i_mode);
	f->ino = BPF_CORE_READ(ino, i_ino);
	f->rdev = BPF_CORE_READ(ino, i_rdev);
	f->dev = BPF_CORE_READ(sb, s_dev);
	f->magic = BPF_CORE_READ(sb, s_magic);
	if (f->magic == PIPEFS_MAGIC || f->magic == SOCKFS_MAGIC || f->magic == PID_FS_MAGIC) {
		f->flags |= EB_FD_NAME;
		return 0;
	}
	if (f->magic == NSFS_MAGIC) {	/* fs/nsfs.c, ns_dname() */
		struct ns_common *ns = BPF_CORE_READ(ino, i_private);
		long n = bpf_probe_read_kernel_str(sc->path, 32, BPF_CORE_READ(ns, ops, name));
		f->flags |= EB_FD_NAME;
		f->pathlen = n > 0 ? n - 1 : 0;
		return 0;
	}
	if (f->magic == ANON_INODE_FS_MAGIC) {
		f->flags |= EB_FD_NAME;
		__u32 at = prepend(sc, EB_PATH_HALF, &d->d_name, 0);
		f->pathlen = at ? EB_PATH_HALF - at : 0;
		return at;
	}
	if (d != BPF_CORE_READ(sb, s_root) && !BPF_CORE_READ(d, d_hash.pprev))
		f->flags |= EB_FD_DELETED;
	int at = walk_path(mnt, (__u64)d);
	if (at < 0) {
		f->flags |= EB_FD_CUT;
		at = -at;
	}
	f->pathlen = EB_PATH_HALF - at;
	return at;
}

static __always_inline struct file *file_of(int fd)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct fdtable *t = BPF_CORE_READ(task, files, fdt);
	struct file **fds = BPF_CORE_READ(t, fd), *file = NULL;
	if ((__u32)fd >= BPF_CORE_READ(t, max_fds))
		return NULL;
	bpf_probe_read_kernel(&file, sizeof(file), fds + fd);
	return file;
}

/* A section that says what fd is; AT_FDCWD is the working directory. */
__noinline int cap_fd(__s32 fd, __u32 tag)
{
	struct eb_scratch *sc = scratch_get();
	if (!sc)
		return 0;
	struct eb_sec *sec = sec_begin(sc, EB_SEC_FD, tag);
	if (!sec)
		return 0;
	struct eb_fdinfo *f = (void *)(sec + 1);
	__builtin_memset(f, 0, sizeof(*f));
	sec->addr = (__s64)fd;
	f->fd = fd;
	__u32 from = 0;
	if (fd == EB_AT_FDCWD) {
		struct task_struct *task = (void *)bpf_get_current_task();
		f->flags = EB_FD_CWD;
		from = fill_file(sc, f, (__u64)BPF_CORE_READ(task, fs, pwd.mnt), BPF_CORE_READ(task, fs, pwd.dentry));
	} else {
		struct file *file = fd < 0 ? NULL : file_of(fd);
		if (file) {
			from = fill_file(sc, f, (__u64)BPF_CORE_READ(file, f_path.mnt), BPF_CORE_READ(file, f_path.dentry));
			if (f->magic == SOCKFS_MAGIC) {
				f->pathlen = fill_sock(sc, f, file);
				from = 0;
			}
		} else {
			f->flags = EB_FD_BAD;
		}
	}
	__u64 n = f->pathlen;
	if (from > EB_PATH_HALF || n > EB_PATH_HALF)
		return 0;
	opaque(n);
	if (n > EB_PATH_HALF)
		return 0;
	char *data = (char *)(f + 1);
	*(__u64 *)(data + (n & ~7ULL)) = 0;
	if (n)
		bpf_probe_read_kernel(data, n, sc->path + from);
	sec->kind = EB_SEC_FD;
	sec->len = sizeof(*f) + n;
	sec->want = sec->len;
	sec->flags |= EB_S_KERNEL;
	sec_end(sc, sizeof(*f) + n);
	return 0;
}

/* The descriptor at the start of a structure (pollfd). */
__noinline int cap_fd_at(__u64 addr, __u32 tag)
{
	__s32 fd = -1;
	if (bpf_probe_read_user(&fd, 4, (void *)addr))
		return -EFAULT;
	return fd < 0 ? 0 : cap_fd(fd, tag);
}

/* The descriptors at the start of count structures, step bytes apart. */
static __always_inline int cap_fdvec(__u64 addr, __u64 count, __u32 step, __u32 tag)
{
	int err = 0;
	for (int i = 0; i < EB_MAX_FDVEC; i++) {
		if (i >= count)
			break;
		err |= cap_fd_at(addr, tag);
		addr += step;
	}
	return err;
}

#endif
