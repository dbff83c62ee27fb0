"""Properties of what the report prints for the traces of tests/unit/golden_traces.h; needs no BPF.

The golden files fix the bytes of each output. These tests check what others rely on: schemas,
well-formed documents, lines that fit the terminal, and names that cannot break out of their context.
"""
import base64
import fcntl
import gzip
import hashlib
import html.parser
import json
import os
import pty
import re
import shutil
import signal
import struct
import subprocess
import termios
import xml.etree.ElementTree

import jsonschema
import pytest

from conftest import BUILD, CHANREC, ROOT, need_program, run

TRACES = ["shop", "ops", "hostile", "empty", "shop-later"]
SCHEMAS = {name: json.loads((ROOT / f"docs/{name}.schema.json").read_text()) for name in ("report", "diff")}
VOID = {"meta", "br", "hr", "link", "img", "input"}


@pytest.fixture(scope="session")
def traces(tmp_path_factory):
    made = run("make", "-s", "-C", ROOT, "build/tests/test_report_golden")
    assert made.returncode == 0, made.stderr
    out = tmp_path_factory.mktemp("traces")
    wrote = run(BUILD / "tests/test_report_golden", "--write", out)
    assert wrote.returncode == 0, wrote.stderr
    return out


def report(trace, *args, env=None):
    done = run(CHANREC, "report", *args, trace, env=env)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("command", [("report",), ("report", "--format", "json"), ("script", "--stacks"), ("info",),
                                     ("diff", "--format", "json", "shop")], ids=" ".join)
def test_a_reader_that_has_enough_ends_it_quietly(traces, command):
    command = [traces / f"{c}.zst" if c in TRACES else c for c in command]
    # A process inherits an ignored SIGPIPE, which must not bring the message back.
    for before in ([], ["env", "--ignore-signal=PIPE"]):
        away, pipe = os.pipe()
        os.close(away)
        done = subprocess.run([*before, CHANREC, *command, traces / "shop-later.zst"], stdout=pipe,
                              stderr=subprocess.PIPE, text=True, timeout=60, check=False)
        os.close(pipe)
        assert done.returncode == -signal.SIGPIPE and not done.stderr, (done.returncode, done.stderr)


@pytest.mark.parametrize("name", TRACES)
@pytest.mark.parametrize("args", [(), ("--since", "1", "--until", "2"), ("--goroutine", "1"), ("--channel", "1"),
                                  ("--function", "main"), ("--package", "net/http"), ("--reason", "send"),
                                  ("--full-stacks",)], ids=lambda a: " ".join(a) or "all")
def test_json_keeps_to_its_schema(traces, name, args):
    done = run(CHANREC, "report", "--format", "json", *args, traces / f"{name}.zst")
    if done.returncode:
        # Only a request for something that is not in the trace may fail.
        assert re.search("is not in this trace|after the end of the recording", done.stderr), done.stderr
        assert name in ("empty", "hostile", "ops")
        return
    jsonschema.validate(json.loads(done.stdout), SCHEMAS["report"])


@pytest.mark.parametrize("schema", SCHEMAS)
def test_a_schema_is_one(schema):
    jsonschema.Draft7Validator.check_schema(SCHEMAS[schema])


def test_the_map_of_channels_and_goroutines_is_the_same_both_ways(traces):
    doc = json.loads(report(traces / "shop.zst", "--format", "json"))
    by_channel = {(u["goroutine"], c["id"], u["count"], tuple(u["roles"])) for c in doc["channels"] for u in c["users"]}
    by_goroutine = {(u["goroutine"], c["channel"], c["count"], tuple(c["roles"]))
                    for u in doc["uses"] for c in u["channels"]}
    assert by_channel == by_goroutine
    # Each of the 12 requests has a handler that selects on both channels and a query that sends on one.
    assert {(100 + 2 * i, 2 + 2 * i, 1, ("receive", "select")) for i in range(12)} <= by_channel
    assert {(101 + 2 * i, 2 + 2 * i, 1, ("send",)) for i in range(12)} <= by_channel


