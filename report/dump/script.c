// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/dump/script.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "report/dump/defs.h"
#include "report/render/fmt.h"
#include "util/path.h"

struct script {
	const struct script_opts *opts;
	FILE *f;
	struct defs defs;
	struct buf b;
};

/* "12.345678901" */
static void put_time(struct script *s, int64_t ns)
{
	uint64_t abs = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns;
	char t[40];

	snprintf(t, sizeof(t), "%s%" PRIu64 ".%09" PRIu64, ns < 0 ? "-" : "", abs / 1000000000, abs % 1000000000);
	fmt_f(&s->b, "%16s", t);
}

/* A name as one word: as by fmt_text(), with blanks and quotes escaped, too. */
static void put_word(struct script *s, const char *text)
{
	size_t from = s->b.len, n;
	char copy[1024];

	fmt_text(&s->b, text);
	if (buf_failed(&s->b))
		return;
	n = s->b.len - from;
	if (n >= sizeof(copy))
		n = sizeof(copy) - 1;
	memcpy(copy, s->b.data + from, n);
	s->b.len = from;
	for (size_t i = 0; i < n; i++) {
		if (strchr(" \"'", copy[i]))
			fmt_f(&s->b, "\\x%02x", (unsigned char)copy[i]);
		else
			buf_put_u8(&s->b, (uint8_t)copy[i]);
	}
}

static void put_quoted(struct script *s, const char *text)
{
	size_t from;

	fmt_raw(&s->b, "\"");
	from = s->b.len;
	fmt_text(&s->b, text);
	for (size_t i = from; !buf_failed(&s->b) && i < s->b.len; i++)
		if (s->b.data[i] == '"')
			s->b.data[i] = '\'';
	fmt_raw(&s->b, "\"");
}

static void put_place(struct script *s, const char *key, uint32_t place)
{
	const struct place *p = symbols_place(&s->defs.sym, place);

	if (!place)
		return;
	fmt_f(&s->b, " %s=", key);
	if (p->func)
		put_word(s, symbols_string(&s->defs.sym, p->func));
	else
		fmt_f(&s->b, "0x%" PRIx64, p->pc);
	if (!p->file)
		return;
	fmt_raw(&s->b, "(");
	put_word(s, path_base(symbols_string(&s->defs.sym, p->file)));
	fmt_f(&s->b, ":%u)", p->line);
}

static void put_at(struct script *s, uint32_t stack)
{
	put_place(s, "at", symbols_stack_user(&s->defs.sym, stack));
}

static void put_chan(struct script *s, const char *key, uint32_t id)
{
	const struct chan_def *c = defs_chan(&s->defs, id);

	fmt_f(&s->b, " %s=#%u", key, id);
	if (!c)
		return;
	fmt_f(&s->b, "(0x%" PRIx64 ".%u", c->addr, c->gen);
	if (c->capacity_known)
		fmt_f(&s->b, ",cap=%" PRIu64, c->capacity);
	fmt_raw(&s->b, ")");
}

static void put_obj(struct script *s, const struct trace_obj *o, bool in_select)
{
	static const char *const dirs[] = { "chan", "send", "recv", "rlock", "lock" };
	const struct sync_obj *so;

	switch (o->kind) {
	case TRACE_OBJ_CHAN:
		put_chan(s, in_select && o->dir < 5 ? dirs[o->dir] : "chan", o->id);
		return;
	case TRACE_OBJ_SYNC:
		so = syncs_get(&s->defs.syncs, o->id);
		fmt_raw(&s->b, " sync=");
		put_word(s, so ? trace_sync_kind_name(so->kind) : "?");
		fmt_f(&s->b, "(0x%" PRIx64 ")", so ? so->addr : 0);
		return;
	case TRACE_OBJ_FD:
		fmt_f(&s->b, " fd=%u", o->id);
		return;
	case TRACE_OBJ_NILCHAN:
		fmt_raw(&s->b, " chan=nil");
		return;
	default:
		return;
	}
}

static void put_park(struct script *s, const struct trace_go_park *p)
{
	const struct reason *r = reasons_get(&s->defs.reasons, p->reason);
	bool in_select = r->class == TRACE_WAIT_SELECT || p->nobjs > 1;

	fmt_raw(&s->b, " reason=");
	put_quoted(s, r->defined ? r->name : "unknown");
	for (uint32_t i = 0; i < p->nobjs; i++)
		put_obj(s, &p->objs[i], in_select);
	if (p->nobjs_all > p->nobjs)
		fmt_f(&s->b, " cases=%u", p->nobjs_all);
	put_at(s, p->stack);
}

static void put_make(struct script *s, const struct trace_chan_make *p)
{
	struct chan_def *c = defs_chan(&s->defs, p->chan);

	if (c) {
		c->capacity = p->capacity;
		c->capacity_known = true;
	}
	put_chan(s, "chan", p->chan);
	fmt_f(&s->b, " elem=%u%s", p->elem_size, p->timer ? " timer" : "");
	put_at(s, p->stack);
}

