// SPDX-License-Identifier: GPL-2.0-or-later
#include "gonames/library.h"

#include <string.h>

#include "gonames/funcname.h"

/* "github.com/owner/repository" of a path on a host whose repositories have such names; 0: on none. */
static size_t repository_length(const char *path)
{
	static const char *const hosts[] = { "github.com/", "gitlab.com/", "bitbucket.org/", "codeberg.org/" };
	const char *owner = NULL, *name;

	for (size_t i = 0; i < sizeof(hosts) / sizeof(*hosts) && !owner; i++)
		if (!strncmp(path, hosts[i], strlen(hosts[i])))
			owner = path + strlen(hosts[i]);
	name = owner ? strchr(owner, '/') : NULL;
	return name ? (size_t)(name - path) + 1 + strcspn(name + 1, "/") : 0;
}

void library_init(struct library *l, const char *module)
{
	*l = (struct library){ .module = module, .repository_len = module ? repository_length(module) : 0 };
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
static bool is_under(const char *path, size_t n, const char *dir, size_t len)
{
	return len && n >= len && !strncmp(path, dir, len) && (n == len || path[len] == '/');
}

bool library_has(const struct library *l, const char *func, const char *file)
{
	size_t n = funcname_package(func);

	if (!l->module || is_under(func, n, "main", strlen("main")) || is_under(func, n, l->module, strlen(l->module)))
		return false;
	if (l->goroot_len && !strncmp(file, l->goroot, l->goroot_len))
		return true;
	if (strstr(file, "/pkg/mod/") || strstr(file, "@v") || strstr(file, "/vendor/"))
		return true;
	/* Built without modules, as distributions do: the module's path is that of package main. */
	if (is_under(func, n, l->module, l->repository_len))
		return false;
	/* A trimmed path begins with the package path, which has no host name for the standard library. */
	return *file && *file != '/' && (*l->module || strcspn(file, ".") > strcspn(file, "/"));
}
