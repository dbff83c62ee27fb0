// SPDX-License-Identifier: GPL-2.0-or-later
/* What stacks tell, for the frames of each kind of wait and wake-up in Go 1.19, 1.23 and 1.27. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "format/trace.h"
#include "record/goread/stackinfo.h"

static const struct go_layout layout = {
	.mutex_sema = 4,
	.rwmutex_w = 0,
	.rwmutex_writersem = 8,
	.rwmutex_readersem = 12,
	.wg_sema = 8,
	.cond_notify = 16,
};

#define NAMES(...) (const char *const[]){ __VA_ARGS__ }, sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *)

static void check_wait(const char *const *names, size_t n, uint8_t kind, uint8_t dir, int32_t off)
{
	struct stack_info i = { 0 };

	stack_info_classify(&i, names, n, &layout);
	assert_int_equal(i.sync_kind, kind);
	assert_int_equal(i.dir, dir);
	assert_int_equal(i.sync_off, off);
}

static void check_cause(const char *const *names, size_t n, uint8_t cause)
{
	struct stack_info i = { 0 };

	stack_info_classify(&i, names, n, &layout);
	assert_int_equal(i.cause, cause);
}

static void test_waits(void **state)
{
	check_wait(NAMES("runtime.goparkunlock", "runtime.semacquire1", "sync.runtime_SemacquireMutex",
	                 "sync.(*Mutex).lockSlow", "sync.(*Mutex).Lock", "main.f"),
	           TRACE_SYNC_MUTEX, TRACE_DIR_WRITE_LOCK, 4);
	check_wait(NAMES("runtime.semacquire1", "internal/sync.runtime_SemacquireMutex",
	                 "internal/sync.(*Mutex).lockSlow", "internal/sync.(*Mutex).Lock", "sync.(*Mutex).Lock",
	                 "main.f"),
	           TRACE_SYNC_MUTEX, TRACE_DIR_WRITE_LOCK, 4);
	/* The mutex inside an RWMutex belongs to it. */
	check_wait(NAMES("runtime.semacquire1", "sync.runtime_SemacquireMutex", "sync.(*Mutex).lockSlow",
	                 "sync.(*Mutex).Lock", "sync.(*RWMutex).Lock", "main.f"),
	           TRACE_SYNC_RWMUTEX, TRACE_DIR_WRITE_LOCK, 4);
	check_wait(NAMES("runtime.semacquire1", "sync.runtime_SemacquireRWMutex", "sync.(*RWMutex).Lock", "main.f"),
	           TRACE_SYNC_RWMUTEX, TRACE_DIR_WRITE_LOCK, 8);
	check_wait(NAMES("runtime.semacquire1", "sync.runtime_SemacquireRWMutexR", "sync.(*RWMutex).RLock", "main.f"),
	           TRACE_SYNC_RWMUTEX, TRACE_DIR_READ_LOCK, 12);
	check_wait(NAMES("runtime.semacquire1", "sync.runtime_SemacquireWaitGroup", "sync.(*WaitGroup).Wait", "main.f"),
	           TRACE_SYNC_WAITGROUP, TRACE_DIR_NONE, 8);
	check_wait(NAMES("runtime.goparkunlock", "sync.runtime_notifyListWait", "sync.(*Cond).Wait", "main.f"),
	           TRACE_SYNC_COND, TRACE_DIR_NONE, 16);
	check_wait(NAMES("runtime.semacquire1", "internal/poll.runtime_Semacquire", "internal/poll.(*fdMutex).rwlock"),
	           TRACE_SYNC_UNKNOWN, TRACE_DIR_NONE, 0);
	check_wait(NAMES("runtime.netpollblock", "internal/poll.runtime_pollWait", "internal/poll.(*pollDesc).wait",
	                 "internal/poll.(*pollDesc).waitRead", "internal/poll.(*FD).Accept"),
	           TRACE_SYNC_UNKNOWN, TRACE_DIR_RECV, 0);
	check_wait(NAMES("runtime.chanrecv", "runtime.chanrecv1", "main.f"), TRACE_SYNC_UNKNOWN, TRACE_DIR_NONE, 0);
}

