"""The API as a program sees it: resources, versions, errors, paging, health."""
import re

import pytest

from client import Api, call_id
from test_isolation import ROUTES, body_of

PROBLEM_FIELDS = {"type", "title", "status", "detail", "instance"}


def problem(answer, status):
    """Checks the shape of an error, returns it."""
    assert answer.status == status, answer
    assert answer.headers["Content-Type"].split(";")[0] == "application/problem+json"
    p = answer.json
    assert PROBLEM_FIELDS <= set(p), p
    assert p["status"] == status and p["title"] and p["instance"]
    assert re.search(r"/problems/[a-z_]+$", p["type"])
    return p


def test_create_read_replace_delete(account):
    made = account.api.post("/webhooks", account.settings("a", params=[
        {"name": "p", "value": "client_number"}, {"name": "c", "text": "const"}]))
    assert made.status == 201
    hook = made.json
    assert made.headers["Location"].endswith("/v1/webhooks/" + hook["id"])
    assert made.headers["ETag"] == '"v1"'
    assert set(hook) == {"id", "version", "service", "origin", "path", "params", "method", "events",
                         "content_type", "enabled", "url", "signed", "sent_ok", "sent_failed", "last_delivery",
                         "created_at", "updated_at", "disabled_reason", "filters", "headers", "auth", "timeout",
                         "retry_schedule", "paused_at", "pending"}
    assert hook["url"] == account.stack.receiver + "/a"
    assert (hook["sent_ok"], hook["sent_failed"], hook["last_delivery"]) == (0, 0, None)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", hook["created_at"])
    read = account.api.get("/webhooks/" + hook["id"])
    assert read.status == 200 and read.json == hook and read.headers["ETag"] == '"v1"'
    changed = account.api.put("/webhooks/" + hook["id"], account.settings("b"), headers={"If-Match": '"v1"'})
    assert changed.status == 200
    assert changed.headers["ETag"] == '"v2"'
    assert (changed.json["version"], changed.json["path"]) == (2, "b")
    assert account.api.delete("/webhooks/" + hook["id"], headers={"If-Match": '"v2"'}).status == 204
    problem(account.api.get("/webhooks/" + hook["id"]), 404)


def test_two_editors(account):
    hook = account.webhook("a")
    where = "/webhooks/" + hook["id"]
    assert account.api.put(where, account.settings("b"), headers={"If-Match": '"v1"'}).status == 200
    problem(account.api.put(where, account.settings("c"), headers={"If-Match": '"v1"'}), 412)
    problem(account.api.delete(where, headers={"If-Match": '"v1"'}), 412)
    assert account.read(hook["id"])["path"] == "b"
    # What web servers make of an ETag when they compress.
    assert account.api.put(where, account.settings("d"), headers={"If-Match": 'W/"v2"'}).status == 200
    assert account.api.put(where, account.settings("e"), headers={"If-Match": '"v3-gzip"'}).status == 200


