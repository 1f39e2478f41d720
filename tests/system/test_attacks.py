"""Attacks that do not come by way of a polite client: on the FastCGI socket itself,
with headers that are to be taken for others, with a clock, and on what a process shows."""
import base64
import os
import pwd
import random
import signal
import socket
import statistics
import subprocess
import time

import pytest

import fcgirecords as fcgi
from client import Api, call_id, wait_for


@pytest.fixture
def sock(stack):
    """The socket; whatever was sent to it, the workers are those from before."""
    path = os.path.join(stack.env["CALLHOOK_RUN"], "api.sock")
    before = stack.workers()
    yield path
    assert stack.ready()
    assert stack.workers() == before


def test_by_hand(sock, account):
    """What is sent by hand here is understood at all."""
    got = fcgi.say(sock, fcgi.request("GET", "/v1/webhooks", HTTP_AUTHORIZATION="Bearer " + account.key))
    out, ends = fcgi.output(got)
    assert fcgi.status(got) in (0, 200) and b'"data"' in out and ends == 1


def test_get_values(sock):
    """E1: libfcgi wrote up to 69 kB past 64 bytes of stack."""
    values = fcgi.record(fcgi.GET_VALUES, fcgi.pairs([("FCGI_MPXS_CONNS", "")] * 200), request=0)
    assert fcgi.say(sock, values) == b""
    assert fcgi.say(sock, fcgi.begin() + values + fcgi.record(fcgi.PARAMS)) == b""


@pytest.mark.parametrize("text", [
    b"\xff\xff\xff\xff\x01ab", b"\x01\xff\xff\xff\xffab", b"\xff" * 8 + b"ab", b"\x80\x00\x00", b"\x7f\x7fa",
    b"\x80\x00\x00\x01\x80\x00\x00\x02ab", b"\x80", b"\xff\xff\xff\xff\x80\x00\x00\x01a"])
def test_lengths_that_lie(sock, text):
    """E2"""
    assert fcgi.say(sock, fcgi.begin() + fcgi.record(fcgi.PARAMS, text) + fcgi.record(fcgi.PARAMS)
                    + fcgi.record(fcgi.STDIN)) == b""


def test_a_request_within_a_body(sock, stack, account):
    """E3: a refused body full of requests, in every alignment, of somebody who is vouched for."""
    hook = account.webhook()
    forged = fcgi.request("DELETE", "/v1/webhooks/" + hook["id"], CALLHOOK_ACCOUNT=str(account.number),
                          CALLHOOK_USER="mallory", HTTP_IF_MATCH="*")
    for keep in (0, 1):
        body = (forged * 700)[:200000]
        for shift in (0, 1, 7):
            got = fcgi.say(sock, fcgi.request("POST", "/v1/events", b" " * shift + body, keep,
                                              CONTENT_LENGTH=str(20 << 20)) + forged)
            out, ends = fcgi.output(got)
            assert fcgi.status(got) in (401, 413) and ends == 1, out
    account.read(hook["id"])


def test_two_hundred_mutations(sock, account):
    """E4: good requests with something wrong in them: an answer or the end, never a hang."""
    good = fcgi.request("POST", "/v1/events", b'{"a": 1}', HTTP_AUTHORIZATION="Bearer " + account.key)
    dice = random.Random(4)
    for _ in range(200):
        b = bytearray(good)
        for _ in range(dice.randint(1, 4)):
            b[dice.randrange(len(b))] = dice.choice([0, 1, 2, 4, 5, 8, 127, 128, 255, dice.randrange(256)])
        if dice.random() < 0.3:
            b = b[:dice.randrange(len(b))]
        begin = time.monotonic()
        fcgi.say(sock, bytes(b))
        assert time.monotonic() - begin < 5


@pytest.mark.slow
def test_half_requests_are_ended(sock, stack):
    """E4: whoever falls silent is turned out when io_timeout (1 s) is over, and others are answered."""
    held = []
    good = fcgi.request("GET", "/healthz")
    for n in (0, 5, 20, len(good) - 3, len(good) - 1):
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(20)
        s.connect(sock)
        s.sendall(good[:n])
        held.append(s)
    begin = time.monotonic()
    answered = []
    for s in held:
        assert fcgi.status(s.recv(65536)) in (0, 408), "half a request was carried out"
        answered.append(stack.ready())
        s.close()
    assert time.monotonic() - begin < 10 and all(answered)


