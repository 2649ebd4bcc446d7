/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* vfsargs.h - what an operation of the virtual file system is about, from the arguments of its function. */
#ifndef EB_VFSARGS_H
#define EB_VFSARGS_H

static __always_inline void frame_file(struct eb_frame *f, struct file *file)
{
	struct path path = {};
	bpf_core_read(&path, sizeof(path), &file->f_path);
	f->mnt = (__u64)path.mnt;
	f->dentry = (__u64)path.dentry;
}

/* A lock by flock(2), which has no command, and is of the whole file. */
static __always_inline void frame_flock(struct eb_frame *f, __u64 obj)
{
	struct file_lock___old *l = (void *)obj;
	struct file_lock___new *n = (void *)obj;
	__u8 type;
	if (bpf_core_field_exists(n->c)) {
		frame_file(f, BPF_CORE_READ(n, c.flc_file));
		type = BPF_CORE_READ(n, c.flc_type);
	} else {
		frame_file(f, BPF_CORE_READ(l, fl_file));
		type = BPF_CORE_READ(l, fl_type);
	}
	f->args[1] = type == EB_F_UNLCK ? EB_LOCK_UN : type == EB_F_WRLCK ? EB_LOCK_EX : EB_LOCK_SH;
}

/* A lock by fcntl(2), whose command is there already. */
static __always_inline void frame_lock(struct eb_frame *f, __u64 obj)
{
	struct flock *l = (void *)obj;
	f->args[1] = BPF_CORE_READ(l, l_type);
	if (BPF_CORE_READ(l, l_whence))
		return;	/* not from the file's beginning */
	f->offset = BPF_CORE_READ(l, l_start);
	f->bytes = BPF_CORE_READ(l, l_len);
}

/* What the structures say that some operations get their arguments in. */
static __always_inline void frame_object(struct eb_frame *f, __u64 obj, __u32 point)
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
	} else if (f->op == EB_VFS_LOOKUP || f->op == EB_VFS_OPEN) {
		f->str = (__u64)BPF_CORE_READ((struct filename *)obj, name);
	} else if (f->op == EB_VFS_SPLICE) {
		f->bytes = BPF_CORE_READ((struct splice_desc *)obj, total_len);
		f->offset = BPF_CORE_READ((struct splice_desc *)obj, pos);
	} else if (f->op == EB_VFS_LOCK) {
		if (has_arg(point, EB_R_FILE))
			frame_lock(f, obj);
		else
			frame_flock(f, obj);
	}
}

/* The place that a file system is mounted on: when it is taken off, that is no longer known. */
static __always_inline void frame_mountpoint(struct eb_frame *f)
{
	struct mount *m = container_of_mount(f->mnt), *up = BPF_CORE_READ(m, mnt_parent);
	f->path = 0;
	if (up == m || BPF_CORE_READ(m, mnt.mnt_root) != (struct dentry *)f->dentry)
		return;
	f->mnt = (__u64)up + bpf_core_field_offset(struct mount, mnt);
	f->dentry = (__u64)BPF_CORE_READ(m, mnt_mountpoint);
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
		if (f->op == EB_VFS_UMOUNT)
			frame_mountpoint(f);
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
	struct open_flags *how = (void *)f->args[0];	/* not inside of the macros, which relocate what they see */
	struct file___vfs *file = (void *)f->args[1];
	if (f->op == EB_VFS_OPEN && has_arg(point, EB_R_OBJECT))
		f->args[0] = (__u32)BPF_CORE_READ(how, open_flag);
	else if (f->op == EB_VFS_OPEN)
		f->args[0] = BPF_CORE_READ(file, f_flags);
	if (f->op == EB_VFS_LOCK && !has_arg(point, EB_R_OBJECT))
		f->args[0] = EB_F_SETLEASE;
}

/* Operations on a dentry that are not asked for a mount to write to. */
static __always_inline int only_reads(__u16 op)
{
	return op == EB_VFS_GETXATTR || op == EB_VFS_LISTXATTR || op == EB_VFS_READLINK;
}

/*
 * A dentry alone has no mount: it is that with which it was looked up, which
 * the caller still has, or the one that was just made writable, if that is of
 * its file system.
 */
static __always_inline void frame_mount(struct eb_works *w, struct eb_frame *f)
{
	struct dentry *d = (void *)f->dentry;
	struct path path = {};
	if (f->mnt || !d)
		return;
	if (only_reads(f->op)) {
		bpf_probe_read_kernel(&path, sizeof(path), (void *)w->own.look);
		if (path.dentry == d)
			f->mnt = (__u64)path.mnt;
		return;
	}
	struct vfsmount *m = (void *)w->own.mnt;	/* not inside of the macro, which relocates what it sees */
	struct dentry *root = BPF_CORE_READ(m, mnt_root);
	if (m && BPF_CORE_READ(root, d_sb) == BPF_CORE_READ(d, d_sb))
		f->mnt = w->own.mnt;
}

/* Everything of a function whose arguments are a file, bytes and a position. */
static __always_inline void frame_rw(struct eb_works *w, struct eb_frame *f, __u32 point)
{
	__u64 pos = arg_of(w, point, EB_R_POS);
	f->bytes = arg_of(w, point, EB_R_BYTES);
	f->args[0] = f->args[1] = 0;
	f->str = f->dentry2 = 0;
	if (pos)
		bpf_probe_read_kernel(&f->offset, 8, (void *)pos);
	frame_file(f, (struct file *)arg_of(w, point, EB_R_FILE));
}

static __always_inline void frame_args(struct eb_works *w, struct eb_frame *f, __u32 point)
{
	frame_numbers(w, f, point);
	frame_target(w, f, point);
	if (has_arg(point, EB_R_OBJECT))
		frame_object(f, arg_of(w, point, EB_R_OBJECT), point);
}

/* Does a file have another name, or none, after the operation? */
static __always_inline int takes_away(__u16 op)
{
	return op == EB_VFS_UNLINK || op == EB_VFS_RMDIR || op == EB_VFS_RENAME;
}

/* Keeps what the operation takes away. */
static __always_inline void frame_keep(struct eb_frame *f, __u32 slot, __u32 at)
{
	struct dentry *d = (void *)f->dentry;
	if (!takes_away(f->op))
		return;
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
