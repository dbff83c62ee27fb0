// SPDX-License-Identifier: GPL-2.0-or-later
/* The labels that a program gives its goroutines: pprof.Do, pprof.SetGoroutineLabels. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "record/goread/gread_int.h"

/*
 * g.labels points to a *pprof.labelMap. Up to Go 1.23 that is a
 * map[string]string; since 1.24 it is a struct whose only field is a slice of
 * {key, value string} (runtime/pprof/label.go, internal/runtime/pprof/label).
 */
#define SLICE_MINOR 24

struct gostring {
	uint64_t at, len;
};

struct golabel {
	struct gostring key, value;
};

struct label_list {
	struct golabel v[GREAD_LABELS_MAX];
	uint32_t n;
};

static void list_add(struct label_list *l, struct gostring key, struct gostring value)
{
	if (key.at && key.len && (value.at || !value.len) && l->n < GREAD_LABELS_MAX)
		l->v[l->n++] = (struct golabel){ key, value };
}

static int read_slice(const struct gread_env *env, uint64_t at, struct label_list *l)
{
	uint64_t slice[2];
	struct golabel v[GREAD_LABELS_MAX];
	uint64_t n;

	if (memory_read(env->mem, at, slice, sizeof(slice)))
		return -EFAULT;
	n = slice[1] < GREAD_LABELS_MAX ? slice[1] : GREAD_LABELS_MAX;
	if (n && memory_read(env->mem, slice[0], v, n * sizeof(*v)))
		return -EFAULT;
	for (uint64_t i = 0; i < n; i++)
		list_add(l, v[i].key, v[i].value);
	return 0;
}

/* runtime/map.go (Go 1.23): a header, and buckets of eight. */
struct hmap {
	uint64_t count;
	uint8_t flags, b;
	uint16_t noverflow;
	uint32_t hash0;
	uint64_t buckets, oldbuckets;
};

struct bucket {
	uint8_t top[8];
	struct gostring keys[8], values[8];
	uint64_t overflow;
};

#define TOP_MIN 5         /* minTopHash: smaller ones mark free and moved entries */
#define SAME_SIZE 8       /* sameSizeGrow in flags */
#define BUCKETS_MAX 64    /* read of one map; more than a full list needs */
#define BUCKETS_LOG_MAX 5 /* of the array of buckets: 32 of them */

static int read_buckets(const struct gread_env *env, uint64_t at, uint8_t b, struct label_list *l)
{
	unsigned left = BUCKETS_MAX;

	for (uint64_t i = 0; at && i < 1ull << b; i++) {
		uint64_t from = at + i * sizeof(struct bucket);

		for (; from && left; left--) {
			struct bucket k;

			if (memory_read(env->mem, from, &k, sizeof(k)))
				return -EFAULT;
			for (int j = 0; j < 8; j++)
				if (k.top[j] >= TOP_MIN)
					list_add(l, k.keys[j], k.values[j]);
			from = k.overflow;
		}
	}
	return 0;
}

/* While a map grows, its entries are in both arrays; those that were moved are marked in the old one. */
static int read_map(const struct gread_env *env, uint64_t at, struct label_list *l)
{
	struct hmap h;
	uint64_t map;
	uint8_t old;

	if (memory_read(env->mem, at, &map, sizeof(map)))
		return -EFAULT;
	if (!map)
		return 0;
	if (memory_read(env->mem, map, &h, sizeof(h)) || h.b > BUCKETS_LOG_MAX)
		return -EFAULT;
	old = h.flags & SAME_SIZE || !h.b ? h.b : h.b - 1;
	if (read_buckets(env, h.buckets, h.b, l))
		return -EFAULT;
	return read_buckets(env, h.oldbuckets, old, l);
}

/* Bytes kept of a string, which ends at its first NUL. */
static uint64_t kept(const struct gostring *s)
{
	return s->len < GREAD_LABEL_BYTES ? s->len : GREAD_LABEL_BYTES;
}

/* Reads all strings, each with a NUL behind it. */
static int read_strings(const struct gread_env *env, const struct label_list *l, struct gread *g)
{
	struct memory_piece p[2 * GREAD_LABELS_MAX];
	size_t n = 0, sum = 0;
	char *to;

	for (uint32_t i = 0; i < l->n; i++)
		sum += kept(&l->v[i].key) + kept(&l->v[i].value) + 2;
	to = g->labels = calloc(1, sum + 1);
	if (!to)
		return -ENOMEM;
	for (uint32_t i = 0; i < 2 * l->n; i++) {
		const struct gostring *s = i % 2 ? &l->v[i / 2].value : &l->v[i / 2].key;

		g->label[i / 2][i % 2] = to;
		if (kept(s))
			p[n++] = (struct memory_piece){ .addr = s->at, .to = to, .len = kept(s) };
		to += kept(s) + 1;
	}
	if (memory_read_pieces(env->mem, p, n))
		return -EFAULT;
	for (size_t i = 0; i < n; i++)
		if (!p[i].ok)
			return -EFAULT;
	g->nlabels = l->n;
	return 0;
}

static int label_cmp(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(x[0], y[0]);
}

int gread_labels(const struct gread_env *env, uint64_t at, struct gread *g)
{
	int minor = gobin_go_minor(env->bin), ret;
	struct label_list l = { .n = 0 };

	if (!at)
		return 0;
	ret = minor >= 0 && minor < SLICE_MINOR ? read_map(env, at, &l) : read_slice(env, at, &l);
	if (!ret && l.n)
		ret = read_strings(env, &l, g);
	if (g->nlabels)
		qsort(g->label, g->nlabels, sizeof(*g->label), label_cmp);
	return ret;
}
