// SPDX-License-Identifier: GPL-2.0-or-later
/* Verdicts. */
#include "report/analyze/objects.h"
#include "report/render/fmt.h"
#include "report/render/json/out_json.h"
#include "report/render/words.h"

static void put_leak_channels(struct json *j, const struct report *r, const struct leak *l)
{
	struct channel_ids ids;

	json_key(j, "channels");
	json_open_list(j);
	if (leak_channels_find(&ids, r, l)) {
		json_fail(j);
	} else {
		for (size_t i = 0; i < ids.v.n; i++)
			json_u64(j, ids.v.v[i]);
		channel_ids_free(&ids);
	}
	json_close_list(j);
}

static void put_verdict(struct json *j, const struct report *r, const struct leak *l)
{
	struct buf b = { 0 };

	words_verdict_name(&b, l);
	json_key_str(j, "verdict", buf_str(&b));
	json_key_str(j, "strength", words_strength_name(l->j.strength));
	json_key_str_if(j, "idle", words_idle_name(l->j.idle));
	buf_reset(&b);
	words_leak_why(&b, r->m, &r->leaks, l);
	json_key_str(j, "why", buf_str(&b));
	buf_free(&b);
}

void json_put_leaks(struct json *j, const struct report *r)
{
	const struct model *m = r->m;

	json_key(j, "leaks");
	json_open_list(j);
	for (size_t i = 0; i < r->leaks.v.n; i++) {
		const struct leak *l = &r->leaks.v.v[i];

		json_open(j);
		put_verdict(j, r, l);
		json_key_u64(j, "count", l->n);
		json_key(j, "goroutines");
		json_open_list(j);
		for (uint32_t k = 0; k < l->n; k++)
			json_u64(j, r->leaks.suspects.v[l->first + k].goid);
		json_close_list(j);
		json_key_u64(j, "group", l->group);
		json_key_str(j, "wait_reason", reason_name(m, l->reason));
		json_key_place(j, "blocked_at", m, l->place);
		json_key_place(j, "created_by", m, m->groups.v[l->group].site);
		json_key_place(j, "creator", m, m->groups.v[l->group].creator);
		put_leak_channels(j, r, l);
		json_key_i64(j, "longest_ns", l->longest > 0 ? l->longest : 0);
		json_key_bool(j, "before_start", l->before_start);
		json_key_u64(j, "shown_by_memory", l->proven);
		json_key_u64(j, "begun_in_recording", l->grown);
		json_key_f64(j, "growth_per_minute", l->per_minute);
		json_key_bool(j, "growing", l->growing);
		json_close(j);
	}
	json_close_list(j);
}
