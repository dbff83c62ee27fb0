// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/inline/tracee.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/clock.h"

#define USER_CS 0x33
#define FLAGS_LIMIT (1ull << 22)
#define SIGNAL_STACK_WORDS 4096 /* runtime/os_linux.go, mpreinit: 32 KiB */
#define ONE_TRIES 2000
#define RETRY_US 50
#define STOP_LIMIT_NS 600000ull /* for all threads to stop */
#define LIMITED_TRIES 200       /* before it may take longer */
#define TRY_US 2000
#define POLL_US 20

int tracees_open(struct tracees *t, pid_t pid, pid_t kept, struct err *err)
{
	char path[64];

	*t = (struct tracees){ .pid = pid, .kept = kept, .policy = -1 };
	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	t->mem = open(path, O_RDWR | O_CLOEXEC);
	if (t->mem < 0)
		return err_set(err, errno, "cannot write the memory of process %d: %s; ptrace must be permitted", pid,
		               strerror(errno));
	return 0;
}

void tracees_close(struct tracees *t)
{
	if (t->mem > 0)
		close(t->mem);
	vec_free(&t->v);
	t->mem = -1;
}

int tracees_read(const struct tracees *t, uint64_t addr, void *to, size_t len)
{
	ssize_t n = pread(t->mem, to, len, (off_t)addr);

	return n == (ssize_t)len ? 0 : n < 0 ? -errno : -EFAULT;
}

int tracees_write(const struct tracees *t, uint64_t addr, const void *from, size_t len)
{
	ssize_t n = pwrite(t->mem, from, len, (off_t)addr);

	return n == (ssize_t)len ? 0 : n < 0 ? -errno : -EFAULT;
}

static void let_go(const struct tracee *th)
{
	if (!th->is_kept)
		ptrace(PTRACE_DETACH, th->tid, NULL, (void *)(long)th->sig);
}

static pid_t tracer_of(pid_t tid)
{
	char path[64], line[128];
	int tracer = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "TracerPid: %d", &tracer) == 1)
			break;
	if (f)
		fclose(f);
	return tracer;
}

static int seize_error(pid_t tid, int e, struct err *err)
{
	pid_t tracer = tracer_of(tid);

	if (tracer && tracer != getpid())
		return err_set(err, EBUSY, "process %d traces thread %d already (a debugger or strace?)", tracer, tid);
	return err_set(err, e, "cannot trace thread %d: %s; see ptrace(2) and kernel.yama.ptrace_scope", tid,
	               strerror(e));
}

int tracees_check(const struct tracees *t, struct err *err)
{
	char path[64];
	struct dirent *e;
	int ret = 0;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d/task", t->pid);
	d = opendir(path);
	if (!d)
		return err_set(err, ESRCH, "process %d has exited", t->pid);
	while (!ret && (e = readdir(d))) {
		pid_t tid = (pid_t)strtol(e->d_name, NULL, 10), tracer = tid ? tracer_of(tid) : 0;

		if (tracer && tracer != getpid())
			ret = seize_error(tid, EPERM, err);
	}
	closedir(d);
	return ret;
}

/* Whether the recorder has stopped this thread already: ptrace reads the registers of such a thread only. */
static bool is_kept(const struct tracees *t, pid_t tid)
{
	struct user_regs_struct regs;

	return tid == t->kept && ptrace(PTRACE_GETREGS, tid, NULL, &regs) == 0;
}

/* Begins to trace a thread, which goes on. 1: it is gone. */
static int seize(struct tracees *t, pid_t tid, struct err *err)
{
	struct tracee th = { .tid = tid };

	th.is_kept = th.stopped = is_kept(t, tid);

	if (!th.is_kept) {
		if (ptrace(PTRACE_SEIZE, tid, NULL, (void *)PTRACE_O_TRACESYSGOOD))
			return errno == ESRCH ? 1 : seize_error(tid, errno, err);
	}
	if (vec_push(&t->v, th)) {
		let_go(&th);
		return err_nomem(err);
	}
	return 0;
}

static void begin_stop(const struct tracee *th)
{
	if (!th->stopped)
		ptrace(PTRACE_INTERRUPT, th->tid, NULL, NULL);
}

enum stop { STOP_WAIT, STOP_DONE, STOP_GONE };

/* Takes note of the stop. options: WNOHANG, or 0 to wait for it. */
static enum stop end_stop(struct tracee *th, int options)
{
	int status;