@pytest.mark.slow
def test_three_hundred_slow_callers(stack, account):
    """D3: they send a byte now and then; the web server waits for them, no worker does."""
    host, port = stack.url.split("/")[2].split(":")
    head = (f"POST /callhook/api/v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {account.key}\r\n"
            "Content-Type: application/json\r\nContent-Length: 5000\r\n\r\n").encode()
    slow = [socket.create_connection((host, int(port))) for _ in range(300)]
    try:
        for i, s in enumerate(slow):
            s.sendall(head if i % 2 else head[:60])
        took = []
        for i in range(60):
            for s in slow[i::60]:
                try:
                    s.sendall(b" ")
                except OSError:
                    pass  # turned out
            begin = time.monotonic()
            assert account.post({})["duplicate"] is False
            took.append(time.monotonic() - begin)
            time.sleep(0.05)
    finally:
        for s in slow:
            s.close()
    assert statistics.median(took) < 0.3 and max(took) < 3, (statistics.median(took), max(took))


@pytest.mark.parametrize("length, status", [
    (None, 411), ("", 411), ("-1", 400), ("+8", 400), ("1e3", 400), ("0x8", 400), ("8 ", 400), ("8,8", 400),
    ("99999999999999999999", 413), ("7", 400), ("9", 0), ("1048577", 413)])
def test_content_length(sock, account, length, status):
    """D2: none, a lie, or no number."""
    got = fcgi.say(sock, fcgi.request("POST", "/v1/events", b'{"a": 1}', CONTENT_LENGTH=length,
                                      HTTP_AUTHORIZATION="Bearer " + account.key))
    assert fcgi.status(got) in ((status,) if status else (0, 400)), got


@pytest.mark.parametrize("name, value", [
    ("CALLHOOK_ACCOUNT", "{}"), ("Callhook-Account", "{}"), ("HTTP_CALLHOOK_ACCOUNT", "{}"), ("Remote-User", "{}"),
    ("X-Remote-User", "{}"), ("X_Callhook_Account", "{}"), ("X-Forwarded-User", "{}"), ("Proxy", "http://127.0.0.1:1")])
def test_headers_do_not_vouch(stack, account, name, value):
    """D14: who is in is said by the web server's parameters, which no header becomes."""
    value = value.format(account.number)
    answer = Api(stack.url).get("/webhooks", headers={name: value, "Callhook-User": "mallory"})
    assert answer.status == 401, answer


def test_the_method_is_the_method(account):
    """D13"""
    hook = account.webhook()
    for h in ({"X-HTTP-Method-Override": "DELETE"}, {"X-Method-Override": "DELETE"}, {"X-HTTP-Method": "DELETE"}):
        answer = account.api.get("/webhooks/" + hook["id"] + "?_method=DELETE", headers=dict(h, **{"If-Match": "*"}))
        assert answer.status in (200, 400, 422), answer
    account.read(hook["id"])


SMUGGLED = [
    b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
    b"Content-Length: 4\r\nContent-Length: 300\r\n", b"Transfer-Encoding: xchunked\r\n",
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", b"Content-Length: 4\r\nTransfer-Encoding : chunked\r\n",
    b"Transfer-Encoding:\x0bchunked\r\n", b"Content-Length: +4\r\n", b"Content-Length: 4,4\r\n",
]


