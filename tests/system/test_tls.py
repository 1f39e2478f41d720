"""TLS with receivers: only a certificate that an authority of ours has signed for this
name and this time is talked to, with TLS 1.2 or later; what hangs ends in time."""
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time

import pytest

from certificates import Authority
from client import Ledger, wait_for
from conftest import SETTINGS, TOP, Stack

# check --quick has the unit tests of the same; these wait for real time-outs.
pytestmark = pytest.mark.slow

TOOLS = os.path.join(TOP, "tests", "tools")
CONNECT_TIMEOUT = 1.0  # of SETTINGS
# Three attempts, soon.
RETRIES = "200ms 200ms"


class World:
    """A stack that trusts one authority, and receivers with its certificates.  Every name
    below example.com is this machine."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="callhook-tls.")
        os.chmod(self.folder, 0o755)
        self.running = []
        self.authority = Authority(self.folder)
        self.dns_port = self.start("dns", "dns.py", "--table", self.table(), "--log", self.path("dns.jsonl"))
        self.stack = Stack(SETTINGS + f"sender.dns=127.0.0.1:{self.dns_port}\nsender.retries={RETRIES}\n"
                           f"sender.ca_file={self.authority.root}\n")

    def path(self, name):
        return os.path.join(self.folder, name)

    def table(self):
        with open(self.path("dns.json"), "w", encoding="ascii") as f:
            f.write('{"*.example.com": {"addresses": ["127.0.0.1"]}}')
        return self.path("dns.json")

    def start(self, name, tool, *words):
        """Returns the port."""
        ready = self.path(name + ".port")
        self.running.append(subprocess.Popen([sys.executable, os.path.join(TOOLS, tool), "--port-file", ready, *words]))
        assert wait_for(lambda: os.path.exists(ready), 5), f"{tool} does not start"
        with open(ready, encoding="ascii") as f:
            return int(f.read())

    def receiver(self, name, certificate, *more):
        """(port, ledger) of a receiver with this certificate"""
        ledger = self.path(name + ".jsonl")
        port = self.start(name, "receiver.py", "--certificate", certificate, "--ledger", ledger, *more)
        return port, Ledger(ledger)

    def close(self):
        for p in self.running:
            p.terminate()
        for p in self.running:
            p.wait(10)
        if hasattr(self, "stack"):
            self.stack.close()
        shutil.rmtree(self.folder)


@pytest.fixture(scope="module")
def world():
    w = World()
    yield w
    w.close()


def attempts(stack, hook, n=1):
    return wait_for(lambda: len(stack.attempts(hook["id"])) >= n, 10) and stack.attempts(hook["id"])


def refused(world, account, ledger, port, errors=("tls",), host="shop.example.com"):
    """No delivery: every attempt ends with this class of error, in time and without an answer."""
    hook = account.webhook("ok", origin=f"https://{host}:{port}")
    account.post()
    found = attempts(world.stack, hook, 3)
    assert [a[1] for a in found] == ["retry", "retry", "failed"]
    assert {a[3] for a in found} <= set(errors) and {a[2] for a in found} == {0}
    took, = world.stack.sql("SELECT max(total_us) FROM callhook.attempt WHERE webhook_id = %s", hook["id"])[0]
    assert took < (CONNECT_TIMEOUT + 0.5) * 1e6
    assert account.counters(hook["id"]) == (0, 1)
    if ledger is not None:
        assert ledger.read() == []
    return found


def test_good_certificate(world):
    port, ledger = world.receiver("good", world.authority.issue("good", "DNS:shop.example.com"))
    account = world.stack.account()
    hook = account.webhook("ok", origin=f"https://shop.example.com:{port}")
    account.post()
    assert wait_for(lambda: account.counters(hook["id"]) == (1, 0))
    assert len(ledger.read()) == 1
    assert ledger.seen[0].header("host") == f"shop.example.com:{port}"
    tls_us, = world.stack.sql("SELECT tls_us FROM callhook.attempt WHERE webhook_id = %s", hook["id"])[0]
    assert tls_us > 0


def test_certificate_of_an_address(world):
    port, ledger = world.receiver("address", world.authority.issue("address", "IP:127.0.0.1"))
    account = world.stack.account()
    hook = account.webhook("ok", origin=f"https://127.0.0.1:{port}")
    account.post()
    assert wait_for(lambda: account.counters(hook["id"]) == (1, 0))
    assert len(ledger.read()) == 1
    # … which is good for this address and for no name that leads to it
    refused(world, world.stack.account(), ledger, port)


@pytest.mark.parametrize("case, words", [
    ("expired", {"begin": "20200101000000Z", "end": "20200201000000Z"}),
    ("not-yet", {"begin": "20480101000000Z", "end": "20490101000000Z"}),
    ("other-name", {"alternatives": "DNS:other.example.com"}),
    ("below-wildcard", {"alternatives": "DNS:*.shop.example.com"})])
def test_certificate_that_is_not_good(world, case, words):
    certificate = world.authority.issue(case, **{"alternatives": "DNS:shop.example.com", **words})
    port, ledger = world.receiver(case, certificate)
    refused(world, world.stack.account(), ledger, port)


def test_self_signed(world):
    port, ledger = world.receiver("self", world.authority.self_signed("self", "DNS:shop.example.com"))
    refused(world, world.stack.account(), ledger, port)


def test_authority_that_is_not_ours(world):
    folder = world.path("foreign")
    os.mkdir(folder)
    port, ledger = world.receiver("foreign", Authority(folder).issue("foreign", "DNS:shop.example.com"))
    refused(world, world.stack.account(), ledger, port)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_tls_1_1(world):
    port, ledger = world.receiver("old", world.authority.issue("old", "DNS:shop.example.com"), "--tls-1.1")
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.load_verify_locations(world.authority.root)
    client.set_ciphers("ALL:@SECLEVEL=0")
    client.minimum_version = ssl.TLSVersion.TLSv1_1
    client.maximum_version = ssl.TLSVersion.TLSv1_1
    try:
        with socket.create_connection(("127.0.0.1", port)) as s, \
                client.wrap_socket(s, server_hostname="shop.example.com") as t:
            assert t.version() == "TLSv1.1"
    except ssl.SSLError as e:
        pytest.skip(f"this OpenSSL has no TLS 1.1: {e}")
    refused(world, world.stack.account(), ledger, port)


def test_server_without_tls(world):
    ledger = world.path("plain.jsonl")
    port = world.start("plain", "receiver.py", "--ledger", ledger)
    refused(world, world.stack.account(), Ledger(ledger), port)


def test_handshake_that_never_comes(world):
    """The connection is made, by the kernel, and then there is silence."""
    with socket.create_server(("127.0.0.1", 0)) as s:
        account = world.stack.account()
        refused(world, account, None, s.getsockname()[1], errors=("timeout",))
        # … and others are not kept waiting by twenty of these
        slow = [account.webhook(f"ok/{i}", origin=f"https://shop.example.com:{s.getsockname()[1]}") for i in range(20)]
        port, _ = world.receiver("beside", world.authority.issue("beside", "DNS:shop.example.com"))
        account.post()
        other = world.stack.account()
        hook = other.webhook("ok", origin=f"https://shop.example.com:{port}")
        begin = time.monotonic()
        other.post()
        assert wait_for(lambda: other.counters(hook["id"]) == (1, 0), every=0.01)
        assert time.monotonic() - begin < CONNECT_TIMEOUT / 2
        assert all(attempts(world.stack, h) for h in slow)


def test_without_ca_file_a_private_authority_is_nobody(stack):
    """The stack of the other tests trusts what the system trusts."""
    with tempfile.TemporaryDirectory(prefix="callhook-tls.") as folder:
        certificate = Authority(folder).issue("private", "IP:127.0.0.1")
        ready = os.path.join(folder, "port")
        p = subprocess.Popen([sys.executable, os.path.join(TOOLS, "receiver.py"), "--port-file", ready,
                              "--certificate", certificate, "--ledger", os.path.join(folder, "ledger")])
        try:
            assert wait_for(lambda: os.path.exists(ready), 5)
            with open(ready, encoding="ascii") as f:
                port = int(f.read())
            account = stack.account()
            hook = account.webhook("ok", origin=f"https://127.0.0.1:{port}")
            account.post()
            assert attempts(stack, hook)[0][1:4] == ("retry", 0, "tls")
            assert os.path.getsize(os.path.join(folder, "ledger")) == 0
        finally:
            p.terminate()
            p.wait(10)
