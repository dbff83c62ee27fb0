"""What record promises about starting, ending, its file and its messages."""
import json
import os
import pathlib
import re
import signal
import subprocess
import time

import pytest

from conftest import CHANREC, NEWEST, OLDEST, report, report_json, run, wait_for

SUMMARY = re.compile(r"Recording ended: (?P<why>.+)\.\n"
                     r"Wrote (?P<file>\S+) \([\d.]+ (bytes|KiB|MiB)\): [\d,]+ events in \d+\.\d s, none lost\. "
                     r"Next: chanrec report (?P=file)\n")


def why_of(recorder, status=0):
    assert recorder.process.returncode == status, recorder.stderr
    found = SUMMARY.fullmatch(recorder.stderr)
    assert found, recorder.stderr
    return found["why"]


def whole(trace):
    assert run("zstd", "-t", trace).returncode == 0
    verified = run(CHANREC, "info", "--verify", trace)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    doc = report_json(trace)
    assert doc["trace"]["complete"] and doc["trace"]["damage"] is None
    return doc


@pytest.mark.parametrize("sig, why", [(signal.SIGINT, "interrupted"), (signal.SIGTERM, "terminated"),
                                      (signal.SIGHUP, "hung up")])
def test_signals_end_it_well(workload, record, sig, why):
    target = workload("blockers", NEWEST)
    target.line()
    recorder = record("-p", target.pid).stop(sig)
    assert why_of(recorder) == why
    assert whole(recorder.trace)["trace"]["final_state_from"] == "snapshot"
    assert target.process.poll() is None


def test_interrupted_at_once(workload, record):
    target = workload("blockers", NEWEST)
    target.line()
    for pause in (0, 0.02, 0.1):
        recorder = record("-p", target.pid)
        time.sleep(pause)
        assert why_of(recorder.stop()) == "interrupted"
        doc = whole(recorder.trace)
        read = doc["snapshots"]["start"]["goroutines"] + doc["events"]["go.create"]
        assert read > 0


def test_duration_ends_it(workload, record):
    target = workload("blockers", NEWEST)
    target.line()
    recorder = record("-p", target.pid, "-d", "300ms", wait=False).end()
    assert why_of(recorder) == "the time limit was reached"
    assert 0.3e9 <= whole(recorder.trace)["trace"]["duration_ns"]


def test_end_of_the_target_ends_it(workload, record):
    target = workload("blockers", NEWEST)
    target.line()
    recorder = record("-p", target.pid)

    def first_snapshot():
        shown = run(CHANREC, "report", "--format", "json", recorder.trace)
        assert shown.returncode == 0, shown.stderr
        return sum(g["state"] == "waiting" for g in json.loads(shown.stdout)["goroutines"]) >= 31

    wait_for("the first snapshot in the file", first_snapshot)
    target.kill()
    recorder.end()
    assert why_of(recorder) == "the program exited"
    doc = whole(recorder.trace)
    assert doc["trace"]["final_state_from"] == "events" and doc["trace"]["target_exited"]
    # Goroutines that were stuck before are in the trace nevertheless, from the first snapshot.
    assert sum(g["state"] == "waiting" for g in doc["goroutines"]) >= 31


def test_a_thread_names_its_process(workload, record):
    target = workload("blockers", NEWEST)
    target.line()
    thread = next(int(t) for t in os.listdir(f"/proc/{target.pid}/task") if int(t) != target.pid)
    doc = whole(record("-p", thread, "-d", "0.2", wait=False).end().trace)
    assert doc["trace"]["pid"] == target.pid


def test_file_is_readable_while_written(workload, record):
    """The file is flushed at least once a second, in complete blocks."""
    target = workload("wakes", NEWEST, "default", "paced", 5, 20000, 6)
    target.line()
    recorder = record("-p", target.pid)
    target.process.stdin.write("go\n")
    sizes = []
    for _ in range(3):
        size = recorder.trace.stat().st_size
        wait_for("the next flush", lambda: recorder.trace.stat().st_size > size, seconds=5)
        sizes.append(recorder.trace.stat().st_size)
    shown = run(CHANREC, "report", recorder.trace)
    assert shown.returncode == 0 and "main.paced" in shown.stdout, shown.stderr
    assert "still writing" in shown.stderr
    recorder.stop()
    whole(recorder.trace)


def test_failed_start_leaves_what_was_there(record, tmp_path):
    trace = tmp_path / "old.zst"
    trace.write_bytes(b"precious")
    recorder = record("-p", os.getpid(), trace=trace, wait=False).end()
    assert recorder.process.returncode == 1
    assert "old.zst exists and is not a trace" in recorder.stderr
    assert trace.read_bytes() == b"precious"
    recorder = record("-f", "-p", 2 ** 22 + 1, trace=trace, wait=False).end()
    assert recorder.process.returncode == 1
    assert "no process" in recorder.stderr
    assert trace.read_bytes() == b"precious" and not (tmp_path / "old.zst.old").exists()
    fresh = tmp_path / "fresh.zst"
    record("-p", os.getpid(), trace=fresh, wait=False).end()
    assert not fresh.exists(), "no empty file is left by a recording that never began"


def refusal(record, *args, **kwargs):
    recorder = record(*args, wait=False, **kwargs).end()
    assert recorder.process.returncode == 1 and recorder.stdout == ""
    assert len(recorder.stderr.splitlines()) == 1, recorder.stderr
    return recorder.stderr


