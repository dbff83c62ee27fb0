"""What a recording leaves out under pressure: in a fixed order, never a creation or an exit, and always reported."""
import collections
import json
import os
import re
import signal
import time

import pytest

from conftest import NEWEST, OLDEST, CHANREC, PATIENCE, report, report_json, run, wait_for

LIFE = 307
STUCK = 11
HANDS = 20000


def events(trace):
    """(name, has a stack) of each event, in ring order."""
    done = run(CHANREC, "script", trace)
    assert done.returncode == 0, done.stderr
    lines = (line.split() for line in done.stdout.splitlines())
    return [(words[1], any(w.startswith("at=") for w in words)) for words in lines if len(words) > 1]


def stop(process):
    process.send_signal(signal.SIGSTOP)
    wait_for("it is stopped", lambda: " T " in open(f"/proc/{process.pid}/stat").read().rsplit(")", 1)[1])


def flood(workload, version, **env):
    target = workload("flood", version, env=dict(os.environ, **env))
    target.ask("hand", 10)
    return target


def ranges(doc, **wanted):
    return [r for r in doc["losses"]["ranges"] if all(r[k] == v for k, v in wanted.items())]


def counted(doc, **wanted):
    return sum(r["count"] for r in ranges(doc, **wanted))


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_one_order(workload, record, version):
    """The recorder is stopped while the ring fills: what is dropped first, what next, and what never."""
    target = flood(workload, version, GOMAXPROCS="1")
    recorder = record("-p", target.pid, "--ring", "1M")
    time.sleep(0.5)
    begun = time.monotonic()
    stop(recorder.process)
    target.ask("hand", HANDS)
    target.ask("life", LIFE)
    target.ask("stuck", STUCK)
    recorder.process.send_signal(signal.SIGCONT)
    stopped = time.monotonic() - begun
    time.sleep(0.5)
    recorder.stop()

    found = events(recorder.trace)
    waits = [(name, stack) for name, stack in found if name in ("go.park", "go.ready")]
    no_ready_stacks = waits.index(("go.ready", False))
    no_stacks = waits.index(("go.park", False))
    assert 1000 < no_ready_stacks < no_stacks < len(waits)
    assert all(stack for _, stack in waits[:no_ready_stacks])
    assert {w for w in waits[no_ready_stacks:no_stacks]} == {("go.ready", False), ("go.park", True)}
    assert not any(stack for _, stack in waits[no_stacks:])
    # The creations, exits and channels that followed are all there.
    count = collections.Counter(name for name, _ in found)
    assert count["go.create"] == LIFE + STUCK and count["go.exit"] == LIFE
    assert count["chan.make"] == LIFE + STUCK and count["chan.close"] == LIFE
    assert all(stack for name, stack in found if name in ("go.create", "chan.make", "chan.close"))

    doc = report_json(recorder.trace)
    losses = doc["losses"]
    # What was left out is counted: together with what is there it is everything.
    assert count["go.park"] + counted(doc, cause="ring", type="go.park") == 2 * HANDS + STUCK
    assert count["go.ready"] + counted(doc, cause="ring", type="go.ready") == 2 * HANDS
    assert losses["ring_dropped"] == counted(doc, cause="ring")
    for name in ("go.park", "go.ready"):
        assert counted(doc, cause="room", type=name, part="stack") == waits.count((name, False))
    assert losses["stacks_left_out"] == counted(doc, cause="room")
    assert losses["stacks_lost"] == losses["events_left_out"] == losses["memory_unread"] == 0
    assert {(r["cause"], r["part"], r["counted"]) for r in losses["ranges"]} == \
        {("ring", "event", True), ("room", "stack", True)}
    for r in losses["ranges"]:
        assert 0.3e9 < r["from_ns"] < r["to_ns"] < r["from_ns"] + (stopped + 0.4) * 1e9
    check_what_remains_true(doc)
    text = re.sub(r"\s+", " ", report(recorder.trace, "--full"))
    assert re.search(r"NOTE: stacks were left out from \d\S+ to \d\S+; see Recorded \(--full\)", text)
    assert re.search(r"left out [\d,]+ stacks of wake-ups from \S+ to \S+: the ring was filling "
                     r"[\d,]+ stacks of waits from \S+ to \S+: the ring was filling", text)
    assert re.search(r"[\d,]+ events lost because the ring was full from \S+ to \S+ ", text)


