// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/analyze/blocker.h"

#include <errno.h>
#include <stdlib.h>

#include "report/model/channel.h"

/* The two best candidates on one side of a channel: the second serves where the first is the one who waits. */
struct side {
	uint64_t best, second, gone;
	uint8_t evidence, second_evidence, gone_evidence;
	uint32_t nlive, ngone;
	int64_t last;
};

/* Live goroutines that one goroutine created, by group. */
struct brood {
	uint64_t parent;
	uint32_t group;
	uint32_t n;
	uint32_t next; /* of the same parent */
	uint64_t best; /* the one that waits longest */
	int64_t best_ns;
};

struct holders {
	const struct model *m;
	struct map side_index; /* channel << 1 | receivers -> index in sides */
	VEC(struct side) sides;
	struct map brood_index;  /* parent and group */
	struct map parent_index; /* parent -> its first brood */
	VEC(struct brood) broods;
};

static bool brood_eq(const void *table, uint64_t i, const void *key)
{
	const struct brood *a = &((const struct holders *)table)->broods.v[i], *b = key;

	return a->parent == b->parent && a->group == b->group;
}

static struct brood *brood_get(struct holders *h, const struct goroutine *g)
{
	struct brood key = { .parent = g->parent, .group = g->group, .best_ns = -1 };
	uint64_t *slot = index_slot(&h->brood_index, hash_u64(key.parent) + key.group, brood_eq, h, &key), *first;

	if (!slot)
		return NULL;
	if (!*slot) {
		first = map_put(&h->parent_index, key.parent, NULL);
		if (!first)
			return NULL;
		key.next = (uint32_t)*first;
		if (vec_push(&h->broods, key))
			return NULL;
		*slot = *first = h->broods.n - 1;
	}
	return &h->broods.v[*slot];
}

static int collect_broods(struct holders *h)
{
	const struct model *m = h->m;

	for (size_t i = 0; i < m->sorted.n; i++) {
		const struct goroutine *g = m->sorted.v[i];
		int64_t ns = goroutine_wait_ns(m, g);
		struct brood *b;

		if (!g->parent || g->system)
			continue;
		b = brood_get(h, g);
		if (!b)
			return -ENOMEM;
		b->n++;
		if (ns > b->best_ns) {
			b->best = g->id;
			b->best_ns = ns;
		}
	}
	return 0;
}

int holders_new(struct holders **out, const struct model *m, struct err *err)
{
	struct holders *h = calloc(1, sizeof(*h));

	if (!h)
		return err_nomem(err);
	h->m = m;
	if (vec_extend(&h->sides, 1) || vec_extend(&h->broods, 1) || collect_broods(h)) {
		holders_free(h);
		return err_nomem(err);
	}
	*out = h;
	return 0;
}

void holders_free(struct holders *h)
{
	if (!h)
		return;
	map_free(&h->side_index);
	map_free(&h->brood_index);
	map_free(&h->parent_index);
	vec_free(&h->sides);
	vec_free(&h->broods);
	free(h);
}

/* Who waits for this channel and nothing else can let nobody go on before it is let go on itself. */
static bool stands_in_line(const struct model *m, uint32_t chan, uint64_t goid)
{
	const struct goroutine *g = model_goroutine(m, goid);

	return g && g->state == TRACE_GO_WAITING && g->wait.nobjs_all == 1 && g->wait.nobjs &&
	       g->objs[0].kind == TRACE_OBJ_CHAN && g->objs[0].id == chan;
}

static bool is_later(const struct chan_user *a, const struct chan_user *b)
{
	if (!b)
		return true;
	return a->last != b->last ? a->last > b->last : a->goid < b->goid;
}

static bool is_better(const struct model *m, uint32_t chan, const struct chan_user *a, const struct chan_user *b)
{
	bool a_in_line = stands_in_line(m, chan, a->goid), b_in_line = b && stands_in_line(m, chan, b->goid);

	return b && a_in_line != b_in_line ? b_in_line : is_later(a, b);
}

