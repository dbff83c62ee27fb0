// SPDX-License-Identifier: GPL-2.0-or-later
/* For record/probe/direct.c, which checks that a lookup in its own page tables finds its own memory. */
#include "bpf/direct.h"

char LICENSE[] SEC("license") = "GPL";

SEC("syscall")
int direct_top(struct direct_try *try)
{
	try->pgd = direct_pgd();
	return 0;
}

/* Reads the word at try->addr; try->found is its place in the kernel's map. */
SEC("syscall")
int direct_read(struct direct_try *try)
{
	struct direct_map map = try->map;
	struct direct_leaf leaf;
	__u64 at = direct_at(&map, direct_pgd(), try->addr, &leaf);

	try->found = at;
	try->word = at ? direct_word(at) : 0;
	return 0;
}
