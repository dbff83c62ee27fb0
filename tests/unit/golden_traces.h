/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_TESTS_GOLDEN_TRACES_H
#define CHANREC_TESTS_GOLDEN_TRACES_H

/* The traces whose reports are in tests/golden/. Include trace_build.h first. */

#define G_PARK "runtime.gopark /usr/lib/go/src/runtime/proc.go:424|"
#define G_RECV \
	G_PARK "runtime.chanrecv /usr/lib/go/src/runtime/chan.go:639|runtime.chanrecv1 " \
	       "/usr/lib/go/src/runtime/chan.go:489|"
#define G_SEND \
	G_PARK "runtime.chansend /usr/lib/go/src/runtime/chan.go:259|runtime.chansend1 " \
	       "/usr/lib/go/src/runtime/chan.go:145|"
#define G_SELECT G_PARK "runtime.selectgo /usr/lib/go/src/runtime/select.go:335|"
#define G_LOCK \
	G_PARK "sync.runtime_SemacquireMutex /usr/lib/go/src/runtime/sema.go:95|sync.(*Mutex).lockSlow " \
	       "/usr/lib/go/src/sync/mutex.go:173|sync.(*Mutex).Lock /usr/lib/go/src/sync/mutex.go:92|"
#define G_EXIT "|runtime.goexit /usr/lib/go/src/runtime/asm_amd64.s:1700"
#define G_MAIN_ENTRY "runtime.main /usr/lib/go/src/runtime/proc.go:147"
#define G_MAIN "main.main /home/dev/shop/cmd/shop/main.go:"
#define G_READY(f) "runtime.ready /usr/lib/go/src/runtime/proc.go:961|" f

/*
 * A shop. main waits for workers. Workers take jobs from a dispatcher and lock
 * the stock, which a slow auditor holds. Each request has a handler that sends
 * its result on a channel; nobody reads it if the request timed out (the leak).
 */
static void golden_shop_start(struct tb *t, struct trace_obj jobs, struct trace_obj wg)
{
	tb_snap_begin(t, US(100), 0);
	tb_snap_go(t, US(110), 0, 1, TRACE_GO_WAITING, "", G_MAIN_ENTRY, TRACE_WAIT_WAITGROUP, wg, -SEC(240),
	           G_PARK "sync.runtime_SemacquireWaitGroup /usr/lib/go/src/runtime/sema.go:110|sync.(*WaitGroup).Wait "
	                  "/usr/lib/go/src/sync/waitgroup.go:118|" G_MAIN
	                  "61|runtime.main /usr/lib/go/src/runtime/proc.go:272" G_EXIT);
	tb_snap_go(t, US(115), 0, 2, TRACE_GO_WAITING, "runtime.init.7 /usr/lib/go/src/runtime/proc.go:336",
	           "runtime.forcegchelper /usr/lib/go/src/runtime/proc.go:339", TRACE_WAIT_SYSTEM, tb_none, 0,
	           G_PARK "runtime.forcegchelper /usr/lib/go/src/runtime/proc.go:348" G_EXIT);
	for (uint64_t g = 18; g < 21; g++)
		tb_snap_go(t, US(120) + (int64_t)g, 0, g, TRACE_GO_WAITING, G_MAIN "44",
		           "main.main.gowrap1 /home/dev/shop/cmd/shop/main.go:44", TRACE_WAIT_RECV, jobs, 0,
		           G_RECV "example.org/shop/pool.(*Worker).Run /home/dev/shop/pool/worker.go:31" G_EXIT);
	tb_snap_go(
	        t, US(150), 0, 21, TRACE_GO_WAITING, G_MAIN "50", "main.audit /home/dev/shop/cmd/shop/main.go:80",
	        TRACE_WAIT_SLEEP, tb_none, 0,
	        "time.Sleep /usr/lib/go/src/runtime/time.go:315|main.audit /home/dev/shop/cmd/shop/main.go:90" G_EXIT);
	tb_snap_go(t, US(151), 0, 22, TRACE_GO_RUNNING, G_MAIN "52",
	           "example.org/shop/pool.(*Pool).dispatch /home/dev/shop/pool/pool.go:20", 0, tb_none, 0, "");
	tb_snap_go(t, US(152), 0, 23, TRACE_GO_WAITING, G_MAIN "54", "main.legacy /home/dev/shop/cmd/shop/legacy.go:10",
	           TRACE_WAIT_NIL_RECV, (struct trace_obj){ .kind = TRACE_OBJ_NILCHAN }, -SEC(240),
	           G_RECV "main.legacy /home/dev/shop/cmd/shop/legacy.go:14" G_EXIT);
	tb_snap_go(t, US(153), 0, 24, TRACE_GO_WAITING, G_MAIN "55",
	           "net/http.(*Server).Serve /usr/lib/go/src/net/http/server.go:3300", TRACE_WAIT_NETWORK,
	           (struct trace_obj){ .kind = TRACE_OBJ_FD, .id = 3 }, 0,
	           G_PARK "internal/poll.runtime_pollWait /usr/lib/go/src/runtime/netpoll.go:351|net.(*netFD).accept "
	                  "/usr/lib/go/src/net/fd_unix.go:172|net/http.(*Server).Serve "
	                  "/usr/lib/go/src/net/http/server.go:3330" G_EXIT);
	tb_snap_chan(t, US(160), 0, jobs, 0, 0, false);
	tb_snap_end(t, US(170), 0, 9);
}

