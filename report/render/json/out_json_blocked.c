// SPDX-License-Identifier: GPL-2.0-or-later
/* Who is blocked at the end, and the wait sites. */
#include "report/analyze/blocked.h"
#include "report/analyze/wait_sites.h"
#include "report/render/json/out_json.h"

void json_put_blocked(struct json *j, const struct report *r)
{
	struct blocked b;

	json_key(j, "blocked");
	json_open_list(j);
	if (blocked_find(&b, r)) {
		json_fail(j);
	} else {
		for (size_t i = 0; i < b.v.n; i++)
			json_put_row(j, r, &columns_blocked, &b.v.v[i]);
		blocked_free(&b);
	}
	json_close_list(j);
}

void json_put_active(struct json *j, const struct report *r)
{
	struct active a;

	json_key(j, "active");
	json_open_list(j);
	if (active_find(&a, r)) {
		json_fail(j);
	} else {
		for (size_t i = 0; i < a.v.n; i++)
			json_put_row(j, r, &columns_active, &a.v.v[i]);
		active_free(&a);
	}
	json_close_list(j);
}

void json_put_wait_sites(struct json *j, const struct report *r)
{
	struct wait_sites sites;

	json_key(j, "wait_sites");
	json_open_list(j);
	if (wait_sites_find(&sites, r, true)) {
		json_fail(j);
	} else {
		for (size_t i = 0; i < sites.v.n; i++)
			json_put_row(j, r, &columns_wait_site, sites.v.v[i]);
		wait_sites_free(&sites);
	}
	json_close_list(j);
}
