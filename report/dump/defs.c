// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/dump/defs.h"

int defs_init(struct defs *d, struct err *err)
{
	int ret = symbols_init(&d->sym, err);

	if (ret)
		return ret;
	if (reasons_init(&d->reasons) || syncs_init(&d->syncs) || vec_extend(&d->chans, 1)) {
		defs_free(d);
		return err_nomem(err);
	}
	return 0;
}

void defs_free(struct defs *d)
{
	symbols_free(&d->sym);
	reasons_free(&d->reasons);
	syncs_free(&d->syncs);
	vec_free(&d->chans);
}

static int add_chan(struct defs *d, const struct trace_def_chan *c, struct err *err)
{
	if (c->id && c->id < d->chans.n)
		return 0;
	if (c->id != d->chans.n)
		return err_set(err, EBADMSG, "the trace is damaged: channel %u is defined out of order", c->id);
	return vec_push(&d->chans, (struct chan_def){ .addr = c->addr, .gen = c->gen }) ? err_nomem(err) : 0;
}

int defs_add(struct defs *d, const struct trace_rec *rec, struct err *err)
{
	switch (rec->type) {
	case TRACE_DEF_CHAN:
		return add_chan(d, &rec->def_chan, err);
	case TRACE_DEF_SYNC:
		return syncs_define(&d->syncs, &rec->def_sync, err);
	case TRACE_DEF_REASON:
		return reasons_define(&d->reasons, &d->sym, &rec->def_reason, err);
	default:
		return symbols_define(&d->sym, rec, err);
	}
}

struct chan_def *defs_chan(const struct defs *d, uint32_t id)
{
	return id && id < d->chans.n ? &d->chans.v[id] : NULL;
}
