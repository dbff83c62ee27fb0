// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/probe/drain.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#define PUBLISH 64 /* slots read before the programs are told */

static int on_ringbuf(void *arg, void *rec, size_t len)
{
	struct drain *d = arg;
	const struct ring_hdr *h = rec;

	if (len >= sizeof(*h) && h->type == RING_NOTHING)
		return 0;
	return d->fn(d->arg, rec, len);
}

int drain_open(struct drain *d, int map, off_t offset, struct bpf_vars *vars, uint64_t size, drain_fn fn, void *arg)
{
	void *mem = mmap(NULL, size, PROT_READ, MAP_SHARED, map, offset);

	if (mem == MAP_FAILED)
		return -errno;
	*d = (struct drain){ .fn = fn, .arg = arg, .slots = mem, .vars = vars, .n = size / sizeof(*d->slots) };
	return 0;
}

int drain_open_ringbuf(struct drain *d, int map, drain_fn fn, void *arg)
{
	*d = (struct drain){ .fn = fn, .arg = arg };
	d->ringbuf = ring_buffer__new(map, on_ringbuf, d, NULL);
	return d->ringbuf ? 0 : -errno;
}

static const struct ring_slot *slot_at(const struct drain *d, uint64_t pos)
{
	return &d->slots[pos & (d->n - 1)];
}

static bool is_whole(const struct drain *d, uint64_t pos)
{
	return __atomic_load_n(&slot_at(d, pos)->seq, __ATOMIC_ACQUIRE) == pos + 1;
}

static bool is_taken(const struct drain *d, uint64_t pos)
{
	uint64_t seq = __atomic_load_n(&slot_at(d, pos)->seq, __ATOMIC_ACQUIRE);

	return seq == pos || seq == pos + 1;
}

#define BEYOND_MAX (1u << 24) /* slots that programs take at one moment beyond the ring */

/* The target can write the head. Beyond the bound, it lies. */
static bool is_possible(const struct drain *d, uint64_t head)
{
	return d->at < head && head - d->at <= d->n + BEYOND_MAX;
}

/*
 * A program that took slots that were not free has abandoned them: skip to the
 * next slot in which a record begins. A program that was interrupted right
 * after taking slots looks the same, so it gets until the next call to
 * continue.
 */
static bool skip_overrun(struct drain *d)
{
	uint64_t head = __atomic_load_n(&d->vars->pos.head, __ATOMIC_ACQUIRE);

	if (!d->vars->shared.overrun || !is_possible(d, head) || is_taken(d, d->at))
		return false;
	if (!d->is_stuck || d->stuck_at != d->at) {
		d->is_stuck = true;
		d->stuck_at = d->at;
		return false;
	}
	while (d->at < head && !is_taken(d, d->at))
		d->at++;
	return true;
}

/*
 * A thread was killed between taking slots and completing the record. What it
 * was about to report had not happened: a site reports before its instruction.
 */
static bool skip_orphan(struct drain *d)
{
	uint64_t head = __atomic_load_n(&d->vars->pos.head, __ATOMIC_ACQUIRE);

	if (!d->is_orphaned || !is_possible(d, head))
		return false;
	do {
		d->at++;
	} while (d->at < head && !is_taken(d, d->at));
	return true;
}

/* Takes the complete record at d->at. *nslots: its size in slots. */
static int take(struct drain *d, uint64_t *nslots)
{
	uint64_t words[RING_SLOTS_MAX * RING_SLOT_WORDS];
	struct ring_hdr h;
	uint64_t n, i = 0;

	memcpy(&h, slot_at(d, d->at)->rec, sizeof(h));
	n = h.slots ? h.slots : 1;
	if (n > RING_SLOTS_MAX)
		n = RING_SLOTS_MAX;
	*nslots = n;
	if (h.type == RING_NOTHING)
		return 0;
	do {
		memcpy(&words[i * RING_SLOT_WORDS], slot_at(d, d->at + i)->rec, RING_SLOT_BYTES);
	} while (++i < n);
	return d->fn(d->arg, words, n * RING_SLOT_BYTES);
}

static void publish(struct drain *d)
{
	__atomic_store_n(&d->vars->pos.tail, d->at, __ATOMIC_RELEASE);
}

static int run_slots(struct drain *d)
{
	uint64_t published = d->at, n;
	int ret = 0;

	while (ret >= 0 && (is_whole(d, d->at) || skip_overrun(d) || skip_orphan(d))) {
		if (!is_whole(d, d->at))
			continue;
		ret = take(d, &n);
		d->at += n;
		if (d->at - published >= PUBLISH) {
			publish(d);
			published = d->at;
		}
	}
	publish(d);
	return ret;
}

void drain_orphan(struct drain *d)
{
	d->is_orphaned = true;
}

int drain_run(struct drain *d)
{
	return d->ringbuf ? ring_buffer__consume(d->ringbuf) : run_slots(d);
}

uint64_t drain_head(const struct drain *d)
{
	return d->ringbuf ? UINT64_MAX : __atomic_load_n(&d->vars->pos.head, __ATOMIC_ACQUIRE);
}

bool drain_passed(const struct drain *d, uint64_t head)
{
	return !d->ringbuf && d->at >= head;
}

void drain_close(struct drain *d)
{
	ring_buffer__free(d->ringbuf);
	if (d->slots)
		munmap((void *)(uintptr_t)d->slots, d->n * sizeof(*d->slots));
	memset(d, 0, sizeof(*d));
}
