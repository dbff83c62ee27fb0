/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_FORMAT_TRACE_H
#define CHANREC_FORMAT_TRACE_H

/*
 * The trace file as its users see it: a stream of records, written by
 * trace_write() and read back by trace_reader_next(). docs/trace-format.md
 * specifies the bytes on disk, which only format/ knows.
 *
 * Times are nanoseconds since the start of the trace, signed because a time can
 * lie before the start. The order of the records is the order of the events (it
 * is the order of the ring). Times of neighbours can be slightly out of order; a
 * reader must go by the order of the records.
 *
 * Ids of definitions are dense and begin at 1; 0 means none. A definition comes
 * before its first use. If an id is defined again, the first definition holds
 * (the writer does not write the others, and the reader does not yield them).
 * Ids of wait reasons need not be dense.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/err.h"

#define TRACE_VERSION_MAJOR 1
#define TRACE_VERSION_MINOR 1

#define TRACE_MAX_FRAMES 128   /* frames of a stack, before inlining is expanded */
#define TRACE_MAX_INLINE 64    /* calls that share one pc */
#define TRACE_MAX_OBJS 1024    /* cases kept of one select */
#define TRACE_MAX_STEPS 16     /* of the path from an owner to its object */
#define TRACE_MAX_STRING 65535 /* bytes; the writer truncates longer ones */
#define TRACE_MAX_REASONS 256  /* ids 1 … 256, in any order */
#define TRACE_MAX_PROBES 1024
#define TRACE_MAX_ID ((1u << 28) - 1) /* of any other definition */
#define TRACE_MAX_TIME \
	(INT64_MAX / 4) /* ns before or after the start; the format has others, which no recorder writes */

/* The groups of events that a recording can have (--events). */
#define TRACE_EVENTS_SCHED 1u /* create, park, ready, exit */
#define TRACE_EVENTS_CHAN 2u  /* make, close */
#define TRACE_EVENTS_SYNC 4u  /* the objects of waits on sync.* */
#define TRACE_EVENTS_OPS 8u   /* every channel operation */
#define TRACE_EVENTS_RUN 16u

/* How a trace was made, which decides what it can know. */
enum trace_way {
	TRACE_WAY_PROBES = 0, /* every event, and memory at the start and the end */
	TRACE_WAY_DUMP = 1,   /* memory, once */
	TRACE_WAY_CORE = 2,   /* the same, from a core file */
	TRACE_WAY_TEXT = 3,   /* what Go itself printed about its goroutines */
	/*
	 * Memory again and again: events are what must have happened between two
	 * samples, at the time of the second. A go.ready names no waker, and the
	 * creator of a go.create may have exited before.
	 */
	TRACE_WAY_SAMPLES = 4,
	TRACE_WAYS,
};

/* "probes", "dump", "core", "text", "samples"; "unknown". */
const char *trace_way_name(uint8_t way);
/* Of enum trace_probing: "uprobe", "inline"; "unknown". */
const char *trace_probing_name(uint8_t probing);

enum trace_kind {
	TRACE_KIND_NONE = 0, /* no such type */
	TRACE_KIND_DEF,      /* a definition */
	TRACE_KIND_LIFE,     /* an event of which every one is needed: goroutine counts rest on it */
	TRACE_KIND_WAIT,     /* an event that the recorder may leave out, see record/limit/shed.h */
	TRACE_KIND_SNAP,     /* a snapshot of the target's memory */
	TRACE_KIND_ABOUT,    /* about the recording and the process */
};

/*
 * The record types: X(name in C, number on disk, name, kind, group of an
 * event). Append only. Each kind has its range of numbers, which
 * trace_type_is_…() rely on.
 */
