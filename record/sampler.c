// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/sampler.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "record/encode/intern_gread.h"
#include "record/goread/gglance.h"
#include "record/goread/glist.h"
#include "util/clock.h"
#include "util/debug.h"
#include "util/vec.h"

#define LIST_TRIES 8
#define ROUNDS 4 /* attempts in one sample to read a goroutine that keeps moving */

/* A g of the runtime, and what the trace says about its goroutine. */
struct watched {
	uint64_t addr;
	uint64_t goid; /* that is there, as the trace says; 0: none */
	bool waits;    /* it waits, as .wait shows */
	struct gglance wait;
};

struct sampler {
	const struct gread_env *env;
	struct encoder *e;
	struct intern *in;
	struct gread_chunk *chunk;
	struct glist list;
	uint64_t *gs; /* as they are in the target's list */
	size_t listed;
	struct gglancer glancer;
	VEC(struct watched) gs_watched; /* by address */
	size_t at;                      /* index of the next one to look at */
	VEC(uint32_t) changed;          /* indexes of those that must be read */
	VEC(struct trace_obj) objs;
	uint64_t samples, goroutines, unread;
	uint64_t last; /* goroutines in the last sample that was completed */
	bool done, is_gone, is_first;
};

int sampler_new(struct sampler **out, const struct gread_env *env, struct encoder *e, struct err *err)
{
	struct sampler *s = calloc(1, sizeof(*s));

	*out = s;
	if (!s)
		return err_nomem(err);
	s->env = env;
	s->e = e;
	s->in = e->in;
	s->done = s->is_first = true;
	s->chunk = gread_chunk_new(env);
	if (!s->chunk || gglancer_init(&s->glancer, env->mem, env->l))
		return err_nomem(err);
	return glist_init(&s->list, env, err);
}

void sampler_free(struct sampler *s)
{
	if (!s)
		return;
	gread_chunk_free(s->chunk);
	gglancer_free(&s->glancer);
	free(s->gs);
	vec_free(&s->gs_watched);
	vec_free(&s->changed);
	vec_free(&s->objs);
	free(s);
}

bool sampler_done(const struct sampler *s)
{
	return s->done;
}

uint64_t sampler_samples(const struct sampler *s)
{
	return s->samples;
}

uint64_t sampler_goroutines(const struct sampler *s)
{
	return s->last;
}

static void rec_begin(const struct sampler *s, struct trace_rec *rec, enum trace_type type, uint64_t time)
{
	memset(rec, 0, sizeof(*rec));
	rec->type = type;
	rec->time = (int64_t)(time - s->e->epoch);
}

static int by_addr(const void *a, const void *b)
{
	uint64_t x = ((const struct watched *)a)->addr, y = ((const struct watched *)b)->addr;

	return (x > y) - (x < y);
}

/* Puts the entries of the list from `from` on among those that are watched. */
static int watch_more(struct sampler *s, size_t from)
{
	size_t old = s->gs_watched.n, i = old, j, k;
	struct watched *v;

	for (size_t n = from; n < s->listed; n++)
		if (vec_push(&s->gs_watched, (struct watched){ .addr = s->gs[n] }))
			return -ENOMEM;
	k = s->gs_watched.n - old;
	if (!k)
		return 0;
	qsort(s->gs_watched.v + old, k, sizeof(*s->gs_watched.v), by_addr);
	v = malloc(k * sizeof(*v));
	if (!v)
		return -ENOMEM;
	memcpy(v, s->gs_watched.v + old, k * sizeof(*v));
	/* Both parts are sorted: merge them from the end. */
	for (j = s->gs_watched.n; k;)
		s->gs_watched.v[--j] = i && s->gs_watched.v[i - 1].addr > v[k - 1].addr ? s->gs_watched.v[--i] : v[--k];
	free(v);
	return 0;
}

int sampler_begin(struct sampler *s, struct err *err)
{
	size_t from = s->listed;
	uint64_t missing = 0;
	struct trace_rec rec;
	int ret = -EFAULT;

	for (int i = 0; i < LIST_TRIES && ret == -EFAULT; i++)
		ret = glist_read(&s->list, &s->gs, &s->listed, &missing);
	if (ret == -ENOMEM || (!ret && watch_more(s, from)))
		return err_nomem(err);
	/* A list that cannot be read now can be read at the next sample, unless the target is gone. */
	s->is_gone = ret == -ESRCH;
	s->done = ret && !s->is_first;
	s->at = 0;
	s->changed.n = 0;
	s->goroutines = s->unread = 0;
	if (!s->is_first)
		return 0;
	s->is_gone |= ret != 0;
	rec_begin(s, &rec, TRACE_SNAP_BEGIN, mono_ns());
	rec.snap_begin.allglen = s->listed;
	return encoder_write(s->e, &rec, err);
}

static int tell_exit(struct sampler *s, struct watched *w, uint64_t time, struct err *err)
{
	struct trace_rec rec;

	rec_begin(s, &rec, TRACE_GO_EXIT, time);
	rec.goid = w->goid;
	w->goid = 0;
	return encoder_write(s->e, &rec, err);
}

