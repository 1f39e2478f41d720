"""What the cabinet's users may: owners, and those who may only look; the account and its
limits; keys made by the customer; the history with its addresses."""
import json
import re
import subprocess
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from client import Api, call_id, wait_for
from test_api import problem
from test_cabinet import cabinet  # noqa: F401  the fixture

ANY = {"If-Match": "*"}


@pytest.fixture
def as_role(cabinet, stack):
    """as_role(account, role): the API below the cabinet, in the name of one of its users."""
    url, sessions = cabinet

    def make(account, role=None):
        cookie = f"session=r{account.number}{role}"
        sessions[cookie] = (account.number, role)
        return Api(url + "api/v1", headers={"Cookie": cookie})
    return make


# ---- the account ----

def test_account(account, as_role, stack):
    a = account.api.get("/account").json
    assert a == {"account_id": account.number, "role": "owner", "services": ["calltracking", "callkeeper"],
                 "limits": {"webhooks": 500, "events_per_second": None, "retention_days": a["limits"]["retention_days"]},
                 "used": {"webhooks": {"calltracking": 0, "callkeeper": 0}}}
    account.webhook("a")
    assert account.api.get("/account").json["used"]["webhooks"] == {"calltracking": 1, "callkeeper": 0}
    assert as_role(account).get("/account").json["role"] == "owner"
    assert as_role(account, "owner").get("/account").json["role"] == "owner"
    assert as_role(account, "viewer").get("/account").json["role"] == "viewer"
    # A word that nobody knows makes no owner.
    assert as_role(account, "boss").get("/account").json["role"] == "viewer"
    problem(stack.ingest.get("/account"), 403)


def limit(stack, account, **columns):
    names = ", ".join(columns)
    shard = stack.sql("SELECT shard FROM callhook.api_key WHERE account_id = %s", account.number)[0][0]
    stack.sql(f"INSERT INTO callhook.account (shard, account_id, {names}) VALUES (%s, %s{', %s' * len(columns)})"
              f" ON CONFLICT (shard, account_id) DO UPDATE SET ({names}) = ROW({', '.join(['%s'] * len(columns))})",
              shard, account.number, *columns.values(), *columns.values())


def test_own_limit_of_webhooks(account, stack):
    limit(stack, account, webhooks=2)
    assert account.api.get("/account").json["limits"]["webhooks"] == 2
    account.webhook("a")
    account.webhook("b")
    p = problem(account.api.post("/webhooks", account.settings("c")), 422)
    assert p["type"].endswith("/limit") and "2" in p["errors"][0]["detail"]
    # Each service has its own.
    assert account.api.post("/webhooks", account.settings("c", service="callkeeper", params=[])).status == 201


def test_own_services(account, stack):
    limit(stack, account, services=2)
    assert account.api.get("/account").json["services"] == ["callkeeper"]
    p = problem(account.api.post("/webhooks", account.settings("c")), 422)
    assert [(e["pointer"], e["code"]) for e in p["errors"]] == [("/service", "not_in_list")]
    assert account.api.post("/webhooks", account.settings("c", service="callkeeper", params=[])).status == 201


def test_the_limit_holds_when_many_come_at_once(account, stack):
    limit(stack, account, webhooks=3)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda i: account.api.post("/webhooks", account.settings(f"a{i}")), range(12)))
    assert sorted(a.status for a in answers) == [201] * 3 + [422] * 9
    assert account.api.get("/account").json["used"]["webhooks"]["calltracking"] == 3


# ---- viewers ----

SECRETS = {"path": "services/T024F9QB1/xoxb-8271/send.php?token=s3cr3t&v=2",
           "params": [{"name": "phone", "value": "client_number"}, {"name": "key", "text": "s3cr3t"}]}
HIDDEN = re.compile("s3cr3t|T024F9QB1|xoxb-8271")