#define TRACE_TYPES(X) \
	X(TRACE_DEF_STRING, 1, "def.string", DEF, 0) \
	X(TRACE_DEF_FUNC, 2, "def.func", DEF, 0) \
	X(TRACE_DEF_FRAME, 3, "def.frame", DEF, 0) \
	X(TRACE_DEF_STACK, 4, "def.stack", DEF, 0) \
	X(TRACE_DEF_CHAN, 5, "def.chan", DEF, 0) \
	X(TRACE_DEF_SYNC, 6, "def.sync", DEF, 0) \
	X(TRACE_DEF_REASON, 7, "def.reason", DEF, 0) \
	X(TRACE_GO_CREATE, 16, "go.create", LIFE, TRACE_EVENTS_SCHED) \
	X(TRACE_GO_EXIT, 17, "go.exit", LIFE, TRACE_EVENTS_SCHED) \
	X(TRACE_GO_PARK, 18, "go.park", WAIT, TRACE_EVENTS_SCHED) \
	X(TRACE_GO_READY, 19, "go.ready", WAIT, TRACE_EVENTS_SCHED) \
	X(TRACE_GO_RUN, 20, "go.run", WAIT, TRACE_EVENTS_RUN) \
	X(TRACE_CHAN_MAKE, 21, "chan.make", LIFE, TRACE_EVENTS_CHAN) \
	X(TRACE_CHAN_CLOSE, 22, "chan.close", LIFE, TRACE_EVENTS_CHAN) \
	X(TRACE_CHAN_OP, 23, "chan.op", WAIT, TRACE_EVENTS_OPS) \
	X(TRACE_SNAP_BEGIN, 32, "snap.begin", SNAP, 0) \
	X(TRACE_SNAP_GO, 33, "snap.go", SNAP, 0) \
	X(TRACE_SNAP_CHAN, 34, "snap.chan", SNAP, 0) \
	X(TRACE_SNAP_SYNC, 35, "snap.sync", SNAP, 0) \
	X(TRACE_SNAP_END, 36, "snap.end", SNAP, 0) \
	X(TRACE_SNAP_UNHELD, 37, "snap.unheld", SNAP, 0) /* before the end of its snapshot */ \
	X(TRACE_SNAP_LOCK, 38, "snap.lock", SNAP, 0)     /* before the end of its snapshot */ \
	X(TRACE_SNAP_OWNER, 39, "snap.owner", SNAP, 0)   /* before the end of its snapshot */ \
	X(TRACE_SNAP_LABEL, 40, "snap.label", SNAP, 0)   /* after the TRACE_SNAP_GO of its goroutine */ \
	X(TRACE_SNAP_USE, 42, "snap.use", SNAP, 0)       /* before the end of its snapshot */ \
	X(TRACE_SNAP_FD, 43, "snap.fd", SNAP, 0)         /* before the end of its snapshot */ \
	X(TRACE_LOSS, 48, "loss", ABOUT, 0) \
	X(TRACE_PROC_EXIT, 49, "proc.exit", ABOUT, 0) \
	X(TRACE_SHORT_WAITS, 50, "short.waits", ABOUT, 0) \
	X(TRACE_PROC_STATE, 51, "proc.state", ABOUT, 0)

enum trace_type {
#define X(type, number, ...) type = number,
	TRACE_TYPES(X)
#undef X
	        TRACE_TYPE_MAX = 63,
};

/* The first number of each range. */
#define TRACE_FIRST_EVENT 16
#define TRACE_FIRST_SNAP 32
#define TRACE_FIRST_ABOUT 48

/* What a goroutine waits on. */
enum trace_obj_kind {
	TRACE_OBJ_NONE = 0, /* unknown, or the reason has none (sleep, …) */
	TRACE_OBJ_CHAN = 1, /* id: a TRACE_DEF_CHAN */
	TRACE_OBJ_SYNC = 2, /* id: a TRACE_DEF_SYNC */
	TRACE_OBJ_FD = 3,   /* id: the file descriptor */
	TRACE_OBJ_NILCHAN = 4,
};

enum trace_dir {
	TRACE_DIR_NONE = 0,
	TRACE_DIR_SEND = 1,
	TRACE_DIR_RECV = 2,
	TRACE_DIR_READ_LOCK = 3,
	TRACE_DIR_WRITE_LOCK = 4
};

struct trace_obj {
	uint8_t kind; /* enum trace_obj_kind */
	uint8_t dir;  /* enum trace_dir; for a case of a select: send or receive */
	uint32_t id;
};

enum trace_sync_kind {
	TRACE_SYNC_UNKNOWN = 0, /* a semaphore whose owner is unknown */
	TRACE_SYNC_MUTEX = 1,
	TRACE_SYNC_RWMUTEX = 2,
	TRACE_SYNC_WAITGROUP = 3,
	TRACE_SYNC_COND = 4,
};

