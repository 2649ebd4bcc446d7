/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * vfssel.h - which operations of the virtual file system are wanted, by the
 * file and by the result. Cheap tests first; nothing is copied before the last.
 */
#ifndef EB_VFSSEL_H
#define EB_VFSSEL_H

#define EB_MAX_FS 16	/* of file system names and of devices; as loader/vfsselect.go */
#define EB_MAX_VFS_PATHS 64
#define EB_MAX_PREFIX 256	/* LPM_DATA_SIZE_MAX, kernel/bpf/lpm_trie.c */

/* Set before loading. */
const volatile __u8 by_path;		/* vfs_paths */
const volatile __u32 nfs, ndevs;
const volatile __u64 fs_names[2 * EB_MAX_FS];	/* 16 bytes each, padded with zeros */
const volatile __u32 devices[EB_MAX_FS];	/* major<<20 | minor */

/*
 * Beginnings of paths: "/etc/" with its slash and "/etc" with its NUL, so that
 * "/etcetera" is neither.
 */
struct eb_prefix {
	__u32 bits;
	char path[EB_MAX_PREFIX];
};
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 2 * EB_MAX_VFS_PATHS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct eb_prefix);
	__type(value, __u8);
} vfs_paths SEC(".maps");

static __always_inline int device_wanted(__u32 dev)
{
	for (int i = 0; i < EB_MAX_FS; i++) {
		if (i >= ndevs)
			break;
		if (devices[i] == dev)
			return 1;
	}
	return 0;
}

static __always_inline int fs_wanted(struct super_block___vfs *sb)
{
	__u64 name[2] = {};
	bpf_probe_read_kernel_str(name, sizeof(name), BPF_CORE_READ(sb, s_type, name));
	for (int i = 0; i < EB_MAX_FS; i++) {
		if (i >= nfs)
			break;
		if (fs_names[2 * i] == name[0] && fs_names[2 * i + 1] == name[1])
			return 1;
	}
	return 0;
}

/* Is dentry on a file system that is wanted? */
__noinline int place_wanted(__u64 dentry)
{
	struct super_block *sb = BPF_CORE_READ((struct dentry *)dentry, d_sb);
	if (ndevs && !device_wanted(BPF_CORE_READ(sb, s_dev)))
		return 0;
	return !nfs || fs_wanted((void *)sb);
}

/*
 * Is the path of n bytes wanted that stands at `pos` of this CPU's scratch
 * buffer? The key has no room on the stack: it is made where paths are walked.
 */
__noinline int path_wanted(__u32 pos, __u32 n)
{
	struct eb_scratch *sc = scratch_get();
	if (!sc || pos > EB_BUF_SIZE)
		return 0;
	struct eb_prefix *key = (void *)sc->path;
	__builtin_memset(key, 0, sizeof(*key));
	key->bits = EB_MAX_PREFIX * 8;
	if (n > EB_MAX_PREFIX)
		n = EB_MAX_PREFIX;
	bpf_probe_read_kernel(key->path, n, sc->buf + pos);
	return bpf_map_lookup_elem(&vfs_paths, key) != NULL;
}

#endif
