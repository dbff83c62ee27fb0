// SPDX-License-Identifier: GPL-2.0-or-later
#include "vet/vet.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct job {
	struct vet *v;
	const struct vet_opts *o;
	atomic_uint next;
};

static void *explore_thread(void *ctx)
{
	struct job *j = ctx;
	uint32_t i;

	while ((i = atomic_fetch_add(&j->next, 1)) <= j->v->p->funcs.n) {
		const struct func *f = program_func(j->v->p, i);

		if (program_unit(j->v->p, f->unit)->generated && !j->o->load.generated)
			continue;
		if (!f->outer)
			explore_params(&j->v->w, &j->v->sink, i);
		if (explore_wants(&j->v->w, i))
			explore(&j->v->w, &j->v->sink, i);
	}
	return NULL;
}

#define THREADS_MAX 64

static void explore_all(struct vet *v, const struct vet_opts *o)
{
	struct job j = { .v = v, .o = o, .next = 1 };
	pthread_t threads[THREADS_MAX];
	unsigned started = 0;

	while (started + 1 < o->load.threads && started < THREADS_MAX &&
	       !pthread_create(&threads[started], NULL, explore_thread, &j))
		started++;
	explore_thread(&j);
	while (started)
		pthread_join(threads[--started], NULL);
	explore_lock_order(&v->w, &v->sink);
}

static const struct program *sort_program;
static pthread_mutex_t sort_lock = PTHREAD_MUTEX_INITIALIZER;

static int by_place(const void *va, const void *vb)
{
	const struct finding *a = va, *b = vb;
	int paths = 0;

	if (a->seen.kind != b->seen.kind)
		return a->seen.kind < b->seen.kind ? -1 : 1;
	paths = strcmp(program_unit(sort_program, a->at.unit)->path, program_unit(sort_program, b->at.unit)->path);

	if (paths)
		return paths;
	if (a->at.pos != b->at.pos)
		return a->at.pos < b->at.pos ? -1 : 1;
	if (a->check != b->check)
		return a->check < b->check ? -1 : 1;
	if (a->confidence != b->confidence)
		return a->confidence > b->confidence ? -1 : 1;
	/* The way from an outer function shows more. */
	if (a->notes.n != b->notes.n)
		return a->notes.n > b->notes.n ? -1 : 1;
	return program_func_cmp(sort_program, a->root, b->root);
}

static bool is_ignored(const struct vet *v, const struct finding *f)
{
	const struct unit *u = program_unit(v->p, f->at.unit);
	uint32_t line = unit_line(u, f->at.pos, NULL);

	for (size_t i = 0; i < u->ignores.n; i++)
		if ((u->ignores.v[i].line == line || u->ignores.v[i].line + 1 == line) &&
		    !strcmp(name_text(v->p->names, u->ignores.v[i].id), check_at(f->check)->id))
			return true;
	return false;
}

static void drop(struct finding *f)
{
	free(f->text);
	for (size_t i = 0; i < f->notes.n; i++)
		free(f->notes.v[i].text);
	vec_free(&f->notes);
}

void vet_sort(struct vet *v)
{
	pthread_mutex_lock(&sort_lock);
	sort_program = v->p;
	if (v->sink.findings.n)
		qsort(v->sink.findings.v, v->sink.findings.n, sizeof(*v->sink.findings.v), by_place);
	pthread_mutex_unlock(&sort_lock);
}

void vet_keep(struct vet *v, bool (*keep)(void *ctx, const struct finding *f), void *ctx)
{
	size_t kept = 0;

	for (size_t i = 0; i < v->sink.findings.n; i++) {
		struct finding *f = &v->sink.findings.v[i];

		if (keep(ctx, f))
			v->sink.findings.v[kept++] = *f;
		else
			drop(f);
	}
	v->sink.findings.n = kept;
}

static void tidy(struct vet *v, const struct vet_opts *o)
{
	size_t kept = 0;

	vet_sort(v);
	for (size_t i = 0; i < v->sink.findings.n; i++) {
		struct finding *f = &v->sink.findings.v[i];
		bool ignored = is_ignored(v, f);

		v->ignored += ignored;
		if (ignored || f->confidence < o->min)
			drop(f);
		else
			v->sink.findings.v[kept++] = *f;
	}
	v->sink.findings.n = kept;
}

int vet_run(struct vet *v, char *const *paths, size_t n, const struct vet_opts *o, load_warn_fn warn, void *ctx,
            struct err *err)
{
	int ret;

	*v = (struct vet){ .p = program_new() };
	if (!v->p)
		return err_nomem(err);
	pthread_mutex_init(&v->sink.lock, NULL);
	ret = load_paths(v->p, paths, n, &o->load, &v->stats, warn, ctx, err);
	if (ret)
		return ret;
	program_link(v->p);
	if (world_init(&v->w, v->p))
		return err_nomem(err);
	explore_all(v, o);
	tidy(v, o);
	return 0;
}

void vet_free(struct vet *v)
{
	if (!v->p)
		return;
	sink_free(&v->sink);
	pthread_mutex_destroy(&v->sink.lock);
	world_free(&v->w);
	program_free(v->p);
}
