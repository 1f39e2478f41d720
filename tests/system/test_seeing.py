"""What happened can be seen: the delivery log, one delivery with its attempts, the hooks
of a call, saved versions; and a delivery can be made once more."""
import json
import re
import time
from datetime import datetime, timezone

import pytest

from client import call_id, fixture, wait_for
from test_api import problem

NOBODY = "00000000-0000-7000-8000-000000000000"


def log(account, hook, query=""):
    answer = account.api.get(f"/webhooks/{hook['id']}/deliveries{query}")
    assert answer.status == 200, answer
    return answer.json


def entries(account, hook, n=1, outcome=None, seconds=8):
    """Waits until the log has n entries, with that outcome when one is given."""
    def enough():
        data = log(account, hook)["data"]
        if outcome is not None:
            data = [d for d in data if d["outcome"] == outcome]
        return data if len(data) >= n else None
    data = wait_for(enough, seconds)
    assert data, log(account, hook)
    return data


def show(account, delivery, lang="en"):
    answer = account.api.get("/deliveries/" + delivery, headers={"Accept-Language": lang})
    assert answer.status == 200, answer
    return answer.json


def walk(account, hook, query):
    """All pages; returns their entries and how many pages there were."""
    got, cursor, pages = [], "", 0
    while cursor is not None:
        page = log(account, hook, query + ("&cursor=" + cursor if cursor else ""))
        got += page["data"]
        cursor = page["next_cursor"]
        pages += 1
        assert pages < 60
    return got, pages


# ---- the log ----

def test_log_of_a_webhook(account):
    hook = account.webhook(f"ok/{call_id()}")
    assert log(account, hook) == {"data": [], "next_cursor": None}
    calls = [call_id() for _ in range(3)]
    for call in calls:
        account.post(call_id=call)
    data = entries(account, hook, 3, "delivered")
    assert sorted(d["call_id"] for d in data) == sorted(calls)
    assert [d["at"] for d in data] == sorted((d["at"] for d in data), reverse=True)
    d = data[0]
    assert (d["event"], d["outcome"], d["status"], d["error"], d["attempts"], d["next_attempt_at"]) == (
        "call_end", "delivered", 200, None, 1, None)


def test_a_delivery_is_one_entry(account):
    hook = account.webhook(f"flaky/2/{call_id()}")
    account.post()
    [d] = entries(account, hook, 1, "delivered")
    assert d["attempts"] == 3
    assert len(log(account, hook)["data"]) == 1
    assert log(account, hook, "?outcome=retry")["data"] == []
    assert len(account.stack.attempts(hook["id"])) == 3


def test_a_retry_says_when(account):
    hook = account.webhook(f"status/503/{call_id()}")
    account.post()
    [d] = entries(account, hook, 1)
    seen = wait_for(lambda: [x for x in log(account, hook)["data"] if x["outcome"] == "retry"], 3)
    assert seen and seen[0]["next_attempt_at"] > seen[0]["at"]
    assert (seen[0]["status"], seen[0]["error"]) == (503, "http_status")


def test_what_waits_is_pending(stack, account):
    hook = account.webhook(f"ok/{call_id()}")
    stack.part("stop", "sender")
    try:
        first = call_id()
        account.post(call_id=first)
        account.post()
        data = log(account, hook)["data"]
        assert [d["outcome"] for d in data] == ["pending", "pending"]
        assert data[1]["call_id"] == first and data[0]["at"] >= data[1]["at"]
        assert (data[0]["attempts"], data[0]["status"], data[0]["error"]) == (0, 0, None)
        assert data[0]["next_attempt_at"] == data[0]["at"]
        assert len(log(account, hook, "?outcome=pending")["data"]) == 2
        assert log(account, hook, "?outcome=delivered")["data"] == []
        [one] = log(account, hook, "?call_id=" + first)["data"]
        assert one == data[1]
        d = show(account, data[0]["id"])
        assert (d["outcome"], d["attempts"], d["webhook_id"]) == ("pending", [], hook["id"])
        assert d["event"]["call_id"] == data[0]["call_id"]
        problem(account.api.post(f"/deliveries/{data[0]['id']}/resend", {}), 409)
        got, pages = walk(account, hook, "?limit=1")
        assert [g["id"] for g in got] == [x["id"] for x in data] and pages == 2
    finally:
        stack.part("start", "sender")
    entries(account, hook, 2, "delivered")


