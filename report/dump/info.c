// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/dump/info.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "format/trace.h"
#include "report/render/fmt.h"
#include "report/render/words.h"
#include "util/buf.h"

struct info {
	FILE *f;
	const struct trace_reader *reader;
	const struct trace_meta *meta;
	struct buf b;
	uint64_t count[TRACE_TYPE_MAX + 1];
	uint64_t events, lost[TRACE_LOSS_CAUSES][2]; /* by enum trace_loss_part */
	int64_t first, last;
	bool any;
};

static void flush(struct info *i)
{
	if (!buf_failed(&i->b))
		fwrite(i->b.data, 1, i->b.len, i->f);
	buf_reset(&i->b);
}

static void put_pair(struct info *i, const char *name, const char *value)
{
	if (*value)
		say(&i->b, NULL, "{word <14} {text}\n", W_WORD(name), W_TEXT(value));
}

static void put_event_groups(struct info *i)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} groups[] = { { TRACE_EVENTS_SCHED, "sched" },
		       { TRACE_EVENTS_CHAN, "chan" },
		       { TRACE_EVENTS_SYNC, "sync" },
		       { TRACE_EVENTS_OPS, "ops" },
		       { TRACE_EVENTS_RUN, "run" } };
	const char *between = "recorded       ";

	for (size_t k = 0; k < sizeof(groups) / sizeof(*groups); k++) {
		if (!(i->meta->events & groups[k].bit))
			continue;
		say(&i->b, NULL, "{word}{word}", W_WORD(between), W_WORD(groups[k].name));
		between = ",";
	}
	say(&i->b, NULL, "{word}\n", W_WORD(*between == ',' ? "" : between));
}

static void put_command(struct info *i, bool all)
{
	struct buf b = { 0 };
	bool is_cut = words_command(&b, i->meta->command, all);

	if (b.len)
		say(&i->b, NULL, "command        {text}{if} … (all of it: --show-command){end}\n", W_TEXT(buf_str(&b)),
		    W_IF(is_cut));
	buf_free(&b);
}

static void put_header(struct info *i, const char *path, bool show_command)
{
	const struct trace_meta *m = i->meta;
	struct buf *b = &i->b;
	char wall[48];

	put_pair(i, "trace", path);
	say(b, NULL, "format         {num}.{num}\n", W_N(m->major), W_N(m->minor));
	put_pair(i, "recorder", m->recorder);
	put_pair(i, "program", m->exe);
	put_command(i, show_command);
	say(b, NULL, "pid            {num}\n", W_N(m->pid));
	put_pair(i, "go version", m->go_version);
	put_pair(i, "module", m->module);
	put_pair(i, "build id", m->build_id);
	put_pair(i, "kernel", m->kernel);
	put_pair(i, "host", m->host);
	say(b, NULL, "machine        {text}, {num} CPUs\n", W_TEXT(m->arch), W_N(m->cpus));
	put_pair(i, "symbols", m->symbols_from);
	put_pair(i, "offsets", m->offsets_from);
	fmt_wall(wall, sizeof(wall), m->start_wall);
	put_pair(i, "start", wall);
	if (m->probing == TRACE_PROBING_INLINE)
		put_pair(i, "probes", "inline: jumps in the program's code");
	put_pair(i, "made by", trace_way_name(m->way));
	put_pair(i, "slice for", m->slice);
	if (m->events)
		put_event_groups(i);
	if (m->max_size)
		say(b, NULL, "max-size       {bytes}\n", W_BYTES(m->max_size));
	if (m->way)
		say(&i->b, NULL, "made by        {word}\n", W_WORD(trace_way_name(m->way)));
	if (m->sample)
		say(&i->b, NULL, "sampled every  {dur}\n", W_DUR(m->sample));
	if (m->max_overhead)
		say(b, NULL, "max-overhead   {percent}\n", W_PPM(m->max_overhead));
}

static void put_probe(struct buf *b, const struct trace_probe *p)
{
	say(b, NULL, "  {text <11} {text}", W_TEXT(p->event), W_TEXT(p->func));
	if (p->status == TRACE_PROBE_ATTACHED)
		say(b, NULL, " at {hex} ({text}{if}, single-stepped{end})", W_N(p->addr), W_TEXT(p->insn),
		    W_IF(p->single_step));
	else
		say(b, NULL, "{if} not needed{else} MISSING{end}", W_IF(p->status == TRACE_PROBE_NOT_NEEDED));
	say(b, NULL, "{if}: {text}{end}\n", W_IF(*p->note), W_TEXT(p->note));
}

static void put_probes(struct info *i)
{
	if (i->meta->nprobes)
		say(&i->b, NULL, "\nprobes\n");
	for (uint32_t k = 0; k < i->meta->nprobes; k++)
		put_probe(&i->b, &i->meta->probes[k]);
}

static void count(struct info *i, const struct trace_rec *rec)
{
	if ((unsigned)rec->type <= TRACE_TYPE_MAX)
		i->count[rec->type]++;
	if (trace_type_is_def(rec->type))
		return;
	i->events += trace_type_is_event(rec->type);
	if (rec->type == TRACE_LOSS && rec->loss.cause < TRACE_LOSS_CAUSES)
		i->lost[rec->loss.cause][rec->loss.part != TRACE_LOSS_EVENT] += rec->loss.count;
	if (!i->any || rec->time < i->first)
		i->first = rec->time;
	if (!i->any || rec->time > i->last)
		i->last = rec->time;
	i->any = true;
}