static uint8_t user_evidence(const struct chan_user *u, uint32_t roles)
{
	/* A select may have ended by another of its cases. */
	if ((u->roles & USER_SELECT) && (u->roles & roles & (USER_SEND | USER_RECV)))
		return EVIDENCE_SELECTED;
	if (!(roles & USER_SEND))
		return EVIDENCE_RECEIVED;
	return u->roles & USER_SEND ? EVIDENCE_SENT : EVIDENCE_CLOSED;
}

/* The last of the users that are folded away, as what a user was. */
static uint32_t last_gone(const struct model *m, const struct channel *c, uint32_t roles, struct chan_user *last)
{
	uint32_t n = 0;

	for (uint32_t i = c->marks.first; i; i = m->uses.marks.v[i].next) {
		const struct use_mark *mark = &m->uses.marks.v[i];
		struct chan_user u = { .goid = mark->goid,
			               .last = mark->last,
			               .roles = m->uses.gone.v.v[mark->row].roles };

		if (!(u.roles & roles))
			continue;
		if (is_later(&u, n ? last : NULL))
			*last = u;
		n += (uint32_t)mark->n;
	}
	return n;
}

/* The users of a channel in any of the roles. */
static struct side side_find(const struct model *m, uint32_t chan, const struct channel *c, uint32_t roles)
{
	const struct chan_user *best = NULL, *second = NULL, *gone = NULL;
	struct chan_user last;
	struct side s = { .ngone = last_gone(m, c, roles, &last) };

	if (s.ngone) {
		gone = &last;
		s.last = last.last;
	}
	for (uint32_t i = c->users.first; i; i = m->uses.users.v[i].next) {
		const struct chan_user *u = &m->uses.users.v[i];

		if (!(u->roles & roles))
			continue;
		s.last = u->last > s.last ? u->last : s.last;
		if (!model_goroutine(m, u->goid)) {
			s.ngone++;
			gone = is_later(u, gone) ? u : gone;
			continue;
		}
		s.nlive++;
		if (is_better(m, chan, u, best)) {
			second = best;
			best = u;
		} else if (is_better(m, chan, u, second)) {
			second = u;
		}
	}
	if (best) {
		s.best = best->goid;
		s.evidence = user_evidence(best, roles);
	}
	if (second) {
		s.second = second->goid;
		s.second_evidence = user_evidence(second, roles);
	}
	if (gone) {
		s.gone = gone->goid;
		s.gone_evidence = user_evidence(gone, roles);
	}
	return s;
}

static const struct side *side_of(struct holders *h, uint32_t chan, bool receivers)
{
	uint32_t roles = receivers ? USER_RECV : USER_SEND | USER_CLOSE;
	uint64_t *slot = map_put(&h->side_index, (uint64_t)chan << 1 | receivers, NULL);
	const struct channel *c = model_channel(h->m, chan);

	if (!slot || !c)
		return &h->sides.v[0];
	if (!*slot) {
		if (vec_push(&h->sides, side_find(h->m, chan, c, roles)))
			return &h->sides.v[0];
		*slot = h->sides.n - 1;
	}
	return &h->sides.v[*slot];
}

static struct holder holder_of_channel(struct holders *h, const struct goroutine *g, const struct trace_obj *o,
                                       uint8_t class)
{
	const struct side *s = side_of(h, o->id, wait_dir(class, o) == TRACE_DIR_SEND);
	struct holder r = { .root = ROOT_UNKNOWN, .nlive = s->nlive, .ngone = s->ngone, .moved = s->last };

	if (s->best == g->id) {
		r.nlive--;
		r.goid = s->second;
		r.evidence = s->second_evidence;
	} else {
		r.goid = s->best;
		r.evidence = s->evidence;
	}
	if (r.goid) {
		r.root = ROOT_NONE;
	} else if (s->ngone) {
		r.root = ROOT_EXITED;
		r.gone = s->gone;
		r.evidence = s->gone_evidence;
	} else {
		r.evidence = EVIDENCE_NONE;
	}
	return r;
}

