// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/alert/alert.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "format/waitclass.h"
#include "record/alert/alert_exec.h"
#include "record/alert/alert_judge.h"
#include "record/goread/gglance.h"
#include "record/goread/glist.h"
#include "util/clock.h"
#include "util/debug.h"
#include "util/map.h"
#include "util/vec.h"

#define PARTS 4                     /* glances at one goroutine within the limit */
#define INTERVAL_MIN 20000000ull    /* ns */
#define INTERVAL_MAX 5000000000ull  /* ns */
#define WAITSINCE_MAX (1ull << 62)  /* ns; larger values are not times */
#define NOT_WORTH_A_WORD UINT32_MAX /* as a group: judged, and not to be told */

/* A g of the runtime, and the wait in which its goroutine was seen last. */
struct look {
	uint64_t addr;
	struct gglance seen; /* is_read false: it did not wait */
	uint64_t since;      /* ns of the scans' clock at which this wait was first seen */
	uint64_t before;     /* ns that it had lasted by then, as far as memory tells */
	uint64_t obj;        /* address of its channel or lock */
	uint32_t nobjs;
	uint32_t group; /* number from 1 on; 0: not judged yet */
};

struct group {
	struct alert_place place;
	uint64_t n;        /* goroutines found in this scan */
	uint64_t told;     /* n when an alert told it; 0: none since nobody waited there */
	uint64_t longest;  /* ns */
	struct look worst; /* the one that has waited so long */
};

struct alerts {
	const struct alert_opts *opts;
	const struct gread_env *env;
	uint64_t clock; /* ns without the time in which the program was stopped; it never goes back */
	struct alert_judge judge;
	struct alert_exec exec;
	struct gread_chunk *chunk;
	struct glist list;
	uint64_t *gs; /* as in the target's list */
	size_t listed;
	struct gglancer glancer;
	VEC(struct look) looks; /* by address */
	VEC(uint32_t) due;      /* indexes of those that have waited for too long, and are not judged */
	size_t at, due_at;      /* the next one to glance at, and to read */
	VEC(struct group) groups;
	struct map by_place; /* hash of a place -> group */
	uint64_t next;       /* CLOCK_MONOTONIC ns of the next scan */
	uint64_t scans, raised;
	bool is_scanning, is_gone;
	bool watched[WAIT_REASONS_MAX];
};

uint32_t alert_classes(void)
{
	uint32_t on = 0;

	for (uint32_t i = 0; i < TRACE_WAIT_CLASSES; i++) {
		const struct wait_class *wc = wait_class_of((uint8_t)i);

		if (!wc->is_idle && (wc->is_endless || wc->obj == TRACE_OBJ_CHAN || wc->obj == TRACE_OBJ_SYNC))
			on |= 1u << i;
	}
	return on;
}

/* A semaphore may turn out to be a lock (Go up to 1.19), which only the stack tells. */
static void watch_reasons(struct alerts *a)
{
	const uint32_t locks = 1u << TRACE_WAIT_MUTEX | 1u << TRACE_WAIT_RWMUTEX_R | 1u << TRACE_WAIT_RWMUTEX_W |
	                       1u << TRACE_WAIT_WAITGROUP | 1u << TRACE_WAIT_COND;

	for (int i = 0; i < a->env->nreasons && i < WAIT_REASONS_MAX; i++) {
		uint8_t class = a->env->reasons[i].class;

		a->watched[i] = a->opts->on >> class & 1 || (class == TRACE_WAIT_SEMACQUIRE && a->opts->on & locks);
	}
}

int alerts_new(struct alerts **out, const struct alert_opts *opts, const struct gread_env *env, uint32_t pid,
               struct err *err)
{
	struct alerts *a = calloc(1, sizeof(*a));

	*out = a;
	if (!a)
		return err_nomem(err);
	a->opts = opts;
	a->env = env;
	a->exec = (struct alert_exec){ .path = opts->exec, .target = pid };
	alert_judge_init(&a->judge, env);
	watch_reasons(a);
	if (env->l->g_trackingseq < 0)
		return err_set(err, ENOTSUP,
		               "--alert does not work with this program: its goroutines do not count how often they "
		               "run (runtime.g has no trackingSeq)");
	a->chunk = gread_chunk_new(env);
	if (!a->chunk || gglancer_init(&a->glancer, env->mem, env->l))
		return err_nomem(err);
	return glist_init(&a->list, env, err);
}

