// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/gotext.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MINUTE_NS 60000000000ll
#define MINUTES_MAX (100ll * 365 * 24 * 60)
#define GOID_MAX (1ull << 48)
#define FRAMES_MAX 4096
#define DEADLOCK "all goroutines are asleep - deadlock!"

/* A line of the text, without its end. */
struct line {
	const char *s;
	size_t n;
};

struct text {
	const char *at, *end;
	size_t prefix; /* bytes in front of each line of the goroutine */
};

static bool next_line(struct text *t, struct line *l)
{
	const char *nl;

	if (t->at == t->end)
		return false;
	nl = memchr(t->at, '\n', (size_t)(t->end - t->at));
	l->s = t->at;
	l->n = (size_t)((nl ? nl : t->end) - t->at);
	t->at = nl ? nl + 1 : t->end;
	if (l->n && l->s[l->n - 1] == '\r')
		l->n--;
	return true;
}

static bool starts(const struct line *l, const char *with)
{
	size_t n = strlen(with);

	return l->n >= n && memcmp(l->s, with, n) == 0;
}

static struct line skip(struct line l, size_t n)
{
	n = n < l.n ? n : l.n;
	return (struct line){ l.s + n, l.n - n };
}

static const char *find(const struct line *l, const char *what)
{
	return memmem(l->s, l->n, what, strlen(what));
}

/* A number at the beginning; the rest of the line is what follows. False: there is none. */
static bool number(struct line *l, uint64_t *v)
{
	size_t n = 0;

	*v = 0;
	for (; n < l->n && n < 18 && isdigit((unsigned char)l->s[n]); n++)
		*v = *v * 10 + (uint64_t)(l->s[n] - '0');
	*l = skip(*l, n);
	return n;
}

/* "goroutine 7 gp=0x1 m=2 mp=0x3 [chan receive, 4 minutes]:" */
struct head {
	uint64_t goid;
	struct line status;
	size_t prefix;
};

static bool parse_head(const struct line *l, struct head *h)
{
	const char *at = find(l, "goroutine "), *close;
	struct line rest;

	if (!at || !l->n || l->s[l->n - 1] != ':')
		return false;
	h->prefix = (size_t)(at - l->s);
	rest = skip(*l, h->prefix + strlen("goroutine "));
	if (!number(&rest, &h->goid) || !h->goid || h->goid > GOID_MAX || !starts(&rest, " "))
		return false;
	at = memchr(rest.s, '[', rest.n);
	/* Between id and status there are words with a "=", if anything. */
	if (!at || (at != rest.s + 1 && !memchr(rest.s, '=', (size_t)(at - rest.s))))
		return false;
	rest = skip(rest, (size_t)(at - rest.s) + 1);
	close = memchr(rest.s, ']', rest.n);
	if (!close)
		return false;
	h->status = (struct line){ rest.s, (size_t)(close - rest.s) };
	return true;
}

/* One goroutine, and the strings that it points to. */
struct parsed {
	struct import_goroutine g;
	VEC(struct import_frame) frames;
	VEC(char *) strings;
	char reason[128];
};

static void parsed_clear(struct parsed *p)
{
	for (size_t i = 0; i < p->strings.n; i++)
		free(p->strings.v[i]);
	p->strings.n = 0;
	p->frames.n = 0;
	memset(&p->g, 0, sizeof(p->g));
}

static void parsed_free(struct parsed *p)
{
	parsed_clear(p);
	vec_free(&p->strings);
	vec_free(&p->frames);
}

/* NULL: out of memory. A NUL, which no name has, ends it. */
static const char *keep(struct parsed *p, struct line l)
{
	char *s = strndup(l.s, l.n < TRACE_MAX_STRING ? l.n : TRACE_MAX_STRING);

	if (s && vec_push(&p->strings, s)) {
		free(s);
		return NULL;
	}
	return s;
}

