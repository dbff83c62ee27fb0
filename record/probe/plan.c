// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/probe/plan.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "record/probe/closure.h"
#include "record/probe/gocode.h"
#include "record/probe/reasons.h"
#include "record/probe/ringtype.h"
#include "util/debug.h"

#define RETS_MAX 16

/* For failed attempts, before the argument is stored. */
static const struct probe_spec early_send = { .type = RING_OP, .prog = "chan_send_ret_early" };
static const struct probe_spec early_recv = { .type = RING_OP, .prog = "chan_recv_ret_early" };

static const struct probe_spec specs[] = {
	{ .type = RING_PARK,
	  .how = HOW_ENTRY,
	  .required = true,
	  .prog = PROG_ANY,
	  .funcs = { "runtime.gopark" },
	  .without = "no wait is recorded" },
	{ .type = RING_READY,
	  .how = HOW_ENTRY,
	  .required = true,
	  .prog = PROG_ANY,
	  .funcs = { "runtime.ready" },
	  .without = "no wake-up is recorded" },
	{ .type = RING_NETREADY,
	  .how = HOW_ENTRY,
	  .prog = PROG_ANY,
	  .funcs = { "runtime.netpollready" },
	  .without = "network wake-ups are seen only at the goroutine's next event" },
	{ .type = RING_CREATE,
	  .how = HOW_CALL,
	  .prog = PROG_ANY,
	  .funcs = { "runtime.newproc.func1" },
	  .callee = "runtime.runqput",
	  .without = "new goroutines are seen at their first event, without their creator" },
	{ .type = RING_CORO,
	  .how = HOW_RESULT,
	  .optional = true,
	  .prog = PROG_ANY,
	  .funcs = { "runtime.newcoro.func1" },
	  .callee = "runtime.newproc1",
	  .without = "goroutines of iter.Pull are seen at their first event, without their creator" },
	{ .type = RING_EXIT,
	  .how = HOW_ENTRY,
	  .prog = PROG_ANY,
	  .funcs = { "runtime.gdestroy", "runtime.goexit0" },
	  .without = "exits of goroutines are seen only in the last snapshot" },
	{ .type = RING_MAKE,
	  .how = HOW_MAKE,
	  .prog = PROG_ANY,
	  .funcs = { "runtime.makechan" },
	  .without = "where channels were made is unknown" },
	{ .type = RING_CLOSE,
	  .how = HOW_ENTRY,
	  .prog = PROG_ANY,
	  .funcs = { "runtime.closechan" },
	  .without = "who closed a channel is unknown" },
	{ .type = RING_OP,
	  .how = HOW_RETS,
	  .prog = "chan_send_ret",
	  .early = &early_send,
	  .funcs = { "runtime.chansend" },
	  .without = "sends are not counted" },
	{ .type = RING_OP,
	  .how = HOW_RETS,
	  .prog = "chan_recv_ret",
	  .early = &early_recv,
	  .funcs = { "runtime.chanrecv" },
	  .without = "receives are not counted" },
	{ .type = RING_OP,
	  .how = HOW_RETS,
	  .optional = true,
	  .prog = "chan_select_ret",
	  .funcs = { "runtime.selectgo" },
	  .without = "operations of selects are not counted" },
	{ .type = RING_TRY,
	  .how = HOW_ENTRY,
	  .prog = "chan_try",
	  .funcs = { "runtime.chansend" },
	  .without = "not all sends that were not ready are counted" },
	{ .type = RING_TRY,
	  .how = HOW_ENTRY,
	  .prog = "chan_try",
	  .funcs = { "runtime.chanrecv" },
	  .without = "not all receives that were not ready are counted" },
	{ .type = RING_RUN,
	  .how = HOW_ENTRY,
	  .prog = "go_run",
	  .funcs = { "runtime.execute" },
	  .without = "when goroutines start to run is not recorded" },
};

const char *probe_event(const struct probe *p)
{
	return trace_type_name(ring_trace_type(p->spec->type));
}

static int plan_add(struct probe_plan *p, const struct probe *pr, const char *func, const char *note)
{
	struct probe new = *pr;

	snprintf(new.func, sizeof(new.func), "%s", func);
	snprintf(new.note, sizeof(new.note), "%s", note);
	debug(DEBUG_PROBE, "%s in %s: %s%s%s", probe_event(pr), func, pr->site.insn, *pr->site.insn ? ", " : "", note);
	return vec_push(&p->v, new);
}