static void put_counts(struct info *i)
{
	uint64_t skipped = trace_reader_skipped(i->reader);

	say(&i->b, NULL, "\nrecords\n");
	for (int t = 0; t <= TRACE_TYPE_MAX; t++)
		if (i->count[t])
			say(&i->b, NULL, "  {word <12} {num >12}\n", W_WORD(trace_type_name((enum trace_type)t)),
			    W_N(i->count[t]));
	if (skipped)
		say(&i->b, NULL, "  skipped      {num >12} of types that this chanrec does not know\n", W_N(skipped));
}

static void put_losses(struct info *i)
{
	static const char *const what[TRACE_LOSS_CAUSES][2] = {
		[TRACE_LOSS_RING] = { "events lost: the ring was full", "stacks lost: the ring was full" },
		[TRACE_LOSS_STACK] = { "stacks lost", "stacks lost" },
		[TRACE_LOSS_CASES] = { "selects with more cases than are kept",
		                       "selects with more cases than are kept" },
		[TRACE_LOSS_MEMORY] = { "events lost: memory could not be read",
		                        "stacks lost: memory could not be read" },
		[TRACE_LOSS_ROOM] = { "events left out: the ring was filling",
		                      "stacks left out: the ring was filling" },
		[TRACE_LOSS_SIZE] = { "events left out: --max-size", "stacks left out: --max-size" },
		[TRACE_LOSS_OVERHEAD] = { "events left out, and more: --max-overhead",
		                          "stacks left out: --max-overhead" },
	};
	bool any = false;

	say(&i->b, NULL, "\nlosses\n");
	for (int k = 0; k < 2 * TRACE_LOSS_CAUSES; k++) {
		uint64_t n = i->lost[k / 2][k % 2];

		if (!n)
			continue;
		say(&i->b, NULL, "  {num >12} {word}\n", W_N(n), W_WORD(what[k / 2][k % 2]));
		any = true;
	}
	if (!any)
		say(&i->b, NULL, "  none\n");
}

static void put_sizes(struct info *i)
{
	uint64_t bytes = trace_reader_bytes(i->reader), raw = trace_reader_raw_bytes(i->reader);

	say(&i->b, NULL, "\nsizes\n  file         {bytes}\n  records      {bytes}", W_BYTES(bytes), W_BYTES(raw));
	if (bytes)
		fmt_f(&i->b, " (%.1f : 1)", (double)raw / (double)bytes);
	say(&i->b, NULL, "\n");
	if (i->events)
		fmt_f(&i->b, "  per event    %.2f bytes of the file\n", (double)bytes / (double)i->events);
}

static void put_end(struct info *i, const struct err *damage)
{
	const struct trace_end *e = trace_reader_end(i->reader);

	if (e) {
		say(&i->b, NULL, "\nduration       {dur}\n", W_DUR(e->duration));
		put_pair(i, "ended", e->reason);
		if (e->has_overhead)
			say(&i->b, NULL, "probes         {rate}% of the program's CPU time, at most {rate}%\n",
			    W_RATE(e->overhead / 1e4), W_RATE(e->overhead_max / 1e4));
	} else if (i->any) {
		say(&i->b, NULL, "\nduration       at least {dur}\n", W_DUR(i->last));
	}
	put_pair(i, "integrity", damage->msg[0] ? damage->msg : "complete: read to the end, every checksum is right");
}

static int read_all(struct info *i, struct trace_reader *reader, struct err *damage)
{
	struct trace_rec rec;
	const struct trace_end *e;
	int ret;

	while ((ret = trace_reader_next(reader, &rec, damage)) > 0)
		count(i, &rec);
	e = trace_reader_end(reader);
	if (ret)
		return ret;
	if (!e)
		return err_set(damage, ENODATA, "the recorder did not finish this trace; what it contains is readable");
	if (e->events != i->events)
		return err_set(damage, EBADMSG, "the end names %" PRIu64 " events, but there are %" PRIu64, e->events,
		               i->events);
	return 0;
}

int info_write(const char *path, FILE *f, bool show_command, bool *whole, struct err *damage, struct err *err)
{
	struct info i = { .f = f };
	struct trace_reader *reader = NULL;
	int ret = trace_reader_open(&reader, path, err);

	if (ret)
		return ret;
	i.reader = reader;
	i.meta = trace_reader_meta(reader);
	put_header(&i, path, show_command);
	put_probes(&i);
	flush(&i);
	ret = read_all(&i, reader, damage);
	*whole = !ret;
	if (ret != -ENOMEM) {
		put_counts(&i);
		put_losses(&i);
		put_sizes(&i);
		put_end(&i, damage);
		flush(&i);
	}
	if (ret == -ENOMEM || buf_failed(&i.b))
		ret = err_nomem(err);
	else
		ret = 0;
	buf_free(&i.b);
	trace_reader_free(reader);
	return ret;
}
