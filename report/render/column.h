/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_RENDER_COLUMN_H
#define CHANREC_REPORT_RENDER_COLUMN_H

/*
 * A table of the report is declared once, as named columns. A column has a key for
 * JSON, a heading for text and HTML, or both, and a getter that takes a typed value
 * from a row. Text, HTML and JSON render the same values, each in its own way.
 *
 * The rows and their order come from an analysis.
 */

#include "report/analyze/active.h"
#include "report/analyze/blocked.h"
#include "report/analyze/report.h"

/* What a value is. Its field in struct cell, how text shows it, and JSON. */
enum cell_type {
	CELL_UNKNOWN, /* "?"; null */
	CELL_NONE,    /* nothing; null */
	CELL_COUNT,   /* .n: "-" for 0, "1,234" */
	CELL_NUMBER,  /* .n: "0", "1,234" */
	CELL_LEAST,   /* .n nanoseconds: "≥ 1.23s" if .count, else as CELL_DUR */
	CELL_DUR,     /* .n nanoseconds: "-" for 0, "1.23s" */
	CELL_ID,      /* .n: "1234" */
	CELL_BOOL,    /* .n */
	CELL_STR,     /* .s */
	CELL_HEX,     /* .n: "0xc000012060" */
	CELL_PLACE,   /* .n, a place: "server.go:33 http.(*Server).Serve"; an object, or null for 0 */
	CELL_LINE,    /* .n, a place: "server.go:33"; as CELL_PLACE */
	CELL_STACK,   /* .n, a stack: the program's place and the library's that it called; the latter */
	CELL_GROUP,   /* .n, a group: go statement and function; the id */
	CELL_ROLES,   /* .n of USER_…: "send recv"; a list */
	CELL_STATES,  /* .states, goroutines by state; an object */
	CELL_LABELS,  /* .labels, .count of them: "route=/ (12), …"; a list */
	CELL_ORIGIN,  /* .objsite: "made at …", "waited for at …"; the place */

	/* .n is the id of the first of .count: "#3, … (12)", "7, … (12)"; the id */
	CELL_CHANNELS,
	CELL_GOROUTINES,

	/* .blocked: the goroutines, how long they have waited, and on what */
	CELL_BLOCKED_IDS,
	CELL_BLOCKED_TIME,
	CELL_BLOCKED_ON,

	CELL_TYPES
};

struct cell {
	enum cell_type type;
	uint64_t count;
	union {
		uint64_t n;
		const char *s;
		const uint64_t *states; /* by enum go_state */
		const struct group_label *labels;
		const struct objsite *objsite;
		const struct blocked_row *blocked;
	};
};

struct column {
	const char *key;  /* of JSON, and of docs/report.schema.json; NULL: only in text */
	const char *head; /* of text and HTML; NULL: only in JSON */
	bool right;       /* of text: see struct table_col */
	bool flex;
	bool optional;
	bool minor;
	struct cell (*get)(const struct report *r, const void *row);
};

struct columns {
	const struct column *v;
	size_t n;
};

/* What the files columns_*.c declare tables with. A getter's value is made from the row x of the report r. */
#define GETTER(name, row_type, ...) \
	static struct cell name(const struct report *r, const void *row) \
	{ \
		const row_type *x = row; \
\
		return (struct cell){ __VA_ARGS__ }; \
	}

#define COLUMNS(array) \
	{ \
		.v = (array), .n = sizeof(array) / sizeof(*(array)) \
	}

/* Each comment names the type of a row, and the analysis that makes the rows. */
extern const struct columns columns_group;       /* struct group: groups.h */
extern const struct columns columns_blocked;     /* struct blocked_row: blocked.h */
extern const struct columns columns_active;      /* struct active_row: active.h */
extern const struct columns columns_wait_site;   /* struct wsite: wait_sites.h */
extern const struct columns columns_edge;        /* struct edge: edges.h */
extern const struct columns columns_object;      /* struct object_row: objects.h */
extern const struct columns columns_channel;     /* struct channel; only JSON lists each one */
extern const struct columns columns_channel_row; /* struct chan_row: objects.h */
extern const struct columns columns_use_row;     /* struct use_row: uses.h */

#endif
