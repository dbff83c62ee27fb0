// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/inline/clock.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "util/clock.h"

#define MEASURE_US 5000
#define READS 8

static uint64_t tsc_now(void)
{
	return __builtin_ia32_rdtsc();
}

/* Both clocks at one moment, as close as a few readings get. */
static void read_pair(uint64_t *tsc, uint64_t *ns)
{
	uint64_t best = UINT64_MAX;

	for (int i = 0; i < READS; i++) {
		uint64_t before = tsc_now(), at = mono_ns(), after = tsc_now();

		if (after - before >= best)
			continue;
		best = after - before;
		*tsc = before + best / 2;
		*ns = at;
	}
}

/* The kernel's flags of the CPU: the counter runs at one rate, whatever the CPU does. */
static bool is_constant(void)
{
	bool is_const = false, is_nonstop = false;
	char line[8192];
	FILE *f = fopen("/proc/cpuinfo", "re");

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, "flags", 5)) {
			is_const = strstr(line, " constant_tsc") != NULL;
			is_nonstop = strstr(line, " nonstop_tsc") != NULL;
			break;
		}
	if (f)
		fclose(f);
	return is_const && is_nonstop;
}

/* The kernel stops using the counter when it finds that CPUs disagree about it. */
static bool is_trusted(void)
{
	char line[256] = "";
	FILE *f = fopen("/sys/devices/system/clocksource/clocksource0/available_clocksource", "re");

	if (!f)
		return false;
	if (!fgets(line, sizeof(line), f))
		*line = '\0';
	fclose(f);
	return strstr(line, "tsc") != NULL;
}

static void measure(struct tsc_clock *c, uint64_t tsc, uint64_t ns)
{
	if (tsc > c->tsc0)
		c->rate = (uint64_t)(((unsigned __int128)(ns - c->ns0) << 32) / (tsc - c->tsc0));
}

int tsc_clock_open(struct tsc_clock *c, struct err *err)
{
	uint64_t tsc, ns;

	*c = (struct tsc_clock){ 0 };
	if (!is_constant() || !is_trusted())
		return err_set(err, ENOTSUP, "the CPUs' time stamp counters are not constant or do not agree");
	read_pair(&c->tsc0, &c->ns0);
	usleep(MEASURE_US);
	read_pair(&tsc, &ns);
	measure(c, tsc, ns);
	return 0;
}

void tsc_clock_tell(struct tsc_clock *c, struct inline_shm *shm)
{
	uint32_t next = (shm->clock + 1) % INLINE_CLOCKS;
	uint64_t tsc, ns;

	if (c->told && mono_ns() - c->told < INLINE_CLOCK_NS)
		return;
	read_pair(&tsc, &ns);
	measure(c, tsc, ns);
	shm->clocks[next] = (struct inline_clock){ .tsc = tsc, .ns = ns, .mult = c->rate };
	__atomic_store_n(&shm->clock, next, __ATOMIC_RELEASE);
	c->told = ns;
}
