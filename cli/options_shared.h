/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_CLI_OPTIONS_SHARED_H
#define CHANREC_CLI_OPTIONS_SHARED_H

/* Rows of options that several commands have. type: the command's options struct; what: what its --help says. */

#include "cli/options.h"
#include "cli/value.h"

/* -p PID, into the member pid. */
#define OPTION_ROW_PID(type, what) \
	{ \
		.name = "pid", .letter = 'p', .value = "PID", .kind = OPTION_NUMBER, .min = 1, .max = INT32_MAX, \
		.expected = "the ID of a process", OPTION_AT(type, pid), \
		.help = what " a running process; the ID of any of its threads will do." \
	}

/* --events LIST; setter: passes the member events to value_events(). */
#define OPTION_ROW_EVENTS(setter, what) \
	{ \
		.name = "events", .value = "LIST", .kind = OPTION_SET, .set = (setter), .choice = value_events_at, \
		.help = what ", separated by commas:" \
	}

/* -v, into the member verbose. */
#define OPTION_ROW_VERBOSE(type) \
	{ \
		.name = "verbose", .letter = 'v', .kind = OPTION_FLAG, OPTION_AT(type, verbose), \
		.help = "Print what libbpf and the kernel's verifier say." \
	}

#endif
