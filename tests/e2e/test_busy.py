"""Goroutines that do not wait, with tests/workloads/busy: where they are, and what they hold."""
import time

import pytest
from conftest import NEWEST, VERSIONS, report, report_json


def recorded(workload, record, version, *args):
    w = workload("busy", version)
    assert w.line() == "up"
    r = record("-p", w.pid, *args)
    time.sleep(1.3)
    r.stop()
    return r.trace


def recorded_with_stacks(workload, record, version):
    """A thread that gets no CPU while the last snapshot is taken has no sample: on a busy machine, try again."""
    for _ in range(3):
        trace = recorded(workload, record, version)
        if {"main.spins", "main.spinsLocked"} <= set(rows_at(report_json(trace))):
            break
    return trace


def rows_at(doc):
    """By the outermost function of the goroutine that is in the program's own file."""
    rows = {}
    for row in doc["active"]:
        stack = next(g["stack"] for g in doc["goroutines"] if g["id"] == row["goroutines"][0])
        own = [s["function"] for s in stack if s["file"].endswith("busy/main.go")]
        rows[([name for name in own if ".func" not in name and "gowrap" not in name] or [None])[-1]] = row
    return rows


@pytest.mark.parametrize("version", VERSIONS)
def test_they_are_listed_with_their_stacks(workload, record, version):
    doc = report_json(recorded_with_stacks(workload, record, version))
    rows = rows_at(doc)
    assert {"main.spins", "main.spinsLocked", "main.reads"} <= set(rows)
    for name in "main.spins", "main.spinsLocked":
        row = rows[name]
        assert row["state"] in ("running", "runnable") and row["no_event_ns"] > 1e9 and row["before_start"]
        stack = next(g["stack"] for g in doc["goroutines"] if [g["id"]] == row["goroutines"])
        assert name in [s["function"] for s in stack], stack
    assert rows["main.reads"]["state"] == "in a system call" and rows["main.reads"]["no_event_ns"] > 1e9
    # Who waits is not among them.
    assert "main.wantsLock" not in rows


@pytest.mark.parametrize("version", VERSIONS)
def test_a_running_holder_is_named(workload, record, version):
    trace = recorded_with_stacks(workload, record, version)
    doc = report_json(trace)
    holder = rows_at(doc)["main.spinsLocked"]["goroutines"][0]
    assert doc["findings"][0]["holder"]["goroutine"] == holder
    assert doc["findings"][0]["holder"]["evidence"] == "lock region"
    text = report(trace)
    assert "main.spinsLocked locked it" in text and "Running or in system calls for long" in text


def test_how_long_they_ran(workload, record):
    doc = report_json(recorded(workload, record, NEWEST, "--events", "sched,run"))
    groups = {g["name"]: g for g in doc["groups"]}
    # With two that spin on two CPUs, the runtime preempts them now and then.
    if groups["main.spins"]["ran_ns"]:
        assert groups["main.spins"]["ran_ns"] > 0.2e9
    assert groups["main.wantsLock"]["ran_ns"] == 0
    assert report_json(recorded(workload, record, NEWEST))["groups"][0]["ran_ns"] is None
