"""What the end-to-end tests share: toolchains, workloads, the recorder as a process.

Go versions come from CHANREC_TEST_GO ("1.19 1.23 1.27"), fetched by
tools/go-toolchains. Workloads are built once into build/workloads.
"""
import json
import os
import pathlib
import re
import subprocess
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
CHANREC = pathlib.Path(os.environ.get("CHANREC", BUILD / "chanrec"))
VERSIONS = os.environ.get("CHANREC_TEST_GO", "1.19 1.23 1.27").split()
OLDEST, NEWEST = VERSIONS[0], VERSIONS[-1]
VARIANTS = {
    "default": [],
    "stripped": ["-ldflags=-s -w", "-trimpath"],
    "pie": ["-buildmode=pie"],
    "stripped-pie": ["-ldflags=-s -w", "-buildmode=pie"],
}
# A runner that is slower than a workstation may take its time; a hang is still found.
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

    def build(self, name, version, variant="default"):
        out = BUILD / "workloads" / f"go-{version}" / variant / name
        sources = list((ROOT / "tests/workloads" / name).rglob("*"))
        if out.exists() and all(s.stat().st_mtime < out.stat().st_mtime for s in sources):
            return out
        root = self.root(version)
        env = dict(os.environ, GOROOT=str(root), GOTOOLCHAIN="local", GOPROXY="off", GOFLAGS="", CGO_ENABLED="0",
                   GOCACHE=str(BUILD / "go-cache"), GOPATH=str(BUILD / "go-path"))
        out.parent.mkdir(parents=True, exist_ok=True)
        made = run(root / "bin/go", "build", *VARIANTS[variant], "-o", out, ".", env=env,
                   cwd=ROOT / "tests/workloads" / name)
        assert made.returncode == 0, made.stderr
        return out


@pytest.fixture(scope="session")
def go():
    return Toolchains()


def no_bpf(why):
    """Tests that need BPF say loudly that they did not run, and may not skip in CI."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"BPF does not work here, and with CI=true it has to: {why}")
    pytest.skip(f"BPF does not work here: {why}")


@pytest.fixture(scope="session")
def bpf_state(go, tmp_path_factory):
    out = tmp_path_factory.mktemp("bpf") / "try.zst"
    tried = run(CHANREC, "record", "-o", out, "--", go.build("hello", OLDEST))
    return None if tried.returncode == 0 else tried.stderr.strip()


@pytest.fixture
def bpf(bpf_state):
    if bpf_state:
        no_bpf(bpf_state)


class Recorder:
    """chanrec record as a process, begun when it returns."""

    def __init__(self, trace, *args, wait=True):
        self.trace = trace
        self.process = subprocess.Popen([str(CHANREC), "record", "-o", str(trace), *map(str, args)],
                                        stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if wait:
            wait_for("the recording begins", self.begun)

    def begun(self):
        """The header is written once the probes fire."""
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
    """record(args…) starts a recording; what still runs is ended with the test."""
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
    """A Go program that is told on stdin what to do and answers line by line."""

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
        """Closes stdin and returns what was still printed; the program has to end well."""
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
    """goroutine id → (reason, [(function, file, line)…], created by) of Go's own traceback.

    Only decorations are dropped: arguments, offsets, ", N minutes", "(scan)", "locked to thread".
    """
    found = {}
    for part in text.strip().split("\n\n"):
        lines = part.splitlines()
        head = re.match(r"goroutine (\d+)(?: gp=\S+ m=\S+(?: mp=\S+)?)? \[([^\]]*)\]", lines[0])
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
            frames.append((function[:function.rindex("(")], *where))
        found[int(head[1])] = (reason, frames, created)
    return found
