// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/analyze/growth.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/model/stops.h"

#define STAYED_MIN 8
#define QUARTERS 4
#define QUARTERS_MIN 3      /* in which a share of those that stayed was created */
#define QUARTER_SHARE 10    /* a tenth */
#define HALF_SHARE 4        /* and in each half of the recording a quarter */
#define IN_STEP 20          /* two groups differ by less than this part, in number and in time */
#define NOISE 3             /* standard deviations */
#define SHORTEST 1000000000 /* ns of recording: less shows a start, not growth */

/* Where some of them wait, and how many. */
struct tally {
	uint64_t key;
	uint32_t n;
};

struct tallies {
	struct map at; /* key -> index + 1 */
	VEC(struct tally) v;
};

/* A group that may have grown. */
struct look {
	struct growth gr;
	uint32_t quarters[QUARTERS];
	struct tallies waits;
};

struct looker {
	const struct model *m;
	uint32_t *of_group; /* group -> index in looks + 1; 0: it cannot have grown */
	VEC(struct look) looks;
};

void growths_free(struct growths *gs)
{
	vec_free(&gs->v);
}

bool growth_has(const struct model *m, const struct growth *g, const struct goroutine *of)
{
	return of->group == g->group && of->started != TIME_UNKNOWN && of->started >= model_from(m);
}

static int tally_add(struct tallies *t, uint64_t key)
{
	uint64_t *slot = map_put(&t->at, key, NULL);

	if (!slot || (!*slot && vec_push(&t->v, (struct tally){ .key = key })))
		return -ENOMEM;
	*slot = *slot ? *slot : t->v.n;
	t->v.v[*slot - 1].n++;
	return 0;
}

static struct tally tally_most(const struct tallies *t)
{
	struct tally most = { 0 };

	for (size_t i = 0; i < t->v.n; i++)
		if (t->v.v[i].n > most.n)
			most = t->v.v[i];
	return most;
}

static void tallies_free(struct tallies *t)
{
	map_free(&t->at);
	vec_free(&t->v);
}

/* Whether a rise of that much is more than chance makes of as many that come and go. */
static bool is_above_noise(uint64_t stayed, uint64_t left)
{
	uint64_t net = stayed > left ? stayed - left : 0;

	return net >= STAYED_MIN && net * net >= NOISE * NOISE * (stayed + left);
}

/* Whether they came all over the recording, and did not only start or level off in it. */
static bool is_steady(const uint32_t quarters[QUARTERS], uint64_t stayed)
{
	uint32_t with = 0;
	uint64_t first = (uint64_t)quarters[0] + quarters[1];

	for (int i = 0; i < QUARTERS; i++)
		with += quarters[i] && (uint64_t)quarters[i] * QUARTER_SHARE >= stayed;
	return with >= QUARTERS_MIN && first * HALF_SHARE >= stayed && (stayed - first) * HALF_SHARE >= stayed;
}

/* Of the goroutine's wait, as a key: 0 if it does not wait. */
static uint64_t wait_key(const struct model *m, const struct goroutine *g)
{
	if (g->state != GO_STATE_WAITING)
		return 0;
	return (uint64_t)g->wait.reason << 32 | symbols_stack_user(&m->sym, g->wait.stack);
}

static int count_one(struct look *l, const struct model *m, const struct goroutine *g)
{
	int64_t from = model_from(m), whole = m->end - from;

	l->gr.stayed++;
	l->gr.mean += (g->started - from - l->gr.mean) / (int64_t)l->gr.stayed;
	l->gr.since = g->started < l->gr.since ? g->started : l->gr.since;
	if (g->started <= m->end)
		l->quarters[(g->started - from) / (whole / QUARTERS + 1)]++;
	return tally_add(&l->waits, wait_key(m, g));
}

static struct look *look_of(const struct looker *k, const struct goroutine *g)
{
	uint32_t i = k->of_group[g->group];

	return i && growth_has(k->m, &k->looks.v[i - 1].gr, g) ? &k->looks.v[i - 1] : NULL;
}

/* Whether it could have grown at all, which is cheap to see. */
static bool may_grow(const struct group *g)
{
	return !g->system && g->created >= STAYED_MIN + g->exited + g->missed;
}

static int collect(struct looker *k)
{
	const struct model *m = k->m;
	int ret = 0;

	for (uint32_t i = 1; i < m->groups.n; i++) {
		const struct group *grp = &m->groups.v[i];
		struct look l = { .gr = { .group = i,
			                  .created = grp->created,
			                  .exited = grp->exited + grp->missed,
			                  .since = INT64_MAX } };

		if (!may_grow(grp))
			continue;
		if (vec_push(&k->looks, l))
			return -ENOMEM;
		k->of_group[i] = (uint32_t)k->looks.n;
	}
	for (size_t i = 0; k->looks.n && i < m->goroutines.sorted.n && !ret; i++) {
		const struct goroutine *g = m->goroutines.sorted.v[i];
		struct look *l = look_of(k, g);

		ret = l ? count_one(l, m, g) : 0;
	}
	return ret;
}

