// SPDX-License-Identifier: GPL-2.0-or-later
/* What is missing from the trace, why and when, and the limits of the recording. */
#include "report/model/lossrange.h"
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

/* Times without waits for --max-overhead have a sentence of their own. */
static bool is_wait_left_out(const struct loss *l, const void *arg)
{
	return loss_is_on_purpose(l) && l->cause != TRACE_LOSS_OVERHEAD && l->part == TRACE_LOSS_EVENT &&
	       (l->type == TRACE_GO_PARK || l->type == TRACE_GO_READY);
}

static bool is_stack_left_out(const struct loss *l, const void *arg)
{
	return loss_is_on_purpose(l) && l->part == TRACE_LOSS_ITS_STACK;
}

/* The first times at which something was lost, and how many there are. */
struct ranges {
	struct lossrange v[RANGES_SHOWN];
	size_t n;
	uint64_t count; /* of what was lost */
};

static struct ranges ranges_of(const struct model *m, bool (*wanted)(const struct loss *, const void *),
                               const void *arg)
{
	struct ranges r;

	r.n = lossrange_collect(&m->losses, wanted, arg, r.v, RANGES_SHOWN, &r.count);
	return r;
}

/* " from 1.00s to 1.20s, from 2.00s to 2.10s and 3 more times" */
static void put_ranges(struct buf *b, const struct model *m, const void *of)
{
	const struct ranges *r = of;

	for (size_t i = 0; i < r->n && i < RANGES_SHOWN; i++)
		say(b, m, "{if},{end} from {dur} to {dur}", W_IF(i), W_DUR(r->v[i].from), W_DUR(r->v[i].to));
	say(b, m, "{if} and {n more time}{end}", W_IF(r->n > RANGES_SHOWN), W_N(r->n - RANGES_SHOWN));
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
	const struct trace_meta *meta = t->r->meta;
	struct ranges r = ranges_of(t->m, is_of_kind, &k);
	bool is_room = k.cause == TRACE_LOSS_ROOM, is_size = k.cause == TRACE_LOSS_SIZE;
	uint64_t none;
	bool more = lossrange_collect(&t->m->losses, is_uncounted_kind, &k, NULL, 0, &none);

	if (!r.n)
		return;
	text_entry(t, *any ? "" : "left out",
	           "{if}{n} {end}{word}{part}: {if}the ring was filling{end}{if}to keep the file within {bytes}{end}"
	           "{if}to keep within {percent} of the program's CPU time{end}"
	           "{if} ({if}and some that were {end}not counted){end}",
	           W_IF(r.count), W_N(r.count), W_WORD(kind_phrase(&k)), W_PART(put_ranges, &r), W_IF(is_room),
	           W_IF(is_size), W_BYTES(meta->max_size), W_IF(!is_room && !is_size), W_PPM(meta->max_overhead),
	           W_IF(more), W_IF(r.count));
	*any = true;
}

static bool put_left_out(struct text *t)
{
	bool any = false;

	for (int cause = TRACE_LOSS_ROOM; cause < TRACE_LOSS_CAUSES; cause++) {
		for (int part = TRACE_LOSS_ITS_STACK; part >= TRACE_LOSS_EVENT; part--)
			/* The recorder leaves out wake-ups before waits. */
			for (int type = TRACE_TYPE_MAX; type >= 0; type--)
				put_kind(t, (struct kind){ (uint8_t)cause, (uint8_t)type, (uint8_t)part }, &any);
	}
	return any;
}

static bool put_lost(struct text *t)
{
	const struct model *m = t->m;
	const struct {
		uint64_t n;
		const char *what;
		int cause; /* whose times are printed; -1: none */
	} rows[] = {
		{ m->losses.ring, "{n event} lost because the ring was full{part}", TRACE_LOSS_RING },
		{ m->losses.memory, "{n event} lost because memory could not be read{part}", TRACE_LOSS_MEMORY },
		{ m->losses.stacks, "{n stack} lost{part}", TRACE_LOSS_STACK },
		{ m->losses.cases, "{n select} with more cases than chanrec keeps{part}", -1 },
		{ report_truncated_stacks(t->r), "{n distinct stack} truncated{part}", -1 },
		{ m->defects.unseen_network,
		  "{n network wait} whose end shows only in the goroutine's next event{part}", -1 },
		{ m->defects.unseen_wakes - m->defects.unseen_network, "{n other wait} whose end was not seen{part}",
		  -1 },
	};
	bool any = false;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		uint8_t cause = (uint8_t)rows[i].cause;
		struct ranges r = { .n = 0 };

		if (!rows[i].n)
			continue;
		if (rows[i].cause >= 0)
			r = ranges_of(m, is_of_cause, &cause);
		text_entry(t, any ? "" : "losses", rows[i].what, W_N(rows[i].n), W_PART(put_ranges, &r));
		any = true;
	}
	return any;
}