#define G_WORKER_LOCK \
	G_LOCK "example.org/shop/stock.(*Stock).Take " \
	       "/home/dev/shop/stock/stock.go:28|example.org/shop/pool.(*Worker).Run " \
	       "/home/dev/shop/pool/worker.go:40" G_EXIT
#define G_UNLOCK(f) G_READY("sync.(*Mutex).Unlock /usr/lib/go/src/sync/mutex.go:223|" f)

/* A second of jobs: each is sent and taken, waits for the stock's lock, which the auditor holds, and completes. */
static void golden_shop_jobs(struct tb *t, struct trace_obj jobs, struct trace_obj mu)
{
	for (int i = 0; i < 10; i++) {
		int64_t at = MS(100 * i + 10);
		uint64_t w = 18 + (uint64_t)i % 3;

		tb_ready(t, at, 22, w, TRACE_CAUSE_SEND, jobs,
		         G_READY("runtime.chansend1 "
		                 "/usr/lib/go/src/runtime/chan.go:145|example.org/shop/pool.(*Pool).dispatch "
		                 "/home/dev/shop/pool/pool.go:27") G_EXIT);
		tb_ready(t, at + MS(1), 0, 21, TRACE_CAUSE_TIMER, tb_none, "");
		tb_park(t, at + MS(2), w, TRACE_WAIT_MUTEX, mu, G_WORKER_LOCK);
		tb_park(t, at + MS(3), 21, TRACE_WAIT_SLEEP, tb_none,
		        "time.Sleep /usr/lib/go/src/runtime/time.go:315|main.audit "
		        "/home/dev/shop/cmd/shop/main.go:86" G_EXIT);
		tb_ready(t, at + MS(60), 0, 21, TRACE_CAUSE_TIMER, tb_none, "");
		tb_ready(t, at + MS(61), 21, w, TRACE_CAUSE_UNLOCK, mu,
		         G_UNLOCK("main.audit /home/dev/shop/cmd/shop/main.go:88") G_EXIT);
		tb_park(t, at + MS(62), 21, TRACE_WAIT_SLEEP, tb_none,
		        "time.Sleep /usr/lib/go/src/runtime/time.go:315|main.audit "
		        "/home/dev/shop/cmd/shop/main.go:90" G_EXIT);
		tb_park(t, at + MS(63), w, TRACE_WAIT_RECV, jobs,
		        G_RECV "example.org/shop/pool.(*Worker).Run /home/dev/shop/pool/worker.go:31" G_EXIT);
	}
}

