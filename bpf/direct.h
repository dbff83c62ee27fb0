/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_BPF_DIRECT_H
#define CHANREC_BPF_DIRECT_H

/*
 * The memory of a process, without a helper: by its page tables
 * (x86-64, of four or five levels) and the kernel's map of all physical
 * memory. A load of a kernel's address that is not mapped gives 0 in a BPF
 * program, so that the worst that a table can do which is taken down just then is a
 * wrong word; what is read of a target is never trusted anyway. Devices are not in
 * that map, and addresses beyond its end are not loaded.
 *
 * Needs bpf_rdonly_cast(), a kfunc that the verifier makes a move (Linux 6.2,
 * a35b9af4ec2c "bpf: Add a kfunc for generic type cast"), and the kernel's BTF.
 * record/probe/direct.c finds out where the map is, and whether all this works.
 */

#include "bpf/ring.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <linux/bpf.h>

#define PAGE_BYTES 4096
/* What an entry of each level stands for. */
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

/* A type of the kernel's that is nothing but words (arch/x86/include/asm/ptrace.h). */
struct pt_regs___words {
	unsigned long r15;
} __attribute__((preserve_access_index));

extern void *bpf_rdonly_cast(const void *obj, __u32 btf_id) __ksym;

/*
 * The word at an address in the kernel. In assembler, so that the compiler does
 * not make one load of this and one of a map's value, which the verifier refuses.
 */
static __always_inline __u64 direct_word(__u64 addr)
{
	const void *at = bpf_rdonly_cast((const void *)addr, bpf_core_type_id_kernel(struct pt_regs___words));
	__u64 word;

	asm volatile("%0 = *(u64 *)(%1 + 0)" : "=r"(word) : "r"(at));
	return word;
}

/* The top table of the thread that runs. */
static __always_inline __u64 direct_pgd(void)
{
	struct task_struct___mm *task = (void *)bpf_get_current_task_btf();

	return (__u64)task->mm->pgd;
}

/*
 * Where the entry's table or page begins, whose size mask has the bits of; 0: there is none, the program may not use
 * it, or it is a large one in place of a table.
 */
static __always_inline __u64 direct_entry(const struct direct_map *d, __u64 entry, __u64 mask, __u64 kind)
{
	__u64 phys = entry & mask;

	return (entry & (PTE_PRESENT | PTE_USER | PTE_LARGE)) != kind || phys >= d->limit ? 0 : d->base + phys;
}

/* Of a page of 4 KiB: the page table's entry, and where that is. */
struct direct_leaf {
	__u64 entry, at;
};

/* Where the leaf's page is loaded from; 0: it may not be. */
static __always_inline __u64 direct_leaf_page(const struct direct_map *d, __u64 entry)
{
	/* What tells large pages is of no such meaning here. */
	return direct_entry(d, entry & ~PTE_LARGE, d->mask, PTE_TABLE);
}

/* Where what is at addr can be loaded from, up to the end of its page; 0: not found. leaf->at 0: the page is large. */
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
