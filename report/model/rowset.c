// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/model/rowset.h"

#include <errno.h>
#include <stdlib.h>

#define FIRST_CAP 8

struct rowset {
	uint32_t n, cap; /* a power of two */
	uint32_t v[];    /* row + 1; 0: free */
};

/* The slot of the row, or the free slot for it. */
static uint32_t *place_of(struct rowset *s, uint32_t row)
{
	uint32_t at = row * 0x9e3779b1u;

	at = (at ^ at >> 16) & (s->cap - 1);
	while (s->v[at] && s->v[at] != row + 1)
		at = (at + 1) & (s->cap - 1);
	return &s->v[at];
}

bool rowset_has(const struct rowset *s, uint32_t row)
{
	return s && *place_of((struct rowset *)s, row);
}

static struct rowset *rowset_new(const struct rowset *old)
{
	uint32_t cap = old ? old->cap * 2 : FIRST_CAP;
	struct rowset *s = calloc(1, sizeof(*s) + cap * sizeof(*s->v));

	if (!s)
		return NULL;
	s->cap = cap;
	for (uint32_t i = 0; old && i < old->cap; i++)
		if (old->v[i])
			*place_of(s, old->v[i] - 1) = old->v[i];
	s->n = old ? old->n : 0;
	return s;
}

int rowset_add(struct rowset **set, uint32_t row, bool *added)
{
	struct rowset *s = *set;
	uint32_t *at;

	*added = false;
	if (rowset_has(s, row))
		return 0;
	if (!s || s->n * 4 >= s->cap * 3) {
		s = rowset_new(*set);
		if (!s)
			return -ENOMEM;
		free(*set);
		*set = s;
	}
	at = place_of(s, row);
	*at = row + 1;
	s->n++;
	*added = true;
	return 0;
}

void rowset_free(struct rowset *s)
{
	free(s);
}