static int plan_found(struct probe_plan *p, const struct probe_spec *spec, const char *func, const struct site *site,
                      const char *note)
{
	return plan_add(p, &(struct probe){ .spec = spec, .site = *site }, func, note);
}

/* Adds a probe without a site, so that the trace says why there is none. */
static int plan_none(struct probe_plan *p, const struct probe_spec *spec, enum probe_status status, const char *note,
                     struct err *err)
{
	if (plan_add(p, &(struct probe){ .spec = spec, .status = status }, spec->funcs[0], note))
		return err_nomem(err);
	return 0;
}

static int plan_make(struct probe_plan *p, const struct probe_spec *spec, const struct code *c, const char *func,
                     const struct go_layout *l, struct err *err)
{
	static const x86_reg regs[] = { X86_REG_RAX, X86_REG_RCX, X86_REG_RDX, X86_REG_RBX };
	static const struct probe_spec at_ret = { .type = RING_MAKE, .prog = "chan_make_ret" };
	struct site rets[RETS_MAX];
	struct site_tail tail;
	size_t n;

	if (site_make(c, l->hchan_dataqsiz, &tail, err) == 0) {
		for (int i = 0; i < (int)(sizeof(regs) / sizeof(regs[0])); i++) {
			if (regs[i] != tail.reg)
				continue;
			p->cfg.make_reg = i;
			p->cfg.make_cap_sp = tail.cap_sp;
			return plan_found(p, spec, func, &tail.site, "a jump that every path to the return passes");
		}
	}
	n = site_rets(c, rets, RETS_MAX);
	p->cfg.make_cap_sp = -1;
	for (size_t i = 0; i < n; i++)
		if (plan_found(p, &at_ret, func, &rets[i], "the return: no suitable emulated instruction"))
			return -ENOMEM;
	return n ? 0 : -ENOENT;
}

static int plan_rets(struct probe_plan *p, const struct probe_spec *spec, const struct code *c, const char *func,
                     struct err *err)
{
	struct site rets[RETS_MAX];
	size_t n = site_rets(c, rets, RETS_MAX), added = 0;
	uint64_t first = 0;
	int32_t off;

	if (code_spill(c, 0, &off, &first))
		return err_set(err, ENOENT, "its first argument is not saved");
	for (size_t i = 0; i < n; i++) {
		const struct probe_spec *at = rets[i].addr < first ? spec->early : spec;

		if (!at)
			continue;
		if (plan_found(p, at, func, &rets[i], "the return: single-stepped by the kernel"))
			return err_nomem(err);
		added++;
	}
	return added ? 0 : err_set(err, ENOENT, "no usable return");
}

static int plan_one(struct probe_plan *p, const struct probe_spec *spec, const struct code *c, const struct go_func *f,
                    const struct gobin *bin, const struct go_layout *l, struct err *err)
{
	static const char *const notes[] = { [HOW_ENTRY] = "first emulated instruction",
		                             [HOW_CALL] = "the call with the new g",
		                             [HOW_RESULT] = "after the call that returns the new g" };
	struct site site = { 0 };
	struct go_func callee;
	int ret;

	switch (spec->how) {
	case HOW_ENTRY:
		ret = site_entry(c, &site, err);
		break;
	case HOW_CALL:
	case HOW_RESULT:
		if (gobin_func_by_name(bin, spec->callee, &callee))
			return err_set(err, ENOENT, "the program has no function %s", spec->callee);
		ret = spec->how == HOW_CALL ? site_call(c, callee.entry, &site, err)
		                            : site_result(c, callee.entry, &site, err);
		break;
	case HOW_MAKE:
		return plan_make(p, spec, c, f->name, l, err);
	default:
		return plan_rets(p, spec, c, f->name, err);
	}
	if (ret)
		return ret;
	if (site.at_jbe)
		p->cfg.at_jbe |= 1u << spec->type;
	if (plan_found(p, spec, f->name, &site, notes[spec->how]))
		return err_nomem(err);
	return 0;
}