static void put_defects(struct text *t)
{
	const struct model *m = t->m;

	for (int i = 0; i < ILLEGAL_N; i++)
		if (m->defects.illegal[i])
			text_entry(t, "defects", "{n} {word}", W_N(m->defects.illegal[i]),
			           W_WORD(words_illegal((enum illegal)i)));
}

void text_put_losses(struct text *t)
{
	bool any = put_lost(t);

	put_defects(t);
	if (!put_left_out(t) && !any)
		text_entry(t, "losses", "none");
}

/* The limits that the recording had, and whether it kept within them. */
void text_put_limits(struct text *t)
{
	const struct trace_meta *meta = t->r->meta;
	const struct trace_end *end = t->r->end;
	bool is_known = end && end->has_overhead;

	if (meta->max_size)
		text_entry(t, "limits", "the file within {bytes}", W_BYTES(meta->max_size));
	if (meta->max_overhead)
		text_entry(t, meta->max_size ? "" : "limits",
		           "{if}samples within {percent} of one CPU{else}"
		           "probes within {percent} of the program's CPU time{end}"
		           "{if}; they took {percent}, at most {percent}{end}",
		           W_IF(meta->sample), W_PPM(meta->max_overhead), W_PPM(meta->max_overhead), W_IF(is_known),
		           W_PPM(is_known ? end->overhead : 0), W_PPM(is_known ? end->overhead_max : 0));
}

/* With --max-overhead, waits may have been recorded for a part of each second only. */
static void put_pauses(struct text *t)
{
	const struct model *m = t->m;
	int64_t whole = t->r->end ? t->r->end->duration : m->end,
	        seen = whole > m->losses.paused ? whole - m->losses.paused : 0;

	if (!m->losses.pauses || whole <= 0)
		return;
	text_warn(
	        t, MARK_BAD,
	        "WARNING: to keep probes within {percent} of the program's CPU time, waits were recorded for {dur} of "
	        "{dur} only ({percent}), with {n pause}. Counts and times of waits cover only that{if}: in all, there "
	        "were about {rate} times as many{end}. Goroutines, and what they wait for at the end, are complete.",
	        W_PPM(t->r->meta->max_overhead), W_DUR(seen), W_DUR(whole),
	        W_PPM((uint64_t)((double)seen / (double)whole * 1e6)), W_N(m->losses.pauses), W_IF(seen > 0),
	        W_RATE(seen > 0 ? (double)whole / (double)seen : 0));
}

void text_put_loss_warnings(struct text *t)
{
	const struct model *m = t->m;
	uint64_t lost = m->losses.ring + m->losses.memory;
	struct ranges waits = ranges_of(m, is_wait_left_out, NULL), stacks = ranges_of(m, is_stack_left_out, NULL);

	if (lost)
		text_warn(t, MARK_BAD,
		          "WARNING: {n event} {is was|were} lost. Counts may be too low, and waits may appear longer "
		          "than they were.",
		          W_N(lost), W_N(lost));
	put_pauses(t);
	if (waits.n)
		text_warn(t, MARK_BAD,
		          "WARNING: waits and wake-ups were left out to stay within a limit,{part}. They are not "
		          "counted; what a goroutine waited for then is known only at the end.",
		          W_PART(put_ranges, &waits));
	if (m->snap[1].search_cut)
		text_warn(t, MARK_WARN,
		          "NOTE: the search of the program's memory did not finish, so {if}some owners are not "
		          "known{else}there is less evidence for leaks{end}. Record again with a longer --search-time.",
		          W_IF(m->snap[1].searched));
	if (stacks.n)
		text_warn(t, MARK_WARN, "NOTE: stacks were left out{part}; see Recorded (--full).",
		          W_PART(put_ranges, &stacks));
}
