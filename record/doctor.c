// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/doctor.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "format/trace.h"
#include "record/encode/encode.h"
#include "record/goread/layoutcheck.h"
#include "record/inline/fit.h"
#include "record/inline/inline.h"
#include "record/probe/uprobe.h"
#include "record/snapshot.h"
#include "record/target/target.h"
#include "util/clock.h"

#define RING_SIZE (32u << 20)
#define UNREAD_TODO "nothing: they change too fast to be read, so events will report them"

/* What is known about the program, in the order in which the recorder finds it out. */
struct subject {
	struct gobin *bin;
	struct go_layout layout;
	struct probes probes;
	struct gread_env env;
	struct target target;
	uint64_t bias;
};

static void say_identity(const struct doctor *d, const struct gobin *bin)
{
	const char *id = gobin_build_id(bin);

	doctor_say(d, gobin_go_minor(bin) < 0 ? DOCTOR_NOTE : DOCTOR_OK, "Go version", NULL, "%s%s%s",
	           gobin_go_version(bin), gobin_is_pie(bin) ? ", position-independent" : "",
	           gobin_has_cgo(bin) ? ", with cgo" : "");
	doctor_say(d, DOCTOR_OK, "build id", NULL, "%s", *id ? id : "none");
	if (*gobin_module(bin))
		doctor_say(d, DOCTOR_OK, "module", NULL, "%s", gobin_module(bin));
	if (gobin_has_inlined(bin))
		doctor_say(d, DOCTOR_OK, "symbols", NULL, "%s", gobin_symbols_from(bin));
	else
		doctor_say(d, DOCTOR_LACKS, "symbols",
		           "report this with the program's Go version: the tables of released versions can be read "
		           "completely",
		           "%s: stacks lack inlined calls", gobin_symbols_from(bin));
}

/* For a process: whether the table's offsets match its memory. */
static bool say_fit(const struct doctor *d, const struct subject *p)
{
	struct layout_check check;
	struct err err = { 0 };

	if (!p->target.pid || p->layout.own)
		return true;
	layout_check_init(&check, &p->target.memory, p->bin, &p->layout, p->bias);
	if (layout_check_run(&check, &err)) {
		doctor_say(d, DOCTOR_FAILS, "offsets", NULL, "%s", err.msg);
		return false;
	}
	doctor_say(d, DOCTOR_OK, "offsets", NULL, "they match the program's memory");
	return true;
}

/* False: recording is impossible. */
static bool say_layout(const struct doctor *d, struct subject *p)
{
	struct err err = { 0 };

	if (gobin_layout(p->bin, &p->layout, &err)) {
		doctor_say(d, DOCTOR_FAILS, "offsets", NULL, "%s", err.msg);
		return false;
	}
	doctor_say(d, p->layout.guessed ? DOCTOR_NOTE : DOCTOR_OK, "offsets",
	           p->layout.guessed
	                   ? "build the program with DWARF (without -ldflags=-w) to be sure, or use a newer chanrec"
	                   : NULL,
	           "%s", p->layout.from);
	if (gread_env_init(&p->env, &p->target.memory, p->bin, &p->layout, p->bias, &err)) {
		doctor_say(d, DOCTOR_FAILS, "offsets", NULL, "%s", err.msg);
		return false;
	}
	return say_fit(d, p);
}

static void say_allgs(const struct doctor *d, const struct gobin *bin)
{
	const char *how;
	uint64_t addr;

	if (!gobin_var(bin, GO_VAR_ALLGS, &addr, &how) || !gobin_var(bin, GO_VAR_ALLGPTR, &addr, &how))
		doctor_say(d, DOCTOR_OK, "goroutine list", NULL, "runtime.allgs at %#" PRIx64 " (%s)", addr, how);
	else
		doctor_say(d, DOCTOR_FAILS, "goroutine list",
		           "build the program with a symbol table (without -ldflags=-s)",
		           "runtime.allgs was not found: live goroutines cannot be listed");
}

