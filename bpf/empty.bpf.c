// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The least that any probe costs: for tools/bench-floor, which can have each
 * site's hits counted, and for the recorder to measure what a trap takes.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

#define REGS_IP 16 /* word of struct pt_regs on x86-64 */

/* By address in memory; the keys are there from the start. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u64);
	__type(value, __u64);
} hits SEC(".maps");

SEC("uprobe")
int empty(void *ctx)
{
	return 0;
}

SEC("uprobe")
int counting(__u64 *ctx)
{
	__u64 at = ctx[REGS_IP], *n = bpf_map_lookup_elem(&hits, &at);

	if (n)
		__sync_fetch_and_add(n, 1);
	return 0;
}