static bool is_timer(const struct model *m, const struct trace_obj *o)
{
	const struct channel *c = o->kind == TRACE_OBJ_CHAN ? model_channel(m, o->id) : NULL;

	return c && c->timer;
}

/* Whether it runs, or will without anybody's doing. */
static bool goes_on(const struct model *m, const struct goroutine *g)
{
	return g->state != TRACE_GO_WAITING || wait_class_is_idle(model_wait_class(m, g->wait.reason)) ||
	       (g->wait.nobjs && is_timer(m, &g->objs[0]));
}

/*
 * Any case can end a select. Of the goroutines that used its channels one that
 * goes on stands for all, else the one that acted last.
 */
static struct holder holder_of_select(struct holders *h, const struct goroutine *g)
{
	struct holder r = { .root = ROOT_UNKNOWN };
	int64_t last = INT64_MIN;
	bool any_goes_on = false;

	for (uint32_t i = 0; i < g->wait.nobjs; i++) {
		struct holder one;
		const struct goroutine *who;
		bool on;
		uint32_t nlive = r.nlive, ngone = r.ngone;

		if (is_timer(h->m, &g->objs[i]))
			return (struct holder){ .root = ROOT_TIMER };
		if (g->objs[i].kind != TRACE_OBJ_CHAN)
			continue;
		one = holder_of_channel(h, g, &g->objs[i], TRACE_WAIT_SELECT);
		nlive += one.nlive;
		ngone += one.ngone;
		who = one.goid ? model_goroutine(h->m, one.goid) : NULL;
		on = who && goes_on(h->m, who);
		if (who && (!r.goid || on > any_goes_on || (on == any_goes_on && who->last_event > last))) {
			any_goes_on = on;
			last = who->last_event;
			r = one;
		} else if (!r.goid && one.root == ROOT_EXITED) {
			r = one;
		}
		r.nlive = nlive;
		r.ngone = ngone;
	}
	/* one silent case is enough for somebody unknown to end it */
	if (!r.goid && r.root == ROOT_EXITED && g->wait.nobjs_all > 1)
		r.root = ROOT_UNKNOWN;
	return r;
}

static struct holder holder_known(const struct model *m, uint64_t goid, uint64_t self, enum evidence e)
{
	struct holder r = { .root = ROOT_UNKNOWN };

	if (!goid || goid == self)
		return r;
	r.evidence = (uint8_t)e;
	if (model_goroutine(m, goid)) {
		r.goid = goid;
		r.root = ROOT_NONE;
		r.nlive = 1;
	} else {
		r.gone = goid;
		r.root = ROOT_EXITED;
		r.ngone = 1;
	}
	return r;
}

/*
 * Whose Done a WaitGroup lacks is not in it. Where it lacks as many as one go
 * statement of the waiting goroutine has live goroutines, it is they; where
 * its counter is not known, the goroutines must all be of one go statement.
 */
static struct holder holder_of_waitgroup(const struct holders *h, const struct goroutine *g, const struct sync_obj *s)
{
	const uint64_t *first = map_get(&h->parent_index, g->id);
	const struct brood *fit = NULL;
	struct holder r = { .root = ROOT_UNKNOWN };
	uint32_t nfit = 0;

	for (uint32_t i = first ? (uint32_t)*first : 0; i; i = h->broods.v[i].next) {
		const struct brood *b = &h->broods.v[i];

		r.nlive += b->n;
		if (s->snap && s->counter != b->n)
			continue;
		fit = b;
		nfit++;
	}
	if (nfit != 1)
		return r;
	return (struct holder){ .goid = fit->best, .evidence = EVIDENCE_CHILD, .nlive = fit->n };
}

static struct holder holder_of_sync(const struct holders *h, const struct goroutine *g, const struct trace_obj *o)
{
	const struct sync_obj *s = model_sync(h->m, o->id);
	struct holder r;

