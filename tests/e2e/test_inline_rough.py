"""Probes inside a process for which nothing is easy (tests/workloads/rough), and to which the worst happens.

CHANREC_LONG_SECONDS, at any value, makes it 500 cycles.
"""
import contextlib
import os
import pathlib
import resource
import subprocess
import threading

import pytest

from conftest import CHANREC, NEWEST, OLDEST, need_program, report, report_json, run, unavailable, wait_for
from test_inline import clean, leftovers
from test_unharmed import text_of

LONG = "CHANREC_LONG_SECONDS" in os.environ
CYCLES = 500 if LONG else 20
ON = 1  # struct inline_conf begins with the switch


@pytest.fixture
def inline(record):
    return lambda *args, **kwargs: record("--probes", "inline", *args, **kwargs)


@pytest.fixture
def rough(workload):
    def start(version=NEWEST, variant="cgo", **kwargs):
        target = workload("rough", version, variant, stderr=subprocess.PIPE, **kwargs)
        assert target.line() == "ready"
        target.untouched = text_of(target.pid, target.path)
        return target
    return start


def check_right(target):
    """The code is the file's, nothing is left, and all sums were right."""
    assert text_of(target.pid, target.path) == target.untouched
    assert not leftovers(target.pid)
    count, verdict = target.ask("stop").split()
    assert (verdict, int(count) > 0, target.process.wait()) == ("right", True, 0)


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
@pytest.mark.parametrize("variant", ["cgo", "race", "cgo-pie"] if LONG else ["cgo"])
def test_cycles(rough, inline, version, variant):
    target = rough(version, variant)
    events = 0
    for i in range(CYCLES):
        recorder = inline("-p", target.pid, "-d", "0.05", *(["--events", "all"] if i % 2 else []), wait=False).end()
        assert recorder.process.returncode == 0, recorder.stderr
        assert text_of(target.pid, target.path) == target.untouched, f"cycle {i}"
        assert not leftovers(target.pid), f"cycle {i}: {recorder.stderr}"
        if i % 20 == 19:
            doc = report_json(recorder.trace)
            assert not any(doc["losses"]["illegal_transitions"].values())
            events += doc["events"]["go.park"]
        recorder.trace.unlink()
    assert events > 0
    check_right(target)


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_children(rough, inline, version):
    """fork and vfork at any moment of an attach, a recording and a detach. A child that goes on as Go code does not record."""
    target = rough(version)
    exits = []
    for _ in range(4):
        recorder = inline("-p", target.pid, "-d", "0.2", wait=False)
        forks = 0
        while recorder.process.poll() is None:
            assert target.ask("fork") == "done"
            exits.append(target.ask("child"))
            forks += 1
        recorder.end()
        assert recorder.process.returncode == 0, recorder.stderr
        assert forks > 0
    assert "7" in exits and set(exits) <= {"7", "-1"}, exits
    check_right(target)


def test_exec(rough, inline):
    """The program that is executed has none of the jumps, and the recording ends."""
    target = rough()
    for _ in range(3):
        recorder = inline("-p", target.pid)
        assert target.ask("exec") == "ready"
        recorder.end()
        assert recorder.process.returncode == 0, recorder.stderr
        assert "executed another program" in recorder.stderr, recorder.stderr
        assert report_json(recorder.trace)["events"]["go.park"] > 0
        target.untouched = text_of(target.pid, target.path)
    check_right(target)


# What the program does, its status, and what it says.
ENDS = {"exit": (3, ""), "crash": (2, "panic: as it was told"), "fault": (2, "nil pointer dereference")}


@pytest.mark.parametrize("how", ENDS)
def test_ends(rough, inline, how):
    """At its end, Go prints what it always prints; the trace is complete."""
    status, said = ENDS[how]
    for version in (OLDEST, NEWEST):
        target = rough(version)
        recorder = inline("-p", target.pid)
        target.process.stdin.write(how + "\n")
        target.process.stdin.flush()
        _, printed = target.process.communicate(timeout=60)
        assert target.process.returncode == status, printed
        assert said in printed and "fatal error" not in printed
        assert how == "exit" or "goroutine 1 " in printed and "main.main()" in printed
        recorder.end()
        assert recorder.process.returncode == 0, recorder.stderr
        doc = report_json(recorder.trace)
        assert doc["trace"]["target_exited"] and doc["trace"]["complete"] and doc["events"]["go.park"] > 0


def test_core(rough, inline, tmp_path):
    """A core that the kernel writes while the probes are there is readable, by gdb and by chanrec."""
    need_program("gdb", "gdb")
    if pathlib.Path("/proc/sys/kernel/core_pattern").read_text().startswith("|"):
        unavailable("the kernel hands cores to a program")

    def limits():
        resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

    target = rough(cwd=tmp_path, preexec_fn=limits, env={**os.environ, "GOTRACEBACK": "crash"})
    recorder = inline("-p", target.pid)
    target.process.stdin.write("crash\n")
    target.process.stdin.flush()
    target.process.communicate(timeout=60)
    recorder.end()
    assert recorder.process.returncode == 0, recorder.stderr
    core = next(tmp_path.glob("core*"), None)
    assert core, "GOTRACEBACK=crash ends with SIGABRT"
    told = run("gdb", "-nx", "-batch", "-ex", "bt", target.path, core).stdout
    assert "runtime." in told and "SIGABRT" in told, told
    out = tmp_path / "core.zst"
    dumped = run(CHANREC, "dump", "--core", core, "--exe", target.path, "-o", out)
    assert dumped.returncode == 0, dumped.stderr
    assert "main." in report(out)


