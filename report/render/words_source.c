// SPDX-License-Identifier: GPL-2.0-or-later
/* What chanrec vet found in the source, in the report's sentences. */
#include <string.h>

#include "report/analyze/source.h"
#include "report/render/words.h"

/* " at :40" in the claim's own file, else " at pool/pool.go:40". */
static void put_where(struct buf *b, const struct source_claim *c, const struct source_step *s)
{
	say(b, NULL, " at {if}{text}{end}:{num}", W_IF(strcmp(s->path, c->path) != 0), W_TEXT(s->path), W_N(s->line));
}

/* "made here, without a buffer" → "made at :40, without a buffer" */
static void put_step(struct buf *b, const struct source_claim *c, const struct source_step *s)
{
	const char *here = strstr(s->text, " here");
	char before[400];

	if (!here || (size_t)(here - s->text) >= sizeof(before)) {
		say(b, NULL, "{text}", W_TEXT(s->text));
		put_where(b, c, s);
		return;
	}
	memcpy(before, s->text, (size_t)(here - s->text));
	before[here - s->text] = '\0';
	say(b, NULL, "{text}", W_TEXT(before));
	put_where(b, c, s);
	say(b, NULL, "{text}", W_TEXT(here + strlen(" here")));
}

void words_source_claim(struct buf *b, const struct model *m, const struct source_claim *c)
{
	say(b, m, "Confirmed in the source ({word}): {text}", W_WORD(c->check), W_TEXT(c->text));
	for (size_t i = 0; i < c->steps.n; i++) {
		say(b, m, "{if}; {else}. Path: {end}", W_IF(i));
		put_step(b, c, &c->steps.v[i]);
	}
	say(b, m, ".");
}
