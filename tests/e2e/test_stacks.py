"""Stacks of every shape agree with runtime.Stack: deep and truncated ones, assembly, C below Go, panics, preemption."""
import json

import pytest

from conftest import VARIANTS, VERSIONS, parse_traceback, report_json, variants

FRAMES_MAX = 128
SPIN_LINES = (132, 133)
SHAPES = {"deep 100": 1, "deep 200": 1, "big frame": 1, "huge frame": 1, "assembly": 1, "deferred": 1, "panic": 1,
          "division": 1, "signal": 1, "syscall": 1, "growth": 200}


def record_both(workload, record, path, name, version, variant):
    """Records a program whose goroutines block before the recording (first) and during it (both has all)."""
    target = workload(name, version, variant)
    first = {int(g): way for g, way in json.loads(target.ask("start")).items()}
    recorder = record("-p", target.pid)
    both = {int(g): way for g, way in json.loads(target.ask("start")).items()}
    assert target.ask("dump", path) == "done"
    recorder.stop()
    assert "none lost." in recorder.summary
    doc = report_json(recorder.trace)
    return doc, parse_traceback(path.read_text()), first, both


def check_deep(goroutine, frames, depth):
    """Go's traceback elides most of these frames, but all frames of the recursion except the innermost are alike."""
    functions = [f["function"] for f in goroutine["stack"]]
    whole = ["main.hold", frames[1][0]] + (depth + 1) * ["main.recurse"] + ["main.deep", frames[-1][0]]
    if depth == 100:
        assert not goroutine["stack_truncated"]
        assert functions[:-1] == whole[:-1] and functions[-1].startswith("main.start.")
    else:
        assert goroutine["stack_truncated"]
        # The limit also counts the hidden frames of the runtime.
        assert FRAMES_MAX - 6 <= len(functions) <= FRAMES_MAX
        assert functions == whole[:len(functions)]
    stack = [(f["function"], f["file"], f["line"]) for f in goroutine["stack"]]
    assert stack[:40] == frames[:40]
    assert set(stack[3:102]) == {frames[3]}


def check_stack(goroutine, way, dumped):
    reason, frames, created = dumped
    if way.startswith("deep"):
        check_deep(goroutine, frames, int(way[len("deep"):]))
    else:
        assert [(f["function"], f["file"], f["line"]) for f in goroutine["stack"]] == frames, way
        assert not goroutine["stack_truncated"], way
    if created:
        by = goroutine["created_by"]
        assert (by["function"], by["file"], by["line"]) == created, way


@pytest.mark.parametrize("variant", ["default", "stripped"] if variants() else ["stripped"])
@pytest.mark.parametrize("version", VERSIONS)
def test_stacks_of_every_shape(workload, record, tmp_path, version, variant):
    doc, dumped, first, both = record_both(workload, record, tmp_path / "dump", "stacks", version, variant)
    goroutines = {g["id"]: g for g in doc["goroutines"]}
    for goid, way in both.items():
        g = goroutines[goid]
        assert g["state"] == ("syscall" if way == "syscall" else "waiting"), way
        check_stack(g, way, dumped[goid])
        if way != "syscall":
            assert g["wait"]["reason"] == dumped[goid][0]
            assert g["wait"]["before_start"] == (goid in first)
    assert {way: list(both.values()).count(way) for way in SHAPES} == {way: 2 * n for way, n in SHAPES.items()}
    # Only the deep stacks are truncated, and the report says so.
    assert doc["losses"]["stacks_truncated"] >= 1
    assert {g["id"] for g in doc["goroutines"] if g["stack_truncated"]} == \
        {goid for goid, way in both.items() if way == "deep 200"}


@pytest.mark.parametrize("variant", [v for v in variants("cgo") if VARIANTS[v].cgo])
@pytest.mark.parametrize("version", VERSIONS)
def test_callbacks_from_c(workload, record, tmp_path, version, variant):
    doc, dumped, first, both = record_both(workload, record, tmp_path / "dump", "callback", version, variant)
    goroutines = {g["id"]: g for g in doc["goroutines"]}
    for goid, way in both.items():
        g = goroutines[goid]
        check_stack(g, way, dumped[goid])
        assert g["state"] == ("syscall" if way == "in C" else "waiting"), way
        # The frames that called C are there, below those that C called.
        functions = [f["function"] for f in g["stack"]]
        if way == "nested callback":
            assert functions.count("main.goAgain") == 6 and functions[-1] == "main.inNested"
            assert len(g["wait"]["channels"]) == 2
        if way == "mutex in a callback":
            assert g["wait"]["sync"] is not None


@pytest.mark.parametrize("version", VERSIONS)
def test_preempted_anywhere(workload, record, version):
    """A signal preempted these goroutines in a loop without calls: their innermost frame is no call."""
    target = workload("stacks", version)
    assert target.ask("spin") == "done"
    stopped = 0
    for _ in range(3):
        doc = report_json(record("-p", target.pid, "-d", "0.1", wait=False).end().trace)
        spinning = [g for g in doc["goroutines"] if g["state"] in ("runnable", "running") and not g["system"]]
        for g in (g for g in spinning if g["stack"]):
            functions = [f["function"] for f in g["stack"]]
            assert not g["stack_truncated"]
            assert functions[-1] in ("main.inSpin", "main.main"), functions
            if "main.spin" in functions:
                assert g["stack"][functions.index("main.spin")]["line"] in SPIN_LINES
                stopped += 1
        if stopped >= 4:
            return
    assert stopped, "no goroutine was seen preempted"
