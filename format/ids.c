// SPDX-License-Identifier: GPL-2.0-or-later
#include "format/wire.h"

static enum wire_space space_of(enum trace_type type)
{
	switch (type) {
	case TRACE_DEF_STRING:
		return WIRE_ID_STRING;
	case TRACE_DEF_FUNC:
		return WIRE_ID_FUNC;
	case TRACE_DEF_FRAME:
		return WIRE_ID_FRAME;
	case TRACE_DEF_STACK:
		return WIRE_ID_STACK;
	case TRACE_DEF_CHAN:
		return WIRE_ID_CHAN;
	case TRACE_DEF_SYNC:
		return WIRE_ID_SYNC;
	default:
		return WIRE_ID_SPACES;
	}
}

int wire_id_state(const struct wire_ids *ids, enum trace_type type, uint32_t id)
{
	enum wire_space space = space_of(type);

	if (!id)
		return -1;
	if (type == TRACE_DEF_REASON)
		return id > TRACE_MAX_REASONS ? -1 : !wire_has_reason(ids, id);
	if (space == WIRE_ID_SPACES || id > TRACE_MAX_ID || id > ids->n[space] + 1)
		return -1;
	return id == ids->n[space] + 1;
}

void wire_id_define(struct wire_ids *ids, enum trace_type type, uint32_t id)
{
	if (type == TRACE_DEF_REASON)
		ids->reasons[(id - 1) / 64] |= 1ull << ((id - 1) % 64);
	else
		ids->n[space_of(type)] = id;
}

uint32_t wire_def_id(const struct trace_rec *rec)
{
	/* Every definition begins with its id, which fields.c checks. */
	return trace_type_is_def(rec->type) ? rec->def_string.id : 0;
}
