// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/target/target.h"

#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "util/buf.h"
#include "util/caps.h"
#include "util/path.h"

#define EXEC_WAIT_MS 500 /* time for a process to have its new program */
#define PIECES_MAX 512   /* of one process_vm_readv(); the kernel accepts IOV_MAX, 1024 */

/* The inode of the initial pid namespace is fixed (include/linux/proc_ns.h, PROC_PID_INIT_INO). */
#define PIDNS_INIT_INO 0xEFFFFFFCu

pid_t target_tgid(pid_t pid)
{
	char path[64], line[256];
	long tgid = -ESRCH;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "re");
	if (!f)
		return errno == ENOENT ? -ESRCH : -errno;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "Tgid: %ld", &tgid) == 1)
			break;
	fclose(f);
	return (pid_t)tgid;
}

static int read_file(const char *path, struct buf *b)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err = 0;
	ssize_t n;

	if (fd < 0)
		return -errno;
	do {
		uint8_t chunk[4096];

		n = read(fd, chunk, sizeof(chunk));
		if (n > 0)
			buf_put(b, chunk, (size_t)n);
	} while (n > 0 || (n < 0 && errno == EINTR));
	if (n < 0)
		err = -errno;
	close(fd);
	return buf_failed(b) ? -ENOMEM : err;
}

static bool word_is_plain(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./:,@%", s[i]))
			return false;
	return n > 0;
}

static void put_quoted(struct buf *b, const char *s, size_t n)
{
	if (word_is_plain(s, n)) {
		buf_put(b, s, n);
		return;
	}
	buf_put_u8(b, '\'');
	for (size_t i = 0; i < n; i++) {
		if (s[i] == '\'')
			buf_put(b, "'\\''", 4);
		else
			buf_put_u8(b, (uint8_t)s[i]);
	}
	buf_put_u8(b, '\'');
}

static char *target_command(const struct target *t)
{
	struct buf raw = { 0 }, out = { 0 };
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/cmdline", t->pid);
	if (read_file(path, &raw) == 0) {
		const char *p = (const char *)raw.data, *end = p + raw.len;

		while (p < end) {
			size_t n = strnlen(p, (size_t)(end - p));

			if (out.len)
				buf_put_u8(&out, ' ');
			put_quoted(&out, p, n);
			p += n + 1;
		}
	}
	buf_put_u8(&out, 0);
	buf_free(&raw);
	return (char *)out.data;
}

static char *link_target(const char *path)
{
	char to[4096];
	ssize_t n = readlink(path, to, sizeof(to) - 1);

	if (n < 0)
		return NULL;
	to[n] = 0;
	return strdup(to);
}

/*
 * Reads AT_ENTRY; 0 if there is none, because the process is exiting or in the
 * middle of an exec. -ENOEXEC: the vector is that of a 32-bit program.
 */
static int read_entry(pid_t pid, uint64_t *entry)
{
	struct buf b = { 0 };
	char path[64];
	int ret;

	*entry = 0;
	snprintf(path, sizeof(path), "/proc/%d/auxv", pid);
	ret = read_file(path, &b);
	for (size_t i = 0; !ret && i + sizeof(Elf64_auxv_t) <= b.len; i += sizeof(Elf64_auxv_t)) {
		Elf64_auxv_t a;

		memcpy(&a, b.data + i, sizeof(a));
		if (a.a_type == AT_ENTRY)
			*entry = a.a_un.a_val;
	}
	if (!ret && !*entry && b.len > sizeof(Elf64_auxv_t))
		ret = -ENOEXEC;
	buf_free(&b);
	return ret;
}

static int target_auxv(struct target *t, struct err *err)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	int ret = read_entry(t->pid, &t->entry);

	for (int i = 0; i < EXEC_WAIT_MS && !ret && !t->entry && target_alive(t); i++) {
		nanosleep(&pause, NULL);
		ret = read_entry(t->pid, &t->entry);
	}
	if (ret == -ENOEXEC)
		return err_set(
		        err, ENOEXEC,
		        "process %d (%s) is a 32-bit program; only 64-bit x86 (amd64) is supported: build it with "
		        "GOARCH=amd64",
		        t->pid, t->exe_path);
	if (ret)
		return err_set(err, -ret, "cannot read /proc/%d/auxv: %s", t->pid, strerror(-ret));
	if (!t->entry)
		return err_set(err, ESRCH, "process %d has just exited", t->pid);
	return 0;
}

