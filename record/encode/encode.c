// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/encode/encode.h"

#include <errno.h>
#include <string.h>

#include "record/probe/ringtype.h"

#define POLL_READY UINT64_MAX /* the fd became ready while its goroutine was entering gopark */

void encoder_init(struct encoder *e, struct intern *in, uint64_t epoch)
{
	memset(e, 0, sizeof(*e));
	e->in = in;
	e->w = in->w;
	e->epoch = epoch;
}

void encoder_set_writer(struct encoder *e, struct trace_writer *w)
{
	e->w = e->in->w = w;
}

void encoder_free(struct encoder *e)
{
	map_free(&e->waits);
	map_free(&e->polls);
	map_free(&e->tries);
	map_free(&e->taken);
}

int encoder_write(struct encoder *e, const struct trace_rec *rec, struct err *err)
{
	int ret = trace_write(e->w, rec, err);

	/* Refused because target memory was misread. The recording continues. */
	if (ret == -EINVAL) {
		e->foreign++;
		if (err)
			*err = (struct err){ 0 };
		return 0;
	}
	if (ret)
		return ret;
	if (trace_type_is_event(rec->type)) {
		e->events++;
		if (rec->time > e->last)
			e->last = rec->time;
	}
	e->count[rec->type]++;
	return 0;
}

static uint64_t pack_obj(struct trace_obj o)
{
	return (uint64_t)o.kind | (uint64_t)o.dir << 8 | (uint64_t)o.id << 32;
}

static struct trace_obj unpack_obj(uint64_t v)
{
	return (struct trace_obj){ .kind = (uint8_t)v, .dir = (uint8_t)(v >> 8), .id = (uint32_t)(v >> 32) };
}

int encoder_waits_on(struct encoder *e, uint64_t goid, struct trace_obj obj, struct err *err)
{
	uint64_t *slot = map_put(&e->waits, goid, NULL);

	if (!slot)
		return err_nomem(err);
	*slot = pack_obj(obj);
	return 0;
}

int encoder_park_taken(struct encoder *e, uint64_t goid, uint64_t time, struct err *err)
{
	uint64_t *slot = map_put(&e->taken, goid, NULL);

	if (!slot)
		return err_nomem(err);
	*slot = time;
	return 0;
}

static bool is_taken(const struct encoder *e, const struct ring_hdr *h, uint64_t goid)
{
	const uint64_t *slot = (h->aux & RING_DEFERRED) ? map_get(&e->taken, goid) : NULL;

	return slot && *slot == h->time;
}

static uint32_t reason_of(const struct ring_hdr *h)
{
	return h->aux & (RING_DEFERRED - 1);
}

void encoder_forget_waits(struct encoder *e)
{
	map_clear(&e->waits);
	map_clear(&e->polls);
}

bool encoder_knows_wait(const struct encoder *e, uint64_t goid)
{
	return map_get(&e->waits, goid);
}

void encoder_set_all_known(struct encoder *e)
{
	e->all_known = true;
}

static struct trace_obj wait_of(struct encoder *e, uint64_t goid)
{
	const uint64_t *slot = map_get(&e->waits, goid);

	return slot ? unpack_obj(*slot) : (struct trace_obj){ 0 };
}

static void rec_begin(const struct encoder *e, struct trace_rec *rec, enum trace_type type, const struct ring_hdr *h,
                      uint64_t goid)
{
	memset(rec, 0, sizeof(*rec));
	rec->type = type;
	rec->time = (int64_t)(h->time - e->epoch);
	rec->goid = goid;
}

static uint32_t stack_id(const struct encoder *e, uint64_t hash, const struct stack_info **info)
{
	static const struct stack_info none;
	const struct stack_info *i = intern_stack_info(e->in, hash);

	if (info)
		*info = i ? i : &none;
	return i ? i->id : 0;
}

/* Removes words that are not return addresses from a stack with a fault (see struct ring_stack). */
static uint32_t drop_words(const struct intern *in, uint64_t *pcs, uint32_t n)
{
	struct go_func f;
	int32_t delta;

	for (uint32_t i = 0; i + 2 < n; i++) {
		if (gobin_func_by_pc(in->bin, pcs[i] - in->bias - 1, &f) || strcmp(f.name, "runtime.sigpanic") != 0)
			continue;
		if (gobin_sp_delta(in->bin, pcs[i + 1] - in->bias, &delta) == 0 && delta == 0)
			continue;
		n--;
		memmove(&pcs[i + 2], &pcs[i + 3], (n - i - 2) * sizeof(pcs[0]));
	}
	return n;
}

