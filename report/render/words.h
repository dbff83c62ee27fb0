/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_RENDER_WORDS_H
#define CHANREC_REPORT_RENDER_WORDS_H

/*
 * Every phrase of the reports. The analyses produce facts; text, HTML and
 * JSON turn the same facts into the same sentences here.
 *
 *	say(b, m, "{goroutine} waits at {place} for {dur}.", W_GO(7), W_PLACE(place), W_DUR(ns));
 *
 * appends a sentence to a buffer. A directive takes the next argument, which
 * must be of its type; a mismatch prints "{?directive}" instead of reading a
 * wrong value, and the unit tests fail on that. Every name from a trace is
 * escaped on its way (see fmt.h).
 *
 *	{goroutine}  W_GO      goroutine 7
 *	{who}        W_GO      goroutine 7 (main.worker); no goroutine, for 0
 *	{id}         W_GO      7
 *	{doing}      W_GO      is running; is blocked sending at main.f (main.go:5); has exited
 *	{place}      W_PLACE   main.worker (cmd/main.go:33)
 *	{at}         W_PLACE   " at " and the place; nothing where it is not known
 *	{line}       W_PLACE   cmd/main.go:33
 *	{func}       W_PLACE   main.worker
 *	{group}      W_GROUP   main.worker, created at cmd/main.go:20
 *	{created}    W_GROUP   cmd/main.go:20, where its goroutines are created
 *	{object}     W_OBJ     channel #4 (cap 0)
 *	{obj}        W_OBJ     #4 (cap 0)
 *	{made}       W_OBJ     made by goroutine 1 (since exited) at main.main (main.go:20)
 *	{objs}       W_OBJS    #4 (cap 0), #5 (cap 1), … (12)
 *	{objsite}    W_OBJSITE channel made at cmd/main.go:20
 *	{reason}     W_REASON  chan receive
 *	{wait}       W_REASON  blocked receiving
 *	{wait}       W_LEAK    the same, by the object where the reason does not tell
 *	{waited}     W_WAITED  how long a goroutine has waited: ≥ 3m00s, since before the recording
 *	{dur}        W_DUR     1.23s
 *	{dur}        W_LEAST   ≥ 1.23s
 *	{utc}        W_WALL    2024-11-24 02:10:33 UTC
 *	{n}          W_N       1,234
 *	{n NOUN}     W_N       1 NOUN; 1,234 NOUNs
 *	{is ONE|MANY} W_N      ONE where it is 1, else MANY; prints no number
 *	{num}        W_N       1234: an id, or a number for another program
 *	{hex}        W_N       0xc000010100
 *	{bytes}      W_BYTES   1.2 MiB
 *	{rate}       W_RATE    590, 7.5; a rate in at most three digits
 *	{percent}    W_PPM     12.5%
 *	{text}       W_TEXT    a string from the trace or the command line
 *	{word}       W_WORD    a phrase of this program, as it stands
 *	{part}       W_PART    what a function says about what it is given
 *	{mark}       W_MARK    how the text that follows looks, a mark of text.h
 *
 * A width pads: {dur >9} to nine columns, with the blanks before; {word <9} with them after.
 *
 *	{if}…{end}, {if}…{else}…{end}  W_IF
 *
 * prints one side or the other; they nest. The side that is not printed takes
 * its arguments, too, which thus need values that can be computed.
 */

#include "report/analyze/diff.h"
#include "report/analyze/finding.h"
#include "report/analyze/report.h"
#include "util/buf.h"

struct source_claim;

enum word_type {
	WORD_END,
	WORD_GO,
	WORD_PLACE,
	WORD_GROUP,
	WORD_OBJ,
	WORD_OBJS,
	WORD_OBJSITE,
	WORD_REASON,
	WORD_LEAK,
	WORD_WAITED,
	WORD_DUR,
	WORD_WALL,
	WORD_N,
	WORD_BYTES,
	WORD_RATE,
	WORD_PPM,
	WORD_TEXT,
	WORD_WORD,
	WORD_PART,
	WORD_MARK,
	WORD_IF,
};

struct words_objs {
	const struct trace_obj *v;
	uint32_t n, all; /* known, of all */
};

/* A part of a sentence. of: what it is about. */
struct words_part {
	void (*put)(struct buf *b, const struct model *m, const void *of);
	const void *of;
};

struct word {
	enum word_type type;
	bool is_least; /* a duration: it may have been longer */
	union {
		uint64_t n;
		int64_t wall;
		double rate;
		const char *s;
		const struct trace_obj *obj;
		struct words_objs objs;
		const struct leak *leak;
		const struct goroutine *waiter;
		struct words_part part;
	};
};

