/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Attaches empty BPF programs to the sites that chanrec record would probe: the
 * least that any uprobe tool costs the target.
 *
 *	bench-floor [-c] PID [EVENT...]
 *
 * EVENT is go.park, go.ready, go.create, …; by default those of a default
 * recording. Prints "attached", and detaches when stdin ends.
 *
 * -c counts the hits. At the end it prints a line per site, separated by tabs:
 * event, function, hits, and what a trace lacks without the site.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpf/empty.skel.h"
#include "record/probe/link.h"
#include "record/probe/plan.h"
#include "record/target/target.h"

#define SITES_MAX 64

struct floor {
	struct target target;
	struct gobin *bin;
	uint64_t bias;
	struct probe_plan plan;
	struct links links;
	struct empty_bpf *skel;
	char **events; /* NULL-terminated; empty means all */
};

static int fail(const char *what, const char *why)
{
	fprintf(stderr, "bench-floor: %s: %s\n", what, why);
	return 1;
}

static bool wanted(const struct floor *f, const struct probe *p)
{
	if (p->status != PROBE_FOUND)
		return false;
	if (!*f->events)
		return true;
	for (char **e = f->events; *e; e++)
		if (strcmp(*e, probe_event(p)) == 0)
			return true;
	return false;
}

static int make_plan(struct floor *f, const char *pid)
{
	uint32_t events = TRACE_EVENTS_SCHED | TRACE_EVENTS_CHAN | TRACE_EVENTS_SYNC;
	struct go_layout layout;
	struct err err = { 0 };

	if (target_open(&f->target, (pid_t)atoi(pid), &err) || gobin_open(&f->bin, f->target.exe, &err) ||
	    target_bias(&f->target, &f->bias, &err) || gobin_layout(f->bin, &layout, &err) ||
	    plan_init(&f->plan, f->bin, &layout, events, &err))
		return fail(pid, err.msg);
	return 0;
}

/* Uses the kind of link that the recorder would use. */
static int attach(struct floor *f, bool count)
{
	uint64_t offsets[SITES_MAX], zero = 0;
	struct bpf_program *prog;
	size_t n = 0;
	int ret;

	f->skel = empty_bpf__open();
	if (!f->skel)
		return fail("the empty program", strerror(errno));
	prog = count ? f->skel->progs.counting : f->skel->progs.empty;
	f->links.kind = link_kind_here();
	link_prepare(f->links.kind, prog);
	if (empty_bpf__load(f->skel))
		return fail("the empty program", strerror(errno));
	for (size_t i = 0; i < f->plan.v.n && n < SITES_MAX; i++) {
		const struct probe *p = &f->plan.v.v[i];
		uint64_t at = p->site.addr + f->bias;

		if (!wanted(f, p))
			continue;
		offsets[n++] = (uint64_t)gobin_file_offset(f->bin, p->site.addr);
		bpf_map_update_elem(bpf_map__fd(f->skel->maps.hits), &at, &zero, BPF_ANY);
	}
	ret = links_add(&f->links, prog, f->target.exe, offsets, n, f->target.pid);
	if (ret)
		return fail("attach", strerror(-ret));
	printf("attached %zu\n", n);
	fflush(stdout);
	return 0;
}

static void print_hits(const struct floor *f)
{
	for (size_t i = 0; i < f->plan.v.n; i++) {
		const struct probe *p = &f->plan.v.v[i];
		uint64_t at = p->site.addr + f->bias, hits = 0;

		if (wanted(f, p) && !bpf_map_lookup_elem(bpf_map__fd(f->skel->maps.hits), &at, &hits))
			printf("%s\t%s\t%" PRIu64 "\t%s\n", probe_event(p), p->func, hits, p->spec->without);
	}
}

int main(int argc, char **argv)
{
	bool count = argc > 1 && strcmp(argv[1], "-c") == 0;
	struct floor f = { 0 };
	char byte;

	argv += count;
	if (argc - count < 2)
		return fail("usage", "bench-floor [-c] PID [EVENT...]");
	f.events = argv + 2;
	if (make_plan(&f, argv[1]) || attach(&f, count))
		return 1;
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	links_free(&f.links);
	if (count)
		print_hits(&f);
	return 0;
}
