// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/model/names.h"

#include <string.h>

/* A go statement with arguments starts a wrapper: main.main.gowrap1, before Go 1.22 main.main·dwrap·1 or .func1. */
static bool is_go_wrapper(const struct symbols *s, uint32_t place)
{
	const char *func = symbols_place_func(s, place);

	return symbols_place(s, place)->flags & PLACE_WRAPPER || strstr(func, ".gowrap") ||
	       strstr(func, "\xc2\xb7"
	                    "dwrap"
	                    "\xc2\xb7");
}

uint32_t group_name_place(const struct model *m, const struct group *g)
{
	if (g->root && (!g->entry || is_go_wrapper(&m->sym, g->entry)))
		return g->root;
	return g->entry;
}

bool group_is_main(const struct model *m, uint32_t group)
{
	const struct group *g = &m->groups.v[group];

	return !strcmp(symbols_place_func(&m->sym, g->entry ? g->entry : g->root), "runtime.main");
}

const char *reason_name(const struct model *m, uint32_t reason)
{
	const struct reason *r = model_reason(m, reason);

	return r->defined && *r->name ? r->name : "unknown";
}