static int encode_stack(struct encoder *e, const struct ring_stack *r, size_t len, struct err *err)
{
	uint64_t pcs[RING_MAX_FRAMES];
	uint32_t n = r->hdr.aux;

	if (n > RING_MAX_FRAMES || len < sizeof(*r) + n * sizeof(r->pcs[0])) {
		e->foreign++;
		return 0;
	}
	memcpy(pcs, r->pcs, n * sizeof(pcs[0]));
	n = drop_words(e->in, pcs, n);
	return intern_stack(e->in, r->hash, pcs, n, r->hdr.aux32 != 0, false, err);
}

/* The object of a park other than a select. Kind NONE: no object, or unknown. */
static int park_obj(struct encoder *e, const struct ring_park *r, uint8_t class, const struct stack_info *info,
                    struct trace_obj *o, struct err *err)
{
	const struct wait_class *wc = wait_class_of(class);

	if (wc->obj == TRACE_OBJ_CHAN && class != TRACE_WAIT_SELECT && r->lock) {
		o->kind = TRACE_OBJ_CHAN;
		o->dir = wc->dir;
		return intern_chan(e->in, r->lock - (uint64_t)e->in->layout.hchan_lock, false, &o->id, err);
	}
	if (wc->obj == TRACE_OBJ_NILCHAN) {
		o->kind = TRACE_OBJ_NILCHAN;
		o->dir = wc->dir;
	} else if (wc->obj == TRACE_OBJ_SYNC && r->arg) {
		o->kind = TRACE_OBJ_SYNC;
		o->dir = info->dir;
		return intern_sync(e->in, info->sync_kind, r->arg - (uint64_t)(int64_t)info->sync_off, &o->id, err);
	} else if (wc->obj == TRACE_OBJ_FD && info->dir) {
		o->kind = TRACE_OBJ_FD;
		o->dir = info->dir;
		o->id = (uint32_t)(info->dir == TRACE_DIR_SEND ? r->arg : r->arg2);
	}
	return 0;
}

static bool is_awake(const struct encoder *e, uint64_t goid)
{
	return e->all_known && !map_get(&e->waits, goid);
}

static int write_ready(struct encoder *e, const struct ring_hdr *h, uint64_t woken, uint8_t cause, struct err *err)
{
	struct trace_rec rec;

	rec_begin(e, &rec, TRACE_GO_READY, h, 0);
	rec.ready.woken = woken;
	rec.ready.cause = cause;
	rec.ready.obj = wait_of(e, woken);
	map_del(&e->waits, woken);
	return encoder_write(e, &rec, err);
}

/* If the netpoller was faster than the goroutine, the goroutine does not sleep (netpollblockcommit). */
static int poll_parked(struct encoder *e, const struct ring_park *r, struct err *err)
{
	bool added;
	uint64_t *slot = map_put(&e->polls, r->lock, &added);

	if (!slot)
		return err_nomem(err);
	/* The end of a deferred wait is already known. */
	if (!added && *slot == POLL_READY && !(r->hdr.aux & RING_DEFERRED)) {
		map_del(&e->polls, r->lock);
		return write_ready(e, &r->hdr, r->goid, TRACE_CAUSE_NETWORK, err);
	}
	*slot = r->goid;
	return 0;
}

static int encode_park(struct encoder *e, const struct ring_park *r, struct err *err)
{
	uint8_t class = intern_reason_class(e->in, reason_of(&r->hdr));
	const struct stack_info *info;
	struct trace_obj obj = { 0 };
	struct trace_rec rec;

	if (is_taken(e, &r->hdr, r->goid))
		return 0;
	rec_begin(e, &rec, TRACE_GO_PARK, &r->hdr, r->goid);
	rec.park.stack = stack_id(e, r->stack, &info);
	if (intern_reason(e->in, reason_of(&r->hdr), &rec.park.reason, err) || park_obj(e, r, class, info, &obj, err))
		return err->code;
	if (obj.kind != TRACE_OBJ_NONE) {
		rec.park.nobjs = rec.park.nobjs_all = 1;
		rec.park.objs = &obj;
	}
	if (encoder_waits_on(e, r->goid, obj, err) || encoder_write(e, &rec, err))
		return err->code;
	return class == TRACE_WAIT_NETWORK ? poll_parked(e, r, err) : 0;
}

