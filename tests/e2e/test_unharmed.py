"""The target runs as if it were not recorded."""
import pytest

from conftest import CHANREC, NEWEST, OLDEST, report_json, run, wait_for

ROUNDS = 20


def text_of(pid, path):
    """The program's code as it is in memory."""
    lines = [line.split() for line in open(f"/proc/{pid}/maps")]
    begin, end = next(tuple(int(a, 16) for a in line[0].split("-")) for line in lines
                      if line[1].startswith("r-x") and line[-1] == str(path))
    with open(f"/proc/{pid}/mem", "rb") as mem:
        mem.seek(begin)
        return mem.read(end - begin)


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_sums_stay_right(workload, record, version):
    target = workload("sums", version)
    assert target.line() == "ready"
    untouched = text_of(target.pid, target.path)
    for _ in range(ROUNDS):
        recorder = record("-p", target.pid, "-d", "0.5", wait=False).end()
        assert recorder.process.returncode == 0, recorder.stderr
        assert text_of(target.pid, target.path) == untouched, "no breakpoint stays behind"
    doc = report_json(recorder.trace)
    assert doc["events"]["go.create"] > 0 and doc["events"]["go.park"] > 0
    count, verdict = target.ask("stop").split()
    assert (verdict, int(count) > 0, target.process.wait()) == ("right", True, 0)


def test_killed_recorder(workload, record):
    """Nothing is left in the target, and the flushed part of the trace is readable."""
    target = workload("sums", NEWEST)
    assert target.line() == "ready"
    untouched = text_of(target.pid, target.path)
    recorder = record("-p", target.pid)
    size = recorder.trace.stat().st_size
    wait_for("some flushes", lambda: recorder.trace.stat().st_size > size + 100000)
    recorder.stop(signal=9)
    wait_for("the kernel takes the probes away", lambda: text_of(target.pid, target.path) == untouched)
    shown = run(CHANREC, "report", recorder.trace)
    assert shown.returncode == 0 and "main.answers" in shown.stdout
    assert "killed" in shown.stderr
    assert target.ask("stop").endswith(" right")
