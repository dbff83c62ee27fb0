// SPDX-License-Identifier: GPL-2.0-or-later
/* The text of debug/pprof/goroutine?debug=1. It leaves out the runtime's own functions at the top of a stack. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "import/counted.h"
#include "import/goprofile.h"
#include "util/vec.h"

#define HEAD "goroutine profile: total "
#define FRAMES_MAX 512

struct group {
	uint64_t n; /* goroutines; 0: none has begun */
	VEC(struct import_frame) frames;
	VEC(char *) strings;
};

static void group_clear(struct group *g)
{
	for (size_t i = 0; i < g->strings.n; i++)
		free(g->strings.v[i]);
	g->strings.n = g->frames.n = 0;
	g->n = 0;
}

static const char *keep(struct group *g, const char *from, const char *to)
{
	size_t n = (size_t)(to - from);
	char *s = strndup(from, n < TRACE_MAX_STRING ? n : TRACE_MAX_STRING);

	if (s && vec_push(&g->strings, s)) {
		free(s);
		return NULL;
	}
	return s;
}

/* A number of at most 18 digits; *at moves behind it. False: there is none. */
static bool number(const char **at, const char *end, uint64_t *v)
{
	const char *from = *at;

	for (*v = 0; *at < end && *at - from < 18 && isdigit((unsigned char)**at); ++*at)
		*v = *v * 10 + (uint64_t)(**at - '0');
	return *at > from;
}

/* "12 @ 0x43a5c5 0x4061f4" */
static bool begins_group(const char *s, const char *end, uint64_t *n)
{
	return number(&s, end, n) && end - s >= 3 && !memcmp(s, " @ ", 3);
}

static const char *last(const char *from, const char *end, char c)
{
	return end > from ? memrchr(from, c, (size_t)(end - from)) : NULL;
}

/* "#\t0x4061f3\tmain.worker+0x33\t\t/srv/main.go:10" */
static int parse_frame(struct group *g, const char *s, const char *end)
{
	const char *func = end - s > 4 && !memcmp(s, "#\t0x", 4) ? memchr(s + 2, '\t', (size_t)(end - s - 2)) : NULL;
	const char *file = last(s, end, '\t'), *colon = last(s, end, ':'), *plus, *at;
	struct import_frame f;
	uint64_t line = 0;

	if (!func || !file || file <= func || !colon || colon < file)
		return 0;
	func++;
	plus = last(func, memchr(func, '\t', (size_t)(end - func)), '+');
	at = colon + 1;
	if (!plus || !number(&at, end, &line))
		return 0;
	f = (struct import_frame){ .func = keep(g, func, plus),
		                   .file = keep(g, file + 1, colon),
		                   .line = line <= UINT32_MAX ? (uint32_t)line : 0 };
	return f.func && f.file ? vec_push(&g->frames, f) : -ENOMEM;
}

static int end_group(struct import_build *b, struct group *g, uint64_t *left_out, struct err *err)
{
	bool is_cut = g->frames.n > FRAMES_MAX;
	int ret = 0;

	if (g->n)
		ret = counted_add(b, g->n, g->frames.v, (uint32_t)(is_cut ? FRAMES_MAX : g->frames.n), is_cut, left_out,
		                  err);
	group_clear(g);
	return ret;
}

int goprofile_read_text(struct import_build *b, const char *text, size_t n, bool *is_profile, uint64_t *left_out,
                        struct err *err)
{
	const char *at = memmem(text, n, HEAD, strlen(HEAD)), *end = text + n;
	struct group g = { 0 };
	int ret = 0;

	*left_out = 0;
	*is_profile = at && (at == text || at[-1] == '\n');
	if (!*is_profile)
		return 0;
	for (const char *next; !ret && at < end; at = next) {
		const char *nl = memchr(at, '\n', (size_t)(end - at)), *stop = nl ? nl : end;
		uint64_t count;

		next = nl ? nl + 1 : end;
		if (begins_group(at, stop, &count)) {
			ret = end_group(b, &g, left_out, err);
			g.n = count;
		} else if (g.n && g.frames.n <= FRAMES_MAX && parse_frame(&g, at, stop)) {
			ret = err_nomem(err);
		}
	}
	if (!ret)
		ret = end_group(b, &g, left_out, err);
	group_clear(&g);
	vec_free(&g.frames);
	vec_free(&g.strings);
	return ret;
}
