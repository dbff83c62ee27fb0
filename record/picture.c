// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/picture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "format/trace.h"
#include "record/core/core.h"
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
	struct core core;
	const char *exe, *command; /* of the program; strings of target or core */
	uint32_t pid;
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
	p->exe = p->target.exe_path;
	p->command = p->target.command;
	p->pid = (uint32_t)p->target.pid;
	return target_bias(&p->target, &p->bias, err);
}

/* The executable that the core was made by, or the one that the user says. */
static int open_core_exe(struct picture *p, struct picture_summary *sum, struct err *err)
{
	const char *path = p->opts->exe ? p->opts->exe : p->core.exe ? p->core.exe->path : NULL;

	if (!path)
		return err_set(err, ENOENT, "%s does not say which program it is from; give it with --exe",
		               p->opts->core);
	if (access(path, R_OK))
		return err_set(err, errno, "cannot open %s, the program of this core: %s; give it with --exe", path,
		               strerror(errno));
	p->exe = path;
	if (gobin_open(&p->bin, path, err) || core_set_exe(&p->core, p->bin, path, &sum->is_sure, err))
		return err->code;
	return core_bias(&p->core, path, &p->bias, err);
}

static int open_core(struct picture *p, struct picture_summary *sum, struct err *err)
{
	if (core_open(&p->core, p->opts->core, err) || open_core_exe(p, sum, err))
		return err->code;
	p->mem = &p->core.memory;
	p->command = p->core.command;
	p->pid = p->core.pid;
	sum->missing = p->core.missing;
	return 0;
}

static int write_header(struct picture *p, int fd, struct err *err)
{
	const struct recorder_opts opts = { .redact = p->opts->redact };
	const struct header_of of = { .opts = &opts,
		                      .exe = p->exe,
		                      .command = p->command,
		                      .pid = p->pid,
		                      .way = p->opts->core ? TRACE_WAY_CORE : TRACE_WAY_DUMP,
		                      .wall = p->core.written,
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
	/* What is missing could be what leads to an object. */
	if (!p->opts->search || p->core.missing)
		snapshot_no_search(p->snap);
	return 0;
}

static int take(struct picture *p, struct err *err)
{
	if (snapshot_begin(p->snap, END_SNAPSHOT, err))
		return err->code;
	/* A core does not say when it was made. It was later than whatever the runtime noted in it. */
	if (p->opts->core)
		snapshot_set_now(p->snap, snapshot_newest_wait(p->snap));
	while (!snapshot_done(p->snap) || snapshot_pending(p->snap))
		if (snapshot_step(p->snap, err) || snapshot_flush(p->snap, UINT64_MAX, err))
			return err->code;
	return 0;
}

/* A program that ends in the middle leaves what was read; one of which nothing was read is an error. */
static int finish(struct picture *p, struct picture_summary *sum, struct err *err)
{
	struct trace_end end = { .duration = (int64_t)(mono_ns() - p->enc.epoch), .reason = "complete" };

	sum->goroutines = snapshot_goroutines(p->snap);
	sum->unread = snapshot_unread(p->snap);
	sum->duration = (uint64_t)end.duration;
	sum->is_partial = snapshot_partial(p->snap) || core_is_cut(&p->core);
	if (sum->is_partial) {
		end.reason = "the memory could not be read to the end";
		end.target_exited = memory_is_gone(p->mem);
	}
	if (sum->is_partial && !sum->goroutines && p->opts->core)
		return err_set(err, ENODATA, "%s lacks the memory that has the list of goroutines%s", p->opts->core,
		               sum->missing ? ": it is truncated" : "");
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
	core_close(&p->core);
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
	memset(sum, 0, sizeof(*sum));
	ret = opts->core ? open_core(p, sum, err) : open_process(p, err);
	if (!ret)
		ret = open_parts(p, fd, err);
	if (!ret)
		ret = take(p, err);
	if (!ret)
		ret = finish(p, sum, err);
	picture_free(p);
	return ret;
}
