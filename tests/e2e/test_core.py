"""chanrec dump --core: cores of gcore and of the kernel, whole, compressed, truncated, filtered."""
import json
import os
import re
import resource
import shutil
import subprocess

import pytest

from conftest import CHANREC, VERSIONS, parse_traceback, run, variants
from test_oracle import check_objects


def dump(core, *args):
    done = run(CHANREC, "dump", "--core", core, *args)
    assert done.returncode == 0, done.stderr
    return done.stdout


def gcore(target, tmp_path):
    if not shutil.which("gcore"):
        assert os.environ.get("CI") != "true", "tools/install-deps installs gdb"
        pytest.skip("there is no gcore (Debian: gdb)")
    done = run("gcore", "-o", tmp_path / "core", target.pid)
    core = tmp_path / f"core.{target.pid}"
    assert core.exists(), done.stderr
    return core


@pytest.mark.parametrize("variant", variants("default", "stripped", "pie", "cgo"))
@pytest.mark.parametrize("version", VERSIONS)
def test_gcore_as_the_runtime_itself(workload, tmp_path, version, variant):
    target = workload("blockers", version, variant)
    entries = json.loads(target.line())
    target.ask("gc")
    core = gcore(target, tmp_path)
    assert target.ask("dump", tmp_path / "dump") == "done"
    theirs = parse_traceback((tmp_path / "dump").read_text())
    ours = parse_traceback(dump(core))
    assert {g: v for g, v in ours.items() if g != 1} == {g: v for g, v in theirs.items() if g != 1}

    doc = json.loads(dump(core, "--format", "json"))
    assert doc["trace"]["made_by"] == "core"
    assert doc["snapshots"]["end"]["complete"]
    goroutines = {g["id"]: g for g in doc["goroutines"]}
    for entry in entries:
        check_objects(doc, entry, goroutines[entry["goid"]])
    live = json.loads(run(CHANREC, "dump", "-p", target.pid, "--format", "json").stdout)
    assert [f["verdict"] for f in doc["findings"]] == [f["verdict"] for f in live["findings"]]
    core.unlink()


def crash(go, tmp_path, filter_bits=None, stdin=None):
    """The core of a program that panics, or None where cores go elsewhere."""
    with open("/proc/sys/kernel/core_pattern") as f:
        if f.read().strip() != "core":
            pytest.skip("cores do not go to the working directory")

    def limits():
        resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        if filter_bits is not None:
            with open("/proc/self/coredump_filter", "w") as f:
                f.write(hex(filter_bits))

    path = go.build("blockers", VERSIONS[-1])
    process = subprocess.Popen([path], cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True, preexec_fn=limits,
                               env={**os.environ, "GOTRACEBACK": "crash"})
    entries = json.loads(process.stdout.readline())
    if stdin:
        process.stdin.write(stdin)
        process.stdin.flush()
    else:
        process.send_signal(3)
    err = process.stderr.read()
    process.communicate(timeout=60)
    cores = list(tmp_path.glob("core*"))
    assert len(cores) == 1, err
    return cores[0], entries, err


def test_of_the_kernel(go, tmp_path):
    core, entries, err = crash(go, tmp_path)
    text = dump(core)
    ours = parse_traceback(text)
    # The dump of each thread's registers follows its goroutines.
    theirs = parse_traceback("\n".join(line for line in err.splitlines()
                                       if re.match(r"goroutine \d+|\t|created by |\S+\(.*\)$|$", line)))
    for entry in entries:
        # With GOTRACEBACK=crash, Go also shows the frames of the runtime and of wrappers.
        frames = iter(theirs[entry["goid"]][1])
        assert all(f in frames for f in ours[entry["goid"]][1]), entry


def test_of_a_panic(go, tmp_path):
    """The goroutine that dies runs: its stack is found by the registers of its thread."""
    core, _, _ = crash(go, tmp_path, stdin="panic\n")
    assert re.search(r"goroutine 1 \[running\]:\npanic\(", dump(core))


def test_compressed(go, tmp_path):
    core = crash(go, tmp_path)[0]
    plain = dump(core)
    assert run("zstd", "-q", "--rm", core).returncode == 0
    assert dump(f"{core}.zst") == plain
    os.truncate(f"{core}.zst", os.path.getsize(f"{core}.zst") // 2)
    done = run(CHANREC, "dump", "--core", f"{core}.zst")
    assert done.returncode in (0, 1) and done.stderr


def test_truncated(go, tmp_path):
    """At any length: what is shown is right, and what is missing is said."""
    core, entries, _ = crash(go, tmp_path)
    whole, shown = parse_traceback(dump(core)), set()
    exe = go.build("blockers", VERSIONS[-1])
    for part in range(19, 0, -1):
        os.truncate(core, core.stat().st_size * part // (part + 1))
        done = run(CHANREC, "dump", "--core", core, "--exe", exe)
        assert done.returncode in (0, 1), done.stderr
        assert "truncated" in done.stderr or "cut off" in done.stderr, done.stderr
        for goid, (reason, frames, created) in parse_traceback(done.stdout).items():
            assert goid in whole and created == whole[goid][2]
            assert frames == whole[goid][1] or len(frames) < len(whole[goid][1])
            shown.add(goid)
        findings = run(CHANREC, "dump", "--core", core, "--exe", exe, "--format", "json").stdout
        if findings:
            assert "memory" not in {f["strength"] for f in json.loads(findings)["findings"] if f["verdict"] == "no one left"}
    assert shown


def test_filtered(go, tmp_path):
    """Without anonymous memory there are no goroutines; without ELF headers no build id."""
    core = crash(go, tmp_path, 0x10)[0]
    done = run(CHANREC, "dump", "--core", core)
    assert done.returncode == 1 and "lacks the memory" in done.stderr, done.stderr


def test_no_build_id(go, tmp_path):
    core = crash(go, tmp_path, 0x3)[0]
    done = run(CHANREC, "dump", "--core", core)
    assert done.returncode == 0 and "has no build id" in done.stderr, done.stderr
    assert "blockSend" in done.stdout


def test_another_executable(go, tmp_path):
    core = crash(go, tmp_path)[0]
    done = run(CHANREC, "dump", "--core", core, "--exe", go.build("hello", VERSIONS[-1]))
    assert done.returncode == 1 and re.search("is not the program of this core.*--exe", done.stderr)
    done = run(CHANREC, "dump", "--core", core, "--exe", tmp_path / "none")
    assert done.returncode == 1 and "--exe" in done.stderr


def test_not_a_core(tmp_path):
    for path, words in ((CHANREC, "not the core file"), (tmp_path, "not a regular file"), (tmp_path / "x", "No such file")):
        done = run(CHANREC, "dump", "--core", path)
        assert done.returncode == 1 and words in done.stderr, done.stderr
