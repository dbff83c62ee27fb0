// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A timeline for https://ui.perfetto.dev: TrackEvents, written as the trace is
 * read. Numbers of fields: perfetto's protos/perfetto/trace (trace_packet,
 * track_event/track_event and track_descriptor, interned_data); rules:
 * docs/reference/synthetic-track-event.md there. The viewer sorts by time, so
 * a slice is written when it ends.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "report/analyze/budget.h"
#include "report/analyze/timeline.h"
#include "report/render/fmt.h"
#include "report/render/out.h"
#include "util/proto.h"

enum { TRACE_PACKET = 1 };
enum {
	PACKET_TIMESTAMP = 8,
	PACKET_SEQUENCE = 10,
	PACKET_EVENT = 11,
	PACKET_INTERNED = 12,
	PACKET_FLAGS = 13,
	PACKET_TRACK = 60
};
enum { FLAG_STATE_CLEARED = 1, FLAG_NEEDS_STATE = 2 };
enum { TRACK_UUID = 1, TRACK_NAME = 2, TRACK_PROCESS = 3, TRACK_PARENT = 5, TRACK_COUNTER = 8 };
enum { PROCESS_PID = 1, PROCESS_NAME = 6 };
enum { COUNTER_UNIT = 3, UNIT_COUNT = 2 };
enum {
	EVENT_ANNOTATION = 4,
	EVENT_TYPE = 9,
	EVENT_NAME_IID = 10,
	EVENT_TRACK = 11,
	EVENT_NAME = 23,
	EVENT_COUNTER_VALUE = 30,
	EVENT_FLOW = 47,
	EVENT_FLOW_END = 48,
	EVENT_STACK_IID = 56
};
enum { TYPE_BEGIN = 1, TYPE_END, TYPE_INSTANT, TYPE_COUNTER };
enum { ANNOTATION_UINT = 3, ANNOTATION_STRING = 6, ANNOTATION_NAME = 10 };
enum { INTERNED_EVENT_NAME = 2, INTERNED_FUNCTION = 5, INTERNED_FRAME = 6, INTERNED_STACK = 7, INTERNED_FILE = 18 };
enum { ENTRY_IID = 1, ENTRY_STRING = 2 };
enum { FRAME_IID = 1, FRAME_FUNCTION = 2, FRAME_FILE = 5, FRAME_LINE = 6 };
enum { STACK_IID = 1, STACK_FRAME = 2 };

/* Tracks: the low bits tell goroutines, groups and the rest apart. */
#define UUID_PROCESS 4
#define UUID_GOROUTINES 8
#define UUID_WAITING 12
#define UUID_LOSSES 16
#define UUID_OF(id, kind) ((id) << 2 | (kind))
enum { KIND_REST, KIND_GOROUTINE, KIND_GROUP };

/* Interned names of slices: reasons by their number, then these. */
enum name { NAME_RUNNING = TRACE_MAX_REASONS + 2, NAME_RUNNABLE, NAME_WAKE, NAME_CREATE, NAMES };

#define FLUSH_BYTES (1u << 16)

struct perfetto {
	const struct report *r;
	const struct symbols *sym;
	FILE *f;
	struct buf out, text;
	uint64_t bytes, limit, left_out;
	int64_t base; /* time stamps are not negative */
	bool names[NAMES];
	bool *places, *functions, *files, *stacks, *groups;
	uint32_t *calls; /* of a stack, innermost first */
};

static void flush(struct perfetto *p, bool all)
{
	if ((!all && p->out.len < FLUSH_BYTES) || buf_failed(&p->out))
		return;
	fwrite(p->out.data, 1, p->out.len, p->f);
	p->bytes += p->out.len;
	buf_reset(&p->out);
}

/* Begins a packet; proto_close() and flush() end it. */
static size_t packet_open(struct perfetto *p)
{
	size_t at = proto_open(&p->out, TRACE_PACKET);

	proto_u64(&p->out, PACKET_SEQUENCE, 1);
	proto_u64(&p->out, PACKET_FLAGS, FLAG_NEEDS_STATE);
	return at;
}

