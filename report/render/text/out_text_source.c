// SPDX-License-Identifier: GPL-2.0-or-later
/* What the source says at the places of a finding (report --source). */
#include "report/analyze/finding_places.h"
#include "report/analyze/source.h"
#include "report/render/text/text.h"
#include "report/render/words.h"

#define INDENT 5
#define PLACES_SHOWN 3
#define TAB 4
#define LINE_SIZE 1024

/* Tabs become blanks. */
static const char *with_blanks(const char *s, char to[LINE_SIZE])
{
	size_t n = 0;

	for (; *s && n + TAB < LINE_SIZE; s++) {
		if (*s != '\t') {
			to[n++] = *s;
			continue;
		}
		do
			to[n++] = ' ';
		while (n % TAB);
	}
	to[n] = '\0';
	return to;
}

static void put_lines(struct text *t, const struct source_place *p)
{
	char line[LINE_SIZE];

	text_say(t, "     {text}:{num}{if} (not the version that the program was built from){end}", W_TEXT(p->path),
	         W_N(p->line), W_IF(p->differs));
	text_end(t);
	for (size_t i = 0; i < p->text.n && !p->differs; i++) {
		uint32_t n = p->first + (uint32_t)i;

		text_say(t, "   {if}>{else} {end} {num >6}  {text}", W_IF(n == p->line), W_N(n),
		         W_TEXT(with_blanks(p->text.v[i], line)));
		text_end(t);
	}
}

static void put_claims(struct text *t, const struct finding_facts *facts)
{
	for (size_t i = 0; i < facts->places.n; i++) {
		const struct source_claim *c = facts->places.v[i].role == PLACE_CREATED
		                                       ? NULL
		                                       : sources_claim(t->r->sources, facts->places.v[i].place);

		if (!c)
			continue;
		words_source_claim(&t->b, t->m, c);
		text_wrap(t, INDENT, INDENT);
		return;
	}
}

void text_put_source(struct text *t, const struct finding *f)
{
	uint32_t shown = 0, seen[FINDING_PLACES_MAX];
	struct finding_facts facts;

	if (!t->r->sources)
		return;
	if (!finding_facts(&facts, t->r, f)) {
		put_claims(t, &facts);
		for (size_t i = 0; i < facts.places.n && (shown < PLACES_SHOWN || t->r->opts.full); i++) {
			const struct source_place *p = sources_place(t->r->sources, facts.places.v[i].place);
			bool again = false;

			for (uint32_t k = 0; k < shown; k++)
				again |= seen[k] == facts.places.v[i].place;
			if (!p || again)
				continue;
			put_lines(t, p);
			seen[shown++] = p->place;
		}
	}
	finding_facts_free(&facts);
}
