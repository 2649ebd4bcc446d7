/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* vfs.h - operations of the virtual file system in flight, by slot. */
#ifndef EB_VFS_H
#define EB_VFS_H

#define EB_FRAMES 4	/* operations within operations; more, and the outermost are forgotten */
#define EB_MAX_RENAMES 1024	/* in flight at once */
#define EB_FMODE_CREATED 0x100000	/* include/linux/fs.h */
#define EB_ATTR_MODE 1	/* include/linux/fs.h */
#define EB_ATTR_OWNER 6
#define EB_ATTR_SIZE 8

/* What an argument is. */
enum eb_role {
	EB_R_FILE = 0,
	EB_R_PATH = 1,		/* struct path *, filled in by the end at the latest */
	EB_R_DENTRY = 2,
	EB_R_DENTRY2 = 3,
	EB_R_FILE2 = 4,
	EB_R_BYTES = 5,
	EB_R_POS = 6,		/* loff_t * */
	EB_R_OFFSET = 7,
	EB_R_END = 8,		/* last byte of a range from EB_R_OFFSET */
	EB_R_PGOFF = 9,
	EB_R_A0 = 10,
	EB_R_A1 = 11,
	EB_R_STR = 12,		/* kernel string */
	EB_R_OBJECT = 13,	/* renamedata, iattr, vm_fault, filename, splice_desc: by operation */
	EB_R_MNT = 14,		/* struct vfsmount * */
	EB_R_FD = 15,
};

/* Members that only this layer reads. */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct file_system_type {
	const char *name;
};
struct super_block___vfs {
	struct file_system_type *s_type;
};
struct file___vfs {
	unsigned int f_flags, f_mode;
	long long f_pos;
};
struct renamedata {
	struct dentry *old_dentry, *new_dentry;
	unsigned int flags;
};
struct iattr {
	unsigned int ia_valid;
	__u16 ia_mode;
	kuid_t ia_uid, ia_gid;
	long long ia_size;
};
struct filename {
	const char *name;
};
struct vm_area_struct {
	struct file *vm_file;
};
struct vm_fault {
	struct vm_area_struct *vma;
	unsigned long pgoff, address;
};
struct splice_desc {
	unsigned long total_len;
	long long pos;
};
#pragma clang attribute pop

struct eb_frame {
	__u64 begin;
	__u64 path;	/* struct path * to read at the end */
	__u64 mnt, dentry, mnt2, dentry2;
	__u64 parent;	/* rename: of the old name */
	__u64 str;
	__u64 ino, mode;	/* as they were: both may be gone at the end */
	__s64 offset;
	__u64 bytes;
	__u64 args[2];
	__u16 point, op;
	__u8 flags, context, depth;
	__u8 skip;	/* it is not wanted, but its end must find it */
	__u8 late;	/* its file was not known at the begin */
	__u8 pad[7];
};

struct eb_own {
	__u64 mnt;	/* struct vfsmount * that was last asked for to write to */
};

#include "probe.h"

/* The old name of a file that is being renamed, by slot and frame. */
struct eb_name {
	__u32 len;
	char name[260];
};
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, EB_MAX_RENAMES);
	__type(key, __u32);
	__type(value, struct eb_name);
} old_names SEC(".maps");

static __always_inline void frame_file(struct eb_frame *f, struct file *file)
{
	f->mnt = (__u64)BPF_CORE_READ(file, f_path.mnt);
	f->dentry = (__u64)BPF_CORE_READ(file, f_path.dentry);
}

/* What the structures say that some operations get their arguments in. */
static __always_inline void frame_object(struct eb_frame *f, __u64 obj, __u32 slot, __u32 at)
{
	if (f->op == EB_VFS_RENAME) {
		struct renamedata *rd = (void *)obj;
		f->dentry = (__u64)BPF_CORE_READ(rd, old_dentry);
		f->dentry2 = (__u64)BPF_CORE_READ(rd, new_dentry);
		f->args[0] = BPF_CORE_READ(rd, flags);
	} else if (f->op == EB_VFS_SETATTR) {
		struct iattr *a = (void *)obj;
		__u32 valid = BPF_CORE_READ(a, ia_valid);
		f->args[0] = valid;
		if (valid & EB_ATTR_SIZE)
			f->args[1] = BPF_CORE_READ(a, ia_size);
		else if (valid & EB_ATTR_MODE)
			f->args[1] = BPF_CORE_READ(a, ia_mode);
		else if (valid & EB_ATTR_OWNER)
			f->args[1] = (__u64)BPF_CORE_READ(a, ia_gid.val) << 32 | BPF_CORE_READ(a, ia_uid.val);
	} else if (f->op == EB_VFS_FAULT) {
		struct vm_fault *vmf = (void *)obj;
		frame_file(f, BPF_CORE_READ(vmf, vma, vm_file));
		f->offset = (__u64)BPF_CORE_READ(vmf, pgoff) * EB_PAGE;
		f->args[0] = BPF_CORE_READ(vmf, address);
	} else if (f->op == EB_VFS_LOOKUP) {
		f->str = (__u64)BPF_CORE_READ((struct filename *)obj, name);
	} else if (f->op == EB_VFS_SPLICE) {
		f->bytes = BPF_CORE_READ((struct splice_desc *)obj, total_len);
		f->offset = BPF_CORE_READ((struct splice_desc *)obj, pos);
	}
}

