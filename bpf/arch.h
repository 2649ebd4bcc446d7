/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* arch.h - the only file that knows the registers of an architecture. */
#ifndef EB_ARCH_H
#define EB_ARCH_H

/*
 * Member f of *p: a plain load where the verifier knows the type of p, else
 * by helper. `typed` must be a constant.
 */
#define EB_LOAD(typed, p, f) ((typed) ? (p)->f : BPF_CORE_READ(p, f))

#if defined(__TARGET_ARCH_x86)

#define EB_ABI_NATIVE EB_ABI_AMD64
#define EB_TS_COMPAT 0x2		/* arch/x86/include/asm/thread_info.h: 32-bit syscall in progress */
#define EB_X32_BIT 0x40000000		/* asm/unistd.h: __X32_SYSCALL_BIT */
#define EB_NR_EXECVE 59
#define EB_NR_EXECVEAT 322

static __always_inline __u8 arch_abi(struct task_struct *task, long nr, const int typed)
{
	if (EB_LOAD(typed, task, thread_info.status) & EB_TS_COMPAT)
		return EB_ABI_I386;
	return nr & EB_X32_BIT ? EB_ABI_UNKNOWN : EB_ABI_AMD64;
}

static __always_inline void arch_args(struct pt_regs *regs, __u8 abi, __u64 *a, const int typed)
{
	if (abi == EB_ABI_I386) {
		a[0] = (__u32)EB_LOAD(typed, regs, bx);
		a[1] = (__u32)EB_LOAD(typed, regs, cx);
		a[2] = (__u32)EB_LOAD(typed, regs, dx);
		a[3] = (__u32)EB_LOAD(typed, regs, si);
		a[4] = (__u32)EB_LOAD(typed, regs, di);
		a[5] = (__u32)EB_LOAD(typed, regs, bp);
		return;
	}
	a[0] = EB_LOAD(typed, regs, di);
	a[1] = EB_LOAD(typed, regs, si);
	a[2] = EB_LOAD(typed, regs, dx);
	a[3] = EB_LOAD(typed, regs, r10);
	a[4] = EB_LOAD(typed, regs, r8);
	a[5] = EB_LOAD(typed, regs, r9);
}

static __always_inline long arch_nr(struct pt_regs *regs, const int typed)
{
	return (__s32)EB_LOAD(typed, regs, orig_ax);
}

static __always_inline __u64 arch_ip(struct pt_regs *regs, const int typed) { return EB_LOAD(typed, regs, ip); }

/* The first six arguments of a kernel function, at its begin; its result, at its end. */
static __always_inline void arch_fn_args(struct pt_regs *regs, __u64 *a)
{
	a[0] = regs->di;
	a[1] = regs->si;
	a[2] = regs->dx;
	a[3] = regs->cx;
	a[4] = regs->r8;
	a[5] = regs->r9;
}

static __always_inline __u64 arch_fn_ret(struct pt_regs *regs) { return regs->ax; }

#elif defined(__TARGET_ARCH_arm64)

#define EB_ABI_NATIVE EB_ABI_ARM64
#define EB_TIF_32BIT (1UL << 22)	/* arch/arm64/include/asm/thread_info.h */
#define EB_NR_EXECVE 221
#define EB_NR_EXECVEAT 281

static __always_inline __u8 arch_abi(struct task_struct *task, long nr, const int typed)
{
	return EB_LOAD(typed, task, thread_info.flags) & EB_TIF_32BIT ? EB_ABI_UNKNOWN : EB_ABI_ARM64;
}

static __always_inline void arch_args(struct pt_regs *regs, __u8 abi, __u64 *a, const int typed)
{
	a[0] = EB_LOAD(typed, regs, orig_x0);	/* x0 holds the result at exit */
	a[1] = EB_LOAD(typed, regs, regs[1]);
	a[2] = EB_LOAD(typed, regs, regs[2]);
	a[3] = EB_LOAD(typed, regs, regs[3]);
	a[4] = EB_LOAD(typed, regs, regs[4]);
	a[5] = EB_LOAD(typed, regs, regs[5]);
}

static __always_inline long arch_nr(struct pt_regs *regs, const int typed)
{
	return EB_LOAD(typed, regs, syscallno);
}

static __always_inline __u64 arch_ip(struct pt_regs *regs, const int typed) { return EB_LOAD(typed, regs, pc); }

static __always_inline void arch_fn_args(struct pt_regs *regs, __u64 *a)
{
	a[0] = regs->regs[0];
	a[1] = regs->regs[1];
	a[2] = regs->regs[2];
	a[3] = regs->regs[3];
	a[4] = regs->regs[4];
	a[5] = regs->regs[5];
}

static __always_inline __u64 arch_fn_ret(struct pt_regs *regs) { return regs->regs[0]; }

#else
#error "arch.h: this architecture has no branch yet"
#endif

static __always_inline int arch_is_exec(__u8 abi, long nr)
{
	if (abi == EB_ABI_I386)
		return nr == 11 || nr == 358;
	return nr == EB_NR_EXECVE || nr == EB_NR_EXECVEAT;
}

#endif
