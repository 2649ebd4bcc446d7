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
#define EB_F_SETLEASE 1024	/* include/uapi/linux/fcntl.h */
#define EB_F_WRLCK 1	/* include/uapi/asm-generic/fcntl.h */
#define EB_F_UNLCK 2
#define EB_LOCK_SH 1
#define EB_LOCK_EX 2
#define EB_LOCK_UN 8

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
	EB_R_OBJECT = 13,	/* renamedata, iattr, vm_fault, filename, splice_desc, flock, file_lock: by operation */
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
struct open_flags {
	int open_flag;
};
struct flock {
	short l_type, l_whence;
	long long l_start, l_len;
};
struct file_lock___old {
	struct file *fl_file;
	unsigned char fl_type;
};
struct file_lock_core___new {	/* Linux 6.9, commit a69ce85ec9af */
	struct file *flc_file;
	unsigned char flc_type;
};
struct file_lock___new {
	struct file_lock_core___new c;
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
	__u64 look;	/* struct path * that a name was last looked up into */
	__u64 sig;	/* signature of the file of the operation that ends */
	__u64 fs_type, fs_wanted;	/* type of file system that was asked for last, and the answer */
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

#endif
