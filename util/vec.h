/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_UTIL_VEC_H
#define CHANREC_UTIL_VEC_H

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

/*
 * A growing array: struct { T *v; size_t n, cap; } = VEC(T). Zero-initialise.
 */
#define VEC(T) \
	struct { \
		T *v; \
		size_t n, cap; \
	}

int vec_grow(void **v, size_t *cap, size_t need, size_t size);

/* Appends a copy of item. 0 or -ENOMEM. */
#define vec_push(vec, ...) \
	(vec_grow((void **)&(vec)->v, &(vec)->cap, (vec)->n + 1, sizeof(*(vec)->v)) \
	         ? -ENOMEM \
	         : ((vec)->v[(vec)->n++] = (__VA_ARGS__), 0))

/* Makes indices 0 … need-1 valid, new ones zeroed. 0 or -ENOMEM. */
#define vec_extend(vec, need) vec_zgrow((void **)&(vec)->v, &(vec)->n, &(vec)->cap, (need), sizeof(*(vec)->v))
int vec_zgrow(void **v, size_t *n, size_t *cap, size_t need, size_t size);

#define vec_free(vec) (free((vec)->v), (vec)->v = NULL, (vec)->n = (vec)->cap = 0)

#endif
