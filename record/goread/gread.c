// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/goread/gread_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/clock.h"

#define GOID_MAX (1ull << 48) /* larger values are not goids */

struct gread_chunk *gread_chunk_new(const struct gread_env *env)
{
	struct gread_chunk *c = calloc(1, sizeof(*c));
	size_t size = (size_t)env->l->g_size;

	if (!c)
		return NULL;
	c->env = env;
	c->before = malloc(GREAD_CHUNK * size);
	c->after = malloc(GREAD_CHUNK * size);
	c->windows = malloc((size_t)GREAD_CHUNK * GREAD_WINDOW);
	if (c->before && c->after && c->windows)
		return c;
	gread_chunk_free(c);
	return NULL;
}

static void chunk_reset(struct gread_chunk *c)
{
	for (size_t i = 0; i < GREAD_CHUNK; i++) {
		free(c->g[i].objs);
		memset(&c->g[i], 0, offsetof(struct gread, pcs));
		c->g[i].nobjs = c->g[i].nobjs_all = c->g[i].nlocks = c->g[i].nvague = c->g[i].nuses = 0;
		c->g[i].objs = NULL;
		c->g[i].locks_open = false;
		free(c->g[i].labels);
		c->g[i].labels = NULL;
		c->g[i].nlabels = 0;
	}
}

void gread_chunk_free(struct gread_chunk *c)
{
	if (!c)
		return;
	chunk_reset(c);
	free(c->before);
	free(c->after);
	free(c->windows);
	free(c);
}

void gread_chunk_find_locks(struct gread_chunk *c, struct lock_regions *regions)
{
	c->regions = regions;
}

void gread_chunk_find_labels(struct gread_chunk *c)
{
	c->finds_labels = c->env->l->g_labels >= 0;
}

static uint8_t state_of(uint32_t status)
{
	switch (status) {
	case G_RUNNABLE:
	case G_PREEMPTED:
		return TRACE_GO_RUNNABLE;
	case G_RUNNING:
		return TRACE_GO_RUNNING;
	case G_SYSCALL:
		return TRACE_GO_SYSCALL;
	case G_WAITING:
	case G_LEAKED:
		return TRACE_GO_WAITING;
	default:
		return TRACE_GO_STATE_UNKNOWN;
	}
}

static bool stands_still(uint32_t status)
{
	return status == G_RUNNABLE || status == G_PREEMPTED || status == G_SYSCALL || status == G_WAITING ||
	       status == G_LEAKED;
}

/* Parses the first read of the g, and sets the part of the stack to read. */
static void parse_before(struct gread_chunk *c, size_t i)
{
	const struct go_layout *l = c->env->l;
	const uint8_t *b = c->before + i * (size_t)l->g_size;
	struct stack_view *v = &c->view[i];
	struct gread *g = &c->g[i];
	uint32_t status = g_status(l, b);
	struct g_place at;

	memset(v, 0, sizeof(*v));
	g->goid = g_u64(b, l->g_goid);
	g->state = state_of(status);
	if (g_is_none(l, b) || !g->goid) {
		g->verdict = GREAD_NONE;
		return;
	}
	g->parent = g_u64(b, l->g_parentgoid);
	g->gopc = g_u64(b, l->g_gopc);
	g->startpc = g_u64(b, l->g_startpc);
	g->waitsince = g_u64(b, l->g_waitsince);
	g->reason = b[l->g_waitreason];
	g->is_known = g->goid <= GOID_MAX;
	if (!g->is_known || status == G_COPYSTACK) {
		g->verdict = GREAD_MOVED;
		return;
	}
	g->verdict = GREAD_OK;
	if (status == G_RUNNING) {
		v->is_exact = gread_running_at(c->env, b, &at);
		g->locks_open = !v->is_exact;
		if (!v->is_exact)
			return;
	} else if (!stands_still(status)) {
		return;
	} else if (!g_stands_at(l, b, &at)) {
		g->verdict = GREAD_MOVED;
		return;
	}
	v->pc = at.pc;
	v->sp = at.sp;
	v->limit = at.hi;
	v->lo = v->sp;
	v->hi = v->limit - v->sp > GREAD_WINDOW ? v->sp + GREAD_WINDOW : v->limit;
}

/* Whether the g is the same after its stack was read as before. */
static bool is_unmoved(const struct gread_env *env, const uint8_t *a, const uint8_t *b)
{
	const struct go_layout *l = env->l;
	const int32_t words[] = { l->g_goid,     l->g_stack_lo, l->g_stack_hi, l->g_sched_sp, l->g_sched_pc,
		                  l->g_sched_bp, l->g_waiting,  l->g_gopc,     l->g_startpc };

	if (g_status(env->l, a) != g_status(env->l, b))
		return false;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (g_u64(a, words[i]) != g_u64(b, words[i]))
			return false;
	if (g_status(env->l, a) != G_WAITING && g_status(env->l, a) != G_LEAKED)
		return true;
	return a[l->g_waitreason] == b[l->g_waitreason];
}

static void parse_after(struct gread_chunk *c, size_t i)
{
	const struct gread_env *env = c->env;
	size_t size = (size_t)env->l->g_size;
	const uint8_t *a = c->before + i * size, *b = c->after + i * size;
	struct gread *g = &c->g[i];

	if (g->verdict == GREAD_NONE) {
		/* It may have started since; the events report that. */
		return;
	}
	/* A running goroutine has no stack to misread. */
	if (g_status(env->l, b) == G_RUNNING && g_u64(b, env->l->g_goid) == g->goid) {
		g->verdict = GREAD_OK;
		g->state = TRACE_GO_RUNNING;
		g->nframes = g->nobjs = g->nlocks = g->nvague = g->nuses = 0;
		g->locks_open = true;
		return;
	}
	if (g->verdict == GREAD_OK && (g->state == TRACE_GO_RUNNING || !is_unmoved(env, a, b)))
		g->verdict = GREAD_MOVED;
}

