// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/probe/probes.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "bpf/chanrec.skel.h"
#include "bpf/chanrec_direct.skel.h"
#include "bpf/chanrec_old.skel.h"
#include "record/probe/direct.h"
#include "record/probe/plan.h"

const char *probe_event(const struct probe *p)
{
	return p->spec->event;
}

static bool plan_uses(const struct probes *p, const char *prog)
{
	for (size_t i = 0; i < p->v.n; i++)
		if (!p->v.v[i].missing && strcmp(p->v.v[i].spec->prog, prog) == 0)
			return true;
	return false;
}

int probes_say_load_error(int ret, struct err *err)
{
	if (ret == -EPERM)
		return err_set(err, -ret,
		               "no permission to load BPF programs (%s): run as root, or with CAP_BPF, CAP_PERFMON and "
		               "CAP_SYS_PTRACE; a kernel in lockdown refuses too (cat /sys/kernel/security/lockdown)",
		               strerror(-ret));
	if (ret == -ENOSYS || ret == -EINVAL)
		return err_set(err, -ret,
		               "this kernel cannot load the BPF programs (%s): " OLDEST_KERNEL " or newer with CONFIG_BPF_SYSCALL "
		               "is needed; --verbose prints the kernel's reason",
		               strerror(-ret));
	return err_set(err, -ret, "the BPF programs cannot be loaded: %s; --verbose prints the kernel's reason",
	               strerror(-ret));
}

static int quiet(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	return 0;
}

void probes_set_verbose(bool verbose)
{
	if (!verbose)
		libbpf_set_print(quiet);
}

/* The map with that name. */
static int probes_map(const struct probes *p, const char *name)
{
	return bpf_object__find_map_fd_by_name(p->obj, name);
}

static int open_object(struct probes *p, struct err *err)
{
	static const void *(*const elf_bytes[PROBES_BUILDS])(size_t *) = {
		[PROBES_DIRECT] = chanrec_direct_bpf__elf_bytes,
		[PROBES_PLAIN] = chanrec_bpf__elf_bytes,
		[PROBES_OLD] = chanrec_old_bpf__elf_bytes,
	};
	size_t size;
	const void *elf = elf_bytes[p->build](&size);
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "chanrec");
	struct bpf_map *map;
	void *cfg;

	p->obj = bpf_object__open_mem(elf, size, &opts);
	if (!p->obj)
		return err_set(err, errno, "the BPF object cannot be opened: %s", strerror(errno));
	map = bpf_object__find_map_by_name(p->obj, ".rodata");
	cfg = map ? (void *)(uintptr_t)bpf_map__initial_value(map, &size) : NULL;
	if (!cfg || size < sizeof(p->cfg))
		return err_set(err, EINVAL, "the BPF object has no configuration");
	memcpy(cfg, &p->cfg, sizeof(p->cfg));
	return 0;
}

static int map_vars(struct probes *p, struct err *err)
{
	void *mem = mmap(NULL, sizeof(*p->vars), PROT_READ | PROT_WRITE, MAP_SHARED, probes_map(p, ".bss"), 0);

	if (mem == MAP_FAILED)
		return err_set(err, errno, "the BPF programs' variables cannot be mapped: %s", strerror(errno));
	p->vars = mem;
	p->shared = &p->vars->shared;
	return 0;
}

static int try_load(struct probes *p, const struct probes_opts *opts, struct err *err)
{
	bool has_slots = p->build != PROBES_OLD;
	struct bpf_program *prog;
	int ret = open_object(p, err);

	if (ret)
		return ret;
	bpf_object__for_each_program(prog, p->obj)
	{
		bpf_program__set_autoload(prog, plan_uses(p, bpf_program__name(prog)));
		links_prepare(&p->links, prog);
	}
	bpf_map__set_max_entries(bpf_object__find_map_by_name(p->obj, "ring"),
	                         (uint32_t)(has_slots ? opts->ring_size / sizeof(struct ring_slot) : opts->ring_size));
	ret = bpf_object__load(p->obj);
	if (!ret)
		return map_vars(p, err);
	bpf_object__close(p->obj);
	p->obj = NULL;
	return probes_say_load_error(ret, err);
}

static enum probes_build first_build(struct probes *p, const struct probes_opts *opts, struct err *why)
{
	if (opts->no_direct_reads)
		return err_set(why, ECANCELED, "--no-direct-reads"), PROBES_PLAIN;
	return direct_find(&p->cfg.direct, why) ? PROBES_PLAIN : PROBES_DIRECT;
}

