// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/index.h"
#include "vet/explore/explorer.h"

static uint64_t val_key(struct val v)
{
	return (uint64_t)v.k << 40 | (uint64_t)v.aux << 48 | v.v;
}

static uint64_t question_key(enum operator op, struct val a, struct val b)
{
	return hash_two(hash_two(val_key(a), val_key(b)), op) >> 1; /* the top bit is for globals */
}

static bool is_constant(struct val v)
{
	return v.k == V_NIL || v.k == V_BOOL || v.k == V_INT || v.k == V_STR;
}

static bool is_reference(struct val v)
{
	return v.k == V_PTR || v.k == V_CELL || v.k == V_CLOSURE || v.k == V_FUNC || v.k == V_EXT || v.k == V_OBJ;
}

/* 0: not known, 1: differ, 2: equal */
static int equal(const struct state *s, struct val a, struct val b)
{
	if (is_constant(a) && is_constant(b))
		return a.k == b.k && a.v == b.v ? 2 : 1;
	if ((a.k == V_NIL && is_reference(b)) || (b.k == V_NIL && is_reference(a)))
		return 1;
	if (a.k == V_PTR && b.k == V_PTR)
		return a.v == b.v ? 2 : 1;
	if (b.k == V_SYM && a.k != V_SYM)
		return equal(s, b, a);
	if (a.k != V_SYM)
		return 0;
	if (b.k == V_SYM && a.v == b.v)
		return a.aux == b.aux ? 2 : 1;
	if (b.k == V_NIL && s->syms.v[a.v].nil)
		return s->syms.v[a.v].nil == 1 ? 2 : 1;
	if (b.k == V_BOOL && s->syms.v[a.v].truth)
		return ((s->syms.v[a.v].truth == 2) != (a.aux != 0)) == (b.v != 0) ? 2 : 1;
	if (b.k == V_INT) {
		const struct sym *y = &s->syms.v[a.v];
		int32_t c = (int32_t)b.v;

		if (c < y->lo || c > y->hi)
			return 1;
		if (y->lo == c && y->hi == c)
			return 2;
	}
	return 0;
}

static int less(const struct state *s, struct val a, struct val b)
{
	if (a.k == V_INT && b.k == V_INT)
		return (int32_t)a.v < (int32_t)b.v ? 2 : 1;
	if (a.k == V_SYM && b.k == V_SYM && a.v == b.v)
		return 1;
	if (a.k == V_SYM && b.k == V_INT) {
		const struct sym *y = &s->syms.v[a.v];

		if (y->hi < (int32_t)b.v)
			return 2;
		return y->lo >= (int32_t)b.v ? 1 : 0;
	}
	if (a.k == V_INT && b.k == V_SYM) {
		const struct sym *y = &s->syms.v[b.v];

		if ((int32_t)a.v < y->lo)
			return 2;
		return (int32_t)a.v >= y->hi ? 1 : 0;
	}
	return 0;
}

static struct val question(struct state *s, enum operator op, struct val a, struct val b, bool negated)
{
	uint64_t key = question_key(op, a, b);
	uint32_t sym = fact_get(s, key);
	struct val v;

	if (!sym) {
		sym = sym_new(s, 1);
		if (!sym)
			return VAL(V_BOOL, 0);
		s->syms.v[sym].op = (uint8_t)op;
		s->syms.v[sym].left = a;
		s->syms.v[sym].right = b;
		fact_set(s, key, sym);
	}
	if (s->syms.v[sym].truth)
		return VAL(V_BOOL, (s->syms.v[sym].truth == 2) != negated);
	v = VAL(V_SYM, sym);
	v.aux = negated;
	return v;
}

struct val compare(struct explorer *x, struct state *s, enum operator op, struct val a, struct val b)
{
	bool negated = op == OPERATOR_NE || op == OPERATOR_GE || op == OPERATOR_LE;
	struct val swap;
	int known;

	if (op == OPERATOR_GT || op == OPERATOR_LE) {
		swap = a;
		a = b;
		b = swap;
	}
	if (op == OPERATOR_EQ || op == OPERATOR_NE) {
		op = OPERATOR_EQ;
		known = equal(s, a, b);
		/* A question about a condition: x == true. */
		if (a.k != V_SYM || (b.k == V_SYM && b.v < a.v)) {
			swap = a;
			a = b;
			b = swap;
		}
	} else {
		op = OPERATOR_LT;
		known = less(s, a, b);
	}
	if (known)
		return VAL(V_BOOL, (known == 2) != negated);
	return question(s, op, a, b, negated);
}

static void settle_nil(struct explorer *x, struct state *s, uint32_t sym, bool is_nil)
{
	uint32_t partner = s->syms.v[sym].partner;

	s->syms.v[sym].nil = is_nil ? 1 : 2;
	/* The call failed, so there is nothing to close. */
	if (partner && !is_nil)
		obj_at(s, partner)->flags |= OBJ_HANDLED;
}

static void settle_less(struct state *s, struct val a, struct val b, bool truth)
{
	if (a.k == V_SYM && b.k == V_INT) {
		struct sym *y = &s->syms.v[a.v];
		int32_t c = (int32_t)b.v;

		if (truth && c - 1 < y->hi)
			y->hi = c - 1;
		if (!truth && c > y->lo)
			y->lo = c;
	} else if (a.k == V_INT && b.k == V_SYM) {
		struct sym *y = &s->syms.v[b.v];
		int32_t c = (int32_t)a.v;

		if (truth && c + 1 > y->lo)
			y->lo = c + 1;
		if (!truth && c < y->hi)
			y->hi = c;
	}
}

