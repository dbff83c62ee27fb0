// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of channels, rows of channels that look alike, who uses them, and their final states. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "report/model/chanstate.h"

static struct model *new_model(struct model_opts opts)
{
	struct model *m = NULL;
	struct err err = { 0 };

	opts.since = INT64_MIN;
	opts.until = INT64_MAX;
	assert_int_equal(model_new(&m, &opts, &err), 0);
	return m;
}

static int define(struct channels *cs, uint32_t id, uint64_t addr)
{
	struct err err = { 0 };

	return channels_define(cs, &(struct trace_def_chan){ .id = id, .addr = addr, .gen = 1 }, &err);
}

static void channels_are_defined_in_order(void **state)
{
	struct channels cs = { 0 };

	channels_init(&cs);
	assert_int_equal(define(&cs, 2, 0x10), -EBADMSG);
	assert_int_equal(define(&cs, 1, 0x10), 0);
	assert_int_equal(define(&cs, 3, 0x10), -EBADMSG);
	assert_int_equal(define(&cs, 1, 0x20), 0); /* again: nothing changes */
	assert_int_equal(channel_slot(&cs, 1)->addr, 0x10);
	assert_null(channel_slot(&cs, 2));
	channels_free(&cs);
}

static void a_channel_is_made_when_it_is_needed(void **state)
{
	struct model *m = new_model((struct model_opts){ 0 });

	assert_int_equal(define(&m->channels, 1, 0x10), 0);
	assert_null(model_channel(m, 1));
	assert_non_null(model_channel_get(m, 1));
	assert_ptr_equal(model_channel(m, 1), model_channel_get(m, 1));
	assert_null(model_channel_get(m, 0));
	assert_null(model_channel_get(m, 2));
	model_free(m);
}

/* Two pages of ids, and one channel in each. */
static void channels_next_skips_pages_without_channels(void **state)
{
	struct model *m = new_model((struct model_opts){ 0 });
	uint32_t last = 3 * CHAN_PAGE_IDS, id = 1;

	for (uint32_t i = 1; i <= last; i++)
		assert_int_equal(define(&m->channels, i, 0x10 * i), 0);
	model_channel_get(m, 5);
	model_channel_get(m, last);
	for (uint32_t i = CHAN_PAGE_IDS; i < 2 * CHAN_PAGE_IDS; i++)
		channel_remove(&m->channels, i);
	assert_int_equal(channels_next(&m->channels, &id)->id, 5);
	assert_int_equal(channels_next(&m->channels, &id)->id, last);
	assert_null(channels_next(&m->channels, &id));
	assert_null(model_channel_get(m, CHAN_PAGE_IDS + 1)); /* gone */
	model_free(m);
}

static void the_older_channel_is_the_last_at_that_address(void **state)
{
	struct channels cs = { 0 };

	channels_init(&cs);
	assert_int_equal(define(&cs, 1, 0x10), 0);
	assert_int_equal(define(&cs, 2, 0x20), 0);
	assert_int_equal(define(&cs, 3, 0x10), 0);
	assert_int_equal(channel_older(&cs, 3), 1);
	assert_int_equal(channel_older(&cs, 2), 0);
	channels_free(&cs);
}

static void rows_join_what_looks_alike(void **state)
{
	struct model *m = new_model((struct model_opts){ 0 });
	struct chan_row a = { .sum = { .capacity = 3, .sends = 2, .length = 1, .length_known = true },
		              .id = 7,
		              .n = 1 };
	struct chan_row b = { .sum = { .capacity = 3, .sends = 5, .length = 2, .length_known = true },
		              .id = 4,
		              .n = 2 };
	struct chan_row other = { .sum = { .capacity = 4 }, .id = 9, .n = 1 };
	struct chan_rows rows = { 0 };

	assert_int_equal(chan_rows_put(&rows, &m->sym, &a, false), 0);
	assert_int_equal(chan_rows_put(&rows, &m->sym, &b, false), 0);
	assert_int_equal(chan_rows_put(&rows, &m->sym, &other, false), 0);
	assert_int_equal(chan_rows_put(&rows, &m->sym, &a, true), 0);
	assert_int_equal(rows.v.n, 3);
	assert_int_equal(rows.v.v[0].n, 3);
	assert_int_equal(rows.v.v[0].id, 4);
	assert_int_equal(rows.v.v[0].sum.sends, 7);
	assert_false(rows.v.v[0].sum.length_known);
	chan_rows_free(&rows);
	model_free(m);
}