@pytest.mark.parametrize("a", TRACES)
@pytest.mark.parametrize("b", TRACES)
def test_diff_keeps_to_its_schema(traces, a, b):
    done = run(CHANREC, "diff", "--format", "json", traces / f"{a}.zst", traces / f"{b}.zst")
    assert done.returncode == 0, done.stderr
    doc = json.loads(done.stdout)
    jsonschema.validate(doc, SCHEMAS["diff"])
    if a == b:
        assert {row["change"] for row in doc["groups"] + doc["waits"]} <= {"same"}


def test_diff_is_the_same_backwards(traces):
    names = {"appeared": "vanished", "vanished": "appeared", "grew": "shrank", "shrank": "grew", "same": "same"}

    def waits(a, b):
        doc = json.loads(run(CHANREC, "diff", "--format", "json", traces / a, traces / b).stdout)
        return sorted((json.dumps(w["at"]), w["group"], w["reason"], w["change"]) for w in doc["waits"])

    there = waits("shop.zst", "shop-later.zst")
    back = waits("shop-later.zst", "shop.zst")
    assert [(*w[:3], names[w[3]]) for w in there if w[3] in ("appeared", "vanished")] == \
        [w for w in back if w[3] in ("appeared", "vanished")]
    assert {w[3] for w in there} >= {"appeared", "vanished"}


@pytest.mark.parametrize("name", TRACES)
@pytest.mark.parametrize("by", ["time", "count", "wake"])
def test_folded_stacks_are_fit_for_flame_graphs(traces, name, by):
    unit, *lines = report(traces / f"{name}.zst", "--format", "folded", "--by", by, "--idle").splitlines()
    assert unit == ("# number of waits" if by == "count" else "# blocked time in microseconds")
    assert lines == sorted(set(lines))
    for line in lines:
        stack, weight = line.rsplit(" ", 1)
        frames = stack.split(";")
        assert int(weight) > 0
        assert all(frames), line
        assert not re.search(r"[\x00-\x1f\x7f]", line)
        # Only Go's wait reasons contain blanks.
        assert all(" " not in f for f in frames if not f.startswith("[")), line
        assert by != "wake" or frames.count("--") == 1
    assert lines or name == "empty" or (by == "wake" and name == "ops")


def test_waits_counted_in_two_ways_are_the_same(traces):
    for name in TRACES:
        folded = report(traces / f"{name}.zst", "--format", "folded", "--by", "count", "--idle").splitlines()[1:]
        doc = json.loads(report(traces / f"{name}.zst", "--format", "json"))
        assert sum(int(line.rsplit(" ", 1)[1]) for line in folded) == doc["summary"]["waits"]