	if (!th->stopped) {
		pid_t tid = waitpid(th->tid, &status, __WALL | options);

		if (!tid)
			return STOP_WAIT;
		if (tid != th->tid || !WIFSTOPPED(status))
			return STOP_GONE;
		th->sig = status >> 16 ? 0 : WSTOPSIG(status);
		th->stopped = true;
	}
	return ptrace(PTRACE_GETREGS, th->tid, NULL, &th->regs) ? STOP_GONE : STOP_DONE;
}

/* While threads are stopped, the recorder does not wait for a CPU, if it may say so. */
static void hurry(struct tracees *t)
{
	const struct sched_param first = { .sched_priority = 1 };

	if (t->policy >= 0)
		return;
	t->policy = sched_getscheduler(0);
	if (t->policy < 0 || sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &first))
		t->policy = -1;
}

static void hurry_no_more(struct tracees *t)
{
	const struct sched_param none = { 0 };

	if (t->policy >= 0)
		sched_setscheduler(0, t->policy, &none);
	t->policy = -1;
}

void tracees_resume(struct tracees *t)
{
	uint64_t ns;

	/* Those that were running first. */
	for (size_t i = 0; i < t->v.n; i++)
		if (t->v.v[i].stopped && !t->v.v[i].was_asleep)
			let_go(&t->v.v[i]);
	ns = t->v.n && t->began ? mono_ns() - t->began : 0;
	for (size_t i = 0; i < t->v.n; i++)
		if (t->v.v[i].stopped && t->v.v[i].was_asleep)
			let_go(&t->v.v[i]);
	for (size_t i = 0; i < t->v.n; i++)
		if (!t->v.v[i].stopped && end_stop(&t->v.v[i], 0) == STOP_DONE)
			let_go(&t->v.v[i]);
	hurry_no_more(t);
	if (ns > t->longest)
		t->longest = ns;
	t->v.n = 0;
}

void tracees_forget(struct tracees *t)
{
	hurry_no_more(t);
	t->v.n = 0;
}

static bool is_asleep(const struct tracees *t, pid_t tid)
{
	char path[64], text[256], *p = NULL;
	size_t n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", t->pid, tid);
	f = fopen(path, "re");
	if (f) {
		n = fread(text, 1, sizeof(text) - 1, f);
		fclose(f);
	}
	text[n] = '\0';
	p = strrchr(text, ')');
	return p && p[1] && (p[2] == 'S' || p[2] == 'D');
}

static bool is_known(const struct tracees *t, pid_t tid)
{
	for (size_t i = 0; i < t->v.n; i++)
		if (t->v.v[i].tid == tid)
			return true;
	return false;
}

/* How many of those from number first on have not stopped yet, of those that were asleep or of those that were not. */
static size_t count_stops(struct tracees *t, size_t first, bool asleep, int options)
{
	size_t waits = 0;

	for (size_t i = first; i < t->v.n;) {
		enum stop stop = t->v.v[i].was_asleep == asleep ? end_stop(&t->v.v[i], options) : STOP_DONE;

		if (stop == STOP_GONE) {
			t->v.v[i] = t->v.v[--t->v.n];
			continue;
		}
		waits += stop == STOP_WAIT;
		i++;
	}
	return waits;
}

/* Stops these. -EAGAIN: that takes too long for those that have stopped already. deadline 0: none. */
static int stop_from(struct tracees *t, size_t first, bool asleep, uint64_t deadline)
{
	for (size_t i = first; i < t->v.n; i++)
		if (t->v.v[i].was_asleep == asleep)
			begin_stop(&t->v.v[i]);
	while (deadline && count_stops(t, first, asleep, WNOHANG)) {
		if (mono_ns() > deadline)
			return -EAGAIN;
		usleep(POLL_US);
	}
	count_stops(t, first, asleep, 0);
	return 0;
}

/*
 * Stops the threads that are listed and not stopped yet. Returns how many there
 * were. A thread that sleeps has to be scheduled before it can stop, so those
 * that run go on until all others have stopped. -EAGAIN as above.
 */
static int stop_listed(struct tracees *t, bool is_limited, struct err *err)
{
	size_t first = t->v.n;
	struct dirent *e;
	char path[64];
	int n = 0, ret = 0;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d/task", t->pid);
	d = opendir(path);
	if (!d)
		return err_set(err, ESRCH, "process %d has exited", t->pid);
	while (ret >= 0 && (e = readdir(d))) {
		pid_t tid = (pid_t)strtol(e->d_name, NULL, 10);

		if (!tid || is_known(t, tid))
			continue;
		ret = seize(t, tid, err);
		n += !ret;
	}
	closedir(d);
	for (size_t i = first; i < t->v.n; i++)
		t->v.v[i].was_asleep = is_asleep(t, t->v.v[i].tid);
	stop_from(t, first, true, 0);
	if (!first) {
		hurry(t);
		t->began = mono_ns();
	}
	if (stop_from(t, first, false, is_limited ? t->began + STOP_LIMIT_NS : 0) && ret >= 0)
		ret = -EAGAIN;
	return ret < 0 ? ret : n;
}

