// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/analyze/wait_sites.h"

#include <errno.h>

#include "report/analyze/purpose.h"
#include "report/analyze/visible.h"
#include "report/model/names.h"

bool wait_is_idle(const struct model *m, uint32_t group, uint32_t reason, uint32_t objsite)
{
	uint8_t class = model_wait_class(m, reason);

	return wait_class_is_idle(class) || m->objsites.v[objsite].timer ||
	       (class == TRACE_WAIT_EMPTY_SELECT && group_is_main(m, group));
}

bool wait_site_is_idle(const struct model *m, const struct wsite *ws)
{
	return wait_is_idle(m, ws->group, ws->reason, ws->objsite);
}

struct site_key {
	uint32_t group, place, reason;
};

static bool is_of_leak(const void *table, uint32_t i, const void *key)
{
	const struct leak *l = &((const struct leaks *)table)->v.v[i - 1];
	const struct site_key *k = key;

	return l->group == k->group && l->place == k->place && l->reason == k->reason;
}

static uint64_t site_hash(const struct site_key *k)
{
	return hash_two((uint64_t)k->group << 32 | k->place, k->reason);
}

/* The leaks that findings describe, by group, place and reason. 0 or -ENOMEM. */
static int index_leaks(struct index *x, const struct leaks *leaks)
{
	for (uint32_t i = 0; i < leaks->nsuspects; i++) {
		const struct leak *l = &leaks->v.v[i];
		struct site_key key = { l->group, l->place, l->reason };

		if (!index_find(x, site_hash(&key), is_of_leak, leaks, &key) && !index_add(x, site_hash(&key), i + 1))
			return -ENOMEM;
	}
	return 0;
}

static bool is_found(const struct report *r, const struct index *leaks, const struct wsite *ws)
{
	struct site_key key = { ws->group, symbols_stack_user(&r->m->sym, ws->stack), ws->reason };

	return ws->open_blocked >= ws->blocked / 2 && index_find(leaks, site_hash(&key), is_of_leak, &r->leaks, &key);
}

/* Nothing happened there: most of its waits were open all the time, as those of a program that idles. */
static bool is_still(const struct wsite *ws)
{
	return ws->whole_blocked > ws->blocked / 2;
}

bool wait_is_unknown(const struct model *m, uint32_t stack, uint32_t reason)
{
	return !stack && !model_reason(m, reason)->defined;
}

static bool is_unknown(const struct model *m, const struct wsite *ws)
{
	return wait_is_unknown(m, ws->stack, ws->reason);
}

uint64_t waits_unknown(const struct report *r, uint64_t *blocked)
{
	uint64_t n = 0;

	*blocked = 0;
	for (uint32_t i = 0; i < r->nwsites; i++) {
		const struct wsite *ws = &r->m->wsites.v[r->wsites[i]];

		if (!report_shows_wsite(r, ws) || !is_unknown(r->m, ws))
			continue;
		n += ws->waits;
		*blocked += ws->blocked;
	}
	return n;
}

/* Those where something happened first; otherwise in the same order. */
static int put_still_last(struct wait_sites *sites)
{
	VEC(const struct wsite *) still = { 0 };
	size_t n = 0;
	int ret = 0;

	for (size_t i = 0; i < sites->v.n && !ret; i++) {
		if (is_still(sites->v.v[i]))
			ret = vec_push(&still, sites->v.v[i]);
		else
			sites->v.v[n++] = sites->v.v[i];
	}
	for (size_t i = 0; i < still.n && !ret; i++)
		sites->v.v[n++] = still.v[i];
	vec_free(&still);
	return ret;
}

static bool is_left_out(const struct report *r, const struct index *leaks, const struct wsite *ws)
{
	return wait_site_is_idle(r->m, ws) || is_unknown(r->m, ws) || is_found(r, leaks, ws);
}

static int collect(struct wait_sites *sites, const struct report *r, const struct index *leaks, bool all)
{
	for (uint32_t i = 0; i < r->nwsites; i++) {
		const struct wsite *ws = &r->m->wsites.v[r->wsites[i]];

		if (!report_shows_wsite(r, ws))
			continue;
		if (!all && is_left_out(r, leaks, ws))
			sites->left_out++;
		else if (vec_push(&sites->v, ws))
			return -ENOMEM;
	}
	return all ? 0 : put_still_last(sites);
}

int wait_sites_find(struct wait_sites *sites, const struct report *r, bool all)
{
	struct index leaks = { 0 };
	int ret = all ? 0 : index_leaks(&leaks, &r->leaks);

	*sites = (struct wait_sites){ 0 };
	if (!ret)
		ret = collect(sites, r, &leaks, all);
	if (ret)
		wait_sites_free(sites);
	index_free(&leaks);
	return ret;
}

void wait_sites_free(struct wait_sites *sites)
{
	vec_free(&sites->v);
}

/* A worker without work, or one that waits for another program. */
static bool is_worker(const struct model *m, const struct wsite *ws)
{
	uint8_t class = model_wait_class(m, ws->reason);
	enum purpose p = purpose_of_wait(&m->sym, ws->stack);

	return (class == TRACE_WAIT_RECV || class == TRACE_WAIT_SELECT || class == TRACE_WAIT_COND) &&
	       (p == PURPOSE_IDLE || p == PURPOSE_REMOTE);
}

const struct wsite *wait_sites_heaviest(const struct report *r)
{
	const struct wsite *still = NULL;

	for (uint32_t i = 0; i < r->nwsites; i++) {
		const struct wsite *ws = &r->m->wsites.v[r->wsites[i]];

		if (!report_shows_wsite(r, ws) || wait_site_is_idle(r->m, ws) || !ws->blocked || is_unknown(r->m, ws) ||
		    is_worker(r->m, ws) || purpose_is_runtime(&r->m->sym, ws->stack))
			continue;
		if (!is_still(ws))
			return ws;
		still = still ? still : ws;
	}
	return still;
}
