// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The trace as a database. SQLite wants a file of its own, which is made beside
 * the system's other temporary files and then copied to the output.
 */
#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report/analyze/budget.h"
#include "report/analyze/timeline.h"
#include "report/analyze/visible.h"
#include "report/render/fmt.h"
#include "report/render/out.h"
#include "report/render/utf8.h"
#include "report/render/words.h"
#include "util/buf.h"

static const char schema[] =
#include "report/render/sql/schema.sql.inc"
        ;

enum table {
	T_TRACE,
	T_PLACES,
	T_STACKS,
	T_GROUPS,
	T_GOROUTINES,
	T_CHANNELS,
	T_USES,
	T_WAITS,
	T_WAKES,
	T_FINDINGS,
	T_EVENTS,
	TABLES
};

static const struct {
	const char *name;
	int columns;
} tables[TABLES] = {
	[T_TRACE] = { "trace", 2 },       [T_PLACES] = { "places", 4 },          [T_STACKS] = { "stacks", 3 },
	[T_GROUPS] = { "groups", 10 },    [T_GOROUTINES] = { "goroutines", 11 }, [T_CHANNELS] = { "channels", 10 },
	[T_USES] = { "uses", 8 },         [T_WAITS] = { "waits", 14 },           [T_WAKES] = { "wakes", 6 },
	[T_FINDINGS] = { "findings", 6 }, [T_EVENTS] = { "events", 9 },
};

/* How often the size is looked at; rows. */
#define CHECK_ROWS 4096

struct db {
	const struct report *r;
	sqlite3 *sql;
	sqlite3_stmt *insert[TABLES];
	sqlite3_stmt *row; /* that is being filled */
	int column;
	uint64_t waits, rows, limit, left_out;
	uint64_t next_check; /* rows at which the size is looked at again */
	bool full;
	int ret; /* the first error of SQLite */
	struct buf text;
};

static void check(struct db *d, int ret)
{
	if (ret != SQLITE_OK && ret != SQLITE_DONE && ret != SQLITE_ROW && d->ret == SQLITE_OK)
		d->ret = ret;
}

static void row_begin(struct db *d, enum table t)
{
	d->row = d->insert[t];
	d->column = 0;
}

static void put_null(struct db *d)
{
	check(d, sqlite3_bind_null(d->row, ++d->column));
}

static void put_int(struct db *d, int64_t v)
{
	check(d, sqlite3_bind_int64(d->row, ++d->column, v));
}

static void put_u64(struct db *d, uint64_t v)
{
	put_int(d, v > INT64_MAX ? INT64_MAX : (int64_t)v);
}

static void put_id(struct db *d, uint64_t id)
{
	if (id)
		put_u64(d, id);
	else
		put_null(d);
}

static void put_time(struct db *d, int64_t t)
{
	if (t != TIME_UNKNOWN)
		put_int(d, t);
	else
		put_null(d);
}

/* SQLite takes any bytes for text, but what reads the database expects UTF-8: U+FFFD for what is none. */
static void put_mended(struct db *d, const char *s)
{
	size_t left = strlen(s);
	struct buf b = { 0 };

	for (size_t n; left; s += n, left -= n) {
		uint32_t c;

		n = utf8_decode(s, left, &c);
		if (n)
			buf_put(&b, s, n);
		else
			buf_put(&b, "\xef\xbf\xbd", 3);
		n = n ? n : 1;
	}
	check(d, buf_failed(&b)
	                 ? SQLITE_NOMEM
	                 : sqlite3_bind_text(d->row, ++d->column, (const char *)b.data, (int)b.len, SQLITE_TRANSIENT));
	buf_free(&b);
}

static bool is_utf8(const char *s)
{
	size_t left = strlen(s);

	for (size_t n; left; s += n, left -= n) {
		uint32_t c;

		n = utf8_decode(s, left, &c);
		if (!n)
			return false;
	}
	return true;
}

/* A name from the trace. */
static void put_text(struct db *d, const char *s)
{
	if (is_utf8(s))
		check(d, sqlite3_bind_text(d->row, ++d->column, s, -1, SQLITE_TRANSIENT));
	else
		put_mended(d, s);
}