static int encode_select(struct encoder *e, const struct ring_select *r, size_t len, struct err *err)
{
	struct trace_obj objs[RING_CASES_L];
	struct trace_rec rec;
	uint32_t n = r->hdr.aux32;

	if (n > RING_CASES_L || len < sizeof(*r) + n * sizeof(r->cases[0])) {
		e->foreign++;
		return 0;
	}
	if (is_taken(e, &r->hdr, r->goid))
		return 0;
	rec_begin(e, &rec, TRACE_GO_PARK, &r->hdr, r->goid);
	rec.park.stack = stack_id(e, r->stack, NULL);
	if (intern_reason(e->in, reason_of(&r->hdr), &rec.park.reason, err))
		return err->code;
	for (uint32_t i = 0; i < n; i++) {
		objs[i] = (struct trace_obj){ .kind = r->cases[i].chan ? TRACE_OBJ_CHAN : TRACE_OBJ_NILCHAN,
			                      .dir = i < r->nsends ? TRACE_DIR_SEND : TRACE_DIR_RECV };
		if (intern_chan(e->in, r->cases[i].chan, false, &objs[i].id, err))
			return err->code;
	}
	rec.park.nobjs = n;
	rec.park.nobjs_all = r->ncases;
	rec.park.objs = objs;
	if (encoder_waits_on(e, r->goid, (struct trace_obj){ 0 }, err))
		return err->code;
	return encoder_write(e, &rec, err);
}

/*
 * Whether a call of ready() ends no wait, because it resumes a goroutine that
 * the collector had stopped to scan its stack (resumeG). Without the waker's
 * stack, this can only be inferred.
 */
static bool is_no_wake(const struct encoder *e, const struct ring_ready *r, const struct stack_info *info)
{
	return info->is_resume || (!info->id && is_awake(e, r->woken)) ||
	       (info->cause == TRACE_CAUSE_NETWORK && is_awake(e, r->woken));
}

static int encode_ready(struct encoder *e, const struct ring_ready *r, struct err *err)
{
	const struct stack_info *info;
	struct trace_rec rec;

	rec_begin(e, &rec, TRACE_GO_READY, &r->hdr, r->waker);
	rec.ready.woken = r->woken;
	rec.ready.stack = stack_id(e, r->stack, &info);
	rec.ready.cause = info->cause;
	if (is_no_wake(e, r, info))
		return 0;
	/* A timer runs on whatever goroutine is running, which did not cause the wake-up. */
	if (info->cause == TRACE_CAUSE_TIMER)
		rec.goid = 0;
	rec.ready.obj = wait_of(e, r->woken);
	if (r->hdr.aux && rec.ready.obj.kind == TRACE_OBJ_NONE) {
		rec.ready.obj.kind = TRACE_OBJ_CHAN;
		if (intern_chan(e->in, r->chan, false, &rec.ready.obj.id, err))
			return err->code;
	}
	map_del(&e->waits, r->woken);
	return encoder_write(e, &rec, err);
}

static int encode_netready(struct encoder *e, const struct ring_netready *r, struct err *err)
{
	uint64_t *slot = map_get(&e->polls, r->gpp), goid = r->goid;

	if (!r->hdr.aux) {
		if (slot && *slot == POLL_READY)
			map_del(&e->polls, r->gpp);
		return 0;
	}
	/* A goroutine that was woken otherwise (by a deadline or a close) no longer waits, or not for this. */
	if (!goid && slot && *slot != POLL_READY && wait_of(e, *slot).kind == TRACE_OBJ_FD)
		goid = *slot;
	if (goid) {
		map_del(&e->polls, r->gpp);
		/*
		 * If two threads found it ready, or a deadline intervened, only
		 * one of them wakes it (netpollunblock).
		 */
		if (is_awake(e, goid))
			return 0;
		return write_ready(e, &r->hdr, goid, TRACE_CAUSE_NETWORK, err);
	}
	slot = map_put(&e->polls, r->gpp, NULL);
	if (!slot)
		return err_nomem(err);
	*slot = POLL_READY;
	return 0;
}

static bool frame_is_system(const struct encoder *e, uint64_t startpc)
{
	struct go_func f;

	return gobin_func_by_pc(e->in->bin, startpc - e->in->bias, &f) == 0 && go_is_system_entry(f.name);
}

