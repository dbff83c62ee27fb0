// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/filemap.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAPS_MAX 16 /* at one time */

/* What the signal handler has to know; nothing else may be asked there. */
static struct {
	atomic_uintptr_t from, to; /* to 0: the slot is free */
	atomic_bool is_cut;
} slots[MAPS_MAX];
static uintptr_t page_bytes;

/* mmap() is a mere system call here, and so may be made in a signal handler. */
static bool mend(uintptr_t at)
{
	for (int i = 0; i < MAPS_MAX; i++) {
		void *page = (void *)(at & ~(page_bytes - 1)); // NOLINT(performance-no-int-to-ptr)

		if (at < atomic_load(&slots[i].from) || at >= atomic_load(&slots[i].to))
			continue;
		atomic_store(&slots[i].is_cut, true);
		return mmap(page, page_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) !=
		       MAP_FAILED;
	}
	return false;
}

static void on_bus_error(int sig, siginfo_t *si, void *context)
{
	int e = errno;

	/* Any other cause is a bug: it happens again, and then ends the process. */
	if (!mend((uintptr_t)si->si_addr))
		signal(sig, SIG_DFL);
	errno = e;
}

static void install(void)
{
	struct sigaction sa = { .sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO | SA_NODEFER };

	page_bytes = (uintptr_t)sysconf(_SC_PAGESIZE);
	sigaction(SIGBUS, &sa, NULL);
}

static int take_slot(uintptr_t from, size_t size)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	int found = -1;

	pthread_mutex_lock(&lock);
	for (int i = 0; i < MAPS_MAX && found < 0; i++) {
		if (atomic_load(&slots[i].to))
			continue;
		atomic_store(&slots[i].is_cut, false);
		atomic_store(&slots[i].from, from);
		atomic_store(&slots[i].to, from + size);
		found = i;
	}
	pthread_mutex_unlock(&lock);
	return found;
}

int filemap_open(struct filemap *m, int fd, size_t size, int prot)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	void *data = mmap(NULL, size, prot, MAP_PRIVATE | MAP_NORESERVE, fd, 0);

	*m = (struct filemap){ .slot = -1 };
	if (data == MAP_FAILED)
		return -errno;
	pthread_once(&once, install);
	m->data = data;
	m->size = size;
	/* Without a slot, the file is mapped all the same, only not protected. */
	m->slot = take_slot((uintptr_t)data, size);
	return 0;
}

bool filemap_is_cut(const struct filemap *m)
{
	return m->data && m->slot >= 0 && atomic_load(&slots[m->slot].is_cut);
}

void filemap_close(struct filemap *m)
{
	if (!m->data)
		return;
	if (m->slot >= 0)
		atomic_store(&slots[m->slot].to, 0);
	munmap(m->data, m->size);
	*m = (struct filemap){ .slot = -1 };
}
