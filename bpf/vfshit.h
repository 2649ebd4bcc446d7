/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* vfshit.h - the record of an operation on a file that is in the cache: straight into the ring. */
#ifndef EB_VFSHIT_H
#define EB_VFSHIT_H

#define EB_HIT_HEAD (sizeof(struct eb_sec) + sizeof(struct eb_fdinfo))

/* The signature of the one file that an operation is about; 0: its record is put together anew. */
static __always_inline __u64 file_sig(struct eb_frame *f, __u64 sig)
{
	if (f->str || f->dentry2 || !f->mnt || takes_away(f->op))
		return 0;
	if (!sig)
		sig = sig_file(f->dentry);
	return sig ? sig_mounts(sig, f->mnt) : 0;
}

/*
 * Writes the record, of a path of at most `room` bytes, a multiple of 8: what
 * is reserved is a constant. Returns 0 if the file was taken out meanwhile.
 */
static __always_inline int hit_write(struct eb_cached *e, __u32 turn, struct eb_slot *s, __u32 slot, struct eb_frame *f,
				     __u64 now, __s64 ret, const __u32 room)
{
	struct eb_work_rec *r = bpf_ringbuf_reserve(&ring, sizeof(*r) + EB_HIT_HEAD + room, 0);
	if (!r) {
		s->seq++;
		s->lost++;
		return 1;
	}
	__u64 *to = (void *)(r + 1), *from = (void *)&e->file;
	for (__u32 i = 0; i < (EB_HIT_HEAD + room) / 8; i++)
		to[i] = from[i];
	fill_work(&r->work, f, s, EB_LAYER_VFS, ret);
	__builtin_memcpy(r->work.fs, e->fs, sizeof(e->fs));
	barrier();
	if (e->turn != turn) {
		bpf_ringbuf_discard(r, EB_QUIET);
		return 0;
	}
	fill_head(&r->head, s, slot, EB_WORK, now);
	if (s->begin) {
		r->head.abi = s->abi;
		r->head.nr = s->nr;
	}
	r->head.size = sizeof(*r) + EB_HIT_HEAD + ((e->file.info.pathlen + 7) & ~7);
	bpf_ringbuf_submit(r, EB_QUIET);
	return 1;
}

/* Does frame `at` have a file that is in the cache? Then its record is written, if it is wanted. */
__noinline int hit(__u32 slot, __u32 at, __u64 now, __s64 ret)
{
	struct eb_slot *s = slot_at(slot);
	struct eb_works *w = works_at(slot);
	if (!s || !w)
		return 0;
	struct eb_frame *f = frame_at(w, at);
	struct eb_cached *e = cached_at(f->mnt, f->dentry);
	if (!e)
		return 0;
	__u32 turn = e->turn;
	barrier();
	if (turn & 1 || e->sig != w->own.sig || e->dentry != f->dentry || e->mnt != f->mnt)
		return 0;
	if (e->unwanted)
		return 1;
	__u32 n = e->file.info.pathlen;
	if (n <= 48)
		return hit_write(e, turn, s, slot, f, now, ret, 48);
	if (n <= 96)
		return hit_write(e, turn, s, slot, f, now, ret, 96);
	return hit_write(e, turn, s, slot, f, now, ret, EB_CACHED_PATH);
}

/* Is the file's type of file system wanted? A thread asks for the same again and again. */
static __always_inline int type_wanted(struct eb_works *w, struct super_block___vfs *sb)
{
	volatile __u64 *told = &w->raw[6];	/* through memory the pointer becomes a number to the verifier */
	*told = (__u64)sb->s_type;
	__u64 type = *told;
	if (w->own.fs_type != type) {
		w->own.fs_wanted = fs_wanted(sb);
		w->own.fs_type = type;
	}
	return w->own.fs_wanted;
}

/* Is it known that the path of a file is not wanted? */
static __always_inline int path_unwanted(struct eb_works *w, struct file *file)
{
	volatile __u64 *told = &w->raw[6];
	told[0] = (__u64)file->f_path.mnt;
	told[1] = (__u64)file->f_path.dentry;
	__u64 mnt = told[0], dentry = told[1], sig = sig_typed(file->f_path.dentry);
	struct eb_cached *e = sig ? cached_at(mnt, dentry) : NULL;
	if (!e || !e->unwanted || e->turn & 1 || e->mnt != mnt || e->dentry != dentry)
		return 0;
	return e->sig == sig_mounts(sig, mnt);
}

/*
 * Can an operation on a file be left alone from its begin on? Not within
 * another, whose end would be taken for its.
 */
static __always_inline int file_wanted(struct eb_works *w, struct file *file)
{
	if (w->depth)
		return 1;
	if (ndevs && !device_wanted(file->f_path.dentry->d_sb->s_dev))
		return 0;
	if (nfs && !type_wanted(w, (void *)file->f_path.dentry->d_sb))
		return 0;
	return !by_path || !path_unwanted(w, file);
}

/* May the result be wanted, as far as it alone says? */
static __always_inline int may_want(__s64 ret)
{
	return (!by_errno || errno_wanted(ret)) && (!min_work_bytes || ret >= (__s64)min_work_bytes);
}

#endif