def test_each_that_waits_is_found_by_its_id(stack, account):
    """Of several events in one request, at several webhooks; the log of each call at each is one."""
    hooks = [account.webhook(f"ok/{call_id()}") for _ in range(3)]
    stack.part("stop", "sender")
    try:
        calls = [call_id() for _ in range(4)]
        assert stack.ingest.post("/events", [account.event({}, call_id=c) for c in calls]).status == 202
        owed = {str(i): str(w) for i, w in stack.sql(
            "SELECT o.id, o.webhook_id FROM callhook.outbox o JOIN callhook.webhook w ON w.id = o.webhook_id"
            " WHERE w.account_id = %s", account.number)}
        assert len(owed) == 12
        for delivery, webhook in owed.items():
            d = show(account, delivery)
            assert (d["outcome"], d["attempts"], d["webhook_id"]) == ("pending", [], webhook)
            assert d["event"]["call_id"] in calls
        for hook in hooks:
            for call in calls:
                [one] = log(account, hook, "?call_id=" + call)["data"]
                assert owed[one["id"]] == hook["id"] and one["outcome"] == "pending"
        # By hand the account need not be named.
        out = stack.ctl("delivery", "show", next(iter(owed)))
        assert out.returncode == 0 and "pending" in out.stdout, out
    finally:
        stack.part("start", "sender")
    for hook in hooks:
        entries(account, hook, 4, "delivered")


def test_filters(account):
    hook = account.webhook(f"ok/{call_id()}", events=["call_start", "call_end"])
    call = call_id()
    account.post(call_id=call, event="call_start")
    entries(account, hook, 1, "delivered")
    account.post(call_id=call)
    entries(account, hook, 2, "delivered")
    time.sleep(0.01)
    middle = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    other = call_id()
    account.post(call_id=other)
    entries(account, hook, 3, "delivered")

    def found(query):
        return [(d["call_id"], d["event"]) for d in log(account, hook, query)["data"]]

    assert found("?event=call_start") == [(call, "call_start")]
    assert found("?call_id=" + call) == [(call, "call_end"), (call, "call_start")]
    assert found(f"?call_id={call}&event=call_end") == [(call, "call_end")]
    assert found(f"?call_id={call}&outcome=failed") == []
    assert found("?call_id=" + call_id()) == []
    assert found("?since=" + middle) == [(other, "call_end")]
    assert found("?until=" + middle) == [(call, "call_end"), (call, "call_start")]
    assert found(f"?call_id={call}&since={middle}") == []
    assert found(f"?since={middle}&until={middle}") == []
    assert found("?outcome=delivered&event=call_end") == [(other, "call_end"), (call, "call_end")]


def test_pages_of_the_log(account):
    hook = account.webhook(f"ok/{call_id()}")
    events = [account.event() for _ in range(7)]
    assert account.stack.ingest.post("/events", events).status == 202
    data = entries(account, hook, 7, "delivered")
    got, pages = walk(account, hook, "?limit=3")
    assert [g["id"] for g in got] == [d["id"] for d in data] and pages == 3


def many(stack, account, hook, n, outcome="delivered"):
    """n attempts of as many deliveries, the newest a minute ago."""
    stack.sql("""INSERT INTO callhook.attempt (shard, n, status, webhook_version, id, webhook_id, delivery_id,
            event_id, at, outcome, error)
        SELECT w.shard, 1, 200, 1, u.id, w.id, u.id, u.id, u.at, %s, NULL
        FROM callhook.webhook w, generate_series(1, %s) AS g (i),
        LATERAL (SELECT a.at, (lpad(to_hex((extract(epoch FROM a.at) * 1000)::bigint), 12, '0') || '7000'
                || '8000' || lpad(to_hex(g.i), 12, '0'))::uuid AS id
            FROM (SELECT now() - interval '1 minute' - g.i * interval '10 ms' AS at) AS a) AS u
        WHERE w.id = %s""", outcome, n, hook["id"])


