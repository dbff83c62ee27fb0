/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_TESTS_GOBIN_FIXTURE_H
#define CHANREC_TESTS_GOBIN_FIXTURE_H

/*
 * The Go programs that tests/gobin/build-fixtures builds, one per toolchain and
 * variant. They are in the folder CHANREC_FIXTURES (default build/gobin).
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "gobin/gobin.h"

#define MAX_FIXTURES 128

struct fixture {
	int minor;
	char variant[32];
	char path[512];
};

struct fixtures {
	struct fixture f[MAX_FIXTURES];
	int n;
};

static inline bool fixture_is(const struct fixture *f, const char *part)
{
	return strstr(f->variant, part) != NULL;
}

static inline bool fixture_stripped(const struct fixture *f)
{
	return fixture_is(f, "strip");
}

static inline struct fixture *fixture_find(struct fixtures *all, int minor, const char *variant)
{
	for (int i = 0; i < all->n; i++) {
		if (all->f[i].minor == minor && !strcmp(all->f[i].variant, variant))
			return &all->f[i];
	}
	return NULL;
}

/* The output of a command, which the caller frees; NULL if it fails. */
static inline char *__attribute__((format(printf, 1, 2))) output_of(const char *fmt, ...)
{
	size_t len = 0, cap = 1 << 16, n;
	char cmd[2048], *buf = malloc(cap);
	va_list ap;
	FILE *p;

	va_start(ap, fmt);
	vsnprintf(cmd, sizeof(cmd), fmt, ap);
	va_end(ap);
	p = popen(cmd, "r");
	while (buf && p && (n = fread(buf + len, 1, cap - len - 1, p)) > 0) {
		len += n;
		if (cap - len < 4096) {
			char *more = realloc(buf, cap * 2);

			if (!more)
				break;
			buf = more;
			cap *= 2;
		}
	}
	if (buf)
		buf[len] = 0;
	if (!p || pclose(p) != 0) {
		free(buf);
		return NULL;
	}
	return buf;
}

/* Builds missing fixtures. Go 1.19 and 1.23 are required; other missing versions are skipped with a message. */
static inline int fixtures_load(struct fixtures *all, const char *variants)
{
	const char *dir = getenv("CHANREC_FIXTURES");
	char *out = output_of("tests/gobin/build-fixtures '%s' %s", dir ? dir : "build/gobin", variants);
	char *save = NULL;

	all->n = 0;
	if (!out)
		return -1;
	for (char *line = strtok_r(out, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		struct fixture *f = &all->f[all->n];

		if (sscanf(line, "1.%d %31s %511[^\n]", &f->minor, f->variant, f->path) == 3 &&
		    all->n < MAX_FIXTURES - 1)
			all->n++;
		else
			fprintf(stderr, "SKIP: fixtures: %s\n", line);
	}
	free(out);
	return fixture_find(all, 19, "default") && fixture_find(all, 23, "default") ? 0 : -1;
}

static inline struct gobin *must_open(const char *path)
{
	struct err err = { 0 };
	struct gobin *b;

	if (gobin_open(&b, path, &err))
		fail_msg("%s", err.msg);
	return b;
}

/*
 * Makes a copy without section headers, and thus without symbols, DWARF and
 * section names, at the same addresses. Its descriptor and path, or -1.
 */
static inline int without_sections(const char *path, char *copy, size_t size)
{
	static const uint8_t none[8];
	int fd;

	snprintf(copy, size, "/tmp/chanrec-test-XXXXXX");
	fd = mkstemp(copy);
	if (fd < 0)
		return -1;
	free(output_of("cp '%s' '%s'", path, copy));
	/* e_shoff, e_shnum, e_shstrndx */
	if (pwrite(fd, none, 8, 40) != 8 || pwrite(fd, none, 4, 60) != 4)
		return -1;
	return fd;
}

#endif
