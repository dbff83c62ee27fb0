// SPDX-License-Identifier: GPL-2.0-or-later
/* What the source says at the places of findings (report --source). */
#include "report/analyze/source.h"
#include "report/render/json/out_json.h"

void json_key_source_lines(struct json *j, const struct report *r, uint32_t place)
{
	const struct source_place *p = sources_place(r->sources, place);

	if (!r->sources)
		return;
	json_key(j, "source");
	if (!p) {
		json_null(j);
		return;
	}
	json_open(j);
	json_key_str(j, "file", p->path);
	json_key_bool(j, "differs", p->differs);
	json_key_u64(j, "first_line", p->first);
	json_key(j, "lines");
	json_open_list(j);
	for (size_t i = 0; i < p->text.n; i++)
		json_str(j, p->text.v[i]);
	json_close_list(j);
	json_close(j);
}

static void put_claim(struct json *j, const struct source_claim *c)
{
	json_open(j);
	json_key_str(j, "check", c->check);
	json_key_str(j, "confidence", c->confidence);
	json_key_str(j, "file", c->path);
	json_key_u64(j, "line", c->line);
	json_key_str(j, "message", c->text);
	json_key(j, "path");
	json_open_list(j);
	for (size_t i = 0; i < c->steps.n; i++) {
		json_open(j);
		json_key_str(j, "file", c->steps.v[i].path);
		json_key_u64(j, "line", c->steps.v[i].line);
		json_key_str(j, "note", c->steps.v[i].text);
		json_close(j);
	}
	json_close_list(j);
	json_close(j);
}

void json_put_source_claims(struct json *j, const struct report *r, const struct finding_facts *facts)
{
	if (!r->sources)
		return;
	json_key(j, "source");
	json_open_list(j);
	for (size_t k = 0; k < r->sources->claims.n; k++) {
		const struct source_claim *c = &r->sources->claims.v[k];
		bool is_of = false;

		for (size_t i = 0; i < facts->places.n && !is_of; i++)
			is_of = facts->places.v[i].place == c->place && facts->places.v[i].role != PLACE_CREATED;
		if (is_of)
			put_claim(j, c);
	}
	json_close_list(j);
}
