// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/source.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vet/locate.h"
#include "vet/vet.h"

#define AROUND 1       /* lines shown before and after a place */
#define LINE_BYTES 400 /* of a line */
#define CLAIMS_OF_PLACE 3
#define THREADS_MAX 64

/* A place of the trace in the source: what claims are looked up by. */
struct spot {
	uint32_t place, unit, line;
};

struct reading {
	struct sources *to;
	struct vet vet;
	struct locator locator;
	VEC(struct spot) spots;
};

static char *line_text(const struct unit *u, uint32_t line)
{
	const char *s = u->text + u->lines.v[line - 1];
	size_t n = (line < u->lines.n ? u->lines.v[line] : u->len) - u->lines.v[line - 1];

	while (n && (s[n - 1] == '\n' || s[n - 1] == '\r'))
		n--;
	return strndup(s, n < LINE_BYTES ? n : LINE_BYTES);
}

static int add_lines(struct source_place *p, const struct unit *u)
{
	uint32_t last = p->line + AROUND < u->lines.n ? p->line + AROUND : (uint32_t)u->lines.n;

	p->first = p->line > AROUND ? p->line - AROUND : 1;
	for (uint32_t i = p->first; i <= last; i++) {
		char *text = line_text(u, i);

		if (!text || vec_push(&p->text, text)) {
			free(text);
			return -ENOMEM;
		}
	}
	return 0;
}

static int add_place(struct reading *r, const struct source_wanted *w)
{
	uint32_t unit = locate_file(&r->locator, w->file, w->function), func;
	struct source_place p = { .place = w->place, .line = w->line };
	const struct unit *u = unit ? program_unit(r->vet.p, unit) : NULL;

	if (!u || !u->text || !w->line || w->line > u->lines.n)
		return 0;
	func = locate_func(&r->locator, unit, w->line);
	/* The compiler names closures of variables, and what it makes itself, after no function of the file. */
	p.differs = func ? !locate_is_func(&r->locator, func, w->function) : false;
	p.path = strdup(u->path);
	if (!p.path || add_lines(&p, u) || vec_push(&r->to->places, p)) {
		free(p.path);
		for (size_t i = 0; i < p.text.n; i++)
			free(p.text.v[i]);
		vec_free(&p.text);
		return -ENOMEM;
	}
	return p.differs ? 0 : vec_push(&r->spots, (struct spot){ w->place, unit, w->line });
}

static uint32_t place_line(const struct reading *r, struct place at, const char **path)
{
	const struct unit *u = program_unit(r->vet.p, at.unit);

	*path = u->path;
	return unit_line(u, at.pos, NULL);
}

static int add_step(const struct reading *r, struct source_claim *c, const struct note *n)
{
	struct source_step *step;
	const char *path;

	if (vec_extend(&c->steps, c->steps.n + 1))
		return -ENOMEM;
	step = &c->steps.v[c->steps.n - 1];
	step->line = place_line(r, n->at, &path);
	step->path = strdup(path);
	step->text = strdup(n->text);
	return step->path && step->text ? 0 : -ENOMEM;
}

static int add_claim(struct reading *r, uint32_t place, const struct finding *f)
{
	struct source_claim *c, claim = { .place = place,
		                          .check = check_at(f->check)->id,
		                          .confidence = confidence_name(f->confidence) };
	const char *path;
	int ret = 0;

	claim.line = place_line(r, f->at, &path);
	if (vec_push(&r->to->claims, claim))
		return -ENOMEM;
	c = &r->to->claims.v[r->to->claims.n - 1];
	c->path = strdup(path);
	c->text = strdup(f->text);
	if (!c->path || !c->text)
		return -ENOMEM;
	for (size_t i = 0; i < f->notes.n && !ret; i++)
		ret = add_step(r, c, &f->notes.v[i]);
	return ret;
}

/* The findings of vet at one place of the trace, the most certain first, each check once. */
static int add_claims(struct reading *r, const struct spot *at)
{
	unsigned checks = 0;
	bool seen[CHECKS] = { false };

	for (int c = CONFIDENCE_CERTAIN; c >= CONFIDENCE_POSSIBLE; c--)
		for (size_t i = 0; i < r->vet.sink.findings.n && checks < CLAIMS_OF_PLACE; i++) {
			const struct finding *f = &r->vet.sink.findings.v[i];

			if (f->at.unit != at->unit || (int)f->confidence != c || seen[f->check] ||
			    unit_line(program_unit(r->vet.p, at->unit), f->at.pos, NULL) != at->line)
				continue;
			seen[f->check] = true;
			checks++;
			if (add_claim(r, at->place, f))
				return -ENOMEM;
		}
	return 0;
}

/* Whoever asks for the source wants to see what the report shows, not each file that vet cannot read. */
static void ignore_warning(void *ctx, const char *msg)
{
	(void)ctx;
	(void)msg;
}

static bool names_tests(const struct source_list *wanted)
{
	for (size_t i = 0; i < wanted->v.n; i++) {
		size_t n = strlen(wanted->v.v[i].file);

		if (n > 8 && !strcmp(wanted->v.v[i].file + n - 8, "_test.go"))
			return true;
	}
	return false;
}

static int read_all(struct reading *r, const struct source_list *wanted)
{
	int ret = locator_init(&r->locator, r->vet.p);

	for (size_t i = 0; i < wanted->v.n && !ret; i++)
		ret = add_place(r, &wanted->v.v[i]);
	for (size_t i = 0; i < r->spots.n && !ret; i++)
		ret = add_claims(r, &r->spots.v[i]);
	locator_free(&r->locator);
	vec_free(&r->spots);
	return ret;
}

int source_look(struct sources *s, const struct source_list *wanted, const char *dir, struct err *err)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	struct reading r = { .to = s };
	struct vet_opts o = { .min = CONFIDENCE_POSSIBLE };
	char *paths[] = { strdup(dir) };
	int ret;

	if (!paths[0])
		return err_nomem(err);
	processors = processors < 1 ? 1 : processors > THREADS_MAX ? THREADS_MAX : processors;
	o.load = (struct load_opts){ .tests = names_tests(wanted), .generated = true, .threads = (unsigned)processors };
	ret = vet_run(&r.vet, paths, 1, &o, ignore_warning, NULL, err);
	if (ret)
		err_prefix(err, "--source");
	else if (read_all(&r, wanted))
		ret = err_nomem(err);
	vet_free(&r.vet);
	free(paths[0]);
	return ret;
}