static int tell_no_wait(struct sampler *s, struct watched *w, uint64_t time, struct err *err)
{
	struct trace_rec rec;

	rec_begin(s, &rec, TRACE_GO_READY, time);
	rec.ready.woken = w->goid;
	w->waits = false;
	return encoder_write(s->e, &rec, err);
}

static int tell_gone(struct sampler *s, struct watched *w, uint64_t time, struct err *err)
{
	if (w->waits && tell_no_wait(s, w, time, err))
		return err->code;
	return w->goid ? tell_exit(s, w, time, err) : 0;
}

/* What the glance alone shows. Whoever waits anew, or is new, must be read. */
static int compare(struct sampler *s, uint32_t i, const struct gglance *now, uint64_t time, struct err *err)
{
	struct watched *w = &s->gs_watched.v[i];

	if (!now->is_read)
		return 0;
	if (gglance_is_none(now) || (w->goid && w->goid != now->goid)) {
		if (tell_gone(s, w, time, err))
			return err->code;
		if (gglance_is_none(now))
			return 0;
	}
	s->goroutines += w->goid != 0;
	if (w->waits && (!gglance_waits(now) || !gglance_is_same_wait(&w->wait, now)) && tell_no_wait(s, w, time, err))
		return err->code;
	if (w->goid && (w->waits || !gglance_waits(now)))
		return 0;
	return vec_push(&s->changed, i) ? err_nomem(err) : 0;
}

/* Interns what the goroutine waits on. w.objs is valid until the next call. */
static int intern_wait(struct sampler *s, const struct gread *g, struct trace_go_park *w, struct err *err)
{
	static const struct stack_info none;
	const struct stack_info *info = &none;

	if (g->nframes) {
		if (!intern_gread_stack(s->in, g, &info, err))
			return err->code;
		w->stack = info->id;
	}
	if (g->state != TRACE_GO_WAITING)
		return 0;
	if (intern_reason(s->in, g->reason, &w->reason, err) < 0 || err->code)
		return err->code;
	s->objs.n = 0;
	for (uint32_t i = 0; i < g->nobjs; i++) {
		struct trace_obj o;

		if (intern_gread_obj(s->in, &g->objs[i], info, &o, err))
			return err->code;
		if (vec_push(&s->objs, o))
			return err_nomem(err);
	}
	w->nobjs = g->nobjs;
	w->nobjs_all = g->nobjs_all;
	w->objs = s->objs.v;
	return 0;
}

static uint32_t go_flags(const struct sampler *s, const struct gread *g)
{
	struct go_func f;

	return !gobin_func_by_pc(s->in->bin, g->startpc - s->in->bias, &f) && go_is_system_entry(f.name)
	               ? TRACE_GO_SYSTEM
	               : 0;
}

/* The first sample: the goroutine as the snapshot at the start tells it. */
static int tell_found(struct sampler *s, const struct gread *g, bool is_read, uint64_t time, struct err *err)
{
	struct trace_rec rec;
	struct trace_snap_go *p = &rec.snap_go;
	int64_t since = (int64_t)(g->waitsince - s->e->epoch);

	rec_begin(s, &rec, TRACE_SNAP_GO, time);
	rec.goid = g->goid;
	p->state = is_read ? g->state : TRACE_GO_STATE_UNKNOWN;
	p->parent = g->parent;
	p->flags = go_flags(s, g) | (is_read ? 0 : TRACE_GO_UNREAD);
	if (g->waitsince && is_read && g->state == TRACE_GO_WAITING && since >= -TRACE_MAX_TIME &&
	    since <= TRACE_MAX_TIME)
		p->wait_since = since;
	if (intern_frame(s->in, g->gopc, true, &p->site, err) || intern_frame(s->in, g->startpc, false, &p->entry, err))
		return err->code;
	if (is_read && intern_wait(s, g, &p->wait, err))
		return err->code;
	return encoder_write(s->e, &rec, err);
}

static int tell_new(struct sampler *s, const struct gread *g, uint64_t time, struct err *err)
{
	struct trace_rec rec;
	struct trace_go_create *p = &rec.create;

	rec_begin(s, &rec, TRACE_GO_CREATE, time);
	rec.goid = g->parent;
	p->child = g->goid;
	p->flags = go_flags(s, g);
	if (intern_frame(s->in, g->gopc, true, &p->site, err) || intern_frame(s->in, g->startpc, false, &p->entry, err))
		return err->code;
	return encoder_write(s->e, &rec, err);
}

static int tell_wait(struct sampler *s, const struct gread *g, uint64_t time, struct err *err)
{
	struct trace_rec rec;

	rec_begin(s, &rec, TRACE_GO_PARK, time);
	rec.goid = g->goid;
	return intern_wait(s, g, &rec.park, err) ? err->code : encoder_write(s->e, &rec, err);
}