def test_short_waits_go_while_the_ring_is_nearly_full(workload, record):
    """Recording them resumes once there has been room for a while."""
    target = flood(workload, NEWEST, GOMAXPROCS="1")
    recorder = record("-p", target.pid, "--ring", "1M")
    time.sleep(0.5)
    stop(recorder.process)
    target.ask("hand", HANDS)
    recorder.process.send_signal(signal.SIGCONT)
    time.sleep(0.5)
    target.ask("hand", HANDS)
    time.sleep(2.5)
    target.ask("hand", 100)
    # The workload may answer before the partner waits again.
    time.sleep(0.5)
    recorder.stop()

    assert re.search(r"Left out because the ring buffer was filling up: waits shorter than 1 ms for 2\.\d s from", recorder.stderr)
    doc = report_json(recorder.trace)
    left = doc["trace"]["left_out"]
    assert left["shorter_than_ns"] == 1e6 and 1.9 * HANDS < left["waits"] <= 2 * HANDS
    count = collections.Counter(name for name, _ in events(recorder.trace))
    assert count["go.park"] + counted(doc, cause="ring", type="go.park") + left["waits"] == 4 * HANDS + 200
    assert [name for name, _ in events(recorder.trace)][-400:].count("go.park") >= 190
    text = re.sub(r"\s+", " ", report(recorder.trace, "--full"))
    assert re.search(r"Only waits of 1\.00ms and longer were recorded at times from \S+ to \S+: [\d,]+ shorter ones", text), text[:2000]


def check_what_remains_true(doc):
    user = doc["summary"]["user"]
    assert (user["created"], user["exited"]) == (LIFE + STUCK, LIFE)
    stuck = [g for g in doc["goroutines"] if g["created_by"] and g["created_by"]["function"] == "main.stuck"]
    assert len(stuck) == STUCK
    for g in stuck:
        assert g["state"] == "waiting" and g["wait"]["reason"] == "chan receive"
        assert [f["function"] for f in g["stack"]][0] == "main.forever"
    assert sum(c["closed"] is True for c in doc["channels"]) == LIFE


def verified(trace):
    done = run(CHANREC, "info", "--verify", trace)
    assert done.returncode == 0, done.stdout + done.stderr
    doc = report_json(trace)
    assert doc["trace"]["complete"]
    return doc


def settles(trace, least):
    """The file is larger than least and has almost stopped growing."""
    size = trace.stat().st_size
    time.sleep(1.5)
    return size > least and trace.stat().st_size < size + 3000


@pytest.mark.parametrize("duration", [(), ("-d", "4")], ids=["open", "timed"])
@pytest.mark.parametrize("size", ["128K", "300K"])
def test_size_is_kept(workload, record, size, duration):
    """Waits worth hundreds of kilobytes a second, then creations and exits, none of which may be lost."""
    target = flood(workload, NEWEST)
    target.ask("spin")
    recorder = record("-p", target.pid, "--max-size", size, *duration)
    target.ask("stuck", STUCK)
    limit = int(size[:-1]) << 10
    if duration:
        time.sleep(1)
    else:
        wait_for("the file is full", lambda: settles(recorder.trace, limit / 2))
    target.ask("life", LIFE)
    recorder.stop() if not duration else recorder.end()
    assert recorder.process.returncode == 0
    assert limit / 3 < recorder.trace.stat().st_size <= limit

    doc = verified(recorder.trace)
    assert doc["trace"]["max_size"] == limit and doc["trace"]["final_state_from"] == "snapshot"
    losses = doc["losses"]
    assert losses["events_left_out"] == counted(doc, cause="size", part="event")
    assert losses["stacks_left_out"] == counted(doc, cause="size", part="stack") > 0
    # First the stacks of wake-ups were left out, then those of waits, then waits.
    begins = [min(r["from_ns"] for r in found) for found in (
        ranges(doc, cause="size", type="go.ready", part="stack"),
        ranges(doc, cause="size", type="go.park", part="stack"),
        ranges(doc, cause="size", type="go.park", part="event")) if found]
    assert begins == sorted(begins)
    assert "Left out to stay within --max-size: " in recorder.stderr
    check_what_remains_true(doc)
    if duration:
        return
    # How many of them were left out as short waits depends on the machine's load.
    short = (doc["trace"]["left_out"] or {}).get("waits", 0)
    assert losses["events_left_out"] + short > 1000 and losses["events_left_out"] > 0
    assert f"{losses['events_left_out']:,} events were left out" in recorder.stderr
    text = re.sub(r"\s+", " ", report(recorder.trace, "--full"))
    assert "WARNING: waits and wake-ups were left out to stay within a limit, from " in text
    assert re.search(r"waits from \S+ to \S+: to keep the file within ", text)


