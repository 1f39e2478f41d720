"""How the sender treats receivers that are overloaded, dead, or gone: it waits when it is asked
to, stops asking, probes, switches off, and its neighbours notice nothing.  The stack's
first pause is 1 s, its retries come after 200, 400 and 800 ms."""
import email.utils
import http.server
import json
import threading
import time

import pytest

from client import wait_for
from conftest import SETTINGS, Stack

# check --quick has the unit tests of the same; these wait for real time-outs.
pytestmark = pytest.mark.slow


def times(seen):
    return [s.time for s in seen]


def test_retry_after_lengthens_the_retry(account, arrived, unique):
    account.webhook(f"retryafter/2/500/{unique}")
    account.post()
    first, second = times(arrived(2, f"/retryafter/2/500/{unique}"))[:2]
    assert 2 <= second - first < 3.5


def test_retry_after_as_a_date(account, arrived, unique):
    until = int(time.time()) + 3
    date = email.utils.formatdate(until, usegmt=True).replace(" ", "_")
    path = f"retryafter/{date}/500/{unique}"
    account.webhook(path)
    account.post()
    second = times(arrived(2, "/" + path))[1]
    assert until - 0.1 <= second < until + 1.5


@pytest.mark.parametrize("status", [429, 503])
def test_receiver_is_left_alone_for_as_long_as_it_asks(account, arrived, quiet, unique, status):
    path = f"/retryafter/2/{status}/{unique}"
    account.webhook(path[1:])
    account.post()
    first = arrived(1, path)[0].time
    for _ in range(5):
        account.post()
    assert len(quiet(path, 1)) == 1, "asked again before the pause was over"
    second = arrived(2, path)[1].time
    assert 2 <= second - first < 3.5


@pytest.mark.slow
def test_pause_without_retry_after_grows(account, arrived, unique):
    # /switch answers 503 and says nothing of when
    path = f"/switch/{unique}"
    account.webhook(path[1:])
    for _ in range(5):
        account.post()
    arrived(1, path)
    time.sleep(4.2)
    # some at once; then a probe after 1 s, the next after 2 s more
    t = times(arrived(1, path))
    later = [x for x in t if x - t[0] > 0.7]
    assert len(later) == 2, [x - t[0] for x in t]
    assert 0.9 <= later[0] - t[0] < 2
    assert 1.9 <= later[1] - later[0] < 3


def test_gone_switches_off(stack, account, arrived, quiet, unique):
    hook = account.webhook(f"gone/{unique}")
    neighbour = account.webhook(f"ok/{unique}")
    assert hook["disabled_reason"] is None
    account.post()
    gone = wait_for(lambda: (h := account.read(hook["id"]))["disabled_reason"] and h)
    assert (gone["disabled_reason"], gone["enabled"], gone["version"]) == ("gone", False, 2)
    assert wait_for(lambda: account.counters(hook["id"]) == (0, 1))
    assert [(n, o, s) for n, o, s, _, _ in stack.attempts(hook["id"])] == [(1, "failed", 410)]
    audit = stack.sql("SELECT version, action, who, settings FROM callhook.webhook_version"
                      " WHERE webhook_id = %s ORDER BY version", hook["id"])
    assert [a[:3] for a in audit][1:] == [(2, "disabled", "callhook-sender")]
    assert json.loads(audit[1][3])["enabled"] is False
    log = [x for x in stack.log("sender").splitlines() if "webhook.disabled" in x and hook["id"] in x]
    assert len(log) == 1 and "gone" in log[0]
    account.post()
    assert len(quiet(f"/gone/{unique}")) == 1
    assert len(arrived(2, f"/ok/{unique}")) == 2
    assert account.read(neighbour["id"])["enabled"] is True
    # Whoever saves it switched on has seen to it; switched off it stays as it is.
    settings = account.settings(f"ok/{unique}", enabled=False)
    saved = account.api.put("/webhooks/" + hook["id"], settings, headers={"If-Match": "*"})
    assert (saved.status, saved.json["disabled_reason"]) == (200, "gone")
    saved = account.api.put("/webhooks/" + hook["id"], dict(settings, enabled=True), headers={"If-Match": "*"})
    assert (saved.status, saved.json["disabled_reason"], saved.json["enabled"]) == (200, None, True)


