// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/dump/script.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "report/dump/defs.h"
#include "report/dump/line.h"
#include "report/render/fmt.h"
#include "util/path.h"

struct script {
	const struct script_opts *opts;
	FILE *f;
	struct defs defs;
	struct buf b;
	struct line lines[TRACE_TYPE_MAX + 1];
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

/* " key=" */
static void put_key(struct script *s, const char *key)
{
	buf_put_u8(&s->b, ' ');
	fmt_raw(&s->b, key);
	buf_put_u8(&s->b, '=');
}

static void put_place(struct script *s, const char *key, uint32_t place)
{
	const struct place *p = symbols_place(&s->defs.sym, place);

	if (!place)
		return;
	put_key(s, key);
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

static void put_chan(struct script *s, const char *key, uint32_t id)
{
	const struct chan_def *c = defs_chan(&s->defs, id);

	put_key(s, key);
	fmt_f(&s->b, "#%u", id);
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

static void put_cases(struct script *s, const struct trace_go_park *p)
{
	bool in_select = reasons_get(&s->defs.reasons, p->reason)->class == TRACE_WAIT_SELECT || p->nobjs > 1;

	for (uint32_t i = 0; i < p->nobjs; i++)
		put_obj(s, &p->objs[i], in_select);
	if (p->nobjs_all > p->nobjs)
		fmt_f(&s->b, " cases=%u", p->nobjs_all);
}

static void put_reason(struct script *s, const char *word, uint32_t id)
{
	const struct reason *r = reasons_get(&s->defs.reasons, id);

	put_key(s, word);
	put_quoted(s, r->defined ? r->name : "unknown");
}

/* " path=main.db+0x8,0xc000012000+0x38,…": where each pointer is; last the object. */
static void put_path(struct script *s, const char *word, const struct trace_snap_owner *p)
{
	put_key(s, word);
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

/* NULL: the value is a number. */
static const char *value_name(enum trace_field_value value, uint64_t v)
{
	static const struct {
		const char *names[6], *other;
	} words[] = {
		[TRACE_VALUE_STATE] = { { "unknown", "runnable", "running", "syscall", "waiting" }, "?" },
		[TRACE_VALUE_RESULT] = { { "done", "closed", "not-ready" }, "?" },
		[TRACE_VALUE_WHICH] = { { "start" }, "end" },
		[TRACE_VALUE_LOCK_MODE] = { { "nobody", "read", "write", "pending" }, "?" },
		[TRACE_VALUE_USE] = { { "?", "send", "recv", "close", "done", "signal" }, "?" },
		[TRACE_VALUE_OWNER_KIND] = { { "unknown", "stack", "variable" }, "?" },
		[TRACE_VALUE_LOSS_PART] = { { "event" }, "stack" },
		[TRACE_VALUE_PROC_STATE] = { { "goes-on", "stopped", "frozen" }, "goes-on" },
	};

	switch (value) {
	case TRACE_VALUE_CAUSE:
		return trace_cause_name((enum trace_cause)v);
	case TRACE_VALUE_TYPE:
		return trace_type_name((enum trace_type)v);
	case TRACE_VALUE_LOSS_CAUSE:
		return trace_loss_name((uint8_t)v);
	default:
		if (value >= sizeof(words) / sizeof(*words) || !words[value].other)
			return NULL;
		return v < 5 && words[value].names[v] ? words[value].names[v] : words[value].other;
	}
}

static void put_number(struct script *s, const struct line_field *at, uint64_t v)
{
	const char *name = value_name(at->f->value, v);

	put_key(s, at->word);
	if (name)
		fmt_raw(&s->b, name);
	else
		fmt_f(&s->b, "%" PRIu64, v);
}

/* A word for the flag that is of interest. */
static void put_flags(struct script *s, const struct line_field *at, uint64_t v)
{
	if (at->f->value == TRACE_VALUE_GO_FLAGS)
		fmt_f(&s->b, "%s%s", v & TRACE_GO_SYSTEM ? " system" : "", v & TRACE_GO_UNREAD ? " unread" : "");
	else if (at->f->value == TRACE_VALUE_OWNER_FLAGS)
		fmt_raw(&s->b, v & TRACE_OWNER_COMPLETE ? " complete" : "");
	else
		put_number(s, at, v);
}

static void put_field(struct script *s, const struct trace_rec *r, const struct line_field *at)
{
	const void *member = (const char *)r + at->f->offset;
	uint64_t v = trace_field_get(r, at->f);

	switch (at->f->kind) {
	case TRACE_FIELD_FRAME:
		return put_place(s, at->word,
		                 at->f->value == TRACE_VALUE_ENTRY ? symbols_frame_outer(&s->defs.sym, (uint32_t)v)
		                                                   : symbols_frame_inner(&s->defs.sym, (uint32_t)v));
	case TRACE_FIELD_STACK:
		return put_place(s, at->word, symbols_stack_user(&s->defs.sym, (uint32_t)v));
	case TRACE_FIELD_CHAN:
		return put_chan(s,
		                r->type != TRACE_CHAN_OP      ? at->word
		                : r->op.dir == TRACE_DIR_SEND ? "send"
		                                              : "recv",
		                (uint32_t)v);
	case TRACE_FIELD_SYNC:
		return put_obj(s, &(struct trace_obj){ .kind = TRACE_OBJ_SYNC, .id = (uint32_t)v }, false);
	case TRACE_FIELD_OBJ:
		return put_obj(s, member, false);
	case TRACE_FIELD_CASES:
		return put_cases(s, member);
	case TRACE_FIELD_REASON:
		return put_reason(s, at->word, (uint32_t)v);
	case TRACE_FIELD_STEPS:
		return put_path(s, at->word, member);
	case TRACE_FIELD_FLAG:
		if (v)
			fmt_f(&s->b, " %s", at->word);
		return;
	case TRACE_FIELD_U32:
		return put_flags(s, at, v);
	case TRACE_FIELD_S32:
	case TRACE_FIELD_S64:
	case TRACE_FIELD_SINCE:
		return fmt_f(&s->b, " %s=%" PRId64, at->word, (int64_t)v);
	default:
		return put_number(s, at, v);
	}
}

/* From now on the channel is shown with it. */
static void note_capacity(struct script *s, const struct trace_rec *r)
{
	bool is_make = r->type == TRACE_CHAN_MAKE;
	struct chan_def *c;

	if (!is_make && r->type != TRACE_SNAP_CHAN)
		return;
	c = defs_chan(&s->defs, is_make ? r->make.chan : r->snap_chan.chan);
	if (c) {
		c->capacity = is_make ? r->make.capacity : r->snap_chan.capacity;
		c->capacity_known = true;
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
	const struct line *l = &s->lines[r->type];

	if (!s->opts->snapshots && trace_type_is_snap(r->type))
		return;
	note_capacity(s, r);
	buf_reset(&s->b);
	put_time(s, r->time);
	fmt_f(&s->b, " %-10s g=%" PRIu64, trace_type_name(r->type), r->goid);
	for (uint32_t i = 0; i < l->n; i++)
		if (!line_omits(r, l->v[i].f))
			put_field(s, r, &l->v[i]);
	if (s->opts->stacks && l->stack)
		put_frames(s, (uint32_t)trace_field_get(r, l->stack));
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
	for (int t = 0; t <= TRACE_TYPE_MAX; t++)
		(void)line_init(&s.lines[t], (enum trace_type)t);
	ret = trace_reader_open(&reader, path, err);
	if (!ret)
		ret = write_all(&s, reader, damage, err);
	buf_free(&s.b);
	defs_free(&s.defs);
	trace_reader_free(reader);
	return ret;
}