@pytest.mark.parametrize("size", ["64K", "200K"])
def test_size_ends_it(workload, record, size):
    """Creations and channels alone exceed the size limit."""
    target = flood(workload, NEWEST)
    recorder = record("-p", target.pid, "--max-size", size)
    while recorder.process.poll() is None:
        target.ask("life", 10000)
    recorder.end()
    assert recorder.process.returncode == 0
    assert "Recording ended: the trace has reached its size limit" in recorder.stderr
    limit = int(size[:-1]) << 10
    assert limit / 3 < recorder.trace.stat().st_size <= limit
    doc = verified(recorder.trace)
    assert doc["trace"]["end_reason"] == "the trace has reached its size limit"
    assert doc["trace"]["final_state_from"] == "snapshot"
    user = doc["summary"]["user"]
    assert user["created"] == doc["events"]["go.create"] > 1000
    # Events that were already in the ring count, too.
    left = sum(counted(doc, cause="size", type=t) for t in ("go.create", "go.exit", "chan.make", "chan.close"))
    assert left == doc["losses"]["events_left_out"]


def test_size_of_many_goroutines(workload, record):
    """There is room for the end snapshot, although most goroutines are newer than the first one."""
    target = flood(workload, NEWEST)
    target.ask("spin")
    recorder = record("-p", target.pid, "--max-size", "400K")
    target.ask("stuck", 5000)
    wait_for("the file is full", lambda: settles(recorder.trace, 180 << 10))
    recorder.stop()
    assert recorder.trace.stat().st_size <= 400 << 10
    doc = verified(recorder.trace)
    assert doc["trace"]["final_state_from"] == "snapshot"
    stuck = [g for g in doc["goroutines"] if g["created_by"] and g["created_by"]["function"] == "main.stuck"]
    assert len(stuck) == 5000
    assert {(g["state"], g["wait"]["reason"], g["stack"][0]["function"]) for g in stuck} == \
        {("waiting", "chan receive", "main.forever")}


@pytest.mark.parametrize("limit", [("--max-size", "200K"), ("--max-size", "500K", "-d", "2"), ("--max-overhead", "20"),
                                   ("--ring", "64K")], ids=lambda limit: "".join(limit[:2])[2:])
def test_what_is_left_out_is_no_defect(workload, record, limit):
    """Waits are left out, but not what the goroutines create meanwhile; and the recording starts in full swing."""
    target = flood(workload, NEWEST)
    for _ in range(2):
        target.ask("breed")
    left_out = 0
    for _ in range(4):
        recorder = record("-p", target.pid, *limit)
        if "-d" in limit:
            recorder.process.wait(PATIENCE)
        else:
            time.sleep(1.5)
        recorder.stop()
        losses = verified(recorder.trace)["losses"]
        assert not any(losses["illegal_transitions"].values()), losses["illegal_transitions"]
        assert "defects" not in report(recorder.trace, "--full")
        left_out += losses["events_left_out"] + losses["ring_dropped"]
    assert left_out > 1000


