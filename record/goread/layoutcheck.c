// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/goread/layoutcheck.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "format/trace.h"

#define SAMPLE 64             /* goroutines to examine */
#define G_SIZE_MAX 4096       /* of runtime.g; 440 … 528 in Go 1.19 … 1.27 */
#define ROUNDS 500            /* attempts without a parked goroutine */
#define BAD_ROUNDS 20         /* failed attempts; more than one, because a running program may change during the read */
#define PAUSE_NS 2000000      /* between attempts */
#define GOID_MAX (1ull << 48) /* larger values are not goids */
#define STACK_MIN 1024        /* runtime/stack.go, stackMin: 2048 */
#define STACK_MAX (2ull << 30) /* runtime/stack.go: twice maxstacksize */

/* runtime/runtime2.go; 5 and 7 are unused. */
enum {
	G_IDLE = 0,
	G_RUNNING = 2,
	G_WAITING = 4,
	G_DEAD = 6,
	G_COPYSTACK = 8,
	G_DEADEXTRA = 11,
	G_SCAN = 0x1000,
};

struct look {
	uint64_t addr, goid;
	uint8_t g[G_SIZE_MAX];
	bool parked;
	char why[120]; /* why it cannot be a goroutine; "": it can */
};

void layout_check_init(struct layout_check *c, const struct memory *mem, const struct gobin *bin,
                       const struct go_layout *l, uint64_t bias)
{
	struct go_func f;

	memset(c, 0, sizeof(*c));
	c->mem = mem;
	c->bin = bin;
	c->l = l;
	c->bias = bias;
	c->nreasons = wait_reasons_of(bin, c->reasons, WAIT_REASONS_MAX);
	if (gobin_func_by_name(bin, "runtime.gopark", &f) == 0) {
		c->gopark_lo = f.entry + bias;
		c->gopark_hi = f.end + bias;
	}
}

static uint64_t word(const struct look *k, int32_t off)
{
	uint64_t v = 0;

	if (off >= 0 && off <= (int32_t)(G_SIZE_MAX - sizeof(v)))
		memcpy(&v, k->g + off, sizeof(v));
	return v;
}

static uint32_t status_of(const struct look *k, const struct go_layout *l)
{
	return (uint32_t)word(k, l->g_atomicstatus) & ~(uint32_t)G_SCAN;
}

static bool status_is_legal(uint32_t s)
{
	return s <= G_DEADEXTRA && s != 5 && s != 7;
}

static bool in_code(const struct layout_check *c, uint64_t pc)
{
	struct go_func f;

	return gobin_func_by_pc(c->bin, pc - c->bias, &f) == 0;
}

static bool is_entry(const struct layout_check *c, uint64_t pc)
{
	struct go_func f;

	return gobin_func_by_pc(c->bin, pc - c->bias, &f) == 0 && f.entry + c->bias == pc;
}

/* The sudog of a waiting goroutine points back to it and to a channel. */
static void look_at_channel(const struct layout_check *c, struct look *k, uint64_t sudog)
{
	const struct go_layout *l = c->l;
	uint64_t g = 0, chan = 0, qcount = 0, dataqsiz = 0;
	uint32_t closed = 0;

	if (memory_read(c->mem, sudog + (uint64_t)l->sudog_g, &g, sizeof(g)) || g != k->addr ||
	    memory_read(c->mem, sudog + (uint64_t)l->sudog_c, &chan, sizeof(chan)) || !chan) {
		snprintf(k->why, sizeof(k->why), "its sudog does not point back to it");
		return;
	}
	if (memory_read(c->mem, chan + (uint64_t)l->hchan_qcount, &qcount, sizeof(qcount)) ||
	    memory_read(c->mem, chan + (uint64_t)l->hchan_dataqsiz, &dataqsiz, sizeof(dataqsiz)) ||
	    memory_read(c->mem, chan + (uint64_t)l->hchan_closed, &closed, sizeof(closed)) || qcount > dataqsiz ||
	    closed > 1)
		snprintf(k->why, sizeof(k->why), "what it waits on is not a channel (%lu of %lu elements, closed %u)",
		         (unsigned long)qcount, (unsigned long)dataqsiz, closed);
}