static void put_op(struct script *s, const struct trace_chan_op *p)
{
	static const char *const results[] = { "done", "closed", "not-ready" };

	put_chan(s, p->dir == TRACE_DIR_SEND ? "send" : "recv", p->chan);
	fmt_f(&s->b, " result=%s%s", p->result < 3 ? results[p->result] : "?", p->select ? " select" : "");
}

static void put_snap_go(struct script *s, const struct trace_snap_go *p)
{
	static const char *const states[] = { "unknown", "runnable", "running", "syscall", "waiting" };

	fmt_f(&s->b, " snapshot=%s state=%s", p->which ? "end" : "start", p->state < 5 ? states[p->state] : "?");
	if (p->parent)
		fmt_f(&s->b, " parent=%" PRIu64, p->parent);
	put_place(s, "entry", symbols_frame_outer(&s->defs.sym, p->entry));
	put_place(s, "created", symbols_frame_inner(&s->defs.sym, p->site));
	if (p->flags & TRACE_GO_SYSTEM)
		fmt_raw(&s->b, " system");
	if (p->state == TRACE_GO_WAITING)
		put_park(s, &p->wait);
	else
		put_at(s, p->wait.stack);
}

static void put_snap_chan(struct script *s, const struct trace_snap_chan *p)
{
	struct chan_def *c = defs_chan(&s->defs, p->chan);

	if (c) {
		c->capacity = p->capacity;
		c->capacity_known = true;
	}
	fmt_f(&s->b, " snapshot=%s", p->which ? "end" : "start");
	put_chan(s, "chan", p->chan);
	fmt_f(&s->b, " len=%" PRIu64 " recvq=%u sendq=%u%s%s", p->length, p->recvq, p->sendq,
	      p->closed ? " closed" : "", p->timer ? " timer" : "");
}

static void put_snap_sync(struct script *s, const struct trace_snap_sync *p)
{
	struct trace_obj o = { .kind = TRACE_OBJ_SYNC, .id = p->sync };

	fmt_f(&s->b, " snapshot=%s", p->which ? "end" : "start");
	put_obj(s, &o, false);
	fmt_f(&s->b, " flags=%u counter=%" PRId64 " waiters=%" PRIu64, p->flags, p->counter, p->waiters);
}

/* " path=main.db+0x8,0xc000012000+0x38,…": where each pointer is; last the object. */
static void put_snap_owner(struct script *s, const struct trace_snap_owner *p)
{
	static const char *const kinds[] = { "unknown", "stack", "variable" };

	fmt_f(&s->b, " snapshot=%s", p->which ? "end" : "start");
	put_obj(s, &p->obj, false);
	fmt_f(&s->b, " by=%s", p->kind < 3 ? kinds[p->kind] : "?");
	put_place(s, "in", symbols_frame_inner(&s->defs.sym, p->frame));
	fmt_f(&s->b, " distance=%u%s path=", p->distance, p->flags & TRACE_OWNER_COMPLETE ? " complete" : "");
	if (p->kind == TRACE_OWNER_VARIABLE && p->name) {
		put_word(s, symbols_string(&s->defs.sym, p->name));
		fmt_f(&s->b, "+0x%" PRIx64, p->offset);
	} else if (p->kind == TRACE_OWNER_VARIABLE) {
		fmt_f(&s->b, "0x%" PRIx64, p->addr);
	} else {
		fmt_raw(&s->b, "stack");
	}
	for (uint32_t i = 0; i < p->nsteps; i++)
		fmt_f(&s->b, ",%s0x%" PRIx64 "+0x%" PRIx64,
		      p->flags & TRACE_OWNER_CUT && i == p->nsteps / 2 ? "…," : "", p->steps[i].addr,
		      p->steps[i].offset);
}

static void put_loss(struct script *s, const struct trace_loss *p)
{
	fmt_f(&s->b, " cause=%s type=%s part=%s count=%" PRIu64 " from=%" PRId64, trace_loss_name(p->cause),
	      trace_type_name(p->type), p->part == TRACE_LOSS_EVENT ? "event" : "stack", p->count, p->from);
}