/* Removes what Go adds to a reason: " (scan)", " (durable)", " (leaked)". */
static size_t plain_reason(const char *s, size_t n)
{
	static const char *const extra[] = { " (scan)", " (durable)", " (leaked)" };

	for (size_t i = 0; i < sizeof(extra) / sizeof(*extra); i++) {
		size_t k = strlen(extra[i]);

		if (n > k && memcmp(s + n - k, extra[i], k) == 0) {
			n -= k;
			i = (size_t)-1;
		}
	}
	return n;
}

static void parse_status(struct parsed *p, struct line status)
{
	static const struct {
		const char *name;
		uint8_t state;
	} states[] = {
		{ "running", TRACE_GO_RUNNING },         { "runnable", TRACE_GO_RUNNABLE },
		{ "syscall", TRACE_GO_SYSCALL },         { "preempted", TRACE_GO_RUNNABLE },
		{ "copystack", TRACE_GO_STATE_UNKNOWN }, { "idle", TRACE_GO_STATE_UNKNOWN },
		{ "dead", TRACE_GO_STATE_UNKNOWN },      { "???", TRACE_GO_STATE_UNKNOWN },
	};
	const char *comma = memchr(status.s, ',', status.n);
	size_t n = plain_reason(status.s, comma ? (size_t)(comma - status.s) : status.n);
	struct line more = skip(status, comma ? (size_t)(comma - status.s) + 1 : status.n), m;
	uint64_t minutes;

	snprintf(p->reason, sizeof(p->reason), "%.*s", (int)(n < sizeof(p->reason) ? n : sizeof(p->reason) - 1),
	         status.s);
	p->g.state = TRACE_GO_WAITING;
	for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++)
		if (!strcmp(states[i].name, p->reason))
			p->g.state = states[i].state;
	if (p->g.state == TRACE_GO_WAITING)
		p->g.reason = strcmp(p->reason, "waiting") ? p->reason : NULL;
	m = skip(more, 1);
	if (number(&m, &minutes) && starts(&m, " minute") && minutes < (uint64_t)MINUTES_MAX)
		p->g.since = -(int64_t)minutes * MINUTE_NS;
}

/* "\t/srv/shop/main.go:33 +0x1d fp=…" */
static bool parse_place(struct parsed *p, struct line l, struct import_frame *f)
{
	const char *colon = NULL;
	struct line rest;
	uint64_t no;

	while (l.n && (*l.s == '\t' || *l.s == ' '))
		l = skip(l, 1);
	for (size_t i = 0; i + 1 < l.n; i++)
		if (l.s[i] == ':' && isdigit((unsigned char)l.s[i + 1]))
			colon = l.s + i;
	if (!colon)
		return false;
	rest = skip(l, (size_t)(colon - l.s) + 1);
	if (!number(&rest, &no) || no > UINT32_MAX)
		return false;
	f->line = (uint32_t)no;
	f->file = keep(p, (struct line){ l.s, (size_t)(colon - l.s) });
	return f->file;
}

/* "main.(*T).f(0x1, ...)" up to the arguments; "panic" is runtime.gopanic. */
static bool parse_func(struct parsed *p, struct line l, struct import_frame *f)
{
	const char *open = memrchr(l.s, '(', l.n);

	if (!open || l.s[l.n - 1] != ')' || open == l.s)
		return false;
	l.n = (size_t)(open - l.s);
	f->func = l.n == 5 && !memcmp(l.s, "panic", 5) ? "runtime.gopanic" : keep(p, l);
	return f->func;
}

/* "created by main.main in goroutine 1" */
static void parse_created(struct parsed *p, struct line l)
{
	const char *in;
	struct line id;

	l = skip(l, strlen("created by "));
	in = find(&l, " in goroutine ");
	if (in) {
		id = skip(l, (size_t)(in - l.s) + strlen(" in goroutine "));
		number(&id, &p->g.parent);
		p->g.parent = p->g.parent > GOID_MAX ? 0 : p->g.parent;
		l.n = (size_t)(in - l.s);
	}
	p->g.site.func = keep(p, l);
}

