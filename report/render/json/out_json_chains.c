// SPDX-License-Identifier: GPL-2.0-or-later
/* Blocking chains. */
#include "report/render/fmt.h"
#include "report/render/json/out_json.h"
#include "report/render/words.h"

/* "channel", "sync.Mutex", …; NULL: not known. */
static const char *object_kind(const struct model *m, const struct objsite *site, const struct trace_obj *obj)
{
	const struct sync_obj *s = obj->kind == TRACE_OBJ_SYNC ? model_sync(m, obj->id) : NULL;

	if (site->kind == TRACE_OBJ_CHAN || (site->kind != TRACE_OBJ_SYNC && obj->kind == TRACE_OBJ_CHAN))
		return "channel";
	if (site->kind == TRACE_OBJ_SYNC)
		return trace_sync_kind_name(site->sync_kind);
	return s ? trace_sync_kind_name(s->kind) : NULL;
}

static void put_waits_on(struct json *j, const struct report *r, const struct chain *c, const struct chain_link *l)
{
	const struct model *m = r->m;

	json_key(j, "waits_on");
	json_open(j);
	json_key_str(j, "reason", reason_name(m, l->reason));
	json_key_u64_if(j, "channel", !c->past && l->obj.kind == TRACE_OBJ_CHAN, l->obj.id);
	json_key_u64_if(j, "sync", !c->past && l->obj.kind == TRACE_OBJ_SYNC, l->obj.id);
	json_key_str_if(j, "object", object_kind(m, &m->objsites.v[l->objsite], &l->obj));
	json_key_place(j, "at", m, symbols_stack_user(&m->sym, l->wsite_stack));
	json_close(j);
}

static void put_links(struct json *j, const struct report *r, const struct chain *c)
{
	json_key(j, "links");
	json_open_list(j);
	for (uint32_t i = 0; i < c->n; i++) {
		const struct chain_link *l = &r->chains.links.v[c->first + i];

		json_open(j);
		json_key_u64_if(j, "goroutine", l->goid, l->goid);
		json_key_u64(j, "group", l->group);
		put_waits_on(j, r, c, l);
		json_key_u64_if(j, "held_by", l->held_by, l->held_by);
		json_key_u64(j, "held_by_group", l->held_group);
		json_key_str_if(j, "evidence", c->past ? trace_cause_name(l->cause) : words_evidence_name(l->evidence));
		json_key_u64(j, "blocked_ns", l->blocked);
		json_key_u64_if(j, "known_that_could", !c->past, l->among);
		json_key_u64(j, "repeats", l->repeats);
		json_close(j);
	}
	json_close_list(j);
}

void json_put_chains(struct json *j, const struct report *r)
{
	json_key(j, "chains");
	json_open_list(j);
	for (size_t i = 0; i < r->chains.v.n; i++) {
		const struct chain *c = &r->chains.v.v[i];

		json_open(j);
		json_key_str(j, "kind", c->past ? "past" : "open");
		json_key_u64(j, "count", c->count);
		json_key_u64(j, "blocked_ns", c->blocked);
		json_key_u64(j, "longest_ns", c->max);
		put_links(j, r, c);
		json_key_u64_if(j, "root", c->root, c->root);
		json_key_u64(j, "root_group", c->root_group);
		json_key_str_if(j, "root_state", c->past || !c->root ? NULL : go_state_name(c->root_state));
		json_key_str(j, "root_cause", words_root_name(c->root_cause));
		json_close(j);
	}
	json_close_list(j);
}
