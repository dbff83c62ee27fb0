// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/limit/losses.h"

#include <stdlib.h>
#include <string.h>

#include "record/probe/ringtype.h"
#include "util/clock.h"

struct losses {
	const struct bpf_shared *shared;
	struct encoder *enc;
	struct bpf_shared seen; /* the counters as last written */
	uint32_t events;        /* TRACE_EVENTS_… */
	uint64_t foreign;
	uint64_t since;          /* CLOCK_MONOTONIC ns: start of the next range */
	uint8_t cause;           /* TRACE_LOSS_SIZE or _OVERHEAD: the reason for shared->level */
	bool blind;              /* only events of life have probes, so the rest is not counted */
	uint64_t lost, left_out; /* events; lost: the ring had no room */
	__u64 dropped[RING_TYPES], dropped_seen[RING_TYPES]; /* read from the ring, but the file had no room */
	uint64_t dropped_from; /* CLOCK_MONOTONIC ns of the first new one; UINT64_MAX: none */
};

struct losses *losses_new(const struct bpf_shared *shared, struct encoder *enc, uint32_t events, uint64_t now)
{
	struct losses *l = malloc(sizeof(*l));

	if (l)
		*l = (struct losses){ .shared = shared,
			              .enc = enc,
			              .events = events,
			              .since = now,
			              .cause = TRACE_LOSS_SIZE,
			              .dropped_from = UINT64_MAX };
	return l;
}

void losses_free(struct losses *l)
{
	free(l);
}

uint64_t losses_lost(const struct losses *l)
{
	return l->lost;
}

uint64_t losses_left_out(const struct losses *l)
{
	return l->left_out;
}

/* One kind of loss, with its event counts by ring_type. */
struct loss_kind {
	uint8_t cause, part;
	const __u64 *now, *seen;
	uint64_t from; /* CLOCK_MONOTONIC ns; 0: since the last note */
};

static int write_loss(struct losses *l, const struct loss_kind *k, uint8_t type, uint64_t count, uint64_t at,
                      struct err *err)
{
	struct trace_rec rec = { .type = TRACE_LOSS, .time = (int64_t)(at - l->enc->epoch) };

	rec.loss.cause = k->cause;
	rec.loss.part = k->part;
	rec.loss.type = type;
	rec.loss.from = (int64_t)((k->from ? k->from : l->since) - l->enc->epoch);
	rec.loss.count = count;
	return encoder_write(l->enc, &rec, err);
}

/* Several ring types map to one trace type. */
static int write_kind(struct losses *l, const struct loss_kind *k, uint64_t at, uint64_t *sum, struct err *err)
{
	uint64_t count[TRACE_TYPE_MAX + 1] = { 0 };

	for (int i = 0; i < RING_TYPES; i++)
		count[ring_trace_type((unsigned int)i)] += k->now[i] - k->seen[i];
	for (int t = 0; t <= TRACE_TYPE_MAX; t++) {
		if (count[t] && write_loss(l, k, (uint8_t)t, count[t], at, err))
			return err->code;
		*sum += count[t];
	}
	return 0;
}

/* Writes losses without a count, for events whose probes are detached. */
static int write_blind(struct losses *l, uint64_t at, struct err *err)
{
	const struct loss_kind k = { .cause = l->cause, .part = TRACE_LOSS_EVENT };

	for (int t = TRACE_FIRST_EVENT; l->blind && t < TRACE_FIRST_SNAP; t++)
		if (trace_type_kind(t) == TRACE_KIND_WAIT && (l->events & trace_type_group(t)) &&
		    write_loss(l, &k, (uint8_t)t, 0, at, err))
			return err->code;
	return 0;
}

static bool is_new(const struct losses *l, const struct bpf_shared *now)
{
	return l->blind || l->enc->foreign != l->foreign || now->stack_lost != l->seen.stack_lost ||
	       memcmp(l->dropped, l->dropped_seen, sizeof(l->dropped)) != 0 ||
	       memcmp(now->lost, l->seen.lost, sizeof(now->lost)) != 0 ||
	       memcmp(now->faults, l->seen.faults, sizeof(now->faults)) != 0 ||
	       memcmp(now->bare, l->seen.bare, sizeof(now->bare)) != 0 ||
	       memcmp(now->shed, l->seen.shed, sizeof(now->shed)) != 0 ||
	       memcmp(now->shed_stacks, l->seen.shed_stacks, sizeof(now->shed_stacks)) != 0;
}

static int write_all(struct losses *l, const struct bpf_shared *now, uint64_t at, struct err *err)
{
	static const struct loss_kind stack = { .cause = TRACE_LOSS_STACK }, memory = { .cause = TRACE_LOSS_MEMORY };
	/* The dropped records were in the ring, so they may be older than this range. */
	uint64_t dropped = l->dropped_from < l->since && l->dropped_from > l->enc->epoch ? l->dropped_from : 0;
	const struct bpf_shared *seen = &l->seen;
	const struct loss_kind kinds[] = {
		{ TRACE_LOSS_RING, TRACE_LOSS_EVENT, now->lost, seen->lost, 0 },
		{ TRACE_LOSS_MEMORY, TRACE_LOSS_EVENT, now->faults, seen->faults, 0 },
		{ TRACE_LOSS_ROOM, TRACE_LOSS_ITS_STACK, now->bare, seen->bare, 0 },
		{ l->cause, TRACE_LOSS_ITS_STACK, now->shed_stacks, seen->shed_stacks, 0 },
		{ l->cause, TRACE_LOSS_EVENT, now->shed, seen->shed, 0 },
		{ TRACE_LOSS_SIZE, TRACE_LOSS_EVENT, l->dropped, l->dropped_seen, dropped },
	};
	uint64_t none = 0, *const sums[] = { &l->lost, &none, &none, &none, &l->left_out, &l->left_out };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (write_kind(l, &kinds[i], at, sums[i], err))
			return err->code;
	if (now->stack_lost != seen->stack_lost &&
	    write_loss(l, &stack, TRACE_DEF_STACK, now->stack_lost - seen->stack_lost, at, err))
		return err->code;
	if (l->enc->foreign != l->foreign && write_loss(l, &memory, 0, l->enc->foreign - l->foreign, at, err))
		return err->code;
	return write_blind(l, at, err);
}

int losses_note(struct losses *l, struct err *err)
{
	/* What is counted during the copy belongs to the next range, so that range begins before it. */
	uint64_t since = mono_ns();
	struct bpf_shared now = *l->shared;

	if (is_new(l, &now) && write_all(l, &now, mono_ns(), err))
		return err->code;
	l->foreign = l->enc->foreign;
	l->seen = now;
	memcpy(l->dropped_seen, l->dropped, sizeof(l->dropped));
	l->since = since;
	l->dropped_from = UINT64_MAX;
	return 0;
}

void losses_drop(struct losses *l, const void *rec, size_t len)
{
	const struct ring_hdr *h = rec;

	/* A stack is not an event. */
	if (len < sizeof(*h) || h->type >= RING_TYPES || h->type == RING_STACK)
		return;
	l->dropped[h->type]++;
	if (h->time < l->dropped_from)
		l->dropped_from = h->time;
}

void losses_attribute(struct losses *l, uint8_t cause)
{
	l->cause = cause;
}

void losses_set_blind(struct losses *l, bool blind)
{
	l->blind = blind;
}