static void packet_close(struct perfetto *p, size_t at)
{
	proto_close(&p->out, at);
	flush(p, false);
}

static bool is_full(const struct perfetto *p)
{
	return p->limit && p->bytes > p->limit;
}

static const char *text_of(struct perfetto *p, const char *s)
{
	buf_reset(&p->text);
	fmt_text(&p->text, s);
	return buf_str(&p->text);
}

static void put_entry(struct perfetto *p, uint32_t field, uint64_t iid, const char *s)
{
	size_t at = proto_open(&p->out, field);

	proto_u64(&p->out, ENTRY_IID, iid);
	proto_str(&p->out, ENTRY_STRING, text_of(p, s));
	proto_close(&p->out, at);
}

static const char *name_text(const struct perfetto *p, uint32_t name)
{
	static const char *const names[] = { [NAME_RUNNING] = "running",
		                             [NAME_RUNNABLE] = "runnable",
		                             [NAME_WAKE] = "wakes",
		                             [NAME_CREATE] = "creates a goroutine" };

	return name < NAME_RUNNING ? reason_name(p->r->m, name - 1) : names[name];
}

static uint32_t reason_iid(uint32_t reason)
{
	return reason <= TRACE_MAX_REASONS ? reason + 1 : 1;
}

static void intern_name(struct perfetto *p, uint32_t name)
{
	size_t at, in;

	if (p->names[name])
		return;
	p->names[name] = true;
	at = packet_open(p);
	in = proto_open(&p->out, PACKET_INTERNED);
	put_entry(p, INTERNED_EVENT_NAME, name, name_text(p, name));
	proto_close(&p->out, in);
	packet_close(p, at);
}

/* The unknown function has the id that no string has. */
static void put_function(struct perfetto *p, const struct place *pl, uint64_t *iid)
{
	char pc[24];

	if (!pl->func) {
		*iid = p->sym->strings.n + (uint64_t)(pl - p->sym->places.v);
		snprintf(pc, sizeof(pc), "0x%" PRIx64, pl->pc);
		put_entry(p, INTERNED_FUNCTION, *iid, pc);
		return;
	}
	*iid = pl->func;
	if (!p->functions[pl->func])
		put_entry(p, INTERNED_FUNCTION, *iid, symbols_string(p->sym, pl->func));
	p->functions[pl->func] = true;
}

static void put_frame(struct perfetto *p, uint32_t place)
{
	const struct place *pl = symbols_place(p->sym, place);
	uint64_t function;
	size_t at;

	if (p->places[place])
		return;
	p->places[place] = true;
	put_function(p, pl, &function);
	if (pl->file && !p->files[pl->file])
		put_entry(p, INTERNED_FILE, pl->file, symbols_string(p->sym, pl->file));
	p->files[pl->file] = true;
	at = proto_open(&p->out, INTERNED_FRAME);
	proto_u64(&p->out, FRAME_IID, place);
	proto_u64(&p->out, FRAME_FUNCTION, function);
	if (pl->file) {
		proto_u64(&p->out, FRAME_FILE, pl->file);
		proto_u64(&p->out, FRAME_LINE, pl->line);
	}
	proto_close(&p->out, at);
}

/* Outermost first. false: the stack is unknown. */
static bool intern_stack(struct perfetto *p, uint32_t stack)
{
	struct stack_walk w = stack_walk_of(p->sym, stack, p->r->opts.full_stacks);
	uint32_t place, n = 0;
	size_t at, in, list;

	if (!stack || stack >= p->sym->stacks.n)
		return false;
	if (p->stacks[stack])
		return true;
	while (n < SYMBOLS_MAX_LINES && (place = stack_walk_next(&w)))
		p->calls[n++] = place;
	if (!n)
		return false;
	p->stacks[stack] = true;
	at = packet_open(p);
	in = proto_open(&p->out, PACKET_INTERNED);
	for (uint32_t i = 0; i < n; i++)
		put_frame(p, p->calls[i]);
	list = proto_open(&p->out, INTERNED_STACK);
	proto_u64(&p->out, STACK_IID, stack);
	while (n)
		proto_u64(&p->out, STACK_FRAME, p->calls[--n]);
	proto_close(&p->out, list);
	proto_close(&p->out, in);
	packet_close(p, at);
	return true;
}

