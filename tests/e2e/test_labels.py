"""Labels of goroutines (pprof.Do), with tests/workloads/labels."""
import json
import time

import pytest
from conftest import CHANREC, NEWEST, VERSIONS, report, report_json, run, variants


def recorded(workload, record, version, variant, *args):
    w = workload("labels", version, variant)
    assert w.line() == "up"
    r = record("-p", w.pid, *args)
    time.sleep(0.3)
    r.stop()
    return r.trace


def labels_of(doc, function):
    found = [g for g in doc["goroutines"] if g["wait"] and (g["wait"]["at"] or {}).get("function") == function]
    assert found, function
    return sorted(sorted((pair["key"], pair["value"]) for pair in g["labels"]) for g in found)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("variant", variants("default", "stripped"))
def test_all_labels_are_read(workload, record, version, variant):
    doc = report_json(recorded(workload, record, version, variant, "--labels"))
    assert labels_of(doc, "main.serves") == sorted([
        [("route", "/slow"), ("tenant", "acme")], [("route", "/slow"), ("tenant", "acme")],
        [("route", "/slow"), ("tenant", "zeta")],
        [("empty", ""), ("route", ("long" * 100)[:256]), ("tenant", "odd\x1b[31m\n�")]])
    assert labels_of(doc, "main.startsHelper") == labels_of(doc, "main.helps") == [[("route", "/parent")]]
    assert labels_of(doc, "main.hasMany") == [[(f"key{i:02}", f"value{i:02}") for i in range(20)]]
    assert labels_of(doc, "main.hasNone") == [[]]
    rows = [row for g in doc["groups"] for row in g["labels"] if row["key"] == "route"]
    assert {"key": "route", "value": "/slow", "goroutines": 3} in rows


def test_a_label_selects(workload, record):
    trace = recorded(workload, record, NEWEST, "default", "--labels")
    for label, n in ("route=/slow", 3), ("ROUTE=/Slow", 3), ("tenant", 4), ("route=/slo", 0), ("rout", 0), ("empty=", 1):
        doc = report_json(trace, "--label", label)
        assert len(doc["goroutines"]) == n, label
        assert doc["filter"]["matched"] == (n > 0) and doc["filter"]["label"] == label
        assert sum(site["waits"] for site in doc["wait_sites"]) == n, label
    assert "3 goroutines at the end (3 waiting)" in report(trace, "--label", "route=/slow")
    assert "Nothing in this trace matches --label route=/slo." in report(trace, "--label", "route=/slo")
    assert "Labels of goroutine" in report(trace)
    text = report(trace, "--full")
    assert "route=/slow (3)" in text and "\x1b" not in text
    one = next(g for g in report_json(trace, "--label", "tenant=zeta")["goroutines"])
    assert "Its labels: route=/slow, tenant=zeta." in report(trace, "--goroutine", str(one["id"]))
    unmatched = run(CHANREC, "diff", "--no-pager", "--reason", "zzz", trace, trace).stdout
    assert "A: Nothing in this trace matches --reason zzz." in unmatched and "B: Nothing" in unmatched
    assert "Nothing in this trace" not in run(CHANREC, "diff", "--no-pager", "--reason", "CHAN", trace, trace).stdout
    assert json.loads(run(CHANREC, "diff", "--format", "json", "--label", "tenant=zeta", trace, trace).stdout)


def test_only_on_request(workload, record):
    trace = recorded(workload, record, NEWEST, "default")
    assert "snap.label" not in run(CHANREC, "script", "--snapshots", trace).stdout
    assert "The trace has no labels (record --labels)." in report(trace, "--label", "route")


def test_redacted_values_stay_equal(workload, record):
    trace = recorded(workload, record, NEWEST, "default", "--labels", "--redact")
    data = run("zstd", "-dc", trace, text=False).stdout
    assert b"/slow" not in data and b"acme" not in data and b"route" in data
    doc = report_json(trace)
    pairs = [dict(labels) for labels in labels_of(doc, "main.serves") if dict(labels).get("tenant")]
    assert len(pairs) == 4 and len({p["route"] for p in pairs}) == 2 and len({p["tenant"] for p in pairs}) == 3


def test_a_pipe_is_read_once(workload, record):
    trace = recorded(workload, record, NEWEST, "default", "--labels")
    with open(trace, "rb") as f:
        done = run(CHANREC, "report", "--label", "route", "-", stdin=f, check=False)
    assert done.returncode != 0 and "cannot come from a pipe" in done.stderr
