"""Connections to receivers: kept and used again, for a time, so many to a host; shared by
requests over HTTP/2; through a proxy that is told an address of ours and nothing else."""
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time

import pytest

from certificates import Authority
from client import wait_for
from conftest import SETTINGS, TOP, Stack

# check --quick has the unit tests of the same; these wait for real time-outs.
pytestmark = pytest.mark.slow

TOOLS = os.path.join(TOP, "tests", "tools")
HOST_CONNECTIONS = 4
OWN = f"sender.host_connections={HOST_CONNECTIONS}\nsender.idle_age=1s\n"
NGINX = """
daemon off;
master_process off;
pid {dir}/nginx.pid;
error_log {dir}/error.log;
events {{ worker_connections 256; }}
http {{
    log_format tests '$server_protocol $connection $request_uri';
    access_log {dir}/access.log tests;
    client_body_temp_path {dir}/body;
    proxy_temp_path {dir}/t1; fastcgi_temp_path {dir}/t2; uwsgi_temp_path {dir}/t3; scgi_temp_path {dir}/t4;
    server {{
        listen 127.0.0.1:{port} ssl http2;
        ssl_certificate {certificate};
        ssl_certificate_key {certificate};
        location / {{ return 200 "ok\\n"; }}
    }}
}}
"""


class Server:
    """Takes connections on threads of its own; what it does with one is told by subclasses."""

    def __init__(self, host="127.0.0.1"):
        self.lock = threading.Lock()
        self.accepted = self.open = self.peak = 0
        self.heads = []
        self.socket = socket.create_server((host, 0), backlog=256)
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                s, _ = self.socket.accept()
            except OSError:
                return
            with self.lock:
                self.accepted += 1
                self.open += 1
                self.peak = max(self.peak, self.open)
            threading.Thread(target=self.attend, args=(s,), daemon=True).start()

    def attend(self, s):
        try:
            with s, s.makefile("rb") as f:
                self.talk(s, f)
        except OSError:
            pass
        finally:
            with self.lock:
                self.open -= 1

    def head(self, f):
        """Request line and headers as one text, "" at the end."""
        lines = []
        while (line := f.readline()) not in (b"", b"\r\n"):
            lines.append(line.decode("latin-1"))
        if lines:
            with self.lock:
                self.heads.append("".join(lines))
        return "".join(lines)

    def close(self):
        # a thread that waits in accept is not woken by close alone
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


class Receiver(Server):
    """Answers 200, each after a while, and keeps the connection."""
    pause = 0

    def talk(self, s, f):
        while head := self.head(f):
            lengths = [x.split(":")[1] for x in head.split("\r\n") if x.lower().startswith("content-length:")]
            f.read(int(lengths[0]) if lengths else 0)
            time.sleep(self.pause)
            s.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n")


