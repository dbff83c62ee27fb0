"""What the end snapshot says of locks: tests/workloads/rwlocks."""
import pytest

from conftest import VERSIONS, report_json


@pytest.mark.parametrize("version", VERSIONS)
def test_who_has_a_rwmutex(workload, record, version):
    """Readers that wait behind a writer are counted in the lock's word, but they do not have it."""
    w = workload("rwlocks", version)
    assert w.line() == "up"
    r = record("-p", w.pid, "-d", "0.2", wait=False).end()
    doc = report_json(r.trace)
    locks = [s for s in doc["syncs"] if s["kind"] == "sync.RWMutex"]
    seen = {(s["locked"], s["counter"], len(s["waiting"])) for s in locks}
    assert seen == {(False, 5, 4), (True, 0, 4), (True, 0, 1)}
    for leak in doc["leaks"]:
        if "RWMutex" in leak["why"] and "reader" in leak["why"]:
            assert "held by 5 readers, with a writer waiting" in leak["why"]
