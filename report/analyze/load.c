// SPDX-License-Identifier: GPL-2.0-or-later
/* The functions of report.h: reads a trace, and runs the analyses over its model. */
#include "report/analyze/report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/analyze/chain_class.h"
#include "report/analyze/contrast.h"
#include "report/analyze/visible.h"
#include "report/model/names.h"
#include "report/replay/labelled.h"
#include "report/replay/replay.h"

void report_free(struct report *r)
{
	if (!r)
		return;
	chains_free(&r->chains);
	findings_free(&r->findings);
	leaks_free(&r->leaks);
	blockers_free(r->blockers);
	model_free(r->model);
	trace_reader_free(r->reader);
	free(r->groups);
	free(r->wsites);
	free(r->edges);
	free(r);
}

uint64_t report_duration(const struct report *r)
{
	int64_t from = model_from(r->m);

	return r->m->end > from ? (uint64_t)(r->m->end - from) : 0;
}

uint64_t report_sampled_every(const struct report *r)
{
	uint64_t samples = r->end ? r->end->samples : 0;

	if (!r->meta->sample || samples < 2 || r->end->duration <= 0)
		return r->meta->sample;
	return (uint64_t)r->end->duration / samples > r->meta->sample ? (uint64_t)r->end->duration / samples
	                                                              : r->meta->sample;
}

uint64_t report_truncated_stacks(const struct report *r)
{
	uint64_t n = 0;

	for (uint32_t i = 1; i < r->m->sym.stacks.n; i++)
		n += symbols_stack_truncated(&r->m->sym, i);
	return n;
}

bool report_has_losses(const struct report *r)
{
	return r->m->losses.ring || r->m->losses.memory || r->m->losses.left_out || r->m->losses.waits_left_out;
}

struct rank {
	uint64_t first, second;
	uint32_t id;
};

