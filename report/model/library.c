// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/model/library.h"

#include <string.h>

struct library {
	const struct symbols *s;
	const char *module;
	const char *goroot; /* "/usr/lib/go/src/…" up to its end */
	size_t goroot_len;  /* 0: unknown, or the paths were trimmed (go build -trimpath) */
};

/* GOROOT/src is the part before "runtime/" in the path of a file of package runtime. */
static void find_goroot(struct library *l)
{
	for (size_t i = 1; i < l->s->places.n && !l->goroot_len; i++) {
		const char *file = symbols_string(l->s, l->s->places.v[i].file), *at;

		if (strncmp(symbols_place_func(l->s, (uint32_t)i), "runtime.", 8))
			continue;
		at = strstr(file, "/src/runtime/");
		if (!at)
			continue;
		l->goroot = file;
		l->goroot_len = (size_t)(at - file) + strlen("/src/");
	}
}

/* Whether path is dir or below it. */
static bool is_under(const char *path, size_t n, const char *dir)
{
	size_t len = strlen(dir);

	return len && n >= len && !strncmp(path, dir, len) && (n == len || path[len] == '/');
}

static bool is_library(const struct library *l, const char *func, const char *file)
{
	size_t n = symbols_func_package(func);

	if (is_under(func, n, "main") || is_under(func, n, l->module))
		return false;
	if (l->goroot_len && !strncmp(file, l->goroot, l->goroot_len))
		return true;
	if (strstr(file, "/pkg/mod/") || strstr(file, "@v") || strstr(file, "/vendor/"))
		return true;
	/* A trimmed path begins with the package path, which has no host name for the standard library. */
	return *file && *file != '/' && (*l->module || strcspn(file, ".") > strcspn(file, "/"));
}

static uint32_t find_app(const struct symbols *s, uint32_t stack)
{
	struct stack_walk w = stack_walk_of(s, stack, false);
	uint32_t place;

	while ((place = stack_walk_next(&w)))
		if (!(symbols_place(s, place)->flags & (PLACE_HIDDEN | PLACE_PLUMBING | PLACE_LIBRARY)))
			return place;
	return 0;
}

void library_mark(struct symbols *s, const char *module)
{
	struct library l = { .s = s, .module = module };

	find_goroot(&l);
	for (size_t i = 1; i < s->places.n; i++) {
		struct place *p = &s->places.v[i];

		if (p->func && is_library(&l, symbols_string(s, p->func), symbols_string(s, p->file)))
			p->flags |= PLACE_LIBRARY;
	}
	for (size_t i = 1; i < s->stacks.n; i++)
		s->stacks.v[i].app = find_app(s, (uint32_t)i);
}

uint32_t symbols_stack_app(const struct symbols *s, uint32_t stack)
{
	return s->stacks.v[stack < s->stacks.n ? stack : 0].app;
}
