// SPDX-License-Identifier: GPL-2.0-or-later
#include "rewrite/slice.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/analyze/budget.h"
#include "rewrite/choice.h"
#include "rewrite/keep.h"

struct slicer {
	const struct slice_opts *opts;
	struct choice choice;
	struct map parents; /* goid -> its creator */
	struct map shown;   /* objects that chosen goroutines wait for, besides those of the choice */
	struct keep *keep;
	uint64_t found[2]; /* goroutines in the copy's snapshots */
	const char *about;
	struct slice_result *result;
};

static bool is_wide(const struct slicer *s)
{
	return s->opts->width == SLICE_WIDE;
}

/* Reads the trace; what cannot be read ends it. */
static int scan(struct slicer *s, int (*take)(struct slicer *s, const struct trace_rec *rec), struct err *err)
{
	struct trace_reader *reader;
	struct err read_err = { 0 };
	struct budget budget;
	struct trace_rec rec;
	int ret = trace_reader_open(&reader, s->opts->pass.from, err);

	if (ret)
		return ret;
	budget_init(&budget, s->opts->pass.no_limit);
	while (!ret && trace_reader_next(reader, &rec, &read_err) > 0) {
		ret = budget_spend(&budget, reader, &rec, err);
		if (!ret && take(s, &rec))
			ret = err_nomem(err);
	}
	trace_reader_free(reader);
	return read_err.code == -ENOMEM ? err_nomem(err) : ret;
}

static bool waits_for_chosen(const struct slicer *s, const struct trace_go_park *p)
{
	for (uint32_t i = 0; i < p->nobjs; i++)
		if (choice_has_obj(&s->choice, &p->objs[i]))
			return true;
	return false;
}

static bool has_chan(const struct slicer *s, uint32_t id)
{
	return choice_has_obj(&s->choice, &(struct trace_obj){ .kind = TRACE_OBJ_CHAN, .id = id });
}

static bool has_sync(const struct slicer *s, uint32_t id)
{
	return choice_has_obj(&s->choice, &(struct trace_obj){ .kind = TRACE_OBJ_SYNC, .id = id });
}

/* The channel of a chan.* event; 0: it is another one. */
static uint32_t chan_of(const struct trace_rec *rec)
{
	switch (rec->type) {
	case TRACE_CHAN_MAKE:
		return rec->make.chan;
	case TRACE_CHAN_CLOSE:
		return rec->close.chan;
	case TRACE_CHAN_OP:
		return rec->op.chan;
	default:
		return 0;
	}
}

/* Whoever waits for what the finding's goroutines wait for, or can end such waits. */
static int find_users(struct slicer *s, const struct trace_rec *rec)
{
	struct choice *c = &s->choice;
	enum choice_part user = is_wide(s) ? CHOICE_FULL : CHOICE_THERE;
	uint64_t *parent;

	switch (rec->type) {
	case TRACE_GO_CREATE:
		parent = map_put(&s->parents, rec->create.child, NULL);
		if (!parent)
			return -ENOMEM;
		*parent = rec->goid;
		return 0;
	case TRACE_GO_PARK:
		return waits_for_chosen(s, &rec->park) ? choice_add(c, rec->goid, CHOICE_FULL, NULL) : 0;
	case TRACE_SNAP_GO:
		return waits_for_chosen(s, &rec->snap_go.wait) ? choice_add(c, rec->goid, CHOICE_FULL, NULL) : 0;
	case TRACE_GO_READY:
		return choice_has_obj(c, &rec->ready.obj) ? choice_add(c, rec->ready.woken, CHOICE_FULL, NULL) : 0;
	case TRACE_CHAN_MAKE:
	case TRACE_CHAN_CLOSE:
	case TRACE_CHAN_OP:
		return has_chan(s, chan_of(rec)) ? choice_add(c, rec->goid, user, NULL) : 0;
	case TRACE_SNAP_LOCK:
		return has_sync(s, rec->snap_lock.sync) ? choice_add(c, rec->goid, CHOICE_FULL, NULL) : 0;
	case TRACE_SNAP_USE:
		return choice_has_obj(c, &rec->snap_use.obj) ? choice_add(c, rec->goid, CHOICE_FULL, NULL) : 0;
	case TRACE_SNAP_OWNER:
		return choice_has_obj(c, &rec->snap_owner.obj) ? choice_add(c, rec->goid, user, NULL) : 0;
	default:
		return 0;
	}
}

