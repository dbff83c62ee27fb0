// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/analyze/diff.h"
#include "report/analyze/visible.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/model/names.h"
#include "util/buf.h"

/* Less than this is noise: of goroutines, and the share. */
#define NOISE_GOROUTINES 1.0
#define NOISE_SHARE 0.1

double diff_per_second(const struct diff *d, int side, uint64_t n)
{
	return d->seconds[side] > 0 ? (double)n / d->seconds[side] : 0;
}

uint64_t diff_mean(const struct diff_side *s)
{
	return s->waits ? s->blocked / s->waits : 0;
}

const char *diff_change_name(enum diff_change c)
{
	static const char *const names[] = { "same", "appeared", "grew", "shrank", "vanished" };

	return c < sizeof(names) / sizeof(*names) ? names[c] : "same";
}

static void put_str(struct buf *b, const char *s)
{
	buf_put(b, s, strlen(s));
}

/* The bytes 1 and 2 separate the parts of a key. */
static void put_place_key(struct buf *b, const struct diff *d, const struct model *m, uint32_t place)
{
	const struct place *p = symbols_place(&m->sym, place);
	char number[24];

	put_str(b, symbols_string(&m->sym, p->func));
	buf_put_u8(b, 1);
	if (d->same) {
		put_str(b, symbols_string(&m->sym, p->file));
		snprintf(number, sizeof(number), ":%u", p->line);
		put_str(b, number);
	} else if (!p->func) {
		snprintf(number, sizeof(number), "%" PRIx64, p->pc);
		put_str(b, number);
	}
	buf_put_u8(b, 2);
}

static void put_group_key(struct buf *b, const struct diff *d, const struct model *m, uint32_t id)
{
	const struct group *g = &m->groups.v[id];

	/* Not by creator: the other recording may have seen none of them being created. */
	put_str(b, symbols_place_func(&m->sym, group_name_place(m, g)));
	buf_put_u8(b, 2);
	put_place_key(b, d, m, g->site);
}

static bool row_eq(const void *table, uint64_t i, const void *key)
{
	return !strcmp(((const struct diff_row *)table)[i - 1].key, key);
}

static uint64_t hash_key(const char *s)
{
	uint64_t h = 0;

	for (; *s; s++)
		h = hash_u64(h + (uint8_t)*s);
	return h;
}

/* The row of the key in b, which it empties. */
static struct diff_side *side_get(struct diff_rows *rows, struct buf *b, int side, uint32_t id)
{
	char *key;
	uint64_t *slot;
	struct diff_side *s;

	buf_put_u8(b, 0);
	key = buf_failed(b) ? NULL : strdup((const char *)b->data);
	slot = key ? index_slot(&rows->index, hash_key(key), row_eq, rows->v, key) : NULL;
	buf_reset(b);
	if (!slot || (!*slot && vec_push(rows, (struct diff_row){ .key = key }))) {
		free(key);
		return NULL;
	}
	if (*slot)
		free(key);
	else
		*slot = rows->n;
	s = &rows->v[*slot - 1].side[side];
	if (!s->there)
		s->id = id;
	s->there = true;
	return s;
}

static int add_groups(struct diff *d, struct buf *b, int side)
{
	const struct model *m = d->r[side]->m;

	for (uint32_t id = 0; id < m->groups.n; id++) {
		const struct group *g = &m->groups.v[id];
		struct diff_side *s;

		if (g->system || (!g->created && !g->at_start && !g->exited && !group_alive(g)))
			continue;
		put_group_key(b, d, m, id);
		s = side_get(&d->groups, b, side, id);
		if (!s)
			return -ENOMEM;
		s->has_creators |= m->groups.v[s->id].creator != g->creator;
		if (group_alive(g) > group_alive(&m->groups.v[s->id]))
			s->id = id;
		s->alive += group_alive(g);
		s->waiting += g->at_end[GO_STATE_WAITING];
		s->created += g->created;
		s->exited += g->exited + g->missed;
		s->waits += g->waits;
		s->blocked += g->blocked;
		s->max = g->max_wait > s->max ? g->max_wait : s->max;
	}
	return 0;
}

static int add_waits(struct diff *d, struct buf *b, int side)
{
	const struct report *r = d->r[side];

	for (uint32_t id = 1; id < r->m->wsites.n; id++) {
		const struct wsite *ws = &r->m->wsites.v[id];
		struct diff_side *s;

		if (!report_shows_wsite(r, ws))
			continue;
		put_group_key(b, d, r->m, ws->group);
		put_place_key(b, d, r->m, symbols_stack_user(&r->m->sym, ws->stack));
		put_str(b, reason_name(r->m, ws->reason));
		s = side_get(&d->waits, b, side, id);
		if (!s)
			return -ENOMEM;
		s->waits += ws->waits;
		s->blocked += ws->blocked;
		s->max = ws->max > s->max ? ws->max : s->max;
	}
	return 0;
}

