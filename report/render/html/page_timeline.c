// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What goroutines did over time. For each group, the mean number of goroutines in
 * each state in each of TIMELINE_BINS parts of the recording; and the longest
 * stretches of single goroutines, as columns.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/analyze/timeline.h"
#include "report/model/names.h"
#include "report/render/html/page.h"
#include "report/render/json/out_json.h"

#define TIMELINE_BINS 600
/* Pairs of group and state with counts of their own; about 10 kB each. */
#define MAX_SERIES 3000
/* The others, whatever their state. */
#define GROUP_REST UINT32_MAX
#define MAX_SLICES 40000

struct series {
	uint32_t group, state;           /* enum timeline_kind, and above STATE_REASON the reason */
	int64_t full[TIMELINE_BINS + 1]; /* by how much the number changes that is there for the whole bin */
	uint64_t part[TIMELINE_BINS];    /* of a bin's time, the sum over goroutines; ns */
};

#define STATE_REASON 8

struct count {
	int64_t time;
	uint64_t goroutines, waiting;
};

struct bins {
	const struct report *r;
	int64_t from, width; /* of a bin; ns */
	struct map index;    /* group and state -> series */
	VEC(struct series *) series;
	VEC(struct timeline_slice) slices;
	uint64_t shortest; /* shorter ones are no longer kept; ns */
	uint64_t slices_left_out;
	VEC(struct count) counts;
	bool failed;
};

static uint32_t state_of(const struct timeline_slice *s)
{
	return s->kind == TIMELINE_WAIT ? STATE_REASON + s->reason : s->kind;
}

static struct series *series_get(struct bins *b, uint32_t group, uint32_t state)
{
	bool added;
	uint64_t *slot = map_get(&b->index, (uint64_t)group << 32 | state);
	struct series *s;

	if (slot)
		return b->series.v[*slot];
	if (b->series.n >= MAX_SERIES) {
		group = GROUP_REST;
		state = TIMELINE_RUNNING;
	}
	slot = map_put(&b->index, (uint64_t)group << 32 | state, &added);
	if (!slot)
		return NULL;
	if (!added)
		return b->series.v[*slot];
	*slot = b->series.n;
	s = calloc(1, sizeof(*s));
	if (!s || vec_push(&b->series, s)) {
		map_del(&b->index, (uint64_t)group << 32 | state);
		free(s);
		return NULL;
	}
	s->group = group;
	s->state = state;
	return s;
}

/* The bin of a time since .from. */
static size_t bin_of(const struct bins *b, int64_t t)
{
	int64_t i = t / b->width;

	return i < TIMELINE_BINS ? (size_t)i : TIMELINE_BINS - 1;
}

static void add_time(struct bins *b, const struct timeline_slice *s)
{
	struct series *to = series_get(b, s->group, state_of(s));
	int64_t end = b->width * TIMELINE_BINS;
	int64_t t0 = s->from > b->from ? s->from - b->from : 0, t1 = s->to - b->from;
	size_t first, last;

	if (!to) {
		b->failed = true;
		return;
	}
	t1 = t1 < end ? t1 : end;
	if (t1 <= t0)
		return;
	first = bin_of(b, t0);
	last = bin_of(b, t1);
	if (first == last) {
		to->part[first] += (uint64_t)(t1 - t0);
		return;
	}
	to->part[first] += (uint64_t)((int64_t)(first + 1) * b->width - t0);
	to->part[last] += (uint64_t)(t1 - (int64_t)last * b->width);
	to->full[first + 1]++;
	to->full[last]--;
}

static uint64_t length(const struct timeline_slice *s)
{
	return (uint64_t)(s->to - s->from);
}

static int longer(const void *a, const void *b)
{
	uint64_t x = length(a), y = length(b);

	return x > y ? -1 : x < y;
}

/* Drops the shorter half. */
static void thin_out(struct bins *b)
{
	qsort(b->slices.v, b->slices.n, sizeof(*b->slices.v), longer);
	b->slices_left_out += b->slices.n - MAX_SLICES;
	b->slices.n = MAX_SLICES;
	b->shortest = length(&b->slices.v[MAX_SLICES - 1]);
}

