/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* vfsfile.h - the files and names of an operation, as sections of its record. */
#ifndef EB_VFSFILE_H
#define EB_VFSFILE_H

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
	if (!f->str)
		return;
	__u32 pos = sc->pos + sizeof(struct eb_sec);
	cap_kernel_str(f->str, EB_TAG(2, 0));
	if (by_path && !f->dentry && pos <= EB_BUF_SIZE && sc->buf[pos] == '/' && path_wanted(pos, sc->pos - pos))
		sc->args[6] = 1;	/* nothing was found there */
}

static __always_inline void fill_fs(struct eb_work *k, struct eb_frame *f)
{
	struct dentry *d = (void *)f->dentry;
	struct super_block___vfs *sb = (void *)BPF_CORE_READ(d, d_sb);
	bpf_probe_read_kernel_str(k->fs, sizeof(k->fs), BPF_CORE_READ(sb, s_type, name));
}

#endif
