"""How the report treats the time in which a program could not run or its recorder had been killed."""
import json
import os
import pathlib
import re
import signal
import time

import pytest

from conftest import NEWEST, CHANREC, report, report_json, run, wait_for

GROUP = "chanrec-test-%d" % os.getpid()


def stop(process):
    process.send_signal(signal.SIGSTOP)
    wait_for("it is stopped", lambda: " T " in open(f"/proc/{process.pid}/stat").read().rsplit(")", 1)[1])


def spinning(workload):
    """At any moment some goroutines wait to send; while the program is stopped they seem stuck."""
    target = workload("flood", NEWEST)
    for _ in range(16):
        target.ask("spin")
    return target


def head(trace):
    return re.sub(r"\s+", " ", report(trace)).split("Blocking chains")[0]


def stops(trace):
    done = run(CHANREC, "info", "--verify", trace)
    assert done.returncode == 0, done.stdout + done.stderr
    return report_json(trace)["trace"]["stopped"]


def test_stopped_for_a_time(workload, record):
    target = spinning(workload)
    recorder = record("-p", target.pid)
    begun = time.monotonic()
    time.sleep(0.5)
    stop(target.process)
    time.sleep(2)
    target.process.send_signal(signal.SIGCONT)
    time.sleep(0.5)
    recorder.stop()
    lasted = time.monotonic() - begun
    found, = stops(recorder.trace)
    assert found["how"] == "stopped" and 0.4e9 < found["from_ns"]
    assert 1.8e9 < found["to_ns"] - found["from_ns"] < (lasted - 0.8) * 1e9
    assert re.search(r"WARNING: the program was stopped \(by a signal or a debugger\) from \d\S+ to [23]\.\d+s\. Nothing "
                     r"in it could run then\. Waits include that time; findings do not count it\.",
                     head(recorder.trace))
    assert re.search(r"^The program was stopped or frozen for \d\.\d s\.$", recorder.stderr, re.MULTILINE)


def test_stopped_up_to_the_end(workload, record):
    """No goroutine is suspected because the program could not run."""
    target = spinning(workload)
    recorder = record("-p", target.pid)
    time.sleep(0.3)
    stop(target.process)
    time.sleep(3)
    recorder.stop()
    assert [s["how"] for s in stops(recorder.trace)] == ["stopped"]
    assert re.search(r"stopped \(by a signal or a debugger\) from \S+ to the end\. ", head(recorder.trace))
    doc = report_json(recorder.trace)
    # Some wait to send for more than half of the recording.
    waits = [g["wait"]["blocked_ns"] or 0 for g in doc["goroutines"]
             if g["state"] == "waiting" and g["wait"]["reason"] == "chan send"]
    assert waits and max(waits) > 2e9
    assert "No leaked or stuck goroutines found." in head(recorder.trace)


def test_stopped_all_the_time(workload, record):
    target = spinning(workload)
    stop(target.process)
    recorder = record("-p", target.pid, "-d", "2").end()
    found, = stops(recorder.trace)
    assert found["from_ns"] == 0 and found["to_ns"] > 1.9e9
    said = head(recorder.trace)
    assert "WARNING: the program was stopped (by a signal or a debugger) the whole time. Nothing in it could run, so the " \
        "length of a wait means nothing." in said
    assert "No leaked or stuck goroutines found, but the program could not run, so this means little." in said


def test_what_memory_shows_needs_no_time(workload, record):
    """Goroutines that nobody can wake are found in a stopped program, too."""
    target = workload("blockers", NEWEST)
    target.line()
    found = []
    for stopped in (False, True):
        if stopped:
            stop(target.process)
        trace = record("-p", target.pid, "-d", "2").end().trace
        found.append({(s["verdict"], *s["goroutines"]) for s in report_json(trace)["leaks"] if s["strength"] == "proven"})
    assert found[0] and found[0] == found[1]


def freezers():
    yield pathlib.Path("/sys/fs/cgroup") / GROUP, "cgroup.freeze", "1", "0"
    yield pathlib.Path("/sys/fs/cgroup/unified") / GROUP, "cgroup.freeze", "1", "0"
    yield pathlib.Path("/sys/fs/cgroup/freezer") / GROUP, "freezer.state", "FROZEN", "THAWED"


@pytest.fixture
def cgroup():
    """A new cgroup that can be frozen."""
    for path, name, freeze, thaw in freezers():
        try:
            path.mkdir()
        except OSError:
            continue
        if (path / name).exists() and (path / "cgroup.procs").exists():
            yield path, lambda: (path / name).write_text(freeze), lambda: (path / name).write_text(thaw)
            (path / name).write_text(thaw)
            wait_for("it is empty", lambda: not (path / "cgroup.procs").read_text())
            path.rmdir()
            return
        path.rmdir()
    pytest.skip("no cgroup can be made here")


def test_frozen(cgroup, workload, record):
    path, freeze, thaw = cgroup
    target = spinning(workload)
    (path / "cgroup.procs").write_text(str(target.pid))
    recorder = record("-p", target.pid)
    time.sleep(0.3)
    freeze()
    time.sleep(1.5)
    thaw()
    time.sleep(0.5)
    recorder.stop()
    found, = stops(recorder.trace)
    assert found["how"] == "frozen" and 1.2e9 < found["to_ns"] - found["from_ns"] < 2.2e9
    assert "WARNING: the program was frozen (by its cgroup, like a paused container) from " in head(recorder.trace)
    target.kill()


def test_one_that_runs(go, workload, record):
    """A running program does not count as stopped, nor does one that chanrec holds until its probes are set."""
    target = workload("blockers", NEWEST)
    target.line()
    for args in (("-p", target.pid, "-d", "0.5"), ("-d", "0.5", "--", go.build("blockers", NEWEST))):
        recorder = record(*args).end()
        assert stops(recorder.trace) == [] and "could run" not in report(recorder.trace)
        assert "stopped" not in recorder.stderr


@pytest.mark.parametrize("limit", [(), ("--max-size", "64K")], ids=["plain", "max-size"])
def test_killed_while_nothing_happens(workload, record, limit):
    """The duration is accurate to a second, although the last event is as old as the recording."""
    target = workload("blockers", NEWEST)
    target.line()
    recorder = record("-p", target.pid, *limit)
    begun = time.monotonic()
    time.sleep(4.5)
    recorder.process.kill()
    recorder.process.wait()
    lasted = time.monotonic() - begun
    shown, text = run(CHANREC, "report", "--format", "json", recorder.trace), run(CHANREC, "report", recorder.trace)
    assert shown.returncode == text.returncode == 0
    doc = json.loads(shown.stdout)
    assert not doc["trace"]["complete"]
    assert lasted - 1.2 < doc["trace"]["duration_ns"] / 1e9 < lasted + 0.2
    assert max(g["wait"]["blocked_ns"] for g in doc["goroutines"] if g["wait"]) > (lasted - 1.2) * 1e9
    assert f", {doc['trace']['duration_ns'] / 1e9:.2f}s from " in text.stdout.splitlines()[0]