static void keep_slice(struct bins *b, const struct timeline_slice *s)
{
	if (length(s) < b->shortest) {
		b->slices_left_out++;
		return;
	}
	if (b->slices.n == 2 * MAX_SLICES)
		thin_out(b);
	b->failed |= vec_push(&b->slices, *s) != 0;
}

static void on_slice(void *ctx, const struct timeline_slice *s)
{
	struct bins *b = ctx;

	if (s->to <= b->from)
		return;
	add_time(b, s);
	keep_slice(b, s);
}

static void on_count(void *ctx, int64_t t, uint64_t goroutines, uint64_t waiting)
{
	struct bins *b = ctx;

	b->failed |= vec_push(&b->counts, (struct count){ t, goroutines, waiting }) != 0;
}

static void put_means(struct json *j, const struct bins *b, const struct series *s)
{
	uint64_t mean[TIMELINE_BINS];
	int64_t whole = 0;
	size_t first = TIMELINE_BINS, end = 0;

	for (size_t i = 0; i < TIMELINE_BINS; i++) {
		whole += s->full[i];
		/* Thousandths of a goroutine. */
		mean[i] = (uint64_t)whole * 1000 + (s->part[i] * 1000 + (uint64_t)b->width / 2) / (uint64_t)b->width;
		if (!mean[i])
			continue;
		first = first < i ? first : i;
		end = i + 1;
	}
	json_key_u64(j, "first", first < end ? first : 0);
	json_key(j, "mean");
	json_open_list(j);
	for (size_t i = first; i < end; i++)
		json_u64(j, mean[i]);
	json_close_list(j);
}

static const char *kind_name(uint32_t kind)
{
	return kind == TIMELINE_RUNNABLE ? "runnable" : "running";
}

static void put_series(struct json *j, const struct bins *b)
{
	json_key(j, "series");
	json_open_list(j);
	for (size_t i = 0; i < b->series.n; i++) {
		const struct series *s = b->series.v[i];
		bool is_wait = s->state >= STATE_REASON;

		json_open(j);
		json_key_u64_if(j, "group", s->group != GROUP_REST, s->group);
		json_key_str(j, "state", is_wait ? "waiting" : kind_name(s->state));
		json_key_str_if(j, "reason", is_wait ? reason_name(b->r->m, s->state - STATE_REASON) : NULL);
		put_means(j, b, s);
		json_close(j);
	}
	json_close_list(j);
}

static void put_counts(struct json *j, const struct bins *b)
{
	json_key(j, "counts");
	json_open_list(j);
	for (size_t i = 0; i < b->counts.n; i++) {
		json_open_list(j);
		json_i64(j, b->counts.v[i].time);
		json_u64(j, b->counts.v[i].goroutines);
		json_u64(j, b->counts.v[i].waiting);
		json_close_list(j);
	}
	json_close_list(j);
}

static int by_goroutine(const void *a, const void *b)
{
	const struct timeline_slice *x = a, *y = b;

	if (x->goid != y->goid)
		return x->goid < y->goid ? -1 : 1;
	return x->from < y->from ? -1 : x->from > y->from;
}

enum slice_column {
	SLICE_GOROUTINE,
	SLICE_GROUP,
	SLICE_FROM,
	SLICE_LENGTH,
	SLICE_STATE,
	SLICE_WAKER,
	SLICE_CAUSE,
	SLICE_STACK,
	SLICE_CHANNEL,
	SLICE_SYNC,
	SLICE_COLUMNS
};

static void put_value(struct json *j, const struct bins *b, const struct timeline_slice *s, enum slice_column column)
{
	switch (column) {
	case SLICE_GOROUTINE:
		json_u64(j, s->goid);
		break;
	case SLICE_GROUP:
		json_u64(j, s->group);
		break;
	case SLICE_FROM:
		json_i64(j, s->from);
		break;
	case SLICE_LENGTH:
		json_u64(j, length(s));
		break;
	case SLICE_STATE:
		json_u64(j, state_of(s));
		break;
	case SLICE_WAKER:
		json_u64(j, s->kind == TIMELINE_WAIT ? s->wake.waker : 0);
		break;
	case SLICE_CAUSE:
		json_u64(j, s->kind == TIMELINE_WAIT && s->wake.id ? s->wake.cause + 1u : 0);
		break;
	case SLICE_STACK:
		json_put_stack(j, b->r, s->kind == TIMELINE_WAIT ? s->stack : 0);
		break;
	case SLICE_CHANNEL:
	case SLICE_SYNC:
		json_u64(j, s->obj.kind == (column == SLICE_SYNC ? TRACE_OBJ_SYNC : TRACE_OBJ_CHAN) ? s->obj.id : 0);
		break;
	default:
		break;
	}
}