static void look_at_waiting(const struct layout_check *c, struct look *k, uint64_t lo, uint64_t hi)
{
	const struct go_layout *l = c->l;
	uint64_t sp = word(k, l->g_sched_sp), pc = word(k, l->g_sched_pc), bp = word(k, l->g_sched_bp), sudog;
	uint8_t reason = (uint8_t)word(k, l->g_waitreason), class;

	if (sp < lo || sp > hi) {
		snprintf(k->why, sizeof(k->why), "its stack pointer %#lx is outside its stack %#lx-%#lx",
		         (unsigned long)sp, (unsigned long)lo, (unsigned long)hi);
		return;
	}
	/* Its status is waiting while it works for the collector: it is not parked. */
	if (pc < c->gopark_lo || pc >= c->gopark_hi)
		return;
	if (!reason || reason >= c->nreasons) {
		snprintf(k->why, sizeof(k->why), "its wait reason %u is not one of the %d", reason, c->nreasons);
		return;
	}
	if (bp < sp || bp > hi) {
		snprintf(k->why, sizeof(k->why), "its frame pointer %#lx is outside its stack", (unsigned long)bp);
		return;
	}
	class = c->reasons[reason].class;
	sudog = word(k, l->g_waiting);
	/* A select with only nil channels has no sudog. */
	if (wait_class_of(class)->obj == TRACE_OBJ_CHAN && (class != TRACE_WAIT_SELECT || sudog))
		look_at_channel(c, k, sudog);
	k->parked = !k->why[0];
}

static void look_at_running(const struct layout_check *c, struct look *k)
{
	uint64_t m = word(k, c->l->g_m), curg = 0;

	if (!m || memory_read(c->mem, m + (uint64_t)c->l->m_curg, &curg, sizeof(curg)) || curg != k->addr)
		snprintf(k->why, sizeof(k->why), "it runs on a thread that does not point back to it");
}

static void look_at(const struct layout_check *c, struct look *k)
{
	const struct go_layout *l = c->l;
	uint64_t lo = word(k, l->g_stack_lo), hi = word(k, l->g_stack_hi), startpc = word(k, l->g_startpc);
	uint64_t gopc = word(k, l->g_gopc);
	uint32_t status = status_of(k, l);

	k->goid = 0;
	if (!status_is_legal(status)) {
		snprintf(k->why, sizeof(k->why), "its status %u is not a Go status", status);
		return;
	}
	if (status == G_IDLE || status == G_DEAD || status == G_DEADEXTRA || status == G_COPYSTACK)
		return;
	k->goid = word(k, l->g_goid);
	if (!k->goid || k->goid > GOID_MAX)
		snprintf(k->why, sizeof(k->why), "its id %lu is not plausible", (unsigned long)k->goid);
	else if (hi < lo + STACK_MIN || hi - lo > STACK_MAX || (lo & 7) || (hi & 7))
		snprintf(k->why, sizeof(k->why), "its stack %#lx-%#lx is not plausible", (unsigned long)lo,
		         (unsigned long)hi);
	else if (startpc && !is_entry(c, startpc)) /* 0: created for a C thread */
		snprintf(k->why, sizeof(k->why), "the address of its function, %#lx, is not plausible",
		         (unsigned long)startpc);
	else if (gopc && !in_code(c, gopc))
		snprintf(k->why, sizeof(k->why), "it was started at %#lx, which is not code", (unsigned long)gopc);
	else if (status == G_WAITING)
		look_at_waiting(c, k, lo, hi);
	else if (status == G_RUNNING)
		look_at_running(c, k);
}