/* Begins the description of a track; the caller ends it, and the packet that *packet is. */
static size_t track_open(struct perfetto *p, size_t *packet, uint64_t uuid, uint64_t parent, const char *name)
{
	size_t at;

	*packet = packet_open(p);
	at = proto_open(&p->out, PACKET_TRACK);
	proto_u64(&p->out, TRACK_UUID, uuid);
	if (parent)
		proto_u64(&p->out, TRACK_PARENT, parent);
	if (name)
		proto_str(&p->out, TRACK_NAME, name);
	return at;
}

static void put_track(struct perfetto *p, uint64_t uuid, uint64_t parent, const char *name)
{
	size_t packet, at = track_open(p, &packet, uuid, parent, name);

	proto_close(&p->out, at);
	packet_close(p, packet);
}

static void put_counter_track(struct perfetto *p, uint64_t uuid, const char *name)
{
	size_t packet, at = track_open(p, &packet, uuid, UUID_PROCESS, name), in = proto_open(&p->out, TRACK_COUNTER);

	proto_u64(&p->out, COUNTER_UNIT, UNIT_COUNT);
	proto_close(&p->out, in);
	proto_close(&p->out, at);
	packet_close(p, packet);
}

static void put_head(struct perfetto *p)
{
	size_t packet = proto_open(&p->out, TRACE_PACKET), at, in;

	proto_u64(&p->out, PACKET_SEQUENCE, 1);
	proto_u64(&p->out, PACKET_FLAGS, FLAG_STATE_CLEARED);
	at = proto_open(&p->out, PACKET_TRACK);
	proto_u64(&p->out, TRACK_UUID, UUID_PROCESS);
	in = proto_open(&p->out, TRACK_PROCESS);
	proto_u64(&p->out, PROCESS_PID, p->r->meta->pid);
	proto_str(&p->out, PROCESS_NAME, text_of(p, p->r->meta->exe));
	proto_close(&p->out, in);
	proto_close(&p->out, at);
	packet_close(p, packet);
	put_counter_track(p, UUID_GOROUTINES, "goroutines");
	put_counter_track(p, UUID_WAITING, "waiting goroutines");
	put_track(p, UUID_LOSSES, UUID_PROCESS, "losses of the recording");
}

static void put_goroutine(void *ctx, uint64_t goid, uint32_t group)
{
	struct perfetto *p = ctx;
	char name[40];

	if (is_full(p))
		return;
	if (!p->groups[group]) {
		buf_reset(&p->text);
		fmt_group(&p->text, p->r->m, group);
		put_track(p, UUID_OF((uint64_t)group, KIND_GROUP), UUID_PROCESS, buf_str(&p->text));
		p->groups[group] = true;
	}
	snprintf(name, sizeof(name), "goroutine %" PRIu64, goid);
	put_track(p, UUID_OF(goid, KIND_GOROUTINE), UUID_OF((uint64_t)group, KIND_GROUP), name);
}

struct event {
	size_t packet, at;
};

/* Begins an event. name 0: none. */
static struct event event_open(struct perfetto *p, int64_t t, uint32_t type, uint64_t track, uint32_t name)
{
	struct event e = { .packet = packet_open(p) };

	proto_u64(&p->out, PACKET_TIMESTAMP, (uint64_t)(t + p->base > 0 ? t + p->base : 0));
	e.at = proto_open(&p->out, PACKET_EVENT);
	proto_u64(&p->out, EVENT_TYPE, type);
	proto_u64(&p->out, EVENT_TRACK, track);
	if (name)
		proto_u64(&p->out, EVENT_NAME_IID, name);
	return e;
}