void alerts_free(struct alerts *a)
{
	if (!a)
		return;
	alert_exec_end(&a->exec);
	gread_chunk_free(a->chunk);
	gglancer_free(&a->glancer);
	free(a->gs);
	vec_free(&a->looks);
	vec_free(&a->due);
	vec_free(&a->groups);
	map_free(&a->by_place);
	free(a);
}

bool alerts_busy(const struct alerts *a)
{
	return a && a->is_scanning && !a->is_gone;
}

uint64_t alerts_raised(const struct alerts *a)
{
	return a ? a->raised : 0;
}

static int by_addr(const void *x, const void *y)
{
	uint64_t a = ((const struct look *)x)->addr, b = ((const struct look *)y)->addr;

	return (a > b) - (a < b);
}

/*
 * Not at equal distances: a goroutine that runs a multiple of 256 times between
 * two glances looks as if it had not run, and one that does so at a fixed rate
 * could do it each time.
 */
static uint64_t interval(const struct alerts *a)
{
	uint64_t ns = a->opts->after / PARTS;

	ns = ns < INTERVAL_MIN ? INTERVAL_MIN : ns > INTERVAL_MAX ? INTERVAL_MAX : ns;
	return ns - hash_u64(a->scans + 1) % (ns / 4);
}

static int scan_begin(struct alerts *a)
{
	uint64_t missing = 0;
	size_t from = a->listed;
	int ret = glist_read(&a->list, &a->gs, &a->listed, &missing);

	if (ret == -ENOMEM)
		return ret;
	a->is_gone = ret == -ESRCH;
	for (size_t i = from; i < a->listed; i++)
		if (vec_push(&a->looks, (struct look){ .addr = a->gs[i] }))
			return -ENOMEM;
	if (a->listed > from)
		qsort(a->looks.v, a->looks.n, sizeof(*a->looks.v), by_addr);
	for (size_t i = 0; i < a->groups.n; i++)
		a->groups.v[i].n = a->groups.v[i].longest = 0;
	a->due.n = 0;
	a->at = a->due_at = 0;
	a->is_scanning = !a->is_gone;
	return 0;
}

static void count_in(struct alerts *a, const struct look *k, uint64_t clock)
{
	struct group *g = &a->groups.v[k->group - 1];
	uint64_t ns = clock - k->since + k->before;

	g->n++;
	if (ns < g->longest)
		return;
	g->longest = ns;
	g->worst = *k;
}

static int compare(struct alerts *a, uint32_t i, const struct gglance *now, uint64_t clock)
{
	struct look *k = &a->looks.v[i];

	if (!now->is_read)
		return 0;
	if (gglance_is_none(now) || !gglance_waits(now) || !a->watched[now->reason]) {
		k->seen.is_read = false;
		return 0;
	}
	if (!k->seen.is_read || !gglance_is_same_wait(&k->seen, now)) {
		*k = (struct look){ .addr = k->addr, .seen = *now, .since = clock };
		return 0;
	}
	if (!k->group)
		return clock - k->since >= a->opts->after ? vec_push(&a->due, i) : 0;
	if (k->group != NOT_WORTH_A_WORD)
		count_in(a, k, clock);
	return 0;
}

static int glance_at_next(struct alerts *a, uint64_t clock)
{
	static const struct gglance unread;
	struct gglance now[GGLANCE_BATCH];
	uint64_t addrs[GGLANCE_BATCH] = { 0 };
	size_t n = a->looks.n - a->at;

	n = n < GGLANCE_BATCH ? n : GGLANCE_BATCH;
	for (size_t i = 0; i < n; i++) {
		addrs[i] = a->looks.v[a->at + i].addr;
		now[i] = unread;
	}
	if (gglance_read(&a->glancer, addrs, n, now)) {
		a->is_gone = true;
		return 0;
	}
	for (size_t i = 0; i < n; i++)
		if (compare(a, (uint32_t)(a->at + i), &now[i], clock))
			return -ENOMEM;
	a->at += n;
	return 0;
}

static uint64_t place_hash(const struct alert_place *p)
{
	uint64_t h = hash_u64(p->site ^ (uint64_t)p->class << 56);

	for (int i = 0; i < p->nframes; i++)
		h = hash_u64(h ^ (uintptr_t)p->frames[i].func) + p->frames[i].line;
	return h;
}

