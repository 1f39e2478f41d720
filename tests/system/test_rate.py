"""Events per second of an account."""
import time

from client import wait_for
from test_api import problem


def slow(stack, account, rate):
    r = stack.ctl("account", "set", str(account.number), "--events-per-second", str(rate))
    assert r.returncode == 0, r.stderr
    # Workers read the limits of accounts every ten seconds, when events come.
    other = stack.account()

    def in_force():
        for _ in range(4):
            other.post()
        burst = stack.ingest.post("/events", [account.event() for _ in range(rate + 3)])
        return any("error" in x for x in burst.json["data"])
    assert wait_for(in_force, 15, 1)
    for _ in range(12):         # both workers have looked
        other.post()
    time.sleep(1.1)


def test_more_events_than_the_account_may_post(account, stack):
    hook = account.webhook("ok")
    slow(stack, account, 3)
    before = stack.sql("SELECT count(*) FROM callhook.event WHERE account_id = %s", account.number)[0][0]
    answer = stack.ingest.post("/events", [account.event() for _ in range(8)])
    assert answer.status == 202
    results = answer.json["data"]
    refused = [x["error"] for x in results if "error" in x]
    assert 4 <= len(refused) <= 5 and all(x["status"] == 429 for x in refused)
    assert all(x["type"].endswith("/too_many_requests") for x in refused)
    assert "error" not in results[0]            # in order
    one = stack.ingest.post("/events", account.event(), headers={"Accept-Language": "ru"})
    p = problem(one, 429)
    assert p["type"].endswith("/too_many_requests") and p["title"] == "Слишком частые запросы"
    time.sleep(int(one.headers["Retry-After"]))
    assert stack.ingest.post("/events", account.event()).status == 202
    stored = stack.sql("SELECT count(*) FROM callhook.event WHERE account_id = %s", account.number)[0][0] - before
    assert stored == 8 - len(refused) + 1
    assert account.read(hook["id"])
    # Others are not held up, and 0 is any number.
    assert all("error" not in x for x in stack.ingest.post(
        "/events", [stack.account().event() for _ in range(8)]).json["data"])
