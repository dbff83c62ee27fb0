/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Measures the parts of a probe. A BPF program that does one thing at a time
 * (bpf/hit.bpf.c) probes a function of this process, which runs in a loop on one
 * CPU. Prints by how many nanoseconds a hit with each part exceeds an empty hit:
 * the minimum of many short rounds, in which the parts take turns. Needs root.
 *
 *	bench-hit [ROUNDS]
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpf/hit.h"
#include "bpf/ring.h"

#include "bpf/hit.skel.h"
#include "record/probe/direct.h"
#include "util/clock.h"

#define CALLS 50 /* few enough that most rounds are not interrupted */

/* Its first instruction is one that the kernel emulates. */
void probed(void);
asm(".text\n.globl probed\n.type probed, @function\nprobed:\n\tpush %rbp\n\tpop %rbp\n\tret\n.size probed, .-probed\n");

extern char __executable_start;

static char memory[8192] __attribute__((aligned(4096)));

static double round_of(struct hit_bpf *skel, enum hit which)
{
	uint64_t begin;

	skel->bss->which = which;
	for (int i = 0; i < 20; i++)
		probed();
	begin = mono_ns();
	for (int i = 0; i < CALLS; i++)
		probed();
	return (double)(mono_ns() - begin) / CALLS;
}

static int discarded(void *arg, void *data, size_t len)
{
	return 0;
}

static struct hit_bpf *start(void)
{
	struct hit_bpf *skel = hit_bpf__open();
	struct direct_map map;
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(1, &one);
	sched_setaffinity(0, sizeof(one), &one);
	memset(memory, 1, sizeof(memory));
	if (!skel)
		return NULL;
	skel->rodata->addr = (uintptr_t)memory;
	/* Without direct reads, that part does nothing and costs nothing. */
	if (!direct_find(&map, NULL))
		skel->rodata->direct = map;
	if (hit_bpf__load(skel))
		return NULL;
	skel->links.hit = bpf_program__attach_uprobe(skel->progs.hit, false, getpid(), "/proc/self/exe",
	                                             (size_t)((uintptr_t)probed - (uintptr_t)&__executable_start));
	return skel->links.hit ? skel : NULL;
}

int main(int argc, char **argv)
{
#define HIT_NAME(name) #name,
	static const char *const names[] = { HIT_LIST(HIT_NAME) };
	int rounds = argc > 1 ? atoi(argv[1]) : 400;
	double least[HITS] = { 0 };
	struct hit_bpf *skel = start();
	struct ring_buffer *rb = skel ? ring_buffer__new(bpf_map__fd(skel->maps.ring), discarded, NULL, NULL) : NULL;

	if (!rb) {
		fprintf(stderr, "bench-hit: %s\n", strerror(errno));
		return 1;
	}
	for (int r = 0; r < rounds; r++) {
		for (int i = 0; i < HITS; i++) {
			double ns = round_of(skel, (enum hit)i);

			if (!r || ns < least[i])
				least[i] = ns;
		}
		ring_buffer__consume(rb);
	}
	for (int i = 0; i < HITS; i++)
		printf("%-12s %6.0f\n", names[i], i ? least[i] - least[0] : least[0]);
	ring_buffer__free(rb);
	hit_bpf__destroy(skel);
	return 0;
}
