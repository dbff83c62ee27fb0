// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The same timeline as --format perfetto in the JSON that Chrome's about:tracing
 * reads, and many other viewers ("Trace Event Format"): a process is a group, a
 * thread a goroutine. Times are microseconds.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "report/analyze/timeline.h"
#include "report/render/fmt.h"
#include "report/render/json/json.h"
#include "report/render/out.h"

struct chrome {
	const struct report *r;
	struct json *j;
	struct buf text;
	bool *groups;
};

/* Begins an event; json_close() ends it. */
static void event_open(struct chrome *c, const char *phase, const char *name, uint32_t group, uint64_t goid, int64_t t)
{
	json_open(c->j);
	json_key_str(c->j, "ph", phase);
	json_key_str(c->j, "name", name);
	json_key_u64(c->j, "pid", group);
	json_key_u64(c->j, "tid", goid);
	json_key_f64(c->j, "ts", (double)t / 1e3);
}

static void put_name(struct chrome *c, const char *what, uint32_t group, uint64_t goid, const char *name)
{
	event_open(c, "M", what, group, goid, 0);
	json_key(c->j, "args");
	json_open(c->j);
	json_key_str(c->j, "name", name);
	json_close(c->j);
	json_close(c->j);
}

static void put_goroutine(void *ctx, uint64_t goid, uint32_t group)
{
	struct chrome *c = ctx;
	char name[40];

	if (!c->groups[group]) {
		c->groups[group] = true;
		buf_reset(&c->text);
		fmt_group(&c->text, c->r->m, group);
		put_name(c, "process_name", group, 0, buf_str(&c->text));
	}
	snprintf(name, sizeof(name), "goroutine %" PRIu64, goid);
	put_name(c, "thread_name", group, goid, name);
}

static void put_flow(struct chrome *c, const char *phase, uint64_t id, uint32_t group, uint64_t goid, int64_t t)
{
	event_open(c, phase, "wake", group, goid, t);
	json_key_str(c->j, "cat", "wake");
	json_key_u64(c->j, "id", id);
	if (*phase == 'f')
		json_key_str(c->j, "bp", "e");
	json_close(c->j);
}

static void put_args(struct chrome *c, const struct timeline_slice *s)
{
	const struct model *m = c->r->m;
	uint32_t place = symbols_stack_user(&m->sym, s->stack);

	json_key(c->j, "args");
	json_open(c->j);
	if (s->obj.kind != TRACE_OBJ_NONE) {
		buf_reset(&c->text);
		fmt_obj(&c->text, m, &s->obj);
		json_key_str(c->j, s->obj.kind == TRACE_OBJ_CHAN ? "channel" : "object", buf_str(&c->text));
	}
	if (place) {
		buf_reset(&c->text);
		fmt_place(&c->text, m, place, 2);
		json_key_str(c->j, "at", buf_str(&c->text));
	}
	if (s->wake.id)
		json_key_str(c->j, "woken by", trace_cause_name(s->wake.cause));
	if (s->wake.waker)
		json_key_u64(c->j, "waker", s->wake.waker);
	if (s->is_open)
		json_key_bool(c->j, "goes on", true);
	json_close(c->j);
}

static void put_slice(void *ctx, const struct timeline_slice *s)
{
	struct chrome *c = ctx;
	const char *name = s->kind == TIMELINE_WAIT      ? reason_name(c->r->m, s->reason)
	                   : s->kind == TIMELINE_RUNNING ? "running"
	                                                 : "runnable";

	event_open(c, "X", name, s->group, s->goid, s->from);
	json_key_f64(c->j, "dur", (double)(s->to - s->from) / 1e3);
	json_key_str(c->j, "cat", s->kind == TIMELINE_WAIT ? "wait" : "run");
	if (s->kind == TIMELINE_WAIT)
		put_args(c, s);
	json_close(c->j);
	if (s->after)
		put_flow(c, "f", s->after, s->group, s->goid, s->from);
	if (s->wake.waker)
		put_flow(c, "s", s->wake.id, s->wake.waker_group, s->wake.waker, s->to);
}

static void put_create(void *ctx, const struct timeline_create *c)
{
	if (c->parent)
		put_flow(ctx, "s", c->id, c->parent_group, c->parent, c->time);
}

static void put_count(void *ctx, int64_t t, uint64_t goroutines, uint64_t waiting)
{
	struct chrome *c = ctx;

	event_open(c, "C", "goroutines", 0, 0, t);
	json_key(c->j, "args");
	json_open(c->j);
	json_key_u64(c->j, "waiting", waiting);
	json_key_u64(c->j, "others", goroutines - waiting);
	json_close(c->j);
	json_close(c->j);
}

static void put_record(void *ctx, const struct trace_rec *rec, int64_t t)
{
	struct chrome *c = ctx;
	char name[80];

	if (rec->type != TRACE_LOSS)
		return;
	snprintf(name, sizeof(name), "lost %s: %s", trace_type_name(rec->loss.type), trace_loss_name(rec->loss.cause));
	event_open(c, "i", name, 0, 0, t);
	json_key_str(c->j, "s", "g");
	json_key(c->j, "args");
	json_open(c->j);
	json_key_u64(c->j, "count", rec->loss.count);
	json_close(c->j);
	json_close(c->j);
}

static int write_all(struct chrome *c, struct err *err)
{
	static const struct timeline_ops ops = { .goroutine = put_goroutine,
		                                 .slice = put_slice,
		                                 .create = put_create,
		                                 .count = put_count,
		                                 .record = put_record };
	int ret;

	json_open(c->j);
	json_key_str(c->j, "displayTimeUnit", "ns");
	json_key(c->j, "traceEvents");
	json_open_list(c->j);
	ret = timeline_walk(c->r, &ops, c, err);
	json_close_list(c->j);
	json_key_cuts(c->j, "cut");
	json_close(c->j);
	if (!ret)
		ret = buf_failed(&c->text) ? err_nomem(err) : json_end(c->j, err);
	return ret;
}

static int write_chrome(const struct report *r, FILE *f, struct err *err)
{
	struct chrome c = { .r = r };
	int ret = json_new(&c.j, f, budget_output(&r->budget, r->reader), err);

	if (ret)
		return ret;
	json_compact(c.j);
	c.groups = calloc(r->m->groups.n + 1, sizeof(*c.groups));
	ret = c.groups ? write_all(&c, err) : err_nomem(err);
	free(c.groups);
	buf_free(&c.text);
	json_free(c.j);
	return ret;
}

const struct output output_chrome = {
	.name = "chrome",
	.help = "the same timeline as JSON, for about:tracing and other viewers",
	.limits_itself = true,
	.write = write_chrome,
};
