"""Changing a webhook: the version that was seen has to be named, some settings or all of
them; and which pages of the web may ask at all."""
import json

import pytest

from client import Api
from test_api import problem

ANY = {"If-Match": "*"}


def test_a_change_names_the_version_it_has_seen(account):
    hook = account.webhook("a")
    where = "/webhooks/" + hook["id"]
    for method, body in (("PUT", account.settings("b")), ("PATCH", {"path": "b"}), ("DELETE", None)):
        p = account.api.call(method, where, body)
        assert problem(p, 428)["type"].endswith("/precondition_required")
        assert p.headers["ETag"] == '"v1"'
        p = account.api.call(method, where, body, headers={"If-Match": '"v7"'})
        assert problem(p, 412)["type"].endswith("/precondition_failed")
        assert p.headers["ETag"] == '"v1"'
    assert account.read(hook["id"]) == hook
    assert account.api.put(where, account.settings("b"), headers=ANY).status == 200
    assert account.api.delete(where, headers=ANY).status == 204
    # What is not there is 404 whatever version is named.
    problem(account.api.delete(where), 404)
    problem(account.api.call("PATCH", where, {"path": "c"}), 404)


def test_the_428_is_in_both_languages(account):
    where = "/webhooks/" + account.webhook("a")["id"]
    for language, word in (("ru", "Нужен заголовок If-Match"), ("en", "If-Match is missing")):
        assert problem(account.api.delete(where, headers={"Accept-Language": language}), 428)["title"] == word


def patch(account, hook, body, kind="application/merge-patch+json", version=None):
    tag = f'"v{version}"' if version else "*"
    return account.api.call("PATCH", "/webhooks/" + hook["id"], body,
                            headers={"Content-Type": kind, "If-Match": tag})


def test_patch(account):
    hook = account.webhook("a", params=[{"name": "p", "value": "client_number"}, {"name": "c", "text": "x"}])
    answer = patch(account, hook, {"enabled": False}, version=1)
    assert answer.status == 200 and answer.headers["ETag"] == '"v2"'
    changed = dict(hook, enabled=False, version=2, updated_at=answer.json["updated_at"])
    assert answer.json == changed == account.read(hook["id"])
    # application/json is taken too; lists are replaced; null is the default.
    answer = patch(account, hook, {"params": [{"name": "q", "value": "duration"}], "path": None, "enabled": None},
                   "application/json", version=2)
    assert answer.status == 200, answer
    assert answer.json["params"] == [{"name": "q", "value": "duration"}]
    assert (answer.json["path"], answer.json["enabled"], answer.json["method"]) == ("", True, "POST")
    assert problem(patch(account, hook, {"path": "z"}, version=2), 412)


def test_what_changes_nothing_makes_no_version(account):
    hook = account.webhook("a", params=[{"name": "p", "value": "client_number"}], timeout=7,
                           auth={"type": "basic", "user": "u", "password": "p"})
    where = "/webhooks/" + hook["id"]
    same = account.settings("a", params=[{"name": "p", "value": "client_number"}], timeout=7,
                            auth={"type": "basic", "user": "u"})
    answers = [patch(account, hook, {}, version=1), patch(account, hook, {"path": "a", "enabled": True}),
               account.api.put(where, same, headers=ANY), account.api.put(where, same, headers={"If-Match": '"v1"'}),
               account.api.post(where + "/versions/1/restore", None, headers=ANY)]
    for answer in answers:
        assert answer.status == 200 and answer.headers["ETag"] == '"v1"', answer
        assert answer.json == hook
    assert account.read(hook["id"]) == hook
    versions = account.api.get(where + "/versions").json["data"]
    assert [(v["version"], v["action"]) for v in versions] == [(1, "created")]
    # Which version was seen counts all the same; a password that is given is taken for another one.
    problem(patch(account, hook, {}, version=2), 412)
    problem(account.api.call("PATCH", where, {}), 428)
    assert patch(account, hook, {"auth": {"password": "p"}}).headers["ETag"] == '"v2"'
    assert patch(account, hook, {"timeout": 8}).headers["ETag"] == '"v3"'


@pytest.mark.parametrize("body, pointer, code", [
    ([], "", "wrong_type"), (None, "", "wrong_type"), ("x", "", "wrong_type"),
    ({"nothing": 1}, "/nothing", "unknown_field"), ({"version": 1}, "/version", "unknown_field"),
    ({"origin": None}, "/origin", "required"), ({"service": "callkeeper"}, None, None),
    ({"origin": "https://10.0.0.1"}, "/origin", "url_private"), ({"method": "GO"}, "/method", "not_in_list"),
    ({"params": [{"name": "p", "value": "nothing"}]}, "/params/0/value", "unknown_parameter"),
])
def test_patch_refuses(account, body, pointer, code):
    hook = account.webhook("a")
    p = problem(patch(account, hook, json.dumps(body)), 422)
    if pointer is not None:
        assert {"pointer": pointer, "code": code} in [{k: e[k] for k in ("pointer", "code")} for e in p["errors"]]
    assert account.read(hook["id"]) == hook


def test_patch_needs_its_media_type(account):
    hook = account.webhook("a")
    problem(patch(account, hook, "{}", "text/plain"), 415)
    problem(patch(account, hook, "{}", None), 415)
    problem(patch(account, hook, "{"), 400)
    # It is for patches only.
    problem(account.api.put("/webhooks/" + hook["id"], account.settings("b"),
                            headers={"Content-Type": "application/merge-patch+json", **ANY}), 415)


