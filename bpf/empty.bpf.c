// SPDX-License-Identifier: GPL-2.0-or-later
/* What tools/bench-floor attaches: the least that any probe costs. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

SEC("uprobe")
int empty(void *ctx)
{
	return 0;
}