/* The lines of a goroutine, up to one that is none of its. */
static int parse_goroutine(struct text *t, const struct head *h, struct parsed *p)
{
	struct import_frame f = { 0 };
	struct line l;

	parsed_clear(p);
	p->g.goid = h->goid;
	parse_status(p, h->status);
	for (const char *before = t->at; next_line(t, &l); before = t->at) {
		struct line raw = l;
		struct head next;

		l = skip(l, h->prefix);
		if (!l.n || (parse_head(&raw, &next) && next.prefix == h->prefix)) {
			t->at = l.n ? before : t->at;
			break;
		}
		if (starts(&l, "...") && find(&l, "frames elided")) {
			p->g.is_cut = true;
		} else if (*l.s == '\t' || *l.s == ' ') {
			if (p->g.site.func && !p->g.site.file) {
				if (!parse_place(p, l, &p->g.site))
					break;
			} else if (f.func && parse_place(p, l, &f)) {
				if (p->frames.n < FRAMES_MAX && vec_push(&p->frames, f))
					return -ENOMEM;
				f = (struct import_frame){ 0 };
			}
		} else if (starts(&l, "created by ")) {
			parse_created(p, l);
		} else if (!parse_func(p, l, &f) && !starts(&l, "non-Go function")) {
			t->at = before;
			break;
		}
	}
	if (p->g.site.func && !p->g.site.file)
		p->g.site.file = "";
	/* GOTRACEBACK=crash shows what is below the goroutine's function. */
	while (p->frames.n && !strcmp(p->frames.v[p->frames.n - 1].func, "runtime.goexit"))
		p->frames.n--;
	p->g.frames = p->frames.v;
	p->g.nframes = (uint32_t)p->frames.n;
	return 0;
}

/* What the text says before the goroutines about why there is a dump. */
static void note_end(const struct line *l, char *ended, size_t size)
{
	static const char *const words[] = { "panic: ", "fatal error: ", "SIGQUIT: ", "SIGABRT: ", "SIGSEGV: " };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		const char *at = find(l, words[i]);

		if (at && at - l->s < 64) {
			snprintf(ended, size, "%.*s", (int)(l->s + l->n - at < 300 ? l->s + l->n - at : 300), at);
			return;
		}
	}
}

/* Where the last dump begins: a goroutine that was there before begins another one. */
struct dumps {
	unsigned n;
	const char *last;
	char ended[320];
};

static int find_dumps(const char *text, size_t n, struct dumps *d)
{
	struct text t = { .at = text, .end = text + n };
	struct map seen = { 0 };
	char ended[320] = "";
	struct line l;
	int ret = 0;

	while (!ret && next_line(&t, &l)) {
		struct head h;
		bool added = false;

		if (!parse_head(&l, &h)) {
			note_end(&l, ended, sizeof(ended));
			continue;
		}
		if (!map_put(&seen, h.goid, &added))
			ret = -ENOMEM;
		if (added && d->n && !ended[0])
			continue;
		if (!added || ended[0]) {
			/* A large map takes long to clear; text may begin a dump on each line. */
			map_free(&seen);
			if (!map_put(&seen, h.goid, NULL))
				ret = -ENOMEM;
		}
		d->n++;
		d->last = l.s;
		snprintf(d->ended, sizeof(d->ended), "%s", ended);
		ended[0] = 0;
	}
	map_free(&seen);
	return ret;
}

int gotext_read(struct import_build *b, const char *text, size_t n, unsigned *dumps, char *ended, size_t size,
                struct err *err)
{
	struct dumps d = { 0 };
	struct parsed p = { 0 };
	struct text t;
	struct line l;
	int ret = find_dumps(text, n, &d);

	*dumps = d.n;
	snprintf(ended, size, "%s", d.ended);
	if (ret || !d.n)
		return ret ? err_nomem(err) : 0;
	t = (struct text){ .at = d.last, .end = text + n };
	while (!ret && next_line(&t, &l)) {
		struct head h;

		if (!parse_head(&l, &h))
			continue;
		ret = parse_goroutine(&t, &h, &p) ? err_nomem(err) : 0;
		p.g.is_stuck = p.g.state == TRACE_GO_WAITING && strstr(d.ended, DEADLOCK);
		if (!ret)
			ret = import_build_goroutine(b, &p.g, err);
	}
	parsed_free(&p);
	return ret;
}
