// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/direct.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include "bpf/direct.skel.h"

#define GIB (1ull << 30)
#define LARGE (2ull << 20)
#define AREA (4 * LARGE)
#define STEP 4096

/*
 * Memory that is written with numbers nobody can guess: its first half in
 * pages of 4 KiB, the second in large ones where the kernel has some left.
 */
struct area {
	uint64_t *mem;
	uint64_t key;
	void *all;
};

static uint64_t area_word(const struct area *a, size_t i)
{
	return (a->key ^ i) * 0x9e3779b97f4a7c15ull;
}

static void area_free(struct area *a)
{
	if (a->all)
		munmap(a->all, AREA + LARGE);
}

static int area_make(struct area *a, struct err *err)
{
	void *all = mmap(NULL, AREA + LARGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (all == MAP_FAILED)
		return err_set(err, errno, "%s", strerror(errno));
	a->all = all;
	a->mem = (uint64_t *)(((uintptr_t)all + LARGE - 1) & ~(LARGE - 1));
	madvise(a->mem, AREA / 2, MADV_NOHUGEPAGE);
	madvise((char *)a->mem + AREA / 2, AREA / 2, MADV_HUGEPAGE);
	if (getrandom(&a->key, sizeof(a->key), 0) != sizeof(a->key))
		return err_set(err, errno, "getrandom: %s", strerror(errno));
	for (size_t i = 0; i < AREA / sizeof(*a->mem); i += STEP / sizeof(*a->mem))
		a->mem[i] = area_word(a, i);
	return 0;
}

/* The highest address of physical memory: /proc/iomem shows it to root alone, this to all. */
static uint64_t memory_end(void)
{
	FILE *f = fopen("/proc/zoneinfo", "re");
	uint64_t spanned = 0, start, end = 0;
	char line[256];

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, " spanned %" SCNu64, &spanned) == 1)
			continue;
		if (sscanf(line, " start_pfn: %" SCNu64, &start) != 1)
			continue;
		if (spanned && start + spanned > end)
			end = start + spanned;
		spanned = 0;
	}
	if (f)
		fclose(f);
	return end * 4096;
}

static uint64_t mask_of(uint64_t limit)
{
	uint64_t mask = 4096;

	while (mask < limit)
		mask <<= 1;
	return (mask - 1) & ~4095ull;
}

static int run(const struct bpf_program *prog, struct direct_try *try)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = try, .ctx_size_in = sizeof(*try));

	return bpf_prog_test_run_opts(bpf_program__fd(prog), &opts);
}

static bool reads(const struct direct_bpf *skel, const struct direct_map *map, const struct area *a, size_t i)
{
	struct direct_try try = { .map = *map, .addr = (uint64_t)(uintptr_t)&a->mem[i] };

	return !run(skel->progs.direct_read, &try) && try.word == area_word(a, i);
}

/* Every page of the area, or all but the first one's word. */
static bool reads_all(const struct direct_bpf *skel, const struct direct_map *map, const struct area *a)
{
	for (size_t i = 0; i < AREA / sizeof(*a->mem); i += STEP / sizeof(*a->mem))
		if (!reads(skel, map, a, i))
			return false;
	return true;
}

/*
 * The map begins at a multiple of 1 GiB (arch/x86/mm/kaslr.c) at or below any
 * address in it, the top page table's, and not farther than there is memory.
 * Below it nothing is mapped.
 */
static int find_base(const struct direct_bpf *skel, struct direct_map *map, const struct area *a, struct err *err)
{
	struct direct_try try = { 0 };

	if (run(skel->progs.direct_top, &try) || !try.pgd)
		return err_set(err, EIO, "the page tables of this process were not found");
	for (map->levels = 4; map->levels <= 5; map->levels++) {
		uint64_t base = try.pgd & ~(GIB - 1);

		map->end = 1ull << (map->levels == 5 ? 56 : 47);
		for (uint64_t below = 0; below <= map->limit; below += GIB) {
			map->base = base - below;
			if (reads(skel, map, a, 0))
				return reads_all(skel, map, a) ? 0 : err_set(err, EIO, "a page was not found");
		}
	}
	return err_set(err, ENOENT, "the kernel's map of all memory was not found");
}

int direct_find(struct direct_map *map, struct err *err)
{
	struct direct_map found = { .limit = memory_end() };
	struct direct_bpf *skel = NULL;
	struct area a = { 0 };
	int ret;

	memset(map, 0, sizeof(*map));
	found.mask = mask_of(found.limit);
	if (!found.limit)
		return err_set(err, ENOENT, "/proc/zoneinfo does not say how much memory there is");
	ret = area_make(&a, err);
	if (ret)
		goto cleanup;
	skel = direct_bpf__open_and_load();
	if (!skel) {
		ret = err_set(err, errno, "this kernel has no bpf_rdonly_cast() or no BTF (%s)", strerror(errno));
		goto cleanup;
	}
	ret = find_base(skel, &found, &a, err);
	if (!ret)
		*map = found;
cleanup:
	direct_bpf__destroy(skel);
	area_free(&a);
	return ret;
}
