// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/reach/objscan.h"

#define STACK_MIN 2048 /* fixedStack, runtime/stack.go */

/*
 * Whether an object is the g of a thread's own stack, which is not in allgs. It
 * contains the bounds of that stack, and another object may begin where the
 * stack ends.
 */
static bool is_g(struct objscan *s, const struct objwords *w)
{
	size_t lo_at = (size_t)s->env->l->g_stack_lo / 8, hi_at = (size_t)s->env->l->g_stack_hi / 8;
	uint64_t lo, size;
	struct heap_obj o;

	if (w->n * 8 != s->g_elem_size || lo_at >= w->n || hi_at >= w->n)
		return false;
	lo = w->words[lo_at];
	size = w->words[hi_at] - lo;
	return lo && size >= STACK_MIN && !(size & (size - 1)) && !heap_find(&s->heap, lo, &o);
}

int objscan_words(struct objscan *s, struct heap_obj o, struct objwords *w)
{
	int ret = heap_words(&s->heap, o, &w->words, &w->n);

	w->mask = NULL;
	w->skip = w->n;
	if (ret)
		w->n = 0;
	if (!w->n)
		return ret;
	w->mask = gcmasks_of(&s->masks, &s->heap, o, w->words, w->n);
	if (is_g(s, w))
		w->skip = (size_t)s->env->l->g_stack_hi / 8;
	return 0;
}
