// SPDX-License-Identifier: GPL-2.0-or-later
#include "vet/explore/explore.h"

#include <stdlib.h>
#include <string.h>

#include "util/index.h"
#include "vet/explore/explorer.h"

bool explore_wants(const struct world *w, uint32_t func)
{
	const struct func *f = program_func(w->p, func);
	uint32_t does = f->does;

	if (f->is_init || f->outer || f->unclear || !f->code.n || program_is_modelled(name_text(w->p->names, f->pkg)))
		return false;
	for (size_t i = 0; i < f->literals.n; i++)
		does |= program_func(w->p, f->literals.v[i])->does;
	if (does & (DOES_GO | DOES_MAKE | DOES_LOCK | DOES_OPEN))
		return true;
	/* What it calls may make something that it has to end; the names of methods alone say little. */
	if (f->reaches & (DOES_GO | DOES_MAKE))
		return true;
	/* Its closures may be called under locks. */
	if (f->literals.n && f->reaches & DOES_LOCK)
		return true;
	return does & DOES_WAIT;
}

static bool is_process_main(const struct world *w, const struct func *f)
{
	return f->name == w->p->known.main && !f->has_recv && program_unit(w->p, f->unit)->pkg_name == w->p->known.main;
}

static struct state *first_state(struct explorer *x, uint32_t func)
{
	const struct func *f = program_func(x->p, func);
	struct state *s = state_new();
	struct frame frame = { .func = func, .base = 1 };
	struct g g = { .status = G_RUNNABLE };

	if (!s || vec_push(&s->gs, g)) {
		state_free(s);
		return NULL;
	}
	push(s, cur_g(s), VAL(V_NIL, 0));
	for (uint32_t i = 0; i < f->slots + f->loops * 3; i++)
		push(s, cur_g(s), VAL(i < f->slots ? V_NONE : V_INT, 0));
	if (vec_push(&cur_g(s)->frames, frame)) {
		state_free(s);
		return NULL;
	}
	for (uint32_t i = 0; i < f->params.n + f->captures.n + (f->result_slot ? f->results.n : 0); i++) {
		uint32_t cell = cells_new(s, 1), slot, type = 1;
		struct val v;

		if (i < f->params.n) {
			slot = 1 + i;
			type = f->params.v[i].type;
		} else if (i < f->params.n + f->captures.n) {
			slot = f->captures.v[i - f->params.n].inner;
		} else {
			slot = f->result_slot + i - (uint32_t)(f->params.n + f->captures.n);
			type = f->results.v[slot - f->result_slot].type;
		}
		v = i < f->params.n + f->captures.n ? unknown_of(x, s, type) : zero_of(x, s, type);
		if (!cell || s->failed)
			break;
		if (i < f->params.n + f->captures.n && i >= f->params.n)
			v.flags = VAL_SHARED;
		*cell_at(s, cell) = v;
		cur_g(s)->stack.v[1 + slot] = VAL(V_CELL, cell);
		/* A receiver is not nil. */
		if (!i && f->has_recv && v.k == V_SYM)
			s->syms.v[v.v].nil = 2;
	}
	return s;
}

static void explore_one(const struct world *w, struct explore_sink *sink, uint32_t func, struct explorer *x)
{
	struct state *s = first_state(x, func);

	if (!s || vec_push(&x->pending, s)) {
		state_free(s);
		return;
	}
	while (x->pending.n && x->paths < EXPLORE_PATHS && x->steps < EXPLORE_STEPS) {
		s = x->pending.v[--x->pending.n];
		x->paths++;
		run_path(x, s);
		state_free(s);
	}
	while (x->pending.n)
		state_free(x->pending.v[--x->pending.n]);
	judge_locks(x);
}

static void explore_root(const struct world *w, struct explore_sink *sink, uint32_t func, bool is_main, int deep)
{
	struct explorer x = { .w = w, .p = w->p, .sink = sink, .root = func, .is_main = is_main };

	explore_one(w, sink, func, &x);
	for (size_t i = 0; i < x.callbacks.n && deep; i++) {
		const struct func *f = program_func(w->p, x.callbacks.v[i].func);

		/* Each once, from the function that it is in. */
		if (f->outer == func && f->does & (DOES_GO | DOES_MAKE | DOES_LOCK | DOES_OPEN))
			explore_root(w, sink, x.callbacks.v[i].func, false, deep - 1);
	}
	vec_free(&x.callbacks);
	vec_free(&x.pending);
}

void explore(const struct world *w, struct explore_sink *sink, uint32_t func)
{
	explore_root(w, sink, func, is_process_main(w, program_func(w->p, func)), 3);
}

static void finding_free(struct finding *f)
{
	free(f->text);
	for (size_t i = 0; i < f->notes.n; i++)
		free(f->notes.v[i].text);
	vec_free(&f->notes);
}

void sink_add(struct explore_sink *sink, struct finding f)
{
	uint64_t key =
	        hash_two(hash_two(f.check * 8u + f.confidence + 1u, (uint64_t)f.at.unit << 32 | f.at.pos), f.root);
	bool added = false;

	if (!f.text)
		return;
	pthread_mutex_lock(&sink->lock);
	if (map_put(&sink->known, key, &added) && added && !vec_push(&sink->findings, f))
		f.text = NULL;
	pthread_mutex_unlock(&sink->lock);
	if (f.text)
		finding_free(&f);
}

void sink_free(struct explore_sink *sink)
{
	for (size_t i = 0; i < sink->findings.n; i++)
		finding_free(&sink->findings.v[i]);
	vec_free(&sink->findings);
	vec_free(&sink->edges);
	map_free(&sink->known);
}
