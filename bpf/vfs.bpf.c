//go:build ignore

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* vfs.bpf.c - what traced threads do in the virtual file system, function by function. */
#include "vmlinux.h"
#include <bpf_helpers.h>
#include <bpf_core_read.h>
#include "record.h"
#include "plan.h"
#include "preempt.h"
#include "maps.h"
#include "arch.h"
#include "slots.h"
#include "secs.h"
#include "fd.h"
#include "emit.h"
#include "vfs.h"
#include "vfssel.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Probed functions. Which of the kernel's, and which of its arguments is what, stands in loader/vfstable.go. */
#define EB_POINTS(P)                     \
	P(open, EB_VFS_OPEN)             \
	P(read, EB_VFS_READ)             \
	P(readv, EB_VFS_READ)            \
	P(kernel_read, EB_VFS_READ)      \
	P(write, EB_VFS_WRITE)           \
	P(writev, EB_VFS_WRITE)          \
	P(fsync, EB_VFS_FSYNC)           \
	P(fsync_fd, EB_VFS_FSYNC)        \
	P(unlink, EB_VFS_UNLINK)         \
	P(rename, EB_VFS_RENAME)         \
	P(mkdir, EB_VFS_MKDIR)           \
	P(rmdir_call, EB_VFS_RMDIR)      \
	P(rmdir, EB_VFS_RMDIR)           \
	P(rmdir_hook, EB_VFS_RMDIR)      \
	P(link, EB_VFS_LINK)             \
	P(symlink, EB_VFS_SYMLINK)       \
	P(mknod, EB_VFS_MKNOD)           \
	P(readdir, EB_VFS_READDIR)       \
	P(getattr, EB_VFS_GETATTR)       \
	P(setattr, EB_VFS_SETATTR)       \
	P(setxattr, EB_VFS_SETXATTR)     \
	P(removexattr, EB_VFS_REMOVEXATTR) \
	P(readlink, EB_VFS_READLINK)     \
	P(fallocate, EB_VFS_FALLOCATE)   \
	P(mmap, EB_VFS_MMAP)             \
	P(fault, EB_VFS_FAULT)           \
	P(fault_shmem, EB_VFS_FAULT)     \
	P(sendfile, EB_VFS_SPLICE)       \
	P(sendpipe, EB_VFS_SPLICE)       \
	P(splice, EB_VFS_SPLICE)         \
	P(copy, EB_VFS_COPY)             \
	P(mount, EB_VFS_MOUNT)           \
	P(lookup, EB_VFS_LOOKUP)

enum eb_vfs_point {
#define P(name, op) EB_P_##name,
	EB_POINTS(P)
#undef P
	EB_P_want_write,
	EB_P_want_write_file,
	EB_P_COUNT,
};

/* Is a file that the operation is about where it is wanted? */
static __always_inline int frame_place(struct eb_frame *f)
{
	return place_wanted(f->dentry) || (f->dentry2 && place_wanted(f->dentry2));
}

/* A function has begun whose arguments are in works.raw. */
__noinline int work_begin(__u32 slot, __u32 point, __u32 op)
{
	struct eb_slot *s = slot_at(slot);
	struct eb_works *w = works_at(slot);
	if (!s || !w || s->state & EB_SLOT_ARMED)
		return 0;
	__u32 at = frames_renew(w, s);
	struct eb_frame *f = frame_at(w, at);
	f->path = f->mnt = f->dentry = f->mnt2 = f->parent = 0;
	f->offset = -1;
	f->point = point;
	f->op = op;
	f->flags = f->skip = 0;
	f->context = op == EB_VFS_FAULT ? EB_BY_FAULT : context_of(s);
	frame_numbers(w, f, point);
	frame_target(w, f, point);
	if (has_arg(point, EB_R_OBJECT))
		frame_object(f, arg_of(w, point, EB_R_OBJECT), slot, at);
	if (!f->dentry && !f->path && point != EB_P_rmdir_call)
		return 0;	/* anonymous memory; no such descriptor */
	if (at) {	/* one function of an operation within another */
		struct eb_frame *up = frame_at(w, at - 1);
		if (up->op == op && (!up->dentry || up->dentry == f->dentry)) {
			if (!up->dentry) {
				up->dentry = f->dentry;
				frame_mount(w, up);
				frame_keep(up, slot, at);
			}
			return 0;
		}
	}
	frame_mount(w, f);
	frame_push(w, s, f, at);
	f->late = !f->dentry;
	if ((nfs || ndevs) && f->dentry && !frame_place(f)) {
		f->skip = 1;
		return 0;
	}
	frame_keep(f, slot, at);
	f->begin = bpf_ktime_get_ns();
	return 0;
}

