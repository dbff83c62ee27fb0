// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/probe/uprobe.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "record/probe/link.h"
#include "record/probe/programs.h"
#include "record/probe/uprobe_meter.h"

#define SITE_BYTES 2

struct uprobes {
	struct programs programs;
	struct links links, waits; /* of probes of life (probe_is_of_life()); of all others */
};

static struct uprobes *own_of(const struct probes *p)
{
	return p->own;
}

/*
 * The two parts are detached separately, so probes of both that use the same
 * program need links of their own.
 */
static bool share_link(const struct probe *a, const struct probe *b)
{
	return a->status == PROBE_FOUND && b->status == PROBE_FOUND && strcmp(a->spec->prog, b->spec->prog) == 0 &&
	       probe_is_of_life(a) == probe_is_of_life(b);
}

/* Attaches the first probe and all others that share its link. */
static int attach_sharing(struct probes *p, size_t first, struct err *err)
{
	struct uprobes *u = own_of(p);
	const struct target *t = p->place.t;
	const struct gobin *bin = p->place.bin;
	const struct probe *pr = &p->plan.v.v[first];
	struct bpf_program *prog = programs_get(&u->programs, pr->spec->prog);
	VEC(uint64_t) offsets = { 0 };
	int ret = 0;

	if (!prog)
		return err_set(err, ENOENT, "the BPF program %s is not loaded", pr->spec->prog);
	for (size_t i = first; i < p->plan.v.n && !ret; i++) {
		const struct probe *same = &p->plan.v.v[i];

		if (!share_link(same, pr))
			continue;
		ret = probes_check_site(p, same, SITE_BYTES, true, err);
		if (!ret && vec_push(&offsets, (uint64_t)gobin_file_offset(bin, same->site.addr)))
			ret = err_nomem(err);
	}
	if (!ret) {
		ret = links_add(probe_is_of_life(pr) ? &u->links : &u->waits, prog, t->exe, offsets.v, offsets.n,
		                t->pid);
		if (ret) {
			char where[96];

			snprintf(where, sizeof(where), "%s (%#lx)", pr->func, (unsigned long)pr->site.addr);
			ret = link_error(-ret, where, err);
		}
	}
	vec_free(&offsets);
	return ret;
}

static bool is_first_of_link(const struct probes *p, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (share_link(&p->plan.v.v[i], &p->plan.v.v[at]))
			return false;
	return p->plan.v.v[at].status == PROBE_FOUND;
}

static int attach_part(struct probes *p, bool life, struct err *err)
{
	for (size_t i = 0; i < p->plan.v.n; i++)
		if (is_first_of_link(p, i) && probe_is_of_life(&p->plan.v.v[i]) == life && attach_sharing(p, i, err))
			return err->code;
	return 0;
}

static int uprobe_attach(struct probes *p, const struct probes_opts *opts, struct err *err)
{
	const struct programs_opts po = { .verbose = opts->verbose, .no_direct_reads = opts->no_direct_reads };
	struct uprobes *u = calloc(1, sizeof(*u));

	p->own = u;
	if (!u)
		return err_nomem(err);
	u->links.kind = u->waits.kind = link_kind_here();
	/*
	 * Only uprobe_multi filters by process. A perf event's filter compares
	 * address spaces, which a forked child shares at first.
	 */
	p->plan.cfg.is_filtered = u->links.kind == LINK_MULTI;
	if (programs_load(&u->programs, &p->plan, u->links.kind, &po, err))
		return err->code;
	p->shared = &u->programs.vars->shared;
	if (attach_part(p, true, err))
		return err->code;
	return attach_part(p, false, err);
}

/* Detach, because a disabled perf event keeps its breakpoint (kernel/trace/trace_uprobe.c). */
static void uprobe_waits_detach(struct probes *p)
{
	links_free(&own_of(p)->waits);
}

static int uprobe_waits_attach(struct probes *p, struct err *err)
{
	return own_of(p)->waits.v.n ? 0 : attach_part(p, false, err);
}

static int uprobe_map_waits(struct probes *p, struct err *err)
{
	void *mem = mmap(NULL, WAIT_SLOTS * sizeof(*p->waits_deferred), PROT_READ | PROT_WRITE, MAP_SHARED,
	                 programs_map(&own_of(p)->programs, "waits"), 0);

	if (mem == MAP_FAILED)
		return err_set(err, errno, "cannot map the map of waits: %s", strerror(errno));
	p->waits_deferred = mem;
	return 0;
}

static int uprobe_open_ring(struct probes *p, drain_fn fn, void *arg)
{
	struct programs *programs = &own_of(p)->programs;
	int map = programs_map(programs, "ring");

	return programs->build == BUILD_OLD
	               ? drain_open_ringbuf(&p->drain, map, fn, arg)
	               : drain_open(&p->drain, map, 0, programs->vars, p->plan.cfg.ring_size, fn, arg);
}

static size_t list_programs(const struct probes *p, struct uprobe_prog *out, size_t max)
{
	struct bpf_program *prog;
	size_t n = 0;

	bpf_object__for_each_program(prog, own_of(p)->programs.obj)
	{
		if (n == max || bpf_program__fd(prog) < 0)
			continue;
		out[n] = (struct uprobe_prog){ .fd = bpf_program__fd(prog) };
		for (size_t i = 0; i < p->plan.v.n; i++)
			if (p->plan.v.v[i].status == PROBE_FOUND &&
			    !strcmp(p->plan.v.v[i].spec->prog, bpf_program__name(prog)))
				out[n].single_step |= p->plan.v.v[i].site.single_step;
		n++;
	}
	return n;
}

static void uprobe_detach(struct probes *p)
{
	struct uprobes *u = own_of(p);

	if (!u)
		return;
	/* Detaching both parts together takes less time. */
	for (size_t i = 0; i < u->waits.v.n; i++)
		if (vec_push(&u->links.v, u->waits.v.v[i]))
			return links_free(&u->waits), links_free(&u->links);
	vec_free(&u->waits.v);
	links_free(&u->links);
}

static void uprobe_free(struct probes *p)
{
	if (p->waits_deferred)
		munmap(p->waits_deferred, WAIT_SLOTS * sizeof(*p->waits_deferred));
	if (own_of(p))
		programs_free(&own_of(p)->programs);
	free(p->own);
}

static int open_meter(void **own, const struct probes *p, struct err *err)
{
	struct uprobe_prog progs[UPROBE_PROGS_MAX];
	size_t n = list_programs(p, progs, UPROBE_PROGS_MAX);
	struct uprobe_meter *m;
	int ret = uprobe_meter_open(&m, progs, n, err);

	*own = m;
	return ret;
}

static const struct meter_kind uprobe_meter = {
	.open = open_meter, .begin = uprobe_meter_begin, .end = uprobe_meter_end, .close = uprobe_meter_close
};

const struct probes_kind probes_uprobe = {
	.id = TRACE_PROBING_UPROBE,
	.meter = &uprobe_meter,
	.attach = uprobe_attach,
	.waits_detach = uprobe_waits_detach,
	.waits_attach = uprobe_waits_attach,
	.map_waits = uprobe_map_waits,
	.open_ring = uprobe_open_ring,
	.detach = uprobe_detach,
	.free = uprobe_free,
};
