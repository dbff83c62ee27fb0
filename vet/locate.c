// SPDX-License-Identifier: GPL-2.0-or-later
#include "vet/locate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static uint64_t name_hash(const char *name)
{
	uint64_t h = 1;

	for (; *name; name++)
		h = hash_u64(h ^ (unsigned char)*name);
	return h;
}

struct range {
	uint32_t unit, pos, func;
};

static int by_place(const void *va, const void *vb)
{
	const struct range *a = va, *b = vb;

	if (a->unit != b->unit)
		return a->unit < b->unit ? -1 : 1;
	return (a->pos > b->pos) - (a->pos < b->pos);
}

static int sort_funcs(struct locator *l)
{
	VEC(struct range) ranges = { 0 };
	int ret = 0;

	for (uint32_t i = 1; i <= l->p->funcs.n && !ret; i++) {
		const struct func *f = program_func(l->p, i);

		if (!f->outer && !f->is_init)
			ret = vec_push(&ranges, (struct range){ f->unit, f->pos, i });
	}
	if (ranges.n)
		qsort(ranges.v, ranges.n, sizeof(*ranges.v), by_place);
	for (size_t i = 0; i < ranges.n && !ret; i++)
		ret = vec_push(&l->funcs, ranges.v[i].func);
	vec_free(&ranges);
	return ret;
}

int locator_init(struct locator *l, const struct program *p)
{
	*l = (struct locator){ .p = p };
	if (vec_extend(&l->before, p->units.n + 1))
		return -ENOMEM;
	for (uint32_t i = 1; i <= p->units.n; i++) {
		uint64_t *last = map_put(&l->by_name, name_hash(base_of(program_unit(p, i)->path)), NULL);

		if (!last)
			return -ENOMEM;
		l->before.v[i] = (uint32_t)*last;
		*last = i;
	}
	return sort_funcs(l);
}

void locator_free(struct locator *l)
{
	map_free(&l->by_name);
	vec_free(&l->before);
	vec_free(&l->funcs);
}

/* The bytes of a symbol that are its package: "a.b/c" of "a.b/c.(*T).Run[go.shape.int].func1". */
static size_t package_len(const char *symbol)
{
	size_t n = strcspn(symbol, "["), at = n;

	while (at && symbol[at - 1] != '/')
		at--;
	while (at < n && symbol[at] != '.')
		at++;
	return at;
}

/* In symbols, the dots of a path's last element are "%2e". */
static bool is_package(const char *symbol, size_t n, const char *path)
{
	size_t i = 0;

	while (i < n && *path) {
		if (n - i >= 3 && !strncmp(symbol + i, "%2e", 3) && *path == '.')
			i += 3;
		else if (symbol[i] == *path)
			i++;
		else
			return false;
		path++;
	}
	return i == n && !*path;
}

static bool fits_package(const struct locator *l, const struct unit *u, const char *symbol)
{
	size_t n = package_len(symbol);
	const char *pkg = name_text(l->p->names, u->pkg);
	bool is_main = n == 4 && !strncmp(symbol, "main", 4);

	if (!n)
		return true;
	if (u->pkg_name == l->p->known.main || is_main)
		return u->pkg_name == l->p->known.main && is_main;
	/* Without a go.mod, the package is only known as a folder. */
	return pkg[0] == '/' || is_package(symbol, n, pkg);
}

/* How many components at the end of two paths are the same. */
static unsigned agreement(const char *a, const char *b)
{
	const char *s = a + strlen(a), *t = b + strlen(b);
	unsigned n = 0;

	while (s > a && t > b && s[-1] == t[-1]) {
		s--;
		t--;
		n += *s == '/';
	}
	return n + ((s == a || s[-1] == '/') && (t == b || t[-1] == '/') && *s != '/');
}

/* With -trimpath, a path begins with the package's. */
static bool is_trimmed(const struct locator *l, const struct unit *u, const char *path)
{
	const char *pkg = name_text(l->p->names, u->pkg);
	size_t n = strlen(pkg);

	return !strncmp(path, pkg, n) && path[n] == '/' && !strcmp(path + n + 1, base_of(u->path));
}

#define SAME_NAME_MAX 10000

uint32_t locate_file(const struct locator *l, const char *path, const char *function)
{
	const uint64_t *last = map_get(&l->by_name, name_hash(base_of(path)));
	uint32_t found = 0, seen = 0;
	unsigned best = 0;

	for (uint32_t i = last ? (uint32_t)*last : 0; i && seen < SAME_NAME_MAX; i = l->before.v[i], seen++) {
		const struct unit *u = program_unit(l->p, i);
		unsigned n;

		if (strcmp(base_of(u->path), base_of(path)) != 0 || !fits_package(l, u, function))
			continue;
		if (is_trimmed(l, u, path))
			return i;
		n = agreement(u->path, path);
		if (n > best)
			found = i;
		else if (n == best)
			found = 0;
		if (n > best)
			best = n;
	}
	return found;
}

uint32_t locate_func(const struct locator *l, uint32_t unit, uint32_t line)
{
	const struct unit *u = program_unit(l->p, unit);
	size_t lo = 0, hi = l->funcs.n;
	const struct func *f;
	uint32_t start, end;

	if (!line || line > u->lines.n)
		return 0;
	start = u->lines.v[line - 1];
	end = line < u->lines.n ? u->lines.v[line] : u->len;
	/* The last function that begins before the line's end. */
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		f = program_func(l->p, l->funcs.v[mid]);
		if (f->unit < unit || (f->unit == unit && f->pos < end))
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo)
		return 0;
	f = program_func(l->p, l->funcs.v[lo - 1]);
	return f->unit == unit && f->end >= start ? l->funcs.v[lo - 1] : 0;
}

bool locate_is_func(const struct locator *l, uint32_t func, const char *symbol)
{
	const char *name = name_text(l->p->names, program_func(l->p, func)->name), *s = symbol;
	size_t n = strlen(name);

	if (!n)
		return false;
	for (s = strstr(symbol + package_len(symbol), name); s; s = strstr(s + 1, name))
		if (s > symbol && s[-1] == '.' && (!s[n] || strchr(".[-", s[n])))
			return true;
	return false;
}
