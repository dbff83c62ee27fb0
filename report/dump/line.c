// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/dump/line.h"

#include <stdio.h>
#include <string.h>

/*
 * The fields of each type in the order of a line, by the names that they have in
 * format/fields.h; "at:site" prints the field site as "at=…". A type that is not
 * here shows all its fields.
 */
static const char *const orders[TRACE_TYPE_MAX + 1] = {
	[TRACE_GO_CREATE] = "child entry flags at:site",
	[TRACE_GO_PARK] = "reason park at:stack",
	[TRACE_GO_READY] = "woken cause obj at:stack",
	[TRACE_CHAN_MAKE] = "chan elem:elem_size timer at:stack",
	[TRACE_CHAN_CLOSE] = "chan at:stack",
	[TRACE_CHAN_OP] = "chan result select",
	[TRACE_SNAP_BEGIN] = "snapshot:which allgs:allglen",
	[TRACE_SNAP_GO] = "snapshot:which state parent entry created:site flags reason wait at:stack",
	[TRACE_SNAP_CHAN] = "snapshot:which chan len:length recvq sendq closed timer",
	[TRACE_SNAP_SYNC] = "snapshot:which sync flags counter waiters",
	[TRACE_SNAP_END] = "snapshot:which goroutines unread partial searched search_cut",
	[TRACE_SNAP_UNHELD] = "snapshot:which",
	[TRACE_SNAP_USE] = "snapshot:which obj use at:at",
	[TRACE_SNAP_OWNER] = "snapshot:which obj by:kind in:frame distance flags path:snap_owner",
	[TRACE_LOSS] = "cause type part count from",
	[TRACE_PROC_EXIT] = "status",
};

static const struct trace_field *field_named(enum trace_type type, const char *name)
{
	uint32_t n;
	const struct trace_field *f = trace_type_fields(type, &n);

	for (uint32_t i = 0; i < n; i++)
		if (!strcmp(trace_field_name(&f[i]), name))
			return &f[i];
	return NULL;
}

static bool line_add(struct line *l, const char *word, const struct trace_field *f)
{
	if (!f || l->n == LINE_FIELDS || strlen(word) >= sizeof(l->v->word))
		return false;
	strcpy(l->v[l->n].word, word);
	l->v[l->n++].f = f;
	return true;
}

static bool line_order(struct line *l, enum trace_type type, const char *order)
{
	char word[64], *field;
	int used;

	while (sscanf(order, "%63s%n", word, &used) == 1) {
		field = strchr(word, ':');
		if (field)
			*field++ = 0;
		if (!line_add(l, word, field_named(type, field ? field : word)))
			return false;
		order += used;
	}
	return true;
}

bool line_init(struct line *l, enum trace_type type)
{
	uint32_t n;
	const struct trace_field *f = trace_type_fields(type, &n);

	*l = (struct line){ 0 };
	for (uint32_t i = 0; i < n; i++) {
		if (f[i].kind == TRACE_FIELD_STACK)
			l->stack = &f[i];
		if (!orders[type] && f[i].kind != TRACE_FIELD_GOID && !line_add(l, trace_field_name(&f[i]), &f[i]))
			return false;
	}
	return !orders[type] || line_order(l, type, orders[type]);
}

bool line_omits(const struct trace_rec *r, const struct trace_field *f)
{
	switch (r->type) {
	case TRACE_SNAP_GO:
		if (f->kind == TRACE_FIELD_OTHER)
			return !r->snap_go.parent;
		return r->snap_go.state != TRACE_GO_WAITING &&
		       (f->kind == TRACE_FIELD_REASON || f->kind == TRACE_FIELD_CASES);
	case TRACE_SNAP_END:
		return r->snap_end.partial && f->offset == offsetof(struct trace_rec, snap_end.searched);
	case TRACE_PROC_EXIT:
		return !r->proc_exit.known;
	default:
		return false;
	}
}
