"""Fixtures for the end-to-end tests: toolchains, workloads, the recorder as a process.

CHANREC_TEST_GO lists the Go versions ("1.19 1.23 1.27"), which tools/go-toolchains fetches.
CHANREC_TEST_VARIANTS lists the ways to build, or is "all"; by default each test names a few.
CHANREC is the program under test. Workloads are built once, into build/workloads.
"""
import dataclasses
import json
import os
import pathlib
import re
import shutil
import subprocess
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
CHANREC = pathlib.Path(os.environ.get("CHANREC", BUILD / "chanrec"))
# How record sets probes, where a test does not say.
PROBES = os.environ.get("CHANREC_TEST_PROBES", "uprobe")
# What a search of the memory finds must not depend on how busy the machine is.
SEARCH = ("--search-time", "20")
VERSIONS = os.environ.get("CHANREC_TEST_GO", "1.19 1.23 1.27").split()
OLDEST, NEWEST = VERSIONS[0], VERSIONS[-1]


@dataclasses.dataclass(frozen=True)
class Variant:
    """A way to build a program. Each changes the executable's file, with which the recorder has to cope."""
    flags: tuple = ()
    cgo: bool = False
    wiped: bool = False  # without build info
    since: str = "1.19"


VARIANTS = {
    "default": Variant(),
    "stripped": Variant(("-ldflags=-s -w", "-trimpath")),
    "pie": Variant(("-buildmode=pie",)),
    "stripped-pie": Variant(("-ldflags=-s -w", "-buildmode=pie")),
    "trimpath": Variant(("-trimpath",)),
    "cgo": Variant(cgo=True),
    # The C linker merges all read-only data, so there is no section .gopclntab.
    "cgo-pie": Variant(("-buildmode=pie", "-ldflags=-linkmode=external"), cgo=True),
    "cgo-pie-stripped": Variant(("-buildmode=pie", "-ldflags=-linkmode=external -s -w"), cgo=True),
    # Built by Go 1.19 with the glibc of Debian 12, the program dies of SIGTRAP before main, recorded or not.
    "cgo-static": Variant(("-ldflags=-linkmode=external -extldflags=-static", "-tags=netgo,osusergo"), cgo=True,
                          since="1.21"),
    "no-build-id": Variant(("-buildvcs=false", "-ldflags=-buildid= -s -w")),
    "no-build-info": Variant(("-buildvcs=false", "-ldflags=-buildid= -s -w"), wiped=True),
    "race": Variant(("-race",), cgo=True),
}


def variants(*usual):
    """The variants that CHANREC_TEST_VARIANTS names, or else the usual ones."""
    chosen = os.environ.get("CHANREC_TEST_VARIANTS", "").split()
    return list(VARIANTS) if chosen == ["all"] else chosen or list(usual)


def at_least(version, other):
    return [int(v) for v in version.split(".")] >= [int(v) for v in other.split(".")]


# Generous for slow machines, but still short enough to find a hang.
PATIENCE = 60


def run(*args, **kwargs):
    kwargs = {"timeout": 10 * PATIENCE, "text": True, **kwargs}
    return subprocess.run([str(a) for a in args], capture_output=True, **kwargs)


def wait_for(what, condition, seconds=PATIENCE, step=0.005):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(step)
    raise AssertionError(f"{what}: not within {seconds} s")


class Toolchains:
    def __init__(self):
        self.roots = {}

    def root(self, version):
        if version not in self.roots:
            found = run(ROOT / "tools/go-toolchains", version)
            if found.returncode:
                pytest.fail(f"no Go {version}: {found.stderr.strip()}")
            self.roots[version] = pathlib.Path(found.stdout.split()[1])
        return self.roots[version]

    def build(self, name, version, variant="default", how=("build",), package=".", **more):
        """Builds tests/workloads/NAME, or with how=("test", "-c") its test. PACKAGE may also be a list of files."""
        out = BUILD / "workloads" / f"go-{version}" / variant / name
        return self.build_at(ROOT / "tests/workloads" / name, out, version, variant, how, package, **more)

    def build_at(self, folder, out, version, variant="default", how=("build",), package=".", **more):
        way = VARIANTS[variant]
        if not at_least(version, way.since):
            pytest.skip(f"Go {version} cannot build a working program the way {variant}")
        if out.exists() and all(s.stat().st_mtime < out.stat().st_mtime for s in folder.rglob("*")):
            return out
        root = self.root(version)
        env = dict(os.environ, GOROOT=str(root), GOTOOLCHAIN="local", GOPROXY="off", GOFLAGS="", GOWORK="off",
                   CGO_ENABLED=str(int(way.cgo)), GOCACHE=str(BUILD / "go-cache"), GOPATH=str(BUILD / "go-path"),
                   **more)
        out.parent.mkdir(parents=True, exist_ok=True)
        new = out.with_suffix(".new")
        made = run(root / "bin/go", *how, *way.flags, "-o", new, *package.split(), env=env, cwd=folder)
        assert made.returncode == 0, made.stderr
        if way.wiped:
            wipe_build_info(new)
        new.rename(out)
        return out


