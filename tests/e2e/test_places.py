"""Targets as production has them: in namespaces, under other roots, with their file gone, beside other processes of
the same file, forking and executing. The counts show that exactly the one process was recorded."""
import contextlib
import os
import re
import shutil
import subprocess

import psutil
import pytest

from conftest import CHANREC, NEWEST, OLDEST, Recorder, Workload, report, report_json, run, wait_for
from test_counts import check_channels, check_groups

INSIDE = ["unshare", "--user", "--map-root-user", "--mount", "--pid", "--fork", "--mount-proc"]


@pytest.fixture
def start():
    """start(args…) runs a workload, possibly through other commands; pid is that of the first command."""
    started = []

    def begin(*args):
        w = Workload(args[0] if isinstance(args[0], os.PathLike) else shutil.which(args[0]), *args[1:])
        started.append(w)
        return w

    yield begin
    for w in started:
        # A process may have ended by itself meanwhile.
        with contextlib.suppress(psutil.NoSuchProcess):
            for p in psutil.Process(w.pid).children(recursive=True):
                p.kill()
        w.kill()


def running(root, path):
    """The process in the tree of root that executes a file of that name."""
    def find():
        for p in [root] + root.children(recursive=True):
            try:
                if os.path.basename(os.readlink(f"/proc/{p.pid}/exe")).split(" ")[0] == path:
                    return p.pid
            except OSError:
                pass
        return None
    return wait_for(f"{path} runs", find)


def check_counts(trace):
    doc = report_json(trace)
    check_groups(doc)
    check_channels(doc)
    assert doc["losses"]["ring_dropped"] == 0
    # The main goroutine waits for its next line, so the end snapshot has its stack.
    main = next(g for g in doc["goroutines"] if g["id"] == 1)
    assert main["stack"][-1]["function"] == "main.main", main
    return doc


def settled(pid):
    """Waits until every thread sleeps, so that the workload waits for its next line again."""
    def sleep():
        stats = [open(f"/proc/{pid}/task/{t}/stat").read() for t in os.listdir(f"/proc/{pid}/task")]
        return all(stat.rsplit(")", 1)[1].split()[0] == "S" for stat in stats)
    wait_for("the target settles", sleep)


def record_counts(record, target, pid):
    recorder = record("-p", pid)
    assert target.ask("go") == "done"
    settled(pid)
    recorder.stop()
    return check_counts(recorder.trace)


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_in_namespaces(go, start, record, tmp_path, version):
    """The program's file is on a mount that only the target's namespace has."""
    binary = go.build("counts", version)
    script = 'mount -t tmpfs none "$2" && cp "$1" "$2/hidden" && exec "$2/hidden"'
    target = start(*INSIDE, "sh", "-c", script, "sh", binary, tmp_path)
    pid = running(psutil.Process(target.pid), "hidden")
    assert not (tmp_path / "hidden").exists()
    doctor = run(CHANREC, "doctor", "-p", pid)
    assert doctor.returncode == 0 and "mount pid user" in doctor.stdout, doctor.stdout
    shown = tmp_path / "traces"
    doc = record_counts(record, target, pid)
    assert doc["trace"]["pid"] == pid and not shown.exists()


def test_chrooted(go, start, record, tmp_path):
    shutil.copy(go.build("counts", NEWEST), tmp_path / "program")
    target = start("chroot", tmp_path, "/program")
    record_counts(record, target, running(psutil.Process(target.pid), "program"))


def inner_pid(pid):
    return re.search(r"NSpid:.*\t(\d+)", open(f"/proc/{pid}/status").read())[1]


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_recorder_in_a_pid_namespace(go, start, bpf, tmp_path, version):
    """The recorder sees pids that differ from the kernel's."""
    target = start("unshare", "--mount", "--pid", "--fork", "--mount-proc", "sh", "-c", '"$1"; true', "sh",
                   go.build("counts", version))
    pid = running(psutil.Process(target.pid), "counts")
    enter = ["nsenter", "--target", pid, "--pid", "--mount", "--"]
    assert inner_pid(pid) != str(pid)
    doctor = run(*enter, CHANREC, "doctor", "-p", inner_pid(pid))
    assert doctor.returncode == 0 and "not the initial one" in doctor.stdout, doctor.stdout
    trace = tmp_path / "t.zst"
    recorder = subprocess.Popen([*map(str, enter), str(CHANREC), "record", "-p", inner_pid(pid), "-o", str(trace)])
    wait_for("the recording begins", lambda: trace.exists() and trace.stat().st_size)
    assert target.ask("go") == "done"
    settled(pid)
    os.kill(running(psutil.Process(recorder.pid), "chanrec"), 2)
    assert recorder.wait(60) == 0
    assert check_counts(trace)["trace"]["pid"] == int(inner_pid(pid))


