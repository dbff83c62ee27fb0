"""chanrec dump: the goroutines of a running program, without BPF."""
import json
import os
import re
import subprocess
import threading
import time

import pytest

from conftest import CHANREC, VERSIONS, parse_traceback, run, variants
from test_oracle import check_objects


def dump(pid, *args):
    done = run(CHANREC, "dump", "-p", pid, *args)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("variant", variants("default", "stripped", "pie", "stripped-pie", "cgo"))
@pytest.mark.parametrize("version", VERSIONS)
def test_as_the_runtime_itself(workload, tmp_path, version, variant):
    """Text and trace agree with the program's own dump, goroutine by goroutine."""
    target = workload("blockers", version, variant)
    entries = json.loads(target.line())
    target.ask("gc")
    trace = tmp_path / "dump.zst"
    text = dump(target.pid)
    dump(target.pid, "-o", trace)
    assert target.ask("dump", tmp_path / "dump") == "done"
    theirs = parse_traceback((tmp_path / "dump").read_text())
    ours = parse_traceback(text)
    assert set(ours) == set(theirs)
    for goid, (reason, frames, created) in theirs.items():
        if goid != 1:  # makes the dump
            assert ours[goid] == (reason, frames, created)
    if "1.19" not in version:
        creators = dict(re.findall(r"goroutine (\d+) \[(?:.+\n)+?created by .* in goroutine (\d+)", text))
        assert set(map(int, creators)) == set(ours) - {1}

    doc = json.loads(run(CHANREC, "report", "--format", "json", trace).stdout)
    assert doc["trace"]["made_by"] == "dump"
    goroutines = {g["id"]: g for g in doc["goroutines"]}
    for entry in entries:
        goroutine = goroutines[entry["goid"]]
        assert [(f["function"], f["file"], f["line"]) for f in goroutine["stack"]] == theirs[entry["goid"]][1]
        check_objects(doc, entry, goroutine)


def test_says_nothing_that_needs_events(workload):
    target = workload("blockers", VERSIONS[-1])
    target.line()
    text = dump(target.pid, "--format", "text", "--full")
    for claim in ("seen", "recording", "woke", "created, "):
        assert claim not in text, claim


def test_two_dumps_compare(workload, tmp_path):
    target = workload("blockers", VERSIONS[-1])
    target.line()
    dump(target.pid, "-o", tmp_path / "a.zst")
    target.ask("more")
    dump(target.pid, "-o", tmp_path / "b.zst")
    done = run(CHANREC, "diff", "--format", "json", tmp_path / "a.zst", tmp_path / "b.zst")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["grew"]


def test_not_stopped_and_not_traced(workload):
    """The target's threads are never seen in a stop, and no tracer is seen."""
    target = workload("blockers", VERSIONS[-1])
    target.line()
    seen, stop = set(), threading.Event()

    def watch():
        while not stop.is_set():
            for tid in os.listdir(f"/proc/{target.pid}/task"):
                with open(f"/proc/{target.pid}/task/{tid}/status") as f:
                    status = f.read()
                seen.add(re.search(r"State:\s+(\S)", status)[1])
                seen.add(re.search(r"TracerPid:\s+(\d+)", status)[1])

    watcher = threading.Thread(target=watch)
    watcher.start()
    for _ in range(20):
        dump(target.pid)
    stop.set()
    watcher.join()
    assert not seen & {"T", "t"} and seen >= {"0"}, seen


MANY = 200_000


def test_many_goroutines(workload):
    target = workload("many", VERSIONS[-1], "default", MANY)
    assert target.line() == "ready"
    text = dump(target.pid)
    heads = re.findall(r"^goroutine (\d+) \[chan receive", text, re.M)
    assert len(heads) == len(set(heads)) == MANY


@pytest.mark.parametrize("delay", [0, 0.2, 0.5])
def test_the_process_dies_in_the_middle(workload, tmp_path, delay):
    """What was read is kept and called incomplete, or the message says that nothing was read."""
    target = workload("many", VERSIONS[-1], "default", MANY)
    assert target.line() == "ready"
    process = subprocess.Popen([str(CHANREC), "dump", "-p", str(target.pid), "-o", str(tmp_path / "d.zst")],
                               stderr=subprocess.PIPE, text=True)
    time.sleep(delay)
    target.kill()
    stderr = process.communicate(timeout=60)[1]
    if process.returncode:
        assert re.search(r"process \d+ ended before|no process with pid|exited|is a zombie", stderr), stderr
        return
    assert run(CHANREC, "info", "--verify", tmp_path / "d.zst").returncode == 0
    doc = json.loads(run(CHANREC, "report", "--format", "json", tmp_path / "d.zst").stdout)
    if len(doc["goroutines"]) < MANY:
        assert "ended while it was read" in stderr
        assert not doc["snapshots"]["end"]["complete"]


def test_refusals():
    for args, code, words in [
        ((), 2, "give a process (-p PID) or a core file"),
        (("-p", "0"), 2, "-p"),
        (("-p", str(os.getpid())), 1, "not a Go program"),
        (("-p", "999999999"), 1, "no process with pid"),
        (("-p", "1", "file"), 2, "not 'file'"),
        (("-p", "1", "-o", "-", "--format", "text"), 2, "leave out --format"),
    ]:
        done = run(CHANREC, "dump", *args)
        assert done.returncode == code and words in done.stderr, (args, done.stderr)


def test_without_permission(workload):
    """Another user's process: the message names the capability."""
    target = workload("blockers", VERSIONS[-1])
    target.line()
    done = subprocess.run(["setpriv", "--reuid", "65534", "--clear-groups", "--bounding-set", "-all", str(CHANREC), "dump",
                           "-p", str(target.pid)], capture_output=True, text=True)
    if "setpriv" in done.stderr or "Permission denied" in done.stderr and "chanrec:" not in done.stderr:
        pytest.skip("the build folder is not readable for other users")
    assert done.returncode == 1 and "CAP_SYS_PTRACE" in done.stderr, done.stderr
