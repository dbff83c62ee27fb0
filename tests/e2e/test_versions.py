"""What differs between Go versions, and what happens with a version that chanrec does not know."""
import collections
import json
import os
import re

import pytest

from conftest import (BUILD, CHANREC, NEWEST, ROOT, VERSIONS, Workload, at_least, parse_traceback, report_json, run,
                      variants)
from test_oracle import check_goroutine

# Versions with the same number have the same structures.
LAYOUTS = {"1.19": 1, "1.21": 2, "1.22": 2, "1.23": 3, "1.24": 3, "1.25": 4, "1.26": 5, "1.27": 5}


def script(trace):
    done = run(CHANREC, "script", trace)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def info(trace):
    done = run(CHANREC, "info", trace)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("version", VERSIONS)
def test_tables_are_what_a_build_gives(go, version):
    """gobin/layout_table.inc and wait_table.inc are generated; generating them again must give the same."""
    go.root(version)
    made = run(ROOT / "tools/gen-go-layouts.sh", "--check", version)
    assert made.returncode == 0, made.stderr
    if "skipped" in made.stderr:
        pytest.skip(f"Go {version}'s entries were not compared: {made.stderr}")


@pytest.fixture
def disguised(go):
    """disguised(name, version, as_version): a stripped program that claims to be of another Go version."""
    started = []

    def start(name, version, as_version):
        built = go.build(name, version, "stripped")
        path = BUILD / "workloads" / "disguised" / f"{name}-{version}-as-{as_version}"
        path.parent.mkdir(parents=True, exist_ok=True)
        old, new = f"go{version}".encode(), f"go{as_version}".encode()
        assert len(old) == len(new) and built.read_bytes().count(old) >= 2
        path.write_bytes(built.read_bytes().replace(old, new))
        path.chmod(0o755)
        started.append(Workload(path))
        return started[-1]

    yield start
    for w in started:
        w.kill()


@pytest.mark.parametrize("version", sorted({VERSIONS[-1], VERSIONS[0]}, key=VERSIONS.index))
def test_newer_than_the_table(disguised, record, tmp_path, version):
    """chanrec takes the nearest table entry and checks it against memory; if it fits, all works as usual."""
    target = disguised("blockers", version, "1.99" if version == NEWEST else "1.20")
    before = json.loads(target.line())
    recorder = record("-p", target.pid)
    after = json.loads(target.ask("more"))
    assert target.ask("dump", tmp_path / "dump") == "done"
    recorder.stop()
    doc = report_json(recorder.trace)
    dumped = parse_traceback((tmp_path / "dump").read_text())
    goroutines = {g["id"]: g for g in doc["goroutines"]}
    for entry in before + after:
        check_goroutine(doc, entry, goroutines[entry["goid"]], dumped)
    offsets = re.search(r"offsets\s+(.*)", info(recorder.trace))[1]
    assert offsets == (f"table entry for go{version}, the nearest version (best effort: this version is not in the table); "
                       "they match the program's memory")


@pytest.mark.parametrize("version", VERSIONS)
def test_offsets_that_do_not_fit_are_refused(disguised, bpf, tmp_path, version):
    for other in LAYOUTS:
        if LAYOUTS[other] == LAYOUTS[version]:
            continue
        target = disguised("blockers", version, other)
        target.line()
        trace = tmp_path / f"{other}.zst"
        attached = run(CHANREC, "record", "-p", target.pid, "-d", "1", "-o", trace)
        assert attached.returncode == 1, f"{other} was believed"
        assert f"table entry for go{other}" in attached.stderr and "do not match the program" in attached.stderr
        assert re.search(r"goroutine at 0x|none of its goroutines", attached.stderr)
        assert not trace.exists()
        target.kill()


def test_offsets_of_a_started_program_are_checked_too(disguised, bpf, tmp_path):
    other = next(v for v in LAYOUTS if LAYOUTS[v] != LAYOUTS[NEWEST])
    target = disguised("blockers", NEWEST, other)
    target.kill()
    stays, writer = os.pipe()
    started = run(CHANREC, "record", "-o", tmp_path / "t.zst", "--", target.path, stdin=stays)
    os.close(stays)
    os.close(writer)
    assert started.returncode == 1
    assert "do not match the program" in started.stderr


def test_own_offsets_are_believed(workload, record):
    target = workload("blockers", NEWEST)
    target.line()
    recorder = record("-p", target.pid, "-d", "0.1", wait=False).end()
    assert re.search(r"offsets\s+the program's DWARF", info(recorder.trace))


# What tests/workloads/counts wakes, and how. All of these go through goready, which is inlined since 1.21.
WAKES = {"send": 53 + 21, "receive": 47 + 20 + 13, "close": 43, "unlock": 37, "rwunlock": 31 + 29, "waitgroup": 23,
         "cond": 19, "timer": 17, "network": 7}


