// SPDX-License-Identifier: GPL-2.0-or-later
/* The least that any probe costs: for tools/bench-floor, and for the recorder to measure what a trap takes. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

SEC("uprobe")
int empty(void *ctx)
{
	return 0;
}
