/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_MODEL_DEFECT_H
#define CHANREC_REPORT_MODEL_DEFECT_H

/* What a complete trace would not have: most often the effect of lost events. */

#include <stdbool.h>
#include <stdint.h>

#include "report/model/lossrange.h"
#include "util/vec.h"

#define MODEL_MAX_DOUBTS (1u << 16)

/* State changes of a goroutine that are impossible. */
enum illegal {
	ILLEGAL_PARK_WAITING, /* parks although it is waiting */
	ILLEGAL_ACT_WAITING,  /* does something although it is waiting */
	ILLEGAL_RUN_WAITING,  /* is put on a CPU although it is waiting */
	ILLEGAL_EXIT_WAITING, /* exits although it is waiting */
	ILLEGAL_READY,        /* made runnable although it is not waiting */
	ILLEGAL_AFTER_EXIT,   /* an event after its exit */
	ILLEGAL_CREATED_TWICE,
	ILLEGAL_N,
};

/* One that lost events may explain: between the goroutine's last known event and the impossible one. */
struct doubt {
	int64_t from, to;
	uint8_t what; /* enum illegal */
};

struct defects {
	uint64_t illegal[ILLEGAL_N]; /* those that no loss explains */
	VEC(struct doubt) doubts;    /* those that are not yet judged */
	uint64_t unseen_wakes;       /* waits that ended without a go.ready */
	uint64_t unseen_network;     /* of these: network waits, which the runtime ends in bulk */
	uint64_t odd_readies;        /* go.ready for a goroutine that was not waiting */
	uint64_t missed_exits;
};

void defects_free(struct defects *d);
/* An impossible state change. 0 or -ENOMEM. */
int defects_doubt(struct defects *d, enum illegal what, int64_t from, int64_t to);
/*
 * Once all losses are known: counts what they do not explain. until: the end of
 * the time of which all losses are known, INT64_MAX if the recording ended well.
 */
void defects_judge(struct defects *d, const struct loss_ranges *losses, int64_t until);

#endif
