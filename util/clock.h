/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_UTIL_CLOCK_H
#define CHANREC_UTIL_CLOCK_H

#include <stdint.h>
#include <time.h>

/* A clock's time in ns; 0 when it cannot be read, as that of a process that has exited. */
static inline uint64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	if (clock_gettime(clock, &ts))
		return 0;
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* ns; 0 if they are not within 64 bits, as the time of a file may be. */
static inline int64_t timespec_ns(const struct timespec *t)
{
	int64_t ns;

	if (__builtin_mul_overflow((int64_t)t->tv_sec, 1000000000ll, &ns) ||
	    __builtin_add_overflow(ns, (int64_t)t->tv_nsec, &ns))
		return 0;
	return ns;
}

/* Since boot, without the time asleep: the clock of every time stamp in a recording. */
static inline uint64_t mono_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

#endif
