/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* netsel.h - which operations of sockets are wanted, by address. */
#ifndef EB_NETSEL_H
#define EB_NETSEL_H

#define EB_MAX_ADDRS 16	/* as loader/net.go */

/* Addresses as 16 bytes, those of IPv4 mapped (RFC 4291, 2.5.5.2), in two words as they lie in memory. */
struct eb_addr_range {
	__u64 net[2], mask[2];
	__u32 first, last;	/* ports */
};
const volatile struct eb_addr_range net_addrs[EB_MAX_ADDRS];
const volatile __u32 naddrs;	/* 0: any */

__noinline int range_wanted(__u64 a, __u64 b, __u32 port)
{
	for (int i = 0; i < EB_MAX_ADDRS; i++) {
		if (i >= naddrs)
			break;
		const volatile struct eb_addr_range *r = &net_addrs[i];
		if (port >= r->first && port <= r->last && (a & r->mask[0]) == r->net[0] && (b & r->mask[1]) == r->net[1])
			return 1;
	}
	return 0;
}

static __always_inline int inet_wanted(const __u8 *addr, __u32 family, __u32 port)
{
	if (family == AF_INET6)
		return range_wanted(*(__u64 *)addr, *(__u64 *)(addr + 8), port);
	return range_wanted(0, (__u64)*(__u32 *)addr << 32 | 0xffff0000, port);	/* ::ffff:a.b.c.d */
}

/* Is an address as it was given wanted? */
static __always_inline int sockaddr_wanted(struct eb_own *own)
{
	__u16 family = *(__u16 *)own->addr, port = __builtin_bswap16(*(__u16 *)(own->addr + 2));
	if (family == AF_INET && own->addrlen >= 8)
		return inet_wanted(own->addr + 4, AF_INET, port);
	return family == AF_INET6 && own->addrlen >= 24 && inet_wanted(own->addr + 8, AF_INET6, port);
}

/* Is one of the addresses of a socket wanted? */
static __always_inline int ends_wanted(struct eb_fdinfo *f)
{
	if (!naddrs)
		return 1;
	if (f->family != AF_INET && f->family != AF_INET6)
		return 0;
	return inet_wanted(f->raddr, f->family, f->rport) || inet_wanted(f->laddr, f->family, f->lport);
}

/* Is one of the addresses of a connected socket wanted? */
__noinline int sk_wanted(__u64 addr)
{
	struct sock *sk = (void *)addr;
	struct eb_fdinfo f = {};
	fill_sk(&f, sk);
	return ends_wanted(&f);
}

#endif
