// SPDX-License-Identifier: GPL-2.0-or-later
/* What is missing from the trace, why and when, and the limits of the recording. */
#include "report/model/lossrange.h"
#include "report/render/fmt.h"
#include "report/render/text/text.h"
#include "report/render/words.h"

#define RANGES_SHOWN 3

/* Selects losses for lossrange_collect(). */
struct kind {
	uint8_t cause, type, part;
};

static bool is_of_kind(const struct loss *l, const void *arg)
{
	const struct kind *k = arg;

	return l->cause == k->cause && l->type == k->type && l->part == k->part;
}

static bool is_of_cause(const struct loss *l, const void *arg)
{
	return l->cause == *(const uint8_t *)arg;
}

static bool is_uncounted_kind(const struct loss *l, const void *arg)
{
	return l->uncounted && is_of_kind(l, arg);
}

/* Waits were left out: parks or wake-ups. */
static bool is_wait_left_out(const struct loss *l, const void *arg)
{
	return loss_is_on_purpose(l) && l->part == TRACE_LOSS_EVENT &&
	       (l->type == TRACE_GO_PARK || l->type == TRACE_GO_READY);
}

static bool is_stack_left_out(const struct loss *l, const void *arg)
{
	return loss_is_on_purpose(l) && l->part == TRACE_LOSS_ITS_STACK;
}

static void put_ranges(struct text *t, const struct lossrange *r, size_t n)
{
	for (size_t i = 0; i < n && i < RANGES_SHOWN; i++)
		say(&t->b, t->m, "{word} from {dur} to {dur}", W_WORD(i ? "," : ""), W_DUR(r[i].from), W_DUR(r[i].to));
	if (n > RANGES_SHOWN)
		say(&t->b, t->m, " and {n more time}", W_N(n - RANGES_SHOWN));
}

static void put_why(struct text *t, uint8_t cause)
{
	const struct trace_meta *meta = t->r->meta;

	if (cause == TRACE_LOSS_ROOM)
		fmt_raw(&t->b, ": the ring was filling");
	else if (cause == TRACE_LOSS_SIZE)
		say(&t->b, t->m, ": to keep the file within {bytes}", W_BYTES(meta->max_size));
	else
		say(&t->b, t->m, ": to keep within {percent} of the program's CPU time", W_PPM(meta->max_overhead));
}

static const char *kind_phrase(const struct kind *k)
{
	if (k->part != TRACE_LOSS_EVENT)
		return k->type == TRACE_GO_READY  ? "stacks of wake-ups"
		       : k->type == TRACE_GO_PARK ? "stacks of waits"
		                                  : "stacks";
	switch (k->type) {
	case TRACE_GO_PARK:
		return "waits";
	case TRACE_GO_READY:
		return "wake-ups";
	case TRACE_CHAN_OP:
		return "channel operations";
	case TRACE_GO_RUN:
		return "runs";
	default:
		return trace_type_name(k->type);
	}
}

static void put_kind(struct text *t, struct kind k, bool *any)
{
	struct lossrange r[RANGES_SHOWN];
	uint64_t count, none;
	size_t n = lossrange_collect(&t->m->losses, is_of_kind, &k, r, RANGES_SHOWN, &count);
	bool more = lossrange_collect(&t->m->losses, is_uncounted_kind, &k, NULL, 0, &none);

	if (!n)
		return;
	fmt_f(&t->b, "%-9s ", *any ? "" : "left out");
	if (count)
		say(&t->b, t->m, "{n} ", W_N(count));
	fmt_raw(&t->b, kind_phrase(&k));
	put_ranges(t, r, n);
	put_why(t, k.cause);
	if (more)
		fmt_raw(&t->b, count ? " (and some that were not counted)" : " (not counted)");
	text_wrap(t, 2, 12);
	*any = true;
}

static bool put_left_out(struct text *t)
{
	bool any = false;

	for (int cause = TRACE_LOSS_ROOM; cause < TRACE_LOSS_CAUSES; cause++) {
		for (int part = TRACE_LOSS_ITS_STACK; part >= TRACE_LOSS_EVENT; part--)
			/* Wake-ups before waits, as they are left out. */
			for (int type = TRACE_TYPE_MAX; type >= 0; type--)
				put_kind(t, (struct kind){ (uint8_t)cause, (uint8_t)type, (uint8_t)part }, &any);
	}
	return any;
}