def refused(answer):
    return [(e["pointer"], e["code"]) for e in problem(answer, 422)["errors"]]


def test_a_stored_password_stays_with_its_server(account, stack, unique, arrived):
    """Who may change webhooks may not have a password that he does not know sent to a server of his own."""
    again = [("/auth/password", "login_again")]
    login = {"type": "basic", "user": "u"}
    hook = account.webhook(f"ok/{unique}", auth={**login, "password": "of-the-first"})
    where = "/webhooks/" + hook["id"]
    for elsewhere in ("https://mysite.ru", stack.receiver.rpartition(":")[0] + ":29999",
                      stack.receiver.replace("http:", "https:")):
        assert refused(patch(account, hook, {"origin": elsewhere})) == again
        assert refused(patch(account, hook, {"origin": elsewhere, "auth": login})) == again
        assert refused(account.api.put(where, account.settings(origin=elsewhere, auth=login), headers=ANY)) == again
        assert refused(account.api.post("/import", {"format": "callhook/1", "mode": "replace", "webhooks": [
            {**account.settings(origin=elsewhere, auth=login), "id": hook["id"]}]})) == [
                ("/webhooks/0/auth/password", "login_again")]
    # Nor by a copy, which has the password too.
    copy = account.api.post(where + "/copy", {}).json
    assert refused(patch(account, copy, {"origin": "https://mysite.ru"})) == again
    for language, word in (("ru", "введите его ещё раз"), ("en", "give it once more")):
        answer = account.api.call("PATCH", where, {"origin": "https://mysite.ru"},
                                  headers={"Accept-Language": language, **ANY})
        assert word in answer.json["errors"][0]["detail"]
    assert account.read(hook["id"]) == hook
    # The same server, written in another way or not, keeps it.
    host, _, port = stack.receiver.rpartition("/")[2].partition(":")
    assert patch(account, hook, {"origin": f"HTTP://{host}:{port}", "path": f"ok/{unique}/2"}).status == 200
    account.post()
    assert arrived(1, f"/ok/{unique}/2")[0].header("Authorization") == "Basic dTpvZi10aGUtZmlyc3Q="
    # A password that is given goes along; so does none.
    assert patch(account, hook, {"origin": "https://mysite.ru", "auth": {"password": "new"}}).json["version"] == 3
    # An old version, too, is another server's.
    answer = account.api.post(where + "/versions/1/restore", None, headers=ANY)
    assert refused(answer) == again
    moved = patch(account, hook, {"origin": "https://my.mysite.ru", "auth": None}).json
    assert (moved["version"], moved["auth"]) == (4, None)
    token = patch(account, hook, {"auth": {"type": "bearer", "token": "t"}})
    assert token.json["auth"] == {"type": "bearer"}
    assert refused(patch(account, hook, {"origin": "https://mysite.ru"})) == [("/auth/token", "login_again")]


def test_two_at_once(account):
    """Only one of two changes of the same version gets through."""
    from concurrent.futures import ThreadPoolExecutor
    hook = account.webhook("a")
    for round_ in range(1, 6):
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda i: patch(account, hook, {"path": f"p{round_}-{i}"}, version=round_), range(4)))
        assert sorted(a.status for a in answers) == [200, 412, 412, 412]
        assert all(a.headers["ETag"] == f'"v{round_ + 1}"' for a in answers)


# ---- pages of other origins ----

FRONT = "https://front.example"         # in [api] cors of the tests' stack


def test_cors(account, stack):
    for method, path in (("GET", "/webhooks"), ("GET", "/nothing"), ("POST", "/webhooks")):
        answer = account.api.call(method, path, "{" if method == "POST" else None, headers={"Origin": FRONT})
        assert answer.headers["Access-Control-Allow-Origin"] == FRONT
        assert answer.headers["Access-Control-Allow-Credentials"] == "true"
        assert "ETag" in answer.headers["Access-Control-Expose-Headers"]
        assert "Origin" in answer.headers.get_all("Vary")
        assert "Access-Control-Allow-Methods" not in answer.headers
    for origin in ("https://evil.example", FRONT + ".evil.example", FRONT + ":8443", "null", FRONT.upper()):
        answer = account.api.get("/webhooks", headers={"Origin": origin})
        assert answer.status == 200 and "Origin" in answer.headers.get_all("Vary")
        assert not [h for h in answer.headers if h.startswith("Access-Control-")]
    assert not [h for h in account.api.get("/webhooks").headers if h.startswith("Access-Control-")]


def test_cors_preflight(stack):
    ask = {"Origin": "http://localhost:3000", "Access-Control-Request-Method": "PATCH",
           "Access-Control-Request-Headers": "content-type,if-match"}
    nobody = Api(stack.url)             # a preflight has neither key nor cookie
    answer = nobody.call("OPTIONS", "/webhooks", headers=ask)
    assert answer.status == 204
    assert answer.headers["Access-Control-Allow-Origin"] == "http://localhost:3000"
    assert "PATCH" in answer.headers["Access-Control-Allow-Methods"]
    assert {"Content-Type", "If-Match", "Authorization", "Idempotency-Key"} <= set(
        answer.headers["Access-Control-Allow-Headers"].split(", "))
    answer = nobody.call("OPTIONS", "/webhooks", headers=dict(ask, Origin="https://evil.example"))
    assert answer.status == 204
    assert not [h for h in answer.headers if h.startswith("Access-Control-")]
