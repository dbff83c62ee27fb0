// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/alertline.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "format/trace.h"
#include "report/render/fmt.h"

#define ON(class) (1u << TRACE_WAIT_##class)
#define ON_NIL (ON(NIL_RECV) | ON(NIL_SEND) | ON(EMPTY_SELECT))
#define ON_RWMUTEX (ON(RWMUTEX_R) | ON(RWMUTEX_W))
#define ON_CHANNEL (ON(RECV) | ON(SEND) | ON(SELECT) | ON_NIL)
#define ON_LOCK (ON(MUTEX) | ON_RWMUTEX | ON(WAITGROUP) | ON(COND) | ON(SEMACQUIRE))

static const struct {
	const char *name, *help;
	uint32_t on;
} reasons[] = {
	{ "channel", "send, receive, select and nil", ON_CHANNEL },
	{ "lock", "mutex, rwmutex, waitgroup, cond and semaphore", ON_LOCK },
	{ "send", "sends on channels", ON(SEND) },
	{ "receive", "receives from channels", ON(RECV) },
	{ "select", "selects", ON(SELECT) },
	{ "nil", "nil channels, and selects without cases", ON_NIL },
	{ "mutex", "sync.Mutex", ON(MUTEX) },
	{ "rwmutex", "sync.RWMutex", ON_RWMUTEX },
	{ "waitgroup", "sync.WaitGroup", ON(WAITGROUP) },
	{ "cond", "sync.Cond", ON(COND) },
	{ "semaphore", "other semaphores", ON(SEMACQUIRE) },
};

#define NREASONS (sizeof(reasons) / sizeof(reasons[0]))

const char *alertline_on_at(size_t i, const char **help)
{
	if (i >= NREASONS)
		return NULL;
	if (help)
		*help = reasons[i].help;
	return reasons[i].name;
}

int alertline_parse_on(const char *list, uint32_t *on)
{
	uint32_t bits = 0;

	do {
		size_t n = strcspn(list, ","), i;

		for (i = 0; i < NREASONS; i++)
			if (strlen(reasons[i].name) == n && !strncmp(reasons[i].name, list, n))
				break;
		if (i == NREASONS)
			return -EINVAL;
		bits |= reasons[i].on;
		list += n;
	} while (*list++ == ',');
	*on = bits;
	return 0;
}

/* What completes "it has waited 5s …"; the object's address follows if what is printed ends in a space. */
static const char *what_for(uint8_t class)
{
	static const char *const words[] = {
		[TRACE_WAIT_RECV] = "to receive from channel ",
		[TRACE_WAIT_SEND] = "to send on channel ",
		[TRACE_WAIT_SELECT] = "in a select on channel ",
		[TRACE_WAIT_NIL_RECV] = "to receive from a nil channel",
		[TRACE_WAIT_NIL_SEND] = "to send on a nil channel",
		[TRACE_WAIT_EMPTY_SELECT] = "in a select without cases",
		[TRACE_WAIT_SEMACQUIRE] = "for semaphore ",
		[TRACE_WAIT_MUTEX] = "for sync.Mutex ",
		[TRACE_WAIT_RWMUTEX_R] = "to read-lock sync.RWMutex ",
		[TRACE_WAIT_RWMUTEX_W] = "to lock sync.RWMutex ",
		[TRACE_WAIT_WAITGROUP] = "for sync.WaitGroup ",
		[TRACE_WAIT_COND] = "for sync.Cond ",
	};

	return class < sizeof(words) / sizeof(words[0]) && words[class] ? words[class] : "for object ";
}

static void put_object(struct buf *b, const struct alert *a)
{
	const char *words = what_for(a->place->class);
	size_t n = strlen(words);

	if (words[n - 1] != ' ') {
		fmt_raw(b, words);
		return;
	}
	if (a->addr)
		fmt_f(b, "%s%#" PRIx64, words, a->addr);
	else
		fmt_f(b, "%.*s", (int)n - 1, words);
	if (a->nobjs > 1)
		fmt_f(b, " and %u more", a->nobjs - 1);
}

/* The last two parts of a path. */
static const char *short_path(const char *file)
{
	const char *at = file + strlen(file);

	for (int slashes = 0; at > file; at--)
		if (at[-1] == '/' && ++slashes == 2)
			break;
	return at;
}

static void put_frames(struct buf *b, const struct alert_place *p)
{
	for (int i = 0; i < p->nframes; i++) {
		const struct alert_frame *f = &p->frames[i];

		fmt_raw(b, i ? " < " : ", at ");
		fmt_text(b, f->func);
		fmt_raw(b, " (");
		fmt_text(b, short_path(f->file));
		fmt_f(b, ":%u)", f->line);
	}
}

void alertline_format(struct buf *b, const struct alert *a)
{
	if (a->count > 1) {
		fmt_count(b, a->count);
		fmt_f(b, " goroutines wait too long; the longest, goroutine %" PRIu64 ", has waited ", a->goid);
	} else {
		fmt_f(b, "goroutine %" PRIu64 " has waited ", a->goid);
	}
	fmt_dur(b, a->wait_ns);
	fmt_raw(b, " ");
	put_object(b, a);
	put_frames(b, a->place);
}

void alertline_say(const struct alert *a)
{
	struct buf b = { 0 };
	char clock[16] = "";
	time_t now = time(NULL);
	struct tm tm;

	if (localtime_r(&now, &tm))
		strftime(clock, sizeof(clock), "%H:%M:%S ", &tm);
	alertline_format(&b, a);
	if (!buf_failed(&b))
		fprintf(stderr, "%sAlert: %.*s\n", clock, (int)b.len, (const char *)b.data);
	buf_free(&b);
}
