// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/probe/programs.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "bpf/chanrec.skel.h"
#include "bpf/chanrec_direct.skel.h"
#include "bpf/chanrec_old.skel.h"
#include "record/probe/direct.h"
#include "util/caps.h"
#include "util/debug.h"

int programs_load_error(int ret, struct err *err)
{
	char advice[CAPS_TEXT];

	if (ret == -EPERM)
		return err_set(err, -ret,
		               "no permission to load BPF programs (%s): %s; a kernel in lockdown also refuses (see "
		               "/sys/kernel/security/lockdown)",
		               strerror(-ret), caps_advice(CAPS_BPF | CAPS_PERFMON | CAPS_PTRACE, advice));
	if (ret == -ENOSYS || ret == -EINVAL)
		return err_set(err, -ret,
		               "this kernel cannot load the BPF programs (%s): " OLDEST_KERNEL
		               " or newer with CONFIG_BPF_SYSCALL "
		               "is needed; --verbose prints the kernel's reason",
		               strerror(-ret));
	return err_set(err, -ret, "cannot load the BPF programs: %s; --verbose prints the kernel's reason",
	               strerror(-ret));
}

static int quiet(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	return 0;
}

void programs_set_verbose(bool verbose)
{
	if (!verbose)
		libbpf_set_print(quiet);
}

int programs_map(const struct programs *p, const char *name)
{
	return bpf_object__find_map_fd_by_name(p->obj, name);
}

static int open_object(struct programs *p, const struct bpf_config *cfg, struct err *err)
{
	static const void *(*const elf_bytes[BUILDS])(size_t *) = {
		[BUILD_DIRECT] = chanrec_direct_bpf__elf_bytes,
		[BUILD_PLAIN] = chanrec_bpf__elf_bytes,
		[BUILD_OLD] = chanrec_old_bpf__elf_bytes,
	};
	size_t size;
	const void *elf = elf_bytes[p->build](&size);
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "chanrec");
	struct bpf_map *map;
	void *to;

	p->obj = bpf_object__open_mem(elf, size, &opts);
	if (!p->obj)
		return err_set(err, errno, "cannot open the BPF object: %s", strerror(errno));
	map = bpf_object__find_map_by_name(p->obj, ".rodata");
	to = map ? (void *)(uintptr_t)bpf_map__initial_value(map, &size) : NULL;
	if (!to || size < sizeof(*cfg))
		return err_set(err, EINVAL, "the BPF object has no configuration");
	memcpy(to, cfg, sizeof(*cfg));
	return 0;
}

static int map_vars(struct programs *p, struct err *err)
{
	void *mem = mmap(NULL, sizeof(*p->vars), PROT_READ | PROT_WRITE, MAP_SHARED, programs_map(p, ".bss"), 0);

	if (mem == MAP_FAILED)
		return err_set(err, errno, "cannot map the BPF programs' variables: %s", strerror(errno));
	p->vars = mem;
	return 0;
}

static int try_load(struct programs *p, const struct probe_plan *plan, enum link_kind kind, struct err *err)
{
	uint64_t size = plan->cfg.ring_size;
	struct bpf_program *prog;
	int ret = open_object(p, &plan->cfg, err);

	if (ret)
		return ret;
	bpf_object__for_each_program(prog, p->obj)
	{
		bpf_program__set_autoload(prog, plan_uses(plan, bpf_program__name(prog)));
		link_prepare(kind, prog);
	}
	bpf_map__set_max_entries(bpf_object__find_map_by_name(p->obj, "ring"),
	                         (uint32_t)(p->build == BUILD_OLD ? size : size / sizeof(struct ring_slot)));
	ret = bpf_object__load(p->obj);
	if (!ret)
		return map_vars(p, err);
	bpf_object__close(p->obj);
	p->obj = NULL;
	return programs_load_error(ret, err);
}

static enum bpf_build first_build(struct bpf_config *cfg, bool no_direct_reads, struct err *why)
{
	if (no_direct_reads)
		return err_set(why, ECANCELED, "--no-direct-reads"), BUILD_PLAIN;
	if (direct_is_unwelcome(why))
		return BUILD_PLAIN;
	return direct_find(&cfg->direct, why) ? BUILD_PLAIN : BUILD_DIRECT;
}

/*
 * Whether the next build may work: the kernel lacks what this one needs, or its verifier rejects it. The first build
 * is an optimisation and may fail for any reason but a lack of permission.
 */
static bool is_refused(enum bpf_build build, int ret)
{
	if (build == BUILD_DIRECT)
		return ret && ret != -EPERM;
	return ret == -EACCES || ret == -EINVAL || ret == -E2BIG;
}

static void say_reads(const struct programs *p, const struct err *why)
{
	fprintf(stderr, "chanrec: reading memory through %s%s%s\n",
	        p->build == BUILD_DIRECT ? "page tables" : "the kernel helper", *why->msg ? ": " : "", why->msg);
}

int programs_load(struct programs *p, struct probe_plan *plan, enum link_kind kind, const struct programs_opts *opts,
                  struct err *err)
{
	struct err why = { 0 };
	int ret;

	programs_set_verbose(opts->verbose);
	p->build = first_build(&plan->cfg, opts->no_direct_reads, &why);
	ret = try_load(p, plan, kind, err);
	while (is_refused(p->build, ret) && p->build + 1 < BUILDS) {
		why = *err;
		debug(DEBUG_PROBE, "build %d does not load: %s", (int)p->build, err->msg);
		p->build++;
		ret = try_load(p, plan, kind, err);
	}
	if (ret)
		return ret;
	*err = (struct err){ 0 }; /* of a build that did not load */
	if (opts->verbose)
		say_reads(p, &why);
	return ret;
}

struct bpf_program *programs_get(const struct programs *p, const char *name)
{
	return p->obj ? bpf_object__find_program_by_name(p->obj, name) : NULL;
}

void programs_free(struct programs *p)
{
	if (p->vars)
		munmap(p->vars, sizeof(*p->vars));
	bpf_object__close(p->obj);
	memset(p, 0, sizeof(*p));
}