class Page(html.parser.HTMLParser):
    """Checks that elements nest properly; collects everything that could load or run something."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.ids, self.links, self.elements, self.text = [], [], [], set(), []

    def handle_starttag(self, tag, attrs):
        self.elements.add(tag)
        for key, value in attrs:
            assert not key.startswith("on"), (tag, key)
            if key == "id":
                self.ids.append(value)
            if key in ("href", "src", "xlink:href", "action", "data"):
                self.links.append(value)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-3:]}"
        self.open.pop()

    def handle_data(self, data):
        self.text.append(data)


@pytest.mark.parametrize("name", TRACES)
def test_html_is_whole_and_loads_nothing(traces, name):
    text = report(traces / f"{name}.zst", "--format", "html")
    page = Page()
    page.feed(text)
    page.close()
    assert page.open == []
    assert not page.elements & {"iframe", "object", "embed", "img", "link", "base", "form"}
    assert all(link.startswith("#") for link in page.links)
    assert len(page.ids) == len(set(page.ids))
    assert {link[1:] for link in page.links} <= set(page.ids)
    shown_without_scripts = text[:text.index("<script id=data")]
    assert "url(" not in shown_without_scripts and "@import" not in shown_without_scripts
    # The only scripts are the block of facts and the application, which the policy names by its hash; so is the style.
    scripts = re.findall(r"<script([^>]*)>(.*?)</script>", text, re.S)
    styles = re.findall(r"<style>(.*?)</style>", text, re.S)
    assert [a for a, _ in scripts] == [' id=data type="application/gzip"', ""] and len(styles) == 1
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1].split("; ")

    def digest(s):
        return base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()

    assert policy == ["default-src 'none'", f"script-src 'sha256-{digest(scripts[1][1])}'",
                      f"style-src 'sha256-{digest(styles[0])}'", "base-uri 'none'", "form-action 'none'"]
    assert not re.search(r"<[a-z][^>]* style=", shown_without_scripts)
    if shutil.which("dot"):
        assert "svg" in page.elements
        assert page.links or name in ("empty",)
    shown = "".join(page.text).lower()
    assert "finding" in shown and shown.index("finding") < shown.index("topology")
    if name == "hostile":
        assert "main.<script>alert(1)</script></svg>" in "".join(page.text)


@pytest.mark.parametrize("name", TRACES)
def test_the_facts_of_html_are_those_of_json(traces, name):
    text = report(traces / f"{name}.zst", "--format", "html")
    facts = json.loads(gzip.decompress(base64.b64decode(re.search(r"<script id=data [^>]*>([^<]*)<", text)[1])))
    doc = json.loads(report(traces / f"{name}.zst", "--format", "json"))

    def place(number):
        found = facts["places"][str(number)]
        return {k: found[k] for k in ("function", "file", "line")}

    assert facts["text"] == report(traces / f"{name}.zst")
    assert facts["trace"] == doc["trace"] and facts["summary"] == doc["summary"] and facts["losses"] == doc["losses"]
    assert [f["why"] for f in facts["findings"]] == [f["why"] for f in doc["findings"]]
    assert len(facts["finding_texts"]) == len(doc["findings"])
    assert [g["id"] for g in facts["goroutines"]] == [g["id"] for g in doc["goroutines"]]
    for ours, theirs in zip(facts["goroutines"], doc["goroutines"]):
        stack = facts["stacks"].get(str(ours["stack"]), {"places": []})
        assert [place(p) for p in stack["places"]] == theirs["stack"]
    assert [c["id"] for c in facts["channels"]] == [c["id"] for c in doc["channels"]]
    # What the flame graph adds up to is what all goroutines waited, and so is what the timeline adds up to.
    assert sum(row["weight"] for row in facts["flame"]["time_idle"]["rows"]) == doc["summary"]["blocked_ns"]
    timeline = facts["timeline"]
    if timeline:
        waits = sum(sum(s["mean"]) for s in timeline["series"] if s["state"] == "waiting") * timeline["bin_ns"] / 1000
        assert waits == pytest.approx(doc["summary"]["blocked_ns"], rel=0.02)


@pytest.mark.parametrize("name", TRACES)
def test_svg_is_xml_and_shows_names_as_they_are(traces, name):
    need_program("dot", "graphviz")
    root = xml.etree.ElementTree.fromstring(report(traces / f"{name}.zst", "--format", "svg", "--link", "r.html"))
    links = [v for e in root.iter() for k, v in e.attrib.items() if k.endswith("href")]
    assert all(re.fullmatch(r"r\.html#[go]\d+", link) for link in links)
    assert not [e for e in root.iter() if e.tag.rsplit("}", 1)[-1] in ("script", "image", "foreignObject")]
    shown = {e.text for e in root.iter() if e.tag.endswith("}text")}
    if name == "hostile":
        assert 'main."quoted\\" label"];}' in shown
        assert "main.<script>alert(1)</script></svg>" in shown
        assert "main.&lt;amp;\\N\\l%s%n;semi colon'`$(x)" in shown
    if name == "shop":
        assert "api.(*API).Price.func1" in shown


def test_dot_says_what_it_does_not_draw(traces):
    dot = report(traces / "ops.zst", "--format", "dot")
    assert "1 never used (dangling)" in dot
    assert "is not drawn" not in dot


def on_a_terminal(command, columns, **env):
    """The output of a command on a terminal that is this many columns wide."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    environment = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "CHANREC_PAGER")}
    environment |= {"TERM": "xterm", "PAGER": "cat"} | env
    child = subprocess.Popen([str(c) for c in command], stdout=follower, env=environment)
    os.close(follower)
    data = b""
    while True:
        try:
            block = os.read(leader, 65536)
        except OSError:  # Linux: the last writer has closed it
            break
        if not block:
            break
        data += block
    os.close(leader)
    assert child.wait() == 0
    return data.decode().replace("\r\n", "\n")