static int find_wakers(struct slicer *s, const struct trace_rec *rec)
{
	if (rec->type != TRACE_GO_READY || choice_of(&s->choice, rec->ready.woken) != CHOICE_FULL)
		return 0;
	return choice_add(&s->choice, rec->goid, CHOICE_FULL, NULL);
}

static int show(struct slicer *s, const struct trace_go_park *p)
{
	for (uint32_t i = 0; i < p->nobjs; i++)
		if (!map_put(&s->shown, (uint64_t)p->objs[i].kind << 32 | p->objs[i].id, NULL))
			return -ENOMEM;
	return 0;
}

static bool is_shown(const struct slicer *s, uint8_t kind, uint32_t id)
{
	return map_get(&s->shown, (uint64_t)kind << 32 | id) ||
	       choice_has_obj(&s->choice, &(struct trace_obj){ .kind = kind, .id = id });
}

/* Who is named by what the copy has: wakers that are not chosen themselves; and what is waited for. */
static int find_named(struct slicer *s, const struct trace_rec *rec)
{
	if (rec->type == TRACE_GO_READY && choice_of(&s->choice, rec->ready.woken) == CHOICE_FULL)
		return choice_add(&s->choice, rec->goid, CHOICE_THERE, NULL);
	if (rec->type == TRACE_GO_PARK && choice_of(&s->choice, rec->goid) == CHOICE_FULL)
		return show(s, &rec->park);
	if (rec->type == TRACE_SNAP_GO && choice_of(&s->choice, rec->goid))
		return show(s, &rec->snap_go.wait);
	return 0;
}

/* The creators of all that are chosen, and theirs. */
static int find_creators(struct slicer *s)
{
	VEC(uint64_t) todo = { 0 };
	struct map_slot *slot;
	int ret = 0;

	for (size_t i = 0; !ret && (slot = map_next(&s->choice.goroutines, &i));)
		ret = vec_push(&todo, slot->key);
	while (!ret && todo.n) {
		const uint64_t *parent = map_get(&s->parents, todo.v[--todo.n]);
		uint64_t goid = parent ? *parent : 0;
		bool added = false;

		ret = choice_add(&s->choice, goid, CHOICE_THERE, &added);
		if (!ret && added)
			ret = vec_push(&todo, goid);
	}
	vec_free(&todo);
	return ret;
}

static int choose(struct slicer *s, const struct report *r, struct err *err)
{
	if (choice_begin(&s->choice, r, &r->findings.v.v[s->opts->finding], is_wide(s)))
		return err_nomem(err);
	if (scan(s, find_users, err))
		return err->code;
	if (is_wide(s) && scan(s, find_wakers, err))
		return err->code;
	if (scan(s, find_named, err))
		return err->code;
	return find_creators(s) ? err_nomem(err) : 0;
}

/*
 * Of a goroutine that is only there, the copy lacks what ended the wait in which
 * the recording found it: its state then is left open.
 */
static void write_there(struct trace_rec *rec)
{
	if (rec->snap_go.which || rec->snap_go.state != TRACE_GO_WAITING)
		return;
	rec->snap_go.state = TRACE_GO_STATE_UNKNOWN;
	rec->snap_go.wait_since = 0;
	rec->snap_go.wait = (struct trace_go_park){ 0 };
}

