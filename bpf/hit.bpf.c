// SPDX-License-Identifier: GPL-2.0-or-later
/* For tools/bench-hit: does the one thing that `which` selects, so that its cost can be measured. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "bpf/direct.h"
#include "bpf/hit.h"

char LICENSE[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 16 << 20);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 65536);
	__type(key, __u32);
	__type(value, __u64);
} array SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, __u64);
	__type(value, __u64);
} hash SEC(".maps");

__u64 counter, which, pgd;
const volatile struct direct_map direct;
const volatile __u64 addr;

__u64 called(__u64 x);
__noinline __u64 called(__u64 x)
{
	asm volatile("" : "+r"(x));
	return x + 1;
}

static __always_inline __u64 reads(const __u32 n)
{
	__u64 f[2], h = 0;

	for (__u32 i = 0; i < n; i++) {
		bpf_probe_read_user(f, sizeof(f), (void *)addr + i * 48);
		h = (h ^ f[1]) * 0x9e3779b97f4a7c15ull;
	}
	return h;
}

/* Reads words of one page. */
static __always_inline __u64 direct_reads(__u64 from, const __u32 words)
{
	struct direct_leaf leaf;
	__u64 at = direct_at(&direct, pgd, from, &leaf), sum = 0;

	for (__u32 i = 0; i < words && at; i++)
		sum += direct_word(at + i * sizeof(sum));
	return sum;
}

#define READ(n) \
	case HIT_READ_##n: \
		bpf_probe_read_user(buf, n, (void *)addr); \
		return buf[0] == 12345

SEC("uprobe")
int hit(void *ctx)
{
	__u64 buf[40], rec[6] = { 0 }, key, *v;
	__u32 key32 = (__u32)addr & 65535;
	void *r;

	switch (which) {
	case HIT_NOTHING:
		return 0;
	case HIT_PID_TGID:
		return bpf_get_current_pid_tgid() >> 32 == 1;
	case HIT_CLOCK:
		return bpf_ktime_get_ns() == 1;
	case HIT_QUERY:
		return bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA) == 12345;
	case HIT_DISCARD:
		r = bpf_ringbuf_reserve(&ring, 56, 0);
		if (r)
			bpf_ringbuf_discard(r, BPF_RB_NO_WAKEUP);
		return 0;
	case HIT_OUTPUT:
		bpf_ringbuf_output(&ring, rec, sizeof(rec), BPF_RB_NO_WAKEUP);
		return 0;
	case HIT_ADD:
		__sync_fetch_and_add(&counter, 1);
		return 0;
	case HIT_ARRAY:
		v = bpf_map_lookup_elem(&array, &key32);
		return v && *v == 12345;
	case HIT_HASH:
		key = addr;
		v = bpf_map_lookup_elem(&hash, &key);
		return v && *v == 12345;
	case HIT_UPDATE:
		bpf_map_update_elem(&array, &key32, rec, BPF_ANY);
		return 0;
	case HIT_CALL:
		return called(addr) == 12345;
		READ(8);
		READ(16);
		READ(32);
		READ(64);
		READ(128);
		READ(192);
		READ(256);
		READ(320);
	case HIT_READS_2:
		return reads(2) == 12345;
	case HIT_READS_12:
		return reads(12) == 12345;
	case HIT_READS_3:
		return reads(3) == 12345;
	case HIT_FAILED:
		bpf_probe_read_user(buf, 8, (void *)~0ull);
		return buf[0] == 12345;
	case HIT_TASK:
		pgd = direct_pgd();
		return 0;
	case HIT_DIRECT_8:
		return direct_reads(addr, 1) == 12345;
	case HIT_DIRECT_128:
		return direct_reads(addr, 16) == 12345;
	case HIT_DIRECT_2_PAGES:
		return direct_reads(addr, 1) + direct_reads(addr + PAGE_BYTES, 1) == 12345;
	}
	return 0;
}