/* The group of a place, which is made if there is none. -ENOMEM. */
static int group_of(struct alerts *a, const struct alert_place *p, uint32_t *group)
{
	bool added;
	uint64_t *slot = map_put(&a->by_place, place_hash(p), &added);

	if (!slot)
		return -ENOMEM;
	if (added) {
		if (vec_push(&a->groups, (struct group){ .place = *p }))
			return -ENOMEM;
		*slot = a->groups.n;
	}
	*group = (uint32_t)*slot;
	return 0;
}

/* It waited before it was first seen, if the garbage collector has noted so (g.waitsince). */
static uint64_t waited_before(const struct gread *g, uint64_t first_seen)
{
	return g->waitsince && g->waitsince < WAITSINCE_MAX && g->waitsince < first_seen ? first_seen - g->waitsince
	                                                                                 : 0;
}

static int judge(struct alerts *a, struct look *k, const struct gread *g, uint64_t clock)
{
	struct alert_place place;

	k->group = NOT_WORTH_A_WORD;
	if (!alert_judge(&a->judge, g, &place, &k->obj) || !(a->opts->on >> place.class & 1))
		return 0;
	k->nobjs = g->nobjs_all;
	k->before = waited_before(g, mono_ns() - (clock - k->since));
	if (group_of(a, &place, &k->group))
		return -ENOMEM;
	count_in(a, k, clock);
	return 0;
}

/* Reads and judges some that have waited for too long. One that moves is not in that wait any more, or comes next time.
 */
static int read_due(struct alerts *a, uint64_t clock)
{
	uint64_t addrs[GREAD_CHUNK] = { 0 }, time;
	size_t n = a->due.n - a->due_at;
	struct gread *g;

	n = n < GREAD_CHUNK ? n : GREAD_CHUNK;
	for (size_t i = 0; i < n; i++)
		addrs[i] = a->looks.v[a->due.v[a->due_at + i]].addr;
	if (gread_chunk_read(a->chunk, addrs, n, &g, &time)) {
		a->is_gone = true;
		return 0;
	}
	for (size_t i = 0; i < n; i++) {
		struct look *k = &a->looks.v[a->due.v[a->due_at + i]];
		struct gglance now = gread_chunk_glance(a->chunk, i);

		if (g[i].verdict != GREAD_OK || g[i].state != TRACE_GO_WAITING || !gglance_is_same_wait(&k->seen, &now))
			continue;
		if (judge(a, k, &g[i], clock))
			return -ENOMEM;
	}
	a->due_at += n;
	return 0;
}

static void raise_alert(struct alerts *a, const struct group *g)
{
	const struct alert alert = { .place = &g->place,
		                     .count = g->n,
		                     .goid = g->worst.seen.goid,
		                     .wait_ns = g->longest,
		                     .addr = g->worst.obj,
		                     .nobjs = g->worst.nobjs };

	a->raised++;
	if (a->opts->say)
		a->opts->say(&alert);
	alert_exec_run(&a->exec, &alert);
}

/* Reports each group once, and again when it has doubled. */
static bool scan_end(struct alerts *a)
{
	bool fired = false;

	for (size_t i = 0; i < a->groups.n; i++) {
		struct group *g = &a->groups.v[i];

		if (!g->n)
			g->told = 0;
		if (!g->n || g->n < 2 * g->told)
			continue;
		raise_alert(a, g);
		g->told = g->n;
		fired = true;
	}
	a->scans++;
	a->is_scanning = false;
	a->next = mono_ns() + interval(a);
	debug(DEBUG_SNAPSHOT, "alerts: scan %lu of %zu goroutines, %zu of them read, %zu groups",
	      (unsigned long)a->scans, a->looks.n, a->due.n, a->groups.n);
	return fired;
}

int alerts_step(struct alerts *a, uint64_t halted, bool *fired, struct err *err)
{
	uint64_t now = mono_ns(), clock = now - halted > a->clock ? now - halted : a->clock;
	int ret = 0;

	a->clock = clock;
	*fired = false;
	alert_exec_reap(&a->exec);
	if (a->is_gone || (!a->is_scanning && now < a->next))
		return 0;
	if (!a->is_scanning)
		ret = scan_begin(a);
	else if (a->at < a->looks.n)
		ret = glance_at_next(a, clock);
	else if (a->due_at < a->due.n)
		ret = read_due(a, clock);
	else
		*fired = scan_end(a);
	return ret ? err_nomem(err) : 0;
}
