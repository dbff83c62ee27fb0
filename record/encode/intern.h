/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_ENCODE_INTERN_H
#define CHANREC_RECORD_ENCODE_INTERN_H

/*
 * Assigns trace ids to things in the target, and writes each definition once:
 * functions, frames, stacks, channels, sync objects, reasons. What a stack says
 * about a wait or a wake-up is determined once, here.
 */

#include <stdbool.h>
#include <stdint.h>

#include "format/trace.h"
#include "gobin/gobin.h"
#include "record/goread/stackinfo.h"
#include "record/probe/reasons.h"
#include "util/map.h"
#include "util/vec.h"

struct intern {
	const struct gobin *bin;
	uint64_t bias; /* address in memory = address in the file + bias */
	struct go_layout layout;
	struct trace_writer *w;
	bool redact;   /* see util/redact.h */
	uint64_t salt; /* of what is hashed then; random */

	struct map strings;       /* pointer, or TEXT_KEY and the hash of the text -> id */
	struct map funcs, frames; /* key: pointer or pc -> id */
	struct map stacks;        /* hash -> index into infos, + 1 */
	VEC(struct stack_info) infos;
	struct map chans; /* address -> id | generation << 32 */
	struct map syncs; /* address -> id */
	uint32_t nchans, nsyncs, nstacks;
	uint64_t reasons[4]; /* bit set of the reasons already defined */
	struct wait_reason reason[WAIT_REASONS_MAX];
	int nreasons;
	uint64_t unresolved; /* frames in no known function */
	uint64_t truncated;  /* stacks that were truncated */
	uint64_t refused;    /* definitions that the format has no number for */
};

int intern_init(struct intern *in, const struct gobin *bin, uint64_t bias, struct trace_writer *w, struct err *err);
/* From now on, texts are written as util/redact.h leaves them, and hashes of secret ones. */
void intern_redact(struct intern *in);
void intern_free(struct intern *in);

/*
 * pcs: return addresses in memory, innermost first; with exact_leaf the first
 * is an instruction's address. *id is 0 for an empty stack.
 */
int intern_stack(struct intern *in, uint64_t hash, const uint64_t *pcs, uint32_t n, bool cut, bool exact_leaf,
                 struct err *err);
/* NULL if the hash was never defined. */
const struct stack_info *intern_stack_info(const struct intern *in, uint64_t hash);
/* The frame of pc (an address in memory). A return address is attributed to the call before it. */
int intern_frame(struct intern *in, uint64_t pc, bool is_return, uint32_t *id, struct err *err);
/*
 * The variable that contains an address in the ELF file; *offset is where in it.
 * *name is 0 if the program's symbols do not tell.
 */
int intern_variable(struct intern *in, uint64_t addr, uint32_t *name, uint64_t *offset, struct err *err);
/* A text that is the program's data. With is_secret, a redacted trace gets a hash instead. */
int intern_text(struct intern *in, const char *s, bool is_secret, uint32_t *id, struct err *err);
int intern_chan(struct intern *in, uint64_t addr, bool made, uint32_t *id, struct err *err);
int intern_sync(struct intern *in, uint8_t kind, uint64_t addr, uint32_t *id, struct err *err);
/* Returns the class of the reason; *id is what a park refers to. */
int intern_reason(struct intern *in, uint32_t number, uint32_t *id, struct err *err);
uint8_t intern_reason_class(const struct intern *in, uint32_t number);

/* The same running hash as in the BPF programs. */
uint64_t stack_hash(const uint64_t *pcs, uint32_t n);

#endif
