// SPDX-License-Identifier: GPL-2.0-or-later
/* The values of report/render/column.h as cells of a text table. */
#include <inttypes.h>

#include "report/render/fmt.h"
#include "report/render/text/table.h"
#include "report/render/words.h"

void text_put_roles(struct text *t, uint32_t roles)
{
	static const char *const names[] = { "send", "recv", "close", "select" };
	bool any = false;

	for (int i = 0; i < 4; i++) {
		if (!(roles & 1u << i))
			continue;
		say(&t->b, t->m, "{word}{word}", W_WORD(any ? " " : ""), W_WORD(names[i]));
		any = true;
	}
}

void text_put_stack_cell(struct text *t, uint32_t stack)
{
	const struct symbols *sym = &t->m->sym;
	uint32_t place = symbols_stack_user(sym, stack), app = symbols_stack_app(sym, stack);

	fmt_place_cell(&t->b, t->m, app ? app : place);
	if (!app || app == place)
		return;
	fmt_raw(&t->b, " › ");
	fmt_file_line(&t->b, t->m, place, 1);
}

static void put_unknown(struct text *t, const struct cell *c)
{
	fmt_raw(&t->b, "?");
}

static void put_nothing(struct text *t, const struct cell *c) {}

static void put_count(struct text *t, const struct cell *c)
{
	text_count(t, c->n);
}

static void put_number(struct text *t, const struct cell *c)
{
	fmt_count(&t->b, c->n);
}

static void put_dur(struct text *t, const struct cell *c)
{
	text_dur(t, c->n);
}

static void put_least(struct text *t, const struct cell *c)
{
	say(&t->b, t->m, "{dur}", W_LEAST(c->n, c->count != 0));
}

static void put_id(struct text *t, const struct cell *c)
{
	say(&t->b, t->m, "{id}", W_GO(c->n));
}

static void put_bool(struct text *t, const struct cell *c)
{
	fmt_raw(&t->b, c->n ? "yes" : "no");
}

static void put_str(struct text *t, const struct cell *c)
{
	fmt_text(&t->b, c->s);
}

static void put_hex(struct text *t, const struct cell *c)
{
	fmt_f(&t->b, "0x%" PRIx64, c->n);
}

static void put_place(struct text *t, const struct cell *c)
{
	fmt_place_cell(&t->b, t->m, (uint32_t)c->n);
}

static void put_line(struct text *t, const struct cell *c)
{
	fmt_file_line(&t->b, t->m, (uint32_t)c->n, 1);
}

static void put_stack(struct text *t, const struct cell *c)
{
	text_put_stack_cell(t, (uint32_t)c->n);
}

static void put_group(struct text *t, const struct cell *c)
{
	fmt_group_cell(&t->b, t->m, (uint32_t)c->n);
}

static void put_roles(struct text *t, const struct cell *c)
{
	text_put_roles(t, (uint32_t)c->n);
}

static void put_states(struct text *t, const struct cell *c)
{
	bool any = false;

	for (int i = GO_STATE_EXITED - 1; i >= 0; i--) {
		if (!c->states[i])
			continue;
		say(&t->b, t->m, "{word}{n} {word}", W_WORD(any ? ", " : ""), W_N(c->states[i]),
		    W_WORD(go_state_name((uint8_t)i)));
		any = true;
	}
}

#define LABELS_SHOWN 3

static void put_labels(struct text *t, const struct cell *c)
{
	if (!c->count)
		fmt_raw(&t->b, "-");
	for (size_t i = 0; i < c->count && i < LABELS_SHOWN; i++)
		say(&t->b, t->m, "{if}, {end}{text}={text} ({n})", W_IF(i),
		    W_TEXT(symbols_string(&t->m->sym, c->labels[i].key)),
		    W_TEXT(symbols_string(&t->m->sym, c->labels[i].value)), W_N(c->labels[i].n));
	fmt_raw(&t->b, c->count > LABELS_SHOWN ? ", …" : "");
}

static void put_origin(struct text *t, const struct cell *c)
{
	say(&t->b, t->m, "{word} at {place}", W_WORD(c->objsite->made ? "made" : "waited for"),
	    W_PLACE(c->objsite->place));
}

/* "#3" or "#4, … (2,102)" */
static void put_first(struct text *t, const struct cell *c)
{
	say(&t->b, t->m, "{word}{id}", W_WORD(c->type == CELL_CHANNELS ? "#" : ""), W_GO(c->n));
	if (c->count > 1)
		say(&t->b, t->m, ", … ({n})", W_N(c->count));
}

static uint64_t blocked_id(const void *ctx, uint32_t i)
{
	return ((const struct goroutine *const *)ctx)[i]->id;
}

void text_put_blocked_ids(struct text *t, const struct blocked_row *row, uint32_t runs)
{
	text_ids(t, blocked_id, row->gs, row->n, runs);
}

static void put_blocked_ids(struct text *t, const struct cell *c)
{
	text_put_blocked_ids(t, c->blocked, 1);
	if (c->blocked->n > 1)
		say(&t->b, t->m, " ({n})", W_N(c->blocked->n));
}