/* The meaning of a wait reason, independent of the Go version. Numbers and names differ between versions. */
enum trace_wait_class {
	TRACE_WAIT_OTHER = 0,
	TRACE_WAIT_RECV = 1,
	TRACE_WAIT_SEND = 2,
	TRACE_WAIT_SELECT = 3,
	TRACE_WAIT_NIL_RECV = 4,
	TRACE_WAIT_NIL_SEND = 5,
	TRACE_WAIT_EMPTY_SELECT = 6,
	TRACE_WAIT_SLEEP = 7,
	TRACE_WAIT_SEMACQUIRE = 8, /* up to Go 1.19 also mutex, rwmutex and waitgroup; see the sync object */
	TRACE_WAIT_MUTEX = 9,
	TRACE_WAIT_RWMUTEX_R = 10,
	TRACE_WAIT_RWMUTEX_W = 11,
	TRACE_WAIT_WAITGROUP = 12,
	TRACE_WAIT_COND = 13,
	TRACE_WAIT_NETWORK = 14, /* "IO wait" */
	TRACE_WAIT_SYSTEM = 15,  /* internal to the runtime: GC, scavenger, finalizer, … */
	TRACE_WAIT_COROUTINE = 16,
	TRACE_WAIT_SYNCTEST = 17,
};

/* What made a goroutine runnable. */
enum trace_cause {
	TRACE_CAUSE_UNKNOWN = 0,
	TRACE_CAUSE_SEND = 1,
	TRACE_CAUSE_RECV = 2,
	TRACE_CAUSE_CLOSE = 3,
	TRACE_CAUSE_TIMER = 4,
	TRACE_CAUSE_NETWORK = 5,
	TRACE_CAUSE_UNLOCK = 6,    /* Mutex.Unlock */
	TRACE_CAUSE_RWUNLOCK = 7,  /* RWMutex.Unlock, RUnlock */
	TRACE_CAUSE_WAITGROUP = 8, /* Done, Add */
	TRACE_CAUSE_COND = 9,      /* Signal, Broadcast */
	TRACE_CAUSE_SEMAPHORE = 10,
	TRACE_CAUSE_COROUTINE = 11,
	TRACE_CAUSE_RUNTIME = 12, /* GC and the like */
};

/* A goroutine's state in a snapshot. */
enum trace_go_state {
	TRACE_GO_STATE_UNKNOWN = 0, /* could not be read */
	TRACE_GO_RUNNABLE = 1,
	TRACE_GO_RUNNING = 2,
	TRACE_GO_SYSCALL = 3,
	TRACE_GO_WAITING = 4,
};

#define TRACE_STACK_TRUNCATED 1u /* deeper than TRACE_MAX_FRAMES, or the walk ended before the first frame */

#define TRACE_GO_SYSTEM 1u /* a goroutine of the runtime, by Go's isSystemGoroutine rule */
#define TRACE_GO_UNREAD 2u /* in a snapshot: its stack and what it waits on could not be read, only its state */

struct trace_def_string {
	uint32_t id;
	const char *s; /* terminated; any bytes but NUL */
};

struct trace_def_func {
	uint32_t id, name, file; /* strings */
	uint32_t start_line;     /* 0: unknown */
	uint32_t flags;          /* TRACE_FUNC_… */
};

/* Compiler-generated (a method's or a go statement's wrapper); Go's own traceback hides it. */
#define TRACE_FUNC_WRAPPER 1u

/* One of the calls inlined at a pc. */
struct trace_frame_line {
	uint32_t func, file, line; /* TRACE_DEF_FUNC; string; 1… (0: unknown) */
};

struct trace_def_frame {
	uint32_t id;
	uint64_t pc;                          /* address in the ELF file (not in memory) */
	uint32_t nlines;                      /* 0: not resolved */
	const struct trace_frame_line *lines; /* [nlines], innermost first */
};

struct trace_def_stack {
	uint32_t id;
	uint32_t flags; /* TRACE_STACK_… */
	uint32_t nframes;
	const uint32_t *frames; /* TRACE_DEF_FRAME, innermost first */
};

