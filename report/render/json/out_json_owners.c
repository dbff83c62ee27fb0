// SPDX-License-Identifier: GPL-2.0-or-later
/* Who has what goroutines wait for. */
#include "report/analyze/visible.h"
#include "report/model/channel.h"
#include "report/render/fmt.h"
#include "report/render/json/out_json.h"
#include "report/render/words.h"

/* The string that was said, then none. */
static void put_said(struct json *j, struct buf *b)
{
	json_str(j, buf_str(b));
	buf_reset(b);
}

void json_put_path(struct json *j, const struct model *m, const struct owner *o)
{
	struct buf b = { 0 };

	json_open_list(j);
	if (o) {
		words_owner_name(&b, m, o);
		put_said(j, &b);
	}
	for (uint32_t i = 0; o && i < o->nsteps; i++) {
		if (o->is_cut && i == o->nsteps / 2)
			json_str(j, "…");
		words_owner_step(&b, m, o, i);
		put_said(j, &b);
	}
	if (o && !o->nsteps) {
		if (o->distance)
			json_str(j, "…");
		words_owner_step(&b, m, o, 0);
		put_said(j, &b);
	}
	json_close_list(j);
	if (buf_failed(&b))
		json_fail(j);
	buf_free(&b);
}

static bool is_shown(const struct report *r, const struct trace_obj *obj)
{
	const struct channel *c = obj->kind == TRACE_OBJ_CHAN ? model_channel(r->m, obj->id) : NULL;
	const struct sync_obj *s = obj->kind == TRACE_OBJ_SYNC ? model_sync(r->m, obj->id) : NULL;

	return c ? report_shows_channel(r, c) : s && report_shows_sync(r, s);
}

static void put_owner(struct json *j, const struct report *r, const struct owner *o)
{
	const struct model *m = r->m;

	json_open(j);
	json_key(j, "object");
	json_put_obj(j, &o->obj);
	json_key_u64_if(j, "goroutine", o->goid, o->goid);
	json_key_place(j, "at", m, symbols_frame_inner(&m->sym, o->frame));
	json_key_str_if(j, "variable", o->name ? symbols_string(&m->sym, o->name) : NULL);
	json_key_u64(j, "distance", o->distance);
	json_key_bool(j, "complete", o->is_complete);
	json_key(j, "path");
	json_put_path(j, m, o);
	json_close(j);
}

void json_put_owners(struct json *j, const struct report *r)
{
	const struct owners *all = &r->m->owners;

	json_key(j, "owners");
	json_open_list(j);
	for (size_t i = 0; i < all->v.n; i++)
		if (is_shown(r, &all->v.v[i].obj))
			put_owner(j, r, &all->v.v[i]);
	json_close_list(j);
}
