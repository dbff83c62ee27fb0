// SPDX-License-Identifier: GPL-2.0-or-later
/* What report/render/column.h declares can be rendered by every output, and gives them the same values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/analyze/groups.h"
#include "report/render/column.h"
#include "report/render/json/out_json.h"
#include "report/render/text/table.h"
#include "tests/unit/trace_build.h"

static const struct columns *const tables[] = {
	&columns_group,  &columns_blocked, &columns_wait_site,   &columns_edge,
	&columns_object, &columns_channel, &columns_channel_row, &columns_use_row,
};

#define NTABLES (sizeof(tables) / sizeof(*tables))

static size_t count_of(const struct columns *columns, size_t name, const char *s)
{
	size_t n = 0;

	for (size_t i = 0; s && i < columns->n; i++) {
		const char *other = name ? columns->v[i].head : columns->v[i].key;

		n += other && !strcmp(other, s);
	}
	return n;
}

static void every_column_has_a_name_of_its_own(void **state)
{
	for (size_t i = 0; i < NTABLES; i++) {
		size_t heads = 0;

		for (size_t k = 0; k < tables[i]->n; k++) {
			const struct column *c = &tables[i]->v[k];

			assert_non_null(c->get);
			assert_true(c->key || c->head);
			assert_true(count_of(tables[i], 0, c->key) == (c->key != NULL));
			assert_true(count_of(tables[i], 1, c->head) == (c->head != NULL));
			heads += c->head != NULL;
		}
		assert_in_range(heads, 0, TABLE_MAX_COLS);
	}
}

static struct cell the_cell;

static struct cell get_the_cell(const struct report *r, const void *row)
{
	return the_cell;
}

static const struct column one_column[] = { { .key = "k", .head = "h", .get = get_the_cell } };
static const struct columns one = { .v = one_column, .n = 1 };

static struct report *two_channels(void)
{
	struct tb t = tb_new();
	struct trace_obj ch[2];

	for (int i = 0; i < 2; i++)
		ch[i] = tb_chan(&t);
	for (uint64_t g = 7; g <= 8; g++) {
		tb_create(&t, MS(1), 1, g, "main.main /src/main.go:20", "main.work /src/main.go:1");
		tb_park(&t, MS(10), g, TRACE_WAIT_SEND, ch[g - 7], "main.work /src/main.go:5");
	}
	return tb_report(&t, SEC(1));
}

/* The column's one cell in text; in json, what JSON has. The caller frees both. */
static char *render(const struct report *r, char **json)
{
	struct err err = { 0 };
	struct table tb;
	struct json *j;
	struct text t;
	char *s = NULL;
	size_t n = 0, njson = 0;
	FILE *f = open_memstream(&s, &n), *to = open_memstream(json, &njson);

	text_init(&t, f, r);
	table_open(&tb, &t, &one);
	table_put(&tb, NULL);
	table_print(&tb);
	text_free(&t);
	fclose(f);
	assert_int_equal(json_new(&j, to, 0, &err), 0);
	json_put_row(j, r, &one, NULL);
	assert_int_equal(json_end(j, &err), 0);
	json_free(j);
	fclose(to);
	return s;
}

/* Each type with a value; every output has to know it. */
static void every_type_can_be_rendered(void **state)
{
	static const uint64_t states[GO_STATES] = { [GO_STATE_WAITING] = 3, [GO_STATE_RUNNING] = 1 };
	static const struct group_label labels[5] = { { 0, 1, 0, 12 } };
	struct report *r = two_channels();
	struct blocked b;
	struct {
		struct cell cell;
		const char *text, *json;
	} const cases[] = {
		{ { CELL_UNKNOWN, 0, .n = 0 }, "?", "null" },
		{ { CELL_NONE, 0, .n = 0 }, "", "null" },
		{ { CELL_COUNT, 0, .n = 1234 }, "1,234", "1234" },
		{ { CELL_COUNT, 0, .n = 0 }, "-", "0" },
		{ { CELL_NUMBER, 0, .n = 0 }, "0", "0" },
		{ { CELL_DUR, 0, .n = MS(250) }, "250ms", "250000000" },
		{ { CELL_LEAST, 1, .n = MS(250) }, "≥ 250ms", "250000000" },
		{ { CELL_LEAST, 0, .n = MS(250) }, "250ms", "250000000" },
		{ { CELL_ID, 0, .n = 1234 }, "1234", "1234" },
		{ { CELL_BOOL, 0, .n = 1 }, "yes", "true" },
		{ { CELL_STR, 0, .s = "a\tb" }, "a\\x09b", "\"a\\tb\"" },
		{ { CELL_HEX, 0, .n = 0xc000 }, "0xc000", "\"0xc000\"" },
		{ { CELL_PLACE, 0, .n = 0 }, "unknown", "null" },
		{ { CELL_LINE, 0, .n = 0 }, "?", "null" },
		{ { CELL_STACK, 0, .n = 0 }, "unknown", "null" },
		{ { CELL_GROUP, 0, .n = 0 }, "unknown origin", "0" },
		{ { CELL_ROLES, 0, .n = USER_SEND | USER_CLOSE }, "send close", "send" },
		{ { CELL_STATES, 0, .states = states }, "3 waiting, 1 running", "\"waiting\": 3" },
		{ { CELL_LABELS, 0, .labels = NULL }, "-", "\"k\": [" },
		{ { CELL_LABELS, 5, .labels = labels }, "= (12), = (0), = (0), …", "\"goroutines\": 12" },
		{ { CELL_ORIGIN, 0, .objsite = &r->m->objsites.v[1] }, "main.go:5", "main.work" },
		{ { CELL_CHANNELS, 2102, .n = 4 }, "#4, … (2,102)", "4" },
		{ { CELL_GOROUTINES, 1, .n = 7 }, "7", "7" },
		{ { CELL_BLOCKED_IDS, 0, .blocked = NULL }, "7, 8 (2)", "7" },
		{ { CELL_BLOCKED_TIME, 0, .blocked = NULL }, "≤ 990ms", "990000000" },
		{ { CELL_BLOCKED_ON, 0, .blocked = NULL }, "#1, #2", "\"kind\": \"channel\"" },
	};
	bool seen[CELL_TYPES] = { false };

	assert_int_equal(blocked_find(&b, r), 0);
	assert_int_equal(b.v.n, 1);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *json = NULL, *text;

		the_cell = cases[i].cell;
		if (the_cell.type >= CELL_BLOCKED_IDS)
			the_cell.blocked = &b.v.v[0];
		text = render(r, &json);
		if (!strstr(text, cases[i].text) || !strstr(json, cases[i].json))
			fail_msg("case %zu: \"%s\", %s", i, text, json);
		seen[the_cell.type] = true;
		free(text);
		free(json);
	}
	for (int i = 0; i < CELL_TYPES; i++)
		assert_true(seen[i]);
	blocked_free(&b);
	report_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_column_has_a_name_of_its_own),
		cmocka_unit_test(every_type_can_be_rendered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
