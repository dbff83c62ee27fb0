// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Waits as a profile for `go tool pprof` and everything else that reads
 * profile.proto (https://github.com/google/pprof, proto/profile.proto), which
 * is a gzipped message with a table of strings. The types of the samples have
 * the names that Go's own block profile uses.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <zlib.h>

#include "report/analyze/budget.h"
#include "report/analyze/profile.h"
#include "report/render/fmt.h"
#include "report/render/out.h"
#include "util/proto.h"

/* Numbers of fields, by message. */
enum {
	PROFILE_SAMPLE_TYPE = 1,
	PROFILE_SAMPLE,
	PROFILE_MAPPING,
	PROFILE_LOCATION,
	PROFILE_FUNCTION,
	PROFILE_STRING,
	PROFILE_TIME = 9,
	PROFILE_DURATION,
	PROFILE_PERIOD_TYPE,
	PROFILE_PERIOD,
	PROFILE_COMMENT,
	PROFILE_DEFAULT_TYPE
};
enum { TYPE_TYPE = 1, TYPE_UNIT };
enum { SAMPLE_LOCATION = 1, SAMPLE_VALUE, SAMPLE_LABEL };
enum { PAIR_KEY = 1, PAIR_STR };
enum {
	MAPPING_ID = 1,
	MAPPING_FILE = 5,
	MAPPING_BUILD_ID,
	MAPPING_HAS_FUNCTIONS,
	MAPPING_HAS_FILES,
	MAPPING_HAS_LINES,
	MAPPING_HAS_INLINED
};
enum { LOCATION_ID = 1, LOCATION_MAPPING, LOCATION_ADDRESS, LOCATION_LINE };
enum { LINE_FUNCTION = 1, LINE_LINE };
enum { FUNCTION_ID = 1, FUNCTION_NAME, FUNCTION_SYSTEM_NAME, FUNCTION_FILE };

/* gzip, with the largest window. */
#define GZIP_WINDOW_BITS (16 + MAX_WBITS)
#define GZIP_MEM_LEVEL 8

enum pprof_label { LABEL_REASON, LABEL_STATE, LABEL_CHANNEL, LABEL_GROUP, LABELS };
static const char *const label_names[LABELS] = { "reason", "state", "channel", "group" };

struct pprof {
	const struct report *r;
	const struct symbols *sym;
	struct buf out, text;
	uint64_t nstrings, limit, left_out;
	uint64_t label_keys[LABELS];
	/* Entries of the table of strings; 0: not yet there. */
	uint32_t *of_string, *of_group, *of_objsite, *of_state;
	VEC(uint32_t) of_reason;
	/* Locations are places, functions are their names; the first id that no place has is that of unknown stacks. */
	bool *location, *function;
	bool has_unknown;
};

/* Appends to the table of strings. */
static uint32_t add_string(struct pprof *p, const char *s)
{
	proto_str(&p->out, PROFILE_STRING, s);
	return (uint32_t)p->nstrings++;
}

/* The same for a name from the trace. */
static uint32_t add_name(struct pprof *p, const char *s)
{
	buf_reset(&p->text);
	fmt_text(&p->text, s);
	return add_string(p, buf_str(&p->text));
}

static uint32_t symbol(struct pprof *p, uint32_t string)
{
	if (string && !p->of_string[string])
		p->of_string[string] = add_name(p, symbols_string(p->sym, string));
	return string ? p->of_string[string] : 0;
}

static uint32_t phrase(struct pprof *p, uint32_t *known, void (*fmt)(struct buf *, const struct model *, uint32_t),
                       uint32_t id)
{
	if (!*known) {
		buf_reset(&p->text);
		fmt(&p->text, p->r->m, id);
		*known = add_string(p, buf_str(&p->text));
	}
	return *known;
}

static uint32_t reason_string(struct pprof *p, uint32_t reason)
{
	while (p->of_reason.n <= reason)
		if (vec_push(&p->of_reason, 0)) {
			p->out.failed = true;
			return 0;
		}
	if (!p->of_reason.v[reason])
		p->of_reason.v[reason] = add_name(p, reason_name(p->r->m, reason));
	return p->of_reason.v[reason];
}

static uint32_t state_string(struct pprof *p, uint8_t state)
{
	if (!p->of_state[state])
		p->of_state[state] = add_string(p, go_state_name(state));
	return p->of_state[state];
}

static void put_type(struct pprof *p, uint32_t field, uint32_t type, uint32_t unit)
{
	size_t at = proto_open(&p->out, field);

	proto_u64(&p->out, TYPE_TYPE, type);
	proto_u64(&p->out, TYPE_UNIT, unit);
	proto_close(&p->out, at);
}

static void put_head(struct pprof *p)
{
	const struct report *r = p->r;
	uint32_t count, ns, delay;

	add_string(p, "");
	count = add_string(p, "count");
	ns = add_string(p, "nanoseconds");
	delay = add_string(p, "delay");
	put_type(p, PROFILE_SAMPLE_TYPE, add_string(p, "contentions"), count);
	put_type(p, PROFILE_SAMPLE_TYPE, delay, ns);
	put_type(p, PROFILE_SAMPLE_TYPE, add_string(p, "goroutines"), count);
	proto_u64(&p->out, PROFILE_DEFAULT_TYPE, delay);
	put_type(p, PROFILE_PERIOD_TYPE, add_string(p, "contentions"), count);
	proto_u64(&p->out, PROFILE_PERIOD, 1);
	proto_u64(&p->out, PROFILE_TIME, (uint64_t)r->meta->start_wall + (uint64_t)model_from(r->m));
	proto_u64(&p->out, PROFILE_DURATION, report_duration(r));
	for (int i = 0; i < LABELS; i++)
		p->label_keys[i] = add_string(p, label_names[i]);
}

/* Without an address range, since all symbols are there. */
static void put_mapping(struct pprof *p)
{
	uint32_t file = add_name(p, p->r->meta->exe), id = add_name(p, p->r->meta->build_id);
	size_t at = proto_open(&p->out, PROFILE_MAPPING);

	proto_u64(&p->out, MAPPING_ID, 1);
	proto_u64(&p->out, MAPPING_FILE, file);
	proto_u64(&p->out, MAPPING_BUILD_ID, id);
	for (uint32_t field = MAPPING_HAS_FUNCTIONS; field <= MAPPING_HAS_INLINED; field++)
		proto_u64(&p->out, field, true);
	proto_close(&p->out, at);
}

static uint32_t unknown_location(const struct pprof *p)
{
	return (uint32_t)p->sym->places.n;
}

static void put_stack(struct pprof *p, uint32_t stack)
{
	struct stack_walk w = stack_walk_of(p->sym, stack, p->r->opts.full_stacks);
	uint32_t place, n = 0;

	for (; (place = stack_walk_next(&w)); n++) {
		proto_u64(&p->out, SAMPLE_LOCATION, place);
		p->location[place] = true;
	}
	if (!n) {
		proto_u64(&p->out, SAMPLE_LOCATION, unknown_location(p));
		p->has_unknown = true;
	}
}

/* An empty string says nothing. */
static void put_label(struct pprof *p, enum pprof_label label, uint32_t string)
{
	size_t at;

	if (!string)
		return;
	at = proto_open(&p->out, SAMPLE_LABEL);
	proto_u64(&p->out, PAIR_KEY, p->label_keys[label]);
	proto_u64(&p->out, PAIR_STR, string);
	proto_close(&p->out, at);
}

static void put_sample(struct pprof *p, const struct profile_row *row)
{
	bool waits = row->state == GO_STATE_WAITING;
	/* These add strings, each of which is a field of the profile. */
	uint32_t reason = waits ? reason_string(p, row->reason) : 0, state = state_string(p, row->state);
	uint32_t channel = row->objsite ? phrase(p, &p->of_objsite[row->objsite], fmt_objsite, row->objsite) : 0;
	uint32_t group = phrase(p, &p->of_group[row->group], fmt_group, row->group);
	size_t at = proto_open(&p->out, PROFILE_SAMPLE);

	put_stack(p, row->stack);
	proto_u64(&p->out, SAMPLE_VALUE, row->waits);
	proto_u64(&p->out, SAMPLE_VALUE, row->blocked);
	proto_u64(&p->out, SAMPLE_VALUE, row->goroutines);
	put_label(p, LABEL_REASON, reason);
	put_label(p, LABEL_STATE, state);
	put_label(p, LABEL_CHANNEL, channel);
	put_label(p, LABEL_GROUP, group);
	proto_close(&p->out, at);
}

static void put_location(struct pprof *p, uint32_t id, uint64_t function, uint32_t line)
{
	size_t at = proto_open(&p->out, PROFILE_LOCATION), in;

	proto_u64(&p->out, LOCATION_ID, id);
	proto_u64(&p->out, LOCATION_MAPPING, 1);
	in = proto_open(&p->out, LOCATION_LINE);
	proto_u64(&p->out, LINE_FUNCTION, function);
	proto_u64(&p->out, LINE_LINE, line);
	proto_close(&p->out, in);
	proto_close(&p->out, at);
}

static void put_function(struct pprof *p, uint64_t id, uint32_t name, uint32_t file)
{
	size_t at = proto_open(&p->out, PROFILE_FUNCTION);

	proto_u64(&p->out, FUNCTION_ID, id);
	proto_u64(&p->out, FUNCTION_NAME, name);
	proto_u64(&p->out, FUNCTION_SYSTEM_NAME, name);
	proto_u64(&p->out, FUNCTION_FILE, file);
	proto_close(&p->out, at);
}

/* The ids of functions: strings, then places without a name, then the unknown one. */
static void put_place(struct pprof *p, uint32_t id)
{
	const struct place *pl = symbols_place(p->sym, id);
	uint64_t function = pl->func ? pl->func : p->sym->strings.n + id;
	char pc[24];

	put_location(p, id, function, pl->line);
	if (!pl->func) {
		snprintf(pc, sizeof(pc), "0x%" PRIx64, pl->pc);
		put_function(p, function, add_string(p, pc), 0);
	} else if (!p->function[pl->func]) {
		uint32_t name = symbol(p, pl->func), file = symbol(p, pl->file);

		p->function[pl->func] = true;
		put_function(p, function, name, file);
	}
}

static void put_places(struct pprof *p)
{
	uint64_t unknown = p->sym->strings.n + unknown_location(p);

	for (uint32_t id = 1; id < p->sym->places.n; id++)
		if (p->location[id])
			put_place(p, id);
	if (p->has_unknown) {
		put_location(p, unknown_location(p), unknown, 0);
		put_function(p, unknown, add_string(p, "[unknown]"), 0);
	}
}

static void put_comments(struct pprof *p)
{
	if (!p->left_out)
		return;
	buf_reset(&p->text);
	fmt_f(&p->text, "%" PRIu64 " samples were left out, which --no-limit writes", p->left_out);
	proto_u64(&p->out, PROFILE_COMMENT, add_string(p, buf_str(&p->text)));
}

static int make(struct pprof *p)
{
	struct profile rows;

	if (profile_find(&rows, p->r))
		return -1;
	put_head(p);
	put_mapping(p);
	for (size_t i = 0; i < rows.v.n; i++) {
		if (p->limit && p->out.len > p->limit)
			p->left_out++;
		else
			put_sample(p, &rows.v.v[i]);
	}
	put_places(p);
	put_comments(p);
	profile_free(&rows);
	return buf_failed(&p->out) || buf_failed(&p->text) ? -1 : 0;
}

static int write_gzip(const struct buf *b, FILE *f)
{
	uint8_t block[1 << 16] = { 0 };
	z_stream z = { .next_in = b->data, .avail_in = (uInt)b->len };
	int ret;

	if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW_BITS, GZIP_MEM_LEVEL, Z_DEFAULT_STRATEGY))
		return -1;
	do {
		z.next_out = block;
		z.avail_out = sizeof(block);
		ret = deflate(&z, Z_FINISH);
		fwrite(block, 1, sizeof(block) - z.avail_out, f);
	} while (ret == Z_OK);
	deflateEnd(&z);
	return ret == Z_STREAM_END ? 0 : -1;
}

