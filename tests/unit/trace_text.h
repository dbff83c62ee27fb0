/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_TESTS_TRACE_TEXT_H
#define CHANREC_TESTS_TRACE_TEXT_H

/*
 * A record as a line of text: name, time, goid, then the fields in the order of
 * docs/trace-format.md. Two records are equal if their lines are.
 * tests/tools/tracedump.py prints the same lines.
 */

#include <inttypes.h>
#include <stdio.h>

#include "format/trace.h"

static void text_hex(FILE *f, const char *s)
{
	fputs(" x", f);
	for (; *s; s++)
		fprintf(f, "%02x", (unsigned char)*s);
}

static void text_park(FILE *f, const struct trace_go_park *p)
{
	fprintf(f, " %u %u %u %u", p->reason, p->stack, p->nobjs, p->nobjs_all);
	for (uint32_t i = 0; i < p->nobjs; i++)
		fprintf(f, " %u:%u:%u", p->objs[i].kind, p->objs[i].dir, p->objs[i].id);
}

static void text_def(FILE *f, const struct trace_rec *r)
{
	switch (r->type) {
	case TRACE_DEF_STRING:
		fprintf(f, " %u", r->def_string.id);
		text_hex(f, r->def_string.s);
		break;
	case TRACE_DEF_FUNC:
		fprintf(f, " %u %u %u %u %u", r->def_func.id, r->def_func.name, r->def_func.file,
		        r->def_func.start_line, r->def_func.flags);
		break;
	case TRACE_DEF_FRAME:
		fprintf(f, " %u %" PRIu64 " %u", r->def_frame.id, r->def_frame.pc, r->def_frame.nlines);
		for (uint32_t i = 0; i < r->def_frame.nlines; i++)
			fprintf(f, " %u:%u:%u", r->def_frame.lines[i].func, r->def_frame.lines[i].file,
			        r->def_frame.lines[i].line);
		break;
	case TRACE_DEF_STACK:
		fprintf(f, " %u %u %u", r->def_stack.id, r->def_stack.flags, r->def_stack.nframes);
		for (uint32_t i = 0; i < r->def_stack.nframes; i++)
			fprintf(f, " %u", r->def_stack.frames[i]);
		break;
	case TRACE_DEF_CHAN:
		fprintf(f, " %u %" PRIu64 " %u", r->def_chan.id, r->def_chan.addr, r->def_chan.gen);
		break;
	case TRACE_DEF_SYNC:
		fprintf(f, " %u %u %" PRIu64, r->def_sync.id, r->def_sync.kind, r->def_sync.addr);
		break;
	case TRACE_DEF_REASON:
		fprintf(f, " %u %u %u", r->def_reason.id, r->def_reason.class, r->def_reason.name);
		break;
	default:
		break;
	}
}

static void text_event(FILE *f, const struct trace_rec *r)
{
	switch (r->type) {
	case TRACE_GO_CREATE:
		fprintf(f, " %" PRIu64 " %u %u %u %u", r->create.child, r->create.site, r->create.entry,
		        r->create.stack, r->create.flags);
		break;
	case TRACE_GO_PARK:
		text_park(f, &r->park);
		break;
	case TRACE_GO_READY:
		fprintf(f, " %" PRIu64 " %u %u:%u:%u %u", r->ready.woken, r->ready.cause, r->ready.obj.kind,
		        r->ready.obj.dir, r->ready.obj.id, r->ready.stack);
		break;
	case TRACE_CHAN_MAKE:
		fprintf(f, " %u %" PRIu64 " %u %u %d", r->make.chan, r->make.capacity, r->make.elem_size, r->make.stack,
		        r->make.timer);
		break;
	case TRACE_CHAN_CLOSE:
		fprintf(f, " %u %u", r->close.chan, r->close.stack);
		break;
	case TRACE_CHAN_OP:
		fprintf(f, " %u %u %u %d", r->op.chan, r->op.dir, r->op.result, r->op.select);
		break;
	default:
		break;
	}
}

static void text_owner(FILE *f, const struct trace_snap_owner *o)
{
	fprintf(f, " %u %u:%u:%u %u %u %u %u %" PRIu64 " %" PRIu64 " %u %u", o->which, o->obj.kind, o->obj.dir,
	        o->obj.id, o->kind, o->flags, o->frame, o->name, o->addr, o->offset, o->distance, o->nsteps);
	for (uint32_t i = 0; i < o->nsteps; i++)
		fprintf(f, " %" PRIu64 ":%" PRIu64, o->steps[i].addr, o->steps[i].offset);
}

static void text_snapshot(FILE *f, const struct trace_rec *r)
{
	switch (r->type) {
	case TRACE_SNAP_BEGIN:
		fprintf(f, " %u %" PRIu64, r->snap_begin.which, r->snap_begin.allglen);
		break;
	case TRACE_SNAP_GO:
		fprintf(f, " %u %u %u %" PRIu64 " %u %u %" PRId64, r->snap_go.which, r->snap_go.state, r->snap_go.flags,
		        r->snap_go.parent, r->snap_go.site, r->snap_go.entry, r->snap_go.wait_since);
		text_park(f, &r->snap_go.wait);
		break;
	case TRACE_SNAP_CHAN:
		fprintf(f, " %u %u %" PRIu64 " %" PRIu64 " %u %d %d %u %u", r->snap_chan.which, r->snap_chan.chan,
		        r->snap_chan.capacity, r->snap_chan.length, r->snap_chan.elem_size, r->snap_chan.closed,
		        r->snap_chan.timer, r->snap_chan.recvq, r->snap_chan.sendq);
		break;
	case TRACE_SNAP_SYNC:
		fprintf(f, " %u %u %u %" PRId64 " %" PRIu64, r->snap_sync.which, r->snap_sync.sync, r->snap_sync.flags,
		        r->snap_sync.counter, r->snap_sync.waiters);
		break;
	case TRACE_SNAP_END:
		fprintf(f, " %u %" PRIu64 " %" PRIu64 " %d %d", r->snap_end.which, r->snap_end.goroutines,
		        r->snap_end.unread, r->snap_end.partial, r->snap_end.searched);
		break;
	case TRACE_SNAP_UNHELD:
		fprintf(f, " %u", r->snap_unheld.which);
		break;
	case TRACE_SNAP_OWNER:
		text_owner(f, &r->snap_owner);
		break;
	case TRACE_LOSS:
		fprintf(f, " %u %u %" PRId64 " %" PRIu64 " %u", r->loss.cause, r->loss.type, r->loss.from,
		        r->loss.count, r->loss.part);
		break;
	case TRACE_SHORT_WAITS:
		fprintf(f, " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRId64, r->short_waits.limit, r->short_waits.count,
		        r->short_waits.total, r->short_waits.from);
		break;
	case TRACE_PROC_STATE:
		fprintf(f, " %u %" PRId64, r->proc_look.state, r->proc_look.from);
		break;
	case TRACE_PROC_EXIT:
		fprintf(f, " %d %d", r->proc_exit.known, r->proc_exit.status);
		break;
	default:
		break;
	}
}

static void text_rec(FILE *f, const struct trace_rec *r)
{
	fprintf(f, "%s %" PRId64 " %" PRIu64, trace_type_name(r->type), r->time, r->goid);
	text_def(f, r);
	text_event(f, r);
	text_snapshot(f, r);
	fputc('\n', f);
}

#endif