static int plan_spec(struct probe_plan *p, const struct probe_spec *spec, const struct gobin *bin,
                     const struct go_layout *l, struct err *err)
{
	struct err why = { 0 };
	struct code c = { 0 };
	struct go_func f;
	char note[160];
	int ret = -ENOENT;

	for (int i = 0; i < 3 && spec->funcs[i] && ret == -ENOENT; i++)
		ret = gobin_func_by_name(bin, spec->funcs[i], &f);
	if (ret && spec->optional)
		return plan_none(p, spec, PROBE_NOT_NEEDED, "the program has no such function and never calls it", err);
	if (ret) {
		err_set(&why, ENOENT, "the program has no such function");
	} else {
		ret = gocode_open(&c, bin, &f, &why);
		if (!ret)
			ret = plan_one(p, spec, &c, &f, bin, l, &why);
		code_close(&c);
	}
	if (!ret)
		return 0;
	if (ret == -ENOMEM)
		return err_nomem(err);
	if (spec->required)
		return err_set(err, ENOTSUP, "%s cannot be probed: %s (%s)", spec->funcs[0], why.msg,
		               gobin_go_version(bin));
	snprintf(note, sizeof(note), "%.80s: %s", why.msg, spec->without);
	return plan_none(p, spec, PROBE_MISSING, note, err);
}

/* Finds the frame slots with the data that gopark's arguments do not contain. */
static void plan_slots(struct probe_plan *p, const struct gobin *bin)
{
	struct select_slots slots = gocode_select_slots(bin);
	struct bpf_config *cfg = &p->cfg;

	cfg->select_cas0 = slots.cas0;
	cfg->select_nsends = slots.nsends;
	cfg->select_ncases = slots.ncases;
	/* At a RET the frame is gone: slot 0 is just above the return address. */
	cfg->op_chan_sp = cfg->selop_cas0_sp = 8;
	cfg->selop_nsends_sp = 8 + 3 * 8;
}

/* What the BPF programs read at a park whose reason is of this class, and whether they may defer it. */
static uint32_t reason_flags(const struct probe_plan *p, uint8_t class)
{
	static const uint32_t reads[] = { [TRACE_OBJ_CHAN] = REASON_CHAN,
		                          [TRACE_OBJ_SYNC] = REASON_ARG,
		                          [TRACE_OBJ_FD] = REASON_FD,
		                          [TRACE_OBJ_NILCHAN] = 0 };
	const struct wait_class *wc = wait_class_of(class);
	uint32_t defer = wc->ends_by_ready ? REASON_DEFER : 0;

	if (class == TRACE_WAIT_SELECT)
		return defer | (p->cfg.select_cas0 > 0 ? REASON_SELECT : 0);
	return defer | reads[wc->obj];
}

static void plan_reasons(struct probe_plan *p, const struct gobin *bin)
{
	struct wait_reason r[REASON_MAX];
	int n = wait_reasons_of(bin, r, REASON_MAX);

	for (int i = 0; i < n; i++)
		p->cfg.reason_flags[i] = reason_flags(p, r[i].class);
}

/* Network waits can be deferred if the netpoller's wake-ups are seen. */
static void plan_network(struct probe_plan *p)
{
	for (size_t i = 0; i < p->v.n; i++)
		if (p->v.v[i].status == PROBE_FOUND && p->v.v[i].spec->type == RING_NETREADY)
			for (int k = 0; k < REASON_MAX; k++)
				if (p->cfg.reason_flags[k] & REASON_FD)
					p->cfg.reason_flags[k] |= REASON_DEFER;
}

static void plan_offsets(struct bpf_config *cfg, const struct go_layout *l)
{
	cfg->g_m = l->g_m;
	cfg->g_goid = l->g_goid;
	cfg->g_param = l->g_param;
	cfg->g_waitreason = l->g_waitreason;
	cfg->g_gopc = l->g_gopc;
	cfg->g_startpc = l->g_startpc;
	cfg->m_curg = l->m_curg;
	cfg->g_stack_hi = l->g_stack_hi;
	cfg->g_sched_bp = l->g_sched_bp;
	cfg->sudog_c = l->sudog_c;
	cfg->hchan_dataqsiz = l->hchan_dataqsiz;
	cfg->hchan_elemsize = l->hchan_elemsize;
	cfg->pd_fd = l->polldesc_fd;
	cfg->pd_rg = l->polldesc_rg;
	cfg->pd_wg = l->polldesc_wg;
}

/* TRACE_EVENTS_…; the probe is planned if any of these is recorded. */
static uint32_t spec_group(const struct probe_spec *spec)
{
	return trace_type_group(ring_trace_type(spec->type));
}

