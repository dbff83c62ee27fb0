"""The browser report in a real browser: headless Chromium, spoken to over a pipe. Needs no BPF and no network.

What the page holds is compared with JSON in test_outputs.py. Here it is used: each view is opened, each finding leads
to a stack, hostile names stay names, and a page with 50,000 goroutines stays small where it is looked at.
"""
import fcntl
import itertools
import json
import os
import re
import select
import shutil
import subprocess
import time
import urllib.parse

import pytest

from conftest import BUILD, CHANREC, PATIENCE, ROOT, run, unavailable

TRACES = ["shop", "ops", "hostile", "empty", "shop-later"]


class Browser:
    """DevTools messages, each ended by a zero byte, on file descriptors 3 and 4 of the browser."""

    def __init__(self, program, profile):
        to_read, self.to = os.pipe()
        self.from_, to_write = os.pipe()
        # Above 4, so that the shell does not overwrite one with the other.
        there = [fcntl.fcntl(fd, fcntl.F_DUPFD, 10) for fd in (to_read, to_write)]
        self.process = subprocess.Popen(
            ["bash", "-c", f'exec "$@" 3<&{there[0]} 4>&{there[1]}', "bash", program, "--headless=new", "--no-sandbox",
             "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking",
             f"--user-data-dir={profile}", "--remote-debugging-pipe", "about:blank"],
            pass_fds=there, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for fd in (to_read, to_write, *there):
            os.close(fd)
        self.ids, self.data, self.events = itertools.count(1), b"", []

    def close(self):
        self.process.terminate()
        self.process.wait(PATIENCE)
        os.close(self.to)
        os.close(self.from_)

    def receive(self):
        end = time.monotonic() + PATIENCE
        while b"\0" not in self.data:
            assert select.select([self.from_], [], [], max(0, end - time.monotonic()))[0], "the browser is silent"
            block = os.read(self.from_, 1 << 20)
            assert block, "the browser has gone"
            self.data += block
        message, self.data = self.data.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, session=None, **params):
        number = next(self.ids)
        message = {"id": number, "method": method, "params": params} | ({"sessionId": session} if session else {})
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.to, data):]
        while True:
            answer = self.receive()
            if answer.get("id") == number:
                assert "error" not in answer, (method, answer["error"])
                return answer["result"]
            if "method" in answer:
                self.events.append(answer)

    def tab(self):
        return Tab(self)


