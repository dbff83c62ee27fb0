// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/probe/trapcost.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bpf/empty.skel.h"
#include "record/probe/programs.h"
#include "record/probe/selftest.h"
#include "util/clock.h"

#define ROUNDS 51 /* their median counts */
#define HITS_EMULATED 100
#define HITS_STEPPED 10
#define HITS_AGAIN 20
#define WEIGHT_AGAIN 0.125 /* of the newest measurement in the average */

/* The kernel emulates the push and single-steps the pop (arch/x86/kernel/uprobes.c). */
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

/* CPU time of this thread, because it is compared with CPU time of the target. */
static uint64_t cpu_ns(void)
{
	return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

static double time_hits(unsigned int hits)
{
	uint64_t from = cpu_ns();

	for (unsigned int i = 0; i < hits; i++)
		trapcost_probed();
	return (double)(cpu_ns() - from) / hits;
}

static int double_cmp(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double time_rounds(unsigned int hits)
{
	double ns[ROUNDS];

	for (int i = 0; i < ROUNDS; i++)
		ns[i] = time_hits(hits);
	qsort(ns, ROUNDS, sizeof(ns[0]), double_cmp);
	return ns[ROUNDS / 2];
}

/* The empty program's own time per run, measured by the kernel like that of the others. */
static double own_time(int fd)
{
	struct bpf_prog_info info = { 0 };
	uint32_t len = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &len) || !info.run_cnt)
		return 0;
	return (double)info.run_time_ns / (double)info.run_cnt;
}

static int attach_at(struct trapcost *c, const void *addr, struct err *err)
{
	size_t off = selftest_file_offset((uint64_t)(uintptr_t)addr);

	c->link = bpf_program__attach_uprobe(c->skel->progs.empty, false, 0, "/proc/self/exe", off);
	return c->link ? 0 : link_error(errno, "this program itself", err);
}

static double without_own(const struct trapcost *c, double ns)
{
	return ns > c->own ? ns - c->own : 0;
}

int trapcost_open(struct trapcost *c, struct err *err)
{
	memset(c, 0, sizeof(*c));
	c->skel = empty_bpf__open_and_load();
	if (!c->skel)
		return programs_load_error(-errno, err);
	if (attach_at(c, trapcost_pop, err))
		return err->code;
	c->stepped = time_rounds(HITS_STEPPED);
	bpf_link__destroy(c->link);
	if (attach_at(c, (const void *)trapcost_probed, err))
		return err->code;
	c->emulated = time_rounds(HITS_EMULATED);
	c->own = own_time(bpf_program__fd(c->skel->progs.empty));
	c->emulated = without_own(c, c->emulated);
	c->stepped = without_own(c, c->stepped);
	c->step_ratio = c->emulated > 0 ? c->stepped / c->emulated : 1;
	return 0;
}

void trapcost_again(struct trapcost *c)
{
	double ns = without_own(c, time_hits(HITS_AGAIN));

	c->emulated += (ns - c->emulated) * WEIGHT_AGAIN;
	c->stepped = c->emulated * c->step_ratio;
}

void trapcost_close(struct trapcost *c)
{
	if (c->link)
		bpf_link__destroy(c->link);
	if (c->skel)
		empty_bpf__destroy(c->skel);
	memset(c, 0, sizeof(*c));
}
