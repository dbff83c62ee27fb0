"""Real programs: how to start each, put it under load, check its answers and get its goroutine dump."""
import base64
import hashlib
import http.client
import json
import os
import pathlib
import socket
import subprocess
import threading
import time
import urllib.request

from e2e import PATIENCE, ROOT, run, wait_for


def fetch(name):
    """The version and path of a program that tools/real-programs unpacks."""
    done = run(ROOT / "tools/real-programs", name)
    assert done.returncode == 0, done.stderr
    _, version, path = done.stdout.split()
    return version, pathlib.Path(path)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def get(port, path, body=None):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", body, timeout=PATIENCE) as answer:
        return answer.read().decode()


class Client(threading.Thread):
    """A client that sends request after request on one connection and checks each answer; it keeps the connection
    while it pauses. fresh: a new connection for each request. "Too busy" answers are counted separately."""

    def __init__(self, port, requests, fresh=False):
        super().__init__(daemon=True)
        self.port, self.requests, self.fresh = port, requests, fresh
        self.done, self.busy, self.wrong = 0, 0, []
        self.pause, self.quit = threading.Event(), threading.Event()
        self.paused = threading.Event()

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        while not self.quit.is_set():
            if self.pause.is_set():
                self.paused.set()
                time.sleep(0.01)
                continue
            method, path, body, right = self.requests[self.done % len(self.requests)]
            try:
                connection.request(method, path, body)
                answer = connection.getresponse()
                data = answer.read()
                if answer.status in (429, 503, 504):
                    self.busy += 1
                elif answer.status != 200 or not right(data):
                    self.wrong.append((path, answer.status, data[:300]))
            except (OSError, http.client.HTTPException) as e:
                self.wrong.append((path, repr(e)))
                connection.close()
            self.done += 1
            if self.fresh:
                connection.close()
        connection.close()


class Rude(Client):
    """Sends requests and hangs up without reading the answers, so that the program has to abandon its work."""

    def run(self):
        while not self.quit.is_set():
            if self.pause.is_set():
                self.paused.set()
                time.sleep(0.01)
                continue
            method, path, body, _ = self.requests[self.done % len(self.requests)]
            body = (body or b"") if isinstance(body or b"", bytes) else body.encode()
            head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
            with socket.create_connection(("127.0.0.1", self.port), PATIENCE) as s:
                s.sendall(head.encode() + body)
                time.sleep(0.001 * (self.done % 4))
            self.done += 1


class Listener(Client):
    """Keeps a request open whose answer never ends, and reads what arrives."""

    def run(self):
        while not self.quit.is_set():
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=1)
            self.paused.set()
            try:
                connection.request(*self.requests[0])
                answer = connection.getresponse()
                while not self.quit.is_set() and answer.read1(65536):
                    self.done += 1
            except (OSError, http.client.HTTPException):
                pass
            connection.close()


