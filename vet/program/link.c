// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "util/map.h"
#include "vet/program/program.h"

bool program_is_modelled(const char *path)
{
	static const char *const paths[] = { "context", "errors",  "fmt",  "io",          "iter",    "log",
		                             "os",      "runtime", "sync", "sync/atomic", "testing", "time" };

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (!strcmp(path, paths[i]))
			return true;
	return false;
}

static void to_unknown(struct ins *i)
{
	i->op = OP_SYM;
	i->a = 1;
	i->b = 0;
}

static uint32_t named_for(struct program *p, struct decl *d)
{
	if (!d->named) {
		d->named = program_add_type(p, TYPE_NAMED);
		if (!d->named)
			return 1;
		program_type(p, d->named)->pkg = d->pkg;
		program_type(p, d->named)->name = d->name;
	}
	return d->named;
}

/* A constant's value, where it is one instruction. */
static void link_const(const struct program *p, struct ins *i, uint32_t fn)
{
	const struct func *f = fn ? program_func(p, fn) : NULL;

	if (f && f->code.n >= 2 && f->code.v[1].op == OP_RETURN &&
	    (f->code.v[0].op == OP_INT || f->code.v[0].op == OP_STR || f->code.v[0].op == OP_BOOL)) {
		i->op = f->code.v[0].op;
		i->a = f->code.v[0].a;
		i->b = 0;
		return;
	}
	to_unknown(i);
}

static void link_name(struct program *p, struct ins *i, uint32_t pkg, uint32_t name)
{
	struct decl *d = (struct decl *)program_find(p, pkg, 0, name);

	if (!d || d->twice) {
		to_unknown(i);
		return;
	}
	switch ((enum decl_kind)d->kind) {
	case DECL_FUNC:
		i->op = OP_FUNC;
		i->a = (int32_t)d->id;
		break;
	case DECL_GLOBAL:
		i->op = OP_GLOBAL;
		i->a = (int32_t)d->id;
		break;
	case DECL_TYPE:
		i->op = OP_TYPE;
		i->a = (int32_t)named_for(p, d);
		break;
	case DECL_CONST:
		link_const(p, i, d->id);
		break;
	default:
		to_unknown(i);
	}
}

static uint32_t global_of(const struct program *p, const struct func *f, struct ins *i)
{
	const struct decl *d = program_find(p, f->pkg, 0, (uint32_t)i->a);

	i->b = d && d->kind == DECL_GLOBAL && !d->twice ? (int32_t)d->id : 0;
	return (uint32_t)i->b;
}

static void link_ins(struct program *p, struct func *f, struct ins *i)
{
	uint32_t g;

	switch ((enum op)i->op) {
	case OP_NAME:
		link_name(p, i, f->pkg, (uint32_t)i->a);
		break;
	case OP_QUALIFIED:
		if (!program_is_modelled(name_text(p->names, (uint32_t)i->a)) &&
		    program_find(p, (uint32_t)i->a, 0, (uint32_t)i->b))
			link_name(p, i, (uint32_t)i->a, (uint32_t)i->b);
		else
			i->op = OP_EXTERNAL;
		break;
	case OP_GLOBAL_SET:
	case OP_GLOBAL_ADDR:
		g = global_of(p, f, i);
		if (g)
			program_global(p, g)->written = true;
		break;
	default:
		break;
	}
}

static uint32_t reaches_of(const struct program *p, const struct map *methods, const struct func *f)
{
	uint32_t reaches = f->does;

	for (size_t k = 0; k < f->literals.n; k++)
		reaches |= program_func(p, f->literals.v[k])->reaches;
	for (size_t k = 0; k < f->code.n; k++) {
		const struct ins *i = &f->code.v[k];
		const uint64_t *m;

		if (i->op == OP_FUNC)
			reaches |= program_func(p, (uint32_t)i->a)->reaches;
		else if (i->op == OP_METHOD && (m = map_get(methods, (uint64_t)i->a)))
			reaches |= (uint32_t)*m;
	}
	return reaches;
}

#define REACH_ROUNDS 4

static void find_reaches(struct program *p)
{
	for (uint32_t i = 1; i <= p->funcs.n; i++)
		program_func(p, i)->reaches = program_func(p, i)->does;
	for (int round = 0; round < REACH_ROUNDS; round++) {
		struct map methods = { 0 };

		for (uint32_t i = 1; i <= p->funcs.n; i++) {
			const struct func *f = program_func(p, i);
			uint64_t *m = f->has_recv ? map_put(&methods, f->name, NULL) : NULL;

			if (m)
				*m |= f->reaches;
		}
		for (uint32_t i = 1; i <= p->funcs.n; i++) {
			struct func *f = program_func(p, i);

			f->reaches |= reaches_of(p, &methods, f);
		}
		map_free(&methods);
	}
}

void program_link(struct program *p)
{
	for (uint32_t i = 1; i <= p->funcs.n; i++) {
		struct func *f = program_func(p, i);

		for (size_t k = 0; k < f->code.n; k++)
			link_ins(p, f, &f->code.v[k]);
	}
	find_reaches(p);
}