def test_breaker_stops_asking_and_spares_the_neighbour(stack, account, arrived, quiet, unique):
    bad, good = f"/status/500/{unique}", f"/ok/{unique}"
    hook = account.webhook(bad[1:])
    account.webhook(good[1:])
    for _ in range(20):
        account.post()
    assert len(arrived(20, good, seconds=3)) == 20
    seen = quiet(bad, 0.4)
    # ten in a row close it; of those that were in the air then some more
    assert 10 <= len(seen) <= 14
    closed = max(times(seen))
    probe = arrived(len(seen) + 1, bad, seconds=4)[len(seen)]
    assert 0.7 <= probe.time - closed < 2.5
    assert len(quiet(bad, 1.2)) == len(seen) + 1, "one probe, no more"
    # Nothing is written for what waits: it still has all its attempts.
    assert stack.sql("SELECT count(*) FROM callhook.outbox WHERE webhook_id = %s AND attempt = 0",
                     hook["id"])[0][0] >= 6
    assert account.counters(hook["id"]) == (0, 0)


@pytest.mark.slow
def test_switched_off_in_the_midst_of_a_thousand(stack, account, arrived, quiet, unique):
    """A8: a second later nothing is sent any more, and the log says of each what became of it."""
    path = f"/slow/50/{unique}"
    hook = account.webhook(path[1:])
    assert stack.ingest.post("/events", [account.event({}) for _ in range(1000)]).status == 202
    assert len(arrived(40, path)) >= 40
    assert account.api.put("/webhooks/" + hook["id"], account.settings(path[1:], enabled=False),
                           headers={"If-Match": "*"}).status == 200
    sent = len(quiet(path, 1))
    assert sent < 1000
    assert len(quiet(path, 1)) == sent
    assert wait_for(lambda: stack.sql("SELECT count(*) FROM callhook.outbox WHERE webhook_id = %s", hook["id"]) == [(0,)])
    outcomes = [a[1] for a in stack.attempts(hook["id"])]
    assert (outcomes.count("delivered"), outcomes.count("cancelled")) == (sent, 1000 - sent)


@pytest.mark.slow
def test_it_recovers(account, arrived, unique, stack):
    path = f"/switch/{unique}"
    hook = account.webhook(path[1:])
    for _ in range(12):
        account.post()
    arrived(4, path)
    stack_set(stack, unique, 200)
    assert wait_for(lambda: account.counters(hook["id"])[0] == 12, seconds=15)
    assert account.counters(hook["id"])[1] == 0


def stack_set(stack, name, status):
    import urllib.request
    urllib.request.urlopen(urllib.request.Request(
        f"{stack.receiver}/_set?name={name}&status={status}", method="POST"), timeout=5).read()


class Operator(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((self.path, self.headers["Content-Type"], json.loads(body)))
        # The first try fails.
        self.send_response(500 if len(self.server.got) == 1 else 204)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.mark.slow
def test_failing_for_long_switches_off_and_tells_the_operator(unique):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Operator)
    server.got = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/told"
    s = Stack(SETTINGS + f"sender.disable_after=1s\nsender.operator_url={url}\n"
              f"sender.rate=50\n")
    try:
        account = s.account()
        hook = account.webhook(f"status/500/{unique}")
        # One success in between begins it anew.
        mixed = account.webhook(f"flaky/2/{unique}")
        for _ in range(4):
            account.post()
            time.sleep(0.4)
        off = wait_for(lambda: (h := account.read(hook["id"]))["disabled_reason"] and h, seconds=10)
        assert (off["disabled_reason"], off["enabled"]) == ("failing", False)
        assert account.read(mixed["id"])["enabled"] is True
        assert s.sql("SELECT failing_since FROM callhook.webhook_stat WHERE webhook_id = %s",
                     hook["id"]) == [(None,)]
        assert wait_for(lambda: len(server.got) >= 2, seconds=10)
        path, kind, event = server.got[1]
        assert (path, kind) == ("/told", "application/json")
        assert event.pop("at").endswith("Z")
        assert event == {"type": "webhook.disabled", "account_id": account.number, "webhook_id": hook["id"],
                         "url": off["url"], "reason": "failing"}
    finally:
        s.close()
        server.shutdown()
        server.server_close()