struct trace_def_chan {
	uint32_t id;
	uint64_t addr;
	uint32_t gen; /* counts the channels seen at this address, from 1 */
};

struct trace_def_sync {
	uint32_t id;
	uint8_t kind;  /* enum trace_sync_kind */
	uint64_t addr; /* of the object (the Mutex, the Cond), not of its semaphore; if unknown, of the semaphore */
};

struct trace_def_reason {
	uint32_t id;   /* number + 1 */
	uint8_t class; /* enum trace_wait_class */
	uint32_t name; /* string, as Go's traceback prints it */
};

/* ev.goid is the creator; 0: unknown. */
struct trace_go_create {
	uint64_t child;
	uint32_t site;  /* frame: the go statement */
	uint32_t entry; /* frame: first line of the goroutine's function */
	uint32_t stack; /* of the creator */
	uint32_t flags; /* TRACE_GO_SYSTEM */
};

struct trace_go_park {
	uint32_t reason; /* TRACE_DEF_REASON */
	uint32_t stack;
	uint32_t nobjs;     /* only a select has several */
	uint32_t nobjs_all; /* including those that were cut */
	const struct trace_obj
	        *objs; /* [nobjs]; for a select, in the order of the runtime's cases: sends, then receives */
};

/* ev.goid is the waker; 0: none (a timer run by the scheduler, the network). */
struct trace_go_ready {
	uint64_t woken;
	uint8_t cause;        /* enum trace_cause */
	struct trace_obj obj; /* what fired: the channel (also in a select), the sync object; kind NONE: unknown */
	uint32_t stack;       /* of the waker */
};

struct trace_chan_make {
	uint32_t chan;
	uint64_t capacity;
	uint32_t elem_size;
	uint32_t stack;
	bool timer; /* a time.Timer's or Ticker's channel (Go 1.23 on) */
};

struct trace_chan_close {
	uint32_t chan, stack;
};

enum trace_op_result {
	TRACE_OP_DONE = 0,     /* a value was sent or received */
	TRACE_OP_CLOSED = 1,   /* a receive from a closed channel */
	TRACE_OP_NOT_READY = 2 /* a non-blocking operation that did nothing */
};

/* A channel operation that has ended; --events ops only. */
struct trace_chan_op {
	uint32_t chan;
	uint8_t dir;    /* enum trace_dir */
	uint8_t result; /* enum trace_op_result */
	bool select;    /* by a select with several cases */
};

struct trace_snap_begin {
	uint8_t which;    /* 0 at the start, 1 at the end */
	uint64_t allglen; /* entries of runtime.allgs */
};

/*
 * One goroutine, as of ev.time. ev.goid is its id. Records of a snapshot are
 * placed among the events by their time.
 */
struct trace_snap_go {
	uint8_t which;
	uint8_t state;             /* enum trace_go_state */
	uint32_t flags;            /* TRACE_GO_SYSTEM */
	uint64_t parent;           /* 0: unknown (before Go 1.21) */
	uint32_t site, entry;      /* frames, as in trace_go_create */
	int64_t wait_since;        /* g.waitsince: the wait began at this time or earlier; 0: unknown */
	struct trace_go_park wait; /* if WAITING; else only .stack (0 if running) */
};

struct trace_snap_chan {
	uint8_t which;
	uint32_t chan;
	uint64_t capacity, length;
	uint32_t elem_size;
	bool closed, timer;
	uint32_t recvq, sendq; /* waiting goroutines; a select counts once per case */
};

#define TRACE_SYNC_LOCKED 1u       /* Mutex; RWMutex: by a writer */
#define TRACE_SYNC_WRITER_WAITS 2u /* RWMutex: a writer waits for readers */

struct trace_snap_sync {
	uint8_t which;
	uint32_t sync;
	uint32_t flags;  /* TRACE_SYNC_… */
	int64_t counter; /* WaitGroup: outstanding Done calls; RWMutex: readers that hold it */
	uint64_t waiters;
};

struct trace_snap_end {
	uint8_t which;
	uint64_t goroutines; /* records written */
	uint64_t unread;     /* goroutines that kept changing and could not be read completely */
	bool partial;        /* the target exited meanwhile, or memory could not be read */
	bool searched;       /* the TRACE_SNAP_UNHELD records name all unreachable goroutines */
	bool search_cut;     /* the search for them, or for owners, had no time to end */
};

