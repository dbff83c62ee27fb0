// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The bytes of version 1.0, as docs/trace-format.md specifies them. To change
 * these is to change the format.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
// clang-format off
#include <cmocka.h>
// clang-format on

#include "format/wire.h"

static void assert_hex(const uint8_t *p, size_t n, const char *hex)
{
	char *got = calloc(2, n + 1);

	for (size_t i = 0; i < n; i++)
		snprintf(got + 2 * i, 3, "%02x", p[i]);
	assert_string_equal(got, hex);
	free(got);
}

static struct wire_ids all_defined(void)
{
	struct wire_ids ids = { .reasons = { UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX } };

	for (int i = 0; i < WIRE_ID_SPACES; i++)
		ids.n[i] = 1000;
	return ids;
}

static const uint32_t two_frames[] = { 8, 9 };
static const struct trace_frame_line one_line = { 5, 6, 7 };
static const struct trace_obj two_objs[] = { { TRACE_OBJ_CHAN, TRACE_DIR_SEND, 10 },
	                                     { TRACE_OBJ_CHAN, TRACE_DIR_RECV, 11 } };
static const struct trace_owner_step owner_steps[] = { { 0x1000, 56 }, { 0x2000, 0 } };
static const struct trace_obj fd_obj = { TRACE_OBJ_FD, TRACE_DIR_NONE, 9 };

