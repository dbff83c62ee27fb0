// SPDX-License-Identifier: GPL-2.0-or-later
/* The phrases about who has an object, and the way from there to it. */
#include "report/render/words.h"

#define STEPS_SAID 6 /* of a way, in a sentence */

static const struct trace_owner_step *step_of(const struct model *m, const struct owner *o, uint32_t i)
{
	return &m->owners.steps.v[o->first_step + i];
}

void words_owner_name(struct buf *b, const struct model *m, const struct owner *o)
{
	uint32_t at = symbols_frame_inner(&m->sym, o->frame);

	if (o->kind == TRACE_OWNER_GOROUTINE)
		say(b, m, "{who}{at}", W_GO(o->goid), W_PLACE(at));
	else if (o->name)
		say(b, m, "variable {text}{if}+{hex}{end}", W_TEXT(symbols_string(&m->sym, o->name)), W_IF(o->offset),
		    W_N(o->offset));
	else
		say(b, m, "the variable at {hex}", W_N(o->addr));
}

void words_owner_step(struct buf *b, const struct model *m, const struct owner *o, uint32_t i)
{
	uint64_t offset = i < o->nsteps ? step_of(m, o, i)->offset : 0;
	bool is_last = i + 1 >= o->nsteps;

	say(b, m, "{if}{object}{end}{if} at {end}{if}+{hex}{end}", W_IF(is_last), W_OBJ(&o->obj),
	    W_IF(is_last && offset), W_IF(!is_last || offset), W_N(offset));
}

/* " → +0x38 → … → channel #7"; nothing where the variable is the object. */
static void put_way(struct buf *b, const struct model *m, const void *of)
{
	const struct owner *o = of;
	uint32_t n = o->nsteps;

	if (!o->distance) {
		say(b, m, " is {object}", W_OBJ(&o->obj));
		return;
	}
	if (!n)
		say(b, m, " → … → {object}", W_OBJ(&o->obj));
	for (uint32_t i = 0; i < n; i++) {
		bool is_left_out = n > STEPS_SAID && i >= STEPS_SAID / 2 && i < n - STEPS_SAID / 2;

		if (i == n / 2 && (o->is_cut || is_left_out))
			say(b, m, " → …");
		if (is_left_out)
			continue;
		say(b, m, " → ");
		words_owner_step(b, m, o, i);
	}
}

void words_owner(struct buf *b, const struct model *m, const struct owner *o)
{
	words_owner_name(b, m, o);
	put_way(b, m, o);
}

void words_owners_all(struct buf *b, const struct model *m, const struct owner *o, size_t n)
{
	/* Any function can use a variable. */
	if (n && !o->distance)
		return;
	say(b, m,
	    "{if}{if}Nobody else has it, apart from goroutines that wait for it.{else}Others may have it, "
	    "too.{end}{end}",
	    W_IF(n), W_IF(n && o->is_complete));
}
