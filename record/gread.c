// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/gread.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "record/site.h"
#include "record/stackinfo.h"

/* runtime/runtime2.go; the scan bit is 0x1000. */
enum {
	G_IDLE = 0,
	G_RUNNABLE = 1,
	G_RUNNING = 2,
	G_SYSCALL = 3,
	G_WAITING = 4,
	G_DEAD = 6,
	G_COPYSTACK = 8,
	G_PREEMPTED = 9,
	G_LEAKED = 10,
	G_SCAN = 0x1000,
};

#define GOID_MAX (1ull << 48) /* a goid beyond this is no goid */
#define CASES_MAX 65536       /* Go's own limit of a select */

struct gread_chunk {
	const struct gread_env *env;
	struct gread g[GREAD_CHUNK];
	uint8_t *before, *after; /* [GREAD_CHUNK][g_size] */
	uint8_t *windows;        /* [GREAD_CHUNK][GREAD_WINDOW] */
	struct stack_view {
		uint64_t lo, hi;    /* what the window holds */
		uint64_t sp, limit; /* the goroutine's stack from sp up */
	} view[GREAD_CHUNK];
};

uint64_t mono_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void env_func(const struct gread_env *env, const char *name, struct gread_range *r)
{
	struct go_func f;

	if (gobin_func_by_name(env->bin, name, &f))
		return;
	r->lo = f.entry + env->bias;
	r->hi = f.end + env->bias;
}

static bool has_arg_slot(const struct gread_env *env, const char *name)
{
	uint8_t bytes[8192];
	struct code c;
	struct go_func f;
	int32_t off;
	bool ok;

	if (gobin_func_by_name(env->bin, name, &f) || f.end <= f.entry)
		return false;
	if (f.end - f.entry > sizeof(bytes) || gobin_read(env->bin, f.entry, bytes, f.end - f.entry) ||
	    code_open(&c, bytes, f.end - f.entry, f.entry, NULL))
		return false;
	ok = code_spill(&c, 0, &off, NULL) == 0;
	code_close(&c);
	return ok;
}

int gread_env_init(struct gread_env *env, const struct target *t, const struct gobin *bin, const struct go_layout *l,
                   uint64_t bias, struct err *err)
{
	memset(env, 0, sizeof(*env));
	env->t = t;
	env->bin = bin;
	env->l = l;
	env->bias = bias;
	env->select_cas0 = -1;
	if (l->g_size <= 0 || l->g_goid < 0 || l->g_atomicstatus < 0 || l->g_sched_sp < 0 || l->g_sched_pc < 0 ||
	    l->g_sched_bp < 0 || l->g_waiting < 0 || l->hchan_lock < 0)
		return err_set(err, ENOTSUP, "the layout of runtime.g is not known");
	env_func(env, "runtime.gopark", &env->gopark);
	env_func(env, "runtime.semacquire1", &env->semacquire);
	env_func(env, "sync.runtime_notifyListWait", &env->notify_wait);
	env_func(env, "runtime.selectgo", &env->selectgo);
	env_func(env, "internal/poll.runtime_pollWait", &env->poll_wait);
	env_func(env, "runtime.systemstack_switch", &env->stack_switch);
	env_func(env, "runtime.sigpanic", &env->sigpanic);
	env->semacquire_arg = has_arg_slot(env, "runtime.semacquire1");
	env->notify_arg = has_arg_slot(env, "sync.runtime_notifyListWait");
	env->poll_arg = has_arg_slot(env, "internal/poll.runtime_pollWait");
	return 0;
}

struct gread_chunk *gread_chunk_new(const struct gread_env *env)
{
	struct gread_chunk *c = calloc(1, sizeof(*c));
	size_t size = (size_t)env->l->g_size;

	if (!c)
		return NULL;
	c->env = env;
	c->before = malloc(GREAD_CHUNK * size);
	c->after = malloc(GREAD_CHUNK * size);
	c->windows = malloc((size_t)GREAD_CHUNK * GREAD_WINDOW);
	if (c->before && c->after && c->windows)
		return c;
	gread_chunk_free(c);
	return NULL;
}

