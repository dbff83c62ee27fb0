"""Probes inside the process: what docs/inline.md promises.

The programs check their own sums. What must not happen to them is tried often and at random moments, with GC all the time.
"""
import ctypes
import os
import random
import signal
import struct
import subprocess
import time

import pytest

from conftest import CHANREC, NEWEST, OLDEST, report_json, run, wait_for
from test_unharmed import text_of

CYCLES = 15
KILLS = 40
# From before the attach until after the detach.
KILL_WITHIN = (0.05, 0.15, 0.4, 0.8)
PTRACE_SEIZE, PTRACE_INTERRUPT, PTRACE_DETACH = 0x4206, 0x4207, 17


def leftovers(pid):
    """Mappings that a recorder makes: code without a name, and the shared memory."""
    lines = [line.split() for line in open(f"/proc/{pid}/maps")]
    return [line for line in lines if line[1] == "r-xp" and len(line) == 5 or "memfd:chanrec" in " ".join(line)]


def writable_code(pid):
    return [line for line in open(f"/proc/{pid}/maps") if "w" in line.split()[1] and "x" in line.split()[1]]


@pytest.fixture
def inline(record):
    return lambda *args, **kwargs: record("--probes", "inline", *args, **kwargs)


@pytest.fixture
def sums(workload):
    """A program that checks its sums, with a collection for each few bytes, and its untouched code."""
    def start(version=NEWEST, variant="default"):
        target = workload("sums", version, variant, env={**os.environ, "GOGC": "1"})
        assert target.line() == "ready"
        target.untouched = text_of(target.pid, target.path)
        return target
    return start


def clean(pid):
    return run(CHANREC, "record", "--clean", "-p", str(pid))


def check_untouched(target):
    assert text_of(target.pid, target.path) == target.untouched, "the code is that of the file"
    assert not leftovers(target.pid)


def check_right(target):
    count, verdict = target.ask("stop").split()
    assert (verdict, int(count) > 0, target.process.wait()) == ("right", True, 0)


@pytest.mark.parametrize("variant", ["default", "stripped", "pie"])
@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_cycles(sums, inline, version, variant):
    target = sums(version, variant)
    for _ in range(CYCLES):
        recorder = inline("-p", target.pid, "-d", "0.1")
        assert not writable_code(target.pid)
        assert text_of(target.pid, target.path) != target.untouched or recorder.process.poll() is not None
        recorder.end()
        assert recorder.process.returncode == 0, recorder.stderr
        check_untouched(target)
    doc = report_json(recorder.trace)
    assert doc["events"]["go.create"] > 0 and doc["events"]["go.park"] > 0
    assert not any(doc["losses"]["illegal_transitions"].values())
    assert "inline" in run(CHANREC, "info", recorder.trace).stdout
    check_right(target)


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_killed_at_any_moment(sums, inline, version):
    target = sums(version)
    rng = random.Random(1)
    left = 0
    for _ in range(KILLS):
        recorder = inline("-p", target.pid, "-d", "0.2", wait=False)
        time.sleep(rng.choice(KILL_WITHIN) * rng.random())
        recorder.stop(signal=9)
        cleaned = clean(target.pid)
        assert cleaned.returncode == 0, cleaned.stderr
        left += "Removed" in cleaned.stderr
        check_untouched(target)
    assert left > KILLS / 10, "the moments were such that something was left"
    check_right(target)


def test_leftovers_are_told_and_removed(sums, inline):
    target = sums()
    inline("-p", target.pid).stop(signal=9)
    told = run(CHANREC, "doctor", "-p", str(target.pid)).stdout
    assert "inline probes" in told and f"--clean -p {target.pid}" in told
    refused = inline("-p", target.pid, "-d", "0.1", wait=False).end()
    assert refused.process.returncode != 0 and "--clean" in refused.stderr
    assert "Removed" in clean(target.pid).stderr
    check_untouched(target)
    assert "inline probes" not in run(CHANREC, "doctor", "-p", str(target.pid)).stdout
    assert inline("-p", target.pid, "-d", "0.1").end().process.returncode == 0
    check_right(target)