/* A string that outlives the row. */
static void put_word(struct db *d, const char *s)
{
	if (s)
		check(d, sqlite3_bind_text(d->row, ++d->column, s, -1, SQLITE_STATIC));
	else
		put_null(d);
}

static void row_end(struct db *d)
{
	check(d, sqlite3_step(d->row));
	check(d, sqlite3_reset(d->row));
	d->rows++;
}

static void put_key(struct db *d, const char *key, const char *value)
{
	row_begin(d, T_TRACE);
	put_word(d, key);
	put_text(d, value);
	row_end(d);
}

static void put_key_number(struct db *d, const char *key, int64_t value)
{
	row_begin(d, T_TRACE);
	put_word(d, key);
	put_int(d, value);
	row_end(d);
}

static void put_head(struct db *d)
{
	const struct trace_meta *meta = d->r->meta;

	put_key_number(d, "schema_version", 1);
	put_key(d, "exe", meta->exe);
	put_key(d, "go_version", meta->go_version);
	put_key(d, "recorder", meta->recorder);
	put_key_number(d, "start_wall_ns", meta->start_wall);
	put_key_number(d, "from_ns", model_from(d->r->m));
	put_key_number(d, "to_ns", d->r->m->end);
}

static void check_size(struct db *d);

static void put_places(struct db *d)
{
	const struct symbols *sym = &d->r->m->sym;
	char pc[24];

	for (uint32_t id = 1; id < sym->places.n && !d->full; id++) {
		const struct place *p = symbols_place(sym, id);

		snprintf(pc, sizeof(pc), "0x%llx", (unsigned long long)p->pc);
		row_begin(d, T_PLACES);
		put_u64(d, id);
		put_text(d, p->func ? symbols_string(sym, p->func) : pc);
		if (p->file)
			put_text(d, symbols_string(sym, p->file));
		else
			put_null(d);
		put_id(d, p->line);
		row_end(d);
		check_size(d);
	}
}

static void put_stacks(struct db *d)
{
	const struct symbols *sym = &d->r->m->sym;

	for (uint32_t id = 1; id < sym->stacks.n && !d->full; id++) {
		struct stack_walk w = stack_walk_of(sym, id, d->r->opts.full_stacks);
		uint32_t place, depth = 0;

		while ((place = stack_walk_next(&w))) {
			row_begin(d, T_STACKS);
			put_u64(d, id);
			put_u64(d, depth++);
			put_u64(d, place);
			row_end(d);
		}
		check_size(d);
	}
}

static void put_groups(struct db *d)
{
	const struct model *m = d->r->m;

	for (uint32_t id = 0; id < m->groups.n && !d->full; id++) {
		const struct group *g = &m->groups.v[id];

		if (!report_shows_group(d->r, id))
			continue;
		buf_reset(&d->text);
		fmt_group(&d->text, m, id);
		row_begin(d, T_GROUPS);
		put_u64(d, id);
		put_text(d, buf_str(&d->text));
		put_id(d, group_created_at(g));
		put_id(d, g->entry);
		put_int(d, g->system);
		put_u64(d, g->at_start);
		put_u64(d, g->created);
		put_u64(d, g->exited);
		put_u64(d, g->waits);
		put_u64(d, g->blocked);
		row_end(d);
		check_size(d);
	}
}

static void put_live(struct db *d, const struct goroutine *g)
{
	bool waits = g->state == GO_STATE_WAITING;

	row_begin(d, T_GOROUTINES);
	put_u64(d, g->id);
	put_u64(d, g->group);
	put_id(d, g->parent);
	put_word(d, go_state_name(g->state));
	put_time(d, g->started);
	put_null(d);
	put_u64(d, g->waits);
	put_u64(d, g->blocked);
	put_word(d, waits ? reason_name(d->r->m, g->wait.reason) : NULL);
	put_id(d, g->wait.stack);
	put_int(d, g->system);
	row_end(d);
}