#define W_GO(id) ((struct word){ .type = WORD_GO, .n = (id) })
#define W_PLACE(place) ((struct word){ .type = WORD_PLACE, .n = (place) })
#define W_GROUP(group) ((struct word){ .type = WORD_GROUP, .n = (group) })
#define W_OBJ(o) ((struct word){ .type = WORD_OBJ, .obj = (o) })
#define W_OBJS(first, known, count) ((struct word){ .type = WORD_OBJS, .objs = { (first), (known), (count) } })
#define W_OBJSITE(id) ((struct word){ .type = WORD_OBJSITE, .n = (id) })
#define W_REASON(reason) ((struct word){ .type = WORD_REASON, .n = (reason) })
#define W_LEAK(l) ((struct word){ .type = WORD_LEAK, .leak = (l) })
#define W_WAITED(g) ((struct word){ .type = WORD_WAITED, .waiter = (g) })
/* Nanoseconds; below zero is zero. */
#define W_DUR(ns) W_LEAST(ns, false)
#define W_LEAST(ns, least) \
	((struct word){ .type = WORD_DUR, .is_least = (least), .n = (int64_t)(ns) > 0 ? (uint64_t)(ns) : 0 })
/* Nanoseconds since 1970. */
#define W_WALL(ns) ((struct word){ .type = WORD_WALL, .wall = (ns) })
#define W_N(count) ((struct word){ .type = WORD_N, .n = (count) })
#define W_BYTES(count) ((struct word){ .type = WORD_BYTES, .n = (count) })
#define W_RATE(v) ((struct word){ .type = WORD_RATE, .rate = (v) })
/* Parts in a million. */
#define W_PPM(v) ((struct word){ .type = WORD_PPM, .n = (v) })
#define W_TEXT(str) ((struct word){ .type = WORD_TEXT, .s = (str) })
#define W_WORD(str) ((struct word){ .type = WORD_WORD, .s = (str) })
#define W_PART(fn, about) ((struct word){ .type = WORD_PART, .part = { (fn), (about) } })
#define W_MARK(mark) ((struct word){ .type = WORD_MARK, .n = (mark) })
#define W_IF(cond) ((struct word){ .type = WORD_IF, .n = (cond) ? 1 : 0 })

#define say(b, m, ...) SAY_(b, m, __VA_ARGS__, ((struct word){ .type = WORD_END }))
#define SAY_(b, m, text, ...) say_words(b, m, text, (const struct word[]){ __VA_ARGS__ })
/* m may be NULL where no directive names anything of a trace. words end with WORD_END. */
void say_words(struct buf *b, const struct model *m, const char *text, const struct word *words);

/*
 * Between two sentences: a blank, unless nothing was said since from. Returns
 * from for the next. words_end() after the last takes back a blank that nothing follows.
 */
size_t words_next(struct buf *b, size_t from);
void words_end(struct buf *b, size_t from);

/* Names for JSON; each is part of docs/report.schema.json. NULL: there is none. */
const char *words_evidence_name(enum evidence e);
/* What a wait without an object is on, by its enum trace_wait_class. */
const char *words_no_object(uint32_t wait_class);
const char *words_root_name(enum root_cause c);
const char *words_strength_name(enum strength s);
const char *words_idle_name(enum idle i);
const char *words_illegal_name(enum illegal i);
/* The verdict in JSON: "no receiver", "stuck for 12.3s", … */
void words_verdict_name(struct buf *b, const struct leak *l);

/* What a goroutine was seen to do: "sent on this channel before". "" for none. */
const char *words_evidence(enum evidence e);
/* How a chain ends: "nothing can end this wait". "" for none. */
const char *words_root(enum root_cause c);
/* What a goroutine is: "in a system call"; enum go_state. */
const char *words_state(uint8_t state);
/* "parked while already waiting" */
const char *words_illegal(enum illegal i);

/* "No receiver", "Piling up": the verdict in the text. */
void words_verdict_title(struct buf *b, const struct model *m, const struct leak *l);
/* A leak's heading: "No receiver: 61 goroutines blocked sending at main.f (main.go:48)"; of one, "goroutine 7". */
void words_verdict(struct buf *b, const struct model *m, const struct leak *l);
/* "blocked sending", "waiting in sync.Mutex.Lock" */
void words_wait(struct buf *b, const struct model *m, uint32_t reason);
/* The same, by the object where the reason does not tell. */
void words_leak_wait(struct buf *b, const struct model *m, const struct leak *l);
/* Each of these is one or more sentences, or nothing. */
/* Who the goroutines of a leak are, where and how long they wait. */
void words_leak_who(struct buf *b, const struct model *m, const struct leaks *all, const struct leak *l);
/* What they wait for, and who was seen to use it; brief: without what the evidence says already. */
void words_leak_details(struct buf *b, const struct model *m, const struct leaks *all, const struct leak *l,
                        bool brief);
