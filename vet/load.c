// SPDX-License-Identifier: GPL-2.0-or-later
#include "vet/load.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/plain.h"
#include "vet/files.h"
#include "vet/program/compile.h"

struct loader {
	struct program *p;
	const struct go_files *files;
	const struct load_opts *o;
	atomic_size_t next, lines, broken, analysed;
	pthread_mutex_t warn_lock;
	load_warn_fn warn;
	void *ctx;
	atomic_int failed;
};

static void warn(struct loader *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void warn(struct loader *l, const char *fmt, ...)
{
	char msg[4600];
	va_list args;

	va_start(args, fmt);
	vsnprintf(msg, sizeof(msg), fmt, args);
	va_end(args);
	plain_text(msg);
	pthread_mutex_lock(&l->warn_lock);
	l->warn(l->ctx, msg);
	pthread_mutex_unlock(&l->warn_lock);
}

/* The whole file, NUL-terminated; NULL, and errno. */
static char *read_file(const char *path, uint32_t *len)
{
	FILE *f = fopen(path, "r");
	char *text = NULL;
	long size;

	if (!f)
		return NULL;
	if (!fseek(f, 0, SEEK_END) && (size = ftell(f)) >= 0 && !fseek(f, 0, SEEK_SET)) {
		if (size > (long)AST_MAX_BYTES) {
			errno = EFBIG;
		} else if ((text = malloc((size_t)size + 1))) {
			*len = (uint32_t)fread(text, 1, (size_t)size, f);
			text[*len] = '\0';
		}
	}
	fclose(f);
	return text;
}

static int find_lines(struct unit *u)
{
	if (vec_push(&u->lines, 0))
		return -ENOMEM;
	for (uint32_t i = 0; i < u->len; i++)
		if (u->text[i] == '\n' && vec_push(&u->lines, i + 1))
			return -ENOMEM;
	return 0;
}

/* //chanrec:ignore ID reason */
static int find_ignores(struct loader *l, struct unit *u, const struct ast *a)
{
	static const char word[] = "//chanrec:ignore";

	for (size_t i = 0; i < a->directives.n; i++) {
		const char *s = u->text + a->directives.v[i].start, *end = u->text + a->directives.v[i].end;
		struct ignore ignore = { .line = unit_line(u, a->directives.v[i].start, NULL) };
		size_t n = 0;

		if ((size_t)(end - s) < sizeof(word) - 1 || memcmp(s, word, sizeof(word) - 1) != 0)
			continue;
		s += sizeof(word) - 1;
		while (s < end && *s == ' ')
			s++;
		while (s + n < end && s[n] != ' ' && s[n] != '\r')
			n++;
		ignore.id = name_of(l->p->names, s, n);
		for (s += n; s < end && (*s == ' ' || *s == '\r'); s++)
			;
		ignore.has_reason = s < end;
		if (!n || !ignore.has_reason)
			warn(l, "%s:%u: chanrec:ignore needs the ID of a check and a reason", u->path, ignore.line);
		if (vec_push(&u->ignores, ignore))
			return -ENOMEM;
	}
	return 0;
}

static bool has_suffix(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n >= m && !strcmp(s + n - m, suffix);
}

static int load_one(struct loader *l, struct ast_parser *parser, const struct go_file *file)
{
	uint32_t id = program_add_unit(l->p);
	struct unit *u;
	struct err err = { 0 };
	struct ast a;
	int ret;

	if (!id)
		return -ENOMEM;
	u = program_unit(l->p, id);
	u->path = strdup(file->path);
	u->go_minor = file->go_minor;
	u->pkg = name_str(l->p->names, file->pkg);
	u->is_test = has_suffix(file->path, "_test.go");
	u->text = read_file(file->path, &u->len);
	if (!u->path)
		return -ENOMEM;
	if (!u->text) {
		warn(l, "%s: %s", file->path, strerror(errno));
		return 0;
	}
	ret = find_lines(u);
	if (!ret)
		ret = ast_parse(&a, parser, u->text, u->len, &err);
	if (ret == -ENOMEM)
		return ret;
	if (ret) {
		warn(l, "%s: %s", file->path, err.msg);
		return 0;
	}
	u->generated = a.generated;
	if (a.errors) {
		atomic_fetch_add(&l->broken, 1);
		warn(l, "%s:%u: syntax error; the function around it is not analysed", file->path,
		     unit_line(u, a.first_error, NULL));
	}
	ret = find_ignores(l, u, &a);
	if (!ret)
		ret = compile_file(l->p, id, &a);
	ast_free(&a);
	atomic_fetch_add(&l->lines, u->lines.n);
	atomic_fetch_add(&l->analysed, 1);
	return ret;
}

static void *load_thread(void *ctx)
{
	struct loader *l = ctx;
	struct err err = { 0 };
	struct ast_parser *parser = ast_parser_new(&err);
	size_t i;

	if (!parser) {
		warn(l, "%s", err.msg);
		atomic_store(&l->failed, EINVAL);
		return NULL;
	}
	while ((i = atomic_fetch_add(&l->next, 1)) < l->files->v.n && !atomic_load(&l->failed)) {
		int ret = load_one(l, parser, &l->files->v.v[i]);

		if (ret)
			atomic_store(&l->failed, -ret);
	}
	ast_parser_free(parser);
	return NULL;
}

#define THREADS_MAX 64

static void run_threads(struct loader *l, unsigned n)
{
	pthread_t threads[THREADS_MAX];
	unsigned started = 0;

	while (started + 1 < n && started < THREADS_MAX && !pthread_create(&threads[started], NULL, load_thread, l))
		started++;
	load_thread(l);
	while (started)
		pthread_join(threads[--started], NULL);
}

int load_paths(struct program *p, char *const *paths, size_t n, const struct load_opts *o, struct load_stats *stats,
               load_warn_fn warn_fn, void *ctx, struct err *err)
{
	struct go_files files = { 0 };
	struct loader l = { .p = p, .files = &files, .o = o, .warn = warn_fn, .ctx = ctx };
	int ret = 0;

	for (size_t i = 0; i < n && !ret; i++)
		ret = files_find(&files, paths[i], o->tests, err);
	if (!ret && !files.v.n)
		ret = err_set(err, ENOENT, "no Go files in %s%s", paths[0], n > 1 ? ", …" : "");
	if (!ret) {
		pthread_mutex_init(&l.warn_lock, NULL);
		run_threads(&l, o->threads);
		pthread_mutex_destroy(&l.warn_lock);
		if (l.failed)
			ret = l.failed == ENOMEM ? err_nomem(err) : err_set(err, l.failed, "cannot parse Go");
	}
	*stats = (struct load_stats){ .files = l.analysed, .lines = l.lines, .broken = l.broken };
	files_free(&files);
	return ret;
}
