/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* vectors.h - iovecs, message headers, arrays of strings: memory that points to memory. */
#ifndef EB_VECTORS_H
#define EB_VECTORS_H

#define EB_LEFT_IN_HDR (~0ULL - 1)	/* mmsghdr: the length of each message is behind its msghdr */

static __always_inline __u64 user_word(const char *p, __u8 word)
{
	return word == 4 ? *(__u32 *)p : *(__u64 *)p;
}

/*
 * The loops below call a global function for each element: its branches are
 * then verified once, not once per path through the elements before.
 */

/* The data of the iovec at pos in the buffer, at most what is left of sc->left. */
__noinline int cap_iov_data(__u32 pos, __u32 tag)
{
	struct eb_scratch *sc = scratch_get();
	if (!sc || pos > EB_BUF_SIZE)
		return 0;
	__u64 base = user_word(sc->buf + pos, sc->word);
	__u64 size = user_word(sc->buf + pos + (sc->word == 4 ? 4 : 8), sc->word);
	if (size > sc->left)
		size = sc->left;
	sc->left -= size;
	if (!size)
		return 0;
	return cap_mem(base, size > str_size ? str_size : size, size > ~0U ? ~0U : size, tag);
}

/* An array of iovecs, then the data of each, as far as `left` bytes in all go. */
__noinline int cap_iovec(__u64 addr, __u64 count, __u64 left, __u32 tag)
{
	struct eb_scratch *sc = scratch_get();
	if (!sc)
		return 0;
	__u32 pos = sc->pos + sizeof(struct eb_sec), step = sc->word == 4 ? 8 : 16;
	__u64 want_len = count * step;
	int err = cap_mem(addr, want_len > 16384 ? 16384 : want_len, want_len > ~0U ? ~0U : want_len, tag);
	__u32 end = sc->pos;
	sc->left = left;
	for (int i = 0; i < EB_MAX_IOV; i++) {
		if (i >= count || pos + step > end)
			break;
		err |= cap_iov_data(pos, tag);
		pos += step;
	}
	return err;
}

/* What the msghdr at `at` in the buffer points to: name, iovecs, control. */
__noinline int cap_msg_parts(__u32 at, __u64 left, __u32 tag)
{
	struct eb_scratch *sc = scratch_get();
	if (!sc || at > EB_BUF_SIZE)
		return 0;
	const char *p = sc->buf + at;
	__u8 w = sc->word;
	__u64 name = user_word(p, w), iov, niov, control, ncontrol;
	__u32 namelen = *(__u32 *)(p + w);
	if (w == 4) {
		iov = user_word(p + 8, w);
		niov = user_word(p + 12, w);
		control = user_word(p + 16, w);
		ncontrol = user_word(p + 20, w);
	} else {
		iov = user_word(p + 16, w);
		niov = user_word(p + 24, w);
		control = user_word(p + 32, w);
		ncontrol = user_word(p + 40, w);
	}
	if (left == EB_LEFT_IN_HDR)
		left = sc->at_exit ? *(__u32 *)(p + (w == 4 ? 28 : 56)) : ~0ULL;
	int err = 0;
	if (name)
		err |= cap_mem(name, namelen > 128 ? 128 : namelen, namelen, tag);
	if (iov)
		err |= cap_iovec(iov, niov, left, tag);
	if (control && ncontrol)
		err |= cap_mem(control, ncontrol > 1024 ? 1024 : ncontrol, ncontrol > ~0U ? ~0U : ncontrol, tag);
	return err;
}

/* count msghdrs, step bytes apart (mmsghdr), or one. */
__noinline int cap_msgs(__u64 addr, __u64 count, __u64 left, __u32 tag)
{
	struct eb_scratch *sc = scratch_get();
	if (!sc)
		return 0;
	__u32 hdr = sc->word == 4 ? 28 : 56, step = hdr;
	int many = left == EB_LEFT_IN_HDR;
	if (many)
		step = sc->word == 4 ? 32 : 64;
	if (count > 1024)
		count = 1024;
	__u32 at = sc->pos + sizeof(struct eb_sec);
	int err = cap_mem(addr, count * step, count * step, tag);
	__u32 end = sc->pos;
	for (int i = 0; i < EB_MAX_MSG; i++) {
		if (i >= count || at + step > end)
			break;
		err |= cap_msg_parts(at, left, tag);
		at += step;
	}
	return err;
}

#define EB_PTRS 16	/* pointers read at once */

/* One pointer of an array to pos in the buffer. Returns 0, 1 if it is NULL, or -EFAULT. */
__noinline int cap_ptr(__u64 addr, __u32 pos)
{
	struct eb_scratch *sc = scratch_get();
	if (!sc || pos > EB_BUF_SIZE)
		return 0;
	if (bpf_probe_read_user(sc->buf + pos, sc->word == 4 ? 4 : 8, (void *)addr))
		return -EFAULT;
	return !user_word(sc->buf + pos, sc->word);
}

