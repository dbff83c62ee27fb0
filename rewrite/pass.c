// SPDX-License-Identifier: GPL-2.0-or-later
#include "rewrite/pass.h"

#include <errno.h>
#include <stdio.h>

#include "report/analyze/budget.h"

struct pass {
	struct trace_reader *reader;
	struct trace_writer *writer;
	struct pass_result *result;
};

int pass_write(struct pass *p, const struct trace_rec *rec, struct err *err)
{
	p->result->events += trace_type_is_event(rec->type);
	return trace_write(p->writer, rec, err);
}

static int copy(struct pass *p, const struct pass_opts *opts, const struct pass_ops *ops, void *ctx, struct err *err)
{
	struct err read_err = { 0 };
	struct budget budget;
	struct trace_rec rec;
	int ret;

	budget_init(&budget, opts->no_limit);
	while ((ret = trace_reader_next(p->reader, &rec, &read_err)) > 0) {
		ret = budget_spend(&budget, p->reader, &rec, err);
		if (!ret)
			ret = ops->record(ctx, p, &rec, err);
		if (ret)
			return ret;
	}
	if (ret == -ENOMEM)
		return err_set(err, ENOMEM, "%s", read_err.msg);
	if (ret < 0) {
		p->result->damaged = true;
		snprintf(p->result->damage, sizeof(p->result->damage), "%s", read_err.msg);
	}
	p->result->skipped = trace_reader_skipped(p->reader);
	return 0;
}

/* A trace that just stops has a copy that does, too. */
static int finish(struct pass *p, const struct pass_ops *ops, void *ctx, struct err *err)
{
	const struct trace_end *end = p->result->damaged ? NULL : trace_reader_end(p->reader);
	struct trace_end copy;

	if (!end)
		return trace_writer_flush(p->writer, err);
	copy = *end;
	if (ops->end)
		ops->end(ctx, &copy);
	return trace_writer_end(p->writer, &copy, err);
}

int pass_run(const struct pass_opts *opts, const struct pass_ops *ops, void *ctx, struct pass_result *result,
             struct err *err)
{
	struct pass p = { .result = result };
	struct trace_meta meta;
	int ret;

	*result = (struct pass_result){ 0 };
	ret = trace_reader_open(&p.reader, opts->from, err);
	if (ret)
		return ret;
	meta = *trace_reader_meta(p.reader);
	ret = ops->header(ctx, &meta, err);
	if (!ret)
		ret = trace_writer_open(&p.writer, opts->to, &meta, err);
	if (!ret) {
		trace_writer_no_limit(p.writer);
		ret = copy(&p, opts, ops, ctx, err);
	}
	if (!ret)
		ret = finish(&p, ops, ctx, err);
	result->bytes = p.writer ? trace_writer_bytes(p.writer) : 0;
	trace_writer_free(p.writer);
	trace_reader_free(p.reader);
	return ret;
}
