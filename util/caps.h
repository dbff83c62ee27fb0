/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_UTIL_CAPS_H
#define CHANREC_UTIL_CAPS_H

/* Capabilities of this process, and what to say if one is missing. */

#include <stdbool.h>
#include <stdint.h>

enum cap {
	/* To read the memory of another user's process: /proc/PID/mem is readable for its owner only. */
	CAPS_DAC_READ = 1 << 0,
	CAPS_PTRACE = 1 << 1,
	CAPS_ADMIN = 1 << 2,
	CAPS_PERFMON = 1 << 3,
	CAPS_BPF = 1 << 4,
};

#define CAPS_TEXT 128

/* Those that this process has in effect, of enum cap. */
uint32_t caps_held(void);
/* Their names, with word before the last one ("and"). Returns to, which has CAPS_TEXT bytes. */
const char *caps_names(uint32_t caps, const char *word, char *to);
/*
 * What to do to get those of need that are missing: "run as root, or with
 * CAP_BPF". If none is missing, a container or a security module refuses.
 */
const char *caps_advice(uint32_t need, char *to);

#endif
