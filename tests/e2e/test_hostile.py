"""Traces from strangers: small files that expand to very much. No BPF is needed."""
import json
import resource
import subprocess

import pytest

from conftest import CHANREC, ROOT

TRACES = sorted((ROOT / "tests/hostile").glob("*.zst"))
MIB = 1 << 20

# A bound on CPU time that only a runaway meets, on any machine and under sanitizers.
SECONDS = 60

WAYS = {
    "text": ["report"],
    "full": ["report", "--full"],
    "json": ["report", "--format", "json"],
    "folded": ["report", "--format", "folded"],
    **{name: ["report", "--format", name]
       for name in ("pprof", "speedscope", "perfetto", "chrome", "ndjson", "sqlite")},
    "diff": ["diff"],
    "script": ["script"],
    "info": ["info"],
}
# These read the trace a second time, into a model of its own.
TIMELINES = ("perfetto", "chrome", "ndjson", "sqlite")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("trace", TRACES, ids=lambda p: p.stem)
def test_costs_are_bounded(trace, way, tmp_path):
    n = trace.stat().st_size
    traces = [trace, trace] if way.startswith("diff") else [trace]
    peak = tmp_path / "peak"
    out = tmp_path / "out"
    with open(out, "wb") as f:
        p = subprocess.run(["/usr/bin/time", "-f", "%M", "-o", peak, CHANREC, *WAYS[way], *traces],
                           stdout=f, stderr=subprocess.PIPE, text=True,
                           preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS)))
    assert p.returncode == 0, p.stderr
    assert "Sanitizer" not in p.stderr
    size = out.stat().st_size
    if way == "script":
        assert size <= 64 * MIB + 1000 * n
    else:
        assert size <= (64 + 8) * MIB + 100 * n * len(traces)
    if size >= 60 * MIB and way != "json":
        assert "the output is cut" in p.stderr
    if way == "json":
        document = json.loads(out.read_bytes())
        assert size < 60 * MIB or document["cut"]
    # AddressSanitizer has a shadow and keeps what was freed.
    if "asan" not in str(CHANREC):
        models = 2 if way in TIMELINES else len(traces)
        assert int(peak.read_text().split()[-1]) * 1024 <= (256 * MIB + 200 * n) * models


def test_no_limit_writes_everything(tmp_path):
    """JSON of this trace exceeds the limit; without one, no list lacks an element."""
    out = tmp_path / "out.json"
    for args, cut in ((), False), (("--no-limit",), True):
        done = subprocess.run([CHANREC, "report", "--format", "json", "-o", out, *args, ROOT / "tests/hostile/users.zst"],
                              capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        with open(out, "rb") as f:
            f.seek(-200, 2)
            assert (b'"cut": null' in f.read()) == cut
        assert (out.stat().st_size > 72 * MIB) == cut
