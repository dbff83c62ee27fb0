// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/model/library.h"

#include <string.h>

#include "report/model/funcname.h"

void library_init(struct library *l, const char *module)
{
	*l = (struct library){ .module = module };
}

/* GOROOT/src is the part before "runtime/" in the path of a file of package runtime. */
bool library_learn(struct library *l, const char *func, const char *file)
{
	const char *at;

	if (!l->module || l->goroot_len || strncmp(func, "runtime.", 8) != 0)
		return false;
	at = strstr(file, "/src/runtime/");
	if (!at)
		return false;
	l->goroot = file;
	l->goroot_len = (size_t)(at - file) + strlen("/src/");
	return true;
}

/* Whether path is dir or below it. */
static bool is_under(const char *path, size_t n, const char *dir)
{
	size_t len = strlen(dir);

	return len && n >= len && !strncmp(path, dir, len) && (n == len || path[len] == '/');
}

bool library_has(const struct library *l, const char *func, const char *file)
{
	size_t n = funcname_package(func);

	if (!l->module || is_under(func, n, "main") || is_under(func, n, l->module))
		return false;
	if (l->goroot_len && !strncmp(file, l->goroot, l->goroot_len))
		return true;
	if (strstr(file, "/pkg/mod/") || strstr(file, "@v") || strstr(file, "/vendor/"))
		return true;
	/* A trimmed path begins with the package path, which has no host name for the standard library. */
	return *file && *file != '/' && (*l->module || strcspn(file, ".") > strcspn(file, "/"));
}
