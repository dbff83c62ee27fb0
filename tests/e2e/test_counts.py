"""The workload does everything a prime number of times, and the report's counts match exactly."""
import pytest

from conftest import NEWEST, OLDEST, VERSIONS, report, report_json, variants

# started function → number of goroutines, each of which blocks once
BLOCK_ONCE = {"receiver": 53, "sender": 47, "ranger": 43, "selector": 41, "locker": 37, "reader": 31, "writer": 29,
              "waiter": 23, "condWaiter": 19, "sleeper": 17, "filler": 13, "poller": 7}
NO_BLOCK = {"exiter": 5, "runner": 101}
CLOSES = 43 + 1
CAPACITY, TRIES, SELECT_READY = 11, 59, 3
# phase of main → channels that it makes
MADE = {"receive": 53, "send": 47, "closing": 43, "selecting": 3 * 41, "filling": 13, "trying": 2}


def name_of(place):
    return place["function"].rsplit(".", 1)[-1] if place else None


def groups_of(doc):
    """The groups by the function that started them."""
    found = {}
    for g in doc["groups"]:
        if g["system"] or g["created_by"] is None or not g["created_by"]["function"].startswith("main."):
            continue
        found[g["created_by"]["function"][len("main."):]] = g
    return found


STARTED_BY = {"receiver": "receive", "sender": "send", "ranger": "closing", "selector": "selecting",
              "locker": "locking", "reader": "reading", "writer": "writing", "waiter": "waiting",
              "condWaiter": "condition", "sleeper": "sleeping", "filler": "filling", "poller": "polling",
              "exiter": "exiting", "runner": "running"}


def check_groups(doc, rounds=1):
    groups = groups_of(doc)
    for function, n in {**BLOCK_ONCE, **NO_BLOCK}.items():
        g = groups.pop(STARTED_BY[function])
        assert (g["created"], g["exited"], g["exits_missed"]) == (rounds * n, rounds * n, 0), function
        assert g["waits"] == (rounds * n if function in BLOCK_ONCE else 0), function
        assert g["unseen_wakes"] == 0, function
        assert sum(g["at_end"].values()) == 0, function
    assert groups == {}


def check_channels(doc):
    made = {}
    for c in doc["channels"]:
        by = c["made_by"]
        if by and by["at"]["function"].startswith("main."):
            made.setdefault(name_of(by["at"]), []).append(c)
    assert {k: len(v) for k, v in made.items()} == MADE
    assert sum(c["state"] == "Closed" for v in made.values() for c in v) == CLOSES
    for c in made["closing"]:
        assert (c["closed"], c["waits"], name_of(c["closed_by"]["at"])) == (True, 1, "closing")
    return made


def counts(c):
    return c["sends"], c["recvs"], c["recvs_closed"], c["not_ready"]


@pytest.mark.parametrize("variant", variants("default", "stripped"))
@pytest.mark.parametrize("version", VERSIONS)
def test_exact_counts(workload, record, version, variant):
    target = workload("counts", version, variant)
    recorder = record("-p", target.pid)
    assert target.ask("go") == "done"
    recorder.stop()
    assert "none lost." in recorder.summary

    doc = report_json(recorder.trace)
    check_groups(doc)
    assert doc["events"]["go.create"] == sum(BLOCK_ONCE.values()) + sum(NO_BLOCK.values())
    assert doc["events"]["go.exit"] == doc["events"]["go.create"]
    assert doc["events"]["chan.close"] == CLOSES
    assert doc["events"]["chan.make"] == sum(MADE.values())
    assert doc["summary"]["user"]["created"] == doc["events"]["go.create"]
    assert doc["summary"]["user"]["exited"] == doc["events"]["go.exit"]
    made = check_channels(doc)
    for c in (c for v in made.values() for c in v):
        assert counts(c) == (None,) * 4, "without ops nobody can know"
        assert c["state"] in ("Closed", None)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_operation(workload, record, version):
    target = workload("counts", version)
    recorder = record("-p", target.pid, "--events", "default,ops")
    assert target.ask("go") == "done"
    recorder.stop()
    doc = report_json(recorder.trace)
    check_groups(doc)
    made = check_channels(doc)
    assert {counts(c) for c in made["receive"]} == {(1, 1, 0, 0)}
    assert {counts(c) for c in made["send"]} == {(1, 1, 0, 0)}
    assert {counts(c) for c in made["closing"]} == {(0, 0, 1, 0)}
    assert {counts(c) for c in made["filling"]} == {(CAPACITY + 1, CAPACITY + 1, 0, 0)}
    assert sum(c["sends"] for c in made["selecting"]) == 41
    assert sum(c["recvs"] for c in made["selecting"]) == 41
    assert {counts(c) for c in made["trying"]} == {(TRIES, TRIES, 0, 2), (0, 0, SELECT_READY, 0)}
    states = {k: {c["state"] for c in v} for k, v in made.items()}
    assert states["receive"] == states["send"] == states["filling"] == {"Recv"}
    # Two of each select's three channels saw a select wait, but no value.
    assert sorted(c["state"] for c in made["selecting"]).count("Created") == 2 * 41


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_from_the_first_instruction(go, record, version, tmp_path):
    trace = tmp_path / "t.zst"
    path = go.build("counts", version)
    recorder = record("--", "sh", "-c", f"echo go | {path}", trace=trace, wait=False).end()
    assert recorder.stdout == "done\n"
    assert "the program exited" in recorder.stderr
    doc = report_json(trace)
    check_groups(doc)
    check_channels(doc)
    assert doc["trace"]["final_state_from"] == "events"
    main = [g for g in doc["goroutines"] if g["id"] == 1]
    assert len(main) == 1 and main[0]["started_ns"] is not None
    assert "the program had exited" in report(trace)


def test_two_rounds_recorded_apart(workload, record):
    """Only what happens during a recording is counted."""
    target = workload("counts", NEWEST)
    for _ in range(2):
        assert target.ask("go") == "done"
        recorder = record("-p", target.pid)
        assert target.ask("go") == "done"
        recorder.stop()
        check_groups(report_json(recorder.trace))
