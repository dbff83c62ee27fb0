// SPDX-License-Identifier: GPL-2.0-or-later
/* The formatter of the reports' sentences. */
#include "report/render/words.h"

#include <inttypes.h>
#include <string.h>

#include "report/model/channel.h"
#include "report/model/names.h"
#include "report/render/fmt.h"

/* Objects that {objs} names. */
#define OBJS_NAMED 8

/* A directive of a text: "{n goroutine}" has the name "n" and the argument "goroutine". */
struct directive {
	const char *name, *arg;
	int name_len, arg_len;
};

/* A sentence on its way to the buffer. */
struct sentence {
	struct buf *b;
	const struct model *m;
	const struct word *words; /* the next argument */
	unsigned depth, hidden;   /* {if}s that are open; the one whose side is not printed, 0: none */
};

static bool is_named(const struct directive *d, const char *name)
{
	return (size_t)d->name_len == strlen(name) && !memcmp(d->name, name, (size_t)d->name_len);
}

static void put_n(struct buf *b, const struct model *m, const struct directive *d, const struct word *w)
{
	fmt_count(b, w->n);
	if (d->arg_len)
		fmt_f(b, " %.*s%s", d->arg_len, d->arg, w->n == 1 ? "" : "s");
}

static void put_is(struct buf *b, const struct model *m, const struct directive *d, const struct word *w)
{
	const char *bar = memchr(d->arg, '|', (size_t)d->arg_len);
	size_t one = bar ? (size_t)(bar - d->arg) : (size_t)d->arg_len;

	if (w->n == 1 || !bar)
		buf_put(b, d->arg, one);
	else
		buf_put(b, bar + 1, (size_t)d->arg_len - one - 1);
}

/* At most three digits: more are not known. */
static void put_rate(struct buf *b, const struct model *m, const struct directive *d, const struct word *w)
{
	uint64_t unit = 1;

	if (w->rate < 9.95) {
		fmt_f(b, "%.1f", w->rate);
		return;
	}
	while (w->rate / (double)unit >= 999.5)
		unit *= 10;
	fmt_count(b, (uint64_t)(w->rate / (double)unit + 0.5) * unit);
}

static void put_goroutine(struct buf *b, const struct model *m, const struct directive *d, const struct word *w)
{
	fmt_f(b, "goroutine %" PRIu64, w->n);
}

static void put_who(struct buf *b, const struct model *m, const struct directive *d, const struct word *w)
{
	const struct goroutine *g = model_goroutine(m, w->n);
	const struct gone *gone = g ? NULL : model_gone(m, w->n);
	uint32_t group = g ? g->group : gone ? gone->group : 0;

	if (!w->n)
		say(b, m, "no goroutine");
	else
		say(b, m, "{goroutine}{if} ({if}main{else}{func}{end}){end}", *w, W_IF(group),
		    W_IF(group_is_main(m, group)), W_PLACE(group_name_place(m, &m->groups.v[group])));
}

static void put_num(struct buf *b, const struct model *m, const struct directive *d, const struct word *w)
{
	fmt_f(b, "%" PRIu64, w->n);
}

static void put_hex(struct buf *b, const struct model *m, const struct directive *d, const struct word *w)
{
	fmt_f(b, "0x%" PRIx64, w->n);
}

static void put_doing(struct buf *b, const struct model *m, const struct directive *d, const struct word *w)
{
	const struct goroutine *g = model_goroutine(m, w->n);

	if (!g)
		say(b, m, "has exited");
	else if (g->state != GO_STATE_WAITING)
		say(b, m, "is {word}", W_WORD(words_state(g->state)));
	else
		say(b, m, "is {wait} at {place}", W_REASON(g->wait.reason),
		    W_PLACE(symbols_stack_user(&m->sym, g->wait.stack)));
}

static void put_place(struct buf *b, const struct model *m, const struct directive *d, const struct word *w)
{
	fmt_place_short(b, m, (uint32_t)w->n);
}

static void put_at(struct buf *b, const struct model *m, const struct directive *d, const struct word *w)
{
	if (w->n)
		say(b, m, " at {place}", *w);
}

static void put_line(struct buf *b, const struct model *m, const struct directive *d, const struct word *w)
{
	fmt_file_line(b, m, (uint32_t)w->n, 2);
}

static void put_func(struct buf *b, const struct model *m, const struct directive *d, const struct word *w)
{
	fmt_func_short(b, m, (uint32_t)w->n);
}

static void put_group(struct buf *b, const struct model *m, const struct directive *d, const struct word *w)
{
	fmt_group(b, m, (uint32_t)w->n);
}

static void put_created(struct buf *b, const struct model *m, const struct directive *d, const struct word *w)
{
	fmt_created(b, m, (uint32_t)w->n);
}

