/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* slots.h - from a thread to its slot. */
#ifndef EB_SLOTS_H
#define EB_SLOTS_H

static __always_inline struct eb_slot *slot_at(__u32 slot)
{
	return bpf_map_lookup_elem(&slots, &slot);
}

/* The slot of a thread, 0 if it is not traced. */
static __always_inline __u32 slot_num(__u32 pid)
{
	__u16 *p = slot_of;
	__u64 i = pid;
	opaque(p);	/* the array is larger than the compiler was told */
	opaque(i);
	return i < pid_limit ? p[i] : 0;
}

/* Returns 0 if pid is beyond what was the highest when tracing began. */
static __always_inline int slot_set(__u32 pid, __u16 slot)
{
	__u16 *p = slot_of;
	__u64 i = pid;
	opaque(p);
	opaque(i);
	if (i >= pid_limit)
		return 0;
	p[i] = slot;
	return 1;
}

static __always_inline void slot_free(__u32 slot)
{
	bpf_map_push_elem(&free_slots, &slot, BPF_ANY);
}

/*
 * Is slot n, which no thread had yet, ours? Of those who ask at the same time
 * one gets it. Global functions, this one and
 * the next: their paths are not multiplied with those of the caller.
 */
__noinline int slot_claim(__u32 n)
{
	__u8 one = 1;
	if (bpf_map_update_elem(&claimed, &n, &one, BPF_NOEXIST))
		return 0;
	if (n > used_slots)
		used_slots = n;
	return 1;
}

/*
 * A slot that no thread has, 0 if there is none: one that was freed, or the
 * next that was never used. Who first puts a number into `claimed` has it;
 * atomic operations that return a value came only with Linux 5.12.
 */
__noinline int slot_new(void)
{
	__u32 n = 0;
	if (!bpf_map_pop_elem(&free_slots, &n))
		return n;
	n = used_slots;
	for (int i = 0; i < EB_MAX_RACE; i++) {
		if (++n > max_slots)
			return 0;
		if (slot_claim(n))
			return n;
	}
	return 0;
}

#endif