static int write_pprof(const struct report *r, FILE *f, struct err *err)
{
	struct pprof p = { .r = r, .sym = &r->m->sym, .limit = budget_output(&r->budget, r->reader) };
	int ret = 0;

	p.of_string = calloc(p.sym->strings.n + 1, sizeof(*p.of_string));
	p.of_group = calloc(r->m->groups.n + 1, sizeof(*p.of_group));
	p.of_objsite = calloc(r->m->objsites.n + 1, sizeof(*p.of_objsite));
	p.of_state = calloc(GO_STATES, sizeof(*p.of_state));
	p.location = calloc(p.sym->places.n + 1, sizeof(*p.location));
	p.function = calloc(p.sym->strings.n + 1, sizeof(*p.function));
	if (!p.of_string || !p.of_group || !p.of_objsite || !p.of_state || !p.location || !p.function || make(&p) ||
	    p.out.len > UINT32_MAX || write_gzip(&p.out, f))
		ret = err_nomem(err);
	free(p.of_string);
	free(p.of_group);
	free(p.of_objsite);
	free(p.of_state);
	free(p.location);
	free(p.function);
	vec_free(&p.of_reason);
	buf_free(&p.out);
	buf_free(&p.text);
	return ret;
}

const struct output output_pprof = {
	.name = "pprof",
	.help = "profile of waits and goroutines for go tool pprof (gzipped profile.proto)",
	.limits_itself = true,
	.write = write_pprof,
};
