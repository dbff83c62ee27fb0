// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/analyze/visible.h"

#include <stdlib.h>

static bool uses_channel(const struct model *m, uint64_t goid, const struct channel *c)
{
	if ((c->made_seen && c->made_by == goid) || (c->close_seen && c->close_by == goid))
		return true;
	for (uint32_t i = c->users.first; i; i = m->uses.users.v[i].next)
		if (m->uses.users.v[i].goid == goid)
			return true;
	return false;
}

static bool is_waited_on(const struct report *r, uint32_t first, uint32_t n)
{
	for (uint32_t i = first; i < first + n; i++)
		if (report_shows_goroutine(r, r->m->waiters.v[i].goid))
			return true;
	return false;
}

bool report_shows_goroutine(const struct report *r, uint64_t goid)
{
	const struct model *m = r->m;
	const struct model_opts *o = &m->opts;
	const struct goroutine *g = m->filter.active ? model_goroutine(m, goid) : NULL;
	const struct channel *c = model_channel(m, o->channel);

	if (!filter_has(&m->filter, goid) || (g && !filter_shows_goroutine(&m->filter, g)))
		return false;
	if (o->goroutine && goid != o->goroutine)
		return false;
	return o->goroutine || !c || uses_channel(m, goid, c);
}

bool report_shows_group(const struct report *r, uint32_t id)
{
	const struct model *m = r->m;
	const struct channel *c = model_channel(m, m->opts.channel);
	const struct goroutine *g = model_goroutine(m, m->opts.goroutine);
	const struct gone *gone = m->opts.goroutine ? model_gone(m, m->opts.goroutine) : NULL;

	if (!filter_shows_group(&m->filter, id))
		return false;
	if (m->opts.goroutine)
		return m->groups.v[id].waits || (g && g->group == id) || (gone && gone->group == id);
	for (uint32_t i = c ? c->users.first : 0; i; i = m->uses.users.v[i].next)
		if (m->uses.users.v[i].group == id)
			return true;
	return !c || m->groups.v[id].waits;
}

bool report_shows_channel(const struct report *r, const struct channel *c)
{
	const struct model_opts *o = &r->m->opts;

	if (!channel_is_there(c) || (o->channel && c->id != o->channel))
		return false;
	if (r->m->filter.active && !c->waits && !is_waited_on(r, c->waiters_first, c->waiters_n))
		return false;
	return o->channel || !o->goroutine || uses_channel(r->m, o->goroutine, c);
}

bool report_shows_channels(const struct report *r, const struct chan_row *gone)
{
	/* With these options, channels that matter are not folded. */
	if (r->m->opts.channel || r->m->opts.goroutine)
		return false;
	return !r->m->filter.active || gone->sum.waits;
}

bool report_shows_sync(const struct report *r, const struct sync_obj *s)
{
	const struct model_opts *o = &r->m->opts;
	bool is_whole = !r->m->filter.active && !o->channel && !o->goroutine && o->until == INT64_MAX;

	return is_whole || s->waits || is_waited_on(r, s->waiters_first, s->waiters_n);
}

bool report_shows_wsite(const struct report *r, const struct wsite *ws)
{
	return !r->m->groups.v[ws->group].system && filter_shows_wait(&r->m->filter, ws->stack, ws->reason) &&
	       (ws->waits || !r->m->filter.opts.label);
}

bool report_shows_idle(const struct report *r)
{
	return r->opts.idle || r->m->filter.opts.reason;
}

bool report_shows_edge(const struct report *r, const struct edge *e)
{
	return report_shows_wsite(r, &r->m->wsites.v[e->wsite]);
}

uint64_t report_channel_count(const struct report *r)
{
	const struct chan_rows *gone = &r->m->channels.gone;
	const struct channel *c;
	uint64_t n = 0;

	for (uint32_t id = 1; (c = channels_next(&r->m->channels, &id));)
		n += report_shows_channel(r, c);
	for (size_t i = 0; i < gone->v.n; i++)
		n += report_shows_channels(r, &gone->v.v[i]) ? gone->v.v[i].n : 0;
	return n;
}

uint64_t report_sync_count(const struct report *r)
{
	uint64_t n = 0;

	for (size_t i = 1; i < r->m->syncs.n; i++)
		n += report_shows_sync(r, &r->m->syncs.v[i]);
	return n;
}

static bool link_is_visible(const struct report *r, const struct chain *c, const struct chain_link *l)
{
	const struct model_opts *o = &r->m->opts;

	if (!filter_shows_wait(&r->m->filter, l->wsite_stack, l->reason))
		return false;
	/* Links of the past belong to groups that were counted, or, with a label, to one of a goroutine that has it. */
	if (c->past)
		return !r->m->filter.opts.label || filter_shows_group(&r->m->filter, l->group);
	if (!filter_has(&r->m->filter, l->goid))
		return false;
	if (o->goroutine)
		return l->goid == o->goroutine || l->held_by == o->goroutine;
	return !o->channel || (l->obj.kind == TRACE_OBJ_CHAN && l->obj.id == o->channel);
}

static bool chain_is_visible(const struct report *r, const struct chain *c)
{
	for (uint32_t i = 0; i < c->n; i++)
		if (link_is_visible(r, c, &r->chains.links.v[c->first + i]))
			return true;
	return !c->n;
}

static bool leak_is_visible(const struct report *r, const struct leak *l)
{
	for (uint32_t i = 0; i < l->n; i++) {
		uint64_t goid = r->leaks.suspects.v[l->first + i].goid;

		if (report_shows_goroutine(r, goid))
			return true;
	}
	return false;
}

void visible_filter(struct report *r)
{
	const struct model_opts *o = &r->m->opts;
	size_t n = 0;

	if (!r->m->filter.active && !o->goroutine && !o->channel)
		return;
	for (size_t i = 0; i < r->chains.v.n; i++)
		if (chain_is_visible(r, &r->chains.v.v[i]))
			r->chains.v.v[n++] = r->chains.v.v[i];
	r->chains.v.n = n;
	n = 0;
	for (size_t i = 0; i < r->leaks.v.n; i++) {
		if (leak_is_visible(r, &r->leaks.v.v[i]))
			r->leaks.v.v[n++] = r->leaks.v.v[i];
		else
			r->leaks.nsuspects -= r->leaks.v.v[i].j.verdict != VERDICT_IDLE;
	}
	r->leaks.v.n = n;
	for (size_t i = 0; i < r->findings.growths.v.n; i++) {
		struct growth *g = &r->findings.growths.v.v[i];

		g->hidden = !report_shows_group(r, g->group);
	}
}
