// SPDX-License-Identifier: GPL-2.0-or-later
#include "vet/seen.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/map.h"
#include "vet/locate.h"
#include "vet/vet.h"

/* The lines of the trace that fall on one line of the source. */
struct spots {
	VEC(struct seen) v; /* from 1 */
	struct map by_line; /* unit << 32 | line → index */
	struct map ran;     /* functions */
};

static struct seen *spot_at(const struct spots *s, uint32_t unit, uint32_t line)
{
	const uint64_t *i = map_get(&s->by_line, (uint64_t)unit << 32 | line);

	return i ? &s->v.v[*i] : NULL;
}

static int add_line(struct spots *s, const struct trace_line *t, uint32_t unit)
{
	bool added;
	uint64_t *i = map_put(&s->by_line, (uint64_t)unit << 32 | t->line, &added);
	struct seen *to;

	if (!i)
		return -ENOMEM;
	if (added) {
		*i = s->v.n;
		if (vec_push(&s->v, (struct seen){ 0 }))
			return -ENOMEM;
	}
	to = &s->v.v[*i];
	to->goroutines += t->goroutines;
	to->waits += t->waits;
	to->open += t->open;
	to->made += t->made;
	to->closed += t->closed;
	if (t->longest > to->longest)
		to->longest = t->longest;
	if (t->verdict)
		snprintf(to->verdict, sizeof(to->verdict), "%s", t->verdict);
	return 0;
}

static int add_lines(struct spots *s, const struct locator *l, const struct trace_lines *lines)
{
	int ret = vec_push(&s->v, (struct seen){ 0 });

	for (size_t i = 0; i < lines->v.n && !ret; i++) {
		const struct trace_line *t = &lines->v.v[i];
		uint32_t unit = locate_file(l, t->file, t->function), func = unit ? locate_func(l, unit, t->line) : 0;

		/* Another version of the file: its lines mean nothing here. */
		if (!func || !locate_is_func(l, func, t->function))
			continue;
		ret = add_line(s, t, unit);
		if (!ret && !map_put(&s->ran, func, NULL))
			ret = -ENOMEM;
	}
	return ret;
}

static uint32_t outermost(const struct program *p, uint32_t func)
{
	while (program_func(p, func)->outer)
		func = program_func(p, func)->outer;
	return func;
}

/* A channel that the trace shows being closed each time is not one that nobody closes. */
static bool is_refuted(const struct finding *f, const struct seen *made)
{
	return (f->check == CHECK_RANGE || f->check == CHECK_RECV) && made && made->made && made->closed == made->made;
}

static void match(const struct vet *v, const struct spots *s, struct finding *f)
{
	const struct unit *u = program_unit(v->p, f->at.unit);
	const struct seen *here = spot_at(s, f->at.unit, unit_line(u, f->at.pos, NULL)), *made = NULL;

	f->seen = here ? *here : (struct seen){ 0 };
	if (f->made.unit)
		made = spot_at(s, f->made.unit, unit_line(program_unit(v->p, f->made.unit), f->made.pos, NULL));
	f->seen.made = made ? made->made : 0;
	f->seen.closed = made ? made->closed : 0;
	if (f->seen.verdict[0])
		f->seen.kind = SEEN_BLOCKED;
	else if (is_refuted(f, made) && !f->seen.open)
		f->seen.kind = SEEN_REFUTED;
	else if (f->seen.open)
		f->seen.kind = SEEN_WAITING;
	else if (f->seen.waits)
		f->seen.kind = SEEN_WAITED;
	else
		f->seen.kind = map_get(&s->ran, outermost(v->p, f->func)) ? SEEN_RAN : SEEN_NOT_RUN;
}

int vet_match_trace(struct vet *v, const struct trace_lines *lines)
{
	struct locator l;
	struct spots s = { 0 };
	int ret = locator_init(&l, v->p);

	if (!ret)
		ret = add_lines(&s, &l, lines);
	for (size_t i = 0; i < v->sink.findings.n && !ret; i++)
		match(v, &s, &v->sink.findings.v[i]);
	if (!ret)
		vet_sort(v);
	locator_free(&l);
	vec_free(&s.v);
	map_free(&s.by_line);
	map_free(&s.ran);
	return ret;
}