/* Takes the old name of a renamed file to the section's path, which has n bytes. Returns how many it has then. */
__noinline int put_name(__u32 pos, __u32 n, __u32 key)
{
	struct eb_scratch *sc = scratch_get();
	struct eb_name *old = bpf_map_lookup_elem(&old_names, &key);
	if (!sc || !old || pos > EB_BUF_SIZE || n > EB_PATH_HALF)
		return n;
	char *data = sc->buf + pos;
	__u32 len = old->len & 0xff;
	__u32 to = n;
	if (n != 1)	/* else it is the root */
		to = n + 1;
	if (to > EB_PATH_HALF + 1)
		return n;
	data[n == 1 ? 0 : n] = '/';
	bpf_probe_read_kernel(data + to, len, old->name);
	bpf_map_delete_elem(&old_names, &key);
	return to + len;
}

/* A section that says which file (mnt, dentry) is. name_key, if not 0: the file of that old name in it. */
__noinline int cap_at(__u64 mnt, __u64 dentry, __u32 tag, __u32 name_key)
{
	struct eb_scratch *sc = scratch_get();
	if (!sc)
		return 0;
	struct eb_sec *sec = sec_begin(sc, EB_SEC_FD, tag);
	if (!sec)
		return 0;
	__u32 pos = sc->pos + sizeof(struct eb_sec) + sizeof(struct eb_fdinfo);
	struct eb_fdinfo *f = (void *)(sec + 1);
	__builtin_memset(f, 0, sizeof(*f));
	sec->addr = -1;
	f->fd = -1;
	__u32 from = fill_file(sc, f, mnt, (struct dentry *)dentry);
	if (!mnt && !(f->flags & EB_FD_NAME))
		f->flags |= EB_FD_CUT;
	if (!f->ino || name_key) {
		f->ino = sc->args[0];
		f->mode = sc->args[1];
	}
	__u64 n = f->pathlen;
	if (from > EB_PATH_HALF || n > EB_PATH_HALF)
		return 0;
	opaque(n);
	if (n > EB_PATH_HALF)
		return 0;
	char *data = (char *)(f + 1);
	if (n)
		bpf_probe_read_kernel(data, n, sc->path + from);
	if (name_key)
		n = put_name(pos, n, name_key);
	if (n > EB_PATH_HALF + 512)
		return 0;
	f->pathlen = n;
	if (by_path && (f->flags & EB_FD_CUT || (!(f->flags & EB_FD_NAME) && path_wanted(pos, n))))
		sc->args[6] = 1;	/* a path whose beginning is missing may be any */
	__u64 tail = n & 7, *last = (__u64 *)(data + (n & ~7ULL));
	*last = tail ? *last & ((1ULL << (tail * 8)) - 1) : 0;	/* padding */
	sec->len = sizeof(*f) + n;
	sec->want = sec->len;
	sec->flags |= EB_S_KERNEL;
	sec_end(sc, sizeof(*f) + n);
	return 0;
}

/* A section with a string of the kernel's. */
__noinline int cap_kernel_str(__u64 addr, __u32 tag)
{
	struct eb_scratch *sc = scratch_get();
	if (!sc)
		return 0;
	struct eb_sec *sec = sec_begin(sc, EB_SEC_STR, tag);
	if (!sec)
		return 0;
	char *data = (char *)(sec + 1);
	long got = bpf_probe_read_kernel_str(data, EB_PATH_MAX, (void *)addr);
	__u64 n = got > 0 ? got - 1 : 0;
	opaque(n);
	if (n > EB_PATH_MAX)
		return 0;
	*(__u64 *)(data + n) = 0;
	sec->addr = 0;
	sec->err = got < 0 ? -EFAULT : 0;
	sec->len = n;
	sec->flags |= EB_S_KERNEL;
	sec_end(sc, n);
	return 0;
}

/* The files that frame f is about, as sections. */
static __always_inline void put_files(struct eb_scratch *sc, struct eb_frame *f, __s64 ret, __u32 slot, __u32 at)
{
	sc->args[0] = f->ino;
	sc->args[1] = f->mode;
	if (f->op == EB_VFS_RENAME) {
		if (f->parent)
			cap_at(f->mnt, f->parent, EB_TAG(0, EB_S_EXIT), slot * EB_FRAMES + at);
		else
			cap_at(f->mnt, f->dentry, EB_TAG(0, EB_S_EXIT), 0);
		cap_at(f->mnt, ret ? f->dentry2 : f->dentry, EB_TAG(1, EB_S_EXIT), 0);
		return;
	}
	if (f->dentry)
		cap_at(f->mnt, f->dentry, EB_TAG(0, EB_S_EXIT), 0);
	if (f->dentry2)
		cap_at(f->mnt2 ? f->mnt2 : f->mnt, f->dentry2, EB_TAG(1, EB_S_EXIT), 0);
	if (f->str)
		cap_kernel_str(f->str, EB_TAG(2, 0));
}

static __always_inline void fill_fs(struct eb_work *k, struct eb_frame *f)
{
	struct dentry *d = (void *)f->dentry;
	struct super_block___vfs *sb = (void *)BPF_CORE_READ(d, d_sb);
	bpf_probe_read_kernel_str(k->fs, sizeof(k->fs), BPF_CORE_READ(sb, s_type, name));
}