@pytest.mark.parametrize("columns", [60, 80, 132, 200])
def test_text_adapts_to_the_terminal(traces, columns):
    text = on_a_terminal([CHANREC, "report", traces / "shop.zst"], columns)
    assert "\033[" in text
    plain = re.sub(r"\033\[[\d;]*m", "", text)
    widths = [len(line) for line in plain.splitlines()]
    assert max(widths) <= columns
    assert max(widths) > columns - 30 or columns == 200
    assert plain == report(traces / "shop.zst", "--width", columns)
    # Every colour that begins also ends.
    assert text.count("\033[0m") == len(re.findall(r"\033\[[1-9][\d;]*m", text))


def test_no_colour_where_none_is_wanted(traces):
    trace = traces / "shop.zst"
    assert "\033" not in on_a_terminal([CHANREC, "report", trace], 100, NO_COLOR="1")
    assert "\033" not in on_a_terminal([CHANREC, "report", trace], 100, TERM="dumb")
    assert "\033" not in on_a_terminal([CHANREC, "report", "--color", "never", trace], 100)
    assert "\033" in on_a_terminal([CHANREC, "report", trace], 100, NO_COLOR="")
    assert "\033" not in report(trace)
    assert "\033[" in report(trace, "--color", "always", env=dict(os.environ, NO_COLOR="1"))


@pytest.mark.parametrize("name", TRACES)
def test_the_finding_comes_first_and_the_tables_last(traces, name):
    titles = re.findall(r"\n\n(\S.+?)(?=  |\n)", report(traces / f"{name}.zst", "--full"))
    order = ["Findings", "Findings in detail", "Blocking chains at the end", "Goroutines by creation site", "Channels",
             "Recorded"]
    assert [t for t in titles if t in order] == order
    assert titles[0] == "Findings" and titles[-1] == "Recorded"


@pytest.mark.parametrize("width", ["80", "100"])
@pytest.mark.parametrize("trace,lines", [("docs/demo/shop.trace.zst", 60), ("empty", 40)])
def test_the_text_fits_a_screen(traces, trace, lines, width):
    text = report(ROOT / trace if "/" in trace else traces / f"{trace}.zst", "--width", width)
    assert len(text.splitlines()) <= lines
    assert "--full" in text.splitlines()[-1]


def test_the_readme_shows_what_is_printed():
    excerpt = re.search(r"<!-- excerpt -->\n```\n(.*?)```\n<!-- /excerpt -->", (ROOT / "README.md").read_text(), re.S)[1]
    assert excerpt == report(ROOT / "docs/demo/shop.trace.zst", "--width", "100"), "make goldens takes the new text"


def test_top_says_how_much_is_left_out(traces):
    text = report(traces / "shop.zst", "--top", "2")
    more = re.findall(r"… and ([\d,]+) more \(--top (\d+) shows all\)", text)
    assert more
    assert "shows all" not in report(traces / "shop.zst", "--top", max(int(m[1]) for m in more))


@pytest.mark.parametrize("args,message", [
    (("--since", "3", "--until", "2"), "--since is later than --until"),
    (("--since", "x"), "--since: 'x' is not a valid value; give a time such as"),
    (("--by", "weight"), "give time, count or wake"),
    (("--width", "39"), "give a whole number from 40 to 1000"),
    (("--color", "red"), "give auto, always or never"),
    (("--format", "pdf"), "give text, traceback, folded, pprof, "),
    (("--nonsense",), "unknown option"),
])
def test_wrong_usage(traces, args, message):
    done = run(CHANREC, "report", *args, traces / "shop.zst")
    assert done.returncode == 2
    assert message in done.stderr and done.stdout == ""


@pytest.mark.parametrize("args,message", [
    (("--since", "90"), "--since is after the end of the recording, which is 5.000 s long"),
    (("--at", "90"), "--at is after the end of the recording, which is 5.000 s long"),
    (("--goroutine", "999999"), "goroutine 999999 is not in this trace"),
    (("--channel", "#77"), "channel #77 is not in this trace"),
])
def test_what_is_not_in_the_trace(traces, args, message):
    done = run(CHANREC, "report", *args, traces / "shop.zst")
    assert done.returncode == 1
    assert message in done.stderr and done.stdout == ""