def test_what_a_killed_recorder_left_out_is_no_defect(workload, record):
    """It has not yet recorded what it left out last."""
    target = flood(workload, NEWEST)
    for _ in range(2):
        target.ask("breed")
    for lasted in (0.9, 1.4, 1.9, 2.4):
        recorder = record("-p", target.pid, "--max-size", "400K")
        time.sleep(lasted)
        recorder.process.kill()
        recorder.process.wait()
        shown = run(CHANREC, "report", "--format", "json", recorder.trace)
        assert shown.returncode == 0, shown.stderr
        assert not any(json.loads(shown.stdout)["losses"]["illegal_transitions"].values())


def turns(target):
    return int(target.ask("count").split()[1])


def speed(target, seconds):
    before, begun = turns(target), time.monotonic()
    time.sleep(seconds)
    return (turns(target) - before) / (time.monotonic() - begun)


def breakpoints(trace, pid):
    """The events whose probes are breakpoints in the target now."""
    doc = run(CHANREC, "info", trace).stdout
    probes = re.findall(r"^  (\S+) +(\S+) at 0x([0-9a-f]+)", doc, re.M)
    assert probes
    with open(f"/proc/{pid}/mem", "rb") as mem:
        found = set()
        for event, _, addr in probes:
            mem.seek(int(addr, 16))
            if mem.read(1) == b"\xcc":
                found.add(event)
        return found


def stays(trace, pid, wanted):
    end = time.monotonic() + 2.5
    while time.monotonic() < end:
        if breakpoints(trace, pid) != wanted:
            return False
        time.sleep(0.05)
    return True


WAITS, LIVES = {"go.park", "go.ready"}, {"go.create", "go.exit", "chan.make", "chan.close"}


def test_overhead_is_kept(workload, record):
    """The program does nothing but wait, so waits are recorded for a part of each second, in full detail."""
    target = flood(workload, NEWEST)
    target.ask("spin")
    plain = record("-p", target.pid)
    assert breakpoints(plain.trace, target.pid) == WAITS | LIVES
    slow = speed(target, 2)
    plain.stop()
    recorder = record("-p", target.pid, "--max-overhead", "20")
    wait_for("the probes are gone", lambda: breakpoints(recorder.trace, target.pid) == LIVES)
    fast = speed(target, 3)
    target.ask("stuck", STUCK)
    target.ask("life", LIFE)
    time.sleep(2)
    recorder.stop()
    assert fast > 1.5 * slow

    doc = verified(recorder.trace)
    found = doc["trace"]["overhead"]
    assert found["limit_percent"] == 20
    assert 30 < found["most_percent"] <= 100 and 0 < found["percent"] < found["most_percent"]
    assert 1 <= found["recorded_percent"] < 90
    assert f"Probes took {found['percent']:.1f}% of the program's CPU time (peak {found['most_percent']:.1f}%)." in \
        recorder.stderr
    begins = [min(r["from_ns"] for r in ranges(doc, cause="overhead", **kind)) for kind in (
        {"type": "go.ready", "part": "stack"}, {"type": "go.park", "part": "event"})]
    assert begins == sorted(begins)
    assert doc["losses"]["ring_dropped"] == 0 and not any(doc["losses"]["illegal_transitions"].values())
    check_what_remains_true(doc)
    gaps = ranges(doc, cause="overhead", type="go.park", part="event")
    assert len(gaps) >= 3
    # Between two gaps, waits are there, and all have stacks.
    waits = [(float(re.search(r"[\d.]+", line)[0]), " at=" in line) for line in
             run(CHANREC, "script", recorder.trace).stdout.splitlines() if " go.park " in line]
    gaps.sort(key=lambda r: r["from_ns"])
    for before, after in zip(gaps, gaps[1:]):
        assert after["from_ns"] >= before["to_ns"] - 1e7
    assert len(waits) > 1000 and sum(stack for _, stack in waits) > 0.99 * len(waits)
    assert re.search(r"Left out to stay within --max-overhead: stacks of wake-ups for \S+ s from \S+ s on, ",
                     recorder.stderr)
    text = re.sub(r"\s+", " ", report(recorder.trace, "--full"))
    assert "limits probes within 20% of the program's CPU time; they took " in text
    assert re.search(r"WARNING: to keep probes within 20% of the program's CPU time, waits were recorded for \S+ of \S+ "
                     r"only \([\d.]+%\), with \d+ pauses", text)
    assert "0ns blocked" not in text and re.search(r"Other wait sites|Contention|Wait sites", text)