static void say_reasons(const struct doctor *d, const struct gobin *bin)
{
	const char *names[256];
	int n = gobin_wait_reasons(bin, names, 256);

	if (n > 0)
		doctor_say(d, DOCTOR_OK, "wait reasons", NULL, "%d names", n);
	else
		doctor_say(d, DOCTOR_LACKS, "wait reasons", NULL,
		           "their names are unknown: waits cannot be told apart");
}

/* Arguments that are read from the frames of blocked goroutines. */
static void say_slots(const struct doctor *d, const struct subject *p)
{
	struct go_func f;
	bool has_select = !gobin_func_by_name(p->bin, "runtime.selectgo", &f);
	bool ok = true;

	if (has_select && p->env.select.cas0 < 0) {
		ok = false;
		doctor_say(d, DOCTOR_LACKS, "select", NULL,
		           "cannot tell where runtime.selectgo keeps its cases: a blocked select has no channels in "
		           "events, only in snapshots");
	}
	if (!p->env.semacquire_arg && p->env.semacquire.lo) {
		ok = false;
		doctor_say(d, DOCTOR_LACKS, "sync", NULL,
		           "cannot tell where runtime.semacquire1 keeps its argument: locks have no identity");
	}
	if (!p->env.notify_arg && p->env.notify_wait.lo) {
		ok = false;
		doctor_say(d, DOCTOR_LACKS, "sync.Cond", NULL,
		           "cannot tell where sync.runtime_notifyListWait keeps its argument: Conds have no identity");
	}
	if (ok)
		doctor_say(d, DOCTOR_OK, "arguments", NULL,
		           "the cases of selects, locks and Conds are found on stacks");
}

static void say_probe(const struct doctor *d, const struct probe *pr)
{
	if (pr->status == PROBE_NOT_NEEDED)
		doctor_say(d, DOCTOR_OK, probe_event(pr), NULL, "%s: %s", pr->func, pr->note);
	else if (pr->status == PROBE_MISSING)
		doctor_say(d, DOCTOR_LACKS, probe_event(pr), NULL, "%s: %s", pr->func, pr->note);
	else if (pr->site.single_step)
		doctor_say(d, DOCTOR_NOTE, probe_event(pr), NULL,
		           "%s at %#" PRIx64 " (%s), single-stepped: some 10 µs a hit", pr->func, pr->site.addr,
		           pr->site.insn);
	else
		doctor_say(d, DOCTOR_OK, probe_event(pr), NULL, "%s at %#" PRIx64 " (%s), emulated; %s", pr->func,
		           pr->site.addr, pr->site.insn, pr->note);
}

static bool say_probes(const struct doctor *d, struct subject *p)
{
	struct err err = { 0 };

	if (probes_plan(&p->probes, p->bin, &p->layout, d->events, &err)) {
		doctor_say(d, DOCTOR_FAILS, "probes", NULL, "%s", err.msg);
		return false;
	}
	for (size_t i = 0; i < p->probes.plan.v.n; i++)
		say_probe(d, &p->probes.plan.v.v[i]);
	say_slots(d, p);
	return true;
}

/* Reports everything that the file shows. False: recording is impossible. */
static bool examine_program(const struct doctor *d, struct subject *p, const char *path, const char *shown)
{
	struct err err = { 0 };

	doctor_say(d, DOCTOR_OK, NULL, NULL, "program %s", shown);
	if (gobin_open(&p->bin, path, &err)) {
		if (p->target.exe_path)
			target_explain(&p->target, &err);
		doctor_say(d, DOCTOR_FAILS, "executable", NULL, "%s", err.msg);
		return false;
	}
	say_identity(d, p->bin);
	if (!say_layout(d, p))
		return false;
	say_allgs(d, p->bin);
	say_reasons(d, p->bin);
	return say_probes(d, p);
}

static void subject_free(struct subject *p)
{
	probes_free(&p->probes);
	gobin_free(p->bin);
	target_close(&p->target);
}

void doctor_program(const struct doctor *d, const char *path)
{
	struct subject p = { .target = TARGET_CLOSED };

	examine_program(d, &p, path, path);
	subject_free(&p);
}