def test_refusals_say_why(record, tmp_path):
    assert "Go" in refusal(record, "-p", os.getpid())
    assert refusal(record, "-p", 2)  # a kernel thread
    assert "/nowhere/t.zst" in refusal(record, "-p", 1, trace="/nowhere/t.zst")
    assert "no-such-program" in refusal(record, "--", "no-such-program")
    assert refusal(record, "--", "true"), "a command that never executes a Go program"


def test_no_permission(workload, tmp_path, bpf):
    target = workload("blockers", NEWEST)
    target.line()
    tmp_path.chmod(0o777)
    tried = run("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all",
                "--", CHANREC, "record", "-p", target.pid, "-o", f"/tmp/chanrec-test-{os.getpid()}.zst")
    assert tried.returncode == 1
    assert "permission" in tried.stderr and "CAP_" in tried.stderr, tried.stderr


@pytest.mark.parametrize("args", [(), ("-p", "x"), ("-p", "4294967297"), ("-p", "1", "--", "true"), ("-p", "1", "--events", "nonsense"),
                                  ("-p", "1", "--events", ""), ("-p", "1", "-d", "soon"), ("-p", "1", "-d", "0"),
                                  ("-p", "1", "--ring", "4G"), ("--unknown",)])
def test_wrong_usage_is_two(args):
    done = run(CHANREC, "record", *args)
    assert done.returncode == 2 and done.stderr and not done.stdout


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_launched_through_wrappers(go, record, tmp_path, version):
    path, trace = go.build("hello", version), tmp_path / "t.zst"
    recorder = record("--", "env", "A=b", "sh", "-c", f"true; nice {path}; exit 3", trace=trace, wait=False).end()
    assert recorder.stdout == "hello\n"
    assert why_of(recorder, 3).endswith("the command exited with status 3")
    doc = whole(trace)
    starts = [g for g in doc["goroutines"] if g["created_by"] and g["created_by"]["function"] == "main.main"]
    assert len(starts) == 1
    assert [g["started_ns"] is not None for g in doc["goroutines"] if g["id"] == 1] == [True]


@pytest.mark.parametrize("command, status, told", [
    ("{path}", 0, "the command exited with status 0"),
    ("{path}; sleep 1; kill -SEGV $$", 128 + 11, "the command was killed by signal 11 (Segmentation fault)")])
def test_exit_status_of_the_command(go, record, tmp_path, command, status, told):
    path, trace = go.build("hello", NEWEST), tmp_path / "t.zst"
    recorder = record("--", "sh", "-c", command.format(path=path), trace=trace, wait=False).end()
    assert why_of(recorder, status) == f"the program exited; {told}"
    whole(trace)


def test_launched_and_crashed(go, record, tmp_path):
    """The Go program is killed in the middle of its recording."""
    trace = tmp_path / "t.zst"
    recorder = record("--", go.build("shop", NEWEST), trace=trace)
    children = pathlib.Path(f"/proc/{recorder.process.pid}/task/{recorder.process.pid}/children").read_text().split()
    os.kill(int(children[0]), signal.SIGKILL)
    recorder.end()
    assert why_of(recorder, 128 + 9) == "the program exited; the command was killed by signal 9 (Killed)"


def test_launched_and_stopped(go, record, tmp_path):
    """When the recording ends first, the program gets SIGTERM."""
    path = go.build("shop", NEWEST)
    recorder = record("-d", "0.5", "--", path, trace=tmp_path / "t.zst", wait=False)
    recorder.process.wait(timeout=60)
    recorder.end()
    assert why_of(recorder) == "the time limit was reached"
    assert run("pgrep", "-f", str(path)).stdout == ""


def test_trace_on_stdout(workload, tmp_path, bpf):
    target = workload("blockers", NEWEST)
    target.line()
    piped = subprocess.run([str(CHANREC), "record", "-p", str(target.pid), "-d", "0.2", "-o", "-"], capture_output=True,
                           timeout=60, check=True)
    shown = subprocess.run([str(CHANREC), "report", "-"], input=piped.stdout, capture_output=True, timeout=60, check=True)
    assert b"main.blockSend" in shown.stdout


def test_report_needs_nothing_but_the_trace(go, record, tmp_path):
    """Two runs print the same bytes in every format, and the program may be gone."""
    copy = tmp_path / "hello"
    copy.write_bytes(go.build("hello", NEWEST).read_bytes())
    copy.chmod(0o755)
    trace = record("--", copy, trace=tmp_path / "t.zst", wait=False).end().trace
    copy.unlink()
    for name in ("text", "folded", "dot", "svg", "json"):
        first = report(trace, "--format", name)
        assert first == report(trace, "--format", name)
        assert "main.main" in first or name == "folded"


def test_redacted(workload, record, tmp_path):
    """The file contains nothing of what --redact drops."""
    target = workload("blockers", NEWEST, "default", "secret-argument")
    target.line()
    recorder = record("-p", target.pid, "-d", "0.2", "--redact", wait=False).end()
    doc = whole(recorder.trace)
    assert (doc["trace"]["program"], doc["trace"]["command"]) == ("blockers", "")
    plain = run("zstd", "-dc", recorder.trace, text=False).stdout + recorder.trace.read_bytes()
    for secret in ("secret-argument", str(target.path.parent), "/src/runtime/"):
        assert secret.encode() not in plain, secret
    assert doc["trace"]["host"] == ""
    assert " main.go:" in report(recorder.trace) or "(main.go:" in report(recorder.trace)