/* Of several goroutines the longest wait, as a bound on the others. */
static void put_blocked_time(struct text *t, const struct cell *c)
{
	const struct blocked_row *row = c->blocked;

	if (row->n == 1)
		fmt_wait(&t->b, t->m, row->gs[0], true);
	else
		say(&t->b, t->m, "{word} {dur}", W_WORD(row->before ? "≥" : "≤"), W_DUR(row->longest));
}

/* One of several objects is named briefly. The reason says what kind of lock it is, where Go has one for each kind. */
static void put_obj(struct text *t, const struct blocked_row *row, const struct trace_obj *o, bool is_one)
{
	const struct sync_obj *s = o->kind == TRACE_OBJ_SYNC ? model_sync(t->m, o->id) : NULL;

	if (o->kind == TRACE_OBJ_CHAN && !is_one)
		fmt_f(&t->b, "#%u", o->id);
	else if (s && model_wait_class(t->m, row->reason) != TRACE_WAIT_SEMACQUIRE)
		fmt_f(&t->b, "0x%" PRIx64, s->addr);
	else
		fmt_obj(&t->b, t->m, o);
	if (o->kind == TRACE_OBJ_FD && is_one && fd_infos_of(&t->m->fds, o->id)) {
		fmt_raw(&t->b, ": ");
		words_fd(&t->b, t->m, o->id);
	}
}

#define OBJS_OF_ONE 4  /* objects named of those that one goroutine waits on */
#define OBJS_OF_MANY 3 /* of those of several goroutines */

static void put_objs_of(struct text *t, const struct blocked_row *row, const struct goroutine *g)
{
	for (uint32_t i = 0; i < g->wait.nobjs && i < OBJS_OF_ONE; i++) {
		fmt_raw(&t->b, i ? "," : "");
		put_obj(t, row, &g->objs[i], g->wait.nobjs == 1);
	}
	if (g->wait.nobjs_all > OBJS_OF_ONE)
		fmt_f(&t->b, ",… (%u)", g->wait.nobjs_all);
}

static void put_blocked_on(struct text *t, const struct cell *c)
{
	const struct blocked_row *row = c->blocked;

	if (!row->nobjs) {
		fmt_raw(&t->b, "-");
		return;
	}
	if (row->alike) {
		put_objs_of(t, row, row->gs[0]);
		return;
	}
	if (!row->single) {
		fmt_raw(&t->b, "different ones");
		return;
	}
	for (uint32_t i = 0; i < row->nobjs && i < OBJS_OF_MANY; i++) {
		fmt_raw(&t->b, i ? ", " : "");
		put_obj(t, row, &row->objs[i], false);
	}
	fmt_raw(&t->b, row->nobjs > OBJS_OF_MANY ? ", …" : "");
}

static void (*const put_cell[CELL_TYPES])(struct text *t, const struct cell *c) = {
	[CELL_UNKNOWN] = put_unknown,
	[CELL_NONE] = put_nothing,
	[CELL_COUNT] = put_count,
	[CELL_NUMBER] = put_number,
	[CELL_LEAST] = put_least,
	[CELL_DUR] = put_dur,
	[CELL_ID] = put_id,
	[CELL_BOOL] = put_bool,
	[CELL_STR] = put_str,
	[CELL_HEX] = put_hex,
	[CELL_PLACE] = put_place,
	[CELL_LINE] = put_line,
	[CELL_STACK] = put_stack,
	[CELL_GROUP] = put_group,
	[CELL_ROLES] = put_roles,
	[CELL_STATES] = put_states,
	[CELL_LABELS] = put_labels,
	[CELL_ORIGIN] = put_origin,
	[CELL_CHANNELS] = put_first,
	[CELL_GOROUTINES] = put_first,
	[CELL_BLOCKED_IDS] = put_blocked_ids,
	[CELL_BLOCKED_TIME] = put_blocked_time,
	[CELL_BLOCKED_ON] = put_blocked_on,
};

void table_open(struct table *tb, struct text *t, const struct columns *columns)
{
	size_t n = 0;

	table_init(tb, t, tb->own, 0);
	tb->columns = columns;
	for (size_t i = 0; i < columns->n && n < TABLE_MAX_COLS; i++) {
		const struct column *c = &columns->v[i];

		if (c->head)
			tb->own[n++] = (struct table_col){ .head = c->head,
				                           .right = c->right,
				                           .flex = c->flex,
				                           .optional = c->optional,
				                           .minor = c->minor };
	}
	tb->ncols = n;
}

void table_put(struct table *tb, const void *row)
{
	size_t n = 0;

	for (size_t i = 0; i < tb->columns->n && n < tb->ncols; i++) {
		const struct column *column = &tb->columns->v[i];
		struct cell c;

		if (!column->head)
			continue;
		c = column->get(tb->t->r, row);
		put_cell[c.type](tb->t, &c);
		table_cell(tb);
		n++;
	}
}