static void put_object(struct buf *b, const struct model *m, const struct directive *d, const struct word *w)
{
	say(b, m, "{if}channel {end}{obj}", W_IF(w->obj->kind == TRACE_OBJ_CHAN), *w);
}

static void put_obj(struct buf *b, const struct model *m, const struct directive *d, const struct word *w)
{
	fmt_obj(b, m, w->obj);
}

void words_unseen(struct buf *b, const struct model *m)
{
	if (model_has_events(m) && !model_has_wakers(m))
		say(b, m, "where samples do not show it");
	else
		say(b, m, "before the {if}recording{else}dump{end}", W_IF(model_has_events(m)));
}

static void put_unseen(struct buf *b, const struct model *m, const void *of)
{
	words_unseen(b, m);
}

static void put_made(struct buf *b, const struct model *m, const struct directive *d, const struct word *w)
{
	const struct channel *c = model_channel(m, w->obj->id);
	bool is_gone = c && c->made_by && !model_goroutine(m, c->made_by);

	if (c && c->made_seen)
		say(b, m, "made by {goroutine}{if} (since exited){end} at {place}", W_GO(c->made_by), W_IF(is_gone),
		    W_PLACE(symbols_stack_user(&m->sym, c->made_stack)));
	else
		say(b, m, "made {part}", W_PART(put_unseen, NULL));
}

static void put_objs(struct buf *b, const struct model *m, const struct directive *d, const struct word *w)
{
	const struct words_objs *o = &w->objs;

	for (uint32_t i = 0; i < o->n && i < OBJS_NAMED; i++)
		say(b, m, "{if}, {end}{obj}", W_IF(i), W_OBJ(&o->v[i]));
	if (o->n > OBJS_NAMED)
		say(b, m, ", … ({num})", W_N(o->all));
}

static void put_objsite(struct buf *b, const struct model *m, const struct directive *d, const struct word *w)
{
	fmt_objsite(b, m, (uint32_t)w->n);
}

static void put_reason(struct buf *b, const struct model *m, const struct directive *d, const struct word *w)
{
	fmt_text(b, reason_name(m, (uint32_t)w->n));
}

static void put_wait(struct buf *b, const struct model *m, const struct directive *d, const struct word *w)
{
	words_wait(b, m, (uint32_t)w->n);
}

static void put_leak_wait(struct buf *b, const struct model *m, const struct directive *d, const struct word *w)
{
	words_leak_wait(b, m, w->leak);
}

static void put_waited(struct buf *b, const struct model *m, const struct directive *d, const struct word *w)
{
	fmt_wait(b, m, w->waiter, false);
}

static void put_dur(struct buf *b, const struct model *m, const struct directive *d, const struct word *w)
{
	if (w->is_least && !w->n) {
		fmt_raw(b, "an unknown time");
		return;
	}
	if (w->is_least)
		fmt_raw(b, "≥ ");
	fmt_dur(b, w->n);
}

static void put_utc(struct buf *b, const struct model *m, const struct directive *d, const struct word *w)
{
	char wall[48];

	fmt_wall(wall, sizeof(wall), w->wall);
	fmt_f(b, "%.10s %.8s UTC", wall, wall + strlen("2024-11-24T"));
}

static void put_bytes(struct buf *b, const struct model *m, const struct directive *d, const struct word *w)
{
	fmt_bytes(b, w->n);
}

static void put_percent(struct buf *b, const struct model *m, const struct directive *d, const struct word *w)
{
	fmt_f(b, "%.4g%%", (double)w->n / 1e4);
}

static void put_text(struct buf *b, const struct model *m, const struct directive *d, const struct word *w)
{
	fmt_text(b, w->s);
}

static void put_word(struct buf *b, const struct model *m, const struct directive *d, const struct word *w)
{
	fmt_raw(b, w->s);
}

static void put_part(struct buf *b, const struct model *m, const struct directive *d, const struct word *w)
{
	w->part.put(b, m, w->part.of);
}

static void put_mark(struct buf *b, const struct model *m, const struct directive *d, const struct word *w)
{
	buf_put_u8(b, (uint8_t)w->n);
}

