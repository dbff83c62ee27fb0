// SPDX-License-Identifier: GPL-2.0-or-later
/* What several lists have in them: places, stacks, objects. */
#include "report/render/json/out_json.h"

void json_place_members(struct json *j, const struct model *m, uint32_t place)
{
	const struct place *p = symbols_place(&m->sym, place);

	json_key(j, "function");
	if (p->func)
		json_str(j, symbols_string(&m->sym, p->func));
	else
		json_hex(j, p->pc);
	json_key_str(j, "file", symbols_string(&m->sym, p->file));
	json_key_u64(j, "line", p->line);
}

/* Notes that the document names it. */
#define put_number(j, used, id) \
	do { \
		if (vec_extend(used, (size_t)(id) + 1)) \
			json_fail(j); \
		else \
			(used)->v[id] = true; \
		json_u64(j, id); \
	} while (0)

void json_put_place(struct json *j, const struct model *m, uint32_t place)
{
	struct json_numbers *numbers = json_numbers(j);

	if (!place) {
		json_null(j);
		return;
	}
	if (numbers) {
		put_number(j, &numbers->places, place);
		return;
	}
	json_open(j);
	json_place_members(j, m, place);
	json_close(j);
}

void json_key_place(struct json *j, const char *key, const struct model *m, uint32_t place)
{
	json_key(j, key);
	json_put_place(j, m, place);
}

static void put_places(struct json *j, const struct report *r, uint32_t stack)
{
	struct stack_walk w = stack_walk_of(&r->m->sym, stack, r->opts.full_stacks);
	uint32_t place;

	json_open_list(j);
	while ((place = stack_walk_next(&w)))
		json_put_place(j, r->m, place);
	json_close_list(j);
}

void json_put_stack(struct json *j, const struct report *r, uint32_t stack)
{
	struct json_numbers *numbers = json_numbers(j);

	if (numbers)
		put_number(j, &numbers->stacks, stack);
	else
		put_places(j, r, stack);
}

void json_key_stack(struct json *j, const char *key, const struct report *r, uint32_t stack)
{
	json_key(j, key);
	json_put_stack(j, r, stack);
}

static const char *place_kind(const struct place *p)
{
	if (!(p->flags & PLACE_NOT_OWN))
		return "own";
	return p->flags & (PLACE_HIDDEN | PLACE_PLUMBING) ? "runtime" : "library";
}

static void put_stacks(struct json *j, const struct report *r, const struct json_numbers *numbers)
{
	json_key(j, "stacks");
	json_open(j);
	for (uint32_t i = 1; i < numbers->stacks.n; i++) {
		char key[16];

		if (!numbers->stacks.v[i])
			continue;
		snprintf(key, sizeof(key), "%u", i);
		json_key(j, key);
		json_open(j);
		json_key(j, "places");
		put_places(j, r, i);
		json_key_bool(j, "truncated", symbols_stack_truncated(&r->m->sym, i));
		json_close(j);
	}
	json_close(j);
}

static void put_all_places(struct json *j, const struct model *m, const struct json_numbers *numbers)
{
	json_key(j, "places");
	json_open(j);
	for (uint32_t i = 1; i < numbers->places.n; i++) {
		char key[16];

		if (!numbers->places.v[i])
			continue;
		snprintf(key, sizeof(key), "%u", i);
		json_key(j, key);
		json_open(j);
		json_place_members(j, m, i);
		json_key_str(j, "kind", place_kind(symbols_place(&m->sym, i)));
		json_close(j);
	}
	json_close(j);
}

void json_put_numbers(struct json *j, const struct report *r)
{
	json_no_limit(j);
	/* Stacks name more places. */
	put_stacks(j, r, json_numbers(j));
	put_all_places(j, r->m, json_numbers(j));
}

static const char *dir_name(uint8_t dir)
{
	static const char *const names[] = { NULL, "send", "receive", "read lock", "write lock" };

	return dir < sizeof(names) / sizeof(*names) ? names[dir] : NULL;
}

void json_put_obj(struct json *j, const struct trace_obj *o)
{
	static const char *const kinds[] = { "none", "channel", "sync", "fd", "nil channel" };

	json_open(j);
	json_key_str(j, "kind", o->kind < sizeof(kinds) / sizeof(*kinds) ? kinds[o->kind] : "none");
	json_key_u64_if(j, "id", o->kind != TRACE_OBJ_NONE && o->kind != TRACE_OBJ_NILCHAN, o->id);
	json_key_str_if(j, "direction", dir_name(o->dir));
	json_close(j);
}