void target_pidns(struct target *t)
{
	struct stat st;

	if (stat("/proc/self/ns/pid", &st) || st.st_ino == PIDNS_INIT_INO)
		return;
	t->in_pidns = true;
	t->pidns_dev = st.st_dev;
	t->pidns_ino = st.st_ino;
}

static int say_no_process(pid_t pid, struct err *err)
{
	return err_set(err, ESRCH,
	               "no process with pid %d: it has exited or is not visible here; pgrep -a NAME finds pids", pid);
}

/* A flag of /proc/PID/stat: include/linux/sched.h. */
#define PF_KTHREAD 0x00200000u

static int say_no_program(pid_t pid, struct err *err)
{
	char path[64], line[1024], *p, state = 0;
	unsigned int flags = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "re");
	/* "PID (any name) STATE PPID PGRP SESSION TTY TPGID FLAGS …" */
	p = f && fgets(line, sizeof(line), f) ? strrchr(line, ')') : NULL;
	if (p && sscanf(p + 1, " %c %*d %*d %*d %*d %*d %u", &state, &flags) != 2)
		state = 0;
	if (f)
		fclose(f);
	/* One that is exiting has no program any more, but is not a zombie yet. */
	if (state == 'Z' || state == 'X' || !state || !(flags & PF_KTHREAD))
		return err_set(err, ESRCH, "process %d is a zombie: it has exited and its parent has not reaped it yet",
		               pid);
	return err_set(err, ENOEXEC, "process %d is a kernel thread: there is no program to record", pid);
}

bool target_alive(const struct target *t)
{
	struct pollfd p = { .fd = t->pidfd, .events = POLLIN };

	if (t->pidfd < 0)
		return kill(t->pid, 0) == 0 || errno == EPERM;
	return poll(&p, 1, 0) == 0;
}

/* /proc/PID/mem refers to the program it was opened for; once that is gone, reads fail. */
bool target_same(const struct target *t)
{
	uint8_t byte;

	return pread(t->mem, &byte, 1, (off_t)t->entry) == 1;
}