static void chunk_reset(struct gread_chunk *c)
{
	for (size_t i = 0; i < GREAD_CHUNK; i++) {
		free(c->g[i].objs);
		memset(&c->g[i], 0, offsetof(struct gread, pcs));
		c->g[i].nobjs = c->g[i].nobjs_all = 0;
		c->g[i].objs = NULL;
	}
}

void gread_chunk_free(struct gread_chunk *c)
{
	if (!c)
		return;
	chunk_reset(c);
	free(c->before);
	free(c->after);
	free(c->windows);
	free(c);
}

static uint64_t get_u64(const uint8_t *g, int32_t off)
{
	uint64_t v = 0;

	if (off >= 0)
		memcpy(&v, g + off, sizeof(v));
	return v;
}

static uint32_t get_u32(const uint8_t *g, int32_t off)
{
	uint32_t v = 0;

	if (off >= 0)
		memcpy(&v, g + off, sizeof(v));
	return v;
}

static uint32_t g_status(const struct gread_env *env, const uint8_t *g)
{
	return get_u32(g, env->l->g_atomicstatus) & ~(uint32_t)G_SCAN;
}

static uint8_t state_of(uint32_t status)
{
	switch (status) {
	case G_RUNNABLE:
	case G_PREEMPTED:
		return TRACE_GO_RUNNABLE;
	case G_RUNNING:
		return TRACE_GO_RUNNING;
	case G_SYSCALL:
		return TRACE_GO_SYSCALL;
	case G_WAITING:
	case G_LEAKED:
		return TRACE_GO_WAITING;
	default:
		return TRACE_GO_STATE_UNKNOWN;
	}
}

static bool stands_still(uint32_t status)
{
	return status == G_RUNNABLE || status == G_PREEMPTED || status == G_SYSCALL || status == G_WAITING ||
	       status == G_LEAKED;
}

/* What the first look tells; sets the part of the stack to read. */
static void parse_before(struct gread_chunk *c, size_t i)
{
	const struct gread_env *env = c->env;
	const struct go_layout *l = env->l;
	const uint8_t *b = c->before + i * (size_t)l->g_size;
	struct stack_view *v = &c->view[i];
	struct gread *g = &c->g[i];
	uint32_t status = g_status(env, b);

	memset(v, 0, sizeof(*v));
	g->goid = get_u64(b, l->g_goid);
	g->state = state_of(status);
	if (status == G_IDLE || status == G_DEAD || status > G_LEAKED || !g->goid) {
		g->verdict = GREAD_NONE;
		return;
	}
	g->parent = get_u64(b, l->g_parentgoid);
	g->gopc = get_u64(b, l->g_gopc);
	g->startpc = get_u64(b, l->g_startpc);
	g->waitsince = get_u64(b, l->g_waitsince);
	g->reason = b[l->g_waitreason];
	if (g->goid > GOID_MAX || status == G_COPYSTACK) {
		g->verdict = GREAD_MOVED;
		return;
	}
	g->verdict = GREAD_OK;
	if (!stands_still(status))
		return;
	v->sp = get_u64(b, l->g_sched_sp);
	if (status == G_SYSCALL && get_u64(b, l->g_syscallsp))
		v->sp = get_u64(b, l->g_syscallsp);
	v->limit = get_u64(b, l->g_stack_hi);
	if (v->sp < get_u64(b, l->g_stack_lo) || v->sp >= v->limit || (v->sp & 7)) {
		g->verdict = GREAD_MOVED;
		v->sp = v->limit = 0;
		return;
	}
	v->lo = v->sp;
	v->hi = v->limit - v->sp > GREAD_WINDOW ? v->sp + GREAD_WINDOW : v->limit;
}

