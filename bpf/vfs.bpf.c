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
#include "vfsargs.h"
#include "vfssel.h"
#include "vfsfile.h"
#include "vfscache.h"
#include "vfshit.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/*
 * Probed functions. Which of the kernel's, and which of its arguments is what,
 * stands in loader/vfstable.go. F: those whose first argument is the file.
 */
#define EB_POINTS(P, F)                  \
	P(open_call, EB_VFS_OPEN)        \
	P(open, EB_VFS_OPEN)             \
	F(read, EB_VFS_READ)             \
	F(readv, EB_VFS_READ)            \
	F(kernel_read, EB_VFS_READ)      \
	F(write, EB_VFS_WRITE)           \
	F(writev, EB_VFS_WRITE)          \
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
	P(mknod_file, EB_VFS_MKNOD)      \
	P(readdir, EB_VFS_READDIR)       \
	P(getattr, EB_VFS_GETATTR)       \
	P(setattr, EB_VFS_SETATTR)       \
	P(setxattr, EB_VFS_SETXATTR)     \
	P(removexattr, EB_VFS_REMOVEXATTR) \
	P(getxattr, EB_VFS_GETXATTR)     \
	P(listxattr, EB_VFS_LISTXATTR)   \
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
	P(umount, EB_VFS_UMOUNT)         \
	P(lock, EB_VFS_LOCK)             \
	P(lock_test, EB_VFS_LOCK)        \
	P(flock, EB_VFS_LOCK)            \
	P(lease, EB_VFS_LOCK)            \
	P(close, EB_VFS_CLOSE)           \
	P(close_call, EB_VFS_CLOSE)      \
	P(lookup, EB_VFS_LOOKUP)

enum eb_vfs_point {
#define P(name, op) EB_P_##name,
	EB_POINTS(P, P)
#undef P
	EB_P_want_write,
	EB_P_want_write_file,
	EB_P_looked,
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
	f->ino = f->mode = 0;
	f->context = op == EB_VFS_FAULT ? EB_BY_FAULT : context_of(s);
	if (op == EB_VFS_READ || op == EB_VFS_WRITE)
		frame_rw(w, f, point);
	else
		frame_args(w, f, point);
	if (!f->dentry && !f->path && point != EB_P_rmdir_call && point != EB_P_open_call)
		return 0;	/* anonymous memory; no such descriptor */
	if (at) {	/* one function of an operation within another */
		struct eb_frame *up = frame_at(w, at - 1);
		if (up->op == op && (!up->dentry || up->dentry == f->dentry)) {
			if (!up->dentry) {
				up->dentry = f->dentry;
				up->mnt = f->mnt;
				frame_mount(w, up);
				frame_keep(up, slot, at - 1);
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
	int wanted = !by_path || sc->args[6];
	struct eb_work_rec *r = (void *)sc->buf;
	fill_work(&r->work, f, s, EB_LAYER_VFS, ret);
	fill_fs(&r->work, f);
	if (w->own.sig)
		cache_keep(sc, f, w->own.sig, r->work.fs, me, wanted);
	if (wanted)
		work_send(sc, s, slot, me, now);
	return 0;
}

/* The file that was opened; of a whole open the result is it. */
static __always_inline void open_end(struct eb_frame *f, __s64 *ret)
{
	__u64 file = f->args[1];
	f->args[1] = 0;	/* the kernel's address is nobody's business */
	if (f->point == EB_P_open_call) {
		f->mnt = f->dentry = 0;
		if (*ret < 0 && *ret >= -4095)
			return;	/* what stays is the name that was asked for */
		file = *ret;
		*ret = 0;
		f->str = 0;
		frame_file(f, (struct file *)file);
	}
	if (BPF_CORE_READ((struct file___vfs *)file, f_mode) & EB_FMODE_CREATED)
		f->flags |= EB_WORK_CREATED;
}

/* What is only known at the end. */
static __always_inline void frame_end(struct eb_frame *f, __s64 *ret)
{
	if (f->op == EB_VFS_LOOKUP && *ret) {
		f->dentry = 0;	/* nothing was found, and the path is not filled in */
	} else if (f->path) {
		struct path *path = (void *)f->path;
		f->mnt = (__u64)BPF_CORE_READ(path, mnt);
		f->dentry = (__u64)BPF_CORE_READ(path, dentry);
	}
	if (f->op == EB_VFS_OPEN)
		open_end(f, ret);
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

/* A function has ended. sig: sig_typed of its file, or 0. */
__noinline int work_end(__u32 slot, __u32 point, __s64 ret, __u64 sig)
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
	frame_end(f, &ret);
	if (work_wanted(f, ret, now)) {
		w->own.sig = file_sig(f, sig);
		if (!w->own.sig || !hit(slot, at, now, ret))
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

#define work_ended(slot, point, ret) work_end(slot, point, ret, 0)
#define POINT(name, op) EB_TWINS(name, op, work_begin, work_ended)

/* As EB_TWINS, where the verifier knows the type of the first argument, the file. */
#define FILE_POINT(name, op)                                             \
	SEC("fentry/vfs_read") int name##_fentry(__u64 *ctx)             \
	{                                                                \
		EB_TRACED(slot, w)                                       \
		preempt_off();                                           \
		if (!turn_taken(w, ctx, EB_P_##name) && file_wanted(w, (void *)EB_CTX(ctx, 0))) { \
			EB_RAW_ALL(w, ctx, EB_P_##name)                  \
			work_begin(slot, EB_P_##name, op);               \
		}                                                        \
		preempt_on();                                            \
		return 0;                                                \
	}                                                                \
	SEC("kprobe") int name##_kprobe(struct pt_regs *regs)            \
	{                                                                \
		EB_TRACED(slot, w)                                       \
		arch_fn_args(regs, w->raw);                              \
		work_begin(slot, EB_P_##name, op);                       \
		return 0;                                                \
	}                                                                \
	SEC("fexit/vfs_read") int name##_fexit(__u64 *ctx)               \
	{                                                                \
		EB_TRACED(slot, w)                                       \
		if (!w->depth && !preemptible)                           \
			return 0;                                        \
		preempt_off();                                           \
		if (!turn_taken(w, ctx, EB_P_##name | EB_MAX_POINTS) && w->depth) { \
			struct file *file = (void *)EB_CTX(ctx, 0);      \
			__s64 ret = typed_result(w, ctx, nargs[EB_P_##name]); \
			work_end(slot, EB_P_##name, ret, may_want(ret) ? sig_typed(file->f_path.dentry) : 0); \
		}                                                        \
		preempt_on();                                            \
		return 0;                                                \
	}                                                                \
	SEC("kretprobe") int name##_kretprobe(struct pt_regs *regs)      \
	{                                                                \
		EB_TRACED(slot, w)                                       \
		if (w->depth)                                            \
			work_end(slot, EB_P_##name, arch_fn_ret(regs), 0); \
		return 0;                                                \
	}

_Static_assert(EB_P_COUNT <= EB_MAX_POINTS, "the tables by point are too small");

EB_POINTS(POINT, FILE_POINT)
EB_ENTRY_TWINS(want_write, note_mount(w, EB_P_want_write))
EB_ENTRY_TWINS(want_write_file, note_mount(w, EB_P_want_write_file))
EB_ENTRY_TWINS(looked, w->own.look = arg_of(w, EB_P_looked, EB_R_PATH))

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
