// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/selftest.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bpf/selftest.skel.h"
#include "record/probes.h"

#define COOKIE 0x6368616e72656321ull

static volatile uint64_t cookie = COOKIE;

/* What is probed. */
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

static int try_attach(struct selftest_bpf *skel, struct err *err)
{
	struct bpf_link *link;
	struct ring_buffer *ring;
	bool came = false;

	link = bpf_program__attach_uprobe(skel->progs.selftest, false, 0, "/proc/self/exe",
	                                  selftest_file_offset((uint64_t)(uintptr_t)probed));
	if (!link)
		return probes_say_attach_error(errno, "this program itself", err);
	ring = ring_buffer__new(bpf_map__fd(skel->maps.ring), on_record, &came, NULL);
	if (ring) {
		probed();
		ring_buffer__consume(ring);
	} else {
		err_set(err, errno, "the ring buffer cannot be mapped: %s", strerror(errno));
	}
	ring_buffer__free(ring);
	bpf_link__destroy(link);
	if (ring && !came)
		return err_set(err, EIO,
		               "a uprobe on this program itself was set, but what it saw did not come through: is BPF "
		               "restricted by a security module (lockdown in confidentiality mode)?");
	return ring ? 0 : err->code;
}

/*
 * The part of union bpf_attr that makes such a link (include/uapi/linux/bpf.h,
 * Linux 6.6); the headers of older distributions lack it.
 */
struct multi_link_attr {
	uint32_t prog_fd, target_fd, attach_type, flags;
	uint64_t path, offsets, ref_ctr_offsets, cookies;
	uint32_t cnt, multi_flags, pid, pad;
};

#define ATTACH_UPROBE_MULTI 48

/* A kernel that knows such links looks at the path first, and a folder has no code. */
static bool has_uprobe_multi(void)
{
	static const struct bpf_insn nothing[] = { { .code = BPF_ALU64 | BPF_MOV | BPF_K },
		                                   { .code = BPF_JMP | BPF_EXIT } };
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = ATTACH_UPROBE_MULTI);
	int prog = bpf_prog_load(BPF_PROG_TYPE_KPROBE, "nothing", "GPL", nothing, 2, &opts), e;
	uint64_t offset = 0;
	struct multi_link_attr a = { .prog_fd = (uint32_t)prog,
		                     .attach_type = ATTACH_UPROBE_MULTI,
		                     .path = (uint64_t)(uintptr_t) "/",
		                     .offsets = (uint64_t)(uintptr_t)&offset,
		                     .cnt = 1 };
	long link;

	if (prog < 0)
		return false;
	link = syscall(SYS_bpf, BPF_LINK_CREATE, &a, sizeof(a));
	e = errno;
	if (link >= 0)
		close((int)link);
	close(prog);
	return link < 0 && e == EBADF;
}

void selftest_run(struct selftest *st, bool verbose)
{
	struct selftest_bpf *skel;
	int ret = -ENOMEM;

	memset(st, 0, sizeof(*st));
	probes_set_verbose(verbose);
	skel = selftest_bpf__open();
	if (skel) {
		skel->rodata->addr = (uint64_t)(uintptr_t)&cookie;
		ret = selftest_bpf__load(skel);
	}
	if (ret) {
		probes_say_load_error(ret, &st->load);
		st->attach = st->load;
	} else {
		try_attach(skel, &st->attach);
		st->uprobe_multi = has_uprobe_multi();
	}
	selftest_bpf__destroy(skel);
}