/* len bytes of the goroutine's stack, from the window, else from the target. */
static bool stack_read(struct gread_chunk *c, size_t i, uint64_t addr, void *to, size_t len)
{
	struct stack_view *v = &c->view[i];
	uint8_t *w = c->windows + i * GREAD_WINDOW;

	if (addr < v->sp || addr >= v->limit || len > v->limit - addr)
		return false;
	if (addr < v->lo || addr + len > v->hi) {
		uint64_t hi = v->limit - addr > GREAD_WINDOW ? addr + GREAD_WINDOW : v->limit;

		if (len > GREAD_WINDOW)
			return target_read(c->env->t, addr, to, len) == 0;
		if (target_read(c->env->t, addr, w, hi - addr))
			return false;
		v->lo = addr;
		v->hi = hi;
	}
	memcpy(to, w + (addr - v->lo), len);
	return true;
}

static bool in_range(const struct gread_range *r, uint64_t pc)
{
	return pc > r->lo && pc <= r->hi;
}

/* The word at rbp + off in a frame of the goroutine's stack. */
static uint64_t frame_word(struct gread_chunk *c, size_t i, uint64_t bp, int32_t off)
{
	uint64_t v = 0;

	return stack_read(c, i, bp + (uint64_t)(int64_t)off, &v, sizeof(v)) ? v : 0;
}

static bool add_obj(struct gread *g, uint8_t kind, uint8_t dir, uint64_t addr)
{
	struct gread_obj *objs = realloc(g->objs, (g->nobjs + 1) * sizeof(*objs));

	if (!objs)
		return false;
	g->objs = objs;
	objs[g->nobjs++] = (struct gread_obj){ .kind = kind, .dir = dir, .addr = addr };
	g->nobjs_all = g->nobjs;
	return true;
}

struct scase {
	uint64_t chan, elem;
};

static void select_cases(struct gread_chunk *c, size_t i, uint64_t bp)
{
	const struct gread_env *env = c->env;
	struct gread *g = &c->g[i];
	uint64_t cas0 = frame_word(c, i, bp, env->select_cas0);
	uint64_t nsends = frame_word(c, i, bp, env->select_nsends);
	uint64_t ncases = frame_word(c, i, bp, env->select_ncases), kept;
	struct scase *cases;

	if (env->select_cas0 < 0 || !ncases || ncases > CASES_MAX || nsends > ncases || g->objs)
		return;
	kept = ncases < TRACE_MAX_OBJS ? ncases : TRACE_MAX_OBJS;
	cases = calloc(kept, sizeof(*cases));
	if (!cases)
		return;
	if (stack_read(c, i, cas0, cases, kept * sizeof(*cases)) ||
	    target_read(env->t, cas0, cases, kept * sizeof(*cases)) == 0) {
		for (uint64_t k = 0; k < kept; k++)
			if (!add_obj(g, cases[k].chan ? TRACE_OBJ_CHAN : TRACE_OBJ_NILCHAN,
			             k < nsends ? TRACE_DIR_SEND : TRACE_DIR_RECV, cases[k].chan))
				break;
		g->nobjs_all = (uint32_t)ncases;
	}
	free(cases);
}

/* pc is in a function of the runtime whose frame says what is waited on. */
static void look_at_frame(struct gread_chunk *c, size_t i, uint64_t pc, uint64_t bp, uint8_t class)
{
	const struct gread_env *env = c->env;
	struct gread *g = &c->g[i];
	uint64_t word, fd;

	if (g->objs || !bp)
		return;
	if (class == TRACE_WAIT_SELECT && in_range(&env->selectgo, pc)) {
		select_cases(c, i, bp);
	} else if ((env->semacquire_arg && in_range(&env->semacquire, pc)) ||
	           (env->notify_arg && in_range(&env->notify_wait, pc))) {
		word = frame_word(c, i, bp, 16);
		if (word)
			add_obj(g, TRACE_OBJ_SYNC, TRACE_DIR_NONE, word);
	} else if (env->poll_arg && in_range(&env->poll_wait, pc)) {
		word = frame_word(c, i, bp, 16);
		if (word && target_read(env->t, word + (uint64_t)(int64_t)env->l->polldesc_fd, &fd, sizeof(fd)) == 0 &&
		    fd < INT32_MAX)
			add_obj(g, TRACE_OBJ_FD, TRACE_DIR_NONE, fd);
	}
}

static bool push_pc(struct gread *g, uint64_t pc)
{
	if (g->nframes == TRACE_MAX_FRAMES) {
		g->cut = true;
		return false;
	}
	g->pcs[g->nframes++] = pc;
	return true;
}

