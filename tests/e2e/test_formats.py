"""Formats that other tools open, read by these tools or by protoc, for the golden traces; needs no BPF."""
import collections
import gzip
import json
import re
import shutil

import pytest

from conftest import BUILD, CHANREC, OLDEST, ROOT, run

TRACES = ["shop", "ops", "hostile", "empty", "shop-later", "dump", "killed"]


@pytest.fixture(scope="session")
def traces(tmp_path_factory):
    made = run("make", "-s", "-C", ROOT, "build/tests/test_report_golden")
    assert made.returncode == 0, made.stderr
    out = tmp_path_factory.mktemp("traces")
    wrote = run(BUILD / "tests/test_report_golden", "--write", out)
    assert wrote.returncode == 0, wrote.stderr
    return out


def convert(trace, out, *args):
    done = run(CHANREC, "report", *args, "-o", out, trace)
    assert done.returncode == 0, done.stderr
    return out


def document(trace, *args):
    done = run(CHANREC, "report", "--format", "json", "--all", *args, trace)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def need(program, package):
    assert shutil.which(program), f"no {program}: install the package {package}"
    return program


def pprof(go, *args):
    command = go.root(OLDEST) / "bin/go"
    done = run(command, "tool", "pprof", "-symbolize=none", *args)
    assert done.returncode == 0, done.stderr
    return done.stdout


def raw_samples(text):
    """Of `pprof -raw`: (values, labels, locations) of each sample; and the function names of each location."""
    samples, names, part = [], {}, None
    for line in text.splitlines():
        if line in ("Samples:", "Locations", "Mappings"):
            part = line
        elif part == "Samples:" and re.match(r"\s+\d+\s+\d+\s+\d+:", line):
            values, places = line.split(":")
            samples.append(([int(v) for v in values.split()], {}, [int(p) for p in places.split()]))
        elif part == "Samples:" and samples:
            samples[-1][1].update(re.findall(r"(reason|state|channel|group):\[(.*?)\](?= (?:reason|state|channel|group):|\s*$)",
                                             line))
        elif part == "Locations" and ":" in line:
            number, rest = line.split(":", 1)
            names[int(number)] = rest.split()[2 if "M=" in rest else 1]
    return samples, names


@pytest.mark.parametrize("name", TRACES)
@pytest.mark.parametrize("args", [(), ("--since", "1"), ("--reason", "chan"), ("--full-stacks",)],
                         ids=lambda a: " ".join(a) or "all")
def test_pprof_has_the_numbers_of_the_report(traces, tmp_path, go, name, args):
    if name in ("empty", "dump", "hostile", "ops", "killed") and args and args[0] == "--since":
        pytest.skip("this trace is shorter")
    trace = traces / f"{name}.zst"
    out = convert(trace, tmp_path / "w.pb.gz", "--format", "pprof", *args)
    doc = document(trace, *args)
    samples, _ = raw_samples(pprof(go, "-raw", out))
    assert sum(s[0][0] for s in samples) == sum(w["waits"] for w in doc["wait_sites"])
    assert sum(s[0][1] for s in samples) == sum(w["blocked_ns"] for w in doc["wait_sites"])
    alive = collections.Counter(g["state"] for g in doc["goroutines"] if g["state"] != "exited" and not g["system"])
    states = collections.Counter()
    by_reason, want = collections.Counter(), collections.Counter()
    for values, labels, _ in samples:
        states[labels["state"]] += values[2]
        by_reason[labels.get("reason")] += values[1]
    for site in doc["wait_sites"]:
        want[site["reason"]] += site["blocked_ns"]
    assert +states == alive
    assert +by_reason == +want
    assert samples or name == "empty" or args


def test_pprof_top_names_where_goroutines_wait(traces, tmp_path, go):
    out = convert(traces / "shop.zst", tmp_path / "w.pb.gz", "--format", "pprof")
    doc = document(traces / "shop.zst")
    top = pprof(go, "-top", "-cum", "-unit=ns", out)
    assert "Type: delay" in top
    samples = sum(w["blocked_ns"] for w in doc["wait_sites"])
    assert re.search(rf"of {samples}ns total", top), top
    assert "example.org/shop/pool.(*Worker).Run" in top
    only = pprof(go, "-top", "-tagfocus=sync.Mutex.Lock", "-sample_index=contentions", out)
    assert "example.org/shop/stock.(*Stock).Take" in only and "dispatch" not in only and "legacy" not in only
    count = pprof(go, "-top", "-sample_index=goroutines", out)
    assert "Type: goroutines" in count


def test_pprof_is_canonical_protobuf(traces, tmp_path):
    out = convert(traces / "hostile.zst", tmp_path / "w.pb.gz", "--format", "pprof")
    data = gzip.decompress(out.read_bytes())
    assert b"\x1b[" not in data, "an escape sequence"
    done = run(need("protoc", "protobuf-compiler"), "--decode_raw", input=data, text=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(b'6: ""\n') or b'\n6: ""\n' in done.stdout


@pytest.mark.parametrize("name", TRACES)
@pytest.mark.parametrize("idle", [("--idle",), ()], ids=["idle", "busy"])
def test_speedscope_keeps_to_its_format(traces, name, idle):
    done = run(CHANREC, "report", "--format", "speedscope", *idle, traces / f"{name}.zst")
    assert done.returncode == 0, done.stderr
    doc = json.loads(done.stdout)
    frames = doc["shared"]["frames"]
    assert all(set(f) <= {"name", "file", "line"} and f["name"] for f in frames)
    assert [(p["name"], p["unit"]) for p in doc["profiles"]] == \
        [("blocked time", "nanoseconds"), ("waits", "none"), ("goroutines at the end", "none")]
    for profile in doc["profiles"]:
        assert profile["type"] == "sampled" and profile["startValue"] == 0
        assert len(profile["samples"]) == len(profile["weights"])
        assert all(s and all(0 <= f < len(frames) for f in s) for s in profile["samples"])
        assert sum(profile["weights"]) == profile["endValue"]
    full = document(traces / f"{name}.zst")
    if idle:
        assert doc["profiles"][0]["endValue"] == sum(w["blocked_ns"] for w in full["wait_sites"])
        assert doc["profiles"][1]["endValue"] == sum(w["waits"] for w in full["wait_sites"])
    names = {frames[s[-1]]["name"] for s in doc["profiles"][0]["samples"]}
    assert names <= {f"[{w['reason']}]" for w in full["wait_sites"]}
    assert idle or not names & {"[sleep]", "[IO wait]"}
    assert not idle or name != "shop" or names >= {"[sleep]", "[IO wait]"}


def test_folded_stacks_leave_out_idle_waits(traces):
    def stacks(*args):
        done = run(CHANREC, "report", "--format", "folded", *args, traces / "shop.zst")
        assert done.returncode == 0, done.stderr
        unit, *lines = done.stdout.splitlines()
        return unit, {line.rsplit(" ", 1)[0]: int(line.rsplit(" ", 1)[1]) for line in lines}

    unit, busy = stacks()
    assert "without sleep, network and timers" in unit
    unit, every = stacks("--idle")
    assert unit == "# blocked time in microseconds"
    assert busy.items() < every.items()
    left_out = set(every) - set(busy)
    assert left_out and all(re.search(r"\[(sleep|IO wait|select|chan receive)\]", s) for s in left_out)
    assert not any(s.endswith(("[sleep]", "[IO wait]")) for s in busy)
    assert stacks("--reason", "sleep")[1]
