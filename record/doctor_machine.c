// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "record/doctor.h"
#include "record/probe/direct.h"
#include "record/probe/selftest.h"
#include "record/target/target.h"
#include "util/caps.h"
#include "util/plain.h"

#define NOT_THERE (-100) /* the setting does not exist */

void doctor_say(const struct doctor *d, enum doctor_level level, const char *what, const char *todo, const char *fmt,
                ...)
{
	struct doctor_finding f = { .level = level, .what = what, .todo = todo };
	char text[1500];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	plain_text(text);
	f.text = text;
	d->say(d->arg, &f);
}

static void say_kernel(const struct doctor *d)
{
	struct utsname u = { 0 };

	uname(&u);
	if (strcmp(u.machine, "x86_64") != 0)
		doctor_say(d, DOCTOR_FAILS, "machine", "record on an amd64 machine",
		           "%s: only amd64 (x86_64) is supported", u.machine);
	else
		doctor_say(d, DOCTOR_OK, "machine", NULL, "%s, %ld CPUs", u.machine, sysconf(_SC_NPROCESSORS_ONLN));
	doctor_say(d, DOCTOR_OK, "kernel", NULL, "%s %s", u.sysname, u.release);
}

/* "none [integrity] confidentiality" */
static void say_lockdown(const struct doctor *d)
{
	FILE *f = fopen("/sys/kernel/security/lockdown", "re");
	char line[128] = "", *mode, *end;

	if (!f) {
		doctor_say(d, DOCTOR_OK, "lockdown", NULL, "none (%s)",
		           errno == ENOENT ? "not in this kernel, or securityfs is not mounted" : strerror(errno));
		return;
	}
	mode = fgets(line, sizeof(line), f) ? strchr(line, '[') : NULL;
	fclose(f);
	end = mode ? strchr(mode, ']') : NULL;
	if (!end)
		return;
	*end = 0;
	if (strcmp(mode + 1, "confidentiality") == 0)
		doctor_say(d, DOCTOR_FAILS, "lockdown",
		           "boot with lockdown=integrity or none, or without Secure Boot's lockdown",
		           "confidentiality: BPF programs may not read memory");
	else
		doctor_say(d, DOCTOR_OK, "lockdown", NULL, "%s", mode + 1);
}

/* Capabilities in another user namespace than the initial one mean nothing to the kernel. */
static bool in_first_userns(void)
{
	FILE *f = fopen("/proc/self/uid_map", "re");
	unsigned long in = 1, out = 1, n = 0;
	bool first;

	first = !f || (fscanf(f, "%lu %lu %lu", &in, &out, &n) == 3 && in == 0 && out == 0 && n >= UINT32_MAX);
	if (f)
		fclose(f);
	return first;
}

/* What one recording of any program needs. Another user's needs CAPS_DAC_READ too. */
#define CAPS_RECORD (CAPS_BPF | CAPS_PERFMON | CAPS_PTRACE)

static void say_privileges(const struct doctor *d, const struct selftest *st)
{
	static const char todo[] = "run as root (sudo), or give the binary its capabilities: "
	                           "setcap cap_bpf,cap_perfmon,cap_sys_ptrace,cap_dac_read_search+ep chanrec";
	uint32_t held = caps_held(), lacks = (CAPS_RECORD | CAPS_DAC_READ) & ~held;
	bool works = !st->load.code && !st->attach.code;
	char has[CAPS_TEXT], no[CAPS_TEXT];

	if (!in_first_userns()) {
		doctor_say(d, works ? DOCTOR_NOTE : DOCTOR_FAILS, "privileges", "run outside the user namespace",
		           "in a separate user namespace: capabilities here do not count for BPF and uprobes");
		return;
	}
	doctor_say(d,
	           !works && (lacks & CAPS_RECORD) ? DOCTOR_FAILS
	           : lacks                         ? DOCTOR_NOTE
	                                           : DOCTOR_OK,
	           "privileges", lacks ? todo : NULL, "uid %d; holds %s%s%s%s", (int)geteuid(),
	           held ? caps_names(held, "and", has) : "none of the capabilities needed", lacks ? "; lacks " : "",
	           caps_names(lacks, "and", no), works && lacks ? ": only programs of this user can be recorded" : "");
}

