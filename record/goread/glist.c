// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/goread/glist.h"

#include <errno.h>
#include <stdlib.h>

#define ALLGS_MAX (64u << 20) /* goroutines; more than any real process has */
#define LIST_PART 512         /* a page of addresses */

static uint64_t var_addr(const struct gread_env *env, enum go_var v)
{
	uint64_t addr;

	return gobin_var(env->bin, v, &addr, NULL) ? 0 : addr + env->bias;
}

int glist_init(struct glist *l, const struct gread_env *env, struct err *err)
{
	*l = (struct glist){ .mem = env->mem,
		             .slice = var_addr(env, GO_VAR_ALLGS),
		             .len = var_addr(env, GO_VAR_ALLGLEN),
		             .ptr = var_addr(env, GO_VAR_ALLGPTR) };
	if (!l->slice && !(l->len && l->ptr))
		return err_set(err, ENOENT, "cannot find the list of goroutines (runtime.allgs) in the program");
	return 0;
}

/*
 * The runtime raises allglen after it has stored the entry (runtime.allgadd),
 * so read allglen first, then the pointer.
 */
static int read_bounds(const struct glist *l, uint64_t *ptr, uint64_t *len)
{
	uint64_t slice[3] = { 0 };
	int ret;

	if (l->len && l->ptr) {
		ret = memory_read(l->mem, l->len, len, sizeof(*len));
		return ret ? ret : memory_read(l->mem, l->ptr, ptr, sizeof(*ptr));
	}
	/* The runtime does not write the three words at once. */
	ret = memory_read(l->mem, l->slice, slice, sizeof(slice));
	*ptr = slice[0];
	*len = slice[1];
	return ret ? ret : *len > slice[2] ? -EFAULT : 0;
}

/* Memory that lacks a part of the list: takes what there is. -EFAULT: nothing. */
static int read_parts(const struct glist *l, uint64_t ptr, size_t len, uint64_t *v, size_t *n, uint64_t *missing)
{
	size_t from = *n;

	for (size_t i = from, k; i < len; i += k) {
		k = LIST_PART - (ptr / sizeof(*v) + i) % LIST_PART;
		k = len - i < k ? len - i : k;
		if (!memory_read(l->mem, ptr + i * sizeof(*v), v + *n, k * sizeof(*v)))
			*n += k;
	}
	*missing += len - *n;
	return *n > from || len == from ? 0 : -EFAULT;
}

int glist_read(const struct glist *l, uint64_t **v, size_t *n, uint64_t *missing)
{
	uint64_t ptr = 0, len = 0, *grown;
	int ret = read_bounds(l, &ptr, &len);

	if (ret)
		return ret;
	if (len > ALLGS_MAX || len < *n)
		return -EFAULT;
	grown = realloc(*v, (len + 1) * sizeof(**v));
	if (!grown)
		return -ENOMEM;
	*v = grown;
	if (len == *n)
		return 0;
	ret = memory_read(l->mem, ptr + *n * sizeof(**v), *v + *n, (len - *n) * sizeof(**v));
	if (ret == -EFAULT && memory_is_still(l->mem))
		return read_parts(l, ptr, len, *v, n, missing);
	if (!ret)
		*n = len;
	return ret;
}
