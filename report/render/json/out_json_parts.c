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

void json_put_place(struct json *j, const struct model *m, uint32_t place)
{
	if (!place) {
		json_null(j);
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

void json_key_stack(struct json *j, const char *key, const struct report *r, uint32_t stack)
{
	struct stack_walk w = stack_walk_of(&r->m->sym, stack, r->opts.full_stacks);
	uint32_t place;

	json_key(j, key);
	json_open_list(j);
	while ((place = stack_walk_next(&w)))
		json_put_place(j, r->m, place);
	json_close_list(j);
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