/* The reasons and causes that the slices name by number. */
static void put_slice_names(struct json *j, const struct bins *b)
{
	struct map seen = { 0 };
	bool added;

	json_key(j, "states");
	json_open(j);
	json_key_str(j, "1", kind_name(TIMELINE_RUNNABLE));
	json_key_str(j, "2", kind_name(TIMELINE_RUNNING));
	for (size_t i = 0; i < b->slices.n; i++) {
		const struct timeline_slice *s = &b->slices.v[i];
		char key[16];

		if (s->kind != TIMELINE_WAIT || !map_put(&seen, s->reason, &added) || !added)
			continue;
		snprintf(key, sizeof(key), "%u", state_of(s));
		json_key_str(j, key, reason_name(b->r->m, s->reason));
	}
	json_close(j);
	json_key(j, "causes");
	json_open_list(j);
	for (int i = 0; i <= TRACE_CAUSE_RUNTIME; i++)
		json_str(j, trace_cause_name((enum trace_cause)i));
	json_close_list(j);
	map_free(&seen);
}

static void put_slices(struct json *j, const struct bins *b)
{
	static const char *const keys[SLICE_COLUMNS] = {
		[SLICE_GOROUTINE] = "goroutine", [SLICE_GROUP] = "group", [SLICE_FROM] = "from_ns",
		[SLICE_LENGTH] = "length_ns",    [SLICE_STATE] = "state", [SLICE_WAKER] = "waker",
		[SLICE_CAUSE] = "cause",         [SLICE_STACK] = "stack", [SLICE_CHANNEL] = "channel",
		[SLICE_SYNC] = "sync",
	};

	put_slice_names(j, b);
	json_key(j, "slices");
	json_open(j);
	for (int c = 0; c < SLICE_COLUMNS; c++) {
		json_key(j, keys[c]);
		json_open_list(j);
		for (size_t i = 0; i < b->slices.n; i++)
			put_value(j, b, &b->slices.v[i], c);
		json_close_list(j);
	}
	json_close(j);
	json_key_u64(j, "slices_left_out", b->slices_left_out);
	json_key_u64(j, "shortest_slice_ns", b->shortest);
}

static void put_bins(struct json *j, const struct bins *b)
{
	json_open(j);
	json_key_i64(j, "from_ns", b->from);
	json_key_i64(j, "bin_ns", b->width);
	json_key_u64(j, "bins", TIMELINE_BINS);
	json_key_bool(j, "with_runs", model_has_runs(b->r->m));
	put_series(j, b);
	put_counts(j, b);
	put_slices(j, b);
	json_close(j);
}

static void bins_free(struct bins *b)
{
	for (size_t i = 0; i < b->series.n; i++)
		free(b->series.v[i]);
	vec_free(&b->series);
	vec_free(&b->slices);
	vec_free(&b->counts);
	map_free(&b->index);
}

int page_put_timeline(struct json *j, const struct report *r, struct err *err)
{
	static const struct timeline_ops ops = { .slice = on_slice, .count = on_count };
	uint64_t duration = report_duration(r);
	struct bins b = { .r = r, .from = model_from(r->m) };
	int ret;

	json_key(j, "timeline");
	if (!model_has_events(r->m) || !duration || duration > INT64_MAX / 2 || !strcmp(r->file, "-")) {
		json_null(j);
		return 0;
	}
	b.width = (int64_t)(duration / TIMELINE_BINS) + 1;
	ret = timeline_walk(r, &ops, &b, err);
	if (!ret && b.failed)
		ret = err_nomem(err);
	if (ret) {
		json_null(j);
		bins_free(&b);
		return ret;
	}
	if (b.slices.n > MAX_SLICES)
		thin_out(&b);
	if (b.slices.n)
		qsort(b.slices.v, b.slices.n, sizeof(*b.slices.v), by_goroutine);
	put_bins(j, &b);
	bins_free(&b);
	return 0;
}
