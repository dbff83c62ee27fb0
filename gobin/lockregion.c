// SPDX-License-Identifier: GPL-2.0-or-later
#include "gobin/lockregion.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gobin/lockflow.h"
#include "util/clock.h"
#include "util/map.h"
#include "util/search.h"
#include "util/vec.h"

#define DEPTH_MAX 3 /* calls of helpers, such as unlock(), that are followed */

/* A function that was looked at. */
struct known {
	struct lock_func func;
	struct lock_effect effect;
	bool is_busy; /* being analysed: it calls itself */
};

/* A call: its function in known, and its index in that function's sites. */
struct site_place {
	uint32_t known, site;
};

struct lock_regions {
	const struct gobin *b;
	struct lock_ops ops;
	struct use_ops use_ops;
	struct map by_func; /* index of the function -> index in known; 0: nothing to know */
	struct map by_ret;  /* return address -> site's place; 0: nothing is held there */
	struct map by_pc;   /* likewise of instructions at which a function was interrupted */
	VEC(struct known) known;
	VEC(struct site_place) places;
	uint64_t budget_ns, spent_ns;
	int depth;
	const char *package; /* a function of the package whose calls are followed */
	bool failed;         /* out of memory */
};

struct lock_regions *lock_regions_new(const struct gobin *b, uint64_t budget_ns)
{
	struct lock_regions *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->b = b;
	r->budget_ns = budget_ns;
	use_ops_init(&r->use_ops, b);
	/* Without the layout of the locks, no function has regions. */
	if (lock_ops_init(&r->ops, b))
		r->budget_ns = 0;
	if (vec_extend(&r->known, 1) || vec_extend(&r->places, 1)) {
		lock_regions_free(r);
		return NULL;
	}
	return r;
}

void lock_regions_free(struct lock_regions *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->known.n; i++)
		lock_func_free(&r->known.v[i].func);
	map_free(&r->by_func);
	map_free(&r->by_ret);
	map_free(&r->by_pc);
	vec_free(&r->known);
	vec_free(&r->places);
	free(r);
}

/* The length of the package's path in a function's name: up to the first dot after the last slash. */
static size_t package_len(const char *name)
{
	size_t head = strcspn(name, "[("), slash = head;
	const char *dot;

	while (slash && name[slash - 1] != '/')
		slash--;
	dot = strchr(name + slash, '.');
	return dot ? (size_t)(dot - name) : strlen(name);
}

static bool is_same_package(const char *a, const char *b)
{
	size_t n = package_len(a);

	return n == package_len(b) && !strncmp(a, b, n);
}

/* The function's code; NULL: it cannot be read. */
static const uint8_t *code_of(const struct lock_regions *r, const struct pcln_func *f)
{
	uint64_t left;
	const uint8_t *code = image_at(&r->b->im, f->entry, &left);

	return code && f->end - f->entry <= left ? code : NULL;
}

static bool has_locks(const struct lock_regions *r, const struct pcln_func *f)
{
	const uint8_t *code = code_of(r, f);

	return code && lock_ops_in(&r->ops, code, f->end - f->entry, f->entry);
}

static bool has_ops(const struct lock_regions *r, const struct pcln_func *f)
{
	const uint8_t *code = code_of(r, f);

	return code && (lock_ops_in(&r->ops, code, f->end - f->entry, f->entry) ||
	                use_ops_in(&r->use_ops, code, f->end - f->entry, f->entry));
}

static bool is_entry(const struct lock_regions *r, uint64_t addr, struct pcln_func *f)
{
	return !pclntab_func_at(&r->b->pcln, addr, f) && f->entry == addr;
}

/*
 * The function that an instruction, of which up to left bytes are at code, calls
 * or makes a closure of: call to; lea reg, [to]; or lea reg, [a word that
 * contains to].
 */
static bool refers_to(const struct lock_regions *r, const uint8_t *code, uint64_t left, uint64_t addr,
                      struct pcln_func *to)
{
	uint64_t word;

