/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_FORMAT_FIELDS_H
#define CHANREC_FORMAT_FIELDS_H

/*
 * The fields of each record type, in the order of their bytes. Encoder, decoders,
 * the replay's look-ahead, `chanrec script` and the tests all read them from here;
 * docs/trace-format.md lists the same fields, which a test compares.
 *
 * TYPE_FIELDS(F) is one F(kind, member, value) per field: how its bytes are made,
 * the member of struct trace_rec, and what the value means to somebody who
 * prints it.
 */

#include "format/trace.h"

/*
 * The kinds of fields: X(kind, C type of the member, docs/trace-format.md's word
 * for it). Each has a PUT_… in encode.c and a GET_… in decode_fields.c; one that
 * events use has a QUICK_… in decode_quick.c.
 */
#define TRACE_FIELD_KINDS(X) \
	X(GOID, uint64_t, "goid")   /* the record's goroutine; the first field of every event */ \
	X(OTHER, uint64_t, "goid'") /* another goroutine */ \
	X(CHILD, uint64_t, "child") /* a created goroutine */ \
	X(NEW, uint32_t, "u32 id")  /* the id that a definition defines */ \
	X(STRING, uint32_t, "id(string)") \
	X(FRAME, uint32_t, "id(frame)") \
	X(STACK, uint32_t, "id(stack)") \
	X(CHAN, uint32_t, "id(chan)") \
	X(SYNC, uint32_t, "id(sync)") \
	X(REASON, uint32_t, "id(reason)") \
	X(U8, uint8_t, "u8") \
	X(U32, uint32_t, "u32") \
	X(U64, uint64_t, "") \
	X(S32, int32_t, "svarint") \
	X(S64, int64_t, "svarint") \
	X(ENUM, uint8_t, "")               /* read as 0 where the number is unknown */ \
	X(FLAG, bool, "flags")             /* a bit: BIT0 begins a number, the bits after it are in the same one */ \
	X(SINCE, int64_t, "svarint begin") /* a time, relative to the record's */ \
	X(ADDR, uint64_t, "addr") \
	X(PC, uint64_t, "pc") \
	X(OBJ, struct trace_obj, "obj") \
	X(CASES, struct trace_go_park, "") /* its objects */ \
	X(TEXT, const char *, "string") \
	X(LINES, struct trace_def_frame, "count ≤") \
	X(FRAMES, struct trace_def_stack, "count ≤") \
	X(STEPS, struct trace_snap_owner, "count ≤")

enum trace_field_kind {
#define X(kind, ...) TRACE_FIELD_##kind,
	TRACE_FIELD_KINDS(X)
#undef X
};

/* What values mean: X(value, the highest number known, where it is an ENUM). */
#define TRACE_FIELD_VALUES(X) \
	X(PLAIN, 0) \
	X(TIME, 0) /* on the clock of the records' times */ \
	X(BIT0, 0) \
	X(BIT1, 0) \
	X(BIT2, 0) \
	X(SITE, 0)  /* of a frame: the innermost call */ \
	X(ENTRY, 0) /* of a frame: the function itself, not what is inlined there */ \
	X(GO_FLAGS, 0) \
	X(OWNER_FLAGS, 0) \
	X(CAUSE, TRACE_CAUSE_RUNTIME) \
	X(DIR, TRACE_DIR_WRITE_LOCK) \
	X(STATE, TRACE_GO_WAITING) \
	X(SYNC_KIND, TRACE_SYNC_COND) \
	X(CLASS, TRACE_WAIT_SYNCTEST) \
	X(RESULT, 0) \
	X(WHICH, 0) /* of the two snapshots */ \
	X(LOCK_MODE, TRACE_LOCK_PENDING) \
	X(OWNER_KIND, TRACE_OWNER_VARIABLE) \
	X(USE, TRACE_USE_SIGNAL) \
	X(FD_KIND, TRACE_FD_OTHER) \
	X(TYPE, 0) \
	X(LOSS_CAUSE, 0) \
	X(LOSS_PART, 0) \
	X(PROC_STATE, 0) \
	/* Of strings, which decides what a redacted trace keeps of them: */ \
	X(NAME, 0)       /* a name of Go's or of the program's source that is no path */ \
	X(SYMBOL, 0)     /* a function or variable, with its package path */ \
	X(SOURCE, 0)     /* the path of a source file */ \
	X(DESCRIPTOR, 0) /* what a file descriptor leads to */ \
	X(DATA, 0)       /* the program's own data */

