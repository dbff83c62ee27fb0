// SPDX-License-Identifier: GPL-2.0-or-later
#include "gonames/funcname.h"

#include <string.h>

size_t funcname_package(const char *func)
{
	size_t end = strcspn(func, "["), slash = 0;

	for (size_t i = 0; i < end; i++)
		if (func[i] == '/')
			slash = i + 1;
	for (size_t i = slash; i < end; i++)
		if (func[i] == '.')
			return i;
	return 0;
}

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

bool funcname_is_hidden(const char *func)
{
	const char *name, *dot;

	if (!strchr(func, '.'))
		return true;
	/* In Go 1.27, the closure that goready passes to systemstack has this name whatever inlined goready. */
	if (!strncmp(func, "_.goready.", 10))
		return true;
	/* Shown because it separates ordinary code from code that a panic runs. */
	if (strncmp(func, "runtime.", 8) || !strcmp(func, "runtime.gopanic"))
		return false;
	name = func + 8;
	dot = strrchr(name, '.');
	if (!dot)
		return !is_upper(name[0]);
	if (name[0] == '(' && name[1] == '*')
		name += 2;
	return !is_upper(dot[1]) || !is_upper(name[0]);
}

bool funcname_is_plumbing(const char *func)
{
	static const char *const whole[] = { "runtime", "sync", "time",  "syscall", "net",     "os",
		                             "io",      "iter", "bufio", "reflect", "internal" };
	static const char *const under[] = { "runtime/", "internal/", "sync/" };
	size_t n = funcname_package(func);

	for (size_t i = 0; i < sizeof(whole) / sizeof(*whole); i++)
		if (n == strlen(whole[i]) && !strncmp(func, whole[i], n))
			return true;
	for (size_t i = 0; i < sizeof(under) / sizeof(*under); i++)
		if (n > strlen(under[i]) && !strncmp(func, under[i], strlen(under[i])))
			return true;
	return false;
}

bool funcname_is_timer(const char *func)
{
	static const char *const makers[] = { "time.NewTimer", "time.NewTicker", "time.After", "time.Tick" };

	for (size_t i = 0; i < sizeof(makers) / sizeof(*makers); i++)
		if (!strcmp(func, makers[i]))
			return true;
	return false;
}
