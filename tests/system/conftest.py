"""One stack for all system tests, started the way the demo is.  Every test takes an
account of its own, so that tests do not hear each other's events."""
import contextlib
import itertools
import os
import pwd
import re
import signal
import subprocess
import sys
import tempfile
import time

import psycopg
import pytest

import openapi

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests", "tools"))

from client import Api, Ledger, call_id, fixture, read_env, wait_for  # noqa: E402

openapi.watch(Api)  # every answer of the API is what doc/openapi.yaml says

SETTINGS = """
sender.connect_timeout=1s
sender.timeout=2s
sender.retries=200ms 400ms 800ms
sender.jitter=0
sender.pause=1s
sender.poll_idle=100ms
sender.drain_timeout=5s
api.drain_timeout=5s
api.cors=https://front.example http://localhost:3000
"""


def pytest_configure(config):
    config.addinivalue_line("markers", "slow: left out by check --quick")


class Stack:
    def __init__(self, settings=SETTINGS):
        self.dir = tempfile.mkdtemp(prefix="callhook-test.")
        os.chmod(self.dir, 0o755)
        environ = dict(os.environ)
        environ["CALLHOOK_SETTINGS"] = settings
        environ.setdefault("CALLHOOK_BUILD", os.path.join(TOP, "build"))
        subprocess.run([os.path.join(TOP, "demo"), "--up", "--dir", self.dir, "--port", "0"],
                       env=environ, check=True, timeout=120)
        self.env = read_env(os.path.join(self.dir, "env"))
        self.data = self.env["CALLHOOK_DATA"]
        self.url = self.env["CALLHOOK_URL"]
        self.receiver = self.env["CALLHOOK_RECEIVER"]
        self.ledger_path = os.path.join(self.data, "ledger", "own.jsonl")
        self.numbers = itertools.count(20000)
        self.ingest = Api(self.url, self.env["CALLHOOK_INGEST_KEY"])
        self.base = Api(self.url.rsplit("/v1", 1)[0])

    def close(self):
        subprocess.run([os.path.join(TOP, "demo"), "--down", "--dir", self.dir],
                       check=True, timeout=120)
        os.rmdir(self.dir)

    def run(self, *command, **kw):
        """A command as the user that the stack runs as."""
        user = self.env["CALLHOOK_RUN_USER"]
        if os.geteuid() == 0 and user != "root":
            group = str(pwd.getpwnam(user).pw_gid)
            command = ("setpriv", "--reuid", user, "--regid", group, "--init-groups", *command)
        return subprocess.run(command, capture_output=True, text=True, timeout=60, cwd="/", **kw)

    def ctl(self, *words):
        return self.run(self.env["CALLHOOK_CTL"], "-c", self.env["CALLHOOK_CONFIG"], *words)

    def part(self, action, name, *more):
        """start, stop, kill or pid of api, sender, nginx, postgres"""
        r = subprocess.run([os.path.join(TOP, "tests", "tools", "stackctl"), self.dir, action, name, *more],
                           capture_output=True, text=True, timeout=90)
        assert r.returncode == 0, r.stderr
        return r.stdout.strip()

    def pid(self, name):
        return int(self.part("pid", name))

    def workers(self):
        """Process ids of the API's workers, by their titles; the observer is none."""
        r = subprocess.run(["pgrep", "-P", str(self.pid("api")), "-f", "callhook-api: worker"],
                           capture_output=True, text=True)
        return sorted(int(x) for x in r.stdout.split())

    def rss_kb(self, pid):
        with open(f"/proc/{pid}/status") as f:
            for line in f:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1])
        raise AssertionError("no VmRSS")

    def sql(self, text, *args):
        with psycopg.connect(host=self.env["PGHOST"], port=self.env["PGPORT"], user=self.env["PGUSER"],
                             dbname=self.env["PGDATABASE"], autocommit=True) as c:
            cursor = c.execute(text, args or None)
            return cursor.fetchall() if cursor.description else None

    def ready(self):
        try:
            return self.base.get("/readyz").status == 200
        except OSError:
            return False

    def status(self):
        answer = self.base.get("/status")
        assert answer.status == 200, answer
        return answer.json

    @contextlib.contextmanager
    def setting(self, *lines):
        """Lines of the configuration changed for a while: with stack.setting("api.workers=4"):"""
        path = self.env["CALLHOOK_CONFIG"]
        with open(path) as f:
            good = text = f.read()
        for line in lines:
            section, name, value = re.fullmatch(r"(\w+)\.(\w+)=(.*)", line).groups()
            before, own = text.split(f"[{section}]\n")
            own, blank, after = own.partition("\n\n")
            own = re.sub(rf"(?m)^{name} = .*\n?", "", own)
            text = f'{before}[{section}]\n{name} = "{value}"\n{own}{blank}{after}'
        try:
            self.configure(text)
            yield
        finally:
            self.configure(good)

    def configure(self, text):
        """Another configuration and a reload: back when all workers are new ones."""
        with open(self.env["CALLHOOK_CONFIG"], "w") as f:
            f.write(text)
        old = set(self.workers())
        os.kill(self.pid("api"), signal.SIGHUP)
        assert wait_for(lambda: (new := set(self.workers())) and not new & old, 15)

    @contextlib.contextmanager
    def locked(self, table="event_key"):
        """While it is held, every event post waits."""
        with psycopg.connect(host=self.env["PGHOST"], user="postgres", dbname="callhook") as c:
            c.execute(f"LOCK TABLE callhook.{table} IN ACCESS EXCLUSIVE MODE")
            yield
            c.rollback()

    def ledger(self):
        """The own receiver's ledger from now on."""
        ledger = Ledger(self.ledger_path)
        ledger.offset = os.path.getsize(self.ledger_path)
        return ledger

    def log(self, name):
        with open(os.path.join(self.data, "log", name + ".log"), errors="replace") as f:
            return f.read()

    def account(self):
        return Account(self, next(self.numbers))

    def attempts(self, webhook_id):
        """(n, outcome, status, error, detail) of all attempts for a webhook, in order"""
        return self.sql("SELECT n, outcome, status, error, detail FROM callhook.attempt"
                        " WHERE webhook_id = %s ORDER BY id", webhook_id)


