// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/model/chanuse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FEW 8

/* Makes room for one more. The array is aligned so that no element lies in two cache lines. */
static int grow(void **v, size_t *cap, size_t n, size_t size)
{
	size_t room = *cap ? *cap * 2 : 64;
	void *p;

	if (n < *cap)
		return 0;
	p = aligned_alloc(64, room * size);
	if (!p)
		return -ENOMEM;
	if (*v)
		memcpy(p, *v, n * size);
	free(*v);
	*v = p;
	*cap = room;
	return 0;
}

int chanuse_init(struct chan_uses *u, const struct symbols *sym, bool keep_each)
{
	u->sym = sym;
	u->keep_each = keep_each;
	if (grow((void **)&u->users.v, &u->users.cap, 0, sizeof(*u->users.v)) ||
	    grow((void **)&u->marks.v, &u->marks.cap, 0, sizeof(*u->marks.v)) || vec_extend(&u->users, 1) ||
	    vec_extend(&u->marks, 1))
		return -ENOMEM;
	return 0;
}

void use_rows_free(struct use_rows *rows)
{
	vec_free(&rows->v);
	index_free(&rows->index);
}

void chanuse_free(struct chan_uses *u)
{
	vec_free(&u->users);
	vec_free(&u->marks);
	map_free(&u->index);
	map_free(&u->mark_index);
	use_rows_free(&u->gone);
}

static bool row_eq(const void *table, uint32_t i, const void *key)
{
	const struct use_row *a = &((const struct use_rows *)table)->v.v[i - 1], *b = key;

	return a->place == b->place && a->group == b->group && a->roles == b->roles && (a->place || a->chan == b->chan);
}

/* NULL: out of memory. */
static struct use_row *rows_get(struct use_rows *rows, const struct use_row *key)
{
	uint64_t h = hash_two((uint64_t)(key->place ? key->place : ~key->chan) << 32 | key->group, key->roles);
	uint32_t i = index_find(&rows->index, h, row_eq, rows, key);

	if (i)
		return &rows->v.v[i - 1];
	if (vec_push(&rows->v, *key) || !index_add(&rows->index, h, (uint32_t)rows->v.n))
		return NULL;
	return &rows->v.v[rows->v.n - 1];
}

struct use_row *use_row_get(struct use_rows *rows, const struct symbols *sym, const struct chan_user *u)
{
	struct use_row key = { .place = channel_place(sym, u->c),
		               .group = u->group,
		               .roles = u->roles,
		               .chan = u->c->id,
		               .goid = u->goid };
	struct use_row *row = rows_get(rows, &key);

	if (row && (key.chan < row->chan || (key.chan == row->chan && key.goid < row->goid))) {
		row->chan = key.chan;
		row->goid = key.goid;
	}
	return row;
}

int use_rows_put(struct use_rows *rows, const struct use_row *row)
{
	struct use_row *at = rows_get(rows, row);

	if (!at)
		return -ENOMEM;
	*at = *row;
	at->seen = 0;
	return 0;
}

static uint64_t key_of_mark(const struct channel *c, uint32_t row)
{
	return (uint64_t)c->id << 32 | row;
}

static struct use_mark *mark_find(const struct chan_uses *u, const struct channel *c, uint32_t row)
{
	const uint64_t *at = c->marks.is_indexed ? map_get(&u->mark_index, key_of_mark(c, row)) : NULL;

	if (c->marks.is_indexed)
		return at ? &u->marks.v[*at] : NULL;
	for (uint32_t i = c->marks.first; i; i = u->marks.v[i].next)
		if (u->marks.v[i].row == row)
			return &u->marks.v[i];
	return NULL;
}

bool chanuse_channel_has(const struct chan_uses *u, const struct channel *c, uint32_t row)
{
	return mark_find(u, c, row);
}

static int index_put(struct map *index, uint64_t key, uint32_t i)
{
	uint64_t *at = map_put(index, key, NULL);

	if (!at)
		return -ENOMEM;
	*at = i;
	return 0;
}

static uint32_t mark_new(struct chan_uses *u)
{
	uint32_t i = u->spare_marks;

	if (i && u->marks.v)
		u->spare_marks = u->marks.v[i].next;
	else if (!grow((void **)&u->marks.v, &u->marks.cap, u->marks.n, sizeof(*u->marks.v)) &&
	         !vec_push(&u->marks, (struct use_mark){ 0 }))
		i = (uint32_t)u->marks.n - 1;
	return i;
}

/* The list has become long. */
static int marks_index(struct chan_uses *u, struct channel *c)
{
	for (uint32_t i = c->marks.first; i; i = u->marks.v[i].next)
		if (index_put(&u->mark_index, key_of_mark(c, u->marks.v[i].row), i))
			return -ENOMEM;
	c->marks.is_indexed = true;
	return 0;
}

