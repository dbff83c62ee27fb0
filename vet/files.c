// SPDX-License-Identifier: GPL-2.0-or-later
#include "vet/files.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define DEEP 100

/* What go.mod says for the folders below it. */
struct module {
	char root[PATH_MAX]; /* "" : none */
	char path[PATH_MAX];
	unsigned go_minor;
};

static void read_mod(struct module *m, FILE *f)
{
	char line[PATH_MAX];

	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "module %4000s", m->path) == 1 && m->path[0] == '"') {
			memmove(m->path, m->path + 1, strlen(m->path));
			m->path[strcspn(m->path, "\"")] = '\0';
		}
		(void)sscanf(line, "go 1.%u", &m->go_minor);
	}
}

/* Reads dir/go.mod, if it is there. */
static bool module_at(struct module *m, const char *dir)
{
	char name[PATH_MAX];
	struct stat st;
	FILE *f;

	if (snprintf(name, sizeof(name), "%s/go.mod", dir) >= (int)sizeof(name))
		return false;
	/* Not a FIFO, nor a link to a device that never ends. */
	if (stat(name, &st) || !S_ISREG(st.st_mode))
		return false;
	f = fopen(name, "r");
	if (!f)
		return false;
	*m = (struct module){ 0 };
	snprintf(m->root, sizeof(m->root), "%s", dir);
	read_mod(m, f);
	fclose(f);
	return true;
}

/* The module that dir is in. */
static void module_of(struct module *m, const char *dir)
{
	char real[PATH_MAX];

	*m = (struct module){ 0 };
	if (!realpath(dir, real))
		return;
	for (;;) {
		char *slash;

		if (module_at(m, real))
			return;
		slash = strrchr(real, '/');
		if (!slash || slash == real)
			return;
		*slash = '\0';
	}
}

static char *import_path(const struct module *m, const char *dir)
{
	char real[PATH_MAX];
	const char *rel;
	char *path = NULL;
	size_t n = strlen(m->root);

	if (!realpath(dir, real))
		return strdup(dir);
	if (!m->path[0] || strncmp(real, m->root, n) != 0)
		return strdup(real);
	rel = real + n;
	rel += *rel == '/';
	/* The standard library's packages have no prefix. */
	if (!strcmp(m->path, "std") || !*rel)
		return strdup(*rel ? rel : m->path);
	return asprintf(&path, "%s/%s", m->path, rel) < 0 ? NULL : path;
}

static bool has_suffix(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n >= m && !strcmp(s + n - m, suffix);
}

static int add_file(struct go_files *f, const char *path, const char *pkg, const struct module *m, struct err *err)
{
	struct go_file file = { .path = strdup(path), .pkg = strdup(pkg), .go_minor = m->go_minor };

	if (!file.path || !file.pkg || vec_push(&f->v, file)) {
		free(file.path);
		free(file.pkg);
		return err_nomem(err);
	}
	return 0;
}

static bool is_skipped(const char *name)
{
	return name[0] == '.' || name[0] == '_' || !strcmp(name, "testdata") || !strcmp(name, "vendor");
}

static int walk(struct go_files *f, const char *dir, struct module *m, bool tests, int deep, struct err *err)
{
	struct dirent **entries = NULL;
	struct module *own;
	char *pkg;
	int n = scandir(dir, &entries, NULL, alphasort), ret = 0;

	if (n < 0)
		return err_set(err, errno, "%s: %s", dir, strerror(errno));
	own = malloc(sizeof(*own));
	if (own && module_at(own, dir)) {
		if (!realpath(dir, own->root))
			own->root[0] = '\0';
		m = own;
	}
	pkg = import_path(m, dir);
	for (int i = 0; i < n; i++) {
		const char *name = entries[i]->d_name;
		char path[PATH_MAX];
		struct stat st;

		if (!ret && !is_skipped(name) && snprintf(path, sizeof(path), "%s/%s", dir, name) < (int)sizeof(path) &&
		    !lstat(path, &st)) {
			if (S_ISDIR(st.st_mode) && deep < DEEP)
				(void)walk(f, path, m, tests, deep + 1, NULL);
			else if (S_ISREG(st.st_mode) && has_suffix(name, ".go") &&
			         (tests || !has_suffix(name, "_test.go")))
				ret = pkg ? add_file(f, path, pkg, m, err) : err_nomem(err);
		}
		free(entries[i]);
	}
	free(entries);
	free(pkg);
	free(own);
	return ret;
}

int files_find(struct go_files *f, const char *arg, bool tests, struct err *err)
{
	char path[PATH_MAX], *slash;
	struct module *m;
	struct stat st;
	int ret;

	if (snprintf(path, sizeof(path), "%s", arg) >= (int)sizeof(path))
		return err_set(err, ENAMETOOLONG, "%.60s…: the path is too long", arg);
	if (has_suffix(path, "/..."))
		path[strlen(path) - 4] = '\0';
	else if (!strcmp(path, "..."))
		strcpy(path, ".");
	while (strlen(path) > 1 && path[strlen(path) - 1] == '/')
		path[strlen(path) - 1] = '\0';
	if (stat(path, &st))
		return err_set(err, errno, "%s: %s", path, strerror(errno));
	if (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode))
		return err_set(err, EINVAL, "%s: neither a file nor a folder", path);
	m = malloc(sizeof(*m));
	if (!m)
		return err_nomem(err);
	if (S_ISDIR(st.st_mode)) {
		module_of(m, path);
		ret = walk(f, path, m, tests, 0, err);
	} else {
		char dir[PATH_MAX];
		char *pkg;

		snprintf(dir, sizeof(dir), "%s", path);
		slash = strrchr(dir, '/');
		if (slash)
			*slash = '\0';
		else
			strcpy(dir, ".");
		module_of(m, *dir ? dir : "/");
		pkg = import_path(m, *dir ? dir : "/");
		ret = pkg ? add_file(f, path, pkg, m, err) : err_nomem(err);
		free(pkg);
	}
	free(m);
	return ret;
}

void files_free(struct go_files *f)
{
	for (size_t i = 0; i < f->v.n; i++) {
		free(f->v.v[i].path);
		free(f->v.v[i].pkg);
	}
	vec_free(&f->v);
}
