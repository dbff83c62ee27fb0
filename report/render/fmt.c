// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/render/fmt.h"
#include "report/model/channel.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "gonames/funcname.h"
#include "report/render/utf8.h"
#include "util/bytes.h"

void fmt_raw(struct buf *b, const char *s)
{
	buf_put(b, s, strlen(s));
}

void fmt_f(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	char *to;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	to = n > 0 ? (char *)buf_reserve(b, (size_t)n + 1) : NULL;
	if (!to)
		return;
	va_start(ap, fmt);
	vsnprintf(to, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len--;
}

void fmt_text(struct buf *b, const char *s)
{
	size_t left = strlen(s);

	while (left) {
		uint32_t c;
		size_t n = utf8_decode(s, left, &c);

		if (!n) {
			fmt_f(b, "\\x%02x", (uint8_t)*s);
			n = 1;
		} else if (c < 0x20 || c == 0x7f) {
			fmt_f(b, "\\x%02x", c);
		} else if (utf8_is_control(c)) {
			fmt_f(b, "\\u{%x}", c);
		} else {
			buf_put(b, s, n);
		}
		s += n;
		left -= n;
	}
}

/* Three significant digits. */
static void fmt_scaled(struct buf *b, double v, const char *unit)
{
	fmt_f(b, "%.*f%s", v < 9.995 ? 2 : v < 99.95 ? 1 : 0, v, unit);
}

void fmt_dur(struct buf *b, uint64_t ns)
{
	uint64_t s = ns / 1000000000;

	if (ns < 1000)
		fmt_f(b, "%" PRIu64 "ns", ns);
	else if (ns < 999500)
		fmt_scaled(b, (double)ns / 1e3, "µs");
	else if (ns < 999500000)
		fmt_scaled(b, (double)ns / 1e6, "ms");
	else if (s < 60)
		fmt_scaled(b, (double)ns / 1e9, "s");
	else if (s < 3600)
		fmt_f(b, "%" PRIu64 "m%02" PRIu64 "s", s / 60, s % 60);
	else if (s < 86400)
		fmt_f(b, "%" PRIu64 "h%02" PRIu64 "m", s / 3600, s / 60 % 60);
	else
		fmt_f(b, "%" PRIu64 "d%02" PRIu64 "h", s / 86400, s / 3600 % 24);
}

void fmt_count(struct buf *b, uint64_t n)
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%" PRIu64, n);

	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			buf_put_u8(b, ',');
		buf_put_u8(b, (uint8_t)digits[i]);
	}
}

void fmt_bytes(struct buf *b, uint64_t n)
{
	char text[BYTES_MAX];

	fmt_raw(b, bytes_text(text, n));
}

void fmt_wall(char *to, size_t n, int64_t wall_ns)
{
	int64_t ns = wall_ns % 1000000000;
	time_t s = (time_t)(wall_ns / 1000000000);
	struct tm tm;
	char date[32];

	if (ns < 0) {
		ns += 1000000000;
		s--;
	}
	if (!gmtime_r(&s, &tm) || !strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm))
		snprintf(date, sizeof(date), "1970-01-01T00:00:00");
	snprintf(to, n, "%s.%09" PRId64 "Z", date, ns);
}

void fmt_plural(struct buf *b, uint64_t n, const char *noun)
{
	fmt_count(b, n);
	fmt_f(b, " %s%s", noun, n == 1 ? "" : "s");
}

static void file_line(struct buf *b, const struct symbols *sym, uint32_t place, int parts)
{
	const struct place *p = symbols_place(sym, place);
	const char *file = symbols_string(sym, p->file), *from = file + strlen(file);

	if (!p->file) {
		fmt_raw(b, "?");
		return;
	}
	while (from > file) {
		if (from[-1] == '/' && parts > 0 && !--parts)
			break;
		from--;
	}
	fmt_text(b, from);
	if (p->line)
		fmt_f(b, ":%u", p->line);
}

static void func_short(struct buf *b, const struct symbols *sym, uint32_t place)
{
	const char *func = symbols_place_func(sym, place);
	size_t end = funcname_package(func);

	while (end && func[end - 1] != '/')
		end--;
	fmt_text(b, func + end);
}