/* The channel's mark of the row. *added: it is new. NULL: out of memory. */
static struct use_mark *mark_get(struct chan_uses *u, struct channel *c, uint32_t row, bool *added)
{
	struct use_mark *mark = mark_find(u, c, row);
	uint32_t i;

	*added = !mark;
	if (mark)
		return mark;
	i = mark_new(u);
	if (!i || (c->marks.is_indexed && index_put(&u->mark_index, key_of_mark(c, row), i)))
		return NULL;
	u->marks.v[i] = (struct use_mark){ .row = row, .next = c->marks.first };
	c->marks.first = i;
	if (++c->marks.n > FEW && !c->marks.is_indexed && marks_index(u, c))
		return NULL;
	return &u->marks.v[i];
}

static void marks_drop(struct chan_uses *u, struct channel *c)
{
	while (c->marks.first) {
		uint32_t i = c->marks.first;

		if (c->marks.is_indexed)
			map_del(&u->mark_index, key_of_mark(c, u->marks.v[i].row));
		c->marks.first = u->marks.v[i].next;
		u->marks.v[i].next = u->spare_marks;
		u->spare_marks = i;
	}
	c->marks = (struct use_list){ 0 };
}

static uint64_t key_of_pair(const struct goroutine *g, const struct channel *c)
{
	return (uint64_t)g->slot << 32 | c->id;
}

/* Only pairs whose lists are both long are in the index; any other search walks the shorter list. */
static bool is_indexed(const struct channel *c, const struct goroutine *g)
{
	return c->users.is_indexed && g->users.is_indexed;
}

static void unlink_from_channel(struct chan_uses *u, const struct chan_user *p)
{
	if (p->prev)
		u->users.v[p->prev].next = p->next;
	else
		p->c->users.first = p->next;
	if (p->next)
		u->users.v[p->next].prev = p->prev;
	p->c->users.n--;
}

static void unlink_from_goroutine(struct chan_uses *u, const struct chan_user *p)
{
	if (p->go_prev)
		u->users.v[p->go_prev].go_next = p->go_next;
	else
		p->g->users.first = p->go_next;
	if (p->go_next)
		u->users.v[p->go_next].go_prev = p->go_prev;
	p->g->users.n--;
}

/* Whether the row has counted g already, with this pair or an earlier one. From now on it has. */
static bool row_sees_goroutine(const struct chan_uses *u, struct use_row *row, const struct goroutine *g)
{
	if (row->seen == g->id || rowset_has(g->marks, (uint32_t)(row - u->gone.v.v)))
		return true;
	row->seen = g->id;
	return false;
}

static bool row_sees_channel(const struct chan_uses *u, struct use_row *row, const struct channel *c)
{
	if (row->seen_chan == c->id || (c->marks.n && chanuse_channel_has(u, c, (uint32_t)(row - u->gone.v.v))))
		return true;
	row->seen_chan = c->id;
	return false;
}

/* Marks the channel, which outlives the pair. Returns whether the row counts it for the first time. */
static bool mark_channel(struct chan_uses *u, struct channel *c, uint32_t row, const struct chan_user *p, bool *failed)
{
	bool added = false;
	struct use_mark *mark = mark_get(u, c, row, &added);

	*failed = !mark;
	if (!mark)
		return false;
	mark->n++;
	if (added || p->last > mark->last || (p->last == mark->last && p->goid < mark->goid)) {
		mark->goid = p->goid;
		mark->last = p->last;
	}
	return added;
}

/* Frees the pair, whose counts its row now has. */
static void user_free(struct chan_uses *u, uint32_t i)
{
	struct chan_user *p = &u->users.v[i];

	if (is_indexed(p->c, p->g))
		map_del(&u->index, key_of_pair(p->g, p->c));
	*p = (struct chan_user){ .next = u->spare_users };
	u->spare_users = i;
}

/*
 * What the channel's pairs count moves into their rows. Each of them has a
 * live goroutine: when a goroutine exits, its pairs with channels that are not
 * kept are folded.
 */
int chanuse_channel_gone(struct chan_uses *u, struct channel *c)
{
	uint32_t next;

	for (uint32_t i = c->users.first; i; i = next) {
		struct chan_user *p = &u->users.v[i];
		struct use_row *row = use_row_get(&u->gone, u->sym, p);
		bool added = false;

		if (!row || rowset_add(&p->g->marks, (uint32_t)(row - u->gone.v.v), &added))
			return -ENOMEM;
		row->nchans += !row_sees_channel(u, row, c);
		row->ngos += added;
		row->count += p->count;
		next = p->next;
		unlink_from_goroutine(u, p);
		user_free(u, i);
	}
	marks_drop(u, c);
	return 0;
}

