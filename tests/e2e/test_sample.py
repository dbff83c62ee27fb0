"""chanrec record --sample: recordings without probes and without BPF."""
import json
import re
import signal
import subprocess
import time

import pytest

from conftest import CHANREC, NEWEST, PATIENCE, VERSIONS, parse_traceback, report, report_json, run, variants, wait_for
from test_min_block import LONG, by_creator
from test_oracle import check_goroutine


@pytest.fixture
def sample(tmp_path):
    """sample(pid, args…) starts a recording, which has taken its first sample when it returns."""
    running = []

    class Sampler:
        def __init__(self, pid, *args):
            self.trace = tmp_path / f"s{len(running)}.zst"
            self.process = subprocess.Popen([str(CHANREC), "record", "-p", str(pid), "-o", str(self.trace),
                                             *map(str, args)], stderr=subprocess.PIPE, text=True)
            running.append(self.process)
            wait_for("the first sample", lambda: self.trace.exists() and "snap.end" in run(CHANREC, "info", self.trace).stdout,
                     step=0.1)

        def stop(self):
            if self.process.poll() is None:
                self.process.send_signal(signal.SIGINT)
            return self.end()

        def end(self):
            self.stderr = self.process.communicate(timeout=4 * PATIENCE)[1]
            assert self.process.returncode == 0, self.stderr
            return self

    yield Sampler
    for p in running:
        if p.poll() is None:
            p.kill()
            p.wait()


def no_defects(doc):
    losses = doc["losses"]
    return not any(losses["illegal_transitions"].values()) and not losses["missed_exits"] and not losses["odd_readies"]


@pytest.mark.parametrize("variant", variants("default", "stripped-pie"))
@pytest.mark.parametrize("version", VERSIONS)
def test_as_the_runtime_itself(workload, sample, tmp_path, version, variant):
    """Goroutines from before the recording and from in between agree with the program's own dump."""
    target = workload("blockers", version, variant)
    before = json.loads(target.line())
    target.ask("gc")
    recorder = sample(target.pid, "--sample", "50ms")
    after = json.loads(target.ask("more"))
    assert target.ask("dump", tmp_path / "dump") == "done"
    time.sleep(0.3)
    recorder.stop()

    doc = report_json(recorder.trace)
    assert doc["trace"]["made_by"] == "samples"
    assert doc["trace"]["sampled"]["interval_ns"] == 50e6 and doc["trace"]["sampled"]["samples"] >= 3
    assert no_defects(doc), doc["losses"]
    dumped = parse_traceback((tmp_path / "dump").read_text())
    goroutines = {g["id"]: g for g in doc["goroutines"]}
    for entries, is_old in ((before, True), (after, False)):
        for entry in entries:
            goroutine = goroutines[entry["goid"]]
            check_goroutine(doc, entry, goroutine, dumped)
            assert goroutine["wait"]["before_start"] == is_old, entry
    users = {g["id"] for g in doc["goroutines"] if not g["system"] and g["state"] != "exited"}
    assert users == set(dumped)


@pytest.mark.parametrize("version", VERSIONS)
def test_waits_are_counted_and_measured(workload, sample, version):
    """Prime numbers of goroutines, each with one wait of a second, while the collector moves their stacks."""
    target = workload("longwaits", version)
    recorder = sample(target.pid, "--sample", "50ms")
    target.ask("go", "1s")
    recorder.stop()
    doc = report_json(recorder.trace)
    assert no_defects(doc), doc["losses"]
    groups = by_creator(doc)
    for function, n in LONG.items():
        g = groups[function]
        assert (g["created"], g["exited"]) == (n, n), function
        # After a Cond's broadcast, and before the release of the others, there may be waits for a lock as well.
        assert g["waits"] >= n if function == "condition" else g["waits"] == n, (function, g["waits"])
        assert 0.5e9 * n <= g["blocked_ns"], function
    folded = report(recorder.trace, "--format", "folded")
    assert sum(int(line.rsplit(" ", 1)[1]) for line in folded.splitlines() if "main.choose" in line) >= 0.5e6 * LONG["selecting"]


