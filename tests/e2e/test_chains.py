"""A known chain of waits, built by tests/workloads/chain."""
import time

from conftest import NEWEST, report_json

# The code of main.receives calls Done.
WANT = ["main.waits", "main.receives", "main.locks", "main.sleeps"]


def chains_of(trace, *options):
    """The open chains: the innermost function of each link, and the root cause."""
    return [([link["waits_on"]["at"]["function"] for link in chain["links"]], chain["root_cause"])
            for chain in report_json(trace, *options)["chains"] if chain["kind"] == "open"]


def test_it_is_found_at_the_end_and_at_its_time_only(workload, record):
    w = workload("chain", NEWEST)
    assert w.line() == "up"
    r = record("-p", w.pid)
    time.sleep(0.3)
    assert w.ask("go") == "done"
    time.sleep(0.5)
    r.stop()
    assert (WANT, "sleep") in chains_of(r.trace)
    assert not any(set(WANT) & set(links) for links, _ in chains_of(r.trace, "--at", "100ms"))
    end = report_json(r.trace)["trace"]["duration_ns"]
    # What the code of main.receives does is known at the end only.
    assert (WANT[1:], "sleep") in chains_of(r.trace, "--at", f"{end - 200_000_000}ns")
    assert not any(set(WANT) & set(links) for links, _ in chains_of(r.trace, "--min-edge", "10s"))