/*
 * By frame pointers, for a goroutine in gopark. False: not what a stack looks
 * like, or a fault on the way, where a function without a frame would be missed.
 */
static bool walk_frames(struct gread_chunk *c, size_t i, uint64_t bp, uint8_t class)
{
	struct gread *g = &c->g[i];
	uint64_t frame[2];

	while (bp) {
		if ((bp & 7) || !stack_read(c, i, bp, frame, sizeof(frame)))
			return false;
		if (frame[0] && frame[0] <= bp)
			return false;
		if (in_range(&c->env->sigpanic, frame[1]))
			return false;
		if (!frame[1] || !push_pc(g, frame[1]))
			break;
		look_at_frame(c, i, frame[1], frame[0], class);
		bp = frame[0];
	}
	return g->nframes > 0;
}

/* What asmcgocall and systemstack leave in g.sched for the frame that they switched away from. */
static bool is_stack_switch(const struct gread_env *env, uint64_t pc)
{
	return pc >= env->stack_switch.lo && pc < env->stack_switch.hi;
}

/*
 * By pclntab's table of stack depths, for one that stopped anywhere or that is
 * in a callback from C, whose frame pointers lead to the thread's stack. skip:
 * without the innermost frame.
 */
static bool walk_table(struct gread_chunk *c, size_t i, uint64_t pc, uint64_t sp, bool skip, uint8_t class)
{
	const struct gread_env *env = c->env;
	struct gread *g = &c->g[i];
	bool exact = false, trap = false;
	struct go_func f;
	int32_t delta;

	for (bool leaf = true;; leaf = false) {
		exact = trap || (gobin_func_by_pc(env->bin, pc - env->bias, &f) == 0 && f.entry + env->bias == pc);
		g->exact_leaf |= leaf && exact;
		if (gobin_sp_delta(env->bin, pc - env->bias - (exact ? 0 : 1), &delta) || delta < 0)
			break;
		if (!is_stack_switch(env, pc) && !(leaf && skip)) {
			if (!push_pc(g, pc))
				break;
			look_at_frame(c, i, pc, sp + (uint64_t)delta - 8, class);
		}
		trap = gobin_func_by_pc(env->bin, pc - env->bias - (exact ? 0 : 1), &f) == 0 && stack_is_trap(f.name);
		sp += (uint64_t)delta;
		if (!stack_read(c, i, sp, &pc, sizeof(pc)))
			break;
		sp += 8;
	}
	return g->nframes > 0;
}

static uint8_t class_of(const struct gread_env *env, uint8_t reason)
{
	return reason < env->nreasons ? env->reasons[reason].class : TRACE_WAIT_OTHER;
}

static void wait_object(struct gread_chunk *c, size_t i, uint8_t class)
{
	const struct gread_env *env = c->env;
	const struct go_layout *l = env->l;
	const uint8_t *b = c->before + i * (size_t)l->g_size;
	uint8_t dir = class == TRACE_WAIT_SEND || class == TRACE_WAIT_NIL_SEND ? TRACE_DIR_SEND : TRACE_DIR_RECV;
	uint64_t sudog = get_u64(b, l->g_waiting), chan;

	if (class == TRACE_WAIT_NIL_RECV || class == TRACE_WAIT_NIL_SEND) {
		add_obj(&c->g[i], TRACE_OBJ_NILCHAN, dir, 0);
	} else if (class == TRACE_WAIT_RECV || class == TRACE_WAIT_SEND) {
		if (sudog && target_read(env->t, sudog + (uint64_t)(int64_t)l->sudog_c, &chan, sizeof(chan)) == 0 &&
		    chan)
			add_obj(&c->g[i], TRACE_OBJ_CHAN, dir, chan);
	}
}

