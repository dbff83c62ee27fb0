// SPDX-License-Identifier: GPL-2.0-or-later
#include "vet/checks/checks.h"

#include <string.h>

static const struct check_info checks[CHECKS] = {
	[CHECK_SEND] = { "send-no-receiver", "a send that nobody receives", .severity = SEVERITY_ERROR,
	                 .confidence = CONFIDENCE_LIKELY, .verdict = "no receiver",
	                 .explain = "A goroutine sends on a channel, and on the path shown every possible receiver has "
	                            "returned or is stuck itself. The goroutine and what it references stay forever.\n"
	                            "\n"
	                            "Usual causes: the receiver returns early, on an error or a timeout; it takes the "
	                            "first of several answers; the buffer is smaller than the number of sends.\n"
	                            "\n"
	                            "\tresult := make(chan int)\n"
	                            "\tgo func() { result <- compute() }()\n"
	                            "\tselect {\n"
	                            "\tcase r := <-result:\n"
	                            "\t\treturn r, nil\n"
	                            "\tcase <-ctx.Done():\n"
	                            "\t\treturn 0, ctx.Err() // nobody receives from result any more\n"
	                            "\t}\n"
	                            "\n"
	                            "Give the channel room for every send, make(chan int, 1), or let the sender select "
	                            "on ctx.Done() as well." },
	[CHECK_RECV] = { "receive-no-sender", "a receive that nobody sends to", .severity = SEVERITY_ERROR,
	                 .confidence = CONFIDENCE_LIKELY, .verdict = "no one left",
	                 .explain = "A goroutine receives from a channel, and on the path shown every goroutine that "
	                            "could send to it or close it has returned without doing so, or is stuck itself.\n"
	                            "\n"
	                            "Usual causes: a worker returns on an error before it sends; another channel is "
	                            "closed than the one that is waited for; more values are received than sent.\n"
	                            "\n"
	                            "Close the channel in the sender with defer, or send on every path." },
	[CHECK_RANGE] = { "range-not-closed", "a range over a channel that nobody closes", .severity = SEVERITY_ERROR,
	                  .confidence = CONFIDENCE_LIKELY, .verdict = "never closed",
	                  .explain =
	                          "for … range over a channel ends only when the channel is closed. On the path shown, "
	                          "everyone who could close it has returned.\n"
	                          "\n"
	                          "Close the channel once the last value has been sent: defer close(ch) in the only "
	                          "sender, or close(ch) after Wait of the senders' WaitGroup." },
	[CHECK_SELECT] = { "select-no-exit", "a select of which no case can happen", .severity = SEVERITY_ERROR,
	                   .confidence = CONFIDENCE_LIKELY, .verdict = "no one left",
	                   .explain =
	                           "A goroutine waits in a select, and on the path shown nobody is left who could make "
	                           "one of its cases ready.\n"
	                           "\n"
	                           "Let the select have a case that ends it, such as <-ctx.Done(), and make sure that "
	                           "the context is cancelled, or the done channel closed, on every path." },
	[CHECK_EMPTY_SELECT] = { "empty-select", "select {} in a goroutine", .severity = SEVERITY_WARNING,
	                         .confidence = CONFIDENCE_LIKELY, .verdict = "empty select",
	                         .explain = "select {} blocks forever. In main it keeps the process alive; any other "
	                                    "goroutine that reaches it is leaked.\n"
	                                    "\n"
	                                    "Wait for something that ends, such as <-ctx.Done()." },
	[CHECK_NIL_CHANNEL] = { "nil-channel", "an operation on a nil channel", .severity = SEVERITY_ERROR,
	                        .confidence = CONFIDENCE_CERTAIN, .verdict = "nil channel",
	                        .explain =
	                                "A send to or a receive from a nil channel blocks forever. On the path shown "
	                                "the channel was declared but never made, or it was set to nil.\n"
	                                "\n"
	                                "Make the channel before the goroutine starts. Beware of := in an inner scope, "
	                                "which declares another variable." },
	[CHECK_DOUBLE_CLOSE] = { "double-close", "a channel that is closed twice", .severity = SEVERITY_ERROR,
	                         .confidence = CONFIDENCE_LIKELY,
	                         .explain = "Closing a closed channel panics. On the path shown the channel is closed "
	                                    "already.\n"
	                                    "\n"
	                                    "Let one owner close the channel, or close it in sync.Once." },
	[CHECK_SEND_CLOSED] = { "send-on-closed", "a send on a closed channel", .severity = SEVERITY_ERROR,
	                        .confidence = CONFIDENCE_LIKELY,
	                        .explain =
	                                "Sending on a closed channel panics. On the path shown the channel is closed "
	                                "before the send happens.\n"
	                                "\n"
	                                "Close the channel only after all senders have ended, for example after Wait "
	                                "of "
	                                "their WaitGroup. Receivers that leave early should close another channel, "
	                                "done." },
	[CHECK_CLOSE_NIL] = { "close-nil", "close of a nil channel", .severity = SEVERITY_ERROR,
	                      .confidence = CONFIDENCE_CERTAIN,
	                      .explain =
	                              "Closing a nil channel panics. On the path shown the channel was never made." },
	[CHECK_CONTEXT] = { "context-not-cancelled", "a wait for a context that is never cancelled",
	                    .severity = SEVERITY_ERROR, .confidence = CONFIDENCE_LIKELY, .verdict = "no one left",
	                    .explain =
	                            "A goroutine waits for <-ctx.Done(), and on the path shown nobody can call the "
	                            "cancel function any more.\n"
	                            "\n"
	                            "defer cancel() where the context is made, or keep cancel where the owner of the "
	                            "goroutine calls it." },
	[CHECK_CANCEL] = { "cancel-not-called", "a cancel function that is not called on a path",
	                   .severity = SEVERITY_WARNING, .confidence = CONFIDENCE_LIKELY,
	                   .explain =
	                           "context.WithCancel, WithTimeout and WithDeadline register the new context with its "
	                           "parent, and with a custom parent start a goroutine. Both stay until cancel is "
	                           "called or the parent ends.\n"
	                           "\n"
	                           "defer cancel() right after the context was made." },
	[CHECK_LOCK_HELD] = { "lock-not-released", "a path on which a lock is not released", .severity = SEVERITY_ERROR,
	                      .confidence = CONFIDENCE_LIKELY, .verdict = "lock not released",
	                      .explain = "The function locks a mutex and unlocks it on some paths, but not on the one "
	                                 "shown. The next goroutine that locks it waits forever.\n"
	                                 "\n"
	                                 "defer mu.Unlock() right after mu.Lock()." },
	[CHECK_LOCK_WAIT] = { "lock-never-free", "a lock that nobody is left to release", .severity = SEVERITY_ERROR,
	                      .confidence = CONFIDENCE_LIKELY, .verdict = "lock not released",
	                      .explain = "A goroutine waits for a lock. On the path shown its holder has ended without "
	                                 "unlocking it, or waits itself for something that does not come." },
	[CHECK_LOCK_TWICE] = { "lock-twice", "a goroutine that locks a mutex it already holds",
	                       .severity = SEVERITY_ERROR, .confidence = CONFIDENCE_LIKELY, .verdict = "cycle",
	                       .explain =
	                               "Go's mutexes are not reentrant: a goroutine that locks a mutex that it holds "
	                               "waits for itself. A second RLock is as bad as soon as a writer waits.\n"
	                               "\n"
	                               "Split the method: an exported one that locks, and one for callers that hold "
	                               "the lock." },
	[CHECK_UPGRADE] = { "rlock-upgrade", "a read lock that is to become a write lock", .severity = SEVERITY_ERROR,
	                    .confidence = CONFIDENCE_LIKELY, .verdict = "cycle",
	                    .explain = "Lock waits until all readers have released the lock. The goroutine is one of "
	                               "them, "
	                               "so it waits for itself.\n"
	                               "\n"
	                               "RUnlock first, Lock, and check the condition again." },
	[CHECK_LOCK_ORDER] = { "lock-order", "locks that are acquired in opposite orders", .severity = SEVERITY_ERROR,
	                       .confidence = CONFIDENCE_LIKELY, .verdict = "cycle",
	                       .explain =
	                               "One goroutine locks A, then B; another B, then A. If each has its first lock, "
	                               "both wait forever.\n"
	                               "\n"
	                               "Acquire the locks in one order everywhere, or release the first before the "
	                               "second is acquired." },
	[CHECK_UNLOCK] = { "unlock-not-locked", "an unlock of a lock that is not held", .severity = SEVERITY_ERROR,
	                   .confidence = CONFIDENCE_LIKELY,
	                   .explain = "Unlocking a mutex that is not locked ends the process. On the path shown it has "
	                              "been unlocked already, or was never locked." },
	[CHECK_WAIT_GROUP] = { "waitgroup-not-done", "a WaitGroup whose counter cannot become 0",
	                       .severity = SEVERITY_ERROR, .confidence = CONFIDENCE_LIKELY,
	                       .verdict = "waitgroup not done",
	                       .explain = "Wait returns when the counter is 0. On the path shown the goroutines have "
	                                  "ended "
	                                  "and fewer Done calls were made than Add announced.\n"
	                                  "\n"
	                                  "defer wg.Done() at the top of the goroutine, or use wg.Go." },
	[CHECK_GROUP_NEGATIVE] = { "waitgroup-negative", "a WaitGroup whose counter becomes negative",
	                           .severity = SEVERITY_ERROR, .confidence = CONFIDENCE_LIKELY,
	                           .explain = "More Done calls than Add announced: the WaitGroup panics." },
	[CHECK_GROUP_ADD] = { "waitgroup-add-late", "Add in the goroutine that is waited for",
	                      .severity = SEVERITY_WARNING, .confidence = CONFIDENCE_LIKELY,
	                      .explain =
	                              "The goroutine itself calls Add. Wait may run before it, see the counter 0, and "
	                              "return too early.\n"
	                              "\n"
	                              "Call Add before the go statement, or use wg.Go." },
	[CHECK_COND] = { "cond-no-signal", "a Cond that nobody signals", .severity = SEVERITY_ERROR,
	                 .confidence = CONFIDENCE_LIKELY, .verdict = "no one left",
	                 .explain =
	                         "Signal and Broadcast wake only those who wait already. On the path shown the signal "
	                         "came before the wait, or does not come.\n"
	                         "\n"
	                         "Change the condition under the lock, and call Wait in a loop that checks it." },
	[CHECK_ONCE] = { "once-recursive", "a Once whose function calls Do of the same Once",
	                 .severity = SEVERITY_ERROR, .confidence = CONFIDENCE_CERTAIN, .verdict = "cycle",
	                 .explain =
	                         "Do returns only after the first call of the function has returned. Called from that "
	                         "function, it waits for itself." },
	[CHECK_TIMER] = { "timer-stopped", "a receive from a stopped timer", .severity = SEVERITY_ERROR,
	                  .confidence = CONFIDENCE_LIKELY, .verdict = "no one left",
	                  .explain = "Stop neither sends to the timer's channel nor closes it, so that a receive, or a "
	                             "range "
	                             "over a Ticker's channel, waits forever.\n"
	                             "\n"
	                             "Select on the timer's channel and on one that is closed at the end." },
	[CHECK_TICKER] = { "ticker-not-stopped", "a Ticker that is not stopped on a path", .severity = SEVERITY_WARNING,
	                   .confidence = CONFIDENCE_LIKELY,
	                   .explain = "Before Go 1.23 a Ticker that is not stopped is never freed.\n"
	                              "\n"
	                              "defer ticker.Stop() right after it was made." },
	[CHECK_BODY] = { "body-not-closed", "a response whose body is not closed on a path", .severity = SEVERITY_ERROR,
	                 .confidence = CONFIDENCE_LIKELY,
	                 .explain =
	                         "As long as the body of a response is open, its connection and the two goroutines of "
	                         "it stay, and the connection is not used again.\n"
	                         "\n"
	                         "defer resp.Body.Close() right after err was checked, before the status is looked "
	                         "at." },
	[CHECK_ROWS] = { "rows-not-closed", "sql.Rows that are not closed on a path", .severity = SEVERITY_ERROR,
	                 .confidence = CONFIDENCE_LIKELY,
	                 .explain =
	                         "Rows keep a connection of the pool until they are closed or Next has returned false. "
	                         "Once all connections are taken, every query waits.\n"
	                         "\n"
	                         "defer rows.Close() right after err was checked." },
	[CHECK_PULL] = { "pull-not-stopped", "an iter.Pull that is not stopped on a path", .severity = SEVERITY_ERROR,
	                 .confidence = CONFIDENCE_LIKELY,
	                 .explain = "The iterator of iter.Pull runs in a goroutine of its own, which stays until the "
	                            "sequence ends or stop is called.\n"
	                            "\n"
	                            "defer stop() right after iter.Pull." },
	[CHECK_FINALIZER] = { "finalizer-blocks", "a finalizer that can block", .severity = SEVERITY_WARNING,
	                      .confidence = CONFIDENCE_LIKELY,
	                      .explain = "One goroutine runs all finalizers, one after the other. If one blocks on a "
	                                 "channel, no other finalizer runs any more, and memory grows.\n"
	                                 "\n"
	                                 "Start a goroutine in the finalizer, or use a select with a default." },
	[CHECK_UNDER_LOCK] = { "blocked-under-lock", "a wait under a lock that the other side needs",
	                       .severity = SEVERITY_ERROR, .confidence = CONFIDENCE_LIKELY, .verdict = "cycle",
	                       .explain =
	                               "A goroutine holds a lock while it waits for another one: to send, to receive, "
	                               "or in WaitGroup.Wait. On the path shown, the other one waits for this lock "
	                               "first, so that both wait forever.\n"
	                               "\n"
	                               "Unlock before the wait: copy what is needed under the lock, unlock, then "
	                               "send." },
	[CHECK_COPY] = { "lock-copied", "a lock that is copied", .severity = SEVERITY_ERROR,
	                 .confidence = CONFIDENCE_LIKELY,
	                 .explain =
	                         "A copied Mutex, WaitGroup, Cond or Once is another one: goroutines with the copy do "
	                         "not exclude those with the original, Done on a copy does not reach Wait, and the "
	                         "copy of a locked Mutex is never unlocked.\n"
	                         "\n"
	                         "Pass and store a pointer. Range over indices: for i := range items." },
	[CHECK_AFTER_LOOP] = { "timer-in-loop", "time.After in a loop, before Go 1.23", .severity = SEVERITY_WARNING,
	                       .confidence = CONFIDENCE_LIKELY,
	                       .explain =
	                               "Before Go 1.23 (the go line of go.mod decides), the timer of time.After stays "
	                               "in "
	                               "memory until it fires, even if another case of the select was ready first. In "
	                               "a loop they pile up. With short times only --confidence possible reports it.\n"
	                               "\n"
	                               "Make one time.NewTimer before the loop, and Reset it." },
	[CHECK_COND_LOOP] = { "cond-wait-no-loop", "Cond.Wait that is not in a loop", .severity = SEVERITY_ERROR,
	                      .confidence = CONFIDENCE_LIKELY,
	                      .explain = "When Wait returns, another goroutine may have run first and changed the "
	                                 "condition "
	                                 "again, or a Broadcast was for something else.\n"
	                                 "\n"
	                                 "\tfor !condition() {\n"
	                                 "\t\tc.Wait()\n"
	                                 "\t}" },
	[CHECK_SIGNAL] = { "cond-signal-unlocked", "a Cond that is signalled without its lock",
	                   .severity = SEVERITY_ERROR, .confidence = CONFIDENCE_LIKELY, .verdict = "no one left",
	                   .explain = "A goroutine that has found the condition false, and is about to call Wait, "
	                              "misses a "
	                              "Signal that comes in between. The lock prevents that only if the condition is "
	                              "changed while holding it.\n"
	                              "\n"
	                              "Lock, change the condition, Unlock; then Signal." },
};

const struct check_info *check_at(size_t i)
{
	return i < CHECKS ? &checks[i] : NULL;
}

enum check check_find(const char *id)
{
	for (int i = 0; i < CHECKS; i++)
		if (!strcmp(checks[i].id, id))
			return (enum check)i;
	return CHECKS;
}

const char *confidence_name(enum confidence c)
{
	static const char *const names[] = { "possible", "likely", "certain" };

	return names[c];
}
