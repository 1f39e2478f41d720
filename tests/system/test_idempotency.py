"""Idempotency-Key: a POST whose answer was lost can be sent again."""
import json
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from client import Api, wait_for
from test_api import problem
from test_cabinet import cabinet  # noqa: F401  the fixture
from test_roles import as_role  # noqa: F401


@pytest.fixture
def key():
    return {"Idempotency-Key": str(uuid.uuid4())}


def count(account):
    return len(account.api.get("/webhooks").json["data"])


def test_the_same_request_is_done_once(account, key):
    body = account.settings("a")
    first = account.api.post("/webhooks", body, headers=key)
    assert first.status == 201 and "Idempotency-Replayed" not in first.headers
    again = account.api.post("/webhooks", body, headers=key)
    assert (again.status, again.body) == (201, first.body)
    assert again.headers["Idempotency-Replayed"] == "true"
    for name in ("ETag", "Location", "Content-Type"):
        assert again.headers[name] == first.headers[name]
    assert again.headers["X-Request-Id"] != first.headers["X-Request-Id"]
    assert count(account) == 1
    # Another key is another request.
    assert account.api.post("/webhooks", body, headers={"Idempotency-Key": "2"}).status == 201
    assert count(account) == 2


def test_another_request_with_the_same_key(account, key):
    assert account.api.post("/webhooks", account.settings("a"), headers=key).status == 201
    p = problem(account.api.post("/webhooks", account.settings("b"), headers=key), 422)
    assert p["type"].endswith("/idempotency_key_reused")
    ru = account.api.post("/webhooks/preview", {"webhook": account.settings("a"), "event": "call_end"},
                          headers={"Accept-Language": "ru", **key})
    assert "уже использован" in problem(ru, 422)["title"]
    assert count(account) == 1


def test_keys_of_accounts_are_their_own(account, stack, key):
    other = stack.account()
    assert account.api.post("/webhooks", account.settings("a"), headers=key).status == 201
    answer = other.api.post("/webhooks", account.settings("a"), headers=key)
    assert answer.status == 201 and "Idempotency-Replayed" not in answer.headers


def test_what_was_refused_may_be_tried_again(account, key):
    problem(account.api.post("/webhooks", account.settings("a", origin="https://10.0.0.1"), headers=key), 422)
    problem(account.api.post("/webhooks", "{", headers=key), 400)
    assert account.api.post("/webhooks", account.settings("a"), headers=key).status == 201


@pytest.mark.parametrize("odd", ["", " ", "a b", "x" * 256, "ключ".encode()])
def test_odd_keys(account, odd):
    p = account.api.post("/webhooks", account.settings("a"), headers={"Idempotency-Key": odd})
    if odd in ("", " "):            # an empty header is none; web servers leave it out or not
        assert p.status in (201, 400)
    else:
        assert "Idempotency-Key" in problem(p, 400)["detail"]
        assert count(account) == 0


def test_many_at_once_are_done_once(account, key):
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: account.api.post("/webhooks", account.settings("a"), headers=key), range(16)))
    assert {a.status for a in answers} <= {201, 409}
    for a in answers:
        if a.status == 409:
            assert problem(a, 409)["type"].endswith("/in_progress")
    assert len({a.body for a in answers if a.status == 201}) == 1
    assert count(account) == 1


def test_a_request_in_work(account, stack, key):
    """A worker that died in the middle: in progress, until it cannot be any more."""
    body = account.settings("a")
    first = account.api.post("/webhooks", body, headers=key)
    stack.sql("UPDATE callhook.idempotency SET status = NULL, headers = NULL, body = NULL WHERE account_id = %s",
              account.number)
    p = problem(account.api.post("/webhooks", body, headers=key), 409)
    assert p["type"].endswith("/in_progress")
    stack.sql("UPDATE callhook.idempotency SET at = at - interval '1 hour' WHERE account_id = %s", account.number)
    problem(account.api.post("/webhooks", account.settings("b"), headers=key), 422)
    again = account.api.post("/webhooks", body, headers=key)
    assert again.status == 201 and again.json["id"] != first.json["id"]


def test_kept_for_a_day(account, stack, key):
    first = account.api.post("/webhooks", account.settings("a"), headers=key)
    stack.sql("UPDATE callhook.idempotency SET at = at - interval '23 hours' WHERE account_id = %s", account.number)
    assert account.api.post("/webhooks", account.settings("a"), headers=key).body == first.body
    stack.sql("UPDATE callhook.idempotency SET at = at - interval '2 hours' WHERE account_id = %s", account.number)
    assert account.api.post("/webhooks", account.settings("b"), headers=key).status == 201
    stack.sql("UPDATE callhook.idempotency SET at = at - interval '25 hours' WHERE account_id = %s", account.number)
    assert stack.ctl("maintain").returncode == 0
    assert stack.sql("SELECT count(*) FROM callhook.idempotency WHERE account_id = %s", account.number) == [(0,)]


