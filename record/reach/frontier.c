// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/reach/frontier.h"

#include <errno.h>

static int add(struct frontier *f, const struct heap *h, struct heap_obj o, uint32_t from, uint64_t root)
{
	if (!f->keeps_links || f->queue.n >= FRONTIER_LINKS || from == FRONTIER_NONE)
		return vec_push(&f->rest, o);
	if (from == FRONTIER_ROOT) {
		from |= (uint32_t)f->roots.n;
		if (vec_push(&f->roots, root))
			return -ENOMEM;
	}
	if (heap_is_wanted(h, o) && vec_push(&f->wanted, (uint32_t)f->queue.n))
		return -ENOMEM;
	return vec_push(&f->queue, (struct frontier_entry){ .o = o, .from = from });
}

static int take(struct frontier *f, struct heap *h, const struct frontier_found *found)
{
	if (!heap_mark(h, found->o))
		return 0;
	if (f->label)
		f->label_error |= heap_set_label(h, found->o, f->label);
	return add(f, h, found->o, found->from, found->root);
}

int frontier_find(struct frontier *f, struct heap *h, struct heap_obj o, uint32_t from, uint64_t root)
{
	struct frontier_found *slot = &f->found[f->found_at++ % FRONTIER_AHEAD];
	int ret = slot->used ? take(f, h, slot) : 0;

	heap_fetch_mark(h, o);
	if (f->label)
		heap_fetch_label(h, o);
	*slot = (struct frontier_found){ .o = o, .from = from, .root = root, .used = true };
	return ret;
}

/* Marks everything that was found. */
static int take_found(struct frontier *f, struct heap *h)
{
	int ret = 0;

	for (unsigned i = 0; i < FRONTIER_AHEAD && !ret; i++) {
		struct frontier_found *slot = &f->found[f->found_at++ % FRONTIER_AHEAD];

		if (slot->used)
			ret = take(f, h, slot);
		slot->used = false;
	}
	return ret;
}

static bool is_empty(const struct frontier *f)
{
	return f->head == f->queue.n && !f->rest.n && !f->ahead_n;
}

bool frontier_next(struct frontier *f, struct heap *h, struct heap_obj *o, uint32_t *entry, int *ret)
{
	*ret = is_empty(f) ? take_found(f, h) : 0;
	*entry = FRONTIER_NONE;
	if (f->head < f->queue.n) {
		if (f->head + FRONTIER_AHEAD < f->queue.n)
			heap_fetch_words(h, f->queue.v[f->head + FRONTIER_AHEAD].o);
		*entry = (uint32_t)f->head++;
		*o = f->queue.v[*entry].o;
		return true;
	}
	for (; f->ahead_n < FRONTIER_AHEAD && f->rest.n; f->ahead_n++) {
		f->ahead[(f->ahead_at + f->ahead_n) % FRONTIER_AHEAD] = f->rest.v[--f->rest.n];
		heap_fetch_words(h, f->rest.v[f->rest.n]);
	}
	if (!f->ahead_n)
		return false;
	*o = f->ahead[f->ahead_at++ % FRONTIER_AHEAD];
	f->ahead_n--;
	return true;
}

void frontier_end_links(struct frontier *f)
{
	f->keeps_links = false;
}

void frontier_free(struct frontier *f)
{
	vec_free(&f->queue);
	vec_free(&f->roots);
	vec_free(&f->wanted);
	vec_free(&f->rest);
	*f = (struct frontier){ 0 };
}
