/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_BPF_MEMORY_H
#define CHANREC_BPF_MEMORY_H

/*
 * Reads the target's memory. bpf_probe_read_user() takes 90 to 160 ns even for
 * one word. With DIRECT_READS, the programs look the address up in the page
 * tables of the process and load the word from the kernel's map of all memory
 * (bpf/direct.h), which takes 10 ns. The helper reads what is not found there.
 *
 * The functions return false if the address is not mapped or its page is absent.
 */

#include "bpf/ring.h"

#include <bpf/bpf_helpers.h>
#include <linux/bpf.h>
#include <stdbool.h>

/* For places where the verifier would have to follow the direct path too often. */
static __always_inline bool helper_u64(__u64 *to, __u64 addr)
{
	return bpf_probe_read_user(to, sizeof(*to), (void *)addr) == 0;
}

/* The page of the last read, to save a lookup. All zeros: none. */
struct mem_page {
	__u64 start;
	__u64 at; /* its kernel address; 0: the helper must read it */
};

#ifdef DIRECT_READS

#include "bpf/direct.h"

/*
 * A cache of page table entries and their places. As long as an entry has the
 * cached value, the page is the same; that takes one load instead of four. Two
 * CPUs may write one slot at once: a torn slot does not pass its check.
 */
#define PAGES_SLOTS 1024
struct known_page {
	__u64 check; /* the page's address ^ entry ^ at */
	struct direct_leaf leaf;
	__u64 pad;
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, PAGES_SLOTS);
	__type(key, __u32);
	__type(value, struct known_page);
} pages SEC(".maps");

static __always_inline struct known_page *known_page_of(__u64 start)
{
	__u32 slot = (start / PAGE_BYTES) % PAGES_SLOTS;

	return bpf_map_lookup_elem(&pages, &slot);
}

static __always_inline __u64 mem_known(__u64 start)
{
	const struct direct_map d = { .base = cfg.direct.base, .limit = cfg.direct.limit, .mask = cfg.direct.mask };
	const struct known_page *k = known_page_of(start);
	__u64 entry, at;

	if (!k)
		return 0;
	entry = k->leaf.entry;
	at = k->leaf.at;
	if ((k->check ^ entry ^ at) != start || !at || direct_word(at) != entry)
		return 0;
	return direct_leaf_page(&d, entry);
}

__u64 mem_look_up(__u64 start);
__noinline __u64 mem_look_up(__u64 start)
{
	struct known_page *k = known_page_of(start);
	struct direct_leaf leaf;
	__u64 at = direct_at(&cfg.direct, vars.pgd, start, &leaf);

	if (k && at && leaf.at) {
		k->leaf = leaf;
		k->check = start ^ leaf.entry ^ leaf.at;
	}
	return at;
}

/* The kernel address of the page that begins at start; 0: not found. Not static, so that the verifier checks it once.
 */
__u64 mem_page_at(__u64 start);
__noinline __u64 mem_page_at(__u64 start)
{
	__u64 at = mem_known(start);

	return at ? at : mem_look_up(start);
}

/*
 * Remembers the page tables at the first hit. The recorder keeps /proc/PID/mem
 * open, so the top-level table is not freed. If the process executes another
 * program, that table is empty (exit_mmap() removes what is below it) and the
 * helper reads.
 */
static __always_inline void mem_begin(void)
{
	if (!vars.pgd)
		vars.pgd = direct_pgd();
}

/* The kernel address of size bytes that lie in one page; 0: not found, or they cross a page boundary. */
static __always_inline __u64 mem_at(struct mem_page *p, __u64 addr, const __u32 size)
{
	__u64 off = addr % PAGE_BYTES;

	if (off > PAGE_BYTES - size)
		return 0;
	if (addr - off != p->start || !p->at) {
		p->start = addr - off;
		p->at = mem_page_at(p->start);
	}
	return p->at ? p->at + off : 0;
}

static __always_inline bool mem_u64(struct mem_page *p, __u64 *to, __u64 addr)
{
	__u64 at = mem_at(p, addr, sizeof(*to));

	if (!at)
		return helper_u64(to, addr);
	*to = direct_word(at);
	return true;
}

/* Reads n words (a constant) if they all lie in one page. */
static __always_inline bool mem_words(__u64 *to, __u64 addr, const __u32 n)
{
	struct mem_page p = { 0 };
	__u64 at = mem_at(&p, addr, n * sizeof(*to));

	for (__u32 i = 0; i < n && at; i++)
		to[i] = direct_word(at + i * sizeof(*to));
	return at;
}

#else

/* Direct reads only; the caller falls back to a helper. */
static __always_inline bool mem_words(__u64 *to, __u64 addr, const __u32 n)
{
	return false;
}

static __always_inline void mem_begin(void) {}

static __always_inline bool mem_u64(struct mem_page *p, __u64 *to, __u64 addr)
{
	return helper_u64(to, addr);
}

#endif

static __always_inline bool read_u64(__u64 *to, __u64 addr)
{
	struct mem_page p = { 0 };

	return mem_u64(&p, to, addr);
}

static __always_inline bool read_pair(__u64 *to, __u64 addr)
{
	return mem_words(to, addr, 2) || bpf_probe_read_user(to, 2 * sizeof(*to), (void *)addr) == 0;
}

#endif