/*
 * ev.goid is unreachable: it waits, and the search found no path to what it waits
 * for from anything that can still run, see record/reach/reach.h.
 */
struct trace_snap_unheld {
	uint8_t which;
};

/* A label that the program gave ev.goid (pprof.Do, pprof.SetGoroutineLabels). */
struct trace_snap_label {
	uint8_t which;
	uint32_t key, value; /* strings */
};

enum trace_fd_kind {
	TRACE_FD_UNKNOWN = 0,
	TRACE_FD_FILE = 1,
	TRACE_FD_TCP = 2,
	TRACE_FD_UDP = 3,
	TRACE_FD_UNIX = 4,
	TRACE_FD_SOCKET = 5, /* another socket, or one of which nothing more is known */
	TRACE_FD_PIPE = 6,
	TRACE_FD_OTHER = 7, /* local says what: "anon_inode:inotify" */
	TRACE_FD_KINDS,
};

#define TRACE_FD_ALONE 1u  /* a pipe of which no process has the other end */
#define TRACE_FD_WRITES 2u /* the end of a pipe for writing */

/* TCP states as the kernel numbers them (include/net/tcp_states.h). */
#define TRACE_TCP_LISTEN 10

/* A descriptor that goroutines wait for. */
struct trace_snap_fd {
	uint8_t which;
	uint32_t fd;
	uint8_t kind;         /* enum trace_fd_kind */
	uint32_t flags;       /* TRACE_FD_… */
	uint8_t state;        /* of a TCP connection; 0: unknown */
	uint32_t local, peer; /* strings: addresses; a path; of a pipe, the processes that have the other end */
};

/* How a goroutine has a Mutex or RWMutex. */
enum trace_lock_mode {
	TRACE_LOCK_NONE = 0,    /* ev.goid is 0: locked, yet no goroutine is in code that holds it */
	TRACE_LOCK_READ = 1,    /* RWMutex.RLock */
	TRACE_LOCK_WRITE = 2,   /* any other Lock */
	TRACE_LOCK_PENDING = 3, /* it waits in RWMutex.Lock for the readers, and keeps others out */
	TRACE_LOCK_MODES,
};

/*
 * ev.goid holds a lock that others wait for, as the code of one of its frames
 * shows, see gobin/lockregion.h.
 */
struct trace_snap_lock {
	uint8_t which;
	uint32_t sync;
	uint8_t mode;   /* enum trace_lock_mode */
	uint32_t taken; /* frame: where it took the lock */
	/* frame: where the same function is now. TRACE_LOCK_NONE: where a function returns with the lock; 0: not known.
	 */
	uint32_t at;
};

/* How a goroutine can end the waits of others. */
enum trace_use {
	TRACE_USE_UNKNOWN = 0,
	TRACE_USE_SEND = 1,
	TRACE_USE_RECV = 2,
	TRACE_USE_CLOSE = 3,
	TRACE_USE_DONE = 4,   /* WaitGroup.Done */
	TRACE_USE_SIGNAL = 5, /* Cond.Signal, Cond.Broadcast */
	TRACE_USES,
};

/*
 * ev.goid can do so with an object that others wait for, once it goes on: a way
 * leads there through the code of one of its frames, see gobin/lockregion.h.
 */
struct trace_snap_use {
	uint8_t which;
	struct trace_obj obj;
	uint8_t use; /* enum trace_use */
	uint32_t at; /* frame: the call that does it */
};

/* What has a pointer to an object, or to something from which pointers lead to it. */
enum trace_owner_kind {
	TRACE_OWNER_UNKNOWN = 0,
	TRACE_OWNER_GOROUTINE = 1, /* its stack */
	TRACE_OWNER_VARIABLE = 2,
};

#define TRACE_OWNER_COMPLETE 1u /* the last record of an object of which all owners are in the trace */
#define TRACE_OWNER_CUT 2u      /* steps in the middle of the path are missing */

/* A heap object on the way from an owner. */
struct trace_owner_step {
	uint64_t addr;   /* where it begins, in memory */
	uint64_t offset; /* in it: of the pointer to the next step; in the last one, of the object itself */
};