static void test_causes(void **state)
{
	check_cause(NAMES("runtime.goready.func1", "runtime.systemstack", "runtime.goready", "runtime.send",
	                  "runtime.chansend", "runtime.chansend1", "main.f"),
	            TRACE_CAUSE_SEND);
	check_cause(NAMES("runtime.send.goready.func1", "runtime.systemstack", "runtime.goready", "runtime.send",
	                  "runtime.chansend"),
	            TRACE_CAUSE_SEND);
	check_cause(
	        NAMES("_.goready.func1", "runtime.goready", "runtime.goroutineReady", "runtime.(*timer).unlockAndRun"),
	        TRACE_CAUSE_TIMER);
	check_cause(
	        NAMES("_.goready.func1", "runtime.systemstack", "runtime.goready", "runtime.recv", "runtime.chanrecv"),
	        TRACE_CAUSE_RECV);
	check_cause(NAMES("runtime.goready.func1", "runtime.systemstack", "runtime.recv", "runtime.chanrecv", "main.f"),
	            TRACE_CAUSE_RECV);
	check_cause(
	        NAMES("runtime.goready.func1", "runtime.systemstack", "runtime.goready", "runtime.closechan", "main.f"),
	        TRACE_CAUSE_CLOSE);
	check_cause(NAMES("runtime.goready.func1", "runtime.systemstack", "runtime.goready", "runtime.goroutineReady",
	                  "runtime.runOneTimer"),
	            TRACE_CAUSE_TIMER);
	check_cause(NAMES("runtime.goready.func1", "runtime.systemstack", "runtime.goready", "runtime.send",
	                  "runtime.chansend", "runtime.selectnbsend", "time.sendTime", "runtime.runOneTimer"),
	            TRACE_CAUSE_TIMER);
	check_cause(NAMES("runtime.goready.func1", "runtime.systemstack", "runtime.readyWithTime",
	                  "runtime.semrelease1", "sync.runtime_Semrelease", "sync.(*Mutex).unlockSlow",
	                  "sync.(*Mutex).Unlock", "main.f"),
	            TRACE_CAUSE_UNLOCK);
	check_cause(NAMES("runtime.systemstack", "runtime.readyWithTime", "runtime.semrelease1",
	                  "internal/sync.runtime_Semrelease", "internal/sync.(*Mutex).unlockSlow",
	                  "internal/sync.(*Mutex).Unlock", "sync.(*Mutex).Unlock", "main.f"),
	            TRACE_CAUSE_UNLOCK);
	check_cause(NAMES("runtime.systemstack", "runtime.readyWithTime", "runtime.semrelease1",
	                  "sync.runtime_Semrelease", "sync.(*Mutex).unlockSlow", "sync.(*Mutex).Unlock",
	                  "sync.(*RWMutex).Unlock", "main.f"),
	            TRACE_CAUSE_RWUNLOCK);
	check_cause(NAMES("runtime.systemstack", "runtime.readyWithTime", "runtime.semrelease1",
	                  "sync.runtime_Semrelease", "sync.(*RWMutex).RUnlock", "main.f"),
	            TRACE_CAUSE_RWUNLOCK);
	check_cause(NAMES("runtime.systemstack", "runtime.readyWithTime", "runtime.semrelease1",
	                  "sync.runtime_Semrelease", "sync.(*WaitGroup).Add", "sync.(*WaitGroup).Done", "main.f"),
	            TRACE_CAUSE_WAITGROUP);
	check_cause(NAMES("runtime.systemstack", "runtime.readyWithTime", "sync.runtime_notifyListNotifyAll",
	                  "sync.(*Cond).Broadcast"),
	            TRACE_CAUSE_COND);
	check_cause(NAMES("runtime.systemstack", "runtime.readyWithTime", "runtime.semrelease1",
	                  "internal/poll.runtime_Semrelease", "internal/poll.(*fdMutex).rwunlock"),
	            TRACE_CAUSE_SEMAPHORE);
	check_cause(NAMES("runtime.systemstack", "runtime.goready", "runtime.gcMarkDone"), TRACE_CAUSE_RUNTIME);
	check_cause(NAMES("runtime.gcFlushBgCredit", "runtime.gcDrain", "runtime.gcBgMarkWorker.func2",
	                  "runtime.systemstack"),
	            TRACE_CAUSE_RUNTIME);
	check_cause(NAMES("runtime.systemstack", "runtime.goready"), TRACE_CAUSE_UNKNOWN);
	check_cause(NULL, 0, TRACE_CAUSE_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_waits), cmocka_unit_test(test_causes) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
