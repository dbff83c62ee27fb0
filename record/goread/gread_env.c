// SPDX-License-Identifier: GPL-2.0-or-later
/* Finds the runtime functions whose frames are read. */
#include <errno.h>
#include <string.h>

#include "record/goread/gread.h"

static void env_func(const struct gread_env *env, const char *name, struct gread_range *r)
{
	struct go_func f;

	if (gobin_func_by_name(env->bin, name, &f))
		return;
	r->lo = f.entry + env->bias;
	r->hi = f.end + env->bias;
}

/* The program's own DWARF may say anything; what is read of a structure is as long as the structure. */
static bool is_within(const struct go_layout *l)
{
	static const struct {
		const char *type;
		size_t at;
	} fields[] = {
#define X(member, type, path) { (type), offsetof(struct go_layout, member) },
		GO_LAYOUT_FIELDS(X)
#undef X
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		int32_t off, size = 0;

		if (!strcmp(fields[i].type, "runtime.g"))
			size = l->g_size;
		else if (!strcmp(fields[i].type, "runtime.hchan"))
			size = l->hchan_size;
		memcpy(&off, (const char *)l + fields[i].at, sizeof(off));
		if (size > 0 && off > size - (int32_t)sizeof(uint64_t))
			return false;
	}
	return true;
}

int gread_env_init(struct gread_env *env, const struct memory *mem, const struct gobin *bin, const struct go_layout *l,
                   uint64_t bias, struct err *err)
{
	memset(env, 0, sizeof(*env));
	env->mem = mem;
	env->bin = bin;
	env->l = l;
	env->bias = bias;
	env->nreasons = wait_reasons_of(bin, env->reasons, WAIT_REASONS_MAX);
	env->select = gocode_select_slots(bin);
	if (l->g_size <= 0 || l->g_goid < 0 || l->g_atomicstatus < 0 || l->g_sched_sp < 0 || l->g_sched_pc < 0 ||
	    l->g_sched_bp < 0 || l->g_waiting < 0 || l->g_waitreason < 0 || l->hchan_lock < 0 || !is_within(l))
		return err_set(err, ENOTSUP, "the layout of runtime.g is unknown");
	env_func(env, "runtime.gopark", &env->gopark);
	env_func(env, "runtime.semacquire1", &env->semacquire);
	env_func(env, "sync.runtime_notifyListWait", &env->notify_wait);
	env_func(env, "runtime.selectgo", &env->selectgo);
	env_func(env, "internal/poll.runtime_pollWait", &env->poll_wait);
	env_func(env, "runtime.systemstack_switch", &env->stack_switch);
	env_func(env, "runtime.sigpanic", &env->sigpanic);
	env_func(env, "runtime.sigreturn", &env->sigreturn);
	env_func(env, "runtime.sigreturn__sigaction", &env->sigreturn);
	env_func(env, "runtime.goexit", &env->goexit);
	env_func(env, "sync.(*Cond).Wait", &env->cond_wait);
	env_func(env, "runtime.gopanic", &env->unwinds[0]);
	env_func(env, "runtime.Goexit", &env->unwinds[1]);
	env_func(env, "runtime.deferreturn", &env->unwinds[2]);
	env->semacquire_arg = gocode_keeps_arg(bin, "runtime.semacquire1");
	env->notify_arg = gocode_keeps_arg(bin, "sync.runtime_notifyListWait");
	env->cond_arg = gocode_keeps_arg(bin, "sync.(*Cond).Wait");
	env->poll_arg = gocode_keeps_arg(bin, "internal/poll.runtime_pollWait");
	return 0;
}