def test_a_viewer_changes_nothing(account, as_role):
    viewer = as_role(account, "viewer")
    hook = account.webhook("a")
    where = "/webhooks/" + hook["id"]
    for method, path, body in [
            ("POST", "/webhooks", account.settings("b")), ("PUT", where, account.settings("b")),
            ("PATCH", where, {"path": "b"}), ("DELETE", where, None), ("POST", where + "/secret", {}),
            ("DELETE", where + "/secret", None), ("POST", where + "/versions/1/restore", None),
            ("POST", "/webhooks/preview", {"webhook": account.settings("b"), "event": "call_end"}),
            ("POST", "/keys", {"label": "x", "scopes": ["webhooks"]})]:
        p = problem(viewer.call(method, path, body, headers=ANY), 403)
        assert p["type"].endswith("/read_only"), (method, path)
    ru = problem(viewer.call("DELETE", where, headers={"Accept-Language": "ru", **ANY}), 403)
    assert "просмотр" in ru["title"]
    assert account.read(hook["id"]) == hook
    problem(viewer.get("/keys"), 403)


def test_no_route_lets_a_viewer_change_anything(account, as_role):
    from test_openapi import program
    viewer, n = as_role(account, "viewer"), 0
    lines = subprocess.run([program("callhook-api"), "--list-routes"], capture_output=True, text=True, timeout=10).stdout
    for method, path, scope in (line.split(" ") for line in lines.splitlines()):
        if method == "GET" or scope not in ("webhooks", "keys"):
            continue
        path = re.sub(r"{version}", "1", re.sub(r"{(id|call_id|prefix)}", str(uuid.uuid4()), path))
        p = problem(viewer.call(method, path[3:], "{}" if method != "DELETE" else None, headers=ANY), 403)
        assert p["type"].endswith("/read_only"), (method, path)
        n += 1
    assert n >= 15


def test_a_viewer_sees_no_secrets(account, as_role, stack):
    hook = account.webhook(**{**SECRETS, "path": "ok/" + SECRETS["path"]})
    where = "/webhooks/" + hook["id"]
    event = account.event()
    assert stack.ingest.post("/events", event).status == 202
    entry = wait_for(lambda: [d for d in account.api.get(where + "/deliveries").json["data"]
                              if d["outcome"] == "delivered"])[0]
    account.api.call("PATCH", where, {"path": "ok/hooks/T024F9QB1"}, headers=ANY)
    places = ["/webhooks", where, where + "/versions", where + "/versions/1", where + "/versions/2",
              where + "/deliveries", "/deliveries/" + entry["id"], f"/calls/{event['call_id']}/hooks", where + "/secret",
              "/export", "/stats", where + "/stats"]
    viewer, owner = as_role(account, "viewer"), as_role(account)
    for place in places:
        answer = viewer.get(place)
        assert answer.status == 200, (place, answer)
        assert not HIDDEN.search(answer.body.decode()), (place, answer.body)
    assert HIDDEN.search(owner.get("/deliveries/" + entry["id"]).body.decode())
    first = viewer.get(where + "/versions/1").json["settings"]
    assert first["path"] == "ok/services/***/***/send.php?token=***&v=***"
    assert first["params"][1] == {"name": "key", "text": "***"}
    seen = viewer.get(where).json
    assert seen["path"] == "ok/hooks/***" and seen["url"] == stack.receiver + "/ok/hooks/***"
    [attempt] = viewer.get("/deliveries/" + entry["id"]).json["attempts"]
    assert attempt["request"]["line"].startswith("POST /ok/services/***/***/send.php?token=***&v=***")
    assert json.loads(attempt["request"]["body"])["key"] == "***"


def test_a_redirect_does_not_tell_a_viewer(account, as_role, unique):
    hook = account.webhook(f"redirect/302?to=/ok/T024F9QB1{unique}")
    account.post()
    entry = wait_for(lambda: [d for d in account.api.get(f"/webhooks/{hook['id']}/deliveries").json["data"]
                              if d["outcome"] != "pending"])[0]
    where = "/deliveries/" + entry["id"]
    assert HIDDEN.search(account.api.get(where).body.decode())
    assert not HIDDEN.search(as_role(account, "viewer").get(where).body.decode())