/* What g.labels refers to never changes, but is freed once g refers to something else. */
static void check_labels(struct gread_chunk *c, size_t i)
{
	size_t size = (size_t)c->env->l->g_size;
	int32_t at = c->env->l->g_labels;

	if (g_u64(c->before + i * size, at) != g_u64(c->after + i * size, at))
		c->g[i].nlabels = 0;
}

static void read_labels(struct gread_chunk *c, size_t n)
{
	for (size_t i = 0; c->finds_labels && i < n; i++) {
		const uint8_t *b = c->before + i * (size_t)c->env->l->g_size;

		if (c->g[i].verdict == GREAD_OK)
			(void)gread_labels(c->env, g_u64(b, c->env->l->g_labels), &c->g[i]);
	}
}

static int read_gs(struct gread_chunk *c, const uint64_t *addrs, size_t n, uint8_t *to, bool *ok)
{
	struct memory_piece p[GREAD_CHUNK];
	size_t size = (size_t)c->env->l->g_size;
	int ret;

	for (size_t i = 0; i < n; i++)
		p[i] = (struct memory_piece){ .addr = addrs[i], .to = to + i * size, .len = size };
	ret = memory_read_pieces(c->env->mem, p, n);
	for (size_t i = 0; i < n; i++)
		ok[i] = p[i].ok;
	return ret;
}

static int read_windows(struct gread_chunk *c, size_t n)
{
	struct memory_piece p[GREAD_CHUNK];
	size_t k = 0, who[GREAD_CHUNK];
	int ret;

	for (size_t i = 0; i < n; i++) {
		struct stack_view *v = &c->view[i];

		if (c->g[i].verdict != GREAD_OK || v->hi <= v->lo)
			continue;
		who[k] = i;
		p[k++] = (struct memory_piece){ .addr = v->lo,
			                        .to = c->windows + i * GREAD_WINDOW,
			                        .len = v->hi - v->lo };
	}
	ret = memory_read_pieces(c->env->mem, p, k);
	for (size_t i = 0; i < k; i++)
		if (!p[i].ok)
			c->g[who[i]].verdict = GREAD_MOVED;
	return ret;
}

int gread_chunk_read(struct gread_chunk *c, const uint64_t *addrs, size_t n, struct gread **out, uint64_t *time)
{
	bool ok[GREAD_CHUNK];

	chunk_reset(c);
	*out = c->g;
	if (n > GREAD_CHUNK)
		n = GREAD_CHUNK;
	if (read_gs(c, addrs, n, c->before, ok))
		return -ESRCH;
	for (size_t i = 0; i < n; i++) {
		if (ok[i])
			parse_before(c, i);
		else
			c->g[i].verdict = GREAD_MOVED;
	}
	if (read_windows(c, n))
		return -ESRCH;
	for (size_t i = 0; i < n; i++)
		if (c->g[i].verdict == GREAD_OK && c->view[i].limit)
			gread_stack(c, i);
	read_labels(c, n);
	*time = mono_ns();
	if (memory_is_still(c->env->mem))
		return 0;
	if (read_gs(c, addrs, n, c->after, ok))
		return -ESRCH;
	for (size_t i = 0; i < n; i++) {
		if (ok[i]) {
			check_labels(c, i);
			parse_after(c, i);
		} else {
			c->g[i].verdict = GREAD_MOVED;
		}
	}
	return 0;
}

struct gglance gread_chunk_glance(const struct gread_chunk *c, size_t i)
{
	return gglance_of(c->env->l, c->before + i * (size_t)c->env->l->g_size);
}

uint64_t gread_chunk_thread(struct gread_chunk *c, size_t i)
{
	const struct go_layout *l = c->env->l;
	uint64_t m = g_u64(c->after + i * (size_t)l->g_size, l->g_m), procid = 0;

	if (!m || l->m_procid < 0 ||
	    memory_read(c->env->mem, m + (uint64_t)(int64_t)l->m_procid, &procid, sizeof(procid)))
		return 0;
	return procid;
}

bool gread_chunk_sampled(struct gread_chunk *c, size_t i, uint64_t addr, uint64_t pc, uint64_t sp, const void *stack,
                         size_t len)
{
	const struct go_layout *l = c->env->l;
	uint8_t *b = c->after + i * (size_t)l->g_size;
	struct stack_view *v = &c->view[i];
	struct gread *g = &c->g[i];

	if (memory_read(c->env->mem, addr, b, (size_t)l->g_size) || g_status(l, b) != G_RUNNING ||
	    g_u64(b, l->g_goid) != g->goid || sp < g_u64(b, l->g_stack_lo) || sp >= g_u64(b, l->g_stack_hi) || sp & 7)
		return false;
	if (len > GREAD_WINDOW)
		len = GREAD_WINDOW;
	memcpy(c->windows + i * GREAD_WINDOW, stack, len);
	v->lo = v->sp = sp;
	v->limit = g_u64(b, l->g_stack_hi);
	if (len < v->limit - sp)
		v->limit = sp + len;
	v->hi = v->limit;
	g->nframes = g->nlocks = g->nvague = g->nuses = 0;
	g->exact_leaf = g->cut = g->locks_open = false;
	/* Behind the part that was copied, there may be frames that hold locks. */
	g->locks_open |= !gread_stack_at(c, i, pc, sp) || !gread_in_range(&c->env->goexit, g->pcs[g->nframes - 1]);
	return g->nframes;
}