static void put_gone(struct db *d, const struct gone *g)
{
	row_begin(d, T_GOROUTINES);
	put_u64(d, g->id);
	put_u64(d, g->group);
	put_id(d, g->parent);
	put_word(d, go_state_name(GO_STATE_EXITED));
	put_time(d, g->started);
	put_time(d, g->exited);
	put_u64(d, g->waits);
	put_u64(d, g->blocked);
	put_null(d);
	put_null(d);
	put_int(d, g->system);
	row_end(d);
}

static void put_goroutines(struct db *d)
{
	const struct goroutines *gs = &d->r->m->goroutines;

	for (size_t i = 0; i < gs->sorted.n && !d->full; i++) {
		if (report_shows_goroutine(d->r, gs->sorted.v[i]->id))
			put_live(d, gs->sorted.v[i]);
		check_size(d);
	}
	for (size_t i = 0; i < gs->gone.n && !d->full; i++) {
		if (report_shows_goroutine(d->r, gs->gone.v[i].id))
			put_gone(d, &gs->gone.v[i]);
		check_size(d);
	}
}

static void put_channels(struct db *d)
{
	const struct model *m = d->r->m;
	const struct channel *c;

	for (uint32_t id = 1; (c = channels_next(&m->channels, &id)) && !d->full;) {
		if (!report_shows_channel(d->r, c))
			continue;
		row_begin(d, T_CHANNELS);
		put_u64(d, c->id);
		put_id(d, channel_place(&m->sym, c));
		put_id(d, c->made_by);
		put_time(d, c->made_seen ? c->made : TIME_UNKNOWN);
		put_id(d, c->close_by);
		put_time(d, c->close_seen ? c->close : TIME_UNKNOWN);
		put_time(d, c->capacity_known ? (int64_t)c->capacity : TIME_UNKNOWN);
		put_time(d, c->length_known ? (int64_t)c->length : TIME_UNKNOWN);
		put_u64(d, c->waits);
		put_u64(d, c->blocked);
		row_end(d);
		check_size(d);
	}
}

static void put_uses(struct db *d)
{
	const struct chan_uses *uses = &d->r->m->uses;

	for (size_t i = 1; i < uses->users.n && !d->full; i++) {
		const struct chan_user *u = &uses->users.v[i];

		if (!u->roles || !report_shows_goroutine(d->r, u->goid) || !report_shows_channel(d->r, u->c))
			continue;
		row_begin(d, T_USES);
		put_u64(d, u->goid);
		put_u64(d, u->c->id);
		put_u64(d, u->group);
		put_int(d, !!(u->roles & USER_SEND));
		put_int(d, !!(u->roles & USER_RECV));
		put_int(d, !!(u->roles & USER_CLOSE));
		put_int(d, !!(u->roles & USER_SELECT));
		put_u64(d, u->count);
		row_end(d);
		check_size(d);
	}
}

static void put_findings(struct db *d)
{
	for (size_t i = 0; i < d->r->findings.v.n; i++) {
		const struct finding *f = &d->r->findings.v.v[i];

		row_begin(d, T_FINDINGS);
		put_u64(d, i + 1);
		put_word(d, words_finding_kind_name(f->kind));
		buf_reset(&d->text);
		words_finding_verdict(&d->text, d->r, f);
		put_text(d, buf_str(&d->text));
		put_word(d, words_strength_name(f->strength));
		put_u64(d, f->members);
		buf_reset(&d->text);
		words_finding_why(&d->text, d->r, f);
		put_text(d, buf_str(&d->text));
		row_end(d);
	}
}

static void put_object(struct db *d, const struct trace_obj *o)
{
	static const char *const kinds[] = { [TRACE_OBJ_CHAN] = "channel",
		                             [TRACE_OBJ_SYNC] = "sync",
		                             [TRACE_OBJ_FD] = "fd",
		                             [TRACE_OBJ_NILCHAN] = "nil channel" };

	put_word(d, o->kind < sizeof(kinds) / sizeof(*kinds) ? kinds[o->kind] : NULL);
	if (o->kind == TRACE_OBJ_FD || o->id)
		put_u64(d, o->id);
	else
		put_null(d);
}

