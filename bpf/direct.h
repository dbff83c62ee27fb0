/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_BPF_DIRECT_H
#define CHANREC_BPF_DIRECT_H

/*
 * Reads a process's memory without a helper, through its page tables (x86-64,
 * four or five levels) and the kernel's map of all physical memory.
 *
 * In a BPF program, a load from an unmapped kernel address yields 0. If a page
 * table is taken down during a lookup, the result is a wrong word at worst, and
 * nothing read from a target is trusted anyway. The map does not contain
 * devices, and addresses beyond its end are not loaded.
 *
 * This needs bpf_rdonly_cast(), a kfunc that the verifier turns into a move
 * (Linux 6.2, a35b9af4ec2c "bpf: Add a kfunc for generic type cast"), and the
 * kernel's BTF. record/probe/direct.c finds the map and tests all of this.
 */

#include "bpf/ring.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <linux/bpf.h>

#define PAGE_BYTES 4096
/* Bytes that one entry of each level covers. */
#define PAGES_LEVEL_2 (1ull << 21)
#define PAGES_LEVEL_3 (1ull << 30)
#define PAGES_LEVEL_4 (1ull << 39)
#define PAGES_LEVEL_5 (1ull << 48)
#define PTE_PRESENT 0x01ull
#define PTE_USER 0x04ull
#define PTE_LARGE 0x80ull
#define PTE_TABLE (PTE_PRESENT | PTE_USER)

struct mm_struct___pgd {
	void *pgd;
} __attribute__((preserve_access_index));

struct task_struct___mm {
	struct mm_struct___pgd *mm;
} __attribute__((preserve_access_index));

/* A kernel type that consists of words only (arch/x86/include/asm/ptrace.h). */
struct pt_regs___words {
	unsigned long r15;
} __attribute__((preserve_access_index));

extern void *bpf_rdonly_cast(const void *obj, __u32 btf_id) __ksym;

/*
 * The word at a kernel address. In assembler, to keep the compiler from merging
 * this load with one from a map value, which the verifier rejects.
 */
static __always_inline __u64 direct_word(__u64 addr)
{
	const void *at = bpf_rdonly_cast((const void *)addr, bpf_core_type_id_kernel(struct pt_regs___words));
	__u64 word;

	asm volatile("%0 = *(u64 *)(%1 + 0)" : "=r"(word) : "r"(at));
	return word;
}

/* The top-level page table of the current thread. */
static __always_inline __u64 direct_pgd(void)
{
	struct task_struct___mm *task = (void *)bpf_get_current_task_btf();

	return (__u64)task->mm->pgd;
}

/*
 * The kernel address of the entry's table or page; mask selects the entry's address bits. 0: not present, not
 * accessible to the program, or of another kind (a large page instead of a table).
 */
static __always_inline __u64 direct_entry(const struct direct_map *d, __u64 entry, __u64 mask, __u64 kind)
{
	__u64 phys = entry & mask;

	return (entry & (PTE_PRESENT | PTE_USER | PTE_LARGE)) != kind || phys >= d->limit ? 0 : d->base + phys;
}

/* The page table entry of a 4 KiB page, and its kernel address. */
struct direct_leaf {
	__u64 entry, at;
};

/* The kernel address of the leaf's page; 0: it must not be loaded. */
static __always_inline __u64 direct_leaf_page(const struct direct_map *d, __u64 entry)
{
	/* In a last-level entry, the bit that marks large pages means something else. */
	return direct_entry(d, entry & ~PTE_LARGE, d->mask, PTE_TABLE);
}

/* The kernel address of addr, valid up to the end of its page; 0: not found. leaf->at 0: the page is large. */
static __always_inline __u64 direct_at(const volatile struct direct_map *map, __u64 pgd, __u64 addr,
                                       struct direct_leaf *leaf)
{
	const struct direct_map d = { .base = map->base, .limit = map->limit, .mask = map->mask };
	__u64 at = pgd, entry;

	leaf->at = leaf->entry = 0;
	if (!at || addr >= map->end)
		return 0;
	if (map->levels == 5) {
		at = direct_entry(&d, direct_word(at + addr / PAGES_LEVEL_5 % 512 * 8), d.mask, PTE_TABLE);
		if (!at)
			return 0;
	}
	at = direct_entry(&d, direct_word(at + addr / PAGES_LEVEL_4 % 512 * 8), d.mask, PTE_TABLE);
	if (!at)
		return 0;
	at = direct_entry(&d, direct_word(at + addr / PAGES_LEVEL_3 % 512 * 8), d.mask, PTE_TABLE);
	if (!at)
		return 0;
	entry = direct_word(at + addr / PAGES_LEVEL_2 % 512 * 8);
	at = direct_entry(&d, entry, d.mask, PTE_TABLE);
	if (!at) {
		at = direct_entry(&d, entry, d.mask & ~(PAGES_LEVEL_2 - 1), PTE_TABLE | PTE_LARGE);
		return at ? at + addr % PAGES_LEVEL_2 : 0;
	}
	leaf->at = at + addr / PAGE_BYTES % 512 * 8;
	leaf->entry = direct_word(leaf->at);
	at = direct_leaf_page(&d, leaf->entry);
	return at ? at + addr % PAGE_BYTES : 0;
}

#endif