/*
 * One owner of an object that goroutines wait for. Goroutines that wait for the
 * object themselves are left out. ev.goid: the goroutine whose stack it is.
 */
struct trace_snap_owner {
	uint8_t which;
	struct trace_obj obj; /* .dir is TRACE_DIR_NONE */
	uint8_t kind;         /* enum trace_owner_kind */
	uint32_t flags;       /* TRACE_OWNER_… */
	uint32_t frame;       /* of the stack; 0: unknown, or not on a stack */
	uint32_t name;        /* string: the variable; 0: unknown */
	uint64_t addr;        /* of the word in a variable that begins the path, in the ELF file; on a stack 0 */
	uint64_t offset;      /* of that word in the variable that has the name */
	uint32_t distance;    /* pointers to follow: 0 the object is in the variable itself */
	uint32_t nsteps;      /* at most distance; 0: the path is unknown, or there is none */
	const struct trace_owner_step *steps; /* [nsteps] */
};

enum trace_loss_cause {
	TRACE_LOSS_RING = 0,   /* the ring was full; .type names the events */
	TRACE_LOSS_STACK = 1,  /* stacks that could not be read or sent; the events are there */
	TRACE_LOSS_CASES = 2,  /* selects with more cases than the trace keeps */
	TRACE_LOSS_MEMORY = 3, /* memory of the target that a probe could not read */
	/* left out on purpose, in the order that docs/design.md gives */
	TRACE_LOSS_ROOM = 4,     /* to keep room in the ring; events for which it had no room are TRACE_LOSS_RING */
	TRACE_LOSS_SIZE = 5,     /* to keep the file within trace_meta.max_size */
	TRACE_LOSS_OVERHEAD = 6, /* to keep within trace_meta.max_overhead */
	TRACE_LOSS_CAUSES
};

enum trace_loss_part {
	TRACE_LOSS_EVENT = 0,     /* events of this type */
	TRACE_LOSS_ITS_STACK = 1, /* only their stacks; the events are in the trace */
};

/* What was lost between from and ev.time. */
struct trace_loss {
	uint8_t cause; /* enum trace_loss_cause */
	uint8_t type;  /* enum trace_type of what was lost */
	int64_t from;
	uint64_t count; /* 0: unknown, since they were not counted */
	uint8_t part;   /* enum trace_loss_part */
};

/* Waits that ended between from and ev.time and were left out because they were shorter than limit. */
struct trace_short_waits {
	uint64_t limit, count, total; /* limit, total: ns */
	int64_t from;
};

/* What kept the whole process from running. */
enum trace_proc_state {
	TRACE_PROC_GOES_ON = 0, /* nothing, or unknown */
	TRACE_PROC_STOPPED = 1, /* a signal or a debugger */
	TRACE_PROC_FROZEN = 2,  /* its cgroup */
};

/*
 * The state of the process at every check between from and ev.time. Written about
 * once a second, so it also shows how long a recording lasted that was cut off.
 */
struct trace_proc_look {
	uint8_t state; /* enum trace_proc_state */
	int64_t from;
};

struct trace_proc_exit {
	bool known;     /* the status is known (if chanrec started the process) */
	int32_t status; /* as from waitpid() */
};

/* A record of any type. Definitions have time 0 and goid 0. */
struct trace_rec {
	enum trace_type type;
	int64_t time;
	uint64_t goid;
	union {
		struct trace_def_string def_string;
		struct trace_def_func def_func;
		struct trace_def_frame def_frame;
		struct trace_def_stack def_stack;
		struct trace_def_chan def_chan;
		struct trace_def_sync def_sync;
		struct trace_def_reason def_reason;
		struct trace_go_create create;
		struct trace_go_park park;
		struct trace_go_ready ready;
		struct trace_chan_make make;
		struct trace_chan_close close;
		struct trace_chan_op op;
		struct trace_snap_begin snap_begin;
		struct trace_snap_go snap_go;
		struct trace_snap_chan snap_chan;
		struct trace_snap_sync snap_sync;
		struct trace_snap_end snap_end;
		struct trace_snap_unheld snap_unheld;
		struct trace_snap_lock snap_lock;
		struct trace_snap_use snap_use;
		struct trace_snap_owner snap_owner;
		struct trace_snap_label snap_label;
		struct trace_snap_fd snap_fd;
		struct trace_loss loss;
		struct trace_proc_exit proc_exit;
		struct trace_short_waits short_waits;
		struct trace_proc_look proc_look;
	};
};