/* Which file the function is about. */
static __always_inline void frame_target(struct eb_works *w, struct eb_frame *f, __u32 point)
{
	__u64 v;
	if ((v = arg_of(w, point, EB_R_FILE)))
		frame_file(f, (struct file *)v);
	if ((v = arg_of(w, point, EB_R_DENTRY))) {
		f->dentry = v;
		f->mnt = 0;
	}
	if ((v = arg_of(w, point, EB_R_PATH))) {
		f->path = v;
		if (f->op != EB_VFS_LOOKUP) {	/* which fills it in */
			f->mnt = (__u64)BPF_CORE_READ((struct path *)v, mnt);
			f->dentry = (__u64)BPF_CORE_READ((struct path *)v, dentry);
		}
	}
	f->dentry2 = arg_of(w, point, EB_R_DENTRY2);
	if ((v = arg_of(w, point, EB_R_FILE2))) {
		f->mnt2 = (__u64)BPF_CORE_READ((struct file *)v, f_path.mnt);
		f->dentry2 = (__u64)BPF_CORE_READ((struct file *)v, f_path.dentry);
	}
	if (has_arg(point, EB_R_FD)) {
		struct file *file = file_of(arg_of(w, point, EB_R_FD));
		if (file)
			frame_file(f, file);
	}
}

/* The operation's numbers. */
static __always_inline void frame_numbers(struct eb_works *w, struct eb_frame *f, __u32 point)
{
	__u64 v;
	f->bytes = arg_of(w, point, EB_R_BYTES);
	if ((v = arg_of(w, point, EB_R_POS)))
		bpf_probe_read_kernel(&f->offset, 8, (void *)v);
	if (has_arg(point, EB_R_OFFSET))
		f->offset = arg_of(w, point, EB_R_OFFSET);
	if (has_arg(point, EB_R_PGOFF))
		f->offset = arg_of(w, point, EB_R_PGOFF) * EB_PAGE;
	if (has_arg(point, EB_R_END)) {
		v = arg_of(w, point, EB_R_END);
		f->bytes = v == ~0ULL >> 1 ? 0 : v - f->offset + 1;
	}
	f->args[0] = arg_of(w, point, EB_R_A0);
	f->args[1] = arg_of(w, point, EB_R_A1);
	f->str = arg_of(w, point, EB_R_STR);
	if (f->op == EB_VFS_SPLICE && f->offset < 0)
		f->offset = BPF_CORE_READ((struct file___vfs *)arg_of(w, point, EB_R_FILE), f_pos);
	if (f->op == EB_VFS_OPEN)
		f->args[0] = BPF_CORE_READ((struct file___vfs *)arg_of(w, point, EB_R_A1), f_flags);
}

/* A dentry alone has no mount: it is the one that was just made writable, if that is of its file system. */
static __always_inline void frame_mount(struct eb_works *w, struct eb_frame *f)
{
	struct dentry *d = (void *)f->dentry;
	if (f->mnt || !d || !w->own.mnt)
		return;
	struct vfsmount *m = (void *)w->own.mnt;	/* not inside of the macro, which relocates what it sees */
	struct dentry *root = BPF_CORE_READ(m, mnt_root);
	if (BPF_CORE_READ(root, d_sb) == BPF_CORE_READ(d, d_sb))
		f->mnt = w->own.mnt;
}

/* Keeps what the operation takes away. */
static __always_inline void frame_keep(struct eb_frame *f, __u32 slot, __u32 at)
{
	struct dentry *d = (void *)f->dentry;
	f->ino = BPF_CORE_READ(d, d_inode, i_ino);
	f->mode = BPF_CORE_READ(d, d_inode, i_mode);
	if (f->op != EB_VFS_RENAME)
		return;
	struct eb_scratch *sc = scratch_get();
	if (!sc)
		return;
	struct eb_name *n = (void *)sc->path;
	__u32 key = slot * EB_FRAMES + at, len = BPF_CORE_READ(d, d_name.len);
	len = len > 255 ? 255 : len;
	n->len = len;
	bpf_probe_read_kernel(n->name, len & 0xff, BPF_CORE_READ(d, d_name.name));
	if (!bpf_map_update_elem(&old_names, &key, n, BPF_ANY))
		f->parent = (__u64)BPF_CORE_READ(d, d_parent);
}

#endif
