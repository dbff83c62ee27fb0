"""Who has what goroutines wait for: tests/workloads/owners has known pointers to each object, and no others."""
import time

import pytest
from conftest import CHANREC, NEWEST, VERSIONS, report, report_json, run, variants


def recorded(workload, record, version, variant):
    w = workload("owners", version, variant)
    assert w.line() == "up"
    r = record("-p", w.pid)
    time.sleep(0.3)
    r.stop()
    return r.trace


def owners_of(doc, function):
    """The owners of what is waited for in a function: (function or variable, pointers, offsets on the way)."""
    wait = next(g["wait"] for g in doc["goroutines"] if g["wait"] and (g["wait"]["at"] or {}).get("function") == function)
    assert len(wait["objects"]) == 1, wait
    kind, number = wait["objects"][0]["kind"], wait["objects"][0]["id"]
    found = [o for o in doc["owners"] if (o["object"]["kind"], o["object"]["id"]) == (kind, number)]
    return [(o["at"]["function"] if o["goroutine"] else o["variable"], o["distance"], o["path"][1:-1]) for o in found], \
        {o["complete"] for o in found}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("variant", variants("default", "stripped"))
def test_those_that_lead_to_an_object_are_found_and_no_others(workload, record, version, variant):
    doc = report_json(recorded(workload, record, version, variant))
    names = variant == "default"
    assert owners_of(doc, "main.wantsHeld") == ([("main.holds", 1, [])], {True})
    assert owners_of(doc, "main.wantsFar") == ([("main.holdsFar", 3, ["+0x10", "+0x18"])], {True})
    assert owners_of(doc, "main.wantsShared") == ([("main.shares", 1, [])] * 2, {True})
    assert owners_of(doc, "main.left") == ([("main.right", 1, [])], {True})
    assert owners_of(doc, "main.right") == ([("main.left", 1, [])], {True})
    assert owners_of(doc, "main.wantsAll") == ([("main.finishes", 1, [])], {True})
    assert owners_of(doc, "main.wantsGuarded") == ([("main.unlocks", 1, [])], {True})
    assert owners_of(doc, "main.wantsGlobal") == ([("main.global" if names else None, 3, ["+0x10", "+0x18"])], {False})
    assert owners_of(doc, "main.wantsGuard") == ([("main.guard" if names else None, 0, [])], {False})


def test_the_text_shows_the_way(workload, record):
    trace = recorded(workload, record, NEWEST, "default")
    doc = report_json(trace)
    waiter = next(g for g in doc["goroutines"] if g["wait"] and g["wait"]["at"]["function"] == "main.wantsGlobal")
    number = waiter["wait"]["channels"][0]
    want = f"variable main.global → +0x10 → +0x18 → channel #{number} (cap 0)"
    assert want in report(trace, "--goroutine", str(waiter["id"]))
    assert want in report(trace, "--channel", str(number))
    script = run(CHANREC, "script", "--snapshots", trace).stdout
    assert any("snap.owner" in line and "path=main.global+0x0," in line for line in script.splitlines())
