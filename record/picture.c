// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/picture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "format/trace.h"
#include "record/encode/encode.h"
#include "record/goread/layoutcheck.h"
#include "record/header.h"
#include "record/snapshot.h"
#include "record/target/target.h"
#include "util/clock.h"

#define END_SNAPSHOT 1 /* trace_snap_begin.which: it shows how everything is, not how it was */

struct picture {
	const struct picture_opts *opts;
	struct target target;
	const struct memory *mem;
	struct gobin *bin;
	uint64_t bias;
	struct go_layout layout;
	struct layout_check check;
	struct intern intern;
	struct encoder enc;
	struct gread_env env;
	struct snapshot *snap;
	struct trace_writer *w;
};

static int open_process(struct picture *p, struct err *err)
{
	if (target_open(&p->target, p->opts->pid, err))
		return err->code;
	if (gobin_open(&p->bin, p->target.exe, err))
		return target_explain(&p->target, err);
	p->mem = &p->target.memory;
	return target_bias(&p->target, &p->bias, err);
}

static int write_header(struct picture *p, int fd, struct err *err)
{
	const struct recorder_opts opts = { .redact = p->opts->redact };
	const struct header_of of = { .opts = &opts,
		                      .exe = p->target.exe_path,
		                      .command = p->target.command,
		                      .pid = (uint32_t)p->target.pid,
		                      .way = TRACE_WAY_DUMP,
		                      .bin = p->bin,
		                      .layout = &p->layout,
		                      .is_checked = p->check.done,
		                      .epoch = p->enc.epoch };

	return header_write(&p->w, fd, &of, err);
}

static int open_parts(struct picture *p, int fd, struct err *err)
{
	if (gobin_layout(p->bin, &p->layout, err))
		return err->code;
	layout_check_init(&p->check, p->mem, p->bin, &p->layout, p->bias);
	if (!p->layout.own && layout_check_run(&p->check, err))
		return err->code;
	if (intern_init(&p->intern, p->bin, p->bias, NULL, err) ||
	    gread_env_init(&p->env, p->mem, p->bin, &p->intern.layout, p->bias, err))
		return err->code;
	if (p->opts->redact)
		intern_redact(&p->intern);
	encoder_init(&p->enc, &p->intern, mono_ns());
	if (snapshot_new(&p->snap, &p->env, &p->enc, err) || write_header(p, fd, err))
		return err->code;
	encoder_set_writer(&p->enc, p->w);
	snapshot_tells_all(p->snap);
	if (p->opts->labels)
		snapshot_find_labels(p->snap);
	if (!p->opts->search)
		snapshot_no_search(p->snap);
	return 0;
}

static int take(struct picture *p, struct err *err)
{
	if (snapshot_begin(p->snap, END_SNAPSHOT, err))
		return err->code;
	while (!snapshot_done(p->snap) || snapshot_pending(p->snap))
		if (snapshot_step(p->snap, err) || snapshot_flush(p->snap, UINT64_MAX, err))
			return err->code;
	return 0;
}

/* A program that ends in the middle leaves what was read; one of which nothing was read is an error. */
static int finish(struct picture *p, struct picture_summary *sum, struct err *err)
{
	struct trace_end end = { .duration = (int64_t)(mono_ns() - p->enc.epoch), .reason = "complete" };

	*sum = (struct picture_summary){ .goroutines = snapshot_goroutines(p->snap),
		                         .unread = snapshot_unread(p->snap),
		                         .duration = (uint64_t)end.duration,
		                         .is_partial = snapshot_partial(p->snap) };
	if (sum->is_partial) {
		end.reason = "the memory could not be read to the end";
		end.target_exited = memory_is_gone(p->mem);
	}
	if (sum->is_partial && !sum->goroutines)
		return err_set(err, ESRCH, "process %d ended before any of its goroutines was read", p->target.pid);
	if (trace_writer_end(p->w, &end, err))
		return err->code;
	sum->bytes = trace_writer_bytes(p->w);
	return 0;
}

static void picture_free(struct picture *p)
{
	snapshot_free(p->snap);
	encoder_free(&p->enc);
	intern_free(&p->intern);
	trace_writer_free(p->w);
	gobin_free(p->bin);
	target_close(&p->target);
	free(p);
}

int picture_take(const struct picture_opts *opts, int fd, struct picture_summary *sum, struct err *err)
{
	struct picture *p = calloc(1, sizeof(*p));
	int ret;

	if (!p)
		return err_nomem(err);
	p->opts = opts;
	p->target = TARGET_CLOSED;
	ret = open_process(p, err);
	if (!ret)
		ret = open_parts(p, fd, err);
	if (!ret)
		ret = take(p, err);
	if (!ret)
		ret = finish(p, sum, err);
	picture_free(p);
	return ret;
}
