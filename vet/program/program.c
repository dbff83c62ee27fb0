// SPDX-License-Identifier: GPL-2.0-or-later
#include "vet/program/program.h"

#include <stdlib.h>
#include <string.h>

struct program *program_new(void)
{
	struct program *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->names = names_new();
	pthread_mutex_init(&p->lock, NULL);
	p->units.size = sizeof(struct unit);
	p->types.size = sizeof(struct type);
	p->funcs.size = sizeof(struct func);
	p->globals.size = sizeof(struct global);
	p->decls.size = sizeof(struct decl);
	if (!p->names || !program_add_type(p, TYPE_UNKNOWN)) {
		program_free(p);
		return NULL;
	}
	p->known.blank = name_str(p->names, "_");
	p->known.init = name_str(p->names, "init");
	p->known.main = name_str(p->names, "main");
	p->known.error = name_str(p->names, "error");
	return p;
}

static void unit_free(struct unit *u)
{
	free(u->path);
	free(u->text);
	vec_free(&u->lines);
	vec_free(&u->imports);
	vec_free(&u->ignores);
}

static void func_free(struct func *f)
{
	vec_free(&f->code);
	vec_free(&f->params);
	vec_free(&f->results);
	vec_free(&f->captures);
	for (size_t i = 0; i < f->selects.n; i++)
		vec_free(&f->selects.v[i].cases);
	vec_free(&f->selects);
	vec_free(&f->keys);
	vec_free(&f->literals);
}

static void paged_free(struct paged *t)
{
	for (size_t i = 0; i < PROGRAM_PAGES; i++)
		free(t->pages[i]);
}

void program_free(struct program *p)
{
	if (!p)
		return;
	for (uint32_t i = 1; i <= p->units.n; i++)
		unit_free(program_unit(p, i));
	for (uint32_t i = 1; i <= p->funcs.n; i++)
		func_free(program_func(p, i));
	for (uint32_t i = 1; i <= p->types.n; i++) {
		vec_free(&program_type(p, i)->fields);
		vec_free(&program_type(p, i)->results);
	}
	paged_free(&p->units);
	paged_free(&p->types);
	paged_free(&p->funcs);
	paged_free(&p->globals);
	paged_free(&p->decls);
	index_free(&p->decl_index);
	if (p->names)
		names_free(p->names);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

/* The caller holds the lock. */
static uint32_t paged_add(struct paged *t)
{
	uint32_t i = t->n + 1;

	if (i / PROGRAM_PAGE >= PROGRAM_PAGES)
		return 0;
	if (!t->pages[i / PROGRAM_PAGE])
		t->pages[i / PROGRAM_PAGE] = calloc(PROGRAM_PAGE, t->size);
	if (!t->pages[i / PROGRAM_PAGE])
		return 0;
	return t->n = i;
}

static uint32_t add(struct program *p, struct paged *t)
{
	uint32_t i;

	pthread_mutex_lock(&p->lock);
	i = paged_add(t);
	pthread_mutex_unlock(&p->lock);
	return i;
}

uint32_t program_add_unit(struct program *p)
{
	return add(p, &p->units);
}

uint32_t program_add_func(struct program *p)
{
	return add(p, &p->funcs);
}

uint32_t program_add_global(struct program *p)
{
	return add(p, &p->globals);
}

uint32_t program_add_type(struct program *p, enum type_kind kind)
{
	uint32_t i = add(p, &p->types);

	if (i)
		program_type(p, i)->kind = (uint8_t)kind;
	return i;
}

static uint64_t decl_hash(uint32_t pkg, uint32_t recv, uint32_t name)
{
	return hash_two(hash_two(pkg, recv), name);
}

static bool is_decl(const void *table, uint32_t i, const void *key)
{
	const struct decl *a = paged_at(table, i), *b = key;

	return a->pkg == b->pkg && a->recv == b->recv && a->name == b->name;
}

void program_declare(struct program *p, struct decl d)
{
	uint64_t hash = decl_hash(d.pkg, d.recv, d.name);
	uint32_t i;

	if (d.name == p->known.blank || (d.kind == DECL_FUNC && d.name == p->known.init && !d.recv))
		return;
	pthread_mutex_lock(&p->lock);
	i = index_find(&p->decl_index, hash, is_decl, &p->decls, &d);
	if (i) {
		((struct decl *)paged_at(&p->decls, i))->twice = true;
	} else {
		i = paged_add(&p->decls);
		if (i && index_add(&p->decl_index, hash, i))
			*(struct decl *)paged_at(&p->decls, i) = d;
	}
	pthread_mutex_unlock(&p->lock);
}

const struct decl *program_find(const struct program *p, uint32_t pkg, uint32_t recv, uint32_t name)
{
	struct decl key = { .pkg = pkg, .recv = recv, .name = name };
	uint32_t i = index_find(&p->decl_index, decl_hash(pkg, recv, name), is_decl, &p->decls, &key);

	return i ? paged_at(&p->decls, i) : NULL;
}

#define NAMES_DEEP 16 /* type A B; type B C; … */

uint32_t type_under(const struct program *p, uint32_t type)
{
	for (int i = 0; type && i < NAMES_DEEP; i++) {
		const struct type *t = program_type(p, type);
		const struct decl *d;

		if (t->kind != TYPE_NAMED)
			return type;
		if (t->elem) {
			type = t->elem;
			continue;
		}
		d = program_find(p, t->pkg, 0, t->name);
		if (!d || d->kind != DECL_TYPE || d->twice || d->id == type)
			return type;
		type = d->id;
	}
	return type;
}

uint32_t type_named(const struct program *p, uint32_t type)
{
	const struct type *t = type ? program_type(p, type) : NULL;

	if (t && t->kind == TYPE_POINTER && t->elem) {
		type = t->elem;
		t = program_type(p, type);
	}
	/* A name for a pointer has no methods; an alias does, which is the type that it names. */
	return t && t->kind == TYPE_NAMED ? type : 0;
}

bool type_is(const struct program *p, uint32_t type, const char *pkg, const char *name)
{
	const struct type *t = type ? program_type(p, type) : NULL;

	return t && t->kind == TYPE_NAMED && !strcmp(name_text(p->names, t->name), name) &&
	       !strcmp(name_text(p->names, t->pkg), pkg);
}

uint32_t unit_line(const struct unit *u, uint32_t pos, uint32_t *column)
{
	size_t lo = 0, hi = u->lines.n;

	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;

		if (u->lines.v[mid] <= pos)
			lo = mid;
		else
			hi = mid;
	}
	if (column)
		*column = u->lines.n ? pos - u->lines.v[lo] + 1 : 1;
	return (uint32_t)lo + 1;
}

int program_func_cmp(const struct program *p, uint32_t a, uint32_t b)
{
	const struct func *fa = program_func(p, a), *fb = program_func(p, b);
	int paths = fa->unit == fb->unit ? 0 : strcmp(program_unit(p, fa->unit)->path, program_unit(p, fb->unit)->path);

	return paths ? paths : (fa->pos > fb->pos) - (fa->pos < fb->pos);
}