static bool is_kept_event(const struct slicer *s, const struct trace_rec *rec)
{
	const struct choice *c = &s->choice;
	enum choice_part part = choice_of(c, rec->goid);

	switch (rec->type) {
	case TRACE_GO_CREATE:
		return choice_of(c, rec->create.child);
	case TRACE_GO_EXIT:
		return part;
	case TRACE_GO_READY:
		return choice_of(c, rec->ready.woken) == CHOICE_FULL;
	case TRACE_CHAN_MAKE:
		return part || has_chan(s, rec->make.chan);
	case TRACE_CHAN_CLOSE:
	case TRACE_CHAN_OP:
		return part == CHOICE_FULL || has_chan(s, chan_of(rec));
	default:
		return part == CHOICE_FULL;
	}
}

static bool is_kept_snap(const struct slicer *s, const struct trace_rec *rec)
{
	const struct choice *c = &s->choice;
	bool is_chosen = !rec->goid || choice_of(c, rec->goid);

	switch (rec->type) {
	case TRACE_SNAP_CHAN:
		return is_shown(s, TRACE_OBJ_CHAN, rec->snap_chan.chan);
	case TRACE_SNAP_SYNC:
		return is_shown(s, TRACE_OBJ_SYNC, rec->snap_sync.sync);
	case TRACE_SNAP_FD:
		return is_shown(s, TRACE_OBJ_FD, rec->snap_fd.fd);
	case TRACE_SNAP_LOCK:
		return is_chosen && is_shown(s, TRACE_OBJ_SYNC, rec->snap_lock.sync);
	case TRACE_SNAP_USE:
		return is_chosen && choice_has_obj(c, &rec->snap_use.obj);
	case TRACE_SNAP_OWNER:
		return is_chosen && choice_has_obj(c, &rec->snap_owner.obj);
	case TRACE_SNAP_BEGIN:
	case TRACE_SNAP_END:
		return true;
	default:
		return rec->goid && is_chosen;
	}
}

static int take_record(void *ctx, struct pass *p, struct trace_rec *rec, struct err *err)
{
	struct slicer *s = ctx;

	if (trace_type_is_def(rec->type))
		return keep_define(s->keep, rec, err);
	if (s->opts->width == SLICE_ALL)
		return keep_write(s->keep, p, rec, err);
	if (trace_type_is_event(rec->type) && !is_kept_event(s, rec))
		return 0;
	if (trace_type_is_snap(rec->type) && !is_kept_snap(s, rec))
		return 0;
	if (rec->type == TRACE_SNAP_GO) {
		s->found[rec->snap_go.which & 1]++;
		if (choice_of(&s->choice, rec->goid) != CHOICE_FULL)
			write_there(rec);
	}
	if (rec->type == TRACE_SNAP_END)
		rec->snap_end.goroutines = s->found[rec->snap_end.which & 1];
	return keep_write(s->keep, p, rec, err);
}

static int take_header(void *ctx, struct trace_meta *m, struct err *err)
{
	const struct slicer *s = ctx;

	if (s->opts->width != SLICE_ALL)
		m->slice = s->about;
	return 0;
}

static void take_end(void *ctx, struct trace_end *end)
{
	const struct slicer *s = ctx;

	end->events = s->result->pass.events;
}

static void count(struct slice_result *result, const struct choice *c)
{
	struct map_slot *slot;

	for (size_t i = 0; (slot = map_next(&c->goroutines, &i));) {
		result->goroutines++;
		result->full += slot->val == CHOICE_FULL;
	}
}

int slice_trace(const struct slice_opts *opts, const struct report *r, struct slice_result *result, struct err *err)
{
	static const struct pass_ops ops = { .header = take_header, .record = take_record, .end = take_end };
	struct slicer s = { .opts = opts, .about = opts->about, .result = result };
	int ret;

	*result = (struct slice_result){ 0 };
	ret = keep_new(&s.keep, err);
	if (!ret && opts->width != SLICE_ALL)
		ret = choose(&s, r, err);
	if (!ret)
		ret = pass_run(&opts->pass, &ops, &s, &result->pass, err);
	if (!ret)
		count(result, &s.choice);
	choice_free(&s.choice);
	map_free(&s.parents);
	map_free(&s.shown);
	keep_free(s.keep);
	return ret;
}
