// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/dump/info.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "format/trace.h"
#include "report/render/fmt.h"
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

static void put_line(struct info *i)
{
	buf_put_u8(&i->b, '\n');
	if (!buf_failed(&i->b))
		fwrite(i->b.data, 1, i->b.len, i->f);
	buf_reset(&i->b);
}

static void put_pair(struct info *i, const char *name, const char *value)
{
	if (!*value)
		return;
	fmt_f(&i->b, "%-14s ", name);
	fmt_text(&i->b, value);
	put_line(i);
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
	bool any = false;

	fmt_f(&i->b, "%-14s ", "recorded");
	for (size_t k = 0; k < sizeof(groups) / sizeof(*groups); k++) {
		if (!(i->meta->events & groups[k].bit))
			continue;
		fmt_f(&i->b, "%s%s", any ? "," : "", groups[k].name);
		any = true;
	}
	put_line(i);
}

static void put_header(struct info *i, const char *path)
{
	const struct trace_meta *m = i->meta;
	char wall[48];

	put_pair(i, "trace", path);
	fmt_f(&i->b, "%-14s %u.%u", "format", m->major, m->minor);
	put_line(i);
	put_pair(i, "recorder", m->recorder);
	put_pair(i, "program", m->exe);
	put_pair(i, "command", m->command);
	fmt_f(&i->b, "%-14s %u", "pid", m->pid);
	put_line(i);
	put_pair(i, "go version", m->go_version);
	put_pair(i, "module", m->module);
	put_pair(i, "build id", m->build_id);
	put_pair(i, "kernel", m->kernel);
	put_pair(i, "host", m->host);
	fmt_f(&i->b, "%-14s ", "machine");
	fmt_text(&i->b, m->arch);
	fmt_f(&i->b, ", %u CPUs", m->cpus);
	put_line(i);
	put_pair(i, "symbols", m->symbols_from);
	put_pair(i, "offsets", m->offsets_from);
	fmt_wall(wall, sizeof(wall), m->start_wall);
	put_pair(i, "start", wall);
	put_event_groups(i);
	if (m->max_size) {
		fmt_f(&i->b, "%-14s ", "max-size");
		fmt_bytes(&i->b, m->max_size);
		put_line(i);
	}
	if (m->max_overhead) {
		fmt_f(&i->b, "%-14s %.4g %%", "max-overhead", m->max_overhead / 1e4);
		put_line(i);
	}
}

static void put_probes(struct info *i)
{
	if (!i->meta->nprobes)
		return;
	fmt_raw(&i->b, "\nprobes");
	put_line(i);
	for (uint32_t k = 0; k < i->meta->nprobes; k++) {
		const struct trace_probe *p = &i->meta->probes[k];
		size_t at;

		fmt_raw(&i->b, "  ");
		at = i->b.len;
		fmt_text(&i->b, p->event);
		fmt_pad(&i->b, at, 11);
		fmt_raw(&i->b, " ");
		fmt_text(&i->b, p->func);
		if (p->status == TRACE_PROBE_MISSING) {
			fmt_raw(&i->b, " MISSING");
		} else if (p->status == TRACE_PROBE_NOT_NEEDED) {
			fmt_raw(&i->b, " not needed");
		} else {
			fmt_f(&i->b, " at 0x%" PRIx64 " (", p->addr);
			fmt_text(&i->b, p->insn);
			fmt_raw(&i->b, p->single_step ? ", single-stepped)" : ")");
		}
		if (*p->note) {
			fmt_raw(&i->b, ": ");
			fmt_text(&i->b, p->note);
		}
		put_line(i);
	}
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
	fmt_raw(&i->b, "\nrecords");
	put_line(i);
	for (int t = 0; t <= TRACE_TYPE_MAX; t++) {
		if (!i->count[t])
			continue;
		fmt_f(&i->b, "  %-12s %12" PRIu64, trace_type_name((enum trace_type)t), i->count[t]);
		put_line(i);
	}
	if (trace_reader_skipped(i->reader)) {
		fmt_f(&i->b, "  %-12s %12" PRIu64 " of types that this chanrec does not know", "skipped",
		      trace_reader_skipped(i->reader));
		put_line(i);
	}
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

	fmt_raw(&i->b, "\nlosses");
	put_line(i);
	for (int k = 0; k < 2 * TRACE_LOSS_CAUSES; k++) {
		uint64_t n = i->lost[k / 2][k % 2];

		if (!n)
			continue;
		fmt_f(&i->b, "  %12" PRIu64 " %s", n, what[k / 2][k % 2]);
		put_line(i);
		any = true;
	}
	if (!any) {
		fmt_raw(&i->b, "  none");
		put_line(i);
	}
}

static void put_sizes(struct info *i)
{
	uint64_t bytes = trace_reader_bytes(i->reader), raw = trace_reader_raw_bytes(i->reader);

	fmt_raw(&i->b, "\nsizes");
	put_line(i);
	fmt_raw(&i->b, "  file         ");
	fmt_bytes(&i->b, bytes);
	put_line(i);
	fmt_raw(&i->b, "  records      ");
	fmt_bytes(&i->b, raw);
	if (bytes)
		fmt_f(&i->b, " (%.1f : 1)", (double)raw / (double)bytes);
	put_line(i);
	if (!i->events)
		return;
	fmt_f(&i->b, "  per event    %.2f bytes of the file", (double)bytes / (double)i->events);
	put_line(i);
}

static void put_end(struct info *i, const struct err *damage)
{
	const struct trace_end *e = trace_reader_end(i->reader);

	if (e) {
		fmt_f(&i->b, "\n%-14s ", "duration");
		fmt_dur(&i->b, (uint64_t)(e->duration > 0 ? e->duration : 0));
		put_line(i);
		put_pair(i, "ended", e->reason);
		if (e->has_overhead) {
			fmt_f(&i->b, "%-14s %.1f %% of the program's CPU time, at most %.1f %%", "probes",
			      e->overhead / 1e4, e->overhead_max / 1e4);
			put_line(i);
		}
	} else if (i->any) {
		fmt_f(&i->b, "\n%-14s at least ", "duration");
		fmt_dur(&i->b, (uint64_t)(i->last > 0 ? i->last : 0));
		put_line(i);
	}
	fmt_f(&i->b, "%-14s ", "integrity");
	if (damage->msg[0])
		fmt_text(&i->b, damage->msg);
	else
		fmt_raw(&i->b, "complete: read to the end, every checksum is right");
	put_line(i);
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

int info_write(const char *path, FILE *f, bool *whole, struct err *damage, struct err *err)
{
	struct info i = { .f = f };
	struct trace_reader *reader = NULL;
	int ret = trace_reader_open(&reader, path, err);

	if (ret)
		return ret;
	i.reader = reader;
	i.meta = trace_reader_meta(reader);
	put_header(&i, path);
	put_probes(&i);
	ret = read_all(&i, reader, damage);
	*whole = !ret;
	if (ret != -ENOMEM) {
		put_counts(&i);
		put_losses(&i);
		put_sizes(&i);
		put_end(&i, damage);
	}
	if (ret == -ENOMEM || buf_failed(&i.b))
		ret = err_nomem(err);
	else
		ret = 0;
	buf_free(&i.b);
	trace_reader_free(reader);
	return ret;
}