	if (left >= 5 && code[0] == 0xe8)
		return is_entry(r, addr + 5 + (uint64_t)(int64_t)(int32_t)le32(code + 1), to);
	if (left < 7 || (code[0] & 0xfb) != 0x48 || code[1] != 0x8d || (code[2] & 0xc7) != 0x05)
		return false;
	addr += 7 + (uint64_t)(int64_t)(int32_t)le32(code + 3);
	return is_entry(r, addr, to) || (!image_read(&r->b->im, addr, &word, sizeof(word)) && is_entry(r, word, to));
}

/* Whether it calls or defers a function of its own package that does something with locks, channels or the like. */
static bool calls_ops(const struct lock_regions *r, const struct pcln_func *f)
{
	const uint8_t *code = code_of(r, f);
	uint64_t len = f->end - f->entry;
	struct pcln_func to;

	for (uint64_t i = 0; code && i < len; i++)
		if (refers_to(r, code + i, len - i, f->entry + i, &to) && is_same_package(f->name, to.name) &&
		    has_ops(r, &to))
			return true;
	return false;
}

/* The methods of the locks themselves: what they do for their callers is known. */
static bool is_method(const char *name)
{
	static const char *const begins[] = { "sync.(*Mutex).", "internal/sync.(*Mutex).", "sync.(*RWMutex)." };

	for (size_t i = 0; i < sizeof(begins) / sizeof(*begins); i++)
		if (!strncmp(name, begins[i], strlen(begins[i])))
			return true;
	return false;
}

static const struct lock_effect *effect_of(void *regions, uint64_t addr);

/* pc: 0, or of the only instruction that is of interest. */
static int analyse(struct lock_regions *r, const struct pcln_func *f, uint32_t at, uint64_t pc)
{
	struct lock_flow_env env = { .b = r->b,
		                     .ops = &r->ops,
		                     .use_ops = &r->use_ops,
		                     .has_locks = has_locks(r, f),
		                     .at = pc,
		                     .effect = effect_of,
		                     .ctx = r };
	struct known k = { .is_busy = false };
	const char *outer = r->package;
	int ret;

	r->package = f->name;
	r->depth++;
	ret = lock_flow(&env, f, &k.func, &k.effect);
	r->depth--;
	r->package = outer;
	r->known.v[at] = k;
	return ret;
}

/* Index in known; 0: nothing is known of the function, because it does nothing with locks or for lack of time. */
static uint32_t known_of(struct lock_regions *r, const struct pcln_func *f)
{
	bool follows = r->depth ? is_same_package(r->package, f->name) : strncmp(f->name, "runtime.", 8) != 0;
	uint64_t begin = r->depth ? 0 : clock_ns(CLOCK_THREAD_CPUTIME_ID), *slot = map_get(&r->by_func, f->idx + 1ull);
	uint32_t at = (uint32_t)r->known.n;

	if (slot)
		return (uint32_t)*slot;
	if (r->depth == DEPTH_MAX || r->spent_ns >= r->budget_ns)
		return 0;
	slot = map_put(&r->by_func, f->idx + 1ull, NULL);
	if (!slot || is_method(f->name) || !(has_ops(r, f) || (follows && calls_ops(r, f))))
		return 0;
	if (vec_push(&r->known, (struct known){ .is_busy = true }))
		return 0;
	*slot = at;
	r->failed |= analyse(r, f, at, 0) != 0;
	if (!r->depth)
		r->spent_ns += clock_ns(CLOCK_THREAD_CPUTIME_ID) - begin;
	return at;
}

static const struct lock_effect *effect_of(void *regions, uint64_t addr)
{
	struct lock_regions *r = regions;
	struct pcln_func f;
	uint32_t at;

	if (pclntab_func_at(&r->b->pcln, addr, &f) || f.entry != addr)
		return NULL;
	at = known_of(r, &f);
	return at && !r->known.v[at].is_busy ? &r->known.v[at].effect : NULL;
}

struct site_key {
	const struct lock_func *f;
	uint64_t ret;
};

static bool site_is_from(const void *ctx, size_t i)
{
	const struct site_key *key = ctx;

	return key->f->sites[i].ret >= key->ret;
}

/* The index of the call in its function's sites; SIZE_MAX: none. */
static size_t site_of(const struct lock_func *f, uint64_t ret)
{
	struct site_key key = { f, ret };
	size_t i = search_first(f->nsites, site_is_from, &key);

	return i < f->nsites && f->sites[i].ret == ret ? i : SIZE_MAX;
}