static inline bool trace_type_is_def(enum trace_type t)
{
	return t < TRACE_FIRST_EVENT;
}

static inline bool trace_type_is_event(enum trace_type t)
{
	return t >= TRACE_FIRST_EVENT && t < TRACE_FIRST_SNAP;
}

static inline bool trace_type_is_snap(enum trace_type t)
{
	return t >= TRACE_FIRST_SNAP && t < TRACE_FIRST_ABOUT;
}

enum trace_kind trace_type_kind(enum trace_type t); /* TRACE_KIND_NONE: no such type */
uint32_t trace_type_group(enum trace_type t);       /* TRACE_EVENTS_…; 0: no event */
/* "go.park", "chan.make", …, "def.stack"; "?": no such type. */
const char *trace_type_name(enum trace_type t);
const char *trace_cause_name(enum trace_cause c);         /* "send", "unlock", … */
const char *trace_sync_kind_name(enum trace_sync_kind k); /* "sync.Mutex", …, "semaphore" */
const char *trace_loss_name(uint8_t cause);               /* "ring", "size", …; "other" */

/* A reader of version 1.0 takes every value but 0 for missing. */
enum trace_probe_status {
	TRACE_PROBE_ATTACHED = 0,
	TRACE_PROBE_MISSING = 1,
	TRACE_PROBE_NOT_NEEDED = 2, /* the program cannot cause the event: without a select there is no selectgo */
};

struct trace_probe {
	const char *event; /* "go.park" */
	const char *func;  /* "runtime.gopark" */
	uint64_t addr;     /* in the ELF file; 0 when missing */
	const char *insn;  /* "push rbp" */
	uint8_t status;    /* enum trace_probe_status */
	bool single_step;  /* the kernel single-steps it: costly */
	const char *note;  /* how it was found, or why it is missing and what the trace lacks without it */
};

/* How the probes were set. */
enum trace_probing {
	TRACE_PROBING_UPROBE = 0, /* by the kernel */
	TRACE_PROBING_INLINE = 1, /* jumps that the recorder wrote into the process's code */
};

/* The header. After reading, strings are never NULL; "" if unknown. */
struct trace_meta {
	uint16_t major, minor;  /* of the file; set by the writer */
	const char *recorder;   /* "chanrec 0.1.0" */
	const char *exe;        /* path of the program */
	const char *command;    /* its command line, arguments quoted as for a shell */
	const char *build_id;   /* Go's, else GNU's in hex */
	const char *go_version; /* "go1.23.1" */
	const char *module;     /* main module's path, or "" */
	const char *kernel, *host, *arch;
	const char *offsets_from; /* source of the structure offsets, for humans */
	const char *symbols_from;
	const char *slice; /* the trace has only what belongs to one finding: which one; "": it is no slice */
	uint32_t pid;
	uint32_t cpus;
	uint32_t events;       /* TRACE_EVENTS_… */
	int64_t start_wall;    /* ns since 1970, at time 0 */
	int64_t start_mono;    /* CLOCK_MONOTONIC at time 0 */
	uint64_t max_size;     /* limit of the file's size in bytes, enforced by trace_write(); 0: unlimited */
	uint32_t max_overhead; /* limit of the share of the target's CPU time, in millionths; 0: unlimited */
	uint8_t probing;       /* enum trace_probing */
	uint8_t way;           /* enum trace_way; a reader passes on values that it does not know */
	uint64_t sample;       /* of TRACE_WAY_SAMPLES: ns between two samples, as asked for */
	uint32_t nprobes;
	const struct trace_probe *probes;
};

/* The end of the file, written when the recording ends normally. */
struct trace_end {
	int64_t duration;
	uint64_t events; /* event records, without snapshots */
	uint64_t lost;   /* sum of the TRACE_LOSS_RING losses */
	bool target_exited;
	const char *reason; /* "interrupted", "duration over", "target exited", … */
	/* the probes' share of the target's CPU time in millionths: over the recording, and the highest measurement */
	bool has_overhead;
	uint32_t overhead, overhead_max;
	uint64_t samples; /* of TRACE_WAY_SAMPLES: how many there are */
};