/* As cap_ptr_chunk, one by one: a page is absent. */
__noinline int cap_ptr_slowly(__u64 addr, __u32 pos)
{
	struct eb_scratch *sc = scratch_get();
	if (!sc)
		return 0;
	__u32 word = sc->word == 4 ? 4 : 8;
	for (int i = 0; i < EB_PTRS; i++) {
		int end = cap_ptr(addr + i * word, pos + i * word);
		if (end)
			return end < 0 ? i : i + 1;
	}
	return EB_PTRS;
}

/*
 * Up to EB_PTRS pointers of an array to pos in the buffer, as far as its NULL.
 * Returns how many, the NULL included; less than EB_PTRS also at an absent page.
 */
__noinline int cap_ptr_chunk(__u64 addr, __u32 pos)
{
	struct eb_scratch *sc = scratch_get();
	if (!sc || pos > EB_BUF_SIZE)
		return 0;
	char *to = sc->buf + pos;
	if (bpf_probe_read_user(to, EB_PTRS * (sc->word == 4 ? 4 : 8), (void *)addr))
		return cap_ptr_slowly(addr, pos);
	if (sc->word == 4) {
		for (int i = 0; i < EB_PTRS; i++)
			if (!((__u32 *)to)[i])
				return i + 1;
		return EB_PTRS;
	}
	for (int i = 0; i < EB_PTRS; i++)
		if (!((__u64 *)to)[i])
			return i + 1;
	return EB_PTRS;
}

/* Ends the section of got pointers that begins at sc->pos. */
__noinline int cap_ptrs_end(__u32 got, __u32 most)
{
	struct eb_scratch *sc = scratch_get();
	if (!sc || sc->pos > EB_BUF_SIZE)
		return 0;
	struct eb_sec *sec = (void *)(sc->buf + sc->pos);
	__u32 word = sc->word == 4 ? 4 : 8, len = got * word, last = sc->pos + sizeof(*sec) + len - word;
	if (!got) {
		sec->err = -EFAULT;
	} else if (last > EB_BUF_SIZE || user_word(sc->buf + last, word)) {
		sec->flags |= EB_S_CUT;
		sec->want = word;
		if (got < most)	/* no NULL, and not for our limit: an absent page */
			sec->err = -EFAULT;
	}
	sec->len = len;
	sec->want += len;
	sec_end(sc, len);
	return 0;
}

/* A NULL-terminated array of pointers, with its NULL, as one section. Returns how many it holds, or -EFAULT. */
__noinline int cap_ptrs(__u64 addr, __u32 most, __u32 tag)
{
	struct eb_scratch *sc = scratch_get();
	struct eb_sec *sec = sc ? sec_begin(sc, EB_SEC_MEM, tag) : NULL;
	if (!sec)
		return 0;
	__u32 word = sc->word == 4 ? 4 : 8, pos = sc->pos + sizeof(*sec), got = 0;
	sec->addr = addr;
	for (int i = 0; i < EB_MAX_ENVP / EB_PTRS; i++) {
		__u32 n = cap_ptr_chunk(addr + got * word, pos + got * word);
		got += n;
		if (n < EB_PTRS || got >= most)
			break;
	}
	cap_ptrs_end(got, most);
	return got ? got : -EFAULT;
}

/* The string that the pointer at `at` in the buffer points to. */
__noinline int cap_str_at(__u32 at, __u32 tag)
{
	struct eb_scratch *sc = scratch_get();
	if (!sc || at > EB_BUF_SIZE)
		return 0;
	__u64 p = user_word(sc->buf + at, sc->word);
	return p ? cap_str(p, str_size, tag) : 0;
}

/* The strings that the n pointers at `at` in the buffer point to. */
__noinline int cap_strings(__u32 at, __u32 n, __u32 tag)
{
	struct eb_scratch *sc = scratch_get();
	int err = 0;
	if (!sc)
		return 0;
	__u32 step = sc->word == 4 ? 4 : 8;
	for (int i = 0; i < EB_MAX_ARGV; i++) {
		if (i >= n)
			break;
		err |= cap_str_at(at, tag);
		at += step;
	}
	return err;
}

/* argv or envp: the pointers, and with `strings` what they point to. */
static __always_inline int cap_argv(struct eb_scratch *sc, __u64 addr, __u32 most, __u32 strings, __u32 tag)
{
	__u32 at = sc->pos + sizeof(struct eb_sec);
	int n = cap_ptrs(addr, most, tag);
	if (n <= 0 || !strings)
		return n < 0 ? n : 0;
	return cap_strings(at, n, tag);
}

#endif