/* Whether pid is in another namespace than the recorder. */
static bool elsewhere(pid_t pid, const char *ns)
{
	char path[64];
	struct stat own, its;

	snprintf(path, sizeof(path), "/proc/self/ns/%s", ns);
	if (stat(path, &own))
		return false;
	snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, ns);
	return stat(path, &its) == 0 && its.st_ino != own.st_ino;
}

static void say_target(const struct doctor *d, const struct target *t)
{
	bool mnt = elsewhere(t->pid, "mnt"), pid = elsewhere(t->pid, "pid"), user = elsewhere(t->pid, "user");

	doctor_say(d, DOCTOR_OK, NULL, NULL, "process %d", t->pid);
	doctor_say(d, DOCTOR_OK, "command", NULL, "%s", t->command && *t->command ? t->command : "(none)");
	doctor_say(d, DOCTOR_OK, "access", NULL, "memory, code and command line are readable");
	if (mnt || pid || user)
		doctor_say(d, DOCTOR_OK, "namespaces", NULL, "of its own:%s%s%s; its file is reached through %s",
		           mnt ? " mount" : "", pid ? " pid" : "", user ? " user" : "", t->exe);
}

/* What a recorder with --probes inline left when it was killed. */
static void say_left(const struct doctor *d, const struct target *t)
{
	struct inline_left left;
	struct err err = { 0 };
	char todo[80];

	if (inline_look(&left, t->pid, &err) || !left.is_found)
		return;
	snprintf(todo, sizeof(todo), "chanrec record --clean -p %d removes it", t->pid);
	if (left.is_used)
		doctor_say(d, DOCTOR_NOTE, "inline probes", NULL, "another chanrec is recording this process");
	else
		doctor_say(d, DOCTOR_NOTE, "inline probes", todo,
		           "a recorder that was killed left %u jumps in the program's code; they do nothing but cost "
		           "a little",
		           left.nsites);
}

/* Whether --probes auto would choose inline. */
static void say_inline(const struct doctor *d, const struct subject *p)
{
	const struct inline_candidate c = {
		.pid = p->target.pid, .bin = p->bin, .bias = p->bias, .plan = &p->probes.plan, .ring_size = RING_SIZE
	};
	struct err err = { 0 };

	if (inline_fits(&c, &err))
		doctor_say(d, DOCTOR_NOTE, "inline", NULL, "--probes inline cannot be used: %s", err.msg);
	else
		doctor_say(d, DOCTOR_OK, "inline", NULL, "nothing speaks against --probes inline");
}

static bool say_attach(const struct doctor *d, struct subject *p)
{
	struct probes_opts o = {
		.kind = &probes_uprobe, .events = d->events, .ring_size = RING_SIZE, .verbose = d->verbose
	};
	uint64_t begin = mono_ns(), attached, end;
	struct err err = { 0 };

	if (probes_attach(&p->probes, &p->target, p->bin, p->bias, &o, &err)) {
		doctor_say(d, DOCTOR_FAILS, "attach", NULL, "%s", err.msg);
		return false;
	}
	attached = mono_ns();
	probes_detach(&p->probes);
	end = mono_ns();
	doctor_say(d, DOCTOR_OK, "attach", NULL,
	           "all probes were attached in %.0f ms and removed in %.0f ms; the program kept running",
	           (double)(attached - begin) / 1e6, (double)(end - attached) / 1e6);
	return true;
}

static bool say_check(const struct doctor *d, const struct subject *p)
{
	struct layout_check c;
	struct err err = { 0 };

	if (p->layout.own)
		return true;
	layout_check_init(&c, &p->target.memory, p->bin, &p->layout, p->bias);
	if (layout_check_run(&c, &err)) {
		doctor_say(d, DOCTOR_FAILS, "offsets",
		           "build the program with DWARF (without -ldflags=-w), which has its own offsets", "%s",
		           err.msg);
		return false;
	}
	doctor_say(d, DOCTOR_OK, "offsets", NULL, "they match the program's memory");
	return true;
}

