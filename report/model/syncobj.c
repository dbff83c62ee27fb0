// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/model/syncobj.h"

int syncs_init(struct syncs *s)
{
	return vec_extend(s, 1);
}

void syncs_free(struct syncs *s)
{
	vec_free(s);
}

int syncs_define(struct syncs *s, const struct trace_def_sync *d, struct err *err)
{
	if (d->id && d->id < s->n)
		return 0;
	if (d->id != s->n)
		return err_set(err, EBADMSG, "the trace is damaged: sync object %u is defined out of order", d->id);
	return vec_push(s, (struct sync_obj){ .addr = d->addr, .kind = d->kind, .defined = true }) ? err_nomem(err) : 0;
}
