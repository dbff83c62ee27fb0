"""The report agrees with the Go runtime's own dump, for every way to block."""
import json
import os

import pytest

from conftest import VERSIONS, at_least, parse_traceback, report_json, variants

# Way to block → directions of the channel operations. The main goroutine makes the dump, so it
# runs at that time and has no saved stack to compare.
CHANNEL_WAYS = {
    "send": ["send"], "recv": ["receive"], "full": ["send"], "empty": ["receive"], "range": ["receive"],
    "select 1": ["receive"], "select 2": ["receive", "send"], "select 3": ["receive", "receive", "send"],
    "select 4": ["send", "receive", "receive"],  # and one case of a nil channel
    "select 5": ["receive", "send", "receive", "send", "receive"],
    "reflect select": ["receive", "receive"], "reflect recv": ["receive"], "timer": ["receive"],
    "deep": ["receive"], "method": ["receive"], "inlined": ["receive"], "generic": ["receive"], "closure": ["receive"],
}
SYNC_WAYS = {"mutex": "Mutex", "rwmutex read": "RWMutex", "rwmutex write": "RWMutex", "rwmutex second writer": "RWMutex",
             "waitgroup": "WaitGroup", "cond": "Cond"}


def expected_objects(entry):
    return {int(a, 16) for a in entry["objects"]}


def check_objects(doc, entry, goroutine):
    way, wait = entry["way"], goroutine["wait"]
    channels = {c["id"]: c for c in doc["channels"]}
    syncs = {s["id"]: s for s in doc["syncs"]}
    if way in CHANNEL_WAYS:
        assert {int(channels[c]["addr"], 16) for c in wait["channels"]} == expected_objects(entry), way
        kinds = sorted(o["direction"] for o in wait["objects"])
        assert kinds == sorted(CHANNEL_WAYS[way]), way
        assert wait["nil_cases"] == (way == "select 4"), way
        for c in wait["channels"]:
            waiting = channels[c]["senders_waiting"] + channels[c]["receivers_waiting"]
            assert goroutine["id"] in waiting, (way, channels[c])
    elif way in SYNC_WAYS:
        sync = syncs[wait["sync"]]
        assert {int(sync["addr"], 16)} == expected_objects(entry), way
        assert sync["kind"] == "sync." + SYNC_WAYS[way], way
    else:
        assert wait["channels"] == [] and wait["sync"] is None, way


def check_goroutine(doc, entry, goroutine, dumped):
    reason, frames, created = dumped[entry["goid"]]
    assert goroutine["state"] == "waiting", entry
    assert goroutine["wait"]["reason"] == reason, entry
    ours = [(f["function"], f["file"], f["line"]) for f in goroutine["stack"]]
    assert ours == frames, entry
    by = goroutine["created_by"]
    assert (by["function"], by["file"], by["line"]) == created, entry
    assert not goroutine["stack_truncated"]
    check_objects(doc, entry, goroutine)


@pytest.mark.parametrize("variant", variants("default", "stripped", "pie", "stripped-pie", "cgo"))
@pytest.mark.parametrize("version", VERSIONS)
def test_every_way_to_block(workload, record, tmp_path, version, variant):
    target = workload("blockers", version, variant)
    before = json.loads(target.line())
    target.ask("gc")  # shrinks stacks, so those of parked goroutines move
    recorder = record("-p", target.pid)
    after = json.loads(target.ask("more"))
    assert target.ask("dump", tmp_path / "dump") == "done"
    recorder.stop()
    assert "none lost." in recorder.summary

    doc = report_json(recorder.trace)
    dumped = parse_traceback((tmp_path / "dump").read_text())
    goroutines = {g["id"]: g for g in doc["goroutines"]}
    assert {e["way"] for e in before} == {e["way"] for e in after}
    for entry in before + after:
        check_goroutine(doc, entry, goroutines[entry["goid"]], dumped)
    for entry in before:
        assert goroutines[entry["goid"]]["wait"]["before_start"]
    for entry in after:
        assert not goroutines[entry["goid"]]["wait"]["before_start"]

    users = {g["id"] for g in doc["goroutines"] if not g["system"] and g["state"] != "exited"}
    assert users == set(dumped), "the runtime's own goroutines are hidden by Go's rule, and no others"


def channel_facts(doc):
    return {int(c["addr"], 16): c for c in doc["channels"]}


@pytest.mark.parametrize("version", VERSIONS)
def test_channels_as_they_are(workload, record, version):
    target = workload("blockers", version, env={**os.environ, "GODEBUG": "asynctimerchan=0"})
    by_way = {e["way"]: e for e in json.loads(target.line())}
    doc = report_json(record("-p", target.pid, "-d", "0.3", wait=False).end().trace)
    facts = channel_facts(doc)

    def of(way):
        return facts[int(by_way[way]["objects"][0], 16)]

    for way, capacity, length, size in (("send", 0, 0, 8), ("recv", 0, 0, 0), ("full", 7, 7, 24), ("empty", 5, 0, 16),
                                        ("range", 3, 0, 8)):
        c = of(way)
        assert (c["capacity"], c["length"], c["closed"], c["element_size"]) == (capacity, length, False, size), way
    assert of("timer")["timer"] == at_least(version, "1.23")
