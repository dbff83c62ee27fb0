// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "record/inline/block.h"
#include "record/inline/inline.h"

#define TRIES 1000
#define TRY_US 200

/* The jumps that are still there. What the block says is not trusted: the jump must lead into it. */
static size_t jumps_left(const struct block *b, const struct block_head *head, const struct tracees *t,
                         struct extent *e)
{
	size_t n = 0;

	for (uint32_t i = 0; i < head->nsites && i < BLOCK_SITES; i++) {
		const struct block_site *s = &head->sites[i];
		uint8_t now[PATCH_BYTES];
		int32_t d;

		if (tracees_read(t, s->at, now, sizeof(now)) || memcmp(now, s->patch, sizeof(now)) != 0)
			continue;
		memcpy(&d, now + 1, sizeof(d));
		if (s->at + PATCH_BYTES + (uint64_t)(int64_t)d - b->at < b->size)
			e[n++] = (struct extent){ s->at, PATCH_BYTES };
	}
	return n;
}

int inline_look(struct inline_left *left, pid_t pid, struct err *err)
{
	struct extent e[BLOCK_SITES];
	struct block_head head;
	struct tracees t;
	struct block b;
	int ret;

	*left = (struct inline_left){ 0 };
	if (tracees_open(&t, pid, 0, err))
		return err->code;
	ret = block_find(&b, &head, &t, err);
	if (!ret) {
		left->is_found = true;
		left->is_used = block_is_used(&head);
		left->nsites = (uint32_t)jumps_left(&b, &head, &t, e);
	}
	tracees_close(&t);
	return ret < 0 ? ret : 0;
}

static const struct block_site *site_at(const struct block_head *head, uint64_t at)
{
	for (uint32_t i = 0; i < head->nsites && i < BLOCK_SITES; i++)
		if (head->sites[i].at == at)
			return &head->sites[i];
	return NULL;
}

/* Behind the first byte there may be a thread that was there when the jump was written. */
static bool is_between(const struct tracees *t, const struct extent *e, size_t n)
{
	struct extent inner[BLOCK_SITES];

	for (size_t i = 0; i < n; i++)
		inner[i] = (struct extent){ e[i].lo + 1, e[i].len - 1 };
	return tracees_inside(t, inner, n);
}

static int take_out(struct tracees *t, const struct block *b, const struct block_head *head, struct err *err)
{
	struct extent e[BLOCK_SITES];
	int ret = 0;

	for (int i = 0; i < TRIES; i++) {
		size_t n;

		if (tracees_stop(t, err))
			return err->code;
		n = jumps_left(b, head, t, e);
		if (!is_between(t, e, n)) {
			for (size_t k = 0; k < n; k++)
				ret |= tracees_write(t, e[k].lo, site_at(head, e[k].lo)->orig, PATCH_BYTES);
			tracees_resume(t);
			return ret ? err_set(err, EACCES, "the kernel does not let the jumps be taken out") : 0;
		}
		tracees_resume(t);
		usleep(TRY_US);
	}
	return err_set(err, EBUSY, "a thread keeps executing the code to be changed; try again");
}

int inline_clean(struct inline_left *left, pid_t pid, struct err *err)
{
	struct block_head head;
	struct extent e[BLOCK_SITES];
	struct tracees t;
	struct block b;
	int ret;

	*left = (struct inline_left){ 0 };
	if (tracees_open(&t, pid, 0, err))
		return err->code;
	ret = block_find(&b, &head, &t, err);
	if (!ret) {
		left->is_found = true;
		left->is_used = block_is_used(&head);
		left->nsites = (uint32_t)jumps_left(&b, &head, &t, e);
		if (left->is_used)
			ret = err_set(err, EBUSY, "process %d is being recorded by chanrec, process %d", pid,
			              (int)head.recorder);
		else if (!(ret = take_out(&t, &b, &head, err)) && !(ret = block_unmap(&b, &t, err)) &&
		         block_restore_slack(&b, &t))
			ret = err_set(err, EACCES, "the kernel does not let the recorder write the process's code");
	}
	tracees_close(&t);
	return ret < 0 ? ret : 0;
}
