// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/probe/direct.h"

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
#define AREA (2 * LARGE)
#define STEP 4096
#define ADDRESS_BITS 52 /* physical addresses have at most this many bits */
/* The lowest possible start of the direct map, by page table levels (arch/x86/include/asm/page_64_types.h). */
#define LOWEST_OF_4 0xffff888000000000ull
#define LOWEST_OF_5 0xff11000000000000ull

/*
 * Memory filled with unpredictable numbers. The first half is in 4 KiB pages,
 * the second in large pages if the kernel has any left.
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

/* The end of physical memory. /proc/iomem shows it only to root; this file is readable by everyone. */
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

/* The kernel may just have reclaimed the page: touch it and read again. */
static bool reads_again(const struct direct_bpf *skel, const struct direct_map *map, const struct area *a, size_t i)
{
	*(volatile uint64_t *)&a->mem[i] = area_word(a, i);
	return reads(skel, map, a, i);
}

/* Reads one word in every page of the area. */
static bool reads_all(const struct direct_bpf *skel, const struct direct_map *map, const struct area *a)
{
	for (size_t i = 0; i < AREA / sizeof(*a->mem); i += STEP / sizeof(*a->mem))
		if (!reads(skel, map, a, i) && !reads_again(skel, map, a, i))
			return false;
	return true;
}

/*
 * The direct map begins at a multiple of 1 GiB (arch/x86/mm/kaslr.c), at or
 * below any address in it, such as that of the top page table, and no farther
 * below than there is memory. Search upwards from the lowest start: wrong
 * guesses then read unused addresses or memory, whereas beyond the end of the
 * map the kernel has devices.
 */
static int find_base(const struct direct_bpf *skel, struct direct_map *map, const struct area *a, struct err *err)
{
	struct direct_try try = { 0 };
	uint64_t lowest, room;

	if (run(skel->progs.direct_top, &try) || !try.pgd)
		return err_set(err, EIO, "cannot find the page tables of this process");
	/* With five levels the map lies below everything that a kernel with four levels can have. */
	map->levels = try.pgd < LOWEST_OF_4 ? 5 : 4;
	map->end = 1ull << (map->levels == 5 ? 56 : 47);
	lowest = map->levels == 5 ? LOWEST_OF_5 : LOWEST_OF_4;
	if (try.pgd < lowest)
		return err_set(err, EIO,
		               "the page tables of this process are outside the kernel's map of physical memory");
	room = try.pgd - lowest;
	map->base = (room < map->limit ? lowest : try.pgd - map->limit) & ~(GIB - 1);
	while (map->base <= try.pgd && !reads(skel, map, a, 0))
		map->base += GIB;
	return map->base <= try.pgd ? 0 : err_set(err, ENOENT, "cannot find the kernel's map of physical memory");
}

/*
 * Widens the mask by the higher bits that entries for memory do not set. They
 * belong to an address: that of a device beyond the end of memory must not be
 * mistaken for memory. A bit that these entries do set means that memory is
 * encrypted, and stays masked out.
 */
static void widen_mask(const struct direct_bpf *skel, struct direct_map *map, const struct area *a)
{
	for (uint64_t bit = STEP; bit < 1ull << ADDRESS_BITS; bit <<= 1) {
		struct direct_map wider = *map;

		wider.mask |= bit;
		if (reads(skel, &wider, a, 0))
			*map = wider;
	}
}

int direct_is_unwelcome(struct err *why)
{
	static const char *const guests[] = { "/dev/tdx_guest", "/dev/tdx-guest", "/dev/sev-guest" };
	FILE *f = fopen("/sys/kernel/security/lockdown", "re");
	char line[128] = "";

	/* "none [integrity] confidentiality" */
	if (f) {
		if (!fgets(line, sizeof(line), f))
			*line = 0;
		fclose(f);
	}
	if (strchr(line, '[') && !strstr(line, "[none]"))
		return err_set(why, EPERM, "the kernel is locked down");
	for (size_t i = 0; i < sizeof(guests) / sizeof(*guests); i++)
		if (!access(guests[i], F_OK))
			return err_set(why, EPERM, "this is a confidential virtual machine");
	return 0;
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
		return err_set(err, ENOENT, "/proc/zoneinfo does not show the size of physical memory");
	ret = area_make(&a, err);
	if (ret)
		goto cleanup;
	skel = direct_bpf__open_and_load();
	if (!skel) {
		ret = err_set(err, errno, "this kernel has no bpf_rdonly_cast() or no BTF (%s)", strerror(errno));
		goto cleanup;
	}
	ret = find_base(skel, &found, &a, err);
	if (ret)
		goto cleanup;
	widen_mask(skel, &found, &a);
	if (reads_all(skel, &found, &a))
		*map = found;
	else
		ret = err_set(err, EIO, "cannot find a page of this process");
cleanup:
	direct_bpf__destroy(skel);
	area_free(&a);
	return ret;
}