static void put_wait(void *ctx, const struct timeline_slice *s)
{
	struct db *d = ctx;
	const struct model *m = d->r->m;

	if (s->kind != TIMELINE_WAIT)
		return;
	if (d->full) {
		d->left_out++;
		return;
	}
	row_begin(d, T_WAITS);
	put_u64(d, ++d->waits);
	put_u64(d, s->goid);
	put_u64(d, s->group);
	put_word(d, reason_name(m, s->reason));
	put_id(d, s->stack);
	put_id(d, symbols_stack_user(&m->sym, s->stack));
	put_int(d, s->from);
	put_int(d, s->to);
	put_int(d, s->is_open);
	put_int(d, s->is_more);
	put_object(d, &s->obj);
	put_word(d, s->wake.id ? trace_cause_name(s->wake.cause) : NULL);
	put_id(d, s->wake.waker);
	row_end(d);
	check_size(d);
	if (!s->wake.id)
		return;
	row_begin(d, T_WAKES);
	put_u64(d, d->waits);
	put_int(d, s->to);
	put_id(d, s->wake.waker);
	put_u64(d, s->goid);
	put_word(d, trace_cause_name(s->wake.cause));
	put_id(d, symbols_stack_user(&m->sym, s->wake.stack));
	row_end(d);
}

/* What of an event goes into which column. */
struct event_facts {
	uint64_t other; /* goroutine */
	struct trace_obj obj;
	const char *reason;
	uint32_t stack;
};

static struct event_facts facts_of(const struct model *m, const struct trace_rec *rec)
{
	switch (rec->type) {
	case TRACE_GO_CREATE:
		return (struct event_facts){ .other = rec->create.child, .stack = rec->create.stack };
	case TRACE_GO_PARK:
		return (struct event_facts){ .obj = rec->park.nobjs == 1 ? rec->park.objs[0] : (struct trace_obj){ 0 },
			                     .reason = reason_name(m, rec->park.reason),
			                     .stack = rec->park.stack };
	case TRACE_GO_READY:
		return (struct event_facts){ .other = rec->ready.woken,
			                     .obj = rec->ready.obj,
			                     .reason = trace_cause_name(rec->ready.cause),
			                     .stack = rec->ready.stack };
	case TRACE_CHAN_MAKE:
		return (struct event_facts){ .obj = { .kind = TRACE_OBJ_CHAN, .id = rec->make.chan },
			                     .stack = rec->make.stack };
	case TRACE_CHAN_CLOSE:
		return (struct event_facts){ .obj = { .kind = TRACE_OBJ_CHAN, .id = rec->close.chan },
			                     .stack = rec->close.stack };
	case TRACE_CHAN_OP:
		return (struct event_facts){ .obj = { .kind = TRACE_OBJ_CHAN, .id = rec->op.chan },
			                     .reason = rec->op.dir == TRACE_DIR_SEND ? "send" : "receive" };
	case TRACE_LOSS:
		return (struct event_facts){ .reason = trace_loss_name(rec->loss.cause) };
	default:
		return (struct event_facts){ 0 };
	}
}

static void put_event(void *ctx, const struct trace_rec *rec, int64_t t)
{
	struct db *d = ctx;
	struct event_facts e;

	if (d->full) {
		d->left_out++;
		return;
	}
	e = facts_of(d->r->m, rec);
	row_begin(d, T_EVENTS);
	put_null(d);
	put_int(d, t);
	put_word(d, trace_type_name(rec->type));
	put_id(d, rec->goid);
	put_id(d, e.other);
	put_object(d, &e.obj);
	put_word(d, e.reason);
	put_id(d, symbols_stack_user(&d->r->m->sym, e.stack));
	row_end(d);
	check_size(d);
}

/* Pages that SQLite has allocated; the rest of the rows is left out beyond the limit. */
static void check_size(struct db *d)
{
	sqlite3_stmt *pages = NULL;

	if (!d->limit || d->rows < d->next_check)
		return;
	d->next_check = d->rows + CHECK_ROWS;
	check(d, sqlite3_prepare_v2(d->sql, "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
	                            -1, &pages, NULL));
	if (pages && sqlite3_step(pages) == SQLITE_ROW)
		d->full |= (uint64_t)sqlite3_column_int64(pages, 0) > d->limit;
	sqlite3_finalize(pages);
}