/* Long lists on both sides, so that the index serves. */
static void each_pair_of_channel_and_goroutine_is_one_use(void **state)
{
	struct model *m = new_model((struct model_opts){ 0 });
	const uint32_t n = 20;

	for (uint32_t i = 1; i <= n; i++)
		assert_int_equal(define(&m->channels, i, 0x10 * i), 0);
	for (int round = 0; round < 3; round++)
		for (uint32_t c = 1; c <= n; c++)
			for (uint64_t g = 1; g <= n; g++)
				model_use_channel(m, model_channel_get(m, c), model_goroutine_get(m, g), USER_SEND,
				                  round);
	assert_false(m->failed);
	assert_int_equal(m->uses.users.n, 1 + n * n);
	assert_int_equal(model_channel(m, 3)->users.n, n);
	assert_int_equal(model_goroutine(m, 3)->users.n, n);
	for (uint32_t i = 1; i < m->uses.users.n; i++)
		assert_int_equal(m->uses.users.v[i].count, 3);
	model_free(m);
}

/* Two goroutines use two channels of one place; then a goroutine and a channel go. */
static void folded_uses_keep_their_counts(void **state)
{
	struct model *m = new_model((struct model_opts){ 0 });
	const struct use_rows *gone = &m->uses.gone;

	assert_int_equal(define(&m->channels, 1, 0x10), 0);
	for (uint64_t g = 1; g <= 2; g++)
		model_use_channel(m, model_channel_get(m, 1), model_goroutine_get(m, g), USER_RECV, 5);
	assert_int_equal(chanuse_goroutine_gone(&m->uses, model_goroutine(m, 1)), 0);
	assert_int_equal(gone->v.n, 1);
	assert_int_equal(gone->v.v[0].count, 1);
	assert_true(chanuse_channel_has(&m->uses, model_channel(m, 1), 0));
	assert_int_equal(chanuse_channel_gone(&m->uses, model_channel(m, 1)), 0);
	assert_int_equal(gone->v.n, 1);
	assert_int_equal(gone->v.v[0].count, 2);
	assert_int_equal(gone->v.v[0].ngos, 2);
	assert_int_equal(gone->v.v[0].nchans, 1);
	model_free(m);
}

static void states_need_every_operation(void **state)
{
	struct model *m = new_model((struct model_opts){ 0 });
	struct channel closed = { .closed = true, .closed_known = true };
	struct channel sent = { .made_seen = true, .capacity_known = true, .capacity = 2, .sends = 1, .last_op = 1 };
	struct channel received = { .made_seen = true, .sends = 1, .recvs = 1, .last_op = 2 };
	struct channel unused = { .made_seen = true }, timer = { .made_seen = true, .timer = true };

	assert_int_equal(chanstate_of(m, &closed), CHAN_CLOSED);
	assert_int_equal(chanstate_of(m, &sent), CHAN_STATE_UNKNOWN);
	m->events_recorded = TRACE_EVENTS_OPS;
	assert_int_equal(chanstate_of(m, &sent), CHAN_SENT);
	assert_int_equal(chanstate_of(m, &received), CHAN_RECV);
	assert_int_equal(chanstate_of(m, &unused), CHAN_DANGLING);
	assert_int_equal(chanstate_of(m, &timer), CHAN_STATE_UNKNOWN);
	m->losses.by_type[TRACE_CHAN_CLOSE] = 1;
	assert_int_equal(chanstate_after(m, CHAN_DANGLING), CHAN_STATE_UNKNOWN);
	assert_int_equal(chanstate_after(m, CHAN_SENT), CHAN_SENT);
	m->losses.by_type[TRACE_CHAN_OP] = 1;
	assert_int_equal(chanstate_after(m, CHAN_SENT), CHAN_STATE_UNKNOWN);
	assert_int_equal(chanstate_after(m, CHAN_CLOSED), CHAN_CLOSED);
	model_free(m);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(channels_are_defined_in_order),
		cmocka_unit_test(a_channel_is_made_when_it_is_needed),
		cmocka_unit_test(channels_next_skips_pages_without_channels),
		cmocka_unit_test(the_older_channel_is_the_last_at_that_address),
		cmocka_unit_test(rows_join_what_looks_alike),
		cmocka_unit_test(each_pair_of_channel_and_goroutine_is_one_use),
		cmocka_unit_test(folded_uses_keep_their_counts),
		cmocka_unit_test(states_need_every_operation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