static const struct {
	const char *name;
	enum word_type type;
	void (*put)(struct buf *b, const struct model *m, const struct directive *d, const struct word *w);
} directives[] = {
	{ "goroutine", WORD_GO, put_goroutine },
	{ "who", WORD_GO, put_who },
	{ "id", WORD_GO, put_num },
	{ "doing", WORD_GO, put_doing },
	{ "place", WORD_PLACE, put_place },
	{ "at", WORD_PLACE, put_at },
	{ "line", WORD_PLACE, put_line },
	{ "func", WORD_PLACE, put_func },
	{ "group", WORD_GROUP, put_group },
	{ "created", WORD_GROUP, put_created },
	{ "object", WORD_OBJ, put_object },
	{ "obj", WORD_OBJ, put_obj },
	{ "made", WORD_OBJ, put_made },
	{ "objs", WORD_OBJS, put_objs },
	{ "objsite", WORD_OBJSITE, put_objsite },
	{ "reason", WORD_REASON, put_reason },
	{ "wait", WORD_REASON, put_wait },
	{ "wait", WORD_LEAK, put_leak_wait },
	{ "waited", WORD_WAITED, put_waited },
	{ "dur", WORD_DUR, put_dur },
	{ "utc", WORD_WALL, put_utc },
	{ "n", WORD_N, put_n },
	{ "is", WORD_N, put_is },
	{ "num", WORD_N, put_num },
	{ "hex", WORD_N, put_hex },
	{ "bytes", WORD_BYTES, put_bytes },
	{ "rate", WORD_RATE, put_rate },
	{ "percent", WORD_PPM, put_percent },
	{ "text", WORD_TEXT, put_text },
	{ "word", WORD_WORD, put_word },
	{ "part", WORD_PART, put_part },
	{ "mark", WORD_MARK, put_mark },
};

/* A mismatch shows even where nothing else would, so that a test can see it. */
static void put_mismatch(struct sentence *s, const struct directive *d)
{
	fmt_f(s->b, "{?%.*s}", d->name_len, d->name);
}

/* "<9": blanks after it; ">9": before it. */
static void pad(struct buf *b, const struct directive *d, size_t from)
{
	size_t width = 0;

	if (!d->arg_len || (*d->arg != '<' && *d->arg != '>'))
		return;
	for (int i = 1; i < d->arg_len && d->arg[i] >= '0' && d->arg[i] <= '9'; i++)
		width = width * 10 + (size_t)(d->arg[i] - '0');
	if (*d->arg == '<')
		fmt_pad(b, from, width);
	else
		fmt_right(b, from, width);
}

static void put_directive(struct sentence *s, const struct directive *d)
{
	const struct word *w = s->words;

	for (size_t i = 0; i < sizeof(directives) / sizeof(*directives); i++) {
		if (directives[i].type != w->type || !is_named(d, directives[i].name))
			continue;
		if (!s->hidden) {
			size_t from = s->b->len;

			directives[i].put(s->b, s->m, d, w);
			pad(s->b, d, from);
		}
		s->words++;
		return;
	}
	put_mismatch(s, d);
}

static void begin_if(struct sentence *s, const struct directive *d)
{
	s->depth++;
	if (s->words->type != WORD_IF) {
		put_mismatch(s, d);
		return;
	}
	if (!s->hidden && !s->words->n)
		s->hidden = s->depth;
	s->words++;
}

static void begin_else(struct sentence *s, const struct directive *d)
{
	if (!s->depth)
		put_mismatch(s, d);
	else if (!s->hidden)
		s->hidden = s->depth;
	else if (s->hidden == s->depth)
		s->hidden = 0;
}

static void end_if(struct sentence *s, const struct directive *d)
{
	if (!s->depth) {
		put_mismatch(s, d);
		return;
	}
	if (s->hidden == s->depth)
		s->hidden = 0;
	s->depth--;
}

static void put_braces(struct sentence *s, const struct directive *d)
{
	if (is_named(d, "if"))
		begin_if(s, d);
	else if (is_named(d, "else"))
		begin_else(s, d);
	else if (is_named(d, "end"))
		end_if(s, d);
	else
		put_directive(s, d);
}

static void put_plain(struct sentence *s, const char *text, size_t n)
{
	if (!s->hidden)
		buf_put(s->b, text, n);
}

void say_words(struct buf *b, const struct model *m, const char *text, const struct word *words)
{
	struct sentence s = { .b = b, .m = m, .words = words };
	const char *open, *end;

	while ((open = strchr(text, '{')) && (end = strchr(open, '}'))) {
		struct directive d = { .name = open + 1 };
		const char *blank = memchr(open, ' ', (size_t)(end - open));

		d.name_len = (int)((blank ? blank : end) - d.name);
		d.arg = blank ? blank + 1 : end;
		d.arg_len = (int)(end - d.arg);
		put_plain(&s, text, (size_t)(open - text));
		put_braces(&s, &d);
		text = end + 1;
	}
	put_plain(&s, text, strlen(text));
	if (s.words->type != WORD_END || s.depth)
		fmt_raw(b, "{?}");
}

size_t words_next(struct buf *b, size_t from)
{
	if (b->len > from)
		buf_put_u8(b, ' ');
	return b->len;
}

void words_end(struct buf *b, size_t from)
{
	if (b->len == from && b->len && b->data[b->len - 1] == ' ')
		b->len--;
}