static void read_stack(struct gread_chunk *c, size_t i)
{
	const struct gread_env *env = c->env;
	const struct go_layout *l = env->l;
	const uint8_t *b = c->before + i * (size_t)l->g_size;
	uint64_t pc = get_u64(b, l->g_sched_pc), sp = get_u64(b, l->g_sched_sp);
	struct gread *g = &c->g[i];
	uint8_t class = class_of(env, g->reason);
	bool ok;

	if (g->state == TRACE_GO_WAITING && in_range(&env->gopark, pc)) {
		wait_object(c, i, class);
		ok = walk_frames(c, i, get_u64(b, l->g_sched_bp), class);
		if (!ok) {
			g->nframes = 0;
			g->cut = false;
			ok = walk_table(c, i, pc, sp, true, class);
		}
	} else {
		if (g->state == TRACE_GO_SYSCALL && get_u64(b, l->g_syscallsp)) {
			pc = get_u64(b, l->g_syscallpc);
			sp = get_u64(b, l->g_syscallsp);
		}
		ok = walk_table(c, i, pc, sp, false, class);
	}
	if (!ok)
		g->verdict = GREAD_MOVED;
}

/* Whether the goroutine is, after its stack was read, what it was before. */
static bool is_unmoved(const struct gread_env *env, const uint8_t *a, const uint8_t *b)
{
	const struct go_layout *l = env->l;
	const int32_t words[] = { l->g_goid,     l->g_stack_lo, l->g_stack_hi, l->g_sched_sp, l->g_sched_pc,
		                  l->g_sched_bp, l->g_waiting,  l->g_gopc,     l->g_startpc };

	if (g_status(env, a) != g_status(env, b))
		return false;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (get_u64(a, words[i]) != get_u64(b, words[i]))
			return false;
	if (g_status(env, a) != G_WAITING && g_status(env, a) != G_LEAKED)
		return true;
	return a[l->g_waitreason] == b[l->g_waitreason];
}

static void parse_after(struct gread_chunk *c, size_t i)
{
	const struct gread_env *env = c->env;
	size_t size = (size_t)env->l->g_size;
	const uint8_t *a = c->before + i * size, *b = c->after + i * size;
	struct gread *g = &c->g[i];

	if (g->verdict == GREAD_NONE) {
		/* It may have come to life since: the events tell of that. */
		return;
	}
	/* One that runs has no stack to be wrong about. */
	if (g_status(env, b) == G_RUNNING && get_u64(b, env->l->g_goid) == g->goid) {
		g->verdict = GREAD_OK;
		g->state = TRACE_GO_RUNNING;
		g->nframes = g->nobjs = 0;
		return;
	}
	if (g->verdict == GREAD_OK && (g->state == TRACE_GO_RUNNING || !is_unmoved(env, a, b)))
		g->verdict = GREAD_MOVED;
}

static int read_gs(struct gread_chunk *c, const uint64_t *addrs, size_t n, uint8_t *to, bool *ok)
{
	struct target_piece p[GREAD_CHUNK];
	size_t size = (size_t)c->env->l->g_size;
	int ret;

	for (size_t i = 0; i < n; i++)
		p[i] = (struct target_piece){ .addr = addrs[i], .to = to + i * size, .len = size };
	ret = target_read_pieces(c->env->t, p, n);
	for (size_t i = 0; i < n; i++)
		ok[i] = p[i].ok;
	return ret;
}

static int read_windows(struct gread_chunk *c, size_t n)
{
	struct target_piece p[GREAD_CHUNK];
	size_t k = 0, who[GREAD_CHUNK];
	int ret;

	for (size_t i = 0; i < n; i++) {
		struct stack_view *v = &c->view[i];

		if (c->g[i].verdict != GREAD_OK || v->hi <= v->lo)
			continue;
		who[k] = i;
		p[k++] = (struct target_piece){ .addr = v->lo,
			                        .to = c->windows + i * GREAD_WINDOW,
			                        .len = v->hi - v->lo };
	}
	ret = target_read_pieces(c->env->t, p, k);
	for (size_t i = 0; i < k; i++)
		if (!p[i].ok)
			c->g[who[i]].verdict = GREAD_MOVED;
	return ret;
}

