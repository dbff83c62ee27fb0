// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/analyze/wait_sites.h"

#include <errno.h>

#include "report/analyze/visible.h"
#include "report/model/names.h"

bool wait_site_is_idle(const struct model *m, const struct wsite *ws)
{
	uint8_t class = model_wait_class(m, ws->reason);

	return wait_class_is_idle(class) || m->objsites.v[ws->objsite].timer ||
	       (class == TRACE_WAIT_EMPTY_SELECT && group_is_main(m, ws->group));
}

static bool is_found(const struct report *r, const struct wsite *ws)
{
	uint32_t place = symbols_stack_user(&r->m->sym, ws->stack);

	for (uint32_t i = 0; i < r->leaks.nsuspects; i++) {
		const struct leak *l = &r->leaks.v.v[i];

		if (l->group == ws->group && l->place == place && l->reason == ws->reason)
			return ws->open_blocked >= ws->blocked / 2;
	}
	return false;
}

/* Nothing happened there: most of its waits were open all the time, as those of a program that idles. */
static bool is_still(const struct wsite *ws)
{
	return ws->whole_blocked > ws->blocked / 2;
}

/* Its waits ended before the first snapshot showed what they were. */
static bool is_unknown(const struct model *m, const struct wsite *ws)
{
	return !ws->stack && !model_reason(m, ws->reason)->defined;
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

int wait_sites_find(struct wait_sites *sites, const struct report *r, bool all)
{
	*sites = (struct wait_sites){ 0 };
	for (uint32_t i = 0; i < r->nwsites; i++) {
		const struct wsite *ws = &r->m->wsites.v[r->wsites[i]];

		if (!report_shows_wsite(r, ws))
			continue;
		if (!all && (wait_site_is_idle(r->m, ws) || is_unknown(r->m, ws) || is_found(r, ws))) {
			sites->left_out++;
		} else if (vec_push(&sites->v, ws)) {
			wait_sites_free(sites);
			return -ENOMEM;
		}
	}
	if (!all && put_still_last(sites)) {
		wait_sites_free(sites);
		return -ENOMEM;
	}
	return 0;
}

void wait_sites_free(struct wait_sites *sites)
{
	vec_free(&sites->v);
}

const struct wsite *wait_sites_heaviest(const struct report *r)
{
	const struct wsite *still = NULL;

	for (uint32_t i = 0; i < r->nwsites; i++) {
		const struct wsite *ws = &r->m->wsites.v[r->wsites[i]];

		if (!report_shows_wsite(r, ws) || wait_site_is_idle(r->m, ws) || !ws->blocked)
			continue;
		if (!is_still(ws))
			return ws;
		still = still ? still : ws;
	}
	return still;
}