def test_a_page_looks_at_a_bounded_number_of_rows(stack, account):
    hook = account.webhook(f"ok/{call_id()}")
    many(stack, account, hook, 2500)
    stack.sql("UPDATE callhook.attempt SET outcome = 'failed' WHERE webhook_id = %s AND right(id::text, 4) = '08ca'",
              hook["id"])
    page = log(account, hook, "?outcome=failed")
    assert page["data"] == [] and page["next_cursor"]
    got, pages = walk(account, hook, "?outcome=failed")
    assert len(got) == 1 and pages == 3
    got, pages = walk(account, hook, "?limit=100")
    assert len({g["id"] for g in got}) == len(got) == 2500
    assert got[0]["call_id"] is None and got[0]["event"] is None


def test_both_halves_are_merged(stack, account):
    """New deliveries that wait stand among old attempts by time, on all pages."""
    hook = account.webhook(f"ok/{call_id()}")
    many(stack, account, hook, 40)
    stack.part("stop", "sender")
    try:
        for _ in range(4):
            account.post()
        # Half of them were due between the attempts.
        stack.sql("""UPDATE callhook.outbox SET due = now() - interval '1 minute 100 ms' WHERE id IN
            (SELECT id FROM callhook.outbox WHERE webhook_id = %s ORDER BY id LIMIT 2)""", hook["id"])
        whole = log(account, hook, "?limit=100")["data"]
        assert len(whole) == 44
        assert [d["at"] for d in whole] == sorted((d["at"] for d in whole), reverse=True)
        assert [d["outcome"] for d in whole[:2]] == ["pending"] * 2
        assert "pending" in [d["outcome"] for d in whole[3:]]
        for limit in (1, 3, 7):
            got, _ = walk(account, hook, f"?limit={limit}")
            assert [g["id"] for g in got] == [d["id"] for d in whole]
    finally:
        stack.sql("DELETE FROM callhook.outbox WHERE webhook_id = %s", hook["id"])
        stack.part("start", "sender")


@pytest.mark.parametrize("query, pointer, code", [
    ("outcome=good", "?outcome", "not_in_list"), ("event=ring", "?event", "not_in_list"),
    ("call_id=a%20b", "?call_id", "allowed_characters"),
    ("call_id=", "?call_id", "empty"), ("call_id=" + "x" * 65, "?call_id", "too_long"), ("since=yesterday", "?since", "bad_time"),
    ("until=1", "?until", "bad_time"), ("limit=0", "?limit", "out_of_range"), ("limit=101", "?limit", "out_of_range"),
    ("cursor=x", "?cursor", "bad_cursor"), ("cursor=" + "A" * 69, "?cursor", "bad_cursor"),
    ("until=2026-11-01T00:00:00Z&since=2026-11-02T00:00:00Z", "?since", "not_earlier"),
    ("page=2", "?page", "unknown_field")])
def test_wrong_arguments_of_the_log(account, query, pointer, code):
    hook = account.webhook("a")
    p = problem(account.api.get(f"/webhooks/{hook['id']}/deliveries?{query}"), 422)
    assert [(e["pointer"], e["code"]) for e in p["errors"]] == [(pointer, code)]


def test_others_do_not_see_it(stack, account):
    hook = account.webhook(f"ok/{call_id()}")
    call = call_id()
    account.post(call_id=call)
    [d] = entries(account, hook, 1, "delivered")
    other = stack.account().api
    for path in (f"/webhooks/{hook['id']}/deliveries", f"/webhooks/{hook['id']}/deliveries?call_id={call}",
                 f"/webhooks/{hook['id']}/versions", f"/deliveries/{d['id']}", f"/calls/{call}/hooks"):
        problem(other.get(path), 404)
        assert account.api.get(path).status == 200
        problem(stack.ingest.get(path), 403)
    problem(other.post(f"/deliveries/{d['id']}/resend", {}), 404)
    problem(stack.ingest.post(f"/deliveries/{d['id']}/resend", {}), 403)
    for path in (f"/webhooks/{NOBODY}/deliveries", f"/webhooks/{NOBODY}/deliveries?call_id={call}",
                 f"/webhooks/{NOBODY}/versions", f"/deliveries/{NOBODY}", "/webhooks/x/deliveries",
                 "/webhooks/x/versions", "/deliveries/x", "/calls/none/hooks", "/calls/a%20b/hooks"):
        problem(account.api.get(path), 404)
    problem(account.api.post(f"/deliveries/{NOBODY}/resend", {}), 404)


