/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * vfscache.h - files whose section was written before, so that their paths
 * need not be walked again.
 *
 * What is kept is valid while its signature is: that is made of the names of
 * all directories up to the root of the mount tree, whose hashes the kernel
 * salts with the address of their parent, and of the inode's number, generation
 * and mode. A rename, a remount, a chmod, or another file at the same address
 * changes it.
 */
#ifndef EB_VFSCACHE_H
#define EB_VFSCACHE_H

#define EB_CACHED 64		/* files per CPU */
#define EB_CACHED_PATH 256	/* longer ones are walked */
#define EB_SIG_NAMES 16		/* deeper ones too */
#define EB_SIG_MOUNTS 4
#define EB_SIG_PRIME 0x9e3779b97f4a7c15ULL

struct eb_file_sec {
	struct eb_sec sec;
	struct eb_fdinfo info;
	char path[EB_CACHED_PATH];
};
struct eb_cached {
	__u32 turn;	/* odd: it is being written */
	__u32 unwanted;	/* not selected, by its path or place */
	__u64 mnt, dentry, sig;
	char fs[16];
	struct eb_file_sec file;
};
/* A program runs to its end on one CPU, but others may run there meanwhile: `turn` tells. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, EB_CACHED);	/* times the number of CPUs */
	__type(key, __u32);
	__type(value, struct eb_cached);
} cached SEC(".maps");

static __always_inline struct eb_cached *cached_at(__u64 mnt, __u64 dentry)
{
	__u64 h = (mnt ^ dentry) * EB_SIG_PRIME;
	__u32 i = bpf_get_smp_processor_id() * EB_CACHED + (__u32)(h >> 58);
	_Static_assert(EB_CACHED == 1 << (64 - 58), "the bits of the hash are the index");
	return bpf_map_lookup_elem(&cached, &i);
}

static __always_inline __u64 sig_add(__u64 sig, __u64 v) { return (sig ^ v) * EB_SIG_PRIME; }

static __always_inline __u64 sig_name(__u64 sig, __u32 hash, __u32 len)
{
	return sig_add(sig, hash | (__u64)len << 32);
}

/* What a struct dentry holds one behind the other. */
struct eb_names {
	__u64 next, pprev;	/* d_hash */
	__u64 parent;
	__u32 hash, len;	/* d_name */
	__u64 name;
};

static __always_inline void names_read(struct eb_names *n, __u64 dentry)
{
	struct dentry *d = (void *)dentry;
	__u32 from = bpf_core_field_offset(d->d_hash);
	if (bpf_core_field_offset(d->d_parent) == from + 16 && bpf_core_field_offset(d->d_name) == from + 24) {
		bpf_probe_read_kernel(n, sizeof(*n), (void *)(dentry + from));
		return;
	}
	n->pprev = (__u64)BPF_CORE_READ(d, d_hash.pprev);
	n->parent = (__u64)BPF_CORE_READ(d, d_parent);
	n->hash = BPF_CORE_READ(d, d_name.hash);
	n->len = BPF_CORE_READ(d, d_name.len);
}

/* Adds the names from dentry up to `root`; 0: there are too many. */
__noinline __u64 sig_names(__u64 sig, __u64 dentry, __u64 root)
{
	struct eb_names n = {};
	for (int i = 0; i < EB_SIG_NAMES; i++) {
		if (dentry == root)
			return sig | 1;
		names_read(&n, dentry);
		if (n.parent == dentry)
			return sig | 1;
		sig = sig_name(sig, n.hash, n.len);
		dentry = n.parent;
	}
	return 0;
}

/* The signature of a file without that of its mount; 0: it has none. */
__noinline __u64 sig_file(__u64 dentry)
{
	struct dentry *d = (void *)dentry;
	struct inode *inode = BPF_CORE_READ(d, d_inode);
	struct eb_names n = {};
	names_read(&n, dentry);
	if (!inode || (!n.pprev && n.parent != dentry))
		return 0;	/* no file, or one without a name */
	__u64 sig = sig_add(BPF_CORE_READ(inode, i_ino), BPF_CORE_READ(inode, i_generation));
	return sig_names(sig_add(sig, BPF_CORE_READ(inode, i_mode)), dentry, 0);
}

/* sig_file for a pointer that the verifier knows the type of: loads in place of calls. */
static __always_inline __u64 sig_typed(struct dentry *d)
{
	struct inode *inode = d->d_inode;
	if (!d->d_hash.pprev && d->d_parent != d)
		return 0;
	__u64 sig = sig_add(inode->i_ino, inode->i_generation);
	sig = sig_add(sig, inode->i_mode);
	for (int i = 0; i < EB_SIG_NAMES; i++) {
		struct dentry *up = d->d_parent;
		if (up == d)
			return sig | 1;
		sig = sig_name(sig, d->d_name.hash, d->d_name.len);
		d = up;
	}
	return 0;
}

/* A mount's place, as a struct mount holds it. */
struct eb_place {
	__u64 parent, point, root;
};

static __always_inline void place_read(struct eb_place *p, __u64 mount)
{
	struct mount *m = (void *)mount;
	__u32 from = bpf_core_field_offset(m->mnt_parent);
	if (bpf_core_field_offset(m->mnt_mountpoint) == from + 8 && bpf_core_field_offset(m->mnt) == from + 16 &&
	    bpf_core_field_offset(m->mnt.mnt_root) == from + 16) {
		bpf_probe_read_kernel(p, sizeof(*p), (void *)(mount + from));
		return;
	}
	p->parent = (__u64)BPF_CORE_READ(m, mnt_parent);
	p->point = (__u64)BPF_CORE_READ(m, mnt_mountpoint);
	p->root = (__u64)BPF_CORE_READ(m, mnt.mnt_root);
}

/* Adds the places of the mounts from vfsmnt up; 0: there are too many. */
__noinline __u64 sig_mounts(__u64 sig, __u64 vfsmnt)
{
	__u64 mount = (__u64)container_of_mount(vfsmnt);
	struct eb_place p = {}, up = {};
	place_read(&p, mount);
	for (int i = 0; i < EB_SIG_MOUNTS; i++) {
		if (p.parent == mount)
			return sig;
		place_read(&up, p.parent);
		sig = sig_names(sig_add(sig, p.parent), p.point, up.root);
		if (!sig)
			return 0;
		mount = p.parent;
		p = up;
	}
	return 0;
}

/* Keeps the section of the file that was just put together in the scratch buffer. */
static __always_inline void cache_keep(struct eb_scratch *sc, struct eb_frame *f, __u64 sig, const char *fs, __u64 me, int wanted)
{
	struct eb_file_sec *from = (void *)(sc->buf + sizeof(struct eb_work_rec));
	struct eb_cached *e = cached_at(f->mnt, f->dentry);
	if (!e || e->turn & 1 || from->info.flags || from->info.pathlen > EB_CACHED_PATH)
		return;
	e->turn++;
	barrier();
	e->mnt = f->mnt;
	e->dentry = f->dentry;
	e->sig = sig;
	e->unwanted = !wanted;
	__builtin_memcpy(e->fs, fs, sizeof(e->fs));
	__builtin_memcpy(&e->file, from, sizeof(e->file));
	barrier();
	if (sc->args[7] != me)
		e->sig = 0;	/* another thread has used the buffer meanwhile */
	e->turn++;
}

#endif
