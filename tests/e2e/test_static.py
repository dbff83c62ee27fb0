"""The static binary: in a root file system with nothing else, it records, dumps, reports and says what it lacks."""
import contextlib
import gzip
import json
import os
import shutil

import pytest

from conftest import NEWEST, ROOT, run

LIMIT = 10 << 20


@pytest.fixture(scope="module")
def static():
    made = run("make", "-s", "-C", ROOT, "static")
    assert made.returncode == 0, made.stderr
    return ROOT / "build/chanrec-static"


@pytest.fixture
def alone(static, tmp_path, bpf):
    """alone(args…) runs it in a root file system that has nothing but the binary, /proc and an empty /tmp."""
    root = tmp_path / "root"
    for folder in ("proc", "sys", "tmp"):
        (root / folder).mkdir(parents=True)
    shutil.copy(static, root / "chanrec")
    mounts = [root / "proc", root / "sys"]
    with contextlib.ExitStack() as undo:
        for at in mounts:
            assert run("mount", "--bind", f"/{at.name}", at).returncode == 0
            undo.callback(run, "umount", "-l", at)
        yield lambda *args, **kwargs: run("chroot", root, "/chanrec", *args, **kwargs)


def test_it_is_static_and_small(static):
    assert "statically linked" in run("ldd", static).stdout + run("ldd", static).stderr
    assert os.stat(static).st_size <= LIMIT


def test_alone(alone, workload, tmp_path):
    target = workload("blockers", NEWEST)
    target.line()
    assert "FAILS" not in alone("doctor", "-p", target.pid).stdout
    recorded = alone("record", "-d", "0.3", "-p", target.pid, "-o", "/tmp/t.zst")
    assert recorded.returncode == 0 and "none lost" in recorded.stderr, recorded.stderr
    assert "goroutine 1 [" in alone("dump", "-p", target.pid).stdout
    text = alone("report", "/tmp/t.zst")
    assert text.returncode == 0 and "main.go" in text.stdout, text.stderr
    assert json.loads(alone("report", "--format", "json", "/tmp/t.zst").stdout)["goroutines"]
    for kind in ("html", "folded", "dot", "pprof", "sqlite"):
        made = alone("report", "--format", kind, "-o", f"/tmp/t.{kind}", "/tmp/t.zst")
        assert made.returncode == 0 and (tmp_path / f"root/tmp/t.{kind}").stat().st_size, made.stderr
    gzip.decompress((tmp_path / "root/tmp/t.pprof").read_bytes())
    svg = alone("report", "--format", "svg", "-o", "/tmp/t.svg", "/tmp/t.zst")
    assert svg.returncode == 1 and "Graphviz" in svg.stderr and not (tmp_path / "root/tmp/t.svg").exists(), svg.stderr
