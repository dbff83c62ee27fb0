"""Formats that other tools open, read by these tools or by protoc, for the golden traces; needs no BPF."""
import collections
import gzip
import json
import re
import shutil
import sqlite3

import jsonschema
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


def parse_text_format(text):
    """protoc's text format as dicts of lists; an unknown field has a number for a name, which fails the test."""
    root = {}
    stack = [root]
    for line in text.splitlines():
        line = line.strip()
        if line == "}":
            stack.pop()
            continue
        name, _, value = line.partition(" ") if line.endswith("{") else line.partition(": ")
        assert not name.isdigit(), f"a field that the .proto does not have: {line}"
        value = {} if value == "{" else value
        stack[-1].setdefault(name, []).append(value)
        if isinstance(value, dict):
            stack.append(value)
    return root


def decode_perfetto(data):
    done = run(need("protoc", "protobuf-compiler"), "--decode=Trace", f"-I{ROOT / 'tests/e2e'}", "perfetto.proto",
               input=data, text=False)
    assert done.returncode == 0, done.stderr
    return parse_text_format(done.stdout.decode()).get("packet", [])


def only(message, field, default=None):
    values = message.get(field, [default])
    assert len(values) == 1, (field, values)
    return values[0]


class Timeline:
    """The slices of each goroutine, from a Perfetto trace; checks the rules of the format on its way."""

    def __init__(self, packets):
        self.tracks, self.begins, self.starts, self.ends, self.counters = {}, {}, {}, {}, {}
        self.names, self.stacks, self.instants = {}, set(), []
        frames, functions, files = set(), set(), set()
        events = []
        for i, packet in enumerate(packets):
            assert only(packet, "trusted_packet_sequence_id") == "1"
            assert only(packet, "sequence_flags") == ("2" if i else "1")
            for data in packet.get("interned_data", []):
                self.names.update((only(e, "iid"), json.loads(only(e, "str"))) for e in data.get("event_names", []))
                functions.update(only(e, "iid") for e in data.get("function_names", []))
                files.update(only(e, "iid") for e in data.get("source_paths", []))
                for frame in data.get("frames", []):
                    assert only(frame, "function_name_id") in functions
                    assert "source_path_iid" not in frame or only(frame, "source_path_iid") in files
                    frames.add(only(frame, "iid"))
                for stack in data.get("callstacks", []):
                    assert stack["frame_ids"] and set(stack["frame_ids"]) <= frames
                    self.stacks.add(only(stack, "iid"))
            for track in packet.get("track_descriptor", []):
                assert "parent_uuid" not in track or only(track, "parent_uuid") in self.tracks
                self.tracks[only(track, "uuid")] = only(track, "name", "")
            for event in packet.get("track_event", []):
                assert only(event, "track_uuid") in self.tracks
                assert "callstack_iid" not in event or only(event, "callstack_iid") in self.stacks
                assert "name_iid" not in event or only(event, "name_iid") in self.names
                events.append((int(only(packet, "timestamp")), event))
        self.slices = []
        for t, event in sorted(events, key=lambda e: e[0]):  # stable, as the viewer's
            self.take(t, event)

    def take(self, t, event):
        track, kind = only(event, "track_uuid"), only(event, "type")
        for flow in event.get("flow_ids", []):
            assert flow not in self.starts
            self.starts[flow] = (t, track)
        for flow in event.get("terminating_flow_ids", []):
            assert flow not in self.ends
            self.ends[flow] = (t, track)
        if kind == "1":
            assert track not in self.begins, f"slices of {self.tracks[track]} nest at {t}"
            self.begins[track] = (t, event)
        elif kind == "2":
            begin, event = self.begins.pop(track)
            self.slices.append((track, begin, t, self.names[only(event, "name_iid")], event))
        elif kind == "4":
            self.counters.setdefault(self.tracks[track], []).append(int(only(event, "counter_value")))
        else:
            assert kind == "3"
            self.instants.append((t, track, event))


def waits_of(doc):
    return {g["id"]: (g["waits"], g["blocked_ns"]) for g in doc["goroutines"] if not g["system"] and g["waits"]}


