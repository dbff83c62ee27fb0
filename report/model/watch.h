/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_MODEL_WATCH_H
#define CHANREC_REPORT_MODEL_WATCH_H

/*
 * Somebody who follows a replay as it happens: outputs that show single waits,
 * which the model only sums. Calls come in the order of the records, except
 * that a wait is told when it ends; only what the options count, in the window.
 */

#include <stdbool.h>
#include <stdint.h>

struct goroutine;
struct trace_rec;
struct wait_end;

struct model_watch {
	/* What the sums of g->wait grew by; first: the wait counts from now on; a Lock that parks again goes on. */
	void (*wait)(void *ctx, const struct goroutine *g, const struct wait_end *e, int64_t from, int64_t to,
	             bool first);
	/* go.create, once g is known. */
	void (*create)(void *ctx, const struct goroutine *g, const struct trace_rec *rec, int64_t t);
	void (*exit)(void *ctx, const struct goroutine *g, int64_t t);
	/* An event or a loss, before the model has it. */
	void (*record)(void *ctx, const struct trace_rec *rec, int64_t t);
	void *ctx;
};

#endif