static int setting(const char *path)
{
	FILE *f = fopen(path, "re");
	int v = NOT_THERE;

	if (f) {
		if (fscanf(f, "%d", &v) != 1)
			v = NOT_THERE;
		fclose(f);
	}
	return v;
}

/* Settings that matter only to users other than root. */
static void say_settings(const struct doctor *d)
{
	int paranoid = setting("/proc/sys/kernel/perf_event_paranoid");
	int bpf = setting("/proc/sys/kernel/unprivileged_bpf_disabled");
	int yama = setting("/proc/sys/kernel/yama/ptrace_scope");

	if (paranoid != NOT_THERE)
		doctor_say(d, DOCTOR_OK, "perf_event", NULL, "kernel.perf_event_paranoid is %d: %s", paranoid,
		           paranoid < 0 ? "every user may use perf events" : "uprobes need CAP_PERFMON");
	if (bpf != NOT_THERE)
		doctor_say(d, DOCTOR_OK, "bpf", NULL,
		           "kernel.unprivileged_bpf_disabled is %d: BPF programs for uprobes need CAP_BPF and "
		           "CAP_PERFMON whatever its value",
		           bpf);
	if (yama == 3)
		doctor_say(
		        d, DOCTOR_LACKS, "yama",
		        "record a running program (-p), or reboot to lower kernel.yama.ptrace_scope",
		        "kernel.yama.ptrace_scope is 3: ptrace is disabled, so record -- CMD cannot start a program");
	else
		doctor_say(d, DOCTOR_OK, "yama", NULL,
		           yama == NOT_THERE ? "ptrace is not restricted"
		                             : "kernel.yama.ptrace_scope is %d: not restricted with CAP_SYS_PTRACE",
		           yama);
}

static void say_kernel_features(const struct doctor *d, const struct selftest *st)
{
	static const char verbose[] = "chanrec doctor --verbose prints what the kernel says";
	static const char *const links[] = {
		[LINK_PERF] = "one perf event per uprobe (this kernel has no uprobe_multi): removing them is slower, "
		              "recording is not",
		[LINK_MULTI_BROKEN] = "one perf event per uprobe: this kernel's uprobe_multi would see only one thread "
		                      "of a process (fixed in 6.6.35, 6.9.5 and 6.10)",
		[LINK_MULTI] = "uprobe_multi: one link for all uprobes of a BPF program",
	};

	if (st->load.code)
		doctor_say(d, DOCTOR_FAILS, "BPF", verbose, "%s", st->load.msg);
	else
		doctor_say(d, DOCTOR_OK, "BPF", NULL,
		           "loaded a uprobe program with a ring buffer (kernel BTF is not needed)");
	if (!st->load.code && st->attach.code)
		doctor_say(d, DOCTOR_FAILS, "uprobes", verbose, "%s", st->attach.msg);
	else if (!st->load.code)
		doctor_say(d, DOCTOR_OK, "uprobes", NULL,
		           "attached one to chanrec itself, received its hit through the ring, removed it");
	if (!st->load.code)
		doctor_say(d, DOCTOR_OK, "links", NULL, "%s", links[st->links]);
}

/* How the BPF programs read the target's memory, see bpf/memory.h. */
static void say_reads(const struct doctor *d)
{
	struct direct_map map;
	struct err why = { 0 };

	if (direct_is_unwelcome(&why) || direct_find(&map, &why))
		doctor_say(d, DOCTOR_NOTE, "reads", NULL,
		           "reads the program's memory through the kernel helper (about 250 ns more per hit): %s",
		           why.msg);
	else
		doctor_say(d, DOCTOR_OK, "reads", NULL,
		           "reads the program's memory through its page tables (%d levels)", (int)map.levels);
}

static void say_pid_namespace(const struct doctor *d)
{
	struct target t = { 0 };

	target_pidns(&t);
	doctor_say(d, DOCTOR_OK, "pid namespace", NULL, "%s",
	           t.in_pidns ? "not the initial one: only its processes can be recorded, by the pids visible here"
	                      : "the initial one: every process can be recorded");
}

void doctor_machine(const struct doctor *d)
{
	struct selftest st;

	selftest_run(&st, d->verbose);
	doctor_say(d, DOCTOR_OK, NULL, NULL, "machine");
	say_kernel(d);
	say_lockdown(d);
	say_privileges(d, &st);
	say_settings(d);
	say_kernel_features(d, &st);
	if (!st.load.code)
		say_reads(d);
	say_pid_namespace(d);
}
