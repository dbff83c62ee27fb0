// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/alert/alert_judge.h"

#include <string.h>

#include "format/waitclass.h"
#include "gonames/funcname.h"
#include "gonames/purpose.h"
#include "record/goread/stackinfo.h"

#define CALLS_MAX 256 /* of a stack, inlined ones included, that are looked at */
#define TIME_BYTES 24 /* of a time.Time, which a timer's channel carries */

/* What the calls of a stack tell. */
struct stack_tale {
	const char *names[CALLS_MAX];
	size_t n;
	struct purpose_walk purpose;
	struct runtime_walk runtime;
	bool is_purpose_over, is_runtime_over;
	bool asks_if_closed, is_in_library, is_placed;
};

void alert_judge_init(struct alert_judge *j, const struct gread_env *env)
{
	const char *module = gobin_module(env->bin);

	j->env = env;
	library_init(&j->library, module);
}

/* The frames that the alert shows begin where the program, or a library, calls into the runtime. */
static void place_call(struct alert_place *p, const struct go_line *l, struct stack_tale *t, bool is_library)
{
	if (l->wrapper || funcname_is_hidden(l->func) || p->nframes == ALERT_FRAMES)
		return;
	if (!t->is_placed) {
		if (funcname_is_plumbing(l->func))
			return;
		t->is_placed = true;
		t->is_in_library = is_library;
	}
	p->frames[p->nframes++] = (struct alert_frame){ l->func, l->file, l->line };
}

static void see_call(struct alert_judge *j, const struct go_line *l, struct alert_place *p, struct stack_tale *t)
{
	bool is_library;

	library_learn(&j->library, l->func, l->file);
	is_library = library_has(&j->library, l->func, l->file);
	if (!t->is_purpose_over)
		t->is_purpose_over = !purpose_walk_step(&t->purpose, l->func,
		                                        !l->wrapper && !is_library && !funcname_is_hidden(l->func) &&
		                                                !funcname_is_plumbing(l->func));
	if (!t->is_runtime_over)
		t->is_runtime_over = !runtime_walk_step(&t->runtime, l->func);
	t->asks_if_closed |= purpose_asks_if_closed(l->func);
	t->names[t->n++] = l->func;
	place_call(p, l, t, is_library);
}

static void see_stack(struct alert_judge *j, const struct gread *g, struct alert_place *p, struct stack_tale *t)
{
	struct go_line lines[TRACE_MAX_INLINE];

	for (uint32_t i = 0; i < g->nframes; i++) {
		uint64_t at = g->pcs[i] - j->env->bias - (i || !g->exact_leaf);
		int k = gobin_lines(j->env->bin, at, lines, TRACE_MAX_INLINE);

		for (int n = 0; n < k && t->n < CALLS_MAX; n++)
			see_call(j, &lines[n], p, t);
	}
}

/* Go 1.23 marks a timer's channel. Before, it looks like any other that has room for one time. */
static bool is_timer(const struct gread_env *env, const struct trace_snap_chan *c)
{
	return c->timer || (env->l->hchan_timer < 0 && c->elem_size == TIME_BYTES && c->capacity == 1);
}

static bool has_timer(const struct gread_env *env, const struct gread *g)
{
	struct trace_snap_chan c;

	for (uint32_t i = 0; i < g->nobjs; i++)
		if (g->objs[i].kind == TRACE_OBJ_CHAN && !gread_chan(env, g->objs[i].addr, &c) && is_timer(env, &c))
			return true;
	return false;
}

static bool has_only_nil_cases(const struct gread *g)
{
	for (uint32_t i = 0; i < g->nobjs; i++)
		if (g->objs[i].kind != TRACE_OBJ_NILCHAN)
			return false;
	return g->nobjs && g->nobjs == g->nobjs_all;
}