/* Reads the first goroutines of runtime.allgs; returns their number. */
static size_t read_sample(const struct layout_check *c, uint64_t *gs)
{
	uint64_t len_at, ptr_at, len = 0, ptr = 0;

	if (gobin_var(c->bin, GO_VAR_ALLGS, &ptr_at, NULL) == 0) {
		len_at = ptr_at + 8;
	} else if (gobin_var(c->bin, GO_VAR_ALLGLEN, &len_at, NULL) ||
	           gobin_var(c->bin, GO_VAR_ALLGPTR, &ptr_at, NULL)) {
		return 0;
	}
	if (memory_read(c->mem, len_at + c->bias, &len, sizeof(len)) ||
	    memory_read(c->mem, ptr_at + c->bias, &ptr, sizeof(ptr)) || !ptr)
		return 0;
	if (len > SAMPLE)
		len = SAMPLE;
	return memory_read(c->mem, ptr, gs, len * sizeof(*gs)) ? 0 : len;
}

static bool is_double(const uint64_t *goids, size_t n, uint64_t goid)
{
	for (size_t i = 0; i < n; i++)
		if (goids[i] == goid)
			return true;
	return false;
}

static int refuse(const struct layout_check *c, const char *why, struct err *err)
{
	return err_set(err, ENOTSUP,
	               "the offsets of Go's structures (%s) do not match the program, which says it is %s: %s; use a "
	               "chanrec that knows this version, or build the program with DWARF (without -ldflags=-w or -s)",
	               c->l->from, gobin_go_version(c->bin), why);
}

/* A goroutine that changed during the read proves nothing. */
static void look(const struct layout_check *c, struct look *k)
{
	size_t size = (size_t)c->l->g_size;
	uint8_t again[G_SIZE_MAX];

	if (memory_read(c->mem, k->addr, k->g, size)) {
		k->goid = 0;
		/* A core may lack it. */
		if (memory_is_still(c->mem))
			return;
		snprintf(k->why, sizeof(k->why), "its memory cannot be read");
		return;
	}
	look_at(c, k);
	if (k->why[0] && memory_read(c->mem, k->addr, again, size) == 0 && memcmp(again, k->g, size) != 0) {
		k->why[0] = 0;
		k->goid = 0;
	}
}

int layout_check_step(struct layout_check *c, struct err *err)
{
	uint64_t gs[SAMPLE], goids[SAMPLE];
	size_t n = read_sample(c, gs), parked = 0;
	char why[200] = "";

	if (c->l->g_size <= 0 || c->l->g_size > G_SIZE_MAX)
		return refuse(c, "the size of runtime.g is unknown", err);
	for (size_t i = 0; i < n && !why[0]; i++) {
		struct look k = { .addr = gs[i] };

		look(c, &k);
		if (!k.why[0] && k.goid && is_double(goids, i, k.goid))
			snprintf(k.why, sizeof(k.why), "its id %lu also belongs to another goroutine",
			         (unsigned long)k.goid);
		if (k.why[0])
			snprintf(why, sizeof(why), "goroutine at %#lx: %s", (unsigned long)gs[i], k.why);
		goids[i] = k.goid;
		parked += k.parked;
	}
	c->done = !why[0] && parked;
	c->bad += why[0] != 0;
	if (c->bad >= BAD_ROUNDS)
		return refuse(c, why, err);
	if (!c->done && ++c->rounds >= ROUNDS)
		return refuse(c, n ? "none of its goroutines appears to be parked" : "it has no goroutines", err);
	return 0;
}

int layout_check_run(struct layout_check *c, struct err *err)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };

	while (!c->done) {
		if (layout_check_step(c, err))
			return err->code;
		/* A process that is gone is reported elsewhere. */
		if (memory_is_gone(c->mem))
			return 0;
		if (!c->done && !memory_is_still(c->mem))
			nanosleep(&pause, NULL);
	}
	return 0;
}