static bool has_grown(const struct model *m, const struct look *l)
{
	const struct group *grp = &m->groups.v[l->gr.group];

	return is_above_noise(l->gr.stayed, grp->old_exited + grp->missed) && is_steady(l->quarters, l->gr.stayed);
}

static void measure(const struct model *m, struct look *l)
{
	int64_t from = model_from(m);
	double run = (double)(m->end - from - model_stopped_ns(m, from, m->end)) / 1e9;
	struct tally waits = tally_most(&l->waits);
	struct growth *gr = &l->gr;
	const struct group *grp = &m->groups.v[gr->group];

	for (int s = 0; s < GO_STATE_EXITED; s++)
		gr->alive += grp->at_end[s];
	gr->per_second = ((double)gr->created - (double)gr->exited) / run;
	gr->place = (uint32_t)waits.key;
	gr->reason = (uint32_t)(waits.key >> 32);
	gr->at_place = waits.n;
	gr->caller = grp->creator;
	gr->is_called = grp->creator && grp->creator != grp->site;
}

static void find_examples(const struct looker *k)
{
	for (size_t i = 0; k->looks.n && i < k->m->goroutines.sorted.n; i++) {
		const struct goroutine *g = k->m->goroutines.sorted.v[i];
		struct look *l = look_of(k, g);

		if (l && !l->gr.example && wait_key(k->m, g) == ((uint64_t)l->gr.reason << 32 | l->gr.place))
			l->gr.example = g->id;
	}
}

static int look_for(struct growths *gs, struct looker *k)
{
	int ret = collect(k);

	for (size_t i = 0; i < k->looks.n && !ret; i++)
		measure(k->m, &k->looks.v[i]);
	find_examples(k);
	for (size_t i = 0; i < k->looks.n && !ret; i++)
		if (has_grown(k->m, &k->looks.v[i]))
			ret = vec_push(&gs->v, k->looks.v[i].gr);
	return ret;
}

static void looker_free(struct looker *k)
{
	for (size_t i = 0; i < k->looks.n; i++)
		tallies_free(&k->looks.v[i].waits);
	vec_free(&k->looks);
	free(k->of_group);
}

static int growth_cmp(const void *a, const void *b)
{
	const struct growth *x = a, *y = b;

	/* Of those that are in step, the one that shows the program's line first. */
	if (!x->caller != !y->caller)
		return x->caller ? -1 : 1;
	if (x->stayed != y->stayed)
		return x->stayed > y->stayed ? -1 : 1;
	return (x->group > y->group) - (x->group < y->group);
}

/* As many, at the same times: the two ends of a connection, say. */
static bool is_in_step(const struct model *m, const struct growth *a, const struct growth *b)
{
	uint64_t least = a->stayed < b->stayed ? a->stayed : b->stayed, most = a->stayed + b->stayed - least;
	int64_t apart = a->mean > b->mean ? a->mean - b->mean : b->mean - a->mean;

	return (most - least) * IN_STEP <= most && apart * IN_STEP <= m->end - model_from(m);
}

/* The program's line that led there is the same; or, where there is no library between, the function. */
static bool is_same_cause(const struct model *m, const struct growth *a, const struct growth *b)
{
	const char *x = symbols_place_func(&m->sym, m->groups.v[a->group].site),
	           *y = symbols_place_func(&m->sym, m->groups.v[b->group].site);

	if (is_in_step(m, a, b))
		return true;
	if (a->is_called && b->is_called)
		return a->caller == b->caller;
	return *x && !strcmp(x, y);
}

static void join(struct growths *gs, const struct model *m)
{
	for (uint32_t i = 0; i < gs->v.n; i++) {
		gs->v.v[i].same = i;
		for (uint32_t k = 0; k < i && gs->v.v[i].same == i; k++)
			if (gs->v.v[k].same == k && is_same_cause(m, &gs->v.v[i], &gs->v.v[k]))
				gs->v.v[i].same = k;
	}
}

int growths_find(struct growths *gs, const struct model *m, struct err *err)
{
	int64_t from = model_from(m);
	struct looker k = { .m = m };
	int ret = -ENOMEM;

	*gs = (struct growths){ 0 };
	if (m->end - from - model_stopped_ns(m, from, m->end) < SHORTEST)
		return 0;
	k.of_group = calloc(m->groups.n + 1, sizeof(*k.of_group));
	if (k.of_group)
		ret = look_for(gs, &k);
	looker_free(&k);
	if (ret) {
		growths_free(gs);
		return err_nomem(err);
	}
	if (gs->v.n)
		qsort(gs->v.v, gs->v.n, sizeof(*gs->v.v), growth_cmp);
	join(gs, m);
	return 0;
}