int gread_chunk_read(struct gread_chunk *c, const uint64_t *addrs, size_t n, struct gread **out, uint64_t *time)
{
	bool ok[GREAD_CHUNK];

	chunk_reset(c);
	*out = c->g;
	if (n > GREAD_CHUNK)
		n = GREAD_CHUNK;
	if (read_gs(c, addrs, n, c->before, ok))
		return -ESRCH;
	for (size_t i = 0; i < n; i++) {
		if (ok[i])
			parse_before(c, i);
		else
			c->g[i].verdict = GREAD_MOVED;
	}
	if (read_windows(c, n))
		return -ESRCH;
	for (size_t i = 0; i < n; i++)
		if (c->g[i].verdict == GREAD_OK && c->view[i].limit)
			read_stack(c, i);
	*time = mono_ns();
	if (read_gs(c, addrs, n, c->after, ok))
		return -ESRCH;
	for (size_t i = 0; i < n; i++) {
		if (ok[i])
			parse_after(c, i);
		else
			c->g[i].verdict = GREAD_MOVED;
	}
	return 0;
}

int gread_chan(const struct gread_env *env, uint64_t addr, struct trace_snap_chan *out)
{
	const struct go_layout *l = env->l;
	uint8_t h[256];

	if (l->hchan_size <= 0 || (size_t)l->hchan_size > sizeof(h) ||
	    target_read(env->t, addr, h, (size_t)l->hchan_size))
		return -EFAULT;
	out->length = get_u64(h, l->hchan_qcount);
	out->capacity = get_u64(h, l->hchan_dataqsiz);
	out->elem_size = get_u32(h, l->hchan_elemsize) & 0xffff;
	out->closed = get_u32(h, l->hchan_closed) != 0;
	out->timer = get_u64(h, l->hchan_timer) != 0;
	return out->length <= out->capacity ? 0 : -EFAULT;
}

static int read_i32(const struct gread_env *env, uint64_t addr, int32_t *v)
{
	return target_read(env->t, addr, v, sizeof(*v));
}

#define MUTEX_LOCKED 1                /* sync/mutex.go, mutexLocked */
#define MUTEX_WAITER_SHIFT 3          /* mutexWaiterShift */
#define RWMUTEX_MAX_READERS (1 << 30) /* sync/rwmutex.go, rwmutexMaxReaders */

static int32_t off_of(int32_t off)
{
	return off < 0 ? 0 : off;
}

int gread_sync(const struct gread_env *env, uint8_t kind, uint64_t addr, struct trace_snap_sync *out)
{
	const struct go_layout *l = env->l;
	int32_t v, readers;
	uint64_t state;

	switch (kind) {
	case TRACE_SYNC_MUTEX:
		if (read_i32(env, addr + (uint64_t)off_of(l->mutex_state), &v))
			return -EFAULT;
		out->flags = (v & MUTEX_LOCKED) ? TRACE_SYNC_LOCKED : 0;
		out->waiters = (uint32_t)v >> MUTEX_WAITER_SHIFT;
		return 0;
	case TRACE_SYNC_RWMUTEX:
		if (l->rwmutex_readercount < 0 || read_i32(env, addr + (uint64_t)off_of(l->rwmutex_w), &v) ||
		    read_i32(env, addr + (uint64_t)l->rwmutex_readercount, &readers))
			return -EFAULT;
		out->waiters = (uint32_t)v >> MUTEX_WAITER_SHIFT;
		/* A writer takes rwmutexMaxReaders away, whether it waits for readers or holds the lock. */
		out->flags = readers < 0 ? TRACE_SYNC_WRITER_WAITS : 0;
		out->counter = readers < 0 ? (int64_t)readers + RWMUTEX_MAX_READERS : readers;
		if (readers < 0 && out->counter == 0)
			out->flags = TRACE_SYNC_LOCKED;
		return 0;
	case TRACE_SYNC_WAITGROUP:
		if (l->wg_state < 0 || target_read(env->t, addr + (uint64_t)l->wg_state, &state, sizeof(state)))
			return -EFAULT;
		out->counter = (int32_t)(state >> 32);
		out->waiters = state & 0x7fffffff; /* bit 31 is a flag from Go 1.25 on */
		return 0;
	default:
		return -EFAULT;
	}
}
