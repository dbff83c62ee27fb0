// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The minimum that the recorder needs from a kernel: a uprobe program that
 * reads the memory of the process and sends a record through a ring buffer.
 * chanrec doctor attaches it to itself.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

/* An address in the process; the recorder knows what is there. */
const volatile __u64 addr;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

SEC("uprobe")
int selftest(void *regs)
{
	__u64 *rec = bpf_ringbuf_reserve(&ring, sizeof(*rec), 0);

	if (!rec)
		return 0;
	if (bpf_probe_read_user(rec, sizeof(*rec), (void *)addr))
		*rec = 0;
	bpf_ringbuf_submit(rec, BPF_RB_NO_WAKEUP);
	return 0;
}