def test_no_key_or_wrong_key(stack, account):
    for headers in ({}, {"Authorization": "Bearer " + account.key[:-1] + ("y" if account.key[-1] == "x" else "x")},
                    {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic YTpi"},
                    {"CALLHOOK-Account": str(account.number)}, {"Callhook_Account": str(account.number)}):
        answer = Api(stack.url, headers=headers).get("/webhooks")
        problem(answer, 401)
        assert "WWW-Authenticate" in answer.headers


def test_scopes(stack, account):
    problem(stack.ingest.get("/webhooks?service=calltracking"), 403)
    r = stack.ctl("key", "create", "--account", str(account.number), "--scope", "webhooks")
    assert r.returncode == 0, r.stderr
    problem(Api(stack.url, r.stdout.strip()).post("/events", account.event()), 403)


def test_key_of_another_account_cannot_post_events(account, stack):
    other = stack.account()
    answer = account.api.post("/events", other.event())
    assert answer.status in (403, 422), answer
    assert account.api.post("/events", account.event()).status == 202


def test_another_accounts_webhook_is_not_there(account, stack):
    hook = account.webhook("a")
    other = stack.account().api
    where = "/webhooks/" + hook["id"]
    foreign = other.get(where)
    nothing = other.get("/webhooks/" + "00000000-0000-7000-8000-000000000000")
    assert problem(foreign, 404)["title"] == problem(nothing, 404)["title"]
    problem(other.put(where, account.settings("b"), headers={"If-Match": '"v1"'}), 404)
    problem(other.delete(where, headers={"If-Match": '"v1"'}), 404)
    assert account.read(hook["id"]) == hook


def test_unknown_address_and_method(account):
    problem(account.api.get("/nothing"), 404)
    problem(account.api.get("/webhooks/not-an-id"), 404)
    for method, path, allow in [("DELETE", "/webhooks", {"GET", "POST"}), ("GET", "/events", {"POST"}),
                                ("POST", "/parameters", {"GET"})]:
        answer = account.api.call(method, path, "" if method == "POST" else None)
        problem(answer, 405)
        assert allow <= {w.strip() for w in answer.headers["Allow"].split(",")}


@pytest.mark.parametrize("method, path, scope", [r for r in ROUTES if r[2] != "-"])
def test_arguments_that_nobody_reads_are_refused(stack, account, method, path, scope):
    r = stack.ctl("key", "create", "--account", str(account.number), "--scope", scope)
    target = re.sub("{(id|call_id|prefix)}", "00000000-0000-7000-8000-000000000000", path[3:]).replace("{version}", "1")
    answer = Api(stack.url, r.stdout.strip()).call(method, target + "?nothing=1", body_of(method, path))
    assert {"pointer": "?nothing", "code": "unknown_field"} in [
        {k: e[k] for k in ("pointer", "code")} for e in problem(answer, 422)["errors"]]


@pytest.mark.parametrize("path", ["/webhooks", "/events"])
def test_media_type(account, path):
    for kind in ("text/plain", "application/x-www-form-urlencoded", None):
        problem(account.api.post(path, "{}", headers={"Content-Type": kind}), 415)
    for coding in ("gzip", "br", "gzip, identity"):
        problem(account.api.post(path, "{}", headers={"Content-Type": "application/json", "Content-Encoding": coding}), 415)
    for headers in ({"Content-Type": "application/json; charset=utf-8"},
                    {"Content-Type": "application/json", "Content-Encoding": "Identity"}):
        assert account.api.post(path, "{}", headers=headers).status == 422


def test_errors_are_in_the_readers_language(account):
    body = account.settings(origin="http://10.0.0.1")
    ru = account.api.post("/webhooks", body, headers={"Accept-Language": "ru-RU,ru;q=0.9,en;q=0.5"})
    en = account.api.post("/webhooks", body, headers={"Accept-Language": "en"})
    r, e = problem(ru, 422), problem(en, 422)
    assert r["type"] == e["type"]
    assert r["errors"][0]["code"] == e["errors"][0]["code"] == "url_private"
    assert r["errors"][0]["pointer"] == e["errors"][0]["pointer"] == "/origin"
    cyrillic = re.compile("[А-Яа-я]")
    assert cyrillic.search(r["title"]) and cyrillic.search(r["errors"][0]["detail"])
    assert not cyrillic.search(e["title"]) and not cyrillic.search(e["errors"][0]["detail"])


def test_problem_types_can_be_looked_up(stack, account):
    kind = problem(account.api.get("/webhooks/x"), 404)["type"]
    answer = Api(stack.url).get("/problems/" + kind.rsplit("/", 1)[1])
    assert answer.status == 200


def test_request_id_is_returned(account):
    answer = account.api.get("/nothing")
    assert answer.headers["X-Request-Id"] == answer.json["instance"]


def test_parameters(account):
    for service, count in (("calltracking", 33), ("callkeeper", 47)):
        data = account.api.get("/parameters?service=" + service).json["data"]
        assert len(data) == count
        for p in data:
            assert p["id"] and p["type"] in ("string", "integer", "boolean", "object", "array")
    assert account.api.get("/parameters?service=nothing").status == 422


def test_paging(account):
    made = [account.webhook(f"p{i}")["id"] for i in range(7)]
    path, got, pages = "/webhooks?service=calltracking&limit=3", [], 0
    cursor = ""
    while cursor is not None:
        answer = account.api.get(path + ("&cursor=" + cursor if cursor else ""))
        assert answer.status == 200, answer
        got += [h["id"] for h in answer.json["data"]]
        cursor = answer.json["next_cursor"]
        pages += 1
        assert pages < 5
    assert sorted(got) == sorted(made) and len(got) == 7 and pages == 3
    for wrong in ("limit=0", "limit=x", "limit=100000", "cursor=%00", "cursor=%27%20OR%201=1%20--", "service=x"):
        answer = account.api.get("/webhooks?" + wrong)
        assert answer.status in (400, 422), (wrong, answer)
        problem(answer, answer.status)


def test_limit_of_webhooks(stack, account):
    # 500 is the default; filling it through the API would take its time.
    shard = stack.sql("SELECT shard FROM callhook.webhook WHERE id = %s", account.webhook("a")["id"])[0][0]
    stack.sql("""INSERT INTO callhook.webhook (shard, id, account_id, service, events, enabled, version,
        settings, created_at, updated_at) SELECT shard, gen_random_uuid(), account_id, service, events,
        enabled, version, settings, created_at, updated_at FROM callhook.webhook, generate_series(1, 499)
        WHERE shard = %s AND account_id = %s""", shard, account.number)
    p = problem(account.api.post("/webhooks", account.settings("b")), 422)
    assert p["type"].endswith("/limit") or p["errors"][0]["code"] == "limit"


def test_answers_are_not_cached(account):
    assert account.api.get("/webhooks").headers["Cache-Control"] == "no-store"


def test_health(stack):
    base = Api(stack.url.rsplit("/v1", 1)[0])
    assert base.get("/healthz").json["status"] == "ok"
    ready = base.get("/readyz")
    assert ready.status == 200 and ready.json["status"] == "ok"


def test_head(account):
    answer = account.api.call("HEAD", "/webhooks?service=calltracking")
    assert answer.status == 200 and answer.body == b""


def test_deleted_webhook_keeps_its_history(account):
    hook = account.webhook("a")
    account.api.delete("/webhooks/" + hook["id"], headers={"If-Match": '"v1"'})
    assert account.stack.sql("SELECT version, action FROM callhook.webhook_version WHERE webhook_id = %s"
                             " ORDER BY version", hook["id"]) == [(1, "created"), (2, "deleted")]


def test_row_level_security_stands_behind(stack, account):
    """The API's own login sees nothing without naming an account."""
    account.webhook(call_id())
    import psycopg
    with psycopg.connect(host=stack.env["PGHOST"], user="callhook_stack_api", dbname="callhook") as c:
        assert c.execute("SELECT count(*) FROM callhook.webhook").fetchone() == (0,)
        c.execute("SELECT set_config('callhook.account_id', %s, true)", (str(account.number),))
        assert c.execute("SELECT count(*) FROM callhook.webhook").fetchone() == (1,)