static int encode_create(struct encoder *e, const struct ring_create *r, struct err *err)
{
	struct trace_rec rec;

	rec_begin(e, &rec, TRACE_GO_CREATE, &r->hdr, r->goid);
	rec.create.child = r->child;
	rec.create.stack = stack_id(e, r->stack, NULL);
	rec.create.flags = frame_is_system(e, r->startpc) ? TRACE_GO_SYSTEM : 0;
	if (intern_frame(e->in, r->gopc, true, &rec.create.site, err) ||
	    intern_frame(e->in, r->startpc, false, &rec.create.entry, err))
		return err->code;
	return encoder_write(e, &rec, err);
}

static int encode_exit(struct encoder *e, const struct ring_exit *r, struct err *err)
{
	struct trace_rec rec;

	rec_begin(e, &rec, TRACE_GO_EXIT, &r->hdr, r->goid);
	map_del(&e->waits, r->goid);
	map_del(&e->tries, r->goid);
	return encoder_write(e, &rec, err);
}

static int encode_make(struct encoder *e, const struct ring_make *r, struct err *err)
{
	struct trace_rec rec;

	rec_begin(e, &rec, TRACE_CHAN_MAKE, &r->hdr, r->goid);
	rec.make.capacity = r->capacity;
	rec.make.elem_size = r->hdr.aux;
	rec.make.stack = stack_id(e, r->stack, NULL);
	if (intern_chan(e->in, r->chan, true, &rec.make.chan, err))
		return err->code;
	return encoder_write(e, &rec, err);
}

static int encode_close(struct encoder *e, const struct ring_close *r, struct err *err)
{
	struct trace_rec rec;

	rec_begin(e, &rec, TRACE_CHAN_CLOSE, &r->hdr, r->goid);
	rec.close.stack = stack_id(e, r->stack, NULL);
	if (intern_chan(e->in, r->chan, false, &rec.close.chan, err))
		return err->code;
	return encoder_write(e, &rec, err);
}

static int encode_try(struct encoder *e, const struct ring_op *r, struct err *err)
{
	uint64_t *slot = map_put(&e->tries, r->goid, NULL);

	if (!slot)
		return err_nomem(err);
	*slot = r->chan;
	return 0;
}

static int encode_op(struct encoder *e, const struct ring_op *r, struct err *err)
{
	const uint64_t *tried = map_get(&e->tries, r->goid);
	uint64_t chan = r->chan ? r->chan : tried ? *tried : 0;
	struct trace_rec rec;

	/* The operation began before the recording. */
	if (!chan)
		return 0;
	map_del(&e->tries, r->goid);
	rec_begin(e, &rec, TRACE_CHAN_OP, &r->hdr, r->goid);
	rec.op.dir = (r->hdr.aux & 1) ? TRACE_DIR_RECV : TRACE_DIR_SEND;
	rec.op.select = (r->hdr.aux & 0x100) != 0;
	rec.op.result = (uint8_t)r->hdr.aux32;
	if (intern_chan(e->in, chan, false, &rec.op.chan, err))
		return err->code;
	return encoder_write(e, &rec, err);
}

static int encode_run(struct encoder *e, const struct ring_run *r, struct err *err)
{
	struct trace_rec rec;

	rec_begin(e, &rec, TRACE_GO_RUN, &r->hdr, r->goid);
	return encoder_write(e, &rec, err);
}

int encoder_ring(struct encoder *e, const void *data, size_t len, struct err *err)
{
	const struct ring_hdr *h = data;

	if (len < sizeof(*h) || !ring_least_size(h->type) || len < ring_least_size(h->type)) {
		e->foreign++;
		return 0;
	}
	switch (h->type) {
	case RING_STACK:
		return encode_stack(e, data, len, err);
	case RING_PARK:
		return encode_park(e, data, err);
	case RING_SELECT:
		return encode_select(e, data, len, err);
	case RING_READY:
		return encode_ready(e, data, err);
	case RING_NETREADY:
		return encode_netready(e, data, err);
	case RING_CREATE:
		return encode_create(e, data, err);
	case RING_EXIT:
		return encode_exit(e, data, err);
	case RING_MAKE:
		return encode_make(e, data, err);
	case RING_CLOSE:
		return encode_close(e, data, err);
	case RING_OP:
		return encode_op(e, data, err);
	case RING_RUN:
		return encode_run(e, data, err);
	case RING_TRY:
		return encode_try(e, data, err);
	default:
		e->foreign++;
		return 0;
	}
}