enum trace_field_value {
#define X(value, ...) TRACE_VALUE_##value,
	TRACE_FIELD_VALUES(X)
#undef X
};

enum {
#define X(value, last) TRACE_LAST_##value = (last),
	TRACE_FIELD_VALUES(X)
#undef X
};

/* clang-format off */
#define TRACE_DEF_STRING_FIELDS(F) \
	F(NEW,    def_string.id,         PLAIN) \
	F(TEXT,   def_string.s,          PLAIN)

#define TRACE_DEF_FUNC_FIELDS(F) \
	F(NEW,    def_func.id,           PLAIN) \
	F(STRING, def_func.name,         SYMBOL) \
	F(STRING, def_func.file,         SOURCE) \
	F(U32,    def_func.start_line,   PLAIN) \
	F(U32,    def_func.flags,        PLAIN)

#define TRACE_DEF_FRAME_FIELDS(F) \
	F(NEW,    def_frame.id,          PLAIN) \
	F(PC,     def_frame.pc,          PLAIN) \
	F(LINES,  def_frame,             PLAIN)

#define TRACE_DEF_STACK_FIELDS(F) \
	F(NEW,    def_stack.id,          PLAIN) \
	F(U32,    def_stack.flags,       PLAIN) \
	F(FRAMES, def_stack,             PLAIN)

#define TRACE_DEF_CHAN_FIELDS(F) \
	F(NEW,    def_chan.id,           PLAIN) \
	F(ADDR,   def_chan.addr,         PLAIN) \
	F(U32,    def_chan.gen,          PLAIN)

#define TRACE_DEF_SYNC_FIELDS(F) \
	F(NEW,    def_sync.id,           PLAIN) \
	F(ENUM,   def_sync.kind,         SYNC_KIND) \
	F(ADDR,   def_sync.addr,         PLAIN)

#define TRACE_DEF_REASON_FIELDS(F) \
	F(NEW,    def_reason.id,         PLAIN) \
	F(ENUM,   def_reason.class,      CLASS) \
	F(STRING, def_reason.name,       NAME)

#define TRACE_GO_CREATE_FIELDS(F) \
	F(GOID,   goid,                  PLAIN) \
	F(CHILD,  create.child,          PLAIN) \
	F(FRAME,  create.site,           SITE) \
	F(FRAME,  create.entry,          ENTRY) \
	F(STACK,  create.stack,          PLAIN) \
	F(U32,    create.flags,          GO_FLAGS)

#define TRACE_GO_EXIT_FIELDS(F) \
	F(GOID,   goid,                  PLAIN)

#define TRACE_GO_PARK_FIELDS(F) \
	F(GOID,   goid,                  PLAIN) \
	F(REASON, park.reason,           PLAIN) \
	F(STACK,  park.stack,            PLAIN) \
	F(CASES,  park,                  PLAIN)

#define TRACE_GO_READY_FIELDS(F) \
	F(GOID,   goid,                  PLAIN) \
	F(OTHER,  ready.woken,           PLAIN) \
	F(ENUM,   ready.cause,           CAUSE) \
	F(OBJ,    ready.obj,             PLAIN) \
	F(STACK,  ready.stack,           PLAIN)

#define TRACE_GO_RUN_FIELDS(F) \
	F(GOID,   goid,                  PLAIN)