void assume(struct explorer *x, struct state *s, struct val cond, bool truth)
{
	struct sym *y;

	if (cond.k != V_SYM)
		return;
	truth = truth != (cond.aux != 0);
	y = &s->syms.v[cond.v];
	y->truth = truth ? 2 : 1;
	s->changes++;
	if (!truth && y->closes)
		obj_at(s, y->closes)->flags |= OBJ_HANDLED;
	if (y->op == OPERATOR_LT) {
		settle_less(s, y->left, y->right, truth);
	} else if (y->op == OPERATOR_EQ && y->left.k == V_SYM) {
		struct val a = y->left, b = y->right;

		if (b.k == V_NIL)
			settle_nil(x, s, a.v, truth);
		else if (b.k == V_BOOL)
			assume(x, s, a, truth == (b.v != 0));
		else if (b.k == V_INT && truth)
			s->syms.v[a.v].lo = s->syms.v[a.v].hi = (int32_t)b.v;
		else if (b.k == V_INT && (int32_t)b.v == s->syms.v[a.v].lo)
			s->syms.v[a.v].lo++;
	}
}

bool decide(struct explorer *x, struct state *s, struct val cond, uint32_t pc_false, uint32_t pc_true)
{
	struct state *other;
	bool truth;

	if (cond.k == V_BOOL)
		return cond.v;
	if (cond.k != V_SYM) {
		/* Something that is no condition: the code is not understood. */
		s->failed = true;
		return false;
	}
	if (s->syms.v[cond.v].truth)
		return (s->syms.v[cond.v].truth == 2) != (cond.aux != 0);
	s->unknowns++;
	other = fork_state(x, s);
	/* The way on is explored last for loops, so that they end: see OP_LOOP. */
	truth = true;
	if (other) {
		assume(x, other, cond, !truth);
		event_add(other, EVENT_BRANCH, 0, !truth);
		top_frame(cur_g(other))->pc = truth ? pc_false : pc_true;
	}
	assume(x, s, cond, truth);
	event_add(s, EVENT_BRANCH, 0, truth);
	return truth;
}

uint32_t choose(struct explorer *x, struct state *s, uint64_t key)
{
	uint32_t is = fact_get(s, key);
	struct state *other;

	if (is)
		return is;
	s->unknowns++;
	other = fork_state(x, s);
	if (other)
		fact_set(other, key, 2);
	fact_set(s, key, 1);
	return 1;
}

struct val arithmetic(struct explorer *x, struct state *s, enum operator op, struct val a, struct val b)
{
	uint64_t key;
	uint32_t sym;
	int64_t v;

	if (a.k == V_INT && b.k == V_INT) {
		int64_t l = (int32_t)a.v, r = (int32_t)b.v;

		switch (op) {
		case OPERATOR_ADD:
			v = l + r;
			break;
		case OPERATOR_SUB:
			v = l - r;
			break;
		case OPERATOR_MUL:
			v = l * r;
			break;
		case OPERATOR_DIV:
			v = r ? l / r : INT64_MAX;
			break;
		case OPERATOR_MOD:
			v = r ? l % r : INT64_MAX;
			break;
		default:
			v = INT64_MAX;
		}
		if (v >= INT32_MIN && v <= INT32_MAX)
			return VAL(V_INT, (int32_t)v);
	}
	if (b.k == V_INT && !b.v && (op == OPERATOR_ADD || op == OPERATOR_SUB))
		return a;
	key = question_key(op, a, b);
	sym = op == OPERATOR_OTHER ? 0 : fact_get(s, key);
	if (!sym) {
		sym = sym_new(s, 1);
		if (sym && op != OPERATOR_OTHER)
			fact_set(s, key, sym);
	}
	return VAL(V_SYM, sym);
}

#define LENGTH_OF 77 /* no operator */

struct val length_of(struct explorer *x, struct state *s, struct val v)
{
	uint64_t key;
	uint32_t sym;

	if (v.k == V_NIL)
		return VAL(V_INT, 0);
	if (v.k == V_STR && !v.v)
		return VAL(V_INT, 0);
	if ((v.k == V_PTR || v.k == V_OBJ) && !(obj_at(s, v.v)->flags & OBJ_UNKNOWN)) {
		const struct obj *o = obj_at(s, v.v);

		if (o->kind == O_LIST)
			return VAL(V_INT, o->n);
		if (o->kind == O_MAP)
			return VAL(V_INT, o->n / 2);
		if (o->kind == O_CHAN && !(o->flags & OBJ_SHARED))
			return VAL(V_INT, o->n);
	}
	key = question_key(LENGTH_OF, v, v);
	sym = v.k == V_SYM || v.k == V_STR ? fact_get(s, key) : 0;
	if (!sym) {
		sym = sym_new(s, 1);
		if (sym) {
			s->syms.v[sym].lo = 0;
			if (v.k == V_SYM || v.k == V_STR)
				fact_set(s, key, sym);
		}
	}
	return VAL(V_SYM, sym);
}