def test_two_recorders(sums, inline):
    target = sums()
    first = inline("-p", target.pid)
    second = inline("-p", target.pid, "-d", "0.1", wait=False).end()
    assert second.process.returncode != 0 and f"process {first.process.pid}" in second.stderr
    refused = clean(target.pid)
    assert refused.returncode != 0 and f"process {first.process.pid}" in refused.stderr
    assert first.stop().process.returncode == 0
    check_untouched(target)
    check_right(target)


def test_stopped_recorder(sums, inline):
    """Nobody drains: the program goes on, and nothing is recorded until the recorder goes on."""
    target = sums()
    recorder = inline("-p", target.pid, "--ring", "64K")
    recorder.process.send_signal(19)
    time.sleep(4)
    recorder.process.send_signal(18)
    time.sleep(1)
    recorder.stop()
    assert recorder.process.returncode == 0, recorder.stderr
    doc = report_json(recorder.trace)
    assert doc["losses"]["ring_dropped"] > 0
    check_untouched(target)
    check_right(target)


@pytest.mark.parametrize("which", ["first", "last"])
def test_a_debugger_is_there(sums, inline, which):
    """It traces one of the threads. The first one is special to the kernel."""
    target = sums()
    tid = sorted(map(int, os.listdir(f"/proc/{target.pid}/task")))[0 if which == "first" else -1]
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long] * 4
    assert libc.ptrace(PTRACE_SEIZE, tid, 0, 0) == 0
    refused = inline("-p", target.pid, "-d", "0.1", wait=False).end()
    assert refused.process.returncode != 0 and f"process {os.getpid()} traces" in refused.stderr
    libc.ptrace(PTRACE_INTERRUPT, tid, 0, 0)
    os.waitpid(tid, 0x40000000)  # __WALL
    libc.ptrace(PTRACE_DETACH, tid, 0, 0)
    check_untouched(target)
    check_right(target)


def test_other_probes_are_there(sums, inline, record):
    """Uprobes are breakpoints in the same code."""
    target = sums()
    first = record("--probes", "uprobe", "-p", target.pid)
    refused = inline("-p", target.pid, "-d", "0.1", wait=False).end()
    assert refused.process.returncode != 0 and "somebody else" in refused.stderr
    assert first.stop().process.returncode == 0
    wait_for("the kernel takes the probes away", lambda: text_of(target.pid, target.path) == target.untouched)
    check_untouched(target)
    check_right(target)


