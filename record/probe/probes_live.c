// SPDX-License-Identifier: GPL-2.0-or-later
/* What is changed about the probes, and asked of them, while they record. */
#include "record/probe/probes.h"

#include <bpf/libbpf.h>
#include <string.h>

#include "record/probe/plan.h"

void probes_set_level(struct probes *p, enum ring_level level)
{
	__atomic_store_n(&p->shared->level, level, __ATOMIC_RELEASE);
}

bool probe_is_of_life(const struct probe *p)
{
	enum ring_type type = p->spec->type;

	return type == RING_CREATE || type == RING_CORO || type == RING_EXIT || type == RING_MAKE || type == RING_CLOSE;
}

/* A perf event that is switched off keeps its breakpoint (kernel/trace/trace_uprobe.c): only its end takes it out. */
bool probes_was_tight(struct probes *p)
{
	return __atomic_exchange_n(&p->shared->is_tight, 0, __ATOMIC_ACQ_REL);
}

void probes_waits_detach(struct probes *p)
{
	links_free(&p->waits);
	/* Nobody sees the end of what was held back. */
	for (size_t i = 0; p->waits_held && i < WAIT_SLOTS; i++)
		p->waits_held[i].time = 0;
}

int probes_waits_attach(struct probes *p, struct err *err)
{
	return p->waits.v.n ? 0 : probes_attach_part(p, false, err);
}

size_t probes_programs(const struct probes *p, struct probes_prog *out, size_t max)
{
	struct bpf_program *prog;
	size_t n = 0;

	bpf_object__for_each_program(prog, p->obj)
	{
		if (n == max || bpf_program__fd(prog) < 0)
			continue;
		out[n] = (struct probes_prog){ .fd = bpf_program__fd(prog) };
		for (size_t i = 0; i < p->v.n; i++)
			if (!p->v.v[i].missing && !strcmp(p->v.v[i].spec->prog, bpf_program__name(prog)))
				out[n].single_step |= p->v.v[i].site.single_step;
		n++;
	}
	return n;
}
