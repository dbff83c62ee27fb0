// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/probe/probes.h"

#include <errno.h>
#include <string.h>

#define SITE_BYTES_MAX 32
#define INT3 0xcc

int probes_check_site(const struct probes *p, const struct probe *pr, size_t len, bool is_shared, struct err *err)
{
	uint8_t file[SITE_BYTES_MAX], mem[SITE_BYTES_MAX];
	const struct probes_place *at = &p->place;

	if (len <= SITE_BYTES_MAX && gobin_file_offset(at->bin, pr->site.addr) >= 0 &&
	    !gobin_read(at->bin, pr->site.addr, file, len) && !target_read(at->t, pr->site.addr + at->bias, mem, len) &&
	    ((is_shared && mem[0] == INT3) || memcmp(file, mem, len) == 0))
		return 0;
	if (!target_alive(at->t))
		return err_set(err, ESRCH, "process %d has exited", at->t->pid);
	return err_set(err, ENOEXEC, "the code of %s in memory differs from the program's file", pr->func);
}

int probes_plan(struct probes *p, const struct gobin *bin, const struct go_layout *l, uint32_t events, struct err *err)
{
	memset(p, 0, sizeof(*p));
	return plan_init(&p->plan, bin, l, events, err);
}

int probes_attach(struct probes *p, const struct target *t, const struct gobin *bin, uint64_t bias,
                  const struct probes_opts *opts, struct err *err)
{
	struct bpf_config *cfg = &p->plan.cfg;

	p->kind = opts->kind;
	p->place = (struct probes_place){ t, bin, bias };
	cfg->tgid = (uint32_t)t->pid;
	cfg->use_pidns = t->in_pidns;
	cfg->pidns_dev = t->pidns_dev;
	cfg->pidns_ino = t->pidns_ino;
	cfg->ring_size = opts->ring_size;
	cfg->ready_stacks = !opts->no_ready_stacks;
	cfg->cache_goids = plan_has(&p->plan, RING_EXIT);
	plan_place(&p->plan, bin, bias);
	return p->kind->attach(p, opts, err);
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
		if (p->kind->map_waits(p, err))
			return err->code;
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

void probes_waits_detach(struct probes *p)
{
	p->kind->waits_detach(p);
	/* Nothing sees these waits end. */
	for (size_t i = 0; p->waits_deferred && i < WAIT_SLOTS; i++)
		p->waits_deferred[i].time = 0;
}

int probes_waits_attach(struct probes *p, struct err *err)
{
	int ret = p->kind->waits_attach(p, err);

	/* It has ended meanwhile, or executes another program: there is nothing to attach to. */
	if (ret && !target_same(p->place.t)) {
		*err = (struct err){ 0 };
		ret = 0;
	}
	return ret;
}

void probes_detach(struct probes *p)
{
	if (p->kind)
		p->kind->detach(p);
}

void probes_free(struct probes *p)
{
	probes_detach(p);
	drain_close(&p->drain);
	if (p->kind)
		p->kind->free(p);
	plan_free(&p->plan);
	memset(p, 0, sizeof(*p));
}

int probes_open_ring(struct probes *p, drain_fn fn, void *arg, struct err *err)
{
	int ret = p->kind->open_ring(p, fn, arg);

	return ret ? err_set(err, -ret, "cannot map the ring: %s", strerror(-ret)) : 0;
}

void probes_orphan(struct probes *p)
{
	drain_orphan(&p->drain);
}

int probes_drain(struct probes *p)
{
	if (p->kind->beat)
		p->kind->beat(p);
	return drain_run(&p->drain);
}