static const struct {
	struct trace_rec rec;
	const char *hex; /* type, length, payload */
} golden[] = {
	{ { .type = TRACE_DEF_STRING, .def_string = { 1, "hi" } }, "010401026869" },
	{ { .type = TRACE_DEF_FUNC, .def_func = { 2, 3, 4, 300, 1 } }, "0206020304ac0201" },
	{ { .type = TRACE_DEF_FRAME, .def_frame = { 1, 0x1000, 1, &one_line } }, "030701804001050607" },
	{ { .type = TRACE_DEF_STACK, .def_stack = { 3, TRACE_STACK_TRUNCATED, 2, two_frames } }, "04050301020809" },
	{ { .type = TRACE_DEF_CHAN, .def_chan = { 4, 0xc000010000, 2 } }, "05080480808880803002" },
	{ { .type = TRACE_DEF_SYNC, .def_sync = { 5, TRACE_SYNC_RWMUTEX, -0x1000ull } }, "06040502ff3f" },
	{ { .type = TRACE_DEF_REASON, .def_reason = { 15, TRACE_WAIT_RECV, 3 } }, "07030f0103" },
	{ { .type = TRACE_GO_CREATE, .goid = 7, .create = { 34, 1, 2, 3, TRACE_GO_SYSTEM } }, "10060f4501020301" },
	{ { .type = TRACE_GO_EXIT, .goid = 1 }, "110103" },
	{ { .type = TRACE_GO_EXIT }, "110100" },
	{ { .type = TRACE_GO_PARK, .goid = 34, .park = { 15, 9, 2, 70, two_objs } }, "1209450f090546110a210b" },
	{ { .type = TRACE_GO_READY,
	    .goid = 34,
	    .ready = { 33, TRACE_CAUSE_TIMER, { TRACE_OBJ_SYNC, TRACE_DIR_SEND, 3 }, 200 } },
	  "13074502041203c801" },
	{ { .type = TRACE_GO_READY, .ready = { 35, TRACE_CAUSE_NETWORK, { TRACE_OBJ_FD, TRACE_DIR_NONE, 7 }, 0 } },
	  "1306004705030700" },
	{ { .type = TRACE_GO_RUN, .goid = 64 }, "14028101" },
	{ { .type = TRACE_CHAN_MAKE, .goid = 1, .make = { 4, 16, 8, 300, true } }, "150703041008ac0201" },
	{ { .type = TRACE_CHAN_CLOSE, .goid = INT64_MAX, .close = { 4, 5 } }, "160cffffffffffffffffff010405" },
	{ { .type = TRACE_CHAN_OP, .goid = 6, .op = { 4, TRACE_DIR_RECV, TRACE_OP_CLOSED, true } }, "17050d04020101" },
	{ { .type = TRACE_SNAP_BEGIN, .snap_begin = { 1, 300 } }, "200301ac02" },
	{ { .type = TRACE_SNAP_GO,
	    .goid = 20,
	    .snap_go = { 1, TRACE_GO_WAITING, TRACE_GO_SYSTEM, 1, 5, 6, -5, { 15, 7, 1, 1, &fd_obj } } },
	  "210d29010401260506090f07020309" },
	{ { .type = TRACE_SNAP_CHAN, .snap_chan = { 1, 4, 16, 3, 8, true, true, 2, 1 } }, "22080104100308030201" },
	{ { .type = TRACE_SNAP_SYNC, .snap_sync = { 1, 5, TRACE_SYNC_LOCKED, -2, 3 } }, "23050105010303" },
	{ { .type = TRACE_SNAP_END, .snap_end = { 1, 1000, 2, true, true, true } }, "240501e8070207" },
	{ { .type = TRACE_SNAP_UNHELD, .goid = 20, .snap_unheld = { 1 } }, "25022901" },
	{ { .type = TRACE_SNAP_OWNER,
	    .goid = 20,
	    .snap_owner = { 1,
	                    { TRACE_OBJ_CHAN, TRACE_DIR_NONE, 4 },
	                    TRACE_OWNER_VARIABLE,
	                    TRACE_OWNER_COMPLETE,
	                    5,
	                    6,
	                    0x400,
	                    8,
	                    2,
	                    2,
	                    owner_steps } },
	  "271329010104020105068010080202804038804000" },
	{ { .type = TRACE_SNAP_LABEL, .goid = 20, .snap_label = { 1, 300, 4 } }, "28052901ac0204" },
	{ { .type = TRACE_SNAP_FD, .snap_fd = { 1, 300, TRACE_FD_PIPE, TRACE_FD_ALONE, 1, 4, 5 } },
	  "2b0801ac020601010405" },
	{ { .type = TRACE_LOSS,
	    .time = 5000,
	    .loss = { TRACE_LOSS_ROOM, TRACE_GO_PARK, 4000, 77, TRACE_LOSS_ITS_STACK } },
	  "30060412cf0f4d01" },
	{ { .type = TRACE_PROC_EXIT, .proc_exit = { true, -9 } }, "31020111" },
	{ { .type = TRACE_SHORT_WAITS, .time = 5000, .short_waits = { 1000000, 77, 300, 4000 } },
	  "3208c0843d4dac02cf0f" },
	{ { .type = TRACE_PROC_STATE, .time = 5000, .proc_look = { TRACE_PROC_FROZEN, 4000 } }, "330302cf0f" },
};

static void test_records(void **state)
{
	struct wire_ids ids = all_defined();

	for (size_t i = 0; i < sizeof(golden) / sizeof(*golden); i++) {
		struct wire_enc e;
		uint8_t *from;

		assert_int_equal(wire_enc_init(&e, trace_type_is_def(golden[i].rec.type) ? WIRE_DEFS : WIRE_EVENTS), 0);
		from = e.body;
		assert_int_equal(wire_enc_add(&e, &ids, &golden[i].rec), 0);
		assert_hex(from, (size_t)(e.body - from), golden[i].hex);
		wire_enc_free(&e);
	}
}

static void add(struct wire_enc *e, const struct trace_rec *rec)
{
	struct wire_ids ids = all_defined();

	assert_int_equal(wire_enc_add(e, &ids, rec), 0);
}

