/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Empty BPF programs on the sites that chanrec record would use: the floor of
 * what any uprobe tool costs the target. bench-floor PID [EVENT...] with EVENT
 * of go.park, go.ready, go.create, …; none: those of the default recording.
 * Prints "attached" and holds them until stdin ends.
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpf/empty.skel.h"
#include "record/probes.h"

static int fail(const char *what, const char *why)
{
	fprintf(stderr, "bench-floor: %s: %s\n", what, why);
	return 1;
}

static bool wanted(const struct probe *p, char **events)
{
	if (p->missing)
		return false;
	if (!*events)
		return true;
	for (; *events; events++)
		if (strcmp(*events, probe_event(p)) == 0)
			return true;
	return false;
}

/* With the kind of link that the recorder would use. */
static int attach(const struct probes *p, const struct gobin *bin, struct bpf_program *prog, struct links *links,
                  const struct target *t, char **events)
{
	uint64_t offsets[64];
	size_t n = 0;
	int ret;

	for (size_t i = 0; i < p->v.n && n < sizeof(offsets) / sizeof(offsets[0]); i++)
		if (wanted(&p->v.v[i], events))
			offsets[n++] = (uint64_t)gobin_file_offset(bin, p->v.v[i].site.addr);
	ret = links_add(links, prog, t->exe, offsets, n, t->pid);
	if (ret)
		return fail("attach", strerror(-ret));
	printf("attached %zu\n", n);
	fflush(stdout);
	return 0;
}

int main(int argc, char **argv)
{
	uint32_t events = TRACE_EVENTS_SCHED | TRACE_EVENTS_CHAN | TRACE_EVENTS_SYNC;
	struct links links = { 0 };
	struct empty_bpf *skel;
	struct go_layout layout;
	struct err err = { 0 };
	struct probes p;
	struct target t;
	struct gobin *bin;
	char byte;

	if (argc < 2)
		return fail("usage", "bench-floor PID [EVENT...]");
	if (target_open(&t, (pid_t)atoi(argv[1]), &err) || gobin_open(&bin, t.exe, &err) ||
	    gobin_layout(bin, &layout, &err) || probes_plan(&p, bin, &layout, events, &err))
		return fail(argv[1], err.msg);
	skel = empty_bpf__open();
	if (!skel)
		return fail("the empty program", strerror(errno));
	links.kind = link_kind_here();
	links_prepare(&links, skel->progs.empty);
	if (empty_bpf__load(skel))
		return fail("the empty program", strerror(errno));
	if (attach(&p, bin, skel->progs.empty, &links, &t, argv + 2))
		return 1;
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	links_free(&links);
	return 0;
}