/* The index of the function's site at addr in places; 0: nothing is known of it. */
static uint32_t place_add(struct lock_regions *r, uint32_t known, uint64_t addr)
{
	const struct lock_func *f = &r->known.v[known].func;
	struct site_place p = { known, 0 };
	size_t i = f->is_unknown ? 0 : site_of(f, addr);

	if (!known || i == SIZE_MAX)
		return 0;
	p.site = (uint32_t)i;
	return vec_push(&r->places, p) ? 0 : (uint32_t)r->places.n - 1;
}

static uint32_t place_find(struct lock_regions *r, uint64_t ret)
{
	struct pcln_func f;

	return pclntab_func_at(&r->b->pcln, ret - 1, &f) ? 0 : place_add(r, known_of(r, &f), ret);
}

/* The code is looked at once more, for this instruction. */
static uint32_t place_find_before(struct lock_regions *r, uint64_t pc)
{
	uint32_t at, of;
	uint64_t begin;
	struct pcln_func f;

	if (pclntab_func_at(&r->b->pcln, pc, &f))
		return 0;
	of = known_of(r, &f);
	if (!of || r->known.v[of].func.is_unknown)
		return place_add(r, of, pc);
	at = (uint32_t)r->known.n;
	if (r->spent_ns >= r->budget_ns || vec_push(&r->known, (struct known){ .is_busy = true }))
		return 0;
	begin = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	r->failed |= analyse(r, &f, at, pc) != 0;
	r->spent_ns += clock_ns(CLOCK_THREAD_CPUTIME_ID) - begin;
	return place_add(r, at, pc);
}

/* Fills what is known at the place. */
static bool call_at(const struct lock_regions *r, uint64_t place, struct lock_call *out)
{
	static const struct lock_site unknown = { .is_vague = true };
	const struct site_place *p = &r->places.v[place];
	const struct lock_func *f = &r->known.v[p->known].func;

	if (!place)
		return false;
	*out = (struct lock_call){ .site = &unknown };
	if (f->is_unknown)
		return true;
	out->site = &f->sites[p->site];
	out->held = f->held + out->site->first;
	out->uses = f->uses + out->site->first_use;
	return true;
}

bool lock_regions_at(struct lock_regions *r, uint64_t ret, struct lock_call *out)
{
	bool added;
	uint64_t *slot = map_put(&r->by_ret, ret, &added);

	if (slot && added)
		*slot = place_find(r, ret);
	return slot && call_at(r, *slot, out);
}

bool lock_regions_before(struct lock_regions *r, uint64_t pc, struct lock_call *out)
{
	bool added;
	uint64_t *slot = map_put(&r->by_pc, pc, &added);

	if (slot && added)
		*slot = place_find_before(r, pc);
	return slot && call_at(r, *slot, out);
}

/* *at: index of the function << 32 | index of its return. */
const struct lock_left *lock_regions_left(struct lock_regions *r, uint64_t pc, uint64_t *at)
{
	struct pcln_func of, f;

	if (pclntab_func_at(&r->b->pcln, pc, &of))
		return NULL;
	for (uint32_t i = (uint32_t)(*at >> 32), k = (uint32_t)*at; i < r->b->pcln.nfunc; i++, k = 0) {
		const struct lock_func *known;
		uint32_t of_func;

		if (pclntab_func(&r->b->pcln, i, &f) || !is_same_package(of.name, f.name))
			continue;
		of_func = known_of(r, &f);
		known = &r->known.v[of_func].func;
		if (k >= known->nleft)
			continue;
		*at = (uint64_t)i << 32 | (k + 1);
		return &known->left[k];
	}
	return NULL;
}

bool lock_regions_are_near(const struct lock_regions *r, uint64_t a, uint64_t b)
{
	struct pcln_func f, g;

	return !pclntab_func_at(&r->b->pcln, a, &f) && !pclntab_func_at(&r->b->pcln, b, &g) &&
	       is_same_package(f.name, g.name);
}

bool lock_regions_complete(const struct lock_regions *r)
{
	return !r->failed && r->spent_ns < r->budget_ns;
}