/* What the verdict rests on; brief: as one phrase that follows a colon, without explaining the memory scan. */
void words_leak_evidence(struct buf *b, const struct model *m, const struct leak *l, bool brief);
/* "Growing: 49 new during the recording (about 578/min)." */
void words_leak_growth(struct buf *b, const struct model *m, const struct leak *l);
/* "1,204 others went on from there, 1,200 of them after a close at main.stop (main.go:30)." */
void words_leak_contrast(struct buf *b, const struct model *m, const struct leak *l);
/* "Confirmed in the source (send-no-receiver): …": see report/analyze/source.h. */
void words_source_claim(struct buf *b, const struct model *m, const struct source_claim *c);
/* All of the above: JSON's "why". */
void words_leak_why(struct buf *b, const struct model *m, const struct leaks *all, const struct leak *l);
/* VERDICT_STALLED: what they wait for, its state and last completion; and why they should not wait. */
void words_stalled_details(struct buf *b, const struct model *m, const struct leaks *all, const struct leak *l);
void words_stalled_evidence(struct buf *b, const struct model *m, const struct leak *l);
/* What to change in the program; "" where nothing is certain. */
const char *words_hint(enum hint h);

/* A finding of growth: its heading, and what it rests on. */
void words_growth(struct buf *b, const struct model *m, const struct growth *g);
void words_growth_details(struct buf *b, const struct model *m, const struct growths *all, const struct growth *g);
/* The same of contention: "Contention: sync.Mutex at main.get (cache.go:27)". */
void words_contention(struct buf *b, const struct model *m, const struct contention *c);
void words_contention_details(struct buf *b, const struct model *m, const struct contention *c);
/* JSON's names and "why" of a finding; each name is part of docs/report.schema.json. */
const char *words_finding_kind_name(enum finding_kind k);
void words_finding_verdict(struct buf *b, const struct report *r, const struct finding *f);
void words_finding_why(struct buf *b, const struct report *r, const struct finding *f);

/* "46 other goroutines are waiting normally (18 network, 4 on timers, 24 on queues)." */
void words_waiting_normally(struct buf *b, const struct model *m, const struct findings *f);

/* "pool.work, created at pool.go:30: from 8 to 38 goroutines, growing by 4.2/s (2.4/s before); 38 wait …" */
void words_diff_growth(struct buf *b, const struct diff *d, const struct diff_growth *g);

/* Links and ends of a chain. */
void words_chain_link(struct buf *b, const struct model *m, const struct chain *c, const struct chain_link *l);
/* Who ends the wait, and why that is known: "goroutine 7 holds it: main.f locked it (main.go:5) and …". No full stop.
 */
void words_holder(struct buf *b, const struct model *m, uint64_t goid, uint8_t evidence, uint32_t taken, uint32_t at);
void words_chain_blocker(struct buf *b, const struct model *m, const struct chain *c, const struct chain_link *l);
void words_chain_root(struct buf *b, const struct model *m, const struct chain *c, const struct chain_link *last);

/* Who has an object: "variable main.db", "goroutine 7 (main.worker) at main.worker (main.go:42)". */
void words_owner_name(struct buf *b, const struct model *m, const struct owner *o);
/* A step of the way from there, i < nsteps: "+0x38"; the last one is the object: "channel #7". */
void words_owner_step(struct buf *b, const struct model *m, const struct owner *o, uint32_t i);
/* Both: "variable main.db → +0x38 → … → channel #7". */
void words_owner(struct buf *b, const struct model *m, const struct owner *o);
/* Whether the n owners of an object are all: "Others may have it, too." */
void words_owners_all(struct buf *b, const struct model *m, const struct owner *o, size_t n);

/* "only the window from 1.00s to 2.00s of the recording is counted"; false: everything is. */
bool words_window(struct buf *b, const struct report *r);
/* "only waits that match --reason send are counted"; false: there is no filter. */
bool words_filter(struct buf *b, const struct report *r);
/* "Nothing in this trace matches --reason sned." */
/* What a descriptor is that a goroutine waits for at the end: "TCP 10.0.0.1:80 → 10.0.0.2:4242"; nothing if unknown. */
void words_fd(struct buf *b, const struct model *m, uint32_t fd);
/* The last Signal or Broadcast of a sync.Cond that woke somebody; nothing for another object. */
void words_last_signal(struct buf *b, const struct model *m, const struct trace_obj *o);
/* "route=/slow, tenant=acme" of a goroutine that has labels. */
/* "before the recording": when something was done of which no event tells. */
void words_unseen(struct buf *b, const struct model *m);
void words_labels(struct buf *b, const struct model *m, uint64_t goid);
/*
 * What reports show of a command line, quoted as for a shell: its first word, unescaped, since a later one may be a
 * password; or all. true: that is not all of it.
 */
bool words_command(struct buf *b, const char *command, bool all);
void words_filter_unmatched(struct buf *b, const struct report *r);

#endif
