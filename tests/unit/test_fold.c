// SPDX-License-Identifier: GPL-2.0-or-later
/* Folding goroutines and channels that have gone must not show: the text is the same with and without it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/model/channel.h"
#include "report/render/out.h"
#include "tests/unit/trace_build.h"

#define STEPS 6000
#define LIVE 40  /* goroutines at a time */
#define ADDRS 24 /* of channels */

struct lifetime {
	uint64_t goid;
	uint32_t waits_on; /* an address; each of the LIVE goroutines waits on at most one */
	bool waits;
};

struct churn {
	struct tb t;
	uint64_t rng, next;
	unsigned name;
	int64_t now;
	struct lifetime lives[LIVE];
	struct trace_obj chans[ADDRS];
	uint32_t gens[ADDRS];
	uint32_t waiting[ADDRS]; /* goroutines that wait there */
};

static uint32_t pick(struct churn *c, uint32_t n)
{
	c->rng ^= c->rng << 13;
	c->rng ^= c->rng >> 7;
	c->rng ^= c->rng << 17;
	return (uint32_t)(c->rng >> 33) % n;
}

static const char *place(struct churn *c, const char *func, uint32_t n)
{
	static char names[8][64];
	char *s = names[c->name++ & 7];

	snprintf(s, sizeof(names[0]), "%s /src/main.go:%u", func, 1 + pick(c, n));
	return s;
}

/* A new channel at an address, unless a goroutine waits on the previous one. */
static void make(struct churn *c, uint32_t addr, uint64_t g)
{
	struct trace_def_chan d = { .id = ++c->t.chans, .addr = 0xc000000000 + addr * 96, .gen = ++c->gens[addr] };

	tb_rec(&c->t, &(struct trace_rec){ .type = TRACE_DEF_CHAN, .def_chan = d });
	c->chans[addr] = (struct trace_obj){ .kind = TRACE_OBJ_CHAN, .id = d.id };
	tb_make(&c->t, c->now, g, c->chans[addr], pick(c, 2), place(c, "main.make", 3));
}

static void ready(struct churn *c, struct lifetime *l, uint64_t waker)
{
	tb_ready(&c->t, c->now, waker, l->goid, pick(c, 2) ? TRACE_CAUSE_SEND : TRACE_CAUSE_RECV, c->chans[l->waits_on],
	         place(c, "main.wake", 4));
	c->waiting[l->waits_on]--;
	l->waits = false;
}

static void act(struct churn *c, struct lifetime *l)
{
	uint32_t addr = pick(c, ADDRS);
	static const uint8_t classes[] = { TRACE_WAIT_RECV, TRACE_WAIT_SEND, TRACE_WAIT_SELECT };

	switch (pick(c, 6)) {
	case 0:
		if (!c->waiting[addr])
			make(c, addr, l->goid);
		return;
	case 1:
		tb_op(&c->t, c->now, l->goid, c->chans[addr], 1 + (uint8_t)pick(c, 2), TRACE_OP_DONE);
		return;
	case 2:
		tb_close(&c->t, c->now, l->goid, c->chans[addr], place(c, "main.close", 2));
		return;
	case 3:
		tb_rec(&c->t, &(struct trace_rec){ .type = TRACE_GO_EXIT, .time = c->now, .goid = l->goid });
		l->goid = 0;
		return;
	default:
		l->waits_on = addr;
		l->waits = true;
		c->waiting[addr]++;
		tb_park(&c->t, c->now, l->goid, classes[pick(c, 3)], c->chans[addr], place(c, "main.wait", 5));
	}
}

static void step(struct churn *c)
{
	static const char *const entries[] = { "main.a /src/a.go:1", "main.b /src/b.go:1", "main.c /src/c.go:1" };
	struct lifetime *l = &c->lives[pick(c, LIVE)];

	c->now += 100 + pick(c, 1000);
	if (!l->goid) {
		*l = (struct lifetime){ .goid = 1000 + ++c->next };
		tb_create(&c->t, c->now, 1, l->goid, place(c, "main.main", 2), entries[pick(c, 3)]);
	} else if (l->waits) {
		ready(c, l, pick(c, 3) ? 1 : 2 + pick(c, 3));
	} else {
		act(c, l);
	}
}

static char *text_of(struct tb *t, bool keep_each, size_t *folded)
{
	struct report_opts o = tb_opts();
	struct err err = { 0 };
	struct report *r;
	char *s = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&s, &n);

	o.model.keep_each = o.model.keep_wakes = keep_each;
	o.top = 100000;
	r = tb_read(t, &o);
	*folded = r->m->channels.gone.v.n + r->m->uses.gone.v.n;
	assert_non_null(f);
	assert_int_equal(output_text.write(r, f, &err), 0);
	fclose(f);
	report_free(r);
	return s;
}

static void folding_does_not_show(void **state)
{
	for (uint64_t seed = 1; seed <= 8; seed++) {
		struct churn c = { .t = tb_new(), .rng = seed * 0x9e3779b97f4a7c15ull };
		size_t kept_rows, rows;
		char *kept, *folded;

		for (uint32_t i = 0; i < ADDRS; i++)
			make(&c, i, 1);
		for (int i = 0; i < STEPS; i++)
			step(&c);
		tb_end(&c.t, 0);
		kept = text_of(&c.t, true, &kept_rows);
		folded = text_of(&c.t, false, &rows);
		assert_int_equal(kept_rows, 0);
		assert_true(rows > 20);
		assert_string_equal(kept, folded);
		free(kept);
		free(folded);
		tb_free(&c.t);
	}
}

/* The model creates a channel when an event needs it. One that is never needed does not affect its neighbours. */
static void a_channel_that_nothing_used_goes_with_its_address(void **state)
{
	struct churn c = { .t = tb_new(), .now = MS(1) };
	struct trace_def_chan unused = { .id = 2, .addr = 0xc000000000, .gen = 2 };
	struct report_opts o = tb_opts();
	struct report *r;
	uint32_t id = 1;

	make(&c, 0, 1);
	tb_rec(&c.t, &(struct trace_rec){ .type = TRACE_DEF_CHAN, .def_chan = unused });
	c.t.chans = c.gens[0] = 2;
	make(&c, 0, 1);
	unused = (struct trace_def_chan){ .id = 4, .addr = 0xc000000060, .gen = 1 };
	tb_rec(&c.t, &(struct trace_rec){ .type = TRACE_DEF_CHAN, .def_chan = unused });
	tb_end(&c.t, 0);
	o.model.keep_each = false;
	r = tb_read(&c.t, &o);
	assert_null(model_channel(r->m, 1));
	assert_null(model_channel(r->m, 2));
	assert_int_equal(r->m->channels.gone.v.n, 1);
	assert_int_equal(r->m->channels.gone.v.v[0].n, 1);
	assert_int_equal(channels_next(&r->m->channels, &id)->id, 3);
	assert_null(channels_next(&r->m->channels, &id));
	assert_int_equal(model_channel(r->m, 3)->gen, 3);
	assert_null(model_channel(r->m, 4));
	assert_int_equal(channel_slot(&r->m->channels, 4)->addr, unused.addr);
	assert_null(model_channel(r->m, 5));
	report_free(r);
	tb_free(&c.t);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(folding_does_not_show),
		cmocka_unit_test(a_channel_that_nothing_used_goes_with_its_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
