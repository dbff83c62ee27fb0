"""Who woke whom: each hand-over wakes exactly one goroutine, and the workload knows which two it can be."""
import collections
import json
import os

import pytest

from conftest import NEWEST, OLDEST, VERSIONS, report_json

LONG = int(os.environ.get("CHANREC_LONG_SECONDS", 60))
HANDED = ("send", "receive")


def by_channel(doc):
    """{address: [wake-up…]} of the channel at that address."""
    addr = {c["id"]: int(c["addr"], 16) for c in doc["channels"]}
    found = collections.defaultdict(list)
    for w in doc["wakes"]:
        if w["channel"] is not None:
            found[addr[w["channel"]]].append(w)
    return found


def record_shape(workload, record, version, *shape):
    target = workload("wakes", version, "default", *shape)
    links = json.loads(target.line())
    recorder = record("-p", target.pid)
    hand_overs = int(target.ask("go"))
    recorder.stop()
    assert "none lost." in recorder.summary
    assert target.process.wait() == 0, "the target ends with its own result"
    doc = report_json(recorder.trace)
    assert doc["losses"]["ring_dropped"] == doc["losses"]["unseen_wakes"] == doc["losses"]["odd_readies"] == 0
    return links, hand_overs, doc


def check_link(link, wakes, also=()):
    """Checks that wake-ups are of the right kind and between the link's ends; returns the number of values handed over."""
    sender, receiver = link["ends"]
    handed = 0
    for w in wakes:
        pair = (w["waker"], w["woken"])
        if w["cause"] == "close":
            assert pair == (sender, receiver) and w["count"] == 1, w
            continue
        assert w["cause"] in HANDED, w
        assert pair == ((sender, receiver) if w["cause"] == "send" else (receiver, sender)) or pair in also, (link, w)
        handed += w["count"]
    return handed


@pytest.mark.parametrize("version", VERSIONS)
def test_pipeline(workload, record, version):
    links, hand_overs, doc = record_shape(workload, record, version, "pipeline", 7, 10007)
    wakes = by_channel(doc)
    assert hand_overs == 8 * 10007
    for link in links:
        handed = check_link(link, wakes[int(link["addr"], 16)])
        assert handed == link["values"], "every edge is there, as often as it was used"
    known = {int(link["addr"], 16) for link in links}
    ends = {g for link in links for g in link["ends"]}
    for addr, list_of in wakes.items():
        # The only other channel is the one whose close starts the pipeline.
        assert addr in known or {w["cause"] for w in list_of} == {"close"}
    last = [w for w in doc["wakes"] if w["cause"] == "waitgroup"]
    assert [(w["woken"], w["count"]) for w in last] == [(1, 1)] and last[0]["waker"] in ends


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_ring_of_ten_thousand(workload, record, version):
    links, hand_overs, doc = record_shape(workload, record, version, "ring", 10000, 7)
    wakes = by_channel(doc)
    assert hand_overs == 10000 * 7 - 9999
    assert doc["summary"]["user"]["at_start"] == 10001
    for i, link in enumerate(links):
        also = [(1, link["ends"][1])] if i == 0 else []
        assert check_link(link, wakes[int(link["addr"], 16)], also) == link["values"]


def test_long_and_fast(workload, record):
    """One minute with 100,000 parks a second."""
    links, hand_overs, doc = record_shape(workload, record, NEWEST, "paced", 20, 100000, LONG)
    assert hand_overs >= 90000 * LONG, "the machine is too slow to say anything"
    wakes = by_channel(doc)
    assert sum(check_link(link, wakes[int(link["addr"], 16)]) for link in links) == hand_overs
    assert doc["events"]["go.park"] >= hand_overs
