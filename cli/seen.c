// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/seen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/view.h"
#include "import/import.h"
#include "report/analyze/objects.h"
#include "report/render/words.h"

struct seen_trace {
	struct report *r;
	struct trace_lines lines; /* by place, 0 included */
	VEC(char *) verdicts;
};

static struct trace_line *line_at(struct seen_trace *t, uint32_t place)
{
	return &t->lines.v.v[place < t->lines.v.n ? place : 0];
}

static int add_places(struct seen_trace *t)
{
	const struct symbols *sym = &t->r->m->sym;

	for (uint32_t i = 0; i < sym->places.n; i++) {
		const struct place *p = symbols_place(sym, i);
		struct trace_line line = { .file = symbols_string(sym, p->file),
			                   .function = symbols_string(sym, p->func),
			                   .line = p->line };

		if (vec_push(&t->lines.v, line))
			return -ENOMEM;
	}
	return t->lines.v.n ? 0 : vec_push(&t->lines.v, (struct trace_line){ .file = "", .function = "" });
}

static void add_wait(struct trace_line *line, const struct wsite *ws)
{
	line->waits += ws->waits;
	line->open += ws->open;
	if ((int64_t)ws->max > line->longest)
		line->longest = (int64_t)ws->max;
}

static void add_waits(struct seen_trace *t)
{
	const struct model *m = t->r->m;

	for (size_t i = 1; i < m->wsites.n; i++) {
		const struct wsite *ws = &m->wsites.v[i];
		uint32_t user = symbols_stack_user(&m->sym, ws->stack), app = symbols_stack_app(&m->sym, ws->stack);

		add_wait(line_at(t, user), ws);
		if (app && app != user)
			add_wait(line_at(t, app), ws);
	}
}

static int add_leak(struct seen_trace *t, const struct leak *l)
{
	const struct model *m = t->r->m;
	const struct goroutine *g = model_goroutine(m, l->example);
	uint32_t places[3] = { l->place, g ? symbols_stack_app(&m->sym, g->wait.stack) : 0, l->blocker.taken };
	struct buf b = { 0 };
	char *verdict;

	words_verdict_name(&b, l);
	verdict = buf_failed(&b) ? NULL : strndup((const char *)b.data, b.len);
	buf_free(&b);
	if (!verdict || vec_push(&t->verdicts, verdict)) {
		free(verdict);
		return -ENOMEM;
	}
	for (int i = 0; i < 3; i++) {
		struct trace_line *line = line_at(t, places[i]);

		if (!places[i] || (i && places[i] == places[0]))
			continue;
		line->verdict = verdict;
		line->goroutines += l->n;
		if (l->longest > line->longest)
			line->longest = l->longest;
	}
	return 0;
}

static int add_channels(struct seen_trace *t)
{
	struct chan_rows rows = { 0 };
	int ret = channel_rows_find(&rows, t->r);

	for (size_t i = 0; i < rows.v.n && !ret; i++) {
		const struct chan_row *row = &rows.v.v[i];
		struct trace_line *line = line_at(t, channel_place(&t->r->m->sym, &row->sum));

		line->made += row->n;
		line->closed += row->sum.closed ? row->n : 0;
	}
	chan_rows_free(&rows);
	return ret;
}

static int load(struct seen_trace *t, const char *path, struct err *err)
{
	struct view view = VIEW_DEFAULTS;
	char imported[64];
	int fd = -1, ret = import_file(path, &fd, err);

	snprintf(imported, sizeof(imported), "/proc/self/fd/%d", fd);
	if (!ret)
		ret = report_load(&t->r, fd < 0 ? path : imported, &view.opts, err);
	if (fd >= 0)
		close(fd);
	if (!ret && t->r->damaged)
		fprintf(stderr, "chanrec: warning: %s: %s; only what precedes that counts\n", path, t->r->damage);
	return ret;
}

int seen_read(struct seen_trace **out, const char *path, struct err *err)
{
	struct seen_trace *t = *out = calloc(1, sizeof(*t));
	int ret;

	if (!t)
		return err_nomem(err);
	ret = load(t, path, err);
	if (ret)
		return ret;
	ret = add_places(t);
	if (!ret)
		add_waits(t);
	for (uint32_t i = 0; i < t->r->leaks.nsuspects && !ret; i++)
		ret = add_leak(t, &t->r->leaks.v.v[i]);
	if (!ret)
		ret = add_channels(t);
	return ret ? err_nomem(err) : 0;
}

const struct trace_lines *seen_lines(const struct seen_trace *t)
{
	return &t->lines;
}

void seen_free(struct seen_trace *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->verdicts.n; i++)
		free(t->verdicts.v[i]);
	vec_free(&t->verdicts);
	vec_free(&t->lines.v);
	report_free(t->r);
	free(t);
}