/* The kernel lacks what the build needs, or its verifier gives up on it. The first one may fail for any reason. */
static bool is_refused(enum probes_build build, int ret)
{
	if (build == PROBES_DIRECT)
		return ret && ret != -EPERM;
	return ret == -EACCES || ret == -EINVAL || ret == -E2BIG;
}

static void say_reads(const struct probes *p, const struct err *why)
{
	fprintf(stderr, "chanrec: the program's memory is read %s%s%s\n",
	        p->build == PROBES_DIRECT ? "by its page tables" : "by the kernel's helper", *why->msg ? ": " : "",
	        why->msg);
}

static int load(struct probes *p, const struct probes_opts *opts, struct err *err)
{
	struct err why = { 0 };
	int ret;

	probes_set_verbose(opts->verbose);
	p->cfg.ring_size = opts->ring_size;
	p->cfg.ready_stacks = !opts->no_ready_stacks;
	p->cfg.cache_goids = plan_has(p, RING_EXIT);
	p->links.kind = p->waits.kind = link_kind_here();
	/* uprobe_multi_link's own test, not the perf event's: that is of the memory, which children inherit. */
	p->cfg.is_filtered = p->links.kind == LINK_MULTI;
	p->build = first_build(p, opts, &why);
	ret = try_load(p, opts, err);
	while (is_refused(p->build, ret) && p->build + 1 < PROBES_BUILDS) {
		why = *err;
		p->build++;
		ret = try_load(p, opts, err);
	}
	if (!ret && opts->verbose)
		say_reads(p, &why);
	return ret;
}

/* The probed instruction has to be what is in memory: int3 where somebody else probes it already. */
static bool site_is_there(const struct target *t, const struct gobin *bin, uint64_t bias, uint64_t addr)
{
	uint8_t file[2], mem[2];

	if (gobin_read(bin, addr, file, sizeof(file)) || target_read(t, addr + bias, mem, sizeof(mem)))
		return false;
	return mem[0] == 0xcc || memcmp(file, mem, sizeof(file)) == 0;
}

int probes_say_attach_error(int e, const char *where, struct err *err)
{
	if (e == EPERM || e == EACCES)
		return err_set(err, e,
		               "no permission to set uprobes (%s): run as root, or with CAP_PERFMON (some kernels want "
		               "CAP_SYS_ADMIN)",
		               strerror(e));
	if (e == ENOENT)
		return err_set(err, e,
		               "this kernel has no uprobes, or /sys is not mounted: mount it, or use a kernel with "
		               "CONFIG_UPROBE_EVENTS");
	return err_set(err, e, "a uprobe at %s cannot be set: %s; --verbose prints more", where, strerror(e));
}

static int check_site(const struct probe *pr, const struct target *t, const struct gobin *bin, uint64_t bias,
                      struct err *err)
{
	if (gobin_file_offset(bin, pr->site.addr) >= 0 && site_is_there(t, bin, bias, pr->site.addr))
		return 0;
	if (!target_alive(t))
		return err_set(err, ESRCH, "process %d has ended", t->pid);
	return err_set(err, ENOEXEC, "the code of %s in memory is not that of the program's file", pr->func);
}

/* One program serves probes of both parts, which are taken out apart: each has links of its own. */
static bool share_link(const struct probe *a, const struct probe *b)
{
	return !a->missing && !b->missing && strcmp(a->spec->prog, b->spec->prog) == 0 &&
	       probe_is_of_life(a) == probe_is_of_life(b);
}

/* With the first one all that share its link. */
static int attach_sharing(struct probes *p, size_t first, struct err *err)
{
	const struct target *t = p->place.t;
	const struct gobin *bin = p->place.bin;
	const struct probe *pr = &p->v.v[first];
	struct bpf_program *prog = p->obj ? bpf_object__find_program_by_name(p->obj, pr->spec->prog) : NULL;
	VEC(uint64_t) offsets = { 0 };
	int ret = 0;

	if (!prog)
		return err_set(err, ENOENT, "the BPF program %s is not loaded", pr->spec->prog);
	for (size_t i = first; i < p->v.n && !ret; i++) {
		const struct probe *same = &p->v.v[i];

		if (!share_link(same, pr))
			continue;
		ret = check_site(same, t, bin, p->place.bias, err);
		if (!ret && vec_push(&offsets, (uint64_t)gobin_file_offset(bin, same->site.addr)))
			ret = err_nomem(err);
	}
	if (!ret) {
		ret = links_add(probe_is_of_life(pr) ? &p->links : &p->waits, prog, t->exe, offsets.v, offsets.n,
		                t->pid);
		if (ret) {
			char where[96];

			snprintf(where, sizeof(where), "%s (%#lx)", pr->func, (unsigned long)pr->site.addr);
			ret = probes_say_attach_error(-ret, where, err);
		}
	}
	vec_free(&offsets);
	return ret;
}