class Tab:
    def __init__(self, browser):
        self.browser = browser
        self.target = browser.call("Target.createTarget", url="about:blank", newWindow=True, width=1300, height=800)["targetId"]
        self.session = browser.call("Target.attachToTarget", targetId=self.target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        browser.events.clear()

    def call(self, method, **params):
        return self.browser.call(method, session=self.session, **params)

    def js(self, code):
        done = self.call("Runtime.evaluate", expression=code, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    def until(self, code):
        end = time.monotonic() + PATIENCE
        while True:
            value = self.js(code)
            if value:
                return value
            assert time.monotonic() < end, f"never true: {code}"
            time.sleep(0.02)

    def open(self, path, fragment=""):
        self.call("Page.navigate", url=f"file://{path}{fragment}")
        self.until("document.querySelector('#app main.view')?.childElementCount")

    def go(self, fragment):
        """Shows a view, once it is drawn."""
        self.js(f"location.hash = {json.dumps(fragment)}; new Promise((r) => setTimeout(() => requestAnimationFrame(r)))")

    def text(self, selector="#app"):
        return self.js(f"document.querySelector({json.dumps(selector)})?.textContent ?? ''")

    def quiet(self, path):
        """No error, message or dialog, and no request but for the page itself."""
        self.js("new Promise((r) => setTimeout(r, 50))")
        for event in self.browser.events:
            if event["method"] == "Network.requestWillBeSent":
                assert event["params"]["request"]["url"].split("#")[0] == f"file://{path}"
            assert event["method"] not in ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded",
                                           "Page.javascriptDialogOpening"), event["params"]
        return True

    def close(self):
        self.browser.call("Target.closeTarget", targetId=self.target)


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if not program:
        unavailable("no chromium (Debian: apt install chromium); the browser report was not opened")
    made = Browser(program, tmp_path_factory.mktemp("profile"))
    yield made
    made.close()


@pytest.fixture
def tab(browser):
    made = browser.tab()
    yield made
    made.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """A page for each golden trace, and its JSON."""
    made = run("make", "-s", "-C", ROOT, "build/tests/test_report_golden")
    assert made.returncode == 0, made.stderr
    out = tmp_path_factory.mktemp("pages")
    wrote = run(BUILD / "tests/test_report_golden", "--write", out)
    assert wrote.returncode == 0, wrote.stderr
    for name in TRACES:
        for form in ("html", "json"):
            done = run(CHANREC, "report", "--format", form, "-o", out / f"{name}.{form}", out / f"{name}.zst")
            assert done.returncode == 0, done.stderr
    return out


def facts(pages, name):
    return json.loads((pages / f"{name}.json").read_text())


@pytest.mark.parametrize("name", TRACES)
def test_every_view_opens_without_an_error_or_a_request(pages, tab, name):
    path = pages / f"{name}.html"
    tab.open(path)
    views = tab.js("[...document.querySelectorAll('nav.views a')].map((a) => a.getAttribute('href'))")
    assert {"#/findings", "#/topology", "#/flame", "#/goroutines", "#/channels", "#/text"} <= set(views)
    assert "#/timeline" in views or not any(facts(pages, name)["events"].values())
    for view in views:
        tab.go(view)
        assert tab.js("document.querySelector('nav.views a[aria-current]').getAttribute('href')") == view
        assert tab.text("main.view").strip(), view
    for kind, rows in (("goroutine", "goroutines"), ("channel", "channels"), ("group", "groups"), ("lock", "syncs")):
        for row in facts(pages, name)[rows][:3]:
            tab.go(f"#/{kind}/{row['id']}")
            assert tab.js("document.querySelector('h2.title') !== null"), (kind, row["id"])
    for i in range(len(facts(pages, name)["chains"][:3])):
        tab.go(f"#/chain/{i + 1}")
        assert "Root cause" in tab.text("main.view")
    assert tab.quiet(path)


def test_each_finding_leads_to_its_goroutines_and_their_stack(pages, tab):
    path, doc = pages / "shop.html", facts(pages, "shop")
    tab.open(path)
    goroutines = {g["id"]: g for g in doc["goroutines"]}
    assert doc["findings"]
    assert tab.js("document.querySelectorAll('article.finding').length") == len(doc["findings"])
    for i, finding in enumerate(doc["findings"]):
        ids = finding["goroutines"]
        tab.go("#/findings")
        card = f"article#finding-{i + 1}"
        stack = goroutines[next(id for id in ids if id in goroutines)]["stack"]
        tab.js(f"[...document.querySelectorAll('{card} nav.ways button')].find((b) => b.textContent === 'stack').click()")
        shown = tab.until(f"document.querySelector('{card} ol.stack')?.textContent")
        assert stack[0]["function"] in shown and f":{stack[0]['line']}" in shown
        # Its goroutines, and from there one of them.
        tab.js(f"document.querySelector('{card} nav.ways a').click()")
        tab.until(f"document.querySelectorAll('.table .body .row').length === {min(len(ids), 30)} || "
                  f"document.querySelectorAll('.table .body .row').length >= 30")
        tab.js("document.querySelector('.table .body .row a.id').click()")
        title = tab.until("document.querySelector('h2.title')?.textContent")
        assert int(re.search(r"Goroutine (\d+)", title)[1]) in ids
        assert f"finding {i + 1}" in tab.text("main.view")
    assert tab.quiet(path)


def test_names_from_the_trace_stay_text(pages, tab):
    path = pages / "hostile.html"
    tab.open(path)
    before = tab.js("document.scripts.length + document.querySelectorAll('style, link, iframe, img').length")
    seen = ""
    for view in tab.js("[...document.querySelectorAll('nav.views a')].map((a) => a.getAttribute('href'))"):
        tab.go(view)
        seen += tab.text("main.view")
    assert "<script>alert(1)</script>" in seen
    assert tab.js("document.scripts.length + document.querySelectorAll('style, link, iframe, img').length") == before
    assert tab.js("[...document.querySelectorAll('#app *')].every((e) => [...e.attributes].every((a) => "
                  "!a.name.startsWith('on')))")
    # Not even a script that got in would run.
    tab.js("const s = document.createElement('script'); s.textContent = 'window.ran = 1'; document.body.append(s)")
    assert tab.js("window.ran === undefined")


def test_a_search_finds_and_a_heading_sorts(pages, tab):
    doc = facts(pages, "shop")
    word = next(p["function"] for f in doc["findings"] for p in f["places"] if p["role"] == "waits")
    tab.open(pages / "shop.html", f"#/goroutines?q={urllib.parse.quote(word)}")
    want = {g["id"] for g in doc["goroutines"] if g["wait"] and g["wait"]["at"] and g["wait"]["at"]["function"] == word}
    shown = tab.js("[...document.querySelectorAll('.table .body .row a.id')].map((a) => a.textContent)")
    assert want and want <= {int(s) for s in shown if s.isdigit()} and len(shown) < len(doc["goroutines"])
    tab.go("#/channels?sort=-id")
    ids = tab.js("[...document.querySelectorAll('.table .body .row a.id')].map((a) => Number(a.textContent.slice(1)))")
    assert ids == sorted((c["id"] for c in doc["channels"]), reverse=True)[:len(ids)] and ids
    tab.js("[...document.querySelectorAll('.table .head button')].find((b) => b.textContent.startsWith('channel')).click()")
    assert "sort=id" in tab.js("location.hash")


def test_links_of_the_picture_lead_to_the_application(pages, tab):
    doc = facts(pages, "shop")
    group = next(g["id"] for g in doc["groups"] if not g["system"])
    tab.open(pages / "shop.html", f"#g{group}")
    assert tab.js("document.querySelector('h2.title').textContent").startswith("Group")


def test_keys_lead_through_views_and_rows(pages, tab):
    tab.open(pages / "shop.html", "#/goroutines")

    def press(key):
        for kind in ("keyDown", "keyUp"):
            tab.call("Input.dispatchKeyEvent", type=kind, key=key, text=key if len(key) == 1 and kind == "keyDown" else "")

    press("/")
    assert tab.js("document.activeElement.type") == "search"
    press("Escape")
    tab.js("document.querySelector('.table').focus()")
    press("ArrowDown")
    tab.until("!!document.querySelector('.row.selected')")
    press("Enter")
    assert tab.until("location.hash.startsWith('#/goroutine/')")
    press("1")
    assert tab.until("location.hash === '#/findings'")


def test_colours_follow_the_system_and_the_button(pages, tab):
    seen = {}
    for scheme in ("light", "dark"):
        tab.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        tab.open(pages / "shop.html")
        seen[scheme] = tab.js("getComputedStyle(document.body).backgroundColor")
    assert seen["light"] != seen["dark"]
    tab.js("document.querySelector('button[title=light]').click()")
    assert tab.js("getComputedStyle(document.body).backgroundColor") == seen["light"]


def test_without_scripts_the_text_is_there(pages, tab):
    tab.call("Emulation.setScriptExecutionDisabled", value=True)
    tab.browser.events.clear()
    tab.call("Page.navigate", url=f"file://{pages}/shop.html")
    end = time.monotonic() + PATIENCE
    while not any(e["method"] == "Page.loadEventFired" for e in tab.browser.events):
        assert time.monotonic() < end, "the page does not load"
        tab.call("Page.getLayoutMetrics")
    document = tab.call("DOM.getDocument")["root"]["nodeId"]
    node = tab.call("DOM.querySelector", nodeId=document, selector="main#text h2")["nodeId"]
    # An element that is not displayed has no box.
    assert tab.call("DOM.getBoxModel", nodeId=node)["model"]["height"] > 0
    assert "Findings" in tab.call("DOM.getOuterHTML", nodeId=node)["outerHTML"]


@pytest.fixture(scope="module")
def crowd(tmp_path_factory):
    """A dump, as Go prints it, of 50,000 goroutines."""
    out = tmp_path_factory.mktemp("crowd")
    lines = ["goroutine 1 [running]:", "main.main()", "\t/src/crowd/main.go:9 +0x1d", ""]
    for i in range(2, 50001):
        lines += [f"goroutine {i} [chan receive, {i % 90} minutes]:", f"main.worker{i % 40}(0x{i:x})",
                  f"\t/src/crowd/worker.go:{100 + i % 40} +0x25", "created by main.main in goroutine 1",
                  f"\t/src/crowd/main.go:{20 + i % 40} +0x40", ""]
    (out / "crowd.txt").write_text("\n".join(lines))
    done = run(CHANREC, "report", "--format", "html", "-o", out / "crowd.html", out / "crowd.txt")
    assert done.returncode == 0, done.stderr
    return out / "crowd.html"


def test_fifty_thousand_goroutines(crowd, tab):
    assert crowd.stat().st_size < 5e6
    tab.open(crowd)
    # One moment has no timeline.
    assert not tab.js("document.querySelector('nav.views a[href$=timeline]')")
    tab.go("#/goroutines")
    assert "50,000 goroutines" in tab.text("main.view .bar")
    assert 10 < tab.js("document.querySelectorAll('.table .body .row').length") < 100
    tab.js("document.querySelector('.table').scrollTop = 600000; new Promise((r) => setTimeout(r, 100))")
    rows = tab.js("[...document.querySelectorAll('.table .body .row')].map((r) => Number(r.getAttribute('aria-rowindex')))")
    assert 10 < len(rows) < 100 and min(rows) > 20000
    tab.go("#/goroutines?q=worker7%20-worker17&sort=id")
    assert "of 50,000" in tab.text("main.view .bar")
    for view in ("findings", "topology", "flame", "groups", "sites"):
        tab.go(f"#/{view}")
        assert tab.js("document.querySelectorAll('#app *').length") < 10000, view
    took = tab.js("""(async () => {
        const took = {};
        for (const hash of ["#/goroutines", "#/goroutines?sort=-id", "#/goroutines?sort=-id&q=worker3", "#/group/2", "#/goroutine/777", "#/topology"]) {
            const t = performance.now();
            location.hash = hash;
            await new Promise((r) => setTimeout(() => requestAnimationFrame(r)));
            took[hash] = Math.round(performance.now() - t);
        }
        return took;
    })()""")
    print(took)
    assert tab.quiet(crowd)
