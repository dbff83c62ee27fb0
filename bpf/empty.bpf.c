// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The minimum that any probe costs. tools/bench-floor uses it, and can count
 * the hits of each site; the recorder measures the cost of a trap with it.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

#define REGS_IP 16 /* word of struct pt_regs on x86-64 */

/* Hits by address in memory; user space inserts the keys before it attaches. */
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