def test_secrets_are_shown_once_more_but_not_stored(account, as_role, stack, key):
    hook = account.webhook("a")
    for api, path, body, name in [
            (account.api, f"/webhooks/{hook['id']}/secret", {}, "secret"),
            (as_role(account), "/keys", {"label": "x", "scopes": ["webhooks"]}, "key")]:
        k = {"Idempotency-Key": str(uuid.uuid4())}
        first = api.post(path, body, headers=k)
        assert first.status == 201, first
        assert api.post(path, body, headers=k).body == first.body
        secret = first.json[name].encode()
        rows = stack.sql("SELECT body FROM callhook.idempotency WHERE account_id = %s", account.number)
        assert rows and all(secret not in bytes(r[0]) and secret[-20:] not in bytes(r[0]) for r in rows)
    assert len(as_role(account).get("/keys").json["data"]) == 2


def test_every_post_but_events_takes_it(account, stack, key):
    hook = account.webhook("a")
    assert account.api.put("/webhooks/" + hook["id"], account.settings("b"), headers={"If-Match": "*"}).status == 200
    event = {"webhook": account.settings("a"), "event": "call_end"}
    for path, body in [("/webhooks/preview", event), (f"/webhooks/{hook['id']}/versions/1/restore", None)]:
        h = {"Idempotency-Key": str(uuid.uuid4()), "If-Match": "*"}
        first, again = (account.api.call("POST", path, body, headers=h) for _ in range(2))
        assert first.status == again.status == 200
        assert first.body == again.body and again.headers["Idempotency-Replayed"] == "true"
    assert account.read(hook["id"])["version"] == 3
    for path in "pause", "resume", "copy":
        h = {"Idempotency-Key": str(uuid.uuid4())}
        first, again = (account.api.call("POST", f"/webhooks/{hook['id']}/{path}", None, headers=h) for _ in range(2))
        assert first.status == again.status and first.body == again.body, path
        assert again.headers["Idempotency-Replayed"] == "true"
    assert (account.read(hook["id"])["version"], count(account)) == (5, 2)
    # Events know by themselves what they had.
    e = account.event()
    for duplicate in (False, True):
        answer = stack.ingest.post("/events", e, headers=key)
        assert answer.json["duplicate"] is duplicate and "Idempotency-Replayed" not in answer.headers
    # Other methods don't look at it.
    assert account.api.get("/webhooks", headers=key).status == 200
    assert "Idempotency-Replayed" not in account.api.get("/webhooks", headers=key).headers


def test_a_test_keeps_its_key_until_its_answer_is_there(account, arrived, quiet, unique, key):
    """The answer of a test comes later than its handler's end."""
    order = {"webhook": account.settings(f"slow/900/{unique}"), "event": "call_end"}
    with ThreadPoolExecutor(1) as pool:
        waits = pool.submit(account.api.post, "/webhooks/test", order, headers=key)
        time.sleep(0.3)
        p = problem(account.api.post("/webhooks/test", order, headers=key), 409)
        assert p["type"].endswith("/in_progress")
        first = waits.result()
    assert (first.status, first.json["outcome"]) == (200, "delivered"), first
    again = account.api.post("/webhooks/test", order, headers=key)
    assert (again.status, again.body) == (200, first.body)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(arrived(1, f"/slow/900/{unique}")) == 1 and len(quiet(f"/slow/900/{unique}")) == 1


def test_once_more_is_done_once(account, arrived, quiet, unique, key):
    """A delivery and the recovery of many, asked for twice: the receiver hears of it once."""
    hook = account.webhook(f"status/404/{unique}")
    account.post()
    log = f"/webhooks/{hook['id']}/deliveries"
    wait_for(lambda: [e["outcome"] for e in account.api.get(log).json["data"]] == ["failed"])
    (entry,) = account.api.get(log).json["data"]
    account.api.put("/webhooks/" + hook["id"], account.settings(f"ok/{unique}"), headers={"If-Match": "*"})
    resend = f"/deliveries/{entry['id']}/resend"
    first = account.api.call("POST", resend, None, headers=key)
    assert first.status == 202, first
    arrived(1, f"/ok/{unique}")
    wait_for(lambda: account.counters(hook["id"]) == (1, 1))
    assert account.api.call("POST", resend, None, headers=key).body == first.body
    k = {"Idempotency-Key": str(uuid.uuid4())}
    span = {"since": "2020-01-01T00:00:00Z"}
    first, again = (account.api.post(f"/webhooks/{hook['id']}/recover", span, headers=k) for _ in range(2))
    assert (first.status, again.status) == (202, 202) and first.body == again.body
    assert first.headers["Location"] == again.headers["Location"]
    assert len(quiet(f"/ok/{unique}")) == 1