/* Requests: the handler makes a channel and a goroutine; two of three give up before the result arrives. */
static void golden_shop_requests(struct tb *t)
{
	for (int i = 0; i < 12; i++) {
		int64_t at = SEC(1) + MS(50 * i);
		uint64_t h = 100 + 2 * (uint64_t)i, q = h + 1;
		struct trace_obj res = tb_chan(t), done = tb_chan(t), objs[2];

		tb_create(t, at, 24, h, "net/http.(*Server).Serve /usr/lib/go/src/net/http/server.go:3285",
		          "net/http.(*conn).serve /usr/lib/go/src/net/http/server.go:1900");
		tb_make(t, at + MS(1), h, res, 0,
		        "example.org/shop/api.(*API).Price /home/dev/shop/api/price.go:41|net/http.(*conn).serve "
		        "/usr/lib/go/src/net/http/server.go:2102" G_EXIT);
		tb_make(t, at + MS(1), h, done, 0,
		        "context.(*cancelCtx).Done "
		        "/usr/lib/go/src/context/context.go:446|example.org/shop/api.(*API).Price "
		        "/home/dev/shop/api/price.go:48" G_EXIT);
		tb_create(t, at + MS(2), h, q, "example.org/shop/api.(*API).Price /home/dev/shop/api/price.go:42",
		          "example.org/shop/api.(*API).Price.func1 /home/dev/shop/api/price.go:42");
		objs[0] = tb_dir(res, TRACE_DIR_RECV);
		objs[1] = tb_dir(done, TRACE_DIR_RECV);
		tb_park_n(t, at + MS(3), h, TRACE_WAIT_SELECT, objs, 2,
		          G_SELECT
		          "example.org/shop/api.(*API).Price /home/dev/shop/api/price.go:46|net/http.(*conn).serve "
		          "/usr/lib/go/src/net/http/server.go:2102" G_EXIT);
		if (i % 3) {
			tb_close(t, at + MS(20), 24, done,
			         "context.(*cancelCtx).cancel /usr/lib/go/src/context/context.go:560");
			tb_ready(t, at + MS(20), 24, h, TRACE_CAUSE_CLOSE, done,
			         G_READY("context.(*cancelCtx).cancel /usr/lib/go/src/context/context.go:560"));
			tb_exit(t, at + MS(21), h);
			tb_park(t, at + MS(30), q, TRACE_WAIT_SEND, res,
			        G_SEND "example.org/shop/api.(*API).Price.func1 /home/dev/shop/api/price.go:44" G_EXIT);
		} else {
			tb_ready(t, at + MS(10), q, h, TRACE_CAUSE_SEND, res,
			         G_READY("example.org/shop/api.(*API).Price.func1 /home/dev/shop/api/price.go:44")
			                 G_EXIT);
			tb_exit(t, at + MS(11), q);
			tb_exit(t, at + MS(12), h);
		}
	}
}

static void golden_shop(struct tb *t)
{
	struct trace_obj jobs = tb_chan(t), wg = tb_sync(t, TRACE_SYNC_WAITGROUP), mu = tb_sync(t, TRACE_SYNC_MUTEX);

	golden_shop_start(t, jobs, wg);
	golden_shop_jobs(t, jobs, mu);
	golden_shop_requests(t);
	/* at the end, the auditor was the last to take the lock, and sleeps; a worker waits for the lock */
	tb_ready(t, SEC(2), 22, 18, TRACE_CAUSE_SEND, jobs,
	         G_READY("example.org/shop/pool.(*Pool).dispatch /home/dev/shop/pool/pool.go:27") G_EXIT);
	tb_ready(t, SEC(2) + MS(1), 0, 21, TRACE_CAUSE_TIMER, tb_none, "");
	tb_park(t, SEC(2) + MS(1), 21, TRACE_WAIT_MUTEX, mu,
	        G_LOCK "main.audit /home/dev/shop/cmd/shop/main.go:84" G_EXIT);
	tb_ready(t, SEC(2) + MS(2), 20, 21, TRACE_CAUSE_UNLOCK, mu,
	         G_UNLOCK("example.org/shop/stock.(*Stock).Take /home/dev/shop/stock/stock.go:33") G_EXIT);
	tb_park(t, SEC(2) + MS(3), 18, TRACE_WAIT_MUTEX, mu, G_WORKER_LOCK);
	tb_park(t, SEC(2) + MS(4), 21, TRACE_WAIT_SLEEP, tb_none,
	        "time.Sleep /usr/lib/go/src/runtime/time.go:315|main.audit /home/dev/shop/cmd/shop/main.go:86" G_EXIT);
	tb_park(t, SEC(2) + MS(5), 22, TRACE_WAIT_SEND, jobs,
	        G_SEND "example.org/shop/pool.(*Pool).dispatch /home/dev/shop/pool/pool.go:27" G_EXIT);
	tb_owner(t, SEC(5), jobs, 0, "example.org/shop/pool.all", 3, 0x18, false);
	tb_owner(t, SEC(5), jobs, 1, G_MAIN "61", 1, 0, false);
	tb_owner(t, SEC(5), jobs, 19, "example.org/shop/pool.(*Worker).Run /home/dev/shop/pool/worker.go:40", 20, 8,
	         false);
	tb_owner(t, SEC(5), mu, 0, "example.org/shop/stock.mu", 0, 0, false);
	tb_owner(t, SEC(5), wg, 21, "main.audit /home/dev/shop/cmd/shop/main.go:86", 2, 0x40, true);
	tb_end(t, SEC(5));
}