@pytest.mark.parametrize("args", [(), ("--since", "1", "--until", "3")], ids=lambda a: " ".join(a) or "all")
@pytest.mark.parametrize("name", TRACES)
def test_perfetto_adds_up_to_the_report(traces, tmp_path, name, args):
    if args and not name.startswith("shop"):
        pytest.skip("this trace is shorter")
    out = convert(traces / f"{name}.zst", tmp_path / "t", "--format", "perfetto", *args)
    line = Timeline(decode_perfetto(out.read_bytes()))
    doc = document(traces / f"{name}.zst", *args)
    sums = collections.defaultdict(lambda: (0, 0))
    for track, begin, to, what, _ in line.slices:
        if what not in ("running", "runnable"):
            goid = int(json.loads(line.tracks[track]).split()[1])
            sums[goid] = (sums[goid][0] + 1, sums[goid][1] + to - begin)
    still = {int(json.loads(line.tracks[t]).split()[1]) for t, (_, e) in line.begins.items()
             if line.names[only(e, "name_iid")] not in ("running", "runnable")}
    waiting = {g["id"] for g in doc["goroutines"] if g["state"] == "waiting" and not g["system"] and g["waits"]}
    assert still == waiting
    for goid, (waits, blocked) in waits_of(doc).items():
        if goid not in waiting:
            assert sums[goid] == (waits, blocked), goid
        else:
            assert sums[goid][0] == waits - 1 and sums[goid][1] <= blocked, goid
    # Each arrow goes from the waker to the woken at one moment.
    assert set(line.ends) <= set(line.starts)
    assert all(line.starts[f][0] == line.ends[f][0] for f in line.ends)
    assert all(line.starts[f][1] != line.ends[f][1] for f in line.ends)
    if name == "shop":
        assert len(line.ends) > 10
        taken = [e for *_, what, e in line.slices if what == "sync.Mutex.Lock"]
        assert taken and all("callstack_iid" in e for e in taken)
        assert {json.loads(only(a, "string_value")) for e in taken for a in e["debug_annotations"]
                if only(a, "name") == '"woken by"'} == {"unlock"}
    alive = [g for g in doc["goroutines"] if g["state"] != "exited" and not g["system"]]
    assert line.counters.get('"goroutines"', [0])[-1] == len(alive)
    assert line.counters.get('"waiting goroutines"', [0])[-1] == sum(g["state"] == "waiting" for g in alive)


@pytest.mark.parametrize("name", TRACES)
def test_chrome_is_the_same_timeline(traces, tmp_path, name):
    out = convert(traces / f"{name}.zst", tmp_path / "t.json", "--format", "chrome")
    doc, report = json.loads(out.read_text()), document(traces / f"{name}.zst")
    assert doc["cut"] is None
    sums, last, flows = collections.defaultdict(lambda: [0, 0]), {}, collections.defaultdict(dict)
    for event in doc["traceEvents"]:
        assert event["ph"] in "MXsfCi"
        if event["ph"] == "X":
            assert event["ts"] >= last.get(event["tid"], float("-inf")) - 1e-3 and event["dur"] >= 0
            last[event["tid"]] = event["ts"] + event["dur"]
        if event["ph"] == "X" and event["cat"] == "wait":
            sums[event["tid"]][0] += 1
            sums[event["tid"]][1] += event["dur"] * 1e3
        if event["ph"] in "sf":
            assert event["ph"] not in flows[event["id"]]
            flows[event["id"]][event["ph"]] = event["ts"]
    for goid, (waits, blocked) in waits_of(report).items():
        assert sums[goid][0] == waits and abs(sums[goid][1] - blocked) < 1e3, goid
    assert all("s" in f and f.get("f", f["s"]) == f["s"] for f in flows.values())


def test_a_timeline_of_a_pipe_is_refused(traces):
    with open(traces / "shop.zst", "rb") as trace:
        done = run(CHANREC, "report", "--format", "perfetto", "-", stdin=trace)
    assert done.returncode == 1 and "which a pipe cannot" in done.stderr


def schema_of(name):
    done = run(CHANREC, "report", "--format", name, "--schema")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", TRACES)
