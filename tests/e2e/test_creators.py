"""Goroutines that library code creates belong to the line of the program that called the library."""
import re

import pytest

from conftest import OLDEST, ROOT, VERSIONS, at_least, report, report_json, variants

CONTEXTS, RETRIES, REQUESTS, ITERATORS, TIMERS = 5, 3, 7, 4, 2


def line_of(mark):
    """The line of the workload with the comment "line: MARK"."""
    for path in (ROOT / "tests/workloads/creators").glob("*.go"):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if line.endswith(f"// line: {mark}"):
                return path.name, number
    raise AssertionError(mark)


def created(doc, mark, by=""):
    """The number of goroutines that the marked line led to, by go statements in functions that begin with by."""
    name, number = line_of(mark)
    return sum(g["created"] for g in doc["groups"]
               if g["creator"] and g["creator"]["file"].endswith("/" + name) and g["creator"]["line"] == number
               and g["created_by"]["function"].startswith(by))


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("variant", variants("default", "stripped"))
def test_creators(workload, record, version, variant):
    target = workload("creators", version, variant)
    assert target.line() == "ready"
    recorder = record("-p", target.pid)
    assert target.ask("start") == "done"
    recorder.stop()
    doc = report_json(recorder.trace)
    for mark, n in ("watch", CONTEXTS), ("retry", RETRIES):
        assert created(doc, mark, "context.") == n
        group = next(g for g in doc["groups"] if g["creator"] and g["creator"]["line"] == line_of(mark)[1])
        assert group["creator"]["function"] == f"main.{mark}"
        assert group["creator_called"]["function"] == "context.WithCancel"
        assert group["created_by"]["function"].startswith("context.")
    # The goroutines of a connection are created by another one of net/http, which dials.
    assert created(doc, "fetch", "net/http.(*Transport).dialConn") == 2 * REQUESTS
    if at_least(version, "1.23"):
        assert created(doc, "pull", "iter.") == ITERATORS
    fired = [g for g in doc["groups"] if g["created_by"] and g["created_by"]["function"] == "time.goFunc"]
    assert sum(g["created"] for g in fired) == TIMERS and all(g["creator"] is None for g in fired)


def test_older_ones(workload, record):
    """The goroutine that began before the recording has no creation stack: its creator is unknown if others have several."""
    target = workload("creators", OLDEST)
    assert target.line() == "ready"
    recorder = record("-p", target.pid)
    assert target.ask("start") == "done"
    recorder.stop()
    doc = report_json(recorder.trace)
    old = [g for g in doc["goroutines"] if g["started_ns"] is None and g["created_by"]
           and g["created_by"]["function"] == "context.propagateCancel"]
    assert len(old) == 1 and old[0]["creator"] is None and old[0]["creation_stack"] == []
    new = next(g for g in doc["goroutines"] if g["creator"] and g["creator"]["function"] == "main.retry")
    assert [f["function"] for f in new["creation_stack"]][-3:] == ["main.retry", "main.start", "main.main"]
    text = re.sub(r"\s+", " ", report(recorder.trace, "--goroutine", str(new["id"])))
    at = ":".join(map(str, line_of("retry")))
    assert f"creators/{at} through context.WithCancel (context/context.go:" in text
    assert "The stack of its creator" in text