/* The shop an hour later, recorded for twice as long: more stuck requests, no legacy goroutine, a new exporter. */
static void golden_shop_later(struct tb *t)
{
	struct trace_obj jobs = tb_chan(t), wg = tb_sync(t, TRACE_SYNC_WAITGROUP), out = tb_chan(t);

	golden_shop_start(t, jobs, wg);
	tb_exit(t, MS(5), 23);
	golden_shop_requests(t);
	for (uint64_t q = 0; q < 30; q++) {
		struct trace_obj res = tb_chan(t);

		tb_create(t, SEC(3), 24, 200 + q, "example.org/shop/api.(*API).Price /home/dev/shop/api/price.go:42",
		          "example.org/shop/api.(*API).Price.func1 /home/dev/shop/api/price.go:42");
		tb_park(t, SEC(3) + MS(30), 200 + q, TRACE_WAIT_SEND, res,
		        G_SEND "example.org/shop/api.(*API).Price.func1 /home/dev/shop/api/price.go:44" G_EXIT);
	}
	tb_create(t, SEC(4), 1, 300, G_MAIN "58", "example.org/shop/export.Run /home/dev/shop/export/run.go:12");
	tb_park(t, SEC(4) + MS(1), 300, TRACE_WAIT_RECV, out,
	        G_RECV "example.org/shop/export.Run /home/dev/shop/export/run.go:19" G_EXIT);
	tb_end(t, SEC(10));
}

/* The states of channels, with every channel operation recorded. */
static void golden_ops(struct tb *t)
{
	struct trace_obj sent = tb_chan(t), recv = tb_chan(t), closed = tb_chan(t), dangling = tb_chan(t),
	                 created = tb_chan(t);
	const struct trace_obj all[] = { sent, recv, closed, dangling, created };

	tb_create(t, US(10), 0, 1, "", G_MAIN_ENTRY);
	for (int i = 0; i < 5; i++)
		tb_make(t, US(20 + i), 1, all[i], (uint64_t)i, G_MAIN "10" G_EXIT);
	tb_op(t, US(40), 1, sent, TRACE_DIR_SEND, TRACE_OP_DONE);
	tb_op(t, US(41), 1, recv, TRACE_DIR_SEND, TRACE_OP_DONE);
	tb_op(t, US(42), 1, recv, TRACE_DIR_RECV, TRACE_OP_DONE);
	tb_op(t, US(43), 1, closed, TRACE_DIR_SEND, TRACE_OP_DONE);
	tb_close(t, US(44), 1, closed, G_MAIN "16" G_EXIT);
	tb_op(t, US(45), 1, closed, TRACE_DIR_RECV, TRACE_OP_DONE);
	tb_op(t, US(46), 1, closed, TRACE_DIR_RECV, TRACE_OP_CLOSED);
	tb_op(t, US(47), 1, recv, TRACE_DIR_RECV, TRACE_OP_NOT_READY);
	tb_park(t, US(50), 1, TRACE_WAIT_RECV, created, G_RECV G_MAIN "20" G_EXIT);
	tb_end(t, MS(1));
}

/* Hostile names. Tabs stand for blanks inside a name. */
static void golden_hostile(struct tb *t)
{
	static const char *const names[] = {
		"main.\"quoted\\\"\tlabel\"];}",
		"main.<script>alert(1)</script></svg>",
		"main.\x1b[31mred\x1b[0m\x07\r\nline",
		"main.bad\xff\xfe\xc3utf8\xe2\x80\xae"
		"bidi",
		"main.&lt;amp;\\N\\l%s%n;semi\tcolon'`$(x)",
		"main.ünïcode·世界",
	};
	char place[512], stack[8192] = "", longname[700];
	struct trace_obj ch = tb_chan(t), mu = tb_sync(t, TRACE_SYNC_MUTEX);

	memset(longname, 'x', sizeof(longname) - 1);
	memcpy(longname, "main.", 5);
	longname[sizeof(longname) - 1] = 0;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		snprintf(place, sizeof(place), "%s /tmp/\"x\"\x1b]0;t\x07/<b>&\\%zu.go:%zu", names[i], i, i + 1);
		snprintf(stack + strlen(stack), sizeof(stack) - strlen(stack), "%s%s", i ? "|" : G_RECV, place);
	}
	snprintf(stack + strlen(stack), sizeof(stack) - strlen(stack), "|%s /tmp/long.go:1|?", longname);
	for (uint64_t g = 2; g < 8; g++) {
		snprintf(place, sizeof(place), "%s /tmp/\"x\"\x1b]0;t\x07/<b>&\\%u.go:%u", names[g - 2],
		         (unsigned)g - 2, (unsigned)g - 1);
		tb_create(t, US(10), 1, g, place, place);
		tb_park(t, US(100), g, g % 2 ? TRACE_WAIT_RECV : TRACE_WAIT_MUTEX, g % 2 ? ch : mu, stack);
	}
	tb_ready(t, US(5000), 3, 2, TRACE_CAUSE_UNLOCK, mu, stack);
	tb_ready(t, US(9000), 2, 5, TRACE_CAUSE_SEND, ch, stack);
	tb_owner(t, MS(20), ch, 0, names[1], 2, 8, false);
	tb_owner(t, MS(20), ch, 4, place, 2, 8, false);
	tb_end(t, MS(20));
}

