/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * secs.h - sections of user memory, put together in this CPU's scratch buffer.
 *
 * Functions that are not static are global functions to the verifier: each is
 * verified once, by itself, not once per call.
 */
#ifndef EB_SECS_H
#define EB_SECS_H

#define EFAULT 14
#define EB_PAGE 4096
#define EB_MAX_IOV 32
#define EB_MAX_MSG 8
#define EB_MAX_ARGV 48
#define EB_MAX_ENVP 256

/* What a section is about: argument in the low byte, enum eb_sec_flag above. */
#define EB_TAG(arg, flags) ((arg) | (flags) << 8)

static __always_inline struct eb_scratch *scratch_get(void)
{
	__u32 cpu = bpf_get_smp_processor_id();
	return bpf_map_lookup_elem(&scratch, &cpu);
}

/* Room for one section of at most EB_CHUNK bytes, or NULL: the record is full. */
static __always_inline struct eb_sec *sec_begin(struct eb_scratch *sc, __u8 kind, __u32 tag)
{
	__u32 pos = sc->pos;
	if (pos > EB_BUF_SIZE) {
		sc->flags |= EB_F_SHORT;
		return NULL;
	}
	struct eb_sec *sec = (void *)(sc->buf + pos);
	sec->err = 0;
	sec->len = 0;
	sec->want = 0;
	sec->kind = kind;
	sec->arg = tag;
	sec->flags = tag >> 8;
	sec->pad = 0;
	return sec;
}

static __always_inline void sec_end(struct eb_scratch *sc, __u32 len)
{
	sc->pos += sizeof(struct eb_sec) + ((len + 7) & ~7);
}

/* Bytes of user memory; what lies before an absent page is kept. */
__noinline int cap_mem(__u64 addr, __u64 len, __u32 want_len, __u32 tag)
{
	struct eb_scratch *sc = scratch_get();
	if (!sc)
		return 0;
	struct eb_sec *sec = sec_begin(sc, EB_SEC_MEM, tag);
	if (!sec)
		return 0;
	char *data = (char *)(sec + 1);
	__u64 n = len;
	if (n > EB_CHUNK)
		n = EB_CHUNK;
	opaque(n);
	if (n > EB_CHUNK)
		return 0;
	sec->addr = addr;
	sec->want = want_len;
	*(__u64 *)(data + (n & ~7ULL)) = 0;	/* padding */
	if (n && bpf_probe_read_user(data, n, (void *)addr)) {
		__u64 whole = n;
		sec->err = -EFAULT;
		n = EB_PAGE - (addr & (EB_PAGE - 1));
		if (n >= whole)
			n = 0;
		opaque(n);
		if (n > EB_PAGE)
			return 0;
		*(__u64 *)(data + (n & ~7ULL)) = 0;
		if (n && bpf_probe_read_user(data, n, (void *)addr))
			n = 0;
	}
	if (n < want_len)
		sec->flags |= EB_S_CUT;
	sec->len = n;
	int err = sec->err;
	sec_end(sc, n);
	return err;
}

/* A NUL-terminated user string, without its NUL, of at most limit bytes. */
__noinline int cap_str(__u64 addr, __u32 limit, __u32 tag)
{
	struct eb_scratch *sc = scratch_get();
	if (!sc)
		return 0;
	struct eb_sec *sec = sec_begin(sc, EB_SEC_STR, tag);
	if (!sec)
		return 0;
	char *data = (char *)(sec + 1);
	__u64 size = (__u64)limit + 2;	/* one more than would be a cut */
	if (size > EB_CHUNK)
		size = EB_CHUNK;
	sec->addr = addr;
	long n = bpf_probe_read_user_str(data, size, (void *)addr);
	if (n < 0) {
		sec->err = -EFAULT;
		size = EB_PAGE - (addr & (EB_PAGE - 1));
		n = 0;
		/* the part before the absent page has no NUL: it is plain memory */
		if (size < limit && !bpf_probe_read_user(data, size & (EB_PAGE - 1), (void *)addr)) {
			n = size;
			sec->flags |= EB_S_CUT;
		}
	} else {
		if (n > 0)
			n--;
		if (n > limit) {
			n = limit;
			sec->flags |= EB_S_CUT;
		}
	}
	__u64 len = n;
	opaque(len);
	if (len > EB_CHUNK)
		return 0;
	__u64 tail = len & 7;
	__u64 *last = (__u64 *)(data + (len & ~7ULL));
	*last = tail ? *last & ((1ULL << (tail * 8)) - 1) : 0;	/* padding */
	sec->len = len;
	int err = sec->err;
	sec_end(sc, len);
	return err;
}

#endif
