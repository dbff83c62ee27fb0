// SPDX-License-Identifier: GPL-2.0-or-later
/* The values of report/render/column.h in JSON. */
#include "report/render/fmt.h"
#include "report/render/json/out_json.h"

static void put_null(struct json *j, const struct report *r, const struct cell *c)
{
	json_null(j);
}

static void put_number(struct json *j, const struct report *r, const struct cell *c)
{
	json_u64(j, c->n);
}

static void put_bool(struct json *j, const struct report *r, const struct cell *c)
{
	json_bool(j, c->n);
}

static void put_str(struct json *j, const struct report *r, const struct cell *c)
{
	json_str(j, c->s);
}

static void put_hex(struct json *j, const struct report *r, const struct cell *c)
{
	json_hex(j, c->n);
}

static void put_place(struct json *j, const struct report *r, const struct cell *c)
{
	json_put_place(j, r->m, (uint32_t)c->n);
}

static void put_stack(struct json *j, const struct report *r, const struct cell *c)
{
	json_put_place(j, r->m, symbols_stack_user(&r->m->sym, (uint32_t)c->n));
}

static void put_roles(struct json *j, const struct report *r, const struct cell *c)
{
	json_put_roles(j, (uint32_t)c->n);
}

static void put_states(struct json *j, const struct report *r, const struct cell *c)
{
	json_open(j);
	for (int s = 0; s < GO_STATE_EXITED; s++)
		json_key_u64(j, go_state_name((uint8_t)s), c->states[s]);
	json_close(j);
}

static void put_labels(struct json *j, const struct report *r, const struct cell *c)
{
	json_open_list(j);
	for (size_t i = 0; i < c->count; i++) {
		json_open(j);
		json_key_str(j, "key", symbols_string(&r->m->sym, c->labels[i].key));
		json_key_str(j, "value", symbols_string(&r->m->sym, c->labels[i].value));
		json_key_u64(j, "goroutines", c->labels[i].n);
		json_close(j);
	}
	json_close_list(j);
}

static void put_origin(struct json *j, const struct report *r, const struct cell *c)
{
	json_put_place(j, r->m, c->objsite->place);
}

static void put_blocked_ids(struct json *j, const struct report *r, const struct cell *c)
{
	json_open_list(j);
	for (uint32_t i = 0; i < c->blocked->n; i++)
		json_u64(j, c->blocked->gs[i]->id);
	json_close_list(j);
}

static void put_blocked_time(struct json *j, const struct report *r, const struct cell *c)
{
	if (c->blocked->longest >= 0)
		json_i64(j, c->blocked->longest);
	else
		json_null(j);
}

static void put_blocked_on(struct json *j, const struct report *r, const struct cell *c)
{
	json_open_list(j);
	for (uint32_t i = 0; i < c->blocked->nobjs; i++)
		json_put_obj(j, &c->blocked->objs[i]);
	json_close_list(j);
}

static void (*const put_cell[CELL_TYPES])(struct json *j, const struct report *r, const struct cell *c) = {
	[CELL_UNKNOWN] = put_null,
	[CELL_NONE] = put_null,
	[CELL_COUNT] = put_number,
	[CELL_NUMBER] = put_number,
	[CELL_LEAST] = put_number,
	[CELL_DUR] = put_number,
	[CELL_ID] = put_number,
	[CELL_BOOL] = put_bool,
	[CELL_STR] = put_str,
	[CELL_HEX] = put_hex,
	[CELL_PLACE] = put_place,
	[CELL_LINE] = put_place,
	[CELL_STACK] = put_stack,
	[CELL_GROUP] = put_number,
	[CELL_ROLES] = put_roles,
	[CELL_STATES] = put_states,
	[CELL_LABELS] = put_labels,
	[CELL_ORIGIN] = put_origin,
	[CELL_CHANNELS] = put_number,
	[CELL_GOROUTINES] = put_number,
	[CELL_BLOCKED_IDS] = put_blocked_ids,
	[CELL_BLOCKED_TIME] = put_blocked_time,
	[CELL_BLOCKED_ON] = put_blocked_on,
};

void json_put_cells(struct json *j, const struct report *r, const struct columns *columns, const void *row)
{
	for (size_t i = 0; i < columns->n; i++) {
		const struct column *column = &columns->v[i];
		struct cell c;

		if (!column->key)
			continue;
		c = column->get(r, row);
		json_key(j, column->key);
		put_cell[c.type](j, r, &c);
	}
}

void json_put_row(struct json *j, const struct report *r, const struct columns *columns, const void *row)
{
	json_open(j);
	json_put_cells(j, r, columns, row);
	json_close(j);
}