/* Reads one piece if process_vm_readv() is not permitted but /proc/PID/mem is open. */
static bool mem_read(const struct target *t, struct memory_piece *p)
{
	size_t done = 0;

	while (done < p->len) {
		ssize_t n = pread(t->mem, (char *)p->to + done, p->len - done, (off_t)(p->addr + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		done += (size_t)n;
	}
	return true;
}

static int process_read(const struct memory *m, struct memory_piece *v, size_t n)
{
	const struct target *t = (const struct target *)m;
	struct iovec local[PIECES_MAX], remote[PIECES_MAX];

	for (size_t at = 0; at < n;) {
		size_t k = 0;
		ssize_t got;

		for (; k < PIECES_MAX && at + k < n; k++) {
			v[at + k].ok = false;
			local[k] = (struct iovec){ v[at + k].to, v[at + k].len };
			remote[k] = (struct iovec){ (void *)(uintptr_t)v[at + k].addr, v[at + k].len };
		}
		got = process_vm_readv(t->pid, local, k, remote, k, 0);
		if (got < 0 && errno == ESRCH)
			return -ESRCH;
		if (got < 0 && errno == EPERM) {
			/* mem was opened before privileges were dropped, or the kernel lacks the call. */
			for (size_t i = 0; i < k; i++)
				v[at + i].ok = mem_read(t, &v[at + i]);
			at += k;
			continue;
		}
		/* The call stops at the first piece that it cannot read completely. */
		for (size_t i = 0; i < k; i++, at++) {
			if (got < (ssize_t)v[at].len) {
				at++;
				break;
			}
			got -= (ssize_t)v[at].len;
			v[at].ok = true;
		}
	}
	/* Data read from another program is meaningless. */
	return target_same(t) ? 0 : -ESRCH;
}

static bool process_is_gone(const struct memory *m)
{
	return !target_alive((const struct target *)m);
}

static const struct memory_ops process_memory = { .read = process_read, .is_gone = process_is_gone };

/*
 * Yama lets a process read only its descendants (1) or nothing without
 * CAP_SYS_PTRACE (2), even if both belong to one user (Documentation/admin-guide/LSM/Yama.rst).
 */
static const char *yama_advice(void)
{
	int fd = open("/proc/sys/kernel/yama/ptrace_scope", O_RDONLY | O_CLOEXEC);
	char scope = '0';

	if (fd < 0)
		return "";
	if (read(fd, &scope, 1) != 1)
		scope = '0';
	close(fd);
	if (caps_held() & CAPS_PTRACE || scope == '0')
		return "";
	return scope == '1' ? "; kernel.yama.ptrace_scope is 1, which keeps you from reading your own processes, too"
	                    : "; kernel.yama.ptrace_scope keeps everybody without that capability from it";
}

int target_open(struct target *t, pid_t pid, struct err *err)
{
	char path[64], advice[CAPS_TEXT];
	pid_t tgid = target_tgid(pid);

	memset(t, 0, sizeof(*t));
	t->memory.ops = &process_memory;
	t->pidfd = t->mem = -1;
	if (tgid == -ESRCH || pid <= 0)
		return say_no_process(pid, err);
	if (tgid < 0)
		return err_set(err, -tgid, "cannot inspect process %d: %s", pid, strerror(-tgid));
	t->pid = tgid;
	snprintf(t->exe, sizeof(t->exe), "/proc/%d/exe", t->pid);
	t->pidfd = (int)syscall(SYS_pidfd_open, t->pid, 0);
	if (t->pidfd < 0 && errno != ENOSYS)
		return say_no_process(pid, err);
	t->exe_path = link_target(t->exe);
	if (!t->exe_path) {
		int e = errno;

		target_close(t);
		if (e == ENOENT)
			return say_no_program(pid, err);
		return err_set(err, e, "no permission to inspect process %d (%s): %s%s", pid, strerror(e),
		               caps_advice(CAPS_PTRACE, advice), yama_advice());
	}
	t->command = target_command(t);
	snprintf(path, sizeof(path), "/proc/%d/mem", t->pid);
	t->mem = open(path, O_RDONLY | O_CLOEXEC);
	if (t->mem < 0) {
		int e = errno;

		target_close(t);
		return err_set(err, e, "no permission to read the memory of process %d (%s): %s%s", pid, strerror(e),
		               caps_advice(CAPS_PTRACE | CAPS_DAC_READ, advice), yama_advice());
	}
	if (target_auxv(t, err)) {
		target_close(t);
		return err->code;
	}
	target_pidns(t);
	return 0;
}

void target_close(struct target *t)
{
	if (t->pidfd >= 0)
		close(t->pidfd);
	if (t->mem >= 0)
		close(t->mem);
	t->pidfd = t->mem = -1;
	free(t->exe_path);
	free(t->command);
	t->exe_path = t->command = NULL;
}

int target_bias(const struct target *t, uint64_t *bias, struct err *err)
{
	int fd = open(t->exe, O_RDONLY | O_CLOEXEC);
	Elf64_Ehdr eh;
	ssize_t n;

	if (fd < 0)
		return err_set(err, errno, "cannot open %s: %s", t->exe, strerror(errno));
	n = pread(fd, &eh, sizeof(eh), 0);
	close(fd);
	if (n != (ssize_t)sizeof(eh))
		return err_set(err, ENOEXEC, "cannot read the ELF header of %s", t->exe);
	*bias = t->entry - eh.e_entry;
	if (*bias & 0xfff)
		return err_set(err, ENOTSUP,
		               "process %d (%s) is not loaded at the addresses in its file: it was started through its "
		               "own loader, which is not supported; start the program itself",
		               t->pid, t->exe_path);
	return 0;
}

/* "ld-linux-x86-64.so.2", "ld-musl-x86_64.so.1" */
static bool is_loader(const char *path)
{
	const char *name = path_base(path);

	return strncmp(name, "ld-", 3) == 0 || strncmp(name, "ld.so", 5) == 0;
}

int target_explain(const struct target *t, struct err *err)
{
	size_t n = strlen(t->exe);
	const char *msg = err->msg;

	if (strncmp(msg, t->exe, n) == 0 && strncmp(msg + n, ": ", 2) == 0)
		msg += n + 2;
	if (is_loader(t->exe_path))
		return err_set(
		        err, ENOTSUP,
		        "process %d was started through a loader (%s PROGRAM), which is not supported: start the "
		        "program itself",
		        t->pid, t->exe_path);
	return err_set(err, -err->code, "process %d (%s): %s%s", t->pid, t->exe_path, msg,
	               err->code == -ENOEXEC ? "; give the pid of a program that Go built for amd64" : "");
}

bool target_execed(const struct target *t)
{
	uint64_t entry;

	/* An exiting process loses its memory before its pidfd becomes readable. */
	return !target_same(t) && target_alive(t) && read_entry(t->pid, &entry) == 0 && entry;
}