# ---- one delivery ----

def test_one_delivery(account, arrived):
    word = call_id()
    hook = account.webhook(f"flaky/1/{word}?src=ckct")
    call = call_id()
    account.post(call_id=call, occurred_at="2026-11-22T11:02:41Z")
    [entry] = entries(account, hook, 1, "delivered")
    d = show(account, entry["id"])
    assert (d["id"], d["webhook_id"], d["outcome"], d["next_attempt_at"]) == (
        entry["id"], hook["id"], "delivered", None)
    assert {k: v for k, v in d["event"].items() if k != "id"} == {
        "account_id": account.number, "service": "calltracking", "event": "call_end", "call_id": call,
        "occurred_at": "2026-11-22T11:02:41.000Z"}
    seen = arrived(2, f"/flaky/1/{word}")
    assert [(a["n"], a["outcome"], a["status"], a["error"]) for a in d["attempts"]] == [
        (1, "retry", 503, "http_status"), (2, "delivered", 200, None)]
    for attempt, request in zip(d["attempts"], seen):
        shown = attempt["request"]
        assert shown["line"] == f"POST {request.target} HTTP/1.1"
        assert shown["url"] == account.stack.receiver + request.target
        assert shown["body"].encode() == request.body and not shown["truncated"]
        for line in shown["headers"]:
            name, _, value = line.partition(": ")
            assert request.header(name) == value, name
        assert attempt["webhook_version"] == 1
        assert attempt["response"].startswith("HTTP/1.") and str(attempt["status"]) in attempt["response"]
        assert attempt["address"].startswith("127.0.0.1:")
        assert attempt["timings"]["total_ms"] > 0
    assert d["attempts"][1]["error_text"] is None


def test_old_requests_keep_their_settings(account):
    hook = account.webhook(f"status/404/{call_id()}", params=[{"name": "old", "value": "client_number"}])
    account.post()
    entries(account, hook, 1)
    answer = account.api.put("/webhooks/" + hook["id"], account.settings(
        f"ok/{call_id()}", method="GET", params=[{"name": "new", "value": "client_number"}]), headers={"If-Match": "*"})
    assert answer.status == 200
    [entry] = entries(account, hook, 1, "delivered")
    attempts = show(account, entry["id"])["attempts"]
    first, last = attempts[0], attempts[-1]
    assert first["webhook_version"] == 1 and json.loads(first["request"]["body"]) == {"old": "79995550188"}
    assert last["webhook_version"] == 2 and last["request"]["body"] is None
    assert last["request"]["line"].endswith("?new=79995550188 HTTP/1.1")


def test_secrets_are_not_shown(account, arrived):
    word = call_id()
    hook = account.webhook("ok/" + word)
    assert account.api.post(f"/webhooks/{hook['id']}/secret", {}).status in (200, 201)
    account.post()
    assert arrived(1, "/ok/" + word)[0].header("webhook-signature")
    [entry] = entries(account, hook, 1, "delivered")
    answer = account.api.get("/deliveries/" + entry["id"])
    assert "signature" not in answer.body.decode() and "whsec" not in answer.body.decode()


@pytest.mark.parametrize("path, error, ru, en", [
    ("status/404", "http_status", "проверьте путь", "check the path"),
    ("status/418", "http_status", "ошибкой 418", "error 418"),
    ("redirect?to=https://new.example/x", "redirect", "перенаправляет на https://new.example/x – укажите этот адрес",
     "redirects to https://new.example/x; put that address"),
    ("garbage", "protocol", "не похож на HTTP", "is not HTTP"),
    ("close", "reset", "закрыл соединение", "closed the connection"),
    ("short", "reset", "начал отвечать (200)", "began to answer (200)"),
    ("badchunk", "protocol", "нарушает правила HTTP", "breaks the rules"),
    ("hdr300k", "protocol", "нарушает правила HTTP", "breaks the rules")],
    ids=["404", "418", "redirect", "garbage", "close", "short", "badchunk", "hdr300k"])