static void prepare(struct db *d)
{
	for (int t = 0; t < TABLES && d->ret == SQLITE_OK; t++) {
		buf_reset(&d->text);
		fmt_f(&d->text, "INSERT INTO %s VALUES(?", tables[t].name);
		for (int i = 1; i < tables[t].columns; i++)
			fmt_raw(&d->text, ",?");
		fmt_raw(&d->text, ")");
		check(d, sqlite3_prepare_v2(d->sql, buf_str(&d->text), -1, &d->insert[t], NULL));
	}
}

static int fill(struct db *d, struct err *err)
{
	static const struct timeline_ops ops = { .slice = put_wait, .record = put_event };
	int ret;

	check(d, sqlite3_exec(d->sql, "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA locking_mode=EXCLUSIVE",
	                      NULL, NULL, NULL));
	check(d, sqlite3_exec(d->sql, schema, NULL, NULL, NULL));
	check(d, sqlite3_exec(d->sql, "BEGIN", NULL, NULL, NULL));
	prepare(d);
	if (d->ret != SQLITE_OK)
		return 0;
	put_head(d);
	put_findings(d);
	put_groups(d);
	put_places(d);
	put_stacks(d);
	put_goroutines(d);
	put_channels(d);
	put_uses(d);
	ret = timeline_walk(d->r, &ops, d, err);
	put_key_number(d, "left_out", (int64_t)d->left_out);
	check(d, sqlite3_exec(d->sql,
	                      "CREATE INDEX waits_goroutine ON waits(goroutine); CREATE INDEX events_goroutine ON "
	                      "events(goroutine); COMMIT",
	                      NULL, NULL, NULL));
	return ret;
}

static int make(struct db *d, const char *path, struct err *err)
{
	int ret;

	check(d, sqlite3_open(path, &d->sql));
	ret = d->ret == SQLITE_OK ? fill(d, err) : 0;
	for (int t = 0; t < TABLES; t++)
		sqlite3_finalize(d->insert[t]);
	check(d, sqlite3_close(d->sql));
	if (ret)
		return ret;
	if (d->ret == SQLITE_NOMEM || buf_failed(&d->text))
		return err_nomem(err);
	if (d->ret != SQLITE_OK)
		return err_set(err, EIO, "could not make the database in %s: %s", path, sqlite3_errstr(d->ret));
	return 0;
}

static int copy(const char *path, FILE *to, struct err *err)
{
	FILE *f = fopen(path, "re");
	char block[1 << 16];
	size_t n;
	int failed;

	if (!f)
		return err_set(err, errno, "%s: %s", path, strerror(errno));
	while ((n = fread(block, 1, sizeof(block), f)))
		fwrite(block, 1, n, to);
	failed = ferror(f);
	fclose(f);
	return failed ? err_set(err, EIO, "could not read %s", path) : 0;
}

static int write_sqlite(const struct report *r, FILE *f, struct err *err)
{
	struct db d = { .r = r, .limit = budget_output(&r->budget, r->reader) };
	const char *dir = getenv("TMPDIR");
	char path[4096];
	int fd, ret;

	if (snprintf(path, sizeof(path), "%s/chanrec-XXXXXX", dir && *dir ? dir : "/tmp") >= (int)sizeof(path))
		return err_set(err, ENAMETOOLONG, "TMPDIR is too long");
	fd = mkstemp(path);
	if (fd < 0)
		return err_set(err, errno, "%s: %s", path, strerror(errno));
	close(fd);
	ret = make(&d, path, err);
	if (!ret)
		ret = copy(path, f, err);
	unlink(path);
	buf_free(&d.text);
	return ret;
}

const struct output output_sqlite = {
	.name = "sqlite",
	.help = "the trace as a database (docs/sql.md); give -o FILE.db",
	.wants_each = true,
	.limits_itself = true,
	.write = write_sqlite,
};