int plan_init(struct probe_plan *p, const struct gobin *bin, const struct go_layout *l, uint32_t events,
              struct err *err)
{
	memset(p, 0, sizeof(*p));
	plan_offsets(&p->cfg, l);
	p->cfg.make_cap_sp = -1;
	plan_slots(p, bin);
	plan_reasons(p, bin);
	for (size_t i = 0; i < sizeof(specs) / sizeof(specs[0]); i++)
		if ((spec_group(&specs[i]) & events) && plan_spec(p, &specs[i], bin, l, err))
			return err->code;
	plan_network(p);
	return 0;
}

static void fill_range(struct bpf_config *cfg, const struct gobin *bin, uint64_t bias)
{
	struct go_func first, last;

	if (gobin_func_by_idx(bin, 0, &first) || gobin_func_by_idx(bin, gobin_nfuncs(bin) - 1, &last))
		return;
	cfg->text_lo = first.entry + bias;
	cfg->text_hi = last.end + bias;
}

/* The size of a function's frame: the largest stack depth anywhere in its code. */
static int32_t frame_size(const struct gobin *bin, const struct go_func *f)
{
	int32_t most = 0, delta;

	for (uint64_t pc = f->entry; pc < f->end; pc++)
		if (gobin_sp_delta(bin, pc, &delta) == 0 && delta > most)
			most = delta;
	return most;
}

/* Fills in what a stack walk needs to cross faults and C code, if the program has any. */
static void fill_walk(struct bpf_config *cfg, const struct gobin *bin, uint64_t bias)
{
	struct go_func callback, cgocall, stack_switch, sigpanic;

	if (gobin_func_by_name(bin, "runtime.sigpanic", &sigpanic) == 0) {
		cfg->sigpanic_lo = sigpanic.entry + bias;
		cfg->sigpanic_len = sigpanic.end - sigpanic.entry;
	}
	if (gobin_func_by_name(bin, "runtime.cgocallback", &callback) ||
	    gobin_func_by_name(bin, "runtime.cgocall", &cgocall) ||
	    gobin_func_by_name(bin, "runtime.systemstack_switch", &stack_switch))
		return;
	/* Since Go 1.20, g.sched.pc there is behind the prologue, which saves rbp. */
	if (gobin_sp_delta(bin, stack_switch.entry + 8, &cfg->switch_delta))
		cfg->switch_delta = 0;
	cfg->cb_lo = callback.entry + bias;
	cfg->cb_len = callback.end - callback.entry;
	cfg->cb_frame = frame_size(bin, &callback) + 8;
	cfg->cgocall_delta = frame_size(bin, &cgocall);
	cfg->switch_lo = stack_switch.entry + bias;
	cfg->switch_len = stack_switch.end - stack_switch.entry;
}

void plan_free(struct probe_plan *p)
{
	vec_free(&p->v);
}

bool probe_is_of_life(const struct probe *p)
{
	return ring_is_life(p->spec->type);
}

bool plan_uses(const struct probe_plan *p, const char *prog)
{
	for (size_t i = 0; i < p->v.n; i++)
		if (p->v.v[i].status == PROBE_FOUND && strcmp(p->v.v[i].spec->prog, prog) == 0)
			return true;
	return false;
}

size_t plan_count(const struct probe_plan *p, enum probe_status status)
{
	size_t n = 0;

	for (size_t i = 0; i < p->v.n; i++)
		n += p->v.v[i].status == status;
	return n;
}

bool plan_has(const struct probe_plan *p, enum ring_type type)
{
	for (size_t i = 0; i < p->v.n; i++)
		if (p->v.v[i].status == PROBE_FOUND && p->v.v[i].spec->type == type)
			return true;
	return false;
}

void plan_place(struct probe_plan *p, const struct gobin *bin, uint64_t bias)
{
	fill_range(&p->cfg, bin, bias);
	fill_walk(&p->cfg, bin, bias);
	closure_plan(&p->cfg, bin, bias);
	for (size_t i = 0; i < p->v.n; i++) {
		const struct probe *pr = &p->v.v[i];

		if (pr->status == PROBE_FOUND && strcmp(pr->spec->prog, PROG_ANY) == 0)
			p->cfg.site[pr->spec->type] = pr->site.addr + bias;
	}
}