	if (!s)
		return (struct holder){ .root = ROOT_UNKNOWN };
	switch (s->kind) {
	case TRACE_SYNC_MUTEX:
	case TRACE_SYNC_RWMUTEX:
		r = holder_known(h->m, s->holder, g->id, EVIDENCE_LOCK_WOKEN);
		r.moved = s->holder_since;
		return r;
	case TRACE_SYNC_COND:
		return holder_known(h->m, s->last_waker, g->id, EVIDENCE_SIGNALLED);
	case TRACE_SYNC_WAITGROUP:
		return holder_of_waitgroup(h, g, s);
	default:
		return (struct holder){ .root = ROOT_UNKNOWN };
	}
}

static struct holder holder_by_class(struct holders *h, const struct goroutine *g)
{
	uint8_t class = model_wait_class(h->m, g->wait.reason);

	switch (class) {
	case TRACE_WAIT_NIL_RECV:
	case TRACE_WAIT_NIL_SEND:
	case TRACE_WAIT_EMPTY_SELECT:
		return (struct holder){ .root = ROOT_NOBODY };
	case TRACE_WAIT_SLEEP:
		return (struct holder){ .root = ROOT_SLEEP };
	case TRACE_WAIT_NETWORK:
		return (struct holder){ .root = ROOT_NETWORK };
	case TRACE_WAIT_SYSTEM:
		return (struct holder){ .root = ROOT_RUNTIME };
	case TRACE_WAIT_SELECT:
		return holder_of_select(h, g);
	default:
		break;
	}
	if (g->wait.nobjs == 1 && is_timer(h->m, &g->objs[0]))
		return (struct holder){ .root = ROOT_TIMER };
	if (g->wait.nobjs == 1 && g->objs[0].kind == TRACE_OBJ_CHAN)
		return holder_of_channel(h, g, &g->objs[0], class);
	if (g->wait.nobjs > 1)
		return holder_of_select(h, g);
	if (g->wait.nobjs == 1 && g->objs[0].kind == TRACE_OBJ_SYNC)
		return holder_of_sync(h, g, &g->objs[0]);
	return (struct holder){ .root = ROOT_UNKNOWN };
}

struct holder holder_of(struct holders *h, const struct goroutine *g)
{
	struct holder r = holder_by_class(h, g);
	const struct goroutine *who = r.goid ? model_goroutine(h->m, r.goid) : NULL;

	/*
	 * What the search in the target's memory says is more than who was seen at
	 * the channel before, save that these wait for each other.
	 */
	if (g->unheld && r.root != ROOT_EXITED && !(who && who->state == TRACE_GO_WAITING && who->unheld))
		return (struct holder){ .root = ROOT_NOBODY };
	return r;
}

const char *evidence_name(enum evidence e)
{
	static const char *const names[] = {
		NULL, "sent", "closed", "received", "lock woken", "signalled", "created by the waiter", "selected"
	};

	return e < sizeof(names) / sizeof(*names) ? names[e] : NULL;
}

const char *evidence_phrase(enum evidence e)
{
	static const char *const names[] = {
		"",
		"it sent on the channel before",
		"it closed the channel",
		"it received from the channel before",
		"the last that an unlock woke, not seen to unlock since",
		"the last that woke a waiter of it",
		"created by the goroutine that waits; of those it lacks, the one that waits longest",
		"it had the channel in a select before"
	};

	return e < sizeof(names) / sizeof(*names) ? names[e] : "";
}

const char *root_cause_name(enum root_cause c)
{
	static const char *const names[] = { "none",  "running", "sleep",   "timer",   "network", "exited",
		                             "cycle", "nobody",  "unknown", "runtime", "depth",   "brief" };

	return c < sizeof(names) / sizeof(*names) ? names[c] : "unknown";
}

const char *root_cause_phrase(enum root_cause c)
{
	static const char *const names[] = { "",
		                             "it runs",
		                             "it sleeps",
		                             "a timer",
		                             "the network",
		                             "everyone known who could end the wait has exited",
		                             "they wait for each other",
		                             "nothing can end this wait",
		                             "who could end this wait is not in the trace",
		                             "the Go runtime",
		                             "the chain is longer than is followed",
		                             "it waits for less than --min-edge" };

	return c < sizeof(names) / sizeof(*names) ? names[c] : "";
}