static void place_as(struct buf *b, const struct symbols *sym, uint32_t place, int parts, bool brief)
{
	const struct place *p = symbols_place(sym, place);

	if (!place) {
		fmt_raw(b, "unknown");
		return;
	}
	if (!p->func) {
		fmt_f(b, "0x%" PRIx64 " (not resolved)", p->pc);
		return;
	}
	if (brief)
		func_short(b, sym, place);
	else
		fmt_text(b, symbols_string(sym, p->func));
	if (!p->file)
		return;
	fmt_raw(b, " (");
	file_line(b, sym, place, parts);
	fmt_raw(b, ")");
}

void fmt_file_line(struct buf *b, const struct model *m, uint32_t place, int parts)
{
	file_line(b, &m->sym, place, parts);
}

void fmt_place_of(struct buf *b, const struct symbols *sym, uint32_t place, int parts)
{
	place_as(b, sym, place, parts, false);
}

void fmt_place(struct buf *b, const struct model *m, uint32_t place, int parts)
{
	place_as(b, &m->sym, place, parts, false);
}

void fmt_place_short(struct buf *b, const struct model *m, uint32_t place)
{
	place_as(b, &m->sym, place, 2, true);
}

void fmt_place_cell(struct buf *b, const struct model *m, uint32_t place)
{
	const struct place *p = symbols_place(&m->sym, place);

	if (!p->func || !p->file) {
		place_as(b, &m->sym, place, 1, true);
		return;
	}
	file_line(b, &m->sym, place, 1);
	fmt_raw(b, " ");
	func_short(b, &m->sym, place);
}

void fmt_func_short(struct buf *b, const struct model *m, uint32_t place)
{
	if (*symbols_place_func(&m->sym, place))
		func_short(b, &m->sym, place);
	else
		place_as(b, &m->sym, place, 2, false);
}

void fmt_created(struct buf *b, const struct model *m, uint32_t group)
{
	const struct group *g = &m->groups.v[group];

	fmt_file_line(b, m, group_created_at(g), 2);
	if (!g->creator || g->creator == g->site)
		return;
	fmt_raw(b, " through ");
	fmt_func_short(b, m, g->via ? g->via : g->site);
	fmt_raw(b, " (");
	fmt_file_line(b, m, g->site, 2);
	fmt_raw(b, ")");
}

void fmt_group(struct buf *b, const struct model *m, uint32_t group)
{
	const struct group *g = &m->groups.v[group];
	uint32_t name = group_name_place(m, g);

	if (!group) {
		fmt_raw(b, "goroutines of unknown origin");
		return;
	}
	if (group_is_main(m, group)) {
		fmt_raw(b, "main goroutine");
		return;
	}
	fmt_func_short(b, m, name);
	if (!group_created_at(g) || g->system)
		return;
	fmt_raw(b, ", created at ");
	fmt_created(b, m, group);
}

static void group_cell(struct buf *b, const struct model *m, uint32_t group, uint32_t created_at)
{
	const struct group *g = &m->groups.v[group];

	if (!created_at || g->system || group_is_main(m, group)) {
		fmt_group(b, m, group);
		return;
	}
	fmt_file_line(b, m, created_at, 1);
	fmt_raw(b, " ");
	fmt_func_short(b, m, group_name_place(m, g));
}

void fmt_group_cell(struct buf *b, const struct model *m, uint32_t group)
{
	group_cell(b, m, group, group_created_at(&m->groups.v[group]));
}

void fmt_group_site_cell(struct buf *b, const struct model *m, uint32_t group)
{
	group_cell(b, m, group, m->groups.v[group].site);
}

static void fmt_channel(struct buf *b, const struct model *m, uint32_t id)
{
	const struct channel *c = model_channel(m, id);

	fmt_f(b, "#%u", id);
	if (c && c->timer)
		fmt_raw(b, " (timer)");
	else if (c && c->capacity_known)
		fmt_f(b, " (cap %" PRIu64 ")", c->capacity);
}