/* The goroutine exits; the channel is kept, and so is the pair. */
static void user_outlives(struct chan_uses *u, struct chan_user *p)
{
	if (is_indexed(p->c, p->g))
		map_del(&u->index, key_of_pair(p->g, p->c));
	p->go_next = p->go_prev = 0;
	p->g = NULL;
}

int chanuse_goroutine_gone(struct chan_uses *u, struct goroutine *g)
{
	uint32_t next;

	for (uint32_t i = g->users.first; i; i = next) {
		struct chan_user *p = &u->users.v[i];
		struct use_row *row;
		bool failed = false;

		next = p->go_next;
		if (u->keep_each || p->c->kept) {
			user_outlives(u, p);
			continue;
		}
		row = use_row_get(&u->gone, u->sym, p);
		if (row) {
			row->ngos += !row_sees_goroutine(u, row, g);
			row->nchans += mark_channel(u, p->c, (uint32_t)(row - u->gone.v.v), p, &failed);
		}
		if (!row || failed)
			return -ENOMEM;
		row->count += p->count;
		unlink_from_channel(u, p);
		user_free(u, i);
	}
	return 0;
}

static uint32_t user_find(const struct chan_uses *u, const struct channel *c, const struct goroutine *g)
{
	uint32_t i;

	if (is_indexed(c, g)) {
		const uint64_t *at = map_get(&u->index, key_of_pair(g, c));

		return at ? (uint32_t)*at : 0;
	}
	if (c->users.is_indexed) {
		for (i = g->users.first; i && u->users.v[i].c != c;)
			i = u->users.v[i].go_next;
		return i;
	}
	for (i = c->users.first; i && u->users.v[i].g != g;)
		i = u->users.v[i].next;
	return i;
}

/* One of the lists has become long. */
static int channel_index(struct chan_uses *u, struct channel *c)
{
	c->users.is_indexed = true;
	for (uint32_t i = c->users.first; i; i = u->users.v[i].next) {
		const struct chan_user *p = &u->users.v[i];

		if (p->g && p->g->users.is_indexed && index_put(&u->index, key_of_pair(p->g, c), i))
			return -ENOMEM;
	}
	return 0;
}

static int goroutine_index(struct chan_uses *u, struct goroutine *g)
{
	g->users.is_indexed = true;
	for (uint32_t i = g->users.first; i; i = u->users.v[i].go_next)
		if (u->users.v[i].c->users.is_indexed && index_put(&u->index, key_of_pair(g, u->users.v[i].c), i))
			return -ENOMEM;
	return 0;
}

/* A new pair, or 0: out of memory. */
static uint32_t user_new(struct chan_uses *u, struct channel *c, struct goroutine *g)
{
	struct chan_user p = { .goid = g->id, .g = g, .c = c, .next = c->users.first, .go_next = g->users.first };
	uint32_t i = u->spare_users;

	if (i) {
		u->spare_users = u->users.v[i].next;
		u->users.v[i] = p;
	} else if (grow((void **)&u->users.v, &u->users.cap, u->users.n, sizeof(p)) || vec_push(&u->users, p)) {
		return 0;
	} else {
		i = (uint32_t)u->users.n - 1;
	}
	if (c->users.first)
		u->users.v[c->users.first].prev = i;
	if (g->users.first)
		u->users.v[g->users.first].go_prev = i;
	c->users.first = g->users.first = i;
	c->users.n++;
	g->users.n++;
	if (is_indexed(c, g) && index_put(&u->index, key_of_pair(g, c), i))
		return 0;
	if ((c->users.n > FEW && !c->users.is_indexed && channel_index(u, c)) ||
	    (g->users.n > FEW && !g->users.is_indexed && goroutine_index(u, g)))
		return 0;
	return i;
}

int chanuse_add(struct chan_uses *u, struct channel *c, struct goroutine *g, uint32_t roles, int64_t t)
{
	struct chan_user *p;
	uint32_t i = c->id & 1, id;

	c->used = true;
	if (g->last_user[i].chan != c->id) {
		id = user_find(u, c, g);
		if (!id && !u->spare_users && u->users.n > MODEL_MAX_USERS) {
			u->dropped++;
			return 0;
		}
		if (!id)
			id = user_new(u, c, g);
		if (!id)
			return -ENOMEM;
		g->last_user[i].chan = c->id;
		g->last_user[i].user = id;
	}
	p = &u->users.v[g->last_user[i].user];
	p->roles |= roles;
	p->group = g->group;
	p->count++;
	p->last = t;
	return 0;
}
