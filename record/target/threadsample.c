// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/target/threadsample.h"

#include <dirent.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "util/clock.h"

#define PERIOD_NS 100000 /* of the thread's CPU time */
#define RING_PAGES 8u    /* a power of two; holds two samples */

/* arch/x86/include/uapi/asm/perf_regs.h */
#define REG_SP 7
#define REG_IP 8

/* A sample as the kernel writes it, for the sample_type below. */
struct record {
	struct perf_event_header header;
	uint64_t abi, sp, ip; /* registers in the order of their numbers */
	uint64_t size;        /* of the stack's copy that follows; behind it, how much of that counts */
};

struct watched {
	struct thread_sample *s;
	int fd;
	void *ring;
	size_t bytes;
};

/* The innermost of the ids in "NSpid:\t12\t3". */
static uint64_t innermost_id(pid_t pid, const char *tid)
{
	char path[64], line[256], *last;
	uint64_t id = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%s/status", pid, tid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	while (!id && fgets(line, sizeof(line), f))
		if (!strncmp(line, "NSpid:", 6) && (last = strrchr(line, '\t')))
			id = strtoull(last + 1, NULL, 10);
	fclose(f);
	return id;
}

/* The thread's id here; 0: there is none. */
static pid_t thread_of(pid_t pid, uint64_t procid)
{
	char path[64];
	struct dirent *e;
	pid_t tid = 0;
	DIR *d;

	snprintf(path, sizeof(path), "%lu", (unsigned long)procid);
	if (procid <= INT32_MAX && innermost_id(pid, path) == procid)
		return (pid_t)procid;
	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	d = opendir(path);
	while (d && !tid && (e = readdir(d)))
		if (innermost_id(pid, e->d_name) == procid)
			tid = (pid_t)strtol(e->d_name, NULL, 10);
	if (d)
		closedir(d);
	return tid;
}

static int watch_thread(struct watched *w, pid_t tid)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_SOFTWARE,
		                        .size = sizeof(attr),
		                        .config = PERF_COUNT_SW_CPU_CLOCK,
		                        .sample_period = PERIOD_NS,
		                        .sample_type = PERF_SAMPLE_REGS_USER | PERF_SAMPLE_STACK_USER,
		                        .sample_regs_user = 1u << REG_SP | 1u << REG_IP,
		                        .sample_stack_user = THREADSAMPLE_STACK,
		                        .exclude_kernel = 1,
		                        .exclude_hv = 1,
		                        .wakeup_events = 1 };

	w->fd = (int)syscall(SYS_perf_event_open, &attr, tid, -1, -1, PERF_FLAG_FD_CLOEXEC);
	if (w->fd < 0)
		return -errno;
	w->bytes = (RING_PAGES + 1) * (size_t)sysconf(_SC_PAGESIZE);
	w->ring = mmap(NULL, w->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, w->fd, 0);
	return w->ring == MAP_FAILED ? -errno : 0;
}

static void unwatch(struct watched *w)
{
	if (w->fd < 0)
		return;
	if (w->ring && w->ring != MAP_FAILED)
		munmap(w->ring, w->bytes);
	close(w->fd);
	w->fd = -1;
}

/* Takes the first sample of the ring. It lies at the ring's begin, since nothing has been read from it. */
static bool take(struct watched *w)
{
	const struct perf_event_mmap_page *page = w->ring;
	uint64_t head = __atomic_load_n(&page->data_head, __ATOMIC_ACQUIRE), at = 0;
	const uint8_t *data = (const uint8_t *)w->ring + page->data_offset;
	struct thread_sample *s = w->s;
	struct record r = { 0 };
	uint64_t used;

	while (at + sizeof(r.header) <= head && head <= page->data_size) {
		memcpy(&r.header, data + at, sizeof(r.header));
		if (r.header.size < sizeof(r.header))
			return false;
		if (r.header.type == PERF_RECORD_SAMPLE)
			break;
		at += r.header.size;
	}
	if (head > page->data_size || at + sizeof(r) > head || at + r.header.size > head)
		return false;
	memcpy(&r, data + at, sizeof(r));
	if (!r.abi || r.size > THREADSAMPLE_STACK || sizeof(r) + r.size + 8 > r.header.size || !r.size)
		return false;
	memcpy(&used, data + at + sizeof(r) + r.size, sizeof(used));
	s->len = used < r.size ? used : r.size;
	memcpy(s->stack, data + at + sizeof(r), s->len);
	s->pc = r.ip;
	s->sp = r.sp;
	s->ok = true;
	return true;
}

/* Until all have a sample, or the time is up. */
static void collect(struct watched *w, size_t n, unsigned max_ms)
{
	uint64_t end = mono_ns() + max_ms * 1000000ull, now;
	struct pollfd p[THREADSAMPLE_MAX];

	while ((now = mono_ns()) < end) {
		size_t left = 0;

		for (size_t i = 0; i < n; i++) {
			if (w[i].fd >= 0 && take(&w[i]))
				unwatch(&w[i]);
			if (w[i].fd >= 0)
				p[left++] = (struct pollfd){ .fd = w[i].fd, .events = POLLIN };
		}
		if (!left || poll(p, left, (int)((end - now) / 1000000) + 1) < 0)
			return;
		/* A thread that has ended stays ready. */
		for (size_t i = 0, k = 0; i < n; i++)
			if (w[i].fd >= 0 && (p[k++].revents & (POLLHUP | POLLERR)))
				unwatch(&w[i]);
	}
}

int thread_samples_take(pid_t pid, struct thread_sample *v, size_t n, unsigned max_ms)
{
	struct watched w[THREADSAMPLE_MAX];
	size_t nwatched = 0;
	int ret = -ENOENT;

	if (n > THREADSAMPLE_MAX)
		n = THREADSAMPLE_MAX;
	for (size_t i = 0; i < n; i++) {
		pid_t tid = thread_of(pid, v[i].procid);
		int err;

		v[i].ok = false;
		w[i] = (struct watched){ .s = &v[i], .fd = -1 };
		if (!tid)
			continue;
		err = watch_thread(&w[i], tid);
		if (err) {
			ret = err;
			unwatch(&w[i]);
		} else {
			nwatched++;
		}
	}
	if (nwatched)
		collect(w, n, max_ms);
	for (size_t i = 0; i < n; i++)
		unwatch(&w[i]);
	return nwatched ? 0 : ret;
}