class Program:
    """A real program that runs in its own folder."""
    clients = 8
    listens = []
    only_unhurried = 0  # how many of the first requests have an answer that depends on the machine's load

    def __init__(self, suite, folder):
        self.version, self.path = fetch(f"{self.package}/{suite}")
        self.folder, self.port = folder, free_port()
        self.process, self.threads = None, []
        self.prepare()
        self.log = open(folder / "log", "w")

    def start(self):
        env = dict(os.environ, HOME=str(self.folder), XDG_DATA_HOME=str(self.folder), XDG_CONFIG_HOME=str(self.folder))
        self.process = subprocess.Popen([str(self.path), *map(str, self.arguments())], cwd=self.folder, env=env,
                                        stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        wait_for(f"{self.package} answers", self.ready, step=0.1)

    def ready(self):
        assert self.process.poll() is None, (self.folder / "log").read_text()[-2000:]
        try:
            self.is_ready()
            return True
        except (OSError, AssertionError, LookupError):
            return False

    def load(self, seconds, heavy=False):
        """Puts the program under load for some seconds; afterwards the connections stay open and idle. heavy: many
        connections, some of which come and go, are cut off midway, or stay open."""
        requests = self.requests()[self.only_unhurried if heavy else 0:]

        def client(kind, i, *more):
            return kind(self.port, requests[i % len(requests):] + requests[:i % len(requests)], *more)

        self.threads = [client(Client, i) for i in range(self.clients * (3 if heavy else 1))]
        if heavy:
            self.threads += [client(Client, i, True) for i in range(4)] + [client(Rude, i) for i in range(4)]
            self.threads += [Listener(self.port, [what]) for what in self.listens]
        for t in self.threads:
            t.start()
        time.sleep(seconds)
        for t in self.threads:
            t.pause.set()
        for t in self.threads:
            assert t.paused.wait(PATIENCE)

    def answers(self):
        assert self.process.poll() is None, "it lives"
        return sum(t.done for t in self.threads), [w for t in self.threads for w in t.wrong]

    def dump(self):
        """Go's own goroutine dump, or None where the program serves none."""
        return get(self.dump_port, "/debug/pprof/goroutine?debug=2") if self.dump_port else None

    def stop(self):
        for t in self.threads:
            t.quit.set()
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()


class Prometheus(Program):
    package = "prometheus"
    only_unhurried = 1  # a scrape that times out sets "up" to 0

    def prepare(self):
        self.dump_port = self.port
        (self.folder / "p.yml").write_text(json.dumps({
            # Slow enough that no scrape of itself times out under load, which would set "up" to 0.
            "global": {"scrape_interval": "5s", "scrape_timeout": "5s", "evaluation_interval": "1s"},
            "rule_files": ["rules.yml"],
            "scrape_configs": [{"job_name": "self", "static_configs": [{"targets": [f"127.0.0.1:{self.port}"]}]}]}))
        (self.folder / "rules.yml").write_text(json.dumps({"groups": [{"name": "g", "rules": [
            {"record": "one", "expr": "vector(1)"}]}]}))

    def arguments(self):
        return ["--config.file=p.yml", "--storage.tsdb.path=data", f"--web.listen-address=127.0.0.1:{self.port}"]

    def is_ready(self):
        assert "Ready" in get(self.port, "/-/ready")
        assert json.loads(get(self.port, "/api/v1/query?query=up"))["data"]["result"][0]["value"][1] == "1"

    def requests(self):
        def value(expected):
            def right(data):
                doc = json.loads(data)
                return doc["status"] == "success" and [r["value"][1] for r in doc["data"]["result"]] == [expected]
            return right
        return [("GET", "/api/v1/query?query=up", None, value("1")),
                ("GET", "/api/v1/query?query=sum(vector(6)*7)", None, value("42")),
                ("GET", "/metrics", None, lambda data: b"prometheus_build_info" in data),
                ("GET", "/api/v1/query_range?query=one&start=0&end=4000000000&step=1000000000", None,
                 lambda data: json.loads(data)["status"] == "success"),
                ("GET", "/-/healthy", None, lambda data: b"Healthy" in data)]


class Caddy(Program):
    package = "caddy"

    def prepare(self):
        self.dump_port, self.inner = free_port(), free_port()
        self.file = os.urandom(300000)
        (self.folder / "www").mkdir()
        (self.folder / "www/file").write_bytes(self.file)
        (self.folder / "Caddyfile").write_text(f"""
{{
	admin 127.0.0.1:{self.dump_port}
	auto_https off
}}
http://127.0.0.1:{self.port} {{
	respond /hello "hello"
	reverse_proxy /proxied 127.0.0.1:{self.inner}
	root * www
	encode gzip
	file_server
}}
http://127.0.0.1:{self.inner} {{
	respond "through {{http.request.method}}"
}}
""")

    def arguments(self):
        return ["run", "--config", "Caddyfile", "--adapter", "caddyfile"]

    def is_ready(self):
        assert get(self.port, "/hello") == "hello"

    def requests(self):
        digest = hashlib.sha256(self.file).digest()
        return [("GET", "/hello", None, lambda data: data == b"hello"),
                ("GET", "/proxied", None, lambda data: data == b"through GET"),
                ("GET", "/file", None, lambda data: hashlib.sha256(data).digest() == digest),
                ("POST", "/proxied", b"x" * 10000, lambda data: data == b"through POST")]


class Etcd(Program):
    package = "etcd-server"
    listens = [("POST", "/v3/watch", json.dumps({"create_request": {"key": base64.b64encode(key).decode()}}))
               for key in (b"key1", b"key2", b"never")]

    def prepare(self):
        self.dump_port, self.peer = self.port, free_port()

    def arguments(self):
        mine, peer = f"http://127.0.0.1:{self.port}", f"http://127.0.0.1:{self.peer}"
        return ["--data-dir=data", f"--listen-client-urls={mine}", f"--advertise-client-urls={mine}",
                f"--listen-peer-urls={peer}", f"--initial-advertise-peer-urls={peer}",
                f"--initial-cluster=default={peer}", "--enable-pprof"]

    def is_ready(self):
        assert json.loads(get(self.port, "/health"))["health"] == "true"

    def requests(self):
        def text(s):
            return base64.b64encode(s.encode()).decode()

        made = []
        for i in range(50):
            put = json.dumps({"key": text(f"key{i}"), "value": text(f"value{i}")})
            fetch_it = json.dumps({"key": text(f"key{i}")})
            # A key always gets the same value, so it does not matter which client put it.
            made.append(("POST", "/v3/kv/put", put, lambda data: "revision" in json.loads(data)["header"]))
            made.append(("POST", "/v3/kv/range", fetch_it,
                         lambda data, i=i: all(k["value"] == text(f"value{i}") for k in json.loads(data).get("kvs", []))))
        return made


class Esbuild(Program):
    """The development server, which rebuilds the bundle for each request."""
    package = "esbuild"
    dump_port = None
    clients = 4

    def prepare(self):
        for i in range(100):
            (self.folder / f"m{i}.ts").write_text(f"export const f{i} = (a: number): number => a + {i};\n")
        (self.folder / "app.ts").write_text("".join(f'import {{ f{i} }} from "./m{i}";\n' for i in range(100)) +
                                            "console.log(" + " + ".join(f"f{i}({i})" for i in range(100)) + ");\n")

    def arguments(self):
        return ["app.ts", "--bundle", "--sourcemap", f"--serve=127.0.0.1:{self.port}", "--outfile=out/app.js",
                "--servedir=out", "--watch=forever"]

    def start(self):
        super().start()
        self.bundle = get(self.port, "/app.js")
        ran = run("node", "-e", self.bundle)
        assert ran.stdout.strip() == str(sum(2 * i for i in range(100))), ran.stderr

    def is_ready(self):
        assert "f99" in get(self.port, "/app.js")

    def requests(self):
        return [("GET", "/app.js", None, lambda data: data.decode() == self.bundle),
                ("GET", "/app.js.map", None, lambda data: len(json.loads(data)["sources"]) == 101)]