/* The program was killed during the first snapshot. */
static void golden_killed(struct tb *t)
{
	tb_rec(t, &(struct trace_rec){ .type = TRACE_SNAP_BEGIN, .time = US(100), .snap_begin = { 0, 37 } });
	tb_snap_go(t, US(110), 0, 1, TRACE_GO_WAITING, "", G_MAIN_ENTRY, TRACE_WAIT_SLEEP, tb_none, 0,
	           "time.Sleep /usr/lib/go/src/runtime/time.go:315|" G_MAIN
	           "61|runtime.main /usr/lib/go/src/runtime/proc.go:272" G_EXIT);
	tb_end(t, MS(1));
}

static void golden_empty(struct tb *t)
{
	tb_end(t, SEC(1));
}

/* One snapshot and nothing else: a nil channel, a lock that is held, a sender, a goroutine that kept moving. */
static void golden_dump(struct tb *t)
{
	struct trace_obj out = tb_dir(tb_chan(t), TRACE_DIR_SEND);
	struct trace_obj mu = tb_sync(t, TRACE_SYNC_MUTEX);
	const char *go = "main.main /srv/shop/main.go:20", *fn = "main.work /srv/shop/main.go:30";

	tb_snap_begin(t, US(10), 1);
	tb_snap_go(t, US(20), 1, 1, TRACE_GO_RUNNING, "", G_MAIN_ENTRY, 0, tb_none, 0, "");
	tb_snap_go(t, US(20), 1, 7, TRACE_GO_WAITING, go, fn, TRACE_WAIT_SEND, out, -SEC(250),
	           "runtime.gopark /usr/lib/go/src/runtime/proc.go:398|runtime.chansend "
	           "/usr/lib/go/src/runtime/chan.go:259|main.work /srv/shop/main.go:33" G_EXIT);
	tb_snap_go(t, US(20), 1, 8, TRACE_GO_WAITING, go, fn, TRACE_WAIT_NIL_RECV, tb_none, 0,
	           "main.work /srv/shop/main.go:35|panic /usr/lib/go/src/runtime/panic.go:1" G_EXIT);
	tb_snap_go(t, US(20), 1, 9, TRACE_GO_WAITING, go, fn, TRACE_WAIT_MUTEX, mu, -SEC(5),
	           "main.work /srv/shop/main.go:37" G_EXIT);
	tb_snap_go(t, US(20), 1, 10, TRACE_GO_SYSCALL, go, fn, 0, tb_none, 0, "main.work /srv/shop/main.go:39" G_EXIT);
	tb_rec(t, &(struct trace_rec){ .type = TRACE_SNAP_GO,
	                               .time = US(30),
	                               .goid = 11,
	                               .snap_go = { .which = 1,
	                                            .state = TRACE_GO_WAITING,
	                                            .flags = TRACE_GO_UNREAD,
	                                            .parent = 1,
	                                            .site = tb_frame(t, go),
	                                            .entry = tb_frame(t, fn),
	                                            .wait.reason = tb_reason(t, TRACE_WAIT_SEND) } });
	tb_snap_chan(t, US(40), 1, out, 0, 0, false);
	tb_snap_end(t, US(50), 1, 6);
	tb_end(t, US(60));
}

