// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/model/reason.h"

#include "format/waitclass.h"

int reasons_init(struct reasons *rs)
{
	return vec_extend(rs, 1);
}

void reasons_free(struct reasons *rs)
{
	vec_free(rs);
}

/* Go numbers the reasons, so they can come in any order. There are about 50. */
int reasons_define(struct reasons *rs, const struct symbols *sym, const struct trace_def_reason *d, struct err *err)
{
	if (!d->id || d->id > 65536)
		return err_set(err, EBADMSG, "the trace is damaged: wait reason %u", d->id);
	if (vec_extend(rs, (size_t)d->id + 1))
		return err_nomem(err);
	if (!rs->v[d->id].defined)
		rs->v[d->id] =
		        (struct reason){ .name = symbols_string(sym, d->name), .class = d->class, .defined = true };
	return 0;
}

const struct reason *reasons_get(const struct reasons *rs, uint32_t id)
{
	return &rs->v[id < rs->n ? id : 0];
}

bool wait_class_is_idle(uint8_t class)
{
	return wait_class_of(class)->is_idle;
}

uint8_t wait_dir(uint8_t class, const struct trace_obj *obj)
{
	return obj->dir ? obj->dir : wait_class_of(class)->dir;
}