#define TRACE_CHAN_MAKE_FIELDS(F) \
	F(GOID,   goid,                  PLAIN) \
	F(CHAN,   make.chan,             PLAIN) \
	F(U64,    make.capacity,         PLAIN) \
	F(U32,    make.elem_size,        PLAIN) \
	F(STACK,  make.stack,            PLAIN) \
	F(FLAG,   make.timer,            BIT0)

#define TRACE_CHAN_CLOSE_FIELDS(F) \
	F(GOID,   goid,                  PLAIN) \
	F(CHAN,   close.chan,            PLAIN) \
	F(STACK,  close.stack,           PLAIN)

#define TRACE_CHAN_OP_FIELDS(F) \
	F(GOID,   goid,                  PLAIN) \
	F(CHAN,   op.chan,               PLAIN) \
	F(ENUM,   op.dir,                DIR) \
	F(U8,     op.result,             RESULT) \
	F(FLAG,   op.select,             BIT0)

#define TRACE_SNAP_BEGIN_FIELDS(F) \
	F(U8,     snap_begin.which,      WHICH) \
	F(U64,    snap_begin.allglen,    PLAIN)

#define TRACE_SNAP_GO_FIELDS(F) \
	F(GOID,   goid,                  PLAIN) \
	F(U8,     snap_go.which,         WHICH) \
	F(ENUM,   snap_go.state,         STATE) \
	F(U32,    snap_go.flags,         GO_FLAGS) \
	F(OTHER,  snap_go.parent,        PLAIN) \
	F(FRAME,  snap_go.site,          SITE) \
	F(FRAME,  snap_go.entry,         ENTRY) \
	F(S64,    snap_go.wait_since,    TIME) \
	F(REASON, snap_go.wait.reason,   PLAIN) \
	F(STACK,  snap_go.wait.stack,    PLAIN) \
	F(CASES,  snap_go.wait,          PLAIN)

#define TRACE_SNAP_CHAN_FIELDS(F) \
	F(U8,     snap_chan.which,       WHICH) \
	F(CHAN,   snap_chan.chan,        PLAIN) \
	F(U64,    snap_chan.capacity,    PLAIN) \
	F(U64,    snap_chan.length,      PLAIN) \
	F(U32,    snap_chan.elem_size,   PLAIN) \
	F(FLAG,   snap_chan.closed,      BIT0) \
	F(FLAG,   snap_chan.timer,       BIT1) \
	F(U32,    snap_chan.recvq,       PLAIN) \
	F(U32,    snap_chan.sendq,       PLAIN)

#define TRACE_SNAP_SYNC_FIELDS(F) \
	F(U8,     snap_sync.which,       WHICH) \
	F(SYNC,   snap_sync.sync,        PLAIN) \
	F(U32,    snap_sync.flags,       PLAIN) \
	F(S64,    snap_sync.counter,     PLAIN) \
	F(U64,    snap_sync.waiters,     PLAIN)

#define TRACE_SNAP_END_FIELDS(F) \
	F(U8,     snap_end.which,        WHICH) \
	F(U64,    snap_end.goroutines,   PLAIN) \
	F(U64,    snap_end.unread,       PLAIN) \
	F(FLAG,   snap_end.partial,      BIT0) \
	F(FLAG,   snap_end.searched,     BIT1) \
	F(FLAG,   snap_end.search_cut,   BIT2)

#define TRACE_SNAP_UNHELD_FIELDS(F) \
	F(GOID,   goid,                  PLAIN) \
	F(U8,     snap_unheld.which,     WHICH)

#define TRACE_SNAP_LOCK_FIELDS(F) \
	F(GOID,   goid,                  PLAIN) \
	F(U8,     snap_lock.which,       WHICH) \
	F(SYNC,   snap_lock.sync,        PLAIN) \
	F(ENUM,   snap_lock.mode,        LOCK_MODE) \
	F(FRAME,  snap_lock.taken,       SITE) \
	F(FRAME,  snap_lock.at,          SITE)

