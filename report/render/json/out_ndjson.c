// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One JSON object per line, for jq, DuckDB and the like: first what the trace is
 * and its groups, then what happened, then how it ended. docs/ndjson.schema.json
 * has the types of lines.
 */
#include "report/analyze/timeline.h"
#include "report/analyze/visible.h"
#include "report/render/fmt.h"
#include "report/render/json/out_json.h"
#include "report/render/out.h"
#include "report/render/words.h"

static const char ndjson_schema[] =
#include "report/render/json/ndjson.schema.inc"
        ;

struct ndjson {
	const struct report *r;
	struct json *j;
};

static void line_open(struct ndjson *n, const char *type)
{
	json_open(n->j);
	json_key_str(n->j, "type", type);
}

static void line_close(struct ndjson *n)
{
	json_close(n->j);
	json_next_line(n->j);
}

static void event_open(struct ndjson *n, const char *type, int64_t t, uint64_t goid)
{
	line_open(n, type);
	json_key_i64(n->j, "time_ns", t);
	json_key_u64_if(n->j, "goroutine", goid, goid);
}

static void put_head(struct ndjson *n)
{
	const struct trace_meta *meta = n->r->meta;

	line_open(n, "trace");
	json_key_u64(n->j, "schema_version", 1);
	json_key_str(n->j, "recorder", meta->recorder);
	json_key_str(n->j, "exe", meta->exe);
	json_key_str(n->j, "go_version", meta->go_version);
	json_key_i64(n->j, "start_wall_ns", meta->start_wall);
	json_key_i64(n->j, "from_ns", model_from(n->r->m));
	json_key_i64(n->j, "to_ns", n->r->m->end);
	line_close(n);
}

static void put_groups(struct ndjson *n)
{
	for (uint32_t id = 0; id < n->r->m->groups.n; id++) {
		if (!report_shows_group(n->r, id))
			continue;
		line_open(n, "group");
		json_put_cells(n->j, n->r, &columns_group, &n->r->m->groups.v[id]);
		line_close(n);
	}
}

static void put_wait(struct ndjson *n, const struct timeline_slice *s)
{
	json_key_str(n->j, "reason", reason_name(n->r->m, s->reason));
	json_key_place(n->j, "at", n->r->m, symbols_stack_user(&n->r->m->sym, s->stack));
	json_key(n->j, "object");
	if (s->obj.kind)
		json_put_obj(n->j, &s->obj);
	else
		json_null(n->j);
	json_key_bool(n->j, "continued", s->is_more);
	json_key_str_if(n->j, "cause", s->wake.id ? trace_cause_name(s->wake.cause) : NULL);
	json_key_u64_if(n->j, "waker", s->wake.waker, s->wake.waker);
	json_key_place(n->j, "woken_at", n->r->m, symbols_stack_user(&n->r->m->sym, s->wake.stack));
}

static void put_slice(void *ctx, const struct timeline_slice *s)
{
	struct ndjson *n = ctx;

	event_open(n,
	           s->kind == TIMELINE_WAIT      ? "wait"
	           : s->kind == TIMELINE_RUNNING ? "running"
	                                         : "runnable",
	           s->from, s->goid);
	json_key_u64(n->j, "group", s->group);
	json_key_i64(n->j, "to_ns", s->to);
	json_key_bool(n->j, "goes_on", s->is_open);
	if (s->kind == TIMELINE_WAIT)
		put_wait(n, s);
	line_close(n);
}

static void put_create(void *ctx, const struct timeline_create *c)
{
	struct ndjson *n = ctx;

	event_open(n, "create", c->time, c->goid);
	json_key_u64(n->j, "group", c->group);
	json_key_u64_if(n->j, "parent", c->parent, c->parent);
	json_key_place(n->j, "at", n->r->m, symbols_stack_user(&n->r->m->sym, c->stack));
	line_close(n);
}

static void put_exit(void *ctx, uint64_t goid, uint32_t group, int64_t t)
{
	struct ndjson *n = ctx;

	event_open(n, "exit", t, goid);
	json_key_u64(n->j, "group", group);
	line_close(n);
}

static void put_count(void *ctx, int64_t t, uint64_t goroutines, uint64_t waiting)
{
	struct ndjson *n = ctx;

	line_open(n, "count");
	json_key_i64(n->j, "time_ns", t);
	json_key_u64(n->j, "goroutines", goroutines);
	json_key_u64(n->j, "waiting", waiting);
	line_close(n);
}

static void put_make(struct ndjson *n, const struct trace_rec *rec, int64_t t)
{
	event_open(n, "make", t, rec->goid);
	json_key_u64(n->j, "channel", rec->make.chan);
	json_key_u64(n->j, "capacity", rec->make.capacity);
	json_key_place(n->j, "at", n->r->m, symbols_stack_user(&n->r->m->sym, rec->make.stack));
	line_close(n);
}