@pytest.mark.parametrize("how", ["deleted", "replaced"])
def test_file_that_is_gone(go, start, record, tmp_path, how):
    program = tmp_path / "program"
    shutil.copy(go.build("counts", NEWEST), program)
    target = start(program)
    pid = running(psutil.Process(target.pid), "program")
    if how == "deleted":
        program.unlink()
    else:
        shutil.copy(go.build("hello", OLDEST), tmp_path / "new")
        (tmp_path / "new").rename(program)
    record_counts(record, target, pid)


def test_on_overlayfs(go, start, record, tmp_path):
    """As in a container: the file comes from a lower layer, or was copied up."""
    for d in ("disk", "at"):
        (tmp_path / d).mkdir()
    assert run("mount", "-t", "tmpfs", "none", tmp_path / "disk").returncode == 0
    try:
        for d in ("lower", "upper", "work"):
            (tmp_path / "disk" / d).mkdir()
        shutil.copy(go.build("counts", NEWEST), tmp_path / "disk/lower/program")
        layers = ",".join(f"{d}dir={tmp_path}/disk/{d}" for d in ("lower", "upper", "work"))
        mounted = run("mount", "-t", "overlay", "none", "-o", layers, tmp_path / "at")
        assert mounted.returncode == 0, mounted.stderr
        target = start(tmp_path / "at/program")
        record_counts(record, target, running(psutil.Process(target.pid), "program"))
        target.end()
        os.utime(tmp_path / "at/program")
        assert (tmp_path / "disk/upper/program").exists()
        target = start(tmp_path / "at/program")
        record_counts(record, target, running(psutil.Process(target.pid), "program"))
        target.end()
    finally:
        run("umount", tmp_path / "at")
        run("umount", tmp_path / "disk")


def test_one_of_two(workload, record):
    """The other process of the same file does the same at the same time, and is recorded by another recorder."""
    one, other = workload("counts", NEWEST), workload("counts", NEWEST)
    alone = record("-p", one.pid)
    one.process.stdin.write("go\n")
    assert other.ask("go") == "done"
    assert one.line() == "done"
    both = record("-p", other.pid)
    one.process.stdin.write("go\n")
    assert other.ask("go") == "done"
    assert one.line() == "done"
    settled(other.pid)
    check_groups(report_json(alone.stop().trace), rounds=2)
    check_counts(both.stop().trace)


def spawner_counts(doc):
    made = {}
    for c in doc["channels"]:
        if c["made_by"]:
            name = c["made_by"]["at"]["function"]
            made[name] = made.get(name, 0) + 1
    group = [g for g in doc["groups"] if g["created_by"] and g["created_by"]["function"] == "main.work"]
    return made, sum(g["created"] for g in group), sum(g["exited"] for g in group)


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_forks(workload, record, version):
    """Children inherit the breakpoints, and run the same file: they are not the target."""
    target = workload("spawner", version)
    recorder = record("-p", target.pid)
    assert target.ask("work") == "done"
    for _ in range(3):
        assert target.ask("fork") == "done"
    assert target.ask("children", 4) == "done"
    assert target.ask("work") == "done"
    recorder.stop()
    made, created, exited = spawner_counts(report_json(recorder.trace))
    assert made["main.work"] == 14 and "main.fork" not in made
    assert (created, exited) == (14, 14)
    target.end()


@pytest.mark.parametrize("into", ["itself", "another Go program", "no Go program"])
@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_executes(go, workload, record, version, into):
    """The recording ends with the program; what comes after under the same pid is another one."""
    path = {"itself": go.build("spawner", version), "another Go program": go.build("counts", NEWEST),
            "no Go program": "/bin/cat"}[into]
    target = workload("spawner", version)
    recorder = record("-p", target.pid)
    assert target.ask("work") == "done"
    target.process.stdin.write(f"become {path}\n")
    recorder.end()
    assert recorder.process.returncode == 0 and "executed another program" in recorder.stderr
    answer = target.ask("go" if into == "another Go program" else "work")
    assert answer == ("work" if into == "no Go program" else "done"), "it lives on, unharmed"
    target.end()
    doc = report_json(recorder.trace)
    made, created, exited = spawner_counts(doc)
    assert made["main.work"] == 7 and (created, exited) == (7, 7)
    assert doc["trace"]["complete"] and doc["trace"]["final_state_from"] == "events"
    assert "executed another program" in report(recorder.trace, "--full")


def test_launched_program_executes(go, record, tmp_path):
    """The command runs to its end though its recording is over."""
    trace = tmp_path / "t.zst"
    spawner, counts = go.build("spawner", NEWEST), go.build("counts", NEWEST)
    recorder = Recorder(trace, "--", "sh", "-c", f"printf 'work\nbecome {counts}\ngo\n' | {spawner}",
                        wait=False).end()
    assert recorder.stdout.split() == ["done", "done"], recorder.stderr
    assert recorder.process.returncode == 0 and "executed another program" in recorder.stderr
    made, created, exited = spawner_counts(report_json(trace))
    assert made["main.work"] == 7 and (created, exited) == (7, 7)