static void judge(struct diff_row *row, double a, double b, double noise)
{
	row->by = b - a;
	if (!row->side[0].there)
		row->change = DIFF_APPEARED;
	else if (!row->side[1].there)
		row->change = DIFF_VANISHED;
	else if (fabs(row->by) > noise && fabs(row->by) > NOISE_SHARE * a)
		row->change = row->by > 0 ? DIFF_GREW : DIFF_SHRANK;
}

/* Largest growth first, then by name. */
static int row_cmp(const void *a, const void *b)
{
	const struct diff_row *x = a, *y = b;

	if (x->by != y->by)
		return x->by > y->by ? -1 : 1;
	return strcmp(x->key, y->key);
}

static void judge_all(struct diff *d)
{
	for (size_t i = 0; i < d->groups.n; i++) {
		struct diff_row *row = &d->groups.v[i];

		judge(row, (double)row->side[0].alive, (double)row->side[1].alive, NOISE_GOROUTINES);
		if (row->side[0].alive && !row->side[1].alive && !row->side[1].created)
			row->change = DIFF_VANISHED;
	}
	for (size_t i = 0; i < d->waits.n; i++) {
		struct diff_row *row = &d->waits.v[i];

		judge(row, diff_per_second(d, 0, row->side[0].blocked), diff_per_second(d, 1, row->side[1].blocked),
		      DIFF_NOISE_NS);
	}
	if (d->groups.n)
		qsort(d->groups.v, d->groups.n, sizeof(*d->groups.v), row_cmp);
	if (d->waits.n)
		qsort(d->waits.v, d->waits.n, sizeof(*d->waits.v), row_cmp);
}

static double net_per_second(const struct diff *d, int side, const struct diff_side *s)
{
	double net = diff_per_second(d, side, s->created) - diff_per_second(d, side, s->exited);

	return s->there ? net : 0;
}

/* of_group: for each group of B its growth's index + 1, or 0. */
static int collect_grown(struct diff *d, uint32_t *of_group)
{
	for (size_t i = 0; i < d->groups.n; i++) {
		const struct diff_row *row = &d->groups.v[i];
		struct diff_growth g = { .row = row };

		if ((row->change != DIFF_GREW && row->change != DIFF_APPEARED) || row->by <= NOISE_GOROUTINES)
			continue;
		for (int side = 0; side < 2; side++)
			g.per_second[side] = net_per_second(d, side, &row->side[side]);
		if (vec_push(&d->grown, g))
			return -ENOMEM;
		of_group[row->side[1].id] = (uint32_t)d->grown.n;
	}
	return 0;
}

/* The wait site that most of the goroutines of a growth stand at. */
static void place_grown(struct diff *d, const uint32_t *of_group)
{
	const struct model *m = d->r[1]->m;

	for (uint32_t id = 1; id < m->wsites.n; id++) {
		const struct wsite *ws = &m->wsites.v[id];
		uint32_t i = of_group[ws->group];
		struct diff_growth *g = i ? &d->grown.v[i - 1] : NULL;

		if (!g || ws->open <= g->waiting)
			continue;
		g->wsite = id;
		g->waiting = (uint32_t)ws->open;
	}
}

static int find_grown(struct diff *d)
{
	uint32_t *of_group = calloc(d->r[1]->m->groups.n + 1, sizeof(*of_group));
	int ret = of_group ? collect_grown(d, of_group) : -ENOMEM;

	if (!ret)
		place_grown(d, of_group);
	free(of_group);
	return ret;
}

int diff_new(struct diff *d, const struct report *a, const struct report *b, struct err *err)
{
	struct buf key = { 0 };
	int ret = 0;

	*d = (struct diff){ .r = { a, b } };
	d->same = *a->meta->build_id && !strcmp(a->meta->build_id, b->meta->build_id);
	for (int i = 0; i < 2 && !ret; i++) {
		d->seconds[i] = (double)report_duration(d->r[i]) / 1e9;
		ret = add_groups(d, &key, i);
		if (!ret)
			ret = add_waits(d, &key, i);
	}
	buf_free(&key);
	if (!ret) {
		judge_all(d);
		ret = find_grown(d);
	}
	if (ret) {
		diff_free(d);
		return err_nomem(err);
	}
	return 0;
}

static void rows_free(struct diff_rows *rows)
{
	for (size_t i = 0; i < rows->n; i++)
		free(rows->v[i].key);
	vec_free(rows);
	map_free(&rows->index);
}

void diff_free(struct diff *d)
{
	rows_free(&d->groups);
	rows_free(&d->waits);
	vec_free(&d->grown);
}
