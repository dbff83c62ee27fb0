// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/analyze/purpose.h"

static bool is_own(const struct symbols *s, uint32_t place)
{
	return !(symbols_place(s, place)->flags & (PLACE_HIDDEN | PLACE_PLUMBING | PLACE_LIBRARY | PLACE_WRAPPER));
}

enum purpose purpose_of_wait(const struct symbols *s, uint32_t stack)
{
	struct stack_walk w = stack_walk_of(s, stack, true);
	struct purpose_walk p = { 0 };
	uint32_t place;

	while ((place = stack_walk_next(&w)))
		if (!purpose_walk_step(&p, symbols_place_func(s, place), is_own(s, place)))
			break;
	return purpose_walk_end(&p);
}

bool purpose_is_runtime(const struct symbols *s, uint32_t stack)
{
	struct stack_walk w = stack_walk_of(s, stack, true);
	struct runtime_walk r = { 0 };
	uint32_t place;

	while ((place = stack_walk_next(&w)))
		if (!runtime_walk_step(&r, symbols_place_func(s, place)))
			break;
	return r.is_runtime;
}

bool purpose_waits_in_library(const struct symbols *s, uint32_t stack)
{
	uint32_t user = symbols_stack_user(s, stack);

	return symbols_place(s, user)->flags & PLACE_LIBRARY;
}