def test_without_bpf(sums, tmp_path):
    """ptrace is enough: as a user with nothing else."""
    target = sums()
    trace = tmp_path / "t.zst"
    done = subprocess.run(["setpriv", "--bounding-set=-all,+sys_ptrace", "--inh-caps=-all,+sys_ptrace",
                           str(CHANREC), "record", "--probes", "inline", "-p", str(target.pid), "-d", "0.2", "-o", str(trace)],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert report_json(trace)["events"]["go.park"] > 0
    check_untouched(target)
    check_right(target)


# struct sock_filter: code, jt, jf, k
RET_ALLOW, RET_KILL = struct.pack("HBBI", 0x06, 0, 0, 0x7fff0000), struct.pack("HBBI", 0x06, 0, 0, 0x80000000)
LOAD_NR, IS_MEMFD_CREATE = struct.pack("HBBI", 0x20, 0, 0, 0), struct.pack("HBBI", 0x15, 0, 1, 319)


@pytest.mark.parametrize("filter_, is_refused", ids=("allows", "forbids"), argvalues=[(RET_ALLOW, False), (LOAD_NR + IS_MEMFD_CREATE + RET_KILL + RET_ALLOW, True)])
def test_a_seccomp_filter_is_there(go, inline, filter_, is_refused):
    """A call that the filter would kill the program for is not made."""
    path = go.build("sums", NEWEST)
    libc = ctypes.CDLL(None, use_errno=True)
    code = ctypes.create_string_buffer(filter_)
    program = ctypes.create_string_buffer(struct.pack("QQ", len(filter_) // 8, ctypes.addressof(code)))

    def filtered():
        assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, program, 0, 0) == 0

    target = subprocess.Popen([str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=filtered)
    try:
        assert target.stdout.readline().strip() == "ready"
        recorder = inline("-p", target.pid, "-d", "0.1", wait=False).end()
        assert (recorder.process.returncode != 0) == is_refused, recorder.stderr
        assert ("seccomp filter" in recorder.stderr) == is_refused
        assert target.communicate("stop\n")[0].split()[1] == "right"
    finally:
        target.kill()


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_go_prints_its_goroutines(go, inline, version):
    """A fatal signal, often while a thread is in the handler: Go prints all goroutines, and does not stumble."""
    path = go.build("sums", version)
    for _ in range(8):
        target = subprocess.Popen([str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            assert target.stdout.readline().strip() == "ready"
            recorder = inline("-p", target.pid)
            target.send_signal(signal.SIGQUIT)
            _, printed = target.communicate(timeout=60)
            assert target.returncode == 2 and printed.count("\ngoroutine ") > 10
            assert "fatal error" not in printed and "throw" not in printed
            recorder.end()
            assert recorder.process.returncode == 0, recorder.stderr
        finally:
            target.kill()


def test_a_command(go, tmp_path):
    """A program that chanrec starts has jumps from its first instruction. It gets SIGTERM once they are gone."""
    path = go.build("sums", NEWEST)
    trace = tmp_path / "t.zst"
    stdin, keep = os.pipe()  # the program ends when its stdin does
    for _ in range(5):
        done = run(CHANREC, "record", "--probes", "inline", "-o", trace, "-d", "0.5", "--", path, env={**os.environ, "GOGC": "1"},
                   stdin=stdin)
        assert done.returncode == 0, done.stderr
        assert "time limit" in done.stderr
        # What a Go program prints when it crashes, and the recorder when it could not take the jumps out.
        assert "goroutine " not in done.stderr and "completely" not in done.stderr
        doc = report_json(trace)
        assert doc["events"]["go.create"] > 0 and not any(doc["losses"]["illegal_transitions"].values())
    os.close(stdin)
    os.close(keep)


def test_max_overhead(sums, inline):
    """The handler measures what its hits cost, and less is recorded until that is little enough."""
    target = sums()
    recorder = inline("-p", target.pid, "--max-overhead", "0.1", "--no-ready-stacks")
    armed = text_of(target.pid, target.path)
    wait_for("the probes of waits are removed", lambda: text_of(target.pid, target.path) != armed)
    recorder.stop()
    assert recorder.process.returncode == 0, recorder.stderr
    doc = report_json(recorder.trace)
    assert 0.1 < doc["trace"]["overhead"]["most_percent"] < 100
    assert doc["trace"]["overhead"]["percent"] < doc["trace"]["overhead"]["most_percent"]
    check_untouched(target)
    check_right(target)


def test_auto(sums, record):
    """Inline where nothing speaks against it, else by uprobes; doctor says the same."""
    target = sums()
    for is_used in (False, True, False):
        first = record("--probes", "inline", "-p", target.pid) if is_used else None
        doctor = run(CHANREC, "doctor", "-p", target.pid).stdout
        assert ("nothing speaks against --probes inline" in doctor) != is_used, doctor
        if is_used:
            # Another recorder has changed the bytes: that is also in the way of uprobes.
            assert f"recorded by chanrec, process {first.process.pid}" in doctor
            first.stop()
            continue
        recorder = record("--probes", "auto", "-p", target.pid, "-d", "0.1", wait=False).end()
        assert recorder.process.returncode == 0 and "Recorded with inline probes." in recorder.stderr, recorder.stderr
        assert report_json(recorder.trace)["trace"]["probes"] == "inline"
        assert "inline: jumps" in run(CHANREC, "report", "--full", recorder.trace).stdout
    # The sites are the same, but uprobes do not mind other uprobes.
    first = record("--probes", "uprobe", "-p", target.pid)
    recorder = record("--probes", "auto", "-p", target.pid, "-d", "0.1", wait=False).end()
    assert recorder.process.returncode == 0, recorder.stderr
    assert "Recorded with uprobes. Inline probes do not fit: somebody else has changed the code" in recorder.stderr
    assert report_json(recorder.trace)["trace"]["probes"] == "uprobe"
    first.stop()
    wait_for("the kernel takes the probes away", lambda: text_of(target.pid, target.path) == target.untouched)
    check_untouched(target)
    check_right(target)