static void put_close(struct ndjson *n, const struct trace_rec *rec, int64_t t)
{
	event_open(n, "close", t, rec->goid);
	json_key_u64(n->j, "channel", rec->close.chan);
	json_key_place(n->j, "at", n->r->m, symbols_stack_user(&n->r->m->sym, rec->close.stack));
	line_close(n);
}

static void put_op(struct ndjson *n, const struct trace_rec *rec, int64_t t)
{
	event_open(n, rec->op.dir == TRACE_DIR_SEND ? "send" : "receive", t, rec->goid);
	json_key_u64(n->j, "channel", rec->op.chan);
	json_key_bool(n->j, "select", rec->op.select);
	json_key_bool(n->j, "done", rec->op.result != TRACE_OP_NOT_READY);
	json_key_bool(n->j, "closed", rec->op.result == TRACE_OP_CLOSED);
	line_close(n);
}

static void put_loss(struct ndjson *n, const struct trace_rec *rec)
{
	line_open(n, "loss");
	json_key_i64(n->j, "time_ns", rec->loss.from);
	json_key_i64(n->j, "to_ns", rec->time);
	json_key_str(n->j, "of", trace_type_name(rec->loss.type));
	json_key_bool(n->j, "stacks_only", rec->loss.part == TRACE_LOSS_ITS_STACK);
	json_key_str(n->j, "cause", trace_loss_name(rec->loss.cause));
	json_key_u64_if(n->j, "count", rec->loss.count, rec->loss.count);
	line_close(n);
}

static void put_record(void *ctx, const struct trace_rec *rec, int64_t t)
{
	struct ndjson *n = ctx;

	if (rec->type == TRACE_CHAN_MAKE)
		put_make(n, rec, t);
	else if (rec->type == TRACE_CHAN_CLOSE)
		put_close(n, rec, t);
	else if (rec->type == TRACE_CHAN_OP)
		put_op(n, rec, t);
	else if (rec->type == TRACE_LOSS)
		put_loss(n, rec);
}

static void put_goroutines(struct ndjson *n)
{
	const struct model *m = n->r->m;

	for (size_t i = 0; i < m->goroutines.sorted.n; i++) {
		const struct goroutine *g = m->goroutines.sorted.v[i];

		if (g->system || !report_shows_goroutine(n->r, g->id))
			continue;
		line_open(n, "goroutine");
		json_key_u64(n->j, "goroutine", g->id);
		json_key_u64(n->j, "group", g->group);
		json_key_u64_if(n->j, "parent", g->parent, g->parent);
		json_key_str(n->j, "state", go_state_name(g->state));
		json_key_i64_if(n->j, "started_ns", g->started != TIME_UNKNOWN, g->started);
		json_key_u64(n->j, "waits", g->waits);
		json_key_u64(n->j, "blocked_ns", g->blocked);
		json_key_stack(n->j, "stack", n->r, g->wait.stack);
		line_close(n);
	}
}

static void put_findings(struct ndjson *n)
{
	struct buf b = { 0 };

	for (size_t i = 0; i < n->r->findings.v.n; i++) {
		const struct finding *f = &n->r->findings.v.v[i];

		line_open(n, "finding");
		json_key_str(n->j, "kind", words_finding_kind_name(f->kind));
		buf_reset(&b);
		words_finding_verdict(&b, n->r, f);
		json_key_str(n->j, "verdict", buf_str(&b));
		json_key_str(n->j, "strength", words_strength_name(f->strength));
		json_key_u64(n->j, "count", f->members);
		buf_reset(&b);
		words_finding_why(&b, n->r, f);
		json_key_str(n->j, "why", buf_str(&b));
		line_close(n);
	}
	if (buf_failed(&b))
		json_fail(n->j);
	buf_free(&b);
}

static int write_ndjson(const struct report *r, FILE *f, struct err *err)
{
	static const struct timeline_ops ops = {
		.slice = put_slice, .create = put_create, .exit = put_exit, .count = put_count, .record = put_record
	};
	struct ndjson n = { .r = r };
	int ret = json_new(&n.j, f, 0, err);

	if (ret)
		return ret;
	json_compact(n.j);
	put_head(&n);
	put_groups(&n);
	ret = timeline_walk(r, &ops, &n, err);
	put_goroutines(&n);
	put_findings(&n);
	if (!ret)
		ret = json_end_lines(n.j, err);
	json_free(n.j);
	return ret;
}

const struct output output_ndjson = {
	.name = "ndjson",
	.help = "waits, events and rows, one JSON object per line (see --schema)",
	.schema = ndjson_schema,
	.write = write_ndjson,
};