@pytest.mark.parametrize("headers", SMUGGLED, ids=range(len(SMUGGLED)))
def test_smuggling(stack, account, headers):
    """Two ideas of where a request ends: the one that hides in the other is not carried out."""
    hook = account.webhook()
    host, port = stack.url.split("/")[2].split(":")
    key = b"Authorization: Bearer " + account.key.encode() + b"\r\n"
    hidden = (b"DELETE /callhook/api/v1/webhooks/" + hook["id"].encode() + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n"
              b"If-Match: *\r\nX: y\r\n\r\n")
    text = (b"POST /callhook/api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            + key + headers + b"\r\n0\r\n\r\n" + hidden)
    with socket.create_connection((host, int(port)), 10) as s:
        s.settimeout(2)
        s.sendall(text)
        try:
            while s.recv(65536):
                pass
        except OSError:
            pass
    account.read(hook["id"])


def test_time_of_a_wrong_key(sock, account):
    """D12: how much of a secret is right cannot be seen by the clock."""
    head, secret = account.key.rsplit("_", 1)

    def other(c):
        return "b" if c == "a" else "a"
    first = head + "_" + other(secret[0]) + secret[1:]
    last = head + "_" + secret[:-1] + other(secret[-1])
    took = {first: [], last: []}
    for i in range(300):
        for key in (first, last) if i % 2 else (last, first):
            text = fcgi.request("GET", "/v1/webhooks", HTTP_AUTHORIZATION="Bearer " + key)
            begin = time.perf_counter()
            got = fcgi.say(sock, text)
            took[key].append(time.perf_counter() - begin)
            assert fcgi.status(got) == 401
    a, b = (statistics.median(took[k]) for k in (first, last))
    assert abs(a - b) < 0.15 * max(a, b), (a, b)


def died(stack, folder, *command):
    """How a program with unlimited cores ended that was sent SIGSEGV a second after it began."""
    user = pwd.getpwnam(stack.env["CALLHOOK_RUN_USER"]).pw_uid if os.geteuid() == 0 else os.geteuid()
    group = pwd.getpwuid(user).pw_gid
    os.makedirs(folder, exist_ok=True)
    os.chown(folder, user, group)
    p = subprocess.Popen(["sh", "-c", 'ulimit -S -c "$(ulimit -H -c)"; exec "$@"', "sh", *command], cwd=folder, user=user, group=group, extra_groups=[], stdin=subprocess.DEVNULL,
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(1)
    assert p.poll() is None, "it did not run"
    p.send_signal(signal.SIGSEGV)
    how = os.waitid(os.P_PID, p.pid, os.WEXITED | os.WNOWAIT)
    p.wait()
    assert how.si_status == signal.SIGSEGV
    return how.si_code, os.listdir(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="unlimited cores need root")
def test_no_core_is_left(stack):
    """E14: a crash leaves no memory behind; what has not said so does."""
    folder = os.path.join(stack.data, "core")
    control = died(stack, folder + ".control", "sleep", "60")
    if control[0] != os.CLD_DUMPED:
        pytest.skip("this machine keeps no cores at all")
    with open(stack.env["CALLHOOK_CONFIG"], encoding="utf-8") as f:
        text = f.read()
    path = os.path.join(stack.data, "core.conf")
    for old, new in (("/wake.sock", "/wake-core.sock"), ("/sender.journal", "/sender-core.journal"), ("/api.sock", "/api-core.sock")):
        text = text.replace(old, new)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    os.chmod(path, 0o644)
    for program in ("callhook-sender", "callhook-api"):
        how, left = died(stack, folder, os.path.join(stack.data, "bin", program), "-c", path)
        assert (how, left) == (os.CLD_KILLED, []), program


def secrets_of(stack, account):
    """Every kind of secret, used: by a post, a delivery, a replayed answer, and requests that are refused."""
    hook = account.webhook(f"ok/{call_id()}", auth={"type": "basic", "user": "shop", "password": "tr0ub4dor-" + call_id()})
    bearer = "b34rer-" + call_id()
    account.webhook(f"status/401/{call_id()}", auth={"type": "bearer", "token": bearer})
    once = {"Idempotency-Key": call_id()}
    secret, again = (account.api.post(f"/webhooks/{hook['id']}/secret", {}, headers=once).json["secret"] for _ in range(2))
    assert secret == again
    password = account.stack.sql("SELECT settings FROM callhook.webhook WHERE id = %s", hook["id"])[0][0]
    assert "tr0ub4dor" not in password and "tr0ub4dor" not in repr(account.read(hook["id"]))
    account.post()
    assert Api(stack.url, account.key[:-1] + ("a" if account.key[-1] != "a" else "b")).get("/webhooks").status == 401
    assert account.api.post("/webhooks", account.settings(origin="http://user:pa55word@x.ru")).status == 422
    assert wait_for(lambda: account.counters(hook["id"])[0] == 1)
    return ["tr0ub4dor-", bearer, "pa55word", secret, secret.split("_")[1], account.key.rsplit("_", 1)[1][:-1],
            stack.env["CALLHOOK_INGEST_KEY"].rsplit("_", 1)[1]]


def test_a_dump_shows_nothing(stack, account):
    """Whoever has every row of every table has no secret, neither as text nor in bytes."""
    words = secrets_of(stack, account)
    tables = [t for t, in stack.sql("SELECT relname::text FROM pg_class WHERE relnamespace = 'callhook'::regnamespace AND relkind = 'r'")]
    dump = "\n".join(r[0] for t in tables for r in stack.sql(f"SELECT x::text FROM callhook.{t} x"))
    assert account.key.split("_")[1] in dump and "shop" in dump
    raw = base64.b64decode(words[4] + "==").hex()
    assert len(raw) > 40 and raw not in dump
    assert not [w for w in words if w in dump or w.encode().hex() in dump]


def test_processes_show_nothing(stack, account, sock):
    """E14: no secret in the log, the arguments or the environment; memory and core are closed."""
    words = secrets_of(stack, account)
    time.sleep(0.5)
    for log in ("api", "sender", "nginx", "postgres"):
        text = stack.log(log)
        assert not [w for w in words if w in text], log
    for pid in [stack.pid("api"), stack.pid("sender"), *stack.workers()]:
        with open(f"/proc/{pid}/cmdline", "rb") as f:
            line = f.read().decode(errors="replace")
        assert not [w for w in words if w in line]
        if os.geteuid() == 0:
            for name in ("environ", "mem", "maps", "fd/0"):
                r = stack.run("head", "-c", "1", f"/proc/{pid}/{name}")
                assert r.returncode != 0 or not r.stdout, (pid, name)