static void event_close(struct perfetto *p, struct event e)
{
	proto_close(&p->out, e.at);
	packet_close(p, e.packet);
}

static void put_annotation_text(struct perfetto *p, const char *name, const char *value)
{
	size_t at = proto_open(&p->out, EVENT_ANNOTATION);

	proto_str(&p->out, ANNOTATION_NAME, name);
	proto_str(&p->out, ANNOTATION_STRING, value);
	proto_close(&p->out, at);
}

static void put_annotation_number(struct perfetto *p, const char *name, uint64_t v)
{
	size_t at = proto_open(&p->out, EVENT_ANNOTATION);

	proto_str(&p->out, ANNOTATION_NAME, name);
	proto_u64(&p->out, ANNOTATION_UINT, v);
	proto_close(&p->out, at);
}

static void put_object(struct perfetto *p, const struct trace_obj *obj)
{
	uint32_t site = model_objsite(p->r->m, obj, 0);

	if (obj->kind == TRACE_OBJ_NONE)
		return;
	buf_reset(&p->text);
	fmt_obj(&p->text, p->r->m, obj);
	put_annotation_text(p, obj->kind == TRACE_OBJ_CHAN ? "channel" : "object", buf_str(&p->text));
	if (!site)
		return;
	buf_reset(&p->text);
	fmt_objsite(&p->text, p->r->m, site);
	put_annotation_text(p, "what", buf_str(&p->text));
}

/* Where an arrow begins. */
static void put_source(struct perfetto *p, uint64_t goid, int64_t t, uint32_t name, uint32_t stack, uint64_t flow)
{
	bool has_stack = intern_stack(p, stack);
	struct event e;

	intern_name(p, name);
	e = event_open(p, t, TYPE_INSTANT, UUID_OF(goid, KIND_GOROUTINE), name);
	if (flow)
		proto_fixed64(&p->out, EVENT_FLOW, flow);
	if (has_stack)
		proto_u64(&p->out, EVENT_STACK_IID, stack);
	event_close(p, e);
}

static void put_wait(struct perfetto *p, const struct timeline_slice *s)
{
	put_object(p, &s->obj);
	if (!s->wake.id)
		return;
	put_annotation_text(p, "woken by", trace_cause_name(s->wake.cause));
	if (s->wake.waker)
		put_annotation_number(p, "waker", s->wake.waker);
}

static void put_slice(void *ctx, const struct timeline_slice *s)
{
	struct perfetto *p = ctx;
	uint64_t track = UUID_OF(s->goid, KIND_GOROUTINE);
	uint32_t name = s->kind == TIMELINE_WAIT      ? reason_iid(s->reason)
	                : s->kind == TIMELINE_RUNNING ? NAME_RUNNING
	                                              : NAME_RUNNABLE;
	bool has_stack;
	struct event e;

	if (is_full(p)) {
		p->left_out++;
		return;
	}
	intern_name(p, name);
	has_stack = intern_stack(p, s->stack);
	e = event_open(p, s->from, TYPE_BEGIN, track, name);
	if (s->after)
		proto_fixed64(&p->out, EVENT_FLOW_END, s->after);
	if (has_stack)
		proto_u64(&p->out, EVENT_STACK_IID, s->stack);
	if (s->kind == TIMELINE_WAIT)
		put_wait(p, s);
	event_close(p, e);
	/* Without an end, the viewer shows that it goes on. */
	if (!s->is_open) {
		e = event_open(p, s->to, TYPE_END, track, 0);
		event_close(p, e);
	}
	if (s->wake.waker)
		put_source(p, s->wake.waker, s->to, NAME_WAKE, s->wake.stack, s->wake.id);
}

static void put_create(void *ctx, const struct timeline_create *c)
{
	struct perfetto *p = ctx;

	if (!is_full(p) && c->parent)
		put_source(p, c->parent, c->time, NAME_CREATE, c->stack, c->id);
}