void fmt_obj(struct buf *b, const struct model *m, const struct trace_obj *o)
{
	const struct sync_obj *s;

	switch (o->kind) {
	case TRACE_OBJ_CHAN:
		fmt_channel(b, m, o->id);
		return;
	case TRACE_OBJ_SYNC:
		s = model_sync(m, o->id);
		fmt_raw(b, s ? trace_sync_kind_name(s->kind) : "sync object");
		if (s)
			fmt_f(b, " 0x%" PRIx64, s->addr);
		return;
	case TRACE_OBJ_FD:
		fmt_f(b, "fd %u", o->id);
		return;
	case TRACE_OBJ_NILCHAN:
		fmt_raw(b, "nil channel");
		return;
	default:
		fmt_raw(b, "-");
	}
}

void fmt_objsite(struct buf *b, const struct model *m, uint32_t objsite)
{
	const struct objsite *o = &m->objsites.v[objsite < m->objsites.n ? objsite : 0];
	if (o->kind == TRACE_OBJ_SYNC) {
		fmt_raw(b, trace_sync_kind_name(o->sync_kind));
		fmt_raw(b, " of ");
	} else if (o->kind == TRACE_OBJ_CHAN) {
		fmt_raw(b, o->timer ? "timer channel" : "channel");
		fmt_raw(b, o->made ? " made at " : " used at ");
	} else {
		return;
	}
	if (o->made)
		fmt_file_line(b, m, o->place, 2);
	else
		fmt_place_short(b, m, o->place);
}

void fmt_wait(struct buf *b, const struct model *m, const struct goroutine *g, bool brief)
{
	if (g->wait.unsure) {
		fmt_raw(b, "unknown");
		return;
	}
	if (!model_has_events(m) && !goroutine_wait_ns(m, g)) {
		fmt_raw(b, brief ? "unknown" : "an unknown time");
		return;
	}
	if (g->wait.before_start)
		fmt_raw(b, "≥ ");
	fmt_dur(b, (uint64_t)goroutine_wait_ns(m, g));
	if (g->wait.before_start && !brief && model_has_events(m))
		fmt_raw(b, ", since before the recording");
}

const char *go_state_name(uint8_t state)
{
	static const char *const names[] = {
		[GO_STATE_UNKNOWN] = "unknown", [GO_STATE_RUNNABLE] = "runnable", [GO_STATE_RUNNING] = "running",
		[GO_STATE_SYSCALL] = "syscall", [GO_STATE_WAITING] = "waiting",   [GO_STATE_EXITED] = "exited"
	};

	return state < sizeof(names) / sizeof(*names) ? names[state] : "unknown";
}

const char *buf_str(struct buf *b)
{
	buf_put_u8(b, 0);
	if (buf_failed(b))
		return "";
	b->len--;
	return (const char *)b->data;
}

size_t text_width(const char *s, size_t n)
{
	return utf8_columns(s, n);
}

void fmt_fit(struct buf *b, size_t from, size_t width)
{
	const char *s = (const char *)b->data + from;
	size_t n = b->len - from, cut = 0, w = 0;

	if (buf_failed(b) || !width || text_width(s, n) <= width)
		return;
	while (cut < n) {
		unsigned columns;
		size_t len = utf8_next(s + cut, n - cut, &columns);

		if (w + columns > width - 1)
			break;
		w += columns;
		cut += len;
	}
	b->len = from + cut;
	fmt_raw(b, "…");
}

static void put_blanks(struct buf *b, size_t n)
{
	while (n--)
		buf_put_u8(b, ' ');
}

void fmt_pad(struct buf *b, size_t from, size_t width)
{
	size_t w;

	fmt_fit(b, from, width);
	if (buf_failed(b))
		return;
	w = text_width((const char *)b->data + from, b->len - from);
	put_blanks(b, w < width ? width - w : 0);
}

void fmt_right(struct buf *b, size_t from, size_t width)
{
	size_t n = b->len - from, w, blanks;

	if (buf_failed(b))
		return;
	w = text_width((const char *)b->data + from, n);
	blanks = w < width ? width - w : 0;
	put_blanks(b, blanks);
	if (buf_failed(b) || !blanks)
		return;
	memmove(b->data + from + blanks, b->data + from, n);
	memset(b->data + from, ' ', blanks);
}