/* A goroutine that was read; raw: its g at that time. */
static int tell_read(struct sampler *s, struct watched *w, const struct gread *g, const struct gglance *raw,
                     uint64_t time, struct err *err)
{
	bool is_waiting = g->state == TRACE_GO_WAITING, is_new;

	if (w->goid != g->goid && tell_gone(s, w, time, err))
		return err->code;
	is_new = !w->goid;
	s->goroutines += is_new;
	w->goid = g->goid;
	if (is_new && (s->is_first ? tell_found(s, g, true, time, err) : tell_new(s, g, time, err)))
		return err->code;
	if (is_waiting && !(is_new && s->is_first) && tell_wait(s, g, time, err))
		return err->code;
	w->waits = is_waiting;
	w->wait = *raw;
	return 0;
}

/* One that changed whenever it was read. Later samples will show it. */
static int tell_moving(struct sampler *s, struct watched *w, const struct gread *g, uint64_t time, struct err *err)
{
	s->unread++;
	if (!s->is_first || w->goid || !g->is_known)
		return 0;
	w->goid = g->goid;
	s->goroutines++;
	return tell_found(s, g, false, time, err);
}

/* Reads up to GREAD_CHUNK of the changed; those that moved are changed still. -ESRCH: the target is gone. */
static int read_changed(struct sampler *s, uint32_t *v, size_t n, bool is_last, size_t *left, struct err *err)
{
	uint64_t addrs[GREAD_CHUNK], time = 0;
	struct gread *g;

	*left = 0;
	for (size_t i = 0; i < n; i++)
		addrs[i] = s->gs_watched.v[v[i]].addr;
	if (gread_chunk_read(s->chunk, addrs, n, &g, &time)) {
		s->is_gone = true;
		return 0;
	}
	for (size_t i = 0; i < n; i++) {
		struct watched *w = &s->gs_watched.v[v[i]];
		struct gglance raw = gread_chunk_glance(s->chunk, i);
		int ret = 0;

		if (g[i].verdict == GREAD_OK)
			ret = tell_read(s, w, &g[i], &raw, time, err);
		else if (g[i].verdict == GREAD_NONE)
			ret = tell_gone(s, w, time, err);
		else if (is_last)
			ret = tell_moving(s, w, &g[i], time, err);
		else
			v[(*left)++] = v[i];
		if (ret)
			return ret;
	}
	return 0;
}

static int read_all_changed(struct sampler *s, struct err *err)
{
	for (int round = 1; s->changed.n && !s->is_gone; round++) {
		size_t left = 0;

		for (size_t i = 0, k, more; i < s->changed.n && !s->is_gone; i += k) {
			k = s->changed.n - i < GREAD_CHUNK ? s->changed.n - i : GREAD_CHUNK;
			if (read_changed(s, s->changed.v + i, k, round == ROUNDS, &more, err))
				return err->code;
			memmove(s->changed.v + left, s->changed.v + i, more * sizeof(*s->changed.v));
			left += more;
		}
		s->changed.n = left;
	}
	s->changed.n = 0;
	return 0;
}

static int finish(struct sampler *s, struct err *err)
{
	struct trace_rec rec;
	bool is_first = s->is_first;

	s->done = true;
	s->samples += !s->is_gone;
	s->last = s->is_gone && !s->is_first ? s->last : s->goroutines;
	debug(DEBUG_SNAPSHOT, "sample %lu: %lu goroutines, %lu moving%s", (unsigned long)s->samples,
	      (unsigned long)s->goroutines, (unsigned long)s->unread, s->is_gone ? ", the program is gone" : "");
	s->is_first = false;
	if (!is_first)
		return 0;
	rec_begin(s, &rec, TRACE_SNAP_END, mono_ns());
	rec.snap_end.goroutines = s->goroutines;
	rec.snap_end.unread = s->unread;
	rec.snap_end.partial = s->is_gone;
	return encoder_write(s->e, &rec, err);
}

int sampler_step(struct sampler *s, struct err *err)
{
	struct gglance now[GGLANCE_BATCH];
	uint64_t addrs[GGLANCE_BATCH], time;
	size_t n = s->gs_watched.n - s->at;

	if (s->done)
		return 0;
	n = n < GGLANCE_BATCH ? n : GGLANCE_BATCH;
	if (!n || s->is_gone)
		return finish(s, err);
	for (size_t i = 0; i < n; i++)
		addrs[i] = s->gs_watched.v[s->at + i].addr;
	time = mono_ns();
	if (gglance_read(&s->glancer, addrs, n, now)) {
		s->is_gone = true;
		return 0;
	}
	for (size_t i = 0; i < n; i++)
		if (compare(s, (uint32_t)(s->at + i), &now[i], time, err))
			return err->code;
	s->at += n;
	return read_all_changed(s, err);
}

int sampler_abandon(struct sampler *s, struct err *err)
{
	if (s->done || !s->is_first)
		return 0;
	s->is_gone = true;
	return finish(s, err);
}
