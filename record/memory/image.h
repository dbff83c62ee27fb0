/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_MEMORY_IMAGE_H
#define CHANREC_RECORD_MEMORY_IMAGE_H

/* Memory that consists of ranges which the caller has: the image of a program that never ran, for tests. */

#include "record/memory/memory.h"

struct memory_range {
	uint64_t addr, len;
	const void *data; /* len bytes, the caller's */
};

struct memory_image {
	struct memory memory;
	const struct memory_range *ranges; /* the caller's; the first one that has an address counts */
	size_t n;
	bool is_gone; /* every read fails from now on */
};

struct memory_image memory_image_of(const struct memory_range *ranges, size_t n);

#endif