static bool is_first_of_link(const struct probes *p, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (share_link(&p->v.v[i], &p->v.v[at]))
			return false;
	return !p->v.v[at].missing;
}

int probes_attach_part(struct probes *p, bool life, struct err *err)
{
	for (size_t i = 0; i < p->v.n; i++)
		if (is_first_of_link(p, i) && probe_is_of_life(&p->v.v[i]) == life && attach_sharing(p, i, err))
			return err->code;
	return 0;
}

int probes_attach(struct probes *p, const struct target *t, const struct gobin *bin, uint64_t bias,
                  const struct probes_opts *opts, struct err *err)
{
	p->place = (struct probes_place){ t, bin, bias };
	p->cfg.tgid = (uint32_t)t->pid;
	p->cfg.use_pidns = t->in_pidns;
	p->cfg.pidns_dev = t->pidns_dev;
	p->cfg.pidns_ino = t->pidns_ino;
	plan_place(p, bin, bias);
	if (load(p, opts, err))
		return err->code;
	if (probes_attach_part(p, true, err))
		return err->code;
	return probes_attach_part(p, false, err);
}

void probes_enable(struct probes *p)
{
	p->shared->starting = 1;
	__atomic_store_n(&p->shared->enabled, 1, __ATOMIC_RELEASE);
}

void probes_started(struct probes *p)
{
	__atomic_store_n(&p->shared->starting, 0, __ATOMIC_RELEASE);
}

int probes_set_min_block(struct probes *p, uint64_t ns, struct err *err)
{
	if (!p->waits_held && ns) {
		void *mem = mmap(NULL, WAIT_SLOTS * sizeof(*p->waits_held), PROT_READ | PROT_WRITE, MAP_SHARED,
		                 probes_map(p, "waits"), 0);

		if (mem == MAP_FAILED)
			return err_set(err, errno, "the map of waits cannot be mapped: %s", strerror(errno));
		p->waits_held = mem;
		p->shared->holds = 1;
	}
	__atomic_store_n(&p->shared->min_block, ns, __ATOMIC_RELEASE);
	return 0;
}

void probes_closing(struct probes *p)
{
	__atomic_store_n(&p->shared->closing, 1, __ATOMIC_RELEASE);
}

void probes_disable(struct probes *p)
{
	__atomic_store_n(&p->shared->enabled, 0, __ATOMIC_RELEASE);
}

void probes_detach(struct probes *p)
{
	/* Together, which takes less time. */
	for (size_t i = 0; i < p->waits.v.n; i++)
		if (vec_push(&p->links.v, p->waits.v.v[i]))
			return links_free(&p->waits), links_free(&p->links);
	vec_free(&p->waits.v);
	links_free(&p->links);
}

void probes_free(struct probes *p)
{
	probes_detach(p);
	drain_close(&p->drain);
	if (p->waits_held)
		munmap(p->waits_held, WAIT_SLOTS * sizeof(*p->waits_held));
	if (p->vars)
		munmap(p->vars, sizeof(*p->vars));
	bpf_object__close(p->obj);
	vec_free(&p->v);
	memset(p, 0, sizeof(*p));
}

int probes_open_ring(struct probes *p, drain_fn fn, void *arg, struct err *err)
{
	int map = probes_map(p, "ring");
	int ret = p->build == PROBES_OLD ? drain_open_ringbuf(&p->drain, map, fn, arg)
	                                 : drain_open(&p->drain, map, p->vars, p->cfg.ring_size, fn, arg);

	return ret ? err_set(err, -ret, "the ring cannot be mapped: %s", strerror(-ret)) : 0;
}

int probes_drain(struct probes *p)
{
	return drain_run(&p->drain);
}