/* Reachable as far as is known, so it is worth a word only if waiting is not what the goroutine is for. */
static bool is_stalled(const struct gread_env *env, const struct gread *g, uint8_t class, const struct stack_tale *t)
{
	struct trace_snap_chan c = { 0 };
	bool has_chan = g->nobjs == 1 && g->nobjs_all == 1 && g->objs[0].kind == TRACE_OBJ_CHAN &&
	                !gread_chan(env, g->objs[0].addr, &c);
	struct stall_facts f = { .is_recv = class == TRACE_WAIT_RECV,
		                 .is_select = class == TRACE_WAIT_SELECT,
		                 .has_chan = has_chan,
		                 .asks_if_closed = t->asks_if_closed,
		                 .carries_values = has_chan && (c.elem_size || c.capacity),
		                 .is_in_library = t->is_in_library };

	return stall_of(purpose_walk_end(&t->purpose), &f) != STALL_NONE;
}

/* Up to Go 1.19 all waits for locks have the reason of a semaphore; the stack tells them apart. */
static uint8_t class_of(uint8_t class, const struct stack_info *info)
{
	static const uint8_t classes[] = {
		[TRACE_SYNC_UNKNOWN] = TRACE_WAIT_SEMACQUIRE, [TRACE_SYNC_MUTEX] = TRACE_WAIT_MUTEX,
		[TRACE_SYNC_RWMUTEX] = TRACE_WAIT_RWMUTEX_R,  [TRACE_SYNC_WAITGROUP] = TRACE_WAIT_WAITGROUP,
		[TRACE_SYNC_COND] = TRACE_WAIT_COND,
	};

	if (class != TRACE_WAIT_SEMACQUIRE || info->sync_kind >= sizeof(classes))
		return class;
	if (info->sync_kind == TRACE_SYNC_RWMUTEX && info->dir == TRACE_DIR_SEND)
		return TRACE_WAIT_RWMUTEX_W;
	return classes[info->sync_kind];
}

static bool is_worth_a_word(const struct gread_env *env, const struct gread *g, uint8_t class,
                            const struct stack_tale *t)
{
	const struct wait_class *wc = wait_class_of(class);

	if (wc->is_idle || (g->goid == 1 && wc->keeps_alive) || has_timer(env, g))
		return false;
	if (wc->is_endless || (class == TRACE_WAIT_SELECT && has_only_nil_cases(g)))
		return true;
	switch (class) {
	case TRACE_WAIT_SEND:
	case TRACE_WAIT_MUTEX:
	case TRACE_WAIT_RWMUTEX_R:
	case TRACE_WAIT_RWMUTEX_W:
		return true;
	case TRACE_WAIT_SEMACQUIRE:
		return !t->runtime.is_runtime;
	case TRACE_WAIT_WAITGROUP:
		/* Others supervise the workers that they wait for. */
		return purpose_walk_end(&t->purpose) == PURPOSE_REQUEST;
	default:
		return is_stalled(env, g, class, t);
	}
}

static uint64_t object_of(const struct gread *g, const struct stack_info *info)
{
	for (uint32_t i = 0; i < g->nobjs; i++) {
		if (g->objs[i].kind == TRACE_OBJ_CHAN)
			return g->objs[i].addr;
		if (g->objs[i].kind == TRACE_OBJ_SYNC)
			return g->objs[i].addr - (uint64_t)(int64_t)info->sync_off;
	}
	return 0;
}

static bool is_system(const struct gread_env *env, const struct gread *g)
{
	struct go_func f;

	return !gobin_func_by_pc(env->bin, g->startpc - env->bias, &f) && go_is_system_entry(f.name);
}

bool alert_judge(struct alert_judge *j, const struct gread *g, struct alert_place *place, uint64_t *addr)
{
	const struct gread_env *env = j->env;
	struct stack_tale t = { .n = 0 };
	struct stack_info info = { 0 };

	memset(place, 0, sizeof(*place));
	if (g->reason >= env->nreasons || is_system(env, g))
		return false;
	see_stack(j, g, place, &t);
	stack_info_classify(&info, t.names, t.n, env->l);
	place->class = class_of(env->reasons[g->reason].class, &info);
	place->reason = env->reasons[g->reason].name;
	place->sync_kind = info.sync_kind;
	place->site = g->gopc;
	*addr = object_of(g, &info);
	return is_worth_a_word(env, g, place->class, &t);
}
