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

static int add_line(struct baseline *b, char *line)
{
	size_t n = strlen(line);

	while (n && strchr(" \t\r\n", line[n - 1]))
		line[--n] = 0;
	line += strspn(line, " \t");
	return !*line || *line == '#' ? 0 : baseline_add(b, line);
}

static int read_lines(struct baseline *b, FILE *f, const char *path, struct err *err)
{
	char *line = NULL;
	size_t cap = 0, all = 0;
	ssize_t n;
	int ret = 0;

	while (!ret && (n = getline(&line, &cap, f)) > 0) {
		all += (size_t)n;
		if (all > FILE_MAX || memchr(line, 0, (size_t)n))
			ret = err_set(err, EINVAL, "%s is not a baseline: a text with one finding on each line", path);
		else if (add_line(b, line))
			ret = err_nomem(err);
	}
	free(line);
	if (!ret && ferror(f))
		ret = err_set(err, EIO, "cannot read %s: %s", path, strerror(EIO));
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
