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

#define CLASS_SLACK 32 /* the most that a size class has over the size of a sudog */

bool objscan_is_sudog(const struct objscan *s, const struct objwords *w)
{
	const struct go_layout *l = s->env->l;
	uint64_t size = (uint64_t)l->sudog_size, g = (uint64_t)l->sudog_g / 8;

	if (l->sudog_size < 0 || l->sudog_g < 0 || w->n * 8 < size || w->n * 8 > size + CLASS_SLACK)
		return false;
	return g < w->n && map_get(&s->gs, w->words[g]);
}

static bool is_at_semaphore(const struct objscan *s, const struct objwords *w)
{
	const struct go_layout *l = s->env->l;

	return l->sudog_c >= 0 && (size_t)l->sudog_c / 8 < w->n && !w->words[l->sudog_c / 8] && objscan_is_sudog(s, w);
}

int objscan_words(struct objscan *s, struct heap_obj o, struct objwords *w)
{
	int ret = heap_words(&s->heap, o, &w->words, &w->n);

	w->mask = NULL;
	w->skip = w->n;
	if (ret)
		w->n = 0;
	if (w->n && is_at_semaphore(s, w))
		w->n = w->skip = 0;
	if (!w->n)
		return ret;
	w->mask = gcmasks_of(&s->masks, &s->heap, o, w->words, w->n);
	if (is_g(s, w))
		w->skip = (size_t)s->env->l->g_stack_hi / 8;
	return 0;
}
