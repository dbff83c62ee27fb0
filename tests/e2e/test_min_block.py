"""record --min-block: every long wait is recorded as it was, short ones are only counted."""
import json
import re
import signal

import pytest

from conftest import NEWEST, VERSIONS, parse_traceback, report, report_json, run, wait_for, CHANREC
from test_oracle import check_goroutine

# function that starts them → number of goroutines, each of which has one long wait
LONG = {"receiving": 53, "sending": 47, "selecting": 41, "locking": 37, "condition": 19, "waiting": 23, "sleeping": 17,
        "polling": 7}
NAPS = 101


def by_creator(doc):
    return {g["created_by"]["function"][len("main."):]: g for g in doc["groups"]
            if g["created_by"] and g["created_by"]["function"].startswith("main.")}


def started(recorder):
    """Waits are deferred once the first snapshot is complete."""
    wait_for("the first snapshot", lambda: "snap.end" in run(CHANREC, "info", recorder.trace).stdout, step=0.1)


@pytest.mark.parametrize("version", VERSIONS)
def test_long_waits_are_whole(workload, record, version):
    target = workload("longwaits", version)
    recorder = record("-p", target.pid, "--min-block", "250ms")
    started(recorder)
    done, handed = target.ask("go", "1s").split()
    recorder.stop()
    assert done == "done" and "none lost." in recorder.summary
    doc = report_json(recorder.trace)
    groups = by_creator(doc)
    for function, n in LONG.items():
        g = groups[function]
        assert (g["created"], g["exited"], g["waits"], g["unseen_wakes"]) == (n, n, n, 0), function
        assert n * 250e6 <= g["blocked_ns"], function
    assert groups["handing"]["waits"] == 0
    out = doc["trace"]["left_out"]
    assert out["shorter_than_ns"] == 250e6 and out["waits"] >= int(handed) > 0
    assert not any(doc["losses"]["illegal_transitions"].values())
    assert "Only waits of 250ms and longer were recorded" in " ".join(report(recorder.trace).split())

    # The collector has moved the stacks of the goroutines in the select, more than once.
    parks = [line for line in run(CHANREC, "script", recorder.trace).stdout.splitlines()
             if " go.park " in line and "main.choose" in line]
    assert len(parks) == LONG["selecting"]
    cases = [re.findall(r" (send|recv)=#(\d+)\(", line) for line in parks]
    assert {tuple(sorted(way for way, _ in c)) for c in cases} == {("recv", "recv", "send")}
    assert len({chan for c in cases for _, chan in c}) == 3 * LONG["selecting"]


def test_short_waits_are_counted(workload, record):
    target = workload("longwaits", NEWEST)
    recorder = record("-p", target.pid, "--min-block", "1h")
    started(recorder)
    assert target.ask("nap") == "napped"
    recorder.stop()
    doc = report_json(recorder.trace)
    out = doc["trace"]["left_out"]
    # The scavenger may have slept as well.
    assert NAPS <= out["waits"] <= NAPS + 3
    assert out["blocked_ns"] >= NAPS * 1e6
    assert f"{out['waits']:,} short waits were counted but not recorded." in recorder.stderr


@pytest.mark.parametrize("version", VERSIONS)
def test_waits_that_go_on(workload, record, tmp_path, version):
    """All parks are deferred until the recording ends."""
    target = workload("blockers", version)
    json.loads(target.line())
    recorder = record("-p", target.pid, "--min-block", "1h")
    started(recorder)
    after = json.loads(target.ask("more"))
    target.ask("gc")
    assert target.ask("dump", tmp_path / "dump") == "done"
    recorder.stop()
    assert "none lost." in recorder.summary
    doc = report_json(recorder.trace)
    dumped = parse_traceback((tmp_path / "dump").read_text())
    goroutines = {g["id"]: g for g in doc["goroutines"]}
    for entry in after:
        g = goroutines[entry["goid"]]
        check_goroutine(doc, entry, g, dumped)
        assert not g["wait"]["before_start"] and g["started_ns"] <= g["wait"]["since_ns"], entry
    # The first goroutine called runtime.GC(), which wakes it without a ready of its own.
    assert not any(g["unseen_wakes"] for g in doc["goroutines"] if not g["system"] and g["id"] != 1)
    assert not any(doc["losses"]["illegal_transitions"].values())


def test_target_is_killed(workload, record):
    target = workload("longwaits", NEWEST)
    recorder = record("-p", target.pid, "--min-block", "1h")
    started(recorder)
    assert target.ask("stay") == "staying"
    assert target.ask("nap") == "napped", "which leaves the others the time to run until they wait"
    target.process.send_signal(signal.SIGKILL)
    recorder.end()
    assert "the program exited" in recorder.stderr
    groups = by_creator(report_json(recorder.trace))
    for function, n in {"receiving": 5, "selecting": 3}.items():
        assert groups[function]["at_end"]["waiting"] == n, groups[function]
