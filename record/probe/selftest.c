// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/probe/selftest.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bpf/selftest.skel.h"
#include "record/probe/programs.h"

#define COOKIE 0x6368616e72656321ull

static volatile uint64_t cookie = COOKIE;

/* The target of the test probe. */
static __attribute__((noinline, noclone)) void probed(void)
{
	__asm__ volatile("" ::: "memory");
}

size_t selftest_file_offset(uint64_t addr)
{
	FILE *f = fopen("/proc/self/maps", "re");
	char line[4096 + 128];
	size_t found = 0;

	while (f && !found && fgets(line, sizeof(line), f)) {
		uint64_t lo, hi, off;

		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %*s %" SCNx64, &lo, &hi, &off) == 3 && addr >= lo &&
		    addr < hi)
			found = addr - lo + off;
	}
	if (f)
		fclose(f);
	return found;
}

static int on_record(void *arg, void *rec, size_t len)
{
	uint64_t v = 0;

	if (len >= sizeof(v))
		memcpy(&v, rec, sizeof(v));
	*(bool *)arg |= v == COOKIE;
	return 0;
}

static int try_attach(struct selftest_bpf *skel, enum link_kind kind, struct err *err)
{
	uint64_t offset = selftest_file_offset((uint64_t)(uintptr_t)probed);
	struct links links = { .kind = kind };
	struct ring_buffer *ring;
	bool came = false;
	int ret;

	ret = links_add(&links, skel->progs.selftest, "/proc/self/exe", &offset, 1, getpid());
	if (ret)
		return link_error(-ret, "chanrec itself", err);
	ring = ring_buffer__new(bpf_map__fd(skel->maps.ring), on_record, &came, NULL);
	if (ring) {
		probed();
		ring_buffer__consume(ring);
	} else {
		err_set(err, errno, "cannot map the ring buffer: %s", strerror(errno));
	}
	ring_buffer__free(ring);
	links_free(&links);
	if (ring && !came)
		return err_set(err, EIO,
		               "a uprobe on chanrec itself was attached, but its record did not arrive: does a "
		               "security module restrict BPF (lockdown in confidentiality mode)?");
	return ring ? 0 : err->code;
}

void selftest_run(struct selftest *st, bool verbose)
{
	struct selftest_bpf *skel;
	int ret = -ENOMEM;

	memset(st, 0, sizeof(*st));
	st->links = link_kind_here();
	programs_set_verbose(verbose);
	skel = selftest_bpf__open();
	if (skel) {
		skel->rodata->addr = (uint64_t)(uintptr_t)&cookie;
		link_prepare(st->links, skel->progs.selftest);
		ret = selftest_bpf__load(skel);
	}
	if (ret) {
		programs_load_error(ret, &st->load);
		st->attach = st->load;
	} else {
		try_attach(skel, st->links, &st->attach);
	}
	selftest_bpf__destroy(skel);
}