def test_errors_say_what_to_do(account, path, error, ru, en):
    where, _, query = path.partition("?")
    hook = account.webhook(f"{where}/{call_id()}" + ("?" + query if query else ""))
    account.post()
    [entry] = entries(account, hook, 1)
    wait_for(lambda: show(account, entry["id"])["attempts"])
    a = show(account, entry["id"], "ru")["attempts"][0]
    assert a["error"] == error and ru in a["error_text"]
    a = show(account, entry["id"], "en")["attempts"][0]
    assert en in a["error_text"] and not re.search("[А-Яа-я]", a["error_text"])


def test_answers_of_strangers_are_harmless(stack, account):
    hook = account.webhook(f"ok/{call_id()}")
    account.post()
    [entry] = entries(account, hook, 1, "delivered")
    nasty = b"HTTP/1.1 200 OK\r\n\r\n\x1b[2J\x00\xff\xed\xa0\x80\xc2\x85\xe2\x80\xae<b>\tok \xd0\xb4\r\n\xf0\x9f"
    stack.sql("UPDATE callhook.attempt SET response = %s WHERE delivery_id = %s", nasty, entry["id"])
    assert show(account, entry["id"])["attempts"][0]["response"] == (
        "HTTP/1.1 200 OK\n\n\\x1b[2J\\x00\\xff\\xed\\xa0\\x80\\xc2\\x85\\xe2\\x80\\xae<b>\tok д\n\\xf0\\x9f")


def test_what_is_gone_is_null(stack, account):
    hook = account.webhook(f"ok/{call_id()}")
    account.post()
    [entry] = entries(account, hook, 1, "delivered")
    stack.sql("DELETE FROM callhook.event WHERE id = (SELECT event_id FROM callhook.attempt WHERE delivery_id = %s)",
              entry["id"])
    d = show(account, entry["id"])
    assert d["event"] is None and d["attempts"][0]["request"] is None
    p = problem(account.api.post(f"/deliveries/{entry['id']}/resend", {}), 409)
    assert "no longer kept" in p["detail"]


# ---- once more ----

def test_resend(account, arrived):
    word = call_id()
    hook = account.webhook("ok/" + word)
    account.post()
    [entry] = entries(account, hook, 1, "delivered")
    answer = account.api.post(f"/deliveries/{entry['id']}/resend", {})
    assert answer.status == 202 and answer.json == {"id": entry["id"]}
    seen = arrived(2, "/ok/" + word)
    assert [s.id for s in seen] == [entry["id"]] * 2 and seen[0].body == seen[1].body
    d = wait_for(lambda: (lambda x: x if len(x["attempts"]) == 2 and not x["next_attempt_at"] else None)(
        show(account, entry["id"])))
    assert d and [a["n"] for a in d["attempts"]] == [1, 1]
    assert len(log(account, hook)["data"]) == 1
    # Without a body as well.
    assert account.api.post(f"/deliveries/{entry['id']}/resend", "").status == 202
    arrived(3, "/ok/" + word)


def test_resend_is_refused(stack, account):
    hook = account.webhook(f"ok/{call_id()}", events=["call_start", "call_end"])
    account.post(event="call_start")
    account.post()
    data = {d["event"]: d["id"] for d in entries(account, hook, 2, "delivered")}
    where = f"/deliveries/{data['call_end']}/resend"
    problem(account.api.post(where, {"now": True}), 422)
    problem(account.api.post(where, []), 422)
    problem(account.api.post(where, "{"), 400)
    problem(account.api.post(where, "{}", headers={"Content-Type": "text/plain"}), 415)
    problem(account.api.get(where), 405)
    problem(account.api.call("PUT", "/deliveries/" + data["call_end"], {}), 405)
    account.api.put("/webhooks/" + hook["id"], account.settings("a", enabled=False), headers={"If-Match": "*"})
    assert "switched off" in problem(account.api.post(where, {}), 409)["detail"]
    account.api.delete("/webhooks/" + hook["id"], headers={"If-Match": "*"})
    p = problem(account.api.post(where, {}, headers={"Accept-Language": "ru"}), 409)
    assert p["detail"] == "Вебхук удалён."
    # What it did is still there to be seen.
    assert len(log(account, hook)["data"]) == 2
    assert show(account, data["call_end"])["outcome"] == "delivered"