/* Writes the record of frame `at`. */
__noinline int work_emit(__u32 slot, __u32 at, __u64 now, __s64 ret)
{
	struct eb_scratch *sc = scratch_get();
	struct eb_slot *s = slot_at(slot);
	struct eb_works *w = works_at(slot);
	if (!sc || !s || !w)
		return 0;
	struct eb_frame *f = frame_at(w, at);
	__u64 me = work_start(sc);
	sc->args[6] = 0;
	put_files(sc, f, ret, slot, at);
	if (by_path && !sc->args[6])
		return 0;
	struct eb_work_rec *r = (void *)sc->buf;
	fill_work(&r->work, f, s, EB_LAYER_VFS, ret);
	fill_fs(&r->work, f);
	work_send(sc, s, slot, me, now);
	return 0;
}

/* What is only known at the end. */
static __always_inline void frame_end(struct eb_frame *f, __s64 ret)
{
	if (f->op == EB_VFS_LOOKUP && ret) {
		f->dentry = 0;	/* nothing was found, and the path is not filled in */
	} else if (f->path) {
		struct path *path = (void *)f->path;
		f->mnt = (__u64)BPF_CORE_READ(path, mnt);
		f->dentry = (__u64)BPF_CORE_READ(path, dentry);
	}
	if (f->op != EB_VFS_OPEN)
		return;
	struct file___vfs *file = (void *)f->args[1];
	if (BPF_CORE_READ(file, f_mode) & EB_FMODE_CREATED)
		f->flags |= EB_WORK_CREATED;
	f->args[1] = 0;	/* the kernel's address is nobody's business */
}

/* Is the result of an operation a number of bytes? */
static __always_inline int moves_bytes(__u16 op)
{
	return op == EB_VFS_READ || op == EB_VFS_WRITE || op == EB_VFS_SPLICE || op == EB_VFS_COPY;
}

static __always_inline int work_wanted(struct eb_frame *f, __s64 ret, __u64 now)
{
	if (!f->dentry && !f->str)
		return 0;	/* it came to nothing before there was a file */
	if (!result_wanted(ret, now - f->begin))
		return 0;
	if ((nfs || ndevs) && f->late && (!f->dentry || !frame_place(f)))
		return 0;
	if (min_work_bytes && (!moves_bytes(f->op) || ret < (__s64)min_work_bytes))
		return 0;
	return 1;
}

/* A function has ended. */
__noinline int work_end(__u32 slot, __u32 point, __s64 ret)
{
	struct eb_works *w = works_at(slot);
	struct eb_slot *s = slot_at(slot);
	if (!w || !s)
		return 0;
	__u64 now = bpf_ktime_get_ns();
	__u32 at = 0;
	struct eb_frame *f = frame_pop(w, s, point, &at);
	if (!f)
		return 0;
	ret = sized_result(point, ret);
	if (f->op == EB_VFS_MKDIR && (ret > 0 || ret < -4095))
		ret = 0;	/* from Linux 6.16 on a dentry */
	if (f->skip)
		return 0;
	frame_end(f, ret);
	if (work_wanted(f, ret, now)) {
		work_emit(slot, at, now, ret);
	} else if (f->op == EB_VFS_RENAME) {
		__u32 key = slot * EB_FRAMES + at;
		bpf_map_delete_elem(&old_names, &key);
	}
	return 0;
}

/* The mount that the thread is about to write to. */
static __always_inline void note_mount(struct eb_works *w, __u32 point)
{
	__u64 v = arg_of(w, point, EB_R_MNT);
	if (v)
		w->own.mnt = v;
	else if ((v = arg_of(w, point, EB_R_FILE)))
		w->own.mnt = (__u64)BPF_CORE_READ((struct file *)v, f_path.mnt);
}

#define POINT(name, op) EB_TWINS(name, op, work_begin, work_end)

_Static_assert(EB_P_COUNT <= EB_MAX_POINTS, "the tables by point are too small");

EB_POINTS(POINT)
EB_ENTRY_TWINS(want_write, note_mount(w, EB_P_want_write))
EB_ENTRY_TWINS(want_write_file, note_mount(w, EB_P_want_write_file))

const struct eb_work *keep_work __attribute__((unused));
const enum eb_kind *keep_kind __attribute__((unused));
const enum eb_layer *keep_layer __attribute__((unused));
const enum eb_context *keep_context __attribute__((unused));
const enum eb_work_flag *keep_work_flag __attribute__((unused));
const enum eb_vfs_op *keep_vfs_op __attribute__((unused));
const enum eb_net_op *keep_net_op __attribute__((unused));
const struct eb_peer *keep_peer __attribute__((unused));
const enum eb_role *keep_role __attribute__((unused));
const enum eb_vfs_point *keep_vfs_point __attribute__((unused));
