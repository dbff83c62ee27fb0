"""Real programs under load: right answers, no losses, agreement with Go's goroutine dump, every stack resolved."""
import collections
import datetime
import os
import re
import shutil
import time

import pytest

from e2e import CHANREC, ROOT, parse_traceback, report, report_json, run
from programs import Caddy, Esbuild, Etcd, Prometheus

SECONDS = float(os.environ.get("CHANREC_REAL_SECONDS", 10))
IDLE_SECONDS = float(os.environ.get("CHANREC_REAL_IDLE_SECONDS", 60))
SERVERS = [(Prometheus, "bookworm"), (Caddy, "bookworm"), (Etcd, "bookworm"), (Prometheus, "sid"), (Caddy, "sid"),
           (Etcd, "sid")]
PROGRAMS = SERVERS + [(Esbuild, "npm")]


def name_of(p):
    return f"{p[0].__name__.lower()}-{p[1]}"


@pytest.fixture
def program(request, tmp_path):
    kind, suite = request.param
    p = kind(suite, tmp_path)
    try:
        p.start()
        yield p
    finally:
        p.stop()


def stable(before, after):
    """Goroutines that two dumps show alike and whose stack was saved."""
    return {goid: shown for goid, shown in before.items()
            if after.get(goid) == shown and shown[0] not in ("running", "runnable", "syscall")}


def frames_of(goroutine):
    return [(f["function"], f["file"], f["line"]) for f in goroutine["stack"]]


def compare(doc, before, after, dumped_at):
    """Each stable goroutine is in the end snapshot as Go shows it. One that moved in between and came back has a wait
    that began after the first dump."""
    goroutines = {g["id"]: g for g in doc["goroutines"]}
    wrong, moved, same, whole = [], 0, 0, 0
    for goid, (reason, frames, created) in stable(before, after).items():
        g = goroutines.get(goid)
        if g is None or g["state"] == "exited":
            wrong.append((goid, "not there", reason, frames[:1]))
            continue
        wait = g["wait"] or {}
        ours = frames_of(g)
        if wait.get("reason") == reason and ours[:1] == frames[:1]:
            same += 1
            whole += ours == frames
            if ours != frames:
                print(f"  goroutine {goid}: stack differs from Go's: {ours} / {frames}")
        elif wait.get("since_ns") is None or wait["since_ns"] < dumped_at:
            wrong.append((goid, g["state"], wait.get("reason"), reason, ours[:2], frames[:2]))
        else:
            moved += 1
    return wrong, moved, same, whole


def unresolved(trace):
    """The number of frames in the trace, by the second reader, and the frames without function, file or line."""
    dumped = run("/usr/bin/python3", ROOT / "tests/tools/tracedump.py", "--definitions", trace)
    assert dumped.returncode == 0, dumped.stderr
    frames = [line.split() for line in dumped.stdout.splitlines() if line.startswith("def.frame ")]
    # def.frame 0 0 ID PC COUNT FUNC:FILE:LINE...
    return len(frames), [f for f in frames if f[5] == "0" or any("0" in call.split(":") for call in f[6:])]


def since_start(trace, wall_ns):
    second, fraction = re.match(r"(.*)\.(\d+)Z", trace["start"]).groups()
    start = datetime.datetime.fromisoformat(second + "+00:00").timestamp()
    return wall_ns - (int(start) * 10 ** 9 + int(fraction.ljust(9, "0")))


def check_answers(program, recorder, ready, may_be_busy=False):
    done, wrong = program.answers()
    busy = sum(t.busy for t in program.threads)
    print(f"\n== {program.package} {program.version}: {program.path.stat().st_size / 1e6:.0f} MB, ready in {ready:.2f} s")
    print(f"  {done} answers, {busy} that it is busy, {len(wrong)} wrong; {recorder.summary}")
    assert recorder.process.returncode == 0, recorder.stderr
    assert wrong == [] and done - busy > 100
    assert may_be_busy or not busy