# ---- a call ----

def test_hooks_of_a_call(account):
    ok = account.webhook(f"ok/{call_id()}", events=["call_start", "call_end"])
    bad = account.webhook(f"status/404/{call_id()}", method="PUT")
    mute = account.webhook(f"close/{call_id()}", method="DELETE")
    call = call_id()
    account.post(call_id=call, event="call_start")
    entries(account, ok, 1, "delivered")
    account.post(call_id=call)
    entries(account, ok, 2, "delivered")
    wait_for(lambda: account.stack.attempts(bad["id"]) and account.stack.attempts(mute["id"]))
    answer = account.api.get(f"/calls/{call}/hooks?service=calltracking")
    assert answer.status == 200, answer

    def hook(name, h, status):
        return {"hookEventName": name, "hookAddress": h["url"], "hookMethod": h["method"],
                "hookResponseStatus": status}

    hooks = answer.json["hooks"]
    assert hooks[0] == hook("BEFORE_CALL_START", ok, 200)
    key = lambda h: h["hookAddress"]  # noqa: E731
    assert sorted(hooks[1:], key=key) == sorted([
        hook("AFTER_CALL_FINISH", ok, 200), hook("AFTER_CALL_FINISH", bad, 404),
        hook("AFTER_CALL_FINISH", mute, 0)], key=key)
    assert account.api.get(f"/calls/{call}/hooks").json == answer.json
    problem(account.api.get(f"/calls/{call}/hooks?service=callkeeper"), 404)
    for query in ("service=x", "limit=1"):
        problem(account.api.get(f"/calls/{call}/hooks?{query}"), 422)
    # A call that nobody wanted to hear of.
    quiet = call_id()
    account.post(call_id=quiet, service="callkeeper", data=fixture("ck_end.json"))
    assert account.api.get(f"/calls/{quiet}/hooks").json == {"hooks": []}


# ---- versions ----

def test_versions(account):
    hook = account.webhook("a")
    for path in ("b", "c", "d"):
        assert account.api.put("/webhooks/" + hook["id"], account.settings(path), headers={"If-Match": "*"}).status == 200
    assert account.api.delete("/webhooks/" + hook["id"], headers={"If-Match": "*"}).status == 204
    where = f"/webhooks/{hook['id']}/versions"
    data = account.api.get(where).json["data"]
    assert [(v["version"], v["action"], v["settings"]["path"]) for v in data] == [
        (5, "deleted", "d"), (4, "changed", "d"), (3, "changed", "c"), (2, "changed", "b"), (1, "created", "a")]
    assert all(v["who"].startswith("key:") and v["at"] for v in data)
    assert data[-1]["settings"] == {k: hook[k] for k in data[-1]["settings"]}
    got, cursor = [], ""
    while cursor is not None:
        page = account.api.get(where + "?limit=2" + ("&cursor=" + cursor if cursor else "")).json
        got += page["data"]
        cursor = page["next_cursor"]
    assert got == data
    for query in ("limit=0", "cursor=x", "cursor=AQ" + "_" * 21, "x=1"):
        problem(account.api.get(where + "?" + query), 422)


# ---- what would be sent ----

def preview(account, hook, event="call_end", lang="en", **more):
    answer = account.api.post("/webhooks/preview", dict({"webhook": hook, "event": event}, **more),
                              headers={"Accept-Language": lang})
    assert answer.status == 200, answer
    return answer.json