/* Deltas of time and goid, from record to record. */
static void test_payload_of_events(void **state)
{
	struct trace_obj obj = { TRACE_OBJ_CHAN, TRACE_DIR_RECV, 2 };
	struct wire_block b;
	struct wire_enc e;
	const uint8_t *p;

	assert_int_equal(wire_enc_init(&e, WIRE_EVENTS), 0);
	add(&e, &(struct trace_rec){ .type = TRACE_GO_READY,
	                             .time = 1000,
	                             .goid = 34,
	                             .ready = { 35, TRACE_CAUSE_SEND, { TRACE_OBJ_CHAN, TRACE_DIR_RECV, 1 }, 6 } });
	add(&e, &(struct trace_rec){ .type = TRACE_GO_PARK, .time = 1300, .goid = 34, .park = { 15, 7, 1, 1, &obj } });
	add(&e, &(struct trace_rec){ .type = TRACE_GO_CREATE, .time = 1299, .goid = 0, .create = { 50, 1, 2, 0, 0 } });
	add(&e, &(struct trace_rec){ .type = TRACE_GO_CREATE, .time = 1400, .goid = 35, .create = { 51, 1, 2, 0, 0 } });
	p = wire_enc_finish(&e, &b);
	assert_hex(p, b.raw,
	           "000602042006d00f" /* block: events, 4 records, 32 + 6 bytes, base time 1000 */
	           "13064503012101"
	           "06"               /* 34 woke 35 */
	           "1206010f07022102" /* 34 parks: delta 0 */
	           "1006006501020000" /* created by nobody, the first child */
	           "1006030301020000" /* by 35, the next child */
	           "00"
	           "d804"
	           "01"
	           "ca01" /* times: 0, +300, -1, +101 */);
	assert_int_equal(b.kind, WIRE_EVENTS);
	assert_int_equal(b.records, 4);
	assert_int_equal(b.tmin, 1000);
	assert_int_equal(b.tmax, 1400);
	wire_enc_free(&e);
}

static void test_header(void **state)
{
	static const struct trace_probe probe = { "go.park", "runtime.gopark", 0x43a1b2, "push rbp", 0, true, "ok" };
	struct trace_meta meta = { .recorder = "chanrec",
		                   .go_version = "go1.23.1",
		                   .pid = 300,
		                   .start_wall = 1000,
		                   .nprobes = 1,
		                   .probes = &probe };
	struct buf b = { 0 };
	struct err err;

	assert_int_equal(wire_put_header(&b, &meta, &err), 0);
	assert_hex(b.data, b.len,
	           "5c2a4d1852000000435254480100010001076368616e7265630508676f312e32332e310c02ac020f02d00f112907676f2e"
	           "7061726b0e72756e74696d652e676f7061726bb2c38e020870757368207262700001026f6b18c6f4a0");
	buf_free(&b);
}

static const struct wire_block golden_block = { WIRE_EVENTS, 3, 1000, 500, 40, -5, 70000, 9 };

static void test_block_header(void **state)
{
	struct buf b = { 0 };

	wire_put_block(&b, &golden_block);
	assert_int_equal(b.len, WIRE_BLOCK_HEAD);
	assert_hex(b.data, b.len,
	           "5c2a4d1834000000435254420200000003000000e8030000f401000028000000fbffffffffffffff7011010000000000"
	           "0900000000000000b9b53e1c");
	buf_free(&b);
}

static void test_footer(void **state)
{
	struct trace_end end = { .duration = 2000, .events = 40, .lost = 9, .target_exited = true, .reason = "over" };
	struct wire_index ix = { 0 };
	struct buf b = { 0 };
	struct err err;

	wire_index_add(&ix, 100, 560, &golden_block);
	wire_index_add(&ix, 660, 80, &(struct wire_block){ .kind = WIRE_DEFS, .records = 2 });
	assert_int_equal(wire_put_end(&b, &end, &ix, &err), 0);
	assert_hex(b.data, b.len,
	           "5c2a4d1836000000435254450102a01f02012803010904010105046f766572061164b004022809f5a20409005001020a00"
	           "003e00000043525445feee21ca");
	wire_index_free(&ix);
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records), cmocka_unit_test(test_payload_of_events),
		cmocka_unit_test(test_header),  cmocka_unit_test(test_block_header),
		cmocka_unit_test(test_footer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