class Account:
    def __init__(self, stack, number):
        self.stack = stack
        self.number = number
        r = stack.ctl("key", "create", "--account", str(number), "--scope", "webhooks,events")
        assert r.returncode == 0, r.stderr
        self.key = r.stdout.strip()
        self.api = Api(stack.url, self.key)

    def settings(self, path="ok", **fields):
        hook = {"service": "calltracking", "origin": self.stack.receiver, "path": path,
                "params": [{"name": "phone", "value": "client_number"}], "method": "POST",
                "events": ["call_end"], "content_type": "application/json", "enabled": True}
        hook.update(fields)
        return hook

    def webhook(self, path="ok", **fields):
        """Makes a webhook for the own receiver; returns it as answered."""
        answer = self.api.post("/webhooks", self.settings(path, **fields))
        assert answer.status == 201, answer
        return answer.json

    def read(self, webhook_id):
        answer = self.api.get("/webhooks/" + webhook_id)
        assert answer.status == 200, answer
        return answer.json

    def counters(self, webhook_id):
        h = self.read(webhook_id)
        return h["sent_ok"], h["sent_failed"]

    def event(self, data=None, **fields):
        event = {"account_id": self.number, "service": "calltracking", "event": "call_end",
                 "call_id": call_id(), "data": data if data is not None else fixture("ct_end.json")}
        event.update(fields)
        return event

    def post(self, data=None, **fields):
        """Posts one event; returns the answer's JSON."""
        answer = self.stack.ingest.post("/events", self.event(data, **fields))
        assert answer.status == 202, answer
        return answer.json


@pytest.fixture(scope="session")
def stack():
    s = Stack()
    yield s
    s.close()


@pytest.fixture
def account(stack):
    return stack.account()


@pytest.fixture
def ledger(stack):
    return stack.ledger()


@pytest.fixture
def arrived(ledger):
    """arrived(n, prefix): waits for n requests below the path, returns them all."""
    def wait(n, prefix="/ok", seconds=10):
        def enough():
            ledger.read()
            return sum(s.target.startswith(prefix) for s in ledger.seen) >= n
        wait_for(enough, seconds)
        return [s for s in ledger.seen if s.target.startswith(prefix)]
    return wait


@pytest.fixture
def quiet(ledger):
    """quiet(prefix): what is there after a while in which nothing may come."""
    def wait(prefix="/ok", seconds=0.7):
        time.sleep(seconds)
        ledger.read()
        return [s for s in ledger.seen if s.target.startswith(prefix)]
    return wait


@pytest.fixture
def unique():
    """A word that no other test's path has."""
    return call_id()
