// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/probe/link.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "util/caps.h"

/*
 * The part of union bpf_attr that creates such a link
 * (include/uapi/linux/bpf.h, Linux 6.6). The headers and the libbpf of older
 * distributions lack it.
 */
struct multi_link_attr {
	uint32_t prog_fd, target_fd, attach_type, flags;
	uint64_t path, offsets, ref_ctr_offsets, cookies;
	uint32_t cnt, multi_flags, pid, pad;
};

#define ATTACH_UPROBE_MULTI 48

static int multi_link(int prog, const char *path, const uint64_t *offsets, size_t n, pid_t pid)
{
	struct multi_link_attr a = { .prog_fd = (uint32_t)prog,
		                     .attach_type = ATTACH_UPROBE_MULTI,
		                     .path = (uint64_t)(uintptr_t)path,
		                     .offsets = (uint64_t)(uintptr_t)offsets,
		                     .cnt = (uint32_t)n,
		                     .pid = (uint32_t)pid };
	long fd = syscall(SYS_bpf, BPF_LINK_CREATE, &a, sizeof(a));

	return fd < 0 ? -errno : (int)fd;
}

/*
 * A kernel with such links refuses "/", which is not a file, with EBADF. Before
 * 46ba0e49b642 ("bpf: fix multi-uprobe PID filtering logic"; in 6.6.35, 6.9.5,
 * 6.10) the pid was that of a thread. The same change refuses a negative pid
 * with EINVAL before it looks at the path.
 */
enum link_kind link_kind_here(void)
{
	static const struct bpf_insn nothing[] = { { .code = BPF_ALU64 | BPF_MOV | BPF_K },
		                                   { .code = BPF_JMP | BPF_EXIT } };
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = ATTACH_UPROBE_MULTI);
	int prog = bpf_prog_load(BPF_PROG_TYPE_KPROBE, "nothing", "GPL", nothing, 2, &opts);
	enum link_kind kind = LINK_PERF;
	uint64_t offset = 0;

	if (prog < 0)
		return LINK_PERF;
	if (multi_link(prog, "/", &offset, 1, 0) == -EBADF)
		kind = multi_link(prog, "/", &offset, 1, -1) == -EINVAL ? LINK_MULTI : LINK_MULTI_BROKEN;
	close(prog);
	return kind;
}

void link_prepare(enum link_kind kind, struct bpf_program *prog)
{
	if (kind == LINK_MULTI)
		bpf_program__set_expected_attach_type(prog, (enum bpf_attach_type)ATTACH_UPROBE_MULTI);
}

static int add_perf(struct links *l, struct bpf_program *prog, const char *path, uint64_t offset, pid_t pid)
{
	struct link new = { .fd = -1 };

	new.perf = bpf_program__attach_uprobe_opts(prog, pid, path, offset, NULL);
	if (!new.perf)
		return -errno;
	if (vec_push(&l->v, new)) {
		bpf_link__destroy(new.perf);
		return -ENOMEM;
	}
	return 0;
}

static int add_multi(struct links *l, struct bpf_program *prog, const char *path, const uint64_t *offsets, size_t n,
                     pid_t pid)
{
	struct link new = { .fd = multi_link(bpf_program__fd(prog), path, offsets, n, pid) };

	if (new.fd < 0)
		return new.fd;
	if (vec_push(&l->v, new)) {
		close(new.fd);
		return -ENOMEM;
	}
	return 0;
}

int links_add(struct links *l, struct bpf_program *prog, const char *path, const uint64_t *offsets, size_t n, pid_t pid)
{
	if (l->kind == LINK_MULTI)
		return add_multi(l, prog, path, offsets, n, pid);
	for (size_t i = 0; i < n; i++) {
		int ret = add_perf(l, prog, path, offsets[i], pid);

		if (ret)
			return ret;
	}
	return 0;
}

static void *take_out(void *arg)
{
	struct link *link = arg;

	if (link->perf)
		bpf_link__destroy(link->perf);
	else
		close(link->fd);
	return NULL;
}

void links_free(struct links *l)
{
	VEC(pthread_t) threads = { 0 };

	for (size_t i = 0; i < l->v.n; i++) {
		pthread_t thread;

		/* The kernel's waits for different links overlap; one after the other, they take 0.1 s each. */
		if (pthread_create(&thread, NULL, take_out, &l->v.v[i]))
			take_out(&l->v.v[i]);
		else if (vec_push(&threads, thread))
			pthread_join(thread, NULL);
	}
	for (size_t i = 0; i < threads.n; i++)
		pthread_join(threads.v[i], NULL);
	vec_free(&threads);
	vec_free(&l->v);
}

int link_error(int e, const char *where, struct err *err)
{
	char advice[CAPS_TEXT];

	/* Without uprobe_multi links, some kernels want CAP_SYS_ADMIN (perf_uprobe_event_init()). */
	if (e == EPERM || e == EACCES)
		return err_set(err, e, "no permission to set uprobes (%s): %s", strerror(e),
		               caps_advice(caps_held() & CAPS_PERFMON ? CAPS_ADMIN : CAPS_PERFMON, advice));
	if (e == ENOENT)
		return err_set(err, e,
		               "this kernel has no uprobes, or /sys is not mounted: mount it, or use a kernel with "
		               "CONFIG_UPROBE_EVENTS");
	return err_set(err, e, "cannot set a uprobe at %s: %s; --verbose prints more", where, strerror(e));
}
