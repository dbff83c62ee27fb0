// SPDX-License-Identifier: GPL-2.0-or-later
/* What the report claims, in the order of the text. */
#include "report/analyze/finding_places.h"
#include "report/model/names.h"
#include "report/render/fmt.h"
#include "report/render/json/out_json.h"
#include "report/render/words.h"

static void put_places(struct json *j, const struct report *r, const struct finding_facts *facts)
{
	static const char *const roles[] = {
		[PLACE_WAITS] = "waits",
		[PLACE_HOLDS] = "holds",
		[PLACE_CREATED] = "created",
		[PLACE_CALLS] = "calls",
	};

	json_key(j, "places");
	json_open_list(j);
	for (size_t i = 0; i < facts->places.n; i++) {
		json_open(j);
		json_place_members(j, r->m, facts->places.v[i].place);
		json_key_str(j, "role", roles[facts->places.v[i].role]);
		json_key_source_lines(j, r, facts->places.v[i].place);
		json_close(j);
	}
	json_close_list(j);
}

/* The program's line where a goroutine is; else the innermost that a reader looks for. */
static uint32_t place_of(const struct model *m, const struct goroutine *g)
{
	uint32_t app = symbols_stack_app(&m->sym, g->wait.stack);

	return app ? app : symbols_stack_user(&m->sym, g->wait.stack);
}

/* "running", or what it waits in: "chan receive". */
static const char *state_of(const struct model *m, const struct goroutine *g)
{
	return g->state == GO_STATE_WAITING ? reason_name(m, g->wait.reason) : go_state_name(g->state);
}

static void put_holder(struct json *j, const struct model *m, const struct blocker *who)
{
	const struct goroutine *g = who && who->goid ? model_goroutine(m, who->goid) : NULL;

	json_key(j, "holder");
	if (!who || (!g && !who->gone)) {
		json_null(j);
		return;
	}
	json_open(j);
	json_key_u64(j, "goroutine", g ? g->id : who->gone);
	json_key_str_if(j, "evidence", words_evidence_name(who->evidence));
	json_key_place(j, "at", m, g ? place_of(m, g) : 0);
	json_key_str(j, "state", g ? state_of(m, g) : "exited");
	json_key_place(j, "locked_at", m, who->taken);
	json_close(j);
}

static void put_members(struct json *j, const struct report *r, const struct leak *l)
{
	json_key(j, "members");
	json_open_list(j);
	for (uint32_t i = 0; l && i < l->cycle_n; i++) {
		const struct cycle_link *c = &r->leaks.cycles.v[l->cycle_first + i];

		json_open(j);
		json_key_u64(j, "goroutine", c->goid);
		json_key_place(j, "waits_at", r->m, c->place);
		json_key(j, "object");
		json_put_obj(j, &c->obj);
		json_key_u64(j, "held_by", c->blocker.goid);
		json_key_str_if(j, "evidence", words_evidence_name(c->blocker.evidence));
		json_key_place(j, "locked_at", r->m, c->blocker.taken);
		json_close(j);
	}
	json_close_list(j);
}

/* What leads to the object: the nearest variable, else the nearest goroutine. */
static const struct owner *owner_of_leak(const struct model *m, const struct leak *l)
{
	const struct goroutine *g = l ? model_goroutine(m, l->example) : NULL;

	return g && g->wait.nobjs && !g->unreachable ? model_owner_why(m, &g->objs[0]) : NULL;
}

static void put_object(struct json *j, const struct model *m, const struct leak *l)
{
	const struct goroutine *g = l ? model_goroutine(m, l->example) : NULL;

	json_key(j, "object");
	if (g && g->wait.nobjs)
		json_put_obj(j, &g->objs[0]);
	else
		json_null(j);
}

static void put_finding(struct json *j, const struct report *r, const struct finding *f, struct buf *b)
{
	const struct leak *l = f->leak == FINDING_NO_LEAK ? NULL : &r->leaks.v.v[f->leak];
	struct finding_facts facts;

	if (finding_facts(&facts, r, f))
		json_fail(j);
	json_open(j);
	json_key_str(j, "kind", words_finding_kind_name(f->kind));
	words_finding_verdict(b, r, f);
	json_key_str(j, "verdict", buf_str(b));
	buf_reset(b);
	json_key_str(j, "strength", words_strength_name(f->strength));
	json_key_u64(j, "count", f->members);
	json_key_u64(j, "behind", f->behind);
	json_key(j, "goroutines");
	json_open_list(j);
	for (size_t i = 0; i < facts.goroutines.n; i++)
		json_u64(j, facts.goroutines.v[i]);
	json_close_list(j);
	put_places(j, r, &facts);
	put_holder(j, r->m, l ? &l->blocker : NULL);
	put_members(j, r, l);
	put_object(j, r->m, l);
	json_key_i64_if(j, "since_ns", facts.since_known, facts.since);
	if (facts.per_minute > 0)
		json_key_f64(j, "rate_per_min", facts.per_minute);
	else
		json_key_null(j, "rate_per_min");
	json_key(j, "path");
	json_put_path(j, r->m, owner_of_leak(r->m, l));
	words_finding_why(b, r, f);
	json_key_str(j, "why", buf_str(b));
	buf_reset(b);
	json_key_str_if(j, "hint", f->hint ? words_hint(f->hint) : NULL);
	json_put_source_claims(j, r, &facts);
	json_close(j);
	finding_facts_free(&facts);
}

void json_put_findings(struct json *j, const struct report *r)
{
	struct buf b = { 0 };

	json_key(j, "findings");
	json_open_list(j);
	for (size_t i = 0; i < r->findings.v.n; i++)
		put_finding(j, r, &r->findings.v.v[i], &b);
	json_close_list(j);
	buf_free(&b);
}