def switch_of(pid):
    """The word that the thunks test; None without a block. Its page follows the code."""
    for line in leftovers(pid):
        if line[1] == "r-xp":
            end = int(line[0].split("-")[1], 16)
            with open(f"/proc/{pid}/mem", "rb") as mem:
                mem.seek(end)
                return int.from_bytes(mem.read(4), "little")
    return None


def test_nobody_drains(rough, inline):
    """The handler stops recording by itself, and starts again with the recorder; the trace says what was lost."""
    target = rough()
    recorder = inline("-p", target.pid, "--ring", "64K")
    assert switch_of(target.pid) == ON
    recorder.process.send_signal(19)
    wait_for("the handler switches itself off", lambda: switch_of(target.pid) == 0)
    recorder.process.send_signal(18)
    wait_for("the recorder switches it on", lambda: switch_of(target.pid) == ON)
    recorder.stop()
    assert recorder.process.returncode == 0, recorder.stderr
    assert report_json(recorder.trace)["losses"]["ring_dropped"] > 0
    check_right(target)


def test_gdb_and_perf(rough, inline, tmp_path):
    """They work before and after; while gdb has the process, recording is refused."""
    need_program("gdb", "gdb")
    target = rough()
    here, go_on = tmp_path / "here", tmp_path / "go-on"

    def look():
        told = run("gdb", "-nx", "-batch", "-p", target.pid, "-ex", "thread apply all bt 3").stdout
        assert told.count("Thread ") > 2 and "runtime." in told, told
        counted = run("perf", "stat", "-e", "task-clock", "-p", target.pid, "--", "sleep", "0.1") if perf else None
        assert not counted or (counted.returncode == 0 and "task-clock" in counted.stderr), counted.stderr

    perf = run("sh", "-c", "perf stat -e task-clock true").returncode == 0
    look()
    debugger = subprocess.Popen(["gdb", "-nx", "-batch", "-p", str(target.pid), "-ex",
                                 f"shell touch {here}; while ! [ -e {go_on} ]; do sleep 0.05; done"],
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for("gdb has the process", here.exists)
    refused = inline("-p", target.pid, "-d", "0.1", wait=False).end()
    assert refused.process.returncode != 0 and f"process {debugger.pid} traces" in refused.stderr
    go_on.touch()
    debugger.wait()
    recorder = inline("-p", target.pid)
    look()
    assert recorder.stop().process.returncode == 0, recorder.stderr
    look()
    check_right(target)


@contextlib.contextmanager
def memory_group(limit):
    """A cgroup with that much memory and no swap; yields how to enter it."""
    name = f"chanrec-test-{os.getpid()}"
    for top, file in (("/sys/fs/cgroup/memory", "memory.limit_in_bytes"), ("/sys/fs/cgroup", "memory.max")):
        group = pathlib.Path(top, name)
        try:
            group.mkdir()
        except OSError:
            continue
        if (group / file).exists():
            break
        group.rmdir()
    else:
        unavailable("no cgroup can be made that limits memory")
    (group / file).write_text(str(limit))
    try:
        yield lambda: (group / "cgroup.procs").write_text(str(os.getpid()))
    finally:
        wait_for("the group is empty", lambda: not (group / "cgroup.procs").read_text())
        group.rmdir()


def test_no_memory_left(rough, tmp_path):
    """The kernel kills the recorder, at one moment or another. The program goes on, and the next recorder repairs."""
    target = rough()
    killed = 0
    for megabytes in (2, 4, 6, 8, 12):
        with memory_group(megabytes << 20) as enter:
            recorder = subprocess.Popen([str(CHANREC), "record", "--probes", "inline", "-p", str(target.pid), "-d", "0.5", "-o",
                                         str(tmp_path / "t.zst")], preexec_fn=enter, stderr=subprocess.DEVNULL)
            killed += recorder.wait(timeout=60) == -9
        cleaned = clean(target.pid)
        assert cleaned.returncode == 0, cleaned.stderr
        assert text_of(target.pid, target.path) == target.untouched
        assert not leftovers(target.pid)
    assert killed > 0, "the limit was low enough"
    check_right(target)


def slack_of(pid, path):
    """The unused bytes behind the program's code, where the first call for the recorder is made."""
    done = run("readelf", "-lW", path).stdout
    end = next(int(f[2], 16) + int(f[5], 16) for f in map(str.split, done.splitlines()) if f[:1] == ["LOAD"] and "E" in f[6:8])
    return (end + 15) & ~15, (end + 4095) & ~4095


def test_somebody_else_writes_there(workload, inline):
    """A thread that is made to loop where it should make a call is brought back; the recorder does not wait for ever."""
    target = workload("sums", NEWEST)
    assert target.line() == "ready"
    begin, end = slack_of(target.pid, target.path)
    target.untouched = text_of(target.pid, target.path)
    assert end - begin >= 256, "else the recorder uses the vDSO"
    refused = ""
    for _ in range(20):
        stop = threading.Event()

        def write():
            fd = os.open(f"/proc/{target.pid}/mem", os.O_RDWR)
            while not stop.is_set():
                os.pwrite(fd, b"\xeb\xfe" * 128, begin)
            os.close(fd)

        writer = threading.Thread(target=write)
        writer.start()
        recorder = inline("-p", target.pid, "-d", "0.1", wait=False).end()
        stop.set()
        writer.join()
        assert clean(target.pid).returncode == 0
        refused = recorder.stderr
        if recorder.process.returncode and "somebody else changes" in refused:
            break
    else:
        pytest.fail(f"the recorder was always faster: {refused}")
    with open(f"/proc/{target.pid}/mem", "r+b", buffering=0) as mem:
        mem.seek(begin)
        mem.write(bytes(end - begin))
    check_right(target)
