/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_BPF_GOID_H
#define CHANREC_BPF_GOID_H

/* Goids and what is known of an M, kept so that the target's memory need not be read again. */

#include "bpf/probe.h"

/*
 * Goids by g, so that they need not be read again: a read of the target's
 * memory is the dearest thing here. A g keeps its goid until gdestroy, whose
 * probe takes it out; only goroutines that cannot end meanwhile are put in.
 * Two CPUs may write one slot at once: what is torn does not pass its check.
 */
#define GOID_SLOTS 8192
#define MS_SLOTS 512
#define M_WORDS 32 /* of struct m, up to curg */
struct cached {
	__u64 check; /* key ^ value */
	__u64 value;
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, GOID_SLOTS);
	__type(key, __u32);
	__type(value, struct cached);
} goids SEC(".maps");

/* m by its g0; whether it still holds is seen when it is read. */
struct cached_m {
	struct cached m;
	__u64 sp, bp; /* on g0, where goready's closure called ready, see waker.h */
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MS_SLOTS);
	__type(key, __u32);
	__type(value, struct cached_m);
} ms SEC(".maps");

static __always_inline __u64 goid_of(__u64 g)
{
	__u64 goid = 0;

	if (!g || !read_u64(&goid, g + cfg.g_goid))
		return 0;
	return goid;
}

static __always_inline void *cache_at(void *map, __u64 key, const __u32 slots)
{
	__u32 slot = (key * 0x9e3779b97f4a7c15ull >> 32) % slots;

	return bpf_map_lookup_elem(map, &slot);
}

static __always_inline void cache_put(struct cached *c, __u64 key, __u64 value)
{
	if (c) {
		c->value = value;
		c->check = key ^ value;
	}
}

static __always_inline __u64 cache_get(const struct cached *c, __u64 key)
{
	__u64 value;

	if (!c)
		return 0;
	value = c->value;
	return (c->check ^ value) == key ? value : 0;
}

/* goid * 2 + 1 when it parked in a select, of a goroutine that cannot end while the probe runs; 0: not known. */
static __always_inline __u64 goid_cached(__u64 g)
{
	return cfg.cache_goids ? cache_get(cache_at(&goids, g, GOID_SLOTS), g) : 0;
}

static __always_inline void goid_keep(__u64 g, __u64 goid, bool in_select)
{
	if (cfg.cache_goids && goid)
		cache_put(cache_at(&goids, g, GOID_SLOTS), g, goid * 2 + in_select);
}

/* Of a goroutine that cannot end while the probe runs; what is not known is read, and not kept. */
static __always_inline __u64 goid_here(__u64 g)
{
	__u64 had = goid_cached(g);

	return had ? had / 2 : goid_of(g);
}

/* Of the goroutine that parks. */
static __always_inline __u64 parking_goid(__u64 g, bool in_select)
{
	__u64 had = goid_cached(g), goid = had ? had / 2 : goid_of(g);

	if (had != goid * 2 + in_select)
		goid_keep(g, goid, in_select);
	return goid;
}

/* g0's m, if it is that still. */
#ifdef DIRECT_READS

static __always_inline __u64 curg_cached(__u64 g0)
{
	__u64 m = cache_get(cache_at(&ms, g0, MS_SLOTS), g0), m_g0, curg;
	struct mem_page page = { 0 };

	return m && mem_u64(&page, &m_g0, m) && m_g0 == g0 && mem_u64(&page, &curg, m + cfg.m_curg) ? curg : 0;
}

#else

/* In one read. */
static __always_inline __u64 curg_cached(__u64 g0)
{
	__u64 m = cache_get(cache_at(&ms, g0, MS_SLOTS), g0), buf[M_WORDS];
	__u32 at = (__u32)cfg.m_curg / sizeof(buf[0]);

	if (!m || at >= M_WORDS || bpf_probe_read_user(buf, sizeof(buf), (void *)m) || buf[0] != g0)
		return 0;
	return buf[at];
}

#endif

static __always_inline __u64 curg_of(__u64 g0)
{
	__u64 m, curg = curg_cached(g0);

	if (curg)
		return curg;
	if (!read_u64(&m, g0 + cfg.g_m) || !m || !read_u64(&curg, m + cfg.m_curg) || !curg)
		return 0;
	cache_put(cache_at(&ms, g0, MS_SLOTS), g0, m);
	return curg;
}

/* On g0 the user's goroutine is g.m.curg. */
__u64 curg_goid(__u64 g0);
__noinline __u64 curg_goid(__u64 g0)
{
	__u64 curg = curg_of(g0), goid;

	if (!curg)
		return 0;
	goid = goid_cached(curg) / 2;
	if (!goid) {
		goid = goid_of(curg);
		goid_keep(curg, goid, false);
	}
	return goid;
}

#endif
