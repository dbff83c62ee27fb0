// SPDX-License-Identifier: GPL-2.0-or-later
/* docs/diff.schema.json is the contract of this output: change both together. */
#include "report/analyze/diff.h"
#include "report/render/fmt.h"
#include "report/render/json/json.h"
#include "report/render/json/out_json.h"
#include "report/render/out.h"
#include "report/render/words.h"

static void put_trace(struct json *j, const char *key, const struct report *r)
{
	json_key(j, key);
	json_open(j);
	json_key_str(j, "file", r->path);
	json_key_str(j, "program", r->meta->exe);
	json_key_str(j, "build_id", r->meta->build_id);
	json_key_str(j, "go_version", r->meta->go_version);
	json_key_u64(j, "duration_ns", report_duration(r));
	json_key_u64(j, "goroutines", r->counts[0].at_end);
	json_key_bool(j, "complete", r->end && !r->damaged);
	json_key_bool(j, "losses", report_has_losses(r));
	json_close(j);
}

static void put_sums(struct json *j, const struct diff *d, int side, const struct diff_side *s)
{
	json_key_u64(j, "waits", s->waits);
	json_key_u64(j, "blocked_ns", s->blocked);
	json_key_u64(j, "mean_ns", diff_mean(s));
	json_key_u64(j, "longest_ns", s->max);
	json_key_f64(j, "waits_per_s", diff_per_second(d, side, s->waits));
	json_key_f64(j, "blocked_ns_per_s", diff_per_second(d, side, s->blocked));
}

static void put_sides(struct json *j, const struct diff *d, const struct diff_row *row, bool group)
{
	for (int i = 0; i < 2; i++) {
		const struct diff_side *s = &row->side[i];

		json_key(j, i ? "b" : "a");
		if (!s->there) {
			json_null(j);
			continue;
		}
		json_open(j);
		if (group) {
			json_key_u64(j, "alive", s->alive);
			json_key_u64(j, "waiting", s->waiting);
			json_key_u64(j, "created", s->created);
			json_key_u64(j, "exited", s->exited);
			json_key_f64(j, "created_per_s", diff_per_second(d, i, s->created));
		}
		put_sums(j, d, i, s);
		json_close(j);
	}
}

static void put_grown(struct json *j, const struct diff *d, const struct diff_growth *g)
{
	const struct diff_side *a = &g->row->side[0], *b = &g->row->side[1];
	const struct model *m = d->r[1]->m;
	const struct group *group = &m->groups.v[b->id];
	const struct wsite *ws = &m->wsites.v[g->wsite];
	struct buf why = { 0 };

	words_diff_growth(&why, d, g);
	json_open(j);
	json_key_str(j, "name", symbols_place_func(&m->sym, group_name_place(m, group)));
	json_key_place(j, "created_by", m, group->site);
	json_key_place(j, "creator", m, g->row->side[1].has_creators ? 0 : group->creator);
	json_key_u64(j, "alive_a", a->alive);
	json_key_u64(j, "alive_b", b->alive);
	if (a->there)
		json_key_f64(j, "growth_per_s_a", g->per_second[0]);
	else
		json_key_null(j, "growth_per_s_a");
	json_key_f64(j, "growth_per_s_b", g->per_second[1]);
	json_key_u64(j, "waiting", g->waiting);
	json_key_place(j, "waiting_at", m, g->wsite ? symbols_stack_user(&m->sym, ws->stack) : 0);
	json_key_str_if(j, "reason", g->wsite ? reason_name(m, ws->reason) : NULL);
	json_key_str(j, "why", buf_str(&why));
	json_close(j);
	buf_free(&why);
}

static void put_group(struct json *j, const struct diff *d, const struct diff_row *row)
{
	int side = row->side[1].there;
	const struct model *m = d->r[side]->m;
	const struct group *g = &m->groups.v[row->side[side].id];

	json_open(j);
	json_key_str(j, "change", diff_change_name(row->change));
	json_key_str(j, "name", symbols_place_func(&m->sym, group_name_place(m, g)));
	json_key(j, "created_by");
	json_put_place(j, m, g->site);
	json_key_place(j, "creator", m, row->side[side].has_creators ? 0 : g->creator);
	put_sides(j, d, row, true);
	json_close(j);
}

static void put_wait(struct json *j, const struct diff *d, const struct diff_row *row)
{
	int side = row->side[1].there;
	const struct model *m = d->r[side]->m;
	const struct wsite *ws = &m->wsites.v[row->side[side].id];

	json_open(j);
	json_key_str(j, "change", diff_change_name(row->change));
	json_key_str(j, "group", symbols_place_func(&m->sym, group_name_place(m, &m->groups.v[ws->group])));
	json_key_str(j, "reason", reason_name(m, ws->reason));
	json_key_bool(j, "idle", wait_class_is_idle(model_wait_class(m, ws->reason)));
	json_key(j, "at");
	json_put_place(j, m, symbols_stack_user(&m->sym, ws->stack));
	put_sides(j, d, row, false);
	json_close(j);
}

int diff_write_json(const struct diff *d, FILE *f, struct err *err)
{
	struct json *j;
	uint64_t limit[2] = { budget_output(&d->r[0]->budget, d->r[0]->reader),
		              budget_output(&d->r[1]->budget, d->r[1]->reader) };
	int ret = json_new(&j, f, limit[0] + limit[1], err);

	if (ret)
		return ret;
	json_open(j);
	put_trace(j, "a", d->r[0]);
	put_trace(j, "b", d->r[1]);
	json_key_bool(j, "same_program", d->same);
	json_key(j, "grew");
	json_open_list(j);
	for (size_t i = 0; i < d->grown.n; i++)
		put_grown(j, d, &d->grown.v[i]);
	json_close_list(j);
	json_key(j, "groups");
	json_open_list(j);
	for (size_t i = 0; i < d->groups.n; i++)
		put_group(j, d, &d->groups.v[i]);
	json_close_list(j);
	json_key(j, "waits");
	json_open_list(j);
	for (size_t i = 0; i < d->waits.n; i++)
		put_wait(j, d, &d->waits.v[i]);
	json_close_list(j);
	json_key_cuts(j, "cut");
	json_close(j);
	ret = json_end(j, err);
	json_free(j);
	return ret;
}