def test_every_second_has_something(workload, record):
    """However small the limit."""
    target = flood(workload, NEWEST)
    target.ask("spin")
    recorder = record("-p", target.pid, "--max-overhead", "1")
    wait_for("the probes are gone", lambda: breakpoints(recorder.trace, target.pid) == LIVES)
    time.sleep(5)
    recorder.stop()
    doc = verified(recorder.trace)
    gaps = ranges(doc, cause="overhead", type="go.park", part="event")
    assert len(gaps) >= 3 and max(r["to_ns"] - r["from_ns"] for r in gaps) < doc["trace"]["duration_ns"] * 0.7
    assert doc["trace"]["overhead"]["recorded_percent"] < 50


def test_overhead_and_a_full_ring(workload, record):
    """The recorder is stopped: each loss has its cause and time, and what is never left out is complete."""
    target = flood(workload, NEWEST)
    target.ask("spin")
    recorder = record("-p", target.pid, "--ring", "1M", "--max-overhead", "20")
    stop(recorder.process)
    time.sleep(0.5)
    recorder.process.send_signal(signal.SIGCONT)
    wait_for("the probes are gone", lambda: breakpoints(recorder.trace, target.pid) == LIVES)
    target.ask("stuck", STUCK)
    target.ask("life", LIFE)
    recorder.stop()
    doc = verified(recorder.trace)
    check_what_remains_true(doc)
    losses = doc["losses"]
    lost, left_out = ranges(doc, cause="ring"), ranges(doc, cause="overhead", type="go.park", part="event")
    assert losses["ring_dropped"] == counted(doc, cause="ring") > 1000
    assert losses["events_left_out"] == counted(doc, cause="overhead", part="event")
    assert lost and left_out and all(r["counted"] for r in lost)
    # The ring fills before the overhead limit acts.
    assert min(r["from_ns"] for r in lost) < min(r["from_ns"] for r in left_out)
    assert not any(losses["illegal_transitions"].values())
    assert "because the ring was full from " in re.sub(r"\s+", " ", report(recorder.trace, "--full"))


def test_overhead_is_taken_back(workload, record):
    """Everything is recorded again when the program waits less."""
    target = flood(workload, NEWEST)
    target.ask("spin")
    recorder = record("-p", target.pid, "--max-overhead", "20")
    wait_for("the probes are gone", lambda: breakpoints(recorder.trace, target.pid) == LIVES)
    target.ask("rest")
    # Not only for the recorded part of a second.
    wait_for("the probes are back", lambda: stays(recorder.trace, target.pid, WAITS | LIVES), seconds=120)
    before = len(events(recorder.trace))
    target.ask("hand", 100)
    time.sleep(1.5)
    recorder.stop()
    after = events(recorder.trace)[before:]
    assert [name for name, stack in after if stack].count("go.ready") == 200
    assert [name for name, stack in after if stack].count("go.park") == 200
    doc = verified(recorder.trace)
    assert all(r["to_ns"] < doc["trace"]["duration_ns"] - 1e9 for r in doc["losses"]["ranges"])


def test_overhead_of_nothing(workload, record):
    """Nothing is left out of a program that hardly waits."""
    target = flood(workload, NEWEST)
    recorder = record("-p", target.pid, "--max-overhead", "5")
    target.ask("stuck", STUCK)
    time.sleep(1)
    recorder.stop()
    doc = verified(recorder.trace)
    assert doc["losses"]["ranges"] == [] and doc["trace"]["overhead"]["percent"] < 100
    assert "Left out" not in recorder.stderr
    assert doc["events"]["go.park"] >= STUCK


@pytest.mark.parametrize("args", [("--max-size", "4K"), ("--max-size", "much"), ("--max-overhead", "0"),
                                  ("--max-overhead", "101"), ("--max-overhead", "x")])
def test_no_such_limit(args):
    done = run(CHANREC, "record", "-p", "1", *args)
    assert done.returncode == 2 and args[1] in done.stderr
