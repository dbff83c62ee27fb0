// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/trapcost.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "bpf/empty.skel.h"
#include "record/gread.h"
#include "record/probes.h"
#include "record/selftest.h"

#define ROUNDS 5 /* the fastest one counts: what is slower was disturbed */
#define HITS_EMULATED 5000
#define HITS_STEPPED 500

/* The kernel emulates the push, and steps over the pop (arch/x86/kernel/uprobes.c). */
void trapcost_probed(void);
extern const char trapcost_pop[];
__asm__(".text\n"
        ".globl trapcost_probed, trapcost_pop\n"
        ".hidden trapcost_probed, trapcost_pop\n"
        ".type trapcost_probed, @function\n"
        "trapcost_probed:\n"
        "	push %rbp\n"
        "trapcost_pop:\n"
        "	pop %rbp\n"
        "	ret\n"
        ".size trapcost_probed, . - trapcost_probed\n");

static double time_hits(unsigned int hits)
{
	uint64_t best = UINT64_MAX;

	for (int i = 0; i < ROUNDS; i++) {
		uint64_t from = mono_ns(), ns;

		for (unsigned int k = 0; k < hits; k++)
			trapcost_probed();
		ns = mono_ns() - from;
		if (ns < best)
			best = ns;
	}
	return (double)best / hits;
}

/* The program's own time a run, as the kernel measures it for the others, too. */
static double own_time(int fd)
{
	struct bpf_prog_info info = { 0 };
	uint32_t len = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &len) || !info.run_cnt)
		return 0;
	return (double)info.run_time_ns / (double)info.run_cnt;
}

static int measure_at(struct empty_bpf *skel, const void *addr, unsigned int hits, double *ns, struct err *err)
{
	struct bpf_link *link = bpf_program__attach_uprobe(skel->progs.empty, false, 0, "/proc/self/exe",
	                                                   selftest_file_offset((uint64_t)(uintptr_t)addr));
	double own;

	if (!link)
		return probes_say_attach_error(errno, "this program itself", err);
	*ns = time_hits(hits);
	bpf_link__destroy(link);
	own = own_time(bpf_program__fd(skel->progs.empty));
	*ns = *ns > own ? *ns - own : 0;
	return 0;
}

int trapcost_measure(struct trapcost *c, struct err *err)
{
	struct empty_bpf *skel = empty_bpf__open_and_load();
	int ret;

	if (!skel)
		return probes_say_load_error(-errno, err);
	ret = measure_at(skel, (const void *)trapcost_probed, HITS_EMULATED, &c->emulated, err);
	if (!ret)
		ret = measure_at(skel, trapcost_pop, HITS_STEPPED, &c->stepped, err);
	empty_bpf__destroy(skel);
	return ret;
}