# ---- keys ----

def test_keys(account, as_role, stack):
    owner = as_role(account)
    answer = owner.post("/keys", {"label": "CRM «Наша»", "scopes": ["webhooks"]})
    assert answer.status == 201, answer
    made = answer.json
    key = made.pop("key")
    assert key.startswith("callhook_" + made["prefix"] + "_")
    assert made["state"] == "active" and made["scopes"] == ["webhooks"] and made["label"] == "CRM «Наша»"
    assert owner.get("/keys").json["data"][0] == made
    assert key not in owner.get("/keys").body.decode()
    theirs = Api(stack.url, key)
    assert theirs.get("/webhooks").status == 200
    problem(theirs.post("/events", account.event()), 403)
    assert wait_for(lambda: owner.get("/keys").json["data"][0]["last_used_at"])
    where = "/keys/" + made["prefix"]
    assert owner.call("PATCH", where, {"label": "new"}).json["label"] == "new"
    assert owner.delete(where).status == 204
    problem(owner.delete(where), 404)
    problem(owner.call("PATCH", where, {"label": "x"}), 404)
    assert owner.get("/keys").json["data"][0]["state"] == "revoked"
    assert wait_for(lambda: theirs.get("/webhooks").status == 401, 5)


def test_keys_need_an_owner_or_their_scope(account, stack):
    problem(account.api.get("/keys"), 403)
    problem(account.api.post("/keys", {"label": "x", "scopes": ["webhooks"]}), 403)
    r = stack.ctl("key", "create", "--account", str(account.number), "--scope", "keys")
    assert r.returncode == 0, r.stderr
    keys = Api(stack.url, r.stdout.strip())
    assert keys.get("/keys").status == 200
    problem(keys.get("/webhooks"), 403)
    made = keys.post("/keys", {"label": "", "scopes": ["webhooks", "events"]}).json
    assert Api(stack.url, made["key"]).post("/events", account.event()).status == 202


def test_keys_of_others_are_not_there(account, as_role, stack):
    other = stack.account()
    prefix = other.key.split("_")[1]
    owner = as_role(account)
    problem(owner.delete("/keys/" + prefix), 404)
    problem(owner.call("PATCH", "/keys/" + prefix, {"label": "x"}), 404)
    assert all(k["prefix"] != prefix for k in owner.get("/keys").json["data"])
    assert other.api.get("/webhooks").status == 200
    for odd in ("x", "a" * 13, "A" * 12, "%D0%B0%D0%B1%D0%B2%D0%B3%D0%B4%D0%B5", "%FF" * 12):
        problem(owner.delete("/keys/" + odd), 404)


@pytest.mark.parametrize("body, pointer, code", [
    ([], "", "wrong_type"), ({}, "/label", "required"), ({"label": "x"}, "/scopes", "required"),
    ({"label": 1, "scopes": ["webhooks"]}, "/label", "wrong_type"),
    ({"label": "x" * 201, "scopes": ["webhooks"]}, "/label", "too_long"),
    ({"label": "a\nb", "scopes": ["webhooks"]}, "/label", "bad_character"),
    ({"label": "a\u009bb", "scopes": ["webhooks"]}, "/label", "bad_character"),
    ({"label": "x", "scopes": "webhooks"}, "/scopes", "wrong_type"), ({"label": "x", "scopes": []}, "/scopes", "empty"),
    ({"label": "x", "scopes": ["keys"]}, "/scopes/0", "not_in_list"),
    ({"label": "x", "scopes": [7]}, "/scopes/0", "wrong_type"),
    ({"label": "x", "scopes": ["events", "events"]}, "/scopes/1", "duplicate"),
    ({"label": "x", "scopes": ["events"], "expires_at": "soon"}, "/expires_at", "bad_time"),
    ({"label": "x", "scopes": ["events"], "expires_at": 7}, "/expires_at", "wrong_type"),
    ({"label": "x", "scopes": ["events"], "expires_at": "2020-01-01T00:00:00Z"}, "/expires_at", "in_the_past"),
    ({"label": "x", "scopes": ["events"], "more": 1}, "/more", "unknown_field"),
])
def test_keys_that_cannot_be_made(account, as_role, body, pointer, code):
    p = problem(as_role(account).post("/keys", json.dumps(body)), 422)
    assert (pointer, code) in [(e["pointer"], e["code"]) for e in p["errors"]]