def test_a_window_counts_only_itself(traces):
    def blocked(*args):
        doc = json.loads(report(traces / "shop.zst", "--format", "json", *args))
        return doc["summary"]["blocked_ns"], doc["summary"]["waits"]

    whole, _ = blocked()
    parts = [blocked("--since", str(a), "--until", str(b))[0] for a, b in ((0, 1), (1, 2), (2, 5))]
    # A wait across the edge of two windows counts in both, each with its share.
    assert sum(parts) == whole


def test_filters_leave_in_what_fits(traces):
    trace = traces / "shop.zst"

    def reasons(*args):
        doc = json.loads(report(trace, "--format", "json", *args))
        return {g["wait"]["reason"] for g in doc["goroutines"] if g["wait"]}

    assert reasons("--reason", "Mutex") == {"sync.Mutex.Lock"}
    assert reasons("--function", "Price") == {"chan send"}
    assert reasons("--package", "example.org/shop/pool") == {"chan receive", "chan send", "sync.Mutex.Lock"}
    assert reasons("--package", "example.org/shop/pool", "--reason", "send") == {"chan send"}
    # A package is compared whole, not as a prefix.
    assert reasons("--package", "example.org/shop/po") == set()


FILTERS = [("--reason", "chan"), ("--reason", "Mutex"), ("--function", "Price"), ("--package", "example.org/shop/pool"),
           ("--label", "route"), ("--since", "1"), ("--until", "2"), ("--since", "1", "--until", "2", "--reason", "chan"),
           ()]


@pytest.mark.parametrize("args", FILTERS, ids=" ".join)
@pytest.mark.parametrize("name", ["shop", "shop-later"])
def test_totals_are_of_what_is_shown(traces, name, args):
    doc = json.loads(report(traces / f"{name}.zst", "--format", "json", *args))
    user = {g["id"] for g in doc["groups"] if not g["system"]}
    waits = {key: sum(g[key] for g in doc["groups"] if g["id"] in user) for key in ("waits", "blocked_ns")}
    # The sums of the groups and of the folded stacks equal the summary.
    assert waits == {key: doc["summary"][key] for key in waits}
    folded = report(traces / f"{name}.zst", "--format", "folded", "--by", "count", "--idle", *args).splitlines()[1:]
    assert sum(int(line.rsplit(" ", 1)[1]) for line in folded) == waits["waits"]
    assert all(e["woken_group"] in {g["id"] for g in doc["groups"]} for e in doc["edges"])
    assert all(c["waits"] <= sum(g["waits"] for g in doc["groups"]) for c in doc["channels"])  # a select counts in each
    assert doc["summary"]["channels"] == len(doc["channels"]) and doc["summary"]["sync_objects"] == len(doc["syncs"])
    counts = doc["summary"]["user"]
    assert counts["created"] == sum(g["created"] for g in doc["groups"] if g["id"] in user)
    assert counts["at_start"] + counts["created"] == counts["exited"] + counts["exits_missed"] + counts["at_end"]
    if "--reason" in args:
        assert all(args[-1] in e["reason"] for e in doc["edges"])
        waiting = {g["id"] for g in doc["goroutines"]}
        for c in doc["channels"]:
            assert c["waits"] or waiting & {*c["senders_waiting"], *c["receivers_waiting"]}, c["id"]
    if "--until" in args:
        assert all(not c["made_by"] or c["made_by"]["time_ns"] <= 2e9 for c in doc["channels"])
    text = report(traces / f"{name}.zst", *args)
    assert (f"{doc['summary']['channels']} channel" in text) and (bool(args) == ("NOTE: only " in text)), text[:600]
    dot = report(traces / f"{name}.zst", "--format", "dot", *args)
    assert bool(args) == ("only waits that match" in dot or "only the window" in dot)
    assert doc["filter"].pop("matched") or not waits["waits"]
    named = {f"--{k.split('_')[0]}" for k, v in doc["filter"].items() if v is not None}
    assert named == {a for a in args if a.startswith("--")}


def pages():
    return sorted((ROOT / "docs").glob("*.1"))


@pytest.mark.parametrize("page", pages(), ids=lambda p: p.name)
def test_a_man_page_has_no_faults(page):
    need_program("groff", "groff-base")
    checked = run("groff", "-man", "-ww", "-z", "-Tutf8", page)
    assert checked.returncode == 0 and checked.stderr == ""
