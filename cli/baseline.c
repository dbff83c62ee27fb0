// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/baseline.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX (16u << 20) /* bytes; a file that somebody looks after is far smaller */

/* The first entry whose key is not less. */
static size_t place_of(const struct baseline *b, const char *key)
{
	size_t from = 0, to = b->v.n;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (strcmp(b->v.v[middle].key, key) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

int baseline_add(struct baseline *b, const char *key)
{
	size_t at = place_of(b, key);
	char *copy;

	if (at < b->v.n && !strcmp(b->v.v[at].key, key))
		return 0;
	copy = strdup(key);
	if (!copy || vec_push(&b->v, (struct baseline_entry){ 0 })) {
		free(copy);
		return -ENOMEM;
	}
	memmove(&b->v.v[at + 1], &b->v.v[at], (b->v.n - 1 - at) * sizeof(*b->v.v));
	b->v.v[at] = (struct baseline_entry){ .key = copy };
	return 0;
}

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct baseline_entry *)a)->key, ((const struct baseline_entry *)b)->key);
}

/* As baseline_add(), for the whole file at once: sorting takes no time that grows with its square. */
static int add_line(struct baseline *b, char *line)
{
	size_t n = strlen(line);
	char *copy;

	while (n && strchr(" \t\r", line[n - 1]))
		line[--n] = 0;
	line += strspn(line, " \t");
	if (!*line || *line == '#')
		return 0;
	copy = strdup(line);
	if (copy && !vec_push(&b->v, (struct baseline_entry){ .key = copy }))
		return 0;
	free(copy);
	return -ENOMEM;
}

static void sort_lines(struct baseline *b)
{
	size_t kept = 0;

	if (b->v.n)
		qsort(b->v.v, b->v.n, sizeof(*b->v.v), by_key);
	for (size_t i = 0; i < b->v.n; i++) {
		if (kept && !by_key(&b->v.v[kept - 1], &b->v.v[i]))
			free(b->v.v[i].key);
		else
			b->v.v[kept++] = b->v.v[i];
	}
	b->v.n = kept;
}

static int read_lines(struct baseline *b, FILE *f, const char *path, struct err *err)
{
	char *text = malloc(FILE_MAX + 2), *rest = text, *line;
	size_t n;
	int ret = 0;

	if (!text)
		return err_nomem(err);
	n = fread(text, 1, FILE_MAX + 1, f);
	if (ferror(f))
		ret = err_set(err, EIO, "cannot read %s: %s", path, strerror(EIO));
	if (!ret && (n > FILE_MAX || memchr(text, 0, n)))
		ret = err_set(err, EINVAL, "%s is not a baseline: a text with one finding on each line", path);
	if (!ret)
		text[n] = 0;
	while (!ret && (line = strsep(&rest, "\n")))
		ret = add_line(b, line) ? err_nomem(err) : 0;
	free(text);
	sort_lines(b);
	return ret;
}

int baseline_read(struct baseline *b, const char *path, struct err *err)
{
	FILE *f = fopen(path, "re");
	int ret;

	if (!f && errno == ENOENT)
		return err_set(err, ENOENT, "cannot read %s: %s; --write-baseline %s makes it", path, strerror(ENOENT),
		               path);
	if (!f)
		return err_set(err, errno, "cannot read %s: %s", path, strerror(errno));
	ret = read_lines(b, f, path, err);
	fclose(f);
	return ret;
}

bool baseline_has(struct baseline *b, const char *key)
{
	size_t at = place_of(b, key);

	if (at == b->v.n || strcmp(b->v.v[at].key, key) != 0)
		return false;
	b->v.v[at].used = true;
	return true;
}

size_t baseline_unused(const struct baseline *b)
{
	size_t n = 0;

	for (size_t i = 0; i < b->v.n; i++)
		n += !b->v.v[i].used;
	return n;
}

void baseline_free(struct baseline *b)
{
	for (size_t i = 0; i < b->v.n; i++)
		free(b->v.v[i].key);
	vec_free(&b->v);
}