/* Takes a snapshot as at the start of a recording, and discards it. */
static int read_goroutines(struct subject *p, struct snapshot **out, struct encoder *e, struct err *err)
{
	if (snapshot_new(out, &p->env, e, err) || snapshot_begin(*out, 0, err))
		return err->code;
	while (!snapshot_done(*out))
		if (snapshot_step(*out, err))
			return err->code;
	return snapshot_flush(*out, UINT64_MAX, err);
}

static void say_snapshot(const struct doctor *d, const struct snapshot *s, const struct intern *in)
{
	uint64_t unread = snapshot_unread(s);

	if (snapshot_partial(s))
		doctor_say(d, DOCTOR_FAILS, "goroutines", NULL, "the list cannot be read, or the process has exited");
	else if (!snapshot_goroutines(s))
		doctor_say(d, DOCTOR_FAILS, "goroutines", "report this with the program's Go version",
		           "none of %zu entries of runtime.allgs looks like a goroutine: the offsets are wrong",
		           snapshot_listed(s));
	else
		doctor_say(d, unread ? DOCTOR_NOTE : DOCTOR_OK, "goroutines", unread ? UNREAD_TODO : NULL,
		           "%" PRIu64 " read with their stacks, %" PRIu64 " not", snapshot_goroutines(s), unread);
	if (in->unresolved)
		doctor_say(d, DOCTOR_NOTE, "stacks", NULL,
		           "%" PRIu64 " of %zu places in code have no Go function (C code?)", in->unresolved,
		           in->frames.n);
	else
		doctor_say(d, DOCTOR_OK, "stacks", NULL, "all %zu places in code have a function, file and line",
		           in->frames.n);
	if (in->truncated)
		doctor_say(d, DOCTOR_NOTE, "stacks", NULL, "%" PRIu64 " are deeper than %d frames and are cut",
		           in->truncated, TRACE_MAX_FRAMES);
}

static void examine_goroutines(const struct doctor *d, struct subject *p)
{
	struct trace_meta meta = { .recorder = "chanrec doctor" };
	int fd = memfd_create("chanrec doctor", MFD_CLOEXEC);
	struct trace_writer *w = NULL;
	struct snapshot *s = NULL;
	struct encoder e = { 0 };
	struct intern in = { 0 };
	struct err err = { 0 };

	if (fd < 0)
		err_set(&err, errno, "memfd_create: %s", strerror(errno));
	else if (trace_writer_open(&w, fd, &meta, &err) == 0 && intern_init(&in, p->bin, p->bias, w, &err) == 0) {
		encoder_init(&e, &in, mono_ns());
		encoder_set_writer(&e, w);
		read_goroutines(p, &s, &e, &err);
	}
	if (err.code)
		doctor_say(d, DOCTOR_FAILS, "goroutines", NULL, "%s", err.msg);
	else
		say_snapshot(d, s, &in);
	snapshot_free(s);
	encoder_free(&e);
	intern_free(&in);
	trace_writer_free(w);
	if (fd >= 0)
		close(fd);
}

void doctor_process(const struct doctor *d, pid_t pid)
{
	struct subject p = { .target = TARGET_CLOSED };
	struct err err = { 0 };

	if (target_open(&p.target, pid, &err)) {
		doctor_say(d, DOCTOR_OK, NULL, NULL, "process %d", pid);
		doctor_say(d, DOCTOR_FAILS, "access", NULL, "%s", err.msg);
		return;
	}
	say_target(d, &p.target);
	/* Report what is wrong with the file first. */
	target_bias(&p.target, &p.bias, &err);
	if (examine_program(d, &p, p.target.exe, p.target.exe_path)) {
		doctor_say(d, DOCTOR_OK, NULL, NULL, "trying it on process %d", p.target.pid);
		if (err.code)
			doctor_say(d, DOCTOR_FAILS, "code", NULL, "%s", err.msg);
		else if (say_left(d, &p.target), say_inline(d, &p), say_check(d, &p) && say_attach(d, &p))
			examine_goroutines(d, &p);
	}
	subject_free(&p);
}
