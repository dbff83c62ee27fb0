// SPDX-License-Identifier: GPL-2.0-or-later
/* Blocked time and waits by stack: flame graphs. Names of functions are numbers in a list of their own. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/analyze/folded.h"
#include "report/render/fmt.h"
#include "report/render/html/page.h"
#include "report/render/json/out_json.h"

/* Of each picture; the others are one row without calls. */
#define FLAME_ROWS 4000

struct flame {
	struct json *j;
	const struct report *r;
	struct map seen; /* string or, above SEEN_PC, address -> its number, from 1 */
	VEC(struct fold_call) names;
	bool failed;
};

static void put_call(struct flame *fl, const struct fold_call *c)
{
	bool added;
	uint64_t *slot = map_put(&fl->seen, c->func ? c->func : UINT64_C(1) << 63 | c->pc, &added);

	if (slot && added) {
		*slot = fl->names.n;
		if (vec_push(&fl->names, *c))
			slot = NULL;
	}
	fl->failed |= !slot;
	json_u64(fl->j, slot ? *slot : 0);
}

static void put_calls(struct flame *fl, const struct folded *f, const char *key, uint32_t first, uint32_t n)
{
	json_key(fl->j, key);
	json_open_list(fl->j);
	for (uint32_t i = 0; i < n; i++)
		put_call(fl, &f->calls.v[first + i]);
	json_close_list(fl->j);
}

static void put_row(struct flame *fl, const struct folded *f, const struct fold_row *row)
{
	struct json *j = fl->j;

	json_open(j);
	json_key_u64(j, "weight", row->weight);
	json_key_str_if(j, "reason", row->not_kept ? NULL : row->reason);
	if (row->cut)
		json_key_bool(j, "cut", true);
	put_calls(fl, f, "calls", row->first, row->n);
	if (row->by_wake) {
		json_key_str(j, "cause", row->cause);
		put_calls(fl, f, "waker", row->wake_first, row->wake_n);
	}
	json_close(j);
}

static int heavier(const void *a, const void *b)
{
	uint64_t x = ((const struct fold_row *)a)->weight, y = ((const struct fold_row *)b)->weight;

	return x > y ? -1 : x < y;
}

static void put_picture(struct flame *fl, const char *key, enum fold_by by, bool idle)
{
	struct report r = *fl->r;
	struct folded f;
	uint64_t left = 0;

	r.opts.fold_by = by;
	r.opts.idle = idle;
	json_key(fl->j, key);
	json_open(fl->j);
	if (folded_find(&f, &r)) {
		fl->failed = true;
		json_close(fl->j);
		return;
	}
	if (f.v.n > FLAME_ROWS)
		qsort(f.v.v, f.v.n, sizeof(*f.v.v), heavier);
	json_key(fl->j, "rows");
	json_open_list(fl->j);
	for (size_t i = 0; i < f.v.n; i++)
		if (i >= FLAME_ROWS)
			left += f.v.v[i].weight;
		else if (f.v.v[i].weight)
			put_row(fl, &f, &f.v.v[i]);
	json_close_list(fl->j);
	json_key_u64(fl->j, "rows_left_out", f.v.n > FLAME_ROWS ? f.v.n - FLAME_ROWS : 0);
	json_key_u64(fl->j, "weight_left_out", left);
	json_close(fl->j);
	folded_free(&f);
}

static void put_names(struct flame *fl)
{
	json_key(fl->j, "names");
	json_open_list(fl->j);
	for (size_t i = 0; i < fl->names.n; i++) {
		const struct fold_call *c = &fl->names.v[i];

		if (c->func)
			json_str(fl->j, symbols_string(&fl->r->m->sym, c->func));
		else
			json_hex(fl->j, c->pc);
	}
	json_close_list(fl->j);
}

void page_put_flame(struct json *j, const struct report *r)
{
	static const struct {
		const char *key;
		enum fold_by by;
		bool idle;
	} pictures[] = {
		{ "time", FOLD_BY_TIME, false },   { "time_idle", FOLD_BY_TIME, true },
		{ "count", FOLD_BY_COUNT, false }, { "count_idle", FOLD_BY_COUNT, true },
		{ "wake", FOLD_BY_WAKE, false },
	};
	struct flame fl = { .j = j, .r = r };

	json_key(j, "flame");
	json_open(j);
	for (size_t i = 0; i < sizeof(pictures) / sizeof(*pictures); i++)
		put_picture(&fl, pictures[i].key, pictures[i].by, pictures[i].idle);
	put_names(&fl);
	json_close(j);
	if (fl.failed)
		json_fail(j);
	vec_free(&fl.names);
	map_free(&fl.seen);
}
