// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Waits and goroutines for https://www.speedscope.app: three profiles that
 * share their frames. The format is speedscope's file-format-spec.ts.
 */
#include <stdlib.h>
#include <string.h>

#include "report/analyze/profile.h"
#include "report/analyze/visible.h"
#include "report/render/fmt.h"
#include "report/render/json/json.h"
#include "report/render/out.h"

/* Estimates, to keep within the budget. */
#define BYTES_PER_FRAME 8
#define BYTES_PER_SAMPLE 32

struct speedscope {
	const struct report *r;
	const struct symbols *sym;
	struct json *j;
	struct profile rows;
	size_t n;        /* rows that are written */
	uint32_t *calls; /* of a stack, innermost first */
	/* Frames are places, 0 the unknown one; reasons and states come after them. */
	uint32_t reasons_at, states_at;
};

static const struct {
	const char *name, *unit;
} weights[] = { { "blocked time", "nanoseconds" }, { "waits", "none" }, { "goroutines at the end", "none" } };

static uint64_t weight_of(const struct profile_row *row, size_t i)
{
	return i == 0 ? row->blocked : i == 1 ? row->waits : row->goroutines;
}

static uint32_t find_calls(const struct speedscope *s, uint32_t stack)
{
	struct stack_walk w = stack_walk_of(s->sym, stack, s->r->opts.full_stacks);
	uint32_t place, n = 0;

	while (n < SYMBOLS_MAX_LINES && (place = stack_walk_next(&w)))
		s->calls[n++] = place;
	if (!n)
		s->calls[n++] = 0;
	return n;
}

static void put_note(struct json *j, const char *name)
{
	char text[128];

	snprintf(text, sizeof(text), "[%s]", name);
	json_open(j);
	json_key_str(j, "name", text);
	json_close(j);
}

static void put_frame(struct json *j, const struct symbols *sym, uint32_t id)
{
	const struct place *p = symbols_place(sym, id);
	char pc[24];

	snprintf(pc, sizeof(pc), "0x%llx", (unsigned long long)p->pc);
	json_open(j);
	json_key_str(j, "name", p->func ? symbols_string(sym, p->func) : pc);
	if (p->file) {
		json_key_str(j, "file", symbols_string(sym, p->file));
		json_key_u64(j, "line", p->line);
	}
	json_close(j);
}

/* Many frames may share one long name, of which the trace has one copy. */
static uint64_t frame_bytes(const struct symbols *sym, uint32_t id)
{
	const struct place *p = symbols_place(sym, id);

	return BYTES_PER_SAMPLE + strlen(symbols_string(sym, p->func)) + strlen(symbols_string(sym, p->file));
}

static void put_frames(struct speedscope *s)
{
	uint64_t limit = budget_output(&s->r->budget, s->r->reader), bytes = 0;

	json_key(s->j, "shared");
	json_open(s->j);
	json_key(s->j, "frames");
	json_open_list(s->j);
	put_note(s->j, "unknown");
	for (uint32_t id = 1; id < s->sym->places.n; id++) {
		bytes += frame_bytes(s->sym, id);
		/* The samples count on every frame's number. */
		if (limit && bytes > limit)
			put_note(s->j, "left out");
		else
			put_frame(s->j, s->sym, id);
	}
	for (uint32_t id = 0; id <= TRACE_MAX_REASONS; id++)
		put_note(s->j, reason_name(s->r->m, id));
	for (int state = 0; state < GO_STATES; state++)
		put_note(s->j, go_state_name((uint8_t)state));
	json_close_list(s->j);
	json_close(s->j);
}

/* Outermost first, and last what the goroutine waits for, or does. */
static void put_sample(struct speedscope *s, const struct profile_row *row)
{
	json_open_list(s->j);
	for (uint32_t i = find_calls(s, row->stack); i; i--)
		json_u64(s->j, s->calls[i - 1]);
	json_u64(s->j, row->state == GO_STATE_WAITING ? s->reasons_at + row->reason : s->states_at + row->state);
	json_close_list(s->j);
}

static void put_profile(struct speedscope *s, size_t which)
{
	uint64_t total = 0;

	json_open(s->j);
	json_key_str(s->j, "type", "sampled");
	json_key_str(s->j, "name", weights[which].name);
	json_key_str(s->j, "unit", weights[which].unit);
	json_key(s->j, "samples");
	json_open_list(s->j);
	for (size_t i = 0; i < s->n; i++)
		if (weight_of(&s->rows.v.v[i], which))
			put_sample(s, &s->rows.v.v[i]);
	json_close_list(s->j);
	json_key(s->j, "weights");
	json_open_list(s->j);
	for (size_t i = 0; i < s->n; i++) {
		uint64_t weight = weight_of(&s->rows.v.v[i], which);

		if (weight)
			json_u64(s->j, weight);
		total += weight;
	}
	json_close_list(s->j);
	json_key_u64(s->j, "startValue", 0);
	json_key_u64(s->j, "endValue", total);
	json_close(s->j);
}

static void put_document(struct speedscope *s)
{
	const struct trace_meta *meta = s->r->meta;

	json_open(s->j);
	json_key_str(s->j, "$schema", "https://www.speedscope.app/file-format-schema.json");
	json_key_str(s->j, "exporter", meta->recorder);
	json_key_str(s->j, "name", s->r->path);
	json_key_u64(s->j, "activeProfileIndex", 0);
	put_frames(s);
	json_key(s->j, "profiles");
	json_open_list(s->j);
	for (size_t i = 0; i < sizeof(weights) / sizeof(*weights); i++)
		put_profile(s, i);
	json_close_list(s->j);
	json_close(s->j);
}

/* The rows, most blocked time first, until the budget is spent; idle ones only if they are wanted. */
static void select_rows(struct speedscope *s)
{
	const size_t profiles = sizeof(weights) / sizeof(*weights);
	uint64_t limit = budget_output(&s->r->budget, s->r->reader), bytes = 0;
	struct profile_row *rows = s->rows.v.v;

	for (size_t i = 0; i < s->rows.v.n && (!limit || bytes < limit); i++) {
		if (!report_shows_idle(s->r) && rows[i].is_idle)
			continue;
		bytes += profiles * (BYTES_PER_SAMPLE + (uint64_t)BYTES_PER_FRAME * find_calls(s, rows[i].stack));
		rows[s->n++] = rows[i];
	}
}

static int write_speedscope(const struct report *r, FILE *f, struct err *err)
{
	struct speedscope s = { .r = r, .sym = &r->m->sym, .reasons_at = (uint32_t)r->m->sym.places.n };
	int ret = json_new(&s.j, f, 0, err);

	if (ret)
		return ret;
	json_compact(s.j);
	s.states_at = s.reasons_at + TRACE_MAX_REASONS + 1;
	s.calls = calloc(SYMBOLS_MAX_LINES, sizeof(*s.calls));
	if (!s.calls || profile_find(&s.rows, r)) {
		ret = err_nomem(err);
	} else {
		select_rows(&s);
		put_document(&s);
		ret = json_end(s.j, err);
	}
	profile_free(&s.rows);
	free(s.calls);
	json_free(s.j);
	return ret;
}

const struct output output_speedscope = {
	.name = "speedscope",
	.help = "waits and goroutines for speedscope.app, by stack (JSON)",
	.limits_itself = true,
	.write = write_speedscope,
};
