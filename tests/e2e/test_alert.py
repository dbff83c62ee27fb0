"""record --alert: who waits for too long is told while the recording goes on, and nobody else."""
import pathlib
import re

import pytest

from conftest import CHANREC, NEWEST, report, run, wait_for

SOURCE = pathlib.Path(__file__).parent.parent / "workloads/alerts/main.go"


def line_of(mark):
    """The line of the workload that says what must be told there."""
    return next(n for n, text in enumerate(SOURCE.read_text().splitlines(), 1) if f"// alert: {mark}" in text)


def alerting(workload, record, version, what, *args):
    target = workload("alerts", version, "default", what)
    assert target.line() == "ready"
    return record("-p", target.pid, "--alert", "400ms", *args)


def alerts(stderr):
    return re.findall(r"^\S+ Alert: (.*)$", stderr, re.M)


@pytest.mark.parametrize("version, more", [("1.19", []), (NEWEST, []), (NEWEST, ["--min-block", "1ms"])])
def test_a_leak_and_a_lock_are_told_once(workload, record, version, more):
    r = alerting(workload, record, version, "leak", "-d", "2", *more).end()
    told = alerts(r.stderr)
    assert len(told) == 2, r.stderr
    assert re.match(r"3 goroutines wait too long; the longest, goroutine \d+, has waited \S+ to send on channel "
                    rf"0x[0-9a-f]+, at main\.leak\.func1 \(alerts/main\.go:{line_of('send')}\)$", told[0]), told[0]
    assert re.match(r"goroutine \d+ has waited \S+ for sync\.Mutex 0x[0-9a-f]+, at main\.lock "
                    rf"\(alerts/main\.go:{line_of('mutex')}\)$", told[1]), told[1]
    assert "2 alerts: waits of more than 0.4 s." in r.stderr


def test_with_samples(workload, tmp_path):
    target = workload("alerts", NEWEST, "default", "leak")
    assert target.line() == "ready"
    done = run(CHANREC, "record", "-o", tmp_path / "t.zst", "--sample", "1s", "--alert", "400ms", "--alert-exit", "-p",
               target.pid)
    assert done.returncode == 0 and len(alerts(done.stderr)) == 2, done.stderr
    assert "2 alerts" in done.stderr


def test_the_healthy_twin_is_quiet(workload, record):
    r = alerting(workload, record, NEWEST, "healthy", "-d", "2").end()
    assert not alerts(r.stderr)
    assert "0 alerts" in r.stderr


def test_only_the_chosen_waits(workload, record):
    r = alerting(workload, record, NEWEST, "leak", "-d", "2", "--alert-on", "lock").end()
    assert len(alerts(r.stderr)) == 1 and "sync.Mutex" in r.stderr


def test_the_first_alert_ends_the_recording(workload, record):
    r = alerting(workload, record, NEWEST, "leak", "--alert-exit").end()
    assert r.process.returncode == 0
    assert "Recording ended: a goroutine has waited too long (--alert-exit)." in r.stderr
    assert f"main.leak.func1 (alerts/main.go:{line_of('send')})" in report(r.trace)


def test_a_program_is_run(workload, record, tmp_path):
    """One at a time: the first one lasts until the second alert has been told."""
    said, gate, script = tmp_path / "said", tmp_path / "gate", tmp_path / "told.sh"
    script.write_text(f"#!/bin/sh\nenv | grep -A2 ^CHANREC_ALERT >> {said}\n"
                      f"while [ ! -e {gate} ]; do sleep 0.05; done\nexit 3\n")
    script.chmod(0o755)
    r = alerting(workload, record, NEWEST, "leak", "--alert-exec", script)
    wait_for("the program is run", lambda: said.exists() and "WAIT_NS" in said.read_text())
    gate.touch()
    r.stop()
    told = dict(re.findall(r"^CHANREC_ALERT_(\w+)=(.*)$", said.read_text(), re.M))
    assert len(re.findall("_WAIT_NS=", said.read_text())) == 1
    assert told["COUNT"] == "3" and told["REASON"] == "chan send" and told["SKIPPED"] == "0"
    assert int(told["WAIT_NS"]) >= 400_000_000
    assert re.match(r"0x[0-9a-f]+$", told["CHAN"]) and told["CHAN"] in r.stderr
    assert re.match(rf"main\.leak\.func1 \(.*main\.go:{line_of('send')}\)$", told["FRAMES"])


def test_a_program_that_cannot_be_run_does_not_stop_the_recording(workload, record):
    r = alerting(workload, record, NEWEST, "leak", "-d", "2", "--alert-exec", "/nonexistent/told").end()
    assert r.process.returncode == 0
    assert "cannot run /nonexistent/told: No such file or directory" in r.stderr


@pytest.mark.parametrize("option", [["--alert-on", "send"], ["--alert-exec", "true"], ["--alert-exit"]])
def test_nothing_without_a_time(option):
    done = run(CHANREC, "record", *option, "-p", "1")
    assert done.returncode == 2 and f"{option[0]} needs --alert TIME" in done.stderr