/* Appends the event's fields; returns its stack. */
static uint32_t put_fields(struct script *s, const struct trace_rec *r)
{
	switch (r->type) {
	case TRACE_GO_CREATE:
		fmt_f(&s->b, " child=%" PRIu64, r->create.child);
		put_place(s, "entry", symbols_frame_outer(&s->defs.sym, r->create.entry));
		if (r->create.flags & TRACE_GO_SYSTEM)
			fmt_raw(&s->b, " system");
		put_place(s, "at", symbols_frame_inner(&s->defs.sym, r->create.site));
		return r->create.stack;
	case TRACE_GO_PARK:
		put_park(s, &r->park);
		return r->park.stack;
	case TRACE_GO_READY:
		fmt_f(&s->b, " woken=%" PRIu64 " cause=", r->ready.woken);
		put_word(s, trace_cause_name(r->ready.cause));
		put_obj(s, &r->ready.obj, false);
		put_at(s, r->ready.stack);
		return r->ready.stack;
	case TRACE_CHAN_MAKE:
		put_make(s, &r->make);
		return r->make.stack;
	case TRACE_CHAN_CLOSE:
		put_chan(s, "chan", r->close.chan);
		put_at(s, r->close.stack);
		return r->close.stack;
	case TRACE_CHAN_OP:
		put_op(s, &r->op);
		return 0;
	case TRACE_SNAP_BEGIN:
		fmt_f(&s->b, " snapshot=%s allgs=%" PRIu64, r->snap_begin.which ? "end" : "start",
		      r->snap_begin.allglen);
		return 0;
	case TRACE_SNAP_GO:
		put_snap_go(s, &r->snap_go);
		return r->snap_go.wait.stack;
	case TRACE_SNAP_CHAN:
		put_snap_chan(s, &r->snap_chan);
		return 0;
	case TRACE_SNAP_SYNC:
		put_snap_sync(s, &r->snap_sync);
		return 0;
	case TRACE_SNAP_END:
		fmt_f(&s->b, " snapshot=%s goroutines=%" PRIu64 " unread=%" PRIu64 "%s",
		      r->snap_end.which ? "end" : "start", r->snap_end.goroutines, r->snap_end.unread,
		      r->snap_end.partial    ? " partial"
		      : r->snap_end.searched ? " searched"
		                             : "");
		return 0;
	case TRACE_SNAP_UNHELD:
		fmt_f(&s->b, " snapshot=%s", r->snap_unheld.which ? "end" : "start");
		return 0;
	case TRACE_SNAP_OWNER:
		put_snap_owner(s, &r->snap_owner);
		return 0;
	case TRACE_LOSS:
		put_loss(s, &r->loss);
		return 0;
	case TRACE_SHORT_WAITS:
		fmt_f(&s->b, " limit=%" PRIu64 " count=%" PRIu64 " total=%" PRIu64 " from=%" PRId64,
		      r->short_waits.limit, r->short_waits.count, r->short_waits.total, r->short_waits.from);
		return 0;
	case TRACE_PROC_STATE:
		fmt_f(&s->b, " state=%s from=%" PRId64,
		      r->proc_look.state == TRACE_PROC_STOPPED  ? "stopped"
		      : r->proc_look.state == TRACE_PROC_FROZEN ? "frozen"
		                                                : "goes-on",
		      r->proc_look.from);
		return 0;
	case TRACE_PROC_EXIT:
		if (r->proc_exit.known)
			fmt_f(&s->b, " status=%d", r->proc_exit.status);
		return 0;
	default:
		return 0;
	}
}

static void put_frames(struct script *s, uint32_t stack)
{
	struct stack_walk w = stack_walk_of(&s->defs.sym, stack, s->opts->full_stacks);
	uint32_t place;

	while ((place = stack_walk_next(&w))) {
		fmt_raw(&s->b, "\n\t");
		fmt_place_of(&s->b, &s->defs.sym, place, 0);
	}
	if (symbols_stack_truncated(&s->defs.sym, stack))
		fmt_raw(&s->b, "\n\t[cut]");
	if (stack)
		fmt_raw(&s->b, "\n");
}

static void put_record(struct script *s, const struct trace_rec *r)
{
	uint32_t stack;

	if (!s->opts->snapshots && trace_type_is_snap(r->type))
		return;
	buf_reset(&s->b);
	put_time(s, r->time);
	fmt_f(&s->b, " %-10s g=%" PRIu64, trace_type_name(r->type), r->goid);
	stack = put_fields(s, r);
	if (s->opts->stacks)
		put_frames(s, stack);
	fmt_raw(&s->b, "\n");
	if (!buf_failed(&s->b))
		fwrite(s->b.data, 1, s->b.len, s->f);
}

static int write_all(struct script *s, struct trace_reader *reader, struct err *damage, struct err *err)
{
	struct trace_rec rec;
	int ret;

	while ((ret = trace_reader_next(reader, &rec, damage)) > 0 && !ferror(s->f)) {
		if (trace_type_is_def(rec.type)) {
			ret = defs_add(&s->defs, &rec, damage);
			if (ret)
				break;
			continue;
		}
		put_record(s, &rec);
	}
	if (ret == -ENOMEM || buf_failed(&s->b))
		return err_nomem(err);
	return 0;
}

int script_write(const char *path, const struct script_opts *opts, FILE *f, struct err *damage, struct err *err)
{
	struct script s = { .opts = opts, .f = f };
	struct trace_reader *reader = NULL;
	int ret = defs_init(&s.defs, err);

	if (ret)
		return ret;
	ret = trace_reader_open(&reader, path, err);
	if (!ret)
		ret = write_all(&s, reader, damage, err);
	buf_free(&s.b);
	defs_free(&s.defs);
	trace_reader_free(reader);
	return ret;
}