def test_a_key_expires(account, as_role, stack):
    import datetime
    at = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=2)).isoformat()
    owner = as_role(account)
    made = owner.post("/keys", {"label": "x", "scopes": ["webhooks"], "expires_at": at}).json
    assert Api(stack.url, made["key"]).get("/webhooks").status == 200
    assert wait_for(lambda: Api(stack.url, made["key"]).get("/webhooks").status == 401, 5)
    assert owner.get("/keys").json["data"][0]["state"] == "expired"


def test_keys_have_a_limit(account, as_role):
    owner = as_role(account)
    for _ in range(49):             # the account has one of callhookctl already
        assert owner.post("/keys", {"label": "x", "scopes": ["webhooks"]}).status == 201
    p = problem(owner.post("/keys", {"label": "x", "scopes": ["webhooks"]}), 422)
    assert p["type"].endswith("/limit")
    assert owner.delete("/keys/" + owner.get("/keys").json["data"][0]["prefix"]).status == 204
    assert owner.post("/keys", {"label": "x", "scopes": ["webhooks"]}).status == 201


# ---- history ----

def test_the_history_says_who_and_from_where(account, as_role):
    hook = account.webhook("a")
    where = "/webhooks/" + hook["id"]
    answer = as_role(account).call("PATCH", where, {"path": "b", "enabled": False}, headers=ANY)
    newest, first = account.api.get(where + "/versions").json["data"]
    assert newest["who"] == "user:manager" and newest["action"] == "changed"
    assert newest["address"] == first["address"] == "127.0.0.1"
    assert newest["request_id"] == answer.headers["X-Request-Id"] != first["request_id"]
    assert first["who"] == "key:" + account.key.split("_")[1]
    one = account.api.get(where + "/versions/2").json
    changes = one.pop("changes")
    assert one == newest
    assert sorted(changes, key=lambda c: c["pointer"]) == [
        {"pointer": "/enabled", "before": True, "after": False}, {"pointer": "/path", "before": "a", "after": "b"}]
    first = account.api.get(where + "/versions/1").json
    assert {"pointer": "/path", "before": None, "after": "a"} in first["changes"]
    for odd in ("0", "3", "-1", "x", "99999999999", "%00"):
        assert account.api.get(f"{where}/versions/{odd}").status in (400, 404)


def test_restore(account):
    hook = account.webhook("a", params=[{"name": "p", "value": "client_number"}])
    where = "/webhooks/" + hook["id"]
    assert account.api.call("PATCH", where, {"path": "b", "params": []}, headers=ANY).status == 200
    problem(account.api.call("POST", where + "/versions/1/restore"), 428)
    problem(account.api.call("POST", where + "/versions/1/restore", headers={"If-Match": '"v1"'}), 412)
    problem(account.api.call("POST", where + "/versions/7/restore", headers=ANY), 404)
    problem(account.api.post(where + "/versions/1/restore", {"x": 1}, headers=ANY), 422)
    for body in (None, {}):
        answer = account.api.call("POST", where + "/versions/1/restore", body, headers=ANY)
        assert answer.status == 200, answer
        assert (answer.json["path"], answer.json["params"]) == ("a", hook["params"])
    assert answer.headers["ETag"] == '"v3"'       # the second time there was nothing to do
    assert [v["action"] for v in account.api.get(where + "/versions").json["data"]] == [
        "restored", "changed", "created"]
    assert account.api.delete(where, headers=ANY).status == 204
    problem(account.api.call("POST", where + "/versions/1/restore", headers=ANY), 404)
    assert account.api.get(where + "/versions/1").json["settings"]["path"] == "a"