/*
 * Where other processes want the CPUs, a thread may wait for its turn to stop.
 * The threads that have stopped do not wait that long; it is tried again at
 * another moment.
 */
int tracees_stop(struct tracees *t, struct err *err)
{
	for (int i = 0;; i++) {
		int n;

		t->v.n = 0;
		do {
			n = stop_listed(t, i < LIMITED_TRIES, err);
		} while (n > 0);
		if (n >= 0 && !t->v.n)
			n = err_set(err, ESRCH, "process %d has exited", t->pid);
		if (!n)
			return 0;
		tracees_resume(t);
		if (n != -EAGAIN)
			return n;
		usleep(TRY_US);
	}
}

/* A signal whose handler has to find the registers as they are now. */
static bool has_pending(const struct tracees *t, pid_t tid)
{
	unsigned long long pending = 1;
	char path[64], line[128];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/status", t->pid, tid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "SigPnd: %llx", &pending) == 1)
			break;
	if (f)
		fclose(f);
	return pending != 0;
}

/*
 * Whether a thread can be diverted: it is in user mode, or in a system call that
 * continues as if nothing had been.
 */
static bool is_divertible(const struct tracees *t, const struct tracee *th)
{
	long nr = (long)th->regs.orig_rax;

	if (th->is_kept)
		return true;
	if (th->sig || has_pending(t, th->tid))
		return false;
	return nr < 0 || nr == SYS_futex || nr == SYS_epoll_pwait || nr == SYS_epoll_wait || nr == SYS_nanosleep ||
	       nr == SYS_clock_nanosleep;
}

static int stop_some(struct tracees *t, bool asleep, struct err *err)
{
	char path[64];
	struct dirent *e;
	int ret = 1;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d/task", t->pid);
	d = opendir(path);
	if (!d)
		return err_set(err, ESRCH, "process %d has exited", t->pid);
	while (ret > 0 && (e = readdir(d))) {
		pid_t tid = (pid_t)strtol(e->d_name, NULL, 10);

		if (!tid || (!is_kept(t, tid) && is_asleep(t, tid) != asleep))
			continue;
		ret = seize(t, tid, err);
		if (ret < 0)
			break;
		hurry(t);
		/* What sleeps is not held up. */
		t->began = asleep ? 0 : mono_ns();
		if (!ret)
			begin_stop(&t->v.v[0]);
		if (!ret && end_stop(&t->v.v[0], 0) == STOP_DONE && is_divertible(t, &t->v.v[0]))
			break;
		if (!ret)
			ret = 1;
		tracees_resume(t);
	}
	closedir(d);
	return ret;
}

int tracees_stop_one(struct tracees *t, struct err *err)
{
	for (int i = 0; i < ONE_TRIES; i++) {
		int ret;

		t->v.n = 0;
		ret = stop_some(t, i % 2 == 0, err);
		if (ret <= 0)
			return ret;
		usleep(RETRY_US);
	}
	return err_set(err, EBUSY,
	               "no thread of process %d can be used for system calls: all are in system calls or take signals",
	               t->pid);
}

static bool is_in(const struct extent *e, size_t n, uint64_t addr)
{
	for (size_t i = 0; i < n; i++)
		if (addr - e[i].lo < e[i].len)
			return true;
	return false;
}

/* A handler blocks at least its own signal. What it interrupted is on its stack: rip, flags, cs. */
static bool interrupted_inside(const struct tracees *t, const struct tracee *th, const struct extent *e, size_t n)
{
	uint64_t words[SIGNAL_STACK_WORDS], mask;
	ssize_t got;

	if (ptrace(PTRACE_GETSIGMASK, th->tid, (void *)sizeof(mask), &mask) == 0 && !mask)
		return false;
	got = pread(t->mem, words, sizeof(words), (off_t)(th->regs.rsp & ~7ull));
	for (ssize_t i = 0; i + 2 < got / 8; i++)
		if (is_in(e, n, words[i]) && words[i + 1] < FLAGS_LIMIT && (words[i + 2] & 0xffff) == USER_CS)
			return true;
	return false;
}

bool tracees_inside(const struct tracees *t, const struct extent *e, size_t n)
{
	for (size_t i = 0; i < t->v.n; i++)
		if (is_in(e, n, t->v.v[i].regs.rip) || interrupted_inside(t, &t->v.v[i], e, n))
			return true;
	return false;
}
