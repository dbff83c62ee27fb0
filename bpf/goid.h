/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_BPF_GOID_H
#define CHANREC_BPF_GOID_H

/* Caches of goids and Ms, which save reads of the target's memory. */

#include "bpf/probe.h"

/*
 * Goids by g: reading the target's memory is the most expensive part of a hit.
 * A g keeps its goid until gdestroy, whose probe removes the entry; only
 * goroutines that cannot end meanwhile are entered. Two CPUs may write one slot
 * at once: a torn slot does not pass its check.
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

/* An M by its g0. The read that uses it checks that it is still the one. */
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

/* goid * 2, + 1 if it parked in a select; 0: unknown. The goroutine must not be able to end while the probe runs. */
static __always_inline __u64 goid_cached(__u64 g)
{
	return cfg.cache_goids ? cache_get(cache_at(&goids, g, GOID_SLOTS), g) : 0;
}

static __always_inline void goid_keep(__u64 g, __u64 goid, bool in_select)
{
	if (cfg.cache_goids && goid)
		cache_put(cache_at(&goids, g, GOID_SLOTS), g, goid * 2 + in_select);
}

/* The goid of a goroutine that cannot end while the probe runs. Reads it if it is not cached, and does not cache it. */
static __always_inline __u64 goid_here(__u64 g)
{
	__u64 had = goid_cached(g);

	return had ? had / 2 : goid_of(g);
}

/* The goid of the goroutine that parks. */
static __always_inline __u64 parking_goid(__u64 g, bool in_select)
{
	__u64 had = goid_cached(g), goid = had ? had / 2 : goid_of(g);

	if (had != goid * 2 + in_select)
		goid_keep(g, goid, in_select);
	return goid;
}

/* The curg of g0's M; 0: the M is not cached, or is no longer that of g0. */
#ifdef DIRECT_READS

static __always_inline __u64 curg_cached(__u64 g0)
{
	__u64 m = cache_get(cache_at(&ms, g0, MS_SLOTS), g0), m_g0, curg;
	struct mem_page page = { 0 };

	return m && mem_u64(&page, &m_g0, m) && m_g0 == g0 && mem_u64(&page, &curg, m + cfg.m_curg) ? curg : 0;
}

#else

/* Reads curg together with m.g0, which proves that the M still belongs to g0. */
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

/* On g0, the user goroutine is g.m.curg. */
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
