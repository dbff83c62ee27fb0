/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_MODEL_USE_LIST_H
#define CHANREC_REPORT_MODEL_USE_LIST_H

#include <stdint.h>

/*
 * A list of chanuse.h within a goroutine or channel. Most have one or two
 * entries; a list that has ever been longer than a few is also in an index.
 */
struct use_list {
	uint32_t first;
	uint32_t n : 31;
	uint32_t is_indexed : 1;
};

#endif