static int rank_cmp(const void *a, const void *b)
{
	const struct rank *x = a, *y = b;

	if (x->first != y->first)
		return x->first > y->first ? -1 : 1;
	if (x->second != y->second)
		return x->second > y->second ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

/* Ids 1 … n - 1, heaviest first. */
static int rank_by(uint32_t **out, uint32_t *nout, size_t n, struct rank (*weight)(const struct model *, uint32_t),
                   const struct model *m)
{
	struct rank *v = calloc(n + 1, sizeof(*v));
	uint32_t count = n ? (uint32_t)(n - 1) : 0;

	*out = calloc(n + 1, sizeof(**out));
	if (!v || !*out) {
		free(v);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < count; i++) {
		v[i] = weight(m, i + 1);
		v[i].id = i + 1;
	}
	qsort(v, count, sizeof(*v), rank_cmp);
	for (uint32_t i = 0; i < count; i++)
		(*out)[i] = v[i].id;
	*nout = count;
	free(v);
	return 0;
}

static struct rank group_weight(const struct model *m, uint32_t id)
{
	const struct group *g = &m->groups.v[id];

	return (struct rank){ g->system ? 0 : 1 + g->blocked, g->system ? g->blocked : g->created + g->at_start, 0 };
}

static struct rank wsite_weight(const struct model *m, uint32_t id)
{
	return (struct rank){ m->wsites.v[id].blocked, m->wsites.v[id].waits, 0 };
}

static struct rank edge_weight(const struct model *m, uint32_t id)
{
	return (struct rank){ m->edges.v[id].blocked, m->edges.v[id].count, 0 };
}

static void count_goroutines(struct report *r)
{
	const struct model *m = r->m;

	for (size_t i = 0; i < m->groups.n; i++) {
		const struct group *g = &m->groups.v[i];
		struct report_counts *c = &r->counts[g->system];

		if (!report_shows_group(r, (uint32_t)i))
			continue;
		c->at_start += g->at_start;
		c->created += g->created;
		c->exited += g->exited;
		c->missed += g->missed;
		for (int s = 0; s < GO_STATES; s++) {
			c->state[s] += g->at_end[s];
			c->at_end += s == GO_STATE_EXITED ? 0 : g->at_end[s];
		}
	}
}

static int analyse(struct report *r, struct err *err)
{
	const struct model *m = r->m;
	int ret = blockers_new(&r->blockers, m, err);

	if (!ret)
		ret = chains_find(&r->chains, m, r->blockers, err);
	if (!ret)
		ret = leaks_find(&r->leaks, m, r->blockers, &r->chains, err);
	if (!ret && contrasts_find(&r->leaks, m))
		ret = err_nomem(err);
	if (!ret)
		ret = findings_prepare(&r->findings, m, err);
	if (ret)
		return ret;
	visible_filter(r);
	ret = findings_make(&r->findings, m, &r->leaks, r->blockers, err);
	if (ret)
		return ret;
	if (chains_classify(&r->chains, &r->leaks) || rank_by(&r->groups, &r->ngroups, m->groups.n, group_weight, m) ||
	    rank_by(&r->wsites, &r->nwsites, m->wsites.n, wsite_weight, m) ||
	    rank_by(&r->edges, &r->nedges, m->edges.n, edge_weight, m))
		return err_nomem(err);
	count_goroutines(r);
	return 0;
}

/* Reads as much as possible; damage ends it and becomes a message in the report. */
static int read_all(struct report *r, struct replay *replay, struct err *err)
{
	struct trace_rec *rec = replay_place(replay);
	struct err read_err = { 0 };
	int ret;

	budget_init(&r->budget, r->opts.no_limit);
	for (; (ret = trace_reader_next(r->reader, rec, &read_err)) > 0; rec = replay_place(replay)) {
		int bad = budget_spend(&r->budget, r->reader, rec, err);

		if (!bad) {
			r->records++;
			bad = replay_record(replay, rec, err);
		}
		if (bad == -ENOMEM)
			return bad;
		if (bad) {
			read_err = *err;
			ret = bad;
			break;
		}
	}
	if (ret == -ENOMEM)
		return err_set(err, ENOMEM, "%s", read_err.msg);
	if (ret < 0) {
		r->damaged = true;
		r->truncated = ret == -ENODATA;
		snprintf(r->damage, sizeof(r->damage), "%s", read_err.msg);
	}
	r->end = trace_reader_end(r->reader);
	return 0;
}

static int load(struct report *r, struct err *err)
{
	struct replay *replay = NULL;
	int ret = trace_reader_open(&r->reader, r->path, err);

	if (ret)
		return ret;
	r->meta = trace_reader_meta(r->reader);
	ret = model_new(&r->model, &r->opts.model, err);
	if (!ret && r->opts.model.filter.label)
		ret = labelled_find(&r->model->filter.labelled, r->path, r->opts.model.filter.label,
		                    &r->model->filter.has_labels, err);
	if (!ret)
		ret = replay_new(&replay, r->model, err);
	if (ret)
		return ret;
	r->m = r->model;
	r->model->way = r->meta->way;
	r->model->events_recorded = r->meta->events;
	symbols_set_module(&r->model->sym, r->meta->module);
	ret = read_all(r, replay, err);
	if (!ret)
		ret = replay_finish(replay, r->end, err);
	replay_free(replay);
	return ret ? ret : analyse(r, err);
}

int report_load(struct report **out, const char *path, const struct report_opts *opts, struct err *err)
{
	struct report *r = calloc(1, sizeof(*r));
	int ret;

	if (!r)
		return err_nomem(err);
	r->opts = *opts;
	r->path = r->file = path;
	ret = load(r, err);
	if (ret) {
		report_free(r);
		return ret;
	}
	*out = r;
	return 0;
}

int report_check_filters(const struct report *r, struct err *err)
{
	const struct model *m = r->m;
	uint64_t goid = r->opts.model.goroutine;

	if (goid && !model_goroutine(m, goid) && !model_gone(m, goid))
		return err_set(err, ENOENT, "%s: goroutine %" PRIu64 " is not in this trace", r->path, goid);
	if (r->opts.model.since != INT64_MIN && r->opts.model.since > m->end)
		return err_set(err, ENOENT, "%s: --since is after the end of the recording, which is %.3f s long",
		               r->path, (double)m->end / 1e9);
	if (r->opts.model.is_instant && r->opts.model.until > m->end)
		return err_set(err, ENOENT, "%s: --at is after the end of the recording, which is %.3f s long", r->path,
		               (double)m->end / 1e9);
	if (r->opts.model.channel && !model_channel(m, r->opts.model.channel))
		return err_set(err, ENOENT, "%s: channel #%u is not in this trace, which has #1 to #%u", r->path,
		               r->opts.model.channel, m->channels.n ? m->channels.n - 1 : 0);
	return 0;
}