/*
 * The writer. Errors of the file stick: after a failed write every call fails.
 * -EINVAL refuses a record that breaks a rule of the format (an undefined id, a
 * count over its TRACE_MAX_…, a goroutine id of 2^63 or more), -EFBIG one with
 * which the file might exceed trace_meta.max_size; either leaves the writer
 * unchanged. Some room is always reserved for losses, the end of a snapshot and
 * the exit of the process.
 */
struct trace_writer;

/* Writes the header to fd, which the caller keeps. */
int trace_writer_open(struct trace_writer **w, int fd, const struct trace_meta *meta, struct err *err);
/*
 * Appends rec, copying what it points to. Flushes by itself when a block is full.
 * goid is kept only for types that have one (go.*, chan.* and TRACE_SNAP_GO).
 */
int trace_write(struct trace_writer *w, const struct trace_rec *rec, struct err *err);
/* Flushes the buffers, so that everything written so far can be read. */
int trace_writer_flush(struct trace_writer *w, struct err *err);
/* Flushes, then writes the index and the end. Does not free the writer. */
int trace_writer_end(struct trace_writer *w, const struct trace_end *end, struct err *err);
uint64_t trace_writer_bytes(const struct trace_writer *w);
/* The likely size of the file if it ended here, judging by how earlier blocks compressed. */
uint64_t trace_writer_likely(const struct trace_writer *w);
/* Makes that exact by flushing the buffers, unless they hold little. */
int trace_writer_know(struct trace_writer *w, struct err *err);
/* The part of that size that is definitions. */
uint64_t trace_writer_definitions(const struct trace_writer *w);
/* Whether the file would fit `bytes` if it ended here; flushes if only that can tell. 1, 0, -errno. */
int trace_writer_fits(struct trace_writer *w, uint64_t bytes, struct err *err);
/* For a copy of a trace: from now on, trace_meta.max_size is only what the recording was limited to. */
void trace_writer_no_limit(struct trace_writer *w);
void trace_writer_free(struct trace_writer *w);

/*
 * The reader. It streams, holds one block, and trusts nothing in the file.
 */
struct trace_reader;

/* Whether a file that begins with these n bytes is a trace; TRACE_HEAD_BYTES are enough. */
#define TRACE_HEAD_BYTES 12
bool trace_is(const void *head, size_t n);

/* path "-" is stdin. Refuses other formats and major versions. */
int trace_reader_open(struct trace_reader **r, const char *path, struct err *err);
/* The same for n bytes of memory, which must outlive the reader. */
int trace_reader_open_mem(struct trace_reader **r, const void *data, size_t n, struct err *err);
const struct trace_meta *trace_reader_meta(const struct trace_reader *r);
/*
 * 1 and the next record, whose pointers are valid until the next call; 0 at the
 * end; -errno with a message at damage (what came before remains valid; -ENODATA
 * if the file just stops because the recorder was killed). Errors stick.
 *
 * Ids in records are checked to be defined (or 0), and lengths to be within the
 * TRACE_MAX_…. Records of unknown types are skipped. Unknown enum values (of a
 * newer minor version) become 0 where 0 means unknown; trace_loss.cause and
 * trace_chan_op.result are passed on unchanged.
 */
int trace_reader_next(struct trace_reader *r, struct trace_rec *rec, struct err *err);
/*
 * Skips blocks of events that end before this time without decoding them, but
 * yields all definitions. For a look at one moment: what the skipped events did
 * to goroutines is then unknown.
 */
void trace_reader_from(struct trace_reader *r, int64_t time);
/* NULL until the end is read, or if there is none. */
const struct trace_end *trace_reader_end(const struct trace_reader *r);
/* Bytes read so far of the file, and of the stream inside it. */
uint64_t trace_reader_bytes(const struct trace_reader *r);
uint64_t trace_reader_raw_bytes(const struct trace_reader *r);
/* The number of skipped records of unknown types (of a newer minor version). */
uint64_t trace_reader_skipped(const struct trace_reader *r);
void trace_reader_free(struct trace_reader *r);

#endif