@pytest.mark.parametrize("variant", ["default", "stripped"] if variants() else ["stripped"])
@pytest.mark.parametrize("version", VERSIONS)
def test_cause_of_every_wake(workload, record, version, variant):
    target = workload("counts", version, variant)
    recorder = record("-p", target.pid)
    assert target.ask("go") == "done"
    recorder.stop()
    lines = script(recorder.trace)
    made = {re.search(r"child=(\d+)", line)[1] for line in lines if "go.create" in line and "entry=main." in line}
    causes, wakers = collections.Counter(), collections.defaultdict(set)
    for line in lines:
        ready = re.search(r"go\.ready\s+g=(\d+) woken=(\d+) cause=(\S+)(.*)", line)
        if ready and ready[2] in made:
            causes[ready[3]] += 1
            wakers[ready[3]].add(ready[1])
            # "at" is the waker's code, not a function of the runtime; a timer or the network has none.
            assert ready[1] == "0" or " at=main." in ready[4] or " at=sync." in ready[4], line
    assert causes == WAKES
    for cause in ("send", "receive", "close", "waitgroup", "cond"):
        assert wakers[cause] == {"1"}, cause
    assert wakers["timer"] == wakers["network"] == {"0"}


@pytest.mark.parametrize("version", VERSIONS)
def test_probe_sites(workload, record, version):
    """Function names and prologues are those of the version; the kernel emulates each default site."""
    target = workload("counts", version)
    recorder = record("-p", target.pid, "-d", "0.1", wait=False).end()
    text = info(recorder.trace)
    assert "MISSING" not in text
    sites = {m[1]: (m[2], m[3]) for m in re.finditer(r"^\s+(\S+)\s+(runtime\.\S+)\s+(.*)$", text, re.M)}
    assert sites["go.exit"][0] == ("runtime.gdestroy" if at_least(version, "1.22") else "runtime.goexit0")
    assert ("push rbp" if at_least(version, "1.21") else "jbe") in sites["go.park"][1]
    assert "single-stepped" not in text


@pytest.mark.parametrize("version", [v for v in VERSIONS if at_least(v, "1.23")])
def test_coroutines(workload, record, tmp_path, version):
    """iter.Pull makes goroutines without newproc that switch without gopark and end without goexit."""
    target = workload("coroutine", version)
    first = int(target.ask("start"))
    recorder = record("-p", target.pid)
    second = int(target.ask("start"))
    assert target.ask("dump", tmp_path / "dump") == "done"
    recorder.stop()
    doc = report_json(recorder.trace)
    dumped = parse_traceback((tmp_path / "dump").read_text())
    alive = {g["id"]: g for g in doc["goroutines"] if not g["system"] and g["state"] != "exited"}
    assert set(alive) == set(dumped) and len(alive) == second == 2 * first - 1
    for goid, (reason, frames, created) in dumped.items():
        if goid == 1:
            continue
        g = alive[goid]
        assert (g["state"], g["wait"]["reason"]) == ("waiting", reason)
        assert [(f["function"], f["file"], f["line"]) for f in g["stack"]] == frames
        assert not g["stack_truncated"]
    reasons = collections.Counter(reason for reason, _, _ in dumped.values())
    assert reasons["coroutine"] == 2 * (3 + 5) and reasons["chan receive"] == 2 * 5
    pulls = [g for g in doc["groups"] if g["entry"] and g["entry"]["function"] == "runtime.corostart"]
    assert {g["created_by"]["function"].partition("[")[0] for g in pulls} == {"iter.Pull"}
    assert [sum(g[n] for g in pulls) for n in ("at_start", "created", "exited")] == [3 + 5, 3 + 5 + 7, 7]
    parents = collections.Counter(g["parent"] for g in alive.values() if g["entry"]["function"] == "runtime.corostart")
    assert parents[1] == 2 * 3 and len(parents) == 1 + 2 * 5
    assert doc["losses"]["odd_readies"] == 0


BUBBLE = {"receiver": "chan receive", "sender": "chan send", "selector": "select", "waiter": "sync.WaitGroup.Wait",
          "condWaiter": "sync.Cond.Wait", "sleeper": "sleep"}


@pytest.mark.parametrize("version", [v for v in VERSIONS if at_least(v, "1.24")])
def test_synctest_bubble(go, workload, record, tmp_path, version):
    """Waits inside a testing/synctest bubble have their own reasons, but are waits on channels nevertheless."""
    more = {} if at_least(version, "1.25") else {"GOEXPERIMENT": "synctest"}
    go.build("bubble", version, how=("test", "-c"), **more)
    target = workload("bubble", version, "default", "-test.run=TestBubble")
    assert target.ask("start") == "done"
    recorder = record("-p", target.pid)
    assert target.ask("start") == "done"
    assert target.ask("dump", tmp_path / "dump") == "done"
    recorder.stop()
    doc = report_json(recorder.trace)
    dumped = parse_traceback((tmp_path / "dump").read_text())
    goroutines = {g["id"]: g for g in doc["goroutines"]}
    seen = collections.Counter()
    for goid, (reason, frames, _) in dumped.items():
        function = frames[-1][0].rpartition(".")[2]
        if function not in BUBBLE:
            continue
        g = goroutines[goid]
        plain = re.sub(r" \((synctest|durable)\)$", "", g["wait"]["reason"])
        assert plain == BUBBLE[function] == re.sub(r" \((synctest|durable)\)$", "", reason)
        assert [(f["function"], f["file"], f["line"]) for f in g["stack"]] == frames
        assert len(g["wait"]["channels"]) == {"receiver": 1, "sender": 1, "selector": 2}.get(function, 0)
        assert (g["wait"]["sync"] is not None) == (function in ("waiter", "condWaiter"))
        seen[function] += 1
    assert seen == {function: 2 for function in BUBBLE}