def wipe_build_info(path):
    """Overwrites the mark that debug/buildinfo looks for; the program itself does not read it."""
    data = path.read_bytes()
    assert data.count(b"\xff Go buildinf:") >= 1
    # The program may also contain debug/buildinfo's own constant, which is not aligned as the section is.
    path.write_bytes(data.replace(b"\xff Go buildinf:", bytes(14)))


@pytest.fixture(scope="session")
def go():
    return Toolchains()


def unavailable(why):
    """Skips a test because the machine lacks something that it could have. With CI=true, fails instead."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{why}, and with CI=true no test may be skipped for that")
    pytest.skip(why)


def need_program(name, package):
    if not shutil.which(name):
        unavailable(f"{name} is not installed (package {package})")


@pytest.fixture(scope="session")
def bpf_state(go, tmp_path_factory):
    out = tmp_path_factory.mktemp("bpf") / "try.zst"
    tried = run(CHANREC, "record", "-o", out, "--", go.build("hello", OLDEST))
    return None if tried.returncode == 0 else tried.stderr.strip()


@pytest.fixture
def bpf(bpf_state):
    if bpf_state:
        unavailable(f"BPF does not work here: {bpf_state}")


class Recorder:
    """chanrec record as a process; the recording has begun when the constructor returns."""

    def __init__(self, trace, *args, wait=True):
        self.trace = trace
        self.process = subprocess.Popen([str(CHANREC), "record", "--probes", PROBES, *SEARCH, "-o", str(trace),
                                         *map(str, args)],
                                        stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if wait:
            wait_for("the recording begins", self.begun)

    def begun(self):
        """The recorder writes the header once the probes are on."""
        assert self.process.poll() is None or self.trace.exists(), self.process.stderr.read()
        return self.trace.exists() and self.trace.stat().st_size > 0

    def stop(self, signal=2):
        if self.process.poll() is None:
            self.process.send_signal(signal)
        return self.end()

    def end(self):
        self.stdout, self.stderr = self.process.communicate(timeout=4 * PATIENCE)
        return self

    @property
    def summary(self):
        return self.stderr.splitlines()[-1]


@pytest.fixture
def record(tmp_path, bpf):
    """record(args…) starts a recording. Recorders that still run are killed at the end of the test."""
    running = []

    def start(*args, trace=None, wait=True):
        r = Recorder(trace or tmp_path / f"t{len(running)}.zst", *args, wait=wait)
        running.append(r)
        return r

    yield start
    for r in running:
        if r.process.poll() is None:
            r.process.kill()
            r.process.wait()


class Workload:
    """A Go program that obeys the lines on its stdin and answers each with a line."""

    def __init__(self, path, *args, **kwargs):
        self.path = path
        self.process = subprocess.Popen([str(path), *map(str, args)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True, bufsize=1, **kwargs)

    @property
    def pid(self):
        return self.process.pid

    def line(self):
        line = self.process.stdout.readline()
        assert line, f"{self.path.name} ended with {self.process.wait()}"
        return line.strip()

    def ask(self, *words):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        return self.line()

    def end(self):
        """Closes stdin and returns the rest of the output; the program must succeed."""
        rest, _ = self.process.communicate(timeout=4 * PATIENCE)
        assert self.process.returncode == 0
        return rest

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


@pytest.fixture
def workload(go):
    started = []

    def start(name, version, variant="default", *args, **kwargs):
        w = Workload(go.build(name, version, variant), *args, **kwargs)
        started.append(w)
        return w

    yield start
    for w in started:
        w.kill()


def report(trace, *args):
    done = run(CHANREC, "report", *args, trace)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def report_json(trace, *args):
    return json.loads(report(trace, "--format", "json", *args))


def parse_traceback(text):
    """Parses Go's traceback into {goroutine id: (reason, [(function, file, line)…], created by)}.

    Drops only decorations: arguments, offsets, ", N minutes", "(scan)", "locked to thread". Go prints at most 100
    frames, the innermost ones (since 1.21, 50 from each end).
    """
    found = {}
    for part in text.strip().split("\n\n"):
        lines = [line for line in part.splitlines() if not re.match(r"\.\.\..*frames elided\.\.\.$|\s.*stack unavailable", line)]
        head = lines and re.match(r"goroutine (\d+)(?: gp=\S+ m=\S+(?: mp=\S+)?)? \[([^\]]*)\]", lines[0])
        if not head:
            continue
        reason = head[2].split(",")[0]
        reason = re.sub(r" \((scan|durable|leaked)\)", "", reason)
        frames, created = [], None
        for function, place in zip(lines[1::2], lines[2::2]):
            place = re.match(r"\s+(.*):(\d+)", place)
            where = (place[1], int(place[2]))
            if function.startswith("created by "):
                created = (re.sub(r" in goroutine \d+$", "", function[len("created by "):]), *where)
                break
            name = function[:function.rindex("(")]
            frames.append(("runtime.gopanic" if name == "panic" else name, *where))
        found[int(head[1])] = (reason, frames, created)
    return found