def check_whole(doc):
    """Nothing was lost, and no goroutine did what its state does not allow."""
    assert doc["losses"]["ring_dropped"] == 0 and doc["losses"]["probes_missing"] == []
    assert set(doc["losses"]["illegal_transitions"].values()) == {0}, doc["losses"]["illegal_transitions"]


def check_trace(doc, trace):
    check_whole(doc)
    frames, lost = unresolved(trace)
    print(f"  {len(lost)} of {frames} frames not resolved ({100 * len(lost) / max(frames, 1):.2f} %), "
          f"{doc['losses']['stacks_truncated']} stacks cut")
    assert lost == [] and frames > 100
    assert doc["losses"]["stacks_truncated"] == 0


def check_verdicts(doc):
    """A healthy program has no finding but contention."""
    verdicts = collections.Counter(f"{leak['verdict']} ({leak['strength']})" for leak in doc["leaks"])
    print(f"  leak verdicts: {dict(verdicts)}")
    assert [leak for leak in doc["leaks"] if leak["verdict"] != "idle"] == []
    assert [finding for finding in doc["findings"] if finding["kind"] != "contention"] == []


def check_dumps(doc, before, after, dumped_at):
    before, after = parse_traceback(before), parse_traceback(after)
    wrong, moved, same, whole = compare(doc, before, after, since_start(doc["trace"], dumped_at))
    print(f"  {len(before)} goroutines in Go's dump; {same} stable ones as Go shows them, {whole} of them with the same "
          f"whole stack; {moved} moved meanwhile")
    assert wrong == []
    assert same >= 10 and whole == same


def keep(program, trace, what=""):
    """Keeps the report for a reader: CHANREC_REAL_KEEP=FOLDER make check-real."""
    folder = os.environ.get("CHANREC_REAL_KEEP")
    if folder:
        os.makedirs(folder, exist_ok=True)
        name = f"{folder}/{program.package}-{program.version}{what}"
        shutil.copy(trace, name + ".zst")
        with open(name + ".txt", "w") as f:
            f.write(report(trace, "--full"))


def check_idle(text):
    """No verdict above idle, a complete memory scan, no loss and no defect. This reads the text, since the JSON lists
    every goroutine and channel that ever existed, which here are millions."""
    assert "No leaked or stuck goroutines found." in text, text[:10000]
    assert re.search(r"\d (other )?goroutines are\s+waiting\s+normally", text)
    assert not re.search(r"could\s+not\s+be\s+checked", text)
    assert re.search(r"events,\s+none lost\.", text) and not re.search(r"^ *defects ", text, re.M), text


@pytest.mark.parametrize("program", SERVERS, ids=name_of, indirect=True)
def test_nothing_of_a_healthy_program_is_above_idle(program, record):
    begin = time.monotonic()
    recorder = record("-p", program.process.pid)
    ready = time.monotonic() - begin
    program.load(IDLE_SECONDS, heavy=True)
    recorder.stop()
    check_answers(program, recorder, ready, may_be_busy=True)
    keep(program, recorder.trace, "-heavy")
    text = report(recorder.trace, "--full")
    print("  " + re.search(r"[\d,]+ (other )?goroutines are\s+waiting[^.]*", text)[0].replace("\n", ""))
    check_idle(text)


@pytest.mark.parametrize("program", PROGRAMS, ids=name_of, indirect=True)
def test_real_program(program, record):
    doctor = run(CHANREC, "doctor", "-p", program.process.pid)
    assert doctor.returncode == 0, doctor.stdout + doctor.stderr
    begin = time.monotonic()
    recorder = record("-p", program.process.pid)
    ready = time.monotonic() - begin
    program.load(SECONDS)
    before, dumped_at = program.dump(), time.time_ns()
    recorder.stop()
    after = program.dump()
    check_answers(program, recorder, ready)
    keep(program, recorder.trace)
    doc = report_json(recorder.trace)
    check_trace(doc, recorder.trace)
    check_verdicts(doc)
    if before is not None:
        check_dumps(doc, before, after, dumped_at)
