"""What the tests, the demo and its check share: the stack's variables, an HTTP
client for the API, the receivers' ledgers, and the calls of tests/fixtures."""
import base64
import http.client
import json
import os
import shlex
import time
import uuid
from urllib.parse import urlsplit

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FIXTURES = os.path.join(TOP, "tests", "fixtures")


def read_env(path):
    env = {}
    with open(path, encoding="utf-8") as f:
        for line in f:
            name, _, value = line.strip().partition("=")
            env[name] = "".join(shlex.split(value))
    return env


def fixture_text(name):
    with open(os.path.join(FIXTURES, name), encoding="utf-8") as f:
        return f.read()


def fixture(name):
    return json.loads(fixture_text(name))


def call_id():
    return uuid.uuid4().hex


def event_text(account, service, event, call, data_text):
    """An event with data exactly as in its fixture."""
    head = json.dumps({"account_id": account, "service": service, "event": event, "call_id": call})
    return (head[:-1] + ', "data": ' + data_text + "}").encode()


class Answer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"<{self.status} {self.body[:500]!r}>"


class Api:
    """The API below url, with one key.  A connection a request."""

    def __init__(self, url, key=None, headers=None):
        self.url = urlsplit(url)
        self.headers = dict(headers or {})
        if key:
            self.headers["Authorization"] = "Bearer " + key

    def call(self, method, path, body=None, headers=None, timeout=30):
        h = dict(self.headers)
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body, ensure_ascii=False)
        if isinstance(body, str):
            body = body.encode()
        if body is not None:
            h["Content-Type"] = "application/json"
        for k, v in (headers or {}).items():
            if v is None:
                h.pop(k, None)
            else:
                h[k] = v
        c = http.client.HTTPConnection(self.url.hostname, self.url.port, timeout=timeout)
        try:
            c.request(method, self.url.path + path, body, h)
            r = c.getresponse()
            return Answer(r.status, r.headers, r.read())
        finally:
            c.close()

    def get(self, path, **kw):
        return self.call("GET", path, **kw)

    def post(self, path, body, **kw):
        return self.call("POST", path, body, **kw)

    def put(self, path, body, **kw):
        return self.call("PUT", path, body, **kw)

    def delete(self, path, **kw):
        return self.call("DELETE", path, **kw)


class Seen:
    """One request as a receiver's ledger has it."""

    def __init__(self, entry):
        self.entry = entry
        self.time = entry["time"]
        self.method = entry["method"]
        self.target = entry.get("target")
        headers = entry["headers"] or {}
        self.headers = list(headers.items()) if isinstance(headers, dict) else [tuple(h) for h in headers]
        self.body = base64.b64decode(entry.get("body", ""))

    def header(self, name):
        for k, v in self.headers:
            if k.lower() == name.lower():
                return v
        return None

    @property
    def id(self):
        return self.header("webhook-id")

    @property
    def call(self):
        return self.header("X-CKCT-Call-Id")

    @property
    def attempt(self):
        return int(self.header("X-CKCT-Attempt"))

    def __repr__(self):
        return f"<{self.method} {self.target} {self.body[:200]!r}>"


class Ledger:
    """A ledger file, read as it grows."""

    def __init__(self, path):
        self.path = path
        self.offset = 0
        self.seen = []

    def read(self):
        """What is new since the last time."""
        with open(self.path, "rb") as f:
            f.seek(self.offset)
            text = f.read()
        text = text[: text.rfind(b"\n") + 1]
        self.offset += len(text)
        new = [Seen(json.loads(line)) for line in text.splitlines()]
        self.seen += new
        return new


def wait_for(what, seconds=10, every=0.05):
    """Calls what until it returns something true, and returns that."""
    end = time.monotonic() + seconds
    while True:
        value = what()
        if value or time.monotonic() > end:
            return value
        time.sleep(every)
