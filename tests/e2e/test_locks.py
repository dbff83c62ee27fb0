"""What the end snapshot shows of locks, with tests/workloads/rwlocks."""
import re

import pytest

from conftest import VERSIONS, at_least, report_json


@pytest.mark.parametrize("version", VERSIONS)
def test_who_has_a_rwmutex(workload, record, version):
    """The lock's word also counts readers that wait behind a writer, but they do not hold it."""
    w = workload("rwlocks", version)
    assert w.line() == "up"
    r = record("-p", w.pid, "-d", "2.5", wait=False).end()
    doc = report_json(r.trace)
    locks = [s for s in doc["syncs"] if s["kind"] == "sync.RWMutex"]
    seen = {(s["locked"], s["counter"], len(s["waiting"])) for s in locks}
    assert seen == {(False, 5, 4), (True, 0, 4), (True, 0, 1)}
    waits = {leak["wait_reason"]: leak["why"] for leak in doc["leaks"] if "reader" in leak["why"]}
    if at_least(version, "1.20"):
        assert set(waits) == {"sync.RWMutex.RLock", "sync.RWMutex.Lock"}
    assert waits
    for why in waits.values():
        assert re.search(r"5 readers\b.*\bwriter", why), why
