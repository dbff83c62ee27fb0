/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_PROBE_RINGTYPE_H
#define CHANREC_RECORD_PROBE_RINGTYPE_H

/* The meaning of each ring record type: links bpf/ring.h with format/trace.h. */

#include <stdbool.h>
#include <stddef.h>

#include "bpf/ring.h"
#include "format/trace.h"

/* The trace record that it becomes or is part of; 0: no such type. */
static inline enum trace_type ring_trace_type(unsigned int type)
{
	static const unsigned char types[RING_TYPES] = {
#define X(ring, record, trace) [ring] = trace,
		RING_RECORDS(X)
#undef X
	};

	return type < RING_TYPES ? (enum trace_type)types[type] : (enum trace_type)0;
}

/* The smallest size of a record of this type, in bytes; 0: no such type. */
static inline size_t ring_least_size(unsigned int type)
{
	static const size_t sizes[RING_TYPES] = {
#define X(ring, record, trace) [ring] = sizeof(struct record),
		RING_RECORDS(X)
#undef X
	};

	return type < RING_TYPES ? sizes[type] : 0;
}

/* Whether events of this type may be left out, see record/limit/shed.h. */
static inline bool ring_is_wait(unsigned int type)
{
	return trace_type_kind(ring_trace_type(type)) == TRACE_KIND_WAIT;
}

/* Whether they never are: goroutines created or exited, channels made or closed. */
static inline bool ring_is_life(unsigned int type)
{
	return trace_type_kind(ring_trace_type(type)) == TRACE_KIND_LIFE;
}

#endif