def test_ndjson_keeps_to_its_schema_and_adds_up(traces, name):
    done = run(CHANREC, "report", "--format", "ndjson", traces / f"{name}.zst")
    assert done.returncode == 0, done.stderr
    schema = schema_of("ndjson")
    validators = {kind.removeprefix("line_"): jsonschema.Draft7Validator({**one, "definitions": schema["definitions"]})
                  for kind, one in schema["definitions"].items()}
    kinds = collections.defaultdict(list)
    for text in done.stdout.splitlines():
        line = json.loads(text)
        validators[line["type"]].validate(line)
        kinds[line["type"]].append(line)
    doc = document(traces / f"{name}.zst")
    assert len(kinds["trace"]) == 1
    assert sum(not w["continued"] for w in kinds["wait"]) == doc["summary"]["waits"]
    assert [f["why"] for f in kinds["finding"]] == [f["why"] for f in doc["findings"]]
    assert {(g["goroutine"], g["state"], g["blocked_ns"]) for g in kinds["goroutine"]} == \
        {(g["id"], g["state"], g["blocked_ns"]) for g in doc["goroutines"] if g["state"] != "exited" and not g["system"]}
    assert {c["channel"] for c in kinds["make"]} == \
        {c["id"] for c in doc["channels"] if c["made_by"] and c["made_by"]["time_ns"] >= 0}
    assert name != "shop" or (kinds["create"] and kinds["exit"] and kinds["count"] and kinds["finding"])
    assert name != "ops" or (kinds["send"] and kinds["receive"])


def test_schemas_are_those_of_the_documents(traces):
    for name, path in (("json", "report"), ("ndjson", "ndjson")):
        assert schema_of(name) == json.loads((ROOT / f"docs/{path}.schema.json").read_text())
        jsonschema.Draft7Validator.check_schema(schema_of(name))
    done = run(CHANREC, "report", "--format", "dot", "--schema")
    assert done.returncode == 2 and "json and ndjson have" in done.stderr


def database(traces, tmp_path, name, *args):
    return sqlite3.connect(convert(traces / f"{name}.zst", tmp_path / "t.db", "--format", "sqlite", *args))


@pytest.mark.parametrize("name", TRACES)
def test_sqlite_adds_up_to_the_report(traces, tmp_path, name):
    db = database(traces, tmp_path, name)
    doc = document(traces / f"{name}.zst")
    one = lambda query: db.execute(query).fetchone()
    assert one("PRAGMA integrity_check") == ("ok",)
    assert one("SELECT count(*), coalesce(sum(to_ns - from_ns), 0) FROM waits WHERE NOT continued")[0] == \
        doc["summary"]["waits"]
    assert one("SELECT count(*) FROM events WHERE type != 'loss'")[0] == sum(doc["events"].values())
    assert {tuple(r) for r in db.execute("SELECT id, state, waits, blocked_ns FROM goroutines")} == \
        {(g["id"], g["state"], g["waits"], g["blocked_ns"]) for g in doc["goroutines"]}
    assert {r[0] for r in db.execute("SELECT id FROM channels")} == {c["id"] for c in doc["channels"]}
    assert {r[0] for r in db.execute("SELECT id FROM groups")} == {g["id"] for g in doc["groups"]}
    assert [r[0] for r in db.execute("SELECT why FROM findings ORDER BY id")] == [f["why"] for f in doc["findings"]]
    assert {tuple(r) for r in db.execute("SELECT goroutine, channel, count FROM uses")} == \
        {(u["goroutine"], c["channel"], c["count"]) for u in doc["uses"] for c in u["channels"]}
    assert one("SELECT coalesce(sum(waits), 0) FROM wait_sites")[0] == doc["summary"]["waits"]
    assert one("SELECT count(*) FROM wakes WHERE wait NOT IN (SELECT id FROM waits)")[0] == 0
    assert one("SELECT value FROM trace WHERE key = 'left_out'") == (0,)


def test_the_queries_of_the_documentation_work(traces, tmp_path):
    db = database(traces, tmp_path, "shop")
    queries = re.findall(r"```sql\n(.*?)```", (ROOT / "docs/sql.md").read_text(), re.S)
    assert len(queries) == 10
    answers = [db.execute(q).fetchall() for q in queries]
    empty = [q for q, a in zip(queries, answers) if not a]
    assert all("HAVING senders" in q for q in empty), empty
    assert "stock.(*Stock).Take" in answers[9][0][2]