class Proxy(Server):
    """CONNECT and no other method; refuses with a status while one is set."""
    refuse = None

    def talk(self, s, f):
        words = self.head(f).split(" ")
        if words[0] != "CONNECT" or self.refuse:
            s.sendall(f"HTTP/1.1 {self.refuse or 405} No\r\nContent-Length: 0\r\n\r\n".encode())
            return
        host, _, port = words[1].rpartition(":")
        with socket.create_connection((host.strip("[]"), int(port)), 5) as far:
            far.settimeout(None)
            s.sendall(b"HTTP/1.1 200 OK\r\nX-Proxy: here\r\n\r\n")
            threading.Thread(target=self.pump, args=(far, s), daemon=True).start()
            self.pump(s, far)

    @staticmethod
    def pump(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


class Place:
    """A folder with an authority, a name server (*.example.com is this machine, *.example.org is not to be called)
    and an nginx with TLS and HTTP/2."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="callhook-connections.")
        os.chmod(self.folder, 0o755)
        self.running = []
        self.authority = Authority(self.folder)
        with open(self.path("dns.json"), "w", encoding="ascii") as f:
            f.write('{"*.example.com": {"addresses": ["127.0.0.1"]}, "*.example.org": {"addresses": ["10.20.30.40"]}}')
        ready = self.path("dns.port")
        self.start(os.path.join(TOOLS, "dns.py"), "--port-file", ready, "--table", self.path("dns.json"),
                   "--log", self.path("dns.jsonl"))
        assert wait_for(lambda: os.path.exists(ready), 5)
        with open(ready, encoding="ascii") as f:
            self.settings = f"sender.dns=127.0.0.1:{f.read().strip()}\nsender.ca_file={self.authority.root}\n"
        with socket.create_server(("127.0.0.1", 0)) as s:
            self.tls_port = s.getsockname()[1]
        with open(self.path("nginx.conf"), "w", encoding="ascii") as f:
            f.write(NGINX.format(dir=self.folder, port=self.tls_port,
                                 certificate=self.authority.issue("nginx", "DNS:shop.example.com,DNS:mall.example.com")))
        self.start("nginx", "-e", self.path("error.log"), "-p", self.folder, "-c", self.path("nginx.conf"))
        assert wait_for(lambda: os.path.exists(self.path("nginx.pid")), 5)

    def path(self, name):
        return os.path.join(self.folder, name)

    def start(self, *words):
        self.running.append(subprocess.Popen(words))

    def protocols(self, path):
        """(protocol, connection) of nginx's requests below the path"""
        with open(self.path("access.log"), encoding="ascii") as f:
            lines = [x.split() for x in f]
        return [(x[0], x[1]) for x in lines if x[2].startswith(path)]

    def close(self):
        for p in self.running:
            p.terminate()
        for p in self.running:
            p.wait(10)
        shutil.rmtree(self.folder)


@pytest.fixture(scope="module")
def place():
    p = Place()
    yield p
    p.close()


@pytest.fixture(scope="module")
def direct(place):
    """A stack with HTTP/2, and with a proxy in its environment that nobody may heed."""
    with pytest.MonkeyPatch.context() as m:
        for name in ("https_proxy", "HTTPS_PROXY"):
            m.setenv(name, "http://127.0.0.1:1")
        s = Stack(SETTINGS + OWN + place.settings + "sender.http2=yes\n")
    yield s
    s.close()


@pytest.fixture(scope="module")
def proxy():
    p = Proxy("127.0.0.2")  # … which the policy of proxied denies
    yield p
    p.close()


@pytest.fixture(scope="module")
def proxied(place, proxy):
    s = Stack(SETTINGS + OWN + place.settings +
              f"target.allow=127.0.0.1\nsender.proxy=http://127.0.0.2:{proxy.port}\n")
    yield s
    s.close()


@pytest.fixture
def receiver():
    r = Receiver()
    yield r
    r.close()


def deliver(account, hook, n):
    """n events, one after the other."""
    done = account.counters(hook["id"])[0]
    for i in range(done + 1, done + n + 1):
        account.post()
        assert wait_for(lambda i=i: account.counters(hook["id"]) == (i, 0), every=0.01)


def test_a_connection_is_used_again(direct, receiver):
    account = direct.account()
    hook = account.webhook("ok", origin=f"http://shop.example.com:{receiver.port}")
    deliver(account, hook, 12)
    assert len(receiver.heads) == 12 and receiver.accepted == 1
    assert receiver.heads[0].startswith("POST /ok HTTP/1.1\r\n") and "upgrade" not in receiver.heads[0].lower()


def test_a_connection_that_was_idle_is_not(direct, receiver):
    account = direct.account()
    hook = account.webhook("ok", origin=f"http://shop.example.com:{receiver.port}")
    deliver(account, hook, 2)
    assert receiver.accepted == 1
    time.sleep(2.5)
    deliver(account, hook, 1)
    assert len(receiver.heads) == 3 and receiver.accepted == 2


def test_connections_to_a_host_are_limited(direct, receiver):
    receiver.pause = 0.05
    account = direct.account()
    hooks = [account.webhook(f"ok/{i}", origin=f"http://shop.example.com:{receiver.port}") for i in range(10)]
    direct.ingest.post("/events", [account.event() for _ in range(5)])
    assert wait_for(lambda: len(receiver.heads) == 50, 15)
    assert wait_for(lambda: all(account.counters(h["id"]) == (5, 0) for h in hooks))
    assert receiver.peak == HOST_CONNECTIONS
    assert receiver.accepted == HOST_CONNECTIONS


def test_waiting_for_a_connection_is_no_failure(direct, receiver):
    """Five rounds of 0.8 s, and the last ones are waiting for longer than a request may take."""
    receiver.pause = 0.8
    account = direct.account()
    hooks = [account.webhook(f"ok/{i}", origin=f"http://shop.example.com:{receiver.port}") for i in range(20)]
    account.post()
    assert wait_for(lambda: all(account.counters(h["id"]) == (1, 0) for h in hooks), 15)
    assert [len(direct.attempts(h["id"])) for h in hooks] == [1] * 20
    assert len(receiver.heads) == 20 and receiver.peak == HOST_CONNECTIONS


def test_a_silent_host_keeps_no_place_from_others(direct, receiver):
    """300 webhooks at it, each with more to do than their window: 1000 are in flight at most in all."""
    silent = Receiver()
    silent.pause = 60
    account, other = direct.account(), direct.account()
    for i in range(300):
        account.webhook(f"{i}", origin=f"http://silent.example.com:{silent.port}", params=[])
    hook = other.webhook("ok", origin=f"http://shop.example.com:{receiver.port}")
    assert direct.ingest.post("/events", [account.event({}) for _ in range(6)]).status == 202
    assert wait_for(lambda: len(silent.heads) == HOST_CONNECTIONS)
    start = time.monotonic()
    deliver(other, hook, 10)
    assert time.monotonic() - start < 4
    silent.close()
    for w in account.api.get("/webhooks?limit=100").json["data"]:
        account.api.delete("/webhooks/" + w["id"], headers={"If-Match": "*"})


def test_http2(direct, place):
    with open(f"/proc/{direct.pid('sender')}/environ", "rb") as f:
        assert b"https_proxy=http://127.0.0.1:1\0" in f.read()
    account = direct.account()
    hook = account.webhook("direct", origin=f"https://shop.example.com:{place.tls_port}")
    deliver(account, hook, 1)
    direct.ingest.post("/events", [account.event() for _ in range(20)])
    assert wait_for(lambda: account.counters(hook["id"]) == (21, 0))
    seen = place.protocols("/direct")
    assert len(seen) == 21 and {p for p, _ in seen} == {"HTTP/2.0"}
    assert len({c for _, c in seen}) == 1


def test_http2_is_not_shared_by_two_names(direct, place):
    """One address and one certificate for both: a browser would put them on one connection."""
    account = direct.account()
    for name in ("shop", "mall"):
        deliver(account, account.webhook(f"apart-{name}", origin=f"https://{name}.example.com:{place.tls_port}"), 1)
    shop, mall = place.protocols("/apart-shop"), place.protocols("/apart-mall")
    assert {p for p, _ in shop + mall} == {"HTTP/2.0"}
    assert not {c for _, c in shop} & {c for _, c in mall}


def test_proxy(proxied, proxy, receiver):
    """The proxy is told the address; the receiver gets what it would have got without."""
    account = proxied.account()
    hook = account.webhook("ok", origin=f"http://shop.example.com:{receiver.port}")
    before = len(proxy.heads)
    deliver(account, hook, 3)
    connects = proxy.heads[before:]
    assert len(connects) == 1 and receiver.accepted == 1
    assert connects[0].startswith(f"CONNECT 127.0.0.1:{receiver.port} HTTP/1.1\r\n")
    assert {x.split(":")[0] for x in connects[0].split("\r\n")[1:] if x} <= {"Host", "Proxy-Connection"}
    assert "example" not in connects[0]
    assert receiver.heads[0].startswith("POST /ok HTTP/1.1\r\n")
    assert f"Host: shop.example.com:{receiver.port}\r\n" in receiver.heads[0]
    assert "proxy" not in receiver.heads[0].lower()
    address, response = proxied.sql("SELECT address, convert_from(response, 'UTF8') FROM callhook.attempt"
                                    " WHERE webhook_id = %s LIMIT 1", hook["id"])[0]
    assert address == f"127.0.0.1:{receiver.port}" and "X-Proxy" not in response


def test_proxy_with_tls(proxied, proxy, place):
    """… and HTTP/1.1, since nothing else was asked for."""
    account = proxied.account()
    hook = account.webhook("proxied", origin=f"https://shop.example.com:{place.tls_port}")
    deliver(account, hook, 2)
    assert sum(h.startswith(f"CONNECT 127.0.0.1:{place.tls_port} ") for h in proxy.heads) == 1
    assert [p for p, _ in place.protocols("/proxied")] == ["HTTP/1.1"] * 2


@pytest.mark.parametrize("origin", ["http://inside.example.org:8080", "https://inside.example.org"])
def test_proxy_does_not_lift_the_policy(proxied, proxy, origin):
    account = proxied.account()
    hook = account.webhook("ok", origin=origin)
    before = proxy.accepted
    account.post()
    assert wait_for(lambda: proxied.attempts(hook["id"]))
    assert proxied.attempts(hook["id"])[0][3] == "blocked_address"
    assert proxy.accepted == before


def test_proxy_itself_may_not_be_called(proxied, proxy):
    account = proxied.account()
    answer = account.api.post("/webhooks", account.settings("ok", origin=f"http://127.0.0.2:{proxy.port}"))
    assert answer.status == 422


def test_proxy_that_refuses(proxied, proxy, receiver):
    account = proxied.account()
    hook = account.webhook("ok", origin=f"http://shop.example.com:{receiver.port}")
    proxy.refuse = 403
    try:
        account.post()
        assert wait_for(lambda: proxied.attempts(hook["id"]))
    finally:
        proxy.refuse = None
    n, outcome, status, error, detail = proxied.attempts(hook["id"])[0]
    assert (n, outcome, status, error) == (1, "retry", 0, "connect") and "403" in detail
    assert wait_for(lambda: account.counters(hook["id"]) == (1, 0))


def test_proxy_has_to_be_one(proxied):
    with open(proxied.env["CALLHOOK_CONFIG"], encoding="utf-8") as f:
        text = f.read()
    path = os.path.join(proxied.data, "proxy.conf")
    for proxy, good in (("http://proxy.example.com:3128", True), ("proxy:3128", False), ("socks5://p:1", False)):
        with open(path, "w", encoding="utf-8") as f:
            f.write(text + f"\n[sender]\nproxy = {proxy}\n" if "proxy =" not in text else
                    "".join(f"proxy = {proxy}\n" if x.startswith("proxy =") else x
                            for x in text.splitlines(True)))
        os.chmod(path, 0o644)
        sender = os.path.join(os.environ.get("CALLHOOK_BUILD", os.path.join(TOP, "build")),
                              "src/sender/callhook-sender")
        r = proxied.run(sender, "-c", path, "--check-config")
        assert (r.returncode == 0) == good, r.stderr
        assert good or "[sender] proxy: http://host:port is expected" in r.stderr
