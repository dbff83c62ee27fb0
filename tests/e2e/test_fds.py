"""What the descriptors are that goroutines wait for, with tests/workloads/fds."""
import time

import pytest
from conftest import NEWEST, VERSIONS, report, report_json, run


def recorded(workload, record, version, *args):
    w = workload("fds", version)
    listener, client, unix, udp = w.line().split()
    r = record("-p", w.pid, *args)
    time.sleep(0.3)
    r.stop()
    return r.trace, (w.pid, listener, client, unix, udp)


def descriptors(doc):
    found = {}
    for g in doc["goroutines"]:
        names = [s["function"] for s in g["stack"]]
        found.update({name: g["wait"]["descriptor"] for name in names if name.startswith("main.") and g["wait"]})
    return found


@pytest.mark.parametrize("version", VERSIONS)
def test_each_kind_is_told(workload, record, version):
    trace, (pid, listener, client, unix, udp) = recorded(workload, record, version)
    found = descriptors(report_json(trace))

    def fd(kind, local=None, peer=None, state=None):
        return {"kind": kind, "local": local, "peer": peer, "state": state, "no_other_end": False}
    assert found["main.accepts"] == fd("TCP", listener, None, "LISTEN")
    assert found["main.readsConn"] == fd("TCP", listener, client, "ESTABLISHED")
    assert found["main.acceptsUnix"] == fd("Unix socket", unix)
    assert found["main.readsUDP"] == fd("UDP", udp)
    pipe = found["main.readsPipe"]
    assert pipe["kind"] == "pipe" and f"({pid})" in pipe["peer"]
    text = report(trace, "--full", "--width", "200")
    assert f"TCP {listener} → {client}" in text and f"TCP {listener} LISTEN" in text
    assert f"({pid})" in text and "pipe, writer: " in text


def test_redaction_hides_addresses(workload, record):
    trace, told = recorded(workload, record, NEWEST, "--redact")
    data = run("zstd", "-dc", trace, text=False).stdout
    assert not any(text.encode() in data for text in told[1:])
    found = descriptors(report_json(trace))
    # Equal addresses stay equal.
    assert found["main.accepts"]["local"] == found["main.readsConn"]["local"] != found["main.readsConn"]["peer"]