void text_put_losses(struct text *t)
{
	const struct model *m = t->m;
	const struct {
		uint64_t n;
		const char *noun, *what;
		int cause; /* whose times are printed; -1: none */
	} rows[] = {
		{ m->losses.ring, "event", "lost because the ring was full", TRACE_LOSS_RING },
		{ m->losses.memory, "event", "lost because memory could not be read", TRACE_LOSS_MEMORY },
		{ m->losses.stacks, "stack", "lost", TRACE_LOSS_STACK },
		{ m->losses.cases, "select", "with more cases than chanrec keeps", -1 },
		{ report_truncated_stacks(t->r), "distinct stack", "truncated", -1 },
		{ m->defects.unseen_network, "network wait", "whose end shows only in the goroutine's next event", -1 },
		{ m->defects.unseen_wakes - m->defects.unseen_network, "other wait", "whose end was not seen", -1 },
	};
	struct lossrange r[RANGES_SHOWN];
	uint64_t count;
	bool any = false;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		uint8_t cause = (uint8_t)rows[i].cause;

		if (!rows[i].n)
			continue;
		fmt_f(&t->b, "%-9s ", any ? "" : "losses");
		fmt_plural(&t->b, rows[i].n, rows[i].noun);
		fmt_f(&t->b, " %s", rows[i].what);
		if (rows[i].cause >= 0)
			put_ranges(t, r, lossrange_collect(&m->losses, is_of_cause, &cause, r, RANGES_SHOWN, &count));
		text_wrap(t, 2, 12);
		any = true;
	}
	for (int i = 0; i < ILLEGAL_N; i++) {
		if (!m->defects.illegal[i])
			continue;
		fmt_f(&t->b, "%-9s ", "defects");
		say(&t->b, m, "{n} {word}", W_N(m->defects.illegal[i]), W_WORD(words_illegal((enum illegal)i)));
		text_wrap(t, 2, 12);
	}
	if (!put_left_out(t) && !any) {
		fmt_f(&t->b, "%-9s none", "losses");
		text_wrap(t, 2, 12);
	}
}

/* The limits that the recording had, and whether it kept within them. */
void text_put_limits(struct text *t)
{
	const struct trace_meta *meta = t->r->meta;
	const struct trace_end *end = t->r->end;

	if (meta->max_size) {
		fmt_f(&t->b, "%-9s ", "limits");
		say(&t->b, t->m, "the file within {bytes}", W_BYTES(meta->max_size));
		text_wrap(t, 2, 12);
	}
	if (!meta->max_overhead)
		return;
	fmt_f(&t->b, "%-9s ", meta->max_size ? "" : "limits");
	say(&t->b, t->m, "probes within {percent} of the program's CPU time", W_PPM(meta->max_overhead));
	if (end && end->has_overhead)
		say(&t->b, t->m, "; they took {percent}, at most {percent}", W_PPM(end->overhead),
		    W_PPM(end->overhead_max));
	text_wrap(t, 2, 12);
}

static void put_warning(struct text *t, enum text_mark mark, const char *what, const char *then,
                        bool (*wanted)(const struct loss *, const void *))
{
	struct lossrange r[RANGES_SHOWN];
	uint64_t count;
	size_t n = lossrange_collect(&t->m->losses, wanted, NULL, r, RANGES_SHOWN, &count);

	if (!n)
		return;
	text_mark(t, mark);
	fmt_raw(&t->b, what);
	put_ranges(t, r, n);
	fmt_raw(&t->b, then);
	text_mark(t, MARK_END);
	text_wrap(t, 0, 9);
}

void text_put_loss_warnings(struct text *t)
{
	const struct model *m = t->m;

	if (m->losses.ring || m->losses.memory) {
		text_mark(t, MARK_BAD);
		say(&t->b, m,
		    "WARNING: {n event} {is was|were} lost. Counts may be too low, and waits may appear longer than "
		    "they were.",
		    W_N(m->losses.ring + m->losses.memory), W_N(m->losses.ring + m->losses.memory));
		text_mark(t, MARK_END);
		text_wrap(t, 0, 9);
	}
	put_warning(t, MARK_BAD, "WARNING: waits and wake-ups were left out to stay within a limit,",
	            ". They are not counted; what a goroutine waited for then is known only at the end.",
	            is_wait_left_out);
	put_warning(t, MARK_WARN, "NOTE: stacks were left out", "; see Recorded (--full).", is_stack_left_out);
}