static void put_count(void *ctx, int64_t t, uint64_t goroutines, uint64_t waiting)
{
	struct perfetto *p = ctx;
	struct event e = event_open(p, t, TYPE_COUNTER, UUID_GOROUTINES, 0);

	proto_u64(&p->out, EVENT_COUNTER_VALUE, goroutines);
	event_close(p, e);
	e = event_open(p, t, TYPE_COUNTER, UUID_WAITING, 0);
	proto_u64(&p->out, EVENT_COUNTER_VALUE, waiting);
	event_close(p, e);
}

static void put_loss(struct perfetto *p, const struct trace_rec *rec)
{
	const struct trace_loss *l = &rec->loss;
	struct event e = event_open(p, rec->time, TYPE_INSTANT, UUID_LOSSES, 0);

	buf_reset(&p->text);
	fmt_f(&p->text, "%s%s: %s", trace_type_name(l->type), l->part == TRACE_LOSS_ITS_STACK ? " stacks" : "",
	      trace_loss_name(l->cause));
	proto_str(&p->out, EVENT_NAME, buf_str(&p->text));
	put_annotation_number(p, "count", l->count);
	put_annotation_number(p, "over ns", rec->time > l->from ? (uint64_t)(rec->time - l->from) : 0);
	event_close(p, e);
}

static void put_record(void *ctx, const struct trace_rec *rec, int64_t t)
{
	struct perfetto *p = ctx;

	if (rec->type != TRACE_LOSS)
		return;
	if (is_full(p))
		p->left_out++;
	else
		put_loss(p, rec);
}

/* So that nobody takes what is there for everything. */
static void put_left_out(struct perfetto *p)
{
	struct event e;

	if (!p->left_out)
		return;
	e = event_open(p, p->r->m->end, TYPE_INSTANT, UUID_LOSSES, 0);
	buf_reset(&p->text);
	fmt_f(&p->text, "%" PRIu64 " slices and losses are not in this file; --no-limit writes all", p->left_out);
	proto_str(&p->out, EVENT_NAME, buf_str(&p->text));
	event_close(p, e);
}

static int write_all(struct perfetto *p, struct err *err)
{
	static const struct timeline_ops ops = { .goroutine = put_goroutine,
		                                 .slice = put_slice,
		                                 .create = put_create,
		                                 .count = put_count,
		                                 .record = put_record };
	int ret;

	put_head(p);
	ret = timeline_walk(p->r, &ops, p, err);
	if (ret)
		return ret;
	put_left_out(p);
	flush(p, true);
	return buf_failed(&p->out) || buf_failed(&p->text) ? err_nomem(err) : 0;
}

static int write_perfetto(const struct report *r, FILE *f, struct err *err)
{
	struct perfetto p = { .r = r, .sym = &r->m->sym, .f = f, .limit = budget_output(&r->budget, r->reader) };
	int ret;

	p.base = r->meta->start_mono > 0 && r->meta->start_mono <= TRACE_MAX_TIME ? r->meta->start_mono : 0;
	p.places = calloc(p.sym->places.n + 1, sizeof(*p.places));
	p.functions = calloc(p.sym->strings.n + 1, sizeof(*p.functions));
	p.files = calloc(p.sym->strings.n + 1, sizeof(*p.files));
	p.stacks = calloc(p.sym->stacks.n + 1, sizeof(*p.stacks));
	p.groups = calloc(r->m->groups.n + 1, sizeof(*p.groups));
	p.calls = calloc(SYMBOLS_MAX_LINES, sizeof(*p.calls));
	ret = !p.places || !p.functions || !p.files || !p.stacks || !p.groups || !p.calls ? err_nomem(err)
	                                                                                  : write_all(&p, err);
	free(p.places);
	free(p.functions);
	free(p.files);
	free(p.stacks);
	free(p.groups);
	free(p.calls);
	buf_free(&p.out);
	buf_free(&p.text);
	return ret;
}

const struct output output_perfetto = {
	.name = "perfetto",
	.help = "timeline of every goroutine for ui.perfetto.dev (TrackEvent protobuf)",
	.limits_itself = true,
	.write = write_perfetto,
};
