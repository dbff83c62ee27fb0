// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/memory/image.h"

#include <errno.h>
#include <string.h>

static const struct memory_image *image_of(const struct memory *m)
{
	return (const struct memory_image *)m;
}

/* Copies as much of the piece as the first range with its address has. */
static size_t copy_some(const struct memory_image *im, uint64_t addr, void *to, size_t len)
{
	for (size_t i = 0; i < im->n; i++) {
		const struct memory_range *r = &im->ranges[i];
		uint64_t left;

		if (addr < r->addr || addr - r->addr >= r->len)
			continue;
		left = r->len - (addr - r->addr);
		if (len > left)
			len = left;
		memcpy(to, (const char *)r->data + (addr - r->addr), len);
		return len;
	}
	return 0;
}

static int image_read(const struct memory *m, struct memory_piece *v, size_t n)
{
	const struct memory_image *im = image_of(m);

	if (im->is_gone)
		return -ESRCH;
	for (size_t i = 0; i < n; i++) {
		size_t done = 0, k = 1;

		for (; done < v[i].len && k; done += k)
			k = copy_some(im, v[i].addr + done, (char *)v[i].to + done, v[i].len - done);
		v[i].ok = done == v[i].len;
	}
	return 0;
}

static bool image_is_gone(const struct memory *m)
{
	return image_of(m)->is_gone;
}

static const struct memory_ops image_ops = { .read = image_read, .is_gone = image_is_gone, .is_still = true };

struct memory_image memory_image_of(const struct memory_range *ranges, size_t n)
{
	return (struct memory_image){ .memory = { &image_ops }, .ranges = ranges, .n = n };
}
