// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/goread/gglance.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "record/goread/gfield.h"

/*
 * The gs of one span lie next to each other, and a piece of memory costs about
 * as much to read as 2 KiB of it: neighbours this close are read at once.
 */
#define GAP_MAX 2048
#define PIECE_MAX (64u << 10)

struct run {
	size_t first, n; /* goroutines */
	size_t at;       /* in the buffer: of the first one's part */
};

int gglancer_init(struct gglancer *r, const struct memory *mem, const struct go_layout *l)
{
	const int32_t words[] = { l->g_goid,       l->g_sched_pc,     l->g_waiting,
		                  l->g_waitreason, l->g_atomicstatus, l->g_trackingseq };

	*r = (struct gglancer){ .mem = mem, .l = l, .lo = INT32_MAX };
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (words[i] < 0)
			continue;
		r->lo = words[i] < r->lo ? words[i] : r->lo;
		r->hi = words[i] + 8 > r->hi ? words[i] + 8 : r->hi;
	}
	if (r->hi > l->g_size)
		r->hi = l->g_size;
	/* A run takes a part for its first goroutine, and at most GAP_MAX for each further one. */
	r->buf = malloc((size_t)r->lo + GGLANCE_BATCH * (GAP_MAX + (size_t)(r->hi - r->lo)));
	return r->buf ? 0 : -ENOMEM;
}

void gglancer_free(struct gglancer *r)
{
	free(r->buf);
	r->buf = NULL;
}

struct gglance gglance_of(const struct go_layout *l, const uint8_t *g)
{
	return (struct gglance){ .goid = g_u64(g, l->g_goid),
		                 .pc = g_u64(g, l->g_sched_pc),
		                 .waiting = g_u64(g, l->g_waiting),
		                 .status = g_status(l, g),
		                 .reason = g[l->g_waitreason],
		                 .runs = l->g_trackingseq >= 0 ? g[l->g_trackingseq] : 0,
		                 .is_read = true };
}

bool gglance_is_none(const struct gglance *g)
{
	return g_status_is_none(g->status) || !g->goid;
}

bool gglance_waits(const struct gglance *g)
{
	return g->status == G_WAITING || g->status == G_LEAKED;
}

/*
 * A goroutine that parked anew has stopped running once more (casgstatus in
 * runtime/proc.go). The other words tell those apart that did so exactly 256 times.
 * Not sp: the runtime may move the stack of a goroutine that waits.
 */
bool gglance_is_same_wait(const struct gglance *a, const struct gglance *b)
{
	return a->goid == b->goid && a->runs == b->runs && a->reason == b->reason && a->waiting == b->waiting &&
	       a->pc == b->pc;
}

/* Joins neighbours into runs that are read as one piece. Returns how many. */
static size_t make_runs(const struct gglancer *r, const uint64_t *addrs, size_t n, struct run *runs,
                        struct memory_piece *pieces)
{
	size_t part = (size_t)(r->hi - r->lo), k = 0, at = (size_t)r->lo;

	for (size_t i = 0; i < n;) {
		size_t first = i++;

		while (i < n && addrs[i] - addrs[i - 1] <= GAP_MAX && addrs[i] - addrs[first] + part <= PIECE_MAX)
			i++;
		runs[k] = (struct run){ .first = first, .n = i - first, .at = at };
		pieces[k] = (struct memory_piece){ .addr = addrs[first] + (uint64_t)r->lo,
			                           .to = r->buf + at,
			                           .len = addrs[i - 1] - addrs[first] + part };
		at += pieces[k++].len;
	}
	return k;
}

/* A piece that could not be read as a whole: one goroutine after the other. */
static int read_each(struct gglancer *r, const uint64_t *addrs, size_t n, struct gglance *out)
{
	size_t part = (size_t)(r->hi - r->lo);

	for (size_t i = 0; i < n; i++) {
		int ret = memory_read(r->mem, addrs[i] + (uint64_t)r->lo, r->buf + r->lo, part);

		if (ret == -ESRCH)
			return ret;
		if (ret)
			memset(&out[i], 0, sizeof(out[i]));
		else
			out[i] = gglance_of(r->l, r->buf);
	}
	return 0;
}

int gglance_read(struct gglancer *r, const uint64_t *addrs, size_t n, struct gglance *out)
{
	struct memory_piece pieces[GGLANCE_BATCH];
	struct run runs[GGLANCE_BATCH];
	size_t k = make_runs(r, addrs, n, runs, pieces);
	int ret = memory_read_pieces(r->mem, pieces, k);

	for (size_t j = 0; !ret && j < k; j++) {
		const struct run *run = &runs[j];

		for (size_t i = 0; pieces[j].ok && i < run->n; i++)
			out[run->first + i] =
			        gglance_of(r->l, r->buf + run->at - r->lo + addrs[run->first + i] - addrs[run->first]);
	}
	for (size_t j = 0; !ret && j < k; j++)
		if (!pieces[j].ok)
			ret = read_each(r, addrs + runs[j].first, runs[j].n, out + runs[j].first);
	return ret;
}
