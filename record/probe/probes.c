// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/probe/probes.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* The code in memory must be that of the file, or int3 if somebody else already probes it. */
static bool site_is_there(const struct target *t, const struct gobin *bin, uint64_t bias, uint64_t addr)
{
	uint8_t file[2], mem[2];

	if (gobin_read(bin, addr, file, sizeof(file)) || target_read(t, addr + bias, mem, sizeof(mem)))
		return false;
	return mem[0] == 0xcc || memcmp(file, mem, sizeof(file)) == 0;
}

static int check_site(const struct probe *pr, const struct target *t, const struct gobin *bin, uint64_t bias,
                      struct err *err)
{
	if (gobin_file_offset(bin, pr->site.addr) >= 0 && site_is_there(t, bin, bias, pr->site.addr))
		return 0;
	if (!target_alive(t))
		return err_set(err, ESRCH, "process %d has exited", t->pid);
	return err_set(err, ENOEXEC, "the code of %s in memory differs from the program's file", pr->func);
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
	const struct target *t = p->place.t;
	const struct gobin *bin = p->place.bin;
	const struct probe *pr = &p->plan.v.v[first];
	struct bpf_program *prog = programs_get(&p->programs, pr->spec->prog);
	VEC(uint64_t) offsets = { 0 };
	int ret = 0;

	if (!prog)
		return err_set(err, ENOENT, "the BPF program %s is not loaded", pr->spec->prog);
	for (size_t i = first; i < p->plan.v.n && !ret; i++) {
		const struct probe *same = &p->plan.v.v[i];

		if (!share_link(same, pr))
			continue;
		ret = check_site(same, t, bin, p->place.bias, err);
		if (!ret && vec_push(&offsets, (uint64_t)gobin_file_offset(bin, same->site.addr)))
			ret = err_nomem(err);
	}
	if (!ret) {
		ret = links_add(probe_is_of_life(pr) ? &p->links : &p->waits, prog, t->exe, offsets.v, offsets.n,
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

int probes_plan(struct probes *p, const struct gobin *bin, const struct go_layout *l, uint32_t events, struct err *err)
{
	memset(p, 0, sizeof(*p));
	return plan_init(&p->plan, bin, l, events, err);
}

int probes_attach(struct probes *p, const struct target *t, const struct gobin *bin, uint64_t bias,
                  const struct probes_opts *opts, struct err *err)
{
	const struct programs_opts po = { .verbose = opts->verbose, .no_direct_reads = opts->no_direct_reads };
	struct bpf_config *cfg = &p->plan.cfg;

	p->place = (struct probes_place){ t, bin, bias };
	p->links.kind = p->waits.kind = link_kind_here();
	cfg->tgid = (uint32_t)t->pid;
	cfg->use_pidns = t->in_pidns;
	cfg->pidns_dev = t->pidns_dev;
	cfg->pidns_ino = t->pidns_ino;
	cfg->ring_size = opts->ring_size;
	cfg->ready_stacks = !opts->no_ready_stacks;
	cfg->cache_goids = plan_has(&p->plan, RING_EXIT);
	/*
	 * Only uprobe_multi filters by process. A perf event's filter compares
	 * address spaces, which a forked child shares at first.
	 */
	cfg->is_filtered = p->links.kind == LINK_MULTI;
	plan_place(&p->plan, bin, bias);
	if (programs_load(&p->programs, &p->plan, p->links.kind, &po, err))
		return err->code;
	p->shared = &p->programs.vars->shared;
	if (attach_part(p, true, err))
		return err->code;
	return attach_part(p, false, err);
}

void probes_enable(struct probes *p)
{
	p->shared->starting = 1;
	__atomic_store_n(&p->shared->enabled, 1, __ATOMIC_RELEASE);
}

void probes_started(struct probes *p)
{
	__atomic_store_n(&p->shared->starting, 0, __ATOMIC_RELEASE);
}

int probes_set_min_block(struct probes *p, uint64_t ns, struct err *err)
{
	if (!p->waits_deferred && ns) {
		void *mem = mmap(NULL, WAIT_SLOTS * sizeof(*p->waits_deferred), PROT_READ | PROT_WRITE, MAP_SHARED,
		                 programs_map(&p->programs, "waits"), 0);

		if (mem == MAP_FAILED)
			return err_set(err, errno, "cannot map the map of waits: %s", strerror(errno));
		p->waits_deferred = mem;
		p->shared->may_defer = 1;
	}
	__atomic_store_n(&p->shared->min_block, ns, __ATOMIC_RELEASE);
	return 0;
}

void probes_closing(struct probes *p)
{
	__atomic_store_n(&p->shared->closing, 1, __ATOMIC_RELEASE);
}

void probes_disable(struct probes *p)
{
	__atomic_store_n(&p->shared->enabled, 0, __ATOMIC_RELEASE);
}

void probes_set_level(struct probes *p, enum ring_level level)
{
	__atomic_store_n(&p->shared->level, level, __ATOMIC_RELEASE);
}

bool probes_was_tight(struct probes *p)
{
	return __atomic_exchange_n(&p->shared->is_tight, 0, __ATOMIC_ACQ_REL);
}

/* Detach, because a disabled perf event keeps its breakpoint (kernel/trace/trace_uprobe.c). */
void probes_waits_detach(struct probes *p)
{
	links_free(&p->waits);
	/* Nothing sees these waits end. */
	for (size_t i = 0; p->waits_deferred && i < WAIT_SLOTS; i++)
		p->waits_deferred[i].time = 0;
}

int probes_waits_attach(struct probes *p, struct err *err)
{
	return p->waits.v.n ? 0 : attach_part(p, false, err);
}

size_t probes_programs(const struct probes *p, struct probes_prog *out, size_t max)
{
	struct bpf_program *prog;
	size_t n = 0;

	bpf_object__for_each_program(prog, p->programs.obj)
	{
		if (n == max || bpf_program__fd(prog) < 0)
			continue;
		out[n] = (struct probes_prog){ .fd = bpf_program__fd(prog) };
		for (size_t i = 0; i < p->plan.v.n; i++)
			if (p->plan.v.v[i].status == PROBE_FOUND &&
			    !strcmp(p->plan.v.v[i].spec->prog, bpf_program__name(prog)))
				out[n].single_step |= p->plan.v.v[i].site.single_step;
		n++;
	}
	return n;
}

void probes_detach(struct probes *p)
{
	/* Detaching both parts together takes less time. */
	for (size_t i = 0; i < p->waits.v.n; i++)
		if (vec_push(&p->links.v, p->waits.v.v[i]))
			return links_free(&p->waits), links_free(&p->links);
	vec_free(&p->waits.v);
	links_free(&p->links);
}

void probes_free(struct probes *p)
{
	probes_detach(p);
	drain_close(&p->drain);
	if (p->waits_deferred)
		munmap(p->waits_deferred, WAIT_SLOTS * sizeof(*p->waits_deferred));
	programs_free(&p->programs);
	plan_free(&p->plan);
	memset(p, 0, sizeof(*p));
}

int probes_open_ring(struct probes *p, drain_fn fn, void *arg, struct err *err)
{
	int map = programs_map(&p->programs, "ring");
	int ret = p->programs.build == BUILD_OLD
	                  ? drain_open_ringbuf(&p->drain, map, fn, arg)
	                  : drain_open(&p->drain, map, p->programs.vars, p->plan.cfg.ring_size, fn, arg);

	return ret ? err_set(err, -ret, "cannot map the ring: %s", strerror(-ret)) : 0;
}

int probes_drain(struct probes *p)
{
	return drain_run(&p->drain);
}