def test_preview_is_what_is_sent(account, arrived):
    """Of a stored call, for each way of sending."""
    call = call_id()
    for method, kind in [("GET", "application/json"), ("POST", "application/json"),
                         ("PUT", "application/x-www-form-urlencoded")]:
        word = call_id()
        settings = account.settings(f"ok/{word}?a=b", method=method, content_type=kind, params=[
            {"name": "phone", "value": "client_number"}, {"name": "кампания", "value": "company_name"},
            {"name": "c", "text": "x y"}])
        hook = account.api.post("/webhooks", settings).json
        call = call_id()
        account.post(call_id=call)
        [seen] = arrived(1, "/ok/" + word)
        shown = preview(account, settings, call_id=call)
        assert shown["line"] == f"{method} {seen.target} HTTP/1.1"
        assert shown["url"] == account.stack.receiver + seen.target
        assert (shown["body"] or "").encode() == seen.body
        assert f"X-CKCT-Call-Id: {call}" in shown["headers"]
        assert account.read(hook["id"])["version"] == 1


def test_preview_of_an_invented_call(account, quiet):
    settings = account.settings("ok/preview", params=[
        {"name": "phone", "value": "client_number"}, {"name": "sec", "value": "duration"},
        {"name": "status", "value": "call_status"}])
    assert json.loads(preview(account, settings)["body"]) == {
        "phone": "79995550188", "sec": 152, "status": "200/200"}
    start = preview(account, settings, "call_start")
    assert json.loads(start["body"]) == {"phone": "79995550188", "sec": None, "status": "1/0"}
    assert "X-CKCT-Event: BEFORE_CALL_START" in start["headers"]
    whole = preview(account, {"service": "callkeeper", "origin": account.stack.receiver}, "call_start")
    assert json.loads(whole["body"])["hook_event"] == "Call is processing"
    # Nothing was stored or sent.
    assert account.api.get("/webhooks").json["data"] == []
    assert quiet("/ok/preview") == []


def test_preview_has_a_script(account):
    names = [{"name": "client phone", "value": "client_number"}, {"name": "f[a][]", "value": "city"},
             {"name": "it's", "text": "x"}]

    def php(lang="en", **fields):
        return preview(account, account.settings("a", params=names, **fields), lang=lang)["php"]

    get = php(method="GET")
    assert "$data = $_GET;" in get and "$data['client_phone'] ?? null; // PHP turns dots" in get
    assert "$data['f']['a'][0]" in get and "$data['it\\'s']" in get
    assert "$data = $_POST;" in php(content_type="application/x-www-form-urlencoded")
    assert "parse_str(" in php(method="PUT", content_type="application/x-www-form-urlencoded")
    body = php(lang="ru")
    assert "php://input" in body and "массив $_POST пуст" in body and "$data['client phone']" in body


def test_preview_is_refused(stack, account):
    good = account.settings("a")

    def errors(body):
        p = problem(account.api.post("/webhooks/preview", body), 422)
        return [(e["pointer"], e["code"]) for e in p["errors"]]

    assert errors({"webhook": dict(good, origin="http://10.0.0.1", params=[{"name": "a", "value": "x"}]),
                   "event": "call_end"}) == [("/webhook/origin", "url_private"),
                                             ("/webhook/params/0/value", "unknown_parameter")]
    assert errors({}) == [("/webhook", "required"), ("/event", "required")]
    assert errors([]) == [("", "wrong_type")]
    assert errors({"webhook": [], "event": 1, "call_id": 1, "x/y": 1}) == [
        ("/x~1y", "unknown_field"), ("/webhook", "wrong_type"), ("/event", "wrong_type"), ("/call_id", "wrong_type")]
    assert errors({"webhook": good, "event": "ring", "call_id": "a b"}) == [
        ("/event", "not_in_list"), ("/call_id", "allowed_characters")]
    call = call_id()
    account.post(call_id=call)
    body = {"webhook": good, "event": "call_end", "call_id": call}
    assert account.api.post("/webhooks/preview", body).status == 200
    problem(account.api.post("/webhooks/preview", dict(body, event="call_start")), 404)
    assert "no such call" in problem(
        account.api.post("/webhooks/preview", dict(body, call_id=call_id())), 404)["detail"]
    problem(stack.account().api.post("/webhooks/preview", body), 404)
    problem(stack.ingest.post("/webhooks/preview", body), 403)
    problem(account.api.post("/webhooks/preview", "{"), 400)
    problem(account.api.get("/webhooks/preview"), 405)