def test_waits_in_one_place_are_told_apart(workload, sample):
    """101 naps at one line are no single wait, although every sample may find the goroutine in one."""
    target = workload("longwaits", NEWEST)
    recorder = sample(target.pid, "--sample", "10ms")
    assert target.ask("nap") == "napped"
    recorder.stop()
    doc = report_json(recorder.trace)
    main = next(g for g in doc["goroutines"] if g["id"] == 1)
    assert main["waits"] >= 5, main


def test_growth_and_leaks(workload, sample):
    """The shop leaks goroutines while it is watched; the report says where, and claims nothing that samples cannot show."""
    target = workload("shop", NEWEST)
    recorder = sample(target.pid, "--sample", "100ms")
    time.sleep(3)
    recorder.stop()
    doc = report_json(recorder.trace)
    leak = next(f for f in doc["findings"] if f["places"][0]["function"] == "main.askPrice.func1")
    assert leak["kind"] == "leak" and leak["strength"] == "proven" and leak["count"] >= 10, leak
    assert leak["rate_per_min"] > 60, leak
    text = " ".join(report(recorder.trace, "--full").split())
    for claim in ("was seen", "no unlock was seen", "was completed there", "made before", "Who woke whom", "none lost"):
        assert claim not in text, claim
    assert "sampled every" in text and "Growing: " in text


@pytest.mark.parametrize("delay", [0, 1])
def test_the_process_dies_in_the_middle(workload, tmp_path, delay):
    """Also while the first sample of many goroutines is taken: what was read stays, and the trace says that it is partial."""
    target = workload("many", NEWEST, "default", 200_000)
    assert target.line() == "ready"
    trace = tmp_path / "s.zst"
    process = subprocess.Popen([str(CHANREC), "record", "--sample", "10ms", "-p", str(target.pid), "-o", str(trace)],
                               stderr=subprocess.PIPE, text=True)
    wait_for("the recording begins", lambda: trace.exists() and trace.stat().st_size or process.poll() is not None)
    time.sleep(delay)
    target.kill()
    stderr = process.communicate(timeout=PATIENCE)[1]
    assert process.returncode == 0, stderr
    assert "Recording ended: the program exited." in stderr
    assert run(CHANREC, "info", "--verify", trace).returncode == 0
    doc = report_json(trace, "--no-limit")
    assert doc["trace"]["target_exited"]
    assert len(doc["goroutines"]) >= 200_000 or not doc["snapshots"]["start"]["complete"]


def test_the_share_of_the_cpu_is_bounded(workload, sample):
    """100,000 goroutines every 10 ms would take most of a CPU."""
    target = workload("many", NEWEST, "default", 100_000)
    assert target.line() == "ready"
    recorder = sample(target.pid, "--sample", "10ms", "--max-overhead", "1")
    time.sleep(2)
    recorder.stop()
    assert re.search(r"came late, up to \d+\.\d\d s after the one before: samples may take 1% of one CPU",
                     recorder.stderr), recorder.stderr
    doc = report_json(recorder.trace, "--no-limit")
    assert len([g for g in doc["goroutines"] if not g["system"]]) >= 100_000


def test_what_needs_probes_is_refused():
    for args, words in [
        (("--min-block", "1ms"), "--min-block makes no sense"),
        (("--events", "all"), "--events makes no sense"),
        (("--ring", "64M"), "--ring makes no sense"),
        (("--probes", "inline"), "--probes makes no sense"),
        (("--no-ready-stacks",), "--no-ready-stacks makes no sense"),
        (("--no-direct-reads",), "--no-direct-reads makes no sense"),
        (("--clean",), "--clean makes no sense"),
    ]:
        done = run(CHANREC, "record", "--sample", "100ms", *args, "-p", "1")
        assert done.returncode == 2 and words in done.stderr, (args, done.stderr)
    done = run(CHANREC, "record", "--sample", "100ms", "--", "true")
    assert done.returncode == 2 and "give its pid with -p" in done.stderr
    assert run(CHANREC, "record", "--sample", "1ms", "-p", "1").returncode == 2


def test_the_size_is_limited(workload, sample):
    target = workload("shop", NEWEST)
    recorder = sample(target.pid, "--sample", "10ms", "--max-size", "64K", "-d", "60")
    recorder.stop()
    assert recorder.trace.stat().st_size <= 64 << 10
    assert run(CHANREC, "info", "--verify", recorder.trace).returncode == 0