#define TRACE_SNAP_OWNER_FIELDS(F) \
	F(GOID,   goid,                  PLAIN) \
	F(U8,     snap_owner.which,      WHICH) \
	F(OBJ,    snap_owner.obj,        PLAIN) \
	F(ENUM,   snap_owner.kind,       OWNER_KIND) \
	F(U32,    snap_owner.flags,      OWNER_FLAGS) \
	F(FRAME,  snap_owner.frame,      SITE) \
	F(STRING, snap_owner.name,       SYMBOL) \
	F(PC,     snap_owner.addr,       PLAIN) \
	F(U64,    snap_owner.offset,     PLAIN) \
	F(U32,    snap_owner.distance,   PLAIN) \
	F(STEPS,  snap_owner,            PLAIN)

#define TRACE_SNAP_LABEL_FIELDS(F) \
	F(GOID,   goid,                  PLAIN) \
	F(U8,     snap_label.which,      WHICH) \
	F(STRING, snap_label.key,        NAME) \
	F(STRING, snap_label.value,      DATA)

#define TRACE_SNAP_USE_FIELDS(F) \
	F(GOID,   goid,                  PLAIN) \
	F(U8,     snap_use.which,        WHICH) \
	F(OBJ,    snap_use.obj,          PLAIN) \
	F(ENUM,   snap_use.use,          USE) \
	F(FRAME,  snap_use.at,           SITE)

#define TRACE_SNAP_FD_FIELDS(F) \
	F(U8,     snap_fd.which,         WHICH) \
	F(U32,    snap_fd.fd,            PLAIN) \
	F(ENUM,   snap_fd.kind,          FD_KIND) \
	F(U32,    snap_fd.flags,         PLAIN) \
	F(U8,     snap_fd.state,         PLAIN) \
	F(STRING, snap_fd.local,         DESCRIPTOR) \
	F(STRING, snap_fd.peer,          DESCRIPTOR)

#define TRACE_LOSS_FIELDS(F) \
	F(U8,     loss.cause,            LOSS_CAUSE) \
	F(U8,     loss.type,             TYPE) \
	F(SINCE,  loss.from,             TIME) \
	F(U64,    loss.count,            PLAIN) \
	F(U8,     loss.part,             LOSS_PART)

#define TRACE_PROC_EXIT_FIELDS(F) \
	F(FLAG,   proc_exit.known,       BIT0) \
	F(S32,    proc_exit.status,      PLAIN)

#define TRACE_SHORT_WAITS_FIELDS(F) \
	F(U64,    short_waits.limit,     PLAIN) \
	F(U64,    short_waits.count,     PLAIN) \
	F(U64,    short_waits.total,     PLAIN) \
	F(SINCE,  short_waits.from,      TIME)

#define TRACE_PROC_STATE_FIELDS(F) \
	F(U8,     proc_look.state,       PROC_STATE) \
	F(SINCE,  proc_look.from,        TIME)
/* clang-format on */

/* The same for who looks a field up while it runs. */
struct trace_field {
	const char *path; /* the member: "snap_go.parent" */
	uint8_t kind;     /* enum trace_field_kind */
	uint8_t value;    /* enum trace_field_value */
	uint16_t offset;  /* in struct trace_rec */
};

/* [*n], in the order of the payload. NULL and 0: no such type. */
const struct trace_field *trace_type_fields(enum trace_type t, uint32_t *n);
/* Without the struct: "parent". */
const char *trace_field_name(const struct trace_field *f);
/* Bytes of the member. */
size_t trace_field_bytes(const struct trace_field *f);
/* The number in a field of rec, of a kind that has one; signed ones are sign-extended. */
uint64_t trace_field_get(const struct trace_rec *rec, const struct trace_field *f);

#endif
