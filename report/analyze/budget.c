// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/analyze/budget.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/resource.h>

/* How often the costs are compared with the bounds; in units of work. */
#define INTERVAL (1u << 14)

/* A ping-pong, the densest program known, makes four records per byte of its trace. */
#define WORK_BASE (3u << 20)
#define WORK_PER_BYTE 8

/* The analyses need about as much again as the model that is measured here. */
#define MEMORY_BASE (96u << 20)
#define MEMORY_PER_BYTE 120

#define OUTPUT_BASE (64u << 20)
#define OUTPUT_PER_BYTE 100

/* AddressSanitizer keeps freed memory for a while, and a shadow of all memory. */
#ifdef __SANITIZE_ADDRESS__
#define MEMORY_FACTOR 4
#else
#define MEMORY_FACTOR 1
#endif

/* The most that the process has had. */
static uint64_t memory_peak(void)
{
	struct rusage u;

	return getrusage(RUSAGE_SELF, &u) ? 0 : (uint64_t)u.ru_maxrss * 1024;
}

void budget_init(struct budget *b, bool unlimited)
{
	*b = (struct budget){ .unlimited = unlimited, .check = INTERVAL, .base = memory_peak() };
}

uint64_t budget_output(const struct budget *b, const struct trace_reader *r)
{
	return b->unlimited ? 0 : OUTPUT_BASE + OUTPUT_PER_BYTE * trace_reader_bytes(r);
}

int budget_check(struct budget *b, const struct trace_reader *r, struct err *err)
{
	uint64_t bytes = trace_reader_bytes(r), memory;

	b->check = b->work + INTERVAL;
	if (b->unlimited)
		return 0;
	if (b->work > WORK_BASE + WORK_PER_BYTE * bytes)
		return err_set(err, EFBIG,
		               "%" PRIu64 " records in %" PRIu64
		               " bytes are more than any recording has; --no-limit reads on",
		               b->work, bytes);
	memory = memory_peak() - b->base;
	if (memory > (MEMORY_BASE + MEMORY_PER_BYTE * bytes) * MEMORY_FACTOR)
		return err_set(err, EFBIG,
		               "%" PRIu64 " MiB of memory for %" PRIu64
		               " bytes are more than any recording needs; --no-limit reads on",
		               memory >> 20, bytes);
	return 0;
}