/* What three samples and a snapshot at the end show: a leak that grows, a worker, one goroutine that came and went. */
static void golden_samples(struct tb *t)
{
	struct trace_obj out = tb_dir(tb_chan(t), TRACE_DIR_SEND), jobs = tb_dir(tb_chan(t), TRACE_DIR_RECV);
	const char *go = "main.main /srv/shop/main.go:20", *fn = "main.ask /srv/shop/main.go:30";
	const char *send = G_SEND "main.ask /srv/shop/main.go:33" G_EXIT,
	           *recv = G_RECV "main.work /srv/shop/main.go:50" G_EXIT;

	t->samples = 5;
	tb_snap_begin(t, US(10), 0);
	tb_snap_go(t, US(20), 0, 1, TRACE_GO_RUNNING, "", G_MAIN_ENTRY, 0, tb_none, 0, "");
	tb_snap_go(t, US(20), 0, 6, TRACE_GO_WAITING, go, "main.work /srv/shop/main.go:49", TRACE_WAIT_RECV, jobs, 0,
	           recv);
	tb_snap_end(t, US(30), 0, 2);
	for (uint64_t g = 10; g < 16; g++) {
		tb_create(t, MS(500) * (int64_t)(g / 3 - 2), 7, g, go, fn);
		tb_park(t, MS(500) * (int64_t)(g / 3 - 2), g, TRACE_WAIT_SEND, out, send);
	}
	/* Its creator, 7, is not in any sample. */
	tb_create(t, SEC(1), 7, 20, go, fn);
	tb_ready(t, SEC(1), 0, 6, TRACE_CAUSE_UNKNOWN, tb_none, "");
	tb_park(t, SEC(1), 6, TRACE_WAIT_RECV, jobs, recv);
	tb_exit(t, MS(1500), 20);
	tb_snap_begin(t, SEC(2), 1);
	tb_snap_go(t, SEC(2), 1, 1, TRACE_GO_RUNNING, "", G_MAIN_ENTRY, 0, tb_none, 0, "");
	tb_snap_go(t, SEC(2), 1, 6, TRACE_GO_WAITING, go, "main.work /srv/shop/main.go:49", TRACE_WAIT_RECV, jobs, 0,
	           recv);
	for (uint64_t g = 10; g < 16; g++)
		tb_snap_go(t, SEC(2), 1, g, TRACE_GO_WAITING, go, fn, TRACE_WAIT_SEND, out, 0, send);
	tb_snap_chan(t, SEC(2), 1, out, 0, 0, false);
	tb_snap_end(t, SEC(2), 1, 8);
	tb_end(t, MS(2500));
}

struct golden {
	const char *name;
	void (*build)(struct tb *t);
	const char *exe;
	bool ops, exited;
	const char *build_id; /* NULL: the common one */
	uint8_t way;          /* enum trace_way */
};

static const struct golden goldens[] = {
	{ "shop", golden_shop, "/srv/shop/shop", false, false, NULL, 0 },
	{ "ops", golden_ops, "/srv/shop/shop", true, true, NULL, 0 },
	{ "hostile", golden_hostile, "/tmp/\x1b[2J\"</svg>\\evil\n", false, false, NULL, 0 },
	{ "empty", golden_empty, "/srv/shop/shop", false, false, NULL, 0 },
	{ "killed", golden_killed, "/srv/shop/shop", false, true, NULL, 0 },
	{ "shop-later", golden_shop_later, "/srv/shop/shop", false, false, NULL, 0 },
	{ "dump", golden_dump, "/srv/shop/shop", false, false, NULL, TRACE_WAY_DUMP },
	{ "samples", golden_samples, "/srv/shop/shop", false, false, NULL, TRACE_WAY_SAMPLES },
};

#define NGOLDENS (sizeof(goldens) / sizeof(*goldens))

/* Ended, not freed. */
static __attribute__((unused)) void golden_make(const struct golden *g, struct tb *t)
{
	*t = (struct tb){ .meta = tb_meta(), .exited = g->exited };
	t->meta.exe = g->exe;
	t->meta.command = g->exe;
	if (g->build_id)
		t->meta.build_id = g->build_id;
	t->meta.way = g->way;
	t->meta.sample = g->way == TRACE_WAY_SAMPLES ? MS(500) : 0;
	if (g->way) {
		t->meta.events = 0;
		t->meta.nprobes = 0;
	}
	if (g->ops)
		t->meta.events |= TRACE_EVENTS_OPS;
	tb_start(t);
	g->build(t);
}

#endif
